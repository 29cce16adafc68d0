"""What-ifs and portfolios read back: figures of each plot, and their sums."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import FormatError
from geoapp.verification.added import ROW
from geoapp.verification.published import (
    Cell,
    Published,
    PublishedFigure,
    csv_where,
    number_of,
    without_spaces,
    xlsx_where,
)
from geoapp.verification.published_tables import place_of
from geoapp.verification.redevelopment import TOTAL

_LAND_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}
_CODE = "地块编号"
Sheets = Mapping[str, list[list[Cell]]]
Columns = Mapping[str, tuple[str, int | None]]
"""By figure: the heading without unit, and the decimals in files; None is land."""
WHATIF: Columns = {
    "site_area_m2": ("用地面积", None), "land_counted_m2": ("可计入盘活", None),
    "gfa_actual_before_m2": ("建筑面积（前）", 2), "gfa_actual_after_m2": ("建筑面积（后）", 2),
    "gfa_counted_before_m2": ("计容建筑面积（前）", 2), "gfa_counted_after_m2": ("计容建筑面积（后）", 2),
    "demolished_m2": ("拆除建筑面积", 2), "gross_m2": ("新增建筑面积", 2), "net_m2": ("净增建筑面积", 2),
    "change_m2": ("建筑面积增减", 2), "far_before": ("容积率（前）", 4), "far_after": ("容积率（后）", 4),
    "coefficient_before": ("建筑系数（前）", 2), "coefficient_after": ("建筑系数（后）", 2),
    "support_share_before": ("配套占比（前）", 2), "support_share_after": ("配套占比（后）", 2),
}  # fmt: skip
PORTFOLIO: Columns = {
    "area_m2": ("可计入盘活", None), "added_gfa_m2": ("新增建筑面积", 2), "net_gfa_m2": ("净增建筑面积", 2),
    "far": ("现状容积率", 4), "far_after": ("改造后容积率", 4), "cost_wan": ("估算造价", 2),
    "ready_year": ("预计完成年份", 0), "is_inside_line": ("在控制线内", 0),
}  # fmt: skip
PORTFOLIO_SCORE = {"score": ("得分", 2)}
"""Compared too, though fingerprints are not taken of it."""
_SCORE_DECIMALS, _SUM_DECIMALS = 6, 5
"""To which data give a score; sums of some may be off by more than one of them."""
ALTERNATIVE = "次优组合"
PORTFOLIO_SUMS = (
    "area_m2",
    "gfa_m2",
    "cost_wan",
    "project_count",
    "outside_count",
    "town_count",
    "latest_year",
)
TARGET_FIGURES = ("actual", "target", "gap", "added", "gap_after", "share")
"""Of each target that a what-if moves."""
LAND = {"site_area_m2", "land_counted_m2", "area_m2"}
"""Figures in the unit of land; other areas are in m2."""
_YES_NO: Mapping[Cell, float] = {"是": 1.0, "否": 0.0}
_PERCENT = ("coefficient_before", "coefficient_after", "support_share_before", "support_share_after")


def whatif_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a what-if as data: areas in m2, shares from 0 to 1."""
    rows = [(line["plot_code"], line["figures"]) for line in record["plots"]]
    for row, figures in (*rows, (TOTAL, record["totals"])):
        values = {name: number_of(figures[name]) for name in WHATIF}
        published.rows.append((row, list(values.values())))
        published.figures += [
            PublishedFigure(f"{name}（{row}）", row, name, value) for name, value in values.items()
        ]
    for number, line in enumerate(record.get("targets", ())):
        row, unit = ROW.format(line["set"], line["indicator"]), TARGET_UNITS[line["unit"]]
        for name in TARGET_FIGURES:
            value = number_of(line[name])
            base = value if value is None or name == "share" else unit.to_base(value)
            published.figures.append(
                PublishedFigure(f"targets[{number}].{name}（{line['zh']}）", row, name, base)
            )


