"""The target ledger and one opened target as plain values and CSV: in the units shown, null where unknown."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import pandas as pd

from geoapp.domain.fingerprint import FigureRow, Fingerprint, take_fingerprint
from geoapp.domain.target import LIGHTS, RESULT_LIGHTS, Standing
from geoapp.domain.target_ledger import HOW_WORDS, PlanPoint, Point, TargetDetail, TargetLedger, TargetRow
from geoapp.domain.target_set import DIRECTIONS, KINDS, LEVELS
from geoapp.domain.target_unit import TARGET_UNITS, TargetUnit, unit_shown
from geoapp.reports.texts import csv_bytes, guarded, safe_name
from geoapp.units import number_text

BASE_HOW_WORDS = {"plan": "方案", "register": "台账", "excluded": "不含基数，从零起", "": ""}
CERTAINTY_WORDS = {
    "plan": "方案原文",
    "sourced": "来自公开文件",
    "verified": "核算过",
    "knowledge": "行业通行做法",
    "default": "系统默认",
}
STANDING_FIGURES = ("planned", "gap", "share", "share_of_plan", "pace_per_month")
PROJECTION_FIGURES = ("value", "added", "overdue", "undated", "later")
Record = dict[str, Any]


def ledger_record(ledger: TargetLedger, land_unit: str) -> Record:
    """Return the ledger as plain values for JSON.

    Parameters
    ----------
    ledger : TargetLedger
    land_unit : {"mu", "ha", "m2"}
        In which land is shown; the others keep their units.
    """
    record = {
        **_head(ledger),
        "land_unit": land_unit,
        "indicators": [row_record(row, ledger, land_unit) for row in ledger.rows],
    }
    found = fingerprint_of(ledger, land_unit, map(_figures, record["indicators"]))
    return record | ({"fingerprint": found.text, "address": found.address} if found else {})


def fingerprint_of(ledger: TargetLedger, land_unit: str, rows: Iterable[FigureRow]) -> Fingerprint | None:
    """Return the fingerprint of a file with these figures; None without an origin."""
    return take_fingerprint(ledger.origin, land_unit, rows) if ledger.origin else None


def _figures(row: Record) -> FigureRow:
    """Return the figures of an indicator that a fingerprint of JSON takes."""
    numbers = [row["actual"]["value"], row["base"]]
    for target in row["targets"]:
        numbers += [target["value"], target["actual"]["value"], *(target[name] for name in STANDING_FIGURES)]
    numbers += [(row["projection"] or {}).get(name) for name in PROJECTION_FIGURES]
    return row["id"], numbers


def _head(ledger: TargetLedger) -> Record:
    found = ledger.target_set
    return {
        "set": found.id, "title": found.zh, "document": found.document, "level": found.level,
        "level_zh": LEVELS[found.level], "base_on": found.base_on.isoformat(), "note": found.note,
        "scope": ledger.scope.text, "scope_zh": ledger.scope.zh, "day": ledger.day.isoformat(),
        "data_on": ledger.data_on.isoformat(), "revision": ledger.revision, "is_demo": ledger.is_demo,
        "day_note": ledger.note, "findings": list(ledger.findings),
    }  # fmt: skip


def row_unit(row: TargetRow, land_unit: str) -> TargetUnit:
    """Return the unit a row is shown in."""
    return TARGET_UNITS[unit_shown(row.indicator.unit, land_unit)]


def row_record(row: TargetRow, ledger: TargetLedger, land_unit: str) -> Record:
    """Return one indicator as plain values."""
    indicator, unit = row.indicator, row_unit(row, land_unit)
    targets = [
        _standing_record(found, result, unit)
        for found, result in zip(row.standings, row.results, strict=True)
    ]
    current = row.current
    return {
        "id": indicator.id, "zh": indicator.zh, "group": indicator.group, "unit": unit_shown(indicator.unit, land_unit),
        "unit_zh": unit.zh, "decimals": unit.decimals, "kind": indicator.kind, "kind_zh": KINDS[indicator.kind],
        "direction_zh": DIRECTIONS[indicator.direction], "bodies": list(row.bodies), "clause": indicator.clause,
        "certainty": indicator.certainty, "certainty_zh": CERTAINTY_WORDS[indicator.certainty],
        "base": _in(unit, row.base), "base_on": ledger.target_set.base_on.isoformat(), "base_how": row.base_how,
        "base_how_zh": BASE_HOW_WORDS[row.base_how], "base_rule": row.base_rule, "base_rule_zh": row.base_rule_zh,
        "actual": _point_record(row.actual, unit), "targets": targets,
        "current": None if current is None else row.standings.index(current),
        "projection": _projection_record(row, unit), "no_projection": row.no_projection,
        "missing_target": row.missing_target, "is_shared": indicator.is_shared, "formula": row.formula,
        "note": indicator.note, "notes": list(row.notes), "scope": row.scope.text, "scope_zh": row.scope.zh,
        "address": f"/targets/{ledger.target_set.id}/{indicator.id}",
    }  # fmt: skip


def _in(unit: TargetUnit, value: float | None) -> float | None:
    return None if value is None else unit.from_base(value)


def _point_record(point: Point, unit: TargetUnit) -> Record:
    return {
        "day": point.day.isoformat(), "value": _in(unit, point.value), "how": point.how,
        "how_zh": HOW_WORDS[point.how], "basis_on": point.basis_on and point.basis_on.isoformat(),
        "reason": point.reason, "member_count": point.member_count, "unknown_count": point.unknown_count,
    }  # fmt: skip


def _standing_record(found: Standing, result: Point, unit: TargetUnit) -> Record:
    words = RESULT_LIGHTS if found.is_passed else LIGHTS
    return {
        "day": found.target.day.isoformat(), "value": _in(unit, found.target.value), "is_passed": found.is_passed,
        "actual": _point_record(result, unit), "planned": _in(unit, found.planned), "gap": _in(unit, found.gap),
        "share": found.share, "share_of_plan": found.share_of_plan, "pace_per_month": _in(unit, found.pace_needed),
        "light": found.light, "light_zh": words[found.light],
    }  # fmt: skip


def _projection_record(row: TargetRow, unit: TargetUnit) -> Record | None:
    found = row.projection
    if found is None:
        return None
    amounts = {name: _in(unit, getattr(found, name)) for name in PROJECTION_FIGURES}
    return {"until": found.until.isoformat(), **amounts}


def detail_record(detail: TargetDetail, land_unit: str) -> Record:
    """Return one opened target as plain values for JSON: the indicator, its trend, records, pipeline, towns, parks."""
    unit = row_unit(detail.row, land_unit)
    rows = {"towns": detail.towns, "parks": detail.parks}
    record = {
        **_head(detail.ledger),
        "land_unit": land_unit,
        "indicator": row_record(detail.row, detail.ledger, land_unit),
        "trend": [_point_record(point, unit) for point in detail.trend],
        "plan": _plan_records(detail.plan, unit),
        "forecast": _plan_records(detail.forecast, unit),
        "members": member_records(detail, detail.members, land_unit),
        "entered": entered_records(detail, land_unit),
        "pipeline": member_records(detail, detail.pipeline, land_unit),
        **{
            name: [row_record(row, detail.ledger, land_unit) for row in found] for name, found in rows.items()
        },
        "map_address": detail.map_address,
    }
    found = fingerprint_of(detail.ledger, land_unit, _detail_figures(record))
    return record | ({"fingerprint": found.text, "address": found.address} if found else {})


def _detail_figures(record: Record) -> list[FigureRow]:
    """Return the figures of an opened target that a fingerprint of JSON takes."""
    parts = [(row["scope"], _figures(row)[1]) for row in (*record["towns"], *record["parks"])]
    curves = [(name, [point["value"] for point in record[name]]) for name in ("trend", "forecast")]
    members = [
        (row["key"], [row["amount"], row["weight"], row["ratio"]])
        for row in (*record["members"], *record["pipeline"])
    ]
    return [_figures(record["indicator"]), *parts, *curves, *members]


def _plan_records(points: Sequence[PlanPoint], unit: TargetUnit) -> list[Record]:
    return [{"day": point.day.isoformat(), "value": _in(unit, point.value)} for point in points]


def member_records(detail: TargetDetail, members: pd.DataFrame, land_unit: str) -> list[Record]:
    """Return the records behind a figure as plain values.

    Land is in the unit shown and floor area in square metres; an amount that may not be told is left out, its ratio
    stays.
    """
    unit = row_unit(detail.row, land_unit)
    land = unit if unit.quantity == "land" else None
    rows: list[Any] = members.to_dict("records")
    return [_member_record(values, detail, land) for values in rows]


def _member_record(values: Record, detail: TargetDetail, land: TargetUnit | None) -> Record:
    amount, weight = (_known(values[name]) for name in ("amount", "weight"))
    before, weight_before = (_known(values[name]) for name in ("amount_before", "weight_before"))
    record = {
        name: values[name]
        for name in ("register", "key", "name", "plot_code", "project_code", "document_no", "town_code", "park_code",
                     "reason", "note")
    }  # fmt: skip
    return {
        **record,
        "on": None if pd.isna(values["on"]) else values["on"].date().isoformat(),
        "amount": None
        if detail.hides_amount or amount is None
        else land.from_base(amount)
        if land
        else amount,
        "weight": weight,
        "ratio": _ratio(amount, weight),
        "ratio_before": _ratio(before, weight_before),
        "is_counted": values["reason"] == "",
    }


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _ratio(amount: float | None, weight: float | None) -> float | None:
    return None if amount is None or not weight or weight <= 0 else amount / weight


def entered_records(detail: TargetDetail, land_unit: str) -> list[Record]:
    """Return the entered values in the unit shown, newest first."""
    unit = row_unit(detail.row, land_unit)
    rows = detail.entered.sort_values("on", ascending=False, kind="stable").to_dict("records")
    return [
        {
            "key": values["key"], "period": values["name"], "on": values["on"].date().isoformat(),
            "value": _in(unit, _known(values["amount"])), "origin": values["note"],
            "document_no": values["document_no"], "reason": values["reason"],
        }
        for values in rows
    ]  # fmt: skip


_CSV_HEADER = (
    *("序号", "指标编号", "指标", "单位", "责任单位", "基数", "基数来源", "基数口径"),
    *("目标日", "目标", "是否期满", "实绩", "实绩来源", "实绩截至", "序时进度", "差距"),
    *("完成率(%)", "序时完成率(%)", "每月还需", "预警", "推算日", "按项目推算", "说明"),
    *("范围", "数据截至", "统计日", "修订号"),
)
_CSV_FIGURES = (
    *("基数", "目标", "实绩", "序时进度", "差距"),
    *("完成率(%)", "序时完成率(%)", "每月还需", "按项目推算"),
)
_FILE_DECIMALS = 2
"""More than shown, for those who go on computing."""


def ledger_csv(ledger: TargetLedger, land_unit: str) -> bytes:
    """Return the ledger as CSV (UTF-8 with BOM): one line per indicator and target, unknown empty with the reason."""
    lines: list[tuple[str, ...]] = [_CSV_HEADER + (("数据性质",) if ledger.is_demo else ())]
    for number, row in enumerate(ledger.rows, start=1):
        lines += _csv_lines(number, row_record(row, ledger, land_unit), ledger)
    found = fingerprint_of(ledger, land_unit, map(_line_figures, lines[1:]))
    texts = ["指纹", found.text if found else ""] if len(lines) > 1 else ["指纹"]
    marks = [*texts, *[""] * (len(lines) - len(texts))]
    return csv_bytes([_cell(cell) for cell in (*line, mark)] for line, mark in zip(lines, marks, strict=True))


def _line_figures(line: Sequence[str]) -> FigureRow:
    """Return the figures of a line that its fingerprint takes."""
    cells = dict(zip(_CSV_HEADER, line, strict=False))
    numbers = [float(cells[name]) if cells[name] else None for name in _CSV_FIGURES]
    return f"{cells['指标编号']}@{cells['目标日']}", numbers


def _csv_lines(number: int, row: Record, ledger: TargetLedger) -> list[tuple[str, ...]]:
    digits = row["decimals"] + _FILE_DECIMALS
    start = (
        str(number), row["id"], row["zh"], row["unit_zh"], "、".join(row["bodies"]), _number(row["base"], digits),
        row["base_how_zh"], row["base_rule_zh"],
    )  # fmt: skip
    end: tuple[str, ...] = (
        ledger.scope.zh,
        ledger.data_on.isoformat(),
        ledger.day.isoformat(),
        str(ledger.revision),
    )
    end += ("示意数据",) if ledger.is_demo else ()
    projection = row["projection"] or {"until": "", "value": None}
    found: list[tuple[str, ...]] = []
    for target in row["targets"] or [_no_target(row)]:
        actual = target["actual"]
        remarks = "；".join(filter(None, [actual["reason"], row["missing_target"]]))
        found.append(
            (
                *start,
                target["day"],
                _number(target["value"], digits),
                _yes_no(target["is_passed"]),
                _number(actual["value"], digits),
                actual["how_zh"],
                actual["basis_on"] or "",
                _number(target["planned"], digits),
                _number(target["gap"], digits),
                _percent(target["share"]),
                _percent(target["share_of_plan"]),
                _number(target["pace_per_month"], digits),
                target["light_zh"],
                projection["until"],
                _number(projection["value"], digits),
                remarks,
                *end,
            )
        )
    return found


def _no_target(row: Record) -> Record:
    unknown = dict.fromkeys(
        ("value", "is_passed", "planned", "gap", "share", "share_of_plan", "pace_per_month")
    )
    return {**unknown, "day": "", "actual": row["actual"], "light_zh": ""}


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else number_text(value, f"z.{decimals}f")


def _percent(share: float | None) -> str:
    return "" if share is None else number_text(share * 100, "z.2f")


def member_header(detail: TargetDetail, land_unit: str) -> tuple[str, ...]:
    """Return the headings of the records behind a figure, with units."""
    unit = row_unit(detail.row, land_unit)
    sums = {"land": f"({unit.zh})", "floor": "(平方米)"}
    amount = detail.amount_zh + sums.get(unit.quantity, "")
    return (
        *("台账", "编号", "名称", "地块编号", "项目编号", "文号", "日期"),
        *(amount, detail.weight_zh or "分母", "该条比率"),
        *("镇街", "园区", "是否计入", "不计入的原因", "备注"),
    )


def member_lines(records: Sequence[Record]) -> list[tuple[Any, ...]]:
    """Return the records behind a figure in the order of `member_header`, numbers as numbers."""
    return [
        (
            record["register"], record["key"], record["name"], record["plot_code"], record["project_code"],
            record["document_no"], record["on"] or "", record["amount"], record["weight"], record["ratio"],
            record["town_code"], record["park_code"], _yes_no(record["is_counted"]), record["reason"], record["note"],
        )
        for record in records
    ]  # fmt: skip


def detail_csv(detail: TargetDetail, land_unit: str) -> bytes:
    """Return the records behind one figure as CSV (UTF-8 with BOM)."""
    demo = ("数据性质",) if detail.ledger.is_demo else ()
    lines: list[tuple[Any, ...]] = [(*member_header(detail, land_unit), *demo)]
    rows = member_lines(member_records(detail, detail.members, land_unit))
    mark = ("示意数据",) if demo else ()
    lines += [(*("" if cell is None else cell for cell in row), *mark) for row in rows]
    found = fingerprint_of(detail.ledger, land_unit, [(str(row[1]), row[7:10]) for row in rows])
    marks = ["指纹", *([found.text] if found else [])]
    return csv_bytes(
        [_cell(cell) for cell in (*line, mark)]
        for line, mark in zip_longest(lines, marks[: len(lines)], fillvalue="")
    )


def _cell(cell: Any) -> Any:
    """Return a cell that no spreadsheet runs; a negative number is a number."""
    if not isinstance(cell, str) or _is_number(cell):
        return cell
    return guarded(cell)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def export_name(ledger: TargetLedger, suffix: str, indicator_zh: str = "") -> str:
    """Return the file's name <主题>_<范围>_<数据日期>: 目标台账_攻坚行动方案_全区_2026-01-31.xlsx."""
    parts = [
        "目标台账",
        safe_name(ledger.target_set.zh),
        *([safe_name(indicator_zh)] if indicator_zh else []),
    ]
    return "_".join([*parts, safe_name(ledger.scope.zh), ledger.data_on.isoformat()]) + suffix


def export_name_ascii(ledger: TargetLedger, suffix: str, indicator: str = "") -> str:
    """Return the same in plain letters: targets_plan_2021_2025_2026-01-31.xlsx."""
    scope = ledger.scope.text.replace(":", "_")
    parts = filter(None, ["targets", ledger.target_set.id, indicator, scope, ledger.data_on.isoformat()])
    return "_".join(parts) + suffix
