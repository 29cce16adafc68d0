from typing import Any

import geopandas as gpd
import pytest
import shapely

from geoapp.formats.base import RawLayer
from geoapp.formats.ledger import Sheet, read_sheet
from geoapp.formats.ledger_header import Merge, area_unit_in, money_unit_in


def table(*rows: list[Any], **more: Any) -> RawLayer:
    layer = read_sheet(Sheet(name="表", rows=list(rows), **more))
    assert layer is not None
    return layer


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues]


def test_header_is_found_below_title_unit_line_and_filler():
    layer = table(
        ["江北区低效工业用地台账", None, None, None],
        ["填报单位：示例镇", None, "填报日期：2023.6", "单位：亩、万元"],
        [None, None, None, None],
        ["地块编号", "地块名称", "用地面积", "税收(万元)"],
        ["A-1", "甲", 12.5, 30],
        ["A-2", "乙", 8, 12],
    )
    assert list(layer.frame.columns) == ["地块编号", "地块名称", "用地面积", "税收(万元)"]
    assert layer.frame.index.tolist() == [5, 6]
    assert layer.frame.index.name == "source_row"
    assert layer.units == {"用地面积": "mu"}
    assert "unit-from-title" in codes(layer)


def test_header_in_the_first_row_needs_no_note():
    layer = table(["code", "name"], ["A", "甲"])
    assert layer.frame.to_dict("list") == {"code": ["A"], "name": ["甲"]}
    assert layer.issues == []


def test_header_of_merged_levels_is_flattened():
    layer = table(
        ["督查通报", None, None, None, None],
        ["序号", "责任单位", "盘活低效用地", None, "备注"],
        [None, None, "年度目标（亩）", "完成率(%)", None],
        [1, "慈城镇", 100, 35.5, None],
        merges=[
            Merge(0, 0, 0, 4),
            Merge(1, 0, 2, 0),
            Merge(1, 1, 2, 1),
            Merge(1, 2, 1, 3),
            Merge(1, 4, 2, 4),
        ],
    )
    assert list(layer.frame.columns) == [
        "序号",
        "责任单位",
        "盘活低效用地/年度目标（亩）",
        "盘活低效用地/完成率(%)",
        "备注",
    ]
    assert layer.units == {"盘活低效用地/年度目标（亩）": "mu"}
    assert layer.frame.index.tolist() == [4]


def test_header_of_three_merged_levels_is_flattened():
    layer = table(
        ["编号", "整治", None, None],
        [None, "用地", None, "企业"],
        [None, "目标", "完成", "家数"],
        ["A", 1, 2, 3],
        merges=[Merge(0, 0, 2, 0), Merge(0, 1, 0, 3), Merge(1, 1, 1, 2)],
    )
    assert list(layer.frame.columns) == ["编号", "整治/用地/目标", "整治/用地/完成", "整治/企业/家数"]


def test_header_of_levels_without_merging_is_flattened():
    layer = table(
        ["序号", "责任单位", "盘活低效用地", None, None, "备注"],
        [None, None, "目标", "完成", "完成率", None],
        [1, "慈城镇", 100, 20, 20, "无"],
        [2, "庄桥街道", 50, 10, 20, None],
    )
    assert list(layer.frame.columns) == [
        "序号",
        "责任单位",
        "盘活低效用地/目标",
        "盘活低效用地/完成",
        "盘活低效用地/完成率",
        "备注",
    ]


def test_header_takes_in_the_level_above_when_it_names_blank_columns():
    layer = table(
        ["序号", "盘活", None, None, None, None, None],
        [None, "目标", "完成", "比例", "去年", "今年", "排名"],
        [1, 2, 3, 4, 5, 6, 7],
    )
    assert list(layer.frame.columns)[:3] == ["序号", "盘活/目标", "盘活/完成"]


def test_row_of_units_is_joined_to_the_header():
    layer = table(["编号", "面积", "税收", "企业"], [None, "亩", "万元", "家"], ["A", 3, 4, 5])
    assert list(layer.frame.columns) == ["编号", "面积(亩)", "税收(万元)", "企业(家)"]
    assert layer.units == {"面积(亩)": "mu"}


