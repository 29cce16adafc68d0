"""From one file to another without a database: any format that can be read into any that can be written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoapp.analysis.crs import crs_name, crs_rules, is_usable, parse_crs
from geoapp.analysis.crs_verdict import SWAP_AXES, CrsVerdict, judge_crs, to_stored
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.issue import Issue, Severity, has_errors
from geoapp.domain.matching import coordinate_columns
from geoapp.domain.parse import parse_number
from geoapp.domain.policy import Policy
from geoapp.errors import CrsError, UsageError
from geoapp.formats import excel, geopackage
from geoapp.formats.base import RawLayer, Reader, ReadOptions, WriteOptions, Writer, reader_for, writer_for
from geoapp.formats.boundary_crs import THREE_DEGREE_ZONES, Zone, epsg_of, zone_of
from geoapp.formats.boundary_write import DEFAULT_EPSG

_LEDGERS = ("csv", "excel")
_NEEDS_CRS = ("geojson", "kml", "boundary_txt")
"""Formats whose coordinates are of a prescribed kind; the others may hold coordinates of unknown whereabouts."""
_WRITE_MANY: dict[str, Callable[[Path, Sequence[tuple[str, pd.DataFrame]], WriteOptions], list[Issue]]] = {
    "excel": excel.write_layers,
    "geopackage": geopackage.write_layers,
}
_PLAIN_NUMBER = r"-?(?:0|[1-9]\d{0,7})(?:\.\d+)?|-?(?:0|[1-9]\d{0,14})\.\d+"
"""Texts taken for numbers; long whole ones and those with leading zeros are codes."""
_DEFAULT_ZONE_LONGITUDES = (115.5, 124.5)
"""Degrees east: the default zone and its neighbours, where points lie at most 4.5 degrees from its meridian."""
_ZONE_WIDTH_DEG = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """What a user may say about the two files."""

    from_crs: str | None = None
    to_crs: str | None = None
    encoding: str | None = None
    """Of the file that is read."""
    to_encoding: str | None = None
    layer: str | None = None
    swap_axes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What was written and everything that was found on the way."""

    rows: dict[str, int]
    """Records by layer."""
    crs: str
    """Coordinate system of what was written, in words; empty without geometry."""
    issues: list[Issue] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether something in the data is wrong."""
        return has_errors(self.issues)


def convert_file(
    source: Path, target: Path, options: ConvertOptions, *, policy: Policy, day: date
) -> Conversion:
    """Read one file and write it as another; the target appears whole or not at all.

    Parameters
    ----------
    source, target : Path
        Their endings and the content of the source say which formats.
    options : ConvertOptions
        Coordinate systems, encodings, layer. Without a target CRS that of the source is kept, but GeoJSON and KML
        get degrees and boundary points (TXT) the zone-numbered CGCS2000 projection they prescribe.
    policy, day
        The rule book with the coordinate windows of the district, and the day it is read for.

    Raises
    ------
    FormatError
        One of the files cannot be read or written.
    CrsError
        The coordinate system is missing or contradicts the coordinates, and is needed.
    UsageError
        Source and target are the same, or the target holds only one layer and the source several.
    """
    _check_paths(source, target)
    writer = writer_for(target)
    reader = reader_for(source)
    layers = reader.read(source, ReadOptions(encoding=options.encoding, layer=options.layer))
    _check_count(layers, source, writer)
    frames, issues = [], []
    for layer in layers:
        frame, found = _converted(layer, reader, writer, options, policy, day)
        frames.append((layer.name, frame))
        said = _without_crs([*layer.issues, *found])
        prefix = f"“{layer.name}”：" if len(layers) > 1 else ""
        issues += [replace(issue, message=prefix + issue.message) for issue in said]
    issues += _write(writer, target, frames, options)
    return Conversion(
        rows={name: len(frame) for name, frame in frames}, crs=_crs_words(frames), issues=issues
    )


def _check_paths(source: Path, target: Path) -> None:
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"输入和输出是同一个文件“{source}”。请给输出换一个名字，以免覆盖原件。")
    if target.is_dir():
        raise UsageError(f"输出“{target}”是文件夹。请写明文件名和后缀，例如 {target / 'out.gpkg'}。")


def _check_count(layers: Sequence[RawLayer], source: Path, writer: Writer) -> None:
    if len(layers) > 1 and writer.id not in _WRITE_MANY:
        names = "、".join(layer.name for layer in layers)
        raise UsageError(
            f"“{source.name}”里有多个图层：{names}；{writer.zh} 只能放一个。"
            "请用 --layer 选定一个，或输出为 .gpkg、.xlsx。"
        )


def _converted(
    layer: RawLayer, reader: Reader, writer: Writer, options: ConvertOptions, policy: Policy, day: date
) -> tuple[pd.DataFrame, list[Issue]]:
    """Return a layer's frame as the target takes it, and what was done."""
    frame: pd.DataFrame = layer.frame
    issues: list[Issue] = []
    if reader.id in _LEDGERS and writer.id not in _LEDGERS:
        frame = with_numbers(frame)
        frame, issues = with_points(frame)
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame, issues
    needs_crs = writer.id in _NEEDS_CRS or options.to_crs is not None
    located, found = _located(frame, options, policy, day, needs_crs=needs_crs)
    if located.crs is not None:
        wanted = parse_crs(options.to_crs).crs if options.to_crs else default_crs(located, writer.id)
        located = located.to_crs(wanted)
    return located, issues + found


