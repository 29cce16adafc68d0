"""Values as people type them into ledgers, read into numbers, dates and truth values; what cannot be read is marked.

Every function takes a column as a reader gave it (strings, numbers, dates mixed) and returns new columns on the same
index: the values, missing where there are none, and a mask of cells that hold something which cannot be read. A cell
that says "nothing" ("", "-", "/", "无") is missing and not bad.
"""

import math
import re
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

BLANKS = frozenset(
    {"", "-", "--", "---", "—", "——", "/", "\\", "nan", "none", "null", "n/a", "na", "#n/a", "<na>"}
)
"""Lower-case texts that say there is no value."""
NO_VALUES = BLANKS | {"无", "暂无", "空", "不详", "未知", "待定"}
"""The same for numbers and dates, where a word is no value either."""

UNIT_SUFFIXES: dict[str, tuple[str, ...]] = {
    "m": ("米", "m"),
    "km2": ("平方公里", "平方千米", "km2", "km²"),
    "percent": ("%",),
    "wan": ("万元",),
    "wan_per_mu": ("万元/亩",),
    "year": ("年",),
    "tce": ("吨标准煤", "吨标煤", "tce"),
    "t": ("吨", "t"),
    "kwh": ("千瓦时", "度", "kwh"),
    "person": ("人", "名"),
    "count": ("个", "家", "宗", "件"),
    "storey": ("层", "f"),
}
"""What may follow a number in a cell without changing it, by the unit of the field."""

AREA_TEXTS: dict[str, tuple[str, float]] = {
    "m2": ("m2", 1.0),
    "m²": ("m2", 1.0),
    "㎡": ("m2", 1.0),
    "平方米": ("m2", 1.0),
    "平米": ("m2", 1.0),
    "平方": ("m2", 1.0),
    "万m2": ("ha", 1.0),
    "万m²": ("ha", 1.0),
    "万㎡": ("ha", 1.0),
    "万平方米": ("ha", 1.0),
    "万平米": ("ha", 1.0),
    "万平方": ("ha", 1.0),
    "km2": ("ha", 100.0),
    "km²": ("ha", 100.0),
    "平方公里": ("ha", 100.0),
    "平方千米": ("ha", 100.0),
    "公顷": ("ha", 1.0),
    "hm2": ("ha", 1.0),
    "hm²": ("ha", 1.0),
    "ha": ("ha", 1.0),
    "亩": ("mu", 1.0),
    "市亩": ("mu", 1.0),
    "mu": ("mu", 1.0),
}
"""Units of area as written: (unit id, factor); 10,000 m2 is a hectare, a square kilometre a hundred."""

TRUE_TEXTS = frozenset(["是", "有", "对", "真", "y", "yes", "t", "true", "1", "1.0", "√", "✓", "✔", "规上"])
FALSE_TEXTS = frozenset(
    ["否", "无", "错", "假", "没有", "n", "no", "f", "false", "0", "0.0", "×", "✗", "x", "规下"]
)

_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F), " "
)
_DROPPED = dict.fromkeys((0xFEFF, 0x200B, 0x200E, 0x200F), "")
_FOLDING = {**_WIDTHS, **_DROPPED, ord("−"): "-", ord("–"): "-"}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_AREA_SUFFIX = re.compile(
    r"\s*(" + "|".join(re.escape(t) for t in sorted(AREA_TEXTS, key=len, reverse=True)) + r")\.?$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?P<year>\d{4})\s*(?:[-/.年]\s*(?P<month>\d{1,2})\s*(?:[-/.月]\s*(?P<day>\d{1,2})?\s*[日号]?)?)?年?"
    r"(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT_DATE = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})?")
_SERIAL = re.compile(r"\d{5}(?:\.\d*)?")
_LOST_ZERO = re.compile(r"\d{4}\.1")
_SERIAL_ORIGIN = date(1899, 12, 30)
_SERIAL_RANGE = (20_000, 80_000)
_YEAR_RANGE = (1900, 2199)
_MISSING: Any = pd.NaT
_BAD: Any = object()


class Parsed(NamedTuple):
    """A column that was read: the values, and where a cell holds something that cannot be read."""

    cells: pd.Series
    bad: pd.Series


class ParsedAreas(NamedTuple):
    """A column of areas: the number, the unit each cell names itself ("" where none), and what cannot be read."""

    cells: pd.Series
    units: pd.Series
    bad: pd.Series


def fold(text: str) -> str:
    """Return text with full-width letters, digits and spaces made half-width and the ends trimmed.

    Examples
    --------
    >>> fold("　１２．５ ")
    '12.5'
    """
    return text.translate(_FOLDING).strip()


def parse_text(series: pd.Series) -> pd.Series:
    """Return a column as text: trimmed, whole numbers without ".0", dates as 2023-06-01; missing where blank.

    Codes typed into a spreadsheet arrive as numbers: 330205001.0 is the code 330205001.

    Examples
    --------
    >>> parse_text(pd.Series([330205001.0, " A-1 ", None, ""])).tolist()
    ['330205001', 'A-1', nan, nan]
    """
    values = _by_unique(series, _text_of)
    return pd.Series([None if v is _MISSING else v for v in values], index=series.index, dtype="str")


