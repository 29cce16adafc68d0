import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.intensity import (
    building_coefficient,
    counted_floor_area,
    far_class,
    far_class_codes,
    first_known,
    ratio,
    site_area,
    sum_by_plot,
)

FACTORS = [(8.0, 2.0)]
BREAKS = [0.6, 1.0, 1.5, 2.0]


def building(gfa=1000.0, height=4.0, basement=None, basement_storeys=None):
    return pd.DataFrame(
        {
            "gfa_m2": [gfa],
            "storey_height_m": [height],
            "basement_gfa_m2": [basement],
            "basement_storeys": [basement_storeys],
        }
    ).astype(
        {"gfa_m2": float, "storey_height_m": float, "basement_gfa_m2": float, "basement_storeys": "Int64"}
    )


def counted(factors=FACTORS, basement_factor=0.0, **kwargs):
    return counted_floor_area(building(**kwargs), factors, basement_factor).iloc[0]


@pytest.mark.parametrize(
    ("height", "expected"),
    [(7.99, 1000), (8.0, 1000), (8.01, 2000), (24.0, 2000)],
)
def test_storeys_above_eight_metres_count_twice(height, expected):
    assert counted(height=height)["counted_m2"] == expected


def test_unknown_height_counts_once_and_is_flagged():
    hall = counted(height=None)
    assert hall["counted_m2"] == 1000
    assert not hall["is_height_known"]
    assert counted(height=4.0)["is_height_known"]


def test_basement_does_not_count():
    # 1000 above and below ground, 300 of it below: 700 count
    assert counted(basement=300.0, basement_storeys=1)["counted_m2"] == 700


def test_basement_counts_once_where_the_policy_says_so():
    # a high hall: 700 x 2 above ground + 300 x 0.5 below
    hall = counted(height=9.0, basement=300.0, basement_storeys=1, basement_factor=0.5)
    assert hall["counted_m2"] == 1550


def test_basement_without_area_leaves_floor_area_unknown():
    assert np.isnan(counted(basement_storeys=1)["counted_m2"])


def test_basement_left_blank_is_none():
    assert counted()["counted_m2"] == 1000
    assert counted(basement_storeys=0)["counted_m2"] == 1000


def test_unknown_floor_area_stays_unknown():
    assert np.isnan(counted(gfa=None)["counted_m2"])


def test_basement_larger_than_the_building_leaves_nothing_above_ground():
    assert counted(gfa=100.0, basement=300.0)["above_ground_m2"] == 0


def test_more_steps_take_the_highest_exceeded():
    steps = [(12.0, 3.0), (8.0, 2.0)]
    assert [counted(steps, height=h)["storey_factor"] for h in (8.0, 12.0, 12.1)] == [1.0, 2.0, 3.0]


def test_no_buildings_count_nothing():
    assert counted_floor_area(building().iloc[:0], FACTORS).empty


def test_one_unknown_building_makes_its_plot_unknown():
    values = pd.Series([700.0, 300.0, np.nan, 50.0], index=[7, 8, 9, 10])
    codes = pd.Series(["A", "A", "B", "B"], index=[7, 8, 9, 10])
    sums = sum_by_plot(values, codes, pd.Index(["A", "B", "C"]))
    assert sums["A"] == 1000  # 700 + 300
    assert sums[["B", "C"]].isna().all()


def test_site_area_goes_by_the_order_and_skips_what_is_no_area():
    areas = {
        "registered": pd.Series([100.0, 0.0, np.nan]),
        "ellipsoid": pd.Series([99.0, 98.0, np.nan]),
        "plane": pd.Series([1.0, 1.0, np.nan]),
    }
    area, basis = site_area(areas, ("registered", "ellipsoid"))
    assert area.tolist()[:2] == [100.0, 98.0]
    assert np.isnan(area[2])
    assert basis.tolist() == ["registered", "ellipsoid", ""]


def test_first_known_of_no_rows_is_empty():
    value, basis = first_known({"a": pd.Series([], dtype=float)}, ["a"])
    assert (len(value), len(basis)) == (0, 0)


def test_ratio_of_a_zero_site_is_unknown():
    assert ratio(pd.Series([100.0, 100.0]), pd.Series([0.0, np.nan])).isna().all()


def test_building_coefficient_adds_structures_and_yards():
    # (4000 + 1500) / 10000 = 0.55, while site coverage is 0.40
    assert building_coefficient(pd.Series([4e3]), pd.Series([1.5e3]), pd.Series([1e4]))[0] == 0.55
    assert ratio(pd.Series([4e3]), pd.Series([1e4]))[0] == 0.40


def test_building_coefficient_is_unknown_without_yards():
    assert building_coefficient(pd.Series([4e3]), pd.Series([np.nan]), pd.Series([1e4])).isna().all()


def test_a_ratio_on_a_break_belongs_to_the_class_above():
    classes = far_class(pd.Series([0.0, 0.6, 0.999, 1.0, 1.5, 2.0, 9.0, np.nan]), BREAKS)
    assert classes.tolist() == [
        "<0.6",
        "0.6-1.0",
        "0.6-1.0",
        "1.0-1.5",
        "1.5-2.0",
        ">=2.0",
        ">=2.0",
        "unknown",
    ]


def test_class_codes_come_lowest_first():
    assert far_class_codes(BREAKS) == ["<0.6", "0.6-1.0", "1.0-1.5", "1.5-2.0", ">=2.0", "unknown"]


def test_classes_of_finer_limits_keep_apart():
    # With one decimal 0.75 and 0.8 would both read 0.8.
    assert far_class_codes([0.75, 0.8, 1.25]) == ["<0.75", "0.75-0.8", "0.8-1.25", ">=1.25", "unknown"]


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 30)), min_size=1, max_size=20))
def test_counted_area_lies_between_once_and_twice(halls):
    rows = pd.concat([building(gfa, height) for gfa, height in halls], ignore_index=True)
    area = counted_floor_area(rows, FACTORS)["counted_m2"]
    assert (area >= rows["gfa_m2"]).all()
    assert (area <= 2 * rows["gfa_m2"]).all()
