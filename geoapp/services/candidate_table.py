"""The candidates as a table to take along, in the order of the page."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import GRADE_SOURCES
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import Origin
from geoapp.domain.listed import CANDIDATES as KIND
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rule import RuleHit
from geoapp.reports.candidates import candidate_records
from geoapp.services.as_of import data_day
from geoapp.services.candidate_weights import TERM_WORDS, official_weights
from geoapp.services.candidates import (
    STABILITY_WORDS,
    CandidateList,
    candidate_summary,
    candidate_summary_words,
    flag_words,
    flips,
)
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.place_names import place_names
from geoapp.services.plot_links import REGISTERS
from geoapp.services.records import filter_words
from geoapp.services.workspace import Workspace
from geoapp.units import AREA_UNIT_LABELS, FILE_DECIMALS, from_m2


def candidate_table(workspace: Workspace, found: CandidateList, unit: str) -> RecordTable:
    """Return the candidates with scores, reasons and flags as records, land in the unit asked for.

    Parameters
    ----------
    workspace : Workspace
    found : CandidateList
    unit : str
        mu, ha or m2.
    """
    plots = found.candidates
    rows = plots.assign(
        plot_code=plots.index,
        site_area=from_m2(plots["site_area_m2"], unit),
        completeness=plots["completeness"] * 100,
        share=plots["share"] * 100,
        reasons=_words(plots, "", lambda hit: hit.sentence),
        clauses=_words(plots, "；", lambda hit: f"{hit.rule_id} {hit.clause}"),
        flags=flag_words(found.pool, plots),
        flip=flips(workspace, found, plots.index)["sentence"],
        **{f"points_{term}": found.points[term] for term in TERM_WORDS},
    )  # fmt: skip
    fields = tuple(_fields(workspace, place_names(workspace, "towns", found.state.revision), unit))
    state = found.state
    table = RecordTable(
        register="candidates",
        register_zh="二次开发候选地块",
        geometry_type="polygon",
        fields=fields,
        rows=rows[[*(info.name for info in fields), "geometry"]],
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        filter_zh=filter_words(workspace, "plots", found.filter_text),
        is_filtered=bool(found.filter_text),
        sources=("规则库 policy/candidates.toml；各项数据来源见地块台账",),
        notes=(candidate_summary_words(found), *_weight_words(found), *found.notes),
        is_demo=found.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, found), unit)


def candidate_data(workspace: Workspace, found: CandidateList, limit: int | None = None) -> dict[str, Any]:
    """Return the candidates as plain values with a fingerprint, the first *limit* of them; areas in m2."""
    shown = found if limit is None else found.first(limit)
    record = {
        "candidates": listed_records(workspace, shown),
        "counts": candidate_summary(found),
        "listed": len(shown.rows),
        "weights": dict(found.weights.weights),
        "top_count": found.top_count,
        "notes": list(found.notes),
    }
    return with_fingerprint(KIND, record, _origin(workspace, found))


def listed_records(workspace: Workspace, found: CandidateList) -> list[dict[str, Any]]:
    """Return the candidates of a list as plain values, with their reasons, flags and the rule nearest to turning."""
    return candidate_records(
        found.candidates,
        found.points,
        flag_words(found.pool, found.candidates),
        flips(workspace, found, found.codes.tolist())["sentence"],
    )


def _origin(workspace: Workspace, found: CandidateList) -> Origin:
    """Return where the figures come from; weights are in the address in full, whatever they are called."""
    state, weights = found.state, found.weights.weights
    policy = workspace.policy_at(state.revision)
    default_top = policy.value("candidate_top_count", state.day)
    query = {
        "weights": ",".join(repr(weights[term]).removesuffix(".0") for term in TERM_WORDS),
        "filter": found.filter_text,
        "top": "" if found.top_count == default_top else str(found.top_count),
    }
    if weights == official_weights(policy, state).weights:
        del query["weights"]
    return list_origin(workspace, "/candidates", query, state.revision, state.day)


def _words(plots: pd.DataFrame, separator: str, words: Callable[[RuleHit], str]) -> pd.Series:
    texts = [separator.join(map(words, hits)) for hits in plots["low_efficiency_hits"]]
    return pd.Series(texts, index=plots.index, dtype="str")


def _weight_words(found: CandidateList) -> tuple[str, ...]:
    weights = "，".join(f"{words} {found.weights.weights[term]:g}" for term, words in TERM_WORDS.items())
    return (
        f"权重（{found.weights.name or '自定'}）：{weights}。分值＝100×Σ权重×项÷Σ权重；缺的项不计入，其余按比例放大。",
        f"稳定性：各权重上下浮动抽取多组，看是否在前 {found.top_count} 名。",
    )


def _fields(workspace: Workspace, towns: Mapping[str, str], unit: str) -> list[FieldInfo]:
    layer = workspace.layer("plots")
    land_zh, decimals = AREA_UNIT_LABELS[unit], FILE_DECIMALS[unit]
    return [
        _number("rank", "名次", "", 0),
        _text("plot_code", layer.field("plot_code").zh),
        _text("name", layer.field("name").zh),
        _coded("town_code", "镇街", towns),
        _text("right_holder", layer.field("right_holder").zh),
        _number("score", "分值", "", 4),
        _number("least", "分值最低", "", 4),
        _number("most", "分值最高", "", 4),
        _number("completeness", "资料完整度", "%", 2),
        _coded("stability", "稳定性", STABILITY_WORDS),
        _number("share", "在前列的次数占比", "%", 1),
        _number("site_area", "用地面积", land_zh, decimals),
        _number("far", "容积率", "", 4),
        _number("far_target", "目标容积率", "", 2),
        _number("potential_gfa_m2", "可增建筑面积", "平方米", 2),
        _number("tax_wan_per_mu", "亩均税收", "万元/亩", 4),
        _coded("grade", "亩均评价等级", workspace.layer("performance").field("grade").code_labels),
        _coded("grade_source", "评价等级来源", GRADE_SOURCES),
        _text("reasons", "低效理由"),
        _text("clauses", "条款"),
        _text("flags", "提示"),
        _text("flip", "最接近翻转的一条"),
        *(_number(f"points_{term}", f"得分：{words}", "", 4) for term, words in TERM_WORDS.items()),
    ]


def _text(name: str, zh: str) -> FieldInfo:
    return FieldInfo(name=name, zh=zh, label=zh, dtype="string")


def _coded(name: str, zh: str, codes: Mapping[str, str]) -> FieldInfo:
    return FieldInfo(name=name, zh=zh, label=zh, dtype="string", codes=codes)


def _number(name: str, zh: str, unit_zh: str, decimals: int) -> FieldInfo:
    label = f"{zh}({unit_zh})" if unit_zh else zh
    return FieldInfo(name=name, zh=zh, label=label, dtype="number", unit=unit_zh, decimals=decimals)
