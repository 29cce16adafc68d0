"""Geometry of editing: splitting, merging, snapping and what is wrong with how a plot lies."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoapp.analysis.area import authalic_latitude, geodetic_latitude
from geoapp.analysis.local_plane import LocalPlane
from geoapp.analysis.plot_division import merge_touching, split_by_line
from geoapp.analysis.snapping import snap_to_neighbours
from geoapp.analysis.topology import TopologyKind, TopologyLimits, area_m2, topology_findings
from geoapp.errors import InputError

PLANE = LocalPlane(121.5, 29.95)
SNAP_M = 0.5
LIMITS = TopologyLimits(
    overlap_area_m2=1.0,
    gap_width_m=2.0,
    gap_area_m2=1.0,
    sliver_area_m2=1.0,
    sliver_width_m=0.1,
    outside_area_m2=1.0,
    outside_length_m=1.0,
)


def place(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape given in metres from 121.5, 29.95 in degrees."""
    return PLANE.to_degrees(shape)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return place(shapely.box(west, south, east, north))


def line(*points: tuple[float, float]) -> shapely.LineString:
    return place(shapely.LineString(points))


def series(**shapes: shapely.Geometry | None) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=4490)


def found(
    shape: shapely.Geometry, district: shapely.Geometry | None = None, **near: shapely.Geometry
) -> list:
    findings = topology_findings(shape, series(**near), district, LIMITS)
    return [(finding.kind, finding.keys, finding.area_m2) for finding in findings]


COORDINATE = st.floats(20, 180)
ENDS = st.tuples(COORDINATE, COORDINATE)
CORNERS = st.lists(st.tuples(st.floats(0, 2 * np.pi), st.floats(40, 300)), min_size=3, max_size=9)


def star(corners: list[tuple[float, float]]) -> shapely.Polygon:
    """Return a polygon in metres around its middle: corners by direction and distance."""
    return shapely.Polygon([(r * np.cos(a), r * np.sin(a)) for a, r in sorted(corners)])


@given(st.floats(-60, 60))
def test_authalic_latitude_and_back(latitude: float) -> None:
    there = authalic_latitude(np.array([latitude]))
    assert geodetic_latitude(there)[0] == pytest.approx(latitude, abs=1e-13)


def test_plane_is_in_metres_and_gives_vertices_back_to_the_bit() -> None:
    plane = LocalPlane(121.5, 29.95)
    shape = shapely.box(121.5, 29.95, 121.51, 29.96)
    flat = plane.to_plane(shape)
    # 0.01 degrees of latitude are 1,108.5 m there, of longitude 965.5 m.
    assert shapely.bounds(flat)[2:].tolist() == pytest.approx([965.5, 1_108.5], rel=5e-3)
    assert plane.to_degrees(flat).equals_exact(shape, 0)
    assert area_m2(shape) == pytest.approx(flat.area, rel=1e-4)


@settings(max_examples=25)
@given(corners=CORNERS, start=st.floats(0, 2 * np.pi), offset=st.floats(-30, 30))
@example(corners=[(0.0, 40.0), (3.5, 40.0), (4.5, 40.0)], start=0.0, offset=4.0)  # along a corner
def test_parts_of_a_split_plot_sum_to_the_plot(
    corners: list[tuple[float, float]], start: float, offset: float
) -> None:
    flat = star(corners)
    if flat.area < 1_000 or not place(flat).is_valid or shapely.minimum_clearance(flat) < 1e-3:
        return  # corners a millimetre from another side are a spike, no plot
    plot = place(flat)
    east, north = np.cos(start) * 400, np.sin(start) * 400
    cut = line((east + offset, north), (offset - east, -north))
    try:
        parts = split_by_line(plot, cut)
    except InputError:
        assert not shapely.crosses(cut, shapely.buffer(plot, -1e-7))
        return
    assert len(parts) >= 2
    assert sum(map(area_m2, parts)) == pytest.approx(area_m2(plot), rel=1e-9)
    corners_kept = set(map(tuple, shapely.get_coordinates(plot).tolist()))
    corners_found = {tuple(c) for part in parts for c in shapely.get_coordinates(part).tolist()}
    assert corners_kept <= corners_found
    merged = merge_touching(parts, 1e-6)
    assert area_m2(merged) == pytest.approx(area_m2(plot), rel=1e-9)


