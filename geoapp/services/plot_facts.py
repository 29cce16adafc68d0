"""Everything known or computed about each plot, in one frame: what maps, statistics, rules and cards read."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.domain.frame_update import FRESH, brought_up, known_rows
from geoapp.services.plot_areas import measured_areas
from geoapp.services.plot_facts_computed import compute_plot_facts
from geoapp.services.plot_facts_update import Links, Registers, touched_registers
from geoapp.services.plot_links import links_at, plot_versions, read_registers, touched_plots, touched_since
from geoapp.services.revitalisation_known import known_land
from geoapp.services.revitalisation_land import NOTHING_KNOWN
from geoapp.services.workspace import Workspace

_LARGEST_SHARE_BROUGHT_UP = 0.2
"""Of the plots touched since the facts made last; where more are, all are made anew."""


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
    GeoDataFrame in EPSG:4490 indexed by plot_code, one row per plot, with all of `plot_facts_computed.COLUMNS`
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
    key = ("plot_facts", versions, day)

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
        is_replaced = newest is not None and newest.versions != versions  # on another day both are of use
        workspace.cache.keep_newest(
            _NEWEST,
            _Newest(day, rules, versions, links, facts),
            key=key,
            before=newest.key if newest is not None and is_replaced else None,
            is_past=revision != store.revision(),
        )
        return facts

    return workspace.cache.get(key, compute)


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
    def key(self) -> tuple[Hashable, ...]:
        """Under which the facts are kept."""
        return "plot_facts", self.versions, self.day

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
