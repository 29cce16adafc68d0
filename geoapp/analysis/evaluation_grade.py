"""Grades of one list by quota: A and B rounded down, D up, ties by tax per 亩; vetoes before the quota."""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from geoapp.domain.evaluation import NO_AB, OUTRIGHT_D, GradeRules

BY_TAX, OPEN = "by_tax", "open"
"""What a tie says: the tax per 亩 decided, or nothing did."""


def quota(count: int, rules: GradeRules) -> dict[str, int]:
    """Return how many enterprises of a list get each grade.

    Counts are rounded down for A and B and up for D; C is what is left.

    Examples
    --------
    >>> quota(33, GradeRules(shares={"A": 0.2, "B": 0.4, "D": 0.05}))
    {'A': 6, 'B': 13, 'C': 12, 'D': 2}
    """
    exact = {grade: Fraction(str(share)) * count for grade, share in rules.shares.items()}
    best, good = math.floor(exact["A"]), math.floor(exact["B"])
    last = min(math.ceil(exact["D"]), count - best - good)
    return {"A": best, "B": good, "C": count - best - good - last, "D": last}


def grade_list(score: pd.Series, tax_per_mu: pd.Series, veto: pd.Series, rules: GradeRules) -> pd.DataFrame:
    """Return rank and grade of the enterprises of a list.

    Parameters
    ----------
    score : Series by uscc
        NaN for those who cannot be graded.
    tax_per_mu : Series by uscc
        万元/亩; decides between equal scores, unknown last.
    veto : Series of "", D, no_AB by uscc
        D is outright, with a score or without; no_AB gives C at best, and the place goes to the next.
    rules : GradeRules

    Returns
    -------
    DataFrame on the index of *score*
        rank (from 1, equal ones share it; NaN without a score), grade ("" without), tie ("", by_tax: another has the
        same score and the tax per 亩 decided; open: the tax is the same too), is_tie_across (an open tie whose
        enterprises have got different grades, by their code alone)
    """
    rounded = score.round(rules.score_decimals)
    known = rounded[score.notna()]
    tax = tax_per_mu.reindex(known.index).astype("float64").fillna(-np.inf)
    order = pd.DataFrame({"score": known, "tax": tax, "veto": veto.reindex(known.index), "code": known.index})
    order = order.sort_values(["score", "tax", "code"], ascending=[False, False, True])
    order["grade"] = _deal(order["veto"], rules, _outright_count(veto, rules))
    is_free = order["veto"] == ""
    pairs = order["grade"].where(is_free).groupby([order["score"], order["tax"]])
    is_same = pairs.transform("count") > 1
    position = pd.Series(np.arange(1, len(order) + 1), index=order.index)
    first = position.groupby([order["score"], order["tax"]]).transform("min")
    shares_score = order.groupby("score")["code"].transform("size") > 1
    found = pd.DataFrame(
        {
            "rank": first.astype("float64"),
            "grade": order["grade"],
            "tie": np.select([is_free & is_same, shares_score], [OPEN, BY_TAX], ""),
            "is_tie_across": is_free & (pairs.transform("nunique") > 1),
        }
    ).reindex(score.index)
    grade = found["grade"].mask(veto == OUTRIGHT_D, "D").fillna("")
    across = found["is_tie_across"].eq(True)
    return found.assign(grade=grade, tie=found["tie"].fillna(""), is_tie_across=across)


def _outright_count(veto: pd.Series, rules: GradeRules) -> int:
    return int((veto == OUTRIGHT_D).sum()) if rules.outright_in_quota else 0


def _deal(veto: pd.Series, rules: GradeRules, outright: int) -> np.ndarray:
    """Return the grades of enterprises in the order of their rank."""
    is_out = (veto == OUTRIGHT_D).to_numpy()
    places = quota(int((~is_out).sum()) + outright, rules)
    grades = np.full(len(veto), "C", dtype=object)
    grades[is_out] = "D"
    eligible = np.flatnonzero(~is_out & (veto != NO_AB).to_numpy())
    best, good = places["A"], places["A"] + places["B"]
    grades[eligible[:best]] = "A"
    grades[eligible[best:good]] = "B"
    rest = np.flatnonzero(grades == "C")
    last = max(0, places["D"] - outright)
    grades[rest[len(rest) - min(last, len(rest)) :]] = "D"
    return grades


def migration(before: pd.Series, after: pd.Series, grades: Sequence[str]) -> pd.DataFrame:
    """Return how many enterprises went from which grade to which.

    Parameters
    ----------
    before, after : Series of grades by uscc
        An enterprise that one of them lacks, or whose grade is not among *grades*, counts under "".
    grades : sequence of str
        The grades wanted, in their order; "" is added.

    Returns
    -------
    DataFrame of int, rows before, columns after
    """
    wanted = [*grades, ""]
    everyone = before.index.union(after.index)
    start, end = (column.reindex(everyone) for column in (before, after))
    start, end = start.where(start.isin(wanted), ""), end.where(end.isin(wanted), "")
    counts = pd.crosstab(start, end)
    table: pd.DataFrame = counts.reindex(index=wanted, columns=wanted, fill_value=0)
    return table
