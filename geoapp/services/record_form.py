"""The form of any register: its fields as a page shows them, and what was typed read strictly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoapp.domain.frame import plain_values
from geoapp.domain.layer import UNIT_LABELS, Field, Layer
from geoapp.domain.parse import (
    UNIT_SUFFIXES,
    parse_area_text,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
)
from geoapp.domain.schema import right_form
from geoapp.domain.uscc import is_uscc
from geoapp.errors import FormError
from geoapp.services.own_forms import OWN_FIELDS
from geoapp.services.workspace import Workspace
from geoapp.units import to_m2

MOST_OFFERED = 300
"""Records of another register that a field offers by name."""
_BOOLEANS = (("true", "是"), ("false", "否"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One line of a form."""

    name: str
    label: str
    kind: str
    """text, long, number, date or choice."""
    text: str
    hint: str
    is_required: bool
    is_locked: bool
    """Part of the key of a record that is there already, or changed on a page of its own."""
    is_withheld: bool
    """What is stored is not shown; empty leaves it as it is."""
    max_length: int | None
    choices: tuple[tuple[str, str], ...] = ()
    """Value and words of each admitted value."""
    offers: tuple[tuple[str, str], ...] = ()
    """Codes and names of records it may refer to; others can be typed."""


def form_fields(
    workspace: Workspace, layer: Layer, texts: Mapping[str, str], *, is_new: bool
) -> tuple[FormField, ...]:
    """Return the lines of a register's form, in its order.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    texts : mapping
        What stands in each field, see `field_texts`; empty where left out.
    is_new : bool
        A record that is there already keeps its key.
    """
    return tuple(_form_field(workspace, layer, field, texts, is_new=is_new) for field in layer.fields)


def _form_field(
    workspace: Workspace, layer: Layer, field: Field, texts: Mapping[str, str], *, is_new: bool
) -> FormField:
    is_key, is_own = field.name in layer.key, field.name in OWN_FIELDS.get(layer.id, {})
    return FormField(
        name=field.name,
        label=field.zh + (f"({UNIT_LABELS[field.unit]})" if UNIT_LABELS.get(field.unit) else ""),
        kind=_kind(field),
        text=texts.get(field.name, ""),
        hint=_own_hint(layer, field) if is_own else _hint(field),
        is_required=field.required or is_key,
        is_locked=is_own or (is_key and not is_new),
        is_withheld=field.is_restricted,
        max_length=field.max_length,
        choices=_choices(field),
        offers=_offers(workspace, layer, field),
    )


def _kind(field: Field) -> str:
    if field.codes or field.dtype == "boolean":
        return "choice"
    if field.dtype in ("number", "integer"):
        return "number"
    if field.dtype == "date":
        return "date"
    is_long = field.name == "note" or (field.max_length or 0) > 300
    return "long" if is_long else "text"


def _own_hint(layer: Layer, field: Field) -> str:
    return f"在“{OWN_FIELDS[layer.id][field.name].words}”页面登记。"


def _hint(field: Field) -> str:
    parts = [field.description]
    if field.unit == "m2" and not field.description:
        parts.append("可写“45亩”“3公顷”，按平方米保存。")
    if field.is_restricted:
        parts.append("已登记的内容不显示；留空不改，填写则替换。")
    return "".join(parts)


def _choices(field: Field) -> tuple[tuple[str, str], ...]:
    if field.dtype == "boolean":
        return _BOOLEANS
    return tuple((code.value, code.zh) for code in field.codes)


def _offers(workspace: Workspace, layer: Layer, field: Field) -> tuple[tuple[str, str], ...]:
    register, _, key = field.references.partition(".")
    if not register or register not in workspace.layers or register == layer.id:
        return ()
    known = workspace.store.read(register)
    if len(known) > MOST_OFFERED:
        return ()
    label = workspace.layers[register].label_field or key
    return tuple(
        zip(plain_values(known[key]), (name or "" for name in plain_values(known[label])), strict=True)
    )


def field_texts(layer: Layer, values: Mapping[str, Any]) -> dict[str, str]:
    """Return a record's values as they stand in its form; restricted ones are left empty.

    Parameters
    ----------
    layer : Layer
    values : mapping
        Plain values, None where missing.
    """
    return {
        field.name: "" if field.is_restricted else value_text(field, values.get(field.name))
        for field in layer.fields
    }


def value_text(field: Field, value: Any) -> str:
    """Return a value as it is typed; empty where it is missing.

    Examples
    --------
    >>> area = Field(name="area_m2", dtype="number", unit="m2", zh="面积", en="Area")
    >>> value_text(area, 30000.0), value_text(area, 0.1 + 0.2), value_text(area, None)
    ('30000', '0.3', '')
    """
    if value is None:
        return ""
    if field.dtype == "boolean":
        return "true" if value else "false"
    if field.dtype == "number":
        return f"{value:.15g}"
    return value.isoformat() if field.dtype == "date" else str(value)


