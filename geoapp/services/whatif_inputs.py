"""What a what-if needs to know of the plots: facts, plan limits, what stays and what goes."""

from collections.abc import Sequence

import pandas as pd

from geoapp.analysis.intensity import counted_floor_area
from geoapp.analysis.whatif import Massing, split_all, split_by_building, storey_factor
from geoapp.analysis.whatif_checks import Limits
from geoapp.domain.policy import Policy
from geoapp.domain.whatif import Plan
from geoapp.errors import GoneError, NotFoundError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_location import IN_CONTROL_LINE
from geoapp.services.records import record_columns
from geoapp.services.workspace import Workspace

_FACTS = (
    "name", "town_code", "uscc", "site_area_m2", "gfa_counted_m2", "gfa_actual_m2", "far", "footprint_m2",
    "structure_yard_m2", "building_coefficient", "recognised_m2", "grade", "term_left_years", "tax_wan_per_mu",
    "is_above_scale", "industry_code", "is_demo",
)  # fmt: skip
_OWN = ("plan_far_min", "plan_far_max", "height_limit_m", "support_gfa_m2")
_NAMED = 5


def plot_rows(workspace: Workspace, codes: Sequence[str], state: AsOf) -> pd.DataFrame:
    """Return what is known of some plots, in the order named.

    Parameters
    ----------
    workspace : Workspace
    codes : sequence of str
    state : AsOf

    Returns
    -------
    DataFrame by plot_code: facts, plan limits, is_inside (boolean); NaN where unknown

    Raises
    ------
    NotFoundError
        There never were such plots, or not yet.
    GoneError
        Some were withdrawn.
    """
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    rows = facts.index.get_indexer(pd.Index(list(codes), dtype="str"))
    missing = [code for code, row in zip(codes, rows, strict=True) if row < 0]
    if missing:
        _refuse(workspace, missing, state)
    found = pd.DataFrame(facts.iloc[rows][list(_FACTS)])
    own = record_columns(workspace, "plots", [*_OWN, IN_CONTROL_LINE], state, rows)
    return found.join(own.rename(columns={IN_CONTROL_LINE: "is_inside"}))


def _refuse(workspace: Workspace, missing: Sequence[str], state: AsOf) -> None:
    names = "、".join(f"“{code[:60]}”" for code in missing[:_NAMED]) + (
        " 等" if len(missing) > _NAMED else ""
    )
    if all(_was_there(workspace, code, state) for code in missing):
        raise GoneError(f"地块{names}到 {state.day.isoformat()} 已从台账移除，不能测算。")
    raise NotFoundError(f"地块台账里没有{names}。请核对编号。")


def _was_there(workspace: Workspace, code: str, state: AsOf) -> bool:
    """Return whether the register had a plot at any time up to a state."""
    try:
        versions = workspace.store.history("plots", (code,))
    except NotFoundError:
        return False
    return any(version.from_revision <= state.revision for version in versions)


def plot_buildings(workspace: Workspace, codes: Sequence[str], state: AsOf) -> pd.DataFrame:
    """Return the buildings on some plots with what each counts for, in the register's order."""
    buildings = workspace.store.read("buildings", revision=state.revision)
    here = buildings[buildings["plot_code"].isin(list(codes))]
    policy, day = workspace.policy_at(state.revision), state.day
    counted = counted_floor_area(
        here, policy.value("storey_height_factors", day), policy.value("basement_factor", day)
    )
    columns = ["building_code", "plot_code", "name", "use", "storeys", "storey_height_m", "gfa_m2"]
    return pd.DataFrame(here[columns]).assign(counted_m2=counted["counted_m2"]).reset_index(drop=True)


def planned_rows(
    plots: pd.DataFrame, buildings: pd.DataFrame, plan: Plan, policy: Policy, state: AsOf
) -> pd.DataFrame:
    """Return the plots with what stays, what goes and the plot ratio wanted; a limit that the plan gives is its own.

    Raises
    ------
    UsageError
        A building that goes stands on none of the plots.
    """
    unknown = [code for code in plan.buildings if code not in set(buildings["building_code"])]
    if unknown:
        known = "、".join(buildings["building_code"].head(_NAMED)) or "没有"
        raise UsageError(f"所选地块上没有建筑物“{unknown[0][:60]}”；这些地块上的建筑物：{known}。")
    if plan.buildings:
        split = split_by_building(plots, buildings, plan.buildings)
    else:
        goes = policy.value("whatif_demolishing_modes", state.day)
        split = split_all(
            plots, is_demolished=plan.demolish == "all" or (not plan.demolish and plan.mode in goes)
        )
    rows = plots.join(split)
    rows["target_far"] = float("nan") if plan.far is None else plan.far
    if plan.height_limit_m is not None:
        rows["height_limit_m"] = plan.height_limit_m
    return rows


def massing_of(plan: Plan, policy: Policy, state: AsOf) -> Massing:
    """Return how what is new is built."""
    height = plan.storey_height_m or float(policy.value("whatif_storey_height_m", state.day))
    return Massing(
        storey_height_m=height,
        storey_factor=storey_factor(height, policy.value("storey_height_factors", state.day)),
        coefficient=plan.coefficient,
        support_share=plan.support_share,
        support_land_share=plan.support_land_share,
        is_cleared=plan.mode in policy.value("whatif_clearing_modes", state.day),
    )


def limits_of(plan: Plan, policy: Policy, state: AsOf) -> Limits:
    """Return the rule book's limits of the day for a mode."""

    def held(name: str) -> float | None:
        number = policy.number(name)
        return float(number.on(state.day)) if number.is_in_force(state.day) else None

    def has(name: str) -> bool:
        number = policy.number(name)
        return number.is_in_force(state.day) and plan.mode in number.on(state.day)

    industry, raised = policy.number("industry_far_min"), policy.number("support_raised_grades")
    raised_area = held("support_raised_area_mu")
    return Limits(
        far_new_min=held("far_target_default"),
        far_industry_min=industry.on(state.day) if industry.is_in_force(state.day) else {},
        coefficient_min=float(policy.value("low_building_coefficient", state.day)),
        term_min_years=float(policy.value("development_min_term_years", state.day)),
        support_floor_cap=held("support_gfa_cap"),
        support_land_cap=held("support_land_cap"),
        support_floor_cap_raised=held("support_gfa_cap_raised"),
        support_land_cap_raised=held("support_land_cap_raised"),
        raised_grades=frozenset(raised.on(state.day)) if raised.is_in_force(state.day) else frozenset(),
        raised_area_mu=float("inf") if raised_area is None else raised_area,
        tax_above_scale=held("low_tax_above_scale"),
        tax_below_scale=held("low_tax_below_scale"),
        micro_park_min_gfa_m2=held("micro_park_min_gfa_m2") if has("whatif_micro_park_modes") else None,
        is_tax_checked=has("whatif_tax_modes"),
        is_outside_only=has("whatif_outside_only_modes"),
        is_use_changed=has("whatif_use_change_modes"),
        is_cleared=has("whatif_clearing_modes"),
    )
