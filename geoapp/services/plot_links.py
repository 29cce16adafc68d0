"""What changes of registers since some state can have touched, so that what they left alone need not be made anew."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from geoapp.services.plot_evidence import REGISTERS as EVIDENCE_REGISTERS
from geoapp.services.plot_facts_update import Links, Touched, links_of, touched_by
from geoapp.services.revitalisation_known import connected_plots
from geoapp.services.workspace import Workspace

REGISTERS = (
    "plots", "buildings", "projects", "project_plots", "recognitions", "enterprises", "occupancies", "performance",
    "evaluations", *EVIDENCE_REGISTERS,
)  # fmt: skip
"""What the facts about plots are made from."""
Versions = tuple[int, ...]
"""Of the REGISTERS and of the rule book's numbers, as `Workspace.register_revisions` gives them."""

_RECENT = ("recent_plot_links",)
_MOST_KEPT = 6
"""States of the registers whose links are kept: enough for what is asked for again after a few edits."""


@dataclass(frozen=True, slots=True)
class _Recent:
    """The links of the states asked about last, the newest last."""

    links: dict[Versions, Links] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return sum(links.nbytes for links in self.links.values())

    def with_one(self, versions: Versions, links: Links) -> "_Recent":
        others = {key: kept for key, kept in self.links.items() if key != versions}
        newest = list(others.items())[1 - _MOST_KEPT :]
        return _Recent({**dict(newest), versions: links})


def plot_versions(workspace: Workspace, revision: int) -> Versions:
    """Return what the facts about plots depend on at a revision, beside the day."""
    return workspace.register_revisions(REGISTERS, revision)


def read_registers(workspace: Workspace, revision: int) -> dict[str, pd.DataFrame]:
    """Return the REGISTERS as they were at a revision."""
    return {register: workspace.store.read(register, revision=revision) for register in REGISTERS}


def links_at(workspace: Workspace, revision: int) -> Links:
    """Return the links of the registers at a revision."""
    versions = plot_versions(workspace, revision)
    recent = workspace.cache.peek(_RECENT, _Recent())
    known = recent.links.get(versions)
    if known is None:
        newest = next(reversed(recent.links.values()), None)
        known = links_of(read_registers(workspace, revision), newest)
        workspace.cache.put(_RECENT, recent.with_one(versions, known))
    return known


def touched_since(workspace: Workspace, known: Links, revision: int, day: date) -> Touched | None:
    """Return what changes since a state can have touched; None where that may be all.

    Parameters
    ----------
    workspace : Workspace
    known : Links
        Of the state before, under the same rules.
    revision : int
    day : date
        Whose numbers hold.
    """
    tolerance_m2 = float(workspace.policy_at(revision).value("overlap_tolerance_m2", day))
    return touched_by(
        known, links_at(workspace, revision), connected_plots(workspace, revision, tolerance_m2)
    )


def touched_plots(
    workspace: Workspace, before: Versions, revision: int, day: date, known: Links | None = None
) -> frozenset[str] | None:
    """Return the plots whose facts may differ at a revision from those of a state before; None where that may be all.

    Plots that came or went since may have moved the others' rows: that may be all as well.

    Parameters
    ----------
    workspace : Workspace
    before : tuple of int
        See `plot_versions`.
    revision : int
    day : date
        Whose numbers hold.
    known : Links, optional
        Of the state before, where they are at hand.
    """
    now = plot_versions(workspace, revision)
    if before == now:
        return frozenset()

    def look() -> frozenset[str] | None:
        old = known or workspace.cache.peek(_RECENT, _Recent()).links.get(before)
        if old is None or before[-1] != now[-1]:
            return None
        if links_at(workspace, revision).plot_codes is not old.plot_codes:
            return None
        touched = touched_since(workspace, old, revision, day)
        return None if touched is None else frozenset(touched.plots)

    return workspace.cache.get(("touched_plots", before, now, day), look)


def facts_version(workspace: Workspace, plot_codes: frozenset[str], revision: int, day: date) -> Hashable:
    """Return what tells whether the facts of some plots, on a day, may have changed: equal ones are equal facts."""
    now = plot_versions(workspace, revision)
    key = ("facts_version", plot_codes, day)
    held: tuple[Versions, Versions] = workspace.cache.peek(key, ((), ()))
    at, version = held
    if not at:
        version = now
    elif at != now:
        touched = touched_plots(workspace, at, revision, day)
        version = now if touched is None or not plot_codes.isdisjoint(touched) else version
    if at != now:
        links_at(workspace, revision)
        workspace.cache.put(key, (now, version))
    return version
