"""Split and merged plots: which plots of today stand for one that is gone."""

import re

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

_SEPARATORS = re.compile(r"[;；,，、\s]+")


def parse_lineage(predecessors: pd.Series) -> pd.DataFrame:
    """Return which plots were made from which.

    Parameters
    ----------
    predecessors : Series of str by plot_code
        Codes of the plots it was made from, "A;B" (；,，、 and spaces serve too); missing where it was made from none.

    Returns
    -------
    DataFrame: predecessor, successor (plot codes), each pair once, sorted
        A plot that names itself is no pair.

    Examples
    --------
    >>> parse_lineage(pd.Series({"C": "A；B", "D": None, "E": "A"})).to_numpy().tolist()
    [['A', 'C'], ['A', 'E'], ['B', 'C']]
    """
    pairs = _named_pairs(predecessors)
    return (
        pairs[pairs["predecessor"] != pairs["successor"]]
        .astype("str")
        .drop_duplicates()
        .sort_values(["predecessor", "successor"])
        .reset_index(drop=True)
    )


def named_by_themselves(predecessors: pd.Series) -> list[str]:
    """Return the plots that name themselves among those they were made from, sorted.

    Parameters
    ----------
    predecessors : Series of str by plot_code
        See `parse_lineage`.

    Examples
    --------
    >>> named_by_themselves(pd.Series({"C": "A；C", "D": None, "E": "A"}))
    ['C']
    """
    pairs = _named_pairs(predecessors)
    return sorted(set(pairs.loc[pairs["predecessor"] == pairs["successor"], "successor"]))


def _named_pairs(predecessors: pd.Series) -> pd.DataFrame:
    """Return what is written, pair by pair, whatever it is worth."""
    named = predecessors.dropna()
    codes = [_SEPARATORS.split(text.strip()) for text in named.tolist()]
    pairs = pd.DataFrame({"predecessor": codes, "successor": named.index}).explode("predecessor")
    return pairs[pairs["predecessor"].fillna("") != ""]


def circular_pairs(lineage: pd.DataFrame) -> pd.Series:
    """Return for each pair whether it is part of a circle: two plots cannot have been made from one another.

    Parameters
    ----------
    lineage : DataFrame
        See `parse_lineage`.
    """
    codes, plots = pd.factorize(pd.concat([lineage["predecessor"], lineage["successor"]]))
    before, after = np.split(codes, 2)
    links = sparse.coo_array((np.ones(len(before)), (before, after)), shape=(len(plots), len(plots)))
    circle = connected_components(links, directed=True, connection="strong")[1]
    return pd.Series(circle[before] == circle[after], index=lineage.index)


def heirs(lineage: pd.DataFrame, area_m2: pd.Series) -> pd.DataFrame:
    """Return which part of a plot's recognised area each plot made from it takes over.

    Parameters
    ----------
    lineage : DataFrame
        See `parse_lineage`; pairs in a circle are left out.
    area_m2 : Series by plot code
        Where it is unknown the plot is taken as of the mean size of the others made from the same one.

    Returns
    -------
    DataFrame: predecessor, successor, share (0 to 1, in proportion to area; they sum to 1), sorted

    Examples
    --------
    >>> lineage = parse_lineage(pd.Series({"B": "A", "C": "A"}))
    >>> heirs(lineage, pd.Series({"B": 6e3, "C": 4e3}))["share"].tolist()
    [0.6, 0.4]
    """
    pairs = lineage[~circular_pairs(lineage)].reset_index(drop=True) if len(lineage) else lineage
    area = pairs["successor"].map(area_m2).astype("float64").where(lambda known: known > 0)
    groups = area.groupby(pairs["predecessor"])
    size = area.fillna(groups.transform("mean")).fillna(1.0)
    return pairs.assign(share=size / size.groupby(pairs["predecessor"]).transform("sum"))


def generations(pairs: pd.DataFrame) -> pd.Series:
    """Return how many steps each plot is, by the longest way, from plots that were made from none.

    Parameters
    ----------
    pairs : DataFrame
        See `heirs`; without circles.

    Returns
    -------
    Series of int by plot code

    Examples
    --------
    >>> generations(parse_lineage(pd.Series({"B": "A", "C": "A;B"}))).to_dict()
    {'A': 0, 'B': 1, 'C': 2}
    """
    codes, plots = pd.factorize(pd.concat([pairs["predecessor"], pairs["successor"]]), sort=True)
    before, after = np.split(codes, 2)
    steps = np.zeros(len(plots), np.int64)
    while (is_short := steps[after] <= steps[before]).any():
        np.maximum.at(steps, after[is_short], steps[before[is_short]] + 1)
    return pd.Series(steps, index=plots)


def with_descendants(current: pd.Index, pairs: pd.DataFrame) -> pd.Index:
    """Return the plots that are on the register or from which, over any number of steps, such a plot was made.

    Parameters
    ----------
    current : Index of plot codes
    pairs : DataFrame
        See `heirs`; without circles.
    """
    known = current
    while True:
        found = pairs.loc[pairs["successor"].isin(known) & ~pairs["predecessor"].isin(known), "predecessor"]
        if found.empty:
            return known
        known = known.append(pd.Index(found.unique()))


def to_current_plots(members: pd.DataFrame, pairs: pd.DataFrame, current: pd.Index) -> pd.DataFrame:
    """Return rows about plots with those of plots that are gone handed down to the plots made from them.

    Parameters
    ----------
    members : DataFrame
        plot_code, area_m2 and whatever else.
    pairs : DataFrame
        See `heirs`.
    current : Index of plot_code
        On the register. Rows of other plots that became none of these are kept as they are.

    Examples
    --------
    >>> pairs = heirs(parse_lineage(pd.Series({"B": "A", "C": "A"})), pd.Series({"B": 3.0, "C": 1.0}))
    >>> to_current_plots(pd.DataFrame({"plot_code": ["A"], "area_m2": [8.0]}), pairs, pd.Index(["B", "C"]))
      plot_code  area_m2
    0         B      6.0
    1         C      2.0
    """
    while True:
        is_old = ~members["plot_code"].isin(current) & members["plot_code"].isin(pairs["predecessor"])
        if not is_old.any():
            return members
        rows = members[is_old].merge(pairs, left_on="plot_code", right_on="predecessor")
        passed = rows.assign(plot_code=rows["successor"], area_m2=rows["area_m2"] * rows["share"])
        members = pd.concat([members[~is_old], passed[list(members)]], ignore_index=True)
