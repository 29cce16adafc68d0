"""Plots that lie together (连片): near enough to one another to be developed as one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geoapp.analysis.candidate_score import Terms
from geoapp.analysis.candidate_terms import TermScales, gap
from geoapp.units import m2_to_mu


def block_numbers(polygons: NDArray[np.object_], gap_m: float) -> NDArray[np.int64]:
    """Return to which block each polygon belongs.

    Parameters
    ----------
    polygons : array of polygons in a plane, metres
        A missing or empty one is a block of its own.
    gap_m : float
        Polygons no further apart than this, and those near them, are one block; 0 joins only what touches.

    Returns
    -------
    array of int, blocks numbered from 0 in the order of their first polygon
    """
    near = _near_pairs(polygons, gap_m)
    labels = np.arange(len(polygons))
    # The first pair of each polygon, then the second: most pairs are in one block by then and need no distance.
    for turn in range(near["turn"].max() + 1 if len(near) else 0):
        pairs = near[near["turn"] == turn]
        first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
        is_open = labels[first] != labels[second]
        first, second = first[is_open], second[is_open]
        is_near = shapely.dwithin(polygons[first], polygons[second], gap_m)
        labels = _joined(labels, first[is_near], second[is_near])
    return pd.factorize(labels)[0].astype(np.int64)


def _near_pairs(polygons: NDArray[np.object_], gap_m: float) -> pd.DataFrame:
    """Return pairs whose boxes are near, each once, and the how many-th pair of its first polygon each is."""
    west, south, east, north = shapely.bounds(polygons).T
    reach = shapely.box(west - gap_m, south - gap_m, east + gap_m, north + gap_m)
    first, second = shapely.STRtree(polygons).query(reach)
    pairs = pd.DataFrame({"first": first, "second": second})[first < second]
    numbered: pd.DataFrame = pairs.assign(turn=pairs.groupby("first").cumcount())
    return numbered


def _joined(labels: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    links = sparse.coo_array(
        (np.ones(len(first), np.int8), (labels[first], labels[second])), shape=(len(labels),) * 2
    )
    joined: NDArray[np.intp] = connected_components(links, directed=False)[1][labels]
    return joined


def block_terms(
    plots: pd.DataFrame, terms: Terms, block: pd.Series, scales: TermScales
) -> tuple[pd.DataFrame, Terms]:
    """Return the blocks as wholes and their terms.

    Parameters
    ----------
    plots : DataFrame
        site_area_m2, gfa_counted_m2, potential_gfa_m2 (m2), far_target, tax_wan (万元).
    terms : Terms
        Of the plots.
    block : Series on the plots' index
        Number of each plot's block.
    scales : TermScales

    Returns
    -------
    DataFrame by block: plot_count, site_area_m2, potential_gfa_m2, far, tax_wan_per_mu
        Sums and ratios over the plots where they are known.
    Terms by block
        Plot ratio and tax from sums over the plots that have both parts, size from the whole area; the others as means
        by area. Land of which a term is not known leaves the term open.
    """
    sums = _Sums(block, plots["site_area_m2"].fillna(0.0))
    has_area = plots["site_area_m2"].notna()
    has_far, has_tax = has_area & plots["gfa_counted_m2"].notna(), has_area & plots["tax_wan"].notna()
    far = sums.of(plots["gfa_counted_m2"], has_far) / sums.area(has_far)
    tax_wan_per_mu = sums.of(plots["tax_wan"], has_tax) / m2_to_mu(sums.area(has_tax))
    whole = sums.area()
    blocks = pd.DataFrame(
        {
            "plot_count": block.groupby(block).size(),
            "site_area_m2": whole,
            "potential_gfa_m2": sums.of(plots["potential_gfa_m2"], plots["potential_gfa_m2"].notna()),
            "far": far,
            "tax_wan_per_mu": tax_wan_per_mu,
        }
    )
    value = pd.DataFrame({name: sums.mean(terms.value[name]) for name in terms.value})
    least = pd.DataFrame({name: sums.mean(terms.least[name]) for name in terms.value})
    most = pd.DataFrame({name: sums.mean(terms.most[name]) for name in terms.value})
    as_whole = {
        "far_gap": (gap(far, sums.mean(plots["far_target"].where(has_far))), sums.area(has_far) / whole),
        "tax_gap": (gap(tax_wan_per_mu, scales.tax_target_wan_per_mu), sums.area(has_tax) / whole),
        "size": ((m2_to_mu(whole) / scales.full_area_mu).clip(0.0, 1.0), pd.Series(1.0, index=whole.index)),
    }
    for name, (found, share) in as_whole.items():
        known = share.fillna(0.0)
        value[name], least[name] = found, found.fillna(0.0) * known
        most[name] = least[name] + (1.0 - known)
    return blocks, Terms(value, least, most)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums and means by area over the plots of each block."""

    block: pd.Series
    area_m2: pd.Series

    def of(self, values: pd.Series, where: pd.Series) -> pd.Series:
        """Return the sums of values over the plots where they are known."""
        return values.where(where, 0.0).groupby(self.block).sum()

    def area(self, where: pd.Series | None = None) -> pd.Series:
        """Return the area (m2) of some of the plots, NaN where it is none."""
        area = self.area_m2 if where is None else self.area_m2.where(where, 0.0)
        sums = area.groupby(self.block).sum()
        return sums.where(sums > 0)

    def mean(self, values: pd.Series) -> pd.Series:
        """Return the means by area over the plots where they are known."""
        is_known = values.notna()
        return self.of(values * self.area_m2, is_known) / self.area(is_known)
