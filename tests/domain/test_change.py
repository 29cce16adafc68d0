from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoapp.domain.change import RegisterChange, compare, difference, positions_of, same_geometry
from geoapp.domain.frame import conform, empty_frame
from geoapp.domain.layer import parse_layer

SQUARE = shapely.box(121.4, 29.9, 121.401, 29.901)
OTHER = shapely.box(121.5, 29.9, 121.501, 29.901)


def _field(name, dtype):
    return {"name": name, "dtype": dtype, "zh": name, "en": name}


PLOTS = parse_layer(
    {
        "id": "plots",
        "zh": "地块",
        "en": "Plots",
        "geometry": "polygon",
        "key": ["plot_code"],
        "fields": [
            _field("plot_code", "string"),
            _field("name", "string"),
            _field("area_m2", "number"),
            _field("storeys", "integer"),
            _field("is_open", "boolean"),
            _field("built_on", "date"),
        ],
    },
    "plots.toml",
)
PERFORMANCE = parse_layer(
    {
        "id": "performance",
        "zh": "绩效",
        "en": "Performance",
        "geometry": "none",
        "key": ["uscc", "year"],
        "fields": [_field("uscc", "string"), _field("year", "integer"), _field("tax_wan", "number")],
    },
    "performance.toml",
)


def _plots(**columns):
    records = {
        "plot_code": ["A", "B"], "name": ["甲", None], "area_m2": [100.0, np.nan], "storeys": [3, None],
        "is_open": [True, None], "built_on": [date(2020, 1, 1), None], "geometry": [SQUARE, None],
    }  # fmt: skip
    return gpd.GeoDataFrame(records | columns, geometry="geometry", crs=4490)


def _stored(frame=None):
    return conform(_plots() if frame is None else frame, PLOTS)


def test_everything_is_new_in_an_empty_register():
    found = compare(empty_frame(PLOTS), _plots(), PLOTS)

    assert found.new == [("A",), ("B",)]
    assert (found.changed, found.unchanged, found.gone, found.changed_fields) == ([], [], [], {})


def test_missing_equals_missing():
    found = compare(_stored(), _plots(), PLOTS)

    assert found.unchanged == [("A",), ("B",)]
    assert (found.new, found.changed, found.gone) == ([], [], [])


def test_no_rows_leave_everything_gone():
    assert compare(_stored(), empty_frame(PLOTS), PLOTS).gone == [("A",), ("B",)]
    assert compare(empty_frame(PLOTS), empty_frame(PLOTS), PLOTS).gone == []


def test_changed_fields_name_old_and_new_values():
    incoming = _plots(
        plot_code=["B", "C"], name=["乙", "丙"], area_m2=[200.0, 1.0], storeys=[None, 1], is_open=[False, None],
        built_on=[date(2021, 2, 3), None], geometry=[OTHER, OTHER],
    )  # fmt: skip

    found = compare(_stored(), incoming, PLOTS)

    assert (found.new, found.changed, found.unchanged, found.gone) == ([("C",)], [("B",)], [], [("A",)])
    assert found.changed_fields == {
        ("B",): {
            "name": (None, "乙"),
            "area_m2": (None, 200.0),
            "is_open": (None, False),
            "built_on": (None, date(2021, 2, 3)),
            "geometry": (None, OTHER),
        }
    }


@pytest.mark.parametrize(
    ("column", "value", "old"),
    [
        ("name", "乙", "甲"),
        ("name", None, "甲"),
        ("area_m2", 100.0001, 100.0),
        ("area_m2", None, 100.0),
        ("storeys", 4, 3),
        ("is_open", False, True),
        ("built_on", date(2020, 1, 2), date(2020, 1, 1)),
        ("geometry", OTHER, SQUARE),
        ("geometry", None, SQUARE),
    ],
)
def test_one_differing_value_makes_a_record_changed(column, value, old):
    incoming = _plots()
    incoming[column] = [value, *incoming[column].tolist()[1:]]

    found = compare(_stored(), incoming, PLOTS)

    assert found.changed == [("A",)]
    assert found.changed_fields == {("A",): {column: (old, value)}}


def test_is_demo_counts_as_a_value():
    found = compare(_stored(), _plots(is_demo=[True, False]), PLOTS)

    assert found.changed_fields == {("A",): {"is_demo": (False, True)}}


def test_provenance_alone_changes_nothing():
    stored = _stored(_plots(source_file=["a.shp", "a.shp"], source_row=[1, 2]))

    found = compare(stored, _plots(source_file=["b.shp", "b.shp"], source_row=[2, 1]), PLOTS)

    assert found.unchanged == [("A",), ("B",)]


def test_a_changed_record_takes_the_new_provenance():
    stored = _stored(_plots(source_file=["a.shp", "a.shp"]))
    incoming = _plots(name=["新", None], source_file=["b.shp", "b.shp"])

    records = difference(stored, incoming, PLOTS).records

    assert records["source_file"].tolist() == ["b.shp", "b.shp"]


