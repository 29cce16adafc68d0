"""Zone statistics of one area that was drawn on the map or came as a file."""

import re
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.overlay import MEMBERSHIPS, Membership, overlay_shares
from geoapp.analysis.plane import to_plane, zones_to_plane
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.zone_table import ZONE, ZoneTable
from geoapp.errors import InputError, UsageError
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_lines import AREA_LABELS
from geoapp.services.plot_links import REGISTERS
from geoapp.services.polygon_file import read_polygons
from geoapp.services.records import filter_mask, filter_words
from geoapp.services.statistic_facts import choose_statistics, needed_facts, statistic_facts
from geoapp.services.workspace import Workspace
from geoapp.statistics import compute_statistics, statistic_columns

AREA_ZH = "所画范围"
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class AreaFile:
    """The polygons of an uploaded file as one area."""

    geometry: shapely.Geometry
    """Degrees, EPSG:4490; polygons that overlap or touch are one."""
    notes: tuple[str, ...]
    """What was found and done, in Chinese."""


def area_statistics(
    workspace: Workspace,
    area: shapely.Geometry,
    as_of: AsOf,
    *,
    filter_text: str = "",
    notes: tuple[str, ...] = (),
) -> ZoneTable:
    """Return the figures of an area: those of the zone table, in one row.

    Parameters
    ----------
    workspace : Workspace
    area : Polygon or MultiPolygon
        In degrees (EPSG:4490), valid. Plots count by the share of their area that lies in it, compared in the plane of
        the working CRS.
    as_of : AsOf
        Plots as they were then, under the rules of that day.
    filter_text : str
        Only plots that satisfy it are counted.
    notes : tuple of str
        What a reader must know about the area, in Chinese.

    Returns
    -------
    ZoneTable
        One row, "area". A plot is counted in the area as soon as some of it lies there.

    Raises
    ------
    UsageError
        The filter cannot be read.
    CrsError
        The area lies where the working CRS cannot compute.
    """
    zone = gpd.GeoSeries([area], index=pd.Index(["area"], name="zone"), crs=STORED_CRS)
    inside = _plots_inside(workspace, zone, as_of, filter_text)
    chosen = inside.facts
    statistics, words, early = choose_statistics(workspace.policy_at(as_of.revision), as_of.day)
    read = statistic_facts(workspace, needed_facts(statistics), as_of, inside.rows)
    figures = compute_statistics(read, zone_weights(inside.shares), statistics).iloc[:1]
    labels = pd.DataFrame({"name": [AREA_ZH], "kind": [ZONE]}, index=zone.index)
    plots = workspace.layer("plots")
    return ZoneTable(
        rows=pd.concat([labels, figures.set_axis(zone.index, axis=0)], axis=1),
        columns=tuple(statistic_columns(statistics)),
        groups=tuple(statistic.zh for statistic in statistics for _ in statistic.columns),
        later_groups=frozenset(statistic.zh for statistic in statistics if not statistic.is_default),
        statistics_zh=words,
        geometry=zone,
        zones="area",
        zones_zh=AREA_ZH,
        membership="clip",
        membership_zh=f"{MEMBERSHIPS['clip']}：面积按落在范围内的比例分摊；有一部分在范围内的宗地都计入宗数",
        revision=as_of.revision,
        data_on=data_day(workspace, as_of.revision, REGISTERS, as_of.day),
        rules_on=as_of.day,
        filter_zh=filter_words(workspace, "plots", filter_text) if filter_text else "全部地块",
        sources=(f"{plots.zh}：{plots.source}",),
        codes=workspace.layer("performance").field("grade").code_labels,
        area_basis=_area_basis(chosen),
        findings=(*filter(None, [as_of.note]), *notes, *_findings(chosen), *early),
        is_demo=bool(chosen["is_demo"].any()),
    )


class _Inside(NamedTuple):
    """The plots that have land in an area."""

    rows: NDArray[np.int64]
    """Positions in the register, ascending."""
    facts: gpd.GeoDataFrame
    shares: Membership


def _plots_inside(workspace: Workspace, zone: gpd.GeoSeries, as_of: AsOf, filter_text: str) -> _Inside:
    """Return the plots that satisfy a filter and have land in the one area of *zone*."""
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    rows = np.sort(facts.sindex.query(zone.iloc[0], predicate="intersects"))
    if filter_text:
        rows = rows[filter_mask(workspace, "plots", filter_text, as_of)[rows]]
    chosen = facts.iloc[rows]
    plane = CRS.from_epsg(workspace.settings.working_crs)
    placed = zones_to_plane(zone, plane, chosen.geometry) if len(chosen) else zone.iloc[:0].to_crs(plane)
    shares = overlay_shares(to_plane(chosen.geometry, plane), placed.reindex(zone.index))
    is_inside = shares.outside_count == 0  # what only touches the edge has no land in the area
    return _Inside(rows[is_inside], chosen[is_inside], shares.of_plots(is_inside))


def _area_basis(facts: pd.DataFrame) -> dict[str, int]:
    counts = facts["site_area_basis"].map(AREA_LABELS).fillna("未知").value_counts()
    return {str(words): int(count) for words, count in counts.items()}


def _findings(facts: pd.DataFrame) -> list[str]:
    counted = (
        (int(facts["site_area_m2"].isna().sum()), "宗地的用地面积未知，不进面积和容积率"),
        (int(facts["gfa_counted_m2"].isna().sum()), "宗地的建筑面积未知，不进容积率"),
        (
            int(facts["has_unknown_height"].eq(other=True).sum()),
            "宗地有层高未知的建筑，不加倍计，容积率是下限",
        ),
    )
    return [f"{count} {words}。" for count, words in counted if count] if len(facts) else ["范围里没有地块。"]


def read_area_file(
    workspace: Workspace,
    stream: IO[bytes],
    file_name: str,
    day: date,
    *,
    crs: str | None = None,
    layer: str | None = None,
) -> AreaFile:
    """Return the polygons of an uploaded file as one area.

    Parameters
    ----------
    workspace : Workspace
    stream : binary file
        The upload's content; nothing of it is kept.
    file_name : str
        As the user called it; its ending says the format.
    day : date
        Whose windows of coordinates hold.
    crs, layer : str, optional
        Where the file does not say them.

    Raises
    ------
    UsageError
        No file, or several layers and none chosen.
    FormatError, CrsError
        The file cannot be read, or its coordinate system cannot be told.
    InputError
        It holds no polygon.
    """
    name = _UNSAFE.sub("_", file_name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[-_LONGEST_NAME:]
    if not name:
        raise UsageError("没有选择文件。请选择一个面文件再上传。")
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        path = Path(folder, name)
        with path.open("wb") as target:
            while block := stream.read(1 << 20):
                target.write(block)
        polygons = read_polygons(
            path, "范围", policy=workspace.policy, day=day, crs=crs, layer=layer,
            crs_option="坐标系（crs）", layer_option="图层（layer）",
        )  # fmt: skip
    areas = polygons.frame.geometry[polygons.is_polygon].to_crs(STORED_CRS)
    if areas.empty:
        raise InputError(f"文件“{name}”里没有面。请上传面图形的文件。")
    return AreaFile(shapely.union_all(areas.to_numpy()), tuple(polygons.notes))
