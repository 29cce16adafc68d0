"""A plane around one plot in which the edges that areas are counted along are straight lines.

The ellipsoid area takes each edge as a great circle of the authalic sphere. Cut in any other plane, or in degrees, a
200 m edge leaves its great circle by half a millimetre, and the parts of a plot no longer come to the whole. In the
gnomonic projection every great circle is straight, so a point laid on an edge changes no area.
"""

from collections.abc import Sequence
from typing import Any, Self, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from geoapp.analysis.area import AUTHALIC_RADIUS_M, authalic_latitude, geodetic_latitude

_Shape = TypeVar("_Shape", bound=shapely.Geometry)


class LocalPlane:
    """The gnomonic projection of the authalic sphere around a place, in metres.

    Lengths are true to half a percent within some ten kilometres: good for tolerances, not for surveys.
    """

    def __init__(self, longitude: float, latitude: float) -> None:
        """Take the place in degrees as the plane's origin."""
        self._longitude = np.radians(longitude)
        beta = float(authalic_latitude(np.array([latitude]))[0])
        self._sin, self._cos = np.sin(beta), np.cos(beta)
        self._known: dict[tuple[float, float], tuple[float, float]] = {}

    @classmethod
    def around(cls, shapes: Sequence[shapely.Geometry]) -> Self:
        """Return the plane around the middle of some shapes in degrees."""
        west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object))
        return cls((west + east) / 2, (south + north) / 2)

    def to_plane(self, shape: _Shape) -> _Shape:
        """Return a shape in metres; its vertices are remembered, so that `to_degrees` gives them back to the bit."""
        flat: Any = shapely.transform(shape, self._project)
        return flat  # type: ignore[no-any-return]

    def to_degrees(self, shape: _Shape) -> _Shape:
        """Return a shape of the plane in degrees."""
        placed: Any = shapely.transform(shape, self._unproject)
        return placed  # type: ignore[no-any-return]

    def _project(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        turn = np.radians(degrees[:, 0]) - self._longitude
        beta = authalic_latitude(degrees[:, 1])
        sine, cosine = np.sin(beta), np.cos(beta)
        depth = self._sin * sine + self._cos * cosine * np.cos(turn)
        east = cosine * np.sin(turn)
        north = self._cos * sine - self._sin * cosine * np.cos(turn)
        metres = AUTHALIC_RADIUS_M * np.column_stack([east / depth, north / depth])
        self._known.update(zip(map(tuple, metres.tolist()), map(tuple, degrees.tolist()), strict=True))
        return metres

    def _unproject(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        east, north = (metres / AUTHALIC_RADIUS_M).T
        out = self._cos - north * self._sin
        up = self._sin + north * self._cos
        longitude = np.degrees(self._longitude + np.arctan2(east, out))
        latitude = geodetic_latitude(np.arctan2(up, np.hypot(east, out)))
        degrees = np.column_stack([longitude, latitude])
        for row, point in enumerate(map(tuple, metres.tolist())):
            if point in self._known:
                degrees[row] = self._known[point]
        return degrees
