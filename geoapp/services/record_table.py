"""The table of a register: pages of the records that a filter takes in, in any order, and the list for the keyboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.domain.filter import GEOMETRY_FIELD
from geoapp.domain.filter_fields import FieldInfo, find_field
from geoapp.domain.frame import plain_values
from geoapp.domain.rounding import rounded
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import in_unit, land_fields
from geoapp.services.records import (
    Rows,
    filter_mask,
    record_bounds,
    record_columns,
    record_keys,
    records_version,
)
from geoapp.services.workspace import Workspace

MOST_SORTED = 5
"""Fields to sort by at once."""
DEGREE_DECIMALS = 7
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePage:
    """One page of a table."""

    rows: list[dict[str, Any]]
    """Plain values by field, rounded as shown, None where unknown; "key" is the record's in addresses."""
    total: int
    page: int
    size: int
    is_empty: bool
    """The register has no record at all, whatever the filter."""

    @property
    def last_page(self) -> int:
        """Number of the last page; 1 where there is no record."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewList:
    """The records in a part of the map."""

    records: list[dict[str, Any]]
    """key, name, lon, lat (a point inside); of plots also far, site_area_m2 and site_area_mu; the largest first."""
    total: int


def table_page(
    workspace: Workspace,
    register: str,
    state: AsOf,
    *,
    filter_text: str | None = None,
    page: int = 1,
    size: int = 50,
    sort: str = "",
    columns: str = "",
    unit: str | None = None,
    around: str = "",
) -> TablePage:
    """Return one page of the records that a filter takes in.

    Parameters
    ----------
    workspace : Workspace
    register : str
    state : AsOf
    filter_text : str, optional
        CQL2-Text; all records if left out.
    page, size : int
        The page, from 1, and how many records it has; beyond the last there are none.
    sort : str
        Fields after one another, parted by commas, "-" before one that falls: "-far,name". Missing values come last
        either way; equal ones by key, as do all without a field.
    columns : str
        Fields wanted, parted by commas; all if left out.
    unit : {"mu", "ha", "m2"}, optional
        Of land; each field's own if left out. Filters stay in the fields' own units.
    around : str
        Key of a record: the page that it is on, whatever *page* says; page 0, without rows, where it is on none.

    Raises
    ------
    NotFoundError
        No such register.
    UsageError
        The filter, a field to sort by or a column cannot be used.
    """
    wanted = parse_columns(workspace, register, columns)
    rows = chosen_rows(workspace, register, state, filter_text=filter_text, sort=sort)
    if around:
        page = _page_of(workspace, register, state, rows, around, size)
    on_page = rows[(page - 1) * size : page * size] if page else rows[:0]
    records = record_columns(workspace, register, [info.name for info in wanted], state, on_page)
    if unit:
        land = land_fields(register_fields(workspace, register))
        wanted, records = in_unit(wanted, records, land, unit)
    shown = {
        "key": list(records.index),
        **{info.name: shown_values(info, records[info.name]) for info in wanted},
    }
    listed = [dict(zip(shown, values, strict=True)) for values in zip(*shown.values(), strict=True)]
    return TablePage(
        rows=listed,
        total=len(rows),
        page=page,
        size=size,
        is_empty=workspace.store.read(register, revision=state.revision).empty,
    )


def _page_of(workspace: Workspace, register: str, state: AsOf, rows: Rows, key: str, size: int) -> int:
    """Return the number of the page that a record is on; 0 where it is on none."""
    keys = record_keys(
        workspace.store.read(register, revision=state.revision), workspace.layer(register)
    ).to_numpy(dtype=object)
    found = np.flatnonzero(np.isin(rows, np.flatnonzero(keys == key)))
    return int(found[0]) // size + 1 if len(found) else 0


def parse_columns(workspace: Workspace, register: str, columns: str) -> Sequence[FieldInfo]:
    """Return the fields that a list parted by commas names, each once; all for an empty list; raises UsageError."""
    fields = register_fields(workspace, register)
    if not columns.strip():
        return list(fields.values())
    found = [find_field(fields, word.strip()) for word in columns.split(",") if word.strip()]
    return list({info.name: info for info in found}.values())


def shown_values(info: FieldInfo, column: pd.Series) -> list[Any]:
    """Return a column as plain values for JSON: rounded as pages show it, days as text, None where unknown."""
    if info.shown_decimals is not None:
        column = rounded(column, info.shown_decimals)
    values = plain_values(column)
    return (
        [value if value is None else value.isoformat() for value in values]
        if info.dtype == "date"
        else values
    )


def chosen_rows(
    workspace: Workspace, register: str, state: AsOf, *, filter_text: str | None = None, sort: str = ""
) -> Rows:
    """Return the positions of the records that a filter takes in, in order; see `table_page`."""
    order = _order(workspace, register, _parse_sort(workspace, register, sort), state)
    if not filter_text:
        return order
    chosen: Rows = order[filter_mask(workspace, register, filter_text, state)[order]]
    return chosen


def _parse_sort(workspace: Workspace, register: str, sort: str) -> tuple[tuple[str, bool], ...]:
    """Return (field, whether it falls) of each field to sort by."""
    fields = register_fields(workspace, register)
    words = [word.strip() for word in sort.split(",") if word.strip()]
    if len(words) > MOST_SORTED:
        raise UsageError(f"排序字段有 {len(words)} 个，最多 {MOST_SORTED} 个。请去掉几个。")
    return tuple((find_field(fields, word.removeprefix("-")).name, word.startswith("-")) for word in words)


def _order(workspace: Workspace, register: str, sort: tuple[tuple[str, bool], ...], state: AsOf) -> Rows:
    if not sort:
        return _key_order(workspace, register, state)
    version = records_version(workspace, register, state)
    return workspace.cache.get(
        ("table_order", register, version, sort), lambda: _sorted(workspace, register, sort, state)
    )


def _key_order(workspace: Workspace, register: str, state: AsOf) -> Rows:
    number = workspace.store.register_revision(register, revision=state.revision)

    def arrange() -> Rows:
        records = workspace.store.read(register, revision=state.revision)
        keys = record_keys(records, workspace.layer(register)).to_numpy(dtype=object)
        return np.argsort(keys, kind="stable").astype(np.int32)

    return workspace.cache.get(("key_order", register, number), arrange)


def _sorted(workspace: Workspace, register: str, sort: tuple[tuple[str, bool], ...], state: AsOf) -> Rows:
    order = _key_order(workspace, register, state)
    for name, is_falling in reversed(sort):
        sizes = _sizes(record_columns(workspace, register, [name], state)[name])
        order = order[np.argsort((-sizes if is_falling else sizes)[order], kind="stable")]
    return order


def _sizes(column: pd.Series) -> NDArray[np.float64]:
    """Return numbers in the order of a column's values, NaN where missing: numpy puts these last."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.as_unit("s").astype("int64").where(column.notna())
    elif not pd.api.types.is_numeric_dtype(column.dtype):
        ranks, _ = pd.factorize(column, sort=True)
        column = pd.Series(ranks).where(ranks >= 0)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def keys_in_view(
    workspace: Workspace,
    register: str,
    state: AsOf,
    *,
    filter_text: str | None = None,
    box: Box | None = None,
    limit: int,
) -> ViewList:
    """Return the records whose shape meets a part of the map, for a list to go through by keyboard.

    Parameters
    ----------
    workspace : Workspace
    register : str
        One with geometry.
    state : AsOf
    filter_text : str, optional
        CQL2-Text.
    box : tuple of float, optional
        West, south, east, north in degrees; everywhere if left out.
    limit : int
        Most records listed.

    Raises
    ------
    NotFoundError
        No such register.
    UsageError
        It has no geometry, or the filter cannot be used.
    """
    layer = workspace.layer(register)
    if not layer.has_geometry:
        raise UsageError(f"台账“{layer.zh}”没有图形，不能按视野列出。请改用表格。")
    records = workspace.store.read(register, revision=state.revision)
    is_wanted = ~np.isnan(record_bounds(workspace, register, state)[:, 0])
    if filter_text:
        is_wanted = is_wanted & filter_mask(workspace, register, filter_text, state)
    rows = np.flatnonzero(is_wanted)
    if box is not None:
        rows = _rows_in_box(
            rows, records[GEOMETRY_FIELD].to_numpy(), record_bounds(workspace, register, state), box
        )
    largest = rows[np.argsort(-_extents(workspace, register, rows, state), kind="stable")][:limit]
    return ViewList(records=_listed(workspace, register, largest, state), total=len(rows))


