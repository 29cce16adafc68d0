from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.analysis.repair import CLOSE_LINES, DROP_WITHOUT_GEOMETRY, RepairRules, repair, repair_rules
from geoapp.analysis.rings import closed_gap, lines_to_polygons
from geoapp.domain.issue import Severity
from geoapp.domain.layer import parse_layer
from geoapp.domain.policy import Policy, parse_policy
from geoapp.resources import PACKAGE_DIR, read_toml, resource_dir

RULES = RepairRules(
    geometry="polygon",
    is_required=True,
    working_crs=4549,
    sliver_area_m2=1.0,
    sliver_width_m=0.1,
    ring_gap_m=1.0,
    repair_area_share=0.001,
    overlap_area_m2=1.0,
)
CORNER = np.array([640_000.0, 3_316_000.0])


def here(*shapes, first_row=1):
    """Return shapes drawn in metres from a corner of the district as EPSG:4490, rows counted from *first_row*."""
    moved = [
        None if s is None else shapely.transform(s, lambda xy: xy + CORNER) if not s.has_z else s
        for s in shapes
    ]
    index = range(first_row, first_row + len(shapes))
    return gpd.GeoSeries(moved, index=index, crs=4549).to_crs(4490)


def area_m2(shape):
    return gpd.GeoSeries([shape], crs=4490).to_crs(4549)[0].area


def codes(done):
    return [issue.code for issue in done.issues]


def test_leaves_sound_polygons_alone():
    shapes = here(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100))
    done = repair(shapes, RULES)
    assert codes(done) == []
    assert done.geometry.geom_equals_exact(shapes, 0).all()
    assert done.geometry.crs == shapes.crs


def test_no_rows():
    done = repair(gpd.GeoSeries([], crs=4490), RULES)
    assert (len(done.geometry), done.issues) == (0, [])


def test_rules_come_from_the_rule_book_and_the_register():
    content = read_toml(PACKAGE_DIR / "policy/import_checks.toml")
    policy = Policy(parse_policy(content, "import_checks.toml"))
    path: Path = resource_dir("layers") / "plots.toml"
    layer = parse_layer(read_toml(path), path.name)
    assert repair_rules(policy, date(2026, 1, 1), layer, 4549) == RULES
    others = replace(layer, id="micro_parks")
    assert repair_rules(policy, date(2026, 1, 1), others, 4549).overlap_area_m2 is None


def test_rebuilds_a_bow_tie_and_says_what_became_of_its_area():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    done = repair(here(bow_tie, first_row=7), RULES, keys=["A-1"])
    # two triangles of base 10 and height 5: 2 x 25 = 50 m2; as drawn they cancel out
    assert area_m2(done.geometry[7]) == pytest.approx(50, abs=1e-3)
    issue = done.issues[0]
    assert (issue.code, issue.row, issue.key, issue.severity) == (
        "geometry-repaired",
        7,
        "A-1",
        Severity.WARNING,
    )
    assert "边界自相交" in issue.message
    assert "变为 50.00 平方米" in issue.message


def test_repair_that_keeps_the_area_is_a_note():
    touching = shapely.Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50, 50), (50, 100), (0, 100)])
    done = repair(here(touching), RULES)
    assert [(i.code, i.severity) for i in done.issues] == [("geometry-repaired", Severity.NOTE)]


def test_polygon_without_area_is_lost():
    flat = shapely.Polygon([(121.5, 29.9), (121.6, 29.9), (121.55, 29.9)])
    done = repair(gpd.GeoSeries([flat], index=[1], crs=4490), RULES)
    assert codes(done) == ["geometry-collapsed"]
    assert done.geometry.isna().all()
    assert done.issues[0].fix == DROP_WITHOUT_GEOMETRY


def test_missing_and_empty_are_errors_where_required():
    done = repair(here(None, shapely.Polygon(), shapely.box(0, 0, 9, 9)), RULES)
    assert {(i.row, i.code) for i in done.issues} == {(1, "geometry-missing"), (2, "geometry-empty")}
    assert {i.severity for i in done.issues} == {Severity.ERROR}
    assert done.geometry.isna().tolist() == [True, True, False]


def test_missing_is_fine_where_optional():
    done = repair(here(None, shapely.Polygon()), replace(RULES, is_required=False))
    assert [(i.row, i.code, i.severity) for i in done.issues] == [(2, "geometry-empty", Severity.WARNING)]


def test_heights_are_dropped_and_said_once():
    solid = gpd.GeoSeries(
        [shapely.force_3d(shapely.box(121.5, 29.9, 121.501, 29.901), 3.0)], index=[1], crs=4490
    )
    done = repair(solid, RULES)
    assert codes(done) == ["geometry-flattened"]
    assert not done.geometry.has_z.any()


def test_coordinates_that_are_no_numbers_are_lost():
    bad = gpd.GeoSeries([shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)])], index=[4], crs=4490)
    done = repair(bad, RULES)
    assert codes(done) == ["geometry-not-finite"]


def test_wrong_kind_is_lost():
    done = repair(here(shapely.Point(1, 1)), RULES)
    assert codes(done) == ["geometry-type"]
    assert "图形是点，这里需要面" in done.issues[0].message


def test_collection_keeps_its_polygons():
    mixed = shapely.GeometryCollection(
        [shapely.box(0, 0, 10, 10), shapely.MultiPolygon([shapely.box(20, 0, 30, 10)]), shapely.Point(1, 1)]
    )
    done = repair(here(mixed, shapely.GeometryCollection([shapely.Point(1, 1)])), RULES)
    assert codes(done) == ["geometry-parts-dropped", "geometry-type"]
    # two squares of 10 x 10
    assert area_m2(done.geometry[1]) == pytest.approx(200, abs=1e-3)
    assert done.geometry[2] is None


