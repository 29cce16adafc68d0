"""A drawn shape among the records around it: laid onto the neighbours, measured, what does not fit in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoapp.analysis.snapping import snap_to_neighbours
from geoapp.analysis.topology import (
    TopologyFinding,
    TopologyKind,
    TopologyLimits,
    area_m2,
    topology_findings,
)
from geoapp.domain.change import Key, key_label, positions_of, record_keys
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.layer import Layer
from geoapp.errors import UsageError
from geoapp.services.district_shape import district_shape
from geoapp.services.held_records import held_records
from geoapp.services.workspace import Workspace
from geoapp.units import area_words

_NEAR_DEG = 0.0005
"""Some fifty metres: what lies farther away bears on no finding."""
_KINDS = {"point": (0, "点"), "line": (1, "线"), "polygon": (2, "面")}
"""How many dimensions shapes of a register have, and what they are called."""
_LIMITS = {
    "overlap_area_m2": "import_overlap_area_m2",
    "gap_width_m": "edit_gap_width_m",
    "gap_area_m2": "edit_gap_area_m2",
    "sliver_area_m2": "import_sliver_area_m2",
    "sliver_width_m": "import_sliver_width_m",
    "outside_area_m2": "edit_outside_area_m2",
    "outside_length_m": "edit_outside_length_m",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A shape as it would be stored."""

    geometry: shapely.Geometry
    """In degrees."""
    area_m2: float
    is_snapped: bool
    """Whether vertices were moved onto neighbours."""
    findings: tuple[TopologyFinding, ...]
    around: tuple[shapely.Geometry, ...]
    """What its vertices may be laid onto, see `snap_targets`."""

    @property
    def words(self) -> tuple[str, ...]:
        """The findings as sentences."""
        return tuple(finding_words(finding) for finding in self.findings)


def place_shape(
    workspace: Workspace,
    register: str,
    shape: shapely.Geometry,
    day: date,
    *,
    without: Sequence[Key] = (),
    snaps: bool = True,
    values: Mapping[str, Any] | None = None,
) -> Placed:
    """Return a drawn shape laid onto its neighbours, with its area and what does not fit.

    Parameters
    ----------
    workspace : Workspace
    register : str
    shape : geometry
        In degrees (EPSG:4490), valid, of the register's kind.
    day : date
        Whose tolerances hold.
    without : sequence of keys
        Records that the shape stands for or replaces: they are no neighbours.
    snaps : bool
        Whether vertices go to neighbours within `edit_snap_m`.
    values : mapping, optional
        The record's plain values: it should lie within the records that its `edit_within_fields` name.

    Raises
    ------
    UsageError
        The register holds no shapes, or others.
    """
    layer = workspace.layer(register)
    refuse_other_kind(layer, shape)
    own = _own_neighbours(workspace, layer, shape, day, without)
    around = _near_border(layer, shape, [*_followed(workspace, layer, shape, day), *own])
    placed = shape
    if snaps and around:
        tolerance_m = float(workspace.policy.value("edit_snap_m", day))
        placed = snap_to_neighbours(shape, around, tolerance_m)
    limits = TopologyLimits(
        **{name: float(workspace.policy.value(number, day)) for name, number in _LIMITS.items()}
    )
    district = district_shape(workspace) if register != "towns" else None
    containers = _containers(workspace, layer, values or {}, day)
    return Placed(
        geometry=placed,
        area_m2=area_m2(placed),
        is_snapped=placed is not shape and not shapely.equals_exact(placed, shape, 0),
        findings=tuple(topology_findings(placed, own, district, limits, containers)),
        around=tuple(around),
    )


def refuse_other_kind(layer: Layer, shape: shapely.Geometry) -> None:
    """Raise UsageError unless a shape is of the kind that a register holds."""
    if not layer.has_geometry:
        raise UsageError(f"台账“{layer.zh}”没有图形，不能在地图上编辑。")
    dimension, words = _KINDS[layer.geometry]
    if shapely.get_dimensions(shape) != dimension:
        raise UsageError(f"台账“{layer.zh}”的图形应为{words}。请用画{words}的工具。")


def snap_targets(
    workspace: Workspace, layer: Layer, shape: shapely.Geometry, day: date, without: Sequence[Key] = ()
) -> list[shapely.Geometry]:
    """Return the shapes near a shape's border (some 50 m) that its vertices are laid onto.

    Those of its own register where records of it may not overlap, and of the registers that `edit_snap_onto` names.
    Points are laid onto nothing.
    """
    own = _own_neighbours(workspace, layer, shape, day, without)
    return _near_border(layer, shape, [*_followed(workspace, layer, shape, day), *own])


