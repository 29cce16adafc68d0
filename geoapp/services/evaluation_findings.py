"""What an evaluation's reader must know or put right: said, with the record's address, never guessed over."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from geoapp.analysis.evaluation_land import crowded_plots
from geoapp.domain.evaluation import LISTS
from geoapp.domain.revitalisation import LedgerFinding
from geoapp.services.evaluation import YearEvaluation
from geoapp.services.evaluation_words import ROLES, missing_words
from geoapp.services.record_card import record_address
from geoapp.services.workspace import Workspace
from geoapp.units import area_words, limit_text

KINDS = {
    "crowded_owners": "业主面积之和大于地块",
    "crowded_occupants": "占用面积之和大于地块",
    "reversed": "用地关系的终止日早于起始日",
    "incomplete": "资料不全，没有得分",
    "not_registered": "不在企业台账",
    "list_differs": "名单与规模、用地不符",
    "land_differs": "用地面积与填报不符",
    "tie_across": "并列跨档，需要人工决定",
    "mark": "加减分、否决、不参评没有计入",
    "small_list": "名单企业太少",
}
"""In the order of the list."""
_MARK_PROBLEMS = {
    "no_points": "没有填分数，没有计入",
    "no_effect": "规则库没有规定这种情形的后果（evaluation_veto_effects），没有计入",
    "expired": "不参评年限已满，照常参评",
    "overridden": "有约定期未投产等情形，照样参评",
    "unknown_enterprise": "这家企业当年没有数据，也没有用地，没有计入",
}
Lines = Iterator[tuple[str, str, str, str]]
"""Kind, message, title, address."""


def evaluation_findings(workspace: Workspace, found: YearEvaluation, unit: str) -> tuple[LedgerFinding, ...]:
    """Return what is wrong with what a year's evaluation rests on, and what it left open.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    unit : {"mu", "ha", "m2"}
        Of land in the sentences.
    """
    tolerance = found.inputs.land_tolerance
    lines = [
        *_crowded(found, tolerance, unit),
        *_reversed(found),
        *_incomplete(found),
        *_enterprise(
            found, ~found.inputs.figures["is_registered"], "not_registered", lambda _: "请补登企业台账。"
        ),
        *_lists(found),
        *_lands(found, tolerance, unit),
        *_ties(found),
        *_marks(workspace, found),
        *_small_lists(found),
    ]
    order = {kind: number for number, kind in enumerate(KINDS)}
    return tuple(
        LedgerFinding(code=kind, zh=KINDS[kind], message=message, title=title, address=address)
        for kind, message, title, address in sorted(lines, key=lambda line: order[line[0]])
    )


def _crowded(found: YearEvaluation, tolerance: float, unit: str) -> Lines:
    plots = crowded_plots(found.inputs.lines, found.inputs.plots["site_area_m2"], tolerance)
    for code, row in plots.to_dict("index").items():
        recorded, site = (area_words(row[name], unit) for name in ("recorded_m2", "site_area_m2"))
        advice = (
            "请核对各业主的面积。"
            if row["kind"] == "owners"
            else "业主登记的若是全部自有面积（含租出），请把规则库 evaluation_owner_area 改为 owned；"
            "否则请核对租用面积。"
        )
        message = f"用地关系合计 {recorded}，地块只有 {site}（{row['enterprises']}）。{advice}"
        yield f"crowded_{row['kind']}", message, str(code), record_address("plots", str(code))


def _reversed(found: YearEvaluation) -> Lines:
    for row in found.inputs.reversed_periods.to_dict("records"):
        key = "/".join((row["plot_code"], row["uscc"], row["role"]))
        title = f"{row['plot_code']} {row['uscc']} {ROLES.get(row['role'], row['role'])}"
        yield "reversed", "这段占用没有计入。请改正日期。", title, record_address("occupancies", key)


def _enterprise(
    found: YearEvaluation, is_concerned: pd.Series, kind: str, message: Callable[[Any], str]
) -> Lines:
    for uscc, row in found.inputs.figures[is_concerned.to_numpy(bool)].to_dict("index").items():
        title = row["name"] if isinstance(row["name"], str) else str(uscc)
        yield kind, message(row), title, f"/evaluation/enterprises/{uscc}?year={found.year}"


def _incomplete(found: YearEvaluation) -> Lines:
    words = missing_words(found).reindex(found.inputs.figures.index)
    is_without = words.ne("") & found.results["grade"].eq("")
    for uscc, row in found.inputs.figures[is_without].to_dict("index").items():
        title = row["name"] if isinstance(row["name"], str) else str(uscc)
        yield (
            "incomplete",
            f"{words[str(uscc)]}。",
            title,
            f"/evaluation/enterprises/{uscc}?year={found.year}",
        )


def _lists(found: YearEvaluation) -> Lines:
    figures = found.inputs.figures
    differs = figures["computed_list"].ne("") & (figures["computed_list"] != figures["list"])
    return _enterprise(
        found,
        differs,
        "list_differs",
        lambda row: (
            f"填报为{LISTS[row['list']]}，按规模、自有用地和面积应为{LISTS[row['computed_list']]}；按填报的名单评价。"
        ),
    )


def _lands(found: YearEvaluation, tolerance: float, unit: str) -> Lines:
    figures = found.inputs.figures
    difference = (figures["computed_m2"] - figures["reported_m2"]).abs()
    differs = difference > figures["reported_m2"] * tolerance
    return _enterprise(
        found,
        differs,
        "land_differs",
        lambda row: (
            f"按用地关系 {area_words(row['computed_m2'], unit)}，填报 {area_words(row['reported_m2'], unit)}；"
            f"采用 {area_words(row['land_m2'], unit)}。"
        ),
    )


def _ties(found: YearEvaluation) -> Lines:
    across = found.results["is_tie_across"].reindex(found.inputs.figures.index)
    return _enterprise(
        found,
        across,
        "tie_across",
        lambda _: "得分、亩均税收与另一家完全相同，却分在两档，只按信用代码取舍。",
    )


def _marks(workspace: Workspace, found: YearEvaluation) -> Lines:
    layer = workspace.layer("evaluation_marks")
    kinds, codes = layer.field("kind").code_labels, layer.field("code").code_labels
    marks, names = found.inputs.marks, found.inputs.figures["name"]
    for row in marks[marks["problem"] != ""].to_dict("records"):
        words = f"{kinds.get(row['kind'], row['kind'])}“{codes.get(row['code'], row['code'])}”"
        key = "/".join(str(row[name]) for name in layer.key)
        yield (
            "mark",
            f"{words}：{_MARK_PROBLEMS[row['problem']]}。",
            names[row["uscc"]] if isinstance(names.get(row["uscc"]), str) else row["uscc"],
            record_address(layer.id, key),
        )


def _small_lists(found: YearEvaluation) -> Lines:
    for code in found.evaluation.scores:
        results = found.results[found.results["list"] == code]
        count = int(results["rank"].notna().sum())
        share = found.inputs.rules.grade[code].shares["D"]
        if count and count * share < 1 and share > 0:
            message = f"只有 {count} 家参评，D 类 {limit_text(share)} 向上取整仍有 1 家。请考虑并入其他名单。"
            yield "small_list", message, LISTS[code], f"/evaluation?year={found.year}&list={code}"


def findings_of(findings: tuple[LedgerFinding, ...], uscc: str, plots: set[str]) -> list[LedgerFinding]:
    """Return the findings about one enterprise, its marks and its plots."""
    return [
        finding
        for finding in findings
        if f"/{uscc}" in finding.address or finding.title == uscc or finding.title in plots
    ]
