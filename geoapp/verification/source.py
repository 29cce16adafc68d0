"""What the second path reads: registers as plain rows, definitions, settings, numbers of the rule book."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Proj, Transformer
from shapely.geometry.base import BaseGeometry

from geoapp.domain.frame import plain_values
from geoapp.domain.layer import Layer
from geoapp.domain.policy import Policy
from geoapp.domain.scheme import ControlScheme
from geoapp.errors import NotFoundError
from geoapp.settings import Settings
from geoapp.store.store import Store
from geoapp.verification.answers import Answer

Row = Mapping[str, Any]
Shape = BaseGeometry | None
GRS80 = Geod(ellps="GRS80")
MEASURED_M2 = 0.001
"""How exactly a plot is measured."""
_SMALL_DEGREES, _STEP_DEGREES = 0.007, 0.005
"""Rings of up to 700 m are measured in an equal-area plane with its origin within 400 m of them: there straight lines
and geodesics enclose the same to a fifth of MEASURED_M2. Geod takes belts down to the equator, a billion times as
large, off each other, which leaves some thousandths of a square metre open."""
STORED_EPSG = 4490


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A rule that an office added: it is known to be there, not what it asks."""

    id: str
    counts_as: str
    """Among which answers its own is counted: low_efficiency, noted, idle, admission, price or micro_park."""
    numbers: tuple[str, ...]
    """All must hold on the day for it to be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The registers at a revision and the rule book of a day."""

    store: Store
    layers: Mapping[str, Layer]
    scheme: ControlScheme
    policy: Policy
    settings: Settings
    revision: int
    day: date
    nudge_m2: float = 0.0
    """Added to every area measured on a shape, to see what its last digits do to a figure."""
    own_rules: tuple[OwnRule, ...] = ()
    own_answer: Answer = False
    """What the office's own rules are taken to say of everything, to see which figures rest on them."""
    registers: dict[str, list[dict[str, Any]]] = field(default_factory=dict, compare=False)
    """Rows already read."""
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What was computed from them."""
    unmoved: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What was computed from shapes alone, that no nudge changes."""

    def nudged(self, nudge_m2: float) -> "Source":
        """Return the same registers with measured areas a little larger or smaller."""
        key = ("nudged", nudge_m2)
        if key not in self.kept:
            self.kept[key] = replace(self, nudge_m2=nudge_m2, kept={})
        found: Source = self.kept[key]
        return found

    def assuming(self, answer: Answer) -> "Source":
        """Return the same registers with another answer of the office's own rules."""
        key = ("assuming", answer)
        if key not in self.kept:
            self.kept[key] = replace(self, own_answer=answer, kept={})
        found: Source = self.kept[key]
        return found

    def on(self, day: date) -> "Source":
        """Return the same registers under the rules of another day."""
        return replace(self, day=day, kept={})

    def measured_m2(self, shape: Shape) -> float | None:
        """Return the ellipsoid area of a shape, None where there is none."""
        area = geodesic_area_m2(shape)
        return None if area is None else area + self.nudge_m2 * (area > 0)

    def rows(self, register: str) -> list[dict[str, Any]]:
        """Return the records of a register as plain rows; dates are dates, None is unknown."""
        if register not in self.registers:
            frame = self.store.read(register, revision=self.revision)
            columns = {str(name): plain_values(frame[name]) for name in frame.columns}
            self.registers[register] = [
                dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
            ]
        return self.registers[register]

    def last_version(self, register: str, code: str) -> dict[str, Any] | None:
        """Return the last version of a record up to the revision, None where there never was one."""
        try:
            versions = self.store.history(register, (code,))
        except NotFoundError:
            return None
        known = [dict(version.fields) for version in versions if version.from_revision <= self.revision]
        return known[0] if known else None

    def number(self, name: str) -> Any:
        """Return a number of the rule book on the day."""
        return self.policy.value(name, self.day)

    def has_number(self, name: str) -> bool:
        """Return whether a number of the rule book holds yet."""
        return self.policy.number(name).is_in_force(self.day)


def geodesic_area_m2(shape: Shape) -> float | None:
    """Return the area of a polygon on the ellipsoid; holes of any orientation are taken off."""
    if shape is None:
        return None
    total = 0.0
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            total += _ring_m2(part.exterior) - sum(_ring_m2(ring) for ring in part.interiors)
    return total


def _ring_m2(ring: shapely.LinearRing) -> float:
    if ring.is_empty:
        return 0.0
    longitude, latitude = shapely.get_coordinates(ring).T
    if max(np.ptp(longitude), np.ptp(latitude)) > _SMALL_DEGREES:
        return float(abs(GRS80.polygon_area_perimeter(longitude, latitude)[0]))
    plane = _equal_area_plane(
        *(round(float(degrees[0]) / _STEP_DEGREES) for degrees in (longitude, latitude))
    )
    x, y = plane(longitude, latitude)
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


@lru_cache(maxsize=4096)
def _equal_area_plane(east_steps: int, north_steps: int) -> Proj:
    longitude, latitude = east_steps * _STEP_DEGREES, north_steps * _STEP_DEGREES
    return Proj(proj="laea", lon_0=longitude, lat_0=latitude, ellps="GRS80")


def plane_shape(shape: Shape, epsg: int) -> Shape:
    """Return a shape in the working plane; the transformer is made once per plane."""
    if shape is None:
        return None
    if epsg not in _PLANES:
        _PLANES[epsg] = Transformer.from_crs(STORED_EPSG, epsg, always_xy=True)
    transformer = _PLANES[epsg]

    def to_plane(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(degrees[:, 0], degrees[:, 1]))

    moved: BaseGeometry = shapely.transform(shape, to_plane)
    return moved if moved.is_valid else shapely.make_valid(moved, method="structure", keep_collapsed=False)


_PLANES: dict[int, Transformer] = {}
