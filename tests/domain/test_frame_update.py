import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.frame_update import (
    are_in_place,
    brought_up,
    known_rows,
    share_values,
    with_equal_columns_once,
)

OLD = gpd.GeoDataFrame(
    {"name": pd.array(["甲", "乙", None], dtype="str"), "area_m2": [1.0, np.nan, 3.0],
     "storeys": pd.array([1, None, 3], dtype="Int64")},
    index=pd.Index(["A", "B", "C"], name="plot_code"), geometry=shapely.points([(1, 1), (2, 2), (3, 3)]), crs=4490,
)  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "rows"),
    [
        ([10, 11, 12], [10, 11, 12], [0, 1, 2]),
        ([10, 11, 12], [10, 13, 12], [0, -1, 2]),
        ([10, 11, 12], [10, 12, 13], [0, 2, -1]),  # one gone, one new: the second moved up
        ([10, 11], [11, 10], [1, 0]),
        ([10, 11], [10, 11, 12], [0, 1, -1]),
        ([], [10], [-1]),
        ([10], [], []),
    ],
)
def test_rows_of_an_older_state_are_found(old, new, rows):
    ids = (np.array(numbers, dtype=np.int64) for numbers in (old, new))
    assert known_rows(*ids).tolist() == rows


def test_rows_are_in_place_only_where_all_stand_where_they_stood():
    assert are_in_place(np.array([0, -1, 2]), 3)
    assert not are_in_place(np.array([0, 2, -1]), 3)
    assert not are_in_place(np.array([0, 1]), 3)


def test_only_changed_columns_are_made_anew_when_a_row_changes_in_place():
    fresh = OLD.iloc[[1]].assign(area_m2=9.0)
    later = brought_up(OLD, np.array([0, -1, 2]), fresh)

    pd.testing.assert_frame_equal(later, OLD.assign(area_m2=[1.0, 9.0, 3.0]))
    assert share_values(later["name"].array, OLD["name"].array)
    assert not share_values(later["area_m2"].array, OLD["area_m2"].array)
    assert later.index is OLD.index
    assert later.crs == OLD.crs
    assert np.isnan(OLD["area_m2"].iloc[1])


def test_rows_leave_come_and_change_their_places():
    fresh = pd.concat([OLD.iloc[[0]].rename(index={"A": "D"}), OLD.iloc[[1]].assign(storeys=7)])
    later = brought_up(OLD, np.array([2, -1, -1]), fresh)

    assert later.index.tolist() == ["C", "D", "B"]
    assert later["storeys"].tolist() == [3, 1, 7]
    assert shapely.get_x(later.geometry).tolist() == [3.0, 1.0, 2.0]
    assert later.index.name == "plot_code"


def test_fresh_rows_take_the_dtypes_of_the_older_ones():
    fresh = pd.DataFrame({"name": ["丙"], "area_m2": [4], "storeys": [2.0]}, index=["B"])
    old = pd.DataFrame(OLD.drop(columns="geometry"))
    later = brought_up(old, np.array([0, -1, 2]), fresh)
    assert later.dtypes.tolist() == old.dtypes.tolist()
    assert later.loc["B"].tolist() == ["丙", 4.0, 2]


def test_all_rows_are_fresh_where_there_were_none():
    assert brought_up(OLD.iloc[:0], np.array([-1, -1, -1]), OLD) is OLD


def test_columns_of_one_value_are_one_in_memory() -> None:
    columns = {
        "a": pd.array([None, None], dtype="str"),
        "b": pd.array([None, None], dtype="str"),
        "days": pd.array([None, None], dtype="datetime64[s]"),
        "zero": pd.array([0.0, 0.0], dtype="float64"),
        "nothing": pd.array([0.0, 0.0], dtype="float64"),
        "below": pd.array([-0.0, -0.0], dtype="float64"),  # prints with another sign
        "mixed": pd.array([0.0, -0.0], dtype="float64"),
        "one": pd.array([1.0, 1.0], dtype="float64"),
        "few": pd.array([None, 1.0], dtype="float64"),
        "more": pd.array([1.0, None], dtype="float64"),
        "false": pd.array([False, False], dtype="boolean"),
        "no": pd.array([False, False], dtype="boolean"),
        "objects": pd.array(np.array([None, None], dtype=object), dtype=object),
    }
    once = with_equal_columns_once(columns)
    assert list(once) == list(columns)
    shared = {name: [other for other in once if once[other] is column] for name, column in once.items()}
    assert {name: found for name, found in shared.items() if len(found) > 1} == {
        "a": ["a", "b"], "b": ["a", "b"], "zero": ["zero", "nothing"], "nothing": ["zero", "nothing"],
        "false": ["false", "no"], "no": ["false", "no"],
    }  # fmt: skip
    for name, column in columns.items():
        pd.testing.assert_extension_array_equal(once[name], column)


def test_columns_without_rows_stay_apart() -> None:
    columns = {name: pd.array([], dtype="str") for name in ("a", "b")}
    assert with_equal_columns_once(columns) == columns
