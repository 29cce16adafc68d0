"""A what-if as data and as a table to take along."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import take_fingerprint
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded_columns
from geoapp.domain.rule import Verdict
from geoapp.domain.target_unit import NO_GAP, TARGET_UNITS, gap_zh, unit_shown
from geoapp.domain.whatif import Contribution, Figures, PlotOutcome, WhatIf
from geoapp.units import AREA_UNIT_LABELS, FILE_DECIMALS, UNKNOWN, from_m2

TOTAL = "合计"
_LAND = {"site_area_m2": "用地面积", "land_counted_m2": "可计入盘活"}
_FLOORS = {
    "gfa_actual_before_m2": "建筑面积（前）", "gfa_actual_after_m2": "建筑面积（后）",
    "gfa_counted_before_m2": "计容建筑面积（前）", "gfa_counted_after_m2": "计容建筑面积（后）",
    "demolished_m2": "拆除建筑面积", "gross_m2": "新增建筑面积", "net_m2": "净增建筑面积",
    "change_m2": "建筑面积增减",
}  # fmt: skip
_RATIOS = {"far_before": "容积率（前）", "far_after": "容积率（后）"}
_SHARES = {
    "coefficient_before": "建筑系数（前）", "coefficient_after": "建筑系数（后）",
    "support_share_before": "配套占比（前）", "support_share_after": "配套占比（后）",
}  # fmt: skip
_TEXTS = {"broken": "不符合", "open": "资料不全", "problem": "不适用的原因"}
_TARGET_VALUES = ("actual", "target", "gap", "added", "gap_after")


def whatif_record(result: WhatIf, unit: str = "mu") -> dict[str, Any]:
    """Return an answer as plain values: areas in m2, shares from 0 to 1, days as text, None where unknown.

    Parameters
    ----------
    result : WhatIf
    unit : {"mu", "ha", "m2"}
        Of the land in `land` and in the targets.
    """
    totals = asdict(result.totals)
    rows = [(line.plot_code, line.figures) for line in result.lines]
    mark = take_fingerprint(
        result.origin, "m2", [(code, _in_order(found)) for code, found in (*rows, (TOTAL, result.totals))]
    )
    return {
        "fingerprint": mark.text,
        "address": mark.address,
        "plan": asdict(result.plan),
        "plan_words": dict(result.plan_words),
        "mode_zh": result.mode_zh,
        "event_zh": result.event_zh,
        "query": dict(result.query),
        "day": result.day.isoformat(),
        "revision": result.revision,
        "data_on": result.data_on.isoformat(),
        "note": result.note,
        "is_demo": result.is_demo,
        "plot_count": len(result.lines),
        "fitting_count": sum(not line.problem for line in result.lines),
        "totals": totals,
        "land": {
            "unit": unit,
            **{name.removesuffix("_m2"): _converted(totals[name], unit) for name in _LAND},
        },
        "unknown": dict(result.unknown),
        "verdicts": verdict_counts(result),
        "targets": [contribution_record(line, unit) for line in result.contributions],
        "targets_not_computed": list(result.not_computed),
        "plots": [asdict(line) for line in result.lines],
        "findings": list(result.findings),
        "numbers": [
            asdict(number) | {"valid_from": number.valid_from and number.valid_from.isoformat()}
            for number in result.numbers
        ],
    }


def _in_order(figures: Figures) -> list[float | None]:
    return [getattr(figures, name) for name in (*_LAND, *_FLOORS, *_RATIOS, *_SHARES)]


def verdict_counts(result: WhatIf) -> dict[str, int]:
    """Return how many checks are kept, broken and open."""
    verdicts = [check.verdict for line in result.lines for check in line.checks]
    return {verdict.value: verdicts.count(verdict) for verdict in Verdict}


def contribution_record(line: Contribution, unit: str) -> dict[str, Any]:
    """Return what is added to a target, in the target's unit, of land in the one asked for."""
    shown = unit_shown(line.unit, unit)
    target_unit = TARGET_UNITS[shown]
    values = {name: getattr(line, name) for name in _TARGET_VALUES}
    return {
        "set": line.target_set,
        "set_zh": line.target_set_zh,
        "indicator": line.indicator,
        "zh": line.zh,
        "unit": shown,
        "unit_zh": target_unit.zh,
        "decimals": target_unit.decimals,
        "target_on": line.target_on and line.target_on.isoformat(),
        "is_passed": line.is_passed,
        **{name: None if value is None else target_unit.from_base(value) for name, value in values.items()},
        "share": line.share,
        "words": line.words,
    }


