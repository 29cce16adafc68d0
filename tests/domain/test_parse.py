import math
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.parse import (
    UNIT_SUFFIXES,
    area_unit_of,
    fold,
    parse_area_text,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    parse_text,
)


def number(value, suffixes=()):
    parsed = parse_number(pd.Series([value], dtype=object), suffixes)
    return "bad" if parsed.bad[0] else parsed.cells[0]


def day(value):
    parsed = parse_date(pd.Series([value], dtype=object))
    return "bad" if parsed.bad[0] else parsed.cells[0]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("１２，５００．５", 12500.5),
        ("1,234,567", 1234567.0),
        (" 12.5　", 12.5),
        ("\ufeff-3", -3.0),
        ("−3", -3.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1.2E5", 120000.0),
        (7, 7.0),
        (np.float32(0.5), 0.5),
        (Decimal("2.25"), 2.25),
    ],
)
def test_parse_number_reads_what_people_type(cell, expected):
    assert number(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "约12",
        "1,23",
        "1 234",
        "12亩",
        "inf",
        "1_000",
        "0x10",
        "1e999",
        "(12)",
        True,
        math.inf,
        date(2023, 1, 1),
        [1],
    ],
)
def test_parse_number_marks_what_it_cannot_read(cell):
    assert number(cell) == "bad"


@pytest.mark.parametrize("cell", [None, "", " ", "-", "——", "/", "无", "N/A", "NaN", math.nan, pd.NA, pd.NaT])
def test_parse_number_takes_an_empty_cell_for_missing(cell):
    assert math.isnan(number(cell))


def test_parse_number_keeps_index_and_takes_numeric_columns_as_they_are():
    integers = pd.Series([1, None], index=[5, 9], dtype="Int64")
    parsed = parse_number(integers)
    assert parsed.cells.dtype == "float64"
    assert parsed.cells[5] == 1.0
    assert parsed.cells.isna().tolist() == [False, True]
    assert parsed.bad.tolist() == [False, False]
    infinite = parse_number(pd.Series([1.0, math.inf]))
    assert infinite.bad.tolist() == [False, True]
    assert math.isnan(infinite.cells[1])


def test_parse_number_takes_truth_values_for_bad():
    assert parse_number(pd.Series([True, False])).bad.all()


@pytest.mark.parametrize(
    ("cell", "unit", "expected"),
    [("500万元", "wan", 500.0), ("35 %", "percent", 35.0), ("35％", "percent", 35.0), ("3层", "storey", 3.0)],
)
def test_parse_number_lets_the_fields_own_unit_follow(cell, unit, expected):
    assert number(cell, UNIT_SUFFIXES[unit]) == expected


def test_parse_number_refuses_another_unit():
    assert number("500元", UNIT_SUFFIXES["wan"]) == "bad"


def test_parse_number_of_no_rows_is_empty():
    for dtype in ("float64", object, "str"):
        parsed = parse_number(pd.Series([], dtype=dtype))
        assert parsed.cells.dtype == "float64"
        assert parsed.bad.dtype == bool
        assert len(parsed.cells) == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_parse_number_reads_back_any_float_as_written(value):
    assert number(repr(value)) == value


@given(st.integers(-(10**12), 10**12))
def test_parse_number_reads_back_thousands_separators(value):
    assert number(f"{value:,}") == value


def test_parse_integer_refuses_fractions_and_numbers_too_large_to_be_exact():
    parsed = parse_integer(pd.Series(["12", 2.5, 2.0**54, None, "x"], dtype=object))
    assert parsed.cells.dtype == "Int64"
    assert parsed.cells.isna().tolist() == [False, True, True, True, True]
    assert parsed.bad.tolist() == [False, True, True, False, True]


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("0.7655公顷", 0.7655, "ha"),
        ("12.5亩", 12.5, "mu"),
        ("８，０００ ㎡", 8000.0, "m2"),
        ("8000 M2", 8000.0, "m2"),
        ("2万平方米", 2.0, "ha"),  # 20,000 m2 = 2 ha
        ("1.5平方公里", 150.0, "ha"),  # 1.5 x 100 ha
        ("3 HM²", 3.0, "ha"),
        ("12.5", 12.5, ""),
        (3, 3.0, ""),
    ],
)
def test_parse_area_text_gives_the_unit_of_the_cell(cell, value, unit):
    areas = parse_area_text(pd.Series([cell], dtype=object))
    assert (areas.cells[0], areas.units[0], areas.bad[0]) == (value, unit, False)


def test_parse_area_text_marks_what_it_cannot_read():
    areas = parse_area_text(pd.Series(["约3亩", "亩", "abc", None, "-"], dtype=object))
    assert areas.cells.isna().all()
    assert areas.bad.tolist() == [True, True, True, False, False]


def test_parse_area_text_takes_numeric_columns_as_they_are():
    areas = parse_area_text(pd.Series([1.5, math.inf]))
    assert areas.cells[0] == 1.5
    assert areas.units.tolist() == ["", ""]
    assert areas.bad.tolist() == [False, True]


