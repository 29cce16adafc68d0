"""The records that a filter takes in, ready to be written to a file."""

from geoapp.domain.filter import GEOMETRY_FIELD
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import in_unit, land_fields
from geoapp.services.plot_links import REGISTERS
from geoapp.services.record_table import chosen_rows, parse_columns
from geoapp.services.records import canonical_filter, filter_words, record_columns
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
        Whether the shapes are wanted, where the register has some.
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
    fields = parse_columns(workspace, register, columns)
    names = [info.name for info in fields]
    if has_geometry and layer.has_geometry:
        names.append(GEOMETRY_FIELD)
    rows = chosen_rows(workspace, register, state, filter_text=filter_text, sort=sort)
    stored = workspace.store.read(register, revision=state.revision)
    records = record_columns(workspace, register, names, state, rows)
    if unit:
        land = land_fields(register_fields(workspace, register))
        fields, records = in_unit(fields, records, land, unit)
    registers = REGISTERS if register == "plots" else (register,)
    return RecordTable(
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
        is_filtered=bool(canonical_filter(workspace, register, filter_text)),
        sources=(f"{layer.zh}：{layer.source}",) if layer.source else (),
        notes=(state.note,) if state.note else (),
        is_demo=bool(stored["is_demo"].iloc[rows].any()),
    )
