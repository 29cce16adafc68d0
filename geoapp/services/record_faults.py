"""What is wrong with the records behind a table, whatever the register: each kind counted, the first of it by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.table_quality import RecordFault
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.building_places import buildings_outside, outside_share
from geoapp.services.column_faults import records_of_faults
from geoapp.services.fault_records import Records, Rows, records_about
from geoapp.services.held_records import rows_of
from geoapp.services.ledger_faults import (
    RECOGNISED_BY,
    faults_of_recognised,
    lineage_faults,
    recognition_faults,
)
from geoapp.services.plot_facts import facts_holding, plot_facts
from geoapp.services.plot_faults import (
    building_faults,
    membership_faults,
    overlap_faults,
    plot_faults,
    project_land_faults,
)
from geoapp.services.plot_overlaps import plots_over_plots
from geoapp.services.records import record_keys
from geoapp.services.workspace import Workspace
from geoapp.services.zone_faults import zone_faults
from geoapp.services.zone_membership import membership_of
from geoapp.services.zone_source import Zones, find_zones

MOST_NAMED = 20
"""Records of each kind that the line names."""
_ZONES = "towns"
"""Where a plot lies, unless a table asks for other zones."""
_DIVISIONS = (_ZONES, "parks", "control_zones")
"""Registers whose zones should not cover the same land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How faults are told, see `record_faults`."""

    unit: str = "mu"
    most: int = MOST_NAMED
    zones: Zones | None = None
    membership: str = "clip"


def record_faults(
    workspace: Workspace,
    register: str,
    state: AsOf,
    rows: Rows,
    *,
    unit: str = "mu",
    most: int = MOST_NAMED,
    zones: Zones | None = None,
    membership: str = "clip",
    as_zones: bool = False,
) -> tuple[RecordFault, ...]:
    """Return what is wrong with some records of a register.

    Of plots also with the buildings on them, of plots and projects with what projects use of plots, and with their
    recognitions. Of all plots also with the towns, and with the buildings and recognitions that name no plot there is.

    Parameters
    ----------
    workspace : Workspace
        Fields that it hides are not looked at.
    register : str
    state : AsOf
    rows : array of int
        Positions of the records in the register, in any order.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Records of each kind that are named.
    zones : Zones, optional
        In which plots should lie; the towns if left out. What is wrong with zones asked for is left to who asks.
    membership : {"clip", "largest", "centroid"}
        In them.
    as_zones : bool
        Plots are counted in them: that they cover the same land is a fault, whatever the register.

    Returns
    -------
    tuple of RecordFault
        Nothing where nothing is wrong. What needs a number of the rule book that does not hold on the day is left out.
    """
    if not len(rows):
        return ()
    rows = np.unique(rows)  # a page may list its records in an order of its own
    how = _How(unit=unit, most=most, zones=zones, membership=membership)
    found: list[RecordFault] = []
    if register in _LOOKS:
        with suppress(NotFoundError):
            found += _LOOKS[register](workspace, state, rows, how)
    if register in RECOGNISED_BY:
        with suppress(NotFoundError):
            found += faults_of_recognised(workspace, register, state, rows, unit=unit, most=most)
    if as_zones or register in _DIVISIONS:
        found += _of_zones(workspace, register, state, rows, how)
    return (*found, *_of_columns(workspace, register, state, rows, how))


def faults_about(
    workspace: Workspace,
    register: str,
    state: AsOf,
    wanted: Mapping[str, Sequence[object]],
    *,
    unit: str = "mu",
) -> tuple[RecordFault, ...]:
    """Return the same of the records whose fields have some values: {"uscc": ["E1", "E2"], "year": [2024]}."""
    records = workspace.store.read(register, revision=state.revision)
    is_wanted = np.ones(len(records), dtype=bool)
    for name, values in wanted.items():
        is_wanted &= records[name].isin(values).to_numpy(bool)
    return record_faults(workspace, register, state, np.flatnonzero(is_wanted), unit=unit)


def plot_record_faults(
    workspace: Workspace, state: AsOf, plot_code: str, site_area_m2: float | None, *, unit: str = "mu"
) -> tuple[RecordFault, ...]:
    """Return the same of one plot whose site area (m2) is known already, without looking at any other plot.

    Its recognitions, which take counting whole ledgers, are left to their own pages.
    """
    held = rows_of(workspace, "plots", workspace.store.read("plots", revision=state.revision))
    rows = held.find("plot_code", plot_code)
    plots = Records(workspace.layer("plots"), held.frame, rows)
    area_m2 = np.array([np.nan if site_area_m2 is None else site_area_m2])
    buildings = _buildings_on(workspace, state, [plot_code])
    grounds = np.repeat(held.frame.geometry.iloc[rows].to_numpy(), len(buildings.rows))
    outside = outside_share(buildings.column("geometry").to_numpy(), grounds)
    parts = records_about(workspace, state, "project_plots", "plot_code", [plot_code])
    how = _How(unit=unit)
    return (
        *plot_faults(plots, area_m2, unit=unit, most=MOST_NAMED),
        *_zones_of(workspace, plots, state, how),
        *_over_others(workspace, plots, state, how),
        *_buildings(workspace, buildings, outside, state, how),
        *_behind(workspace, state, how, buildings),
        *_project_land(workspace, parts, state, how),
        *_behind(workspace, state, how, parts, _uses_of(workspace, state, [plot_code])),
        *lineage_faults(workspace, plots, state, most=how.most),
        *_of_columns(workspace, "plots", state, rows, how),
    )


def _of_plots(workspace: Workspace, state: AsOf, rows: Rows, how: _How) -> Iterator[RecordFault]:
    register = workspace.store.read("plots", revision=state.revision)
    plots = Records(workspace.layer("plots"), register, rows)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    is_all = len(rows) == len(register)
    yield from plot_faults(plots, facts["site_area_m2"].to_numpy()[rows], unit=how.unit, most=how.most)
    yield from _zones_of(workspace, plots, state, how)
    if is_all and how.zones is None:
        towns = find_zones(workspace, _ZONES, revision=state.revision, day=state.day)
        yield from zone_faults(workspace, _ZONES, towns, unit=how.unit, most=how.most)
    yield from _over_others(workspace, plots, state, how)
    codes = None if is_all else plots.column("plot_code")
    buildings = _buildings_on(workspace, state, codes)
    outside = buildings_outside(workspace, state.revision)[buildings.rows]
    yield from _buildings(workspace, buildings, outside, state, how)
    yield from _behind(workspace, state, how, buildings)
    parts = records_about(workspace, state, "project_plots", "plot_code", codes)
    yield from _project_land(workspace, parts, state, how)
    yield from _behind(workspace, state, how, parts, _uses_of(workspace, state, codes))
    yield from lineage_faults(workspace, plots, state, most=how.most)


def _buildings_on(workspace: Workspace, state: AsOf, plot_codes: Sequence[str] | pd.Series | None) -> Records:
    """Return the buildings on some plots, on all where none are named."""
    return records_about(workspace, state, "buildings", "plot_code", plot_codes)


def _uses_of(workspace: Workspace, state: AsOf, plot_codes: Sequence[str] | pd.Series | None) -> Records:
    """Return who uses some plots, all where none are named."""
    return records_about(workspace, state, "occupancies", "plot_code", plot_codes)


def _behind(workspace: Workspace, state: AsOf, how: _How, *several: Records) -> Iterator[RecordFault]:
    """Yield what is wrong with single values of the records behind others."""
    for records in several:
        yield from _of_columns(workspace, records.layer.id, state, records.rows, how, is_behind=True)


def _of_buildings(workspace: Workspace, state: AsOf, rows: Rows, how: _How) -> Iterator[RecordFault]:
    register = workspace.store.read("buildings", revision=state.revision)
    outside = buildings_outside(workspace, state.revision)[rows]
    yield from _buildings(
        workspace, Records(workspace.layer("buildings"), register, rows), outside, state, how
    )


def _buildings(
    workspace: Workspace, buildings: Records, outside: NDArray[np.float64], state: AsOf, how: _How
) -> Iterator[RecordFault]:
    limit = np.inf
    with suppress(NotFoundError):
        limit = float(workspace.policy_at(state.revision).value("building_outside_share", state.day))
    hidden = workspace.sight.hidden(buildings.layer)
    yield from building_faults(buildings, outside, limit, most=how.most, hidden=hidden)


def _of_projects(workspace: Workspace, state: AsOf, rows: Rows, how: _How) -> Iterator[RecordFault]:
    keys = workspace.store.read("projects", revision=state.revision)["project_code"].iloc[rows]
    parts, stages = (
        records_about(workspace, state, register, "project_code", keys)
        for register in ("project_plots", "project_stages")
    )
    yield from _project_land(workspace, parts, state, how)
    yield from _behind(workspace, state, how, parts, stages)


def _of_project_plots(workspace: Workspace, state: AsOf, rows: Rows, how: _How) -> Iterator[RecordFault]:
    records = workspace.store.read("project_plots", revision=state.revision)
    parts = Records(workspace.layer("project_plots"), records, rows)
    yield from _project_land(workspace, parts, state, how)


def _project_land(workspace: Workspace, parts: Records, state: AsOf, how: _How) -> Iterator[RecordFault]:
    """Yield which projects use more of a plot than there is of it."""
    known = parts.rows[parts.column("area_m2").notna().to_numpy(bool)]
    if not len(known):
        return
    parts = Records(parts.layer, parts.frame, known)
    codes = parts.column("plot_code").array
    facts = facts_holding(workspace, *codes, revision=state.revision, day=state.day)
    site_area_m2 = np.append(
        facts["site_area_m2"].to_numpy(), np.nan
    )  # the last is of plots that there are not
    limit = site_area_m2[facts.index.get_indexer(codes)]
    yield from project_land_faults(parts, limit, unit=how.unit, most=how.most)


def _zones_of(workspace: Workspace, plots: Records, state: AsOf, how: _How) -> Iterator[RecordFault]:
    """Yield which plots lie in no zone, which is said of none as long as there are no zones, or in several."""
    division = how.zones or find_zones(workspace, _ZONES, revision=state.revision, day=state.day)
    has_zones = bool((division.geometry.notna() & ~division.geometry.is_empty).any())
    shares = membership_of(workspace, division, how.membership, state.revision, plots.rows)
    for fault in membership_faults(plots, shares, division, most=how.most):
        if has_zones or fault.code != "no_zone":
            yield fault


def _over_others(workspace: Workspace, plots: Records, state: AsOf, how: _How) -> Iterator[RecordFault]:
    """Yield which plots lie over others."""
    with suppress(NotFoundError):
        pairs = plots_over_plots(workspace, state, plots.rows)
        yield from overlap_faults(plots, pairs, unit=how.unit, most=how.most)


def _of_zones(
    workspace: Workspace, register: str, state: AsOf, rows: Rows, how: _How
) -> Iterator[RecordFault]:
    division = find_zones(workspace, register, revision=state.revision, day=state.day)
    records = workspace.store.read(register, revision=state.revision)
    keys = {*record_keys(records.iloc[rows], workspace.layer(register))}
    yield from zone_faults(workspace, register, division, unit=how.unit, most=how.most, keys=keys)


def _of_recognitions(workspace: Workspace, state: AsOf, rows: Rows, how: _How) -> Iterator[RecordFault]:
    return recognition_faults(workspace, state, rows, unit=how.unit, most=how.most)


def _of_columns(
    workspace: Workspace, register: str, state: AsOf, rows: Rows, how: _How, *, is_behind: bool = False
) -> Iterator[RecordFault]:
    return records_of_faults(workspace, register, state.revision, rows, most=how.most, is_behind=is_behind)


_Look = Callable[[Workspace, AsOf, Rows, _How], Iterator[RecordFault]]
_LOOKS: Mapping[str, _Look] = {
    "plots": _of_plots,
    "buildings": _of_buildings,
    "projects": _of_projects,
    "project_plots": _of_project_plots,
    "recognitions": _of_recognitions,
}
