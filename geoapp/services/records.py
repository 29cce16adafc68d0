"""The records of a register as of a day with all fields of the catalogue, and which of them a filter takes in."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.filtering import filter_rows
from geoapp.domain.filter import GEOMETRY_FIELD, Constant, Expression, canonical_text, fields_of
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.filter_parse import parse_filter
from geoapp.domain.filter_words import words_of
from geoapp.domain.frame import PANDAS_DTYPES, STORED_CRS, plain_values
from geoapp.domain.layer import Layer
from geoapp.services.as_of import AsOf
from geoapp.services.fields import register_fields
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_fields import plot_fields
from geoapp.services.plot_links import REGISTERS
from geoapp.services.plot_location import FEW_SHARE, location_columns
from geoapp.services.project_facts import facts_version, project_facts, project_fields
from geoapp.services.record_key import KEY_SEPARATOR
from geoapp.services.workspace import Workspace

Rows = NDArray[np.int64]
_LOCATION_REGISTERS = ("control_zones", "control_lines")


def read_filter(workspace: Workspace, register: str, filter_text: str | None) -> Expression:
    """Return what a filter over a register says; empty takes in everything.

    Parameters
    ----------
    workspace : Workspace
    register : str
    filter_text : str, optional
        CQL2-Text, see `geoapp.domain.filter_parse.parse_filter`.

    Raises
    ------
    NotFoundError
        No such register.
    UsageError
        The filter cannot be used; says what, where and what to do.
    """
    fields = register_fields(workspace, register)
    if not filter_text or not filter_text.strip():
        return Constant(value=True)
    return parse_filter(filter_text, fields, has_geometry=workspace.layer(register).has_geometry)


def canonical_filter(workspace: Workspace, register: str, filter_text: str | None) -> str:
    """Return a filter in one fixed way of writing, empty where it takes in everything; raises like `read_filter`."""
    expression = read_filter(workspace, register, filter_text)
    return "" if expression == Constant(value=True) else canonical_text(expression)


def filter_words(workspace: Workspace, register: str, filter_text: str | None) -> str:
    """Return a filter as a Chinese sentence for header rows; raises like `read_filter`.

    Examples of what it says: 容积率 小于 1 且 镇街 为 慈城镇; 全部地块 without a filter.
    """
    expression = read_filter(workspace, register, filter_text)
    if expression == Constant(value=True):
        return "全部地块" if register == "plots" else f"全部{workspace.layer(register).zh}"
    return words_of(expression, register_fields(workspace, register))


def filter_mask(
    workspace: Workspace, register: str, filter_text: str | None, state: AsOf
) -> NDArray[np.bool_]:
    """Return which records of a register a filter takes in.

    Parameters
    ----------
    workspace : Workspace
    register : str
    filter_text : str, optional
        CQL2-Text; empty takes in all.
    state : AsOf
        The revision, and the day whose rules hold.

    Returns
    -------
    array of bool in the order of store.read(register, revision=state.revision)
        Shared by all who ask: never change it. A record of which the filter is neither true nor false, since something
        is not known, is not taken in.

    Raises
    ------
    NotFoundError
        No such register, or a number of the rule book does not hold yet on the day.
    UsageError
        The filter cannot be used.
    """
    expression = read_filter(workspace, register, filter_text)
    version = records_version(workspace, register, state)
    key = ("filter_mask", register, version, canonical_text(expression))
    return workspace.cache.get(key, lambda: _mask(workspace, register, expression, state))


def _mask(workspace: Workspace, register: str, expression: Expression, state: AsOf) -> NDArray[np.bool_]:
    names = sorted(fields_of(expression))
    if names:
        records = record_columns(workspace, register, names, state)
    else:
        records = pd.DataFrame(index=workspace.store.read(register, revision=state.revision).index)
    bounds = record_bounds(workspace, register, state) if GEOMETRY_FIELD in names else None
    mask = filter_rows(expression, records, bounds)
    mask.setflags(write=False)
    return mask


def records_version(workspace: Workspace, register: str, state: AsOf) -> tuple:
    """Return what the values of a register's records depend on: equal versions are equal values."""
    if register == "projects":
        return facts_version(workspace, state)
    registers = (*REGISTERS, *_LOCATION_REGISTERS) if register == "plots" else (register,)
    numbers = workspace.register_revisions(registers, state.revision)
    return (*numbers, state.day) if register == "plots" else numbers


