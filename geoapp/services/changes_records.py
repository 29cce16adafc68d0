"""What became of records between two states: one reading for all kinds of records."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def all_keys(
    old: pd.DataFrame,
    new: pd.DataFrame,
    level: str | None,
    revisions: Sequence[int],
    counted: Sequence[pd.Index] | None,
    subjects_on: Callable[[int, pd.Index], set[str]],
) -> pd.Index:
    """Return the keys of two states.

    Parameters
    ----------
    old, new : DataFrame by key
    level : str, optional
        The part of a compound key that names the subject; the key itself if left out.
    revisions : pair of int
    counted : pair of Index of plot codes, optional
        Only records whose subject is on one of these plots, in either state; all if left out.
    subjects_on : callable
        (revision, plots) -> the subjects on them.
    """
    keys = old.index.union(new.index)
    if counted is None:
        return keys
    wanted = [subjects_on(number, plots) for number, plots in zip(revisions, counted, strict=True)]
    return keys[keys.get_level_values(level if level is not None else 0).isin(wanted[0] | wanted[1])]


def kinds_of_change(first: pd.DataFrame, second: pd.DataFrame, was: Mask, is_: Mask, state: str) -> pd.Series:
    """Return by key new, gone, the name of the column *state* where it differs, and "" where nothing did.

    Parameters
    ----------
    first, second : DataFrame by key
        Both states, with the same keys.
    was, is_ : array of bool
        Whether the record was there in the first, and in the second.
    state : str
    """
    kind = pd.Series("", index=first.index, dtype="object")
    kind[was & is_ & (first[state] != second[state]).to_numpy(bool)] = state
    kind[~was] = "new"
    kind[~is_] = "gone"
    return kind
