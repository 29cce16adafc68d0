"""Parcels: sizes dealt out to blocks, blocks divided into rectangles, trapezoids and L shapes."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Polygon, box
from shapely.affinity import rotate

from generator.dice import Dice, normal_quantiles
from generator.ground import M2_PER_MU, node, polygons_of
from generator.streets import Grounds

PLOT_COUNT = 450
_MEDIAN_MU, _SPREAD = 28.0, 0.74
_SMALLEST_MU, _LARGEST_MU = 3.0, 300.0
_FAR_AWAY_M = 5_000.0
_TOUCHING_M = 0.05
_LEAST_REST_SHARE = 0.10
"""What a block has left over beyond this stays green; less is spread over its plots."""


@dataclass
class Parcel:
    """A plot in the plane, with where it belongs."""

    shape: shapely.Geometry
    estate_name: str
    park_code: str


def deal_sizes(grounds: list[Grounds], dice: Dice) -> None:
    """Deal plot sizes, spread exactly as they should be, to the blocks of all estates; the largest first."""
    sizes = [_MEDIAN_MU * math.exp(_SPREAD * z) for z in normal_quantiles(PLOT_COUNT)]
    room = []
    for ground in grounds:
        ground.block_sizes_mu = [[] for _ in ground.blocks]
        room += [[block.area / M2_PER_MU, ground, n] for n, block in enumerate(ground.blocks)]
    for size in sorted((min(max(s, _SMALLEST_MU), _LARGEST_MU) for s in sizes), reverse=True):
        fitting = [entry for entry in room if entry[0] >= size]
        if not fitting:
            continue
        entry = _by_weight(fitting, dice)
        entry[0] -= size
        entry[1].block_sizes_mu[entry[2]].append(size)


def _by_weight(entries: list[list], dice: Dice) -> list:
    """Return one of the entries; those with more room left are likelier."""
    weights = np.cumsum([entry[0] ** 1.3 for entry in entries])
    return entries[int(np.searchsorted(weights, dice.share() * weights[-1]))]


def divide(ground: Grounds, dice: Dice) -> list[Parcel]:
    """Return the parcels of an estate."""
    parcels = []
    for block, sizes in zip(ground.blocks, ground.block_sizes_mu, strict=True):
        if not sizes:
            continue
        area_mu = block.area / M2_PER_MU
        rest = area_mu - sum(sizes)
        shares = [size / area_mu for size in dice.shuffled(sizes)]
        if rest > _LEAST_REST_SHARE * area_mu:
            pieces = node(_split(block, [*shares, rest / area_mu], dice))[: len(shares)]
        else:
            pieces = node(_split(block, shares, dice))
        parcels += [Parcel(piece, ground.estate.name, ground.estate.code) for piece in pieces]
    return parcels


def _split(polygon: Polygon, shares: list[float], dice: Dice) -> list[Polygon]:
    """Return the polygon cut into parts in proportion to *shares*, in their order."""
    if len(shares) == 1:
        return [polygon]
    total = sum(shares)
    if len(shares) == 2 and 0.12 < min(shares) / total < 0.4 and _is_boxy(polygon) and dice.chance(0.55):
        return _corner_cut(polygon, shares[0] / total, dice)
    cut = 1
    while cut < len(shares) - 1 and sum(shares[: cut + 1]) <= total / 2:
        cut += 1
    near, far = _halves(polygon, sum(shares[:cut]) / total, dice)
    return _split(near, shares[:cut], dice) + _split(far, shares[cut:], dice)


def _is_boxy(polygon: Polygon) -> bool:
    return polygon.area > 0.9 * polygon.minimum_rotated_rectangle.area


def direction_deg(polygon: shapely.Geometry) -> float:
    """Return the direction of the longer side of the polygon's smallest rectangle."""
    corners = shapely.get_coordinates(polygon.minimum_rotated_rectangle.exterior)
    sides = corners[1:3] - corners[:2]
    longer = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    return math.degrees(math.atan2(longer[1], longer[0])) % 180


