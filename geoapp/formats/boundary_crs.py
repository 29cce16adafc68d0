"""The coordinate system of a boundary-point file: what its header says against what its coordinates are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.domain.issue import Issue, Severity

UNKNOWN, NORTH_EAST, EAST_NORTH, LAT_LON, LON_LAT = range(5)
"""How a pair of coordinates is to be read, by its magnitude."""

_NORTHING = (1.0e6, 6.2e6)
"""Metres from the equator: 9 to 56 degrees north."""
_EASTING = (1.0e5, 9.0e5)
"""Metres, false easting of 500 km, without zone number."""
_ZONE_STEP = 1_000_000
THREE_DEGREE_ZONES = range(25, 46)
SIX_DEGREE_ZONES = range(13, 24)
_LATITUDE, _LONGITUDE = (3.0, 54.5), (72.0, 136.5)

_FIRST_EPSG = {
    ("2000", 3): (4513, 4534),
    ("2000", 6): (4491, 4502),
    ("1980", 3): (2349, 2370),
    ("1980", 6): (2327, 2338),
    ("1954", 3): (2401, 2422),
    ("1954", 6): (21413, 21453),
}
"""EPSG code of the first zone (25, 13) with zone number in the easting, and without; the others follow one by one."""
_GEOGRAPHIC_EPSG = {"2000": 4490, "1980": 4610, "1954": 4214, "WGS84": 4326}
_DATUMS = (("2000", "2000"), ("80|八〇|八零", "1980"), ("54|五四", "1954"), ("WGS", "WGS84"))
_DATUM_LABELS = {
    "2000": "2000国家大地坐标系",
    "1980": "1980西安坐标系",
    "1954": "1954北京坐标系",
    "WGS84": "WGS84",
}


@dataclass(frozen=True, slots=True)
class Zone:
    """A Gauss-Krüger zone and whether eastings begin with its number."""

    number: int
    is_in_easting: bool

    @property
    def width(self) -> int:
        """Degrees: 3 or 6; zone numbers in China do not overlap."""
        return 3 if self.number in THREE_DEGREE_ZONES else 6


def kinds_of(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how each row of (first, second) is to be read: NORTH_EAST, EAST_NORTH, LAT_LON, LON_LAT or UNKNOWN."""
    first, second = points[:, 0], points[:, 1]
    tests = (
        (NORTH_EAST, _is_northing(first) & _is_easting(second)),
        (EAST_NORTH, _is_easting(first) & _is_northing(second)),
        (LAT_LON, _is_within(first, _LATITUDE) & _is_within(second, _LONGITUDE)),
        (LON_LAT, _is_within(first, _LONGITUDE) & _is_within(second, _LATITUDE)),
    )
    kinds = np.full(len(points), UNKNOWN)
    for kind, holds in tests:
        kinds[holds] = kind
    return kinds


def _is_within(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= bounds[0]) & (values <= bounds[1])


