"""Buildings: rows of rectangles set back within their plot, with storeys and heights that give the plot ratio."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import shapely
from shapely import box
from shapely.affinity import rotate, scale

from generator.dice import Dice, normal_quantiles
from generator.ground import polygons_of, to_degrees
from generator.parcels import direction_deg
from generator.plots import Plot

_FAR_MEDIAN, _FAR_SPREAD = 0.95, 0.475
_GAP_M = 12.0
_USUAL_SUPPORT_SHARE = 0.15
_DOUBLE_ABOVE_M = 8.0
"""A storey higher than this counts twice."""
_MAX_LEVELS = 6
_HIGHEST_STOREY_M = 6.0
"""Of buildings with several storeys."""
_CUTS = (0.0, 0.12, 0.25, 0.4, 0.55)
_INSETS = sorted(
    (cuts for cuts in itertools.product(_CUTS, repeat=4) if max(cuts[0] + cuts[1], cuts[2] + cuts[3]) < 0.8),
    key=lambda cuts: (-(1 - cuts[0] - cuts[1]) * (1 - cuts[2] - cuts[3]), cuts),
)
"""Shares to take off a cell's four sides, the largest remaining rectangle first."""


@dataclass
class Building:
    """A building while the plot is being built up."""

    shape: shapely.Geometry
    use: str
    storeys: int = 1
    height_m: float = 6.0
    basement: bool = False

    @property
    def level(self) -> int:
        """Counted floor area over footprint."""
        return self.storeys * (2 if self.height_m > _DOUBLE_ABOVE_M else 1)


def wanted_ratios(plots: list[Plot], lean: dict[str, float]) -> None:
    """Deal plot ratios, spread exactly as they should be; *lean* by plot code pushes up or down the ranks."""
    dice = Dice("ratios")
    quantiles = [_FAR_MEDIAN * math.exp(_FAR_SPREAD * z) for z in normal_quantiles(len(plots))]
    ranked = sorted(plots, key=lambda plot: dice.normal() + lean.get(plot.code, 0.0))
    for plot, far in zip(ranked, quantiles, strict=True):
        plot.far = far


def build_up(plot: Plot, dice: Dice) -> list[dict[str, Any]]:
    """Return the building records of a plot, and put the plot's own sums into its fields."""
    coverage = min(0.5, max(0.26, dice.between(0.30, 0.42) + 0.05 * (plot.far - 0.95)))
    shapes = _rows(plot.shape, coverage * plot.site_m2, dice)
    buildings = [
        Building(shape, "office" if n == 0 and len(shapes) > 1 else "workshop")
        for n, shape in enumerate(shapes)
    ]
    if not buildings:
        return []
    height_limit_m = plot.fields["height_limit_m"] or math.inf
    max_levels = int(min(_MAX_LEVELS, height_limit_m / _HIGHEST_STOREY_M))
    _raise_to(buildings, plot.far * plot.site_m2, max_levels, dice)
    records = [_record(plot, number, building, dice) for number, building in enumerate(buildings, start=1)]
    _sum_up(plot, records, dice)
    return records


def _rows(shape: shapely.Geometry, footprint_m2: float, dice: Dice) -> list[shapely.Geometry]:
    """Return rectangles parallel to the plot's sides, the smallest first, together *footprint_m2* at most."""
    setback_m = min(9.0, 0.07 * math.sqrt(shape.area))
    boxes: list[shapely.Geometry] = []
    for part in polygons_of(shape.buffer(-setback_m, join_style="mitre")):
        angle = direction_deg(part)
        turned = rotate(part, -angle, origin=(0, 0))
        boxes += [rotate(cell, angle, origin=(0, 0)) for cell in _cells(turned, dice)]
    total = sum(cell.area for cell in boxes)
    if total > footprint_m2:
        boxes = [_narrowed(cell, footprint_m2 / total) for cell in boxes]
    return sorted(boxes, key=lambda cell: cell.area)


def _cells(inner: shapely.Geometry, dice: Dice) -> list[shapely.Geometry]:
    west, south, east, north = inner.bounds
    columns = max(1, round((east - west) / dice.between(80, 135)))
    rows = max(1, round((north - south) / dice.between(45, 80)))
    wide, deep = (east - west) / columns, (north - south) / rows
    shapely.prepare(inner)
    cells = []
    for column in range(columns):
        for row in range(rows):
            x, y = west + column * wide, south + row * deep
            gap_x, gap_y = (_GAP_M / 2 if n > 1 else 0 for n in (columns, rows))
            cell = _fitted(box(x + gap_x, y + gap_y, x + wide - gap_x, y + deep - gap_y), inner)
            if cell is not None and cell.area > 120:
                cells.append(cell)
    return cells


def _fitted(cell: shapely.Geometry, inner: shapely.Geometry) -> shapely.Geometry | None:
    """Return the largest of some parts of the cell that lies inside, or None."""
    west, south, east, north = cell.bounds
    wide, deep = east - west, north - south
    for left, right, below, above in _INSETS:
        part = box(west + left * wide, south + below * deep, east - right * wide, north - above * deep)
        if inner.contains(part):
            return part
    return None


