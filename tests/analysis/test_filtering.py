"""Three-valued logic, comparisons, patterns and places, worked out by hand; and laws that hold for any filter."""

import itertools
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoapp.analysis.filtering import filter_rows
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
)

FIRST, SECOND = Compare("a", "=", value=True), Compare("b", "=", value=True)
VALUES = (True, False, None)


def frame_of(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def rows_of(expression: Expression, records: pd.DataFrame) -> list[bool]:
    return filter_rows(expression, records).tolist()


def booleans(pairs: list[tuple[bool | None, bool | None]]) -> pd.DataFrame:
    first, second = zip(*pairs, strict=True)
    return frame_of(a=pd.Series(first, dtype="boolean"), b=pd.Series(second, dtype="boolean"))


# Kleene's tables: pairs in the order TT TF TU FT FF FU UT UF UU
AND = [True, False, None, False, False, False, None, False, None]
OR = [True, True, True, True, False, None, True, None, None]


@pytest.mark.parametrize(("kind", "table"), [(And, AND), (Or, OR)])
def test_and_and_or_follow_kleene(kind: type[And] | type[Or], table: list[bool | None]) -> None:
    records = booleans(list(itertools.product(VALUES, VALUES)))
    joined = kind((FIRST, SECOND))
    assert rows_of(joined, records) == [answer is True for answer in table]
    assert rows_of(Not(joined), records) == [answer is False for answer in table]


def test_not_unknown_is_unknown() -> None:
    records = booleans([(True, True), (False, True), (None, True)])
    assert rows_of(FIRST, records) == [True, False, False]
    assert rows_of(Not(FIRST), records) == [False, True, False]
    assert rows_of(Or((FIRST, Not(FIRST))), records) == [True, True, False]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("=", [False, True, False, False]),
        ("<>", [True, False, True, False]),
        ("<", [True, False, False, False]),
        ("<=", [True, True, False, False]),
        (">", [False, False, True, False]),
        (">=", [False, True, True, False]),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "Float64"])
def test_numbers_below_at_and_above_a_threshold(operator: str, expected: list[bool], dtype: str) -> None:
    records = frame_of(far=pd.Series([0.99, 1.0, 1.01, None], dtype=dtype))
    assert rows_of(Compare("far", operator, 1.0), records) == expected  # type: ignore[arg-type]


def test_integers_with_gaps() -> None:
    records = frame_of(year=pd.Series([1999, 2000, None], dtype="Int64"))
    assert rows_of(Compare("year", ">=", 2000.0), records) == [False, True, False]
    assert rows_of(Not(In("year", (1999.0,))), records) == [False, True, False]


def test_yes_or_no_among_values() -> None:
    records = frame_of(a=pd.Series([True, False, None], dtype="boolean"))
    assert rows_of(In("a", (True,)), records) == [True, False, False]
    assert rows_of(Not(In("a", (True,))), records) == [False, True, False]


def test_texts_and_case() -> None:
    records = frame_of(name=pd.Series(["Ab", "ab", "b", None], dtype="str"))
    assert rows_of(Compare("name", "=", "ab"), records) == [False, True, False, False]
    assert rows_of(Compare("name", "=", "AB", is_folded=True), records) == [True, True, False, False]
    assert rows_of(Compare("name", ">", "ab"), records) == [False, False, True, False]
    assert rows_of(In("name", ("AB", "x"), is_folded=True), records) == [True, True, False, False]
    assert rows_of(Not(In("name", ("ab",))), records) == [True, False, True, False]
    assert rows_of(Compare("name", "=", ""), records) == [False] * 4


def test_days() -> None:
    records = frame_of(on=pd.Series(["2025-12-31", "2026-01-01", None], dtype="datetime64[s]"))
    day = date(2026, 1, 1)
    assert rows_of(Compare("on", "<", day), records) == [True, False, False]
    assert rows_of(Compare("on", "=", day), records) == [False, True, False]
    assert rows_of(Between("on", date(2025, 12, 31), day), records) == [True, True, False]
    assert rows_of(In("on", (day,)), records) == [False, True, False]


def test_between_takes_in_both_ends() -> None:
    records = frame_of(far=[0.5, 0.49, 1.0, 1.01, None])
    assert rows_of(Between("far", 0.5, 1.0), records) == [True, False, True, False, False]
    assert rows_of(Not(Between("far", 0.5, 1.0)), records) == [False, True, False, True, False]


def test_two_fields() -> None:
    records = frame_of(far=[1.0, 2.0, 3.0, None], plan=[2.0, 2.0, None, 2.0])
    assert rows_of(Compare("far", ">=", FieldName("plan")), records) == [False, True, False, False]
    assert rows_of(Not(Compare("far", ">=", FieldName("plan"))), records) == [True, False, False, False]


def test_is_null_asks_for_the_unknown() -> None:
    records = frame_of(far=[1.0, None])
    assert rows_of(IsNull("far"), records) == [False, True]
    assert rows_of(Not(IsNull("far")), records) == [True, False]


