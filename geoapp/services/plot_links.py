"""What changes of registers since some state can have touched, so that what they left alone need not be made anew."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api.extensions import ExtensionArray

from geoapp.domain.frame_update import share_values
from geoapp.services.plot_evidence import REGISTERS as EVIDENCE_REGISTERS
from geoapp.services.plot_facts_update import Links, links_of, touched_by
from geoapp.services.workspace import Workspace

REGISTERS = (
    "plots", "buildings", "projects", "project_plots", "recognitions", "enterprises", "occupancies", "performance",
    "evaluations", *EVIDENCE_REGISTERS,
)  # fmt: skip
"""What the facts about plots are made from."""
Versions = tuple[int, ...]
"""Of the REGISTERS and of the rule book's numbers, as `Workspace.register_revisions` gives them."""

_NEWEST = ("newest_plot_links",)


def plot_versions(workspace: Workspace, revision: int) -> Versions:
    """Return what the facts about plots depend on at a revision, beside the day."""
    return workspace.register_revisions(REGISTERS, revision)


def read_registers(workspace: Workspace, revision: int) -> dict[str, pd.DataFrame]:
    """Return the REGISTERS as they were at a revision."""
    return {register: workspace.store.read(register, revision=revision) for register in REGISTERS}


def links_at(workspace: Workspace, revision: int) -> Links:
    """Return the links of the registers at a revision."""

    def make() -> Links:
        links = links_of(read_registers(workspace, revision), workspace.cache.peek(_NEWEST, None))
        workspace.cache.put(_NEWEST, links)
        return links

    return workspace.cache.get(("plot_links", plot_versions(workspace, revision)), make)


def touched_plots(workspace: Workspace, before: Versions, revision: int) -> frozenset[str] | None:
    """Return the plots whose facts may differ at a revision from those of a state before; None where that may be all.

    Plots that came or went since may have moved the others' rows: that may be all as well.
    """
    now = plot_versions(workspace, revision)
    if before == now:
        return frozenset()
    known: Links | None = workspace.cache.peek(("plot_links", before), None)
    if known is None or before[-1] != now[-1]:
        return None

    def look() -> frozenset[str] | None:
        links = links_at(workspace, revision)
        if links.plot_codes is not known.plot_codes:
            return None
        touched = touched_by(known, links)
        return None if touched is None else frozenset(touched.plots)

    return workspace.cache.get(("touched_plots", before, now), look)


def facts_version(workspace: Workspace, plot_codes: frozenset[str], revision: int) -> Hashable:
    """Return what tells whether the facts of some plots may have changed: equal ones, on a day, are equal facts."""
    now = plot_versions(workspace, revision)
    key = ("facts_version", plot_codes)
    held: tuple[Versions, Versions] = workspace.cache.peek(key, ((), ()))
    at, version = held
    if not at:
        version = now
    elif at != now:
        touched = touched_plots(workspace, at, revision)
        version = now if touched is None or not plot_codes.isdisjoint(touched) else version
    if at != now:
        links_at(workspace, revision)
        workspace.cache.put(key, (now, version))
    return version


@dataclass(frozen=True, slots=True)
class _Columns:
    """Some columns of a register, and what their values are called."""

    arrays: tuple[ExtensionArray, ...]
    version: int

    @property
    def nbytes(self) -> int:
        """Nothing: the columns are the register's."""
        return 0


def columns_version(workspace: Workspace, register: str, names: Sequence[str], revision: int) -> int:
    """Return what tells whether some columns of a register may have changed: equal ones are equal values."""
    number = workspace.store.register_revision(register, revision=revision)

    def make() -> int:
        frame = workspace.store.read(register, revision=revision)
        arrays = tuple(frame[name].array for name in names)
        newest = ("newest_columns", register, *names)
        known: _Columns | None = workspace.cache.peek(newest, None)
        is_same = known is not None and all(map(share_values, known.arrays, arrays))
        version = known.version if known is not None and is_same else number
        workspace.cache.put(newest, _Columns(arrays, version))
        return version

    return workspace.cache.get(("columns_version", register, number, *names), make)
