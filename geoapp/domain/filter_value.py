"""The values in a filter: of the type of the field they are compared with, codes by value or by their words."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from geoapp.domain.filter import Scalar, number_text
from geoapp.domain.filter_fields import FieldInfo
from geoapp.errors import UsageError

_MOST_CODES_NAMED = 8
_LONGEST_SHOWN = 40
_DAY_LENGTH = len("2026-03-01")


def field_value(info: FieldInfo, node: Any) -> Scalar:
    """Return a value as its field holds it.

    Parameters
    ----------
    info : FieldInfo
    node : CQL2-JSON
        A time of day is cut off: registers know days.

    Raises
    ------
    UsageError
        Another type than the field's, or a code there is not.
    """
    if node is None:
        raise UsageError(f"和 NULL 比较没有结果。要找“{info.zh}”未知的，请写 {info.name} IS NULL。")
    return _PARSERS[info.dtype](info, node)


def shown(node: Any) -> str:
    """Return a piece of a filter as it may be quoted in a message."""
    if isinstance(node, dict):
        found = next(
            (str(node[name]) for name in ("property", "date", "timestamp", "op", "type") if name in node), ""
        )
        return found[:_LONGEST_SHOWN] or next(iter(node), "")
    is_number = isinstance(node, float) and math.isfinite(node)
    return (number_text(node) if is_number else str(node))[:_LONGEST_SHOWN]


def _number(info: FieldInfo, node: Any) -> float:
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise UsageError(f"“{info.zh}”是数字，不能和“{shown(node)}”比较。请写数字，不加引号。")
    if not math.isfinite(node):
        raise UsageError(f"和“{info.zh}”比较的数太大。请写一个普通的数。")
    return float(node)


def _flag(info: FieldInfo, node: Any) -> bool:
    if not isinstance(node, bool):
        raise UsageError(f"“{info.zh}”是是否字段，不能和“{shown(node)}”比较。请写 TRUE 或 FALSE。")
    return node


def _day(info: FieldInfo, node: Any) -> date:
    text = node.get("date", node.get("timestamp")) if isinstance(node, dict) else node
    try:
        return date.fromisoformat(str(text)[:_DAY_LENGTH])
    except ValueError:
        raise UsageError(f"“{info.zh}”是日期，不能和“{shown(node)}”比较。请写 DATE('2026-03-01')。") from None


def _text(info: FieldInfo, node: Any) -> str:
    if not isinstance(node, str):
        raise UsageError(f"“{info.zh}”是文字，不能和“{shown(node)}”比较。请给值加单引号。")
    if not info.codes or node in info.codes:
        return node
    for value, zh in info.codes.items():
        if node == zh:
            return value
    if info.has_open_codes:
        return node
    known = "、".join(f"{value}（{zh}）" for value, zh in list(info.codes.items())[:_MOST_CODES_NAMED])
    more = "等" if len(info.codes) > _MOST_CODES_NAMED else ""
    raise UsageError(f"“{info.zh}”没有代码“{shown(node)}”。可用：{known}{more}。")


_PARSERS: Mapping[str, Callable[[FieldInfo, Any], Scalar]] = {
    "number": _number, "integer": _number, "boolean": _flag, "date": _day, "string": _text,
}  # fmt: skip
