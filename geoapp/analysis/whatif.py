"""What becomes of plots that are rebuilt or built on: floor area gross and net, plot ratio, building height.

Source of the definitions: 国土资发〔2008〕24号 for plot ratio and building coefficient; net = max(0, after − before).
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio, sum_by_plot

_STOREY_TOLERANCE = 1e-9
"""What is left of a storey by rounding is no storey more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Massing:
    """How what is new is built, the same on every plot."""

    storey_height_m: float
    storey_factor: float
    """By which a new storey of that height counts for the plot ratio."""
    coefficient: float | None
    """Building coefficient afterwards, 0 to 1; None keeps footprint and yards as they are."""
    support_share: float | None
    support_land_share: float | None
    is_cleared: bool
    """Nothing stands on the plot afterwards."""


def split_all(plots: pd.DataFrame, *, is_demolished: bool) -> pd.DataFrame:
    """Return what stays and what goes where all buildings stay or all go.

    Parameters
    ----------
    plots : DataFrame, one row per plot
        gfa_counted_m2, gfa_actual_m2 (m2), NaN where unknown.
    is_demolished : bool

    Returns
    -------
    DataFrame on the plots' index: kept_counted_m2, kept_actual_m2, demolished_actual_m2
        What goes wholly leaves nothing, whether or not it was known; what stays wholly is as unknown as it was.

    Examples
    --------
    >>> plots = pd.DataFrame({"gfa_counted_m2": [8e3, None], "gfa_actual_m2": [7e3, None]})
    >>> split_all(plots, is_demolished=True).to_numpy().tolist()
    [[0.0, 0.0, 7000.0], [0.0, 0.0, nan]]
    """
    counted, actual = plots["gfa_counted_m2"].astype("float64"), plots["gfa_actual_m2"].astype("float64")
    if is_demolished:
        columns = {
            "kept_counted_m2": counted * 0.0,
            "kept_actual_m2": actual * 0.0,
            "demolished_actual_m2": actual,
        }
        return pd.DataFrame(columns).fillna({"kept_counted_m2": 0.0, "kept_actual_m2": 0.0})
    columns = {"kept_counted_m2": counted, "kept_actual_m2": actual, "demolished_actual_m2": actual * 0.0}
    return pd.DataFrame(columns).fillna({"demolished_actual_m2": 0.0})


def split_by_building(plots: pd.DataFrame, buildings: pd.DataFrame, codes: Collection[str]) -> pd.DataFrame:
    """Return what stays and what goes where some buildings go.

    Parameters
    ----------
    plots : DataFrame, indexed by plot_code
        gfa_counted_m2, gfa_actual_m2 (m2).
    buildings : DataFrame, one row per building
        building_code, plot_code; gfa_m2, counted_m2 (m2).
    codes : collection of building codes that go

    Returns
    -------
    As `split_all`. What goes is not known as soon as one of its buildings is not.
    """
    going = buildings[buildings["building_code"].isin(list(codes))]
    is_touched = plots.index.isin(going["plot_code"])
    counted = _of_touched(sum_by_plot(going["counted_m2"], going["plot_code"], plots.index), is_touched)
    actual = _of_touched(sum_by_plot(going["gfa_m2"], going["plot_code"], plots.index), is_touched)
    return pd.DataFrame(
        {
            "kept_counted_m2": (plots["gfa_counted_m2"] - counted).clip(lower=0.0),
            "kept_actual_m2": (plots["gfa_actual_m2"] - actual).clip(lower=0.0),
            "demolished_actual_m2": actual,
        }
    )


def _of_touched(sums: pd.Series, is_touched: np.ndarray) -> pd.Series:
    return sums.where(is_touched, 0.0)