def _narrowed(cell: shapely.Geometry, share: float) -> shapely.Geometry:
    """Return the rectangle with *share* of its area, taken from both of its sides."""
    return scale(cell, math.sqrt(share), math.sqrt(share), origin="centroid")


def _raise_to(buildings: list[Building], wanted_m2: float, max_levels: int, dice: Dice) -> None:
    """Choose storeys and heights so that the counted floor area reaches *wanted_m2*, then shrink to fit."""
    footprint = sum(building.shape.area for building in buildings)
    mean_level = wanted_m2 / footprint
    for building in buildings:
        levels = min(max_levels, max(1, math.ceil(mean_level)))
        _set_level(building, max(3, levels) if building.use == "office" else levels, dice)
    for building in buildings[1:]:
        counted = sum(b.shape.area * b.level for b in buildings)
        if building.level > 1 and counted - building.shape.area >= wanted_m2:
            _set_level(building, building.level - 1, dice)
    counted = sum(building.shape.area * building.level for building in buildings)
    if counted > wanted_m2:
        for building in buildings:
            building.shape = _narrowed(building.shape, wanted_m2 / counted)


def _set_level(building: Building, level: int, dice: Dice) -> None:
    """Make the building count *level* times its footprint: low halls, high halls, or storeys."""
    if building.use == "office":
        building.storeys, building.height_m = level, 3.6
    elif level == 1:
        building.storeys, building.height_m = 1, dice.pick((5.5, 6.0, 7.2, 7.8, 8.0))
    elif level == 2 and dice.chance(0.6):
        building.storeys, building.height_m = 1, dice.pick((8.4, 9.0, 10.5, 12.0, 15.0))
    elif level == 4 and dice.chance(0.2):
        building.storeys, building.height_m = 2, 8.5
    else:
        building.storeys, building.height_m = level, dice.pick((4.2, 4.5, 5.4, _HIGHEST_STOREY_M))


_NAMES = {
    "workshop": "厂房",
    "office": "办公楼",
    "dormitory": "宿舍",
    "warehouse": "仓库",
    "research": "研发楼",
}


def _record(plot: Plot, number: int, building: Building, dice: Dice) -> dict[str, Any]:
    use = building.use
    if use == "workshop" and number > 2 and dice.chance(0.2):
        use = "warehouse"
    elif use == "office" and dice.chance(0.25):
        use = dice.pick(("dormitory", "research"))
    footprint = round(building.shape.area, 2)
    basement_m2 = footprint if plot.far > 1.4 and building.use == "office" and dice.chance(0.45) else 0.0
    storey_m2 = round(footprint * building.storeys, 2)
    return {
        "building_code": f"{plot.code}-{number:02d}",
        "plot_code": plot.code,
        "name": f"{number}号{_NAMES[use]}",
        "storeys": building.storeys,
        "storey_height_m": building.height_m,
        "basement_storeys": 1 if basement_m2 else 0,
        "gfa_m2": round(storey_m2 + basement_m2, 2),
        "basement_gfa_m2": basement_m2,
        "footprint_m2": footprint,
        "use": use,
        "built_year": plot.rebuilt_year or min(2022, plot.fields["built_year"] + dice.whole(0, 5)),
        "geometry": to_degrees(building.shape),
    }


def _sum_up(plot: Plot, records: list[dict[str, Any]], dice: Dice) -> None:
    footprint = sum(r["footprint_m2"] for r in records)
    counted = sum(
        (r["gfa_m2"] - r["basement_gfa_m2"]) * (2 if r["storey_height_m"] > _DOUBLE_ABOVE_M else 1)
        for r in records
    )
    share = footprint / plot.site_m2
    coefficient = min(0.59, max(share + dice.between(0.01, 0.12), dice.between(0.31, 0.42)))
    support_m2 = sum(r["gfa_m2"] for r in records if r["use"] in ("office", "dormitory"))
    dormitory_m2 = sum(r["gfa_m2"] for r in records if r["use"] == "dormitory")
    is_raised = support_m2 > _USUAL_SUPPORT_SHARE * sum(r["gfa_m2"] for r in records)
    plot.fields |= {
        "gfa_actual_m2": round(sum(r["gfa_m2"] for r in records), 2),
        "gfa_far_m2": round(counted, 2),
        "footprint_m2": round(footprint, 2),
        "structure_yard_m2": round((coefficient - share) * plot.site_m2, 1),
        "support_gfa_m2": round(support_m2, 2),
        "support_surplus_use": ("dormitory" if 2 * dormitory_m2 > support_m2 else "office")
        if is_raised
        else None,
        "support_land_m2": round(plot.site_m2 * dice.between(0.02, 0.068), 1),
        "built_year": max(r["built_year"] for r in records),
    }
