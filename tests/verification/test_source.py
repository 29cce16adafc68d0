"""The second path's area of plots: as exact as it is said to be."""

import pytest
import shapely

from geoapp.reports.far_proof import proof_record
from geoapp.services.as_of import as_of
from geoapp.services.far_proof import far_proof
from geoapp.services.records import record_columns
from geoapp.services.verify import Task, Verifier
from geoapp.services.workspace import Workspace
from geoapp.verification.reading import published_record
from geoapp.verification.source import GRS80, MEASURED_M2, geodesic_area_m2


def test_plots_measure_the_same_on_both_paths(demo_workspace: Workspace) -> None:
    plots = record_columns(demo_workspace, "plots", ["area_ellipsoid_m2", "geometry"], as_of(demo_workspace))
    off = [
        abs(area - measured)
        for area, measured in zip(
            plots["area_ellipsoid_m2"], map(geodesic_area_m2, plots.geometry), strict=True
        )
        if measured is not None
    ]
    assert len(off) > 400
    assert max(off) < MEASURED_M2 / 5


def test_the_proof_of_a_large_plot_verifies(demo_workspace: Workspace) -> None:
    """12.5 ha: Geod alone is half a square decimetre off there."""
    record = proof_record(far_proof(demo_workspace, "330205-GY-0160", as_of=as_of(demo_workspace)))
    found = Verifier(demo_workspace).verify(Task("甲", lambda: published_record("甲", record)))
    assert [difference.text for difference in found.differences] == []


@pytest.mark.parametrize("size", [0.001, 0.0069, 0.0071, 0.05])
def test_small_and_large_rings_measure_alike(size: float) -> None:
    """On both sides of the limit; a hole is taken off, whichever way it runs."""
    corners = [(121.4, 29.9), (121.4 + size, 29.9), (121.4 + size, 29.9 + size), (121.4, 29.9 + size)]
    ring = shapely.LinearRing(corners)
    area = abs(GRS80.polygon_area_perimeter(*zip(*corners, strict=True))[0])
    shape = shapely.Polygon(ring)
    assert geodesic_area_m2(shape) == pytest.approx(area, abs=0.02)
    hole = shapely.affinity.scale(ring, 0.5, 0.5)
    left = (geodesic_area_m2(shape) or 0.0) - (geodesic_area_m2(shapely.Polygon(hole)) or 0.0)
    assert geodesic_area_m2(shapely.Polygon(ring, [hole.reverse()])) == pytest.approx(left, abs=1e-6)
    assert geodesic_area_m2(None) is None
    assert geodesic_area_m2(shapely.Polygon()) == 0.0
