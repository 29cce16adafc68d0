"""Towns, parks, control zones and control lines as records."""

from typing import Any

import numpy as np
import shapely
from shapely import box
from shapely.affinity import rotate, translate

from generator.ground import ellipsoid_m2, polygons_of, to_degrees, to_plane
from generator.places import PARKS, TOWNS, Estate
from generator.plots import TOWN_NAMES, Plot
from generator.streets import Grounds

_LINE_NAMES = {"KX1": "工业集聚区控制线", "KX2": "工业用地控制线"}
_ZONE_NAMES = {"ZQ1": "战略产业园", "ZQ2": "优势产业社区", "ZQ3": "零星工业区块"}
_APPROVAL = {"approval_no": "示例批〔2022〕8号", "approved_on": "2022-08-22"}


def town_records(areas: dict[str, shapely.Geometry]) -> list[dict[str, Any]]:
    """Return the towns."""
    return [
        {
            "town_code": town.code,
            "name": town.name,
            "kind": town.kind,
            "geometry": to_degrees(areas[town.code]),
        }
        for town in TOWNS
    ]


def park_records(grounds: list[Grounds]) -> list[dict[str, Any]]:
    """Return the parks, as schematic polygons."""
    outlines = {ground.estate.code: ground.outline for ground in grounds}
    return [
        {
            "park_code": park.code, "name": park.name, "level": park.level, "town_code": park.town,
            "planned_km2": park.planned_km2, "lead_industry": park.industry,
            "note": "；".join(filter(None, ("范围为示意", park.note))), "geometry": to_degrees(outlines[park.code]),
        }
        for park in PARKS
    ]  # fmt: skip


def zone_shapes(grounds: list[Grounds]) -> list[tuple[Estate, shapely.Geometry]]:
    """Return the control zones in the plane: estates' outlines, some drawn in at one side."""
    return [(ground.estate, _trimmed(ground)) for ground in grounds if ground.estate.zone]


def _trimmed(ground: Grounds) -> shapely.Geometry:
    estate = ground.estate
    if not estate.trim_m:
        return ground.outline
    half = estate.width_m / 2
    strip = box(-half - 500, -estate.height_m, -half + estate.trim_m, estate.height_m)
    strip = translate(rotate(strip, estate.angle_deg, origin=(0, 0)), *to_plane(estate.lon, estate.lat))
    return max(polygons_of(ground.outline.difference(strip)), key=lambda part: part.area)


def zone_records(
    zones: list[tuple[Estate, shapely.Geometry]], plots: list[Plot], towns: dict[str, shapely.Geometry]
) -> list[dict[str, Any]]:
    """Return the control zones with their areas and the towns they lie in."""
    shapes = np.array([plot.shape for plot in plots])
    counts: dict[str, int] = {}
    records = []
    for estate, shape in sorted(zones, key=lambda pair: pair[0].zone):
        counts[estate.zone] = counts.get(estate.zone, 0) + 1
        geometry = to_degrees(shape)
        area_m2 = ellipsoid_m2(geometry)
        industrial_m2 = float(shapely.area(shapely.intersection(shapes, shape)).sum())
        touched = [code for code, area in towns.items() if area.intersection(shape).area > 0.02 * shape.area]
        records.append(
            {
                "zone_code": f"GK-{estate.zone}-{counts[estate.zone]:02d}",
                "name": f"{estate.name.split('(')[0]}{_ZONE_NAMES[estate.zone]}",
                "kind": estate.zone, "level": "市级" if estate.zone == "ZQ1" else "区级", "area_m2": round(area_m2, 2),
                "industrial_area_m2": round(industrial_m2, 2),
                "industrial_percent": round(100 * industrial_m2 / area_m2, 2),
                "lead_industry": estate.industry or None, "town_name": "、".join(TOWN_NAMES[code] for code in touched),
                **_APPROVAL, "updated_on": "2025-12-31", "note": "示意", "geometry": geometry,
            }
        )  # fmt: skip
    return records


def line_records(
    grounds: list[Grounds], zones: list[tuple[Estate, shapely.Geometry]], district: shapely.Geometry
) -> list[dict[str, Any]]:
    """Return both control lines as closed areas: KX1 around the clusters, KX2 wider and around more."""
    inner = [shape.buffer(14, join_style="mitre") for estate, shape in zones if estate.lines == "KX1"]
    outer = [g.outline.buffer(60, join_style="mitre") for g in grounds if g.estate.lines]
    records = []
    for kind, shapes in (("KX1", inner), ("KX2", outer)):
        rings = polygons_of(shapely.unary_union(shapes).intersection(district).simplify(0.5))
        rings.sort(key=lambda ring: (-round(ring.centroid.y), ring.centroid.x))
        for number, ring in enumerate(rings, start=1):
            records.append(
                {
                    "line_code": f"{kind}-{number:02d}", "name": f"{_LINE_NAMES[kind]}{number}", "kind": kind,
                    "level": "市级" if kind == "KX1" else "区级", "version": "2022年版",
                    "source_geometry": "line" if number % 2 else "polygon", "valid_from_on": "2022-08-22",
                    **_APPROVAL, "note": "示意", "geometry": to_degrees(shapely.Polygon(ring.exterior)),
                }
            )  # fmt: skip
    return records
