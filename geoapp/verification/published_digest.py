"""The digest of alarms read back: its sums by town and by responsible body."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from geoapp.verification.alarms import BY_BODY, BY_TOWN
from geoapp.verification.published import Cell, Published, PublishedFigure, xlsx_number, xlsx_where


def digest_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in what was kept of a digest."""
    for table in record["tables"]:
        for number, line in enumerate(table["rows"]):
            row, values = f"{table['title']}|{line[0]}", list(map(float, line[1:]))
            published.rows.append((row, values))
            published.figures += [
                PublishedFigure(f"{table['title']}[{number}]（{line[0]}，{label}）", row, label, value)
                for label, value in zip(table["columns"][1:], values, strict=True)
            ]


def digest_xlsx(published: Published, sheets: Mapping[str, list[list[Cell]]]) -> None:
    """Take in a digest as a workbook."""
    for sheet in (BY_TOWN, BY_BODY):
        _take(published, sheet, sheets[sheet], partial(xlsx_where, sheet))


def digest_docx(published: Published, tables: Mapping[str, list[list[str]]]) -> None:
    """Take in a digest as a Word document: a table without lines is told by a sentence in its place."""
    for title in (BY_TOWN, BY_BODY):
        _take(published, title, tables.get(title, [[]]), partial(_docx_where, title))


def _take(
    published: Published,
    title: str,
    lines: Sequence[Sequence[Cell]],
    where: Callable[[int, int, str, Any], str],
) -> None:
    header = list(map(str, lines[0]))
    for number, line in enumerate(lines[1:], start=2):
        row = f"{title}|{line[0]}"
        figures = [
            PublishedFigure(
                where(number, place, label, line[0]),
                row,
                label,
                xlsx_number(published, title, number, place, line[place]),
            )
            for place, label in enumerate(header)
            if place
        ]
        published.rows.append((row, [figure.value for figure in figures]))
        published.figures += figures


def _docx_where(title: str, number: int, place: int, label: str, name: Any) -> str:
    return f"表“{title}”第 {number} 行第 {place + 1} 列（{name}，{label}）"
