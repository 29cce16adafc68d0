import itertools
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geoapp.analysis.area import check_area_crs, ellipsoid_area_m2, plane_area_m2
from geoapp.errors import CrsError

GRS80 = Geod(ellps="GRS80")
OUTLINE = (
    "121.4747,30.0587 121.4727,30.0382 121.462,30.0354 121.4809,30.0122 121.4822,29.9926 121.5092,29.9855 "
    "121.5295,29.9878 121.5579,29.9614 121.5696,29.9595 121.5833,29.942 121.5962,29.9412 121.5989,29.9182 "
    "121.6391,29.9153 121.6367,29.9041 121.6213,29.9077 121.5728,29.894 121.5568,29.875 121.5413,29.8931 "
    "121.5245,29.8928 121.5292,29.9102 121.5072,29.9059 121.495,29.9241 121.4875,29.9257 121.4724,29.9088 "
    "121.4513,29.9249 121.4473,29.9389 121.4182,29.9314 121.4054,29.9487 121.3562,29.9575 121.3744,29.964 "
    "121.3792,29.9884 121.3946,29.9898 121.399,30.0024 121.3942,30.0037 121.3946,30.0219 121.403,30.033 "
    "121.4199,30.0378 121.4193,30.0485"
)
DISTRICT = shapely.Polygon([tuple(map(float, pair.split(","))) for pair in OUTLINE.split()])
# 200 m x 150 m less a court of 40 m x 30 m, in the plane of EPSG:4549: 30 000 - 1 200 = 28 800 m2
PLOT = shapely.box(644798.679, 3316404.248, 644998.679, 3316554.248)
COURT = shapely.box(644878.679, 3316464.248, 644918.679, 3316494.248)


def degrees(*polygons, crs=4549):
    return gpd.GeoSeries(list(polygons), crs=crs).to_crs(4490)


def geodesic(polygon):
    return abs(GRS80.geometry_area_perimeter(shapely.orient_polygons(polygon))[0])


def test_ellipsoid_area_is_the_geodesic_one_on_a_plot():
    plot = degrees(PLOT)
    assert ellipsoid_area_m2(plot)[0] == pytest.approx(geodesic(plot[0]), rel=1e-9)


def test_45_mu_in_the_plane_are_44_977_mu_on_the_ellipsoid():
    plot = degrees(PLOT)
    assert plane_area_m2(plot, 4549)[0] * 0.0015 == pytest.approx(45.0, abs=1e-7)  # 200 * 150 / 666.666...
    assert round(ellipsoid_area_m2(plot)[0] * 0.0015, 3) == 44.977


def test_ellipsoid_area_is_the_geodesic_one_on_the_whole_district():
    area = ellipsoid_area_m2(gpd.GeoSeries([DISTRICT], crs=4490))[0]
    assert area == pytest.approx(geodesic(DISTRICT), rel=1e-8)


def test_holes_are_subtracted():
    plot, court, with_court = degrees(PLOT, COURT, shapely.difference(PLOT, COURT))
    areas = ellipsoid_area_m2(gpd.GeoSeries([plot, court, with_court], crs=4490))
    assert areas[2] == pytest.approx(areas[0] - areas[1], rel=1e-9)
    assert plane_area_m2(degrees(PLOT.difference(COURT)), 4549)[0] == pytest.approx(28_800, abs=1e-4)


def test_parts_are_added():
    east = shapely.affinity.translate(PLOT, 1_000)
    areas = ellipsoid_area_m2(degrees(PLOT, east, shapely.MultiPolygon([PLOT, east])))
    assert areas[2] == pytest.approx(areas[0] + areas[1], rel=1e-12)


def test_orientation_is_of_no_account():
    areas = ellipsoid_area_m2(degrees(PLOT.difference(COURT), PLOT.difference(COURT).reverse()))
    assert areas[1] == pytest.approx(areas[0], rel=1e-12)


