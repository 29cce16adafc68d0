"""One enterprise's evaluation as a proof: every item's arithmetic, its land line by line, why it has its grade."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geoapp.domain.evaluation import ITEMS, OFFICIAL, OURS
from geoapp.domain.frame import plain_values
from geoapp.domain.layer import UNIT_LABELS
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation import YearEvaluation, evaluate_year
from geoapp.services.evaluation_comparison import stored_result
from geoapp.services.evaluation_findings import evaluation_findings, findings_of
from geoapp.services.evaluation_inputs import evaluation_years
from geoapp.services.evaluation_record import enterprise_records, head, list_record
from geoapp.services.evaluation_words import LAND_BASES, ROLES, grade_words, list_words, number_words
from geoapp.services.record_card import record_address
from geoapp.services.workspace import Workspace
from geoapp.units import UNKNOWN, area_words

WITHHELD = "不公开"
NO_RULES = "no_rules"
"""Instead of a list: the year is before the rule book's first day."""
PROOF_DECIMALS = 4
"""Of values and bases in a proof, so that the arithmetic can be followed."""


def firm_record(
    workspace: Workspace, found: YearEvaluation, uscc: str, state: AsOf, *, unit: str
) -> dict[str, Any]:
    """Return the proof sheet of one enterprise.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    uscc : str
    state : AsOf
    unit : {"mu", "ha", "m2"}
        Of land in sentences.

    Raises
    ------
    NotFoundError
        The enterprise is not in the year's evaluation.
    """
    if uscc not in found.results.index:
        raise NotFoundError(
            f"{found.year} 年的评价里没有企业“{uscc[:40]}”：它当年没有数据，也没有用地。请核对信用代码和年度。"
        )
    code = str(found.results["list"][uscc])
    (record,) = enterprise_records(workspace, found, found.results.loc[[uscc]])
    findings = evaluation_findings(workspace, found, unit)
    amounts = _amounts(workspace, found, uscc, unit)
    return {
        **head(workspace, found, state),
        "enterprise": {
            **record,
            "adjustment": record["bonus"] - record["malus"],
            "items": [_with_formula(item, amounts) for item in record["items"]],
        },
        "address": record_address("enterprises", uscc),
        "list": list_record(found, code) if code else None,
        "list_words": list_words(found, uscc),
        "grade_words": grade_words(found, uscc),
        "land": land_records(found, uscc),
        "land_formula": _land_formula(record, unit),
        "marks": _marks(workspace, found, uscc),
        "history": _history(workspace, uscc, state),
        "stored": _stored(workspace, found, uscc, state),
        "findings": [
            {
                "code": each.code,
                "zh": each.zh,
                "message": each.message,
                "title": each.title,
                "address": each.address,
            }
            for each in findings_of(findings, uscc, set(record["plots"]))
        ],
    }


def _amounts(workspace: Workspace, found: YearEvaluation, uscc: str, unit: str) -> dict[str, str]:
    """Return the figures of an enterprise in words; those that are restricted in their register are withheld."""
    layer = workspace.layer("performance")
    row: Any = found.inputs.figures.loc[uscc]
    words = {"land_mu": area_words(row["land_m2"], "mu")}
    for item in ITEMS.values():
        for name in (item.numerator, item.denominator):
            if name in words:
                continue
            field = layer.field(name)
            known = f"{number_words(row[name])} {UNIT_LABELS[field.unit]}"
            words[name] = UNKNOWN if pd.isna(row[name]) else WITHHELD if field.is_restricted else known
    return words


def _with_formula(item: Mapping[str, Any], amounts: Mapping[str, str]) -> dict[str, Any]:
    """Return an item with its arithmetic in words: how the value came about, and how the points did."""
    meant = ITEMS[item["item"]]
    decimals = max(PROOF_DECIMALS, item["decimals"])
    value = WITHHELD if item["is_withheld"] else number_words(item["value"], decimals)
    parts = f"{meant.numerator_zh} {amounts[meant.numerator]} ÷ {meant.denominator_zh} {amounts[meant.denominator]}"
    return {
        **item,
        "value_formula": f"{parts} = {value}"
        + (f" {meant.unit_zh}" if value not in (UNKNOWN, WITHHELD) else ""),
        "points_formula": _points_formula(item, value, decimals),
    }


def _points_formula(item: Mapping[str, Any], value: str, decimals: int) -> str:
    points = number_words(item["points"], 4)
    if item["is_averaged"]:
        return f"{item['missing']}，取本名单该项平均分 {points}"
    if item["missing"]:
        return f"{item['missing']}，算不出得分"
    ratio = number_words(item["ratio"], 4)
    held = {"cap": "，高于上限，按上限计", "floor": "，低于下限，按下限计", "": ""}[item["held"]]
    return (
        f"{value} ÷ 基准值 {number_words(item['base'], decimals)} = {ratio}{held}；"
        f"× 分值 {item['weight']:g} = {points}"
    )


