"""From the records behind a target to its figure: of a scope, up to a day, as sum, ratio, growth or last one entered.

Every figure of the target ledger is computed from a frame of *members*, one row per record that counts towards it, so
that the figure and the list it opens to are the same thing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

TEXT_COLUMNS = (
    "register", "key", "name", "plot_code", "project_code", "document_no", "town_code", "park_code", "scope_kind",
    "scope_code", "reason", "note",
)  # fmt: skip
NUMBER_COLUMNS = ("amount", "weight", "amount_before", "weight_before")
MEMBER_COLUMNS = (*TEXT_COLUMNS, "on", *NUMBER_COLUMNS)
"""register, key, name: the record; on (datetime64): the day from which it counts, missing where the register has none;
amount and weight, and both of the year before: what is added up, in base units; town_code, park_code: where it counts;
scope_kind, scope_code: instead, of a value entered for one scope only; reason: why it does not count, empty where it
does; note: what else a reader must know."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and what it is made of."""

    value: float | None
    """In the base unit; None where it is not known."""
    member_count: int = 0
    unknown_count: int = 0
    """Members whose amount is not known: the figure lacks them."""
    on: date | None = None
    """The newest day among the members."""


def members_frame(columns: Mapping[str, Any], count: int) -> pd.DataFrame:
    """Return a frame of members with all columns; those not given are empty texts or unknown numbers.

    Parameters
    ----------
    columns : mapping
        Values by name: Series, arrays, lists or one value for all rows.
    count : int
        Number of rows.

    Examples
    --------
    >>> members_frame({"key": ["A", None], "amount": 3.0}, 2)[["key", "name", "amount"]].to_dict("list")
    {'key': ['A', ''], 'name': ['', ''], 'amount': [3.0, 3.0]}
    """
    frame = {}
    for name in MEMBER_COLUMNS:
        values: Any = columns.get(name)
        plain = values.to_numpy() if isinstance(values, pd.Series) else values
        frame[name] = pd.Series(plain, index=range(count), dtype=_DTYPES.get(name, "object"))
    made = pd.DataFrame(frame, index=range(count))
    return made.assign(**{name: made[name].fillna("").astype(object) for name in TEXT_COLUMNS})


_DTYPES: Mapping[str, Any] = {"on": "datetime64[s]", **dict.fromkeys(NUMBER_COLUMNS, "float64")}


def scope_mask(members: pd.DataFrame, kind: str, code: str) -> NDArray[np.bool_]:
    """Return which members count in a scope: all of them in the district, else those of the town or park.

    Parameters
    ----------
    members : DataFrame
        See MEMBER_COLUMNS. A value entered for one scope counts in that one only.
    kind : {"district", "town", "park"}
    code : str
    """
    kinds = members["scope_kind"].to_numpy()
    own = (kinds == kind) & (members["scope_code"].to_numpy() == code)
    of_records = kinds == ""
    if kind != "district":
        of_records = of_records & (members[f"{kind}_code"].to_numpy() == code)
    return np.asarray(own | of_records, dtype=bool)


def of_scope(members: pd.DataFrame, kind: str, code: str) -> pd.DataFrame:
    """Return the members that count in a scope; see `scope_mask`."""
    return members[scope_mask(members, kind, code)]


def figure(
    members: pd.DataFrame,
    how: str,
    day: date | None = None,
    *,
    valid_days: int | None = None,
    where: NDArray[np.bool_] | None = None,
) -> Figure:
    """Return the figure that members make up.

    Parameters
    ----------
    members : DataFrame
        Those with a reason do not count.
    how : {"sum", "ratio", "growth", "latest"}
        sum adds the amounts; ratio is the sum of amounts over the sum of weights, of those that have both; growth is
        how much that ratio grew over the year before, of those that have all four; latest is the last day's amount.
    day : date, optional
        Members of later days do not count; all count where it is left out.
    valid_days : int, optional
        Members that many days or more before *day* do not count either.
    where : array of bool, optional
        Which members are asked for; all if left out.

    Returns
    -------
    Figure
        The sum of no members is zero; the others are unknown without members.

    Notes
    -----
    Works on arrays: a page asks for some hundred figures of a few records each, and frames would take all the time.
    """
    counted = members["reason"].to_numpy() == ""
    if where is not None:
        counted = counted & where
    on = members["on"].to_numpy("datetime64[D]")
    if day is not None:
        counted = counted & (np.isnat(on) | (on <= np.datetime64(day)))
        if valid_days is not None:
            counted = counted & (on > np.datetime64(day) - np.timedelta64(valid_days, "D"))
    columns = [members[name].to_numpy() for name in NUMBER_COLUMNS]
    return _FIGURES[how](np.asarray(counted, dtype=bool), on, *columns)