def whatif_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in a what-if as CSV."""
    for number, line in enumerate(body, start=2):
        _take_line(published, WHATIF, header, line, _places_csv(header, number))


def whatif_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in a what-if as a workbook."""
    for header, line, where in _sheet_lines(sheets):
        _take_line(published, WHATIF, header, line, where)


def portfolio_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in a portfolio as data: the plots chosen, what they come to, and the next-best choices."""
    for number, plot in enumerate(record["plots"]):
        code, values = plot["plot_code"], {name: number_of(plot[name]) for name in PORTFOLIO}
        published.rows.append((code, list(values.values())))
        published.figures += [
            PublishedFigure(f"plots[{number}].{name}（{code}）", code, name, value)
            for name, value in values.items()
        ]
        if "score" in plot:
            where, score = f"plots[{number}].score（{code}）", number_of(plot["score"])
            published.figures.append(PublishedFigure(where, code, "score", score, _SCORE_DECIMALS))
    if "candidate_count" in record:
        count = number_of(record["candidate_count"])
        published.figures.append(PublishedFigure("candidate_count", TOTAL, "candidate_count", count))
    if record["choice"] is not None:
        published.figures += _sums("choice", TOTAL, record["choice"])
        published.members["missing_towns"] = list(record["choice"].get("missing_towns", ()))
    for number, other in enumerate(record.get("alternatives", ()), start=1):
        row = f"{ALTERNATIVE}{number}"
        published.figures += _sums(f"alternatives[{number - 1}]", row, other)
        published.members[row] = list(other["plots"])


def _sums(where: str, row: str, choice: Mapping[str, Any]) -> list[PublishedFigure]:
    found = [
        PublishedFigure(f"{where}.{name}", row, name, number_of(choice[name])) for name in PORTFOLIO_SUMS
    ]
    if "score" in choice:
        found.append(
            PublishedFigure(f"{where}.score", row, "score", number_of(choice["score"]), _SUM_DECIMALS)
        )
    return found


def portfolio_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in the plots of a portfolio as CSV."""
    for number, line in enumerate(body, start=2):
        _take_line(published, PORTFOLIO, header, line, _places_csv(header, number), PORTFOLIO_SCORE)


def portfolio_xlsx(published: Published, sheets: Sheets) -> None:
    """Take in the plots of a portfolio as a workbook."""
    for header, line, where in _sheet_lines(sheets):
        _take_line(published, PORTFOLIO, header, line, where, PORTFOLIO_SCORE)


def _places_csv(header: Sequence[str], number: int) -> list[str]:
    return [csv_where(number, place, header) for place in range(len(header))]


def _sheet_lines(sheets: Sheets) -> list[tuple[list[str], list[Cell], list[str]]]:
    sheet, lines = next(iter(sheets.items()))
    header = [without_spaces(text) for text in lines[2]]
    found = []
    for number, line in enumerate(lines[3:], start=4):
        name = line[header.index(_CODE)]
        where = [xlsx_where(sheet, number, place, label, name) for place, label in enumerate(header)]
        found.append((header, line, where))
    return found


def _take_line(
    published: Published,
    columns: Columns,
    header: Sequence[str],
    line: Sequence[Cell],
    where: Sequence[str],
    beside: Columns = MappingProxyType({}),
) -> None:
    """Take in a line; of the columns *beside* the others no fingerprint was taken."""
    row = str(line[header.index(_CODE)]).removeprefix("'")
    values = []
    for name, (label, digits) in (*columns.items(), *beside.items()):
        place = place_of(header, label)
        try:
            value = _YES_NO[line[place]] if line[place] in _YES_NO else number_of(line[place])
        except ValueError:
            text = f"“{published.name}”{where[place]}是“{str(line[place])[:40]}”，不是数。"
            raise FormatError(text) from None
        if name in columns:
            values.append(value)
        decimals = _LAND_DECIMALS[published.fingerprint.unit] if digits is None else digits
        if name in _PERCENT and value is not None:
            value, decimals = value / 100, decimals + 2
        published.figures.append(PublishedFigure(where[place], row, name, value, decimals))
    published.rows.append((row, values))
