import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geoapp.domain.file_table import FILE_COLUMNS, FileTable
from geoapp.errors import CrsError, FormatError, UsageError
from geoapp.services.file_statistics import FileStatisticsOptions, file_statistics

EAST, NORTH = 640_000.0, 3_315_000.0
"""A corner in the district, EPSG:4549."""
GRS80 = Geod(ellps="GRS80")


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def save(path: Path, shapes: list, crs: object = 4549, **columns: list) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path)
    return path


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    return save(tmp_path / "zones.gpkg", [box(0, 0, 100, 100), box(100, 0, 200, 100)], code=["西", "东"])


def table_of(plots: Path, zones: Path, **options: object) -> FileTable:
    return file_statistics(FileStatisticsOptions(plots=plots, zones=zones, **{"zone_key": "code", **options}))


def rows_of(plots: Path, zones: Path, **options: object) -> dict[str, dict]:
    return table_of(plots, zones, **options).rows.set_index("zone").to_dict("index")


def test_rows_and_columns_are_in_the_promised_order(tmp_path: Path, zones: Path) -> None:
    table = table_of(save(tmp_path / "plots.gpkg", [box(10, 10, 20, 20)]), zones)
    assert list(table.rows.columns) == list(FILE_COLUMNS)
    assert list(table.rows["zone"]) == ["西", "东", "(outside)", "(total)"]


def test_clip_shares_area_and_floor_area_and_counts_whole_plots(tmp_path: Path, zones: Path) -> None:
    # One plot of 100 x 40 m: 30 m in the west, 50 m in the east... 100 m wide from x = 70 to 170, 25 m north of both.
    plots = save(tmp_path / "plots.gpkg", [box(70, 70, 170, 110)], mj=[6.0], jz=[8000.0])
    rows = rows_of(plots, zones, site_area="mj:mu", gfa="jz:m2")
    # 4000 m2: west 30 x 30 = 900 (22.5 %), east 70 x 30 = 2100 (52.5 %), outside 100 x 10 = 1000 (25 %)
    for zone, share, count in (("西", 0.225, 0), ("东", 0.525, 1), ("(outside)", 0.25, 0), ("(total)", 1, 1)):
        assert rows[zone]["plot_count"] == count
        assert rows[zone]["site_area_m2"] == pytest.approx(4000 * share, rel=1e-9)
        assert rows[zone]["site_area_mu"] == pytest.approx(6 * share, rel=1e-9)
        assert rows[zone]["gfa_m2"] == pytest.approx(8000 * share, rel=1e-9)
        assert rows[zone]["far"] == pytest.approx(2)
        assert rows[zone]["known_gfa_share"] == 1


def test_geometry_area_is_the_ellipsoid_area(tmp_path: Path, zones: Path) -> None:
    plot = box(10, 10, 90, 90)
    in_degrees = gpd.GeoSeries([plot], crs=4549).to_crs(4490).iloc[0]
    expected = abs(GRS80.geometry_area_perimeter(in_degrees)[0])
    row = rows_of(save(tmp_path / "plots.gpkg", [plot]), zones)["西"]
    assert row["geometry_area_m2"] == row["site_area_m2"] == pytest.approx(expected, rel=1e-8)
    assert row["geometry_area_mu"] == pytest.approx(expected * 0.0015, rel=1e-8)
    assert row["geometry_area_m2"] == pytest.approx(6400 / 1.00045, rel=2e-4)  # about 0.05 % under the plane


def test_plane_site_area_is_measured_in_the_working_crs(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(10, 10, 90, 90)])
    row = rows_of(plots, zones, site_area="plane", working_crs="EPSG:4549")["西"]
    assert row["site_area_m2"] == row["geometry_area_m2"] == pytest.approx(6400, rel=1e-9)


@pytest.mark.parametrize(("membership", "west", "east"), [("largest", 0, 1), ("centroid", 0, 1)])
def test_whole_plots_go_to_one_zone(
    tmp_path: Path, zones: Path, membership: str, west: int, east: int
) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(90, 0, 190, 10)], jz=[500])
    rows = rows_of(plots, zones, membership=membership, gfa="jz:m2")
    assert (rows["西"]["plot_count"], rows["东"]["plot_count"]) == (west, east)
    assert (rows["西"]["gfa_m2"], rows["东"]["gfa_m2"]) == (0, 500)


