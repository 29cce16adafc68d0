"""A small picture of where a project is: its plots, the part it takes of them, neighbours, photographs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geoapp.services.as_of import AsOf
from geoapp.services.held_records import held_records
from geoapp.services.project_stages import ATTACHMENTS
from geoapp.services.workspace import Workspace

WIDTH, HEIGHT = 520, 340
"""Of the picture, in its own units."""
_MARGIN_SHARE = 0.35
_LEAST_SPAN_M = 200.0
_M_PER_DEGREE = 111_320.0
_BAR_STEPS = (20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One outline or point of the picture."""

    kind: str
    """neighbour, plot, part or photo; before or after."""
    path: str
    """SVG path data; of a photograph empty."""
    x: float
    y: float
    """A point inside."""
    key: str
    """Plot code, or the photograph's digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMap:
    """The picture; without shapes nothing is placed."""

    shapes: tuple[Drawn, ...] = ()
    bar_m: int = 0
    bar_length: float = 0.0
    width: int = WIDTH
    height: int = HEIGHT


def project_map(
    workspace: Workspace, state: AsOf, project_code: str, plot_codes: Sequence[str]
) -> ProjectMap:
    """Return the picture of a project.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    project_code : str
    plot_codes : sequence of str
        Plots that the project takes in.
    """
    read = workspace.store.read
    plots = read("plots", revision=state.revision)
    held = held_records(workspace, "plots", state.revision)
    own = plots.iloc[[row for code in plot_codes for row in held.find("plot_code", code)]]
    members = read("project_plots", revision=state.revision)
    parts = members[(members["project_code"] == project_code).to_numpy(bool) & members.geometry.notna()]
    photos = read(ATTACHMENTS, revision=state.revision)
    photos = photos[(photos["project_code"] == project_code).to_numpy(bool) & photos.geometry.notna()]
    placed = pd.concat([own.geometry, parts.geometry, photos.geometry])
    placed = placed[placed.notna()]
    if placed.empty:
        return ProjectMap()
    frame = PictureFrame(tuple(shapely.total_bounds(placed.to_numpy())))
    box = frame.box()
    shapely.prepare(box)
    near = plots.iloc[np.flatnonzero(shapely.intersects(box, plots.geometry.to_numpy()))]
    near = near[~near["plot_code"].isin(plot_codes).to_numpy(bool)]
    layers = (
        ("neighbour", near["plot_code"], near.geometry), ("plot", own["plot_code"], own.geometry),
        ("part", parts["plot_code"], parts.geometry), ("photo", photos["sha256"], photos.geometry),
    )  # fmt: skip
    return picture(
        frame,
        [
            (kind, key, shape)
            for kind, keys, outlines in layers
            for key, shape in zip(keys, outlines, strict=True)
        ],
    )


def picture(
    frame: "PictureFrame", outlines: Sequence[tuple[str, str, shapely.Geometry | None]]
) -> ProjectMap:
    """Return a picture of outlines given as kind, key and shape (None is left out), the first lowest."""
    shapes = tuple(frame.drawn(kind, key, shape) for kind, key, shape in outlines if shape is not None)
    bar_m = max(step for step in _BAR_STEPS if step <= max(_BAR_STEPS[0], 0.3 * WIDTH / frame.scale))
    return ProjectMap(shapes=shapes, bar_m=bar_m, bar_length=round(bar_m * frame.scale, 1))


class PictureFrame:
    """From degrees to the picture: metres around the middle, north up."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        west, south, east, north = bounds
        self.lon, self.lat = (west + east) / 2, (south + north) / 2
        self.per_lon = _M_PER_DEGREE * math.cos(math.radians(self.lat))
        span_x = max(_LEAST_SPAN_M, (east - west) * self.per_lon) * (1 + 2 * _MARGIN_SHARE)
        span_y = max(_LEAST_SPAN_M, (north - south) * _M_PER_DEGREE) * (1 + 2 * _MARGIN_SHARE)
        self.scale = min(WIDTH / span_x, HEIGHT / span_y)

    def box(self) -> shapely.Geometry:
        """Return what the picture shows, in degrees."""
        half_x = WIDTH / 2 / self.scale / self.per_lon
        half_y = HEIGHT / 2 / self.scale / _M_PER_DEGREE
        return shapely.box(self.lon - half_x, self.lat - half_y, self.lon + half_x, self.lat + half_y)

    def drawn(self, kind: str, key: str, shape: shapely.Geometry) -> Drawn:
        """Return a shape as it is drawn."""
        inside = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        x, y = self._points(inside[np.newaxis, :])[0].tolist()
        return Drawn(kind, "" if kind == "photo" else self._path(shape), x, y, str(key))

    def _path(self, shape: shapely.Geometry) -> str:
        polygons = shapely.get_parts(shape)
        rings = [ring for polygon in polygons for ring in shapely.get_rings(polygon)]
        return "".join(self._ring(shapely.get_coordinates(ring)) for ring in rings)

    def _ring(self, coordinates: np.ndarray) -> str:
        return "M" + "L".join(f"{x:g},{y:g}" for x, y in self._points(coordinates)[:-1].tolist()) + "Z"

    def _points(self, coordinates: np.ndarray) -> np.ndarray:
        x = WIDTH / 2 + (coordinates[:, 0] - self.lon) * self.per_lon * self.scale
        y = HEIGHT / 2 - (coordinates[:, 1] - self.lat) * _M_PER_DEGREE * self.scale
        return np.column_stack([x, y]).round(1)
