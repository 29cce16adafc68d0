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
    if is_selectable(codes):
        query = {"sel": ",".join(codes)}
        more |= {"rows": "selected"} if "table" in more else {}
    else:
        quoted = ",".join("'{}'".format(code.replace("'", "''")) for code in codes)
        query = {"filter": f"plot_code IN ({quoted})"}
    return f"/?{urlencode(query | _day(state) | more)}"


def map_of_projects(
    plot_codes: Sequence[str], state: AsOf, *, filter_text: str = "", plots_filter: str = ""
) -> str:
    """Return the map's address under the two filters of the pages of projects, their plots selected if not too many.

    Parameters
    ----------
    plot_codes : sequence of str
        Plots of the projects that the filters take in.
    state : AsOf
    filter_text, plots_filter : str
        CQL2-Text over projects and over plots; the map calls them projects= and filter=.

    Examples
    --------
    >>> from datetime import date
    >>> now = AsOf(3, date(2026, 3, 1), is_now=True)
    >>> map_of_projects(["A"], now, filter_text="light = 'red'", plots_filter="far < 1")
    '/?sel=A&filter=far+%3C+1&projects=light+%3D+%27red%27&layers=plots%2Cprojects'
    >>> map_of_projects([], now)
    '/?layers=plots%2Cprojects'
    """
    query = {
        "sel": ",".join(plot_codes) if is_selectable(plot_codes) else "",
        "filter": plots_filter,
        "projects": filter_text,
        "layers": "plots,projects",
    }
    return f"/?{urlencode({name: text for name, text in query.items() if text} | _day(state))}"


def is_selectable(codes: Sequence[str]) -> bool:
    """Return whether the map's address can hold some plots as a selection."""
    return len(codes) <= MOST_SELECTED and not any("," in code for code in codes)


def _day(state: AsOf) -> dict[str, str]:
    return {} if state.is_now else {"at": state.day.isoformat()}
