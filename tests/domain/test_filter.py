"""Filters as text: what is read, how it is written again and said in Chinese, and what is refused with which words."""

import threading
from contextlib import suppress
from datetime import date

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.domain.filter import (
    And,
    Between,
    Compare,
    Constant,
    Expression,
    FieldName,
    In,
    IsNull,
    Like,
    Located,
    Not,
    Or,
    canonical_text,
    fields_of,
)
from geoapp.domain.filter_fields import FieldInfo, find_field
from geoapp.domain.filter_parse import parse_filter
from geoapp.domain.filter_syntax import DEEPEST, LONGEST, MOST_JOINED
from geoapp.domain.filter_words import words_of
from geoapp.errors import UsageError


def info(name: str, zh: str, dtype: str = "number", **more: object) -> FieldInfo:
    unit = str(more.get("unit", ""))
    return FieldInfo(name=name, zh=zh, label=f"{zh}({unit})" if unit else zh, dtype=dtype, **more)  # type: ignore[arg-type]


FIELDS = {
    field.name: field
    for field in (
        info("far", "容积率", aliases=("RJL",)),
        info("plan_far_max", "规划容积率上限"),
        info("name", "地块名称", "string"),
        info(
            "town_code",
            "所属镇街",
            "string",
            codes={"330205103": "慈城镇", "2": "庄桥街道"},
            has_open_codes=True,
        ),
        info("grade", "亩均评价等级", "string", codes={letter: f"{letter} 档" for letter in "ABCDEFGHIJ"}),
        info("site_area_mu", "用地面积", unit="亩"),
        info("site_area_m2", "用地面积", unit="平方米"),
        info("year", "建成年份", "integer"),
        info("term_end_on", "使用权终止日期", "date"),
        info("is_above_scale", "是否规上", "boolean"),
        info("in_kx1", "在控制线内", "boolean"),
    )
}
SQUARE = "POLYGON((121.4 29.9, 121.5 29.9, 121.5 30, 121.4 30, 121.4 29.9))"
WKT_SQUARE = "POLYGON ((121.4 29.9, 121.5 29.9, 121.5 30, 121.4 30, 121.4 29.9))"


def read(text: str) -> Expression:
    return parse_filter(text, FIELDS)


