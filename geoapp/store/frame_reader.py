"""A register's records at a revision, read whole or brought up from an older frame."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, or_, select, tuple_

from geoapp.domain.frame import layer_dtypes
from geoapp.domain.frame_update import FRESH, Rows, brought_up
from geoapp.domain.layer import Layer
from geoapp.store.cache import FrameCache
from geoapp.store.geopackage import GeoPackage
from geoapp.store.geopackage_blob import decode_geometries
from geoapp.store.rows import frame_of
from geoapp.store.tables import GEOMETRY_COLUMN

_LARGEST_SHARE_BROUGHT_UP = 0.2
"""Of a register changed since an older frame; where more did, it is read whole."""


_LAST = np.iinfo(np.int64).max
"""The place of a record that was not there before."""


class FrameReader:
    """Reads frames and keeps those used last. Safe to share between threads.

    Records stand in the order in which they were first stored: a change leaves a record in its place, and undoing a
    withdrawal puts it back there.
    """

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
        if not number:  # nothing has changed it yet
            return _no_records(self._layers[register])
        return self._cache.get((register, number), lambda: self._load(register, number))

    def fetch(self, connection: Connection, register: str, *conditions: ColumnElement[bool]) -> pd.DataFrame:
        """Return the versions of records that fulfil all conditions, in the order of their ids."""
        layer, table = self._layers[register], self._tables[register]
        statement = select(*_columns(table, layer)).where(*conditions).order_by(table.c.fid)
        return frame_of(self._database.fetch_pieces(connection, statement), layer, self._database.decode)

    def revisions_of(
        self, register: str, names: Sequence[str], after: int, until: int, of: Mapping[str, str]
    ) -> pd.DataFrame:
        """Return the fields *names* of versions *of* some values that began or ended in a span, with "revision"."""
        table = self._tables[register]
        columns: dict[str, list[Any]] = {name: [] for name in (*names, "revision")}
        with self._database.reading() as connection:
            for number in (table.c.from_rev, table.c.to_rev):
                wanted = select(*(table.c[name] for name in names), number)
                own = (table.c[name] == value for name, value in of.items())
                found = self._database.fetch(connection, wanted.where(number > after, number <= until, *own))
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
            whole = self.fetch(
                connection, register, table.c.from_rev <= number, _is_open_after(table, number)
            )
            return self._in_place(connection, register, whole, number)

    def _in_place(
        self, connection: Connection, register: str, records: pd.DataFrame, number: int
    ) -> pd.DataFrame:
        """Return all records at a revision by the ids of their first versions."""
        table = self._tables[register]
        key = [table.c[name] for name in self._layers[register].key]
        closed = select(*key).where(table.c.to_rev <= number)
        ids = select(func.max(table.c.fid), func.min(table.c.fid)).where(table.c.from_rev <= number)
        wanted = ids.where(tuple_(*key).in_(closed)).group_by(*key)
        newest, first = self._database.fetch(connection, wanted) or ([], [])
        places = records.index.to_numpy().copy()
        positions = records.index.get_indexer(pd.Index(newest, dtype=np.int64))
        is_there = positions >= 0
        places[positions[is_there]] = np.array(first, dtype=np.int64)[is_there]
        order = np.argsort(places, kind="stable")
        return records if np.array_equal(order, np.arange(len(order))) else records.iloc[order]

    def _brought_up(
        self, register: str, old_number: int, old: pd.DataFrame, number: int
    ) -> pd.DataFrame | None:
        """Return a register at a revision from an older frame and what changed since; None where that is much.

        An edit of one plot must not read half a million, nor copy what it left alone. Versions are only ever added,
        so the new ones have the largest ids.
        """
        table = self._tables[register]
        # There is no index of beginnings: by the id what is new is found without looking at every version.
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
            gone = np.flatnonzero(np.isin(old.index.to_numpy(), closed))
            earlier = self._earlier_versions(connection, register, old_number, *is_new)
            places = _places(new.index, earlier, old.index, gone)
            order = np.argsort(places, kind="stable")
            frame = brought_up(old, _old_rows(len(old), gone, places), new.iloc[order])
            if any(held is None for _, held in earlier):  # withdrawn before, now there again
                return self._in_place(connection, register, frame, number)
            return frame

    def _earlier_versions(
        self, connection: Connection, register: str, old_number: int, *is_new: ColumnElement[bool]
    ) -> list[tuple[int, int | None]]:
        """Return the new versions of records known before: their ids, and those of the versions that then held."""
        table = self._tables[register]
        earlier = table.alias()
        same = (earlier.c[name] == table.c[name] for name in self._layers[register].key)
        held = func.max(case((earlier.c.to_rev > old_number, earlier.c.fid)))
        wanted = select(table.c.fid, held).join(earlier, and_(*same, earlier.c.from_rev <= old_number))
        return list(
            zip(*self._database.fetch(connection, wanted.where(*is_new).group_by(table.c.fid)), strict=True)
        )


@lru_cache(maxsize=256)
def _no_records(layer: Layer) -> pd.DataFrame:
    return frame_of((), layer, decode_geometries)


def _places(new: pd.Index, earlier: Sequence[tuple[int, int | None]], old: pd.Index, gone: Rows) -> Rows:
    """Return for each new version the row of the version that it takes the place of; _LAST where there is none."""
    replaced = {fid: held for fid, held in earlier if held is not None}
    rows = dict(zip(old[gone].tolist(), gone.tolist(), strict=True))
    return np.array([rows.get(replaced.get(fid), _LAST) for fid in new.tolist()], dtype=np.int64)


def _old_rows(old_count: int, gone: Rows, places: Rows) -> Rows:
    """Return by row of the new frame its row in the old one; see `brought_up`."""
    rows = np.arange(old_count)
    is_kept = np.ones(old_count, dtype=bool)
    is_kept[gone] = False
    replaced = places[places < _LAST]
    rows[replaced], is_kept[replaced] = FRESH, True
    return np.concatenate([rows[is_kept], np.full(len(places) - len(replaced), FRESH)])


def _is_open_after(table: Table, number: int) -> ColumnElement[bool]:
    return or_(table.c.to_rev.is_(None), table.c.to_rev > number)


def _columns(table: Table, layer: Layer) -> list[ColumnElement[Any]]:
    names = ["fid", *layer_dtypes(layer), *([GEOMETRY_COLUMN] if layer.has_geometry else [])]
    return [table.c[name] for name in names]
