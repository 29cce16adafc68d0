"""The zone table: figures per zone with everything that must be printed beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import geopandas as gpd
import pandas as pd

from geoapp.domain.fingerprint import Fingerprint, Origin, take_fingerprint
from geoapp.domain.rounding import rounded_columns
from geoapp.domain.statistic import StatisticColumn
from geoapp.domain.table_quality import TableQuality

ZONE, OUTSIDE, TOTAL = "zone", "outside", "total"
"""Kinds of rows."""
OUTSIDE_KEY, TOTAL_KEY = "(outside)", "(total)"
OUTSIDE_ZH, TOTAL_ZH = "区外", "合计"
WITHHELD_ZH = "不公开"
"""In place of a number that is known but not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTable:
    """Figures per zone of one division of the land, as of a revision and a day."""

    rows: pd.DataFrame
    """Indexed by zone key ("zone"): zones in order, then (outside), then (total). Columns `name`, `kind` (zone,
    outside, total) and one per StatisticColumn, in m2 and shares from 0 to 1; not rounded, NaN where unknown."""
    columns: tuple[StatisticColumn, ...]
    groups: tuple[str, ...]
    """The subject of each column, in Chinese: 亩均评价."""
    geometry: gpd.GeoSeries
    """Of the zones only, EPSG:4490, by zone key."""
    zones: str
    """What was asked for: a register, control_line:KX1, or a file's name."""
    zones_zh: str
    """The same in words: 镇街."""
    membership: str
    """clip, largest or centroid."""
    membership_zh: str
    revision: int
    data_on: date
    """Day of the newest revision that went in."""
    rules_on: date
    """Day whose thresholds were used."""
    later_groups: frozenset[str] = frozenset()
    """Subjects that are not shown before somebody asks for them."""
    statistics_zh: str = ""
    """Which statistics these are, in words: 全部 22 项."""
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By a column's name the keys of the rows of which it is not told, for whoever may see large groups only."""
    filter_zh: str = "全部地块"
    sources: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    """Words for the codes that occur."""
    area_basis: Mapping[str, int] = field(default_factory=dict)
    """Number of plots by where their site area comes from, in Chinese."""
    findings: tuple[str, ...] = ()
    """What a reader must know, in Chinese."""
    quality: TableQuality | None = None
    """The records behind it that need a look; None where nobody looked: JSON and files for maps."""
    is_demo: bool = False
    origin: Origin | None = None
    """The state it was computed from and where to open it again; None where no address shows it."""
    area_unit: str = "mu"
    """In which land is shown."""

    def in_unit(self, unit: str) -> "ZoneTable":
        """Return the table with land shown in a unit (mu, ha, m2); floor area stays in m2."""
        columns = (replace(column, unit=unit) if column.unit == "mu" else column for column in self.columns)
        return replace(self, columns=tuple(columns), area_unit=unit)

    def withheld_in(self, key: str) -> list[StatisticColumn]:
        """Return the columns of which a row does not tell."""
        return [column for column in self.columns if key in self.withheld.get(column.name, ())]

    @property
    def title(self) -> str:
        """Return the heading: 各镇街工业用地统计表, 控制线内外工业用地统计表."""
        each = "" if self.zones_zh.endswith("内外") else "各"
        return f"{each}{self.zones_zh}工业用地统计表"

    @property
    def shown(self) -> pd.DataFrame:
        """Return the rows in the units shown (亩, %), columns by their shown names; not rounded."""
        numbers = {
            column.shown_name: column.to_shown(self.rows[column.name].to_numpy()) for column in self.columns
        }
        return self.rows[["name", "kind"]].assign(**numbers)

    @property
    def rounded(self) -> pd.DataFrame:
        """Return the rows shown, each number rounded by itself, for files to compute on with."""
        return rounded_columns(
            self.shown, {column.shown_name: column.file_decimals for column in self.columns}
        )

    def fingerprint(self, *, is_rounded: bool = False, has_zones_only: bool = False) -> Fingerprint | None:
        """Return the fingerprint of a file that holds the numbers in full, or rounded; None without an origin.

        A map's file has the zones only, not what lies outside and the total.
        """
        if self.origin is None:
            return None
        rows = self.rounded if is_rounded else self.shown
        rows = rows[rows["kind"] == ZONE] if has_zones_only else rows
        numbers = rows[[column.shown_name for column in self.columns]].to_numpy(dtype=float).tolist()
        return take_fingerprint(self.origin, self.area_unit, zip(rows["name"], numbers, strict=True))

    @property
    def terms(self) -> dict[str, str]:
        """Return what the figures rest on, line by line, for headers and second sheets."""
        basis = "、".join(f"{words} {count} 宗" for words, count in self.area_basis.items())
        statistics = {"指标": self.statistics_zh} if self.statistics_zh else {}
        return {
            "分区": self.zones_zh,
            **statistics,
            "筛选": self.filter_zh,
            "归属方式": self.membership_zh,
            "数据截至": self.data_on.isoformat(),
            "数据修订号": str(self.revision),
            "规则与阈值日期": self.rules_on.isoformat(),
            "用地面积依据": basis or "无",
        } | ({"数据性质": "示意数据，不是真实地块"} if self.is_demo else {})
