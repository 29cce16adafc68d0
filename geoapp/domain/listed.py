"""Lists that are published with a fingerprint: what their figures are, record by record and summed up.

Which figures a list has is said once, here; what they come to is computed twice, by the services that show them and by
`geoapp.verification`.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from geoapp.domain.evaluation import GRADE_NUMBERS

TOTAL = "(total)"
"""The row of a list's sums; those by class stand in rows named (class) code."""
WHYS = "(why)"
BANDS = {
    "A": "A 档", "B": "B 档", "C": "C 档", "D": "D 档", "transition": "过渡期", "unknown": "没有得分", "none": "未投运",
}  # fmt: skip
"""Bands of micro-enterprise parks in words."""
LIGHTS = {"green": "正常", "yellow": "将到期或稍逾期", "red": "逾期", "grey": "没有计划或已暂停"}
"""Lights of projects in words."""
JUDGED = {"is_missed": "未达约定", "is_unknown": "没有填实际值", "is_met": "达到约定"}
"""What is said of an agreement's item, in words; of none of them nothing."""
Record = Mapping[str, Any]
Values = dict[str, float | None]
Sums = Iterator[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFigure:
    """One figure of every record."""

    name: str
    """In data."""
    heading: str = ""
    """Of its column in files, without the unit; empty where files lack it."""
    decimals: int | None = None
    """To which files round it; None where they give it in full, or it is land."""
    is_land: bool = False
    """In files it is in the unit of land; in data in m2."""
    per_unit: float = 1.0
    """What files show for 1 in data: 100 of a share in percent."""
    data_decimals: int | None = None
    """To which data round it; None where they give it in full."""
    numbers: Mapping[Any, float] = field(default_factory=dict)
    """Of codes and their words: the number that stands for each."""

    def number(self, value: Any) -> float | None:
        """Return a value as a number; None is unknown. Raises ValueError for a word that is not one of its own."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return self.numbers.get("")
        if self.numbers:
            if value not in self.numbers:
                raise ValueError(f"“{str(value)[:20]}”不认识")
            return self.numbers[value]
        return None if value in ("", "—") else float(_YES_NO.get(value, value))


_YES_NO: Mapping[Any, Any] = {"是": 1.0, "否": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """One kind of list."""

    id: str
    zh: str
    path: str
    """Regular expression of the addresses that show it."""
    part: str
    """Of its data: the records."""
    key: str
    key_heading: str
    """In data and in files."""
    figures: tuple[ListFigure, ...]
    sums: Callable[[Record], Sums] = lambda _record: iter(())
    sum_parts: tuple[str, ...] = ()
    """Of its data: what the sums are read from."""
    lines: Callable[[Record], Iterator[tuple[str, Record]]] | None = None
    """How records are read from the data where they are not those of *part*."""
    kept_names: tuple[str, ...] = ()
    """What of a record its figures are read from, where that is not their names."""
    kept_items: tuple[str, ...] = ()
    """Likewise of each of a record's items, where it has such."""
    key_parts: tuple[tuple[str, str], ...] = ()
    """Of items, which several columns name: the others' headings in files, and the register and field (register.field)
    whose codes files show in words, empty where they show the value itself. A line without them has no item."""

    @property
    def key_headings(self) -> tuple[str, ...]:
        """Return the headings of the columns that name a record, or an item, in files."""
        return (self.key_heading, *(heading for heading, _ in self.key_parts))

    def rows(self, record: Record) -> dict[str, Values]:
        """Return the figures of a list given as data, in its order: every record, then the sums."""
        found = {
            key: {figure.name: figure.number(row[figure.name]) for figure in self.figures}
            for key, row in (self.lines or self._lines)(record)
        }
        sums = ((row, values) for row, values in self.sums(record) if values)
        return found | {
            row: {name: None if value is None else float(value) for name, value in values.items()}
            for row, values in sums
        }

    def _lines(self, record: Record) -> Iterator[tuple[str, Record]]:
        return ((str(row[self.key]), row) for row in record[self.part])

    def kept(self, record: Record) -> dict[str, Any]:
        """Return what of a list's data its figures are read from, without anything else of the records."""
        names = self.kept_names or (self.key, *(figure.name for figure in self.figures))
        rows = [{name: row[name] for name in names} for row in record[self.part]]
        if self.kept_items:
            rows = [
                row | {"items": [{name: item[name] for name in self.kept_items} for item in row["items"]]}
                for row in rows
            ]
        return {self.part: rows, **{part: record[part] for part in self.sum_parts}}


_SUM = re.compile(r"\((total|why|bucket|town|park|band|phase|light|stage|status \w+|review|there|base)\)")


def is_sum(row: str) -> bool:
    """Return whether a row is one of sums, not of a record.

    Examples
    --------
    >>> is_sum("(town) 330205103"), is_sum("(2020)DK-1")
    (True, False)
    """
    return _SUM.match(row) is not None


def _coded(words: Mapping[str, str]) -> dict[str, float]:
    """Return the number of each code and of its words: their place in the order."""
    places = {code: float(place) for place, code in enumerate(words)}
    return places | {words[code]: place for code, place in places.items()}


def _one_of(words: Mapping[str, str], name: str) -> dict[Any, float]:
    """Return the numbers of a flag in data, and of words of which a file shows the one that holds."""
    return {True: 1.0, False: 0.0, "": 0.0} | {word: float(flag == name) for flag, word in words.items()}


def _by_class(name: str, counts: Mapping[str, Any]) -> Sums:
    return ((f"({name}) {code}", {"count": count}) for code, count in counts.items())


def _term_sums(record: Record) -> Sums:
    yield TOTAL, {"due_count": record["due_count"]}
    for line in record["buckets"]:
        yield f"(bucket) {line['bucket']}", _plots_and_land(line)
    for part, name in (("towns", "town"), ("parks", "park")):
        for line in record[part]:
            yield f"({name}) {line['code']}", _plots_and_land(line)
            for bucket, cell in zip(record["buckets"], line["cells"], strict=True):
                yield f"({name}) {line['code']}|{bucket['bucket']}", _plots_and_land(cell)


def _plots_and_land(line: Record) -> Record:
    return {name: line[name] for name in ("plot_count", "area_m2")}


def _micro_park_sums(record: Record) -> Sums:
    yield TOTAL, {name: record[name] for name in ("total", "occupancy_share")}
    yield from _by_class("band", record["bands"])


def _project_sums(record: Record) -> Sums:
    yield TOTAL, {name: record[name] for name in ("total", "stalled_count")}
    yield from _by_class("phase", record["phases"])
    yield from _by_class("light", record["lights"])
    for line in record["funnel"]:
        yield f"(stage) {line['stage']}", {name: value for name, value in line.items() if name != "stage"}


def _remediation_sums(record: Record) -> Sums:
    yield TOTAL, {"suggested_count": len(record["suggested"])}
    for code, counts in record["counts"].items():
        yield from _by_class(f"status {code}", counts)


def _transaction_sums(record: Record) -> Sums:
    yield TOTAL, {"total": record["total"]}
    yield from _by_class("review", record["reviews"])


def _agreement_sums(record: Record) -> Sums:
    yield TOTAL, record["counts"]


def _agreement_items(record: Record) -> Iterator[tuple[str, Record]]:
    for one in record["agreements"]:
        for item in one["items"]:
            yield f"{one['agreement_code']}|{item['indicator']}|{item['year']}", item


def _comparison_sums(record: Record) -> Sums:
    yield TOTAL, {name: record[name] for name in ("enterprise_count", "same_count")}
    for line in record["matrix"]:
        yield f"(there) {line['grade']}", dict(zip(record["grades"], line["counts"], strict=True))
    yield WHYS, record["whys"]
    for line in record["bases"]:
        names = ("base_here", "base_there", "weight_here", "weight_there")
        yield f"(base) {line['list']}|{line['item']}", {name: line[name] for name in names}


def _candidate_sums(record: Record) -> Sums:
    yield TOTAL, {**record["counts"], "listed": record["listed"]}


def _candidate_lines(record: Record) -> Iterator[tuple[str, Record]]:
    for row in record["candidates"]:
        least, most = row["interval"]
        points = {f"points_{term}": value for term, value in row["points"].items()}
        yield row["plot"], {**row, **points, "least": least, "most": most}


def _survey_sums(record: Record) -> Sums:
    yield TOTAL, {"count": record["count"]}


EVALUATION_PLOTS = ListKind(
    id="evaluation_plots", zh="亩均评价地块", path="/evaluation/plots", part="plots", key="plot_code",
    key_heading="地块编号",
    figures=(
        ListFigure(name="site_area_m2", heading="地块面积", is_land=True),
        ListFigure(name="enterprise_count", heading="企业数"),
        ListFigure(name="unknown_count", heading="缺数据的企业数"),
        ListFigure(name="tax_wan_per_mu", heading="亩均税收", decimals=4),
        ListFigure(name="value_added_wan_per_mu", heading="亩均增加值", decimals=4),
        ListFigure(name="grade", heading="评价档次", numbers=GRADE_NUMBERS),
    ),
)  # fmt: skip
EVALUATION_OFFICIAL = ListKind(
    id="evaluation_official", zh="与官方评价结果对比", path="/evaluation/official", part="enterprises", key="uscc",
    key_heading="统一社会信用代码",
    figures=(
        ListFigure(name="grade_here", heading="本系统档次", numbers=GRADE_NUMBERS),
        ListFigure(name="grade_there", heading="对方档次", numbers=GRADE_NUMBERS),
        ListFigure(name="score_here", heading="本系统得分", decimals=4),
        ListFigure(name="score_there", heading="对方得分", decimals=4),
        ListFigure(name="difference", heading="得分之差", decimals=4),
    ),
    sums=_comparison_sums,
    sum_parts=("enterprise_count", "same_count", "grades", "matrix", "whys", "bases"),
)  # fmt: skip
LAND_TERMS = ListKind(
    id="land_terms", zh="土地年期", path="/land-terms", part="plots", key="plot_code", key_heading="地块编号",
    figures=(
        ListFigure(name="site_area_m2", heading="用地面积", is_land=True),
        ListFigure(name="term_left_years", heading="剩余年限", decimals=2),
        ListFigure(name="is_due", heading="到评估期"),
    ),
    sums=_term_sums,
    sum_parts=("due_count", "buckets", "towns", "parks"),
)  # fmt: skip
MICRO_PARKS = ListKind(
    id="micro_parks", zh="小微企业园", path="/micro-parks", part="parks", key="micro_park_code",
    key_heading="小微园编号",
    figures=(
        ListFigure(name="land_area_m2", heading="用地面积", is_land=True),
        ListFigure(name="gfa_m2", heading="建筑面积"),
        ListFigure(name="enterprise_count", heading="入驻企业数"),
        ListFigure(name="occupancy_share", heading="出租率", decimals=4),
        ListFigure(name="small_micro_share", heading="小微企业占比", decimals=4),
        ListFigure(name="failed_count", heading="认定条件不符合"),
        ListFigure(name="unknown_count", heading="认定条件资料不全"),
        ListFigure(name="score", heading="绩效得分", decimals=2),
        ListFigure(name="band", heading="绩效档次", numbers=_coded(BANDS)),
        ListFigure(name="tax_wan_per_mu", heading="亩均税收", decimals=2),
        ListFigure(name="revenue_wan_per_mu", heading="亩均营收", decimals=2),
    ),
    sums=_micro_park_sums,
    sum_parts=("total", "occupancy_share", "bands"),
)  # fmt: skip
PROJECTS = ListKind(
    id="projects", zh="二次开发项目", path="/projects", part="projects", key="project_code", key_heading="项目编号",
    figures=(
        ListFigure(name="area_m2", heading="用地面积", is_land=True),
        ListFigure(name="new_gfa_gross_m2", heading="新增建筑面积"),
        ListFigure(name="invest_total_wan", heading="总投资"),
        ListFigure(name="invest_done_wan", heading="累计完成投资"),
        ListFigure(name="light", heading="进度灯", numbers=_coded(LIGHTS)),
        ListFigure(name="days_late", heading="逾期天数", decimals=0),
        ListFigure(name="silent_days", heading="无进展天数", decimals=0),
        ListFigure(name="is_stalled", heading="停滞"),
    ),
    sums=_project_sums,
    sum_parts=("total", "stalled_count", "phases", "lights", "funnel"),
)  # fmt: skip
REMEDIATION = ListKind(
    id="remediation", zh="整治清单", path=r"/lists/\d+/[^/]+", part="entries", key="subject_code",
    key_heading="地块编号或信用代码",
    figures=(
        ListFigure(name="enterprise_count", heading="使用企业", decimals=0),
        ListFigure(name="site_area_m2", heading="面积", is_land=True),
        ListFigure(name="gfa_counted_m2", heading="建筑面积", decimals=2),
        ListFigure(name="far", heading="容积率", decimals=4),
        ListFigure(name="building_coefficient", heading="建筑系数", decimals=2, per_unit=100.0),
        ListFigure(name="tax_wan_per_mu", heading="上年亩均税收", decimals=4),
        ListFigure(name="is_overdue"),
    ),
    sums=_remediation_sums,
    sum_parts=("suggested", "counts"),
)  # fmt: skip
TRANSACTIONS = ListKind(
    id="transactions", zh="二级市场交易", path="/transactions", part="transactions", key="transaction_code",
    key_heading="交易编号",
    figures=(
        ListFigure(name="area_m2", heading="土地面积", is_land=True),
        ListFigure(name="price_wan", heading="交易金额"),
        ListFigure(name="computed_unit_price", heading="计算单价", decimals=2),
        ListFigure(name="unit_price_off_share", heading="单价相差", decimals=4),
        ListFigure(name="appraisal_off_share", heading="与评估价相差", decimals=4),
        ListFigure(name="invested_share", heading="完成投资占比", decimals=4),
        ListFigure(name="waiting_days", heading="待审天数", decimals=0),
        ListFigure(name="failed_count", heading="准入不符合"),
        ListFigure(name="unknown_count", heading="准入资料不全"),
        ListFigure(name="price_count", heading="价格要核对"),
    ),
    sums=_transaction_sums,
    sum_parts=("total", "reviews"),
)  # fmt: skip
AGREEMENTS = ListKind(
    id="agreements", zh="履约监管协议", path="/agreements", part="agreements", key="agreement_code",
    key_heading="协议编号",
    figures=(
        ListFigure(name="agreed_value", heading="约定值"),
        ListFigure(name="actual_value", heading="实际值"),
        ListFigure(name="shortfall_share", heading="差多少", decimals=4),
        ListFigure(name="is_missed", heading="考核", numbers=_one_of(JUDGED, "is_missed")),
        ListFigure(name="is_unknown", heading="考核", numbers=_one_of(JUDGED, "is_unknown")),
    ),
    sums=_agreement_sums,
    sum_parts=("counts",),
    lines=_agreement_items,
    kept_names=("agreement_code", "items"),
    kept_items=(
        "indicator", "year", "agreed_value", "actual_value", "shortfall_share", "is_missed", "is_unknown",
    ),
    key_parts=(("指标", "agreement_items.indicator"), ("考核年份", "")),
)  # fmt: skip
_POINTS = {
    "far_gap": "容积率差距", "tax_gap": "亩均税收差距", "inside_line": "控制线内", "low_efficiency": "低效规则",
    "size": "用地规模", "owner_will": "改造意愿", "building_age": "厂房年代",
}  # fmt: skip
CANDIDATES = ListKind(
    id="candidates", zh="二次开发候选地块", path="/candidates", part="candidates", key="plot", key_heading="地块编号",
    figures=(
        ListFigure(name="rank", heading="名次", decimals=0),
        ListFigure(name="score", heading="分值", decimals=4),
        ListFigure(name="least", heading="分值最低", decimals=4),
        ListFigure(name="most", heading="分值最高", decimals=4),
        ListFigure(name="completeness", heading="资料完整度", decimals=2, per_unit=100.0),
        ListFigure(name="top_share", heading="在前列的次数占比", decimals=1, per_unit=100.0),
        ListFigure(name="site_area_m2", heading="用地面积", is_land=True),
        ListFigure(name="far", heading="容积率", decimals=4),
        ListFigure(name="far_target", heading="目标容积率", decimals=2),
        ListFigure(name="potential_gfa_m2", heading="可增建筑面积", decimals=2),
        ListFigure(name="tax_wan_per_mu", heading="亩均税收", decimals=4),
        *(
            ListFigure(name=f"points_{term}", heading=f"得分：{words}", decimals=4, data_decimals=6)
            for term, words in _POINTS.items()
        ),
    ),
    sums=_candidate_sums,
    sum_parts=("counts", "listed"),
    lines=_candidate_lines,
    kept_names=(
        "plot", "rank", "score", "interval", "completeness", "top_share", "site_area_m2", "far", "far_target",
        "potential_gfa_m2", "tax_wan_per_mu", "points",
    ),
)  # fmt: skip
SURVEY = ListKind(
    id="survey", zh="低效用地调查表", path=r"/lists/\d+/[^/]+/survey\.xlsx", part="plots", key="plot_code",
    key_heading="调查单元编号",
    figures=(
        ListFigure(name="site_area_m2", heading="面积（亩）", is_land=True),
        ListFigure(name="area_reg_m2", heading="登记面积（亩）", is_land=True),
        ListFigure(name="far", heading="容积率", decimals=4),
        ListFigure(name="site_coverage", heading="建筑密度", decimals=4),
        ListFigure(name="tax_wan_per_mu", heading="地均入库税金", decimals=4),
    ),
    sums=_survey_sums,
    sum_parts=("count",),
)  # fmt: skip
LIST_KINDS = (
    EVALUATION_PLOTS, EVALUATION_OFFICIAL, LAND_TERMS, MICRO_PARKS, PROJECTS, REMEDIATION, TRANSACTIONS, AGREEMENTS,
    CANDIDATES, SURVEY,
)  # fmt: skip