def _halves(polygon: Polygon, share: float, dice: Dice) -> tuple[Polygon, Polygon]:
    """Return both sides of a cut across the polygon, the first with *share* of the area."""
    slant = dice.normal(0, 1.2) if dice.chance(0.8) else dice.between(-11, 11)
    turned = rotate(polygon, -direction_deg(polygon) + slant, origin=(0, 0))
    turn_back = direction_deg(polygon) - slant
    low, _, high, _ = turned.bounds
    left, right = low, high
    for _ in range(40):
        middle = (left + right) / 2
        if _left_of(turned, middle).area < share * polygon.area:
            left = middle
        else:
            right = middle
    near = _largest(_left_of(turned, left))
    far = _largest(turned.difference(_half_plane(left)))
    return rotate(near, turn_back, origin=(0, 0)), rotate(far, turn_back, origin=(0, 0))


def _half_plane(x: float) -> Polygon:
    return box(-1e8, -1e8, x, 1e8)


def _left_of(polygon: Polygon, x: float) -> shapely.Geometry:
    return polygon.intersection(_half_plane(x))


def _largest(geometry: shapely.Geometry) -> Polygon:
    return max(polygons_of(geometry), key=lambda part: part.area)


def _corner_cut(polygon: Polygon, first_share: float, dice: Dice) -> list[Polygon]:
    """Return a rectangle at a corner and the L that remains, in the order the shares ask for."""
    angle = direction_deg(polygon)
    turned = rotate(polygon, -angle, origin=(0, 0))
    west, south, east, north = turned.bounds
    share = min(first_share, 1 - first_share)
    wide = min(0.8, math.sqrt(share) * dice.between(0.85, 1.2))
    deep = min(0.8, share / wide)
    x = west + wide * (east - west) if dice.chance(0.5) else east - wide * (east - west)
    y = south + deep * (north - south) if dice.chance(0.5) else north - deep * (north - south)
    x_far = west - 1 if x - west < east - x else east + 1
    y_far = south - 1 if y - south < north - y else north + 1
    corner_box = box(min(x, x_far), min(y, y_far), max(x, x_far), max(y, y_far))
    small, large = _largest(turned.intersection(corner_box)), _largest(turned.difference(corner_box))
    parts = [small, large] if first_share < 0.5 else [large, small]
    return [rotate(part, angle, origin=(0, 0)) for part in parts]


def pierce(parcels: list[Parcel], dice: Dice) -> None:
    """Give a few parcels a hole (an enclosed substation) and cut a few in two by a lane or a ditch."""
    large = [p for p in parcels if p.shape.area > 60 * M2_PER_MU and _is_boxy(p.shape)]
    chosen = dice.shuffled(range(len(large)))
    for number in chosen[:5]:
        large[number].shape = _with_hole(large[number].shape, dice)
    for number in chosen[5:10]:
        touching = [p for p in parcels if p.shape.distance(large[number].shape) < _TOUCHING_M]
        large[number].shape = _cut_in_two(large[number].shape, dice)
        for parcel, shape in zip(touching, node([p.shape for p in touching]), strict=True):
            parcel.shape = shape


def _with_hole(polygon: Polygon, dice: Dice) -> Polygon:
    side = math.sqrt(polygon.area) * dice.between(0.13, 0.2)
    centre = polygon.centroid
    hole = box(centre.x - side / 2, centre.y - side / 3, centre.x + side / 2, centre.y + side / 3)
    return polygon.difference(rotate(hole, direction_deg(polygon)))


def _cut_in_two(polygon: Polygon, dice: Dice) -> shapely.Geometry:
    centre = polygon.centroid
    lane_m = dice.between(8, 13)
    lane = box(centre.x - lane_m / 2, centre.y - _FAR_AWAY_M, centre.x + lane_m / 2, centre.y + _FAR_AWAY_M)
    return polygon.difference(rotate(lane, direction_deg(polygon) + dice.between(-8, 8)))