def record_bounds(workspace: Workspace, register: str, state: AsOf) -> NDArray[np.float64]:
    """Return west, south, east, north of each record in degrees, NaN without geometry; in the register's order."""
    number = workspace.store.register_revision(register, revision=state.revision)

    def measure() -> NDArray[np.float64]:
        records = workspace.store.read(register, revision=state.revision)
        return np.asarray(shapely.bounds(records[GEOMETRY_FIELD].to_numpy())).reshape(-1, 4)

    return workspace.cache.get(("bounds", register, number), measure)


def record_frame(workspace: Workspace, register: str, state: AsOf) -> pd.DataFrame:
    """Return the records of a register with every field of the catalogue, computed ones too.

    Parameters
    ----------
    workspace : Workspace
    register : str
    state : AsOf

    Returns
    -------
    GeoDataFrame (EPSG:4490) or DataFrame without geometry
        In the order of store.read(register, revision=state.revision), indexed by key ("key"), the parts of a compound
        one joined by "/". Columns as `register_fields` and geometry; missing where unknown, shares in percent, not
        rounded. Large: prefer `record_columns` for a few fields.

    Raises
    ------
    NotFoundError
        No such register, or a number of the rule book does not hold yet on the day.
    """
    names = list(register_fields(workspace, register))
    if workspace.layer(register).has_geometry:
        names.append(GEOMETRY_FIELD)
    return record_columns(workspace, register, names, state)


def record_columns(
    workspace: Workspace, register: str, names: Sequence[str], state: AsOf, rows: Rows | None = None
) -> pd.DataFrame:
    """Return some fields of the records of a register.

    Parameters
    ----------
    workspace : Workspace
    register : str
    names : sequence of str
        Fields of the catalogue, or "geometry".
    state : AsOf
    rows : array of int, optional
        Positions of the records wanted, in the order wanted; all if left out.

    Returns
    -------
    DataFrame as `record_frame`, GeoDataFrame where geometry is among the fields
    """
    layer = workspace.layer(register)
    records = workspace.store.read(register, revision=state.revision)
    if rows is None or len(rows) <= FEW_SHARE * len(records):
        own = records if rows is None else records.iloc[rows]
    else:  # of many no more columns than are asked for
        own = records[[name for name in records if name in names or name in layer.key]].iloc[rows]
    index = record_keys(own, layer)
    columns: dict[str, pd.Series] = {}
    if register == "plots":
        columns = _plot_columns(workspace, names, state, rows)
    elif register == "projects" and any(name in project_fields(workspace) for name in names):
        facts = project_facts(workspace, state)
        columns = {str(name): facts[name] if rows is None else facts[name].iloc[rows] for name in facts}
    columns = {name: columns[name] if name in columns else own[name] for name in names}
    arrays = {name: column.array for name, column in columns.items()}
    frame = pd.DataFrame(arrays, index=index, columns=list(names), copy=False)
    if GEOMETRY_FIELD in names:
        frame = gpd.GeoDataFrame(frame, geometry=GEOMETRY_FIELD, crs=STORED_CRS)
    return frame


def _plot_columns(
    workspace: Workspace, names: Sequence[str], state: AsOf, rows: Rows | None
) -> dict[str, pd.Series]:
    """Return the computed fields among those wanted; without a plot the rule book is not asked."""
    plots = workspace.store.read("plots", revision=state.revision)
    if plots.empty:
        return _no_plots(register_fields(workspace, "plots"))
    computed = plot_fields(workspace)
    wanted = [name for name in names if name in computed]
    columns: dict[str, pd.Series] = {}
    if wanted:
        facts = plot_facts(workspace, revision=state.revision, day=state.day)
        own = plots
        are_many = rows is not None and len(rows) > FEW_SHARE * len(plots)
        if rows is not None and not are_many:
            facts, own = facts.iloc[rows], plots.iloc[rows]
        columns = {name: computed[name].values(facts, own, state.day) for name in wanted}
        if rows is not None and are_many:  # of half a million plots all fields would be copied for a few
            columns = {name: pd.Series(values.array.take(rows)) for name, values in columns.items()}
    return columns | location_columns(workspace, plots.geometry, names, state, rows)


def _no_plots(fields: Mapping[str, FieldInfo]) -> dict[str, pd.Series]:
    return {name: pd.Series(dtype=PANDAS_DTYPES[info.dtype]) for name, info in fields.items()}


def record_keys(records: pd.DataFrame, layer: Layer) -> pd.Index:
    """Return the keys ("key") of records as they stand in addresses, in the records' order."""
    if len(layer.key) == 1:
        return pd.Index(records[layer.key[0]].astype("str").array, name="key")
    parts = ([str(value) for value in plain_values(records[name])] for name in layer.key)
    return pd.Index([KEY_SEPARATOR.join(key) for key in zip(*parts, strict=True)], name="key", dtype="str")
