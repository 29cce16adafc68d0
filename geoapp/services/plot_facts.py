"""Everything known or computed about each plot, in one frame: what maps, statistics, rules and cards read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

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
from geoapp.domain.frame_update import FRESH, brought_up, known_rows, with_equal_columns_once
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
from geoapp.services.plot_areas import measure, measured_areas
from geoapp.services.plot_evidence import COLUMNS as EVIDENCE
from geoapp.services.plot_evidence import plot_evidence
from geoapp.services.plot_facts_update import Links, touched_registers
from geoapp.services.plot_grades import graded_performance
from geoapp.services.plot_links import links_at, plot_versions, read_registers, touched_plots, touched_since
from geoapp.services.revitalisation_known import known_land
from geoapp.services.revitalisation_land import (
    NOTHING_KNOWN,
    KnownLand,
    count_ledger,
    revitalised_by_plot,
)
from geoapp.services.workspace import Workspace
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
_LARGEST_SHARE_BROUGHT_UP = 0.2
"""Of the plots touched since the facts made last; where more are, all are made anew."""

Registers = Mapping[str, pd.DataFrame]


def today() -> date:
    """Return today's date where the machine stands."""
    return datetime.now(tz=UTC).astimezone().date()


def plot_facts(
    workspace: Workspace, *, revision: int | None = None, day: date | None = None
) -> gpd.GeoDataFrame:
    """Return the facts about every plot at a revision, under the thresholds of a day.

    Parameters
    ----------
    workspace : Workspace
    revision : int, optional
        As the registers were then; now if left out.
    day : date, optional
        Whose thresholds, occupancies and recognitions hold; today if left out.

    Returns
    -------
    GeoDataFrame in EPSG:4490 indexed by plot_code, one row per plot, with all of COLUMNS
        Shared by all who ask: never change it.

        * Areas and floor areas in m2, tax in 万元 and 万元/亩, shares from 0 to 1; NaN is unknown, never zero.
        * site_area_m2 goes by the setting site_area_order (site_area_basis says which), gfa_counted_m2 by
          floor_area_order (gfa_basis). footprint_m2 is the buildings' where all are known, else the plot's own;
          gfa_actual_m2 the other way round. With has_unknown_height the counted floor area is a lower bound.
        * tax_wan and value_added_wan (万元) sum the enterprises on the plot; an enterprise on several plots is shared
          out by occupied area.
          Grade, scale and industry are the owner's, or the largest tenant's where no owner occupies the plot; the
          grade is that of the year's fixed or official result where there is one (grade_source says which).
        * low_efficiency (yes, no, unknown) follows the bureau's list, then the rules; low_efficiency_by_rule the rules
          of low efficiency alone (see `Rule.is_supplementary` for those that cannot make it unknown);
          low_efficiency_hits lists each of them that hits (RuleHit), whatever the list says.
        * project_stage is that of the most advanced running project.
        * recognised_m2, doing_m2, planned_m2: revitalised area, each square metre once.
        * vacancy_percent is the register's (0 to 100); term_left_years is infinite on allocated land.
        * The last columns are those of `plot_evidence`, which the supplementary rules ask.

    Raises
    ------
    NotFoundError
        No such revision, or a number of the rule book does not hold yet on the day.
    """
    store = workspace.store
    day = today() if day is None else day
    # Pinned, so that a write in between cannot mix two states under one key.
    revision = store.revision() if revision is None else revision
    versions = plot_versions(workspace, revision)

    def compute() -> gpd.GeoDataFrame:
        registers = read_registers(workspace, revision)
        rules = workspace.register_revisions((), revision)
        newest: _Newest | None = workspace.cache.peek(_NEWEST, None)
        links = links_at(workspace, revision)
        facts = None
        if newest is not None and (newest.day, newest.rules) == (day, rules):
            facts = _brought_up(workspace, newest, registers, links, revision)
        if facts is None:  # too much was touched
            measured = measured_areas(workspace, registers["plots"])
            facts = _computed(workspace, registers, measured, links, revision, day)
        if revision == store.revision():
            workspace.cache.put(_NEWEST, _Newest(day, rules, versions, links, facts))
            if newest is not None and newest.versions != versions:
                workspace.cache.drop(("plot_facts", newest.versions, newest.day))
        return facts

    return workspace.cache.get(("plot_facts", versions, day), compute)


