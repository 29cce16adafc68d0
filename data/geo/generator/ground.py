"""The ground: plane and geographic coordinates, the outline, towns, and edges that neighbours share exactly."""

from collections.abc import Sequence

import numpy as np
import shapely
from pyproj import Geod, Transformer
from shapely import MultiPolygon, Polygon

from generator.places import OUTLINE_LON_LAT, TOWNS

M2_PER_MU = 10_000 / 15
DECIMALS = 7
"""A centimetre, in degrees."""
_TO_PLANE = Transformer.from_crs(4490, 4549, always_xy=True)
_GEOD = Geod(ellps="GRS80")


def to_plane(lon: float, lat: float) -> tuple[float, float]:
    """Return easting and northing (EPSG:4549) of a point."""
    return _TO_PLANE.transform(lon, lat)


def to_degrees(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return a plane geometry in EPSG:4490, rounded, rings in a fixed order."""

    def unproject(xy: np.ndarray) -> np.ndarray:
        lon, lat = _TO_PLANE.transform(xy[:, 0], xy[:, 1], direction="INVERSE")
        return np.round(np.column_stack((lon, lat)), DECIMALS)

    return shapely.normalize(shapely.transform(geometry, unproject))


def ellipsoid_m2(geometry: shapely.Geometry) -> float:
    """Return the ellipsoid area of a geometry in degrees."""
    return abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0])


def outline() -> Polygon:
    """Return the district in the plane."""
    points = [tuple(map(float, pair.split(","))) for pair in OUTLINE_LON_LAT.split()]
    return Polygon([to_plane(*point) for point in points])


def towns() -> dict[str, shapely.Geometry]:
    """Return the towns by code: together they are the outline, without gap or overlap."""
    whole = outline()
    seeds = [(town.code, to_plane(*seed)) for town in TOWNS for seed in town.seeds]
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint([xy for _, xy in seeds]), extend_to=whole.envelope, ordered=True
    )
    parts: dict[str, list[shapely.Geometry]] = {}
    for (code, _), cell in zip(seeds, cells.geoms, strict=True):
        parts.setdefault(code, []).append(cell.intersection(whole))
    drawn = node([shapely.unary_union(cells) for cells in parts.values()])
    return dict(zip(parts, _without_scraps(drawn), strict=True))


def _without_scraps(drawn: list[shapely.Geometry]) -> list[shapely.Geometry]:
    """Give the small exclaves that the cells leave to the neighbour with the longest common edge."""
    mains = [max(polygons_of(geometry), key=lambda part: part.area) for geometry in drawn]
    scraps = [
        part
        for geometry, main in zip(drawn, mains, strict=True)
        for part in polygons_of(geometry)
        if part is not main
    ]
    for scrap in scraps:
        if any(scrap.equals(main) for main in mains):
            continue
        nearest = max(range(len(mains)), key=lambda n: scrap.intersection(mains[n]).length)
        mains[nearest] = mains[nearest].union(scrap)
    return mains


def polygons_of(geometry: shapely.Geometry) -> list[Polygon]:
    """Return the polygons that a geometry is made of."""
    return [part for part in shapely.get_parts(geometry).tolist() if part.geom_type == "Polygon"]


def node(geometries: Sequence[shapely.Geometry], tolerance_m: float = 0.02) -> list[shapely.Geometry]:
    """Return the geometries with each vertex that lies on a neighbour's edge added there.

    Neighbours then share their edges exactly, also after rounding.
    """
    vertices = np.unique(np.round(shapely.get_coordinates(list(geometries)), 6), axis=0)
    return [_with_vertices(geometry, vertices, tolerance_m) for geometry in geometries]


def _with_vertices(geometry: shapely.Geometry, vertices: np.ndarray, tolerance_m: float) -> shapely.Geometry:
    parts = [
        Polygon(
            _noded_ring(part.exterior, vertices, tolerance_m),
            [_noded_ring(ring, vertices, tolerance_m) for ring in part.interiors],
        )
        for part in polygons_of(geometry)
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _noded_ring(ring: shapely.LinearRing, vertices: np.ndarray, tolerance_m: float) -> np.ndarray:
    corners = np.round(shapely.get_coordinates(ring), 6)
    near = vertices[shapely.distance(shapely.points(vertices), ring) <= tolerance_m]
    along = shapely.line_locate_point(ring, shapely.points(np.vstack((corners[:-1], near))))
    points = np.vstack((corners[:-1], near))
    order = np.lexsort((points[:, 1], points[:, 0], np.round(along, 4)))
    ordered = points[order]
    is_new = np.append(True, (np.abs(np.diff(ordered, axis=0)) > 1e-5).any(axis=1))
    return ordered[is_new]
