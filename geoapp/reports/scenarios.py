"""Scenarios side by side: as rows of a page, as data and as a table to take along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.record_table import RecordTable
from geoapp.domain.target_unit import TARGET_UNITS, unit_shown
from geoapp.domain.whatif import Scenario
from geoapp.units import AREA_DECIMALS, AREA_UNIT_LABELS, UNKNOWN, from_m2

Value = float | str | None
Records = Sequence[Mapping[str, Any]]
Take = Callable[[Mapping[str, Any]], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One figure of several scenarios."""

    zh: str
    unit_zh: str
    numbers: tuple[Value, ...]
    """In the unit; None where unknown."""
    decimals: int = 2

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the values as pages write them."""
        return tuple(
            UNKNOWN if value is None else value if isinstance(value, str) else f"{value:z,.{self.decimals}f}"
            for value in self.numbers
        )

    @property
    def is_same(self) -> bool:
        """Whether the scenarios do not differ in it."""
        return len(set(self.numbers)) == 1


def compared_rows(scenarios: Sequence[Scenario], unit: str) -> list[ComparedRow]:
    """Return the figures of scenarios, each as it was when the scenario was kept; land in a unit, floors in m2."""
    records = [scenario.record for scenario in scenarios]
    return [
        *_plan_rows(records),
        *_land_rows(records, unit),
        *_floor_rows(records),
        *_check_rows(records),
        *_target_rows(records, unit),
        _row(records, "统计日", "", lambda record: str(record["day"])),
        _row(records, "台账修订", "", lambda record: str(record["revision"])),
    ]


def _row(records: Records, zh: str, unit_zh: str, take: Take, decimals: int = 2) -> ComparedRow:
    return ComparedRow(zh=zh, unit_zh=unit_zh, numbers=tuple(map(take, records)), decimals=decimals)


def _plan_rows(records: Records) -> list[ComparedRow]:
    """Return what each scenario is about, and how many plots it takes in."""
    return [
        _row(records, "改造方式", "", lambda record: str(record["mode_zh"])),
        _row(
            records,
            "方案内容",
            "",
            lambda record: "；".join(f"{k} {v}" for k, v in record["plan_words"].items()),
        ),
        _row(records, "地块", "宗", lambda record: _number(record["plot_count"]), 0),
        _row(records, "其中适用", "宗", lambda record: _number(record["fitting_count"]), 0),
        _row(
            records,
            "有数不知道、没计入合计的",
            "宗",
            lambda record: float(max(record["unknown"].values(), default=0)),
            0,
        ),
    ]


def _land_rows(records: Records, unit: str) -> list[ComparedRow]:
    def land(zh: str, name: str) -> ComparedRow:
        decimals = AREA_DECIMALS[unit]
        return _row(
            records,
            zh,
            AREA_UNIT_LABELS[unit],
            lambda record: _land(record["totals"].get(name), unit),
            decimals,
        )

    return [land("用地面积", "site_area_m2"), land("可计入盘活", "land_counted_m2")]


def _floor_rows(records: Records) -> list[ComparedRow]:
    """Return floor areas before and after, and the ratios that follow from them."""

    def total(zh: str, name: str, unit_zh: str = "平方米") -> ComparedRow:
        return _row(records, zh, unit_zh, lambda record: _number(record["totals"].get(name)))

    def share(zh: str, name: str) -> ComparedRow:
        return _row(records, zh, "%", lambda record: _percent(record["totals"].get(name)), 1)

    return [
        total("建筑面积（前）", "gfa_actual_before_m2"),
        total("建筑面积（后）", "gfa_actual_after_m2"),
        total("拆除建筑面积", "demolished_m2"),
        total("新增建筑面积（毛）", "gross_m2"),
        total("净增建筑面积", "net_m2"),
        total("容积率（前）", "far_before", ""),
        total("容积率（后）", "far_after", ""),
        share("建筑系数（后）", "coefficient_after"),
        share("配套建筑面积占比（后）", "support_share_after"),
    ]


def _check_rows(records: Records) -> list[ComparedRow]:
    """Return how many checks of the rules each scenario does not pass, or cannot be put to."""
    return [
        _row(records, "核对：不符合", "项", lambda record: _number(record["verdicts"]["no"]), 0),
        _row(records, "核对：资料不全", "项", lambda record: _number(record["verdicts"]["unknown"]), 0),
    ]


def _target_rows(records: Records, unit: str) -> list[ComparedRow]:
    """Return what each scenario adds to each target that any of them names."""
    targets = {
        (target["set"], target["indicator"]): target for record in records for target in record["targets"]
    }
    rows = []
    for key, target in targets.items():
        shown = unit_shown(target["unit"], unit)
        quantity = TARGET_UNITS[shown]
        values = tuple(_target_value(record, key, shown) for record in records)
        rows.append(
            ComparedRow(
                zh=f"目标“{target['zh']}”增加",
                unit_zh=quantity.zh,
                numbers=values,
                decimals=quantity.decimals,
            )
        )
    return rows


def _target_value(record: Mapping[str, Any], key: tuple[str, str], shown: str) -> float | None:
    for target in record["targets"]:
        if (target["set"], target["indicator"]) == key and target["added"] is not None:
            base = TARGET_UNITS[target["unit"]].to_base(float(target["added"]))
            return TARGET_UNITS[shown].from_base(base)
    return None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _land(value: Any, unit: str) -> float | None:
    return None if value is None else from_m2(float(value), unit)


def _percent(value: Any) -> float | None:
    return None if value is None else float(value) * 100


def scenario_record(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain values, with its whole answer."""
    names = ("id", "name", "author", "made_at", "note", "day", "revision")
    return {
        **{name: getattr(scenario, name) for name in names},
        "query": dict(scenario.query),
        "answer": dict(scenario.record),
    }