def test_closed_line_becomes_polygon():
    ring = shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])
    done = repair(here(ring, shapely.box(20, 0, 30, 10)), RULES)
    assert done.was_line.tolist() == [True, False]
    assert [(i.row, i.code) for i in done.issues] == [(1, "line-to-polygon")]
    assert area_m2(done.geometry[1]) == pytest.approx(100, abs=1e-3)


def test_nearly_closed_line_is_joined_and_said():
    ring = shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0.5)])
    done = repair(here(ring), RULES)
    assert "首尾相距 0.50 米" in done.issues[0].message
    assert done.geometry[1].geom_type == "Polygon"


def test_open_line_waits_for_its_fix():
    open_line = shapely.LineString([(0, 0), (10, 0), (10, 10), (0, 10)])
    waiting = repair(here(open_line), RULES)
    assert [(i.code, i.severity, i.fix) for i in waiting.issues] == [
        ("line-not-closed", Severity.ERROR, CLOSE_LINES)
    ]
    chosen = repair(here(open_line), RULES, fixes=frozenset({CLOSE_LINES}))
    assert area_m2(chosen.geometry[1]) == pytest.approx(100, abs=1e-3)


def test_line_of_two_points_encloses_nothing():
    done = repair(here(shapely.LineString([(0, 0), (0.5, 0)])), RULES)
    assert codes(done) == ["line-encloses-nothing"]


def test_ring_in_ring_is_a_hole():
    outer = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    inner = [(2, 2), (4, 2), (4, 4), (2, 4), (2, 2)]
    polygons = lines_to_polygons(np.array([shapely.MultiLineString([inner, outer])], dtype=object))
    # 10 x 10 less 2 x 2
    assert polygons[0].area == 96


def test_gap_of_pieces_that_continue_each_other():
    halves = shapely.MultiLineString([[(0, 0), (10, 0), (10, 10)], [(10, 10), (0, 10), (0, 0)]])
    assert closed_gap(np.array([halves], dtype=object)).tolist() == [0.0]


def test_slivers_are_reported_and_kept():
    thin = shapely.box(0, 0, 100, 0.05)
    small = shapely.MultiPolygon([shapely.box(0, 10, 0.5, 10.5), shapely.box(20, 10, 30, 20)])
    shapes = here(thin, small)
    done = repair(shapes, RULES)
    # 100 m x 0.05 m = 5 m2, but 2 x 5 / 200.1 = 0.05 m wide; 0.5 m x 0.5 m = 0.25 m2
    assert [(i.row, i.code) for i in done.issues] == [(1, "geometry-sliver"), (2, "geometry-sliver")]
    assert "最小 0.250 平方米" in done.issues[1].message
    assert done.geometry.geom_equals_exact(shapes, 0).all()


def test_equal_shapes_are_reported_once_and_not_as_overlap():
    square = shapely.box(0, 0, 10, 10)
    turned = shapely.Polygon([(10, 10), (0, 10), (0, 0), (10, 0)])
    done = repair(here(square, turned), RULES, keys=["A", "B"])
    assert [(i.row, i.key, i.code) for i in done.issues] == [(2, "B", "geometry-duplicate")]
    assert "第 1 行（A）" in done.issues[0].message


def test_overlap_is_reported_with_its_area():
    shapes = here(shapely.box(0, 0, 10, 10), shapely.box(8, 0, 20, 10), shapely.box(20, 0, 30, 10))
    done = repair(shapes, RULES)
    # 2 m x 10 m = 20 m2; the third only touches
    assert [(i.row, i.code, i.value) for i in done.issues] == [(2, "geometry-overlap", "20.00")]


def test_overlap_below_the_limit_or_where_allowed_is_no_finding():
    shapes = here(shapely.box(0, 0, 10, 10), shapely.box(9.95, 0, 20, 10))
    assert repair(shapes, RULES).issues == []
    wide = here(shapely.box(0, 0, 10, 10), shapely.box(5, 0, 20, 10))
    assert repair(wide, replace(RULES, overlap_area_m2=None)).issues == []


def test_point_register_takes_points_from_polygons_and_single_multipoints():
    rules = replace(RULES, geometry="point", is_required=False)
    shapes = here(
        shapely.box(0, 0, 10, 10),
        shapely.MultiPoint([(1, 1)]),
        shapely.MultiPoint([(1, 1), (2, 2)]),
        shapely.Point(3, 3),
    )
    done = repair(shapes, rules)
    assert [(i.row, i.code) for i in done.issues] == [(1, "polygon-to-point"), (3, "geometry-type")]
    assert [None if g is None else g.geom_type for g in done.geometry] == ["Point", "Point", None, "Point"]


def test_line_register_keeps_lines():
    rules = replace(RULES, geometry="line")
    done = repair(here(shapely.LineString([(0, 0), (10, 0)])), rules)
    assert done.issues == []


CORNERS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=3, max_size=8)


@given(st.lists(CORNERS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_comes_out_is_a_valid_polygon_or_nothing(rings):
    done = repair(here(*(shapely.Polygon(ring) for ring in rings)), RULES)
    left = done.geometry.dropna()
    assert left.is_valid.all()
    assert set(left.geom_type) <= {"Polygon", "MultiPolygon"}
    lost = set(done.geometry.index[done.geometry.isna()])
    assert lost == {issue.row for issue in done.issues if issue.fix == DROP_WITHOUT_GEOMETRY}
