"""What is computed about plots, as fields to filter by, to show in tables and to colour by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import UNKNOWN_FAR_CLASS
from geoapp.analysis.revitalised_overlap import off_grid
from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.rule import CODE_JOINT, Verdict
from geoapp.services.map_legend import far_class_words
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS, low_efficiency_class, today
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

OWN_WORDS = {"gfa_far_m2": "台账计容建筑面积"}
"""Words of the register's own fields that would be taken for computed ones."""
DAYS_PER_YEAR = 365.25
_AREA_BASIS_WORDS = {"registered": "登记面积", "ellipsoid": "椭球面积", "plane": "平面面积"}
_SHORT, _LONG = 2, 4
"""Decimals of square metres and percent, and in files of 亩 and ratios, which pages show shorter."""


@dataclass(frozen=True, slots=True)
class PlotField:
    """One computed field: what it is called, and how it comes from the facts about the plots on a day."""

    info: FieldInfo
    values: Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]
    """(facts, register, day) -> values on the facts' rows; both frames hold the same plots in the same order."""
    made_of: tuple[str, str] | None = None
    """Register and field that it comes from where it is nothing without: it is hidden with that."""


def plot_fields(workspace: Workspace) -> dict[str, PlotField]:
    """Return the computed fields of plots by name, in the order of tables."""
    fields = [
        *_land_fields(),
        *_floor_fields(),
        *_use_fields(workspace),
        *_state_fields(workspace),
        *_time_fields(),
    ]
    return {field.info.name: field for field in fields}


def _fact(name: str) -> Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]:
    return lambda facts, _own, _day: facts[name]


def _mu(name: str) -> Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]:
    return lambda facts, _own, _day: m2_to_mu(facts[name])


def _counted_mu(name: str) -> Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]:
    return lambda facts, _own, _day: m2_to_mu(off_grid(facts[name]))


def _percent(name: str) -> Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]:
    return lambda facts, _own, _day: facts[name] * 100


def _decided(name: str, undecided: str) -> Callable[[pd.DataFrame, pd.DataFrame, date], pd.Series]:
    """Return a class with the undecided ones missing: a filter must not take them for an answer."""
    return lambda facts, _own, _day: facts[name].where(facts[name] != undecided)


def _status(facts: pd.DataFrame, _own: pd.DataFrame, _day: date) -> pd.Series:
    values = low_efficiency_class(facts)
    return values.where(values != Verdict.UNKNOWN.value)


def _rules_hit(facts: pd.DataFrame, _own: pd.DataFrame, _day: date) -> pd.Series:
    ids = [CODE_JOINT.join(hit.rule_id for hit in hits) or None for hits in facts["low_efficiency_hits"]]
    return pd.Series(ids, index=facts.index, dtype="str")


def _age_years(_facts: pd.DataFrame, own: pd.DataFrame, day: date) -> pd.Series:
    return day.year - own["built_year"].astype("float64")


def _remaining_years(_facts: pd.DataFrame, own: pd.DataFrame, day: date) -> pd.Series:
    return (own["term_end_on"] - pd.Timestamp(day)) / np.timedelta64(1, "D") / DAYS_PER_YEAR


