"""How intensely plots are built on: counted floor area, plot ratio, site coverage, building coefficient.

Source of the definitions: 国土资发〔2008〕24号 工业项目建设用地控制指标.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

UNKNOWN_FAR_CLASS = "unknown"


def counted_floor_area(
    buildings: pd.DataFrame, storey_factors: Sequence[tuple[float, float]], basement_factor: float = 0.0
) -> pd.DataFrame:
    """Return the floor area of each building that counts for the plot ratio (计容建筑面积).

    Parameters
    ----------
    buildings : DataFrame, one row per building
        gfa_m2 (m2, above and below ground), basement_gfa_m2 (m2), basement_storeys, storey_height_m (m).
    storey_factors : sequence of (height_m, factor)
        Storeys strictly higher than height_m count by factor; the highest step exceeded wins. [(8.0, 2.0)].
    basement_factor : float
        By which floor area below ground counts; 0 leaves it out.

    Returns
    -------
    DataFrame on the buildings' index: above_ground_m2, basement_m2, storey_factor, counted_m2,
    is_height_known (bool)

    Notes
    -----
    An unknown storey height counts once and is flagged, so the figure is then a lower bound. A basement area left
    blank is none where no basement storeys are given, and unknown where some are; unknown floor area stays unknown.

    Examples
    --------
    >>> halls = pd.DataFrame({"gfa_m2": [1000.0, 1000.0], "basement_gfa_m2": 0.0, "storey_height_m": [8.0, 8.1]})
    >>> counted_floor_area(halls.assign(basement_storeys=0), [(8.0, 2.0)])["counted_m2"].tolist()
    [1000.0, 2000.0]
    """
    height = buildings["storey_height_m"].to_numpy(float)
    factor = np.ones(len(buildings))
    for above_m, step in sorted(storey_factors):
        factor = np.where(height > above_m, step, factor)
    has_basement = buildings["basement_storeys"].fillna(0).to_numpy(float) > 0
    basement = buildings["basement_gfa_m2"].to_numpy(float)
    basement = np.where(np.isnan(basement) & ~has_basement, 0.0, basement)
    above_ground = np.maximum(buildings["gfa_m2"].to_numpy(float) - basement, 0.0)
    columns = {
        "above_ground_m2": above_ground,
        "basement_m2": basement,
        "storey_factor": factor,
        "counted_m2": above_ground * factor + basement * basement_factor,
        "is_height_known": ~np.isnan(height),
    }
    return pd.DataFrame(columns, index=buildings.index)


def sum_by_plot(values: pd.Series, plot_code: pd.Series, plots: pd.Index) -> pd.Series:
    """Return the sum of the buildings' values on each plot; unknown as soon as one building's is.

    A sum over the known ones alone would pass for the whole. A plot without buildings is unknown too: nobody surveyed
    it.

    Parameters
    ----------
    values, plot_code : Series on the same index
        A building's value and the plot it stands on.
    plots : Index
        The plots wanted, each once.

    Examples
    --------
    >>> values, codes = pd.Series([1.0, 2.0, None]), pd.Series(["A", "A", "B"])
    >>> sum_by_plot(values, codes, pd.Index(["A", "B", "C"])).tolist()
    [3.0, nan, nan]
    """
    if values.empty:
        return pd.Series(np.nan, index=plots)
    groups = values.astype("float64").groupby(plot_code.to_numpy())
    return groups.sum().where(groups.count() == groups.size()).reindex(plots)


def first_known(candidates: Mapping[str, pd.Series], order: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """Return for each row the first known value in *order*, and which one it is ("" where none is).

    Parameters
    ----------
    candidates : mapping of name to Series on one index
        NaN is unknown.
    order : sequence of names
        Which is asked first.

    Examples
    --------
    >>> value, basis = first_known({"a": pd.Series([None, 2.0]), "b": pd.Series([3.0, 4.0])}, ["a", "b"])
    >>> value.tolist(), basis.tolist()
    ([3.0, 2.0], ['b', 'a'])
    """
    ordered = pd.DataFrame({name: candidates[name].astype("float64") for name in order})
    known = ordered.notna().to_numpy()
    position = known.argmax(axis=1)
    has_any = known.any(axis=1)
    names = np.array(order, dtype=object)
    value = np.where(has_any, ordered.to_numpy()[np.arange(len(ordered)), position], np.nan)
    basis = np.where(has_any, names[position], "")
    return pd.Series(value, index=ordered.index), pd.Series(basis, index=ordered.index, dtype="str")


def site_area(areas_m2: Mapping[str, pd.Series], order: Sequence[str]) -> tuple[pd.Series, pd.Series]:
    """Return the site area (用地面积, m2) of each plot and its basis.

    Parameters
    ----------
    areas_m2 : mapping of basis ("registered", "ellipsoid", "plane") to Series of m2
        An area of zero or less is as good as unknown.
    order : sequence of bases
        The first that is known is taken.

    Returns
    -------
    (Series of m2, Series of basis), on the areas' index; NaN and "" where none is known
    """
    return first_known({basis: area.where(area > 0) for basis, area in areas_m2.items()}, order)


def ratio(numerator: pd.Series, site_area_m2: pd.Series) -> pd.Series:
    """Return something per site area; unknown where either is, or where the site area is not above zero.

    Examples
    --------
    >>> ratio(pd.Series([5e3, 5e3]), pd.Series([1e4, 0.0])).tolist()
    [0.5, nan]
    """
    return numerator / site_area_m2.where(site_area_m2 > 0)


def building_coefficient(
    footprint_m2: pd.Series, structure_yard_m2: pd.Series, site_area_m2: pd.Series
) -> pd.Series:
    """Return the building coefficient (建筑系数, share): buildings, structures and open yards over the site.

    Unlike site coverage (建筑密度), which holds buildings alone. Unknown where either area is.

    Examples
    --------
    >>> building_coefficient(pd.Series([2500.0]), pd.Series([500.0]), pd.Series([1e4])).tolist()
    [0.3]
    """
    return ratio(footprint_m2 + structure_yard_m2, site_area_m2)


def far_class_codes(breaks: Sequence[float]) -> list[str]:
    """Return the codes of the plot-ratio classes, lowest first, the unknown last.

    Examples
    --------
    >>> far_class_codes([0.6, 1.0])
    ['<0.6', '0.6-1.0', '>=1.0', 'unknown']
    """
    texts = [far_break_text(limit) for limit in breaks]
    between = [f"{low}-{high}" for low, high in pairwise(texts)]
    return [f"<{texts[0]}", *between, f">={texts[-1]}", UNKNOWN_FAR_CLASS]


def far_break_text(limit: float) -> str:
    """Return a limit between classes with one decimal, or with all that it has.

    Examples
    --------
    >>> far_break_text(1.0), far_break_text(0.75)
    ('1.0', '0.75')
    """
    one_decimal = f"{limit:.1f}"
    return one_decimal if float(one_decimal) == limit else f"{limit:g}"


def far_class(far: pd.Series, breaks: Sequence[float]) -> pd.Series:
    """Return the class of each plot ratio; a ratio on a break belongs to the class above.

    Examples
    --------
    >>> far_class(pd.Series([0.59, 0.6, 2.0, None]), [0.6, 1.0, 1.5, 2.0]).tolist()
    ['<0.6', '0.6-1.0', '>=2.0', 'unknown']
    """
    codes = np.array(far_class_codes(breaks), dtype=object)
    position = np.searchsorted(np.asarray(breaks), far.to_numpy(float), side="right")
    return pd.Series(np.where(far.isna(), codes[-1], codes[position]), index=far.index, dtype="str")
