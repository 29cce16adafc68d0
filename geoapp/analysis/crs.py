"""Which coordinate system a file's coordinates are in: judged by where they land, asked for where nothing fits."""

import re
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from geoapp.domain.policy import Policy
from geoapp.errors import CrsError
from geoapp.units import limit_text

WINDOW_PREFIX = "crs_window_"
_FOUR_PARAMETERS = re.compile(
    r"\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*,\s*([-+\d.eE]+)\s*(?:@\s*(.+))?"
)
_NAMES_ZH = (
    (re.compile(r"^China Geodetic Coordinate System 2000$"), "CGCS2000 经纬度"),
    (re.compile(r" / (\d)-degree Gauss-Kruger"), r" \1度带"),
    (re.compile(r"\bCM (\d+)E$"), r"中央经线\1°"),
    (re.compile(r"\bzone (\d+)$"), r"第\1带"),
)
"""What the register of coordinate systems says in English."""
Bounds = tuple[float, float]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsWindow:
    """The numbers that coordinates of this district take in one coordinate system."""

    crs: str
    """Such as "EPSG:4549"; empty where its parameters are not public."""
    zh: str
    x: Bounds
    """Easting in metres or longitude in degrees: (lowest, highest)."""
    y: Bounds
    needs_parameters: bool = False

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """Return which points (rows of x, y) lie in the window, edges included."""
        return within(points, self.x, self.y)

    @property
    def label(self) -> str:
        """Words for the user, with the code."""
        return f"{self.zh} {self.crs}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsRules:
    """The windows of one district and how strictly they are applied."""

    windows: tuple[CrsWindow, ...]
    district_x: Bounds
    """Longitudes, degrees."""
    district_y: Bounds
    margin_deg: float
    min_share: float
    """Share of the records that must fit before a system is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsDetection:
    """What the magnitude of the coordinates says."""

    window: CrsWindow | None
    is_swapped: bool
    share: float
    """Of the records, in the best window."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCrs:
    """A coordinate system that a user named, perhaps behind a four-parameter transform of local coordinates."""

    text: str
    crs: CRS
    shift: tuple[float, float, float, float] | None = None
    """dx (m), dy (m), rotation (degrees, anticlockwise), scale."""


def crs_rules(policy: Policy, day: date) -> CrsRules:
    """Return the district's windows from the rule book (`policy/crs_windows.toml`) as of *day*."""
    windows = tuple(
        _window(number.zh, number.on(day))
        for number_id, number in policy.numbers.items()
        if number_id.startswith(WINDOW_PREFIX)
    )
    district = policy.value("import_district_window", day)
    return CrsRules(
        windows=windows,
        district_x=tuple(district["x"]),
        district_y=tuple(district["y"]),
        margin_deg=policy.value("import_district_margin_deg", day),
        min_share=policy.value("import_crs_min_share", day),
    )


def _window(zh: str, value: dict) -> CrsWindow:
    return CrsWindow(
        crs=value["crs"],
        zh=zh,
        x=tuple(value["x"]),
        y=tuple(value["y"]),
        needs_parameters=value.get("needs_parameters", False),
    )


def parse_crs(text: str, target: str = "EPSG:4549") -> GivenCrs:
    """Return the coordinate system a user names.

    Parameters
    ----------
    text : str
        An EPSG code ("4549", "EPSG:4549"), a PROJ string, WKT, or four parameters "dx,dy,rotation,scale" (metres,
        metres, degrees anticlockwise, factor) with an optional "@CRS" of the result:
        x' = dx + scale (x cos r - y sin r), y' = dy + scale (x sin r + y cos r).
    target : str
        The CRS that four parameters lead to where the text names none.

    Raises
    ------
    CrsError
        It is none of these, or neither geographic nor projected.

    Examples
    --------
    >>> parse_crs("4549").crs.to_epsg()
    4549
    >>> parse_crs("100, -50, 0, 1@EPSG:4528").shift
    (100.0, -50.0, 0.0, 1.0)
    """
    four = _FOUR_PARAMETERS.fullmatch(text)
    if four is None:
        return GivenCrs(text=text.strip(), crs=_crs_of(text))
    try:
        dx, dy, rotation, scale = (float(part) for part in four.groups()[:4])
    except ValueError:
        raise CrsError(f"四参数“{text}”不是四个数。格式：dx,dy,旋转角(度),尺度@EPSG:4549。") from None
    if scale <= 0:
        raise CrsError(f"四参数“{text}”的尺度应大于 0。格式：dx,dy,旋转角(度),尺度@EPSG:4549。")
    return GivenCrs(text=text.strip(), crs=_crs_of(four[5] or target), shift=(dx, dy, rotation, scale))


