"""Making the database file a GeoPackage that holds the registers, and following their definitions as they change."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from pyproj import CRS
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateColumn

from geoapp.domain.frame import STORED_CRS, layer_dtypes
from geoapp.domain.layer import Layer
from geoapp.errors import SetupError, system_reason
from geoapp.store.chain import Chain
from geoapp.store.geopackage import GeoPackage
from geoapp.store.geopackage_guards import GUARDS_VERSION, renew_guards
from geoapp.store.revision_log import stored_time, utc_now
from geoapp.store.tables import (
    CHAIN,
    GEOMETRY_COLUMN,
    GEOMETRY_TYPES,
    INDEXES_VERSION,
    PROPOSALS,
    REVISIONS,
    build_tables,
    rows_name,
)

SCHEMA_VERSION = 2
"""Raised when tables change in a way that an older geoapp must not write to."""
_CHAINED_SINCE = 2
"""Schema version from which on a database has its chain: one that lost it is not given another."""

_GEOPACKAGE_TABLES = (
    """CREATE TABLE gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
        srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    "CREATE TABLE geoapp_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
)
_CONTENTS_UPSERT = """INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (table_name) DO UPDATE SET data_type = excluded.data_type,
    identifier = excluded.identifier, description = excluded.description, srs_id = excluded.srs_id"""
_GEOMETRY_INSERT = "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)"


def open_geopackage(path: Path, layers: Mapping[str, Layer], *, busy_timeout_s: float) -> GeoPackage:
    """Open the database, made or brought up to the registers' definitions where need be.

    Parameters
    ----------
    path : Path
        The file; made where there is none.
    layers : mapping
        Registers by id. A new one gets its table and view, a new field its column. A field or register that is no
        longer defined leaves the view; its stored values stay.
    busy_timeout_s : float
        How long a writer waits for another one.

    Raises
    ------
    SetupError
        The file is somebody else's, of a newer geoapp, damaged or not writable, or a field changed its type.
    """
    _make_folder(path.parent)
    if path.is_dir():
        raise SetupError(f"数据库 {path} 是一个目录，不能打开。请换一个数据目录或移走它。")
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK):
            raise SetupError(f"{place} 不能写入。请检查权限和磁盘是否只读，或换一个数据目录。")
    database = GeoPackage(path, busy_timeout_s=busy_timeout_s)
    try:
        fingerprint = _fingerprint(layers)
        with database.reading() as connection:
            is_current = _meta(connection, path).get("layers") == fingerprint
        # Each time: QGIS takes the write-ahead log away when it closes a file.
        database.prepare_file()
        if not is_current:
            with database.writing() as connection:
                _bring_up(connection, path, layers, fingerprint)
    except BaseException:
        database.close()
        raise
    return database


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"不能建立数据目录 {folder}：{system_reason(error)}。请检查路径和权限。") from error


def _meta(connection: Connection, path: Path) -> dict[str, str]:
    """Return what the file says about itself, nothing for an empty file; refuses files that are not ours."""
    tables = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    if not tables:
        return {}
    if "geoapp_meta" not in tables:
        raise SetupError(
            f"{path} 是别的程序的数据库，不是 geoapp 的。请把它移走（需要时用导入功能读入），或换一个数据目录。"
        )
    meta = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, value FROM geoapp_meta")}
    if int(meta["schema_version"]) > SCHEMA_VERSION:
        raise SetupError(
            f"数据库 {path} 由较新版本的 geoapp 写成（结构版本 {meta['schema_version']}，本程序为 {SCHEMA_VERSION}）。"
            "请升级 geoapp，或换一个数据目录。"
        )
    return meta


def _fingerprint(layers: Mapping[str, Layer]) -> str:
    """Return a digest of all that the database takes from the registers' definitions."""
    taken = [
        (
            SCHEMA_VERSION,
            INDEXES_VERSION,
            GUARDS_VERSION,
            _identifier(layer),
            _description(layer),
            layer.geometry,
            layer.key,
            layer_dtypes(layer),
        )
        for layer in layers.values()
    ]
    return hashlib.sha256(repr(taken).encode()).hexdigest()


def _identifier(layer: Layer) -> str:
    return f"{layer.zh} {layer.id}"


def _description(layer: Layer) -> str:
    return layer.description or layer.source


