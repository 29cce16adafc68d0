"""A portfolio as data and as a table to take along."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import FigureRow, take_fingerprint
from geoapp.domain.frame import plain_values
from geoapp.domain.portfolio import Choice, PortfolioAnswer
from geoapp.domain.record_table import RecordTable
from geoapp.domain.rounding import rounded
from geoapp.units import AREA_UNIT_LABELS, FILE_DECIMALS, from_m2

_COLUMNS = (
    "name", "town_code", "area_m2", "added_gfa_m2", "net_gfa_m2", "far", "far_after", "cost_wan", "ready_year",
    "is_inside_line", "score",
)  # fmt: skip
FIGURES = (
    "area_m2", "added_gfa_m2", "net_gfa_m2", "far", "far_after", "cost_wan", "ready_year", "is_inside_line",
)  # fmt: skip
"""Of a plot, in the order in which the fingerprint takes them."""
_NUMBERS = {
    "added_gfa_m2": ("新增建筑面积", "平方米", 2), "net_gfa_m2": ("净增建筑面积", "平方米", 2),
    "far": ("现状容积率", "", 4), "far_after": ("改造后容积率", "", 4), "cost_wan": ("估算造价", "万元", 2),
    "score": ("得分", "", 2),
}  # fmt: skip


def portfolio_record(answer: PortfolioAnswer, unit: str = "mu") -> dict[str, Any]:
    """Return an answer as plain values: areas in m2, money in 万元, None where unknown.

    Parameters
    ----------
    answer : PortfolioAnswer
    unit : {"mu", "ha", "m2"}
        Of the land in `land_totals`.
    """
    portfolio = answer.portfolio
    choice = portfolio.choice
    plots = [] if choice is None else plot_records(answer, choice)
    mark = take_fingerprint(answer.origin, "m2", map(_figure_row, plots))
    return {
        "fingerprint": mark.text,
        "address": mark.address,
        "asked": dict(answer.asked_words),
        "limits": asdict(answer.asked.question.limits),
        "objective": answer.asked.question.objective,
        "mode": answer.asked.mode,
        "far": answer.asked.far,
        "day": answer.day.isoformat(),
        "revision": answer.revision,
        "data_on": answer.data_on.isoformat(),
        "note": answer.note,
        "is_demo": answer.is_demo,
        "is_found": choice is not None,
        "is_infeasible": portfolio.is_infeasible,
        "verdict": answer.verdict,
        "candidate_count": portfolio.candidate_count,
        "usable_count": portfolio.usable_count,
        "left_out": dict(portfolio.left_out),
        "choice": None if choice is None else _choice_record(choice, unit),
        "plots": plots,
        "alternatives": [
            _choice_record(other, unit) | swap(choice, other) for other in portfolio.alternatives
        ],
        "advice": [
            {"words": words, "reached": dict(found.reached), "plots": list(found.choice.codes)}
            for words, found in zip(answer.advice, portfolio.relaxations, strict=True)
        ],
        "findings": list(answer.findings),
        "numbers": [
            asdict(number) | {"valid_from": number.valid_from and number.valid_from.isoformat()}
            for number in answer.numbers
        ],
    }


def _figure_row(plot: Mapping[str, Any]) -> FigureRow:
    """Return the figures of a plot that the fingerprint takes."""
    values = (plot[name] for name in FIGURES)
    return str(plot["plot_code"]), [None if value is None else float(value) for value in values]


def _choice_record(choice: Choice, unit: str) -> dict[str, Any]:
    values = asdict(choice)
    codes = list(values.pop("codes"))
    land = {"unit": unit, "area": from_m2(choice.area_m2, unit)}
    return {"plots": codes, "project_count": choice.project_count, **values, "land_totals": land}


def swap(first: Choice | None, other: Choice) -> dict[str, list[str]]:
    """Return which plots another choice leaves out and which it takes instead."""
    codes = () if first is None else first.codes
    return {
        "left_out": [code for code in codes if code not in other.codes],
        "taken_in": [code for code in other.codes if code not in codes],
    }


def plot_records(answer: PortfolioAnswer, choice: Choice) -> list[dict[str, Any]]:
    """Return the plots of a choice as plain records, None where unknown."""
    rows = answer.plots.loc[list(choice.codes)]
    columns = {name: plain_values(rows[name]) for name in _COLUMNS}
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    names = answer.town_names
    return [
        {"plot_code": code, **record, "town_zh": names.get(record["town_code"], record["town_code"])}
        for code, record in zip(choice.codes, records, strict=True)
    ]


def town_sums(answer: PortfolioAnswer, choice: Choice) -> list[dict[str, Any]]:
    """Return what a choice comes to in each town that has candidates, in the order of their codes."""
    records = pd.DataFrame(plot_records(answer, choice), columns=["plot_code", *_COLUMNS, "town_zh"])
    sums = records.groupby("town_code")[["area_m2", "added_gfa_m2"]].sum()
    counts = records.groupby("town_code").size()
    codes = [*sums.index, *(code for code in choice.missing_towns if code not in sums.index)]
    return [
        {
            "town_code": code,
            "town_zh": answer.town_names.get(code, code),
            "project_count": int(counts.get(code, 0)),
            "area_m2": float(sums["area_m2"].get(code, 0.0)),
            "added_gfa_m2": float(sums["added_gfa_m2"].get(code, 0.0)),
        }
        for code in sorted(codes)
    ]


def portfolio_table(answer: PortfolioAnswer, unit: str) -> RecordTable:
    """Return the plots of the choice as a table: land in the unit, floors in m2; no rows where there is no choice."""
    codes: Sequence[str] = () if answer.portfolio.choice is None else answer.portfolio.choice.codes
    rows = answer.plots.loc[list(codes)]
    rows = rows.assign(plot_code=rows.index, area_m2=from_m2(rows["area_m2"], unit))
    fields = _fields(answer, unit)
    decimals = {info.name: info.decimals for info in fields if info.decimals is not None}
    columns = {
        name: plain_values(rounded(rows[name], decimals.get(name))) for name in ("plot_code", *FIGURES)
    }
    plots = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    others = [
        f"次优组合 {number}：{other.project_count} 个项目，{'、'.join(other.codes)}"
        for number, other in enumerate(answer.portfolio.alternatives, start=1)
    ]
    return RecordTable(
        register="portfolio",
        register_zh="组合优选",
        geometry_type="none",
        fields=fields,
        rows=pd.DataFrame(rows[[info.name for info in fields]]),
        revision=answer.revision,
        day=answer.day,
        is_now=answer.is_now,
        data_on=answer.data_on,
        filter_zh="；".join(f"{name}：{words}" for name, words in answer.asked_words.items()),
        is_filtered=True,
        sources=tuple(number.words for number in answer.numbers),
        notes=(
            answer.verdict,
            *answer.advice,
            *answer.findings,
            *others,
            *filter(None, [answer.note]),
        ),
        is_demo=answer.is_demo,
        fingerprint=take_fingerprint(answer.origin, unit, map(_figure_row, plots)).text,
    )


def _fields(answer: PortfolioAnswer, unit: str) -> tuple[FieldInfo, ...]:
    land_zh, decimals = AREA_UNIT_LABELS[unit], FILE_DECIMALS[unit]
    return (
        FieldInfo(name="plot_code", zh="地块编号", label="地块编号", dtype="string"),
        FieldInfo(name="name", zh="地块名称", label="地块名称", dtype="string"),
        FieldInfo(name="town_code", zh="镇街", label="镇街", dtype="string", codes=answer.town_names),
        FieldInfo(
            name="area_m2", zh="可计入盘活", label=f"可计入盘活({land_zh})", dtype="number", unit=land_zh,
            decimals=decimals,
        ),
        *(
            FieldInfo(
                name=name, zh=zh, label=f"{zh}({unit_zh})" if unit_zh else zh, dtype="number", unit=unit_zh,
                decimals=digits,
            )
            for name, (zh, unit_zh, digits) in _NUMBERS.items()
        ),
        FieldInfo(name="ready_year", zh="预计完成年份", label="预计完成年份", dtype="number", decimals=0),
        FieldInfo(name="is_inside_line", zh="在控制线内", label="在控制线内", dtype="boolean"),
    )  # fmt: skip