READ = [
    # text, canonical, words
    ("far < 1", "far < 1", "容积率 小于 1"),
    ("容积率 <= 0.8", "far <= 0.8", "容积率 不大于 0.8"),
    ('"容积率" > 1.50', "far > 1.5", "容积率 大于 1.5"),
    ("RJL >= 2", "far >= 2", "容积率 不小于 2"),
    ("1 < far", "far > 1", "容积率 大于 1"),
    ("far = -0.5", "far = -0.5", "容积率 等于 -0.5"),
    ("far <> 1", "far <> 1", "容积率 不等于 1"),
    ("far != 1", "far <> 1", "容积率 不等于 1"),
    ("far > plan_far_max", "far > plan_far_max", "容积率 大于 规划容积率上限"),
    ("year > far", "year > far", "建成年份 大于 容积率"),
    ('"用地面积(亩)" > 30', "site_area_mu > 30", "用地面积 大于 30 亩"),
    ("site_area_mu BETWEEN 30 AND 45.5", "site_area_mu BETWEEN 30 AND 45.5", "用地面积 在 30 至 45.5 亩 之间"),
    ("far NOT BETWEEN 1 AND 2", "NOT far BETWEEN 1 AND 2", "容积率 不在 1 至 2 之间"),
    ("town_code = '慈城镇'", "town_code = '330205103'", "镇街 为 慈城镇"),
    ("town_code = '999'", "town_code = '999'", "镇街 为 999"),
    ("grade = 'D'", "grade = 'D'", "亩均评价等级 为 D 档"),
    ("town_code IN ('330205103', '庄桥街道', '2')", "town_code IN ('330205103', '2')", "镇街 为 慈城镇、庄桥街道"),
    ("far NOT IN (1, 2)", "NOT far IN (1, 2)", "容积率 不为 1、2"),
    ("name = 'O''B'", "name = 'O''B'", "地块名称 为 O'B"),
    ("name <> ''", "name <> ''", "地块名称 不为 空"),
    ("name < 'b'", "name < 'b'", "地块名称 小于 b"),
    ("CASEI(name) = CASEI('Ab')", "CASEI(name) = CASEI('Ab')", "地块名称 为 Ab"),
    ("name = CASEI('Ab')", "CASEI(name) = CASEI('Ab')", "地块名称 为 Ab"),
    ("CASEI(name) IN ('a')", "CASEI(name) IN (CASEI('a'))", "地块名称 为 a"),
    ("CASEI(name) LIKE CASEI('%厂%')", "CASEI(name) LIKE CASEI('%厂%')", "地块名称 含“厂”"),
    ("name LIKE '甲%'", "name LIKE '甲%'", "地块名称 以“甲”开头"),
    ("name LIKE '%厂'", "name LIKE '%厂'", "地块名称 以“厂”结尾"),
    ("name LIKE '甲'", "name LIKE '甲'", "地块名称 为“甲”"),
    ("name NOT LIKE '_厂'", "NOT name LIKE '_厂'", "地块名称 不形如“_厂”"),
    ("far IS NULL", "far IS NULL", "容积率 未知"),
    ("far IS NOT NULL", "NOT far IS NULL", "容积率 已知"),
    ("term_end_on < DATE('2026-01-01')", "term_end_on < DATE('2026-01-01')", "使用权终止日期 早于 2026-01-01"),
    ("term_end_on >= '2026-01-01'", "term_end_on >= DATE('2026-01-01')", "使用权终止日期 不早于 2026-01-01"),
    (
        "term_end_on = TIMESTAMP('2026-01-01T23:59:59Z')",
        "term_end_on = DATE('2026-01-01')",
        "使用权终止日期 为 2026-01-01",
    ),
    ("is_above_scale", "is_above_scale = TRUE", "是否规上 为 是"),
    ("NOT is_above_scale", "NOT is_above_scale = TRUE", "是否规上 为 否"),
    ("is_above_scale <> true", "is_above_scale <> TRUE", "是否规上 为 否"),
    ("is_above_scale = false", "is_above_scale = FALSE", "是否规上 为 否"),
    ("is_above_scale IN (true)", "is_above_scale IN (TRUE)", "是否规上 为 是"),
    ("in_kx1", "in_kx1 = TRUE", "在控制线内"),
    ("NOT in_kx1", "NOT in_kx1 = TRUE", "不在控制线内"),
    ("TRUE", "TRUE", "全部"),
    ("false", "FALSE", "一条也不要"),
    ("NOT NOT far < 1", "NOT NOT far < 1", "容积率 小于 1"),
    ("NOT far < 1", "NOT far < 1", "不符合（容积率 小于 1）"),
    (
        "far < 1 AND (grade = 'D' OR year < 2000)",
        "far < 1 AND (grade = 'D' OR year < 2000)",
        "容积率 小于 1 且 （亩均评价等级 为 D 档 或 建成年份 小于 2000）",
    ),
    (
        "far < 1 AND grade = 'D' OR year < 2000",
        "far < 1 AND grade = 'D' OR year < 2000",
        "（容积率 小于 1 且 亩均评价等级 为 D 档） 或 建成年份 小于 2000",
    ),
    ("far < 1 AND (far < 1 AND name = 'a')", "far < 1 AND name = 'a'", "容积率 小于 1 且 地块名称 为 a"),
    ("(far < 1 OR far < 1)", "far < 1", "容积率 小于 1"),
    ("NOT (far < 1 OR far > 2)", "NOT (far < 1 OR far > 2)", "不符合（容积率 小于 1 或 容积率 大于 2）"),
    (f"S_INTERSECTS(geometry, {SQUARE})", f"S_INTERSECTS(geometry, {WKT_SQUARE})", "与所画范围相交"),
    (f"S_WITHIN(图形, {SQUARE})", f"S_WITHIN(geometry, {WKT_SQUARE})", "在所画范围内"),
    (f"S_CONTAINS({SQUARE}, geometry)", f"S_WITHIN(geometry, {WKT_SQUARE})", "在所画范围内"),
    (
        "S_DISJOINT(geometry, BBOX(121.4, 29.9, 121.5, 30))",
        "S_DISJOINT(geometry, BBOX(121.4, 29.9, 121.5, 30))",
        "在所框范围外",
    ),
    ("S_CONTAINS(geometry, POINT(121 30))", "S_CONTAINS(geometry, POINT (121 30))", "包含所选的点线"),
    (
        "S_INTERSECTS(geometry, POLYGON((121 30, 121.2 30.2, 121.2 30, 121 30.2, 121 30)))",
        "S_INTERSECTS(geometry, MULTIPOLYGON (((121.2 30.2, 121.2 30, 121.1 30.1, 121.2 30.2)), "
        "((121 30.2, 121.1 30.1, 121 30, 121 30.2))))",
        "与所画范围（边线自相交，已取其围成的全部面积）相交",
    ),
    ("geometry IS NULL", "geometry IS NULL", "图形 未知"),
    (
        "far IN (1,2,3,4,5,6,7,8,9,10,11,12,13)",
        "far IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)",
        "容积率 为 1、2、3、4、5、6、7、8、9、10、11、12 等 13 个",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "canonical", "words"), READ)
def test_filter_is_read_written_again_and_said(text: str, canonical: str, words: str) -> None:
    expression = read(text)
    assert canonical_text(expression) == canonical
    assert read(canonical) == expression
    assert words_of(expression, FIELDS) == words


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_empty_filter_takes_in_everything(text: str) -> None:
    assert read(text) == Constant(value=True)