@pytest.mark.parametrize(
    "cell",
    [
        "2023-06-01",
        "2023/6/1",
        "2023.6.1",
        "2023.06.01",
        "2023年6月1日",
        "２０２３年６月１日",
        "2023年6月1号",
        "2023年6月",
        "2023.6",
        "2023-06",
        "20230601",
        "202306",
        "45078",  # days since 1899-12-30
        "45078.5",
        "2023-06-01 08:30:00",
        "2023-06-01T08:30:00.25Z",
        "2023-06-01T08:30+08:00",
        45078,
        45078.75,
        20230601,
        20230601.0,
        202306,
        2023.6,
        2023.06,
        date(2023, 6, 1),
        datetime(2023, 6, 1, 23, 59),  # noqa: DTZ001 - a spreadsheet's time has no zone
        pd.Timestamp("2023-06-01"),
        np.datetime64("2023-06-01"),
    ],
)
def test_parse_date_reads_what_people_type(cell):
    assert day(cell) == pd.Timestamp("2023-06-01")


@pytest.mark.parametrize("cell", ["2023", 2023, "2023年", 2023.0])
def test_parse_date_takes_a_year_for_its_first_day(cell):
    assert day(cell) == pd.Timestamp("2023-01-01")


def test_parse_date_tells_october_from_january_in_text_only():
    assert day("2023.10") == pd.Timestamp("2023-10-01")
    assert day("2023.1") == pd.Timestamp("2023-01-01")
    assert day(2023.1) == "bad"
    assert day(2023.12) == pd.Timestamp("2023-12-01")


@pytest.mark.parametrize(
    "cell",
    [
        "2023年13月",
        "2023-02-30",
        "23.6.1",
        "长期",
        "12345",
        12345,
        90000,
        "1823-01-01",
        math.inf,
        True,
        "2300",
        [1],
    ],
)
def test_parse_date_marks_what_it_cannot_read(cell):
    assert day(cell) == "bad"


@pytest.mark.parametrize("cell", [None, "", "-", "无", math.nan, pd.NaT, pd.NA])
def test_parse_date_takes_an_empty_cell_for_missing(cell):
    assert pd.isna(day(cell))


def test_parse_date_takes_date_columns_as_they_are():
    zoned = pd.Series(pd.to_datetime(["2023-06-01T23:30:00+08:00", None]))
    parsed = parse_date(zoned)
    assert parsed.cells.dtype == "datetime64[s]"
    assert parsed.cells[0] == pd.Timestamp("2023-06-01")
    assert parsed.bad.tolist() == [False, False]
    ancient = parse_date(pd.Series(np.array(["0001-01-01"], dtype="datetime64[s]")))
    assert ancient.bad.tolist() == [True]
    assert ancient.cells.isna().all()


def test_parse_date_keeps_index_and_dtype_with_no_rows():
    parsed = parse_date(pd.Series([], dtype="str"))
    assert parsed.cells.dtype == "datetime64[s]"
    assert parsed.bad.dtype == bool
    assert parse_date(pd.Series(["2023"], index=[7])).cells.index.tolist() == [7]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_parse_date_reads_back_every_day_as_written(value):
    for text in (value.isoformat(), f"{value.year}年{value.month}月{value.day}日", f"{value:%Y%m%d}"):
        assert day(text) == pd.Timestamp(value)


def test_parse_boolean_reads_the_words_in_use():
    cells = pd.Series(["是", "有", "Y", "√", "规上", 1, 1.0, "１", True], dtype=object)
    assert parse_boolean(cells).cells.tolist() == [True] * 9
    cells = pd.Series(["否", "无", "n", "×", "规下", 0, 0.0, "FALSE", False], dtype=object)
    assert parse_boolean(cells).cells.tolist() == [False] * 9


def test_parse_boolean_tells_missing_from_bad():
    parsed = parse_boolean(pd.Series(["", None, math.nan, "/", "也许", 2], dtype=object))
    assert parsed.cells.isna().all()
    assert parsed.bad.tolist() == [False] * 4 + [True] * 2


def test_parse_boolean_takes_boolean_columns_as_they_are():
    for dtype in ("bool", "boolean"):
        parsed = parse_boolean(pd.Series([True, False], dtype=dtype))
        assert parsed.cells.dtype == "boolean"
        assert parsed.bad.tolist() == [False, False]


def test_parse_text_writes_codes_without_a_decimal_point():
    cells = pd.Series([330205001.0, 601, 2.5, " 甲 ", "", "\u200b", None, math.nan], dtype=object)
    assert parse_text(cells).fillna("?").tolist() == ["330205001", "601", "2.5", "甲", "?", "?", "?", "?"]


def test_parse_text_writes_dates_as_days():
    cells = pd.Series([datetime(2023, 6, 1), datetime(2023, 6, 1, 8, 30), date(2023, 6, 1)], dtype=object)  # noqa: DTZ001
    assert parse_text(cells).tolist() == ["2023-06-01", "2023-06-01 08:30:00", "2023-06-01"]


def test_parse_text_takes_lists_as_text():
    assert parse_text(pd.Series([["a"], ["a"]], dtype=object)).tolist() == ["['a']", "['a']"]


@pytest.mark.parametrize(
    ("text", "unit"),
    [("亩", "mu"), ("㎡", "m2"), ("万平方米", "ha"), ("平方公里", ""), ("万元", ""), (" ＨＡ ", "ha")],
)
def test_area_unit_of_names_the_unit(text, unit):
    assert area_unit_of(text) == unit


def test_fold_makes_letters_half_width():
    assert fold("\u3000ＡＢ－１２\xa0") == "AB-12"