def _is_northing(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _is_within(values, _NORTHING)


def _is_easting(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    zones = values // _ZONE_STEP
    known = np.isin(zones, [0, *THREE_DEGREE_ZONES, *SIX_DEGREE_ZONES])
    return known & _is_within(values - zones * _ZONE_STEP, _EASTING)


def zones_of(eastings: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the zone number that each easting begins with, 0 where it has none."""
    zones: NDArray[np.int64] = (eastings // _ZONE_STEP).astype("int64")
    return zones


def decide_crs(header: Mapping[str, str], *, is_degrees: bool, zone: int) -> tuple[CRS | None, list[Issue]]:
    """Return the coordinate system of a file and where its header contradicts its coordinates.

    The zone number in the coordinates is believed before the header, which is often left over from another file.

    Parameters
    ----------
    header : mapping
        Keys such as 坐标系, 几度分带, 带号.
    is_degrees : bool
        The coordinates are latitudes and longitudes.
    zone : int
        Zone number that the eastings begin with; 0 if none.

    Returns
    -------
    CRS or None (it has to be found by magnitude or asked for), and findings
    """
    datum = _datum(header.get("坐标系", ""))
    if is_degrees:
        return _degrees(header, datum)
    chosen, issues = _zone(header, zone)
    if not datum or not chosen or datum == "WGS84":
        return None, [*issues, _unstated(header, has_zone=chosen is not None)]
    return CRS.from_epsg(epsg_of(datum, chosen)), issues


def epsg_of(datum: str, zone: Zone) -> int:
    """Return the EPSG code of a zone.

    Examples
    --------
    >>> epsg_of("2000", Zone(40, True)), epsg_of("2000", Zone(40, False))
    (4528, 4549)
    """
    with_zone, without = _FIRST_EPSG[datum, zone.width]
    first = THREE_DEGREE_ZONES[0] if zone.width == 3 else SIX_DEGREE_ZONES[0]
    return (with_zone if zone.is_in_easting else without) + zone.number - first


def zone_of(crs: CRS) -> Zone | None:
    """Return the CGCS2000 zone of a projected CRS, None for any other CRS."""
    epsg = crs.to_epsg()
    zones = [
        Zone(number, is_in_easting=flag)
        for number in (*THREE_DEGREE_ZONES, *SIX_DEGREE_ZONES)
        for flag in (True, False)
    ]
    return next((zone for zone in zones if epsg_of("2000", zone) == epsg), None)


def _datum(text: str) -> str:
    return next((datum for pattern, datum in _DATUMS if re.search(pattern, text, re.IGNORECASE)), "")


def _degrees(header: Mapping[str, str], datum: str) -> tuple[CRS | None, list[Issue]]:
    issues = []
    if header.get("带号"):
        message = f"文件头写有带号 {header['带号']}，但坐标是经纬度（度），按经纬度读入。"
        issues.append(_contradiction(message, header["带号"]))
    if not datum:
        return None, [*issues, _unstated(header, has_zone=True)]
    return CRS.from_epsg(_GEOGRAPHIC_EPSG[datum]), issues


def _zone(header: Mapping[str, str], in_easting: int) -> tuple[Zone | None, list[Issue]]:
    """Return the zone: by the eastings, else by the header; and their contradictions."""
    stated = _stated_zone(header)
    issues = []
    if in_easting and stated and stated != in_easting:
        message = f"文件头的带号是 {stated}，但坐标的带号是 {in_easting}，按坐标的带号处理。"
        issues.append(_contradiction(message, str(stated)))
    number = in_easting or stated
    if number not in THREE_DEGREE_ZONES and number not in SIX_DEGREE_ZONES:
        return None, issues
    zone = Zone(number, is_in_easting=bool(in_easting))
    width = _first_number(header.get("几度分带", ""))
    if width and width != zone.width:
        message = (
            f"文件头写的是 {width} 度分带，但带号 {number} 是 {zone.width} 度带，按 {zone.width} 度带处理。"
        )
        issues.append(_contradiction(message, str(width)))
    return zone, issues


def _stated_zone(header: Mapping[str, str]) -> int:
    """Return the header's zone number; a central meridian is taken for it too."""
    number = _first_number(header.get("带号", ""))
    if number <= THREE_DEGREE_ZONES[-1]:
        return number
    width = _first_number(header.get("几度分带", "")) or 3
    return number // 3 if width == 3 else (number + 3) // 6


def _first_number(text: str) -> int:
    match = re.search(r"\d+", text.replace("三", "3").replace("六", "6"))
    return int(match[0]) if match else 0


def _contradiction(message: str, value: str) -> Issue:
    return Issue(
        code="crs-header-contradiction",
        severity=Severity.WARNING,
        message=message,
        advice="请向数据提供单位核实坐标系，改正文件头。",
        value=value,
    )


def _unstated(header: Mapping[str, str], *, has_zone: bool) -> Issue:
    stated = header.get("坐标系", "")
    if not has_zone:
        message = "坐标里没有带号，文件头也没有写带号，坐标系没有确定。"
    elif stated:
        known = "、".join(_DATUM_LABELS.values())
        message = f"文件头的坐标系“{stated}”不能用于这些坐标（认识的有：{known}），坐标系没有确定。"
    else:
        message = "文件头没有写坐标系（2000、西安80 还是北京54），坐标系没有确定。"
    return Issue(
        code="crs-missing",
        severity=Severity.NOTE,
        message=message,
        advice="将按坐标大小判断；判断不了时请说明坐标系。",
        value=stated or None,
    )
