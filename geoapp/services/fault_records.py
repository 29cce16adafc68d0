"""Some records of a register, and how a fault of them is told: each kind counted, the first of it by name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.layer import Layer
from geoapp.domain.table_quality import QualityFinding, RecordFault
from geoapp.services.as_of import AsOf
from geoapp.services.held_records import rows_of
from geoapp.services.record_card import record_address, record_title
from geoapp.services.records import record_keys
from geoapp.services.workspace import Workspace

Faults = Iterator[RecordFault]
Rows = NDArray[np.int64]

FEW = 50
"""Records that are looked up one by one."""


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a register, by their positions: nothing is copied but what is looked at and told."""

    layer: Layer
    frame: pd.DataFrame
    """The register."""
    rows: Rows
    """Ascending, each once."""

    def column(self, name: str) -> pd.Series:
        """Return the values of a field."""
        values = self.frame[name]
        return values if len(self.rows) == len(values) else values.iloc[self.rows]

    def is_negative(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """Return whether one of some fields is below zero."""
        is_any = np.zeros(len(self.rows), dtype=bool)
        for name in names:
            is_any |= (self.column(name) < 0).to_numpy(bool, na_value=False)
        return is_any

    def fault(
        self,
        code: str,
        zh: str,
        is_wrong: NDArray[np.bool_],
        message: Callable[[pd.Series, int], str],
        most: int,
    ) -> Faults:
        """Yield a fault of those that are wrong, if there are any.

        Parameters
        ----------
        code, zh : str
            The kind.
        is_wrong : array of bool
            One per record.
        message : callable
            Of a record's row and of its place among these records.
        most : int
            So many are named.
        """
        places = np.flatnonzero(is_wrong)
        if not len(places):
            return
        named = self.frame.iloc[self.rows[places[:most]]]
        keys = record_keys(named, self.layer)
        titled = {
            name: plain_values(named[name]) for name in {*self.layer.key, self.layer.label_field} - {""}
        }
        findings = tuple(
            QualityFinding(
                code=code,
                zh=zh,
                message=message(row, place),
                title=record_title(self.layer, values, key),
                address=record_address(self.layer.id, key),
            )
            for place, key, (_, row), values in zip(
                places[:most].tolist(), keys, named.iterrows(), row_records(titled), strict=True
            )
        )
        yield RecordFault(code=code, zh=zh, count=len(places), findings=findings)


def records_about(
    workspace: Workspace, state: AsOf, register: str, field: str, keys: Sequence[str] | pd.Series | None
) -> Records:
    """Return the records whose field names one of some others, all where none are named."""
    records = workspace.store.read(register, revision=state.revision)
    if keys is None:
        rows = np.arange(len(records))
    elif len(keys) <= FEW:
        rows = rows_of(workspace, register, records).find_all(field, keys)
    else:
        rows = np.flatnonzero(records[field].isin(keys))
    return Records(workspace.layer(register), records, rows)
