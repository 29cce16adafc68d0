"""The header of a ledger: found among title rows and notes, its levels flattened, its units told."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.parse import NO_VALUES, area_unit_of, fold, parse_number

SEARCHED_ROWS = 60
"""How many rows from the top may be titles and notes."""
LEVELS = 4
"""How many rows a header may have."""

NOTE_LINE = re.compile(
    r"^(?:\(?(?:计量)?单位|填报\w*|填表\w*|制表\w*|审核\w*|复核\w*|审批\w*|报送\w*|统计\w*|日期|\w*负责人|联系人|联系电话|电话"
    r"|备注|附?注\d*|说明|数据来源|资料来源|截至\w*|盖章|签字|签章)\s*[(（]?\w{0,6}[)）]?\s*:"
)
_UNIT_NOTE = re.compile(r"(?:^|[\s(\[【])(?:计量)?单位\s*:\s*([^\s)\]】]+)")
_BRACKETS = re.compile(r"[(\[【](?:单位:?)?([^()\[\]【】]*)[)\]】]")
_AREA_TAIL = re.compile(r"(?:面积|用地|规模|土地)[/_\-,:\s]*([^/_\-,:\s]+)$")
_MONEY = re.compile(r"[(\[【/](?:单位:?)?(元|千元|亿元)(?:[)\]】]|$)")
_OTHER_UNITS = frozenset(
    ["万元", "元", "亿元", "千元", "%", "个", "家", "人", "名", "吨", "米", "m", "层", "年", "宗", "项", "tce",
     "吨标煤", "吨标准煤", "千瓦时", "度", "万度", "万元/亩", "元/亩", "万元/人"]
)  # fmt: skip
_AREA_NAME = re.compile(r"面积|用地|亩")
_YEARS = range(1990, 2101)


class Merge(NamedTuple):
    """A merged range, counted from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True, kw_only=True)
class Header:
    """Where the header stands and what its columns are called; rows are counted from 0."""

    top: int
    bottom: int
    names: list[str]
    """By column; "" where there is none."""
    issues: list[Issue] = field(default_factory=list)


