"""Read a CQL2-Text filter over a register's fields: names found, types checked, every complaint in one sentence."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

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
    Operator,
    Or,
    SpatialOperator,
)
from geoapp.domain.filter_fields import FieldInfo, find_field
from geoapp.domain.filter_geometry import drawn_geometry
from geoapp.domain.filter_syntax import syntax_tree
from geoapp.domain.filter_value import field_value, shown
from geoapp.errors import UsageError

_FLIPPED: Mapping[str, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_FLIPPED_PLACES = {"s_within": "s_contains", "s_contains": "s_within"}
_GEOMETRY_WORDS = (GEOMETRY_FIELD, "geom", "图形", "范围")
_ARITHMETIC = ("+", "-", "*", "/", "%", "^", "div")
_Fields = Mapping[str, FieldInfo]


def parse_filter(text: str, fields: Mapping[str, FieldInfo], *, has_geometry: bool = True) -> Expression:
    """Return what a filter says.

    Parameters
    ----------
    text : str
        CQL2-Text; empty takes in everything. Fields by name, Chinese label or alias; codes by value or Chinese words.
    fields : mapping of FieldInfo by name
        What may be asked for.
    has_geometry : bool
        Whether the records have a place.

    Raises
    ------
    UsageError
        Not CQL2-Text, a field or function there is not, a value that does not fit its field, an impossible geometry.

    Examples
    --------
    >>> far = FieldInfo(name="far", zh="容积率", label="容积率", dtype="number")
    >>> parse_filter("容积率 < 1", {"far": far})
    Compare(field='far', operator='<', value=1.0, is_folded=False)
    """
    if not text.strip():
        return Constant(value=True)
    return _Reader(fields, has_geometry=has_geometry).read(syntax_tree(text))


class _Reader:
    """Turns the nodes of a CQL2 tree into expressions over known fields."""

    def __init__(self, fields: _Fields, *, has_geometry: bool) -> None:
        self._fields = fields
        self._has_geometry = has_geometry
        compared: dict[str, Callable[[str, list[Any]], Expression]] = dict.fromkeys(_FLIPPED, self._compare)
        placed = dict.fromkeys(get_args(SpatialOperator), self._located)
        self._readers = compared | placed | {
            "and": lambda _, terms: _joined(And, map(self.read, terms)),
            "or": lambda _, terms: _joined(Or, map(self.read, terms)),
            "not": lambda _, terms: Not(self.read(terms[0])),
            "between": self._between,
            "in": self._in,
            "like": self._like,
            "isNull": self._is_null,
        }  # fmt: skip

    def read(self, node: Any) -> Expression:
        """Return the expression of a node that is to be true or not."""
        if isinstance(node, bool):
            return Constant(node)
        if _is_property(node):
            return self._flag(node["property"])
        operator = node.get("op") if isinstance(node, dict) else None
        if operator is None:
            raise UsageError(f"筛选条件里的“{shown(node)}”不是条件。请写成“字段 运算符 值”，如 far < 1。")
        if operator not in self._readers:
            raise UsageError(_unknown_function(operator))
        return self._readers[operator](operator, node["args"])

    def _flag(self, word: str) -> Expression:
        info = find_field(self._fields, word)
        if info.dtype != "boolean":
            raise UsageError(f"“{info.zh}”不是是否字段，不能单独作条件。请写明和什么比较。")
        return Compare(info.name, "=", value=True)

    def _compare(self, operator: str, sides: list[Any]) -> Expression:
        left, right = sides
        order: Operator = operator  # type: ignore[assignment]  # the readers' keys are the operators
        if not _is_field(left) and not (_is_call(left) and not _is_field(right)):
            left, right, order = right, left, _FLIPPED[operator]
        info, is_folded = self._field(left)
        if _is_field(right):
            other, is_other_folded = self._field(right)
            _refuse_unlike(info, other)
            return Compare(info.name, order, FieldName(other.name), is_folded or is_other_folded)
        is_folded = is_folded or (info.dtype == "string" and right is not _unfolded(right))
        value = field_value(info, _unfolded(right))
        if isinstance(value, bool) and order not in ("=", "<>"):
            raise UsageError(f"“{info.zh}”只有是和否，不能比大小。请用 = 或 <>。")
        return Compare(info.name, order, value, is_folded)

    def _between(self, _: str, parts: list[Any]) -> Expression:
        info = self._plain_field(parts[0])
        low, high = (field_value(info, part) for part in parts[1:])
        if info.dtype not in ("number", "integer", "date"):
            raise UsageError(f"“{info.zh}”不是数字或日期，不能用 BETWEEN。请用 IN 列出各值。")
        return Between(info.name, low, high)

    def _in(self, _: str, parts: list[Any]) -> Expression:
        info, is_folded = self._field(parts[0])
        values = dict.fromkeys(field_value(info, _unfolded(part)) for part in parts[1])
        return In(info.name, tuple(values), is_folded)

    def _like(self, _: str, parts: list[Any]) -> Expression:
        info, is_folded = self._field(parts[0])
        pattern = _unfolded(parts[1])
        if info.dtype != "string" or not isinstance(pattern, str):
            raise UsageError(
                f"LIKE 只用于文字：“{info.zh}”和“{shown(pattern)}”不能这样比。请用 = 或 BETWEEN。"
            )
        return Like(info.name, pattern, is_folded)

    def _is_null(self, _: str, parts: list[Any]) -> Expression:
        if _is_property(parts[0]) and self._is_geometry(parts[0]["property"]):
            return IsNull(GEOMETRY_FIELD)
        return IsNull(self._plain_field(parts[0]).name)

    def _located(self, operator: str, sides: list[Any]) -> Expression:
        left, right = sides if len(sides) == 2 else ({}, {})
        if _is_property(right):
            left, right, operator = right, left, _FLIPPED_PLACES.get(operator, operator)
        if not (_is_property(left) and self._is_geometry(left["property"])):
            words = operator.upper()
            raise UsageError(
                f"{words} 的写法是 {words}({GEOMETRY_FIELD}, POLYGON((经度 纬度, …)))。请照此改。"
            )
        drawn = drawn_geometry(right)
        return Located(operator, drawn.geometry, is_box=drawn.is_box, is_repaired=drawn.is_repaired)  # type: ignore[arg-type]

    def _is_geometry(self, word: str) -> bool:
        if word not in _GEOMETRY_WORDS or word in self._fields:
            return False
        if not self._has_geometry:
            raise UsageError("这个台账没有图形，不能按位置筛选。请去掉位置条件。")
        return True

    def _field(self, node: Any) -> tuple[FieldInfo, bool]:
        """Return the field that a node names, and whether case does not count."""
        if not _is_field(node):
            raise UsageError(_no_field(node))
        is_folded = not _is_property(node)
        info = find_field(self._fields, _unfolded(node)["property"])
        if is_folded and info.dtype != "string":
            raise UsageError(f"CASEI 只用于文字，“{info.zh}”不是文字字段。请去掉 CASEI。")
        return info, is_folded

    def _plain_field(self, node: Any) -> FieldInfo:
        if not _is_property(node):
            raise UsageError(_no_field(node))
        return find_field(self._fields, node["property"])


def _joined(kind: type[And] | type[Or], terms: Any) -> Expression:
    """Return the terms joined, those of the same kind taken in, each once."""
    flat: dict[Expression, None] = {}
    for term in terms:
        flat.update(dict.fromkeys(term.terms if isinstance(term, kind) else (term,)))
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _is_property(node: Any) -> bool:
    return isinstance(node, dict) and "property" in node


def _is_field(node: Any) -> bool:
    return _is_property(_unfolded(node))


def _unfolded(node: Any) -> Any:
    """Return what stands in CASEI(...), or the node itself."""
    return node["args"][0] if isinstance(node, dict) and node.get("op") == "casei" and node["args"] else node


def _refuse_unlike(info: FieldInfo, other: FieldInfo) -> None:
    if info.is_numeric != other.is_numeric or not (info.is_numeric or info.dtype == other.dtype):
        raise UsageError(f"“{info.zh}”和“{other.zh}”不是同一类字段，不能比较。请换一个字段。")


def _is_call(node: Any) -> bool:
    return isinstance(node, dict) and "op" in node


def _no_field(node: Any) -> str:
    if _is_call(node):
        return _unknown_function(node["op"])
    return f"“{shown(node)}”不是字段。条件的一边应是字段名，如 far < 1。"


def _unknown_function(operator: str) -> str:
    if operator in _ARITHMETIC:
        return f"筛选条件里不能计算（“{operator}”）。请用算好的字段，如 far、tax_wan_per_mu。"
    if not operator.isascii():
        return f'没有函数“{operator[:40]}”。字段名里有括号时请加双引号，如 "用地面积(亩)" > 30。'
    return f"没有函数“{operator[:40]}”。可用 S_INTERSECTS、S_WITHIN、S_CONTAINS、S_DISJOINT、CASEI、DATE。"