def with_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a ledger's frame whose columns of plain numbers are numbers; codes with leading zeros stay text.

    Examples
    --------
    >>> with_numbers(pd.DataFrame({"a": ["1.5", None], "code": ["0601", "1001"]})).dtypes.astype(str).tolist()
    ['float64', 'str']
    """
    columns = {
        name: parse_number(frame[name]).cells
        for name in frame.columns
        if frame[name].dtype == "str" and _is_plain(frame[name].dropna())
    }
    return frame.assign(**columns)


def _is_plain(texts: pd.Series) -> bool:
    return len(texts) > 0 and bool(texts.str.fullmatch(_PLAIN_NUMBER).all())


def with_points(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Return a ledger's frame with points from its columns of X and Y, or longitude and latitude, if it has them."""
    found = (
        None if isinstance(frame, gpd.GeoDataFrame) else coordinate_columns([str(c) for c in frame.columns])
    )
    if found is None:
        return frame, []
    x, y = parse_number(frame[found[0]]), parse_number(frame[found[1]])
    known = (x.cells.notna() & y.cells.notna()).to_numpy()
    shapes = np.full(len(frame), None, dtype=object)
    shapes[known] = shapely.points(x.cells[known], y.cells[known])
    message = f"用“{found[0]}”“{found[1]}”两列的坐标生成了 {int(known.sum())} 个点。"
    issues = [Issue(code="points-made", severity=Severity.NOTE, message=message)]
    issues += [
        Issue(
            code="unreadable-coordinate",
            severity=Severity.ERROR,
            message=f"第 {row} 行的坐标不是数字，没有生成点。",
            advice="请改正坐标。",
            row=row,
        )
        for row in frame.index[x.bad | y.bad].tolist()
    ]
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index)), issues