def test_fifteen_digits_of_a_number_are_enough():
    # 0.1 + 0.2 is 0.30000000000000004; a DBF column holds 0.3.
    stored = _stored(_plots(area_m2=[0.1 + 0.2, np.inf]))

    assert compare(stored, _plots(area_m2=[0.3, np.inf]), PLOTS).changed == []


def test_columns_that_are_not_there_keep_their_values():
    ledger = pd.DataFrame({"plot_code": ["C", "B", "A"], "name": ["丙", "乙", "甲"]})

    found = difference(_stored(_plots(is_demo=[True, True])), ledger, PLOTS)

    assert found.is_new.tolist() == [True, False, False]
    assert found.is_changed.tolist() == [False, True, False]
    assert found.records["area_m2"].fillna(-1).tolist() == [-1, -1, 100.0]
    assert found.records["geometry"].tolist() == [None, None, SQUARE]
    assert found.records["is_demo"].tolist() == [False, True, True]
    assert found.records.crs == 4490


def test_compare_leaves_both_frames_alone():
    stored, incoming = _stored(), _plots(name=["新", None])
    stored_before, incoming_before = stored.copy(), incoming.copy()

    compare(stored, incoming, PLOTS)

    pd.testing.assert_frame_equal(stored, stored_before)
    pd.testing.assert_frame_equal(incoming, incoming_before)


def test_compare_does_not_read_the_index():
    incoming = _plots(name=["新", None]).set_index(pd.Index([9, 9]))

    assert compare(_stored(), incoming, PLOTS).changed == [("A",)]


def test_two_key_fields_are_one_key():
    stored = conform(
        pd.DataFrame({"uscc": ["X", "X"], "year": [2023, 2024], "tax_wan": [1.0, 2.0]}), PERFORMANCE
    )
    incoming = pd.DataFrame({"uscc": ["X", "Y"], "year": [2024, 2024], "tax_wan": [3.0, 4.0]})

    found = compare(stored, incoming, PERFORMANCE)

    assert (found.new, found.changed, found.gone) == ([("Y", 2024)], [("X", 2024)], [("X", 2023)])
    assert found.changed_fields == {("X", 2024): {"tax_wan": (2.0, 3.0)}}


def test_a_key_there_twice_is_refused():
    with pytest.raises(ValueError, match="plots: key is there twice: A"):
        compare(_stored(), _plots(plot_code=["A", "A"]), PLOTS)


def test_a_record_without_key_is_refused():
    with pytest.raises(ValueError, match="plots: a record without key"):
        compare(_stored(), _plots(plot_code=["A", None]), PLOTS)


def test_a_missing_key_column_is_refused():
    with pytest.raises(ValueError, match="performance: key column year is not there"):
        compare(empty_frame(PERFORMANCE), pd.DataFrame({"uscc": ["X"]}), PERFORMANCE)


def test_positions_of_leaves_out_unknown_and_repeated_keys():
    assert positions_of(_stored(), [("B",), ("Z",), ("B",)], PLOTS).tolist() == [1]
    assert positions_of(_stored(), [], PLOTS).tolist() == []


def test_a_change_may_only_remove():
    assert RegisterChange(removed=[("A",)]).upserts is None


# Geometry


def _same(old, new):
    return bool(same_geometry(np.array([old]), np.array([new]))[0])


RING = [(121.4, 29.9), (121.402, 29.9), (121.402, 29.903), (121.4, 29.903)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, None),
        (None, shapely.Polygon()),
        (shapely.Polygon(RING), shapely.Polygon(RING[::-1])),
        (shapely.Polygon(RING), shapely.Polygon(RING[2:] + RING[:2])),
        (shapely.Polygon(RING), shapely.MultiPolygon([shapely.Polygon(RING)])),
        (shapely.MultiPolygon([SQUARE, OTHER]), shapely.MultiPolygon([OTHER, SQUARE])),
        (shapely.Polygon(RING), shapely.force_3d(shapely.Polygon(RING), 3.0)),
    ],
)
def test_the_same_shape_written_otherwise_is_the_same(old, new):
    assert _same(old, new)
    assert _same(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, SQUARE),
        (SQUARE, OTHER),
        (SQUARE, shapely.MultiPolygon([SQUARE, OTHER])),
        (SQUARE, SQUARE.exterior),
        (
            SQUARE,
            shapely.Polygon(SQUARE.exterior, [shapely.box(121.4002, 29.9002, 121.4004, 29.9004).exterior]),
        ),
        # 1e-8 degrees are about a millimetre: that is a survey, not noise.
        (shapely.Polygon(RING), shapely.Polygon([(121.40000001, 29.9), *RING[1:]])),
    ],
)
def test_another_shape_is_another(old, new):
    assert not _same(old, new)
    assert not _same(new, old)


@given(st.lists(st.floats(-4e-10, 4e-10), min_size=8, max_size=8), st.integers(0, 3), st.booleans())
def test_noise_below_a_tenth_of_a_millimetre_is_no_change(noise, start, is_reversed):
    ring = (np.array(RING) + np.array(noise).reshape(4, 2)).tolist()
    ring = ring[start:] + ring[:start]

    assert _same(shapely.Polygon(RING), shapely.Polygon(ring[::-1] if is_reversed else ring))
