import numpy as np
import pandas as pd
import pytest

from geoapp.domain.issue import Severity
from geoapp.domain.layer import Code, Field, Layer
from geoapp.domain.schema import (
    CLEAR_BAD_VALUES,
    CLEAR_UNKNOWN_CODES,
    DROP_ERROR_ROWS,
    KEEP_LAST_DUPLICATES,
    check_frame,
    missing_columns,
    record_labels,
    right_form,
)
from geoapp.domain.uscc import check_digit, is_uscc

CODE = Field(name="code", dtype="string", zh="编号", en="Code", required=True, max_length=4)
YEAR = Field(name="year", dtype="integer", zh="年份", en="Year", unit="year", minimum=1990, maximum=2100)
AREA = Field(name="area_m2", dtype="number", zh="面积", en="Area", unit="m2", minimum=0)
KIND = Field(
    name="kind", dtype="string", zh="类型", en="Kind", required=True, codes=(Code(value="A", zh="甲"),)
)
STARS = Field(name="stars", dtype="integer", zh="星级", en="Stars", codes=(Code(value="3", zh="三星"),))
CREDIT = Field(name="uscc", dtype="string", zh="信用代码", en="USCC", check="uscc")
IS_BIG = Field(name="is_big", dtype="boolean", zh="规上", en="Big")
SINCE = Field(name="since_on", dtype="date", zh="日期", en="Since")
LAYER = Layer(
    id="x", zh="例", en="x", geometry="none", key=("code", "year"),
    fields=(CODE, YEAR, AREA, KIND, STARS, CREDIT, IS_BIG, SINCE),
)  # fmt: skip
GOOD_USCC = "91350100M000100Y43"
"""The standard's own example."""


def frame(**columns):
    """Return records A1, A2, ... in rows 3, 4, ... with columns replaced."""
    count = len(next(iter(columns.values()))) if columns else 1
    given = {
        "code": [f"A{i + 1}" for i in range(count)],
        "year": [2023] * count,
        "area_m2": [1.0] * count,
        "kind": ["A"] * count,
        "stars": [3] * count,
        "uscc": [GOOD_USCC] * count,
        "is_big": [True] * count,
        "since_on": ["2023-01-01"] * count,
        **columns,
    }
    dtypes = {
        "code": "str", "year": "Int64", "area_m2": "float64", "kind": "str", "stars": "Int64", "uscc": "str",
        "is_big": "boolean", "since_on": "datetime64[s]",
    }  # fmt: skip
    made = pd.DataFrame({name: pd.Series(values, dtype=dtypes[name]) for name, values in given.items()})
    return made.set_axis(pd.RangeIndex(3, 3 + count, name="source_row"))


def found(records):
    return [(i.row, i.code, i.field, i.value, i.fix) for i in check_frame(records, LAYER)]


def test_sound_records_have_no_findings():
    assert check_frame(frame(code=["A1", "A2"]), LAYER) == []


def test_missing_values_are_fine_where_not_required():
    records = frame(area_m2=[None], stars=[None], uscc=[None], is_big=[None], since_on=[None])
    assert check_frame(records, LAYER) == []


def test_no_rows():
    assert check_frame(frame(code=[]), LAYER) == []


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("code", None, ("required-missing", "编号", None, DROP_ERROR_ROWS)),
        ("code", "ABCDE", ("too-long", "编号", "ABCDE", DROP_ERROR_ROWS)),
        ("year", None, ("required-missing", "年份(年)", None, DROP_ERROR_ROWS)),
        ("year", 1989, ("below-minimum", "年份(年)", "1989", DROP_ERROR_ROWS)),
        ("year", 2101, ("above-maximum", "年份(年)", "2101", DROP_ERROR_ROWS)),
        ("area_m2", -0.5, ("below-minimum", "面积(平方米)", "-0.5", CLEAR_BAD_VALUES)),
        ("kind", "乙", ("unknown-code", "类型", "乙", DROP_ERROR_ROWS)),
        ("stars", 4, ("unknown-code", "星级", "4", CLEAR_UNKNOWN_CODES)),
        ("uscc", GOOD_USCC[:-1] + "4", ("bad-uscc", "信用代码", GOOD_USCC[:-1] + "4", CLEAR_BAD_VALUES)),
    ],
)
def test_each_breach_names_row_field_value_and_fix(column, value, expected):
    assert found(frame(**{column: [value]})) == [(3, *expected)]


def test_value_on_the_edge_is_admitted():
    assert found(frame(year=[1990, 2100], area_m2=[0.0, 0.0])) == []


def test_duplicate_keys_name_each_other():
    issues = check_frame(frame(code=["A", "B", "A"]), LAYER)
    assert [(i.row, i.key, i.fix) for i in issues] == [
        (3, "A 2023", KEEP_LAST_DUPLICATES),
        (5, "A 2023", KEEP_LAST_DUPLICATES),
    ]
    assert "第 5 行也是它" in issues[0].message
    assert issues[0].severity is Severity.ERROR


def test_missing_keys_are_missing_and_not_duplicates():
    assert [code for _, code, *_ in found(frame(code=[None, None]))] == ["required-missing"] * 2


def test_columns_that_are_not_there_are_not_checked():
    assert check_frame(frame()[["code", "area_m2"]], LAYER) == []


def test_column_of_another_type_is_a_finding():
    records = frame().astype({"area_m2": "str"}).assign(code=["A1"])
    assert [(i.row, i.code) for i in check_frame(records[["area_m2", "is_big"]], LAYER)][:1] == [
        (None, "wrong-type")
    ]


def test_new_records_need_the_required_columns():
    records = frame(code=["A", "B"])[["code", "year"]]
    issues = missing_columns(records, LAYER, np.array([True, False]))
    assert [(i.code, i.field) for i in issues] == [("required-column-missing", "类型")]
    assert "1 条新记录" in issues[0].message
    assert missing_columns(records, LAYER, np.array([False, False])) == []


def test_labels_of_records():
    assert record_labels(frame(code=["A", None]), LAYER) == ["A 2023", None]
    assert record_labels(frame()[["code"]], LAYER) == [None]
    assert record_labels(frame(code=[]), LAYER) == []


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (CODE, "应为文字，不超过 4 个字。"),
        (YEAR, "应为整数，不小于 1990，不大于 2100（单位：年）。"),
        (KIND, "应为以下之一：A 甲。"),
        (CREDIT, "应为 18 位统一社会信用代码，末位是校验码。"),
        (SINCE, "应为日期（如 2023-06-01）。"),
    ],
)
def test_right_form_in_words(field, expected):
    assert right_form(field) == expected


def test_right_form_of_a_long_code_list_is_cut():
    long = Field(
        name="k", dtype="string", zh="类", en="K", codes=tuple(Code(value=str(i), zh="x") for i in range(13))
    )
    assert right_form(long).endswith("11 x 等。")


def test_check_digit_worked_out_by_hand():
    # all zeros but a 1 in the first place: 31 - 1 x 3^0 = 30 -> "Y"
    assert check_digit("1" + "0" * 16) == "Y"


def test_codes_with_wrong_length_letter_or_digit_are_refused():
    codes = pd.Series(
        [GOOD_USCC, GOOD_USCC[:-1], "I" + GOOD_USCC[1:], GOOD_USCC[:-1] + "0", None], dtype="str"
    )
    assert is_uscc(codes).tolist() == [True, False, False, False, False]
