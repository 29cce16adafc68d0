"""Patterns over the colours of a legend, so that its classes can be told apart in grey print."""

from collections.abc import Sequence

PATTERNS = ("", "dots", "horizontal", "vertical", "cross", "diagonal")
"""In the order in which known classes take them; the diagonal is the unknown class's as a rule."""
LEAST_STEP = 7.5
"""Of L* between two classes under one pattern: closer greys, apart on the sheet, are taken for one."""
DARK = 50.0
"""L* below which a dark pattern is not seen: it is drawn in white."""
LIGHT_INK = "#ffffff"


def distinct_patterns(
    own: Sequence[str], lightness: Sequence[float], is_unknown: Sequence[bool]
) -> list[str]:
    """Return a pattern for each class, such that two of the same pattern differ in lightness.

    Classes that have a pattern of their own keep it. The unknown class comes next and keeps its own look if it can;
    then the others, in their order. Where no pattern is far enough from what is there, it is the farthest.

    Parameters
    ----------
    own : Sequence of str
        The patterns that the register or the colouring gives; "" is plain.
    lightness : Sequence of float
        L* of each class's colour on paper.
    is_unknown : Sequence of bool

    Returns
    -------
    list of str

    Examples
    --------
    >>> distinct_patterns(["", "", "", "diagonal"], [91.0, 88.0, 60.0, 89.0], [False, False, False, True])
    ['', 'dots', '', 'diagonal']
    """
    found = {i: name for i, name in enumerate(own) if name and not is_unknown[i]}

    def distance(i: int, name: str) -> float:
        others = [lightness[j] for j, placed in found.items() if placed == name]
        return min((abs(lightness[i] - other) for other in others), default=100.0)

    for i in sorted(set(range(len(own))) - set(found), key=lambda i: not is_unknown[i]):
        wanted = (own[i], *reversed(PATTERNS)) if is_unknown[i] else PATTERNS
        distances = {name: distance(i, name) for name in wanted}
        apart = [name for name in wanted if distances[name] >= LEAST_STEP]
        found[i] = apart[0] if apart else max(distances, key=distances.__getitem__)
    return [found[i] for i in range(len(own))]


def ink(fill: str, fill_opacity: float, stroke: str) -> str:
    """Return the colour of a class's pattern: its outline's, white on dark.

    Examples
    --------
    >>> ink("#f6dd7f", 0.8, "#4c3926"), ink("#22407f", 0.8, "#4c3926")
    ('#4c3926', '#ffffff')
    """
    return LIGHT_INK if paper_lightness(fill, fill_opacity) < DARK else stroke


def paper_lightness(color: str, opacity: float) -> float:
    """Return how light a colour "#rrggbb" of some opacity is on white paper, CIE L*.

    Examples
    --------
    >>> round(paper_lightness("#000000", 0.0)), round(paper_lightness("#000000", 1.0))
    (100, 0)
    """
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return lightness_of(
        "#" + "".join(f"{round(part * opacity + 255 * (1 - opacity)):02x}" for part in channels)
    )


def lightness_of(color: str) -> float:
    """Return how light a colour "#rrggbb" is to the eye, CIE L* from 0 (black) to 100 (white).

    Examples
    --------
    >>> round(lightness_of("#ffffff")), round(lightness_of("#777777"))
    (100, 50)
    """
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance)
