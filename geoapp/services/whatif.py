"""What-if (改造测算): what plots become in a mode, whether they may, and what that adds to the targets. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.analysis.whatif import outcome
from geoapp.analysis.whatif_checks import Answers, check_all
from geoapp.domain.rule import Verdict
from geoapp.domain.whatif import Bar, Figures, Plan, PlotOutcome, WhatIf
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.far_proof_inputs import plain_rows
from geoapp.services.fingerprints import figures_origin
from geoapp.services.plot_links import REGISTERS
from geoapp.services.record_card import record_address
from geoapp.services.rule_numbers import used_numbers
from geoapp.services.whatif_inputs import limits_of, massing_of, planned_rows, plot_buildings, plot_rows
from geoapp.services.whatif_plan import mode_words, plan_query, plan_words
from geoapp.services.whatif_targets import Additions, contributions
from geoapp.services.whatif_words import amount, check_lines
from geoapp.services.workspace import Workspace

NUMBERS = (
    "far_target_default", "industry_far_min", "low_building_coefficient", "development_min_term_years",
    "support_land_cap", "support_gfa_cap", "support_land_cap_raised", "support_gfa_cap_raised", "support_raised_grades",
    "support_raised_area_mu", "storey_height_factors", "whatif_storey_height_m", "whatif_demolishing_modes",
    "whatif_recognition_events", "whatif_no_land_price_modes",
)  # fmt: skip
_SUMMED = (
    "site_area_m2", "gfa_counted_before_m2", "gfa_counted_after_m2", "gfa_actual_before_m2", "gfa_actual_after_m2",
    "gross_m2", "net_m2", "change_m2", "demolished_m2", "land_counted_m2",
)  # fmt: skip
_RATIOS = ("far", "coefficient", "support_share")
_FIGURE_FACTS = {
    "site_area_m2": "用地面积", "kept_counted_m2": "现有计容建筑面积", "demolished_actual_m2": "拆除的建筑面积",
}  # fmt: skip
_LISTED = 3


def what_if(workspace: Workspace, codes: Sequence[str], plan: Plan, state: AsOf) -> WhatIf:
    """Return what a plan would make of plots.

    Parameters
    ----------
    workspace : Workspace
    codes : sequence of str
        Of the plots, each once.
    plan : Plan
        As `read_plan` gives it: it fits its mode.
    state : AsOf
        Registers as they were; whose numbers hold.

    Returns
    -------
    WhatIf
        One line per plot and their sums: m2 and shares, None where unknown. A plot that the plan does not fit has its
        problem named, stays as it is and adds nothing. Nothing is written anywhere.

    Raises
    ------
    NotFoundError
        No such plot, or a number of the rule book does not hold yet on the day.
    GoneError
        A plot had been withdrawn.
    UsageError
        A building to be demolished stands on none of the plots.
    """
    plots = plot_rows(workspace, codes, state)
    buildings = plot_buildings(workspace, codes, state)
    policy = workspace.policy_at(state.revision)
    rows = planned_rows(plots, buildings, plan, policy, state)
    limits, massing = limits_of(plan, policy, state), massing_of(plan, policy, state)
    after = outcome(rows, massing)
    modes = dict(mode_words(workspace))
    events = dict(workspace.layer("recognitions").field("event").code_labels)
    problems = _problems(rows, after, is_outside_only=limits.is_outside_only, mode_zh=modes[plan.mode])
    answered = _Answered(
        workspace=workspace, state=state, rows=rows, problems=problems, checks=check_all(rows, after, limits),
        is_outside_only=limits.is_outside_only,
    )  # fmt: skip
    figures = _figures(rows, after, problems)
    plain = zip(figures.index, plain_rows(figures), strict=True)
    lines = tuple(answered.line(code, values) for code, values in plain)
    totals, unknown = _totals(figures)
    fitting = figures[(problems == "").to_numpy()]
    is_micro_park = limits.micro_park_min_gfa_m2 is not None
    added, others = contributions(workspace, state, Additions(plots=fitting, is_micro_park=is_micro_park))
    return WhatIf(
        plan=plan,
        plan_words=plan_words(plan, modes),
        mode_zh=modes[plan.mode],
        event_zh=_event(workspace, plan, state, events),
        query=(query := plan_query(codes, plan)),
        origin=figures_origin(workspace, "/whatif", query, state.revision, state.day),
        lines=lines,
        totals=totals,
        unknown=unknown,
        bars=_bars(figures),
        contributions=added,
        not_computed=others,
        numbers=used_numbers(workspace.policy_at(state.revision), NUMBERS, state.day, modes | events),
        findings=_findings(lines, unknown, plan),
        day=state.day,
        revision=state.revision,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        note=state.note,
        is_demo=bool(plots["is_demo"].any()),
    )


def _event(workspace: Workspace, plan: Plan, state: AsOf, words: Mapping[str, str]) -> str:
    events = workspace.policy_at(state.revision).value("whatif_recognition_events", state.day)
    return str(words.get(events.get(plan.mode, ""), ""))


def _problems(rows: pd.DataFrame, after: pd.DataFrame, *, is_outside_only: bool, mode_zh: str) -> pd.Series:
    """Return why the plan does not fit a plot, empty where it does."""
    problems = pd.Series("", index=rows.index, dtype=object)
    kept = rows["kept_counted_m2"] / rows["site_area_m2"]
    for code in rows.index[after["is_below_kept"]]:
        problems[code] = (
            f"现状（保留部分）容积率 {kept[code]:.2f} 已高于目标 {rows['target_far'][code]:.2f}，没有可增的建筑面积"
        )
    if is_outside_only:
        inside = rows["is_inside"].fillna(value=False).astype(bool)
        problems = problems.mask(inside, f"地块在控制线内，“{mode_zh}”只适用于控制线外")
    return problems


def _figures(rows: pd.DataFrame, after: pd.DataFrame, problems: pd.Series) -> pd.DataFrame:
    """Return the columns of `Figures` per plot; a plot with a problem stays as it is."""
    columns = {
        "site_area_m2": rows["site_area_m2"],
        "gfa_counted_before_m2": rows["gfa_counted_m2"],
        "gfa_counted_after_m2": after["gfa_counted_after_m2"],
        "gfa_actual_before_m2": rows["gfa_actual_m2"],
        "gfa_actual_after_m2": after["gfa_actual_after_m2"],
        "gross_m2": after["gross_m2"],
        "net_m2": after["net_m2"],
        "change_m2": after["change_m2"],
        "demolished_m2": rows["demolished_actual_m2"],
        "far_before": after["far_before"],
        "far_after": after["far_after"],
        "coefficient_before": rows["building_coefficient"],
        "coefficient_after": after["coefficient_after"],
        "support_share_before": after["support_share_before"],
        "support_share_after": after["support_share_after"],
        "land_counted_m2": after["land_counted_m2"],
    }
    figures = pd.DataFrame(columns)
    stays = (problems != "").to_numpy()
    for name in ("gfa_counted", "gfa_actual"):
        figures.loc[stays, f"{name}_after_m2"] = figures.loc[stays, f"{name}_before_m2"]
    for name in _RATIOS:
        figures.loc[stays, f"{name}_after"] = figures.loc[stays, f"{name}_before"]
    figures.loc[stays, ["gross_m2", "net_m2", "change_m2", "demolished_m2", "land_counted_m2"]] = 0.0
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What is known of all plots, ready to be told plot by plot."""

    workspace: Workspace
    state: AsOf
    rows: pd.DataFrame
    problems: pd.Series
    checks: Mapping[str, Answers]
    is_outside_only: bool

    def line(self, code: str, figures: Mapping[str, float | None]) -> PlotOutcome:
        """Return one plot; its checks and missing facts only where the plan fits it."""
        row, problem = self.rows.loc[code], str(self.problems[code])
        missing = tuple(zh for name, zh in _FIGURE_FACTS.items() if pd.isna(row[name]))
        policy, day = self.workspace.policy_at(self.state.revision), self.state.day
        return PlotOutcome(
            plot_code=code,
            name="" if pd.isna(row["name"]) else str(row["name"]),
            address=record_address("plots", code),
            town_code="" if pd.isna(row["town_code"]) else str(row["town_code"]),
            problem=problem,
            missing=() if problem else missing,
            figures=Figures(**figures),
            checks=()
            if problem
            else check_lines(self.checks, code, policy, day, is_outside_only=self.is_outside_only),
        )