def test_row_of_column_numbers_is_skipped():
    layer = table(["编号", "面积", "税收"], [1, 2, 3], ["A", 3, 4])
    assert layer.frame.index.tolist() == [2, 3]  # three numbers alone may be a record
    layer = table(["编号", "面积", "税收", "企业", "备注"], ["甲", 1, 2, 3, 4], ["A", 3, 4, 5, None])
    assert layer.frame.index.tolist() == [3]


def test_years_are_column_names():
    layer = table(["镇街", 2020, 2021, 2022], ["慈城镇", 1.5, 2.5, 3.5])
    assert list(layer.frame.columns) == ["镇街", "2020", "2021", "2022"]


@pytest.mark.parametrize("word", ["合计", "合 计", "总计：", "小计", "慈城镇小计", "全区合计(12宗)", "汇总"])
def test_total_row_is_left_out_and_said(word):
    layer = table(["编号", "面积"], ["A-1", 3], ["A-2", 4], [word, 7])
    assert layer.frame.index.tolist() == [2, 3]
    (issue,) = layer.issues
    assert (issue.code, issue.row, issue.severity) == ("row-left-out", 4, "note")
    assert issue.value == f"{word}，7"


def test_company_with_total_in_its_name_is_a_record():
    layer = table(["编号", "权利人", "面积"], ["A-1", "宁波汇总科技有限公司", 3])
    assert len(layer.frame) == 1


def test_footers_repeated_headers_and_group_titles_are_left_out_and_said():
    layer = table(
        ["编号", "名称", "面积"],
        ["一、慈城镇", None, None],
        ["A-1", "甲", 3],
        ["编号", "名称", "面积"],
        ["以下为庄桥街道的地块", None, None],
        ["A-2", "乙", 4],
        [None, None, None],
        ["备注：面积为登记面积", None, None],
        ["审核：张三", None, "填报人：李四"],
        merges=[Merge(4, 0, 4, 2)],
    )
    assert layer.frame.index.tolist() == [3, 6]
    assert [issue.row for issue in layer.issues] == [2, 4, 5, 8, 9]


def test_empty_rows_are_dropped():
    layer = table(["编号", "面积"], [None, None], ["A-1", 3], [" ", ""], ["A-2", 4], [None], [])
    assert layer.frame.index.tolist() == [3, 5]


def test_cells_merged_downwards_give_every_row_their_value():
    layer = table(
        ["镇街", "编号"], ["慈城镇", "A-1"], [None, "A-2"], ["庄桥街道", "A-3"], merges=[Merge(1, 0, 2, 0)]
    )
    assert layer.frame["镇街"].tolist() == ["慈城镇", "慈城镇", "庄桥街道"]
    assert codes(layer) == ["merged-filled"]


def test_error_cells_are_emptied_and_said():
    layer = table(["编号", "面积"], ["A-1", "#REF!"], ["#N/A", 4])
    assert layer.frame["面积"].isna().tolist() == [True, False]
    assert [(i.row, i.field, i.value) for i in layer.issues] == [(3, "编号", "#N/A"), (2, "面积", "#REF!")]


def test_many_error_cells_are_summed_up():
    layer = table(["编号", "面积"], *([f"A-{i}", "#REF!"] for i in range(60)))
    assert len(layer.issues) == 51
    assert "10 处" in layer.issues[-1].message  # 60 - 50


def test_columns_without_or_with_the_same_name_are_told_apart():
    layer = table(["编号", "面积", "面积", None, None], ["A-1", 3, 4, "x", None])
    assert list(layer.frame.columns) == ["编号", "面积", "面积_2", "未命名列D"]
    assert codes(layer) == ["duplicate-header", "missing-header"]


def test_hidden_rows_and_columns_are_kept_and_said():
    layer = table(
        ["编号", "面积"],
        ["A-1", 3],
        ["A-2", 4],
        hidden_rows=frozenset({3}),
        hidden_columns=frozenset({1}),
    )
    assert len(layer.frame) == 2
    assert [(i.code, i.value) for i in layer.issues] == [("hidden-rows", "3"), ("hidden-columns", "面积")]


def test_money_in_other_units_is_warned_about():
    layer = table(["编号", "税收(元)", "产值（亿元）", "投资(万元)"], ["A-1", 3, 4, 5])
    assert [(i.field, i.value) for i in layer.issues] == [("税收(元)", "元"), ("产值（亿元）", "亿元")]