@pytest.mark.parametrize(
    ("unit", "m2"),
    [
        ("m2", 1),
        ("ha", 10_000),
        ("mu", 2000 / 3),
        ("ft2", 0.3048**2),
        ("usft2", (1200 / 3937) ** 2),
        ("USFT2", (1200 / 3937) ** 2),
    ],
)
def test_units_of_fields(tmp_path: Path, zones: Path, unit: str, m2: float) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)], a=[7.0], b=[21.0])
    row = rows_of(plots, zones, site_area=f"a:{unit}", gfa=f"b:{unit}")["西"]
    assert row["site_area_m2"] == pytest.approx(7 * m2, rel=1e-12)
    assert row["gfa_m2"] == pytest.approx(21 * m2, rel=1e-12)
    assert row["far"] == pytest.approx(3, rel=1e-12)


def test_unknown_values_are_said_and_never_zero(tmp_path: Path, zones: Path) -> None:
    shapes = [box(10 * n, 0, 10 * n + 10, 10) for n in range(7)]
    site = ["1,000", "1000", None, "abc", "0", "-9999", "500"]
    gfa = ["2000", "", "300", "400", "50", "60", "0"]
    plots = save(tmp_path / "plots.gpkg", shapes, mj=site, jz=gfa)
    table = table_of(plots, zones, site_area="mj:m2", gfa="jz:m2")
    row = table.rows.set_index("zone").loc["西"]
    assert row["site_area_m2"] == 2500  # 1000 + 1000 + 0 + 500
    assert row["gfa_m2"] == 2810  # 2000 + 300 + 400 + 50 + 60 + 0
    assert row["far"] == pytest.approx(2000 / 1500)  # plots 1 and 7: both known, site above zero
    assert row["known_gfa_share"] == pytest.approx(1500 / 2500)  # plots 1, 7 of 1, 2, 7
    said = "\n".join(table.notes)
    assert "“mj”有 1 个值是空的" in said
    assert "“mj”有 1 个值不是数字（如 abc）" in said
    assert "“mj”有 1 个值小于零（如 -9999" in said


def test_zone_whose_plots_are_all_unknown_is_unknown_and_an_empty_zone_is_zero(
    tmp_path: Path, zones: Path
) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)], jz=[math.nan], mj=[math.nan])
    rows = rows_of(plots, zones, gfa="jz:m2", site_area="mj:m2")
    assert math.isnan(rows["西"]["gfa_m2"])
    assert math.isnan(rows["西"]["site_area_m2"])
    assert math.isnan(rows["西"]["known_gfa_share"])
    assert (rows["东"]["plot_count"], rows["东"]["gfa_m2"], rows["东"]["site_area_m2"]) == (0, 0, 0)
    assert math.isnan(rows["东"]["far"])


def test_without_floor_area_ratio_is_unknown_and_nothing_of_it_is_known(tmp_path: Path, zones: Path) -> None:
    rows = rows_of(save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)]), zones)
    row = rows["(total)"]
    assert all(math.isnan(one["gfa_m2"]) for one in rows.values())
    assert math.isnan(row["far"])
    assert row["known_gfa_share"] == 0


def test_features_of_one_key_are_one_zone_in_the_order_of_first_appearance(tmp_path: Path) -> None:
    shapes = [box(0, 0, 10, 10), box(50, 0, 60, 10), box(5, 0, 15, 10), box(90, 0, 99, 9), box(70, 0, 80, 10)]
    zones = save(tmp_path / "zones.geojson", [gpd.GeoSeries(shapes, crs=4549).to_crs(4326)[n] for n in range(5)],
                 crs=4326, code=["B", "A", "B", None, " "])  # fmt: skip
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 15, 10), box(91, 1, 92, 2)])
    table = table_of(plots, zones)
    assert list(table.rows["zone"]) == ["B", "A", "(outside)", "(total)"]
    assert list(table.rows["plot_count"]) == [1, 0, 1, 2]
    shares = table.rows["site_area_m2"].to_numpy()
    assert shares[0] / (shares[3] - shares[2]) == pytest.approx(
        1, rel=1e-6
    )  # the overlap is not counted twice
    assert "1 个分区由多个图形组成（如 B），已合并。" in table.notes
    assert "2 个分区的“code”是空的，不成分区，其中的地块计入 (outside)。" in table.notes


