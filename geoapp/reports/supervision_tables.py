"""The supervision report as plain values: in the units shown, null where unknown; and what its columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.domain.fingerprint import FigureRow, take_fingerprint
from geoapp.domain.supervision import (
    FIRMS,
    FLOOR,
    LAND,
    LIGHT_WORDS,
    ProjectShare,
    SupervisionRow,
    SupervisionTable,
    Tally,
)
from geoapp.domain.target_unit import TARGET_UNITS, TargetUnit
from geoapp.reports.texts import safe_name
from geoapp.units import number_text

Record = dict[str, Any]
_UNITS = {FIRMS: "enterprise", FLOOR: "wan_m2"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    id: str
    group: str
    """Heading above several columns; empty for one of its own."""
    zh: str
    decimals: int | None = None
    """None for texts."""


def columns(land_unit: str) -> tuple[Column, ...]:
    """Return the columns in their order, land in a unit."""
    land = TARGET_UNITS[land_unit]
    land_group, firm_group, floor_group = "盘活低效用地", "整治企业(家)", "新增建筑面积(万m²)"
    return (
        Column("number", "", "序号"),
        Column("unit", "", "责任单位"),
        Column("land_target", land_group, f"年度目标({land.zh})", land.decimals),
        Column("land_period", land_group, "本期", land.decimals),
        Column("land_done", land_group, "累计", land.decimals),
        Column("land_percent", land_group, "完成率(%)", 2),
        Column("rank", land_group, "排名", 0),
        Column("places_won", land_group, "较上期(名次)", 0),
        Column("firms_target", firm_group, "目标", 0),
        Column("firms_done", firm_group, "完成", 0),
        Column("firms_percent", firm_group, "率(%)", 2),
        Column("floor_target", floor_group, "目标", 2),
        Column("floor_done", floor_group, "完成", 2),
        Column("floor_percent", floor_group, "率(%)", 2),
        Column("started_percent", "", "开工率(%)", 2),
        Column("completed_percent", "", "竣工率(%)", 2),
        Column("light", "", "预警"),
        Column("remarks", "", "备注"),
    )


FIGURES = tuple(column.id for column in columns("mu") if column.decimals is not None)
"""Of a row, in their order."""


def supervision_record(table: SupervisionTable, land_unit: str) -> Record:
    """Return the table as plain values for JSON.

    Parameters
    ----------
    table : SupervisionTable
    land_unit : {"mu", "ha", "m2"}
        In which land is shown; floor area is in 万平方米.
    """
    unit = TARGET_UNITS[land_unit]
    rows = [_row_record(number, row, unit) for number, row in enumerate(table.rows, start=1)]
    found = take_fingerprint(table.origin, land_unit, map(figure_row, rows))
    district = table.district
    return {
        "title": table.title, "by": table.by, "by_zh": table.by_zh, "period": table.period.text,
        "period_zh": table.period.zh, "until": table.until.isoformat(), "time_progress": table.progress,
        "set": table.target_set.id, "set_zh": table.target_set.zh, "document": table.target_set.document,
        "membership": table.membership, "membership_zh": table.membership_zh, "land_unit": land_unit,
        "land_unit_zh": unit.zh, "decimals": unit.decimals,
        "district": {**_tally(LAND, district, unit), "reason": district.reason}, "rows": rows,
        "notes": [district_words(table, land_unit), *table.notes], "day": table.day.isoformat(),
        "day_note": table.note, "data_on": table.data_on.isoformat(), "revision": table.revision,
        "is_demo": table.is_demo, "fingerprint": found.text, "address": found.address,
    }  # fmt: skip


def figure_row(row: Record) -> FigureRow:
    """Return the figures of a row of the record that its fingerprint takes."""
    return row["unit"], [None if row[name] is None else float(row[name]) for name in FIGURES]


def district_words(table: SupervisionTable, land_unit: str) -> str:
    """Return in a sentence where the whole district stands against its own target."""
    unit, found = TARGET_UNITS[land_unit], table.district
    end = f"截至 {table.until.isoformat()}，时间进度 {number_text(table.progress, '.2%')}。"
    if found.target is None or found.done is None or found.share is None:
        return f"{end}全区：{found.reason or '没有台账，不知道完成多少'}。"
    done, target = (
        number_text(unit.from_base(value), f",.{unit.decimals}f") for value in (found.done, found.target)
    )
    return f"{end}全区年度目标 {target} {unit.zh}，累计 {done} {unit.zh}，完成率 {number_text(found.share, '.2%')}。"


def _row_record(number: int, row: SupervisionRow, land: TargetUnit) -> Record:
    parts: Record = {}
    for part, tally in row.tallies.items():
        parts |= _tally(part, tally, land)
    return {
        "number": number, "key": row.key, "kind": row.kind, "unit": row.scope.zh, "scope": row.scope.text, **parts,
        "rank": row.rank, "places_won": row.places_won,
        "started_percent": _percent(row.started.share), "completed_percent": _percent(row.completed.share),
        "started_words": _words(row.started), "completed_words": _words(row.completed),
        "light": row.light, "light_zh": LIGHT_WORDS[row.light], "remarks": "；".join(row.remarks),
    }  # fmt: skip


def _tally(part: str, tally: Tally, land: TargetUnit) -> Record:
    unit = land if part == LAND else TARGET_UNITS[_UNITS[part]]
    values = {"target": tally.target, "period": tally.period, "done": tally.done}
    shown = {name: None if value is None else unit.from_base(value) for name, value in values.items()}
    return {f"{part}_{name}": value for name, value in {**shown, "percent": _percent(tally.share)}.items()}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 9)  # not 99.99999999999999


def _words(found: ProjectShare) -> str:
    return f"{found.reached} / {found.count}"


def export_name(table: SupervisionTable, suffix: str) -> str:
    """Return the file's name <主题>_<范围>_<数据日期>: 督查通报_镇街_2025-Q1_2026-01-31.xlsx."""
    parts: Sequence[str] = ("督查通报", safe_name(table.by_zh), table.period.text, table.data_on.isoformat())
    return "_".join(parts) + suffix


def export_name_ascii(table: SupervisionTable, suffix: str) -> str:
    """Return the same in plain letters: supervision_town_2025-Q1_2026-01-31.xlsx."""
    return "_".join(("supervision", table.by, table.period.text, table.data_on.isoformat())) + suffix
