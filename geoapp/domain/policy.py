"""Dated numbers from documents: value, unit, the days on which it holds, source, how sure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from geoapp.domain.policy_table import PolicyTable
from geoapp.domain.toml_lines import TomlLines
from geoapp.errors import NotFoundError, SetupError

_NUMBER_KEYS = ("zh", "unit", "source", "clause", "certainty", "values", "table", "column")
_REQUIRED = ("zh", "unit", "source", "certainty")
_TEXTS = ("zh", "unit", "source")
_VALUE_KEYS = ("valid_from", "valid_to", "value")
OPEN = "open"
"""Certainty of a number that no document gives: it holds from the day for which the office enters one."""
CERTAINTIES = ("plan", "sourced", "verified", "knowledge", "default")
CERTAINTY_WORDS = {
    "plan": "方案原文",
    "sourced": "有出处",
    "verified": "已核对",
    "knowledge": "通行做法，待核对原文",
    "default": "系统默认，可改",
    OPEN: "没有规定，由单位填写",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """One value of a number and the days on which it holds."""

    valid_from: date
    value: Any
    valid_to: date | None = None
    """Last day; None until the next value."""
    document_no: str = ""
    """Of a change that the office made; empty for what ships."""
    reason: str = ""
    entered_by: str = ""
    is_revised: bool = False
    """Whether the office entered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNumber:
    """One number of the rule book with its history."""

    id: str
    zh: str
    unit: str
    source: str
    clause: str
    certainty: str
    values: tuple[DatedValue, ...]
    """Oldest first."""

    @property
    def first_day(self) -> date | None:
        """The first day on which a value holds; None where there is none."""
        return self.values[0].valid_from if self.values else None

    def held(self, day: date) -> DatedValue | None:
        """Return the value in force on *day* with its days and origin; None where none is."""
        begun = [value for value in self.values if value.valid_from <= day]
        if not begun or (begun[-1].valid_to is not None and begun[-1].valid_to < day):
            return None
        return begun[-1]

    def is_in_force(self, day: date) -> bool:
        """Return whether any value holds on *day*."""
        return self.held(day) is not None

    def on(self, day: date) -> Any:
        """Return the value in force on *day*; raises NotFoundError before the first and after the last."""
        held = self.held(day)
        if held is None:
            raise NotFoundError(f"{self.why_not(day)}请改用有规定的日期。")
        return held.value

    def why_not(self, day: date) -> str:
        """Return in Chinese why no value holds on *day*."""
        if not self.values:
            return f"“{self.zh}”没有规定，要由单位填写。"
        first, last = self.values[0].valid_from, self.values[-1].valid_to
        until = "" if last is None else f"到 {last.isoformat()} 为止"
        word = "尚未生效" if day < first else "已经失效"
        return f"“{self.zh}”在 {day.isoformat()} {word}，最早自 {first.isoformat()} 起有效{until}。"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule book's numbers by id."""

    numbers: Mapping[str, PolicyNumber]

    def number(self, number_id: str) -> PolicyNumber:
        """Return one number; raises SetupError where the rule book lacks it."""
        try:
            return self.numbers[number_id]
        except KeyError:
            raise SetupError(f"规则库缺少数值“{number_id}”（policy/*.toml）。") from None

    def value(self, number_id: str, day: date) -> Any:
        """Return a number's value in force on *day*."""
        return self.number(number_id).on(day)


def parse_policy(
    content: Mapping[str, Any],
    file_name: str,
    text: str = "",
    tables: Mapping[str, PolicyTable] = MappingProxyType({}),
) -> dict[str, PolicyNumber]:
    """Return the numbers that one TOML file holds.

    Parameters
    ----------
    content : mapping
        The file as parsed.
    file_name : str
    text : str
        The file as it stands, so that refusals can name the line.
    tables : mapping of PolicyTable by file name
        From which numbers with `table` and `column` take their values.

    Raises
    ------
    SetupError
        An unknown key, a key missing or empty, a day that is none, overlapping days; names file, line and key.
    """
    lines = TomlLines(text)
    return {
        number_id: _NumberFile(file_name, lines, number_id, tables).parse(item)
        for number_id, item in content.items()
    }


def join_policies(files: Mapping[str, Mapping[str, PolicyNumber]]) -> Policy:
    """Return the numbers of several files; raises SetupError where two files hold the same one.

    Parameters
    ----------
    files : mapping of numbers by file name
    """
    numbers: dict[str, PolicyNumber] = {}
    origin: dict[str, str] = {}
    for file_name, found in files.items():
        for number_id, number in found.items():
            if number_id in numbers:
                raise SetupError(
                    f"数值 [{number_id}] 在 {origin[number_id]} 和 {file_name} 里各有一份。请只留一份。"
                )
            numbers[number_id], origin[number_id] = number, file_name
    return Policy(numbers)


