"""Actuals of the performance register (亩均评价): per 亩 by plot as on the statistics page, others by enterprise."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.performance import latest_performance, occupancy_shares, plot_performance
from geoapp.analysis.targets import members_frame
from geoapp.domain.target_set import Indicator
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.target_members import Measure, Members, known_plots, wanted_plots
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

_NO_YEAR = "亩均评价台账还没有 {year} 年及以前的记录。"
_NO_YEARS = "亩均评价台账还没有 {year} 年和上一年的记录，算不出增速。"


def per_mu_members(amount: str) -> Measure:
    """Return what measures tax or value added per 亩 of the plots of enterprises above scale.

    The same plots, shares and years as the statistic 规上亩均 of zones, so that both show the same number.

    Parameters
    ----------
    amount : {"tax_wan", "value_added_wan"}
    """

    def measure(workspace: Workspace, state: AsOf, day: date, indicator: Indicator) -> Members:
        plots = wanted_plots(workspace, state, indicator)
        performance = _plot_performance(workspace, state, day).reindex(plots.index)
        is_above_scale = performance["is_above_scale"].astype("float64") == 1
        chosen, figures = plots[is_above_scale], performance[is_above_scale]
        if figures["performance_year"].notna().sum() == 0:
            return Members(members_frame({}, 0), _NO_YEAR.format(year=day.year))
        columns = {
            "register": "plots",
            "key": pd.Series(chosen.index),
            "name": chosen["name"],
            "plot_code": pd.Series(chosen.index),
            "town_code": chosen["town_code"],
            "park_code": chosen["park_code"],
            "on": _year_end(figures["performance_year"]),
            "amount": figures[amount],
            "weight": m2_to_mu(chosen["site_area_m2"]),
        }
        return Members(members_frame(columns, len(chosen)), notes=("与“统计”页的规上亩均同一口径。",))

    return measure


def _plot_performance(workspace: Workspace, state: AsOf, day: date) -> pd.DataFrame:
    """Return the figures of all plots: an enterprise is shared out over all of its plots, whichever are looked at."""
    if day == state.day:  # the facts have them already
        facts = plot_facts(workspace, revision=state.revision, day=day)
        return pd.DataFrame(facts[["tax_wan", "value_added_wan", "is_above_scale", "performance_year"]])

    def compute() -> pd.DataFrame:
        read = workspace.store.read
        enterprises = read("enterprises", revision=state.revision).set_index("uscc")
        latest = latest_performance(read("performance", revision=state.revision), day)
        plots = known_plots(workspace, state)
        latest = latest.assign(grade_source=None)  # nobody asks for grades here
        return plot_performance(_shares(workspace, state, day), latest, enterprises, plots.index)

    return workspace.cache.get(("target_performance", _versions(workspace, state), day), compute)


def _shares(workspace: Workspace, state: AsOf, day: date) -> pd.DataFrame:
    """Return who occupied which plot on a day; several indicators ask for the same days."""

    def compute() -> pd.DataFrame:
        plots = known_plots(workspace, state)[["uscc", "site_area_m2"]]
        occupancies = workspace.store.read("occupancies", revision=state.revision)
        return occupancy_shares(occupancies, plots, day)

    return workspace.cache.get(("target_shares", _versions(workspace, state), day), compute)


def _versions(workspace: Workspace, state: AsOf) -> tuple[int, ...]:
    registers = ("plots", "enterprises", "occupancies", "performance")
    return workspace.register_revisions(registers, state.revision)


def enterprise_members(numerator: str, denominator: str) -> Measure:
    """Return what measures a ratio over the enterprises above scale in the newest year up to a day.

    Parameters
    ----------
    numerator, denominator : str
        Columns of the performance register.
    """

    def measure(workspace: Workspace, state: AsOf, day: date, _indicator: Indicator) -> Members:
        records = _above_scale(workspace, state)
        years = records.loc[records["year"] <= day.year, "year"]
        if years.empty:
            return Members(members_frame({}, 0), _NO_YEAR.format(year=day.year))
        chosen = records[records["year"] == years.max()]
        columns = _enterprise_columns(workspace, state, day, chosen)
        columns |= {"amount": chosen[numerator], "weight": chosen[denominator].astype("float64")}
        return Members(members_frame(columns, len(chosen)))

    return measure


def growth_members(numerator: str, denominator: str) -> Measure:
    """Return what measures how much a ratio grew over the year before, of the enterprises in both years.

    Parameters
    ----------
    numerator, denominator : str
        Columns of the performance register.
    """

    def measure(workspace: Workspace, state: AsOf, day: date, _indicator: Indicator) -> Members:
        records = _above_scale(workspace, state)
        years = sorted(int(year) for year in records.loc[records["year"] <= day.year, "year"].unique())
        if not years or years[-1] - 1 not in years:
            return Members(members_frame({}, 0), _NO_YEARS.format(year=years[-1] if years else day.year))
        chosen = records[records["year"] == years[-1]]
        before = records[records["year"] == years[-1] - 1].set_index("uscc").reindex(chosen["uscc"])
        columns = _enterprise_columns(workspace, state, day, chosen)
        columns |= {
            "amount": chosen[numerator], "weight": chosen[denominator].astype("float64"),
            "amount_before": before[numerator], "weight_before": before[denominator].astype("float64"),
            "reason": np.where(before["year"].isna(), f"没有 {years[-1] - 1} 年的记录，不可比", ""),
        }  # fmt: skip
        return Members(members_frame(columns, len(chosen)), notes=("两年都有记录的规上企业，可比口径。",))

    return measure


def _above_scale(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the records of the list 规上, and of enterprises above scale whose list does not tell.

    That is where no list is given, and the list of tenants: enterprises of any scale without own land are on it.
    """
    performance = workspace.store.read("performance", revision=state.revision)
    enterprises = workspace.store.read("enterprises", revision=state.revision).set_index("uscc")
    is_above_scale = performance["uscc"].map(enterprises["is_above_scale"]).astype("float64") == 1
    is_listed = performance["list"] == "above_scale"
    is_open = performance["list"].isna() | (performance["list"] == "tenant")
    return performance[is_listed | (is_open & is_above_scale)]


def _enterprise_columns(
    workspace: Workspace, state: AsOf, day: date, records: pd.DataFrame
) -> dict[str, object]:
    """Return who the enterprises are, and where: on the plot of which they occupy most."""
    plots = known_plots(workspace, state)
    largest = _shares(workspace, state, day).sort_values(
        ["area_m2", "plot_code"], ascending=[False, True], na_position="last"
    )
    place = largest.drop_duplicates("uscc").set_index("uscc")["plot_code"].reindex(records["uscc"])
    enterprises = workspace.store.read("enterprises", revision=state.revision).set_index("uscc")
    return {
        "register": "enterprises",
        "key": records["uscc"],
        "name": records["uscc"].map(enterprises["name"]),
        "plot_code": place,
        "town_code": place.map(plots["town_code"]),
        "park_code": place.map(plots["park_code"]),
        "on": _year_end(records["year"]),
    }


def _year_end(years: pd.Series) -> Sequence[date | None]:
    return [None if pd.isna(year) else date(int(year), 12, 31) for year in years]
