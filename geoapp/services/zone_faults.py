"""Which zones of a register cover the same land."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geoapp.analysis.outlines import areas_in_common
from geoapp.analysis.overlay import valid_shapes
from geoapp.analysis.plane import to_plane
from geoapp.analysis.shared_ground import M2_PER_SQUARE_DEGREE
from geoapp.domain.table_quality import QualityFinding, RecordFault
from geoapp.services.fault_records import Faults
from geoapp.services.plot_faults import KINDS
from geoapp.services.record_card import record_address
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import Zones
from geoapp.units import area_words

_SLIVER_M2 = 1.0
"""Zones that share less meet at an edge that was drawn twice."""


def zone_faults(
    workspace: Workspace,
    register: str,
    division: Zones,
    *,
    unit: str,
    most: int,
    keys: Collection[str] | None = None,
) -> Faults:
    """Yield which zones of a register cover the same land: what lies there counts in each, and less lies outside.

    Parameters
    ----------
    workspace : Workspace
    register : str
    division : Zones
        The register's.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Pairs that are named.
    keys : collection of str, optional
        Zones of which pairs are told; all if left out.
    """
    pairs = workspace.cache.get(
        ("zones_on_zones", division.version), lambda: _shared_land(workspace, division.geometry)
    )
    if keys is not None:
        pairs = [pair for pair in pairs if pair[0] in keys or pair[1] in keys]
    if not pairs:
        return
    names = {key: division.names.get(key, key) for pair in pairs for key in pair[:2]}
    code = "zone_on_zone"
    findings = tuple(
        QualityFinding(
            code=code,
            zh=KINDS[code],
            message=f"与“{names[b]}”重叠 {area_words(m2, unit)}，其中的地块在两个分区里各计一次。请核对界线。",
            title=str(names[a]),
            address=record_address(register, a),
        )
        for a, b, m2 in pairs[:most]
    )
    yield RecordFault(code=code, zh=KINDS[code], count=len(pairs), findings=findings)


def _shared_land(workspace: Workspace, zones: gpd.GeoSeries) -> list[tuple[str, str, float]]:
    """Return the pairs of zones that cover the same land, and how much of it (m2), the largest first."""
    shapes = zones[zones.notna() & ~zones.is_empty]
    degrees = valid_shapes(shapes.to_numpy())
    one, other, shared = areas_in_common(degrees)
    # Nearly all neighbours share an edge only: those are told apart before anything is measured.
    is_near = shared * M2_PER_SQUARE_DEGREE > _SLIVER_M2 / 2
    one, other = one[is_near], other[is_near]
    rows = np.unique(np.concatenate([one, other]))
    plane = np.full(len(degrees), None, dtype=object)
    measured = gpd.GeoSeries(degrees[rows], crs=zones.crs)
    plane[rows] = valid_shapes(to_plane(measured, CRS.from_epsg(workspace.settings.working_crs)).to_numpy())
    shared_m2 = shapely.area(shapely.intersection(plane[one], plane[other]))
    pairs = [
        (str(shapes.index[a]), str(shapes.index[b]), float(m2))
        for a, b, m2 in zip(one, other, shared_m2, strict=True)
        if m2 > _SLIVER_M2
    ]
    return sorted(pairs, key=lambda pair: -pair[2])
