"""Agreed against actual: which items of performance agreements are missed, and by how much."""

import pandas as pd

AT_MOST = frozenset({"energy", "emission"})
"""Indicators that must not exceed what is agreed; the others must reach it."""


def shortfall_share(items: pd.DataFrame) -> pd.Series:
    """Return by what share of the agreed value each item is missed: 0.2 where a fifth is lacking, or too much.

    Parameters
    ----------
    items : DataFrame
        indicator, agreed_value, actual_value, in the indicator's own unit.

    Returns
    -------
    Series of float on the same index
        0 where the agreed value is kept, to the digit; NaN where a value is not known. Where nothing is agreed (0) any
        excess over it is a whole.

    Examples
    --------
    >>> items = pd.DataFrame({"indicator": ["far", "energy", "far"], "agreed_value": [2.0, 0.5, 2.0],
    ...                       "actual_value": [1.5, 0.6, 2.0]})
    >>> shortfall_share(items).round(3).tolist()
    [0.25, 0.2, 0.0]
    """
    agreed, actual = items["agreed_value"].astype("float64"), items["actual_value"].astype("float64")
    is_at_most = items["indicator"].isin(AT_MOST)
    gap = (agreed - actual).mask(is_at_most, actual - agreed).clip(lower=0.0)
    share: pd.Series = (gap / agreed.where(agreed > 0)).where(agreed > 0, (gap > 0).astype("float64"))
    return share.where(gap.notna())
