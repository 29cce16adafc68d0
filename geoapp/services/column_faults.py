"""What is wrong with single values of a register: out of their range, no code, or naming a record that there is not.

Asked after every edit under every table: a column that the edit spared is not looked through again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geoapp.analysis.revitalised_lineage import parse_lineage
from geoapp.domain.frame_update import share_values
from geoapp.domain.layer import Field, Layer
from geoapp.services.record_card import field_text
from geoapp.services.workspace import Workspace

Rows = NDArray[np.int64]

_LOOKED_AT_ELSEWHERE = {
    "plots": ("area_reg_m2", "gfa_far_m2", "gfa_actual_m2", "footprint_m2"),
    "recognitions": ("plot_code", "project_code", "mode", "event", "ledger", "area_m2"),
}
"""Fields by register that findings of their own are about."""
_NEGATIVE_ELSEWHERE = {"buildings": ("gfa_m2", "basement_gfa_m2", "footprint_m2", "storey_height_m")}
"""Fields by register of which a finding of its own tells what is below zero."""
_ON_PLOTS_THAT_ARE = ("buildings",)
"""Registers whose records count for nothing once their plot has been split or merged."""


@dataclass(frozen=True, slots=True)
class ColumnFault:
    """Records of which one field is wrong in the same way."""

    code: str
    """zero, below, above, code or reference, and the field: below:storeys."""
    zh: str
    field: Field
    advice: str
    rows: Rows
    """Positions in the register, ascending."""

    def message(self, value: object) -> str:
        """Return what is said of one record's value."""
        return f"“{self.field.zh}”填的是“{field_text(self.field, value)}”。{self.advice}"


@dataclass(frozen=True, slots=True)
class _Known:
    columns: tuple[ExtensionArray, ...]
    faults: tuple[ColumnFault, ...]

    def holds_for(self, columns: tuple[ExtensionArray, ...]) -> bool:
        return len(columns) == len(self.columns) and all(map(share_values, self.columns, columns))


@dataclass(frozen=True, slots=True)
class _KnownColumns:
    by_field: Mapping[str, _Known] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Without the columns, which are the register's own."""
        return sum(fault.rows.nbytes for known in self.by_field.values() for fault in known.faults)


def column_faults(workspace: Workspace, register: str, revision: int) -> list[ColumnFault]:
    """Return what is wrong with the values of a register, in the order of its fields.

    Parameters
    ----------
    workspace : Workspace
        Fields that it hides, and those that no page may tell, are not looked at.
    register : str
    revision : int
    """
    layer = workspace.layer(register)
    records = workspace.store.read(register, revision=revision)
    key = ("column_faults", register)
    known: _KnownColumns = workspace.cache.peek(key, _KnownColumns())
    hidden = {*workspace.sight.hidden(layer), *_LOOKED_AT_ELSEWHERE.get(register, ())}
    by_field = {}
    for one in layer.fields:
        if one.is_restricted or one.name in hidden or not _is_looked_at(one):
            continue
        columns = (records[one.name].array, *_referenced(workspace, register, one, revision))
        kept = known.by_field.get(one.name)
        if kept is None or not kept.holds_for(columns):
            kept = _Known(columns, tuple(_faults(workspace, layer, one, columns)))
        by_field[one.name] = kept
    workspace.cache.put(key, _KnownColumns(by_field))
    return [fault for kept in by_field.values() for fault in kept.faults]


def _is_looked_at(one: Field) -> bool:
    has_range = one.minimum is not None or one.maximum is not None
    return bool(one.codes or one.references) or has_range or not one.zero


def _referenced(
    workspace: Workspace, referring: str, one: Field, revision: int
) -> tuple[ExtensionArray, ...]:
    """Return the columns that say which values a reference may have; none where that register is not kept."""
    register, _, name = one.references.partition(".")
    if register not in workspace.layers:
        return ()
    records = workspace.store.read(register, revision=revision)
    if records.empty:
        return ()
    # What is recorded of a plot stays with its number when the plot has been split or merged.
    is_followed = register == "plots" and referring not in _ON_PLOTS_THAT_ARE
    return (records[name].array, *([records["predecessors"].array] if is_followed else []))


def _faults(
    workspace: Workspace, layer: Layer, one: Field, columns: tuple[ExtensionArray, ...]
) -> Iterator[ColumnFault]:
    values = pd.Series(columns[0], copy=False)
    if not one.zero:
        yield from _fault("zero", f"{one.zh}是零", one, "请核对；不知道时请留空。", values == 0)
    if one.minimum is not None and one.name not in _NEGATIVE_ELSEWHERE.get(layer.id, ()):
        yield from _fault("below", f"{one.zh}小于 {one.minimum:g}", one, "请改正。", values < one.minimum)
    if one.maximum is not None:
        yield from _fault("above", f"{one.zh}大于 {one.maximum:g}", one, "请改正。", values > one.maximum)
    if one.codes:
        is_wrong = values.notna() & ~values.isin(list(one.code_labels))
        yield from _fault("code", f"{one.zh}不在代码表内", one, "请改成代码表里的一项。", is_wrong)
    if len(columns) > 1:
        named = workspace.layer(one.references.partition(".")[0])
        allowed = pd.Series(columns[1], copy=False)
        if len(columns) > 2:
            lineage = pd.Series(columns[2], index=pd.Index(columns[1]), copy=False).dropna()
            if len(lineage):
                allowed = pd.concat([allowed, parse_lineage(lineage)["predecessor"]])
        is_wrong = values.notna() & ~values.isin(allowed)
        words = f"{one.zh}不在“{named.zh}”台账里"
        yield from _fault("reference", words, one, "请核对编号，或先登记。", is_wrong)


def _fault(kind: str, zh: str, one: Field, advice: str, is_wrong: pd.Series) -> Iterator[ColumnFault]:
    rows = np.flatnonzero(is_wrong.fillna(value=False).to_numpy(bool))
    if len(rows):
        yield ColumnFault(f"{kind}:{one.name}", zh, one, advice, rows.astype(np.int64))
