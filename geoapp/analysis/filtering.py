"""Which rows of a frame a filter takes in, with the three values true, false and unknown."""

import re
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.domain.filter import (
    GEOMETRY_FIELD,
    And,
    Between,
    Compare,
    Constant,
    Expression,
    FieldName,
    In,
    IsNull,
    Like,
    Located,
    Not,
    Or,
    Scalar,
)

Mask = NDArray[np.bool_]
_COMPARE = {
    "=": np.equal, "<>": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
# The drawn geometry comes first, so that it can be prepared: a record lies within it where it contains the record.
_PLACES = {
    "s_intersects": shapely.intersects, "s_within": shapely.contains, "s_contains": shapely.within,
    "s_touches": shapely.touches, "s_overlaps": shapely.overlaps, "s_crosses": shapely.crosses,
    "s_equals": shapely.equals,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Truth:
    """Of each row whether it is true and whether it is false; neither where it is unknown."""

    is_true: Mask
    is_false: Mask


def filter_rows(
    expression: Expression, records: pd.DataFrame, bounds: NDArray[np.float64] | None = None
) -> Mask:
    """Return which rows a filter takes in: those of which it is true. Where it is unknown it takes in none.

    Three-valued after Kleene: a comparison with a missing value is unknown, NOT unknown is unknown, AND is false as
    soon as one side is, OR true as soon as one side is. Source: OGC 21-065r2 (CQL2), clause 6.

    Parameters
    ----------
    expression : Expression
        See `geoapp.domain.filter_parse`.
    records : DataFrame of n rows
        The columns that `fields_of` names: text, numbers, dates and booleans, missing where unknown; geometry in
        degrees.
    bounds : array n x 4, optional
        Of the geometries; computed if left out.

    Returns
    -------
    array of bool, one per row, in the rows' order

    Raises
    ------
    KeyError
        A column is missing.

    Examples
    --------
    >>> plots = pd.DataFrame({"far": [0.5, 1.0, None]})
    >>> filter_rows(Not(Compare("far", "<", 1.0)), plots).tolist()
    [False, True, False]
    """
    return _truth(expression, records, bounds).is_true


def _truth(expression: Expression, records: pd.DataFrame, bounds: NDArray[np.float64] | None) -> _Truth:
    match expression:
        case And(terms):
            parts = [_truth(term, records, bounds) for term in terms]
            return reduce(lambda a, b: _Truth(a.is_true & b.is_true, a.is_false | b.is_false), parts)
        case Or(terms):
            parts = [_truth(term, records, bounds) for term in terms]
            return reduce(lambda a, b: _Truth(a.is_true | b.is_true, a.is_false & b.is_false), parts)
        case Not(term):
            truth = _truth(term, records, bounds)
            return _Truth(truth.is_false, truth.is_true)
        case Constant(value):
            everywhere = np.full(len(records), fill_value=value)
            return _Truth(everywhere, ~everywhere)
        case Located():
            return _located(expression, records[GEOMETRY_FIELD].to_numpy(), bounds)
        case _:
            return _predicate(expression, records)


def _predicate(expression: Compare | Between | In | Like | IsNull, records: pd.DataFrame) -> _Truth:
    column = records[expression.field]
    match expression:
        case IsNull():
            is_null = _is_missing(column)
            return _Truth(is_null, ~is_null)
        case Compare():
            return _compare(expression, column, records)
        case Between(_, low, high):
            values, known = _values(column)
            return _known((values >= _comparable(low)) & (values <= _comparable(high)), known)
        case In(_, wanted, is_folded):
            values, known = _values(column, is_folded=is_folded)
            chosen = [_comparable(value, is_folded=is_folded) for value in wanted]
            return _known(pd.Series(values).isin(chosen).to_numpy(), known)
        case _:
            return _like(expression, column)


def _known(hits: NDArray, known: Mask) -> _Truth:
    is_hit = hits.astype(bool)
    return _Truth(is_hit & known, ~is_hit & known)


def _is_missing(column: pd.Series) -> Mask:
    missing: Mask = column.isna().to_numpy(dtype=bool)
    if column.name == GEOMETRY_FIELD:
        missing = missing | shapely.is_empty(column.to_numpy())
    return missing


def _values(column: pd.Series, *, is_folded: bool = False) -> tuple[NDArray, Mask]:
    """Return a column as a plain array to compare, and where it is known; what stands where it is not is no matter."""
    known = ~_is_missing(column)
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=bool, na_value=False), known
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan), known
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.to_numpy(), known
    texts = np.where(known, column.to_numpy(dtype=object), "")
    return (_case_folded(texts) if is_folded else texts), known


def _case_folded(texts: NDArray) -> NDArray:
    codes, distinct = pd.factorize(texts)
    return np.array([text.casefold() for text in distinct], dtype=object)[codes]


def _comparable(value: Scalar, *, is_folded: bool = False) -> Any:
    if isinstance(value, date):
        return np.datetime64(value, "s")
    return value.casefold() if is_folded and isinstance(value, str) else value


def _compare(compare: Compare, column: pd.Series, records: pd.DataFrame) -> _Truth:
    values, known = _values(column, is_folded=compare.is_folded)
    if isinstance(compare.value, FieldName):
        others, is_other_known = _values(records[compare.value.name], is_folded=compare.is_folded)
        return _known(_COMPARE[compare.operator](values, others), known & is_other_known)
    wanted = _comparable(compare.value, is_folded=compare.is_folded)
    return _known(_COMPARE[compare.operator](values, wanted), known)


def _like(like: Like, column: pd.Series) -> _Truth:
    texts, known = _values(column, is_folded=like.is_folded)
    codes, distinct = pd.factorize(texts)
    pattern = re.compile(_regular(_comparable(like.pattern, is_folded=like.is_folded)), re.DOTALL)
    is_like = np.array([pattern.fullmatch(text) is not None for text in distinct], dtype=bool)
    return _known(is_like[codes], known)


def _regular(pattern: str) -> str:
    r"""Return a LIKE pattern as a regular expression.

    Examples
    --------
    >>> _regular("%厂_"), _regular(r"5\%")
    ('.*厂.', '5%')
    """
    pieces = re.findall(r"\\.|%+|.|\\$", pattern, re.DOTALL)
    return "".join(_REGULAR.get(piece[0], "") or re.escape(piece[-1]) for piece in pieces)


_REGULAR = {"%": ".*", "_": "."}


def _located(located: Located, shapes: NDArray, bounds: NDArray[np.float64] | None) -> _Truth:
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    west, south, east, north = shapely.bounds(located.geometry)
    edges = shapely.bounds(shapes).reshape(-1, 4) if bounds is None else bounds
    is_near = (edges[:, 0] <= east) & (edges[:, 2] >= west) & (edges[:, 1] <= north) & (edges[:, 3] >= south)
    rows = np.flatnonzero(is_near)
    shapely.prepare(located.geometry)
    hits = np.zeros(len(shapes), dtype=bool)
    is_disjoint = located.operator == "s_disjoint"
    place = shapely.intersects if is_disjoint else _PLACES[located.operator]
    hits[rows] = place(located.geometry, shapes[rows])
    return _known(hits ^ is_disjoint, known)
