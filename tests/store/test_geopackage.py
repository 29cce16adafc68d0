"""Other programs read the database: GDAL, and with it QGIS."""

import sqlite3
from contextlib import closing
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.store.geopackage_blob import decode_geometries, encode_geometries

SQUARE = shapely.box(121.4, 29.9, 121.401, 29.901)
HOLED = shapely.Polygon(SQUARE.exterior, [shapely.box(121.4002, 29.9002, 121.4004, 29.9004).exterior])


@pytest.fixture
def filled(store, squares, write):
    """Plots in two parts and with a hole (one replaced, one gone), a point, a line, numbers without geometry."""
    plots = squares(4, name=["甲厂", "乙厂", None, "丁厂"], built_on=[date(2020, 2, 29), None, None, None])
    plots.geometry = [HOLED, shapely.union_all(plots.geometry.iloc[[1, 3]]), None, plots.geometry.iloc[3]]
    projects = gpd.GeoDataFrame({"code": ["X1"]}, geometry=[shapely.Point(121.5, 29.9)], crs=4490)
    roads = gpd.GeoDataFrame(
        {"code": ["G1"], "seen_on": [date(2024, 5, 1)]},
        geometry=[shapely.LineString([(121.4, 29.9), (121.5, 29.95)])],
        crs=4490,
    )
    tax = pd.DataFrame({"uscc": ["甲"], "year": [2024], "tax_wan": [1.5]})
    write(store, plots=RegisterChange(plots), projects=RegisterChange(projects), roads=RegisterChange(roads))
    write(store, plots=RegisterChange(plots.iloc[:1].assign(area_m2=77.0), removed=[("P3",)]))
    write(store, performance=RegisterChange(tax))
    return store


def test_every_register_is_listed_with_its_geometry_type(filled, path):
    assert dict(pyogrio.list_layers(path)) == {
        "plots": "MultiPolygon",
        "projects": "Point",
        "roads": "MultiLineString",
        "performance": None,
        "revisions": None,
    }


def test_the_current_records_are_read_while_the_store_is_open(filled, path):
    plots = pyogrio.read_dataframe(path, layer="plots", fid_as_index=True)

    # P0 was replaced (row 5), P3 is gone.
    assert plots["plot_code"].to_dict() == {2: "P1", 3: "P2", 5: "P0"}
    assert plots["name"].astype(object).where(plots["name"].notna(), None).to_dict() == {
        2: "乙厂",
        3: None,
        5: "甲厂",
    }
    assert plots["area_m2"].to_dict() == {2: 10.0, 3: 20.0, 5: 77.0}
    assert plots["built_on"].loc[5] == pd.Timestamp("2020-02-29")
    assert plots.crs == 4490
    assert plots.geometry.loc[5].equals(shapely.MultiPolygon([HOLED]))
    assert plots.geometry.loc[3] is None
    assert "from_rev" not in plots


def test_fields_have_their_types(filled, path):
    info = pyogrio.read_info(path, layer="plots")

    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert {name: types[name] for name in ("plot_code", "area_m2", "storeys", "is_open", "built_on")} == {
        "plot_code": "object",
        "area_m2": "float64",
        "storeys": "int64",
        "is_open": "bool",
        "built_on": "datetime64[D]",
    }
    assert (info["fid_column"], info["geometry_name"]) == ("OGC_FID", "geom")
    assert info["layer_metadata"] == {"IDENTIFIER": "地块 plots"}


def test_the_extent_is_that_of_the_current_records(filled, path):
    # P0 from 121.400, P1 to 121.404 E (it holds the square of P3 as its second part).
    assert pyogrio.read_info(path, layer="plots")["total_bounds"] == pytest.approx(
        (121.4, 29.9, 121.404, 29.901), abs=1e-9
    )
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?"
        assert connection.execute(sql, ("plots",)).fetchone() == pytest.approx((121.4, 29.9, 121.404, 29.901))
        assert connection.execute(sql, ("performance",)).fetchone() == (None,) * 4


def test_a_window_can_be_read(filled, path):
    assert list(
        pyogrio.read_dataframe(path, layer="plots", bbox=(121.4035, 29.9, 121.41, 29.91))["plot_code"]
    ) == ["P1"]


def test_records_without_geometry_are_read(filled, path):
    assert pyogrio.read_dataframe(path, layer="performance")[
        ["uscc", "year", "tax_wan"]
    ].to_numpy().tolist() == [["甲", 2024, 1.5]]
    revisions = pyogrio.read_dataframe(path, layer="revisions")
    assert revisions["registers"].tolist() == ["plots,projects,roads", "plots", "performance"]
    assert revisions["made_at"].dtype.kind == "M"


