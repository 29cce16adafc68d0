"""What the evaluation per 亩 of a year is made from: enterprises, their figures, their land and the bureau's marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoapp.analysis.evaluation import choose_lists
from geoapp.analysis.evaluation_land import land_lines, land_of_enterprises
from geoapp.analysis.evaluation_marks import judge_marks, settle_marks
from geoapp.analysis.intensity import site_area
from geoapp.domain.evaluation import EvaluationRules
from geoapp.domain.policy import Policy
from geoapp.errors import NotFoundError, SetupError
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation_rules import evaluation_rules, rules_day
from geoapp.services.plot_areas import measured_areas
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

REGISTERS = (
    "performance", "enterprises", "occupancies", "plots", "micro_parks", "evaluation_marks",
)  # fmt: skip
"""What an evaluation is computed from."""
FIGURES = (
    "tax_wan",
    "value_added_wan",
    "revenue_wan",
    "rd_wan",
    "energy_tce",
    "emission_t",
    "staff",
    "power_kwh",
)
BY_OCCUPANCIES, REPORTED = "occupancies", "reported"
_SETTINGS = (
    "evaluation_land_order",
    "evaluation_owner_area",
    "evaluation_land_by_days",
    "evaluation_land_tolerance",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearInputs:
    """What a year's evaluation is made from."""

    year: int
    rules_on: date
    rules: EvaluationRules
    land_tolerance: float
    """Share by which areas may differ without a word."""
    figures: pd.DataFrame
    """By uscc, as `analysis.evaluation.evaluate` wants them; besides name, status, has_record, is_registered,
    is_above_scale, recorded_list, computed_list, owned_m2, leased_in_m2, leased_out_m2, computed_m2 (by the
    occupancies), reported_m2, land_m2 (the one used), land_source ("" where none is known)."""
    lines: pd.DataFrame
    """See `analysis.evaluation_land.land_lines`."""
    reversed_periods: pd.DataFrame
    """Occupancies that end before they begin: they count for nothing. plot_code, uscc, role."""
    marks: pd.DataFrame
    """See `analysis.evaluation_marks.judge_marks`, with the register's words."""
    plots: pd.DataFrame
    """All plots by plot_code: name, uscc, town_code, park_code, site_area_m2."""
    is_demo: bool


def evaluation_years(workspace: Workspace, state: AsOf) -> list[int]:
    """Return the years with figures of enterprises, the newest first."""
    years = workspace.store.read("performance", revision=state.revision)["year"]
    return sorted((int(year) for year in years.dropna().unique()), reverse=True)


def has_evaluation(workspace: Workspace, state: AsOf) -> bool:
    """Return whether there is a year to evaluate on the day asked for."""
    return any(year <= state.day.year for year in evaluation_years(workspace, state))


def default_year(workspace: Workspace, state: AsOf) -> int:
    """Return the newest year with figures that has begun on the day asked for; raises NotFoundError without any."""
    years = [year for year in evaluation_years(workspace, state) if year <= state.day.year]
    if not years:
        raise NotFoundError("亩均评价台账还没有数据，不能评价。请先在“导入”页导入“亩均评价”台账。")
    return years[0]


def year_policy(workspace: Workspace, state: AsOf) -> Policy:
    """Return the rule book that evaluations of a state go by: the one place that asks for it."""
    return workspace.policy_at(state.revision)


def evaluated_year(workspace: Workspace, uscc: str, state: AsOf) -> int | None:
    """Return the newest year with figures of an enterprise; None where there is none."""
    performance = workspace.store.read("performance", revision=state.revision)
    years = performance.loc[(performance["uscc"] == uscc).to_numpy(bool), "year"]
    return int(years.max()) if len(years) else None


def year_inputs(workspace: Workspace, year: int, state: AsOf) -> YearInputs:
    """Return what a year's evaluation is made from, computed once per state of the registers.

    Raises
    ------
    NotFoundError
        No enterprise has figures of the year, or a number of the rule book does not hold yet.
    SetupError
        A number of the rule book cannot be used.
    """
    if year not in evaluation_years(workspace, state):
        years = "、".join(map(str, evaluation_years(workspace, state)))
        words = f"有数据的年度：{years}" if years else "请先在“导入”页导入“亩均评价”台账"
        raise NotFoundError(f"亩均评价台账没有 {year} 年的数据；{words}。")
    key = ("evaluation_inputs", year, *evaluation_version(workspace, state))
    return workspace.cache.get(key, lambda: _inputs(workspace, year, state))


def evaluation_version(workspace: Workspace, state: AsOf) -> tuple[object, ...]:
    """Return what evaluations depend on: equal versions are equal results."""
    return (*workspace.register_revisions(REGISTERS, state.revision), state.day)


