"""Which plots' facts a change of registers can touch, and the registers cut down to what they are made from.

A plot's facts depend on its own records, on the other plots of the enterprises that use it, and, where something is
planned or recognised on it or it was made from another plot, on all plots of that kind.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.revitalised_lineage import parse_lineage

Registers = Mapping[str, pd.DataFrame]

_LINKS = {
    "plots": ["plot_code", "uscc", "predecessors", "low_efficiency_status"],
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
_KEPT_WHOLE = ("land_supplies", "plot_problems")
"""Few records, of which it matters whether there are any at all."""


def links_of(registers: Registers) -> dict[str, pd.DataFrame]:
    """Return of the registers what the next `touched_registers` needs: little enough to be kept."""
    return {name: pd.DataFrame(registers[name][fields]) for name, fields in _LINKS.items()}


def touched_registers(old: Registers, new: Registers, largest_share: float) -> dict[str, pd.DataFrame] | None:
    """Return the new registers cut down to what the facts are made from that may differ from those of the old ones.

    Parameters
    ----------
    old : mapping
        The registers that the known facts were made from, or their `links_of`.
    new : mapping
        `REGISTERS` of `plot_facts`, indexed by fid: one per version of a record.
    largest_share : float
        Of the plots; where more are touched, cutting down is of no use.

    Returns
    -------
    dict or None
        "plots" are those touched; None where too many are, or where the office began or ceased to keep the list of
        low-efficiency land, supplies or problems, which decides about all plots.
    """
    if _what_is_kept(old) != _what_is_kept(new):
        return None
    changed = {name: _changed(old[name], new[name]) for name in new}
    plots = _values(changed, _OF_PLOTS, "plot_code")
    enterprises = _values(changed, _OF_ENTERPRISES, "uscc")
    in_ledgers = _in_ledgers(old) | _in_ledgers(new)
    if any(len(changed[name]) for name in _OF_REVITALISATION):
        plots |= in_ledgers
    count = -1
    while count < len(plots) + len(enterprises):
        count = len(plots) + len(enterprises)
        if not plots.isdisjoint(in_ledgers):
            plots |= in_ledgers
        for name in ("plots", "occupancies"):
            users = new[name]
            is_touched = _is_in(users["plot_code"], plots) | _is_in(users["uscc"], enterprises)
            plots.update(users["plot_code"][is_touched])
            enterprises.update(users["uscc"][is_touched].dropna())
    if len(plots) > largest_share * len(new["plots"]):
        return None
    return _cut_down(new, plots, enterprises, has_ledgers=not plots.isdisjoint(in_ledgers))


def _what_is_kept(registers: Registers) -> tuple[bool, ...]:
    has_list = bool(registers["plots"]["low_efficiency_status"].notna().any())
    return (has_list, *(registers[name].empty for name in _KEPT_WHOLE))


def _changed(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the versions of records that only one of two states has."""
    if old.index.equals(new.index):
        return old.iloc[:0]
    return pd.concat([old[~old.index.isin(new.index)], new.loc[~new.index.isin(old.index), old.columns]])


def _values(changed: Registers, registers: tuple[str, ...], column: str) -> set[str]:
    return {value for name in registers for value in changed[name][column].dropna()}


def _in_ledgers(registers: Registers) -> set[str]:
    """Return the plots that projects, recognitions or the making of other plots connect."""
    plots = registers["plots"]
    named = plots[plots["predecessors"].notna()]
    columns = [registers[name]["plot_code"].dropna() for name in ("project_plots", "recognitions")]
    if len(named):
        lineage = parse_lineage(named.set_index("plot_code")["predecessors"])
        columns += [lineage["predecessor"], lineage["successor"]]
    return set().union(*columns)


def _is_in(values: pd.Series, wanted: set[str]) -> NDArray[np.bool_]:
    return np.asarray(values.isin(wanted), dtype=bool) if wanted else np.zeros(len(values), dtype=bool)


def _cut_down(
    registers: Registers, plots: set[str], enterprises: set[str], *, has_ledgers: bool
) -> dict[str, pd.DataFrame]:
    is_kept = {
        "plots": _is_in(registers["plots"]["plot_code"], plots),
        "buildings": _is_in(registers["buildings"]["plot_code"], plots),
        "occupancies": _is_in(registers["occupancies"]["uscc"], enterprises)
        | _is_in(registers["occupancies"]["plot_code"], plots),
        "enterprises": _is_in(registers["enterprises"]["uscc"], enterprises),
        "performance": _is_in(registers["performance"]["uscc"], enterprises),
        "evaluations": _is_in(registers["evaluations"]["uscc"], enterprises),
    }
    kept = {name: registers[name][wanted] for name, wanted in is_kept.items()}
    kept |= {name: registers[name] for name in _KEPT_WHOLE}
    return kept | {
        name: registers[name] if has_ledgers else registers[name].iloc[:0] for name in _OF_REVITALISATION
    }