def _totals(figures: pd.DataFrame) -> tuple[Figures, dict[str, int]]:
    """Return the sums of what is known, and on how many plots each is not.

    Ratios are those of the plots that have both sums before and after, so that the two bars are of the same plots.
    """
    unknown = {name: int(figures[name].isna().sum()) for name in _SUMMED}
    sums = {name: None if unknown[name] == len(figures) else float(figures[name].sum()) for name in _SUMMED}
    both = figures.dropna(subset=["site_area_m2", "gfa_counted_before_m2", "gfa_counted_after_m2"])
    site = both["site_area_m2"].sum()
    ratios = {
        f"far_{when}": float(both[f"gfa_counted_{when}_m2"].sum() / site) if site > 0 else None
        for when in ("before", "after")
    }
    weighted = {"coefficient": "site_area_m2", "support_share": "gfa_actual_{}_m2"}
    for name, weight in weighted.items():
        for when in ("before", "after"):
            ratios[f"{name}_{when}"] = _mean(figures[f"{name}_{when}"], figures[weight.format(when)])
    return Figures(**sums, **ratios), {name: count for name, count in unknown.items() if count}


def _mean(shares: pd.Series, weights: pd.Series) -> float | None:
    """Return the share of the sums; None as soon as one is unknown."""
    is_known = bool((shares.notna() & weights.notna()).all())
    total = float(weights.sum())
    return float(np.dot(shares, weights)) / total if is_known and total > 0 else None


