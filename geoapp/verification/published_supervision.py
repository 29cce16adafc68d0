"""Exported supervision reports read back."""

from collections.abc import Mapping
from typing import Any

from geoapp.verification.published import (
    Cell,
    Published,
    PublishedFigure,
    without_spaces,
    xlsx_number,
    xlsx_where,
)

FIGURES = (
    "land_target", "land_period", "land_done", "land_percent", "rank", "places_won", "firms_target", "firms_done",
    "firms_percent", "floor_target", "floor_done", "floor_percent", "started_percent", "completed_percent",
)  # fmt: skip
"""Of a row, in the order of the columns."""
_HEADER_LINE, _FIRST_LINE, _NAME, _FIRST_FIGURE = 4, 5, 1, 2


def supervision_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a report as data."""
    for number, row in enumerate(record["rows"]):
        published.rows.append((row["unit"], [row[name] for name in FIGURES]))
        published.figures += [
            PublishedFigure(f"rows[{number}].{name}（{row['unit']}）", row["unit"], name, row[name])
            for name in FIGURES
        ]


def supervision_xlsx(published: Published, sheets: Mapping[str, list[list[Cell]]]) -> None:
    """Take in a report as a workbook."""
    sheet, lines = next(iter(sheets.items()))
    labels = [
        without_spaces(text or above)
        for above, text in zip(*lines[_HEADER_LINE - 1 : _FIRST_LINE], strict=True)
    ]
    for number, line in enumerate(lines[_FIRST_LINE:], start=_FIRST_LINE + 1):
        if str(line[0] or "").startswith("注："):
            break
        name, values = str(line[_NAME]), []
        for place, column in enumerate(FIGURES, start=_FIRST_FIGURE):
            value = xlsx_number(published, sheet, number, place, line[place])
            where = xlsx_where(sheet, number, place, labels[place], name)
            published.figures.append(PublishedFigure(where, name, column, value))
            values.append(value)
        published.rows.append((name, values))
