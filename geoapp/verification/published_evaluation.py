"""Exported evaluations read back: the enterprises, and in data the lists too."""

from collections.abc import Mapping, Sequence
from typing import Any

from geoapp.domain.evaluation import FIRM_FIGURES, GRADE_NUMBERS
from geoapp.errors import FormatError
from geoapp.verification.evaluation_figures import LIST_ROW
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

_CODE, _GRADE = "统一社会信用代码", "grade"
_COLUMNS = {
    "rank": "名次", "score": "综合得分", _GRADE: "评价档次", "land_m2": "用地面积", "owned_m2": "自有",
    "leased_in_m2": "租入", "leased_out_m2": "租出", "bonus": "加分", "malus": "扣分",
}  # fmt: skip
_LAND_DECIMALS = {"mu": 4, "ha": 6, "m2": 2}
_DECIMALS = {"score": 4, "bonus": 2, "malus": 2}


def evaluation_json(published: Published, record: Mapping[str, Any]) -> None:
    """Take in an evaluation as data."""
    for number, firm in enumerate(record["enterprises"]):
        values = [_grade_number(firm[n]) if n == _GRADE else number_of(firm[n]) for n in FIRM_FIGURES]
        published.rows.append((firm["uscc"], values))
        published.figures += [
            PublishedFigure(f"enterprises[{number}].{name}（{firm['uscc']}）", firm["uscc"], name, value)
            for name, value in zip(FIRM_FIGURES, values, strict=True)
        ]
    for number, listed in enumerate(record["lists"]):
        row = f"{LIST_ROW}{listed['list']}"
        published.figures += [
            PublishedFigure(f"lists[{number}]（{listed['zh']}，{name}）", row, name, number_of(value))
            for name, value in _list_values(listed).items()
        ]


def _list_values(listed: Mapping[str, Any]) -> dict[str, Any]:
    values = {"enterprise_count": listed["enterprise_count"]}
    values |= {f"grade {grade}": count for grade, count in listed["grades"].items()}
    values |= {f"lowest {grade}": score for grade, score in listed["lowest_scores"].items()}
    for item in listed["items"]:
        values |= {
            f"base {item['item']}": item["base"],
            f"base_count {item['item']}": item["base_enterprise_count"],
        }
    return values


def _grade_number(text: Any) -> float:
    if (text or "") not in GRADE_NUMBERS:
        raise ValueError(f"“{str(text)[:20]}”不是档次")
    return GRADE_NUMBERS[text or ""]


def evaluation_csv(published: Published, header: list[str], body: list[list[str]]) -> None:
    """Take in the enterprises as CSV."""
    for number, line in enumerate(body, start=2):
        where = [csv_where(number, place, header) for place in range(len(header))]
        _take_line(published, header, line, where)


def evaluation_xlsx(published: Published, sheets: Mapping[str, list[list[Cell]]]) -> None:
    """Take in the enterprises as a workbook."""
    sheet, lines = next(iter(sheets.items()))
    header = [without_spaces(text) for text in lines[2]]
    for number, line in enumerate(lines[3:], start=4):
        code = line[header.index(_CODE)]
        where = [xlsx_where(sheet, number, place, label, code) for place, label in enumerate(header)]
        _take_line(published, header, line, where)


def _take_line(
    published: Published, header: Sequence[str], line: Sequence[Cell], where: Sequence[str]
) -> None:
    code = str(line[header.index(_CODE)]).removeprefix("'")
    land = _LAND_DECIMALS[published.fingerprint.unit]
    values = []
    for name in FIRM_FIGURES:
        place = place_of(header, _COLUMNS[name])
        try:
            value = _grade_number(line[place]) if name == _GRADE else number_of(line[place])
        except ValueError:
            text = f"“{published.name}”{where[place]}是“{str(line[place])[:40]}”，不是数或档次。"
            raise FormatError(text) from None
        decimals = land if name.endswith("_m2") else _DECIMALS.get(name)
        published.figures.append(PublishedFigure(where[place], code, name, value, decimals))
        values.append(value)
    published.rows.append((code, values))
