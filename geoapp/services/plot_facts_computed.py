"""The facts about plots from the registers' frames: areas, floor areas, performance, projects, what the rules say."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.intensity import (
    building_coefficient,
    counted_floor_area,
    far_class,
    first_known,
    ratio,
    site_area,
    sum_by_plot,
)
from geoapp.analysis.land_term import term_left_years
from geoapp.analysis.performance import occupancy_shares, plot_performance
from geoapp.domain.frame_update import with_equal_columns_once
from geoapp.domain.policy import Policy
from geoapp.domain.project import furthest_stage
from geoapp.domain.rule import Purpose
from geoapp.rules.judgement import (
    find_rules,
    low_efficiency,
    low_efficiency_by_rule,
    reasons,
    rules_for,
    verdicts,
)
from geoapp.services.plot_areas import measure
from geoapp.services.plot_evidence import COLUMNS as EVIDENCE
from geoapp.services.plot_evidence import plot_evidence
from geoapp.services.plot_facts_update import Registers
from geoapp.services.plot_grades import graded_performance
from geoapp.services.revitalisation_land import (
    NOTHING_KNOWN,
    KnownLand,
    count_ledger,
    revitalised_by_plot,
)
from geoapp.settings import Settings
from geoapp.units import m2_to_mu

COLUMNS = (
    "name", "town_code", "park_code", "right_holder", "uscc", "landuse_code",
    "area_reg_m2", "area_ellipsoid_m2", "area_plane_m2", "area_difference_share", "site_area_m2", "site_area_basis",
    "gfa_counted_m2", "gfa_basis", "has_unknown_height", "gfa_actual_m2", "far", "far_class",
    "footprint_m2", "structure_yard_m2", "site_coverage", "building_coefficient",
    "tax_wan", "tax_wan_per_mu", "value_added_wan", "performance_year", "grade", "grade_source", "is_above_scale",
    "industry_code",
    "low_efficiency", "low_efficiency_by_rule", "low_efficiency_hits", "low_efficiency_status",
    "project_codes", "project_stage", "recognised_m2", "doing_m2", "planned_m2",
    "new_gfa_gross_m2", "new_gfa_net_m2", "vacancy_percent", "term_left_years", *EVIDENCE, "is_demo",
    "geometry",
)  # fmt: skip
_REVITALISED = ("recognised_m2", "doing_m2", "planned_m2", "new_gfa_gross_m2", "new_gfa_net_m2")


def compute_plot_facts(
    registers: Registers,
    settings: Settings,
    policy: Policy,
    day: date,
    measured: pd.DataFrame | None = None,
    known: KnownLand = NOTHING_KNOWN,
    *,
    has_list: bool | None = None,
) -> gpd.GeoDataFrame:
    """Return the facts from the registers' frames, the `measured_areas` and the `known_land`; see `plot_facts`.

    *has_list* says whether any plot has a status on the bureau's list, where *registers* hold some plots only.
    """
    if measured is None:
        measured = measure(registers["plots"], settings)
    plots: gpd.GeoDataFrame = registers["plots"].set_index("plot_code")
    taken = [name for name in COLUMNS[:-1] if name in plots and name not in ("footprint_m2", "gfa_actual_m2")]
    own = pd.DataFrame({name: plots[name].array for name in taken}, index=plots.index, copy=False)
    areas = _areas(plots, measured.set_axis(plots.index), settings)
    floors = _floors(plots, registers["buildings"], areas["site_area_m2"], settings, policy, day)
    shares = _shares(plots, areas["site_area_m2"], registers, day)
    performance = _performance(plots, areas["site_area_m2"], shares, registers, policy, day)
    projects = _projects(plots.index, registers)
    revitalised = _revitalised(areas["site_area_m2"], registers, policy, day, known)
    parts: list[pd.DataFrame | pd.Series] = [own, areas, floors, performance, projects, revitalised]
    parts.append(term_left_years(plots["term_end_on"], plots["right_type"], day).rename("term_left_years"))
    facts = pd.concat(parts, axis=1)
    evidence = plot_evidence(registers, plots, facts, shares, policy, day)
    facts = pd.concat([facts, evidence], axis=1)
    judged = _judgement(facts, policy, day, has_list=has_list)
    columns = {name: column.array for part in (facts, judged) for name, column in part.items()}
    columns = with_equal_columns_once({**columns, "geometry": plots.geometry.array})
    # From the columns as they are, those of the register among them: of half a million plots a copy takes 200 MB.
    return gpd.GeoDataFrame({name: columns[name] for name in COLUMNS}, index=plots.index, copy=False)


def _areas(plots: gpd.GeoDataFrame, measured: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    registered = plots["area_reg_m2"]
    ellipsoid, plane = measured["area_ellipsoid_m2"], measured["area_plane_m2"]
    named = {"registered": registered, "ellipsoid": ellipsoid, "plane": plane}
    area, basis = site_area(named, settings.site_area_order)
    return pd.DataFrame(
        {
            "area_ellipsoid_m2": ellipsoid,
            "area_plane_m2": plane,
            "area_difference_share": ratio((registered - ellipsoid).abs(), registered),
            "site_area_m2": area,
            "site_area_basis": basis,
        }
    )


def _floors(
    plots: pd.DataFrame,
    buildings: pd.DataFrame,
    site_area_m2: pd.Series,
    settings: Settings,
    policy: Policy,
    day: date,
) -> pd.DataFrame:
    factors = policy.value("storey_height_factors", day)
    counted = counted_floor_area(buildings, factors, policy.value("basement_factor", day))
    plot_code = buildings["plot_code"]
    from_buildings = sum_by_plot(counted["counted_m2"], plot_code, plots.index)
    known = {
        "buildings": from_buildings,
        "gfa_far_m2": plots["gfa_far_m2"],
        "gfa_actual_m2": plots["gfa_actual_m2"],
    }
    gfa, basis = first_known(known, settings.floor_area_order)
    footprint = sum_by_plot(buildings["footprint_m2"], plot_code, plots.index).fillna(plots["footprint_m2"])
    is_uncertain = plots.index.isin(plot_code[~counted["is_height_known"]]) & (basis == "buildings")
    far = ratio(gfa, site_area_m2)
    return pd.DataFrame(
        {
            "gfa_counted_m2": gfa,
            "gfa_basis": basis,
            "has_unknown_height": is_uncertain,
            "gfa_actual_m2": plots["gfa_actual_m2"].fillna(
                sum_by_plot(buildings["gfa_m2"], plot_code, plots.index)
            ),
            "far": far,
            "far_class": far_class(far, policy.value("far_class_breaks", day)),
            "footprint_m2": footprint,
            "site_coverage": ratio(footprint, site_area_m2),
            "building_coefficient": building_coefficient(footprint, plots["structure_yard_m2"], site_area_m2),
        }
    )


def _shares(plots: pd.DataFrame, site_area_m2: pd.Series, registers: Registers, day: date) -> pd.DataFrame:
    owners = plots[["uscc"]].assign(site_area_m2=site_area_m2)
    return occupancy_shares(registers["occupancies"], owners, day)


def _performance(
    plots: pd.DataFrame,
    site_area_m2: pd.Series,
    shares: pd.DataFrame,
    registers: Registers,
    policy: Policy,
    day: date,
) -> pd.DataFrame:
    enterprises = registers["enterprises"].set_index("uscc")
    latest = graded_performance(registers["performance"], registers["evaluations"], policy, day)
    performance = plot_performance(shares, latest, enterprises, plots.index)
    return performance.assign(tax_wan_per_mu=ratio(performance["tax_wan"], m2_to_mu(site_area_m2)))


def _projects(plots: pd.Index, registers: Registers) -> pd.DataFrame:
    members = registers["project_plots"][["project_code", "plot_code"]].sort_values("project_code")
    codes = members.groupby("plot_code")["project_code"].agg(list)
    project_codes = np.empty(len(plots), dtype=object)
    project_codes[:] = [[]]  # one empty list for the many without a project
    has_project = plots.isin(codes.index)
    project_codes[has_project] = codes.reindex(plots[has_project]).to_numpy()
    stage = members["project_code"].map(registers["projects"].set_index("project_code")["stage"])
    return pd.DataFrame(
        {
            "project_codes": pd.Series(project_codes, index=plots),
            "project_stage": furthest_stage(stage, members["plot_code"]).reindex(plots),
        }
    )


def _revitalised(
    site_area_m2: pd.Series, registers: Registers, policy: Policy, day: date, known: KnownLand
) -> pd.DataFrame:
    if registers["recognitions"].empty and registers["project_plots"].empty:
        return pd.DataFrame(0.0, index=site_area_m2.index, columns=list(_REVITALISED))
    ledger = policy.value("default_ledger", day)
    counted = count_ledger(registers, site_area_m2, ledger, policy, day, known)
    return revitalised_by_plot(registers, counted, policy, day)


def _judgement(facts: pd.DataFrame, policy: Policy, day: date, *, has_list: bool | None) -> pd.DataFrame:
    rules = rules_for(find_rules(), purpose=Purpose.LOW_EFFICIENCY)
    answers = verdicts(facts, rules, policy, day)
    by_rule = low_efficiency_by_rule(answers, [rule.id for rule in rules if rule.is_supplementary])
    return pd.DataFrame(
        {
            "low_efficiency": low_efficiency(facts["low_efficiency_status"], by_rule, has_list=has_list),
            "low_efficiency_by_rule": by_rule,
            "low_efficiency_hits": reasons(facts, answers, rules, policy, day),
        }
    )