def test_the_file_keeps_to_the_standard(filled, path):
    with closing(sqlite3.connect(path)) as connection:
        ask = lambda sql: connection.execute(sql).fetchall()  # noqa: E731 a shorthand
        assert ask("PRAGMA application_id") == [(int.from_bytes(b"GPKG"),)]
        assert ask("PRAGMA user_version") == [(10300,)]
        assert ask("PRAGMA integrity_check") == [("ok",)]
        assert ask("PRAGMA foreign_key_check") == []
        assert ask("PRAGMA journal_mode") == [("wal",)]
        assert ask("SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1") == [(-1,), (0,), (4326,), (4490,)]
        types = ask(
            "SELECT table_name, column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns"
        )
        assert sorted(types) == [
            ("plots", "geom", "MULTIPOLYGON", 4490, 0, 0),
            ("projects", "geom", "POINT", 4490, 0, 0),
            ("roads", "geom", "MULTILINESTRING", 4490, 0, 0),
        ]
        # None that calls functions which plain SQLite lacks, as GDAL's own do: they bar every other program.
        triggers = ask("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        assert [name for name, sql in triggers if not name.startswith("geoapp_guard_") or "ST_" in sql] == []
    # Other programs look for the mark in the file itself while the write-ahead log is open.
    assert path.read_bytes()[68:72] == b"GPKG"


def test_reading_by_others_changes_nothing(filled, path):
    before = filled.read("plots", revision=1)
    pyogrio.read_dataframe(path, layer="plots")

    filled.close()

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM plots_rows WHERE from_rev = 1").fetchone() == (
            len(before),
        )


# Blobs


def test_a_blob_is_header_envelope_and_wkb():
    (blob,) = encode_geometries(np.array([SQUARE]))

    assert blob[:8] == b"GP\x00\x03" + (4490).to_bytes(4, "little")
    assert np.frombuffer(blob[8:40]).tolist() == [121.4, 121.401, 29.9, 29.901]
    assert shapely.from_wkb(blob[40:]) == shapely.MultiPolygon([SQUARE])


@pytest.mark.parametrize(
    "geometry",
    [
        SQUARE,
        HOLED,
        shapely.MultiPolygon([SQUARE, shapely.box(1, 1, 2, 2)]),
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]]),
        None,
    ],
)
def test_blobs_give_back_the_geometry(geometry):
    (found,) = decode_geometries(encode_geometries(np.array([geometry], dtype=object)))

    assert found is geometry or shapely.equals_identical(found, geometry)


def test_blobs_of_other_programs_are_read_whatever_their_envelope():
    wkb = shapely.to_wkb(SQUARE)
    blobs = [
        b"GP\x00" + bytes([1 | kind << 1]) + bytes(4 + size) + wkb
        for kind, size in ((0, 0), (1, 32), (2, 48), (3, 48), (4, 64))
    ]

    assert decode_geometries(blobs).tolist() == [SQUARE] * 5


def test_no_blobs_are_no_geometries():
    assert decode_geometries([]).tolist() == []
    assert encode_geometries(np.array([], dtype=object)) == []


def test_the_extent_follows_records_that_move_shrink_and_go(store, squares, write, path):
    def extent() -> tuple:
        with closing(sqlite3.connect(path)) as connection:
            sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = 'plots'"
            return connection.execute(sql).fetchone()

    plots = squares(4)  # from 121.400 to 121.404 E
    write(store, plots=RegisterChange(plots))
    assert extent() == pytest.approx((121.4, 29.9, 121.404, 29.901))
    inner = plots.iloc[[1]].set_geometry([shapely.box(121.4012, 29.8, 121.4018, 29.9)])
    write(store, plots=RegisterChange(inner))  # one of the middle goes south
    assert extent() == pytest.approx((121.4, 29.8, 121.404, 29.901))
    write(store, plots=RegisterChange(None, [("P1",)]))  # the one that reached the edge goes
    assert extent() == pytest.approx((121.4, 29.9, 121.404, 29.901))
    write(store, plots=RegisterChange(None, [("P3",)]))
    assert extent() == pytest.approx((121.4, 29.9, 121.403, 29.901))
    write(store, plots=RegisterChange(plots.iloc[[2]].assign(area_m2=7.0)))  # stays where it is, at the edge
    assert extent() == pytest.approx((121.4, 29.9, 121.403, 29.901))
    write(store, plots=RegisterChange(None, [("P0",), ("P2",)]))
    assert extent() == (None,) * 4
    write(store, plots=RegisterChange(plots.iloc[[3]]))
    assert extent() == pytest.approx((121.403, 29.9, 121.404, 29.901))