def parse_number(series: pd.Series, suffixes: Sequence[str] = ()) -> Parsed:
    """Return a column as float64.

    Understood: full-width digits, thousands separators (1,234.5), surrounding spaces, 1.2E5.

    Parameters
    ----------
    series : Series
        Cells as read.
    suffixes : sequence of str
        What may follow the number without changing it, see `UNIT_SUFFIXES`. Areas: see `parse_area_text`.

    Examples
    --------
    >>> parsed = parse_number(pd.Series(["１２，５００.5", "约3", None, 7]))
    >>> parsed.cells.tolist(), parsed.bad.tolist()
    ([12500.5, nan, nan, 7.0], [False, True, False, False])
    """
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        values = pd.Series(series.to_numpy(dtype="float64", na_value=np.nan), index=series.index)
        return Parsed(values.where(np.isfinite(values)), pd.Series(np.isinf(values), index=series.index))
    endings = tuple(sorted((fold(s).lower() for s in suffixes), key=len, reverse=True))
    return _floats(series, [_number_of(value, endings) for value in series.to_numpy(dtype=object)])


def parse_integer(series: pd.Series, suffixes: Sequence[str] = ()) -> Parsed:
    """Return a column as Int64; a number with a fraction, or beyond 2**53, is bad.

    Examples
    --------
    >>> parsed = parse_integer(pd.Series(["2023年", 3.0, 2.5]), ("年",))
    >>> parsed.cells.tolist(), parsed.bad.tolist()
    ([2023, 3, <NA>], [False, False, True])
    """
    numbers, bad = parse_number(series, suffixes)
    whole = numbers.isna() | ((numbers == numbers.round()) & (numbers.abs() <= 2**53))
    return Parsed(numbers.where(whole).astype("Int64"), bad | ~whole)


def parse_area_text(series: pd.Series) -> ParsedAreas:
    """Return a column of areas, each in the unit its own cell names.

    Parameters
    ----------
    series : Series
        Cells such as 12.5, "12.5亩", "0.7655公顷", "8,000㎡". Ten thousand m2 are given as 1 ha.

    Returns
    -------
    ParsedAreas
        `units` holds m2, ha or mu, and "" where the cell names none (the column or the register decides).

    Examples
    --------
    >>> areas = parse_area_text(pd.Series(["0.7655公顷", "12.5亩", 300]))
    >>> areas.cells.tolist(), areas.units.tolist()
    ([0.7655, 12.5, 300.0], ['ha', 'mu', ''])
    """
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        return ParsedAreas(parse_number(series).cells, _constant("", series.index), parse_number(series).bad)
    cells = [_area_of(value) for value in series.to_numpy(dtype=object)]
    values, bad = _floats(series, [value for value, _ in cells])
    return ParsedAreas(values, pd.Series([unit for _, unit in cells], index=series.index, dtype="str"), bad)


def parse_date(series: pd.Series) -> Parsed:
    """Return a column as datetime64[s], whole days.

    Understood: dates, 2023-06-01, 2023/6/1, 2023.6.1, 2023年6月1日, 20230601, spreadsheet serials (45078); 2023.6,
    2023年6月 and 202306 are the month's first day, 2023 the year's. The number 2023.1 is bad: it may have been
    January or, its zero lost, October.

    Examples
    --------
    >>> parsed = parse_date(pd.Series(["2023.6", 45078, "20230601", "2023年13月"]))
    >>> parsed.cells.dt.strftime("%Y-%m-%d").tolist(), parsed.bad.tolist()
    (['2023-06-01', '2023-06-01', '2023-06-01', nan], [False, False, False, True])
    """
    if pd.api.types.is_datetime64_any_dtype(series):
        days = series.dt.tz_localize(None).dt.normalize().astype("datetime64[s]")
        within = days.isna() | days.dt.year.between(*_YEAR_RANGE)
        return Parsed(days.where(within), ~within)
    found = _by_unique(series, _date_of)
    values = pd.Series(pd.NaT, index=series.index, dtype="datetime64[s]")
    good = np.array([isinstance(value, date) and value is not _MISSING for value in found], dtype=bool)
    if good.any():
        values[good] = np.array(
            [v for v in found if isinstance(v, date) and v is not _MISSING], dtype="datetime64[s]"
        )
    return Parsed(values, pd.Series([value is _BAD for value in found], index=series.index, dtype=bool))


