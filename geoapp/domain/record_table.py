"""Records of a register as a table to take along, with everything that must be printed beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTable:
    """The records that a filter takes in, as of a revision and a day."""

    register: str
    register_zh: str
    geometry_type: str
    """As in the register's definition: none, point, line or polygon."""
    fields: tuple[FieldInfo, ...]
    """The columns."""
    rows: pd.DataFrame
    """Indexed by key, one column per field, not rounded, missing where unknown; a GeoDataFrame (EPSG:4490) with
    "geometry" where the register has one."""
    revision: int
    day: date
    """As of its end, and whose rules and thresholds hold."""
    is_now: bool
    data_on: date
    """Day of the newest revision that went in."""
    filter_zh: str
    is_filtered: bool
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader must know, in Chinese."""
    is_demo: bool = False
    sender: str = ""
    """Office that hands the table in (填报单位): its workbook has a line for it and a place to sign; empty without."""
    quality: tuple[str, ...] = ()
    """What is unknown or wrong among the records, as the page says below the same table; for its workbook."""
    fingerprint: str = ""
    """Of tables whose figures `geoapp verify` computes again; see `geoapp.domain.fingerprint`."""

    @property
    def has_geometry(self) -> bool:
        """Whether the records can be drawn."""
        return self.geometry_type != "none"

    @property
    def title(self) -> str:
        """The heading: 工业地块表."""
        return f"{self.register_zh}表"

    @property
    def terms(self) -> dict[str, str]:
        """Return what the rows rest on, line by line, for headers and second sheets."""
        return {
            "台账": self.register_zh,
            "筛选": self.filter_zh,
            "记录数": str(len(self.rows)),
            "数据时点": f"{self.day.isoformat()}{'（现在）' if self.is_now else '（当日终了）'}",
            "数据截至": self.data_on.isoformat(),
            "数据修订号": str(self.revision),
            "规则与阈值日期": self.day.isoformat(),
        } | ({"数据性质": "示意数据，不是真实记录"} if self.is_demo else {})

    @property
    def codes(self) -> Mapping[str, Mapping[str, str]]:
        """Return the words of the coded fields' values, by the field's label."""
        return {info.label: info.codes for info in self.fields if info.codes}
