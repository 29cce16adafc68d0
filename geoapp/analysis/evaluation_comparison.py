"""Two evaluations of the same year set against each other: ours and the official one, or before and after."""

import numpy as np
import pandas as pd

from geoapp.domain.evaluation import EXEMPT

SAME, NOT_THERE, NOT_HERE, LIST, EXEMPTION, MISSING, VETO, SCORE, LIMIT = (
    "", "not_there", "not_here", "list", "exemption", "missing", "veto", "score", "limit",
)  # fmt: skip
"""Why two grades differ: not at all; an enterprise only one has; another list; exempt in one; no grade in one; a
veto here; another score; the same score, but another limit between grades."""


def compare_results(here: pd.DataFrame, there: pd.DataFrame, score_decimals: int = 2) -> pd.DataFrame:
    """Return both results side by side and why they differ.

    Parameters
    ----------
    here, there : DataFrame by uscc
        list, score, grade ("" or missing where there is none); of *here* also veto ("" where there is none), if it is
        to be looked at.
    score_decimals : int
        Scores that are equal when rounded so are the same.

    Returns
    -------
    DataFrame by uscc, those of *here* first: list, score, grade of either (suffix _here, _there), difference (of the
    scores, here less there), is_same (the grade; list and score may differ all the same), why
    """
    everyone = here.index.append(there.index.difference(here.index))
    columns = {}
    for suffix, frame in (("here", here), ("there", there)):
        for name in ("list", "grade"):
            columns[f"{name}_{suffix}"] = frame[name].reindex(everyone).fillna("")
        columns[f"score_{suffix}"] = frame["score"].astype("float64").reindex(everyone)
    both = pd.DataFrame(columns, index=everyone)
    difference = both["score_here"] - both["score_there"]
    is_same = both["grade_here"] == both["grade_there"]
    in_here = pd.Series(everyone.isin(here.index), index=everyone)
    in_there = pd.Series(everyone.isin(there.index), index=everyone)
    exempt = (both["grade_here"] == EXEMPT) != (both["grade_there"] == EXEMPT)
    veto = here["veto"].reindex(everyone).fillna("") if "veto" in here else pd.Series("", index=everyone)
    cases = [
        ~in_there,
        ~in_here,
        is_same,
        exempt,
        (both["grade_here"] == "") | (both["grade_there"] == ""),
        both["list_here"] != both["list_there"],
        veto != "",
        difference.round(score_decimals) != 0,
    ]
    names = [NOT_THERE, NOT_HERE, SAME, EXEMPTION, MISSING, LIST, VETO, SCORE]
    why = pd.Series(np.select(cases, names, LIMIT), index=everyone, dtype="str")
    return both.assign(difference=difference, is_same=is_same & in_here & in_there, why=why)
