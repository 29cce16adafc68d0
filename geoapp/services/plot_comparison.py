"""Two plots side by side: their cards, key numbers with the difference, and outlines at one scale."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geoapp.analysis.plane import to_plane
from geoapp.errors import UsageError
from geoapp.services.plot_card import PlotCard, plot_card
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS, plot_facts, today
from geoapp.services.record_card import UNKNOWN
from geoapp.services.workspace import Workspace

_MARGIN_SHARE = 0.08
_FINEST_SHARE = 1 / 800
"""Of the drawing's side: smaller bends are not seen."""
_BAR_SHARE = 1 / 3
_TICK_SHARE = 1 / 64
_NUMBERS: tuple[tuple[str, str, str], ...] = (
    ("用地面积", "land", "site_area_m2"),
    ("计容建筑面积", "area_m2", "gfa_counted_m2"),
    ("容积率", "far", "far"),
    ("建筑面积", "area_m2", "gfa_actual_m2"),
    ("建筑占地面积", "area_m2", "footprint_m2"),
    ("建筑密度", "percent", "site_coverage"),
    ("建筑系数", "percent", "building_coefficient"),
    ("亩均税收", "wan_per_mu", "tax_wan_per_mu"),
    ("已认定盘活", "land", "recognised_m2"),
    ("推进中盘活", "land", "doing_m2"),
)
"""Label, kind and fact of each number compared."""
_WORDS: tuple[tuple[str, Callable[[PlotCard], str]], ...] = (
    ("亩均评价", lambda card: card.grade),
    ("低效判定", lambda card: LOW_EFFICIENCY_WORDS[card.low_efficiency]),
    ("项目阶段", lambda card: card.stage),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLine:
    """One number of both plots."""

    label: str
    kind: str
    """How it is written: land (in the reader's unit) and area_m2 of m2, far, percent of a share, wan_per_mu."""
    values: tuple[float | None, float | None]

    @property
    def difference(self) -> float | None:
        """The second less the first; None where either is unknown."""
        first, second = self.values
        return None if first is None or second is None else second - first


@dataclass(frozen=True, slots=True, kw_only=True)
class WordLine:
    """One verdict on both plots."""

    label: str
    values: tuple[str, str]

    @property
    def is_same(self) -> bool:
        """Whether both plots have the same."""
        return self.values[0] == self.values[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """The shapes of both plots, north up, each in the middle of a square of the same side: they are at one scale."""

    side_m: float
    paths: tuple[str, str]
    """SVG path data in metres, y downwards; empty where a plot has no shape."""
    bar_m: float
    """Length of the scale bar."""
    bar_path: str
    """The scale bar at the lower left of either square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotComparison:
    """What the page of two plots shows."""

    cards: tuple[PlotCard, PlotCard]
    numbers: tuple[NumberLine, ...]
    words: tuple[WordLine, ...]
    outlines: Outlines | None
    """None where neither plot has a shape."""


def compare_plots(workspace: Workspace, text: str, *, day: date | None = None) -> PlotComparison:
    """Return two plots side by side as they are now.

    Parameters
    ----------
    workspace : Workspace
    text : str
        Their codes, separated by a comma.
    day : date, optional
        Whose thresholds hold; today if left out.

    Raises
    ------
    UsageError
        Not two codes, or the same twice.
    NotFoundError
        There never was such a plot.
    GoneError
        One was withdrawn.
    """
    codes = [code for code in (part.strip() for part in text.split(",")) if code]
    if len(codes) != 2:
        raise UsageError(
            f"对比需要两宗地块，这里有 {len(codes)} 宗。地址应为 /compare?plots=甲的编号,乙的编号。"
        )
    if codes[0] == codes[1]:
        raise UsageError(f"两个编号都是“{codes[0]}”。请选两宗不同的地块。")
    day = today() if day is None else day
    cards = (plot_card(workspace, codes[0], day=day), plot_card(workspace, codes[1], day=day))
    shapes = plot_facts(workspace, day=day).geometry.loc[codes]
    return PlotComparison(
        cards=cards,
        numbers=tuple(
            NumberLine(label=label, kind=kind, values=(_fact(cards[0], fact), _fact(cards[1], fact)))
            for label, kind, fact in _NUMBERS
        ),
        words=tuple(
            WordLine(label=label, values=(words(cards[0]) or UNKNOWN, words(cards[1]) or UNKNOWN))
            for label, words in _WORDS
        ),
        outlines=_outlines(shapes, workspace.settings.working_crs),
    )


def _fact(card: PlotCard, name: str) -> float | None:
    value: Any = card.facts[name]
    return None if value is None or math.isnan(value) else float(value)


def _outlines(plots: gpd.GeoSeries, working_crs: int) -> Outlines | None:
    placed = to_plane(plots, CRS.from_epsg(working_crs)).to_numpy()
    west, south, east, north = shapely.bounds(placed).reshape(-1, 4).T
    widest = np.nanmax([east - west, north - south, [0.0, 0.0]])
    if widest == 0:
        return None
    side_m = float(widest) * (1 + 2 * _MARGIN_SHARE)
    paths = tuple(_path(shape, side_m) for shape in placed)
    bar_m = round_length(side_m * _BAR_SHARE)
    tick_m = side_m * _TICK_SHARE
    bar_path = f"M{2 * tick_m:.1f} {side_m - 3 * tick_m:.1f} v{tick_m:.1f} h{bar_m:g} v{-tick_m:.1f}"
    return Outlines(side_m=round(side_m, 1), paths=(paths[0], paths[1]), bar_m=bar_m, bar_path=bar_path)


def _path(shape: shapely.Geometry | None, side_m: float) -> str:
    if shape is None or shapely.is_empty(shape):
        return ""
    west, south, east, north = shapely.bounds(shape)
    left, top = (west + east - side_m) / 2, (south + north + side_m) / 2
    simple = shapely.simplify(shape, side_m * _FINEST_SHARE)
    rings = shapely.get_rings(shapely.get_parts(simple))
    return " ".join(_ring_path(shapely.get_coordinates(ring), left, top) for ring in rings)


def _ring_path(corners: np.ndarray, left: float, top: float) -> str:
    points = [f"{x - left:.1f} {top - y:.1f}" for x, y in corners[:-1]]
    return f"M{' L'.join(points)}Z"


def round_length(longest_m: float) -> float:
    """Return the longest round length (1, 2 or 5 times a power of ten) that is not above a limit.

    Examples
    --------
    >>> [round_length(limit) for limit in (1.5, 74.0, 20.0, 999.0)]
    [1.0, 50.0, 20.0, 500.0]
    """
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1, 2, 5) if step * power <= longest_m)
