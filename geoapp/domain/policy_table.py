"""Dated tables of numbers by industry code, as CSV that an office replaces by its own."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from geoapp.errors import SetupError

DAY, CODE, NAME = "valid_from", "industry_code", "industry_zh"
"""The columns every table has; all others hold numbers, blank where there is none."""


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """What one file holds: by column and day, the value of each industry code."""

    columns: Mapping[str, Mapping[date, Mapping[str, float]]]
    names: Mapping[str, str]
    """Industries by code."""


def parse_table(text: str, file_name: str) -> PolicyTable:
    r"""Return a table of numbers by industry.

    Parameters
    ----------
    text : str
        CSV with a header: valid_from (YYYY-MM-DD), industry_code, industry_zh and columns of numbers. All rows of a
        day are that day's table: it replaces the earlier one as a whole.
    file_name : str

    Raises
    ------
    SetupError
        A column missing, a day or number that is none, a code twice on a day; names file and line.

    Examples
    --------
    >>> table = parse_table("valid_from,industry_code,industry_zh,far_min\n2008-01-31,34,通用设备,0.7", "t.csv")
    >>> table.columns["far_min"][date(2008, 1, 31)]["34"]
    0.7
    """
    reader = csv.DictReader(text.splitlines())
    header = list(reader.fieldnames or [])
    for name in (DAY, CODE, NAME):
        if name not in header:
            raise SetupError(f"{file_name} 第 1 行：缺少列“{name}”。")
    values: dict[str, dict[date, dict[str, float]]] = {
        name: {} for name in header if name not in (DAY, CODE, NAME)
    }
    names: dict[str, str] = {}
    seen: set[tuple[date, str]] = set()
    for row in reader:
        where = f"{file_name} 第 {reader.line_num} 行"
        day, code = _day(row[DAY], where), (row[CODE] or "").strip()
        if (day, code) in seen:
            raise SetupError(f"{where}：行业“{code}”在 {day.isoformat()} 已有一行。同一天只能有一个值。")
        seen.add((day, code))
        names[code] = (row[NAME] or "").strip()
        for column, by_day in values.items():
            by_day.setdefault(day, {}).update(_number(code, row[column], f"{where}的列“{column}”"))
    return PolicyTable(values, names)


def _day(text: str | None, where: str) -> date:
    try:
        return datetime.strptime((text or "").strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        raise SetupError(f"{where}：{DAY}“{text}”不是日期，应为“年-月-日”，如 2026-01-01。") from None


def _number(code: str, text: str | None, where: str) -> dict[str, float]:
    if not (text or "").strip():
        return {}
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SetupError(f"{where}：“{text}”不是数。")
    return {code: value}
