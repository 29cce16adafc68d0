"""Links to the map with some plots: selected where the address can hold them, filtered where they are many."""

from collections.abc import Sequence
from urllib.parse import urlencode

from geoapp.services.as_of import AsOf

MOST_SELECTED = 100
"""Plots that the map keeps as a selection in its address."""


def map_of_plots(codes: Sequence[str], state: AsOf, **more: str) -> str:
    """Return the map's address with some plots.

    Parameters
    ----------
    codes : sequence of str
    state : AsOf
        The day is kept where it is not now.
    **more
        Further parameters of the map, such as table="plots": the table then lists only these plots.

    Examples
    --------
    >>> from datetime import date
    >>> map_of_plots(["A", "B"], AsOf(3, date(2026, 3, 1), is_now=True), table="plots")
    '/?sel=A%2CB&table=plots&rows=selected'
    """
    if len(codes) <= MOST_SELECTED and not any("," in code for code in codes):
        query = {"sel": ",".join(codes)}
        more |= {"rows": "selected"} if "table" in more else {}
    else:
        quoted = ",".join("'{}'".format(code.replace("'", "''")) for code in codes)
        query = {"filter": f"plot_code IN ({quoted})"}
    day = {} if state.is_now else {"at": state.day.isoformat()}
    return f"/?{urlencode(query | day | more)}"