def is_blank(value: Any) -> bool:
    """Return whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not fold(value))


def find_header(rows: Sequence[Sequence[Any]], merges: Sequence[Merge]) -> Header | None:
    """Return the header of a table of cells, or None where no row looks like one.

    Parameters
    ----------
    rows : sequence of rows, all of one length
        The sheet from its first row; None where a cell is empty.
    merges : sequence of Merge
        Merged ranges, which tell the levels of a header.
    """
    searched = expand([list(row) for row in rows[:SEARCHED_ROWS]], merges)
    width = _usual_width(rows)
    tops = (i for i, row in enumerate(searched) if _looks_like_header(row, width))
    found = next(tops, None)
    if found is None:
        return None
    top = _upper_level(searched, found)
    bottom = _last_level(searched, found, merges)
    names = _flatten(searched[top : bottom + 1])
    bottom, names = _take_unit_row(searched, bottom, names)
    bottom = _skip_numbering(searched, bottom)
    rows_zh = f"第 {top + 1} 行" if top == bottom else f"第 {top + 1} 至 {bottom + 1} 行"
    issue = Issue(code="header-found", severity=Severity.NOTE, message=f"表头取自{rows_zh}。", row=top + 1)
    return Header(top=top, bottom=bottom, names=names, issues=[issue] if bottom else [])


def expand(rows: list[list[Any]], merges: Sequence[Merge]) -> list[list[Any]]:
    """Return rows with every merged range filled by its first cell."""
    filled = [list(row) for row in rows]
    for merge in merges:
        if merge.top >= len(filled) or merge.left >= len(filled[merge.top]):
            continue
        value = filled[merge.top][merge.left]
        for row in filled[merge.top : merge.bottom + 1]:
            row[merge.left : merge.right + 1] = [value] * (min(merge.right, len(row) - 1) - merge.left + 1)
    return filled


def area_unit_in(header: str) -> str:
    """Return the unit of area a header names (m2, ha, mu), or "".

    Examples
    --------
    >>> area_unit_in("用地面积（亩）"), area_unit_in("亩均税收(万元/亩)"), area_unit_in("面积/公顷")
    ('mu', '', 'ha')
    """
    text = fold(header)
    bracketed = [area_unit_of(inside) for inside in reversed(_BRACKETS.findall(text))]
    unit = next((unit for unit in bracketed if unit), "")
    if unit or _BRACKETS.search(text):
        return unit
    tail = _AREA_TAIL.search(text)
    if tail:
        return area_unit_of(tail[1])
    return "mu" if text.endswith("亩数") else ""


def money_unit_in(header: str) -> str:
    """Return 元, 千元 or 亿元 where a header says so, else "" (also for 万元, which registers use)."""
    match = _MONEY.search(fold(header))
    return match[1] if match else ""


def units_by_column(
    frame: pd.DataFrame, titles: Sequence[Sequence[Any]]
) -> tuple[dict[str, str], list[Issue]]:
    """Return the units of area by column, from the headers and from a line such as 单位:亩、万元.

    Parameters
    ----------
    frame : DataFrame
        The table's rows.
    titles : sequence of rows
        The rows above the header.

    Returns
    -------
    dict from column to unit id, and what was understood from the line
    """
    units = {name: unit for name in frame.columns if (unit := area_unit_in(name))}
    stated = _units_in_titles(titles)
    if len(stated) != 1:
        return units, []
    unit, text = stated.popitem()
    taken = [name for name in frame.columns if name not in units and _may_be_area(name, frame[name])]
    units.update(dict.fromkeys(taken, unit))
    if not taken:
        return units, []
    message = f"表上注明“单位：{text}”，以下各列按此理解：{'、'.join(taken)}。"
    advice = "如果某列用的是别的单位，请在该列表头写明，例如“用地面积(平方米)”。"
    return units, [Issue(code="unit-from-title", severity=Severity.NOTE, message=message, advice=advice)]


def _units_in_titles(titles: Sequence[Sequence[Any]]) -> dict[str, str]:
    found = {}
    for row in titles:
        for cell in row:
            for text in _UNIT_NOTE.findall(fold(cell)) if isinstance(cell, str) else ():
                found.update(
                    {unit: part for part in re.split(r"[、,;/]", text) if (unit := area_unit_of(part))}
                )
    return found


def _may_be_area(name: str, cells: pd.Series) -> bool:
    text = fold(name)
    if not _AREA_NAME.search(text) or _BRACKETS.search(text) or re.search(r"率|比|均|系数|指数|%|价", text):
        return False
    numbers, bad = parse_number(cells)
    return bool(numbers.notna().any()) and int(bad.sum()) <= len(cells) // 2


def _usual_width(rows: Sequence[Sequence[Any]]) -> int:
    """Return how many cells a row of the table usually fills."""
    counts = sorted(sum(not is_blank(cell) for cell in row) for row in rows[: 4 * SEARCHED_ROWS])
    wide = [count for count in counts if count > 1] or [1]
    return wide[len(wide) // 2]


def _is_label(cell: Any) -> bool:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell in _YEARS
    if not isinstance(cell, str):
        return False
    text = fold(cell)
    if text.isdecimal():
        return int(text) in _YEARS
    number = re.fullmatch(r"[+-]?[\d.,]+%?|\d{4}[-/.年]\d{1,2}.*|#[A-Z/0]+[!?]?", text)
    return not number and len(text) <= 60 and text.lower() not in NO_VALUES and not NOTE_LINE.match(text)


def _looks_like_header(row: Sequence[Any], width: int) -> bool:
    filled = [cell for cell in row if not is_blank(cell)]
    labels = [cell for cell in filled if _is_label(cell)]
    if len(filled) < math.ceil(0.6 * width) or any(_is_note(cell) for cell in filled):
        return False
    if len(set(map(str, labels))) < min(2, width):
        return False
    return len(labels) >= 0.8 * len(filled)


def _is_note(cell: Any) -> bool:
    return isinstance(cell, str) and NOTE_LINE.match(fold(cell)) is not None


def _upper_level(rows: Sequence[Sequence[Any]], top: int) -> int:
    """Return the row above where it names columns that the found row leaves blank (levels without merging)."""
    if top == 0:
        return top
    above, row = rows[top - 1], rows[top]
    labels = [cell for cell in above if not is_blank(cell)]
    if len(set(map(str, labels))) < 2 or not all(_is_label(cell) for cell in labels):
        return top
    helps = any(is_blank(cell) and not is_blank(upper) for upper, cell in zip(above, row, strict=True))
    return top - 1 if helps else top


def _last_level(rows: Sequence[Sequence[Any]], top: int, merges: Sequence[Merge]) -> int:
    bottom = top
    while bottom + 1 < min(len(rows), top + LEVELS):
        spans = any(m.top <= bottom < m.bottom and m.top >= top for m in merges)
        groups = any(m.top <= bottom <= m.bottom and m.top >= top and m.right > m.left for m in merges)
        labels = all(_is_label(cell) for cell in rows[bottom + 1] if not is_blank(cell))
        if not (spans or (groups and labels) or _is_lower_level(rows[bottom], rows[bottom + 1])):
            return bottom
        bottom += 1
        if not spans:
            return bottom
    return bottom


def _is_lower_level(above: Sequence[Any], below: Sequence[Any]) -> bool:
    """Return whether a row only fills the blanks of the one above, or stands under the start of a group."""
    if all(is_blank(cell) for cell in below) or not all(
        _is_label(cell) for cell in below if not is_blank(cell)
    ):
        return False
    grouped = [
        is_blank(cell) or (i + 1 < len(above) and is_blank(above[i + 1])) for i, cell in enumerate(above)
    ]
    under = [i for i, cell in enumerate(below) if not is_blank(cell)]
    return all(grouped[i] for i in under) and any(is_blank(above[i]) for i in under)


def _flatten(levels: Sequence[Sequence[Any]]) -> list[str]:
    """Return one name per column: 盘活低效用地/年度目标(亩)."""
    columns = len(levels[0])
    names: list[list[str]] = [[] for _ in range(columns)]
    for depth, level in enumerate(levels):
        group = ""
        for i, cell in enumerate(level):
            label = "" if is_blank(cell) else _tidy(cell)
            group = label or group
            below = any(not is_blank(lower[i]) for lower in levels[depth + 1 :])
            label = label or (group if below else "")
            if label and label not in names[i][-1:]:
                names[i].append(label)
    return ["/".join(parts) for parts in names]


def _tidy(cell: Any) -> str:
    text = str(cell).strip().removeprefix("\ufeff")
    return re.sub(r"\s+", " " if text.isascii() else "", text)


def _take_unit_row(rows: Sequence[Sequence[Any]], bottom: int, names: list[str]) -> tuple[int, list[str]]:
    """Join a row that holds nothing but units to the names above it."""
    if bottom + 1 >= len(rows):
        return bottom, names
    cells = ["" if is_blank(cell) else fold(str(cell)).strip("()[]【】") for cell in rows[bottom + 1]]
    units = [cell for cell in cells if cell]
    if not units or not all(unit in _OTHER_UNITS or area_unit_of(unit) for unit in units):
        return bottom, names
    joined = [
        f"{name}({unit})" if unit and name and unit not in name else name
        for name, unit in zip(names, cells, strict=True)
    ]
    return bottom + 1, joined


def _skip_numbering(rows: Sequence[Sequence[Any]], bottom: int) -> int:
    """Skip a row that only numbers the columns: 1 2 3 4, perhaps 甲 乙 before."""
    if bottom + 1 >= len(rows):
        return bottom
    cells = [fold(str(cell)).strip("()[]") for cell in rows[bottom + 1] if not is_blank(cell)]
    numbers = [cell.removesuffix(".0") for cell in cells if cell not in ("甲", "乙", "丙", "栏次", "序号")]
    counted = len(cells) >= 4 and numbers == [str(i + 1) for i in range(len(numbers))]
    return bottom + 1 if counted else bottom
