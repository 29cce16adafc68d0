"""Reading what was typed into a project's forms: days, numbers, codes, texts; everything wrong is said at once."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from geoapp.domain.layer import Field

LARGEST_NUMBER = 1e9


def typed_values(
    fields: Mapping[str, Field], form: Mapping[str, str], complaints: list[str]
) -> dict[str, Any]:
    """Return the typed values of some fields: date, float, int, code or text, None where nothing is typed.

    Parameters
    ----------
    fields : mapping
        By the name that the form uses.
    form : mapping
        As typed.
    complaints : list of str
        What cannot be read is added to it, in Chinese.
    """
    return {name: typed_value(field, form.get(name, ""), complaints) for name, field in fields.items()}


def typed_value(field: Field, text: str, complaints: list[str]) -> Any:
    """Return one typed value in its field's type, None where nothing, or nothing readable, is typed."""
    text = text.strip()
    if not text:
        return None
    if field.dtype == "date":
        return typed_day(text, complaints, field.zh)
    if field.dtype in ("number", "integer"):
        return _typed_number(field, text, complaints)
    if field.codes and text not in field.code_labels:
        complaints.append(f"{field.zh}没有“{text[:20]}”。")
        return None
    if field.max_length and len(text) > field.max_length:
        complaints.append(f"{field.zh}有 {len(text)} 个字，最多 {field.max_length} 个。")
        return None
    return text


def typed_day(text: str, complaints: list[str], words: str) -> date | None:
    """Return a day typed as YYYY-MM-DD; None, with a complaint, where it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        complaints.append(f"{words}“{text[:20]}”不是日期，应为“年-月-日”，如 2026-06-30。")
        return None


def _typed_number(field: Field, text: str, complaints: list[str]) -> float | None:
    lowest = 0.0 if field.minimum is None else field.minimum
    highest = LARGEST_NUMBER if field.maximum is None else field.maximum
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        complaints.append(f"{field.zh}“{text[:20]}”应为 {lowest:g} 到 {highest:g} 的数。")
        return None
    return value
