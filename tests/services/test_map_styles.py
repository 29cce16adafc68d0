"""Colours, names and tips on three plots whose figures are known."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.errors import GoneError, NotFoundError, UsageError
from geoapp.services.as_of import as_of
from geoapp.services.map_labels import map_labels, map_tip
from geoapp.services.map_patterns import lightness_of
from geoapp.services.map_styles import MapStyle, map_style, sequential_colors, style_record
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.small_district import EVIL, PLOTS, box, fill, write

AROUND = (121.4, 29.9, 121.6, 30.0)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The three plots, only read."""
    workspace = fill(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("district"))))
    yield workspace
    workspace.store.close()


def style(workspace: Workspace, register: str, text: str = "") -> MapStyle:
    return map_style(workspace, register, text, as_of(workspace))


def classes(found: MapStyle) -> list[tuple[str, int]]:
    return [(item.value, item.count) for item in found.scheme.items]


def test_first_style_of_plots_is_the_far_class(district: Workspace) -> None:
    # A: 12,000 + 2 x 6,000 over 30,000 = 0.8; B: 43,500 / 29,000 = 1.5; C: no floor area known.
    found = style(district, "plots")
    assert found.scheme.id == "far_class"
    assert found.class_index.dtype == np.uint8
    assert [found.scheme.items[i].value for i in found.class_index] == ["0.6-1.0", "1.5-2.0", ""]


@pytest.mark.parametrize("name", ["far_class", "grade", "low_efficiency", "project_stage"])
def test_every_built_in_style_counts_each_plot_once(district: Workspace, name: str) -> None:
    found = style(district, "plots", name)
    assert sum(item.count for item in found.scheme.items) == 3
    assert np.bincount(found.class_index, minlength=len(found.scheme.items)).tolist() == [
        item.count for item in found.scheme.items
    ]


def test_areas_by_class_follow_the_mask(district: Workspace) -> None:
    found = style(district, "plots", "far:policy:5")
    # Limits 0.6, 1.0, 1.5, 2.0: A (0.8) in the second, B (1.5) in the fourth, C unknown, last.
    assert found.class_index.tolist() == [1, 3, 5]
    record = style_record(found, "far:policy:5", np.array([True, False, False]))
    assert [item["count"] for item in record["classes"]] == [0, 1, 0, 0, 0, 0]
    assert [item["area_m2"] for item in record["classes"]] == [0, pytest.approx(30_000), 0, 0, 0, 0]
    assert record["classes"][-1] | {"count": 1, "area_m2": None} == {
        "value": "", "zh": "容积率未知", "fill": "#d3d7db", "stroke": "#4C3926", "fill_opacity": 0.8, "weight": 0.8,
        "pattern": "diagonal", "dash": "", "ink": "#4C3926", "count": 1, "area_m2": None,
    }  # fmt: skip


def test_quantiles_of_two_known_values_are_two_classes(district: Workspace) -> None:
    # 0.8 and 1.5: one class each, and the roundest number above 0.8 and not above 1.5 is 1.
    found = style(district, "plots", "far:quantile:5")
    assert [item.zh for item in found.scheme.items] == ["1 以下", "1 及以上", "容积率未知"]
    assert found.class_index.tolist() == [0, 1, 2]


def test_natural_breaks_of_the_tax_per_mu(district: Workspace) -> None:
    found = style(district, "plots", "tax_wan_per_mu:natural:3")
    assert found.unit_zh == "万元/亩"
    assert found.class_index[2] == len(found.scheme.items) - 1


def test_a_field_of_which_nothing_is_known_has_only_the_unknown_class(district: Workspace) -> None:
    found = style(district, "plots", "plan_far_max:natural:5")
    assert classes(found) == [("", 3)]
    assert found.class_index.tolist() == [0, 0, 0]


def test_a_field_may_be_named_in_chinese_or_by_an_alias(district: Workspace) -> None:
    assert style(district, "plots", "building_coefficient:policy:3").scheme.id == (
        "building_coefficient_percent:policy:3"
    )


