"""Industrial land inside a control line that is planned for another use: which of it may be."""

from collections.abc import Collection

import pandas as pd


def is_allowed_change(ground: pd.Series, document: pd.Series, grounds: Collection[str]) -> pd.Series:
    """Return whether another use is allowed by a ground that is laid down and by a document that shows it.

    Parameters
    ----------
    ground : Series of str
        Code of the ground; empty where there is none, missing where nothing is known.
    document : Series of str
        Number of the document; empty where there is no ground, missing where a ground has no document.
    grounds : collection of str
        Codes of those that are laid down.

    Returns
    -------
    Series of "boolean"; missing where a ground that is laid down has no document

    Examples
    --------
    >>> ground = pd.Series(["plan", "plan", "", "other", None], dtype="str")
    >>> document = pd.Series(["1", None, "", None, None], dtype="str")
    >>> is_allowed_change(ground, document, ["plan"]).tolist()
    [True, <NA>, False, False, <NA>]
    """
    is_laid_down = ground.isin(list(grounds)).astype("boolean").mask(ground.isna())
    return is_laid_down & (document != "").astype("boolean").mask(document.isna())


def change_document(ground: pd.Series, document: pd.Series) -> pd.Series:
    """Return the document of each plot as `is_allowed_change` wants it; blanks alone are no number.

    Examples
    --------
    >>> ground = pd.Series(["plan", "plan", ""], dtype="str")
    >>> change_document(ground, pd.Series(["1", " ", "2"], dtype="str")).tolist()
    ['1', nan, '']
    """
    number = document.str.strip()
    return number.mask(number == "").mask(ground == "", "").astype("str")