def _newest(on: NDArray, chosen: Bools) -> date | None:
    days = on[chosen & ~np.isnat(on)]
    return days.max().astype(object) if len(days) else None


def _sum(counted: Bools, on: NDArray, amount: Floats, *_others: Floats) -> Figure:
    known = counted & ~np.isnan(amount)
    unknown = int(counted.sum() - known.sum())
    return Figure(float(amount[known].sum()), int(counted.sum()), unknown, _newest(on, counted))


def _ratio(counted: Bools, on: NDArray, amount: Floats, weight: Floats, *_others: Floats) -> Figure:
    known = counted & ~np.isnan(amount) & (weight > 0)
    count = int(known.sum())
    value = float(amount[known].sum() / weight[known].sum()) if count else None
    return Figure(value, count, int(counted.sum()) - count, _newest(on, known))


def _growth(
    counted: Bools, on: NDArray, amount: Floats, weight: Floats, before: Floats, weight_before: Floats
) -> Figure:
    known = counted & ~np.isnan(amount) & (weight > 0) & ~np.isnan(before) & (weight_before > 0)
    count = int(known.sum())
    unknown = int(counted.sum()) - count
    if not before[known].sum() > 0:
        return Figure(None, count, unknown, _newest(on, known))
    ratio = amount[known].sum() / weight[known].sum()
    ratio_before = before[known].sum() / weight_before[known].sum()
    return Figure(float(ratio / ratio_before - 1), count, unknown, _newest(on, known))


def _latest(counted: Bools, on: NDArray, amount: Floats, *_others: Floats) -> Figure:
    newest = _newest(on, counted & ~np.isnan(amount))
    if newest is None:
        return Figure(None)
    last = np.flatnonzero(counted & ~np.isnan(amount) & (on == np.datetime64(newest)))[-1]
    return Figure(float(amount[last]), 1, 0, newest)


_FIGURES: Mapping[str, Callable[..., Figure]] = {
    "sum": _sum, "ratio": _ratio, "growth": _growth, "latest": _latest,
}  # fmt: skip


def first_counted(entries: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return from which day something counts once, and from which day it does not any more.

    Parameters
    ----------
    entries : DataFrame
        *by*, on (datetime64), amount: what is added (negative: taken back) on the day.
    by : str
        Column of what is counted once: an enterprise, however many of its plots are recognised.

    Returns
    -------
    DataFrame: the rows of *entries* at which the sum so far becomes positive (amount 1) or stops being so (amount -1)

    Examples
    --------
    >>> days = pd.to_datetime(["2021-01-01", "2022-01-01", "2023-01-01"])
    >>> entries = pd.DataFrame({"uscc": ["E", "E", "E"], "on": days, "amount": [5.0, 3.0, -8.0]})
    >>> first_counted(entries, "uscc")[["on", "amount"]].to_dict("list")["amount"]
    [1.0, -1.0]
    """
    ordered = entries.sort_values(["on", "amount"], ascending=[True, False], kind="stable")
    so_far = ordered.groupby(by)["amount"].cumsum()
    is_counted = so_far > _NOTHING_M2
    was_counted = is_counted.groupby(ordered[by]).shift(fill_value=False)
    turns = is_counted != was_counted
    return ordered[turns].assign(amount=np.where(is_counted[turns], 1.0, -1.0))


_NOTHING_M2 = 1e-6
"""A plot taken back leaves nothing, whatever the last bits of the sum say."""


def shared_out(limits: pd.Series, totals: pd.Series) -> pd.Series:
    """Return how much of a plot's total goes to each of its projects, in their order, none above its own limit.

    Parameters
    ----------
    limits : Series indexed by plot_code, in the order in which the projects come
        Area of the project on the plot in m2; unknown takes all that is left.
    totals : Series by plot_code
        What there is to share out.

    Examples
    --------
    >>> shared_out(pd.Series([6.0, 9.0], index=["A", "A"]), pd.Series({"A": 10.0})).tolist()
    [6.0, 4.0]
    """
    total = totals.reindex(limits.index).fillna(0.0).to_numpy()
    wanted = np.where(limits.isna(), total, limits.fillna(0.0))
    plots = pd.Series(limits.index)
    before = pd.Series(wanted).groupby(plots).cumsum().to_numpy() - wanted
    return pd.Series(np.clip(total - before, 0.0, wanted), index=limits.index)


def year_ends(first: date, last: date) -> Sequence[date]:
    """Return the last days of the years from that of *first* to before *last*.

    Examples
    --------
    >>> [str(day) for day in year_ends(date(2020, 12, 31), date(2022, 12, 31))]
    ['2020-12-31', '2021-12-31']
    """
    ends = (date(year, 12, 31) for year in range(first.year, last.year + 1))
    return [end for end in ends if first <= end < last]
