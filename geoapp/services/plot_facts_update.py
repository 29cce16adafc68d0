"""Which plots' facts a change of registers can touch, and the registers cut down to what they are made from.

A plot's facts depend on its own records, on the other plots of the enterprises that use it, and, where something is
planned or recognised on it, on the plots that it was made from, that were made from it, or that lie over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.revitalised_lineage import parse_lineage
from geoapp.domain.frame_update import FRESH, GEOMETRY, have_same_column, known_rows, share_values

Registers = Mapping[str, pd.DataFrame]

_LINKS = {
    "plots": ["plot_code", "uscc", "predecessors", "low_efficiency_status", "geometry"],
    "buildings": ["plot_code"],
    "occupancies": ["plot_code", "uscc"],
    "enterprises": ["uscc"],
    "performance": ["uscc"],
    "evaluations": ["uscc"],
    "projects": ["project_code"],
    "project_plots": ["plot_code"],
    "recognitions": ["plot_code"],
    "land_supplies": ["plot_code"],
    "plot_problems": ["plot_code", "uscc"],
}
"""By register: the fields that say which plots a record is about."""
_OF_PLOTS = ("plots", "buildings", "occupancies", "land_supplies", "plot_problems")
_OF_ENTERPRISES = ("plots", "occupancies", "enterprises", "performance", "evaluations", "plot_problems")
_OF_REVITALISATION = ("projects", "project_plots", "recognitions")
_CONNECTING = (("plots", "predecessors"), ("project_plots", "plot_code"), ("recognitions", "plot_code"))
"""The columns that connect plots, see `Links.in_ledgers`."""
_KEPT_WHOLE = ("land_supplies", "plot_problems")
"""Few records, of which it matters whether there are any at all."""


@dataclass(frozen=True, slots=True)
class Links:
    """Of the registers at a revision, what says which plots a change touches: little enough to be kept."""

    registers: Registers
    """Of each the fields that say which plots a record is about, by fid."""
    plot_codes: pd.Index
    """Of all plots, with their look-up table."""
    kept_lists: tuple[bool, ...]
    """Whether the office keeps the list of low-efficiency land, supplies and problems."""
    in_ledgers: frozenset[str]
    """The plots that projects, recognitions or the making of other plots connect."""

    @property
    def nbytes(self) -> int:
        """Without what is the registers' own."""
        return int(self.plot_codes.memory_usage())

    def joins_the_same(self, other: "Links") -> bool:
        """Return whether the same plots, with the same shapes, are planned, recognised and made from one another."""
        plots, others = self.registers["plots"], other.registers["plots"]
        return self.in_ledgers is other.in_ledgers and have_same_column(others, plots, GEOMETRY)


def links_of(registers: Registers, known: Links | None = None) -> Links:
    """Return the links of some registers; what an older state *known* has from the same columns is taken from there."""
    parts = {
        name: pd.DataFrame(
            {field: registers[name][field].array for field in fields}, index=registers[name].index, copy=False
        )
        for name, fields in _LINKS.items()
    }

    def is_same(register: str, field: str) -> bool:
        return known is not None and share_values(
            known.registers[register][field].array, parts[register][field].array
        )

    has_same_codes = is_same("plots", "plot_code")
    has_same_list = is_same("plots", "low_efficiency_status")
    has_same_ledgers = has_same_codes and all(is_same(*column) for column in _CONNECTING)
    status = parts["plots"]["low_efficiency_status"]
    has_list = known.kept_lists[0] if known and has_same_list else bool(status.notna().any())
    return Links(
        parts,
        known.plot_codes if known and has_same_codes else pd.Index(parts["plots"]["plot_code"].array),
        (has_list, *(registers[name].empty for name in _KEPT_WHOLE)),
        known.in_ledgers if known and has_same_ledgers else _in_ledgers(parts),
    )


@dataclass(frozen=True, slots=True)
class Touched:
    """What changes of registers can have touched."""

    plots: set[str]
    enterprises: set[str]