def outcome(plots: pd.DataFrame, massing: Massing) -> pd.DataFrame:
    """Return each plot as it would be.

    Parameters
    ----------
    plots : DataFrame, indexed by plot_code
        site_area_m2, gfa_counted_m2, gfa_actual_m2, recognised_m2, footprint_m2, structure_yard_m2, support_gfa_m2
        (m2), building_coefficient (share), kept_counted_m2, kept_actual_m2, demolished_actual_m2 (m2, from `split_all`
        or `split_by_building`), target_far (NaN where nothing is built). NaN is unknown.
    massing : Massing

    Returns
    -------
    DataFrame on the plots' index; m2 and shares, NaN where an input that counts is unknown
        is_below_kept (bool): the target is below what stays, so nothing can be built; gross_m2, net_m2, change_m2,
        gfa_counted_after_m2, gfa_actual_after_m2, far_before, far_after, footprint_after_m2, is_footprint_upper (bool:
        the yards are unknown, so that the footprint is at most that), coefficient_after, storeys_after, height_after_m,
        support_share_before, support_share_after, support_land_share_after, land_counted_m2.

    Examples
    --------
    >>> plots = pd.DataFrame(
    ...     {"site_area_m2": 1e4, "gfa_counted_m2": 8e3, "gfa_actual_m2": 8e3, "recognised_m2": 0.0, "target_far": 2.0,
    ...      "footprint_m2": 4e3, "structure_yard_m2": 0.0, "support_gfa_m2": 400.0, "building_coefficient": 0.4},
    ...     index=["A"],
    ... )
    >>> plots = plots.join(split_all(plots, is_demolished=True))
    >>> rebuilt = Massing(storey_height_m=5.0, storey_factor=1.0, coefficient=None, support_share=0.1,
    ...                   support_land_share=None, is_cleared=False)
    >>> outcome(plots, rebuilt)[["gross_m2", "net_m2", "far_after", "height_after_m"]].iloc[0].tolist()
    [20000.0, 12000.0, 2.0, 25.0]
    """
    site = plots["site_area_m2"]
    is_built = plots["target_far"].notna()
    wanted = plots["target_far"] * site - plots["kept_counted_m2"]
    is_below = (wanted < 0).fillna(value=False).astype(bool)
    new_counted = wanted.clip(lower=0.0).where(is_built, 0.0)
    gross = new_counted / massing.storey_factor
    counted_after, actual_after = plots["kept_counted_m2"] + new_counted, plots["kept_actual_m2"] + gross
    change = gross - plots["demolished_actual_m2"]
    columns = {
        "is_below_kept": is_below,
        "gross_m2": gross,
        "net_m2": change.clip(lower=0.0),
        "change_m2": change,
        "gfa_counted_after_m2": counted_after,
        "gfa_actual_after_m2": actual_after,
        "far_before": ratio(plots["gfa_counted_m2"], site),
        "far_after": ratio(counted_after, site),
        "land_counted_m2": (site - plots["recognised_m2"].fillna(0.0)).clip(lower=0.0),
    }
    found = pd.DataFrame(columns)
    return found.join(_mass(plots, actual_after, massing)).join(_support(plots, actual_after, massing))


def _mass(plots: pd.DataFrame, actual_after: pd.Series, massing: Massing) -> pd.DataFrame:
    """Return footprint, coefficient, storeys and height: the floor area spread evenly over the footprint."""
    site, yards = plots["site_area_m2"], plots["structure_yard_m2"]
    if massing.is_cleared:
        footprint, coefficient = site * 0.0, site * 0.0
        is_upper = pd.Series(data=False, index=plots.index)
    elif massing.coefficient is None:
        footprint, coefficient = plots["footprint_m2"], plots["building_coefficient"]
        is_upper = pd.Series(data=False, index=plots.index)
    else:
        footprint = (massing.coefficient * site - yards.fillna(0.0)).clip(lower=0.0)
        coefficient, is_upper = site * 0.0 + massing.coefficient, yards.isna()
    storeys = np.ceil(ratio(actual_after, footprint) - _STOREY_TOLERANCE)
    return pd.DataFrame(
        {
            "footprint_after_m2": footprint,
            "is_footprint_upper": is_upper,
            "coefficient_after": coefficient,
            "storeys_after": storeys,
            "height_after_m": storeys * massing.storey_height_m,
        }
    )


def _support(plots: pd.DataFrame, actual_after: pd.Series, massing: Massing) -> pd.DataFrame:
    """Return the shares of support facilities; what is not given is what stands, as long as nothing is demolished."""
    before = ratio(plots["support_gfa_m2"], plots["gfa_actual_m2"])
    if massing.is_cleared:
        nothing = before * 0.0
        return _support_columns(before, nothing.fillna(0.0), nothing.fillna(0.0))
    if massing.support_share is None:
        kept = plots["support_gfa_m2"].where(plots["demolished_actual_m2"] == 0)
        after = ratio(kept, actual_after)
    else:
        after = pd.Series(massing.support_share, index=plots.index, dtype="float64")
    land = after if massing.support_land_share is None else after * 0.0 + massing.support_land_share
    return _support_columns(before, after, land)


def _support_columns(before: pd.Series, after: pd.Series, land: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "support_share_before": before,
            "support_share_after": after,
            "support_land_share_after": land,
        }
    )


def storey_factor(height_m: float, factors: Collection[tuple[float, float]]) -> float:
    """Return by which a storey of a height counts: the highest step strictly exceeded wins.

    Examples
    --------
    >>> storey_factor(8.0, [(8.0, 2.0)]), storey_factor(8.1, [(8.0, 2.0)])
    (1.0, 2.0)
    """
    exceeded = [step for above_m, step in sorted(factors) if height_m > above_m]
    return float(exceeded[-1]) if exceeded else 1.0
