from datetime import date, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.frame import (
    column_dtypes,
    conform,
    empty_frame,
    layer_dtypes,
    plain_geometries,
    plain_values,
)
from geoapp.domain.layer import Layer, parse_layer

FIELDS = [
    {"name": name, "dtype": dtype, "zh": name, "en": name}
    for name, dtype in (
        ("code", "string"), ("storeys", "integer"), ("gfa_m2", "number"), ("is_new", "boolean"), ("built_on", "date"),
    )
]  # fmt: skip
SQUARE = shapely.box(121.4, 29.9, 121.5, 30.0)


def _layer(geometry: str = "polygon") -> Layer:
    content = {"id": "x", "zh": "例", "en": "x", "geometry": geometry, "key": ["code"], "fields": FIELDS}
    return parse_layer(content, "x.toml")


def test_column_dtypes_end_with_provenance():
    assert column_dtypes(_layer()) == {
        "code": "str",
        "storeys": "Int64",
        "gfa_m2": "float64",
        "is_new": "boolean",
        "built_on": "datetime64[s]",
        "is_demo": "boolean",
        "source_file": "str",
        "source_row": "Int64",
    }
    assert layer_dtypes(_layer())["source_row"] == "integer"


def test_conform_gives_missing_columns_empty():
    frame = conform(pd.DataFrame({"code": ["A", None]}, index=[7, 7]), _layer())

    assert {
        name: str(dtype) for name, dtype in frame.drop(columns="geometry").dtypes.items()
    } == column_dtypes(_layer())
    assert list(frame.index) == [7, 7]
    assert frame.crs == 4490
    assert frame["is_demo"].tolist() == [False, False]
    assert frame.drop(columns=["code", "is_demo"]).isna().all(axis=None)


def test_conform_leaves_the_given_frame_alone():
    given = pd.DataFrame({"code": ["A"], "storeys": [3], "extra": ["x"]})
    before = given.copy()

    frame = conform(given, _layer("none"))

    pd.testing.assert_frame_equal(given, before)
    assert "extra" not in frame
    assert not isinstance(frame, gpd.GeoDataFrame)


def test_conform_cuts_the_time_of_day():
    frame = conform(pd.DataFrame({"built_on": [datetime(2026, 3, 1, 23, 59, 59)]}), _layer("none"))  # noqa: DTZ001 as in files

    assert frame["built_on"].iloc[0] == pd.Timestamp("2026-03-01")


def test_conform_refuses_another_crs():
    metres = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=4549)

    with pytest.raises(ValueError, match="EPSG:4490, got EPSG:4549"):
        conform(metres, _layer())


def test_conform_takes_geometry_without_crs_as_degrees():
    frame = conform(gpd.GeoDataFrame({"code": ["A"]}, geometry=[SQUARE]), _layer())

    assert frame.crs == 4490
    assert frame.geometry.iloc[0].equals(SQUARE)


def test_empty_frame_conforms():
    assert len(empty_frame(_layer())) == 0
    assert empty_frame(_layer()).crs == 4490


def test_plain_values_are_python_values():
    frame = conform(
        gpd.GeoDataFrame(
            {
                "code": ["A", None],
                "storeys": [3, None],
                "gfa_m2": [1.5, np.nan],
                "is_new": [True, None],
                "built_on": [date(1949, 10, 1), None],
            },
            geometry=[SQUARE, None],
            crs=4490,
        ),
        _layer(),
    )

    values = {name: plain_values(frame[name]) for name in ("code", "storeys", "gfa_m2", "is_new", "built_on")}

    assert values == {
        "code": ["A", None],
        "storeys": [3, None],
        "gfa_m2": [1.5, None],
        "is_new": [True, None],
        "built_on": [date(1949, 10, 1), None],
    }
    assert {type(column[0]) for column in values.values()} == {str, int, float, bool, date}
    assert plain_values(frame["geometry"]) == [SQUARE, None]


def test_plain_geometries_drop_height_wrapping_and_emptiness():
    other = shapely.box(1, 1, 2, 2)
    given = np.array(
        [
            shapely.force_3d(SQUARE, 5.0),
            shapely.MultiPolygon([SQUARE]),
            shapely.MultiPolygon([SQUARE, other]),
            shapely.Polygon(),
            None,
        ]
    )

    plain = plain_geometries(given)

    assert plain.tolist() == [SQUARE, SQUARE, shapely.MultiPolygon([SQUARE, other]), None, None]
    assert not shapely.has_z(plain).any()
    assert shapely.has_z(given[0])
