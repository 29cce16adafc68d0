"""Rounding as an office's spreadsheet rounds: a five at the end goes up (四舍五入)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.units import LAST_BITS


def half_up(numbers: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    """Return numbers rounded to decimals, a five away from zero; NaN and infinity stay.

    numpy rounds a five to the even digit, and what it takes for one depends on the last bit of the number.

    Examples
    --------
    >>> half_up(np.array([21_653.1, 19_219.9, -21_653.1]) * 15 / 10_000, 4).tolist()
    [32.4797, 28.8299, -32.4797]
    """
    factor = 10.0**decimals
    whole = np.floor(np.abs(numbers) * factor * LAST_BITS + 0.5)
    return np.copysign(whole / factor, numbers)


def rounded(column: pd.Series, decimals: int | None) -> pd.Series:
    """Return a column of numbers rounded half up, with its index and name; as it is without decimals.

    Examples
    --------
    >>> rounded(pd.Series([0.125, None]), 2).tolist(), rounded(pd.Series([7]), 2).tolist()
    ([0.13, nan], [7])
    """
    if decimals is None or pd.api.types.is_integer_dtype(column.dtype):
        return column
    numbers = half_up(column.to_numpy(dtype=np.float64, na_value=np.nan), decimals)
    return pd.Series(numbers, index=column.index, name=column.name)


def rounded_columns(rows: pd.DataFrame, decimals: Mapping[str, int | None]) -> pd.DataFrame:
    """Return rows with the columns named rounded half up.

    Examples
    --------
    >>> rounded_columns(pd.DataFrame({"a": [0.125], "b": [0.125]}), {"a": 2}).to_numpy().tolist()
    [[0.13, 0.125]]
    """
    return rows.assign(**{name: rounded(rows[name], count) for name, count in decimals.items()})