@pytest.mark.parametrize(
    ("keys", "names"), [([101.0, 102.0], ["101", "102"]), ([7, 8], ["7", "8"]), ([1.5, 2], ["1.5", "2"])]
)
def test_number_keys_are_written_without_decimals(tmp_path: Path, keys: list, names: list) -> None:
    zones = save(tmp_path / "zones.gpkg", [box(0, 0, 10, 10), box(10, 0, 20, 10)], code=keys)
    table = table_of(save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5)]), zones)
    assert list(table.rows["zone"]) == [*names, "(outside)", "(total)"]


def test_missing_and_flat_shapes_are_outside_and_said(tmp_path: Path, zones: Path) -> None:
    shapes = [None, shapely.Point(EAST + 5, NORTH + 5), box(0, 0, 10, 10)]
    plots = save(tmp_path / "plots.gpkg", shapes, mj=[100.0, 200.0, 400.0])
    table = table_of(plots, zones, site_area="mj:m2")
    rows = table.rows.set_index("zone")
    assert rows.loc["(outside)", ["plot_count", "site_area_m2"]].tolist() == [2, 300]
    assert math.isnan(rows.loc["(outside)", "geometry_area_m2"])
    assert rows.loc["(total)", "plot_count"] == 3
    assert "1 个地块没有图形：第 1 行。" in table.notes
    assert "1 个地块的图形是点或线，不是面：第 2 行。" in table.notes
    assert "2 个地块没有面积，计入 (outside)。" in table.notes


def test_points_belong_by_centroid(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [shapely.Point(EAST + 5, NORTH + 5)], mj=[200.0])
    assert rows_of(plots, zones, site_area="mj:m2", membership="centroid")["西"]["site_area_m2"] == 200


def test_invalid_shapes_are_put_right(tmp_path: Path, zones: Path) -> None:
    corners = [(0, 0), (20, 20), (20, 0), (0, 20)]  # a bow tie: two triangles of 100 m2
    bow_tie = shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])
    plots = save(tmp_path / "plots.gpkg", [bow_tie])
    table = table_of(plots, zones, site_area="plane", working_crs="4549")
    assert table.rows["site_area_m2"].iloc[0] == pytest.approx(200, rel=1e-9)
    assert "1 个地块的图形无效（自相交等），已修复：第 1 行。" in table.notes


def test_overlapping_zones_are_said_and_the_total_counts_once(tmp_path: Path) -> None:
    zones = save(tmp_path / "zones.gpkg", [box(0, 0, 100, 100), box(0, 0, 50, 100)], code=["A", "B"])
    table = table_of(save(tmp_path / "plots.gpkg", [box(0, 0, 100, 100)]), zones)
    areas = table.rows["site_area_m2"]
    assert areas[:3].sum() == pytest.approx(1.5 * areas[3])
    assert any("分区互相重叠，1 个地块" in note for note in table.notes)


def test_plots_and_zones_in_different_crs_far_away_in_feet(tmp_path: Path) -> None:
    lots = [shapely.box(987_000 + 100 * n, 212_000, 987_100 + 100 * n, 212_200) for n in range(4)]
    plots = save(
        tmp_path / "lots.shp", lots, crs=2263, LotArea=[20_000.0] * 4, BldgArea=[40_000.0, 0, 20_000, 100_000]
    )
    district = gpd.GeoSeries([shapely.box(986_000, 211_000, 987_250, 213_000)], crs=2263).to_crs(4326)
    zones = save(tmp_path / "zones.geojson", list(district), crs=4326, code=[101])
    table = table_of(plots, zones, site_area="LotArea:usft2", gfa="BldgArea:usft2")
    rows = table.rows.set_index("zone")
    acre = (1200 / 3937) ** 2
    assert rows["plot_count"].tolist() == [3, 1, 4]  # the lot cut in half: any zone before outside
    np.testing.assert_allclose(rows["site_area_m2"], np.array([50_000, 30_000, 80_000]) * acre, rtol=1e-6)
    np.testing.assert_allclose(rows["far"], [(40_000 + 0 + 10_000) / 50_000, 110_000 / 30_000, 2], rtol=1e-6)
    np.testing.assert_allclose(rows["geometry_area_m2"], rows["site_area_m2"], rtol=1e-4)
    assert any("改用地块自己的平面坐标系 EPSG:2263" in note for note in table.notes)
    plane = table_of(plots, zones, site_area="plane").rows["site_area_m2"]
    np.testing.assert_allclose(plane, rows["site_area_m2"], rtol=1e-6)  # plane feet become square metres