def test_missing_geometry_has_no_area_and_an_empty_one_has_zero():
    series = gpd.GeoSeries([None, shapely.Polygon(), *degrees(PLOT)], crs=4490)
    ellipsoid, plane = ellipsoid_area_m2(series), plane_area_m2(series, 4549)
    for areas in (ellipsoid, plane):
        assert np.isnan(areas[0])
        assert areas[1] == 0
        assert areas[2] == pytest.approx(30_000, rel=1e-3)


def test_no_rows_give_no_areas():
    assert ellipsoid_area_m2(gpd.GeoSeries([], crs=4490)).shape == (0,)
    assert plane_area_m2(gpd.GeoSeries([], crs=4490), 4549).shape == (0,)


def test_a_polygon_across_the_180th_meridian_keeps_its_area():
    across = shapely.Polygon([(179.5, 10), (-179.5, 10), (-179.5, 11), (179.5, 11)])
    beside = shapely.box(20.0, 10, 21.0, 11)
    areas = ellipsoid_area_m2(gpd.GeoSeries([across, beside], crs=4490))
    assert areas[0] == pytest.approx(areas[1], rel=1e-9)


@given(
    st.floats(121.36, 121.64), st.floats(29.88, 30.05), st.floats(1e-4, 2e-2), st.floats(0, 90),
)  # fmt: skip
def test_ellipsoid_area_is_the_geodesic_one_anywhere_in_the_district(x, y, size, angle):
    plot = shapely.affinity.rotate(shapely.box(x, y, x + size, y + size / 2), angle)
    area = ellipsoid_area_m2(gpd.GeoSeries([plot], crs=4490))[0]
    # pyproj itself wavers by some 1e-5 m2: turning the box in degrees must not, yet does change its answer
    assert area == pytest.approx(geodesic(plot), rel=1e-8, abs=1e-3)


@given(st.integers(1, 40))
def test_the_pieces_of_a_plot_add_up_to_it(pieces):
    edges = np.linspace(121.50, 121.51, pieces + 1)
    strips = gpd.GeoSeries(shapely.box(edges[:-1], 29.95, edges[1:], 29.96), crs=4490)
    # a finer outline has the same corners on its edges: the great circles between them differ by 1e-7
    whole = gpd.GeoSeries([shapely.box(121.50, 29.95, 121.51, 29.96)], crs=4490)
    assert ellipsoid_area_m2(strips).sum() == pytest.approx(ellipsoid_area_m2(whole)[0], rel=1e-6)


@pytest.mark.parametrize("crs", [4549, 4528, 4550, 4529])
def test_plane_area_differs_from_the_ellipsoid_by_half_a_thousandth(crs):
    plot = degrees(PLOT)
    assert plane_area_m2(plot, crs)[0] / ellipsoid_area_m2(plot)[0] - 1 == pytest.approx(5e-4, abs=2e-4)


def test_plane_area_in_feet_comes_in_square_metres():
    square = gpd.GeoSeries([shapely.box(6_000_000, 2_000_000, 6_001_000, 2_001_000)], crs=2230)
    # California VI in US survey feet: (1000 * 1200 / 3937)2 = 92 903.41 m2
    assert plane_area_m2(square, 2230)[0] == pytest.approx(92_903.41, abs=0.01)


@pytest.mark.parametrize("crs", [3857, "EPSG:3857", 3395, CRS.from_user_input(3857).to_wkt()])
def test_a_web_mercator_is_refused_for_areas(crs):
    with pytest.raises(CrsError, match=r"墨卡托.*偏大"):
        plane_area_m2(degrees(PLOT), crs)


def test_a_crs_in_degrees_is_refused_for_plane_areas():
    with pytest.raises(CrsError, match=r"EPSG:4490.*不是投影坐标系"):
        plane_area_m2(degrees(PLOT), 4490)


def test_an_unknown_crs_is_refused():
    with pytest.raises(CrsError, match="999999"):
        check_area_crs(999999)


def test_a_local_crs_without_code_may_be_used():
    local = check_area_crs("+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80 +units=m +no_defs")
    assert plane_area_m2(degrees(PLOT), local)[0] == pytest.approx(30_000, rel=1e-3)


