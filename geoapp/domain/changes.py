"""What became of plots and projects between two days: kinds of change, and the report that lists and sums them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import pandas as pd

from geoapp.domain.fingerprint import Origin
from geoapp.domain.revision import Revision

_PLOT_SOURCES = ("plots", "buildings", "occupancies", "enterprises", "performance", "evaluations")
_ALL_SOURCES = (*_PLOT_SOURCES, "projects", "project_plots", "recognitions", "control_lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKind:
    """One way in which a plot may differ between two days."""

    id: str
    zh: str
    registers: tuple[str, ...]
    """Whose revisions can bring it about."""
    field: str = ""
    """The field of the plots whose class it is, where it is a change of class."""
    color: str = ""
    """On maps."""
    mark: str = ""
    """On maps, beside the colour: a letter that stays readable in grey print."""


_KINDS = (
    ChangeKind(id="new", zh="新增", registers=("plots",), color="#1b7f4d", mark="增"),
    ChangeKind(id="gone", zh="消失", registers=("plots",), color="#b3261e", mark="消"),
    ChangeKind(id="entered", zh="进入筛选", registers=_ALL_SOURCES, color="#56b4e9", mark="入"),
    ChangeKind(id="left", zh="移出筛选", registers=_ALL_SOURCES, color="#8c6d5a", mark="出"),
    ChangeKind(id="area", zh="面积变化", registers=("plots",), color="#e69f00", mark="面"),
    ChangeKind(
        id="stage", zh="项目阶段变化", registers=("projects", "project_plots"), field="project_stage",
        color="#0072b2", mark="阶",
    ),
    ChangeKind(
        id="treatment", zh="整治状态变化", registers=("plots",), field="low_efficiency_status", color="#5b3a8c",
        mark="整",
    ),
    ChangeKind(
        id="far_class", zh="容积率分级变化", registers=("plots", "buildings"), field="far_class",
        color="#7b3fa0", mark="容",
    ),
    ChangeKind(
        id="grade", zh="亩均评价变化", registers=("performance", "evaluations", "occupancies", "enterprises", "plots"),
        field="grade", color="#cc79a7", mark="评",
    ),
    ChangeKind(
        id="low_efficiency", zh="低效状态变化", registers=_PLOT_SOURCES, field="low_efficiency_class",
        color="#d55e00", mark="效",
    ),
    ChangeKind(
        id="line", zh="控制线内外变化", registers=("plots", "control_lines"), field="line_position",
        color="#009e73", mark="线",
    ),
    ChangeKind(id="other", zh="其他字段变化", registers=("plots",), color="#7a8794", mark="他"),
)  # fmt: skip
KINDS: Mapping[str, ChangeKind] = {kind.id: kind for kind in _KINDS}
"""In the order of tables and legends: the first of a plot's kinds is the one it is drawn in."""
CLASS_KINDS: Mapping[str, ChangeKind] = {kind.id: kind for kind in _KINDS if kind.field}
FILTER_KINDS = ("entered", "left")
"""Only with a filter: plots that are there on both days and satisfy it on one."""
ENTRY_KINDS: Mapping[str, str] = {"new": "列入", "gone": "移出", "status": "状态变化"}
PROJECT_KINDS: Mapping[str, str] = {"new": "新增", "gone": "消失", "stage": "阶段变化"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReport:
    """The difference between two days."""

    from_day: date
    to_day: date
    is_to_now: bool
    revisions: tuple[int, int]
    """The newest revision of either day; what was changed lies after the first, up to the second."""
    records: pd.DataFrame
    """One row per plot and kind of change: plot_code, name, town_code, kind, before, after (Chinese words), zone (key
    of the zone it is counted in), before_m2, after_m2 (site area of either day), difference_m2 (of new, gone, area and
    the filter's kinds; NaN elsewhere or unknown), causes (list of revisions, newest first)."""
    zones: pd.DataFrame
    """By zone key, outside and total last: name, kind (zone, outside, total), before_count, before_m2, after_count,
    after_m2, difference_count, difference_m2, moved_count, moved_m2, and <kind>_count, <kind>_m2 of each ChangeKind."""
    projects: pd.DataFrame
    """One row per project and kind of change: project_code, name, kind, before, after, area_m2, causes."""
    entries: pd.DataFrame
    """One row per entry of a remediation list that changed: year, list, list_zh, subject_code, subject_kind, name,
    kind, before, after (statuses in words), causes."""
    shapes: gpd.GeoSeries
    """Of the plots that changed, by plot_code, EPSG:4490: as they are on the later day, or were before they went."""
    zone_shapes: gpd.GeoSeries
    causes: Mapping[int, Revision]
    """The revisions that records name, by number."""
    zones_id: str
    zones_zh: str
    membership: str
    membership_zh: str
    filter_zh: str
    is_filtered: bool
    data_on: date
    """Day of the newest revision that went in."""
    towns: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader must know, in Chinese."""
    is_demo: bool = False
    origin: Origin | None = None
    """The states it was computed from and where to open it again."""

    @property
    def kinds(self) -> tuple[ChangeKind, ...]:
        """The kinds that tables list: those of a filter only where there is one."""
        return tuple(kind for kind in _KINDS if self.is_filtered or kind.id not in FILTER_KINDS)

    @property
    def title(self) -> str:
        """Return the heading: 工业用地变化表（2026-01-31 至 2026-06-30）."""
        return f"工业用地变化表（{self.from_day.isoformat()} 至 {self.to_day.isoformat()}）"

    @property
    def terms(self) -> dict[str, str]:
        """Return what the figures rest on, line by line, for headers and second sheets."""
        return {
            "比较": f"{self.from_day.isoformat()}（当日终了）与 {self.to_day.isoformat()}"
            f"{'（现在）' if self.is_to_now else '（当日终了）'}",
            "分区": self.zones_zh,
            "筛选": self.filter_zh,
            "归属方式": self.membership_zh,
            "数据截至": self.data_on.isoformat(),
            "数据修订号": f"{self.revisions[0]} 与 {self.revisions[1]}",
            "规则与阈值日期": "各按当日",
        } | ({"数据性质": "示意数据，不是真实地块"} if self.is_demo else {})