def _crs_of(text: str) -> CRS:
    text = text.strip()
    code = text.upper().removeprefix("EPSG:")
    try:
        crs = CRS.from_epsg(int(code)) if code.isdecimal() else CRS.from_user_input(text)
    except ProjError:
        raise CrsError(f"不认识坐标系“{text}”。请给出 EPSG 代码（如 4549）、PROJ 串或 WKT。") from None
    if not is_usable(crs):
        raise CrsError(f"“{text}”不是地理坐标系或投影坐标系，无法换算到 CGCS2000 经纬度。")
    return crs


def is_usable(crs: CRS | None) -> bool:
    """Tell whether a declared CRS says where on Earth; GeoPackage's "Undefined ..." does not."""
    if crs is None or crs.name.lower().startswith("undefined"):
        return False
    return bool(crs.is_geographic or crs.is_projected)


def crs_name(crs: CRS) -> str:
    """Return a CRS in words.

    Examples
    --------
    >>> crs_name(CRS.from_epsg(4490))
    'EPSG:4490（CGCS2000 经纬度）'
    >>> crs_name(CRS.from_epsg(4549)), crs_name(CRS.from_epsg(4528))
    ('EPSG:4549（CGCS2000 3度带 中央经线120°）', 'EPSG:4528（CGCS2000 3度带 第40带）')
    """
    code = crs.to_epsg()
    name = str(crs.name)
    for pattern, words in _NAMES_ZH:
        name = pattern.sub(words, name)
    return f"EPSG:{code}（{name}）" if code else name


def detect_crs(geometry: gpd.GeoSeries, rules: CrsRules) -> CrsDetection:
    """Return the coordinate system whose window holds the coordinates, by their magnitude alone.

    Parameters
    ----------
    geometry : GeoSeries
        Raw coordinates, x first as the file has them; its CRS is not looked at. Missing and empty ones are left out.
    rules : CrsRules
        The district's windows.

    Returns
    -------
    CrsDetection
        `window` is None where no window holds at least `rules.min_share` of the records. Old systems (西安80,
        北京54) have the same magnitudes and cannot be told apart this way.
    """
    points = centres(geometry)
    if len(points) == 0:
        return CrsDetection(window=None, is_swapped=False, share=0.0, reason="文件里没有坐标。")
    tried = [(w, swapped) for swapped in (False, True) for w in rules.windows]
    shares = [float(w.holds(points[:, ::-1] if swapped else points).mean()) for w, swapped in tried]
    best = int(np.argmax(shares))
    window, is_swapped = tried[best]
    if shares[best] < rules.min_share:
        found = "、".join(f"{w.label} {s:.0%}" for (w, _), s in zip(tried, shares, strict=True) if s > 0)
        mixed = f"（符合 {found}，都不到 {limit_text(rules.min_share)}）" if found else ""
        reason = f"坐标 {extent(points)}，不符合本区任何一种已知坐标系{mixed}。"
        return CrsDetection(window=None, is_swapped=False, share=shares[best], reason=reason)
    order = "，但两个坐标的先后颠倒" if is_swapped else ""
    reason = f"坐标 {extent(points)}，{shares[best]:.0%} 的记录符合{window.label}{order}。"
    return CrsDetection(window=window, is_swapped=is_swapped, share=shares[best], reason=reason)


def is_outside(geometry: gpd.GeoSeries, rules: CrsRules) -> NDArray[np.bool_]:
    """Return which geometries (EPSG:4490) lie wholly outside the district's window and margin; missing ones do not."""
    margin = rules.margin_deg
    west, south, east, north = geometry.bounds.to_numpy().T
    (x0, x1), (y0, y1) = rules.district_x, rules.district_y
    with np.errstate(invalid="ignore"):
        inside = (
            (east >= x0 - margin) & (west <= x1 + margin) & (north >= y0 - margin) & (south <= y1 + margin)
        )
    known = ~(geometry.isna() | geometry.is_empty).to_numpy()
    outside: NDArray[np.bool_] = known & ~inside
    return outside


def centres(geometry: gpd.GeoSeries) -> Points:
    """Return the middle of each geometry's bounds; rows of x, y, without missing, empty and infinite ones."""
    bounds = shapely.bounds(geometry.to_numpy())
    points: Points = (bounds[:, :2] + bounds[:, 2:]) / 2
    return points[np.isfinite(points).all(axis=1)]


def within(points: Points, x: Bounds, y: Bounds) -> NDArray[np.bool_]:
    """Return which points lie in the box of two ranges, edges included."""
    longitudes, latitudes = points.T
    return np.asarray((x[0] <= longitudes) & (longitudes <= x[1]) & (y[0] <= latitudes) & (latitudes <= y[1]))


def extent(points: Points) -> str:
    """Return the corner coordinates of points in words; degrees with four decimals, metres with none."""
    low, high = points.min(axis=0), points.max(axis=0)
    digits = 4 if float(np.abs(points).max()) <= 360 else 0
    return f"({low[0]:.{digits}f}, {low[1]:.{digits}f}) 至 ({high[0]:.{digits}f}, {high[1]:.{digits}f})"
