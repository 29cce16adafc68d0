"""What is wrong with single values of a register: out of their range, no code, or naming a record that there is not.

Asked after every edit under every table: a column that the edit spared is not looked through again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geoapp.analysis.revitalised_lineage import parse_lineage
from geoapp.domain.frame_update import share_values
from geoapp.domain.layer import Field, Layer
from geoapp.domain.record_rows import plain_value
from geoapp.domain.table_quality import RecordFault
from geoapp.services.fault_records import Records
from geoapp.services.plot_successors import FOLLOWING
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


@dataclass(frozen=True, slots=True)
class ColumnFault:
    """Records of which one field is wrong in the same way."""

    code: str
    """zero, below, above, code, reference or gone, and the field: below:storeys."""
    zh: str
    field: Field
    advice: str
    rows: Rows
    """Positions in the register, ascending."""
    made_of: Mapping[object, str]
    """By plot that was split or merged, those that were made from it."""

    def message(self, value: object) -> str:
        """Return what is said of one record's value."""
        made = f"它已分割或合并为“{self.made_of[value]}”，" if value in self.made_of else ""
        return f"“{self.field.zh}”填的是“{field_text(self.field, value)}”。{made}{self.advice}"


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
        columns = (records[one.name].array, *_referenced(workspace, one, revision))
        kept = known.by_field.get(one.name)
        if kept is None or not kept.holds_for(columns):
            kept = _Known(columns, tuple(_faults(workspace, layer, one, columns)))
        by_field[one.name] = kept
    workspace.cache.put(key, _KnownColumns(by_field))
    return [fault for kept in by_field.values() for fault in kept.faults]


def records_of_faults(
    workspace: Workspace, register: str, revision: int, rows: Rows, *, most: int, is_behind: bool = False
) -> Iterator[RecordFault]:
    """Yield the same of some records, the first of each kind by name.

    Parameters
    ----------
    workspace : Workspace
    register : str
    revision : int
    rows : array of int
        Positions of the records, ascending.
    most : int
        Records of each kind that are named; the counts are whole.
    is_behind : bool
        The records are behind those of another register: kinds say of which register they are.
    """
    records, layer = workspace.store.read(register, revision=revision), workspace.layer(register)
    for fault in column_faults(workspace, register, revision):
        here = fault.rows if len(rows) == len(records) else _in_both(fault.rows, rows)
        if not len(here):
            continue
        told = Records(layer, records, here)
        everyone = np.ones(len(here), dtype=bool)
        said = partial(_said, fault)
        code, zh = (
            (f"{register}:{fault.code}", f"{layer.zh}：{fault.zh}") if is_behind else (fault.code, fault.zh)
        )
        yield from told.fault(code, zh, everyone, said, most)


def _in_both(ascending: Rows, rows: Rows) -> Rows:
    """Return which of some rows are among others that ascend, without looking at all of those."""
    places = np.minimum(np.searchsorted(ascending, rows), len(ascending) - 1)
    both: Rows = rows[ascending[places] == rows]
    return both


def _said(fault: ColumnFault, row: pd.Series, _: int) -> str:
    return fault.message(plain_value(row[fault.field.name]))


def _is_looked_at(one: Field) -> bool:
    has_range = one.minimum is not None or one.maximum is not None
    return bool(one.codes or one.references) or has_range or not one.zero


def _referenced(workspace: Workspace, one: Field, revision: int) -> tuple[ExtensionArray, ...]:
    """Return the columns that say which values a reference may have; none where that register is not kept.

    Of plots also what each was made from.
    """
    register, _, name = one.references.partition(".")
    if register not in workspace.layers:
        return ()
    records = workspace.store.read(register, revision=revision)
    if records.empty:
        return ()
    return (records[name].array, *([records["predecessors"].array] if register == "plots" else []))


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
        is_lost = values.notna() & ~values.isin(pd.Series(columns[1], copy=False))
        made_of = _made_of(columns, values[is_lost])
        is_gone = is_lost & values.isin(list(made_of))
        if layer.id not in FOLLOWING:
            advice = "记在原编号上的不计入现在的地块。请改填现在的编号。"
            yield from _fault("gone", f"{one.zh}已分割或合并", one, advice, is_gone, made_of)
        words = f"{one.zh}不在“{workspace.layer(one.references.partition('.')[0]).zh}”台账里"
        yield from _fault("reference", words, one, "请核对编号，或先登记。", is_lost & ~is_gone)


def _made_of(columns: tuple[ExtensionArray, ...], lost: pd.Series) -> dict[object, str]:
    """Return the plots that were made from some that there are no more, by those."""
    if lost.empty or len(columns) < 3:
        return {}
    lineage = pd.Series(columns[2], index=pd.Index(columns[1]), copy=False).dropna()
    pairs = parse_lineage(lineage) if len(lineage) else pd.DataFrame({"predecessor": [], "successor": []})
    made = pairs[pairs["predecessor"].isin(lost)].groupby("predecessor")["successor"]
    return {code: "、".join(codes) for code, codes in made}


def _fault(
    kind: str,
    zh: str,
    one: Field,
    advice: str,
    is_wrong: pd.Series,
    made_of: Mapping[object, str] | None = None,
) -> Iterator[ColumnFault]:
    rows = np.flatnonzero(is_wrong.fillna(value=False).to_numpy(bool))
    if len(rows):
        yield ColumnFault(f"{kind}:{one.name}", zh, one, advice, rows.astype(np.int64), made_of or {})
