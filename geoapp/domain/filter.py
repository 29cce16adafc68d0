"""Filter expressions: what a CQL2-Text filter says, as plain values; see `filter_parse` for how one is read."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import shapely

Scalar = str | float | bool | date
Operator = Literal["=", "<>", "<", "<=", ">", ">="]
SpatialOperator = Literal[
    "s_intersects", "s_within", "s_disjoint", "s_contains", "s_touches", "s_overlaps", "s_crosses", "s_equals"
]
GEOMETRY_FIELD = "geometry"
DECIMALS = 9
"""Of degrees in a drawn geometry: a tenth of a millimetre."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always true, or never."""

    value: bool


@dataclass(frozen=True, slots=True)
class FieldName:
    """A field in the place of a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value or another field."""

    field: str
    operator: Operator
    value: Scalar | FieldName
    is_folded: bool = False
    """Upper and lower case are the same."""


@dataclass(frozen=True, slots=True)
class Between:
    """A field between two values, both included."""

    field: str
    low: Scalar
    high: Scalar


@dataclass(frozen=True, slots=True)
class In:
    """A field among values."""

    field: str
    values: tuple[Scalar, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """A text field like a pattern: % is any text, _ any one character, a backslash takes the next one as it is."""

    field: str
    pattern: str
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """A field is not known."""

    field: str


@dataclass(frozen=True, slots=True)
class Located:
    """Where the record's geometry lies against a drawn one, in degrees."""

    operator: SpatialOperator
    geometry: shapely.Geometry
    is_box: bool = False
    is_repaired: bool = dataclasses.field(default=False, compare=False)
    """It crossed itself as drawn."""


@dataclass(frozen=True, slots=True)
class Not:
    """Not so; what is not known stays not known."""

    term: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All of it."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of it."""

    terms: tuple["Expression", ...]


Expression = Constant | Compare | Between | In | Like | IsNull | Located | Not | And | Or


def fields_of(expression: Expression) -> frozenset[str]:
    """Return the names of the fields that an expression reads, "geometry" among them where it asks for a place."""
    return frozenset(_fields(expression))


def _fields(expression: Expression) -> Iterator[str]:
    match expression:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _fields(term)
        case Not(term):
            yield from _fields(term)
        case Located():
            yield GEOMETRY_FIELD
        case Constant():
            return
        case Compare(field, _, FieldName(other)):
            yield from (field, other)
        case _:
            yield expression.field


def canonical_text(expression: Expression) -> str:
    """Return an expression as CQL2-Text in one fixed way of writing; read again it is the same expression.

    Examples
    --------
    >>> canonical_text(And((Compare("far", "<", 1.0), Not(IsNull("name")))))
    'far < 1 AND NOT name IS NULL'
    """
    match expression:
        case And(terms):
            return " AND ".join(_inner(term, (And, Or)) for term in terms)
        case Or(terms):
            return " OR ".join(_inner(term, (Or,)) for term in terms)
        case Not(term):
            return f"NOT {_inner(term, (And, Or))}"
        case Constant(value):
            return _literal(value)
        case Located(operator, geometry):
            return f"{operator.upper()}({GEOMETRY_FIELD}, {_geometry(expression, geometry)})"
        case _:
            return _predicate(expression)


def _inner(term: Expression, kinds: tuple[type, ...]) -> str:
    text = canonical_text(term)
    return f"({text})" if isinstance(term, kinds) else text


def _predicate(expression: Compare | Between | In | Like | IsNull) -> str:
    name = expression.field
    match expression:
        case IsNull():
            return f"{name} IS NULL"
        case Between(_, low, high):
            return f"{name} BETWEEN {_literal(low)} AND {_literal(high)}"
        case In(_, values, is_folded):
            return f"{_folded(name, is_folded)} IN ({', '.join(_folded(_literal(v), is_folded) for v in values)})"
        case Like(_, pattern, is_folded):
            return f"{_folded(name, is_folded)} LIKE {_folded(_literal(pattern), is_folded)}"
        case _:
            wanted = _folded(_literal(expression.value), expression.is_folded)
            return f"{_folded(name, expression.is_folded)} {expression.operator} {wanted}"


def _folded(text: str, is_folded: bool) -> str:
    return f"CASEI({text})" if is_folded else text


def _literal(value: Scalar | FieldName) -> str:
    match value:
        case FieldName(name):
            return name
        case bool():
            return "TRUE" if value else "FALSE"
        case str():
            quoted = value.replace("'", "''")
            return f"'{quoted}'"
        case date():
            return f"DATE('{value.isoformat()}')"
        case _:
            return number_text(value)


def number_text(value: float) -> str:
    """Return a number as one writes it: 1 and not 1.0, never an exponent.

    Examples
    --------
    >>> number_text(1.0), number_text(0.1), number_text(-2.5e-7)
    ('1', '0.1', '-0.00000025')
    """
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def _geometry(located: Located, geometry: shapely.Geometry) -> str:
    if located.is_box:
        return f"BBOX({', '.join(number_text(edge) for edge in shapely.bounds(geometry).tolist())})"
    return shapely.to_wkt(geometry, rounding_precision=DECIMALS, trim=True)
