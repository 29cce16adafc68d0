from dataclasses import replace

import pandas as pd
import pytest

from geoapp.domain.issue import Severity
from geoapp.domain.layer import Code, Field, Layer
from geoapp.domain.matching import MatchHow, coordinate_columns, decode_codes, match_columns, normalised
from geoapp.errors import UsageError

CODE = Field(name="plot_code", dtype="string", zh="地块编号", en="Plot code", aliases=("DKBH", "编号"))
UNIT_NO = Field(
    name="real_estate_unit_no", dtype="string", zh="不动产单元号", en="Unit no.", aliases=("BDCDYH",)
)
AREA = Field(
    name="area_m2", dtype="number", unit="m2", zh="用地面积", en="Area", aliases=("YDMJ", "MJ", "面积")
)
COST = Field(name="invest_total_wan", dtype="number", unit="wan", zh="总投资", en="Investment")
LAYER = Layer(
    id="x", zh="例", en="x", geometry="none", key=("plot_code",), fields=(CODE, UNIT_NO, AREA, COST)
)


def matched(headers, **options):
    return {c.header: (c.field, c.how, c.unit) for c in match_columns(headers, LAYER, **options).columns}


@pytest.mark.parametrize(
    ("header", "field", "how", "unit"),
    [
        ("plot_code", "plot_code", MatchHow.NAME, ""),
        ("PLOT CODE", "plot_code", MatchHow.NAME, ""),
        ("地块 编号", "plot_code", MatchHow.LABEL, ""),
        ("dkbh", "plot_code", MatchHow.ALIAS, ""),
        ("ＤＫＢＨ", "plot_code", MatchHow.ALIAS, ""),
        ("Unit no", "real_estate_unit_no", MatchHow.ENGLISH, ""),
        ("用地面积（亩）", "area_m2", MatchHow.LABEL, "mu"),
        ("用地面积(平方米)", "area_m2", MatchHow.LABEL, "m2"),
        ("用地面积[单位：公顷]", "area_m2", MatchHow.LABEL, "ha"),
        ("YDMJ_亩", "area_m2", MatchHow.ALIAS, "mu"),
        ("MJ/公顷", "area_m2", MatchHow.ALIAS, "ha"),
        ("总投资(亿元)", "invest_total_wan", MatchHow.LABEL, "yi"),
        ("总投资_万元", "invest_total_wan", MatchHow.LABEL, "wan"),
        ("土地情况/面积(亩)", "area_m2", MatchHow.GROUP, "mu"),
        ("是否示意数据", "is_demo", MatchHow.NAME, ""),
        ("来源行", "source_row", MatchHow.NAME, ""),
        ("备忘", None, MatchHow.NONE, ""),
    ],
)
def test_header_is_known_by_any_of_its_names(header, field, how, unit):
    assert matched([header]) == {header: (field, how, unit)}


def test_unmatched_column_is_noted():
    matching = match_columns(["DKBH", "备忘"], LAYER)
    assert [(i.code, i.field, i.severity) for i in matching.issues] == [
        ("column-unmatched", "备忘", Severity.NOTE)
    ]
    assert matching.header_of("plot_code") == "DKBH"
    assert matching.header_of("area_m2") is None


def test_better_name_wins_over_alias_whatever_the_order():
    assert matched(["编号", "地块编号"])["地块编号"][0] == "plot_code"
    assert matched(["编号", "地块编号"])["编号"][0] is None


def test_alias_listed_first_wins_and_the_other_is_reported():
    matching = match_columns(["MJ", "YDMJ"], LAYER)
    assert matching.header_of("area_m2") == "YDMJ"
    assert [(i.code, i.field, i.severity) for i in matching.issues] == [
        ("column-ambiguous", "MJ", Severity.WARNING)
    ]


def test_two_system_columns_of_one_name():
    matching = match_columns(["source_row", "来源行"], LAYER)
    assert "source_row" in matching.issues[0].message


def test_user_overrides_and_leaves_out():
    chosen = {"备忘": "area_m2", "MJ": ""}
    matching = match_columns(["备忘", "MJ", "DKBH"], LAYER, chosen=chosen)
    assert [c.field for c in matching.columns] == ["area_m2", None, "plot_code"]
    assert matching.columns[0].how is MatchHow.CHOSEN
    assert [i.field for i in matching.issues] == ["MJ"]