@pytest.mark.parametrize(
    ("pattern", "is_folded", "expected"),
    [
        ("%厂", False, [True, True, False, False, False]),
        ("_厂", False, [True, False, False, False, False]),
        ("甲%", False, [True, False, False, False, False]),
        ("a.c", False, [False, False, True, False, False]),
        ("A.C", True, [False, False, True, False, False]),
        (r"5\%", False, [False, False, False, True, False]),
        ("%", False, [True, True, True, True, False]),
        ("5\\", False, [False, False, False, False, False]),
    ],
)
def test_patterns(pattern: str, is_folded: bool, expected: list[bool]) -> None:
    records = frame_of(name=pd.Series(["甲厂", "乙\n厂", "a.c", "5%", None], dtype="str"))
    assert rows_of(Like("name", pattern, is_folded), records) == expected
    opposite = [not hit and row < 4 for row, hit in enumerate(expected)]
    assert rows_of(Not(Like("name", pattern, is_folded)), records) == opposite


SHAPES = [
    shapely.box(0, 0, 1, 1),  # inside the drawn square 0..2
    shapely.box(1, 1, 3, 3),  # across its corner
    shapely.box(2, 0, 3, 1),  # touching its edge
    shapely.box(5, 5, 6, 6),  # away
    shapely.box(-1, -1, 3, 3),  # around it
    shapely.Polygon(),
    None,
]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("s_intersects", [True, True, True, False, True, False, False]),
        ("s_disjoint", [False, False, False, True, False, False, False]),
        ("s_within", [True, False, False, False, False, False, False]),
        ("s_contains", [False, False, False, False, True, False, False]),
        ("s_touches", [False, False, True, False, False, False, False]),
        ("s_overlaps", [False, True, False, False, False, False, False]),
        ("s_crosses", [False] * 7),
        ("s_equals", [False] * 7),
    ],
)
def test_places_against_a_drawn_square(operator: str, expected: list[bool]) -> None:
    records = gpd.GeoDataFrame(geometry=SHAPES, crs=4490)
    located = Located(operator, shapely.box(0, 0, 2, 2))  # type: ignore[arg-type]
    assert rows_of(located, records) == expected
    assert filter_rows(located, records, shapely.bounds(np.array(SHAPES))).tolist() == expected
    assert rows_of(Not(located), records)[:5] == [not hit for hit in expected[:5]]
    assert rows_of(Not(located), records)[5:] == [False, False]  # without a shape nobody knows


def test_record_without_a_shape_has_no_place() -> None:
    records = gpd.GeoDataFrame(geometry=SHAPES, crs=4490)
    assert rows_of(IsNull("geometry"), records) == [False] * 5 + [True, True]


def test_constants_and_no_rows() -> None:
    records = frame_of(far=[1.0, None])
    assert rows_of(Constant(value=True), records) == [True, True]
    assert rows_of(Constant(value=False), records) == [False, False]
    empty = frame_of(far=pd.Series(dtype="float64"), name=pd.Series(dtype="str"))
    assert rows_of(And((Compare("far", "<", 1.0), Like("name", "%"), In("name", ("a",)))), empty) == []


def test_missing_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        filter_rows(Compare("far", "<", 1.0), frame_of(name=["a"]))


UNHURRIED = settings(deadline=None)
NUMBERS = st.sampled_from([0.0, 0.5, 1.0, 1.5])
TEXTS = st.sampled_from(["a", "A", "ab", ""])
LEAVES = st.one_of(
    st.builds(Compare, st.just("far"), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), NUMBERS),
    st.builds(Between, st.just("far"), NUMBERS, NUMBERS),
    st.builds(In, st.just("name"), st.tuples(TEXTS, TEXTS), st.booleans()),
    st.builds(Like, st.just("name"), st.sampled_from(["a%", "_", "%"]), st.booleans()),
    st.builds(IsNull, st.sampled_from(["far", "name"])),
    st.builds(Constant, st.booleans()),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner)),
    ),
    max_leaves=8,
)
RECORDS = st.lists(st.tuples(st.none() | NUMBERS, st.none() | TEXTS), max_size=12).map(
    lambda rows: frame_of(
        far=pd.Series([far for far, _ in rows], dtype="float64"),
        name=pd.Series([name for _, name in rows], dtype="str"),
    )
)


@UNHURRIED
@given(FILTERS, RECORDS)
def test_not_not_is_itself(expression: Expression, records: pd.DataFrame) -> None:
    assert rows_of(Not(Not(expression)), records) == rows_of(expression, records)


@UNHURRIED
@given(FILTERS, FILTERS, RECORDS)
def test_and_is_both_or_is_either(first: Expression, second: Expression, records: pd.DataFrame) -> None:
    masks = filter_rows(first, records), filter_rows(second, records)
    assert rows_of(And((first, second)), records) == (masks[0] & masks[1]).tolist()
    assert rows_of(Or((first, second)), records) == (masks[0] | masks[1]).tolist()


@UNHURRIED
@given(FILTERS, FILTERS, RECORDS)
def test_de_morgan(first: Expression, second: Expression, records: pd.DataFrame) -> None:
    assert rows_of(Not(And((first, second))), records) == rows_of(Or((Not(first), Not(second))), records)


@UNHURRIED
@given(FILTERS, RECORDS)
def test_nothing_is_both_taken_in_and_by_its_opposite(expression: Expression, records: pd.DataFrame) -> None:
    assert not (filter_rows(expression, records) & filter_rows(Not(expression), records)).any()


@UNHURRIED
@given(FILTERS, RECORDS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(expression: Expression, records: pd.DataFrame, random) -> None:
    order = list(range(len(records)))
    random.shuffle(order)
    shuffled = filter_rows(expression, records.iloc[order])
    assert shuffled.tolist() == filter_rows(expression, records)[order].tolist()
