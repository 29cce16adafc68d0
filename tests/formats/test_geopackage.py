import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyogrio import raw

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.base import RawLayer

Read = Callable[..., list[RawLayer]]
Write = Callable[..., list[Issue]]


def codes(layer: RawLayer) -> list[str]:
    return [issue.code for issue in layer.issues]


def put_geometry(path: Path, wkb: bytes) -> None:
    """Replace the geometry of every row by WKB that shapely could not write."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA trusted_schema=1")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE a SET geom = ?", (b"GP\x00\x01" + (4549).to_bytes(4, "little") + wkb,))
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='GEOMETRY', srs_id=4549")
    connection.close()


def test_round_trip_keeps_names_types_and_geometry(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "a!b.gpkg"
    assert write_file(path, plots, title="地块") == []
    (layer,) = read_file(path)
    assert layer.name == "地块"
    assert list(layer.frame.columns) == list(plots.columns)
    assert layer.frame["层数"].tolist() == [3, pd.NA]
    assert layer.frame["已建"].tolist() == [True, pd.NA]
    assert layer.frame["日期"].dtype == "datetime64[s]"
    assert layer.frame.crs.to_epsg() == 4549
    assert layer.issues == []
    gap = shapely.hausdorff_distance(layer.frame.geometry.to_numpy(), plots.geometry.to_numpy())
    assert (gap == 0).all()


def test_all_layers_are_read_or_the_one_asked_for(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read
) -> None:
    path = tmp_path / "a.gpkg"
    plots.iloc[:1].to_file(path, layer="plots", driver="GPKG")
    plots.iloc[1:].to_file(path, layer="zones", driver="GPKG")
    raw.write(path, None, [np.array([1])], ["n"], driver="GPKG", layer="ledger", append=False)
    names = [layer.name for layer in read_file(path)]
    assert names[:2] == ["plots", "zones"]
    assert not read_file(path, layer="ledger")[0].has_geometry
    with pytest.raises(FormatError, match="plots、zones"):
        read_file(path, layer="parks")


def test_curves_are_linearised_and_said(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "a.gpkg"
    write_file(path, plots.iloc[:1])
    # CURVEPOLYGON of one CIRCULARSTRING: a circle of radius 100 m around (0, 0)
    points = np.array([(-100, 0), (0, 100), (100, 0), (0, -100), (-100, 0)], dtype="<f8").tobytes()
    circle = b"\x01" + (8).to_bytes(4, "little") + (5).to_bytes(4, "little") + points
    put_geometry(path, b"\x01" + (10).to_bytes(4, "little") + (1).to_bytes(4, "little") + circle)
    (layer,) = read_file(path)
    assert codes(layer) == ["curves-linearised"]
    # 720 chords of half a degree: 720 / 2 * 100^2 * sin(0.5 deg) = 31,415.53 m2, 0.001 % below pi * 100^2
    assert layer.frame.geometry.area.tolist()[0] == pytest.approx(31415.53, abs=0.5)


def test_surface_is_an_error_with_its_row_and_no_geometry(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "a.gpkg"
    write_file(path, plots.iloc[:1])
    ring = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0)], dtype="<f8").tobytes()
    triangle = (
        b"\x01" + (1017).to_bytes(4, "little") + (1).to_bytes(4, "little") + (4).to_bytes(4, "little") + ring
    )
    put_geometry(path, b"\x01" + (1016).to_bytes(4, "little") + (1).to_bytes(4, "little") + triangle)
    (layer,) = read_file(path)
    assert [(i.code, i.severity, i.row) for i in layer.issues] == [("surface-unsupported", Severity.ERROR, 1)]
    assert "TIN" in layer.issues[0].message
    assert layer.frame.geometry.isna().all()


def test_binary_columns_are_left_out_and_huge_integers_warned_of(tmp_path: Path, read_file: Read) -> None:
    path = tmp_path / "a.gpkg"
    point = shapely.to_wkb(np.array([shapely.Point(1, 2), shapely.Point(3, 4)], dtype=object))
    raw.write(
        path,
        point,
        [np.array([2**60 + 1, 0])],
        ["code"],
        field_mask=[np.array([False, True])],
        driver="GPKG",
        geometry_type="Point",
        crs="EPSG:4549",
        layer="a",
    )
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE a ADD COLUMN photo BLOB")
    connection.close()
    (layer,) = read_file(path)
    assert list(layer.frame.columns) == ["code", "geometry"]
    assert [(issue.code, issue.field) for issue in layer.issues] == [
        ("integer-inexact", "code"),
        ("field-skipped", "photo"),
    ]


def test_heights_and_measures_are_dropped_and_counted(tmp_path: Path, read_file: Read) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(1, 2, 3), shapely.Point(1, 2, 0), None], crs=4549)
    frame.to_file(tmp_path / "z.gpkg", driver="GPKG")
    (layer,) = read_file(tmp_path / "z.gpkg")
    assert [(i.code, i.message[:1]) for i in layer.issues] == [("z-dropped", "2"), ("geometry-missing", "1")]
    assert not layer.frame.geometry.has_z.any()


def test_measures_are_said(
    tmp_path: Path, plots: gpd.GeoDataFrame, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "a.gpkg"
    write_file(path, plots.iloc[:1])
    point_m = b"\x01" + (2001).to_bytes(4, "little") + np.array([1, 2, 9], dtype="<f8").tobytes()
    put_geometry(path, point_m)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='POINT', m=1")
    connection.close()
    (layer,) = read_file(path)
    assert codes(layer) == ["m-dropped"]
    assert layer.frame.geometry.to_wkt().tolist() == ["POINT (1 2)"]


def test_mixed_missing_and_impossible_geometry_are_found(tmp_path: Path, read_file: Read) -> None:
    geometry = [
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (1, 1)]),
        None,
        shapely.LineString([(0, 0), (np.inf, 1)]),
    ]
    gpd.GeoDataFrame(geometry=geometry, crs=4549).to_file(tmp_path / "m.gpkg", driver="GPKG")
    (layer,) = read_file(tmp_path / "m.gpkg")
    assert [(issue.code, issue.row) for issue in layer.issues] == [
        ("coordinate-impossible", 4),
        ("geometry-missing", 3),
        ("geometry-mixed", None),
    ]
    assert layer.frame.geometry.isna().tolist() == [False, False, True, True]


def test_table_that_opens_other_files_stays_closed(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nhidden\n")
    path = tmp_path / "a.gpkg"
    write_file(path, plots)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema=1")
        sql = f"CREATE VIRTUAL TABLE evil USING VirtualOGR('{secret}')"
        connection.execute(
            "INSERT INTO sqlite_master(type, name, tbl_name, rootpage, sql) VALUES('table','evil','evil',0,?)",
            (sql,),
        )
        connection.execute(
            "INSERT INTO gpkg_contents(table_name, data_type, identifier) VALUES('evil','attributes','e')"
        )
    connection.close()
    try:
        values = [str(layer.frame.to_dict()) for layer in read_file(path)]
    except FormatError as error:
        values = [str(error)]
    assert not any("hidden" in value for value in values)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空文件"),
        (b"<OGRVRTDataSource>", "VRT"),
        (b"SQLite format 3\x00" + bytes(200), "读写失败|没有矢量图层"),
    ],
)
def test_what_is_no_geopackage_is_refused(tmp_path: Path, read_file: Read, content: bytes, word: str) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=word):
        read_file(path)


def test_truncated_geopackage_is_refused(
    plots: gpd.GeoDataFrame, tmp_path: Path, read_file: Read, write_file: Write
) -> None:
    path = tmp_path / "a.gpkg"
    write_file(path, plots)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(FormatError, match="不完整"):
        read_file(path)
