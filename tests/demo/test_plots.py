"""Plots and buildings of the demo district: shapes like real parcels, figures that agree with each other."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.units import m2_to_mu

Registers = dict[str, pd.DataFrame]
PLANE = 4549
SLIVER_M2 = 0.01
OUTLINE_CORNERS = 38


@pytest.fixture(scope="module")
def plots(registers: Registers) -> gpd.GeoDataFrame:
    return registers["plots"].set_index("plot_code").to_crs(PLANE)


@pytest.fixture(scope="module")
def towns(registers: Registers) -> gpd.GeoDataFrame:
    return registers["towns"].set_index("town_code").to_crs(PLANE)


def largest_overlap_m2(geometries: gpd.GeoSeries) -> float:
    shapes = geometries.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    areas = shapely.area(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]]))
    return float(areas.max(initial=0.0))


def test_plots_are_as_many_and_as_large_as_the_district_has(
    plots: gpd.GeoDataFrame, site_m2: pd.Series
) -> None:
    sizes_mu = m2_to_mu(site_m2)
    assert 430 <= len(plots) <= 470
    assert 15_000 <= sizes_mu.sum() <= 18_000
    assert sizes_mu.median() == pytest.approx(28, abs=1.5)
    assert sizes_mu.min() >= 2.9
    assert sizes_mu.max() <= 310


def test_plots_do_not_overlap(plots: gpd.GeoDataFrame) -> None:
    assert largest_overlap_m2(plots.geometry) < SLIVER_M2


def test_neighbouring_plots_share_their_edges_exactly(plots: gpd.GeoDataFrame) -> None:
    shapes = plots.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1.0)
    pairs = left < right
    shared_m = shapely.length(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]]))
    assert pairs.sum() > 200
    assert (shared_m > 5).all()


def test_a_few_plots_have_holes_and_a_few_have_two_parts(plots: gpd.GeoDataFrame) -> None:
    parts = plots.geometry.explode()
    assert 3 <= (shapely.get_num_interior_rings(parts.to_numpy()) > 0).sum() <= 8
    assert 3 <= (plots.geom_type == "MultiPolygon").sum() <= 8


def test_plots_are_parcels_and_not_blobs(plots: gpd.GeoDataFrame) -> None:
    parts = plots.geometry.explode()
    corners = shapely.get_num_coordinates(parts.to_numpy())
    boxes = shapely.area(shapely.minimum_rotated_rectangle(parts.to_numpy()))
    assert np.median(corners) <= 9
    assert np.median(parts.area / boxes) > 0.9
    assert (parts.area / boxes < 0.85).mean() > 0.05


def test_towns_fill_the_outline_without_gap_or_overlap(towns: gpd.GeoDataFrame) -> None:
    whole = towns.union_all()
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    assert largest_overlap_m2(towns.geometry) < SLIVER_M2
    assert whole.area == pytest.approx(towns.area.sum(), rel=1e-9)
    assert shapely.get_num_coordinates(whole.simplify(0.05)) - 1 == OUTLINE_CORNERS
    assert whole.area / 1e6 == pytest.approx(206.75, abs=0.1)


def test_plots_lie_in_the_district_and_mostly_in_their_town(
    plots: gpd.GeoDataFrame, towns: gpd.GeoDataFrame
) -> None:
    assert plots.within(towns.union_all()).all()
    own = gpd.GeoSeries(towns.geometry.loc[plots["town_code"]].to_numpy(), index=plots.index, crs=PLANE)
    assert plots.representative_point().within(own.buffer(0.1)).all()


def test_plots_in_parks_lie_in_them_and_some_lie_outside(
    registers: Registers, plots: gpd.GeoDataFrame
) -> None:
    parks = registers["parks"].set_index("park_code").to_crs(PLANE)
    assert largest_overlap_m2(parks.geometry) < SLIVER_M2
    inside = plots[plots["park_code"].notna()]
    own = gpd.GeoSeries(parks.geometry.loc[inside["park_code"]].to_numpy(), index=inside.index, crs=PLANE)
    assert inside.within(own.buffer(0.1)).all()
    assert 60 <= plots["park_code"].isna().sum() <= 130


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [
        ("投资创业中心C区", 121.500, 29.958),
        ("宁波江北高新技术产业园(膜幻动力小镇)", 121.470, 29.982),
        ("私营工业城", 121.475, 29.985),
        ("浙江前洋经济开发区", 121.470, 29.925),
        ("甬江工业集聚区", 121.590, 29.925),
        ("慈城老工业", 121.447, 29.985),
    ],
)
def test_parks_are_where_the_plan_has_them(registers: Registers, name: str, lon: float, lat: float) -> None:
    parks = registers["parks"].set_index("name")
    assert parks.geometry[name].covers(shapely.Point(lon, lat))


def test_zones_do_not_overlap_and_know_their_areas(registers: Registers) -> None:
    zones = registers["control_zones"]
    assert set(zones["kind"]) == {"ZQ1", "ZQ2", "ZQ3"}
    assert largest_overlap_m2(zones.to_crs(PLANE).geometry) == 0.0
    assert np.allclose(zones["area_m2"], ellipsoid_area_m2(zones.geometry), atol=0.01)
    assert (zones["industrial_area_m2"] <= zones["area_m2"]).all()


def test_lines_are_closed_nested_and_cut_some_plots(registers: Registers, plots: gpd.GeoDataFrame) -> None:
    lines = registers["control_lines"].to_crs(PLANE)
    inner, outer = (lines[lines["kind"] == kind].union_all() for kind in ("KX1", "KX2"))
    assert set(lines["kind"]) == {"KX1", "KX2"}
    assert outer.buffer(0.1).covers(inner)
    assert not outer.buffer(-0.1).covers(plots.union_all())
    share_inside = plots.intersection(inner).area / plots.area
    assert share_inside.between(0.01, 0.99).sum() >= 5
    assert (share_inside < 0.01).sum() >= 60


def test_registered_area_is_sometimes_missing_and_sometimes_off(plots: gpd.GeoDataFrame) -> None:
    registered = plots["area_reg_m2"]
    deviating = (registered - plots.area).abs() / registered > 0.02
    assert 20 <= registered.isna().sum() <= 60
    assert 5 <= deviating.sum() <= 20


def test_buildings_stand_within_their_plot(registers: Registers, plots: gpd.GeoDataFrame) -> None:
    buildings = registers["buildings"].to_crs(PLANE)
    own = plots.geometry.loc[buildings["plot_code"]].to_numpy()
    setback_m = shapely.distance(buildings.geometry.to_numpy(), shapely.boundary(own))
    assert shapely.covers(own, buildings.geometry.to_numpy()).all()
    assert setback_m.min() > 1.0
    assert largest_overlap_m2(buildings.geometry) == 0.0
    assert np.allclose(buildings["footprint_m2"], buildings.area, rtol=5e-4, atol=0.6)  # rounded to 1 cm


def test_buildings_have_all_heights_that_matter(registers: Registers) -> None:
    buildings = registers["buildings"]
    assert set(buildings["storeys"]) == {1, 2, 3, 4, 5, 6}
    assert (buildings["storey_height_m"] > 8).sum() > 100
    assert (buildings["storey_height_m"] == 8.0).sum() > 10
    assert (buildings["basement_gfa_m2"] > 0).sum() > 10
    storeys_m2 = buildings["storeys"].astype("float64") * buildings["footprint_m2"]
    assert np.allclose(buildings["gfa_m2"], storeys_m2 + buildings["basement_gfa_m2"], atol=0.02)


def test_plot_ratio_of_the_buildings_is_the_plots(
    registers: Registers, plots: gpd.GeoDataFrame, site_m2: pd.Series
) -> None:
    buildings = registers["buildings"]
    doubled = np.where(buildings["storey_height_m"] > 8.0, 2.0, 1.0)
    counted = (
        ((buildings["gfa_m2"] - buildings["basement_gfa_m2"]) * doubled).groupby(buildings["plot_code"]).sum()
    )
    built = plots.loc[counted.index]
    assert ((counted - built["gfa_far_m2"]).abs() / site_m2[counted.index] < 0.01).all()
    sums = buildings.groupby("plot_code")[["gfa_m2", "footprint_m2"]].sum()
    assert np.allclose(sums["gfa_m2"], built["gfa_actual_m2"], atol=0.1)
    assert np.allclose(sums["footprint_m2"], built["footprint_m2"], atol=0.1)


def test_plots_without_buildings_are_of_three_kinds(registers: Registers, plots: gpd.GeoDataFrame) -> None:
    bare = plots[~plots.index.isin(registers["buildings"]["plot_code"])]
    known = bare[["gfa_far_m2", "gfa_actual_m2"]].notna()
    assert (~known.any(axis=1)).sum() >= 5
    assert (known["gfa_far_m2"] & ~known["gfa_actual_m2"]).sum() >= 5
    assert (known["gfa_actual_m2"] & ~known["gfa_far_m2"]).sum() >= 5


def test_plot_ratios_are_spread_like_the_districts(plots: gpd.GeoDataFrame, site_m2: pd.Series) -> None:
    far = (plots["gfa_far_m2"] / site_m2).dropna()
    low, middle, high = far.quantile([0.1, 0.5, 0.9])
    assert low == pytest.approx(0.5, abs=0.05)
    assert middle == pytest.approx(0.95, abs=0.05)
    assert high == pytest.approx(1.7, abs=0.1)


def test_building_coefficient_is_between_30_and_60_percent(
    plots: gpd.GeoDataFrame, site_m2: pd.Series
) -> None:
    coefficient = ((plots["footprint_m2"] + plots["structure_yard_m2"]) / site_m2).dropna()
    assert len(coefficient) > 400
    assert coefficient.between(0.30, 0.60).all()


def test_low_efficiency_is_recognised_on_12_to_18_percent_with_reasons(
    plots: gpd.GeoDataFrame, site_m2: pd.Series
) -> None:
    is_low = plots["low_efficiency_status"].isin(["recognised", "published", "treating"])
    is_open = is_low | plots["low_efficiency_status"].isin(["suspected", "checking"])
    for chosen in (is_low, is_open):
        assert 0.12 <= site_m2[chosen].sum() / site_m2.sum() <= 0.18
    stated = plots["low_efficiency_status"].notna()
    assert plots.loc[stated, "low_efficiency_reason"].notna().all()
    assert plots.loc[stated, "low_efficiency_on"].notna().all()
    assert plots.loc[~stated, "low_efficiency_reason"].isna().all()
    assert set(plots["low_efficiency_status"].dropna()) == {
        "suspected", "checking", "recognised", "published", "treating", "closed", "removed",
    }  # fmt: skip


def test_stated_plot_ratios_and_vacancies_are_those_of_the_register(
    plots: gpd.GeoDataFrame, site_m2: pd.Series
) -> None:
    stated = plots["low_efficiency_reason"].str.extract(r"容积率 (\d\.\d\d)，")[0].dropna().astype(float)
    actual = plots["gfa_far_m2"] / site_m2
    assert len(stated) > 10
    assert (stated - actual[stated.index]).abs().max() < 0.0051
    says_vacant = plots["low_efficiency_reason"].str.contains("空置率超过 50%", na=False)
    assert (plots.loc[says_vacant, "vacancy_percent"] >= 50).all()


def test_grid_of_each_park_is_turned_its_own_way(plots: gpd.GeoDataFrame) -> None:
    def angle(group: pd.Series) -> float:
        boxes = shapely.minimum_rotated_rectangle(gpd.GeoSeries(group).geometry.to_numpy())
        edges = np.array([shapely.get_coordinates(box)[1] - shapely.get_coordinates(box)[0] for box in boxes])
        return float(np.median(np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) % 90))

    angles = [
        angle(plots.loc[plots["park_code"] == code, "geometry"]) for code in ("P01", "P03", "P05", "P09")
    ]
    assert min(abs(a - b) for a, b in itertools.combinations(angles, 2)) > 3
