"""Rows of a frame found by a value and read as plain values."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.frame import plain_values
from geoapp.domain.frame_update import brought_up, have_same_column
from geoapp.domain.record_rows import RecordRows, find_values

POINT = shapely.Point(121.5, 29.9)


@pytest.fixture
def frame() -> pd.DataFrame:
    columns = {
        "plot_code": pd.array(["A", "B", "A", None], dtype="str"),
        "storeys": pd.array([2, None, 5, 7], dtype="Int64"),
        "area_m2": np.array([1.5, np.nan, 3.0, 0.0]),
        "is_demo": pd.array([True, None, False, False], dtype="boolean"),
        "built_on": np.array(["2026-03-01", "NaT", "1969-12-31", "2020-01-01"], dtype="datetime64[s]"),
    }
    return gpd.GeoDataFrame(columns, geometry=[POINT, None, POINT, None], crs=4490, index=[10, 11, 12, 13])


def test_rows_are_those_that_hold_the_value(frame: pd.DataFrame) -> None:
    rows = RecordRows(frame)
    assert rows.find("plot_code", "A").tolist() == [0, 2]
    assert rows.find("plot_code", "B").tolist() == [1]
    assert rows.find("plot_code", "C").tolist() == []
    assert rows.find("storeys", 7).tolist() == [3]
    assert rows.find_all("plot_code", ["B", "A"]).tolist() == [0, 1, 2]
    assert rows.find_all("plot_code", []).tolist() == []
    assert RecordRows(frame.iloc[:0]).find("plot_code", "A").tolist() == []
    with pytest.raises(KeyError):
        rows.find("colour", "A")


def test_values_are_those_of_whole_columns(frame: pd.DataFrame) -> None:
    rows = RecordRows(frame)
    for name in frame:
        assert [rows.value(row, name) for row in range(4)] == plain_values(frame[name]), name
    first = {"plot_code": "A", "storeys": 2, "area_m2": 1.5, "is_demo": True, "built_on": date(2026, 3, 1)}
    assert rows.values(0) == {**first, "geometry": POINT}
    types = [type(value) for value in rows.values(0, list(first)).values()]
    assert types == [str, int, float, bool, date]
    assert find_values(rows, "plot_code", "A", ["storeys"]) == [{"storeys": 2}, {"storeys": 5}]


def test_a_record_keeps_what_is_missing_as_the_frame_has_it(frame: pd.DataFrame) -> None:
    record = RecordRows(frame).record(1)
    assert record["storeys"] is pd.NA
    assert np.isnan(record["area_m2"])
    assert type(RecordRows(frame).record(0, ["area_m2"])["area_m2"]) is float


def test_look_ups_are_taken_over_while_the_column_is_the_same(frame: pd.DataFrame) -> None:
    rows = RecordRows(frame)
    rows.find("plot_code", "A")
    kept = rows.nbytes
    assert kept > 0
    fresh = frame.iloc[[1]].assign(area_m2=9.0)
    later = brought_up(frame, np.array([0, -1, 2, 3]), fresh)
    same = RecordRows(later, rows)
    assert same.nbytes == kept  # before anything was looked up
    assert same.find("plot_code", "B").tolist() == [1]
    assert same.value(1, "area_m2") == 9.0

    renamed = brought_up(frame, np.array([0, -1, 2, 3]), fresh.assign(plot_code="A"))
    assert RecordRows(renamed, rows).find("plot_code", "A").tolist() == [0, 1, 2]
    assert rows.find("plot_code", "A").tolist() == [0, 2]  # the older state is as it was


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"area_m2": 9.0}, True),
        ({"geometry": gpd.GeoSeries([POINT], index=[21], crs=4490)}, False),
    ],
)
def test_shapes_are_the_same_while_no_version_brings_another(
    frame: pd.DataFrame, changed: dict, is_same: bool
) -> None:
    fresh = frame.iloc[[1]].set_axis([21]).assign(**changed)
    later = brought_up(frame, np.array([0, -1, 2, 3]), fresh)
    assert have_same_column(frame, later, "geometry") is is_same
    assert have_same_column(frame, later, "area_m2") is not is_same


def test_shapes_in_other_places_are_not_the_same(frame: pd.DataFrame) -> None:
    assert not have_same_column(frame, frame.iloc[[2, 1, 0, 3]], "geometry")
    assert not have_same_column(frame, frame.iloc[:3], "geometry")