def parse_boolean(series: pd.Series) -> Parsed:
    """Return a column as nullable boolean: 是/否, 有/无, Y/N, true/false, 1/0, √/×, 规上/规下.

    Examples
    --------
    >>> parsed = parse_boolean(pd.Series(["是", "×", 1, "也许", None]))
    >>> parsed.cells.tolist(), parsed.bad.tolist()
    ([True, False, True, <NA>, <NA>], [False, False, False, True, False])
    """
    if pd.api.types.is_bool_dtype(series):
        return Parsed(series.astype("boolean"), _constant(value=False, index=series.index))
    found = _by_unique(series, _boolean_of)
    values = pd.array([value if isinstance(value, bool) else None for value in found], dtype="boolean")
    return Parsed(
        pd.Series(values, index=series.index),
        pd.Series([value is _BAD for value in found], index=series.index, dtype=bool),
    )


def area_unit_of(text: str) -> str:
    """Return the id of the unit of area that *text* is (亩 -> mu, ㎡ -> m2, 万平方米 -> ha), or ""."""
    unit, factor = AREA_TEXTS.get(fold(text).lower(), ("", 1.0))
    return unit if factor == 1.0 else ""


def _constant(value: object, index: pd.Index) -> pd.Series:
    return pd.Series(value, index=index, dtype="bool" if isinstance(value, bool) else "str")


def _floats(series: pd.Series, cells: list[float]) -> Parsed:
    """Split floats into values and bad ones; minus infinity stands for a cell that is missing."""
    numbers = np.array(cells, dtype="float64")
    missing = np.isneginf(numbers)
    values = pd.Series(np.where(np.isfinite(numbers), numbers, np.nan), index=series.index)
    return Parsed(values, pd.Series(~np.isfinite(numbers) & ~missing, index=series.index))


def _by_unique(series: pd.Series, parse: Callable[[Any], Any]) -> list[Any]:
    """Return parse(value) of every cell, worked out once per distinct text or number."""
    known: dict[tuple[type, Hashable], Any] = {}
    found = []
    for value in series.to_numpy(dtype=object):
        cell = value if isinstance(value, Hashable) else str(value)
        key = (type(cell), cell)
        if key not in known:
            known[key] = parse(cell)
        found.append(known[key])
    return found


def _is_missing(value: Any, blanks: frozenset[str]) -> bool:
    if isinstance(value, str):
        return fold(value).lower() in blanks
    return pd.api.types.is_scalar(value) and pd.isna(value)


def _text_of(value: Any) -> Any:
    if _is_missing(value, frozenset({""})):
        return _MISSING
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == value.time().min else value.isoformat(" ")
    return str(value).translate(_DROPPED).strip()


def _number_of(value: Any, suffixes: tuple[str, ...]) -> float:
    """Return the number in a cell; minus infinity where there is none, NaN where it cannot be read."""
    if isinstance(value, bool | np.bool_):
        return math.nan
    if _is_missing(value, NO_VALUES):
        return -math.inf
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        return float(value) if math.isfinite(value) else math.nan
    if not isinstance(value, str):
        return math.nan
    return _number_in(fold(value), suffixes)


def _number_in(text: str, suffixes: tuple[str, ...]) -> float:
    ending = next((s for s in suffixes if text.lower().endswith(s)), "")
    text = text[: len(text) - len(ending)].rstrip()
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _area_of(value: Any) -> tuple[float, str]:
    match = _AREA_SUFFIX.search(fold(value)) if isinstance(value, str) else None
    if match is None:
        return _number_of(value, ()), ""
    unit, factor = AREA_TEXTS[match[1].lower()]
    return _number_in(fold(value)[: match.start()], ()) * factor, unit


def _date_of(value: Any) -> Any:
    if _is_missing(value, NO_VALUES):
        return _MISSING
    if isinstance(value, datetime | date | np.datetime64):
        return _within_range(pd.Timestamp(value).date())
    if isinstance(value, str):
        return _date_in(fold(value))
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return _date_from_number(float(value))
    return _BAD


def _date_in(text: str) -> Any:
    if _SERIAL.fullmatch(text):
        return _serial_day(float(text))
    match = _COMPACT_DATE.fullmatch(text) or _DATE.fullmatch(text)
    if match is None:
        return _BAD
    return _calendar_day(*(int(match[name] or 1) for name in ("year", "month", "day")))


def _date_from_number(number: float) -> Any:
    text = f"{number:.12g}"
    return _BAD if _LOST_ZERO.fullmatch(text) else _date_in(text)


def _serial_day(number: float) -> Any:
    within = _SERIAL_RANGE[0] <= number < _SERIAL_RANGE[1]
    return _SERIAL_ORIGIN + timedelta(days=int(number)) if within else _BAD


def _calendar_day(year: int, month: int, day: int) -> Any:
    try:
        return _within_range(date(year, month, day))
    except ValueError:
        return _BAD


def _within_range(day: date) -> Any:
    return day if _YEAR_RANGE[0] <= day.year <= _YEAR_RANGE[1] else _BAD


def _boolean_of(value: Any) -> Any:
    if _is_missing(value, BLANKS):
        return _MISSING
    text = fold(str(value)).lower()
    if text in TRUE_TEXTS:
        return True
    return False if text in FALSE_TEXTS else _BAD