def test_degrees_far_away_are_computed_in_a_local_equal_area_plane(tmp_path: Path) -> None:
    plots = save(tmp_path / "plots.geojson", [shapely.box(-74.0, 40.7, -73.998, 40.702)], crs=4326)
    zones = save(tmp_path / "zones.geojson", [shapely.box(-74.1, 40.6, -73.9985, 40.8)], crs=4326, code=["a"])
    table = table_of(plots, zones)
    areas = table.rows["site_area_m2"]
    assert areas[0] / areas[2] == pytest.approx(0.75, rel=1e-6)
    assert any("局部等积投影" in note for note in table.notes)


def test_web_mercator_is_no_working_crs(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)])
    with pytest.raises(CrsError, match="墨卡托"):
        rows_of(plots, zones, working_crs="EPSG:3857")


def test_plots_in_web_mercator_have_their_true_area(tmp_path: Path, zones: Path) -> None:
    shape = gpd.GeoSeries([box(0, 0, 100, 100)], crs=4549).to_crs(3857).iloc[0]
    plots = save(tmp_path / "plots.gpkg", [shape], crs=3857)
    assert rows_of(plots, zones)["西"]["site_area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_working_crs_unfit_for_the_place_is_said(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)])
    table = table_of(plots, zones, working_crs="EPSG:32648")  # UTM 48: 16 degrees to the west
    assert any("不适合这里的数据" in note for note in table.notes)


def test_working_crs_that_cannot_hold_the_data_is_refused(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)])
    with pytest.raises(CrsError, match="不能换算到"):
        rows_of(plots, zones, working_crs="+proj=gnom +lat_0=-30 +lon_0=-60 +ellps=GRS80")


def shapefile_without_prj(folder: Path, name: str, shapes: list, **columns: list) -> Path:
    path = folder / f"{name}.shp"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)
    path.with_suffix(".prj").unlink()
    return path


def test_missing_crs_is_detected_in_the_district(tmp_path: Path, zones: Path) -> None:
    plots = shapefile_without_prj(tmp_path, "plots", [box(0, 0, 100, 100)], id=[1])
    assert rows_of(plots, zones, site_area="plane", working_crs="4549")["西"][
        "site_area_m2"
    ] == pytest.approx(10_000)


def test_missing_crs_in_degrees_elsewhere_is_taken_and_said(tmp_path: Path) -> None:
    plots = shapefile_without_prj(tmp_path, "plots", [shapely.box(8.5, 47.3, 8.502, 47.302)], id=[1])
    zones = save(tmp_path / "z.geojson", [shapely.box(8, 47, 9, 48)], crs=4326, code=["zh"])
    table = table_of(plots, zones)
    assert table.rows["plot_count"].tolist() == [1, 0, 1]
    assert "地块没有说明坐标系，按数值认作经纬度。" in table.notes


@pytest.mark.parametrize(
    "shape", [shapely.box(20, 20, 60, 80), shapely.box(987_000, 212_000, 987_100, 212_200)]
)
def test_missing_crs_that_fits_nothing_is_asked_for(
    tmp_path: Path, zones: Path, shape: shapely.Polygon
) -> None:
    plots = shapefile_without_prj(tmp_path, "plots", [shape], id=[1])
    with pytest.raises(CrsError, match="--plots-crs"):
        rows_of(plots, zones)


