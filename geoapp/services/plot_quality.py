"""What is wrong with the records behind the zone statistics: each named, with the address of the record."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geoapp.analysis.outlines import areas_in_common
from geoapp.analysis.overlay import Membership, valid_shapes
from geoapp.analysis.plane import to_plane
from geoapp.domain.table_quality import QualityFinding, TableQuality
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_card import record_address
from geoapp.services.records import filter_mask
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import zone_membership
from geoapp.services.zone_source import ZoneFile, Zones, find_zones
from geoapp.units import area_words

MOST_LISTED = 200
"""Of one kind; the counts are always whole."""
KINDS = {
    "area_not_positive": "登记面积是零或负数",
    "area_missing": "没有登记面积",
    "site_area_unknown": "用地面积不明",
    "no_outline": "没有图形",
    "floor_area_negative": "建筑面积是负数",
    "no_zone": "不在任何分区内",
    "zones_overlap": "落在互相重叠的分区里",
    "zone_on_zone": "分区互相重叠",
    "building_outside": "建筑物超出所属地块",
    "building_negative": "建筑物面积或层高是负数",
}
"""In the order of the list."""
_M2_PER_SQUARE_DEGREE = 1.24e10
"""At the equator, where it is the most."""
_SLIVER_M2 = 1.0
"""Zones that share less meet at an edge that was drawn twice."""
_PLOT_FLOOR_AREAS = ["gfa_far_m2", "gfa_actual_m2", "footprint_m2"]
_BUILDING_NUMBERS = ["gfa_m2", "basement_gfa_m2", "footprint_m2", "storey_height_m"]


def plot_quality(
    workspace: Workspace,
    state: AsOf,
    *,
    zones: str | ZoneFile = "towns",
    membership: str = "clip",
    filter_text: str = "",
    unit: str = "mu",
) -> TableQuality:
    """Return what is wrong with the plots of a table and with the buildings on them.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        Registers as they were, the day whose limits hold.
    zones, membership, filter_text
        As in `zone_statistics`.
    unit : {"mu", "ha", "m2"}
        For land in the messages.

    Returns
    -------
    TableQuality
        A share is of a building's outline. Missing values are findings, never numbers.
    """
    is_wanted = filter_mask(workspace, "plots", filter_text, state)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    division = find_zones(workspace, zones, revision=state.revision, day=state.day)
    shares = zone_membership(workspace, facts.geometry, division, membership, state.revision)
    plots = workspace.store.read("plots", revision=state.revision).set_index("plot_code").loc[facts.index]
    said = [
        *_about_plots(plots[is_wanted], facts[is_wanted], unit),
        *_about_zones(plots[is_wanted], shares.of_plots(is_wanted), division),
        *_zones_on_zones(workspace, zones, division, unit),
        *_about_buildings(workspace, plots[is_wanted], state),
    ]
    recognised = recognition_quality(workspace, state, facts[is_wanted], unit, is_all=bool(is_wanted.all()))
    ordered = sorted((kind for kind in said if kind.count), key=lambda kind: list(KINDS).index(kind.code))
    return TableQuality(
        plot_count=int(is_wanted.sum()),
        counts={KINDS[kind.code]: kind.count for kind in ordered} | Counter(found.zh for found in recognised),
        findings=(*(finding for kind in ordered for finding in kind.findings), *recognised),
    )


def recognition_quality(
    workspace: Workspace, state: AsOf, facts: pd.DataFrame, unit: str, *, is_all: bool
) -> list[QualityFinding]:
    """Return what is wrong with the recognitions in the ledger that the statistics count, see `ledger_findings`.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    facts : DataFrame by plot_code
        Of the plots that are counted: only their recognitions are looked at.
    unit : {"mu", "ha", "m2"}
    is_all : bool
        All plots are counted: recognitions of plots that there are not, and of no ledger, are told then too.
    """
    entries = revitalisation_ledger(workspace, None, state).entries
    if not is_all:
        entries = entries[entries["plot_code"].isin(facts.index)]
    found = ledger_findings(
        workspace, entries, state.revision, state.day, facts["site_area_m2"], unit=unit, is_whole=is_all
    )
    return [
        QualityFinding(
            code=one.code, zh=f"认定：{one.zh}", message=one.message, title=one.title, address=one.address
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    code: str
    count: int
    findings: list[QualityFinding]


Found = Iterator[_Kind]


def _named(
    rows: pd.DataFrame, code: str, message: Callable[[pd.Series], str], register: str = "plots"
) -> Found:
    findings = [
        QualityFinding(
            code=code,
            zh=KINDS[code],
            message=message(row),
            title=str(row["name"] if pd.notna(row["name"]) else key),
            address=record_address(register, key),
        )
        for key, row in rows.head(MOST_LISTED).iterrows()
    ]
    yield _Kind(code=code, count=len(rows), findings=findings)


def _about_plots(plots: gpd.GeoDataFrame, facts: pd.DataFrame, unit: str) -> Found:
    registered, is_known = plots["area_reg_m2"], facts["site_area_m2"].notna()
    instead = np.where(is_known, "用地面积改用图形面积", "又没有图形面积可用")
    rows = plots.assign(instead=instead)
    yield from _named(
        rows[registered <= 0],
        "area_not_positive",
        lambda row: (
            f"登记面积 {area_words(row['area_reg_m2'], unit)}，不能采用，{row['instead']}。请核对权证。"
        ),
    )
    yield from _named(
        rows[registered.isna()], "area_missing", lambda row: f"没有填登记面积，{row['instead']}。请补登。"
    )
    yield from _named(rows[~is_known], "site_area_unknown", lambda _: "用地面积不明，不进面积和容积率。")
    is_negative = (plots[_PLOT_FLOOR_AREAS] < 0).any(axis=1)
    yield from _named(
        plots[is_negative], "floor_area_negative", lambda _: "地块台账里的建筑面积是负数。请改正。"
    )


def _about_zones(plots: gpd.GeoDataFrame, shares: Membership, division: Zones) -> Found:
    yield from _named(
        plots[~shares.has_area],
        "no_outline",
        lambda _: f"没有图形，不知在哪个分区，计入{division.outside_zh}。",
    )
    is_out = shares.has_area & (shares.outside_share > 1 - 1e-9)
    yield from _named(
        plots[is_out], "no_zone", lambda _: f"不在任何{division.zh}内，计入{division.outside_zh}。"
    )
    overlapping = plots.assign(share=shares.overlap_share)[shares.overlap_share > 0]
    yield from _named(
        overlapping,
        "zones_overlap",
        lambda row: f"有 {row['share']:.1%} 同时在几个{division.zh}里，各行各计一次，合计只计一次。",
    )


def _zones_on_zones(workspace: Workspace, zones: str | ZoneFile, division: Zones, unit: str) -> Found:
    """Find zones of a register that cover the same land: what lies there counts in each, and less lies outside."""
    if not isinstance(zones, str) or zones not in workspace.layers:
        return
    pairs = workspace.cache.get(
        ("zones_on_zones", division.version), lambda: _shared_land(workspace, division.geometry)
    )
    names = {key: division.names.get(key, key) for pair in pairs for key in pair[:2]}
    findings = [
        QualityFinding(
            code="zone_on_zone",
            zh=KINDS["zone_on_zone"],
            message=f"与“{names[b]}”重叠 {area_words(m2, unit)}，其中的地块在两个分区里各计一次。请核对界线。",
            title=str(names[a]),
            address=record_address(zones, a),
        )
        for a, b, m2 in pairs[:MOST_LISTED]
    ]
    yield _Kind(code="zone_on_zone", count=len(pairs), findings=findings)


def _shared_land(workspace: Workspace, zones: gpd.GeoSeries) -> list[tuple[str, str, float]]:
    """Return the pairs of zones that cover the same land, and how much of it (m2), the largest first."""
    shapes = zones[zones.notna() & ~zones.is_empty]
    degrees = valid_shapes(shapes.to_numpy())
    one, other, shared = areas_in_common(degrees)
    # Nearly all neighbours share an edge only: those are told apart before anything is measured.
    is_near = shared * _M2_PER_SQUARE_DEGREE > _SLIVER_M2 / 2
    one, other = one[is_near], other[is_near]
    rows = np.unique(np.concatenate([one, other]))
    plane = np.full(len(degrees), None, dtype=object)
    measured = gpd.GeoSeries(degrees[rows], crs=zones.crs)
    plane[rows] = valid_shapes(to_plane(measured, CRS.from_epsg(workspace.settings.working_crs)).to_numpy())
    shared_m2 = shapely.area(shapely.intersection(plane[one], plane[other]))
    pairs = [
        (str(shapes.index[a]), str(shapes.index[b]), float(m2))
        for a, b, m2 in zip(one, other, shared_m2, strict=True)
        if m2 > _SLIVER_M2
    ]
    return sorted(pairs, key=lambda pair: -pair[2])


def _about_buildings(workspace: Workspace, plots: gpd.GeoDataFrame, state: AsOf) -> Found:
    buildings = workspace.store.read("buildings", revision=state.revision)
    buildings = buildings[buildings["plot_code"].isin(plots.index)].set_index("building_code")
    limit = float(workspace.policy_at(state.revision).value("building_outside_share", state.day))
    grounds = plots.geometry.reindex(buildings["plot_code"]).to_numpy()
    outside = outside_share(buildings.geometry.to_numpy(), grounds)
    yield from _named(
        buildings.assign(outside=outside)[outside > limit],
        "building_outside",
        lambda row: (
            f"轮廓有 {row['outside']:.1%} 在地块“{row['plot_code']}”之外；面积仍计入该地块。请核对所属地块或图形。"
        ),
        "buildings",
    )
    is_negative = (buildings[_BUILDING_NUMBERS] < 0).any(axis=1)
    yield from _named(
        buildings[is_negative], "building_negative", lambda _: "面积或层高是负数。请改正。", "buildings"
    )


def outside_share(shapes: np.ndarray, grounds: np.ndarray) -> np.ndarray:
    """Return which share of each outline lies outside the ground beside it; nan where either has no area.

    A share of areas in degrees: over the length of a building a degree is as long as the next one.
    """
    whole = shapely.area(shapes)
    share = np.where((whole > 0) & (shapely.area(grounds) > 0), 0.0, np.nan)
    is_out = (share == 0) & ~shapely.covered_by(shapes, grounds)
    inside = shapely.area(shapely.intersection(shapes[is_out], grounds[is_out]))
    share[is_out] = 1 - inside / whole[is_out]
    return share
