"""Zone statistics of two files, without a database: plot counts, areas, floor area and plot ratio per zone.

What the columns mean
---------------------
A plot's *share* in a zone is the part of its area that lies there (clip), or 1 in the one zone it belongs to.

plot_count
    Whole plots. Under clip each counts in the zone of its largest share, so that the rows add up to the plots.
geometry_area_m2
    Area of the plots' geometry x share: on the ellipsoid (GRS80), or in the plane if that is the site area chosen.
site_area_m2
    Site area x share: the geometry's ellipsoid or plane area, or a field of the plots.
gfa_m2
    Floor area x share, over the plots where it is known.
far
    Sum of floor area over sum of site area, of the plots where both are known and the site area is above zero.
known_gfa_share
    Share (0 to 1) of the site area, where that is known and above zero, that belongs to plots with known floor area.

A sum over plots none of which has a known value is unknown (empty, null), never zero. `(outside)` holds what lies in
no zone, plots without geometry included; `(total)` is computed from the plots, not from the rows above it. Shares are
areas in the plane of the working CRS.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.area import check_area_crs, ellipsoid_area_m2, plane_area_m2
from geoapp.analysis.crs import crs_name
from geoapp.analysis.overlay import MEMBERSHIPS, Membership, overlay_shares
from geoapp.analysis.plane import choose_plane, to_plane, zones_to_plane
from geoapp.analysis.zoning import known_share, ratio_known, sum_known, zone_weights
from geoapp.domain.file_table import FILE_COLUMNS, OUTSIDE, TOTAL, FileTable
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.parse import parse_number
from geoapp.errors import UsageError
from geoapp.services.polygon_file import NamedZones, PolygonFile, key_text, named_zones, read_polygons
from geoapp.services.workspace import load_policy
from geoapp.settings import Settings
from geoapp.units import AREA_UNIT_LABELS, M2_PER_UNIT, m2_to_mu, to_m2

Floats = NDArray[np.float64]

GEOMETRIC_AREAS = {"ellipsoid": "椭球面积", "plane": "平面面积"}
_LISTED = 5
_PLANE_TOLERANCE = 0.01
"""A working CRS whose areas are this far from the ellipsoid's is said to be unfit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatisticsOptions:
    """What is asked for; the fields are the command line's options."""

    plots: Path
    zones: Path
    zone_key: str
    plot_key: str | None = None
    site_area: str = "ellipsoid"
    """ellipsoid, plane or FIELD:UNIT."""
    gfa: str | None = None
    """FIELD:UNIT."""
    membership: str = "clip"
    working_crs: str | None = None
    plots_crs: str | None = None
    zones_crs: str | None = None
    plots_layer: str | None = None
    zones_layer: str | None = None


def file_statistics(options: FileStatisticsOptions, *, day: date | None = None) -> FileTable:
    """Return the zone table of two files.

    Parameters
    ----------
    options : FileStatisticsOptions
    day : date, optional
        Of the rule book that holds the district's coordinate windows; today if left out.

    Returns
    -------
    FileTable
        Rows: the zones in the order they first appear (features of one key are one zone), outside, total.

    Raises
    ------
    UsageError
        An option, unit or field that does not exist; names those there are.
    CrsError
        A file's coordinate system is unknown, or the working CRS unfit.
    FormatError
        A file cannot be read.
    """
    _check_membership(options.membership)
    sources = [_area_source(options.site_area, "--site-area")]
    sources += [_area_source(options.gfa, "--gfa")] if options.gfa is not None else []
    rule_day = day or datetime.now(tz=UTC).date()
    policy = load_policy()
    plots = read_polygons(
        options.plots, "地块", policy=policy, day=rule_day, crs=options.plots_crs, layer=options.plots_layer,
        crs_option="--plots-crs", layer_option="--plots-layer",
    )  # fmt: skip
    zones = read_polygons(
        options.zones, "分区", policy=policy, day=rule_day, crs=options.zones_crs, layer=options.zones_layer,
        crs_option="--zones-crs", layer_option="--zones-layer",
    )  # fmt: skip
    notes = [*plots.notes, *zones.notes]
    plane, why = _working_crs(plots.frame.geometry, options.working_crs)
    projected = to_plane(plots.frame.geometry, plane)
    facts = _plot_facts(plots, projected, options, notes)
    notes.append(f"工作坐标系：{why}。")
    division = named_zones(zones, options.zone_key, "--zone-key")
    notes += [*division.notes, *_unnamed_notes(division, options.zone_key)]
    membership = overlay_shares(
        projected, zones_to_plane(division.geometry, plane, projected), membership=options.membership
    )
    _say_membership(membership, notes)
    rows = zone_rows(facts, membership, list(division.geometry.index))
    if not options.gfa:
        rows["gfa_m2"] = np.nan
    return FileTable(rows=rows, notes=tuple(notes), terms=_terms(options, plane))