def test_given_crs_is_believed(tmp_path: Path, zones: Path) -> None:
    plots = shapefile_without_prj(
        tmp_path, "plots", [shapely.box(987_000, 212_000, 987_100, 212_200)], id=[1]
    )
    row = rows_of(plots, zones, plots_crs="2263", working_crs="2263", site_area="plane")["(total)"]
    assert row["site_area_m2"] == pytest.approx(20_000 * (1200 / 3937) ** 2)


def test_four_parameters_bring_local_coordinates_into_place(tmp_path: Path, zones: Path) -> None:
    plots = shapefile_without_prj(tmp_path, "plots", [shapely.box(10, 10, 60, 60)], id=[1])
    row = rows_of(
        plots, zones, plots_crs=f"{EAST},{NORTH},0,1@EPSG:4549", working_crs="4549", site_area="plane"
    )
    assert row["西"]["site_area_m2"] == pytest.approx(2500, rel=1e-6)


def test_declared_crs_is_believed_though_the_numbers_are_like_the_district_s(tmp_path: Path) -> None:
    lot = shapely.box(
        345_000, 3_310_000, 345_100, 3_310_100
    )  # Cairo in UTM 36; the window of EPSG:4550 as well
    plots = save(tmp_path / "plots.gpkg", [lot], crs=32636)
    zones = save(tmp_path / "zones.gpkg", [lot.buffer(500)], crs=32636, code=["a"])
    table = table_of(plots, zones, site_area="plane")
    assert table.rows["plot_count"].tolist() == [1, 0, 1]
    assert table.rows["site_area_m2"].iloc[0] == pytest.approx(10_000)
    assert any("仍按文件的声明处理" in note and "--plots-crs" in note for note in table.notes)


def test_swapped_axes_are_put_right_and_said(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [shapely.box(NORTH, EAST, NORTH + 50, EAST + 50)])
    table = table_of(plots, zones, site_area="plane", working_crs="4549")
    assert table.rows["site_area_m2"].iloc[0] == pytest.approx(2500, rel=1e-6)
    assert any("对调后按" in note for note in table.notes)


def test_metres_declared_as_degrees_are_refused(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [shapely.box(987_000, 212_000, 987_100, 212_200)], crs=4326)
    with pytest.raises(CrsError, match=r"超出经纬度的范围.*--plots-crs"):
        rows_of(plots, zones)


def test_no_plots_give_zero_rows(tmp_path: Path, zones: Path) -> None:
    empty = gpd.GeoDataFrame({"jz": pd.Series(dtype=float)}, geometry=gpd.GeoSeries([], crs=4549))
    empty.to_file(tmp_path / "plots.gpkg", geometry_type="Polygon")
    table = table_of(tmp_path / "plots.gpkg", zones, gfa="jz:m2")
    assert table.rows["plot_count"].tolist() == [0, 0, 0, 0]
    assert table.rows["gfa_m2"].tolist() == [0, 0, 0, 0]
    assert table.rows["far"].isna().all()


def test_no_zones_leave_everything_outside(tmp_path: Path) -> None:
    empty = gpd.GeoDataFrame({"code": pd.Series(dtype=str)}, geometry=gpd.GeoSeries([], crs=4549))
    empty.to_file(tmp_path / "zones.gpkg", geometry_type="Polygon")
    table = table_of(save(tmp_path / "plots.gpkg", [box(0, 0, 10, 10)]), tmp_path / "zones.gpkg")
    assert table.rows["zone"].tolist() == ["(outside)", "(total)"]
    assert table.rows["plot_count"].tolist() == [1, 1]


def test_files_that_do_not_meet_are_said(tmp_path: Path, zones: Path) -> None:
    table = table_of(save(tmp_path / "plots.gpkg", [box(5000, 0, 5010, 10)]), zones)
    assert table.rows["plot_count"].tolist() == [0, 0, 1, 1]
    assert "没有一个地块落在任何分区里，请核对两个文件的位置和坐标系。" in table.notes


def test_zone_without_a_polygon_stays_a_row(tmp_path: Path) -> None:
    zones = save(tmp_path / "zones.gpkg", [None, None, box(0, 0, 9, 9)], code=["A", "A", "B"])
    table = table_of(save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5)]), zones)
    assert table.rows["plot_count"].tolist() == [0, 1, 0, 1]