def facts_holding(
    workspace: Workspace, *plot_codes: str, revision: int | None = None, day: date | None = None
) -> gpd.GeoDataFrame:
    """Return `plot_facts`, or older ones where nothing that changed since can have touched some plots.

    A page about one plot or a few need not wait until those of all plots that an edit elsewhere touched are made anew.
    The rows are those of the register either way.
    """
    day = today() if day is None else day
    revision = workspace.store.revision() if revision is None else revision
    versions = plot_versions(workspace, revision)
    known: gpd.GeoDataFrame | None = workspace.cache.peek(("plot_facts", versions, day), None)
    if known is not None:
        return known
    newest: _Newest | None = workspace.cache.peek(_NEWEST, None)
    rules = workspace.register_revisions((), revision)
    if newest is not None and (newest.day, newest.rules) == (day, rules):
        touched = touched_plots(workspace, newest.versions, revision, day, newest.links)
        if touched is not None and touched.isdisjoint(plot_codes):
            return newest.facts
    return plot_facts(workspace, revision=revision, day=day)


_NEWEST = ("newest_plot_facts",)


@dataclass(frozen=True, slots=True)
class _Newest:
    """The facts made last about the registers as they are now; one at a time, since its memory is not counted."""

    day: date
    """Whose thresholds hold."""
    rules: tuple[int, ...]
    """The revision of the rule book's numbers that were used."""
    versions: tuple[int, ...]
    """Of the registers that they were made from."""
    links: Links
    """Of the registers that they were made from."""
    facts: gpd.GeoDataFrame

    @property
    def nbytes(self) -> int:
        """Without the facts, which are kept under their own key as well."""
        return self.links.nbytes


def _computed(
    workspace: Workspace,
    registers: Registers,
    measured: pd.DataFrame,
    links: Links,
    revision: int,
    day: date,
) -> gpd.GeoDataFrame:
    """Return the facts about the plots of *registers*, which may be some of those of *links*."""
    policy = workspace.policy_at(revision)
    known = NOTHING_KNOWN
    if len(registers["recognitions"]) or len(registers["project_plots"]):
        known = known_land(workspace, revision, float(policy.value("overlap_tolerance_m2", day)))
    has_list = links.kept_lists[0]
    return compute_plot_facts(registers, workspace.settings, policy, day, measured, known, has_list=has_list)


def _brought_up(
    workspace: Workspace, newest: _Newest, new: Registers, links: Links, revision: int
) -> gpd.GeoDataFrame | None:
    """Return the facts from those made last, only those plots anew that changes since can have touched."""
    found = touched_since(workspace, newest.links, revision, newest.day)
    if found is None or len(found.plots) > _LARGEST_SHARE_BROUGHT_UP * len(new["plots"]):
        return None
    touched = touched_registers(new, links, found)
    old_fids, fids = newest.links.registers["plots"].index.to_numpy(), new["plots"].index.to_numpy()
    rows = known_rows(old_fids, fids)
    rows[np.isin(fids, touched["plots"].index.to_numpy())] = FRESH
    measured = measured_areas(workspace, new["plots"]).iloc[np.flatnonzero(rows == FRESH)]
    fresh = _computed(workspace, touched, measured, links, revision, newest.day)
    return brought_up(newest.facts, rows, fresh)


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


LOW_EFFICIENCY_WORDS = {"yes": "低效", "review": "待核查", "no": "未见低效", "unknown": "资料不全"}
"""The classes of `low_efficiency_class`, in the order of legends."""


def low_efficiency_class(facts: pd.DataFrame) -> pd.Series:
    """Return yes, no, unknown as in low_efficiency, but review where only the bureau's word is missing.

    Parameters
    ----------
    facts : DataFrame, one row per plot
        Columns low_efficiency and low_efficiency_by_rule.

    Returns
    -------
    Series of yes, review, no, unknown on the facts' index
        review: a rule hits the plot, which is not on the list; unknown: facts are missing that a rule needs.
    """
    # For one plot: `class_of`.
    is_open = (facts["low_efficiency"] == "unknown") & (facts["low_efficiency_by_rule"] == "yes")
    return facts["low_efficiency"].mask(is_open, "review")


def class_of(low_efficiency: str, by_rule: str) -> str:
    """Return what `low_efficiency_class` says of one plot.

    Examples
    --------
    >>> class_of("unknown", "yes"), class_of("unknown", "no"), class_of("yes", "yes")
    ('review', 'unknown', 'yes')
    """
    return "review" if (low_efficiency, by_rule) == ("unknown", "yes") else low_efficiency


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
