"""A drawn shape among the records of its register: laid onto the neighbours, measured, what does not fit in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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
from geoapp.services.workspace import Workspace
from geoapp.units import area_words

_NEAR_DEG = 0.0005
"""Some fifty metres: what lies farther away bears on no finding."""
_LIMITS = {
    "overlap_area_m2": "import_overlap_area_m2",
    "gap_width_m": "edit_gap_width_m",
    "gap_area_m2": "edit_gap_area_m2",
    "sliver_area_m2": "import_sliver_area_m2",
    "sliver_width_m": "import_sliver_width_m",
    "outside_area_m2": "edit_outside_area_m2",
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
) -> Placed:
    """Return a drawn shape laid onto its neighbours, with its area and what does not fit.

    Parameters
    ----------
    workspace : Workspace
    register : str
        Of polygons.
    shape : Polygon or MultiPolygon
        In degrees (EPSG:4490), valid.
    day : date
        Whose tolerances hold.
    without : sequence of keys
        Records that the shape stands for or replaces: they are no neighbours.
    snaps : bool
        Whether vertices go to neighbours within `edit_snap_m`.

    Raises
    ------
    UsageError
        The register holds no polygons.
    """
    layer = workspace.layer(register)
    if layer.geometry != "polygon":
        raise UsageError(f"台账“{layer.zh}”的图形不是面，不能在地图上这样编辑。")
    exclusive = register in workspace.policy.value("import_no_overlap_registers", day)
    neighbours = neighbours_of(workspace, layer, shape, without)
    placed = shape
    if exclusive and snaps:
        tolerance_m = float(workspace.policy.value("edit_snap_m", day))
        placed = snap_to_neighbours(shape, neighbours.to_list(), tolerance_m)
    limits = TopologyLimits(
        **{name: float(workspace.policy.value(number, day)) for name, number in _LIMITS.items()}
    )
    district = district_shape(workspace) if register != "towns" else None
    findings = topology_findings(placed, neighbours if exclusive else neighbours.iloc[:0], district, limits)
    return Placed(
        geometry=placed,
        area_m2=area_m2(placed),
        is_snapped=placed is not shape and not shapely.equals_exact(placed, shape, 0),
        findings=tuple(findings),
    )


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
    return f"有 {area} 在各镇街界线之外。请核对图形或镇街界线。"
