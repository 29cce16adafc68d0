"""Fingerprints of register tables' files: the records as they stand in the file, and what they come to."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import FigureRow, Origin, parse_fingerprint, take_fingerprint
from geoapp.domain.frame import plain_values
from geoapp.domain.record_digest import column_row
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded
from geoapp.units import DEFAULT_UNIT

COUNT = "(count)"
_YES_NO = {True: "是", False: "否"}


def with_record_fingerprint(
    table: RecordTable, origin: Origin, unit: str | None, *, is_map: bool
) -> RecordTable:
    """Return a register's table with the fingerprint of its records as they stand in its files.

    Parameters
    ----------
    table : RecordTable
    origin : Origin
    unit : {"mu", "ha", "m2"}, optional
        Of land as the address asks for it.
    is_map : bool
        GeoJSON and GeoPackage have the names of columns and the codes; other files headings and words.
    """
    rows = (
        column_row(info.name if is_map else info.label, _cells(table, info, is_map)) for info in table.fields
    )
    return replace(table, fingerprint=take_fingerprint(origin, unit or DEFAULT_UNIT, rows).text)


def _cells(table: RecordTable, info: FieldInfo, is_map: bool) -> Iterator[Any]:
    column = table.rows[info.name]
    values = iter(plain_values(rounded(column, info.decimals)))
    if is_map:
        return values
    words = info.codes or (_YES_NO if info.dtype == "boolean" else {})
    return (words.get(value, value) for value in values) if words else values


def table_sums(table: RecordTable) -> dict[str, Any]:
    """Return what a register's table comes to, in its units, with a fingerprint.

    Returns
    -------
    dict
        fingerprint, address, register, count of records; columns of numbers with name, label, known (how many) and sum.
    """
    columns = []
    for info in table.fields:
        if info.is_numeric:
            known = [float(value) for value in plain_values(table.rows[info.name]) if value is not None]
            columns.append(
                {"name": info.name, "label": info.label, "known": len(known), "sum": math.fsum(known)}
            )
    taken = parse_fingerprint(table.fingerprint)
    mark = take_fingerprint(taken.origin, taken.unit, sum_rows(len(table.rows), columns))
    return {
        "fingerprint": mark.text, "address": mark.address, "register": table.register, "count": len(table.rows),
        "columns": columns,
    }  # fmt: skip


def sum_rows(count: int, columns: list[dict[str, Any]]) -> list[FigureRow]:
    """Return what the fingerprint of a table's sums takes."""
    return [(COUNT, [count]), *((one["label"], [one["known"], one["sum"]]) for one in columns)]