@dataclass(frozen=True, slots=True)
class _NumberFile:
    """One number being read from a file: knows where it stands for what it refuses."""

    file_name: str
    lines: TomlLines
    number_id: str
    tables: Mapping[str, PolicyTable]

    def parse(self, item: Any) -> PolicyNumber:
        if not isinstance(item, Mapping):
            raise self._refusal("", "应为一节：[编号] 下面写 zh、unit、source、certainty、values。")
        self._check_keys(item)
        values = self._from_table(item) if "table" in item else self._values(item["values"])
        if bool(values) == (item["certainty"] == OPEN):
            raise self._refusal("values", "“open”（没有规定）的数值 values 应为空；其他的至少要有一个值。")
        return PolicyNumber(
            id=self.number_id, zh=item["zh"], unit=item["unit"], source=item["source"],
            clause=item.get("clause", ""), certainty=item["certainty"], values=values,
        )  # fmt: skip

    def _check_keys(self, item: Mapping[str, Any]) -> None:
        unknown = [str(name) for name in item if name not in _NUMBER_KEYS]
        if unknown:
            raise self._refusal(
                unknown[0], f"不认识的键“{unknown[0]}”；可用的键：{'、'.join(_NUMBER_KEYS)}。"
            )
        missing = [name for name in _REQUIRED if name not in item]
        if missing:
            raise self._refusal("", f"缺少键“{missing[0]}”。")
        self._check_place(item)
        empty = [name for name in _TEXTS if not (isinstance(item[name], str) and item[name].strip())]
        if empty:
            raise self._refusal(empty[0], f"键“{empty[0]}”是空的。每个数都要有名称、单位和出处。")
        if item["certainty"] not in (*CERTAINTIES, OPEN):
            raise self._refusal("certainty", f"键“certainty”应为 {'、'.join((*CERTAINTIES, OPEN))} 之一。")

    def _check_place(self, item: Mapping[str, Any]) -> None:
        """Refuse a number whose values stand nowhere, or in two places."""
        wanted = "column" if "table" in item else "values"
        if wanted not in item:
            raise self._refusal("", f"缺少键“{wanted}”。")
        if "table" in item and "values" in item:
            raise self._refusal("values", "“values”和“table”只能有一个。")

    def _from_table(self, item: Mapping[str, Any]) -> tuple[DatedValue, ...]:
        table = self.tables.get(str(item["table"]))
        if table is None:
            raise self._refusal("table", f"没有数据表“{item['table']}”（policy/*.csv）。")
        if item["column"] not in table.columns:
            raise self._refusal("column", f"{item['table']} 没有列“{item['column']}”。")
        values = table.columns[item["column"]]
        return tuple(
            DatedValue(valid_from=day, value=codes) for day, codes in sorted(values.items()) if codes
        )

    def _values(self, items: Any) -> tuple[DatedValue, ...]:
        if not isinstance(items, list):
            raise self._refusal("values", "键“values”应为列表，每项写 valid_from 和 value。")
        values = sorted(
            ((self._value(item, nth), nth) for nth, item in enumerate(items)),
            key=lambda pair: pair[0].valid_from,
        )
        for (earlier, _), (later, nth) in pairwise(values):
            if later.valid_from <= (earlier.valid_to or earlier.valid_from):
                raise self._refusal(
                    "valid_from", f"有效期重叠：{_span(earlier)}与{_span(later)}。同一天只能有一个值。", nth
                )
        return tuple(value for value, _ in values)

    def _value(self, item: Any, nth: int) -> DatedValue:
        for name in item if isinstance(item, Mapping) else ():
            if name not in _VALUE_KEYS:
                words = f"的 values：不认识的键“{name}”；可用的键：{'、'.join(_VALUE_KEYS)}。"
                raise self._refusal(str(name), words, joint=" ")
        if not isinstance(item, Mapping) or "valid_from" not in item or "value" not in item:
            raise self._refusal("values", "的 values：每项都要写 valid_from 和 value。", joint=" ")
        for name in ("valid_from", "valid_to"):
            if name in item and type(item[name]) is not date:
                raise self._refusal(name, f"“{name}”应为日期（不加引号），如 2026-01-01。", nth)
        value = DatedValue(valid_from=item["valid_from"], valid_to=item.get("valid_to"), value=item["value"])
        if value.valid_to is not None and value.valid_to < value.valid_from:
            raise self._refusal("valid_to", f"失效日早于生效日：{_span(value)}。")
        return value

    def _refusal(self, key: str, words: str, nth: int = 0, joint: str = "：") -> SetupError:
        line = self.lines.words(self.number_id, key, nth)
        where = (
            f"{self.file_name} {line}的 [{self.number_id}]"
            if line
            else f"{self.file_name} 的 [{self.number_id}]"
        )
        return SetupError(f"{where}{joint}{words}")


def _span(value: DatedValue) -> str:
    until = "" if value.valid_to is None else f"至 {value.valid_to.isoformat()} "
    return f" {value.valid_from.isoformat()} 起{until}"