def test_split_of_a_long_plot_is_exact_where_degrees_are_not() -> None:
    plot = place(shapely.Polygon([(0, 0), (400, 0), (400, 100), (200, 100), (0, 100)]))
    parts = split_by_line(plot, line((200, -10), (200, 110)))
    assert [round(area_m2(part) / area_m2(plot), 6) for part in parts] == [0.5, 0.5]
    assert sum(map(area_m2, parts)) == pytest.approx(area_m2(plot), rel=1e-10)
    # Cut in degrees, the new corner on the long side lies two millimetres off the old edge: 0.0018 x 400 / 2 m2.
    west, south, east, north = plot.bounds
    halves = [
        shapely.box(west, south, (west + east) / 2, north),
        shapely.box((west + east) / 2, south, east, north),
    ]
    rough = sum(area_m2(shapely.intersection(plot, half)) for half in halves)
    assert abs(rough - area_m2(plot)) == pytest.approx(0.36, rel=0.1)


def test_bent_line_that_crosses_twice_makes_three_parts() -> None:
    parts = split_by_line(box(0, 0, 300, 100), line((50, -10), (50, 120), (250, 120), (250, -10)))
    assert [round(area_m2(part) / area_m2(box(0, 0, 300, 100)), 4) for part in parts] == [
        0.1667,
        0.6667,
        0.1667,
    ]


def test_split_keeps_holes() -> None:
    plot = place(
        shapely.Polygon(shapely.box(0, 0, 200, 100).exterior, [shapely.box(90, 40, 110, 60).exterior])
    )
    parts = split_by_line(plot, line((100, -10), (100, 110)))
    assert len(parts) == 2
    assert sum(map(area_m2, parts)) == pytest.approx(area_m2(plot), rel=1e-9)
    assert not any(shapely.contains(part, box(95, 45, 105, 55)) for part in parts)


def test_pieces_that_the_line_does_not_cut_stay_with_the_largest_part() -> None:
    plot = place(shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(500, 0, 510, 10)]))
    small, large = split_by_line(plot, line((30, -10), (30, 110)))
    assert small.geom_type == "Polygon"
    assert shapely.get_num_geometries(large) == 2
    assert area_m2(small) + area_m2(large) == pytest.approx(area_m2(plot), rel=1e-9)


@pytest.mark.parametrize("ends", [((-10, -10), (-10, 110)), ((50, -10), (50, 50)), ((10, 10), (90, 90))])
def test_line_that_does_not_divide_is_refused(ends: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InputError, match="没有把地块分开"):
        split_by_line(box(0, 0, 100, 100), line(*ends))


def test_merged_areas_sum_and_the_shared_edge_is_gone() -> None:
    left, right = box(0, 0, 200, 150), box(200, 0, 300, 150)
    merged = merge_touching([left, right], SNAP_M)
    assert merged.geom_type == "Polygon"
    assert not merged.interiors
    assert area_m2(merged) == pytest.approx(area_m2(left) + area_m2(right), rel=1e-9)


def test_merging_closes_a_crack_and_leaves_a_yard_open() -> None:
    ring = [box(0, 0, 100, 40), box(0, 60, 100, 100), box(0, 40, 40, 60), box(60.3, 40.2, 100, 60)]
    merged = merge_touching(ring, SNAP_M)
    (yard,) = merged.interiors
    assert area_m2(shapely.Polygon(yard)) == pytest.approx(20.3 * 20, rel=0.02)


def test_narrow_hole_is_closed() -> None:
    frame = place(
        shapely.Polygon(shapely.box(0, 0, 100, 100).exterior, [shapely.box(40, 50, 60, 50.2).exterior])
    )
    merged = merge_touching([frame, box(100, 0, 200, 100)], SNAP_M)
    assert not merged.interiors


def test_pieces_of_a_merged_plot_that_lie_apart_stay_pieces() -> None:
    far = place(shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(500, 0, 600, 100)]))
    merged = merge_touching([far, box(100, 0, 200, 100)], SNAP_M)
    assert shapely.get_num_geometries(merged) == 2


@pytest.mark.parametrize("second", [(110, 0, 200, 100), (100, 100, 200, 200)])  # apart; at a corner only
def test_plots_without_a_common_edge_are_not_merged(second: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="第 2 宗"):
        merge_touching([box(0, 0, 100, 100), box(*second)], SNAP_M)


