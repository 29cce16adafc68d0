"""Seeded plots and zones for benchmarks: blocks of parcels on a turned street grid, zones with wiggly edges."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

WORKING_CRS = 4549
CORNER_E_M, CORNER_N_M = 632_000.0, 3_308_000.0
"""South-west corner: the land lies in the district."""
BLOCK_M, STREET_M, LOTS_PER_BLOCK = 200.0, 20.0, 8


def make_plots(count: int, seed: int = 20_250_101) -> gpd.GeoDataFrame:
    """Return *count* parcels in EPSG:4549: two rows of four lots per block, shared walls, no two alike."""
    rng = np.random.default_rng(seed)
    blocks = -(-count // LOTS_PER_BLOCK)
    side = int(np.ceil(np.sqrt(blocks)))
    block = np.arange(blocks)
    west = (block % side) * (BLOCK_M + STREET_M)
    south = (block // side) * (BLOCK_M + STREET_M)
    shapes = np.concatenate([_lots(west, south, row, rng) for row in (0, 1)], axis=1).reshape(-1, 5, 2)[
        :count
    ]
    shapes = shapes + [CORNER_E_M, CORNER_N_M] + 0.0
    polygons = shapely.polygons(shapes)
    site_area_m2 = shapely.area(polygons) * rng.uniform(0.97, 1.03, len(polygons))
    gfa_m2 = np.where(
        rng.random(len(polygons)) < 0.15, np.nan, site_area_m2 * rng.lognormal(-0.05, 0.45, len(polygons))
    )
    columns = {
        "plot_code": [f"D{number:06d}" for number in range(len(polygons))],
        "site_area_m2": site_area_m2,
        "gfa_counted_m2": gfa_m2,
    }
    return gpd.GeoDataFrame(columns, geometry=polygons, crs=WORKING_CRS)


def with_holes_and_parts(
    plots: gpd.GeoDataFrame, hole_share: float = 0.03, parts_share: float = 0.02, seed: int = 20_250_103
) -> gpd.GeoDataFrame:
    """Return the plots, some of them now with a hole amid, some in two parts at opposite corners."""
    rings = shapely.get_coordinates(plots.geometry.to_numpy()).reshape(-1, 5, 2)
    lot = np.random.default_rng(seed).random(len(rings))
    shapes = plots.geometry.to_numpy().copy()
    holed, parted = lot < hole_share, lot > 1 - parts_share
    middle = rings[holed, :4].mean(axis=1)[:, None]
    holes = shapely.linearrings(middle + 0.3 * (rings[holed] - middle))
    shapes[holed] = shapely.polygons(shapely.linearrings(rings[holed]), holes[:, None])
    corners = rings[parted][:, [0, 2], None]
    shapes[parted] = shapely.multipolygons(
        shapely.polygons(corners + 0.45 * (rings[parted][:, None] - corners))
    )
    return plots.set_geometry(shapes, crs=plots.crs)


def make_zones(
    count: int, extent_m: float, vertices_per_edge: int = 80, seed: int = 20_250_102
) -> gpd.GeoDataFrame:
    """Return *count* (a square number) zones in EPSG:4549 that tile the extent; neighbours share wiggly edges."""
    rng = np.random.default_rng(seed)
    side = round(count**0.5)
    size = extent_m / side
    nodes = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * size
    nodes = nodes + rng.uniform(-0.12, 0.12, nodes.shape) * size + [CORNER_E_M, CORNER_N_M]
    edges = {}
    for i in range(side + 1):
        for j in range(side + 1):
            for axis, (di, dj) in enumerate(((1, 0), (0, 1))):
                if i + di <= side and j + dj <= side:
                    edges[i, j, axis] = _wiggle(nodes[i, j], nodes[i + di, j + dj], vertices_per_edge, rng)
    rings = [
        np.concatenate([edges[i, j, 0], edges[i + 1, j, 1], edges[i, j + 1, 0][::-1], edges[i, j, 1][::-1]])
        for i in range(side)
        for j in range(side)
    ]
    polygons = shapely.make_valid(np.array([shapely.Polygon(ring) for ring in rings]))
    codes = [f"Z{number:03d}" for number in range(len(polygons))]
    return gpd.GeoDataFrame({"zone": codes}, geometry=polygons, crs=WORKING_CRS)


def extent_of(plots: gpd.GeoDataFrame) -> float:
    """Return the side in metres of the square that the plots fill."""
    west, south, east, north = plots.total_bounds
    return float(max(east - west, north - south))


def _lots(west: NDArray, south: NDArray, row: int, rng: np.random.Generator) -> NDArray:
    """Return blocks x 4 lots x 5 points x 2, one row of lots along a street, with walls off the right angle."""
    cuts = np.array([0.25, 0.5, 0.75]) + rng.uniform(-0.09, 0.09, (len(west), 3))
    walls = np.column_stack([np.zeros(len(west)), cuts, np.ones(len(west))]) * BLOCK_M
    tilt = rng.uniform(-6, 6, walls.shape) * [0, 1, 1, 1, 0]
    low, high = south + row * BLOCK_M / 2, south + (row + 1) * BLOCK_M / 2
    bottom = np.stack([west[:, None] + walls, np.broadcast_to(low[:, None], walls.shape)], axis=-1)
    top = np.stack([west[:, None] + walls + tilt, np.broadcast_to(high[:, None], walls.shape)], axis=-1)
    corners = [bottom[:, :-1], bottom[:, 1:], top[:, 1:], top[:, :-1], bottom[:, :-1]]
    return np.stack(corners, axis=2)


def _wiggle(start: NDArray, end: NDArray, count: int, rng: np.random.Generator) -> NDArray:
    """Return a line from *start* to *end* that swings like a creek, ends fixed."""
    along = np.linspace(0, 1, count)[:, None]
    span = end - start
    across = np.array([-span[1], span[0]])
    swing = sum(rng.normal(0, 0.03 / k) * np.sin(k * np.pi * along) for k in range(1, 12))
    return start + along * span + swing * across
