"""Which of the ranked candidates a portfolio may choose from, and what each would give, cost and take."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio
from geoapp.analysis.whatif import Massing, outcome, split_all
from geoapp.domain.rule import Verdict
from geoapp.domain.whatif import Plan
from geoapp.services.as_of import AsOf
from geoapp.services.candidates import candidate_list
from geoapp.services.whatif_inputs import massing_of, plot_rows
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

COLUMNS = (
    "name", "town_code", "area_m2", "added_gfa_m2", "net_gfa_m2", "far", "far_after", "cost_wan", "ready_year",
    "is_inside_line", "score", "is_demo",
)  # fmt: skip


def portfolio_candidates(
    workspace: Workspace, state: AsOf, *, mode: str, far: float | None = None
) -> pd.DataFrame:
    """Return those candidates (`services.candidates`) that are low-efficiency: listed, or found so by the rules.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    mode : str
        How all of them are redeveloped; decides on floor area, cost and years.
    far : float, optional
        Target plot ratio, each candidate's own if left out; never above a plot's cap or what its height limit holds.

    Returns
    -------
    DataFrame by plot_code with COLUMNS, best first
        area_m2: land that would count; added_gfa_m2 and net_gfa_m2: new floor area, gross and net (m2); cost_wan
        (万元); ready_year; is_inside_line (boolean); score (0 to 100, by the rule book's weights). NaN where unknown,
        never zero.
    """
    key = ("portfolio_candidates", state.revision, state.day, mode, far)
    return workspace.cache.get(key, lambda: _candidates(workspace, state, mode, far))


def _candidates(workspace: Workspace, state: AsOf, mode: str, far: float | None) -> pd.DataFrame:
    ranked = candidate_list(workspace, state).candidates
    ranked = ranked[(ranked["low_efficiency"] == Verdict.YES.value).to_numpy(bool)]
    rows = plot_rows(workspace, list(ranked.index), state)
    value = workspace.policy_at(state.revision).value
    goes = value("whatif_demolishing_modes", state.day)
    rows = rows.join(split_all(rows, is_demolished=mode in goes))
    massing = massing_of(Plan(mode=mode), workspace.policy_at(state.revision), state)
    builds = mode in value("whatif_building_modes", state.day)
    rows["target_far"] = _target(rows, ranked["far_target"], far, massing) if builds else np.nan
    after = outcome(rows, massing)
    columns = {
        "name": rows["name"],
        "town_code": rows["town_code"],
        "area_m2": after["land_counted_m2"],
        "added_gfa_m2": after["gross_m2"],
        "net_gfa_m2": after["net_m2"],
        "far": after["far_before"],
        "far_after": after["far_after"],
        "cost_wan": _cost(workspace, rows, after, mode, state),
        "ready_year": _ready_year(workspace, rows.index, mode, state),
        "is_inside_line": rows["is_inside"],
        "score": ranked["score"],
        "is_demo": rows["is_demo"],
    }
    return pd.DataFrame(columns)


def _target(rows: pd.DataFrame, usual: pd.Series, far: float | None, massing: Massing) -> pd.Series:
    """Return the plot ratio wanted, held down by the plan's cap and by the storeys that the height limit holds."""
    target = usual.astype("float64") if far is None else usual * 0.0 + far
    storeys = np.floor(rows["height_limit_m"] / massing.storey_height_m)
    by_height = storeys * massing.storey_factor * ratio(rows["footprint_m2"], rows["site_area_m2"])
    caps = pd.DataFrame({"target": target, "plan": rows["plan_far_max"], "height": by_height})
    return caps.min(axis=1).where(target.notna())


def _cost(workspace: Workspace, rows: pd.DataFrame, after: pd.DataFrame, mode: str, state: AsOf) -> pd.Series:
    """Return building, demolition and land (万元); unknown where an amount is, or where no rate is known."""
    value = workspace.policy_at(state.revision).value
    build = after["gross_m2"] * value("redevelopment_build_wan_per_m2", state.day)
    demolish = rows["demolished_actual_m2"] * value("redevelopment_demolish_wan_per_m2", state.day)
    rates: Mapping[str, float] = value("redevelopment_land_wan_per_mu", state.day)
    cost: pd.Series = build + demolish + m2_to_mu(rows["site_area_m2"]) * rates.get(mode, np.nan)
    return cost


def _ready_year(workspace: Workspace, codes: pd.Index, mode: str, state: AsOf) -> pd.Series:
    """Return the year in which each plot would be recognised: as its project plans it, else after the usual years."""
    usual = workspace.policy_at(state.revision).value("portfolio_years", state.day).get(mode, np.nan)
    members = workspace.store.read("project_plots", revision=state.revision)
    projects = workspace.store.read("projects", revision=state.revision).set_index("project_code")
    projects = projects[projects["stage"] != _STOPPED]
    planned_on = projects["complete_plan_on"].fillna(projects["commission_plan_on"])
    year = planned_on.dt.year.astype("float64").reindex(pd.Index(members["project_code"]))
    planned: pd.Series = year.groupby(members["plot_code"].to_numpy(object)).min().clip(lower=state.day.year)
    return planned.reindex(codes).fillna(state.day.year + usual)


_STOPPED = "PX"
