"""Sums and ratios per zone, as matrix products; what is not known stays not known."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoapp.analysis.overlay import Membership
from geoapp.domain.statistic import ZoneWeights

Floats = NDArray[np.float64]


def zone_weights(membership: Membership) -> ZoneWeights:
    """Return the weights of a zone table's rows.

    The last row weighs every plot 1, whatever the zones are, so the total is the register's own total.

    Parameters
    ----------
    membership : Membership
        Of n plots in m zones.

    Returns
    -------
    ZoneWeights
        m + 2 rows: zones, outside, total.
    """
    return ZoneWeights(
        areas=_with_outside_and_total(membership.areas, membership.outside_share),
        counts=_with_outside_and_total(membership.counts, membership.outside_count),
    )


def sum_known(weights: sparse.csr_array, values: Floats | pd.Series) -> Floats:
    """Return each row's weighted sum over the plots whose value is known.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`.
    values : array or Series of n plots
        NaN where unknown.

    Returns
    -------
    array of float, one per row
        0 where a row has no plots; NaN where it has plots but not one value is known.

    Examples
    --------
    >>> weights = sparse.csr_array([[1.0, 0.5], [0.0, 0.5], [0.0, 0.0]])
    >>> sum_known(weights, np.array([30.0, np.nan])).tolist()
    [30.0, nan, 0.0]
    """
    numbers = _floats(values)
    known = ~np.isnan(numbers)
    sums: Floats = weights @ np.where(known, numbers, 0.0)
    if known.all():
        return sums
    has_known = (weights @ known.astype(np.float64)) > 0
    if has_known.all():
        return sums
    is_empty = (weights @ np.ones(len(numbers))) == 0
    return np.where(has_known | is_empty, sums, np.nan)


def ratio_known(
    weights: sparse.csr_array, numerator: Floats | pd.Series, denominator: Floats | pd.Series
) -> Floats:
    """Return each row's ratio of sums over the plots where both are known and the denominator is above zero.

    Not the mean of the plots' ratios: a mean would let a kiosk weigh as much as a steelworks.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`.
    numerator, denominator : array or Series of n plots
        NaN where unknown.

    Returns
    -------
    array of float, one per row; NaN where no plot has both

    Examples
    --------
    >>> weights = sparse.csr_array([[1.0, 1.0, 1.0]])
    >>> gfa_m2, site_area_m2 = np.array([8000.0, np.nan, 900.0]), np.array([10_000.0, 5000.0, 0.0])
    >>> ratio_known(weights, gfa_m2, site_area_m2).tolist()
    [0.8]
    """
    above, below = _floats(numerator), _floats(denominator)
    is_usable = ~np.isnan(above) & (below > 0)
    return _quotient(weights @ np.where(is_usable, above, 0.0), weights @ np.where(is_usable, below, 0.0))


def known_share(weights: sparse.csr_array, values: Floats | pd.Series, sizes: Floats | pd.Series) -> Floats:
    """Return each row's share of size that belongs to plots whose value is known.

    Parameters
    ----------
    weights : rows x plots
        See `ZoneWeights`.
    values : array or Series of n plots
        NaN where unknown.
    sizes : array or Series of n plots
        Such as site area; plots whose size is unknown or not above zero are left out of both sums.

    Returns
    -------
    array of float from 0 to 1, one per row; NaN where no size is known

    Examples
    --------
    >>> weights = sparse.csr_array([[1.0, 1.0]])
    >>> known_share(weights, np.array([500.0, np.nan]), np.array([1000.0, 3000.0])).tolist()
    [0.25]
    """
    numbers, weight = _floats(values), _floats(sizes)
    size = np.where(weight > 0, weight, 0.0)
    return _quotient(weights @ np.where(np.isnan(numbers), 0.0, size), weights @ size)


def _floats(values: Floats | pd.Series) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _quotient(above: Floats, below: Floats) -> Floats:
    is_defined = below > 0
    return np.where(is_defined, above / np.where(is_defined, below, 1.0), np.nan)


def _with_outside_and_total(shares: sparse.csr_array, outside: Floats) -> sparse.csr_array:
    plot_count, zone_count = shares.shape
    by_zone = shares.tocsc()
    without = np.flatnonzero(outside)
    plots = np.concatenate([by_zone.indices, without, np.arange(plot_count)])
    weights = np.concatenate([by_zone.data, outside[without], np.ones(plot_count)])
    ends = len(by_zone.data) + np.array([len(without), len(without) + plot_count])
    starts = np.concatenate([by_zone.indptr, ends])
    return sparse.csr_array((weights, plots, starts), shape=(zone_count + 2, plot_count))
