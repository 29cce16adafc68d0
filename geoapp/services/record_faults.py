"""What is wrong with the records behind a table, whatever the register: each kind counted, the first of it by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.revitalisation import LedgerFinding
from geoapp.domain.table_quality import QualityFinding, RecordFault
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.building_places import buildings_outside, outside_share
from geoapp.services.column_faults import records_of_faults
from geoapp.services.few_recognitions import are_few, few_findings
from geoapp.services.held_records import rows_of
from geoapp.services.plot_facts import facts_holding, plot_facts
from geoapp.services.plot_faults import (
    Records,
    building_faults,
    membership_faults,
    overlap_faults,
    plot_faults,
    project_land_faults,
    zone_faults,
)
from geoapp.services.plot_links import facts_version, links_at
from geoapp.services.plot_overlaps import plots_over_plots
from geoapp.services.record_card import record_address
from geoapp.services.records import record_keys
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.revitalisation_findings import KINDS as LEDGER_KINDS
from geoapp.services.revitalisation_findings import circular_lineage, ledger_findings
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import membership_of
from geoapp.services.zone_source import Zones, find_zones

Rows = NDArray[np.int64]

MOST_NAMED = 20
"""Records of each kind that the line names."""
_FEW = 50
"""Plots and projects whose records are looked up one by one."""
_ZONES = "towns"
"""Where a plot lies, unless a table asks for other zones."""
_RECOGNISED_BY = {"plots": "plot_code", "projects": "project_code"}
"""Registers with recognitions, and the field of both that says whose."""
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
    if register in _RECOGNISED_BY:
        with suppress(NotFoundError):
            found += _recognised(workspace, register, state, rows, how)
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
    parts = _records_about(workspace, state, "project_plots", "plot_code", [plot_code])
    how = _How(unit=unit)
    return (
        *plot_faults(plots, area_m2, unit=unit, most=MOST_NAMED),
        *_zones_of(workspace, plots, state, how),
        *_over_others(workspace, plots, state, how),
        *_buildings(workspace, buildings, outside, state, how),
        *_behind(workspace, state, how, buildings),
        *_project_land(workspace, parts, state, how),
        *_behind(workspace, state, how, parts, _uses_of(workspace, state, [plot_code])),
        *_circles(workspace, plots, state, how),
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
    parts = _records_about(workspace, state, "project_plots", "plot_code", codes)
    yield from _project_land(workspace, parts, state, how)
    yield from _behind(workspace, state, how, parts, _uses_of(workspace, state, codes))
    yield from _circles(workspace, plots, state, how)


def _circles(workspace: Workspace, plots: Records, state: AsOf, how: _How) -> Iterator[RecordFault]:
    is_made = plots.column("predecessors").notna().to_numpy(bool)
    if not is_made.any():
        return
    codes = {*plots.column("plot_code")[is_made]}
    circles = [one for one in circular_lineage(workspace, state.revision) if one.title in codes]
    if circles:
        yield _of_findings(circles, how)


def _buildings_on(workspace: Workspace, state: AsOf, plot_codes: Sequence[str] | pd.Series | None) -> Records:
    """Return the buildings on some plots, on all where none are named."""
    return _records_about(workspace, state, "buildings", "plot_code", plot_codes)


def _uses_of(workspace: Workspace, state: AsOf, plot_codes: Sequence[str] | pd.Series | None) -> Records:
    """Return who uses some plots, all where none are named."""
    return _records_about(workspace, state, "occupancies", "plot_code", plot_codes)


def _behind(workspace: Workspace, state: AsOf, how: _How, *several: Records) -> Iterator[RecordFault]:
    """Yield what is wrong with single values of the records behind others."""
    for records in several:
        yield from _of_columns(workspace, records.layer.id, state, records.rows, how, is_behind=True)


def _records_about(
    workspace: Workspace, state: AsOf, register: str, field: str, keys: Sequence[str] | pd.Series | None
) -> Records:
    """Return the records whose field names one of some others, all where none are named."""
    records = workspace.store.read(register, revision=state.revision)
    if keys is None:
        rows = np.arange(len(records))
    elif len(keys) <= _FEW:
        rows = rows_of(workspace, register, records).find_all(field, keys)
    else:
        rows = np.flatnonzero(records[field].isin(keys))
    return Records(workspace.layer(register), records, rows)


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
        _records_about(workspace, state, register, "project_code", keys)
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


def _recognised(
    workspace: Workspace, register: str, state: AsOf, rows: Rows, how: _How
) -> Iterator[RecordFault]:
    """Yield what is wrong with the recognitions of some plots or projects; of all, also of such as there are not."""
    field = _RECOGNISED_BY[register]
    codes = workspace.store.read(register, revision=state.revision)[field]
    if len(rows) < len(codes):
        theirs = _records_about(workspace, state, "recognitions", field, codes.iloc[rows]).rows
    else:
        named = workspace.store.read("recognitions", revision=state.revision)[field]
        theirs = np.flatnonzero(named.notna() | (register == "plots"))  # each is about a plot
    yield from _of_recognitions(workspace, state, theirs, how, of="认定：")


def _of_recognitions(
    workspace: Workspace, state: AsOf, rows: Rows, how: _How, *, of: str = ""
) -> Iterator[RecordFault]:
    if not len(rows):
        return
    records = workspace.store.read("recognitions", revision=state.revision)
    keys = {*records["recognition_code"].iloc[rows]}
    by_kind: dict[str, list[LedgerFinding]] = {}
    is_small = len(rows) <= _FEW and are_few(workspace, state, rows)
    look = partial(few_findings, rows=rows) if is_small else _ledgers_findings
    for finding in look(workspace, state, unit=how.unit):
        if finding.title in keys and finding.address.startswith(record_address("recognitions", "")):
            by_kind.setdefault(finding.code, []).append(finding)
    for code in sorted(by_kind, key=list(LEDGER_KINDS).index):
        yield _of_findings(by_kind[code], how, of)


def _of_findings(findings: list[LedgerFinding], how: _How, of: str = "") -> RecordFault:
    """Return findings of one kind, at least one, as a fault; *of* says in words of what."""
    code, zh = findings[0].code, f"{of}{findings[0].zh}"
    named = tuple(
        QualityFinding(code=code, zh=zh, message=one.message, title=one.title, address=one.address)
        for one in findings[: how.most]
    )
    return RecordFault(code=code, zh=zh, count=len(findings), findings=named)


def _ledgers_findings(workspace: Workspace, state: AsOf, unit: str) -> tuple[LedgerFinding, ...]:
    """Return the findings of all ledgers, those that belong to none once; kept until one of their plots is touched."""
    plots = links_at(workspace, state.revision).in_ledgers
    key = (
        "ledgers_findings",
        workspace.register_revisions(("projects", "project_plots", "recognitions"), state.revision),
        facts_version(workspace, plots, state.revision, state.day),
        state.day,
        unit,
    )
    return workspace.cache.get(key, lambda: _found_in_ledgers(workspace, state, unit))


def _found_in_ledgers(workspace: Workspace, state: AsOf, unit: str) -> tuple[LedgerFinding, ...]:
    site_area_m2 = plot_facts(workspace, revision=state.revision, day=state.day)["site_area_m2"]
    found: dict[tuple[str, str, str], LedgerFinding] = {}
    for ledger in ledger_words(workspace):
        entries = revitalisation_ledger(workspace, ledger, state).entries
        said = ledger_findings(workspace, entries, state.revision, state.day, site_area_m2, unit=unit)
        found |= {(one.code, one.title, one.message): one for one in said}
    return tuple(found.values())


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
