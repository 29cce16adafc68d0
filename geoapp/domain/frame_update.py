"""Frames brought up to a later state of their rows: what did not change is shared with the older frame, not copied."""

from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

GEOMETRY = "geometry"
FRESH = -1
"""In place of an older row: the next one of the fresh rows."""
Rows = NDArray[np.int64]
Frame = TypeVar("Frame", bound=pd.DataFrame)


def known_rows(old: NDArray[np.int64], new: NDArray[np.int64]) -> Rows:
    """Return the row that each of some ids had in an older state, FRESH where it was not there.

    Parameters
    ----------
    old, new : array of int
        Each id at most once.

    Examples
    --------
    >>> known_rows(np.array([10, 11, 12]), np.array([10, 13, 12])).tolist()
    [0, -1, 2]
    """
    if len(old) == len(new):
        changed = np.flatnonzero(old != new)
        if not np.isin(new[changed], old[changed]).any():  # nothing moved, so there is nothing to look up
            rows = np.arange(len(new))
            rows[changed] = FRESH
            return rows
    return np.asarray(pd.Index(old).get_indexer(pd.Index(new)), dtype=np.int64)


def are_in_place(rows: Rows, old_count: int) -> bool:
    """Return whether all known rows stand where they stood among *old_count* rows."""
    return len(rows) == old_count and bool(((rows == np.arange(old_count)) | (rows == FRESH)).all())


def share_values(one: ExtensionArray, other: ExtensionArray) -> bool:
    """Return whether two columns are one in memory, as `brought_up` leaves those that did not change."""
    if one is other:
        return True
    return 0 < len(one) == len(other) and bool(np.shares_memory(np.asarray(one), np.asarray(other)))


def have_same_column(old: pd.DataFrame, new: pd.DataFrame, name: str) -> bool:
    """Return whether two states of a register, indexed by the ids of versions, have the same rows of a column.

    Texts and numbers that did not change are one in memory; shapes are copied, but a version never changes its own.
    """
    if share_values(old[name].array, new[name].array):
        return True
    if name != GEOMETRY:
        return False
    rows = known_rows(old.index.to_numpy(), new.index.to_numpy())
    fresh = np.flatnonzero(rows == FRESH)
    return are_in_place(rows, len(old)) and bool(old[name].array[fresh].equals(new[name].array[fresh]))


def brought_up(old: Frame, rows: Rows, fresh: Frame) -> Frame:
    """Return a later state of a frame: some of its rows, and fresh ones between them.

    Parameters
    ----------
    old : DataFrame or GeoDataFrame
    rows : array of int
        By row of the later state its row in *old*, or FRESH.
    fresh : DataFrame or GeoDataFrame
        The fresh rows in their order, with the columns of *old*, whose dtypes they take.

    Returns
    -------
    DataFrame or GeoDataFrame
        Shares with *old* the columns, and the index, whose values and places are the same: never change either.

    Examples
    --------
    >>> old = pd.DataFrame({"area_m2": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    >>> brought_up(old, np.array([0, -1, 2]), pd.DataFrame({"area_m2": [9.0]}, index=["b"]))["area_m2"].tolist()
    [1.0, 9.0, 3.0]
    """
    if old.empty:
        return fresh
    is_fresh = rows == FRESH
    in_place = are_in_place(rows, len(old))

    def joined(known: ExtensionArray, fresh_values: ExtensionArray) -> ExtensionArray:
        values = fresh_values if fresh_values.dtype == known.dtype else fresh_values.astype(known.dtype)
        if in_place and known[is_fresh].equals(values):
            return known
        column = known.copy() if in_place else known.take(rows)
        column[is_fresh] = values
        return column

    columns: dict[Any, ExtensionArray] = {
        name: joined(known.array, values.array)
        for (name, known), (_, values) in zip(old.items(), fresh[old.columns].items(), strict=True)
    }
    old_keys = old.index.array
    keys = joined(old_keys, fresh.index.array)
    index = old.index if keys is old_keys else pd.Index(keys, name=old.index.name)
    # Made from the columns: from a frame the constructor would copy them all.
    later: Frame = type(old)(columns, index=index, copy=False)
    return later


def with_equal_columns_once(columns: dict[Any, ExtensionArray]) -> dict[Any, ExtensionArray]:
    """Return columns of one length; those of one dtype that hold one and the same value throughout are one in memory.

    An office keeps few of a register's many fields: of half a million plots each empty one takes 4 MB.

    Examples
    --------
    >>> empty = {name: pd.array([None, None], dtype="str") for name in ("a", "b")}
    >>> once = with_equal_columns_once(empty)
    >>> once["a"] is once["b"]
    True
    """
    known: dict[tuple[Any, Any], ExtensionArray] = {}
    return {
        name: column if (key := _only_value(column)) is None else known.setdefault(key, column)
        for name, column in columns.items()
    }


def _only_value(column: ExtensionArray) -> tuple[Any, ...] | None:
    """Return dtype and value of a column that has only one, None where it has several, or none."""
    dtype = column.dtype
    if not len(column) or not (isinstance(dtype, pd.StringDtype) or dtype.kind in "fiubM"):
        return None
    is_missing = column.isna()
    if is_missing[0]:
        return (dtype,) if is_missing.all() else None
    if is_missing.any() or not bool((column == column[0]).all()):
        return None
    if dtype.kind != "f":
        return dtype, column[0]
    signs = np.signbit(np.asarray(column))  # zero equals zero below zero
    return (dtype, column[0], bool(signs[0])) if (signs == signs[0]).all() else None