def _rows_in_box(rows: Rows, shapes: NDArray, bounds: NDArray[np.float64], box: Box) -> Rows:
    west, south, east, north = box
    edges = bounds[rows]
    is_near = (edges[:, 0] <= east) & (edges[:, 2] >= west) & (edges[:, 1] <= north) & (edges[:, 3] >= south)
    near = rows[is_near]
    frame = shapely.box(*box)
    shapely.prepare(frame)
    found: Rows = near[shapely.intersects(frame, shapes[near])]
    return found


def _extents(workspace: Workspace, register: str, rows: Rows, state: AsOf) -> NDArray[np.float64]:
    """Return the size of records: the site area of plots, else of the shape; unknown is small."""
    if register == "plots":
        areas = record_columns(workspace, register, ["site_area_m2"], state, rows)["site_area_m2"]
        return areas.fillna(0.0).to_numpy(dtype=np.float64)
    shapes = workspace.store.read(register, revision=state.revision)[GEOMETRY_FIELD].to_numpy()[rows]
    return np.asarray(shapely.area(shapes))


def _listed(workspace: Workspace, register: str, rows: Rows, state: AsOf) -> list[dict[str, Any]]:
    layer, fields = workspace.layer(register), register_fields(workspace, register)
    names = ["far", "site_area_m2", "site_area_mu"] if register == "plots" else []
    label = layer.label_field or layer.key[0]
    records = record_columns(workspace, register, [label, *names, GEOMETRY_FIELD], state, rows)
    inside = shapely.get_coordinates(shapely.point_on_surface(records[GEOMETRY_FIELD].to_numpy()))
    columns: Mapping[str, Sequence[Any]] = {
        "key": list(records.index),
        "name": plain_values(records[label]),
        **{name: shown_values(fields[name], records[name]) for name in names},
        "lon": inside[:, 0].round(DEGREE_DECIMALS).tolist(),
        "lat": inside[:, 1].round(DEGREE_DECIMALS).tolist(),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
