import numpy as np
import pandas as pd
import pytest

from geoapp.domain.column_units import area_unit_evidence, conversion, header_unit, unit_of_word
from geoapp.errors import UsageError


@pytest.mark.parametrize(
    ("header", "field_unit", "unit"),
    [
        ("面积(亩)", "m2", "mu"),
        ("面积（万㎡）", "m2", "ha"),
        ("面积(平方公里)", "m2", "km2"),
        ("规划面积(亩)", "km2", "mu"),
        ("投资(元)", "wan", "yuan"),
        ("投资(元)", "m2", ""),
        ("比例(%)", "percent", "percent"),
        ("面积(含代征)(亩)", "m2", "mu"),
        ("面积(亩)(含代征)", "m2", "mu"),
        ("层数(层)", "storey", ""),
        ("", "m2", ""),
    ],
)
def test_unit_named_by_a_header(header, field_unit, unit):
    assert header_unit(header, field_unit) == unit


def test_unit_of_word_knows_feet():
    assert unit_of_word("sqft") == "ft2"


@pytest.mark.parametrize(
    ("field_unit", "unit", "factor"),
    [
        ("m2", "", 1),
        ("m2", "m2", 1),
        ("m2", "km2", 1e6),
        ("km2", "ha", 0.01),
        ("wan", "qian", 0.1),
        ("tce", "", 1),
    ],
)
def test_conversion_to_the_unit_of_the_field(field_unit, unit, factor):
    assert conversion(field_unit, unit) == pytest.approx(factor)


@pytest.mark.parametrize(("field_unit", "unit"), [("m2", "wan"), ("tce", "t")])
def test_unit_that_does_not_fit_is_refused(field_unit, unit):
    with pytest.raises(UsageError, match="不适用"):
        conversion(field_unit, unit)


@pytest.mark.parametrize(("unit", "per_m2"), [("m2", 1), ("ha", 1e-4), ("mu", 0.0015)])
def test_geometry_tells_the_unit(unit, per_m2):
    geometry_m2 = np.array([30_000.0, 20_000.0, np.nan, 10_000.0])
    numbers = pd.Series([30_000 * per_m2, 20_000 * per_m2 * 1.1, 5.0, np.nan])
    evidence = area_unit_evidence(numbers, geometry_m2, 0.2)
    # the third has no geometry, the fourth no number
    assert (evidence.unit, evidence.share, evidence.row_count) == (unit, 1.0, 2)


def test_geometry_that_fits_no_unit():
    evidence = area_unit_evidence(pd.Series([3.0]), np.array([1.0]), 0.2)
    assert (evidence.unit, evidence.share, evidence.median_ratio) == ("", 0.0, 3.0)


def test_mixed_units_share_is_that_of_the_median():
    numbers = pd.Series([1.0, 1.0, 1.0, 0.0015])
    assert area_unit_evidence(numbers, np.ones(4), 0.2).share == 0.75


def test_nothing_to_compare():
    evidence = area_unit_evidence(pd.Series([np.nan]), np.array([1.0]), 0.2)
    assert (evidence.unit, evidence.row_count) == ("", 0)
