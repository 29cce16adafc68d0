"""The digest of alarms read back: its sums by town and by responsible body."""

from collections.abc import Iterator, Mapping, Sequence
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
        header = list(map(str, sheets[sheet][0]))
        for row, figures in _lines(published, sheet, header, sheets[sheet][1:]):
            published.rows.append((row, [figure.value for figure in figures]))
            published.figures += figures


def _lines(
    published: Published, sheet: str, header: Sequence[str], lines: Sequence[Sequence[Cell]]
) -> Iterator[tuple[str, list[PublishedFigure]]]:
    for number, line in enumerate(lines, start=2):
        row = f"{sheet}|{line[0]}"
        yield (
            row,
            [
                PublishedFigure(
                    xlsx_where(sheet, number, place, label, line[0]), row, label,
                    xlsx_number(published, sheet, number, place, line[place]),
                )
                for place, label in enumerate(header)
                if place
            ],
        )  # fmt: skip
