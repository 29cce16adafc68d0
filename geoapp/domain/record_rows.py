"""Records of a frame one at a time: what a page about a single record reads, without taking the frame apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geoapp.domain.frame_update import share_values

Rows = NDArray[np.int64]
_NONE: Rows = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in a column each value stands."""

    column: ExtensionArray
    values: pd.Index
    """Each value once."""
    rows: Rows
    """By value in the order of *values*, those of one value ascending."""
    starts: Rows
    """Where in *rows* those of each value begin, and the end."""

    @classmethod
    def of(cls, column: ExtensionArray) -> "_Places":
        codes, values = pd.factorize(pd.Series(column, copy=False))
        rows = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[rows], np.arange(len(values) + 1))
        return cls(column, pd.Index(values), rows.astype(np.int64), starts.astype(np.int64))

    def of_value(self, value: object) -> Rows:
        try:
            place = cast("int", self.values.get_loc(value))  # each value is there once
        except KeyError:
            return _NONE
        return self.rows[self.starts[place] : self.starts[place + 1]]

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.starts.nbytes + int(self.values.memory_usage())


class RecordRows:
    """The rows of a conformed frame, found by a value of a column and read as plain values.

    What has been looked up is kept: by column where each value stands. A later state of the frame takes it over for
    the columns that did not change, see `brought_up`.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Never changed afterwards.
    known : RecordRows, optional
        Of an earlier state.

    Examples
    --------
    >>> rows = RecordRows(pd.DataFrame({"plot_code": ["A", "B", "A"], "storeys": pd.array([2, None, 5], "Int64")}))
    >>> rows.find("plot_code", "A").tolist(), rows.values(1, ["plot_code", "storeys"])
    ([0, 2], {'plot_code': 'B', 'storeys': None})
    """

    def __init__(self, frame: pd.DataFrame, known: "RecordRows | None" = None) -> None:
        self.frame = frame
        self._columns: dict[str, ExtensionArray] = {}
        self._places: dict[str, _Places] = {} if known is None else dict(known._places)

    def column(self, name: str) -> ExtensionArray:
        """Return the values of a column; raises KeyError where there is none."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self.frame[name].array
        return found

    def find(self, name: str, value: object) -> Rows:
        """Return the rows whose column holds a value, ascending."""
        column, places = self.column(name), self._places.get(name)
        if places is None or not (places.column is column or share_values(places.column, column)):
            places = self._places[name] = _Places.of(column)
        return places.of_value(value)

    def find_all(self, name: str, values: Iterable[object]) -> Rows:
        """Return the rows whose column holds one of some different values, ascending: for few of them."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(self.find(name, value) for value in values)]))

    def value(self, row: int, name: str) -> Any:
        """Return a value as `plain_values` does: str, int, float, bool, date, geometry; None where missing."""
        return plain_value(self.column(name)[row])

    def values(self, row: int, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return some values of a row, or all, plain, by name."""
        wanted = map(str, self.frame.columns) if names is None else names
        return {name: self.value(row, name) for name in wanted}

    def record(self, row: int, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Return some values of a row, or all, as `DataFrame.to_dict` does: missing ones stay NaN, NaT and NA."""
        wanted = map(str, self.frame.columns) if names is None else names
        found = ((name, self.column(name)[row]) for name in wanted)
        return {name: value.item() if isinstance(value, np.generic) else value for name, value in found}

    @property
    def nbytes(self) -> int:
        """Of what is kept, without the frame."""
        return sum(places.nbytes for places in self._places.values())


def plain_value(value: Any) -> Any:
    """Return one value of a conformed column as a Python value, None where missing.

    Examples
    --------
    >>> plain_value(pd.Timestamp("2026-03-01")), plain_value(float("nan")), plain_value(np.float64(1.5))
    (datetime.date(2026, 3, 1), None, 1.5)
    """
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if np.isnan(value) else value
    return value.date() if isinstance(value, pd.Timestamp) else value


def find_values(held: RecordRows, column: str, value: object, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return some fields of the rows whose column holds a value, as plain values.

    Examples
    --------
    >>> find_values(RecordRows(pd.DataFrame({"code": ["A", "B"], "on": ["x", None]})), "code", "B", ["on"])
    [{'on': None}]
    """
    return [held.values(row, names) for row in held.find(column, value).tolist()]
