import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from geoapp.analysis.plane import choose_plane, to_plane, zones_to_plane
from geoapp.errors import CrsError

LOT = shapely.box(987_000, 212_000, 987_100, 212_200)


def test_preferred_plane_is_taken_where_it_is_in_use() -> None:
    plots = gpd.GeoSeries(
        [shapely.box(121.62, 29.9, 121.63, 29.91)], crs=4490
    )  # a tenth of a degree beyond 121.5
    crs, why = choose_plane(plots, 4549)
    assert crs.to_epsg() == 4549
    assert why == "按设置用工作坐标系 EPSG:4549（CGCS2000 3度带 中央经线120°）"


def test_preferred_plane_is_taken_when_there_is_nothing_to_place() -> None:
    assert choose_plane(gpd.GeoSeries([None], crs=4490), 4549)[0].to_epsg() == 4549


def test_own_plane_is_taken_elsewhere() -> None:
    assert choose_plane(gpd.GeoSeries([LOT], crs=2263), 4549)[0].to_epsg() == 2263


def test_own_plane_without_area_of_use_is_taken_at_its_word() -> None:
    own = CRS.from_proj4("+proj=tmerc +lat_0=40 +lon_0=-74 +x_0=500000 +ellps=GRS80")
    plots = gpd.GeoSeries([shapely.box(500_000, 0, 500_100, 100)], crs=own)
    assert choose_plane(plots, 4549)[0] == own


@pytest.mark.parametrize("crs", [4326, 3857])
def test_degrees_and_mercator_elsewhere_get_a_local_equal_area_plane(crs: int) -> None:
    plots = gpd.GeoSeries([LOT], crs=2263).to_crs(crs)
    plane, why = choose_plane(plots, 4549)
    assert plane.coordinate_operation.method_name == "Lambert Azimuthal Equal Area"
    assert "局部等积投影" in why
    assert to_plane(plots, plane).area[0] == pytest.approx(20_000 * 0.3048006096**2, rel=1e-4)


def test_coordinates_that_become_infinite_are_refused() -> None:
    plots = gpd.GeoSeries([shapely.box(121.5, 29.9, 121.6, 30)], crs=4490)
    with pytest.raises(CrsError, match="离它的适用范围太远"):
        to_plane(plots, CRS.from_proj4("+proj=gnom +lat_0=-30 +lon_0=-60 +ellps=GRS80"))


def test_zones_that_span_the_earth_are_cut_down_to_the_surroundings() -> None:
    gnomonic = CRS.from_proj4(
        "+proj=gnom +lat_0=30 +lon_0=121 +ellps=GRS80"
    )  # holds less than half the Earth
    plots = gpd.GeoSeries([shapely.box(121.0, 30.0, 121.01, 30.01)], crs=4490)
    zones = gpd.GeoSeries([shapely.box(-179, -89, 179, 89), shapely.box(120, 29, 122, 31), None], crs=4490)
    projected = zones_to_plane(zones, gnomonic, to_plane(plots, gnomonic))
    assert projected[0].covers(to_plane(plots, gnomonic)[0])
    assert projected[1].equals(zones.to_crs(gnomonic)[1])
    assert projected[2] is None
    assert zones_to_plane(zones[1:], gnomonic, plots).index.tolist() == [1, 2]
