"""Land in several recognised shapes at once: all outlines are cut with each other and each face asked whose it is."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.verification.source import Shape, geodesic_area_m2

Key = Hashable
Owner = TypeVar("Owner", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of land in two or more shapes."""

    area_m2: float
    owners: tuple[Key, ...]


def shared_faces(
    shapes: Mapping[Owner, Shape],
    areas_m2: Mapping[Owner, float] | Mapping[Owner, float | None],
    tolerance_m2: float,
) -> list[Face]:
    """Return the pieces of land that lie in several shapes.

    Parameters
    ----------
    shapes : mapping of Polygon or MultiPolygon in degrees
    areas_m2 : mapping
        The area each shape stands for; a piece is measured on the ellipsoid and scaled with it (the smaller scale of
        those it belongs to). Where it is None the measured area holds.
    tolerance_m2 : float
        Shapes that share no more are neighbours.
    """
    usable = {key: _valid(shape) for key, shape in shapes.items() if shape is not None and not shape.is_empty}
    partners = _partners(usable, tolerance_m2)
    scale = {key: _scale(usable[key], areas_m2.get(key)) for key in partners}
    faces = []
    for group in _groups(partners):
        for face in _faces([usable[key] for key in group]):
            inside = face.representative_point()
            owners = [key for key in group if usable[key].intersects(inside)]
            joined = [key for key in owners if any(other in partners[key] for other in owners)]
            if len(joined) > 1:
                area = (geodesic_area_m2(face) or 0.0) * min(scale[key] for key in joined)
                faces.append(Face(area, tuple(joined)))
    return faces


def _valid(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _scale(shape: BaseGeometry, area_m2: float | None) -> float:
    measured = geodesic_area_m2(shape) or 0.0
    return 1.0 if area_m2 is None or measured <= 0 else area_m2 / measured


def _partners(shapes: Mapping[Owner, BaseGeometry], tolerance_m2: float) -> dict[Owner, set[Owner]]:
    keys = list(shapes)
    tree = shapely.STRtree([shapes[key] for key in keys])
    partners: dict[Owner, set[Owner]] = {}
    for number, key in enumerate(keys):
        for other in tree.query(shapes[key]).tolist():
            if other > number:
                common = shapely.intersection(shapes[key], shapes[keys[other]])
                if (geodesic_area_m2(common) or 0.0) > tolerance_m2:
                    partners.setdefault(key, set()).add(keys[other])
                    partners.setdefault(keys[other], set()).add(key)
    return partners


def _groups(partners: Mapping[Owner, set[Owner]]) -> list[list[Owner]]:
    groups: list[list[Owner]] = []
    seen: set[Owner] = set()
    for key in partners:
        if key in seen:
            continue
        group, waiting = [], [key]
        seen.add(key)
        while waiting:
            one = waiting.pop()
            group.append(one)
            fresh = [other for other in partners[one] if other not in seen]
            seen.update(fresh)
            waiting += fresh
        groups.append(group)
    return groups


def _faces(shapes: list[BaseGeometry]) -> list[shapely.Polygon]:
    lines = shapely.union_all([shape.boundary for shape in shapes])
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