_BARS = (
    ("建筑面积", "m2", "gfa_actual", None),
    ("计容建筑面积", "m2", "gfa_counted", None),
    ("容积率", "far", "gfa_counted", "site_area_m2"),
    ("建筑系数", "share", "coefficient", "site_area_m2"),
    ("配套建筑面积占比", "share", "support_share", "gfa_actual_{}_m2"),
)
"""What it is called, its unit, the figure before and after, and what it is divided or weighed by."""


def _bars(figures: pd.DataFrame) -> tuple[Bar, ...]:
    """Return before and after on one scale, only of plots where both are known, and how many these are."""
    bars = []
    for zh, unit, name, weight in _BARS:
        sides = {when: pd.DataFrame(_bar_parts(figures, name, weight, when)) for when in ("before", "after")}
        pairs = pd.concat(sides, axis=1).dropna()
        before, after = (
            _quotient(known["over"], known["under"], is_sum=weight is None)
            for known in (_known_of(side, pairs.index) for side in sides.values())
        )
        longest = max(before or 0.0, after or 0.0) or 1.0
        bars.append(
            Bar(
                zh=zh if len(pairs) in (0, len(figures)) else f"{zh}（前后都已知的 {len(pairs)} 宗）",
                unit=unit, before=before, after=after,
                before_percent=round(100 * (before or 0.0) / longest, 2),
                after_percent=round(100 * (after or 0.0) / longest, 2),
            )
        )  # fmt: skip
    return tuple(bars)


def _known_of(side: pd.DataFrame, both: pd.Index) -> pd.DataFrame:
    """Return one side of a bar of the plots where both are known; where none has both, of all if all have this one."""
    is_told_alone = both.empty and bool(side.notna().all(axis=None))
    return side if is_told_alone else side.loc[both]


def _bar_parts(figures: pd.DataFrame, name: str, weight: str | None, when: str) -> dict[str, pd.Series]:
    """Return of each plot what goes over and under the line of a bar."""
    if weight is None:
        return {"over": figures[f"{name}_{when}_m2"], "under": figures[f"{name}_{when}_m2"]}
    under = figures[weight.format(when)]
    is_share = name in _SHARES
    return {
        "over": figures[f"{name}_{when}"] * under if is_share else figures[f"{name}_{when}_m2"],
        "under": under,
    }


def _quotient(over: pd.Series, under: pd.Series, *, is_sum: bool) -> float | None:
    if is_sum:
        return float(over.sum()) if len(over) else None
    return float(over.sum() / under.sum()) if under.sum() > 0 else None


_SHARES = ("coefficient", "support_share")


def _findings(lines: Sequence[PlotOutcome], unknown: Mapping[str, int], plan: Plan) -> tuple[str, ...]:
    """Return what a reader must know: plans that do not fit, broken limits, missing facts, floor area lost."""
    found = [f"{_title(line)}：{line.problem}。不计入合计。" for line in lines if line.problem]
    for line in lines:
        broken = [check.words for check in line.checks if check.verdict == Verdict.NO]
        if broken:
            found.append(f"{_title(line)}：{'；'.join(broken)}。")
    lost = [line for line in lines if plan.far is not None and (line.figures.change_m2 or 0.0) < 0]
    found += [
        f"{_title(line)}：目标容积率 {plan.far:.2f} 低于现状 {amount(line.figures.far_before, 'far')}，"
        f"改造后建筑面积减少 {amount(-(line.figures.change_m2 or 0.0), 'm2')}，净增按 0 计。"
        for line in lost
    ]
    lacking = [line for line in lines if line.missing]
    if lacking:
        named = "；".join(f"{_title(line)}缺{'、'.join(line.missing)}" for line in lacking[:_LISTED])
        more = f"；另有 {len(lacking) - _LISTED} 宗" if len(lacking) > _LISTED else ""
        found.append(f"{len(lacking)} 宗缺资料，相应的数不知道，没有计入合计：{named}{more}。")
    del unknown
    return tuple(found)


def _title(line: PlotOutcome) -> str:
    return f"{line.name}（{line.plot_code}）" if line.name else line.plot_code
