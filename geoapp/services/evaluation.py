"""The evaluation per 亩 (亩均效益综合评价) of a year, computed from the registers: by the rule book, or what if."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from geoapp.analysis.evaluation import Evaluation, evaluate
from geoapp.analysis.evaluation_plots import follow_owners, plot_results
from geoapp.domain.evaluation import EXEMPT, GRADES, LISTS
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation_inputs import (
    YearInputs,
    evaluation_version,
    micro_park_plots,
    year_inputs,
    year_policy,
)
from geoapp.services.evaluation_rules import with_weights
from geoapp.services.workspace import Workspace

ALL_GRADES = (*GRADES, EXEMPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEvaluation:
    """A year's evaluation with what it was made from."""

    inputs: YearInputs
    evaluation: Evaluation
    results: pd.DataFrame
    """The evaluation's, by uscc; grade is the one carried in the end, and followed whose it is ("": its own)."""

    @property
    def year(self) -> int:
        """Return the year."""
        return self.inputs.year

    def members(self, code: str) -> pd.DataFrame:
        """Return the results of one list: best first, those without a score last, by code."""
        chosen = self.results[self.results["list"] == code]
        return chosen.sort_index().sort_values(
            ["rank", "score"], ascending=[True, False], na_position="last", kind="stable"
        )

    def counts(self, code: str) -> dict[str, int]:
        """Return how many enterprises of a list have each grade, T among them, and "" for those without one."""
        grades = self.results.loc[self.results["list"] == code, "grade"]
        return {grade: int((grades == grade).sum()) for grade in (*ALL_GRADES, "")}

    def lowest_scores(self, code: str) -> dict[str, float | None]:
        """Return the lowest score among the enterprises of a list that got a grade of their own without a veto."""
        own = self.results[(self.results["list"] == code) & (self.results["followed"] == "")]
        plain = own[own["veto"] == ""]
        lowest = plain["score"].groupby(plain["grade"]).min()
        return {grade: float(lowest[grade]) if grade in lowest else None for grade in GRADES}


def check_list(code: str) -> str:
    """Return a list's code; raises NotFoundError with those there are."""
    if code not in LISTS:
        words = "、".join(f"{known}（{zh}）" for known, zh in LISTS.items())
        raise NotFoundError(f"没有评价名单“{code[:40]}”；可用：{words}。")
    return code


def evaluate_year(workspace: Workspace, year: int, state: AsOf) -> YearEvaluation:
    """Return a year's evaluation under the rule book, computed once per state of the registers.

    Parameters
    ----------
    workspace : Workspace
    year : int
    state : AsOf
        The registers as they were; of the rules those of its day, but none later than the year allows (rules_day).

    Raises
    ------
    NotFoundError
        No enterprise has figures of the year, or a number of the rule book does not hold yet.
    SetupError
        A number of the rule book cannot be used.
    """
    inputs = year_inputs(workspace, year, state)
    key = ("evaluation", year, *evaluation_version(workspace, state))
    return workspace.cache.get(
        key, lambda: _finished(workspace, inputs, evaluate(inputs.figures, inputs.rules), state)
    )


def evaluate_with(
    workspace: Workspace, found: YearEvaluation, code: str, weights: Mapping[str, float], state: AsOf
) -> YearEvaluation:
    """Return the evaluation of one list with other weights: what if; neither registers nor rule book are touched.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
        Under the rule book.
    code : str
        The list; the others are left out.
    weights : mapping
        Points by item; see `evaluation_rules.parse_weights`.
    state : AsOf
    """
    rules = with_weights(found.inputs.rules, code, weights)
    members = found.inputs.figures[found.inputs.figures["list"] == code]
    inputs = replace(found.inputs, rules=rules)
    return _finished(workspace, inputs, evaluate(members, rules), state)


def _finished(workspace: Workspace, inputs: YearInputs, found: Evaluation, state: AsOf) -> YearEvaluation:
    """Let small tenants carry the owner's grade where the rule book says so."""
    policy, results = year_policy(workspace, state), found.results
    below_mu = float(policy.value("evaluation_follow_owner_mu", inputs.rules_on))
    followed = pd.Series("", index=results.index, dtype="str")
    if below_mu > 0:
        also = policy.value("evaluation_follow_in_micro_parks", inputs.rules_on)
        own = pd.Index([]) if also else micro_park_plots(workspace, state)
        land_mu = inputs.figures["land_mu"]
        followed = follow_owners(inputs.lines, results, land_mu, below_mu=below_mu, own_grade_on=own)
    carried = followed.map(results["grade"])
    grade = results["grade"].mask((followed != "") & carried.notna(), carried)
    return YearEvaluation(
        inputs=inputs, evaluation=found, results=results.assign(grade=grade, followed=followed)
    )


def evaluated_plots(found: YearEvaluation) -> pd.DataFrame:
    """Return what the evaluation makes of each plot with an enterprise; see `analysis.evaluation_plots`."""
    inputs = found.inputs
    plots = plot_results(inputs.lines, inputs.figures, found.results, inputs.plots["site_area_m2"])
    return plots.join(inputs.plots[["name", "town_code", "park_code"]])