@pytest.mark.parametrize("chosen", [{"没有": "area_m2"}, {"MJ": "nonsense"}])
def test_unknown_override_is_refused(chosen):
    with pytest.raises(UsageError, match="没有"):
        match_columns(["MJ"], LAYER, chosen=chosen)


def test_cut_name_of_a_shapefile_is_completed_and_said():
    # five Chinese characters are ten bytes of GBK
    matching = match_columns(["不动产单元"], LAYER, are_names_cut=True)
    assert matching.header_of("real_estate_unit_no") == "不动产单元"
    assert [i.code for i in matching.issues] == ["column-cut"]
    assert matched(["不动产单元"]) == {"不动产单元": (None, MatchHow.NONE, "")}


def test_cut_name_of_a_provenance_column():
    matching = match_columns(["source_fil"], LAYER, are_names_cut=True)
    assert matching.header_of("source_file") == "source_fil"
    assert "source_file" in matching.issues[0].message


def test_cut_name_that_begins_two_fields_or_none_stays_unmatched():
    other = Field(name="other", dtype="string", zh="不动产单元面积", en="Other")
    layer = Layer(id="x", zh="例", en="x", geometry="none", key=("plot_code",), fields=(CODE, UNIT_NO, other))
    matching = match_columns(["不动产单元", "没有这个列", "短"], layer, are_names_cut=True)
    assert [c.field for c in matching.columns] == [None, None, None]


def test_coordinates_are_found_by_their_usual_names():
    assert coordinate_columns(["编号", "X坐标(米)", "Y坐标(米)"]) == ("X坐标(米)", "Y坐标(米)")
    assert coordinate_columns(["X", "备注"]) is None


def test_words_become_codes():
    kind = Field(
        name="kind", dtype="string", zh="类型", en="Kind",
        codes=(Code(value="0601", zh="工业用地", en="Industry", aliases=("工业",)),
               Code(value="T", zh="收购转让(二级)")),
    )  # fmt: skip
    words = pd.Series(
        ["0601", "601", "工业用地", "industry", "工业", "0601工业用地", "收购转让（二级）", "农田", None],
        dtype="str",
    )
    assert decode_codes(words, kind).fillna("").tolist() == ["0601"] * 6 + ["T", "农田", ""]


def test_normalised_keeps_letters_and_digits_only():
    assert normalised(" A－1．（亩）") == "a1亩"


def test_cut_name_of_a_field_goes_before_labels_that_begin_alike():
    """planned_use and the label "Planned use to be carried out on" both begin with planned_us; the first is a name."""
    fields = (
        Field(name="plot_code", dtype="string", zh="地块编号", en="Plot code"),
        Field(name="planned_use", dtype="string", zh="规划用途", en="Planned use"),
        Field(name="plan_on", dtype="date", zh="实施日期", en="Planned use to be carried out on"),
    )
    matching = match_columns(
        ["planned_us"], replace(LAYER, fields=fields, key=("plot_code",)), are_names_cut=True
    )
    assert [column.field for column in matching.columns] == ["planned_use"]


def test_a_sign_is_a_word_where_it_is_all_there_is():
    unit = Field(
        name="unit", dtype="string", zh="单位", en="Unit",
        codes=(Code(value="percent", zh="%", en="Percent"), Code(value="item", zh="项", en="Items")),
    )  # fmt: skip
    assert decode_codes(pd.Series(["%", " % ", "项", "‰"], dtype="str"), unit).tolist() == [
        "percent",
        "percent",
        "item",
        "‰",
    ]


def test_what_the_register_holds_goes_before_what_is_computed_of_the_same_name():
    area = Field(name="gfa_far_m2", dtype="number", unit="m2", zh="计容建筑面积", en="Counted floor area")
    layer = Layer(id="x", zh="例", en="x", geometry="none", key=("gfa_far_m2",), fields=(area,))
    found = match_columns(["计容建筑面积(平方米)", "台账计容建筑面积(平方米)"], layer)
    assert [column.field for column in found.columns] == [None, "gfa_far_m2"]
    alone = match_columns(["计容建筑面积(平方米)"], layer)
    assert [column.field for column in alone.columns] == ["gfa_far_m2"]
