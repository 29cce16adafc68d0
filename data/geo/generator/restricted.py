"""Restricted areas, schematic, and what owners say and owe: what candidates are held against."""

from typing import Any

import shapely
from shapely import Point, box

from generator.dice import Dice
from generator.ground import outline, polygons_of, to_degrees, to_plane
from generator.plots import Plot

_CIRCLES = (
    ("height_control", "庄桥机场净空区（示意）", 121.5360, 29.9230, 1600.0, 45.0),
    ("heritage", "慈城历史文化名镇控制区（示意）", 121.4470, 29.9850, 620.0, None),
    ("heritage", "保国寺建设控制地带（示意）", 121.5130, 29.9830, 500.0, None),
)
"""Kind, name, centre, radius (m), height limit (m)."""
_FARMLAND = ((121.4000, 29.9520, 500.0), (121.4750, 29.9560, 450.0), (121.4360, 30.0200, 600.0))
"""Centre and half a side (m)."""
_RED_LINE_FROM_LAT = 30.0280
_RESERVED_COUNT = 2
_NOTE = "示意，不是实际范围"


def restricted_records(plots: list[Plot]) -> list[dict[str, Any]]:
    """Return the restricted areas: farmland keeps off all plots, the red line takes in those of the far north."""
    shapes = [("ecological_red_line", "北部山地生态保护红线（示意）", _red_line(), None)]
    built = shapely.union_all([plot.shape for plot in plots]).buffer(20)
    for number, (lon, lat, half_m) in enumerate(_FARMLAND, start=1):
        x, y = to_plane(lon, lat)
        field = box(x - half_m, y - half_m, x + half_m, y + half_m).intersection(outline()).difference(built)
        part = max(polygons_of(field), key=lambda polygon: polygon.area).simplify(1.0)
        shapes.append(("permanent_farmland", f"永久基本农田{number}（示意）", part, None))
    shapes += [
        (
            "statutory_reserve",
            f"储备用地{number}（示意）",
            plot.shape.buffer(2, join_style="mitre").simplify(0.5),
            None,
        )
        for number, plot in enumerate(_reserved(plots), start=1)
    ]
    shapes += [
        (
            kind,
            name,
            Point(to_plane(lon, lat)).buffer(radius_m, quad_segs=12).intersection(outline()),
            limit_m,
        )
        for kind, name, lon, lat, radius_m, limit_m in _CIRCLES
    ]
    return [
        {
            "area_code": f"XZ-{number:02d}", "name": name, "kind": kind, "limit_m": limit_m,
            "approval_no": f"示例管〔2021〕{number}号", "approved_on": "2021-06-30", "note": _NOTE,
            "geometry": to_degrees(shape),
        }
        for number, (kind, name, shape, limit_m) in enumerate(shapes, start=1)
    ]  # fmt: skip


def _red_line() -> shapely.Geometry:
    west, _, east, north = outline().bounds
    south = to_plane(121.45, _RED_LINE_FROM_LAT)[1]
    return max(polygons_of(outline().intersection(box(west, south, east, north))), key=lambda part: part.area)


def _reserved(plots: list[Plot]) -> list[Plot]:
    """Return plots that the reserve has taken over: small, low-rise, without a project or a place on the list."""
    free = [
        p
        for p in plots
        if 5 < p.site_mu < 25 and not p.rebuilt_year and not p.fields.get("low_efficiency_status")
    ]
    return Dice("reserved plots").shuffled(free)[:_RESERVED_COUNT]


def ask_owners(plots: list[Plot]) -> None:
    """Note what owners said when asked, which not all were, and what rests on the plots."""
    dice = Dice("owners")
    for plot in plots:
        plot.fields["redevelopment_will"] = (
            dice.pick(("willing", "willing", "open", "open", "open", "unwilling"))
            if dice.chance(0.72)
            else None
        )
        roll = dice.share()
        known = "sealed" if roll < 0.02 else "mortgaged" if roll < 0.16 else "none"
        plot.fields["encumbrance"] = known if dice.chance(0.93) else None


def weight_records() -> list[dict[str, Any]]:
    """Return two sets of weights that an office might keep."""
    return [
        {
            "name": "先看税收", "far_gap": 15, "tax_gap": 45, "inside_line": 10, "low_efficiency": 15, "size": 5,
            "owner_will": 5, "building_age": 5, "saved_by": "区经信局（示例）", "note": "盘活以提高亩均税收为主",
        },
        {
            "name": "先易后难", "far_gap": 20, "tax_gap": 15, "inside_line": 15, "low_efficiency": 5, "size": 5,
            "owner_will": 35, "building_age": 5, "saved_by": "自然资源规划江北分局（示例）", "note": "业主愿意的先做",
        },
    ]  # fmt: skip