def _own_neighbours(
    workspace: Workspace, layer: Layer, shape: shapely.Geometry, day: date, without: Sequence[Key]
) -> gpd.GeoSeries:
    """Return the neighbours that a shape may not overlap; none in a register whose records may."""
    if layer.id in workspace.policy.value("import_no_overlap_registers", day):
        return neighbours_of(workspace, layer, shape, without)
    return gpd.GeoSeries([], crs=STORED_CRS)


def _followed(
    workspace: Workspace, layer: Layer, shape: shapely.Geometry, day: date
) -> Iterator[shapely.Geometry]:
    """Yield the shapes of other registers around a shape that those of its own follow."""
    for pair in workspace.policy.value("edit_snap_onto", day):
        own, _, target = pair.partition(">")
        if own == layer.id and target in workspace.layers:
            yield from neighbours_of(workspace, workspace.layers[target], shape)


def _near_border(
    layer: Layer, shape: shapely.Geometry, found: list[shapely.Geometry]
) -> list[shapely.Geometry]:
    if layer.geometry == "point" or not found:
        return []
    near = np.asarray(found, dtype=object)
    border = shapely.boundary(shape) if layer.geometry == "polygon" else shape
    return list(near[shapely.dwithin(near, border, _NEAR_DEG)])


def _containers(
    workspace: Workspace, layer: Layer, values: Mapping[str, Any], day: date
) -> dict[str, shapely.Geometry]:
    """Return the shapes of the records that a record says it is part of, by field and value in words."""
    found = {}
    for place in workspace.policy.value("edit_within_fields", day):
        register, _, name = place.partition(".")
        value = values.get(name)
        if register != layer.id or name not in layer.field_names or value is None:
            continue
        field = layer.field(name)
        target, _, key = field.references.partition(".")
        land = _shape_of(workspace, target, key, value)
        if land is not None:
            found[f"{field.zh} {value}"] = land
    return found


def _shape_of(workspace: Workspace, register: str, key: str, value: Any) -> shapely.Geometry | None:
    if register not in workspace.layers:
        return None
    held = held_records(workspace, register)
    rows = held.find(key, value)
    return held.value(int(rows[0]), "geometry") if len(rows) else None


def neighbours_of(
    workspace: Workspace, layer: Layer, shape: shapely.Geometry, without: Sequence[Key] = ()
) -> gpd.GeoSeries:
    """Return the shapes of a register around a shape (some 50 m), by key in words."""
    stored = workspace.store.read(layer.id)
    shapes = stored["geometry"].to_numpy()
    west, south, east, north = shapely.bounds(shape)
    boxes = shapely.bounds(shapes)
    is_near = (
        (boxes[:, 0] <= east + _NEAR_DEG) & (boxes[:, 2] >= west - _NEAR_DEG)
        & (boxes[:, 1] <= north + _NEAR_DEG) & (boxes[:, 3] >= south - _NEAR_DEG)
    )  # fmt: skip
    is_near[positions_of(stored, list(without), layer)] = False
    near = stored[is_near]
    names = [key_label(key) for key in record_keys(near, layer)]
    return gpd.GeoSeries(near["geometry"].to_numpy(), index=np.asarray(names, dtype=object), crs=STORED_CRS)


def finding_words(finding: TopologyFinding) -> str:
    """Return what does not fit as a sentence that says what to do."""
    area, names = area_words(finding.area_m2), "、".join(finding.keys)
    if finding.kind is TopologyKind.OVERLAP:
        return f"与“{names}”重叠 {area}。请移动边线，或先改对方的图形。"
    if finding.kind is TopologyKind.GAP:
        return f"与“{names}”之间有窄缝，共 {area}。请把顶点贴到对方的边上；确是道路、沟渠的可以保留。"
    if finding.kind is TopologyKind.SLIVER:
        return f"图形过窄或过小（{area}），像是碎片。请核对边线。"
    what = _what_is_out(finding)
    if finding.kind is TopologyKind.BEYOND:
        return f"{what}不在所填的“{names}”的图形里。请核对图形，或改所填的编号。"
    return f"{what}在各镇街界线之外。请核对图形或镇街界线。"


def _what_is_out(finding: TopologyFinding) -> str:
    if finding.area_m2:
        return f"有 {area_words(finding.area_m2)} "
    return f"有 {finding.length_m:,.1f} 米" if finding.length_m else "这个点"
