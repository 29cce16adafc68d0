"""The rule book and what one rule says, read back: the counts by rule, the verdicts by subject."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoapp.errors import FormatError
from geoapp.verification.published import (
    Cell,
    Published,
    PublishedFigure,
    csv_where,
    number_of,
    without_spaces,
    xlsx_where,
)
from geoapp.verification.rule_counts import COUNTS, VERDICT

ITSELF = "(counts)"
"""Row of a rule's own counts, beside its subjects."""
_BOOK, _SAYS = "规则编号", "结论"
_COUNT_LABELS = {"命中（适用）": "yes_count", "资料不全": "unknown_count", "未命中（不适用）": "no_count"}
VERDICTS = {"yes": 1.0, "no": 0.0, "unknown": None}
_WORDS = {"命中": 1.0, "适用": 1.0, "未命中": 0.0, "不适用": 0.0, "资料不全": None}
Sheets = Mapping[str, list[list[Cell]]]


def rules_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in the rule book: a row per rule."""
    for number, rule in enumerate(record["rules"]):
        where = {name: f"rules[{number}].{name}（{rule['id']}）" for name in COUNTS}
        _take_counts(published, rule["id"], {name: number_of(rule[name]) for name in COUNTS}, where)


def rules_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in the rule book as CSV, which repeats a rule for each value of its numbers."""
    for number, line in enumerate(body, start=2):
        where = {header[place]: csv_where(number, place, header) for place in range(len(header))}
        _take_line(published, dict(zip(header, line, strict=True)), where)


def rules_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in the rule book as a workbook."""
    for cells, where in _sheet_lines(sheets):
        _take_line(published, cells, where)


def _take_line(published: Published, cells: Mapping[str, Cell], where: Mapping[str, str]) -> None:
    values: dict[str, float | None] = {}
    for label, name in _COUNT_LABELS.items():
        try:
            values[name] = number_of(cells[label])
        except ValueError:
            text = f"“{published.name}”{where[label]}是“{str(cells[label])[:40]}”，不是数。"
            raise FormatError(text) from None
    places = {name: where[label] for label, name in _COUNT_LABELS.items()}
    _take_counts(published, str(cells[_BOOK]), values, places)


def _take_counts(
    published: Published, rule: str, values: Mapping[str, float | None], where: Mapping[str, str]
) -> None:
    """Take in a rule's counts, unless they only repeat those of the line before."""
    row = (rule, list(values.values()))
    if published.rows and published.rows[-1] == row:
        return
    published.rows.append(row)
    published.figures += [PublishedFigure(where[name], rule, name, value) for name, value in values.items()]


def rule_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in what one rule says of its subjects, and its counts."""
    published.figures += [
        PublishedFigure(f"{name}（{record['id']}）", ITSELF, name, number_of(record[name])) for name in COUNTS
    ]
    for number, found in enumerate(record["found"]):
        _take_verdict(published, f"found[{number}].verdict", found["key"], VERDICTS[found["verdict"]])


def rule_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in the subjects of one rule as CSV."""
    place = header.index(_SAYS)
    for number, line in enumerate(body, start=2):
        _take_word(published, csv_where(number, place, header), dict(zip(header, line, strict=True)))


def rule_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in the subjects of one rule as a workbook."""
    for cells, where in _sheet_lines(sheets):
        _take_word(published, where[_SAYS], cells)


def _take_word(published: Published, where: str, cells: Mapping[str, Cell]) -> None:
    word = str(cells[_SAYS])
    if word not in _WORDS:
        raise FormatError(f"“{published.name}”{where}是“{word[:40]}”，不是结论。")
    _take_verdict(published, where, str(cells["编号"]).removeprefix("'"), _WORDS[word])


def _take_verdict(published: Published, where: str, key: str, value: float | None) -> None:
    published.rows.append((key, [value]))
    published.figures.append(PublishedFigure(f"{where}（{key}）", key, VERDICT, value))


def _sheet_lines(sheets: Sheets) -> list[tuple[dict[str, Cell], dict[str, str]]]:
    """Return the lines of the first sheet by heading, and where each cell stands."""
    sheet, lines = next(iter(sheets.items()))
    header = [without_spaces(text) for text in lines[2]]
    return [
        (dict(zip(header, line, strict=True)), _places(sheet, number, header, line))
        for number, line in enumerate(lines[3:], start=4)
    ]


def _places(sheet: str, number: int, header: Sequence[str], line: Sequence[Cell]) -> dict[str, str]:
    label = str(line[0])
    return {name: xlsx_where(sheet, number, place, name, label) for place, name in enumerate(header)}