def zone_rows(facts: pd.DataFrame, membership: Membership, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the table: zones in the order given, outside, total.

    Parameters
    ----------
    facts : DataFrame, one row per plot
        geometry_area_m2, site_area_m2, gfa_m2; NaN where unknown.
    membership : Membership
        Of the same plots in the zones named.
    names : sequence of str
        One per zone.

    Returns
    -------
    DataFrame with the columns FILE_COLUMNS; not rounded, NaN where unknown
    """
    weights = zone_weights(membership)
    counts = weights.counts @ np.ones(len(facts))
    sums = {name: sum_known(weights.areas, facts[name]) for name in facts}
    table = pd.DataFrame(
        {
            "zone": [*names, OUTSIDE, TOTAL],
            "plot_count": counts.round().astype(np.int64),
            "geometry_area_m2": sums["geometry_area_m2"],
            "geometry_area_mu": m2_to_mu(sums["geometry_area_m2"]),
            "site_area_m2": sums["site_area_m2"],
            "site_area_mu": m2_to_mu(sums["site_area_m2"]),
            "gfa_m2": sums["gfa_m2"],
            "far": ratio_known(weights.areas, facts["gfa_m2"], facts["site_area_m2"]),
            "known_gfa_share": known_share(weights.areas, facts["gfa_m2"], facts["site_area_m2"]),
        }
    )
    return table[list(FILE_COLUMNS)]


def _unnamed_notes(division: NamedZones, key: str) -> list[str]:
    reserved = sorted(set(division.geometry.index) & {OUTSIDE, TOTAL})
    if reserved:
        raise UsageError(f"--zone-key：分区名称“{reserved[0]}”是表里保留的行名，请在文件里改名。")
    if not division.unnamed_count:
        return []
    return [f"{division.unnamed_count} 个分区的“{key}”是空的，不成分区，其中的地块计入 {OUTSIDE}。"]


def _check_membership(membership: str) -> None:
    if membership not in MEMBERSHIPS:
        raise UsageError(f"--membership：“{membership}”不认识；可用：{'、'.join(MEMBERSHIPS)}。")


def _area_source(text: str, option: str) -> tuple[str, str]:
    """Return (field, unit), or (ellipsoid|plane, "") for an area taken from the geometry."""
    if option == "--site-area" and text in GEOMETRIC_AREAS:
        return text, ""
    name, separator, unit = text.rpartition(":")
    choices = f"{'、'.join(M2_PER_UNIT)}"
    if not separator or not name:
        alternative = "ellipsoid、plane 或 " if option == "--site-area" else ""
        raise UsageError(f"{option}：“{text}”应写成{alternative}字段:单位，单位可用：{choices}。")
    unit = unit.strip().lower()
    if unit not in M2_PER_UNIT:
        raise UsageError(f"{option}：“{text}”的面积单位“{unit}”不认识；可用：{choices}。")
    return name, unit


def _working_crs(plots: gpd.GeoSeries, chosen: str | None) -> tuple[CRS, str]:
    if chosen is None:
        return choose_plane(plots, Settings().working_crs)
    code = f"EPSG:{chosen}" if chosen.isdecimal() else chosen
    plane = check_area_crs(code)
    return plane, f"按选项用 {crs_name(plane)}"


def _plot_facts(
    plots: PolygonFile, projected: gpd.GeoSeries, options: FileStatisticsOptions, notes: list[str]
) -> pd.DataFrame:
    """Return geometry area, site area and floor area of each plot in m2, NaN where unknown."""
    _say_plot_keys(plots, options.plot_key, notes)
    ellipsoid_m2 = _of_polygons(plots, ellipsoid_area_m2(plots.frame.geometry.to_crs(STORED_CRS)))
    plane_m2 = _of_polygons(plots, plane_area_m2(projected, projected.crs))
    _say_distortion(ellipsoid_m2, plane_m2, projected.crs, notes)
    geometric = {"ellipsoid": ellipsoid_m2, "plane": plane_m2}
    name, unit = _area_source(options.site_area, "--site-area")
    site_m2 = geometric[name] if not unit else _field_m2(plots, name, unit, "--site-area", notes)
    gfa_m2 = np.full(len(ellipsoid_m2), np.nan)
    if options.gfa:
        gfa_m2 = _field_m2(plots, *_area_source(options.gfa, "--gfa"), "--gfa", notes)
    areas_m2 = geometric["plane" if name == "plane" and not unit else "ellipsoid"]
    return pd.DataFrame({"geometry_area_m2": areas_m2, "site_area_m2": site_m2, "gfa_m2": gfa_m2})


def _of_polygons(plots: PolygonFile, areas_m2: Floats) -> Floats:
    return np.where(plots.is_polygon, areas_m2, np.nan)


def _field_m2(plots: PolygonFile, name: str, unit: str, option: str, notes: list[str]) -> Floats:
    """Return a field of areas in m2; what is empty, no number or below zero is unknown, and said."""
    cells = plots.column(name, option)
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        is_bad = np.isinf(numbers)
    else:
        parsed = parse_number(cells)
        numbers, is_bad = parsed.cells.to_numpy(dtype=np.float64), parsed.bad.to_numpy(dtype=bool)
    is_empty = np.isnan(numbers) & ~is_bad
    for mask, words in (
        (is_empty, "是空的"), (is_bad, "不是数字"), (numbers < 0, "小于零"),
    ):  # fmt: skip
        if mask.any():
            examples = "、".join(
                dict.fromkeys(str(value) for value in cells[mask][:_LISTED] if not pd.isna(value))
            )
            notes.append(
                f"字段“{name}”有 {int(mask.sum())} 个值{words}{f'（如 {examples}）' if examples else ''}，按未知处理。"
            )
    known = np.where(is_bad | (numbers < 0), np.nan, numbers)
    return np.asarray(to_m2(known, unit), dtype=np.float64)


def _say_plot_keys(plots: PolygonFile, key: str | None, notes: list[str]) -> None:
    if key is None:
        return
    keys = plots.column(key, "--plot-key")
    missing, repeated = int(keys.isna().sum()), keys[keys.notna() & keys.duplicated()]
    if missing:
        notes.append(f"{missing} 个地块的“{key}”是空的，照常统计。")
    if len(repeated):
        examples = "、".join(dict.fromkeys(map(key_text, repeated[:_LISTED])))
        notes.append(f"“{key}”有 {len(repeated)} 个重复（如 {examples}），每一行仍各算一宗地，请核对。")


def _say_distortion(ellipsoid_m2: Floats, plane_m2: Floats, plane: CRS, notes: list[str]) -> None:
    true_m2 = np.nansum(ellipsoid_m2)
    if true_m2 <= 0:
        return
    excess = np.nansum(plane_m2) / true_m2 - 1
    if abs(excess) > _PLANE_TOLERANCE:
        notes.append(
            f"{crs_name(plane)} 下的平面面积比椭球面积{'大' if excess > 0 else '小'} {abs(excess):.1%}，"
            "这个工作坐标系不适合这里的数据，请换一个。"
        )


def _say_membership(membership: Membership, notes: list[str]) -> None:
    without_area = int((~membership.has_area).sum())
    if without_area and membership.method != "centroid":
        notes.append(f"{without_area} 个地块没有面积，计入 {OUTSIDE}。")
    if membership.counts.shape[1] and len(membership.has_area) and membership.outside_count.all():
        notes.append("没有一个地块落在任何分区里，请核对两个文件的位置和坐标系。")
    if membership.overlapping_count:
        notes.append(
            f"分区互相重叠，{membership.overlapping_count} 个地块的部分面积在几个分区里各计一次；{TOTAL} 仍只计一次，"
            "因此各行之和大于合计。"
        )


def _terms(options: FileStatisticsOptions, plane: CRS) -> dict[str, str]:
    """Return what the figures rest on, for the second sheet."""
    name, unit = _area_source(options.site_area, "--site-area")
    site = f"字段 {name}（{AREA_UNIT_LABELS[unit]}）" if unit else GEOMETRIC_AREAS[name]
    floor = "未给出"
    if options.gfa:
        field, gfa_unit = _area_source(options.gfa, "--gfa")
        floor = f"字段 {field}（{AREA_UNIT_LABELS[gfa_unit]}）"
    return {
        "地块文件": options.plots.name,
        "分区文件": f"{options.zones.name}，按字段 {options.zone_key}",
        "归属方式": MEMBERSHIPS[options.membership],
        "用地面积取自": site,
        "建筑面积取自": floor,
        "工作坐标系": crs_name(plane),
    }
