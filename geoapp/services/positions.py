"""Positions: degrees and the working CRS of a point, and where a coordinate or a code that somebody types leads."""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import shapely
from pyproj import CRS, Transformer

from geoapp.analysis.crs import CrsRules, CrsWindow, crs_name, crs_rules, detect_crs
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.policy import Policy
from geoapp.errors import CrsError, NotFoundError, UsageError
from geoapp.services.map_features import DECIMALS
from geoapp.services.search import normalised, search
from geoapp.services.workspace import Workspace

LONGEST_TEXT = 200
MOST_CANDIDATES = 12
METRE_DECIMALS = 3
_REACH_DEG = 6.0
"""Farther from a plane's area of use its eastings and northings say nothing."""

_LABEL = r"(?:东经|北纬|经度|纬度|东|北|LON|LAT|[ENXY])"
_NUMBER = r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
_PART = rf"(?:{_LABEL}\s*[=:]?\s*)?{_NUMBER}\s*(?:°|度|米|M)?\s*{_LABEL}?"
_TWO_NUMBERS = re.compile(rf"[(\[]?\s*{_PART}\s*[,;/、\s]\s*{_PART}\s*[)\]]?")
_ANGLE = re.compile(
    r"(?:东经|北纬|[ENWS])?\s*(\d{1,3})\s*[°度]\s*(\d{1,2}(?:\.\d+)?)\s*['分]"
    r"\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|''|秒))?\s*([ENWS])?"
)
_PRIMES = str.maketrans({"′": "'", "’": "'", "‘": "'", "”": '"', "“": '"', "″": '"', "º": "°", "˚": "°"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a coordinate leads."""

    lon: float
    lat: float
    """Degrees, CGCS2000."""
    crs: str
    """Of the coordinate as it was typed: EPSG:4549."""
    words: str
    """How it was understood, in Chinese."""

    def to_dict(self) -> dict[str, Any]:
        """Return the place as plain values for JSON."""
        return {
            "lon": round(self.lon, DECIMALS + 2), "lat": round(self.lat, DECIMALS + 2), "crs": self.crs,
            "words": self.words, "label": self.words, "detail": "坐标",
        }  # fmt: skip


def position(workspace: Workspace, lon: float, lat: float) -> dict[str, Any]:
    """Return a point in degrees and in the working CRS.

    Parameters
    ----------
    workspace : Workspace
    lon, lat : float
        Degrees, CGCS2000.

    Returns
    -------
    dict
        lon, lat (degrees), dms (both in degrees, minutes and seconds), crs, crs_zh, e, n (metres to the millimetre,
        null where the working CRS cannot hold the point), words.
    """
    crs = CRS.from_epsg(workspace.settings.working_crs)
    east, north = Transformer.from_crs(STORED_CRS, crs, always_xy=True).transform(lon, lat)
    area = crs.area_of_use
    is_near = area is None or area.west - _REACH_DEG <= lon <= area.east + _REACH_DEG
    is_known = is_near and math.isfinite(east) and math.isfinite(north)
    metres = (
        f"E {east:,.2f}，N {north:,.2f}（{crs_name(crs)}）" if is_known else f"{crs_name(crs)} 不能表示此处"
    )
    dms = f"{degrees_text(lon, 'EW')}，{degrees_text(lat, 'NS')}"
    return {
        "lon": lon,
        "lat": lat,
        "dms": dms,
        "crs": f"EPSG:{workspace.settings.working_crs}",
        "crs_zh": crs_name(crs),
        "e": round(east, METRE_DECIMALS) if is_known else None,
        "n": round(north, METRE_DECIMALS) if is_known else None,
        "words": f"{lon:.6f}°，{lat:.6f}°；{metres}",
    }


def degrees_text(degrees: float, halves: str) -> str:
    """Return an angle in degrees, minutes and seconds to the hundredth.

    Examples
    --------
    >>> degrees_text(121.5125, "EW"), degrees_text(-0.9999999, "NS")
    ('121°30′45.00″E', '1°00′00.00″S')
    """
    hundredths = round(abs(degrees) * 360_000)
    minutes, rest = divmod(hundredths, 6_000)
    return f"{minutes // 60}°{minutes % 60:02d}′{rest / 100:05.2f}″{halves[degrees < 0]}"


def go_to(workspace: Workspace, text: str, day: date) -> list[dict[str, Any]]:
    """Return where a text leads: one place for a coordinate, else what has this code or name.

    Parameters
    ----------
    workspace : Workspace
    text : str
        Two numbers in either order, degrees or metres with or without the zone before the easting; degrees, minutes
        and seconds; or a code or name.
    day : date
        Whose windows of coordinates hold (`policy/crs_windows.toml`).

    Returns
    -------
    list of dict
        One place for a coordinate: lon, lat, crs, words, label, detail. Else what has exactly this code or name, or
        what was found, best first: see `SearchResult.to_dict`.

    Raises
    ------
    UsageError
        The text is empty or too long, or its minutes or seconds are 60 or more.
    CrsError
        A coordinate that fits none of the district's windows, or only one whose parameters are not public.
    NotFoundError
        Neither a coordinate nor a code nor a name.
    """
    typed = text.strip()
    if not typed or len(typed) > LONGEST_TEXT:
        raise UsageError(f"请输入坐标、地块编号或名称（不超过 {LONGEST_TEXT} 字）。")
    numbers = two_numbers(typed)
    if numbers is not None:
        found = place_of(numbers, workspace.policy, day)
        if found is not None:
            return [found.to_dict()]
    results = search(workspace, typed, MOST_CANDIDATES)
    exact = [
        found for found in results if normalised(typed) in (normalised(found.key), normalised(found.label))
    ]
    if results:
        return [result.to_dict() for result in exact or results]
    if numbers is not None:
        raise CrsError(_no_fit(numbers, crs_rules(workspace.policy, day)))
    raise NotFoundError(
        f"“{typed[:40]}”不是坐标，也没有这样的编号或名称。坐标可写成“121.5, 29.95”或“E 644798.7 N 3316404.2”。"
    )


def two_numbers(text: str) -> tuple[float, float] | None:
    """Return the two numbers of a coordinate in the order typed, angles in degrees; None where it is none.

    Raises
    ------
    UsageError
        Minutes or seconds of 60 or more.

    Examples
    --------
    >>> two_numbers("E 644,798.7 N 3,316,404.2")
    (644798.7, 3316404.2)
    >>> two_numbers("121°30′45″E，29°57′N")
    (121.5125, 29.95)
    >>> two_numbers("DK-001") is None
    True
    """
    plain = unicodedata.normalize("NFKC", text).translate(_PRIMES).replace("''", '"').upper().strip()
    angles = list(_ANGLE.finditer(plain))
    if len(angles) == 2 and not _ANGLE.sub("", plain).strip(" ,;/、()[]"):
        first, second = (_degrees(angle) for angle in angles)
        return first, second
    found = _TWO_NUMBERS.fullmatch(plain)
    if found is None:
        return None
    first, second = (float(number.replace(",", "")) for number in found.groups())
    return first, second


def _degrees(angle: re.Match[str]) -> float:
    degrees, minutes, seconds = (float(part or 0) for part in angle.groups()[:3])
    if minutes >= 60 or seconds >= 60:
        raise UsageError(f"“{angle[0].strip()}”里的分、秒应小于 60。")
    return degrees + minutes / 60 + seconds / 3600


def place_of(numbers: tuple[float, float], policy: Policy, day: date) -> Place | None:
    """Return where two numbers lead by the district's windows, whichever comes first; None where nothing fits.

    Raises
    ------
    CrsError
        They fit a system whose parameters are not public.
    """
    found = detect_crs(gpd.GeoSeries([shapely.Point(numbers)]), crs_rules(policy, day))
    if found.window is None:
        return None
    if found.window.needs_parameters:
        raise CrsError(
            f"坐标 {_written(numbers)} 像是{found.window.zh}，它的参数不公开，不能换算。"
            "请改用经纬度或 CGCS2000 坐标，或由管理员在坐标范围规则里给出参数。"
        )
    first, second = reversed(numbers) if found.is_swapped else numbers
    lon, lat = Transformer.from_crs(found.window.crs, STORED_CRS, always_xy=True).transform(first, second)
    return Place(
        lon=lon,
        lat=lat,
        crs=found.window.crs,
        words=_understood(first, second, found.window, found.is_swapped),
    )


def _understood(first: float, second: float, window: CrsWindow, is_swapped: bool) -> str:
    in_degrees = window.x[1] <= 360
    names = ("经度", "纬度") if in_degrees else ("东坐标", "北坐标")
    digits = 6 if in_degrees else 3
    order = f"，输入时{names[1]}在前" if is_swapped else ""
    return f"{names[0]} {first:.{digits}f}，{names[1]} {second:.{digits}f}（{window.label}{order}）"


def _no_fit(numbers: tuple[float, float], rules: CrsRules) -> str:
    (west, east), (south, north) = rules.district_x, rules.district_y
    return (
        f"坐标 {_written(numbers)} 不在本区，也不符合本区用到的任何一种坐标系。"
        f"本区在经度 {west:g}–{east:g}、纬度 {south:g}–{north:g} 之间；请核对数字、带号和坐标系。"
    )


def _written(numbers: tuple[float, float]) -> str:
    return "(" + ", ".join(f"{number:.10g}" for number in numbers) + ")"