def test_repeated_and_missing_plot_keys_are_said(tmp_path: Path, zones: Path) -> None:
    shapes = [box(0, 0, 5, 5), box(5, 0, 10, 5), box(10, 0, 15, 5)]
    table = table_of(save(tmp_path / "plots.gpkg", shapes, id=["D1", "D1", None]), zones, plot_key="ID")
    assert "“ID”有 1 个重复（如 D1），每一行仍各算一宗地，请核对。" in table.notes
    assert "1 个地块的“ID”是空的，照常统计。" in table.notes
    assert table.rows["plot_count"].iloc[-1] == 3


def test_clean_plot_keys_say_nothing(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5), box(5, 0, 9, 9)], id=["D1", "D2"])
    assert not any("“id”" in note for note in table_of(plots, zones, plot_key="id").notes)


def test_of_a_mixed_collection_the_polygons_count(tmp_path: Path, zones: Path) -> None:
    mixed = shapely.GeometryCollection(
        [box(0, 0, 10, 10), shapely.LineString([(EAST, NORTH), (EAST + 50, NORTH)])]
    )
    plots = save(tmp_path / "plots.gpkg", [mixed])
    row = rows_of(plots, zones, site_area="plane", working_crs="4549")["西"]
    assert row["site_area_m2"] == pytest.approx(100, rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zone_key": "nope"}, "--zone-key：文件里没有字段“nope”；可用的字段：code"),
        ({"plot_key": "nope"}, "--plot-key：文件里没有字段“nope”；可用的字段：mj"),
        ({"gfa": "nope:m2"}, "--gfa：文件里没有字段“nope”"),
        ({"gfa": "mj"}, "--gfa：“mj”应写成字段:单位"),
        ({"site_area": "mj"}, "--site-area：“mj”应写成ellipsoid、plane 或 字段:单位"),
        ({"site_area": ":m2"}, "应写成"),
        ({"site_area": "mj:acre"}, "面积单位“acre”不认识；可用：m2、ft2、usft2、ha、mu"),
        ({"membership": "touch"}, "--membership：“touch”不认识；可用：clip、largest、centroid"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, zones: Path, options: dict, message: str) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5)], mj=[1.0])
    with pytest.raises(UsageError, match=message):
        rows_of(plots, zones, **options)


def test_reserved_zone_names_are_refused(tmp_path: Path) -> None:
    zones = save(tmp_path / "zones.gpkg", [box(0, 0, 9, 9)], code=["(total)"])
    with pytest.raises(UsageError, match="保留的行名"):
        rows_of(save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5)]), zones)


def test_files_that_cannot_be_used_are_refused(tmp_path: Path, zones: Path) -> None:
    with pytest.raises(FormatError, match="找不到地块文件"):
        rows_of(tmp_path / "none.gpkg", zones)
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("编号,面积\nD1,5\n", encoding="utf-8")
    with pytest.raises(FormatError, match="没有图形"):
        rows_of(ledger, zones)


def test_one_of_several_layers_has_to_be_chosen(tmp_path: Path, zones: Path) -> None:
    path = tmp_path / "plots.gpkg"
    for layer, size in (("now", 10), ("before", 20)):
        gpd.GeoDataFrame({"n": [1]}, geometry=[box(0, 0, size, 10)], crs=4549).to_file(path, layer=layer)
    with pytest.raises(UsageError, match=r"多个图层：now、before.*--plots-layer"):
        rows_of(path, zones)
    chosen = rows_of(path, zones, plots_layer="before", site_area="plane", working_crs="4549")
    assert chosen["西"]["site_area_m2"] == pytest.approx(200)


def test_field_names_differing_only_in_case_are_told_apart(tmp_path: Path, zones: Path) -> None:
    shape = gpd.GeoSeries([box(0, 0, 5, 5)], crs=4549).to_crs(4326).iloc[0]
    plots = save(tmp_path / "plots.geojson", [shape], crs=4326, Area=[10.0], AREA=[20.0])
    assert rows_of(plots, zones, site_area="AREA:m2")["(total)"]["site_area_m2"] == 20
    with pytest.raises(UsageError, match="没有字段“area”"):
        rows_of(plots, zones, site_area="area:m2")


