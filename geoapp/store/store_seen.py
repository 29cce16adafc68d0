"""The store as somebody sees it who may not see everything."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import pandas as pd
from sqlalchemy import ColumnElement, Connection

from geoapp.domain.change import RegisterChange
from geoapp.errors import RefusedError
from geoapp.store.frame_reader import FrameReader
from geoapp.store.store import Store

Lens = Callable[[str, int | None, pd.DataFrame], pd.DataFrame]
"""(register, revision that last changed it, or None for versions of one record, frame) -> frame without the hidden."""


class _SeenFrames(FrameReader):
    """Another reader's frames through a lens.

    It asks the other one, which reads and keeps whole frames: a frame without the hidden must never get into the cache
    that all share.
    """

    def __init__(self, frames: FrameReader, lens: Lens) -> None:
        self.__dict__.update(frames.__dict__)
        self._frames = frames
        self._lens = lens

    def at(self, register: str, number: int) -> pd.DataFrame:
        return self._lens(register, number, self._frames.at(register, number))

    def fetch(self, connection: Connection, register: str, *conditions: ColumnElement[bool]) -> pd.DataFrame:
        return self._lens(register, None, self._frames.fetch(connection, register, *conditions))


class SeenStore(Store):
    """Another store's registers through a lens; shares its database and what it has read. Only to read.

    The lens is in what reads frames, so that whatever is made from this store, such as `StoreAt`, has it too.
    """

    def __init__(self, store: Store, lens: Lens) -> None:
        self.__dict__.update(store.__dict__)
        self._frames = _SeenFrames(store._frames, lens)

    def write(self, changes: Mapping[str, RegisterChange], **_: Any) -> NoReturn:
        """Refuse: what is hidden would be stored as empty."""
        raise RefusedError("您看不到全部字段，不能直接改台账。")