def _converted(value_m2: float | None, unit: str) -> float | None:
    return None if value_m2 is None else from_m2(value_m2, unit)


def whatif_table(result: WhatIf, unit: str) -> RecordTable:
    """Return the plots as records with their sum as the last one: land in the unit, floors in m2, shares in percent."""
    records = [_row(line.plot_code, line.name, line.figures, unit) | _answers(line) for line in result.lines]
    records.append(_row(TOTAL, "", result.totals, unit) | dict.fromkeys(_TEXTS, ""))
    fields = _fields(unit)
    rows = pd.DataFrame(records, columns=[info.name for info in fields])
    numbers = {info.name: info.decimals or 0 for info in fields if info.dtype == "number"}
    rows = rows.astype(dict.fromkeys(numbers, "float64"))
    figures = zip(
        rows["plot_code"], rounded_columns(rows[[*numbers]], numbers).to_numpy().tolist(), strict=True
    )
    return RecordTable(
        register="whatif",
        register_zh="改造测算",
        geometry_type="none",
        fields=fields,
        rows=rows,
        revision=result.revision,
        day=result.day,
        is_now=result.is_now,
        data_on=result.data_on,
        filter_zh="；".join(f"{name} {words}" for name, words in result.plan_words.items()),
        is_filtered=True,
        sources=tuple(
            dict.fromkeys(f"{number.zh}：{number.clause or number.source}" for number in result.numbers)
        ),
        notes=(*_target_notes(result, unit), *result.findings, *filter(None, [result.note])),
        is_demo=result.is_demo,
        fingerprint=take_fingerprint(result.origin, unit, figures).text,
    )


def _row(code: str, name: str, figures: Figures, unit: str) -> dict[str, Any]:
    values: dict[str, Any] = {"plot_code": code, "name": name}
    values |= {name: _converted(getattr(figures, name), unit) for name in _LAND}
    values |= {name: getattr(figures, name) for name in (*_FLOORS, *_RATIOS)}
    shares = {name: getattr(figures, name) for name in _SHARES}
    return values | {name: None if share is None else share * 100 for name, share in shares.items()}


def _answers(line: PlotOutcome) -> dict[str, str]:
    def listed(verdict: Verdict) -> str:
        return "；".join(f"{check.zh}：{check.words}" for check in line.checks if check.verdict == verdict)

    return {"broken": listed(Verdict.NO), "open": listed(Verdict.UNKNOWN), "problem": line.problem}


def _fields(unit: str) -> tuple[FieldInfo, ...]:
    land_zh, decimals = AREA_UNIT_LABELS[unit], FILE_DECIMALS[unit]
    groups = ((_LAND, land_zh, decimals), (_FLOORS, "平方米", 2), (_RATIOS, "", 4), (_SHARES, "%", 2))
    return (
        FieldInfo(name="plot_code", zh="地块编号", label="地块编号", dtype="string"),
        FieldInfo(name="name", zh="地块名称", label="地块名称", dtype="string"),
        *(
            FieldInfo(
                name=name, zh=zh, label=f"{zh}({unit_zh})" if unit_zh else zh, dtype="number", unit=unit_zh,
                decimals=digits,
            )
            for names, unit_zh, digits in groups
            for name, zh in names.items()
        ),
        *(FieldInfo(name=name, zh=zh, label=zh, dtype="string") for name, zh in _TEXTS.items()),
    )  # fmt: skip


def _target_notes(result: WhatIf, unit: str) -> list[str]:
    notes = []
    for line in (contribution_record(line, unit) for line in result.contributions):
        added = (
            UNKNOWN if line["added"] is None else f"{line['added']:z,.{line['decimals']}f} {line['unit_zh']}"
        )
        gap = gap_zh(line["gap"], line["decimals"])
        unit_zh = "" if gap in (UNKNOWN, NO_GAP) else f" {line['unit_zh']}"
        notes.append(
            f"目标“{line['zh']}”（{line['set_zh']}）：本方案 {added}，现在还差 {gap}{unit_zh}。{line['words']}"
        )
    return notes