@settings(max_examples=20)
@given(shifts=st.lists(st.floats(-0.3, 0.3), min_size=4, max_size=4))
def test_edge_drawn_nearly_on_a_neighbour_lies_on_it(shifts: list[float]) -> None:
    left = box(0, 0, 100, 100)
    drawn = place(
        shapely.Polygon(
            [(100 + shifts[0], shifts[1]), (200, 0), (200, 100), (100 + shifts[2], 100 + shifts[3])]
        )
    )
    snapped = snap_to_neighbours(drawn, [left], SNAP_M)
    assert area_m2(shapely.intersection(left, snapped)) == 0
    assert found(snapped, a=left) == []
    assert area_m2(snapped) == pytest.approx(area_m2(box(100, 0, 200, 100)), rel=1e-9)
    assert snap_to_neighbours(snapped, [left], SNAP_M).equals_exact(snapped, 0)


@settings(max_examples=20)
@given(corners=CORNERS, offset=st.floats(0, 400))
def test_snapping_moves_no_vertex_farther_than_the_tolerance(
    corners: list[tuple[float, float]], offset: float
) -> None:
    flat = star(corners)
    if flat.area < 100 or not place(flat).is_valid:
        return
    snapped = snap_to_neighbours(place(flat), [box(offset, 0, offset + 200, 100)], SNAP_M)
    moved = PLANE.to_plane(snapped)
    assert snapped.is_valid
    assert shapely.hausdorff_distance(shapely.boundary(flat), shapely.boundary(moved)) <= SNAP_M * 1.001


def test_corner_of_a_neighbour_becomes_a_vertex() -> None:
    drawn = box(100, 0, 200, 100)
    snapped = snap_to_neighbours(drawn, [box(0, 0, 99.8, 50)], SNAP_M)
    assert shapely.get_num_coordinates(snapped) == shapely.get_num_coordinates(drawn) + 1


def test_shape_far_from_all_is_returned_as_it_is() -> None:
    drawn = box(100, 0, 200, 100)
    assert snap_to_neighbours(drawn, [box(0, 0, 50, 50)], SNAP_M).equals_exact(drawn, 0)
    assert snap_to_neighbours(drawn, [], SNAP_M) is drawn


def test_shape_that_snapping_would_destroy_stays() -> None:
    strip = box(100.1, 0, 100.4, 100)  # all four corners would go to the same edge
    assert snap_to_neighbours(strip, [box(0, 0, 100, 100)], SNAP_M) is strip
    dot = box(0.1, 0.1, 0.2, 0.2)  # to one corner
    assert snap_to_neighbours(dot, [box(-100, -100, 0, 0)], SNAP_M) is dot
    pieces = place(shapely.MultiPolygon([shapely.box(100.2, 0, 200, 100), shapely.box(300, 0, 400, 100)]))
    assert shapely.get_num_geometries(snap_to_neighbours(pieces, [box(0, 0, 100, 100)], SNAP_M)) == 2


def test_well_drawn_plot_has_no_finding() -> None:
    near = {"a": box(0, 0, 100, 100), "road": box(210, 0, 300, 100), "none": None}
    assert found(box(100, 0, 200, 100), box(-500, -500, 500, 500), **near) == []
    assert found(box(100, 0, 200, 100)) == []


def test_overlaps_are_named_the_largest_first() -> None:
    # 5 m x 100 m and 3 m x 100 m; 0.005 m x 100 m is below the limit of 1 m2.
    near = {"a": box(0, 0, 103, 100), "b": box(195, 0, 300, 100), "c": box(100, -50, 200, 0.005)}
    overlaps = found(box(100, 0, 200, 100), **near)
    assert [(kind, keys) for kind, keys, _ in overlaps] == [
        (TopologyKind.OVERLAP, ("b",)),
        (TopologyKind.OVERLAP, ("a",)),
    ]
    assert [area for _, _, area in overlaps] == pytest.approx([500, 300], rel=5e-3)


@settings(max_examples=15)
@given(width=st.floats(0.05, 4))
@example(width=0.9280552256273147)  # the neighbour's hectare was told as part of the gap
def test_gap_is_found_if_and_only_if_it_is_narrow(width: float) -> None:
    if abs(width - LIMITS.gap_width_m) < 0.01:
        return
    gaps = found(box(100 + width, 0, 200, 100), a=box(0, 0, 100, 100))
    if width > LIMITS.gap_width_m:
        assert gaps == []
    else:
        ((kind, keys, area),) = gaps
        assert (kind, keys) == (TopologyKind.GAP, ("a",))
        assert area == pytest.approx(100 * width, rel=0.01)


