"""Numbers that the office changed itself: read from texts as typed, and laid over what ships."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from geoapp.domain.policy import DatedValue, Policy, PolicyNumber

NOTHING = "无"
"""An empty list of codes."""
_NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,8})?")
_YES, _NO = ("是", "true"), ("否", "false")
_CODES = re.compile(r"[、，,;；\s]+")
_LIST_UNITS = ("code", "text", "register", "field")
_POSITIVE_UNITS = ("month", "year", "day", "mu", "m2", "m", "share", "far", "wan_per_mu", "count", "factor")


def is_editable(number: PolicyNumber) -> bool:
    """Return whether an office may change a number on the page: one value or a list of codes, not a table."""
    shape = _shape(number)
    return shape in ("number", "codes", "flag")


def _shape(number: PolicyNumber) -> str:
    if not number.values:
        return "codes" if number.unit in _LIST_UNITS else "number"
    value = number.values[-1].value
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return "word" if isinstance(value, str) else "codes"
    return "table"


def value_from_text(text: str, number: PolicyNumber) -> Any:
    """Return what a text means as a value of a number; raises ValueError whose message says in Chinese what is wrong.

    A share may be typed as 50% or 0.5, codes joined by 、 or a comma, a switch as 是 or 否.

    Examples
    --------
    >>> share = PolicyNumber(id="x", zh="", unit="share", source="", clause="", certainty="open", values=())
    >>> value_from_text("50%", share), value_from_text("0.5", share)
    (0.5, 0.5)
    """
    typed = text.strip()
    match _shape(number):
        case "codes":
            return [] if typed == NOTHING else [code for code in _CODES.split(typed) if code]
        case "flag":
            return _flag(typed)
        case "number":
            return _number(typed, number)
        case _:
            raise ValueError(f"“{number.zh}”是一张表或一个词，不能在这里改，请改 policy 目录里的文件。")


def _flag(typed: str) -> bool:
    if typed.lower() in (*_YES, *_NO):
        return typed.lower() in _YES
    raise ValueError(f"“{typed[:20]}”应为“是”或“否”。")


def _number(typed: str, number: PolicyNumber) -> float:
    is_percent = number.unit == "share" and typed.endswith(("%", "％"))
    plain = typed.rstrip("%％").replace(",", "").strip() if is_percent else typed.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(
            f"“{typed[:20]}”不是数。请填数，如 {'50% 或 0.5' if number.unit == 'share' else '5.0'}。"
        )
    value = float(plain) / 100 if is_percent else float(plain)
    if number.unit == "share" and not 0 <= value <= 1:
        raise ValueError(f"“{typed[:20]}”不在 0 到 100% 之间。")
    if number.unit in _POSITIVE_UNITS and value < 0:
        raise ValueError(f"“{typed[:20]}”小于零。")
    wants_whole = bool(number.values) and isinstance(number.values[-1].value, int)
    if wants_whole and not math.isclose(value, round(value)):
        raise ValueError(f"“{typed[:20]}”应为整数。")
    return round(value) if wants_whole else value


def text_of_value(value: Any) -> str:
    """Return a value as it is typed and stored: one that `value_from_text` reads back.

    Examples
    --------
    >>> text_of_value(0.5), text_of_value(["C", "D"]), text_of_value(True), text_of_value([[8.0, 2.0]])
    ('0.5', 'C、D', '是', '[[8.0, 2.0]]')
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "、".join(value) or NOTHING
    return json.dumps(value, ensure_ascii=False, default=str)


def revised_policy(shipped: Policy, records: Iterable[Mapping[str, Any]]) -> tuple[Policy, tuple[str, ...]]:
    """Return the rule book with the office's own values, and in Chinese which of them could not be used.

    Parameters
    ----------
    shipped : Policy
    records : iterable of mappings
        number_id, valid_from_on (date), value (text), document_no, reason, entered_by: the register policy_values.

    Returns
    -------
    Policy
        A value of the office holds from its day until the next value of either; on one day the office's goes first.
    tuple of str
    """
    numbers, findings = dict(shipped.numbers), []
    for record in records:
        number = numbers.get(str(record["number_id"]))
        where = (
            f"{record['number_id']} 自 {record['valid_from_on']:%Y-%m-%d} 的值“{record['value']}”没有用上："
        )
        if number is None:
            findings.append(f"{where}规则库没有这个数值。")
            continue
        try:
            value = value_from_text(str(record["value"]), number)
        except ValueError as error:
            findings.append(f"{where}{error}")
            continue
        numbers[number.id] = _with_value(number, _dated(record, value))
    return Policy(numbers), tuple(findings)


def _dated(record: Mapping[str, Any], value: Any) -> DatedValue:
    day = record["valid_from_on"]
    return DatedValue(
        valid_from=date(day.year, day.month, day.day),
        value=value,
        document_no=str(record["document_no"] or ""),
        reason=str(record["reason"] or ""),
        entered_by=str(record["entered_by"] or ""),
        is_revised=True,
    )


def _with_value(number: PolicyNumber, value: DatedValue) -> PolicyNumber:
    others = [other for other in number.values if other.valid_from != value.valid_from]
    return replace(number, values=tuple(sorted([*others, value], key=lambda held: held.valid_from)))
