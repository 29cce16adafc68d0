"""A file's columns as values of a register's fields; what cannot be read is listed and kept as it stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from geoapp.domain.column_units import FACTORS, conversion
from geoapp.domain.frame import column_dtypes
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import SYSTEM_FIELDS, Field, Layer
from geoapp.domain.matching import Matching, decode_codes
from geoapp.domain.parse import (
    UNIT_SUFFIXES,
    Parsed,
    parse_area_text,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    parse_text,
)
from geoapp.domain.schema import CLEAR_BAD_VALUES, DROP_ERROR_ROWS, record_labels, right_form


@dataclass(slots=True, kw_only=True)
class Table:
    """The records of a file under way into a register. Index: the row in the user's file."""

    layer: Layer
    records: pd.DataFrame
    """One column per matched field, in the register's dtypes; numbers still in the file's unit, see `set_unit`."""
    originals: dict[str, pd.Series]
    """Cells that could not be read, as they stood: by field, only those rows."""
    cell_units: dict[str, pd.Series]
    """Units that cells of an area column name themselves, "" where they name none."""
    units: dict[str, str]
    """Unit that the header, the reader or the user names, by field."""
    matching: Matching
    issues: list[Issue] = field(default_factory=list)

    def set_unit(self, name: str, unit: str) -> None:
        """Convert a field's numbers from *unit* to the field's own; cells that name a unit themselves by that."""
        target = self.layer.field(name).unit
        factors = pd.Series(conversion(target, unit), index=self.records.index)
        if name in self.cell_units:
            own = self.cell_units[name]
            factors = factors.where(own == "", own.map({u: conversion(target, u) for u in own.unique()}))
        self.records[name] = self.records[name] * factors

    def drop(self, rows: pd.Index) -> None:
        """Leave records out."""
        self.records = self.records.drop(index=rows)


def read_table(
    frame: pd.DataFrame,
    matching: Matching,
    layer: Layer,
    *,
    reader_units: Mapping[str, str],
    chosen_units: Mapping[str, str],
    fixes: frozenset[str],
) -> Table:
    """Return the matched columns as values of their fields.

    Parameters
    ----------
    frame : DataFrame
        As read from the file.
    matching : Matching
        Which column is which field; `source_file` and `source_row` are passed over.
    layer : Layer
        The register.
    reader_units : mapping
        Unit by header, as the reader found it (title rows, headers).
    chosen_units : mapping
        Unit by field, as the user says.
    fixes : frozenset of str
        Where `clear-bad-values` is among them, cells that cannot be read become empty instead of errors.
    """
    table = Table(
        layer=layer,
        records=pd.DataFrame(index=frame.index),
        originals={},
        cell_units={},
        units={},
        matching=matching,
    )
    taken: dict[str, pd.Series] = {}
    for column in matching.columns:
        name = column.field
        if name is None or name in SYSTEM_FIELDS[1:]:
            continue
        if name in SYSTEM_FIELDS:
            taken[name] = parse_boolean(frame[column.header]).cells
            continue
        found = layer.field(name)
        table.units[name] = (
            chosen_units.get(name) or column.unit or _fitting(reader_units.get(column.header), found)
        )
        parsed = _parse(frame[column.header], found, table)
        taken[name] = parsed.cells
        if parsed.bad.any():
            table.originals[name] = frame[column.header][parsed.bad]
        table.issues += _trimmed(frame[column.header], found)
    dtypes = column_dtypes(layer)
    table.records = pd.DataFrame(taken, index=frame.index).astype({name: dtypes[name] for name in taken})
    for name, cells in table.originals.items():
        table.issues += _unreadable(cells, table.records, layer, layer.field(name), CLEAR_BAD_VALUES in fixes)
    if CLEAR_BAD_VALUES in fixes:
        table.originals = {name: cells for name, cells in table.originals.items() if _is_needed(layer, name)}
    return table


def missing_keys(layer: Layer, matching: Matching, headers: Sequence[str]) -> list[Issue]:
    """Return an error for each key field that no column of the file stands for."""
    return [
        Issue(
            code="key-column-missing",
            severity=Severity.ERROR,
            message=f"文件里没有“{layer.field(name).zh}”这一列，记录没有编号就不能入库。",
            advice=f"请补上这一列（也认 {'、'.join(layer.field(name).aliases[:6])}），或在列的对应里指定；"
            f"文件里的列：{'、'.join(headers) or '无'}。",
            field=layer.field(name).zh,
        )
        for name in layer.key
        if matching.header_of(name) is None
    ]


def _fitting(unit: str | None, found: Field) -> str:
    return unit if unit and unit in FACTORS.get(found.unit, {}) else ""


def _parse(cells: pd.Series, found: Field, table: Table) -> Parsed:
    suffixes = UNIT_SUFFIXES.get(found.unit, ())
    if found.dtype == "string" or found.codes:
        text = parse_text(cells)
        text = decode_codes(text, found) if found.codes else text
        if found.dtype == "string":
            return Parsed(text, pd.Series(data=False, index=cells.index))
        cells = text
    if found.dtype == "number" and found.unit == "m2":
        areas = parse_area_text(cells)
        table.cell_units[found.name] = areas.units
        return Parsed(areas.cells, areas.bad)
    if found.dtype in ("number", "integer"):
        return (parse_number if found.dtype == "number" else parse_integer)(cells, suffixes)
    return (parse_date if found.dtype == "date" else parse_boolean)(cells)


def _trimmed(cells: pd.Series, found: Field) -> list[Issue]:
    if found.dtype != "string" or not pd.api.types.is_string_dtype(cells):
        return []
    text = cells.dropna().astype("str")
    count = int((text.str.strip() != text).sum())
    if not count:
        return []
    message = f"“{found.zh}”有 {count} 个值两端带空格，已去掉。"
    return [Issue(code="value-trimmed", severity=Severity.NOTE, message=message, field=found.label)]


def _is_needed(layer: Layer, name: str) -> bool:
    return layer.field(name).required or name in layer.key


def _unreadable(
    cells: pd.Series, values: pd.DataFrame, layer: Layer, found: Field, is_cleared: bool
) -> list[Issue]:
    is_needed = _is_needed(layer, found.name)
    is_cleared = is_cleared and not is_needed
    keys = record_labels(values.loc[cells.index], layer)
    kinds = {"number": "数", "integer": "整数", "date": "日期", "boolean": "是或否"}
    return [
        Issue(
            code=f"unreadable-{found.dtype}",
            severity=Severity.WARNING if is_cleared else Severity.ERROR,
            message=f"“{found.zh}”的值“{str(cell)[:80]}”读不成{kinds[found.dtype]}{'，已清空' if is_cleared else ''}。",
            advice=right_form(found),
            row=row,
            key=key,
            field=found.label,
            value=str(cell)[:300],
            fix=DROP_ERROR_ROWS if is_needed else CLEAR_BAD_VALUES,
        )
        for row, cell, key in zip(cells.index.tolist(), cells.tolist(), keys, strict=True)
    ]