def _inputs(workspace: Workspace, year: int, state: AsOf) -> YearInputs:
    def read(register: str) -> pd.DataFrame:
        return workspace.store.read(register, revision=state.revision)

    policy = year_policy(workspace, state)
    rules_on = rules_day(policy, year, state.day)
    rules = evaluation_rules(policy, rules_on)
    settings = {name: policy.value(name, rules_on) for name in _SETTINGS}
    plots = _plots(workspace, read("plots"))
    occupancies = read("occupancies")
    lines = land_lines(
        occupancies,
        plots,
        year,
        owner_area=str(settings["evaluation_owner_area"]),
        by_days=bool(settings["evaluation_land_by_days"]),
    )
    performance = read("performance")
    of_year = performance[performance["year"] == year].set_index("uscc")
    enterprises = read("enterprises").set_index("uscc")
    uscc = of_year.index.union(pd.Index(lines["uscc"].unique())).rename("uscc")
    marks = judge_marks(read("evaluation_marks"), year, uscc, rules)
    figures = _figures(uscc, of_year, enterprises, land_of_enterprises(lines), settings)
    lists = choose_lists(figures, rules)
    figures = figures.assign(**{str(name): lists[name] for name in lists})
    settled = settle_marks(marks, uscc)
    return YearInputs(
        year=year,
        rules_on=rules_on,
        rules=rules,
        land_tolerance=float(settings["evaluation_land_tolerance"]),
        figures=figures.assign(**{str(name): settled[name] for name in settled}),
        lines=lines,
        reversed_periods=occupancies.loc[
            occupancies["from_on"] > occupancies["to_on"], ["plot_code", "uscc", "role"]
        ],
        marks=marks,
        plots=plots,
        is_demo=bool(of_year["is_demo"].any()),
    )


def _plots(workspace: Workspace, records: Any) -> pd.DataFrame:
    """Return all plots by plot_code with the site area that everything else uses (setting site_area_order)."""
    measured = measured_areas(workspace, records)
    named = {
        "registered": records["area_reg_m2"],
        "ellipsoid": measured["area_ellipsoid_m2"],
        "plane": measured["area_plane_m2"],
    }
    area, _ = site_area(named, workspace.settings.site_area_order)
    plots = pd.DataFrame(records[["plot_code", "name", "uscc", "town_code", "park_code"]])
    return plots.assign(site_area_m2=area).set_index("plot_code")


def _figures(
    uscc: pd.Index,
    of_year: pd.DataFrame,
    enterprises: pd.DataFrame,
    land: pd.DataFrame,
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    reported = of_year["land_area_m2"].reindex(uscc)
    computed = land["land_m2"].reindex(uscc)
    used, source = _land({BY_OCCUPANCIES: computed, REPORTED: reported}, settings["evaluation_land_order"])
    amounts = {name: of_year[name].astype("float64").reindex(uscc) for name in FIGURES}
    parts = {name: land[name].reindex(uscc) for name in ("owned_m2", "leased_in_m2", "leased_out_m2")}
    return pd.DataFrame(
        {
            "name": enterprises["name"].reindex(uscc),
            "industry_code": enterprises["industry_code"].reindex(uscc),
            "status": enterprises["status"].reindex(uscc),
            "has_record": uscc.isin(of_year.index),
            "is_registered": uscc.isin(enterprises.index),
            "is_above_scale": enterprises["is_above_scale"].reindex(uscc),
            "recorded_list": of_year["list"].reindex(uscc),
            "is_owner": land["is_owner"].astype("boolean").reindex(uscc),
            **amounts,
            **parts,
            "computed_m2": computed,
            "reported_m2": reported,
            "land_m2": used,
            "land_source": source,
            "land_mu": m2_to_mu(used),
        },
        index=uscc,
    )


def _land(candidates: Mapping[str, pd.Series], order: list[str]) -> tuple[pd.Series, pd.Series]:
    """Return the first known area in the order of the setting, and where it comes from."""
    unknown = [name for name in order if name not in candidates]
    if unknown:
        raise SetupError(
            f"规则库 evaluation.toml 的 [evaluation_land_order]：不认识的来源“{unknown[0]}”；"
            f"可用：{'、'.join(candidates)}。"
        )
    index = candidates[BY_OCCUPANCIES].index
    area = pd.Series(np.nan, index=index)
    source = pd.Series("", index=index, dtype="str")
    for name in order:
        is_first = area.isna() & candidates[name].notna()
        area, source = area.mask(is_first, candidates[name]), source.mask(is_first, name)
    return area, source


def micro_park_plots(workspace: Workspace, state: AsOf) -> pd.Index:
    """Return the plots that lie in a micro park: a point inside of each is looked at."""
    plots = workspace.store.read("plots", revision=state.revision)
    parks = workspace.store.read("micro_parks", revision=state.revision)
    shapes = plots["geometry"].to_numpy()
    inside = shapely.STRtree(parks["geometry"].dropna().to_numpy()).query(
        shapely.point_on_surface(shapes), predicate="within"
    )[0]
    found: pd.Index = pd.Index(plots["plot_code"].to_numpy()[np.unique(inside)])
    return found
