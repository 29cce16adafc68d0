"""Opening a store: files that are none, and registers whose definitions change."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.errors import SetupError
from geoapp.store.geopackage import explained_errors
from geoapp.store.store import open_store


@pytest.fixture
def filled(path, layers, squares, write):
    """A closed database with 500 plots."""
    with open_store(path, layers) as store:
        write(store, plots=RegisterChange(squares(500, name="厂" * 20)))
    return path


def _execute(path, sql):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def test_reopening_finds_everything(filled, layers):
    with open_store(filled, layers) as store:
        assert store.revision() == 1
        assert len(store.read("plots")) == 500


def test_opening_an_unchanged_database_writes_nothing(filled, layers):
    before = filled.read_bytes()

    open_store(filled, layers).close()

    assert filled.read_bytes() == before


def test_a_database_made_before_an_index_was_gets_it(filled, layers):
    _execute(filled, "DROP INDEX plots_rows__to_rev")
    _execute(filled, "UPDATE geoapp_meta SET value = 'of an older geoapp' WHERE name = 'layers'")

    open_store(filled, layers).close()

    plan = _execute(filled, "EXPLAIN QUERY PLAN SELECT fid FROM plots_rows WHERE to_rev > 1 AND to_rev <= 2")
    assert "plots_rows__to_rev" in str(plan)


def test_an_empty_file_is_a_new_database(path, layers):
    path.parent.mkdir()
    path.touch()

    with open_store(path, layers) as store:
        assert store.revision() == 0


def test_a_write_ahead_log_taken_away_is_put_back(filled, layers):
    assert _execute(filled, "PRAGMA journal_mode = DELETE") == [("delete",)]

    open_store(filled, layers).close()

    assert _execute(filled, "PRAGMA journal_mode") == [("wal",)]


# Files that cannot be opened


def test_a_file_that_is_no_database_is_named(path, layers):
    path.parent.mkdir()
    path.write_text("这不是数据库" * 500, encoding="utf-8")

    with pytest.raises(SetupError, match=r"geoapp\.gpkg 不是数据库文件.*从备份恢复"):
        open_store(path, layers)
    assert path.read_text(encoding="utf-8").startswith("这不是数据库")


def test_a_truncated_database_is_reported(filled, layers):
    content = filled.read_bytes()
    filled.write_bytes(content[: len(content) // 2])

    with pytest.raises(SetupError, match=r"已损坏，不能读取。.*备份"), open_store(filled, layers) as store:
        store.read("plots")


def test_damaged_pages_are_reported_when_read(filled, layers):
    content = bytearray(filled.read_bytes())
    content[len(content) // 3 : len(content) // 2] = b"\xff" * (len(content) // 2 - len(content) // 3)
    filled.write_bytes(content)

    with pytest.raises(SetupError, match="已损坏"), open_store(filled, layers) as store:
        store.read("plots")


def test_the_database_of_another_program_is_left_alone(path, layers, squares):
    path.parent.mkdir()
    pyogrio.write_dataframe(squares(2), path, layer="plots")
    before = path.read_bytes()

    with pytest.raises(SetupError, match="是别的程序的数据库"):
        open_store(path, layers)
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused(filled, layers):
    _execute(filled, "UPDATE geoapp_meta SET value = '99' WHERE name = 'schema_version'")

    with pytest.raises(SetupError, match=r"较新版本的 geoapp 写成（结构版本 99，本程序为 2）。请升级"):
        open_store(filled, layers)


def test_a_folder_in_place_of_the_file_is_refused(path, layers):
    path.mkdir(parents=True)

    with pytest.raises(SetupError, match="是一个目录"):
        open_store(path, layers)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path, layers):
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match="不能建立数据目录"):
        open_store(tmp_path / "file" / "data" / "geoapp.gpkg", layers)


def test_a_folder_where_no_file_can_be_made_is_refused(layers):
    # /proc refuses new files to everybody, the administrator included.
    with pytest.raises(SetupError, match=r"不能(写入|打开)。请检查"):
        open_store(Path("/proc/self/geoapp.gpkg"), layers)


def test_a_file_without_write_permission_is_refused(filled, layers, monkeypatch):
    # Permissions do not bind the administrator, whom tests may run as: the answer of the system is given instead.
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != filled)

    with pytest.raises(SetupError, match=r"geoapp\.gpkg 不能写入。请检查权限"):
        open_store(filled, layers)


def test_a_read_only_database_is_explained(filled):
    with (
        closing(sqlite3.connect(f"file:{filled}?mode=ro", uri=True)) as connection,
        pytest.raises(SetupError, match="不能写入。请检查数据目录和文件的权限"),
        explained_errors(filled),
    ):
        connection.execute("DELETE FROM revisions")


def test_an_error_of_ours_is_not_explained_away(filled):
    with (
        closing(sqlite3.connect(filled)) as connection,
        pytest.raises(sqlite3.OperationalError, match="syntax error"),
        explained_errors(filled),
    ):
        connection.execute("SELEKT 1")


# Registers that change


def _with_fields(layer_of, *dropped, **added):
    dtypes = {"plot_code": "string", "name": "string", "area_m2": "number"} | added
    kept = {name: dtype for name, dtype in dtypes.items() if name not in dropped}
    return {"plots": layer_of("plots", "polygon", ["plot_code"], kept)}


def test_a_new_field_becomes_a_column(filled, layer_of, squares, write):
    with open_store(filled, _with_fields(layer_of, height_m="number")) as store:
        assert store.read("plots")["height_m"].isna().all()
        write(store, plots=RegisterChange(pd.DataFrame({"plot_code": ["P0"], "height_m": [24.0]})))
        assert store.record("plots", ("P0",)).fields["height_m"] == 24.0
        assert store.read("plots", revision=1)["height_m"].isna().all()

    assert "height_m" in pyogrio.read_info(filled, layer="plots")["fields"]


def test_a_dropped_field_leaves_the_view_and_keeps_its_values(filled, layer_of):
    with open_store(filled, _with_fields(layer_of, "name")) as store:
        assert "name" not in store.read("plots")
    assert "name" not in pyogrio.read_info(filled, layer="plots")["fields"]

    with open_store(filled, _with_fields(layer_of)) as store:
        assert store.read("plots")["name"].tolist() == ["厂" * 20] * 500


def test_a_new_register_becomes_a_layer(filled, layers, layer_of):
    parks = layer_of("parks", "polygon", ["park_code"], {"park_code": "string"})

    with open_store(filled, {**layers, "parks": parks}) as store:
        assert store.read("parks").empty
        assert len(store.read("plots")) == 500

    assert "parks" in pyogrio.list_layers(filled)[:, 0]


def test_a_dropped_register_leaves_the_list_and_keeps_its_records(filled, layers):
    open_store(filled, {"roads": layers["roads"]}).close()
    assert set(pyogrio.list_layers(filled)[:, 0]) == {"roads", "revisions"}

    with open_store(filled, layers) as store:
        assert len(store.read("plots")) == 500


def test_what_others_put_into_the_file_stays(filled, layers, layer_of, squares):
    pyogrio.write_dataframe(squares(2), filled, layer="notes", append=True)
    _execute(filled, "CREATE VIEW big AS SELECT * FROM plots WHERE area_m2 > 100")

    open_store(filled, _with_fields(layer_of, height_m="number")).close()

    assert len(pyogrio.read_dataframe(filled, layer="notes")) == 2
    assert _execute(filled, "SELECT count(*) FROM big") == [(489,)]


def test_a_changed_title_reaches_the_layer(filled, layers):
    open_store(filled, {"plots": replace(layers["plots"], zh="宗地", source="登记")}).close()

    sql = "SELECT identifier, description FROM gpkg_contents WHERE table_name = 'plots'"
    assert _execute(filled, sql) == [("宗地 plots", "登记")]


def test_a_changed_type_is_refused(filled, layer_of):
    with pytest.raises(SetupError, match=r"plots\.toml：“area_m2”的类型与数据库中已有的（DOUBLE）不同"):
        open_store(filled, _with_fields(layer_of, area_m2="string"))


def test_a_changed_key_is_followed_where_it_fits(filled, layer_of):
    dtypes = {"plot_code": "string", "area_m2": "number"}

    with open_store(filled, {"plots": layer_of("plots", "polygon", ["area_m2"], dtypes)}) as store:
        assert store.record("plots", (50.0,)).fields["plot_code"] == "P5"


def test_a_changed_key_under_which_records_repeat_is_refused(filled, layer_of):
    dtypes = {"plot_code": "string", "name": "string"}

    with pytest.raises(SetupError, match=r"plots\.toml：按新的主键（name）已有记录会重复"):
        open_store(filled, {"plots": layer_of("plots", "polygon", ["name"], dtypes)})


@pytest.mark.parametrize("register", ["revisions", "gpkg_contents", "plots_rows", "Plots", "a-b"])
def test_a_register_must_not_take_a_name_of_the_database(path, layer_of, register):
    with pytest.raises(SetupError, match=f"台账名“{register}”不能用"):
        open_store(path, {register: layer_of(register, "none", ["code"], {"code": "string"})})


@pytest.mark.parametrize("field", ["from_rev", "to_rev", "geom", "ogc_fid", "rowid"])
def test_a_field_must_not_take_a_name_of_the_database(path, layer_of, field):
    with pytest.raises(SetupError, match=f"字段名“{field}”由数据库自用"):
        open_store(path, {"x": layer_of("x", "none", [field], {field: "string"})})


def test_words_of_sql_may_be_fields(path, layer_of, write):
    words = dict.fromkeys(("select", "list", "level", "order", "check", "use"), "string")
    rows = pd.DataFrame({name: [f"{name}'\"%s:x"] for name in words})

    with open_store(path, {"group": layer_of("group", "none", ["select", "order"], words)}) as store:
        write(store, group=RegisterChange(rows))
        write(store, group=RegisterChange(rows.assign(use="x")))
        found = store.record("group", ("select'\"%s:x", "order'\"%s:x"))

    assert (found.fields["list"], found.fields["use"]) == ("list'\"%s:x", "x")


def test_geometry_is_added_to_a_register_that_had_none(path, layer_of, write, squares):
    fields = {"plot_code": "string"}
    with open_store(path, {"plots": layer_of("plots", "none", ["plot_code"], fields)}) as store:
        write(store, plots=RegisterChange(squares(1)))

    with open_store(path, {"plots": layer_of("plots", "polygon", ["plot_code"], fields)}) as store:
        assert store.read("plots").geometry.isna().all()
        write(store, plots=RegisterChange(squares(1)))
        assert shapely.area(store.read("plots").geometry.iloc[0]) == pytest.approx(1e-6)