def _number(
    name: str, zh: str, unit: str, decimals: int, values: Callable[..., pd.Series], **more: object
) -> PlotField:
    label = f"{zh}({unit})" if unit else zh
    info = FieldInfo(
        name=name, zh=zh, label=label, dtype="number", unit=unit, decimals=decimals,
        page_decimals=min(decimals, _SHORT), **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return PlotField(info, values)


def _coded(
    name: str, zh: str, codes: Mapping[str, str], values: Callable[..., pd.Series], **more: object
) -> PlotField:
    info = FieldInfo(name=name, zh=zh, label=zh, dtype="string", codes=codes, **more)  # type: ignore[arg-type]
    return PlotField(info, values)


def _land_fields() -> list[PlotField]:
    return [
        _number(
            "site_area_mu", "用地面积", "亩", _LONG, _mu("site_area_m2"), is_default=True,
            description="用地面积依据所指的面积，换算成亩。",
        ),
        _number(
            "site_area_m2", "用地面积", "平方米", _SHORT, _fact("site_area_m2"),
            description="登记、椭球、平面面积里按设置的次序第一个已知的。",
        ),
        _coded("site_area_basis", "用地面积依据", _AREA_BASIS_WORDS, _decided("site_area_basis", "")),
        _number(
            "area_ellipsoid_m2", "椭球面积", "平方米", _SHORT, _fact("area_ellipsoid_m2"),
            description="图形在 CGCS2000 椭球面上的面积。",
        ),
    ]  # fmt: skip


def _floor_fields() -> list[PlotField]:
    return [
        _number(
            "far", "容积率", "", _LONG, _fact("far"), is_default=True,
            description="计容建筑面积 ÷ 用地面积。",
        ),
        _number(
            "gfa_counted_m2", "计容建筑面积", "平方米", _SHORT, _fact("gfa_counted_m2"), is_default=True,
            description="按建筑物逐栋计算（超高层高加倍，地下不计），没有建筑物的取台账。",
        ),
        _number(
            "gfa_actual_m2", "建筑面积", "平方米", _SHORT, _fact("gfa_actual_m2"),
            description="台账的建筑面积，没有的取建筑物之和。", aliases=("JZMJ", "总建筑面积"),
        ),
        _number(
            "footprint_m2", "建筑占地面积", "平方米", _SHORT, _fact("footprint_m2"),
            description="建筑物之和，不全知的取台账。",
        ),
        _number(
            "site_coverage_percent", "建筑密度", "%", _SHORT, _percent("site_coverage"),
            description="建筑占地面积 ÷ 用地面积。", aliases=("site_coverage",),
        ),
        _number(
            "building_coefficient_percent", "建筑系数", "%", _SHORT, _percent("building_coefficient"),
            description="（建筑占地＋构筑物及堆场）÷ 用地面积。", aliases=("building_coefficient",),
        ),
    ]  # fmt: skip


def _use_fields(workspace: Workspace) -> list[PlotField]:
    grades = workspace.layer("performance").field("grade").code_labels
    is_above_scale = FieldInfo(
        name="is_above_scale", zh="是否规上", label="是否规上", dtype="boolean",
        description="权利人企业，没有的取最大的承租企业。",
    )  # fmt: skip
    return [
        replace(
            _number(
                "tax_wan_per_mu", "亩均税收", "万元/亩", _LONG, _fact("tax_wan_per_mu"), is_default=True,
                description="地块上各企业的税收按占用面积分摊之和 ÷ 用地面积。",
            ),
            made_of=("performance", "tax_wan"),
        ),
        PlotField(
            FieldInfo(
                name="performance_year", zh="评价年度", label="评价年度", dtype="integer",
                description="亩均税收和等级是哪一年的。",
            ),
            _fact("performance_year"),
        ),
        _coded("grade", "亩均评价等级", grades, _fact("grade"), is_default=True),
        _coded(
            "grade_source", "评价等级来源", GRADE_SOURCES, _fact("grade_source"),
            description="固化或官方公布的结果优先，没有的才用台账填报的；次序见规则库。",
        ),
        PlotField(is_above_scale, _fact("is_above_scale")),
        _coded(
            "industry_code", "行业代码", {}, _fact("industry_code"),
            description="GB/T 4754-2017；权利人企业，没有的取最大的承租企业。",
        ),
    ]  # fmt: skip


def _state_fields(workspace: Workspace) -> list[PlotField]:
    stages = workspace.layer("projects").field("stage").code_labels
    answers = {name: LOW_EFFICIENCY_WORDS[name] for name in ("yes", "no")}
    statuses = {name: LOW_EFFICIENCY_WORDS[name] for name in ("yes", "review", "no")}
    classes = far_class_words(workspace.policy.value("far_class_breaks", today()))
    return [
        _coded(
            "far_class", "容积率分级", classes, _decided("far_class", UNKNOWN_FAR_CLASS), has_open_codes=True
        ),
        _coded(
            "low_efficiency", "低效用地", answers, _decided("low_efficiency", Verdict.UNKNOWN.value),
            description="先看认定清单，再看规则；没有定论的为空。",
        ),
        _coded(
            "low_efficiency_class", "低效状态", statuses, _status, is_default=True,
            description="同地图：待核查是规则命中而未列入清单的；资料不全的为空。",
        ),
        _coded(
            "low_efficiency_rules", "命中的低效规则", {}, _rules_hit,
            description="低效规则（LE）中命中的，用顿号隔开；一条没有命中的为空。规则见“规则库”。",
        ),
        _coded(
            "project_stage", "项目阶段", stages, _fact("project_stage"), is_default=True,
            description="所涉项目里最靠后的阶段；没有项目的为空。",
        ),
        _number("recognised_mu", "已认定盘活", "亩", _LONG, _counted_mu("recognised_m2")),
        _number("doing_mu", "推进中盘活", "亩", _LONG, _counted_mu("doing_m2")),
        _number("planned_mu", "计划盘活", "亩", _LONG, _counted_mu("planned_m2")),
        _number("new_gfa_gross_m2", "新增建筑面积", "平方米", _SHORT, _fact("new_gfa_gross_m2")),
        _number("new_gfa_net_m2", "净增建筑面积", "平方米", _SHORT, _fact("new_gfa_net_m2")),
    ]  # fmt: skip


def _time_fields() -> list[PlotField]:
    return [
        _number(
            "building_age_years", "建成年限", "年", 0, _age_years, description="当年减建成年份。"
        ),
        _number(
            "remaining_term_years", "剩余使用年限", "年", 1, _remaining_years,
            description="到使用权终止日期还有几年；负数是已经到期。",
        ),
    ]  # fmt: skip
