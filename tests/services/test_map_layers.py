"""The map's layers, legends and shapes, on a handful of hand-made records."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.errors import NotFoundError, UsageError
from geoapp.services import map_features
from geoapp.services.map_features import feature, features, features_version, parse_box, parse_zoom
from geoapp.services.map_layers import district_bounds, drawing_order, layer_groups, map_layers
from geoapp.services.map_patterns import paper_lightness
from geoapp.services.workspace import Workspace
from tests.lending import Lender, lend_workspaces

DAY = date(2026, 1, 1)
HOSTILE = "<img src=x onerror=alert(1)>"


def square(lon: float, lat: float, side: float = 0.001) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + side, lat + side)


def store(workspace: Workspace, register: str, shapes: list[Any], **columns: list[Any]) -> None:
    layer = workspace.layer(register)
    frame = conform(gpd.GeoDataFrame(columns, geometry=shapes, crs=4490), layer)
    workspace.store.write({register: RegisterChange(frame)}, kind=RevisionKind.IMPORT, user="test")


def fill_stocked(workspace: Workspace) -> None:
    store(
        workspace,
        "plots",
        [square(121.50, 29.95), square(121.51, 29.95, 0.004), square(121.60, 29.99)],
        plot_code=["A", "B", "C"],
        name=["甲", HOSTILE, None],
        area_reg_m2=[10_000.0, 20_000.0, 10_000.0],
        gfa_far_m2=[5_000.0, 30_000.0, None],
    )
    store(
        workspace,
        "towns",
        [square(121.4, 29.9, 0.1), square(121.5, 29.9, 0.1)],
        town_code=["330205001", "330205003"],
        name=["外滩街道", "孔浦街道"],
    )
    store(workspace, "control_zones", [square(121.5, 29.95)], zone_code=["Z"], name=["区"], kind=["ZQ1"])
    store(workspace, "buildings", [square(121.5, 29.95, 0.0005)], building_code=["H"], plot_code=["A"])


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_stocked)


@pytest.fixture
def stocked(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """Three plots of which the second is the largest, two towns, one zone, one building.

    The same one from test to test until a test changes it.
    """
    with lender.lent() as workspace:
        yield workspace


def collection(content: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(content)
    return answer


def ids(content: bytes) -> list[str]:
    return [found["id"] for found in collection(content)["features"]]


def test_shapes_come_largest_first(stocked: Workspace) -> None:
    assert ids(features(stocked, "plots", DAY)) == ["B", "A", "C"]


def test_only_shapes_that_touch_the_box_come(stocked: Workspace) -> None:
    # A spans 121.500-121.501, B 121.510-121.514: the box ends between them, then on B's edge.
    assert ids(features(stocked, "plots", DAY, box=(121.49, 29.94, 121.505, 30.0))) == ["A"]
    assert ids(features(stocked, "plots", DAY, box=(121.49, 29.94, 121.510, 30.0))) == ["B", "A"]
    assert ids(features(stocked, "plots", DAY, box=(120.0, 29.0, 120.1, 29.1))) == []


def test_plot_carries_its_classes_and_ratio(stocked: Workspace) -> None:
    # A: 5000 / 10000 = 0.5; B: 30000 / 20000 = 1.5; C has no floor area.
    by_id = {
        found["id"]: found["properties"] for found in collection(features(stocked, "plots", DAY))["features"]
    }
    assert (by_id["A"]["far"], by_id["A"]["far_class"]) == (0.5, "<0.6")
    assert (by_id["B"]["far"], by_id["B"]["far_class"]) == (1.5, "1.5-2.0")
    assert (by_id["C"]["far"], by_id["C"]["far_class"]) == (None, "")
    assert by_id["A"]["grade"] == by_id["A"]["project_stage"] == ""
    assert by_id["B"]["label"] == HOSTILE
    assert by_id["C"]["label"] == ""


def test_a_plot_ratio_that_ends_in_a_five_is_rounded_up(workspace: Workspace) -> None:
    store(
        workspace,
        "plots",
        [square(121.5, 29.95)],
        plot_code=["A"],
        area_reg_m2=[10_000.0],
        gfa_far_m2=[1_250.0],  # 0.125
    )
    (plot,) = collection(features(workspace, "plots", DAY))["features"]
    assert plot["properties"]["far"] == 0.13


def test_register_carries_only_its_label_and_class(stocked: Workspace) -> None:
    (zone,) = collection(features(stocked, "control_zones", DAY))["features"]
    assert zone["properties"] == {"label": "区", "kind": "ZQ1"}


def test_town_carries_a_place_for_its_name(stocked: Workspace) -> None:
    for town in collection(features(stocked, "towns", DAY))["features"]:
        assert shapely.geometry.shape(town["geometry"]).contains(shapely.Point(town["properties"]["at"]))


def test_coordinates_have_at_most_six_decimals(workspace: Workspace) -> None:
    store(workspace, "plots", [square(121.123456789, 29.987654321)], plot_code=["A"])
    ring = collection(features(workspace, "plots", DAY))["features"][0]["geometry"]["coordinates"][0]
    assert ring[0] == [121.124457, 29.987654]


def test_shapes_lose_what_is_below_half_a_pixel(workspace: Workspace) -> None:
    # Half a pixel on level 12 is 360 / 256 / 4096 / 2 = 0.00017 degrees: a dent of 0.0001 goes, on level 18 it stays.
    dented = shapely.Polygon(
        [(121.5, 29.9), (121.51, 29.9), (121.51, 29.91), (121.505, 29.9099), (121.5, 29.91)]
    )
    store(workspace, "plots", [dented], plot_code=["A"])

    def corners(zoom: int) -> int:
        shape = collection(features(workspace, "plots", DAY, zoom=zoom))["features"][0]["geometry"]
        return len(shape["coordinates"][0])

    assert corners(12) == 5
    assert corners(18) == 6


def test_register_below_its_first_level_is_empty(stocked: Workspace) -> None:
    assert ids(features(stocked, "buildings", DAY, zoom=14)) == []
    assert ids(features(stocked, "buildings", DAY, zoom=15)) == ["H"]


def test_too_many_shapes_are_cut_and_said(stocked: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_features, "MOST_FEATURES", 2)
    answer = collection(features(stocked, "plots", DAY))
    assert [found["id"] for found in answer["features"]] == ["B", "A"]
    assert (answer["numberMatched"], answer["numberReturned"], answer["truncated"]) == (3, 2, True)


def test_one_record_by_key(stocked: Workspace) -> None:
    assert ids(feature(stocked, "plots", DAY, "C")) == ["C"]
    assert ids(feature(stocked, "plots", DAY, "gone")) == []


def test_compound_key_is_joined(workspace: Workspace) -> None:
    store(
        workspace,
        "project_plots",
        [square(121.5, 29.9), None],
        project_code=["P1", "P1"],
        plot_code=["A", "B"],
    )
    assert ids(features(workspace, "project_plots", DAY)) == ["P1/A"]


def test_version_changes_with_the_data(stocked: Workspace) -> None:
    before = {name: features_version(stocked, name, DAY) for name in ("plots", "towns", "parks")}
    store(stocked, "parks", [square(121.5, 29.9)], park_code=["K"], name=["园"])
    after = {name: features_version(stocked, name, DAY) for name in before}
    assert before["towns"] == after["towns"]
    assert before["parks"] != after["parks"]
    assert before["plots"] != after["plots"]
    assert features_version(stocked, "plots", date(2026, 1, 2)) != after["plots"]
    assert ids(features(stocked, "parks", DAY)) == ["K"]


def test_register_without_geometry_is_no_layer(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="没有图形"):
        features(workspace, "enterprises", DAY)
    with pytest.raises(NotFoundError, match="没有台账"):
        features(workspace, "rivers", DAY)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "a,b,c,d", "2,1,1,2", "1,2,2,1", "0,0,181,1", "nan,0,1,1", "0,0,inf,1"]
)
def test_unfit_box_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="bbox"):
        parse_box(text)


@pytest.mark.parametrize("text", ["", "-1", "23", "1.5", "十"])
def test_unfit_zoom_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="zoom"):
        parse_zoom(text)


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90))
def test_box_is_read_or_refused(west: float, south: float, east: float, north: float) -> None:
    text = f"{west},{south},{east},{north}"
    if west < east and south < north:
        assert parse_box(text) == (west, south, east, north)
    else:
        with pytest.raises(UsageError):
            parse_box(text)


def test_every_register_with_geometry_is_a_layer(stocked: Workspace) -> None:
    layers = {layer.id: layer for layer in map_layers(stocked, DAY)}
    assert set(layers) == {layer.id for layer in stocked.layers.values() if layer.has_geometry}
    assert layers["plots"].count == 3
    assert layers["plots"].data_at is not None
    assert not layers["plots"].is_demo
    assert layers["parks"].count == 0
    assert layers["parks"].data_at is None
    assert layers["parks"].to_config()["isEmpty"] is True
    assert layers["buildings"].min_zoom == 15
    assert all(layer.source for layer in layers.values())
    assert layers["parks"].certainty == "名称 行动方案所载；范围 经验判断"


def test_plots_can_be_coloured_in_ways_that_each_have_an_unknown_class(stocked: Workspace) -> None:
    (plots,) = [layer for layer in map_layers(stocked, DAY) if layer.id == "plots"]
    assert [scheme.zh for scheme in plots.schemes] == [
        "容积率分级", "亩均评价等级", "低效状态", "项目阶段", "使用权剩余年限", "履约协议",
        "最近交易类型", "最近交易的准入审查"
    ]  # fmt: skip
    for scheme in plots.schemes:
        assert scheme.items[-1].value == ""
        assert sum(item.count for item in scheme.items) == 3
        assert sum(item.area_m2 or 0 for item in scheme.items) == 40_000.0


def test_far_legend_counts_plots_and_areas(stocked: Workspace) -> None:
    (plots,) = [layer for layer in map_layers(stocked, DAY) if layer.id == "plots"]
    items = {item.zh: (item.count, item.area_m2) for item in plots.schemes[0].items}
    assert items == {
        "0.6 以下": (1, 10_000.0),
        "0.6–1.0": (0, 0.0),
        "1.0–1.5": (0, 0.0),
        "1.5–2.0": (1, 20_000.0),
        "2.0 及以上": (0, 0.0),
        "容积率未知": (1, 10_000.0),
    }


def test_long_legend_lists_only_what_occurs(stocked: Workspace) -> None:
    (plots,) = [layer for layer in map_layers(stocked, DAY) if layer.id == "plots"]
    stages = plots.schemes[3].items
    assert len(stages) > 8
    assert [item.zh for item in stages if item.is_listed] == ["无项目"]


def test_unknown_class_is_listed_only_where_something_is_unknown(stocked: Workspace) -> None:
    def listed() -> list[str]:
        (zones,) = [layer for layer in map_layers(stocked, DAY) if layer.id == "control_zones"]
        return [item.value for item in zones.schemes[0].items if item.is_listed]

    assert listed() == ["ZQ1", "ZQ2", "ZQ3"]
    store(stocked, "control_zones", [square(121.6, 29.9)], zone_code=["Y"], name=["区"], kind=[None])
    assert listed() == ["ZQ1", "ZQ2", "ZQ3", ""]


def test_classes_can_be_told_apart_in_grey_print(workspace: Workspace) -> None:
    for layer in map_layers(workspace, DAY):
        for scheme in layer.schemes:
            filled = [item for item in scheme.items if item.fill_opacity]
            for one, other in combinations(filled, 2):
                greys = [paper_lightness(item.fill, item.fill_opacity) for item in (one, other)]
                is_apart = one.pattern != other.pattern or abs(greys[0] - greys[1]) >= 7.5
                assert is_apart, (layer.id, scheme.id, one.zh, other.zh)


def test_lines_are_told_apart_by_dash_or_weight(workspace: Workspace) -> None:
    (lines,) = [layer for layer in map_layers(workspace, DAY) if layer.id == "control_lines"]
    known = [item for item in lines.schemes[0].items if item.value]
    assert len({(item.dash, item.weight) for item in known}) == len(known)


def test_plots_group_is_first_and_the_base_last(stocked: Workspace) -> None:
    titles = [title for title, _ in layer_groups(map_layers(stocked, DAY))]
    assert titles[0] == "地块与建筑"
    assert titles[-1] == "底图与行政区"


def test_control_lines_lie_above_plots_and_other_registers_between(stocked: Workspace) -> None:
    layers = map_layers(stocked, DAY)
    own = replace(layers[0], id="rivers")
    order = [layer.id for layer in drawing_order([*layers, own])]
    assert order.index("towns") < order.index("plots") < order.index("rivers") < order.index("control_lines")


def test_bounds_are_the_towns_then_the_plots_then_the_country(workspace: Workspace) -> None:
    assert district_bounds(workspace) == (73.0, 18.0, 135.0, 54.0)
    store(workspace, "plots", [square(121.5, 29.9)], plot_code=["A"])
    assert district_bounds(workspace) == pytest.approx((121.5, 29.9, 121.501, 29.901))
    store(workspace, "towns", [square(121.4, 29.8, 0.2)], town_code=["1"], name=["镇"])
    assert district_bounds(workspace) == pytest.approx((121.4, 29.8, 121.6, 30.0))
