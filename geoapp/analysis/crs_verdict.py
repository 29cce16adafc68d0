"""What to believe about a file's coordinate system: given, declared and landing here, detected, or asked for."""

from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from geoapp.analysis.crs import (
    CrsDetection,
    CrsRules,
    GivenCrs,
    Points,
    centres,
    crs_name,
    detect_crs,
    extent,
    is_usable,
    within,
)
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.issue import Issue, Severity
from geoapp.errors import CrsError

USE_DETECTED_CRS = "use-detected-crs"
SWAP_AXES = "swap-axes"
EARTH_RADIUS_M = 6_378_137.0
"""Semi-major axis of GRS80 and WGS84; a datum with another one (西安80, 北京54) is not CGCS2000."""
_ADVICE_ASK = (
    "请问清测绘所用的坐标系后指定：EPSG 代码（如 4549）、PROJ 串、WKT，"
    "或地方坐标到 CGCS2000 的四参数“dx,dy,旋转角(度),尺度@EPSG”。"
)


class CrsHow(StrEnum):
    """How a file's coordinate system came to be known."""

    DECLARED = "declared"
    DETECTED = "detected"
    GIVEN = "given"
    UNKNOWN = "unknown"


CRS_HOW_LABELS = {
    CrsHow.DECLARED: "文件声明",
    CrsHow.DETECTED: "按坐标大小判定",
    CrsHow.GIVEN: "用户指定",
    CrsHow.UNKNOWN: "未知",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsVerdict:
    """Which system is used for a file's coordinates, how that is known, and what there is to say about it."""

    how: CrsHow
    crs: CRS | None
    """None: it has to be asked for."""
    reason: str
    is_swapped: bool = False
    """x and y change places before anything else."""
    declared: str = ""
    shift: tuple[float, float, float, float] | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def name(self) -> str:
        """The system in words: EPSG code and name."""
        return crs_name(self.crs) if self.crs is not None else "未知"


def judge_crs(
    geometry: gpd.GeoSeries,
    rules: CrsRules,
    *,
    given: GivenCrs | None = None,
    fixes: frozenset[str] = frozenset(),
) -> CrsVerdict:
    """Return which system to use: the one given, else the declared one if it lands here, else the detected one.

    A system the file declares is checked against where its coordinates land. Where they land elsewhere and their
    magnitude says something else, or where x and y are swapped, the finding is an error until its fix
    (`use-detected-crs`, `swap-axes`) is among *fixes*. Where nothing is declared and nothing fits, the verdict has no
    CRS and the finding asks for one.

    Parameters
    ----------
    geometry : GeoSeries
        Raw coordinates; `.crs` is what the file declares.
    rules : CrsRules
        The district's windows.
    given : GivenCrs, optional
        What the user says; it is believed.
    fixes : frozenset of str
        Fixes the user chose.
    """
    if given is not None:
        return _given_verdict(geometry, given)
    if is_usable(geometry.crs):
        return _declared_verdict(geometry, rules, fixes)
    return _detected_verdict(detect_crs(geometry, rules), "", fixes)


def to_stored(geometry: gpd.GeoSeries, verdict: CrsVerdict) -> gpd.GeoSeries:
    """Return the geometry in EPSG:4490 by a verdict: swapped, shifted and projected as it says; missing stays missing.

    Raises
    ------
    CrsError
        The verdict has no CRS.
    """
    if verdict.crs is None:
        raise CrsError(f"坐标系未知，不能换算。{_ADVICE_ASK}")
    shapes = geometry.to_numpy()
    if verdict.is_swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    if verdict.shift is not None:
        shift = verdict.shift
        shapes = shapely.transform(shapes, lambda xy: _shifted(xy, shift))
    return gpd.GeoSeries(shapes, index=geometry.index, crs=verdict.crs).to_crs(STORED_CRS)


def _given_verdict(geometry: gpd.GeoSeries, given: GivenCrs) -> CrsVerdict:
    reason = f"按用户指定的 {given.text}。"
    note = Issue(code="crs-given", severity=Severity.NOTE, message=f"坐标系：{reason}", value=given.text)
    return CrsVerdict(
        how=CrsHow.GIVEN,
        crs=given.crs,
        reason=reason,
        declared=_declared_name(geometry),
        shift=given.shift,
        issues=(note, *_datum_issues(given.crs)),
    )


def _declared_verdict(geometry: gpd.GeoSeries, rules: CrsRules, fixes: frozenset[str]) -> CrsVerdict:
    crs, name = CRS.from_user_input(geometry.crs), _declared_name(geometry)
    points = centres(geometry)
    if len(points) == 0 or _landing_share(points, crs, rules) >= rules.min_share:
        return _as_declared(crs, name, f"文件声明 {name}。")
    if _landing_share(points[:, ::-1], crs, rules) >= rules.min_share:
        return _swapped_verdict(crs, name, CrsHow.DECLARED, f"文件声明 {name}，坐标 {extent(points)}", fixes)
    found = detect_crs(geometry, rules)
    if found.window is not None:
        return _detected_verdict(found, name, fixes)
    return _as_declared(crs, name, f"文件声明 {name}，但坐标 {extent(points)} 不落在本区。")


def _as_declared(crs: CRS, name: str, reason: str) -> CrsVerdict:
    issues = [Issue(code="crs-declared", severity=Severity.NOTE, message=f"坐标系：{reason}", value=name)]
    if _is_web_mercator(crs):
        issues.append(_web_mercator_issue())
    return CrsVerdict(
        how=CrsHow.DECLARED, crs=crs, reason=reason, declared=name, issues=(*issues, *_datum_issues(crs))
    )


def _detected_verdict(found: CrsDetection, declared: str, fixes: frozenset[str]) -> CrsVerdict:
    if found.window is None or found.window.needs_parameters:
        return _unknown_verdict(found, declared)
    crs = CRS.from_user_input(found.window.crs)
    if declared:
        return _contradicted_verdict(found, crs, declared, fixes)
    if found.is_swapped:
        return _swapped_verdict(
            crs, "", CrsHow.DETECTED, f"文件没有声明坐标系；{found.reason.rstrip('。')}", fixes
        )
    issue = Issue(
        code="crs-detected",
        severity=Severity.WARNING,
        message=f"文件没有声明坐标系。{found.reason}",
        advice=f"已按 {found.window.crs} 处理；如为西安80、北京54等旧坐标或其他坐标系，请指定坐标系。",
        value=found.window.crs,
    )
    mercator = (_web_mercator_issue(),) if _is_web_mercator(crs) else ()
    return CrsVerdict(how=CrsHow.DETECTED, crs=crs, reason=found.reason, issues=(issue, *mercator))


def _contradicted_verdict(found: CrsDetection, crs: CRS, declared: str, fixes: frozenset[str]) -> CrsVerdict:
    """Return the verdict where the file declares one system and its coordinates say another."""
    is_chosen = USE_DETECTED_CRS in fixes
    action = "已按坐标大小判定的坐标系处理。" if is_chosen else "请确认采用判定的坐标系，或指定正确的坐标系。"
    issue = Issue(
        code="crs-contradiction",
        severity=Severity.NOTE if is_chosen else Severity.ERROR,
        message=f"文件声明的坐标系是 {declared}，按它换算不落在本区；{found.reason}",
        advice=action,
        value=declared,
        fix=USE_DETECTED_CRS,
    )
    return CrsVerdict(
        how=CrsHow.DETECTED,
        crs=crs,
        reason=found.reason,
        is_swapped=found.is_swapped,
        declared=declared,
        issues=(issue,),
    )


def _swapped_verdict(crs: CRS, declared: str, how: CrsHow, said: str, fixes: frozenset[str]) -> CrsVerdict:
    is_chosen = SWAP_AXES in fixes
    issue = Issue(
        code="axes-swapped",
        severity=Severity.NOTE if is_chosen else Severity.ERROR,
        message=f"X、Y 颠倒：{said}；两个坐标对调后落在本区（{crs_name(crs)}）。",
        advice="已对调 X、Y。" if is_chosen else "请确认对调 X、Y；否则请改正文件后重新导入。",
        fix=SWAP_AXES,
    )
    reason = f"{said}，对调后按 {crs_name(crs)}。"
    return CrsVerdict(how=how, crs=crs, reason=reason, is_swapped=True, declared=declared, issues=(issue,))


def _unknown_verdict(found: CrsDetection, declared: str) -> CrsVerdict:
    local = found.window is not None
    said = f"文件声明的 {declared} 与坐标不符。" if declared else "文件没有声明坐标系。"
    why = f"{found.reason}{'这种坐标的参数不公开，不能推断。' if local else ''}"
    issue = Issue(
        code="crs-needs-parameters" if local else "crs-unknown",
        severity=Severity.ERROR,
        message=said + why,
        advice=_ADVICE_ASK,
        value=declared or None,
    )
    return CrsVerdict(how=CrsHow.UNKNOWN, crs=None, reason=why, declared=declared, issues=(issue,))


def _web_mercator_issue() -> Issue:
    return Issue(
        code="crs-web-mercator",
        severity=Severity.WARNING,
        message="坐标是网络地图墨卡托（EPSG:3857）：用它量出的面积在本地约偏大 34%。",
        advice="已换算到 CGCS2000，面积按椭球面计算；文件里已有的面积列请核对是否按 3857 量算。",
    )


def _datum_issues(crs: CRS) -> tuple[Issue, ...]:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or abs(ellipsoid.semi_major_metre - EARTH_RADIUS_M) < 1:
        return ()
    issue = Issue(
        code="crs-old-datum",
        severity=Severity.WARNING,
        message=f"{crs_name(crs)} 的椭球不是 CGCS2000 的，换算没有用本地转换参数，位置可能相差数十米以上。",
        advice="请先用本地七参数或四参数转换到 CGCS2000 再导入，或在坐标系里给出四参数。",
    )
    return (issue,)


def _is_web_mercator(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    return "mercator" in method and "transverse" not in method and "oblique" not in method


def _declared_name(geometry: gpd.GeoSeries) -> str:
    return crs_name(CRS.from_user_input(geometry.crs)) if is_usable(geometry.crs) else ""


def _landing_share(points: Points, crs: CRS, rules: CrsRules) -> float:
    """Return the share of points that lie in the district when they are taken to be in *crs*."""
    transformer = Transformer.from_crs(crs, STORED_CRS, always_xy=True)
    degrees = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
    margin = rules.margin_deg
    x = (rules.district_x[0] - margin, rules.district_x[1] + margin)
    y = (rules.district_y[0] - margin, rules.district_y[1] + margin)
    return float(within(degrees, x, y).mean())


def _shifted(xy: Points, shift: tuple[float, float, float, float]) -> Points:
    dx, dy, rotation_deg, scale = shift
    cos, sin = scale * np.cos(np.radians(rotation_deg)), scale * np.sin(np.radians(rotation_deg))
    return np.column_stack([dx + xy[:, 0] * cos - xy[:, 1] * sin, dy + xy[:, 0] * sin + xy[:, 1] * cos])