def test_header_of_question_marks_is_an_error():
    layer = table(["????", "??(?)", "b?"], ["A-1", 3, 4])
    (issue,) = layer.issues
    assert (issue.code, issue.severity) == ("text-lost", "error")
    assert "“????”“??(?)”" in issue.message


def test_merge_beyond_the_table_is_harmless():
    layer = table(["编号", "面积"], ["A-1", 3], merges=[Merge(0, 5, 0, 9), Merge(9, 0, 9, 1)])
    assert layer.frame["面积"].tolist() == [3]


def test_sheet_without_a_header_is_no_table():
    assert read_sheet(Sheet(name="x", rows=[])) is None
    assert read_sheet(Sheet(name="x", rows=[[1, 2.5, 3], [4, 5.5, 6]])) is None


def test_one_column_is_a_table():
    layer = table(["plot_code"], ["A-1"], ["A-2"])
    assert layer.frame["plot_code"].tolist() == ["A-1", "A-2"]


def test_header_without_records_gives_no_rows():
    layer = table(["编号", "面积"])
    assert len(layer.frame) == 0
    assert list(layer.frame.columns) == ["编号", "面积"]


def test_column_of_wkt_makes_geometry():
    layer = table(
        ["编号", "WKT"], ["A-1", "POLYGON ((0 0, 1 0, 1 1, 0 0))"], ["A-2", None], ["A-3", "POINT (1 2)"]
    )
    assert isinstance(layer.frame, gpd.GeoDataFrame)
    assert layer.frame.crs is None
    assert layer.frame.geometry[2].area == 0.5
    assert layer.frame.geometry[3] is None
    assert list(layer.frame.columns) == ["编号", "geometry"]
    assert layer.has_geometry


def test_wkt_with_srid_says_its_crs():
    layer = table(["编号", "geom"], ["A-1", "SRID=4549;POINT (640000 3316000)"])
    assert isinstance(layer.frame, gpd.GeoDataFrame)
    assert layer.frame.crs.to_epsg() == 4549
    assert shapely.get_x(layer.frame.geometry[2]) == 640000


@pytest.mark.parametrize(
    "text", ["POLYGON ((0 0, 1 0))", "CIRCULARSTRING (0 0, 1 1, 2 0)", "TRIANGLE((0 0 0,0 1 0,1 1 0,0 0 0))"]
)
def test_wkt_that_cannot_be_read_is_an_error(text):
    layer = table(["编号", "WKT"], ["A-1", "POINT (1 2)"], ["A-2", text], ["A-3", "POINT (1 2)"])
    (issue,) = [i for i in layer.issues if i.code == "wkt-unreadable"]
    assert (issue.row, issue.severity, issue.value) == (3, "error", text)
    assert layer.frame.geometry[3] is None


def test_column_called_geometry_without_wkt_stays_text():
    layer = table(["编号", "图形"], ["A-1", "面"])
    assert not layer.has_geometry


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("用地面积(亩)", "mu"),
        ("用地面积（公顷）", "ha"),
        ("建筑面积[㎡]", "m2"),
        ("建筑面积(万平方米)", "ha"),
        ("面积(单位:平方米)", "m2"),
        ("用地面积/亩", "mu"),
        ("用地面积_m2", "m2"),
        ("盘活亩数", "mu"),
        ("亩均税收(万元/亩)", ""),
        ("亩均税收", ""),
        ("面积占比(%)", ""),
        ("规划面积(平方公里)", ""),
        ("用地面积", ""),
    ],
)
def test_area_unit_in_reads_headers(header, unit):
    assert area_unit_in(header) == unit


@pytest.mark.parametrize(
    ("header", "unit"), [("税收(元)", "元"), ("税收(万元)", ""), ("单价(元/亩)", ""), ("产值/亿元", "亿元")]
)
def test_money_unit_in_reads_headers(header, unit):
    assert money_unit_in(header) == unit


def test_line_of_two_units_of_area_is_not_guessed_from():
    layer = table(["单位：亩、平方米", None], ["编号", "用地面积"], ["A-1", 3])
    assert layer.units == {}


def test_line_of_units_leaves_ratios_and_text_alone():
    layer = table(
        ["单位:亩", None, None, None],
        ["编号", "面积占比", "用地性质", "批准面积"],
        ["A-1", 3, "工业", "12.5"],
    )
    assert layer.units == {"批准面积": "mu"}
