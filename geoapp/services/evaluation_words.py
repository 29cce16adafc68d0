"""What an evaluation says in Chinese: what is missing, how a value came about, why a grade is what it is."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geoapp.analysis.evaluation import EXEMPTED, INCOMPLETE, UNLISTED
from geoapp.analysis.evaluation_grade import BY_TAX, OPEN
from geoapp.analysis.evaluation_land import HOLDER, RECORDED, WHOLE_SITE
from geoapp.domain.evaluation import (
    ITEMS,
    LISTS,
    VETO_EFFECTS,
    WHY_BASE,
    WHY_DENOMINATOR,
    WHY_NUMERATOR,
    EvaluationItem,
)
from geoapp.services.evaluation import YearEvaluation
from geoapp.services.workspace import Workspace
from geoapp.units import UNKNOWN, number_text

TIE_WORDS = {"": "", BY_TAX: "同分，按亩均税收排名", OPEN: "得分、亩均税收都相同，名次并列"}
LAND_SOURCES = {"occupancies": "用地关系", "reported": "亩均评价台账填报", "": "没有资料"}
LAND_BASES = {
    RECORDED: "登记的面积",
    WHOLE_SITE: "业主没有填面积，全宗计入",
    HOLDER: "没有登记自有关系，按权利人全宗计入",
}
_IDLE = {"halted": "（企业停产）", "relocated": "（企业已迁出）", "deregistered": "（企业已注销）"}
ROLES = {"owner": "自有", "tenant": "租用"}
STATES = {
    "graded": "参评",
    EXEMPTED: "不参评",
    INCOMPLETE: "资料不全",
    UNLISTED: "名单不明",
}


def is_withheld(workspace: Workspace, field: str) -> bool:
    """Return whether a field of the results' register may not be told."""
    return workspace.layer("evaluations").field(field).is_restricted


def part_missing(item: EvaluationItem, why: str) -> str:
    """Return what an item lacks: 缺评价税收; 用地面积不大于零; empty where it lacks nothing."""
    if why == WHY_NUMERATOR:
        return f"缺{item.numerator_zh}"
    if why == WHY_DENOMINATOR:
        return f"缺{item.denominator_zh}"
    if why == WHY_BASE:
        return f"本名单没有{item.zh}的基准值"
    return f"{item.denominator_zh}不大于零，不能相除" if why else ""


def missing_words(found: YearEvaluation) -> pd.Series:
    """Return on each enterprise what keeps it from a score, "" where nothing does; by uscc.

    An item that takes the list's average keeps nobody from a score.
    """
    figures = found.inputs.figures
    said: dict[str, str] = {}
    for scores in found.evaluation.scores.values():
        lacking = scores.why.mask(scores.is_averaged, "")[scores.total.isna()]
        for uscc, why in lacking.to_dict("index").items():
            parts = (part_missing(ITEMS[str(name)], code) for name, code in why.items())
            said[str(uscc)] = "；".join(dict.fromkeys(filter(None, parts)))
    words = pd.Series(said, dtype="str").reindex(found.results.index).fillna("")
    unlisted = found.results["state"] == UNLISTED
    words = words.mask(unlisted, "不知道在哪张名单：缺是否规上、用地关系或用地面积")
    without = ~figures["has_record"].reindex(words.index)
    status = figures["status"].map(_IDLE).reindex(words.index).fillna("")
    return words.mask(without, f"亩均评价台账没有 {found.year} 年的数据" + status)


def list_words(found: YearEvaluation, uscc: str) -> str:
    """Return which list an enterprise is in, and why."""
    row: Any = found.inputs.figures.loc[uscc]
    zh = LISTS.get(row["list"], "名单不明")
    if row["recorded_list"] in LISTS:
        computed = LISTS.get(row["computed_list"], "")
        differs = computed and row["computed_list"] != row["list"]
        return f"{zh}（亩均评价台账填报{f'；按规模和用地应为{computed}，请核对' if differs else ''}）"
    return f"{zh}（按是否规上、有无自有用地和用地面积判定）"


def grade_words(found: YearEvaluation, uscc: str) -> str:
    """Return why an enterprise has its grade."""
    return "".join(_grade_sentences(found, uscc))


def _grade_sentences(found: YearEvaluation, uscc: str) -> Iterator[str]:
    row: Any = found.results.loc[uscc]
    if row["state"] == EXEMPTED:
        yield "不参评（T），不占名额，也不进基准值。"
        return
    if row["state"] in (INCOMPLETE, UNLISTED):
        yield f"没有档次：{missing_words(found)[uscc]}。"
        return
    counts = found.counts(row["list"])
    if pd.notna(row["rank"]):
        ranked = int(found.results.loc[found.results["list"] == row["list"], "rank"].notna().sum())
        yield f"在{LISTS[row['list']]}名单 {ranked} 家中排第 {int(row['rank'])} 名；"
    yield "、".join(f"{grade} 类 {counts[grade]} 家" for grade in "ABCD") + "。"
    if row["veto"]:
        yield f"有否决情形：{VETO_EFFECTS[row['veto']]}。"
    if row["tie"]:
        yield f"{TIE_WORDS[row['tie']]}。"
    if row["is_tie_across"]:
        yield "并列的企业分在两档，只按信用代码取舍，请人工决定。"
    if row["followed"]:
        yield f"用地小的租户，档次随所在地块业主 {row['followed']}。"


def number_words(value: float | None, decimals: int = 2) -> str:
    """Return a number as pages show it, a dash where unknown."""
    return UNKNOWN if value is None or pd.isna(value) else number_text(value, f"z,.{decimals}f")