def test_gap_between_two_others_is_not_this_plots() -> None:
    near = {"a": box(0, 0, 100, 49.5), "b": box(0, 50.5, 100, 100)}
    assert found(box(100, 0, 200, 40), **near) == []


def test_gap_smaller_than_the_limit_is_passed_over() -> None:
    assert found(box(100.005, 0, 200, 100), a=box(0, 0, 100, 100)) == []


def test_slivers_by_area_and_by_width() -> None:
    # 2 x 8 / (2 x 160.1) = 0.05 m wide
    ((kind, _, area),) = found(box(0, 0, 160, 0.05))
    assert kind is TopologyKind.SLIVER
    assert area == pytest.approx(8, rel=5e-3)
    pieces = place(shapely.MultiPolygon([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 200.9, 0.9)]))
    ((kind, _, area),) = found(pieces)
    assert kind is TopologyKind.SLIVER
    assert area == pytest.approx(0.81, rel=5e-3)


def test_land_outside_the_district_is_named_with_its_area() -> None:
    district = box(0, 0, 150, 100)
    ((kind, keys, area),) = found(box(100, 0, 200, 100), district)
    assert (kind, keys) == (TopologyKind.OUTSIDE, ())
    assert area == pytest.approx(5_000, rel=5e-3)
    assert found(box(100, 0, 150.005, 100), district) == []


def test_line_laid_onto_a_neighbour_keeps_its_ends_apart() -> None:
    drawn = line((100.3, 10), (100.2, 90), (150, 120))
    snapped = snap_to_neighbours(drawn, [box(0, 0, 100, 100)], SNAP_M)
    flat = PLANE.to_plane(snapped)
    # both first corners go to the edge at 100 m; the third is 20 m from all
    assert shapely.get_coordinates(flat)[:, 0] == pytest.approx([100, 100, 150], abs=1e-6)
    two = place(shapely.MultiLineString([[(100.3, 10), (100.2, 90)], [(300, 0), (400, 0)]]))
    assert shapely.get_num_geometries(snap_to_neighbours(two, [box(0, 0, 100, 100)], SNAP_M)) == 2
    onto_line = snap_to_neighbours(drawn, [line((100, 0), (100, 100))], SNAP_M)
    assert PLANE.to_plane(onto_line).bounds[0] == pytest.approx(100, abs=1e-6)


def test_line_that_snapping_would_make_a_point_stays() -> None:
    short = line((0.1, 0.1), (0.2, 0.2))  # both ends go to the same corner
    assert snap_to_neighbours(short, [box(-100, -100, 0, 0)], SNAP_M) is short


def test_line_outside_the_district_is_named_with_its_length() -> None:
    district = box(0, 0, 150, 100)
    (out,) = topology_findings(line((100, 50), (180, 50)), series(), district, LIMITS)
    assert (out.kind, out.area_m2) == (TopologyKind.OUTSIDE, 0)
    assert out.length_m == pytest.approx(30, rel=5e-3)
    assert topology_findings(line((100, 50), (150.5, 50)), series(), district, LIMITS) == []  # half a metre


def test_shape_outside_of_what_it_is_part_of_is_named_with_it() -> None:
    plot = {"所属地块 A": box(0, 0, 100, 100)}
    (out,) = topology_findings(box(80, 0, 120, 50), series(), None, LIMITS, plot)
    assert (out.kind, out.keys, out.length_m) == (TopologyKind.BEYOND, ("所属地块 A",), 0)
    assert out.area_m2 == pytest.approx(1_000, rel=5e-3)  # 20 m x 50 m
    assert topology_findings(box(80, 0, 100.01, 50), series(), None, LIMITS, plot) == []  # 0.5 m2
    (away,) = topology_findings(place(shapely.Point(101, 50)), series(), None, LIMITS, plot)
    assert (away.kind, away.area_m2, away.length_m) == (TopologyKind.BEYOND, 0, 0)
    assert topology_findings(place(shapely.Point(99, 50)), series(), None, LIMITS, plot) == []
