"""What changes when records come in: new, changed, unchanged, gone. The preview and the store ask the same code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas.array import GeometryArray
from pandas.api.extensions import ExtensionArray

from geoapp.domain.frame import column_dtypes, conform, plain_geometries, plain_values
from geoapp.domain.layer import Layer

Key = tuple[Any, ...]
"""Values of a register's key fields, in their order: str, int, float, bool or date."""

PROVENANCE = ("source_file", "source_row")
"""Columns that alone do not make a record a changed one."""
TOLERANCE_DEG = 1e-9
"""A tenth of a millimetre: coordinates closer than that are the same point after a trip through a file."""
_COORDINATE_DECIMALS = 9
_FEW = 4
"""Records that are looked for one by one."""
_RELATIVE_TOLERANCE = 1e-12
"""Text and DBF columns keep 15 digits of a number, and lose the last bits of a double."""


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """What to do to one register: records to add or replace by key, and keys of records to withdraw."""

    upserts: pd.DataFrame | None = None
    """Columns it lacks keep their stored values (a ledger without geometry leaves the geometry alone)."""
    removed: Sequence[Key] = ()
    """Keys that are not there are left alone."""
    seen: Mapping[Key, int] = field(default_factory=dict)
    """By key: the revision from which the version holds that the author saw, 0 where there was none.

    Where another holds by now nothing is written; records that are not named are written whatever holds."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Incoming records against the stored ones, by key."""

    new: list[Key]
    changed: list[Key]
    unchanged: list[Key]
    gone: list[Key]
    """Stored, and not among the incoming."""
    changed_fields: dict[Key, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    """By key of a changed record: field (or "geometry") -> (old, new), None where missing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The same as arrays, for those who go on computing: one entry per incoming row unless said otherwise."""

    records: pd.DataFrame
    """The incoming records, complete and conformed."""
    positions: np.ndarray
    """Row of the current frame with the same key, -1 where there is none."""
    differing: dict[str, np.ndarray]
    """By column: whether a record that both have differs there."""
    is_changed: np.ndarray
    is_gone: np.ndarray
    """Per row of the current frame: whether no incoming record has its key."""

    @property
    def is_new(self) -> np.ndarray:
        """Whether the current frame lacks the record."""
        return self.positions < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """One version of a record, valid from one revision until (not including) another."""

    fid: int
    from_revision: int
    to_revision: int | None
    """None while it is the current one."""
    fields: dict[str, Any]
    """Its own, provenance and "geometry" (where the register has any), None where missing."""


def compare(current: pd.DataFrame, incoming: pd.DataFrame, layer: Layer) -> Comparison:
    """Return which incoming records are new, changed or unchanged, and which stored ones are gone.

    A missing value equals a missing value. Numbers are equal within 1e-12 of their size, and geometries when the
    coordinates agree within 1e-9 degrees (0.1 mm) whatever the start, direction and order of their rings, and whether
    or not a single part is wrapped as a multi-geometry: a trip through a file changes that much. `source_file` and
    `source_row` alone do not make a record changed. Columns that *incoming* lacks are not compared.

    Parameters
    ----------
    current : DataFrame or GeoDataFrame
        The stored records, conformed; one row per key.
    incoming : DataFrame or GeoDataFrame
        Records with at least the key columns, one row per key.
    layer : Layer
        The register.

    Returns
    -------
    Comparison
        Keys in the order of *incoming* (gone: of *current*).

    Raises
    ------
    ValueError
        A key is missing or there twice in *incoming*; importers report these before.
    """
    found = difference(current, incoming, layer)
    keys = np.fromiter(record_keys(found.records, layer), dtype=object, count=len(found.records))
    current_keys = np.fromiter(record_keys(current, layer), dtype=object, count=len(current))
    return Comparison(
        new=keys[found.is_new].tolist(),
        changed=keys[found.is_changed].tolist(),
        unchanged=keys[~found.is_new & ~found.is_changed].tolist(),
        gone=current_keys[found.is_gone].tolist(),
        changed_fields=_changed_fields(current, found, keys),
    )


def difference(current: pd.DataFrame, incoming: pd.DataFrame, layer: Layer) -> Difference:
    """Return what `compare` tells, as arrays and without listing each changed value; same arguments and rules."""
    key = list(layer.key)
    positions = _positions(current, conform_keys(incoming, layer), layer)
    records = _complete(current, incoming, positions, layer)
    is_known = positions >= 0
    known = positions[is_known]
    differing, is_changed = {}, np.zeros(len(records), dtype=bool)
    for name in records.columns.difference([*key, *PROVENANCE], sort=False):
        mask = np.zeros(len(records), dtype=bool)
        mask[is_known] = _differs(current[name].array.take(known), records[name].array[is_known])
        differing[name] = mask
        is_changed |= mask
    is_gone = np.ones(len(current), dtype=bool)
    is_gone[known] = False
    return Difference(records, positions, differing, is_changed, is_gone)


def record_keys(frame: pd.DataFrame, layer: Layer) -> Iterable[Key]:
    """Return the key of each record of a conformed frame, in order."""
    return zip(*(plain_values(frame[name]) for name in layer.key), strict=True)


def key_label(key: Key) -> str:
    """Return a record's key as people read it.

    Examples
    --------
    >>> key_label(("91330205MA0000001X", 2024))
    '91330205MA0000001X、2024'
    """
    return "、".join(str(part) for part in key)


def positions_of(frame: pd.DataFrame, keys: Sequence[Key], layer: Layer) -> np.ndarray:
    """Return the rows of a conformed frame that hold *keys*, without those that none holds."""
    if not keys:
        return np.empty(0, dtype=np.intp)
    wanted = conform_keys(pd.DataFrame(list(keys), columns=list(layer.key)), layer)
    positions = _positions(frame, wanted.drop_duplicates(ignore_index=True), layer)
    return positions[positions >= 0]


def conform_keys(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the key columns of a frame in the register's dtypes; raises ValueError where one is not there."""
    absent = [name for name in layer.key if name not in frame]
    if absent:
        raise ValueError(f"{layer.id}: key column {', '.join(absent)} is not there")
    dtypes: dict[str, Any] = dict(column_dtypes(layer))
    return pd.DataFrame({name: frame[name].astype(dtypes[name]) for name in layer.key})


def same_geometry(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return whether pairs of geometries (None: missing) are the same to 1e-9 degrees, see `compare`."""
    old, new = plain_geometries(old), plain_geometries(new)
    same: np.ndarray = (shapely.is_missing(old) & shapely.is_missing(new)) | shapely.equals_exact(
        old, new, TOLERANCE_DEG
    )
    open_ = ~same & (shapely.get_type_id(old) == shapely.get_type_id(new))
    # Rounded before they are normalised: noise must not decide which vertex a ring starts with.
    same[open_] = shapely.equals_exact(_normalised(old[open_]), _normalised(new[open_]), 1.5 * TOLERANCE_DEG)
    return same


def _normalised(geometries: np.ndarray) -> np.ndarray:
    rounded = shapely.transform(geometries, lambda xy: np.round(xy, _COORDINATE_DECIMALS))
    normalised: np.ndarray = shapely.normalize(rounded)
    return normalised


def _positions(current: pd.DataFrame, keys: pd.DataFrame, layer: Layer) -> np.ndarray:
    """Return the row of the current frame with each key, -1 where there is none; *keys* are conformed.

    A look-up table of all keys takes longer to make than looking for one or two.
    """
    wanted = _key_index(keys, layer)
    if len(keys) > _FEW:
        return np.asarray(_key_index(current, layer).get_indexer(wanted))
    positions = np.full(len(keys), -1, dtype=np.intp)
    for row in range(len(keys)):
        is_same = np.ones(len(current), dtype=bool)
        for name in layer.key:
            # As objects: numpy would cut the zero bytes off the end of a text.
            wanted_part = np.asarray(keys[name].array[row : row + 1], dtype=object)
            is_same &= np.asarray(np.asarray(current[name].array, dtype=object) == wanted_part, dtype=bool)
        positions[row : row + 1] = np.flatnonzero(is_same)[:1] if is_same.any() else -1
    return positions


def _key_index(frame: pd.DataFrame, layer: Layer) -> pd.Index:
    keys = frame[list(layer.key)]
    if keys.isna().to_numpy().any():
        raise ValueError(f"{layer.id}: a record without key ({', '.join(layer.key)})")
    index = pd.Index(keys[layer.key[0]]) if len(layer.key) == 1 else pd.MultiIndex.from_frame(keys)
    if not index.is_unique:
        raise ValueError(f"{layer.id}: key is there twice: {index[index.duplicated()][0]}")
    return index


def _complete(
    current: pd.DataFrame, incoming: pd.DataFrame, positions: np.ndarray, layer: Layer
) -> pd.DataFrame:
    """Return the incoming records conformed, columns they lack filled from the stored record."""
    records = conform(incoming, layer)
    absent = records.columns.difference(incoming.columns)
    if absent.empty:
        return records
    columns = {
        name: current[name].array.take(positions, allow_fill=True) if name in absent else records[name].array
        for name in records.columns
    }
    columns["is_demo"] = columns["is_demo"].fillna(False)
    return type(records)(columns, index=records.index)


def _differs(old: ExtensionArray, new: ExtensionArray) -> np.ndarray:
    if isinstance(old, GeometryArray):
        return ~same_geometry(np.asarray(old), np.asarray(new))
    old_missing, new_missing = np.asarray(old.isna()), np.asarray(new.isna())
    if old.dtype.name == "float64":
        same: np.ndarray = np.isclose(old.to_numpy(), new.to_numpy(), rtol=_RELATIVE_TOLERANCE, atol=0.0)
    else:
        same = pd.Series(old == new, dtype="boolean").to_numpy(bool, na_value=False)
    return ~(same | (old_missing & new_missing))


def _changed_fields(
    current: pd.DataFrame, found: Difference, keys: np.ndarray
) -> dict[Key, dict[str, tuple[Any, Any]]]:
    changes: dict[Key, dict[str, tuple[Any, Any]]] = {key: {} for key in keys[found.is_changed]}
    for name, mask in found.differing.items():
        old = plain_values(current[name].iloc[found.positions[mask]])
        new = plain_values(found.records[name][mask])
        for key, before, after in zip(keys[mask], old, new, strict=True):
            changes[key][name] = (before, after)
    return changes
