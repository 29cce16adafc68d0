"""A register's records at a revision, read whole or brought up from an older frame."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from geoapp.domain.frame import layer_dtypes
from geoapp.domain.layer import Layer
from geoapp.store.cache import FrameCache
from geoapp.store.geopackage import GeoPackage
from geoapp.store.rows import frame_of
from geoapp.store.tables import GEOMETRY_COLUMN

_LARGEST_SHARE_BROUGHT_UP = 0.2
"""Of a register changed since an older frame; where more did, it is read whole."""


class FrameReader:
    """Reads frames and keeps those used last. Safe to share between threads."""

    def __init__(
        self,
        database: GeoPackage,
        layers: Mapping[str, Layer],
        tables: Mapping[str, Table],
        cache: FrameCache,
    ) -> None:
        self._database = database
        self._layers = layers
        self._tables = tables
        self._cache = cache

    def at(self, register: str, number: int) -> pd.DataFrame:
        """Return a register as the revision *number*, which changed it, left it; shared, never to be changed."""
        return self._cache.get((register, number), lambda: self._load(register, number))

    def fetch(self, connection: Connection, register: str, *conditions: ColumnElement[bool]) -> pd.DataFrame:
        """Return the versions of records that fulfil all conditions, in the order of their ids."""
        layer, table = self._layers[register], self._tables[register]
        statement = select(*_columns(table, layer)).where(*conditions).order_by(table.c.fid)
        return frame_of(self._database.fetch_pieces(connection, statement), layer, self._database.decode)

    def revisions_of(self, register: str, names: Sequence[str], after: int, until: int) -> pd.DataFrame:
        """Return the fields *names* of versions that began or ended in a span of revisions, with "revision"."""
        table = self._tables[register]
        columns: dict[str, list[Any]] = {name: [] for name in (*names, "revision")}
        with self._database.reading() as connection:
            for number in (table.c.from_rev, table.c.to_rev):
                wanted = select(*(table.c[name] for name in names), number)
                found = self._database.fetch(connection, wanted.where(number > after, number <= until))
                # Not strict: where nothing is found there are no columns.
                for column, values in zip(columns.values(), found, strict=False):
                    column.extend(values)
        return pd.DataFrame(columns).drop_duplicates(ignore_index=True)

    def _load(self, register: str, number: int) -> pd.DataFrame:
        known = self._cache.newest_before(register, number)
        if known is not None and (frame := self._brought_up(register, *known, number)) is not None:
            return frame
        table = self._tables[register]
        with self._database.reading() as connection:
            return self.fetch(connection, register, table.c.from_rev <= number, _is_open_after(table, number))

    def _brought_up(
        self, register: str, old_number: int, old: pd.DataFrame, number: int
    ) -> pd.DataFrame | None:
        """Return a register at a revision from an older frame and what changed since; None where that is much.

        An edit of one plot must not read half a million. Versions are only ever added, so the new ones have the
        largest ids, and a frame in the order of ids is the old one without what was closed, then the new ones.
        """
        table = self._tables[register]
        # There is no index of revisions: by the id what is new is found without looking at every version.
        last = int(old.index.max()) if len(old) else -1
        began = (table.c.from_rev > old_number, table.c.from_rev <= number)
        is_new = (table.c.fid > last, *began, _is_open_after(table, number))
        is_closed = (table.c.from_rev <= old_number, table.c.to_rev > old_number, table.c.to_rev <= number)
        with self._database.reading() as connection:
            added = connection.execute(select(func.count()).where(*is_new)).scalar() or 0
            (closed,) = self._database.fetch(connection, select(table.c.fid).where(*is_closed)) or ([],)
            if added + len(closed) > _LARGEST_SHARE_BROUGHT_UP * len(old):
                return None
            new = self.fetch(connection, register, *is_new)
        kept = old.loc[~old.index.isin(closed)]
        brought_up: pd.DataFrame = pd.concat([kept, new]) if len(new) else kept
        return brought_up


def _is_open_after(table: Table, number: int) -> ColumnElement[bool]:
    return or_(table.c.to_rev.is_(None), table.c.to_rev > number)


def _columns(table: Table, layer: Layer) -> list[ColumnElement[Any]]:
    names = ["fid", *layer_dtypes(layer), *([GEOMETRY_COLUMN] if layer.has_geometry else [])]
    return [table.c[name] for name in names]
