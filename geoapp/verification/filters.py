"""Which plots a filter takes in, asked of one plot after the other; None is unknown, and unknown is not taken in."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.filter import (
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
    fields_of,
)
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.filter_parse import parse_filter
from geoapp.errors import UsageError
from geoapp.verification.computed_fields import BY_STATE, line_fields, mu, state_values, status_of
from geoapp.verification.plots import Plot
from geoapp.verification.source import Source

Answer = bool | None
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_PLACES: Mapping[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects, "s_within": shapely.within, "s_contains": shapely.contains,
    "s_touches": shapely.touches, "s_overlaps": shapely.overlaps, "s_crosses": shapely.crosses,
    "s_equals": shapely.equals, "s_disjoint": shapely.disjoint,
}  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _coverage(plot: Plot) -> float | None:
    area = plot.site_area_m2
    return None if plot.footprint_m2 is None or not area else plot.footprint_m2 / area


COMPUTED: Mapping[str, tuple[str, Callable[[Plot], Any]]] = {
    "site_area_m2": ("number", lambda plot: plot.site_area_m2),
    "site_area_mu": ("number", lambda plot: mu(plot.site_area_m2)),
    "far": ("number", lambda plot: plot.far),
    "gfa_counted_m2": ("number", lambda plot: plot.gfa_m2),
    "footprint_m2": ("number", lambda plot: plot.footprint_m2),
    "site_coverage_percent": ("number", lambda plot: _percent(_coverage(plot))),
    "building_coefficient_percent": ("number", lambda plot: _percent(plot.coefficient)),
    "tax_wan_per_mu": ("number", lambda plot: plot.tax_wan_per_mu),
    "grade": ("string", lambda plot: plot.performance.grade),
    "grade_source": ("string", lambda plot: plot.performance.grade_source),
    "performance_year": ("integer", lambda plot: plot.performance.year),
    "is_above_scale": ("boolean", lambda plot: plot.performance.is_above_scale),
    "industry_code": ("string", lambda plot: plot.performance.industry_code),
    "low_efficiency": (
        "string",
        lambda plot: plot.low_efficiency if plot.low_efficiency != "unknown" else None,
    ),
    "low_efficiency_class": ("string", status_of),
    "low_efficiency_rules": ("string", lambda plot: "、".join(plot.rules) or None),
}
"""Fields that are computed, not in the register: their type and how they are read of a plot."""


def taken_in(source: Source, plots: Sequence[Plot], filter_text: str) -> list[Plot]:
    """Return the plots of which a filter is true.

    Raises
    ------
    UsageError
        It asks for something that is not computed a second time; says what.
    """
    if not filter_text.strip():
        return list(plots)
    layer = source.layers["plots"]
    own = {field.name: _info(field.name, field.dtype) for field in layer.fields if field.name not in BY_STATE}
    fields = own | {name: _info(name, dtype) for name, (dtype, _) in COMPUTED.items()}
    fields |= {name: _info(name, dtype) for name, (dtype, _) in BY_STATE.items()}
    fields |= {name: _info(name, "boolean") for name in line_fields(source)}
    expression = _parsed(filter_text, fields)
    names = fields_of(expression)
    places = state_values(source, names)
    return [plot for plot in plots if _answer(expression, plot_values(plot, names, places)) is True]


def records_taken_in(
    source: Source,
    register: str,
    rows: Sequence[dict[str, Any]],
    filter_text: str,
    computed: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the rows of another register of which a filter is true; *computed* are the types of what was added."""
    if not filter_text.strip():
        return list(rows)
    fields = {field.name: _info(field.name, field.dtype) for field in source.layers[register].fields}
    expression = _parsed(filter_text, fields | {name: _info(name, dtype) for name, dtype in computed.items()})
    return [row for row in rows if _answer(expression, row) is True]


def _parsed(filter_text: str, fields: Mapping[str, FieldInfo]) -> Expression:
    try:
        return parse_filter(filter_text, fields)
    except UsageError as error:
        raise UsageError(f"筛选“{filter_text[:80]}”不能用第二条路径核对：{error}") from error


def _info(name: str, dtype: str) -> FieldInfo:
    return FieldInfo(name=name, zh=name, label=name, dtype=dtype)


def plot_values(plot: Plot, names: Iterable[str], places: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return fields of a plot by name: its own, what is computed of it, or what *places* say of all plots."""

    def value(name: str) -> Any:
        if name in places:
            return places[name].get(plot.code)
        return COMPUTED[name][1](plot) if name in COMPUTED else plot.row[name]

    return {name: value(name) for name in names}


def _answer(expression: Expression, values: Mapping[str, Any]) -> Answer:
    match expression:
        case Constant(value):
            return value
        case Not(term):
            answer = _answer(term, values)
            return None if answer is None else not answer
        case And(terms):
            return _all([_answer(term, values) for term in terms])
        case Or(terms):
            opposite = _all([None if (a := _answer(term, values)) is None else not a for term in terms])
            return None if opposite is None else not opposite
        case Located():
            return _located(expression, values["geometry"])
        case IsNull(field):
            return values[field] is None
        case _:
            return _compared(expression, values)


def _all(answers: Sequence[Answer]) -> Answer:
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def _located(expression: Located, shape: BaseGeometry | None) -> Answer:
    if shape is None or shape.is_empty:
        return None
    return bool(_PLACES[expression.operator](shape, expression.geometry))


def _compared(expression: Compare | Between | In | Like, values: Mapping[str, Any]) -> Answer:
    value = values[expression.field]
    if value is None:
        return None
    match expression:
        case Between(_, low, high):
            return bool(low <= value <= high)
        case In(_, wanted, is_folded):
            return _folded(value, is_folded) in [_folded(one, is_folded) for one in wanted]
        case Like(_, pattern, is_folded):
            text = re.compile(_regular(_folded(pattern, is_folded)), re.DOTALL)
            return text.fullmatch(_folded(value, is_folded)) is not None
        case Compare(_, sign, FieldName(other), is_folded):
            against = values[other]
            return (
                None
                if against is None
                else _ORDER[sign](_folded(value, is_folded), _folded(against, is_folded))
            )
        case Compare(_, sign, against, is_folded):
            return _ORDER[sign](_folded(value, is_folded), _folded(against, is_folded))


def _folded(value: Any, is_folded: bool) -> Any:
    return value.casefold() if is_folded and isinstance(value, str) else value


def _regular(pattern: str) -> str:
    """Return a LIKE pattern as a regular expression: % any text, _ one character, a backslash takes the next as is."""
    out, signs = [], iter(pattern)
    for sign in signs:
        if sign == "\\":
            out.append(re.escape(next(signs, "\\")))
        else:
            out.append({"%": ".*", "_": "."}.get(sign) or re.escape(sign))
    return "".join(out)
