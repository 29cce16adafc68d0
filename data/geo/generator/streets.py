"""Street grids: an estate's outline, its streets and canals, and the blocks between them."""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.affinity import rotate, translate

from generator.dice import Dice
from generator.ground import M2_PER_MU, polygons_of, to_plane
from generator.places import Estate

_SMALLEST_BLOCK_M2 = 3_500
_NARROWEST_BLOCK_M = 34
_ARTERIAL_M, _STREET_M, _LANE_M = 30.0, 17.0, 10.0
_RIM_M = 9.0


@dataclass
class Grounds:
    """An estate on the ground, in the plane."""

    estate: Estate
    outline: Polygon
    blocks: list[Polygon]
    """Industrial blocks."""
    block_sizes_mu: list[list[float]] = field(default_factory=list)
    """What each block is to be divided into."""


def lay_out(estate: Estate, within: shapely.Geometry, dice: Dice) -> Grounds:
    """Return an estate's outline and as many blocks as its industrial land needs."""
    across = _line_positions(estate.width_m, estate.block_m[0], dice)
    along = _line_positions(estate.height_m, estate.block_m[1], dice)
    slants = [[dice.normal(0, 0.012) for _ in positions] for positions in (across, along)]
    nodes = np.array(
        [
            [(u + slant_u * v, v + slant_v * u) for v, slant_v in zip(along, slants[1], strict=True)]
            for u, slant_u in zip(across, slants[0], strict=True)
        ]
    )
    rim = np.vstack((nodes[:, 0], nodes[-1, 1:], nodes[-2::-1, -1], nodes[0, -2:0:-1]))
    outline = max(polygons_of(_placed(Polygon(rim), estate).intersection(within)), key=lambda part: part.area)
    ways = [_placed(way, estate) for way in (*_streets(nodes, bool(estate.code)), *_canals(estate, dice))]
    inner = outline.buffer(-_RIM_M, join_style="mitre").difference(shapely.unary_union(ways))
    blocks = [_chamfered(part, dice.between(7, 11)) for part in polygons_of(inner) if _is_usable(part)]
    return Grounds(estate, outline, _industrial(blocks, estate, dice))


def _line_positions(length_m: float, spacing_m: float, dice: Dice) -> list[float]:
    count = max(1, round(length_m / spacing_m))
    steps = [dice.between(0.75, 1.25) for _ in range(count)]
    total = sum(steps)
    positions = [-length_m / 2]
    for step in steps:
        positions.append(positions[-1] + step / total * length_m)
    return positions


def _placed(geometry: shapely.Geometry, estate: Estate) -> shapely.Geometry:
    east, north = to_plane(estate.lon, estate.lat)
    return translate(rotate(geometry, estate.angle_deg, origin=(0, 0)), east, north)


def _streets(nodes: np.ndarray, is_park: bool) -> list[shapely.Geometry]:
    lines = [*((n, nodes[n, :]) for n in range(1, nodes.shape[0] - 1))]
    lines += [*((n + 1, nodes[:, n]) for n in range(1, nodes.shape[1] - 1))]
    streets = []
    for number, points in lines:
        width = (_ARTERIAL_M if number % 3 == 0 else _STREET_M) if is_park else _LANE_M
        streets.append(LineString(points).buffer(width / 2, cap_style="square", join_style="mitre"))
    return streets


def _canals(estate: Estate, dice: Dice) -> list[shapely.Geometry]:
    """Return canals that cross a park with bends; the district is full of water."""
    canals = []
    for _ in range(int(estate.width_m // 1000) if estate.code else int(dice.chance(0.3))):
        start = dice.between(-0.4, 0.4) * estate.width_m
        drift = dice.normal(0, 0.12) * estate.width_m
        steps = np.linspace(-0.55, 0.55, 6)
        bend = 0.018 * estate.width_m
        points = [
            (start + drift * step + dice.normal(0, bend), step * estate.height_m) for step in steps.tolist()
        ]
        width = dice.between(14, 24) if estate.code else 9.0
        canals.append(LineString(points).buffer(width / 2, cap_style="flat", join_style="mitre"))
    return canals


def _is_usable(block: Polygon) -> bool:
    narrow = block.buffer(-_NARROWEST_BLOCK_M / 2)
    return block.area >= _SMALLEST_BLOCK_M2 and not narrow.is_empty


def _chamfered(block: Polygon, cut_m: float) -> Polygon:
    """Return the block with its street corners cut off (切角)."""
    points = shapely.get_coordinates(shapely.orient_polygons(block.simplify(0.5)).exterior)[:-1]
    ring: list[np.ndarray] = []
    for before, corner, after in zip(np.roll(points, 1, 0), points, np.roll(points, -1, 0), strict=True):
        back, forth = before - corner, after - corner
        lengths = math.hypot(*back), math.hypot(*forth)
        angle = math.degrees(math.acos(np.clip(np.dot(back, forth) / lengths[0] / lengths[1], -1, 1)))
        if 65 < angle < 115 and min(lengths) > 4 * cut_m:
            ring += [corner + back / lengths[0] * cut_m, corner + forth / lengths[1] * cut_m]
        else:
            ring.append(corner)
    cut = Polygon(ring)
    return cut if cut.is_valid and cut.area < block.area else block


def _industrial(blocks: list[Polygon], estate: Estate, dice: Dice) -> list[Polygon]:
    """Return the blocks that are industrial: the inner ones first, with some at the rim for homes and green."""
    centre = shapely.Point(to_plane(estate.lon, estate.lat))
    reach = math.hypot(estate.width_m, estate.height_m) / 2
    ranked = sorted(blocks, key=lambda block: block.centroid.distance(centre) / reach + dice.between(0, 0.9))
    chosen: list[Polygon] = []
    wanted_m2 = estate.industrial_mu * M2_PER_MU * 1.03
    for block in ranked:
        if wanted_m2 < block.area * 0.4:
            continue
        chosen.append(block)
        wanted_m2 -= block.area
    return chosen