def read_fields(layer: Layer, typed: Mapping[str, str], complaints: dict[str, str]) -> dict[str, Any]:
    """Return the values that were typed, by field; fields that *typed* lacks are left out.

    Parameters
    ----------
    layer : Layer
    typed : mapping
        Texts by field. An empty one is a missing value, of a restricted field nothing.
    complaints : dict
        Takes up what is wrong, by field; the values of those are None.
    """
    values = {}
    for field in layer.fields:
        if field.name not in typed:
            continue
        text = typed[field.name].strip()
        if field.is_restricted and not text:
            continue
        values[field.name] = read_value(
            field, text, complaints, is_needed=field.required or field.name in layer.key
        )
    return values


def read_value(field: Field, text: str, complaints: dict[str, str], *, is_needed: bool = False) -> Any:
    """Return one typed value, None where nothing is typed or, with a complaint under the field's name, it is wrong.

    Parameters
    ----------
    field : Field
    text : str
    complaints : dict
        Takes up what is wrong.
    is_needed : bool
        Whether nothing typed is wrong too.
    """
    text = text.strip()
    value, is_bad = _parse(field, text)
    if is_bad:
        complaints[field.name] = f"“{field.zh}”填的是“{text[:40]}”，看不懂。{right_form(field)}"
        return None
    if value is None:
        if is_needed:
            complaints[field.name] = f"没有填“{field.zh}”。"
        return None
    breach = next((words for check, words in _CHECKS if check(field, value)), None)
    if breach is not None:
        complaints[field.name] = f"“{field.zh}”{breach}：{text[:40]}。{right_form(field)}"
    return value


def _parse(field: Field, text: str) -> tuple[Any, bool]:
    """Return the value of a text, None where it says nothing, and whether it cannot be read."""
    cell = pd.Series([text], dtype="object")
    if field.dtype == "string":
        return text or None, False
    if field.dtype == "number" and field.unit == "m2":
        areas = parse_area_text(cell)
        value = plain_values(areas.cells)[0]
        return None if value is None else to_m2(value, areas.units.iloc[0] or "m2"), bool(areas.bad.iloc[0])
    parsed = _PARSERS[field.dtype](cell, field)
    return plain_values(parsed.cells)[0], bool(parsed.bad.iloc[0])


_PARSERS: dict[str, Callable[[pd.Series, Field], Any]] = {
    "number": lambda cell, field: parse_number(cell, UNIT_SUFFIXES.get(field.unit, ())),
    "integer": lambda cell, field: parse_integer(cell, UNIT_SUFFIXES.get(field.unit, ())),
    "date": lambda cell, _: parse_date(cell),
    "boolean": lambda cell, _: parse_boolean(cell),
}
_CHECKS: Sequence[tuple[Callable[[Field, Any], bool], str]] = (
    (lambda field, value: field.minimum is not None and value < field.minimum, "小于允许的最小值"),
    (lambda field, value: field.maximum is not None and value > field.maximum, "大于允许的最大值"),
    (lambda field, value: field.max_length is not None and len(str(value)) > field.max_length, "太长"),
    (lambda field, value: bool(field.codes) and value not in field.code_labels, "不在代码表里"),
    (lambda field, value: field.check == "uscc" and not is_uscc(pd.Series([value])).iloc[0],
     "不是有效的统一社会信用代码（校验码不符）"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """Who makes a change, why and on what paper."""

    entered_by: str
    reason: str
    document_no: str


SIGNATURE_FIELDS = ("edited_by", "edit_reason", "edit_document_no")
"""Of the form; a register may have a field document_no of its own."""
_LIMITS = {"edited_by": 100, "edit_reason": 300, "edit_document_no": 100}
_LABELS = {"edited_by": "经办", "edit_reason": "修改原因", "edit_document_no": "依据文号"}
_NEEDED = ("edited_by", "edit_reason")


def read_signature(typed: Mapping[str, str], complaints: dict[str, str]) -> Signature:
    """Return who signs a change; *complaints* takes up what is missing or too long."""
    texts = {name: str(typed.get(name) or "").strip() for name in SIGNATURE_FIELDS}
    for name, most in _LIMITS.items():
        if name in _NEEDED and not texts[name]:
            complaints[name] = f"没有填{_LABELS[name]}。"
        elif len(texts[name]) > most:
            complaints[name] = f"{_LABELS[name]}有 {len(texts[name])} 个字，最多 {most} 个。请缩短。"
    return Signature(*(texts[name] for name in SIGNATURE_FIELDS))


def sign(typed: Mapping[str, str]) -> Signature:
    """Return who signs a change; raises FormError."""
    complaints: dict[str, str] = {}
    signature = read_signature(typed, complaints)
    if complaints:
        raise FormError(complaints)
    return signature