def test_geometries_without_crs_are_refused():
    bare = gpd.GeoSeries([PLOT])
    with pytest.raises(CrsError, match="没有坐标系"):
        plane_area_m2(bare, 4549)
    with pytest.raises(CrsError, match="没有坐标系"):
        ellipsoid_area_m2(bare)


def test_metres_are_refused_for_ellipsoid_areas():
    with pytest.raises(CrsError, match="EPSG:4549"):
        ellipsoid_area_m2(gpd.GeoSeries([PLOT], crs=4549))


def test_a_nameless_projection_is_refused_for_ellipsoid_areas():
    local = "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80 +units=m +no_defs"
    with pytest.raises(CrsError, match="经纬度"):
        ellipsoid_area_m2(gpd.GeoSeries([PLOT], crs=local))


def trapezoids_m2(polygon):
    """The survey's own series (国土调查办发〔2008〕32号): trapezoids under edges that are straight in degrees."""
    a, f = 6_378_137.0, 1 / 298.257222101
    b = a * (1 - f)
    e2 = (a * a - b * b) / (a * a)
    e4, e6, e8 = e2**2, e2**3, e2**4
    factors = (
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    )
    corners = np.radians(np.asarray(polygon.exterior.coords))
    meridian, total = corners[:, 0].min(), 0.0
    for (l1, b1), (l2, b2) in itertools.pairwise(corners):
        half, middle = (b2 - b1) / 2, (b1 + b2) / 2
        series = sum(
            (-1) ** k * factor * math.sin((2 * k + 1) * half) * math.cos((2 * k + 1) * middle)
            for k, factor in enumerate(factors)
        )
        total += 2 * b * b * ((l1 + l2) / 2 - meridian) * series
    return abs(total)


def test_ellipsoid_area_is_that_of_the_survey_series():
    # Along the parallel 2 km are straight in degrees to 0.1 m; the outline's own edges, up to 5 km, are not to 1e-6.
    outline = shapely.segmentize(DISTRICT, 0.02)
    district = ellipsoid_area_m2(gpd.GeoSeries([outline], crs=4490))[0]
    assert district == pytest.approx(trapezoids_m2(outline), rel=1e-6)
    plot = degrees(PLOT)
    assert ellipsoid_area_m2(plot)[0] == pytest.approx(trapezoids_m2(plot[0]), rel=1e-6)


@given(
    st.floats(121.36, 121.64), st.floats(29.88, 30.05), st.floats(1e-4, 2e-2), st.floats(0, 90),
)  # fmt: skip
def test_ellipsoid_area_is_that_of_the_survey_series_anywhere_in_the_district(x, y, size, angle):
    plot = shapely.affinity.rotate(shapely.box(x, y, x + size, y + size / 2), angle)
    area = ellipsoid_area_m2(gpd.GeoSeries([plot], crs=4490))[0]
    assert area == pytest.approx(trapezoids_m2(plot), rel=1e-6)


def test_areas_of_more_polygons_than_are_measured_together() -> None:
    # 50,002 plots, the last but one of the first piece with a court, the first of the second in two parts, one missing.
    plots = np.full(50_002, shapely.box(121.5, 29.95, 121.501, 29.951), dtype=object)
    court = shapely.box(121.5002, 29.9502, 121.5004, 29.9504)
    plots[49_999] = plots[0].difference(court)
    plots[50_000] = shapely.multipolygons([plots[0], shapely.box(121.51, 29.96, 121.511, 29.961)])
    plots[50_001] = None
    few = gpd.GeoSeries(plots[[0, 49_999, 50_000, 50_001]], crs=4490)
    found = ellipsoid_area_m2(gpd.GeoSeries(plots, crs=4490))
    assert len(found) == 50_002
    assert len(set(found[:49_999])) == 1
    np.testing.assert_array_equal(found[[0, 49_999, 50_000, 50_001]], ellipsoid_area_m2(few))
    court_m2 = ellipsoid_area_m2(gpd.GeoSeries([court], crs=4490))[0]
    assert found[49_999] == pytest.approx(found[0] - court_m2, rel=1e-9)


def test_no_polygons_have_no_areas() -> None:
    assert ellipsoid_area_m2(gpd.GeoSeries([], crs=4490)).tolist() == []