def test_other_registers_have_their_own_style_or_one_look(district: Workspace) -> None:
    assert classes(style(district, "towns")) == [("", 1)]
    zones = style(district, "control_zones")
    assert zones.scheme.id == "kind"
    assert [zones.scheme.items[i].value for i in zones.class_index] == ["ZQ1", "ZQ2"]
    assert style(district, "control_zones", "kind").scheme.id == "kind"
    assert style(district, "buildings", "gfa_m2:quantile:3").class_index.tolist() == [1, 0]


def test_a_code_that_the_scheme_does_not_know_is_unknown(workspace: Workspace) -> None:
    write(workspace, control_zones=[{"zone_code": "Z", "name": "某区", "kind": "ZQ9", "geometry": box(0)}])
    found = style(workspace, "control_zones")
    assert found.scheme.items[found.class_index[0]].value == ""


def test_styles_of_an_empty_register(workspace: Workspace) -> None:
    assert style(workspace, "plots").class_index.tolist() == []
    assert classes(style(workspace, "plots", "far:natural:5")) == [("", 0)]
    assert classes(style(workspace, "towns")) == [("", 0)]


@pytest.mark.parametrize(
    ("register", "text", "error", "words"),
    [
        ("nowhere", "", NotFoundError, "没有台账"),
        ("enterprises", "", NotFoundError, "没有图形"),
        ("plots", "colour", UsageError, "far_class"),
        ("towns", "name", UsageError, "没有着色方式"),
        ("control_lines", "name", UsageError, "“kind”或"),
        ("plots", "far:natural", UsageError, "字段:方法:级数"),
        ("plots", "far:natural:5:x", UsageError, "字段:方法:级数"),
        ("plots", "far:natural:five", UsageError, "字段:方法:级数"),
        ("plots", "far:natural:²", UsageError, "字段:方法:级数"),
        ("plots", "far:equal:5", UsageError, "quantile（分位数）"),
        ("plots", "far:natural:2", UsageError, "3 到 9"),
        ("plots", "far:natural:10", UsageError, "3 到 9"),
        ("plots", "name:natural:5", UsageError, "不是数值"),
        ("plots", "tax_wan:natural:5", UsageError, "不能用"),
        ("plots", "nothing:natural:5", UsageError, "不能用"),
        ("micro_parks", "phone:natural:5", UsageError, "不能用"),
        ("plots", "gfa_counted_m2:policy:5", UsageError, "没有规定的分级界线"),
    ],
)
def test_what_is_no_style_is_refused(
    district: Workspace, register: str, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        style(district, register, text)


@pytest.mark.parametrize("count", range(1, 10))
def test_colours_darken_in_even_steps(count: int) -> None:
    lightness = [lightness_of(color) for color in sequential_colors(count)]
    steps = -np.diff(lightness)
    assert len(set(sequential_colors(count))) == count
    # From L* 88 to 27 in count - 1 steps, as even as whole bytes and straight lines in RGB allow.
    assert (steps > 0.6 * 60 / max(1, count - 1)).all()


def test_neighbouring_classes_differ_by_pattern(workspace: Workspace) -> None:
    plots = [
        {"plot_code": f"P{i}", "area_reg_m2": 1000.0 + i, "gfa_far_m2": 100.0 * i, "geometry": box(i * 200)}
        for i in range(1, 20)
    ]
    write(workspace, plots=plots)
    patterns = [item.pattern for item in style(workspace, "plots", "far:quantile:9").scheme.items]
    assert len(patterns) == 10
    assert all(one != next_ for one, next_ in pairwise(patterns))


def test_labels_come_largest_first_with_a_point_inside(district: Workspace) -> None:
    found = map_labels(district, "plots", as_of(district), box=AROUND, zoom=16)
    assert [label["text"] for label in found["labels"]] == ["示例地块甲", EVIL, "DK/C"]
    assert found["truncated"] is False
    facts = district.store.read("plots")
    for label, shape in zip(found["labels"], facts.geometry, strict=True):
        assert shape.bounds[0] < label["lon"] < shape.bounds[2]
        assert shape.bounds[1] < label["lat"] < shape.bounds[3]


def test_labels_follow_the_filter_and_the_level(district: Workspace) -> None:
    found = map_labels(district, "plots", as_of(district), box=AROUND, zoom=17, filter_text="far >= 1.5")
    assert [label["key"] for label in found["labels"]] == ["DK-B"]
    for register, zoom, count in (("plots", 15, 0), ("towns", 13, 1), ("towns", 14, 0), ("buildings", 15, 2)):
        assert len(map_labels(district, register, as_of(district), box=AROUND, zoom=zoom)["labels"]) == count


def test_a_label_moves_into_the_part_in_view(district: Workspace) -> None:
    west, south, east, north = district.store.read("towns").geometry.iloc[0].bounds
    corner = (west, south, west + (east - west) / 10, south + (north - south) / 10)
    (label,) = map_labels(district, "towns", as_of(district), box=corner, zoom=12)["labels"]
    assert corner[0] <= label["lon"] <= corner[2]
    assert corner[1] <= label["lat"] <= corner[3]


def test_a_shape_whose_box_alone_is_in_view_has_no_label(workspace: Workspace) -> None:
    # The upper right of its box is free.
    half = shapely.Polygon([(645_000, 3_316_000), (646_000, 3_316_000), (645_000, 3_317_000)])
    write(workspace, towns=[{"town_code": "330205103", "geometry": half}])
    west, south, east, north = workspace.store.read("towns").total_bounds
    upper_right = ((west + 3 * east) / 4, (south + 3 * north) / 4, east, north)
    assert map_labels(workspace, "towns", as_of(workspace), box=upper_right, zoom=12)["labels"] == []


def test_no_more_than_300_labels(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": f"P{i:03}", "geometry": box(i * 20, 10, 10)} for i in range(301)])
    found = map_labels(workspace, "plots", as_of(workspace), box=(121.4, 29.9, 121.7, 30.0), zoom=18)
    assert (len(found["labels"]), found["truncated"]) == (300, True)


def test_records_without_a_name_are_called_by_their_key(settings: Settings) -> None:
    folder = settings.data_dir / "layers"
    folder.mkdir(parents=True)
    (folder / "wells.toml").write_text(
        'id = "wells"\nzh = "水井"\nen = "Wells"\ngeometry = "point"\nkey = ["well_no"]\n'
        '[[fields]]\nname = "well_no"\ndtype = "integer"\nzh = "编号"\nen = "No."\nrequired = true\n',
        encoding="utf-8",
    )
    workspace = open_workspace(settings)
    write(workspace, wells=[{"well_no": 7, "geometry": box(0).centroid}])
    (label,) = map_labels(workspace, "wells", as_of(workspace), box=AROUND, zoom=15)["labels"]
    assert (label["key"], label["text"]) == ("7", "7")
    workspace.store.close()


def test_labels_of_what_has_no_shape_are_refused(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match="没有图形"):
        map_labels(district, "enterprises", as_of(district), box=AROUND, zoom=16)


def test_tips(district: Workspace) -> None:
    now = as_of(district)
    assert map_tip(district, "plots", "DK-A", now) == {
        "title": "示例地块甲", "lines": ["DK-A", "容积率 0.80", "用地面积 45.00 亩", "低效判定：低效"],
    }  # fmt: skip
    assert map_tip(district, "plots", "DK/C", now) == {
        "title": "DK/C",
        "lines": ["容积率 —", "用地面积 44.98 亩", "低效判定：资料不全"],
    }
    assert map_tip(district, "control_lines", "L1", now)["lines"] == ["工业控制线", "L1", "工业集聚区控制线"]
    assert map_tip(district, "project_plots", "X9/DK/C", now)["lines"][0] == "项目地块"


def test_tip_of_what_is_not_there(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match="没有"):
        map_tip(district, "plots", "DK-Z", as_of(district))
    with pytest.raises(NotFoundError, match="2020-01-01"):
        map_tip(district, "plots", "DK-A", as_of(district, "2020-01-01"))


def test_tip_of_a_plot_withdrawn(workspace: Workspace) -> None:
    write(workspace, plots=PLOTS)
    change = RegisterChange(removed=[("DK-A",)])
    workspace.store.write({"plots": change}, kind=RevisionKind.IMPORT, user="tester", reason="撤销")
    with pytest.raises(GoneError):
        map_tip(workspace, "plots", "DK-A", as_of(workspace))