def test_and_binds_stronger_than_or() -> None:
    low, grade_d, old = Compare("far", "<", 1.0), Compare("grade", "=", "D"), Compare("year", "<", 2000.0)
    assert read("far < 1 OR grade = 'D' AND year < 2000") == Or((low, And((grade_d, old))))


def test_fields_that_a_filter_reads() -> None:
    text = f"far > plan_far_max OR NOT name IS NULL AND S_WITHIN(geometry, {SQUARE}) AND TRUE"
    assert fields_of(read(text)) == {"far", "plan_far_max", "name", "geometry"}


def test_drawn_geometry_is_flat_and_rounded_to_a_tenth_of_a_millimetre() -> None:
    located = read("S_INTERSECTS(geometry, POINT Z (121.12345678912 30 7))")
    assert isinstance(located, Located)
    assert shapely.to_wkt(located.geometry, rounding_precision=-1) == "POINT (121.123456789 30)"


REFUSED = [
    # text, what the sentence must say
    ("far < 1 AND", "第 12 个字符之后还缺内容"),
    ("far < 1 AND (grade = 'D'", "还缺内容"),
    ("far < 1 xx", "第 9 个字符“xx”处写法不对"),
    ("far < 1\nAND grade << 2", "第 20 个字符“< 2”处写法不对"),
    ("name = 'x", "第 8 个字符“'x”处写法不对"),
    ("far", "不是是否字段"),
    ("1", "“1”不是条件"),
    ("'x'", "“x”不是条件"),
    ("faar < 1", "字段“faar”不能用。是不是“far”"),
    ("tax_wan < 1", "字段“tax_wan”不能用"),
    ("没有的 < 1", "字段“没有的”不能用"),
    ("用地面积 > 30", "有几个：用地面积(亩)（site_area_mu）、用地面积(平方米)（site_area_m2）"),
    ("用地面积(亩) > 30", "请加双引号"),
    ("far < 'x'", "“容积率”是数字，不能和“x”比较"),
    ("far = TRUE", "不能和“True”比较"),
    ("far = DATE('2026-01-01')", "不能和“2026-01-01”比较"),
    ("far = POINT(1 2)", "不能和“Point”比较"),
    ("far IN (1, 'a')", "不能和“a”比较"),
    ("far = 1e400", "太大"),
    ("name = 3", "“地块名称”是文字，不能和“3”比较"),
    ("grade = 'Z'", "没有代码“Z”。可用：A（A 档）"),
    ("term_end_on < 'x'", "是日期"),
    ("term_end_on < DATE('2026-02-30')", "不能和“2026-02-30”比较"),
    ("term_end_on < 3", "是日期"),
    ("is_above_scale = 1", "请写 TRUE 或 FALSE"),
    ("is_above_scale > true", "只有是和否"),
    ("far = NULL", "far IS NULL"),
    ("far > name", "不是同一类字段"),
    ("term_end_on > name", "不是同一类字段"),
    ("1 = 2", "“2”不是字段"),
    ("far + 1 > 2", "不能计算（“+”）"),
    ("foo(far) = 1", "没有函数“foo”"),
    ("T_AFTER(term_end_on, DATE('2026-01-01'))", "没有函数“t_after”"),
    ("CASEI(far) = 1", "CASEI 只用于文字"),
    ("CASEI() = 1", "没有函数“casei”"),
    ("far LIKE '1%'", "LIKE 只用于文字"),
    ("name LIKE 3", "LIKE 只用于文字"),
    ("name BETWEEN 'a' AND 'b'", "不能用 BETWEEN"),
    ("1 BETWEEN 0 AND 2", "“1”不是字段"),
    ("foo(far) IS NULL", "没有函数“foo”"),
    ("S_INTERSECTS(far, POINT(121 30))", "的写法是"),
    ("S_INTERSECTS(geometry)", "的写法是"),
    ("S_INTERSECTS(geometry, far)", "的写法是"),
    ("S_INTERSECTS(geometry, 'x')", "“x”不是图形"),
    ("S_INTERSECTS(geometry, BBOX(121.5, 29.9, 121.4, 30))", "BBOX(121.5, 29.9, 121.4, 30) 的西南和东北角次序不对"),
    ("S_INTERSECTS(geometry, BBOX(121.4, 30, 121.5, 30))", "次序不对"),
    ("S_INTERSECTS(geometry, BBOX(121.4, 29.9, 0, 121.5, 30, 9))", "有 6 个数"),
    ("S_INTERSECTS(geometry, BBOX(0, 0, 200, 30))", "不是经纬度"),
    ("S_INTERSECTS(geometry, POINT(29.9 121.4))", "写反了"),
    ("S_INTERSECTS(geometry, POINT(644798 3316404))", "不是米"),
    ("S_INTERSECTS(geometry, POLYGON((121 30, 122 30)))", "坐标不成图形"),
    ("S_INTERSECTS(geometry, POLYGON EMPTY)", "是空的"),
    ("S_INTERSECTS(geometry, POLYGON((121 30, 122 31, 121 30)))", "没有面积"),
    ("S_INTERSECTS(geometry, POLYGON((121.4 29.9, 121.5 29.9, 121.5)))", "处写法不对"),
    ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2))))", "不能用的图形"),
    ("S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(1 2)))", "不是图形"),
    ("x" * (LONGEST + 1), f"有 {LONGEST + 1} 个字符"),
    ("(" * (DEEPEST + 1) + "far < 1" + ")" * (DEEPEST + 1), "嵌套太深"),
    ("NOT " * (DEEPEST + 1) + "far < 1", "嵌套太深"),
    ("far = " + "-" * 9_000 + "1", "嵌套太深"),
    ("far = 1" + "+1" * 9_000, "嵌套太深"),
    ("OR + " * 3_000 + "1", "嵌套太深"),
    ("far = 1" + " OR far = 2" * (MOST_JOINED + 1), "连了太多条件"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_cannot_be_used_is_one_sentence_that_says_why(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(text)
    message = str(refusal.value)
    assert words in message
    assert message.endswith(("。", "？"))
    assert len(message) < 200


def test_place_is_refused_where_records_have_none() -> None:
    with pytest.raises(UsageError, match="没有图形"):
        parse_filter("geometry IS NULL", FIELDS, has_geometry=False)


def test_field_called_geometry_is_a_field() -> None:
    fields = {"geometry": info("geometry", "图形说明", "string")}
    assert parse_filter("geometry IS NULL", fields, has_geometry=False) == IsNull("geometry")


def test_field_for_the_browser_lists_its_codes_in_order() -> None:
    record = FIELDS["town_code"].to_record()
    assert record["codes"] == [{"value": "330205103", "zh": "慈城镇"}, {"value": "2", "zh": "庄桥街道"}]
    assert (record["is_numeric"], FIELDS["year"].to_record()["is_numeric"]) == (False, True)
    assert "aliases" not in record


def test_names_come_before_labels_and_labels_before_aliases() -> None:
    fields = {
        "a": info("a", "b", aliases=("丙",)),
        "b": info("b", "乙", aliases=("丁", "甲")),
        "c": info("c", "甲"),
    }
    assert [find_field(fields, word).name for word in ("b", "甲", "丁", "丙")] == ["b", "c", "b", "a"]


def test_as_deep_and_as_many_as_allowed_is_read_on_a_small_stack() -> None:
    deep = "(" * (DEEPEST - 2) + "far < 1" + ")" * (DEEPEST - 2)
    wide = " OR ".join(["far < 1", "far > 2"] * (MOST_JOINED // 2))
    found: list[Expression] = []
    size = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.extend([read(deep), read(wide)]))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    low = Compare("far", "<", 1.0)
    assert found == [low, Or((low, Compare("far", ">", 2.0)))]


NAMES = st.sampled_from(["name", "grade"])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda number: number + 0.0)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
DAYS = st.dates(min_value=date(1000, 1, 1))
LEAVES = st.one_of(
    st.builds(Compare, st.just("far"), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), NUMBERS),
    st.builds(Compare, st.just("name"), st.sampled_from(["=", "<>"]), TEXTS, st.booleans()),
    st.builds(Compare, st.just("term_end_on"), st.sampled_from(["<", "="]), DAYS),
    st.builds(Compare, st.just("far"), st.just(">"), st.just(FieldName("plan_far_max"))),
    st.builds(Between, st.just("far"), NUMBERS, NUMBERS),
    st.builds(In, st.just("name"), st.lists(TEXTS, min_size=1, unique=True).map(tuple), st.booleans()),
    st.builds(Like, st.just("name"), TEXTS, st.booleans()),
    st.builds(IsNull, st.sampled_from(["far", "geometry"])),
    st.builds(Constant, st.booleans()),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3, unique=True).map(lambda terms: And(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3, unique=True).map(lambda terms: Or(tuple(terms))),
    ),
    max_leaves=8,
)


UNHURRIED = settings(deadline=None)


@UNHURRIED
@given(FILTERS)
def test_canonical_text_says_the_same_again(expression: Expression) -> None:
    text = canonical_text(expression)
    assert canonical_text(read(text)) == canonical_text(read(canonical_text(read(text))))


@UNHURRIED
@given(LEAVES)
def test_canonical_text_of_a_condition_is_that_condition(expression: Expression) -> None:
    assert read(canonical_text(expression)) == expression


@UNHURRIED
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        read(text)
