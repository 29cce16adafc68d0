"""A filter as a Chinese sentence, for the header rows of tables and files."""

from collections.abc import Mapping
from datetime import date

import shapely

from geoapp.domain.filter import (
    GEOMETRY_FIELD,
    And,
    Between,
    Compare,
    Constant,
    Expression,
    FieldName,
    In,
    IsNull,
    Like,
    Located,
    Not,
    Or,
    Scalar,
    number_text,
)
from geoapp.domain.filter_fields import FieldInfo

_ORDERS = {"=": "等于", "<>": "不等于", "<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于"}
_DAY_ORDERS = {"=": "为", "<>": "不为", "<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}
_TEXT_ORDERS = _ORDERS | {"=": "为", "<>": "不为"}
_NEGATED = {"=": "<>", "<>": "="}
_PLACES = {
    "s_intersects": "与{}相交", "s_within": "在{}内", "s_disjoint": "在{}外", "s_contains": "包含{}",
    "s_touches": "与{}相接", "s_overlaps": "与{}部分重叠", "s_crosses": "穿过{}", "s_equals": "与{}重合",
}  # fmt: skip
_MOST_VALUES = 12
_Fields = Mapping[str, FieldInfo]


def words_of(expression: Expression, fields: Mapping[str, FieldInfo]) -> str:
    """Return what an expression says, in Chinese.

    Parameters
    ----------
    expression : Expression
    fields : mapping of FieldInfo by name
        All that it reads.

    Examples
    --------
    >>> far = FieldInfo(name="far", zh="容积率", label="容积率", dtype="number")
    >>> words_of(And((Compare("far", "<", 1.0), Not(IsNull("far")))), {"far": far})
    '容积率 小于 1 且 容积率 已知'
    """
    match expression:
        case Constant(value):
            return "全部" if value else "一条也不要"
        case And(terms):
            return " 且 ".join(_inner(term, fields, (Or,)) for term in terms)
        case Or(terms):
            return " 或 ".join(_inner(term, fields, (And,)) for term in terms)
        case Not(term):
            return _negated(term, fields)
        case Located(operator):
            return _PLACES[operator].format(_drawn(expression))
        case _:
            return _predicate(expression, fields, is_negated=False)


def _inner(term: Expression, fields: _Fields, kinds: tuple[type, ...]) -> str:
    words = words_of(term, fields)
    return f"（{words}）" if isinstance(term, kinds) else words


def _negated(term: Expression, fields: _Fields) -> str:
    if isinstance(term, Compare) and term.operator in _NEGATED:
        return _comparison(term, fields, _NEGATED[term.operator])
    if isinstance(term, Between | In | Like | IsNull):
        return _predicate(term, fields, is_negated=True)
    if isinstance(term, Not):
        return words_of(term.term, fields)
    return f"不符合（{words_of(term, fields)}）"


def _predicate(
    expression: Compare | Between | In | Like | IsNull, fields: _Fields, *, is_negated: bool
) -> str:
    no = "不" if is_negated else ""
    match expression:
        case Compare():
            return _comparison(expression, fields, expression.operator)
        case IsNull():
            return f"{_name(expression.field, fields)} {'已知' if is_negated else '未知'}"
        case In(name, values):
            return f"{_name(name, fields)} {no}为 {_list(fields[name], values)}"
        case Between(name, low, high):
            info = fields[name]
            return (
                f"{_name(name, fields)} {no}在 {_value(info, low)} 至 {_value(info, high)}{_unit(info)} 之间"
            )
        case _:
            return f"{_name(expression.field, fields)} {no}{_pattern(expression.pattern)}"


def _comparison(compare: Compare, fields: _Fields, operator: str) -> str:
    info = fields[compare.field]
    orders = {"date": _DAY_ORDERS, "string": _TEXT_ORDERS, "boolean": _TEXT_ORDERS}.get(info.dtype, _ORDERS)
    if isinstance(compare.value, FieldName):
        return f"{_name(info.name, fields)} {orders[operator]} {_name(compare.value.name, fields)}"
    if isinstance(compare.value, bool):
        return _answer(info, compare.value is (operator == "="))
    return f"{_name(info.name, fields)} {orders[operator]} {_value(info, compare.value)}{_unit(info)}"


def _answer(info: FieldInfo, is_so: bool) -> str:
    """Return what a yes-or-no field answers: 不在控制线内, 是否规上 为 是."""
    if info.zh.startswith("在"):
        return info.zh if is_so else f"不{info.zh}"
    return f"{info.zh} 为 {'是' if is_so else '否'}"


def _name(name: str, fields: _Fields) -> str:
    return "图形" if name == GEOMETRY_FIELD else fields[name].zh.removeprefix("所属")


def _unit(info: FieldInfo) -> str:
    return f" {info.unit}" if info.unit else ""


def _value(info: FieldInfo, value: Scalar) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case str():
            return info.codes.get(value, value) or "空"
        case date():
            return value.isoformat()
        case _:
            return number_text(value)


def _list(info: FieldInfo, values: tuple[Scalar, ...]) -> str:
    named = "、".join(_value(info, value) for value in values[:_MOST_VALUES])
    return f"{named} 等 {len(values)} 个" if len(values) > _MOST_VALUES else named


def _pattern(pattern: str) -> str:
    text = pattern.strip("%")
    if any(mark in text for mark in "%_\\"):
        return f"形如“{pattern}”"
    starts_open, ends_open = pattern.startswith("%"), pattern.endswith("%")
    if starts_open and ends_open:
        return f"含“{text}”"
    if ends_open:
        return f"以“{text}”开头"
    return f"以“{text}”结尾" if starts_open else f"为“{text}”"


def _drawn(located: Located) -> str:
    if located.is_repaired:
        return "所画范围（边线自相交，已取其围成的全部面积）"
    if located.is_box:
        return "所框范围"
    has_area = shapely.area(located.geometry) > 0
    return "所画范围" if has_area else "所选的点线"
