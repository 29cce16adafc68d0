"""Dated numbers from documents: value, unit, the day from which it holds, source, how sure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import refuse_unknown_keys

_NUMBER_KEYS = ("zh", "unit", "source", "clause", "certainty", "values")
_VALUE_KEYS = ("valid_from", "value")
CERTAINTIES = ("plan", "sourced", "verified", "knowledge", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNumber:
    """One number of the rule book with its history."""

    id: str
    zh: str
    unit: str
    source: str
    clause: str
    certainty: str
    values: tuple[tuple[date, Any], ...]
    """(valid from, value), oldest first."""

    def is_in_force(self, day: date) -> bool:
        """Return whether any value holds on *day*."""
        return any(valid_from <= day for valid_from, _ in self.values)

    def on(self, day: date) -> Any:
        """Return the value in force on *day*; raises NotFoundError before the first."""
        held = [value for valid_from, value in self.values if valid_from <= day]
        if not held:
            raise NotFoundError(
                f"“{self.zh}”在 {day.isoformat()} 尚未生效，最早自 {self.values[0][0].isoformat()} 起有效。"
                "请改用这一天或以后的日期。"
            )
        return held[-1]


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


def parse_policy(content: Mapping[str, Any], file_name: str) -> dict[str, PolicyNumber]:
    """Return the numbers that one TOML file holds; raises SetupError naming file and key."""
    return {number_id: _parse_number(number_id, item, file_name) for number_id, item in content.items()}


def _parse_number(number_id: str, item: Mapping[str, Any], file_name: str) -> PolicyNumber:
    where = f"{file_name} 的 [{number_id}]"
    refuse_unknown_keys(item, _NUMBER_KEYS, where)
    for name in ("zh", "unit", "source", "certainty", "values"):
        if name not in item:
            raise SetupError(f"{where}：缺少键“{name}”。")
    if item["certainty"] not in CERTAINTIES:
        raise SetupError(f"{where}：键“certainty”应为 {'、'.join(CERTAINTIES)} 之一。")
    for value in item["values"]:
        refuse_unknown_keys(value, _VALUE_KEYS, f"{where} 的 values")
    values = tuple(sorted(((v["valid_from"], v["value"]) for v in item["values"]), key=lambda pair: pair[0]))
    return PolicyNumber(
        id=number_id, zh=item["zh"], unit=item["unit"], source=item["source"], clause=item.get("clause", ""),
        certainty=item["certainty"], values=values,
    )  # fmt: skip