def test_infinite_values_are_unknown(tmp_path: Path, zones: Path) -> None:
    plots = save(tmp_path / "plots.gpkg", [box(0, 0, 5, 5), box(5, 0, 9, 9)], jz=[math.inf, 40.0])
    table = table_of(plots, zones, gfa="jz:m2")
    assert table.rows["gfa_m2"].iloc[0] == 40
    assert any("不是数字" in note for note in table.notes)


def naive_rows(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> dict[str, tuple]:
    """The table the slow way: every plot with every zone, ellipsoid areas of the pieces themselves."""
    found = {}
    for code, zone in zip(zones["code"], zones.geometry, strict=True):
        count = area = gfa = far_gfa = far_site = known_site = 0.0
        for _, plot in plots.iterrows():
            shares = [plot.geometry.intersection(other).area / plot.geometry.area for other in zones.geometry]
            share = plot.geometry.intersection(zone).area / plot.geometry.area
            site = abs(
                GRS80.geometry_area_perimeter(gpd.GeoSeries([plot.geometry], crs=4549).to_crs(4490)[0])[0]
            )
            count += share > 1e-9 and share == max(shares)
            area += share * site
            known_site += share * site
            if not math.isnan(plot["jz"]):
                gfa, far_gfa, far_site = (
                    gfa + share * plot["jz"],
                    far_gfa + share * plot["jz"],
                    far_site + share * site,
                )
        found[code] = (count, area, gfa, far_gfa / far_site if far_site else math.nan,
                       far_site / known_site if known_site else math.nan)  # fmt: skip
    return found


@given(
    corners=st.lists(
        st.tuples(st.floats(-40, 190), st.floats(-40, 90), st.floats(3, 60), st.floats(3, 60)),
        min_size=1,
        max_size=6,
    ),
    unknown=st.integers(0, 5),
)
@settings(deadline=None, max_examples=8)
def test_table_equals_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory, corners: list, unknown: int
) -> None:
    folder = tmp_path_factory.mktemp("slow")
    shapes = [box(x, y, x + w, y + h) for x, y, w, h in corners]
    gfa = [math.nan if n == unknown else 100.0 * (n + 1) for n in range(len(shapes))]
    plots = gpd.GeoDataFrame({"jz": gfa}, geometry=shapes, crs=4549)
    zones = gpd.GeoDataFrame(
        {"code": ["A", "B"]}, geometry=[box(0, 0, 101, 100), box(101, 0, 200, 80)], crs=4549
    )
    plots.to_file(folder / "plots.gpkg")
    zones.to_file(folder / "zones.gpkg")
    rows = rows_of(folder / "plots.gpkg", folder / "zones.gpkg", gfa="jz:m2")
    for code, (count, area, gfa_m2, far, known) in naive_rows(plots, zones).items():
        row = rows[code]
        assert row["plot_count"] == count
        np.testing.assert_allclose(row["geometry_area_m2"], area, rtol=1e-6, atol=1e-4)
        if not math.isnan(row["gfa_m2"]):
            np.testing.assert_allclose(row["gfa_m2"], gfa_m2, rtol=1e-6, atol=1e-4)
        np.testing.assert_allclose([row["far"], row["known_gfa_share"]], [far, known], rtol=1e-5, atol=1e-7)


def test_geojson_without_features_has_every_field_and_no_rows(tmp_path: Path, zones: Path) -> None:
    # GeoJSON says its fields feature by feature, so an empty one cannot lack any.
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    plots = save(tmp_path / "plots.gpkg", [box(10, 10, 20, 20)], dk=["1"], mj=[100.0], jz=[50.0])
    options = {"plot_key": "dk", "site_area": "mj:m2", "gfa": "jz:m2"}
    without_plots = rows_of(empty, zones, **options)
    assert list(without_plots) == ["西", "东", "(outside)", "(total)"]
    assert without_plots["(total)"]["plot_count"] == 0
    assert without_plots["(total)"]["site_area_m2"] == 0
    without_zones = rows_of(plots, empty, **options)
    assert list(without_zones) == ["(outside)", "(total)"]
    assert without_zones["(outside)"]["far"] == pytest.approx(0.5)