def _bring_up(connection: Connection, path: Path, layers: Mapping[str, Layer], fingerprint: str) -> None:
    meta = _meta(connection, path)
    is_new, was_version = not meta, int(meta.get("schema_version", 0))
    if is_new:
        _create_geopackage(connection)
    revisions, tables = build_tables(layers)
    revisions.metadata.create_all(connection)
    for register, table in tables.items() if not is_new else ():
        _evolve(connection, table, layers[register])
    _withdraw(connection)
    for register, table in tables.items():
        _publish(connection, layers[register], table)
    connection.exec_driver_sql(_CONTENTS_UPSERT, ("revisions", "attributes", "修改记录 revisions", "", None))
    connection.exec_driver_sql(
        "DELETE FROM gpkg_contents WHERE table_name NOT IN (SELECT name FROM sqlite_master)"
    )
    if was_version < _CHAINED_SINCE:
        Chain(revisions).begin(connection, stored_time(utc_now()))
    renew_guards(connection, (REVISIONS, CHAIN, PROPOSALS))
    for pair in (("schema_version", str(SCHEMA_VERSION)), ("layers", fingerprint)):
        connection.exec_driver_sql("INSERT OR REPLACE INTO geoapp_meta VALUES (?, ?)", pair)


def _create_geopackage(connection: Connection) -> None:
    for statement in _GEOPACKAGE_TABLES:
        connection.exec_driver_sql(statement)
    systems = [
        ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
    ]
    for code in (4326, STORED_CRS):
        crs = CRS.from_epsg(code)
        systems.append((crs.name, code, "EPSG", code, crs.to_wkt("WKT1_GDAL"), None))
    connection.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", systems)
    connection.exec_driver_sql("INSERT INTO geoapp_meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))


def _evolve(connection: Connection, table: Table, layer: Layer) -> None:
    """Add the columns that a table lacks, and follow a changed key."""
    declared = {
        row[1]: str(row[2]).upper()
        for row in connection.exec_driver_sql(f'PRAGMA table_info("{table.name}")')
    }
    for column in table.columns:
        spec = str(CreateColumn(column).compile(dialect=connection.dialect))
        if column.name not in declared:
            connection.exec_driver_sql(
                f'ALTER TABLE "{table.name}" ADD COLUMN {spec.removesuffix(" NOT NULL")}'
            )
        elif declared[column.name] != str(column.type.compile(connection.dialect)).upper():
            raise SetupError(
                f"{layer.id}.toml：“{column.name}”的类型与数据库中已有的（{declared[column.name]}）不同，不能自动转换。"
                "请改回原来的类型，或给新字段另取一个名字。"
            )
    _follow_key(connection, table, layer)


def _follow_key(connection: Connection, table: Table, layer: Layer) -> None:
    wanted = {index.name: index for index in table.indexes}
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    present = {row[0] for row in connection.exec_driver_sql(sql, (table.name,))}
    for name in present - wanted.keys():
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    for name in wanted.keys() - present:
        try:
            wanted[name].create(connection)
        except IntegrityError as error:
            raise SetupError(
                f"{layer.id}.toml：按新的主键（{'、'.join(layer.key)}）已有记录会重复。请改回原来的主键。"
            ) from error


def _withdraw(connection: Connection) -> None:
    """Take the registers' views away; tables and views that somebody else put into the file stay."""
    names = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    views = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
    for (view,) in views:
        if rows_name(view) in names:
            connection.exec_driver_sql(f'DROP VIEW "{view}"')
            connection.exec_driver_sql("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (view,))


def _publish(connection: Connection, layer: Layer, table: Table) -> None:
    """Show a register's current records as a view under its own name, as a layer that other programs list."""
    fields = [*layer_dtypes(layer), *([GEOMETRY_COLUMN] if layer.has_geometry else [])]
    columns = ", ".join(['fid AS "OGC_FID"', *(f'"{name}"' for name in fields)])
    connection.exec_driver_sql(
        f'CREATE VIEW "{layer.id}" AS SELECT {columns} FROM "{table.name}" WHERE to_rev IS NULL'  # noqa: S608 names are checked
    )
    data_type, srs_id = ("features", STORED_CRS) if layer.has_geometry else ("attributes", None)
    contents = (layer.id, data_type, _identifier(layer), _description(layer), srs_id)
    connection.exec_driver_sql(_CONTENTS_UPSERT, contents)
    if layer.has_geometry:
        column = (layer.id, GEOMETRY_COLUMN, GEOMETRY_TYPES[layer.geometry], STORED_CRS)
        connection.exec_driver_sql(_GEOMETRY_INSERT, column)
