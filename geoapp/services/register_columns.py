"""Whether columns of a register changed: most edits leave most columns alone, and what was made from those holds on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from geoapp.domain.frame_update import have_same_column
from geoapp.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Columns:
    """Some columns of a register, and what tells them from others."""

    frame: pd.DataFrame
    version: int

    @property
    def nbytes(self) -> int:
        """Nothing: the columns are the register's."""
        return 0


def columns_version(workspace: Workspace, register: str, names: Sequence[str], revision: int) -> int:
    """Return what tells whether some columns of a register may have changed: equal ones are equal values."""
    number = workspace.store.register_revision(register, revision=revision)

    def make() -> int:
        frame = pd.DataFrame(workspace.store.read(register, revision=revision))[list(names)]
        newest = ("newest_columns", register, *names)
        known: _Columns | None = workspace.cache.peek(newest, None)
        is_same = known is not None and all(have_same_column(known.frame, frame, name) for name in names)
        version = known.version if known is not None and is_same else number
        workspace.cache.put(newest, _Columns(frame, version))
        return version

    return workspace.cache.get(("columns_version", register, number, *names), make)
