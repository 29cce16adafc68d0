"""How sheets are printed: columns as wide as their texts, and as many pages across as it takes to stay legible."""

import math
from collections.abc import Iterable, Sequence

from xlsxwriter.worksheet import Worksheet

A3, A4 = 8, 9
"""Excel's numbers of the papers."""
LINE_HEIGHT = 15
"""Of 11 points, in points."""
_PAGE_PIXELS = 1_060
"""What goes across A3 on its side at full size within margins of a centimetre, 1,490, with room for wider digits: an
office without the sheet's font would cut pages elsewhere."""
_DIGIT_PIXELS, _COLUMN_PIXELS = 7, 5
"""Of a digit in the sheet's font, and around a column's content."""
_WIDER = 0.55
"""What each further byte of a character adds: a Chinese one has three."""
_LEAST_SCALE = 60
"""Per cent at which 11 points, still 6.6 on paper, can be read; wider tables take more pages."""


def text_width(text: str) -> float:
    """Return a text's width in digits; a Chinese character takes a little more than two.

    Examples
    --------
    >>> text_width("FAR"), text_width("容积率")
    (3.0, 6.3)
    """
    return round(len(text) + _WIDER * (len(text.encode()) - len(text)), 1)


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of a width in digits.

    Examples
    --------
    >>> lines_of("江北高新技术产业园", 8), lines_of("A", 8), lines_of("", 8)
    (3, 1, 1)
    """
    return sum(max(1, math.ceil(text_width(line) / width)) for line in text.split("\n"))


def page_starts(widths: Sequence[float], groups: Iterable[int] = (), *, most: float = 0.0) -> list[int]:
    """Return the first column of each page that a table takes across, its first column repeated on each.

    Parameters
    ----------
    widths : sequence of float
        Of the columns, in digits.
    groups : iterable of int
        First columns of groups that should stay together; each column is one where left out.
    most : float
        What goes across a page, in pixels; A3 at the smallest legible size if left out.

    Returns
    -------
    list of int
        0 first; groups wider than a page are cut all the same.

    Examples
    --------
    >>> page_starts([5, 5, 5, 5, 5], groups=[1, 3], most=160)
    [0, 3]
    >>> page_starts([5, 5, 5, 5, 5], groups=[2], most=160)
    [0, 2]
    >>> page_starts([5, 5], most=160)
    [0]
    """
    most = most or _PAGE_PIXELS * 100 / _LEAST_SCALE
    pixels = [width * _DIGIT_PIXELS + _COLUMN_PIXELS for width in widths]
    allowed = set(groups) or set(range(1, len(widths)))
    starts, used, since = [0], sum(pixels[:1]), 1
    for column in range(1, len(pixels)):
        since = column if column in allowed else since
        if used + pixels[column] > most:
            starts.append(since if since > max(1, starts[-1]) else column)
            used = pixels[0] + sum(pixels[starts[-1] : column])
        used += pixels[column]
    return starts


def print_wide(sheet: Worksheet, widths: Sequence[float], groups: Iterable[int] = ()) -> list[range]:
    """Set a sheet up for A3 on its side and return the columns of each page across, as headings may take them.

    One page where that is legible, else as many as `page_starts` gives, the first column repeated on each: headings
    leave it free, or they would be cut off there.
    """
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    starts = page_starts(widths, groups)
    if len(starts) == 1:
        sheet.fit_to_pages(1, 0)
        return [range(len(widths))]
    sheet.repeat_columns(0)
    sheet.set_print_scale(_LEAST_SCALE)
    sheet.set_v_pagebreaks(starts[1:])
    sheet.print_across()
    ends = [*starts[1:], len(widths)]
    return [range(max(1, start), end) for start, end in zip(starts, ends, strict=True)]