def land_records(found: YearEvaluation, uscc: str) -> list[dict[str, Any]]:
    """Return the lines that make an enterprise's land, m2: on each plot what is owned, leased in and leased out."""
    lines = found.inputs.lines
    chosen = lines[lines["uscc"] == uscc].sort_values(["plot_code", "role"])
    names = found.inputs.plots["name"]
    columns = {str(name): plain_values(chosen[name]) for name in chosen}
    records = []
    for values in zip(*columns.values(), strict=True):
        line = dict(zip(columns, values, strict=True))
        name = names.get(line["plot_code"])
        records.append(
            {
                **line,
                "from_on": line["from_on"] and line["from_on"].isoformat(),
                "to_on": line["to_on"] and line["to_on"].isoformat(),
                "plot_name": name if isinstance(name, str) else "",
                "is_known_plot": line["plot_code"] in names.index,
                "role_zh": ROLES.get(line["role"], line["role"]),
                "basis_zh": LAND_BASES[line["basis"]],
                "tenants": _tenants(found, line["plot_code"], uscc) if line["role"] == "owner" else [],
            }
        )
    return records


def _tenants(found: YearEvaluation, plot_code: str, uscc: str) -> list[dict[str, Any]]:
    """Return who leases on a plot, for its owner's line."""
    lines, names = found.inputs.lines, found.inputs.figures["name"]
    here = lines[(lines["plot_code"] == plot_code) & (lines["role"] != "owner") & (lines["uscc"] != uscc)]
    return [
        {"uscc": code, "name": names[code] if isinstance(names[code], str) else code, "land_m2": area}
        for code, area in zip(here["uscc"], plain_values(here["land_m2"]), strict=True)
    ]


def _land_formula(record: Mapping[str, Any], unit: str) -> str:
    owned, leased_in, leased_out = (
        number_words(record[name]) for name in ("owned_m2", "leased_in_m2", "leased_out_m2")
    )
    if record["land_source"] == "occupancies":
        used = area_words(record["computed_m2"], "m2")
        shown = "" if unit == "m2" else f"（{area_words(record['computed_m2'], unit)}）"
        return f"自有 {owned} ＋ 租入 {leased_in} － 租出 {leased_out} ＝ {used}{shown}"
    if record["land_source"]:
        return f"用地关系算不出来，采用亩均评价台账填报的 {area_words(record['land_m2'], unit)}"
    return "没有用地关系，亩均评价台账也没有填报用地面积"


def _marks(workspace: Workspace, found: YearEvaluation, uscc: str) -> list[dict[str, Any]]:
    layer, marks = workspace.layer("evaluation_marks"), found.inputs.marks
    chosen = marks[marks["uscc"] == uscc]
    kinds, codes = layer.field("kind").code_labels, layer.field("code").code_labels
    names = ("kind", "code", "points", "reason", "document_no", "effect", "problem")
    columns = {name: plain_values(chosen[name]) for name in names}
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [
        {
            **record,
            "kind_zh": kinds.get(record["kind"], record["kind"]),
            "code_zh": codes.get(record["code"], record["code"]),
            "address": record_address(
                layer.id, "/".join(map(str, (found.year, uscc, record["kind"], record["code"])))
            ),
        }
        for record in records
    ]


def _history(workspace: Workspace, uscc: str, state: AsOf) -> list[dict[str, Any]]:
    """Return the enterprise's results of every year with figures, the newest first."""
    lines = []
    for year in evaluation_years(workspace, state):
        try:
            results = evaluate_year(workspace, year, state).results
        except NotFoundError:  # before the rule book's first day
            lines.append({"year": year, "list": NO_RULES, "score": None, "grade": ""})
            continue
        if uscc in results.index:
            row: Any = results.loc[uscc]
            score = None if pd.isna(row["score"]) else float(row["score"])
            lines.append({"year": year, "list": row["list"], "score": score, "grade": row["grade"]})
    return lines


def _stored(workspace: Workspace, found: YearEvaluation, uscc: str, state: AsOf) -> list[dict[str, Any]]:
    """Return what was fixed and what is official of the enterprise in the year."""
    records = []
    for source, zh in ((OURS, "已固化"), (OFFICIAL, "官方")):
        stored = stored_result(workspace, found.year, source, state)
        if stored is None or uscc not in stored.rows.index:
            continue
        score, grade = (plain_values(stored.rows.loc[[uscc], name])[0] for name in ("score", "grade"))
        records.append(
            {"source": source, "zh": zh, "origin": stored.origin_zh, "score": score, "grade": grade}
        )
    return records
