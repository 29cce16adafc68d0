"""Exported target ledgers read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.verification.published import (
    UNKNOWN,
    Cell,
    Published,
    PublishedFigure,
    csv_figure,
    numbers_in,
    without_spaces,
    xlsx_where,
)

TARGET_COLUMNS = (
    "基数", "目标", "实绩", "序时进度", "差距", "完成率(%)", "序时完成率(%)", "每月还需", "按项目推算",
)  # fmt: skip
STANDING_FIGURES = ("value", "actual", "planned", "gap", "share", "share_of_plan", "pace_per_month")
TREND, FORECAST, MEMBERS, PIPELINE = "trend", "forecast", "members", "pipeline"
PROJECTION_FIGURES = ("value", "added", "overdue", "undated", "later")


Sheets = Mapping[str, list[list[Cell]]]


def targets_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a target ledger as data."""
    published.row_count = len(record["indicators"])
    for number, row in enumerate(record["indicators"]):
        _row_json(published, row, row["id"], f"indicators[{number}]")


def _row_json(published: Published, row: Mapping[str, Any], key: str, where: str) -> None:
    found = [("actual", row["actual"]["value"]), ("base", row["base"])]
    for place, target in enumerate(row["targets"]):
        numbers = {**target, "actual": target["actual"]["value"]}
        found += [(f"targets[{place}].{name}", numbers[name]) for name in STANDING_FIGURES]
    projection = row["projection"] or dict.fromkeys(PROJECTION_FIGURES)
    found += [(f"projection.{name}", projection[name]) for name in PROJECTION_FIGURES]
    published.rows.append((key, [value for _, value in found]))
    published.figures += [
        PublishedFigure(f"{where}.{name}（{row['zh']}）", key, name, value) for name, value in found
    ]


def target_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in one opened target as data."""
    _row_json(published, record["indicator"], record["indicator"]["id"], "indicator")
    for kind in ("towns", "parks"):
        for number, row in enumerate(record[kind]):
            _row_json(published, row, row["scope"], f"{kind}[{number}]")
    for kind in (TREND, FORECAST):
        published.rows.append((kind, [point["value"] for point in record[kind]]))
        published.figures += [
            PublishedFigure(
                f"{kind}[{number}].value（{point['day']}）", f"{kind}@{point['day']}", "value", point["value"]
            )
            for number, point in enumerate(record[kind])
        ]
    for kind in (MEMBERS, PIPELINE):
        found = [
            Member(row["key"], row["amount"], row["weight"], row["ratio"], row["is_counted"])
            for row in record[kind]
        ]
        _take_members(published, kind, found)


@dataclass(frozen=True, slots=True)
class Member:
    """One record behind a figure."""

    key: str
    amount: float | None
    weight: float | None
    ratio: float | None
    is_counted: bool


def _take_members(published: Published, kind: str, members: Sequence[Member]) -> None:
    published.rows += [(member.key, [member.amount, member.weight, member.ratio]) for member in members]
    published.members[kind] = [member for member in members if member.is_counted]


def target_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in the records behind one target as CSV."""
    key, is_counted, ratio = (header.index(name) for name in ("编号", "是否计入", "该条比率"))
    members = []
    for number, line in enumerate(body, start=2):
        values = numbers_in(published, line[ratio - 2 : ratio + 1], number, ratio - 2, header)
        members.append(
            Member(line[key].removeprefix("'"), values[0], values[1], values[2], line[is_counted] == "是")
        )
    _take_members(published, MEMBERS, members)


def target_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in one opened target as a workbook."""
    for sheet, lines in sheets.items():
        if sheet not in _SHEETS:
            continue
        header = [without_spaces(text) for text in lines[2]]
        for number, line in enumerate(lines[3:], start=4):
            if str(line[0] or "").startswith("注："):
                break
            numbers = _numbers(line)
            published.rows.append((f"{sheet}|{line[0]}", [value for _, value in numbers]))
            _SHEETS[sheet](published, sheet, number, header, line)


def _numbers(line: Sequence[Cell]) -> list[tuple[int, float | None]]:
    """Return the numbers of a line and the unknown ones, with their places; texts are passed over."""
    return [
        (place, None if cell == UNKNOWN else float(cell))
        for place, cell in enumerate(line)
        if cell == UNKNOWN or (isinstance(cell, int | float) and not isinstance(cell, bool))
    ]


def _trend_line(published: Published, sheet: str, number: int, header: list[str], line: list[Cell]) -> None:
    where = xlsx_where(sheet, number, 1, header[1], line[0])
    published.figures.append(
        PublishedFigure(where, f"{TREND}@{line[0]}", "value", dict(_numbers(line)).get(1))
    )


def _part_line(published: Published, sheet: str, number: int, header: list[str], line: list[Cell]) -> None:
    for place, value in _numbers(line):
        label = header[place].partition("(")[0]
        column = "完成率(%)" if label == "完成率" else label
        where = xlsx_where(sheet, number, place, header[place], line[0])
        published.figures.append(PublishedFigure(where, f"{sheet}|{line[0]}", column, value))


def _member_line(published: Published, sheet: str, _number: int, header: list[str], line: list[Cell]) -> None:
    ratio = header.index("该条比率")
    numbers = dict(_numbers(line))
    amount, weight, share = (numbers.get(place) for place in (ratio - 2, ratio - 1, ratio))
    if line[header.index("是否计入")] == "是":
        kind = MEMBERS if sheet == "组成" else PIPELINE
        published.members.setdefault(kind, []).append(
            Member(str(line[1]), amount, weight, share, is_counted=True)
        )


def _entered_line(*_: Any) -> None:
    """Pass over what somebody entered: there is nothing to compute; the fingerprint holds it."""


_SHEETS = {
    "历年": _trend_line, "组成": _member_line, "在建项目": _member_line, "镇街": _part_line, "园区": _part_line,
    "填报": _entered_line,
}  # fmt: skip


def targets_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a target ledger as CSV."""
    places = [header.index(name) for name in TARGET_COLUMNS]
    for number, line in enumerate(body, start=2):
        row = f"{line[header.index('指标编号')]}@{line[header.index('目标日')]}"
        values = [numbers_in(published, [line[place]], number, place, header)[0] for place in places]
        published.rows.append((row, values))
        published.figures += [
            csv_figure(number, place, header, row, value, line[place])
            for place, value in zip(places, values, strict=True)
        ]


def targets_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in a target ledger as a workbook."""
    sheet, lines = next(iter(sheets.items()))
    header = [without_spaces(text) for text in lines[2]]
    for number, line in enumerate(lines[3:], start=4):
        if not isinstance(line[0], int | float):
            break
        row = str(line[header.index("指标")])
        numbers = _numbers(line)[1:]
        published.rows.append((row, [value for _, value in numbers]))
        published.figures += [
            PublishedFigure(xlsx_where(sheet, number, place, header[place], row), row, header[place], value)
            for place, value in numbers
        ]
        published.row_count += 1
