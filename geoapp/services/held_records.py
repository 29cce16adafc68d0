"""Records of a register by a value of one of their fields, see `geoapp.domain.record_rows`."""

import pandas as pd

from geoapp.domain.change import Key, RecordVersion
from geoapp.domain.record_rows import RecordRows
from geoapp.services.workspace import Workspace


def held_records(workspace: Workspace, register: str, revision: int | None = None) -> RecordRows:
    """Return the records of a register, to be found by a value of a field.

    Parameters
    ----------
    workspace : Workspace
    register : str
    revision : int, optional
        As they were then; now if left out.

    Raises
    ------
    NotFoundError
        No such register or revision.
    """
    return rows_of(workspace, register, workspace.store.read(register, revision=revision))


def rows_of(workspace: Workspace, name: str, frame: pd.DataFrame) -> RecordRows:
    """Return the rows of a frame that is shared by all who ask; *name* says which of its later states it is."""
    key = ("record_rows", name)
    known: RecordRows | None = workspace.cache.peek(key, None)
    if known is None or known.frame is not frame:
        known = RecordRows(frame, known)
        workspace.cache.put(key, known)
    return known


def held_version(workspace: Workspace, register: str, key: Key) -> RecordVersion:
    """Return the version of one record that holds now, as `Store.record` does, from what has been read already.

    Raises
    ------
    NotFoundError
        There never was such a record, or not yet.
    GoneError
        It was withdrawn.
    """
    layer = workspace.layer(register)
    held = held_records(workspace, register)
    found = held.find(layer.key[0], *key[:1])
    if len(layer.key) > 1 or not len(found):
        return workspace.store.record(register, key)
    row = int(found[0])
    fid = int(held.frame.index[row])
    return RecordVersion(
        fid=fid,
        from_revision=workspace.store.began(register, fid),
        to_revision=None,
        fields=held.values(row),
    )