def comparison_table(scenarios: Sequence[Scenario], unit: str, *, revision: int, day: date) -> RecordTable:
    """Return the comparison as a table to compute with: a row per scenario, a column per figure."""
    compared = compared_rows(scenarios, unit)
    heads = {"name": "方案", "author": "编制人", "made_at": "编制时间(UTC)", "note": "说明"}
    columns: dict[str, Any] = {
        name: [str(getattr(scenario, name)) for scenario in scenarios] for name in heads
    }
    made_at = [datetime.fromisoformat(scenario.made_at) for scenario in scenarios]
    columns["made_at"] = [moment.isoformat(timespec="seconds") for moment in made_at]
    fields = [FieldInfo(name=name, zh=zh, label=zh, dtype="string") for name, zh in heads.items()]
    for number, row in enumerate(compared):
        info = _field(f"figure_{number}", row)
        columns[info.name] = pd.Series(row.numbers, dtype="float64" if info.is_numeric else "str")
        fields.append(info)
    made_on = [moment.date() for moment in made_at]
    return RecordTable(
        register="scenarios",
        register_zh="改造方案对比",
        geometry_type="none",
        fields=tuple(fields),
        rows=pd.DataFrame(columns),
        revision=revision,
        day=day,
        is_now=True,
        data_on=max(made_on, default=day),
        filter_zh="、".join(scenario.name for scenario in scenarios),
        is_filtered=True,
        notes=("各方案的数都是保存当时的数；保存之后台账有变化的，请按现在的台账重算。",),
        is_demo=any(bool(scenario.record["is_demo"]) for scenario in scenarios),
    )


def _field(name: str, row: ComparedRow) -> FieldInfo:
    is_text = any(isinstance(value, str) for value in row.numbers)
    return FieldInfo(
        name=name, zh=row.zh, label=f"{row.zh}({row.unit_zh})" if row.unit_zh else row.zh,
        dtype="string" if is_text else "number", unit=row.unit_zh, decimals=None if is_text else row.decimals,
    )  # fmt: skip
