"""The records that a filter takes in, ready to be written to a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from geoapp.domain.filter import GEOMETRY_FIELD
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fields import register_fields
from geoapp.services.fingerprints import figures_origin
from geoapp.services.land_fields import in_unit, land_fields
from geoapp.services.plot_links import REGISTERS
from geoapp.services.record_table import chosen_rows, parse_columns
from geoapp.services.records import canonical_filter, filter_words, record_columns
from geoapp.services.table_fingerprint import with_record_fingerprint
from geoapp.services.workspace import Workspace


def record_table(
    workspace: Workspace,
    register: str,
    state: AsOf,
    *,
    filter_text: str | None = None,
    sort: str = "",
    columns: str = "",
    has_geometry: bool = False,
    unit: str | None = None,
) -> RecordTable:
    """Return the records that a filter takes in as a table to be written.

    Parameters
    ----------
    workspace : Workspace
    register : str
    state : AsOf
    filter_text, sort, columns : str, optional
        See `geoapp.services.record_table.table_page`.
    has_geometry : bool
        Whether it is for a map's file: with shapes, where the register has some, and with land in each field's own
        unit, as the names of the columns (area_m2) say, so that the file can be imported again.
    unit : {"mu", "ha", "m2"}, optional
        Of land; each field's own if left out.

    Raises
    ------
    NotFoundError
        No such register.
    UsageError
        The filter, a field to sort by or a column cannot be used.
    """
    layer = workspace.layer(register)
    fields: Sequence[FieldInfo] = [_told_apart(info) for info in parse_columns(workspace, register, columns)]
    names = [info.name for info in fields]
    asked = names.copy() if columns.strip() else []
    if has_geometry and layer.has_geometry:
        names.append(GEOMETRY_FIELD)
    wanted = canonical_filter(workspace, register, filter_text)
    rows = chosen_rows(workspace, register, state, filter_text=filter_text, sort=sort)
    stored = workspace.store.read(register, revision=state.revision)
    records = record_columns(workspace, register, names, state, rows)
    unit = None if has_geometry else unit
    if unit:
        fields, records = _in_unit(workspace, register, fields, records, unit)
    registers = REGISTERS if register == "plots" else (register,)
    table = RecordTable(
        register=register,
        register_zh=layer.zh,
        geometry_type=layer.geometry if has_geometry else "none",
        fields=tuple(fields),
        rows=records,
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, registers, state.day),
        filter_zh=filter_words(workspace, register, filter_text),
        is_filtered=bool(wanted),
        sources=(f"{layer.zh}：{layer.source}",) if layer.source else (),
        notes=(state.note,) if state.note else (),
        is_demo=bool(stored["is_demo"].iloc[rows].any()),
    )
    query = {"filter": wanted, "sort": sort, "columns": ",".join(asked)}
    origin = figures_origin(workspace, f"/table/{register}.json", query, state.revision, state.day)
    return with_record_fingerprint(table, origin, unit, is_map=has_geometry)


def _in_unit(
    workspace: Workspace, register: str, fields: Sequence[FieldInfo], records: pd.DataFrame, unit: str
) -> tuple[Sequence[FieldInfo], pd.DataFrame]:
    """Return fields and records with land in a unit; in square metres the site area in 亩 is no column of its own."""
    land = land_fields(register_fields(workspace, register))
    fields, records = in_unit(fields, records, land, unit)
    return list({info.label: info for info in reversed(fields)}.values())[::-1], records


def _told_apart(info: FieldInfo) -> FieldInfo:
    """Return a field whose words say which code is meant: of two records of one name the code stays, not the name."""
    if not info.has_open_codes:
        return info
    times = Counter([*info.codes.values(), *info.codes])
    codes = {code: word for code, word in info.codes.items() if word == code or times[word] == 1}
    return info if len(codes) == len(info.codes) else replace(info, codes=codes)