def _located(
    frame: gpd.GeoDataFrame, options: ConvertOptions, policy: Policy, day: date, *, needs_crs: bool
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Return the frame in a known CRS: given, declared, or told by magnitude; as it stands where none is needed.

    Raises
    ------
    CrsError
        None can be told and one is needed, or the declared one contradicts the coordinates.
    """
    if frame.geometry.isna().all():
        return frame, []
    given = parse_crs(options.from_crs) if options.from_crs else None
    fixes = frozenset({SWAP_AXES} if options.swap_axes else ())
    verdict = judge_crs(frame.geometry, crs_rules(policy, day), given=given, fixes=fixes)
    errors = [issue for issue in verdict.issues if issue.severity is Severity.ERROR]
    if verdict.crs is None and not verdict.declared and not needs_crs:
        message = f"坐标系未知，坐标按原样写出。{verdict.reason}"
        advice = "需要时请用 --from-crs 说明坐标系。"
        return frame, [Issue(code="crs-unknown", severity=Severity.WARNING, message=message, advice=advice)]
    if errors:
        raise CrsError(f"{errors[0].message}{_what_to_say(verdict)}")
    return frame.set_geometry(_placed(frame.geometry, verdict)), list(verdict.issues)


def _what_to_say(verdict: CrsVerdict) -> str:
    if verdict.is_swapped:
        return "要对调 X、Y，请加 --swap-axes；否则用 --from-crs 说明坐标系。"
    return "请用 --from-crs 说明坐标系（如 --from-crs 4549）。"


def _placed(geometry: gpd.GeoSeries, verdict: CrsVerdict) -> gpd.GeoSeries:
    if verdict.is_swapped or verdict.shift is not None:
        return to_stored(geometry, verdict)
    return gpd.GeoSeries(geometry.to_numpy(), index=geometry.index, crs=verdict.crs)


def default_crs(frame: gpd.GeoDataFrame, writer_id: str) -> CRS:
    """Return the coordinate system to write in where nobody says: the frame's own, or the one the format prescribes.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS.
    writer_id : str
        GeoJSON and KML: degrees. Ledgers: CGCS2000 degrees. Boundary points: CGCS2000 with zone number, zone 40 for
        this district and its neighbours, else the zone in which the data lie.
    """
    own = CRS.from_user_input(frame.crs)
    if writer_id in ("geojson", "kml"):
        return own if own.is_geographic else CRS.from_epsg(STORED_CRS if _is_cgcs2000(own) else 4326)
    if writer_id in _LEDGERS:
        return CRS.from_epsg(STORED_CRS)
    if writer_id == "boundary_txt":
        return CRS.from_epsg(_boundary_epsg(frame, zone_of(own)))
    return own


def _is_cgcs2000(crs: CRS) -> bool:
    return crs.geodetic_crs is not None and crs.geodetic_crs.to_epsg() == STORED_CRS


def _boundary_epsg(frame: gpd.GeoDataFrame, zone: Zone | None) -> int:
    if zone is not None:
        return epsg_of("2000", Zone(zone.number, is_in_easting=True))
    west, _, east, _ = frame.geometry.to_crs(STORED_CRS).total_bounds
    longitude = float(west + east) / 2
    if _DEFAULT_ZONE_LONGITUDES[0] <= longitude <= _DEFAULT_ZONE_LONGITUDES[1]:
        return DEFAULT_EPSG
    number = round(longitude / _ZONE_WIDTH_DEG)
    if number not in THREE_DEGREE_ZONES:
        raise CrsError(f"数据在经度 {longitude:.2f} 度，不在我国，不能写成界址点 TXT。请核对坐标系。")
    return epsg_of("2000", Zone(number, is_in_easting=True))


def _write(
    writer: Writer, target: Path, frames: list[tuple[str, pd.DataFrame]], options: ConvertOptions
) -> list[Issue]:
    write_many = _WRITE_MANY.get(writer.id)
    if write_many is not None and len(frames) > 1:
        return write_many(target, frames, WriteOptions(encoding=options.to_encoding))
    name, frame = frames[0]
    return writer.write(target, frame, WriteOptions(encoding=options.to_encoding, title=name))


def _crs_words(frames: list[tuple[str, pd.DataFrame]]) -> str:
    known = [
        CRS.from_user_input(f.crs) for _, f in frames if isinstance(f, gpd.GeoDataFrame) and is_usable(f.crs)
    ]
    return "、".join(dict.fromkeys(crs_name(crs) for crs in known))


def _without_crs(issues: list[Issue]) -> list[Issue]:
    """Leave out the readers' word on a missing CRS where the judgement speaks of it."""
    judged = any(issue.code.startswith("crs-") and issue.code != "crs-missing" for issue in issues)
    return [issue for issue in issues if not (judged and issue.code == "crs-missing")]
