"""The database tables of the registers, the same for every engine: versions of records, and the revisions."""

import re
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.types import UserDefinedType

from geoapp.domain.frame import layer_dtypes
from geoapp.domain.layer import Layer
from geoapp.errors import SetupError

VERSION_COLUMNS = ("fid", "from_rev", "to_rev")
"""A row is one version of a record: valid from one revision until (not including) another, NULL while current."""
INDEXES_VERSION = 2
"""Raised when the tables' indexes change, so that a database made before gets them when it is opened next."""
GEOMETRY_COLUMN = "geom"
GEOMETRY_TYPES = {"point": "POINT", "line": "MULTILINESTRING", "polygon": "MULTIPOLYGON"}
"""Lines and polygons are stored as multi-geometries, so that a register has one type and QGIS shows one layer."""

_COLUMN_TYPES = {
    "string": "TEXT", "integer": "INTEGER", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
}  # fmt: skip
_REGISTER_ID = re.compile(r"[a-z][a-z0-9_]*")
REVISIONS, CHAIN, PROPOSALS = "revisions", "revision_chain", "proposal_events"
_TAKEN_IDS = (REVISIONS, CHAIN, PROPOSALS, "geoapp_meta")
_TAKEN_PREFIXES = ("gpkg_", "sqlite_", "rtree_")
_TAKEN_COLUMNS = (*VERSION_COLUMNS, GEOMETRY_COLUMN, "ogc_fid", "rowid")


class StoredType(UserDefinedType[object]):
    """A column type by the name it is declared with; values go through as they are, in bulk."""

    cache_ok = True

    def __init__(self, declaration: str) -> None:
        self.declaration = declaration

    def get_col_spec(self, **_: object) -> str:
        """Return what stands in CREATE TABLE."""
        return self.declaration


def rows_name(register: str) -> str:
    """Return the table that holds all versions of a register's records; the register's own name is the view."""
    return f"{register}_rows"


def proposal_table(metadata: MetaData) -> Table:
    """Return the table of what was done about the proposals of town reporters, one row per act."""
    texts = ("act", "made_at", "user_name", "author", "town_code", "reason", "document_no")
    return Table(
        PROPOSALS,
        metadata,
        Column("event_no", Integer, primary_key=True, autoincrement=True),
        Column("proposal_no", Integer, nullable=False, index=True),
        *(Column(name, Text, nullable=False) for name in texts),
        Column("revision", Integer, nullable=False),
        Column("form", Text),
        sqlite_autoincrement=True,
    )


def build_tables(layers: Mapping[str, Layer]) -> tuple[Table, dict[str, Table]]:
    """Return the table of revisions, whose metadata has their chain and the proposals too, and by register its rows'.

    Equal registers have the same tables, in however many databases.

    Raises
    ------
    SetupError
        A register or field has a name that the database needs for itself.
    """
    revisions, rows = _tables(tuple(layers.items()))
    return revisions, dict(rows)


@lru_cache(maxsize=8)
def _tables(layers: tuple[tuple[str, Layer], ...]) -> tuple[Table, dict[str, Table]]:
    metadata = MetaData()
    revisions = Table(
        REVISIONS,
        metadata,
        Column("number", Integer, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("user", Text, nullable=False),
        Column("made_at", StoredType("DATETIME"), nullable=False),
        *(Column(name, Text, nullable=False) for name in ("reason", "document_no", "summary", "registers")),
    )
    Table(
        CHAIN,
        metadata,
        Column("number", Integer, primary_key=True),
        *(Column(name, Text, nullable=False) for name in ("previous", "content", "digest")),
        sqlite_autoincrement=True,  # the file remembers the largest number: a tail cut off is noticed
    )
    proposal_table(metadata)
    return revisions, {register: _rows_table(layer, metadata) for register, layer in layers}


def _rows_table(layer: Layer, metadata: MetaData) -> Table:
    _refuse_taken_names(layer)
    name = rows_name(layer.id)
    columns = [
        Column(field, StoredType(_COLUMN_TYPES[dtype]), nullable=field not in layer.key)
        for field, dtype in layer_dtypes(layer).items()
    ]
    if layer.has_geometry:
        columns.append(Column(GEOMETRY_COLUMN, StoredType(GEOMETRY_TYPES[layer.geometry])))
    return Table(
        name,
        metadata,
        Column("fid", Integer, primary_key=True),
        Column("from_rev", Integer, nullable=False),
        Column("to_rev", Integer),
        *columns,
        # Finds a record's versions, and makes a second version of a record in one revision impossible.
        Index(f"{name}__{'__'.join(layer.key)}", *layer.key, "from_rev", unique=True),
        # Finds what ended since some revision; versions that still hold, nearly all, are not in it.
        Index(f"{name}__to_rev", "to_rev", sqlite_where=text("to_rev IS NOT NULL")),
        sqlite_autoincrement=True,
    )


def _refuse_taken_names(layer: Layer) -> None:
    if (
        not _REGISTER_ID.fullmatch(layer.id)
        or layer.id in _TAKEN_IDS
        or layer.id.startswith(_TAKEN_PREFIXES)
        or layer.id.endswith("_rows")
    ):
        raise SetupError(
            f"{layer.id}.toml：台账名“{layer.id}”不能用（应为小写字母、数字和下划线，且不与数据库自用的表重名）。请改名。"
        )
    for field in layer.fields:
        if field.name in _TAKEN_COLUMNS:
            raise SetupError(f"{layer.id}.toml：字段名“{field.name}”由数据库自用，请改名。")
