"""Fingerprints of lists (`geoapp.domain.listed`), in data and in files, for `geoapp verify`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import FigureRow, Origin, take_fingerprint
from geoapp.domain.frame import plain_values
from geoapp.domain.listed import ListKind
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded
from geoapp.services.fingerprints import figures_origin
from geoapp.services.workspace import Workspace

Record = dict[str, Any]


def list_origin(
    workspace: Workspace, path: str, query: Mapping[str, str], revision: int, day: date
) -> Origin:
    """Return where a list's figures come from; see `figures_origin`."""
    return figures_origin(workspace, path, query, revision, day)


def with_fingerprint(kind: ListKind, record: Record, origin: Origin) -> Record:
    """Return a list as data with its fingerprint and the address that shows it again; land is in m2."""
    rows = ((row, list(values.values())) for row, values in kind.rows(record).items())
    mark = take_fingerprint(origin, "m2", rows)
    return {**record, "fingerprint": mark.text, "address": mark.address}


def table_with_fingerprint(kind: ListKind, table: RecordTable, origin: Origin, unit: str) -> RecordTable:
    """Return a list as a table with the fingerprint of the figures as they stand in its files.

    Parameters
    ----------
    kind : ListKind
    table : RecordTable
        Columns that the reader may not see are missing.
    origin : Origin
    unit : {"mu", "ha", "m2"}
        Of land in the table.
    """
    return replace(table, fingerprint=take_fingerprint(origin, unit, _file_rows(kind, table)).text)


def _file_rows(kind: ListKind, table: RecordTable) -> Iterator[FigureRow]:
    fields = {info.label.partition("(")[0]: info for info in table.fields}
    columns: list[list[float | None]] = []
    for figure in (figure for figure in kind.figures if figure.heading):
        info = fields.get(figure.heading)
        if info is None:
            columns.append([None] * len(table.rows))
            continue
        column = table.rows[info.name]
        shown = column if info.decimals is None else rounded(pd.to_numeric(column), info.decimals)
        columns.append([figure.number(value) for value in plain_values(shown)])
    parts = [_shown(table, fields.get(heading)) for heading in kind.key_headings]
    rows = zip(zip(*parts, strict=True), zip(*columns, strict=True), strict=True)
    return (("|".join(key), list(values)) for key, values in rows if all(key[1:]))


def _shown(table: RecordTable, info: FieldInfo | None) -> list[str]:
    """Return a column as files show it; empty where the reader may not see it."""
    if info is None:
        return [""] * len(table.rows)
    values = plain_values(table.rows[info.name])
    return ["" if value is None else str(info.codes.get(value, value)) for value in values]