def touched_registers(new: Registers, links: Links, touched: Touched) -> dict[str, pd.DataFrame]:
    """Return registers cut down to what the facts about the touched plots are made from.

    Parameters
    ----------
    new : mapping
        `REGISTERS` of `plot_links`, indexed by fid: one per version of a record.
    links : Links
        Of these.
    touched : Touched
    """
    plots, enterprises = touched.plots, touched.enterprises
    is_kept = {
        "plots": _are_of(links, "plots", plots),
        "buildings": _are_of(links, "buildings", plots),
        "occupancies": _is_in(new["occupancies"]["uscc"], enterprises) | _are_of(links, "occupancies", plots),
        "enterprises": _is_in(new["enterprises"]["uscc"], enterprises),
        "performance": _is_in(new["performance"]["uscc"], enterprises),
        "evaluations": _is_in(new["evaluations"]["uscc"], enterprises),
    }
    kept = {name: new[name][wanted] for name, wanted in is_kept.items()}
    kept |= {name: new[name] for name in _KEPT_WHOLE}
    return kept | {name: _of_ledgers(new[name], links, name, plots) for name in _OF_REVITALISATION}


def _of_ledgers(register: pd.DataFrame, links: Links, name: str, plots: set[str]) -> pd.DataFrame:
    if links.in_ledgers <= plots:
        return register
    if links.in_ledgers.isdisjoint(plots):
        return register.iloc[:0]
    return register if name == "projects" else register[_are_of(links, name, plots)]


def touched_by(old: Links, links: Links, connected: frozenset[str]) -> Touched | None:
    """Return whose facts may differ from those made from the old registers; None where that may be all.

    None is also where the office began or ceased to keep the list of low-efficiency land, supplies or problems, which
    decides about all plots.

    Parameters
    ----------
    old, links : Links
        Of the registers that the known facts were made from, and of those now.
    connected : frozenset of str
        The plots now that others were made from, that were made from others, or that lie over others, where something
        is planned or recognised: what counts on one of them depends on the others.
    """
    if old.kept_lists != links.kept_lists:
        return None
    changed = {name: _changed(old.registers[name], links.registers[name]) for name in links.registers}
    plots = _values(changed, _OF_PLOTS, "plot_code")
    enterprises = _values(changed, _OF_ENTERPRISES, "uscc")
    in_ledgers = old.in_ledgers | links.in_ledgers
    is_recounted = any(len(changed[name]) for name in _OF_REVITALISATION)
    if is_recounted:
        plots |= in_ledgers
    contagious = connected if links.joins_the_same(old) and not is_recounted else in_ledgers
    count = -1
    while count < len(plots) + len(enterprises):
        count = len(plots) + len(enterprises)
        if not plots.isdisjoint(contagious):
            plots |= in_ledgers
        for name in ("plots", "occupancies"):
            users = links.registers[name]
            is_touched = _are_of(links, name, plots) | _is_in(users["uscc"], enterprises)
            plots.update(users["plot_code"][is_touched])
            enterprises.update(users["uscc"][is_touched].dropna())
    return Touched(plots, enterprises)


def _changed(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the versions of records that only one of two states has."""
    if np.array_equal(old.index.to_numpy(), new.index.to_numpy()):
        return old.iloc[:0]
    rows = known_rows(old.index.to_numpy(), new.index.to_numpy())
    is_gone = np.ones(len(old), dtype=bool)
    is_gone[rows[rows != FRESH]] = False
    changed: pd.DataFrame = pd.concat([old[is_gone], new[rows == FRESH]])
    return changed


def _values(changed: Registers, registers: tuple[str, ...], column: str) -> set[str]:
    return {value for name in registers for value in changed[name][column].dropna()}


def _in_ledgers(registers: Registers) -> frozenset[str]:
    plots = registers["plots"]
    named = plots[plots["predecessors"].notna()]
    columns = [registers[name]["plot_code"].dropna() for name in ("project_plots", "recognitions")]
    if len(named):
        lineage = parse_lineage(named.set_index("plot_code")["predecessors"])
        columns += [lineage["predecessor"], lineage["successor"]]
    return frozenset().union(*columns)


def _is_in(values: pd.Series, wanted: set[str]) -> NDArray[np.bool_]:
    return np.asarray(values.isin(wanted), dtype=bool) if wanted else np.zeros(len(values), dtype=bool)


def _are_of(links: Links, register: str, plots: set[str]) -> NDArray[np.bool_]:
    """Return which records of a register are about some plots."""
    if register != "plots":
        return _is_in(links.registers[register]["plot_code"], plots)
    is_wanted = np.zeros(len(links.plot_codes), dtype=bool)
    rows = links.plot_codes.get_indexer(pd.Index(list(plots), dtype=links.plot_codes.dtype))
    is_wanted[rows[rows >= 0]] = True
    return is_wanted
