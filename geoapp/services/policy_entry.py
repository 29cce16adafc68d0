"""Changing a number of the rule book: read strictly, every complaint at once, one revision with document and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import conform
from geoapp.domain.policy import PolicyNumber
from geoapp.domain.policy_revision import is_editable, text_of_value, value_from_text
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import FormError, UsageError
from geoapp.services.workspace import POLICY_REGISTER, Workspace

FIELDS = ("valid_from_on", "value", "document_no", "reason", "entered_by", "replace")
"""Of the form."""
_LABELS = {"document_no": "依据文号", "reason": "修改原因", "entered_by": "修改单位"}
_LIMITS = {"document_no": 100, "reason": 300, "entered_by": 100}
_EARLIEST = date(2000, 1, 1)
_LATEST_YEARS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """A value ready to be stored."""

    number: PolicyNumber
    valid_from_on: date
    value: Any
    texts: Mapping[str, str]
    replaces: bool


def read_policy_entry(number: PolicyNumber, form: Mapping[str, str], today: date) -> PolicyEntry:
    """Return what a form says.

    Parameters
    ----------
    number : PolicyNumber
        The one to be changed.
    form : mapping
        Texts as typed, by FIELDS.
    today : date

    Raises
    ------
    UsageError
        The number cannot be changed on a page.
    FormError
        All that is wrong, by field.
    """
    if not is_editable(number):
        raise UsageError(f"“{number.zh}”是一张表或一个词，不能在网页上改；请改数据目录 policy 里的同名文件。")
    typed = {name: str(form.get(name, "")).strip() for name in FIELDS}
    complaints: dict[str, str] = {}
    day = _day(typed["valid_from_on"], today, complaints)
    value = _value(number, typed["value"], complaints)
    for name, longest in _LIMITS.items():
        if not typed[name]:
            complaints[name] = f"没有填{_LABELS[name]}。规则库的每次修改都要写明依据、原因和单位。"
        elif len(typed[name]) > longest:
            complaints[name] = f"{_LABELS[name]}有 {len(typed[name])} 个字，最多 {longest} 个。请缩短。"
    if complaints or day is None:
        raise FormError(complaints)
    texts = {name: typed[name] for name in _LIMITS}
    return PolicyEntry(
        number=number, valid_from_on=day, value=value, texts=texts, replaces=bool(typed["replace"])
    )


def _day(text: str, today: date, complaints: dict[str, str]) -> date | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        shown = f"“{text[:20]}”不是日期" if text else "没有填生效日期"
        complaints["valid_from_on"] = f"{shown}，应为“年-月-日”，如 2026-01-01。"
        return None
    if not _EARLIEST <= day <= date(today.year + _LATEST_YEARS, 12, 31):
        latest = today.year + _LATEST_YEARS
        complaints["valid_from_on"] = (
            f"生效日期 {day.isoformat()} 不在 {_EARLIEST.year} 到 {latest} 年之间。请核对年份。"
        )
        return None
    return day


def _value(number: PolicyNumber, text: str, complaints: dict[str, str]) -> Any:
    if not text:
        complaints["value"] = "没有填数值。要清空一个代码表，请填“无”。"
        return None
    try:
        return value_from_text(text, number)
    except ValueError as error:
        complaints["value"] = str(error)
        return None


def enter_policy_value(workspace: Workspace, entry: PolicyEntry) -> Revision | None:
    """Store a value as one revision.

    Returns
    -------
    Revision or None
        None where exactly this was stored already.

    Raises
    ------
    FormError
        The office changed this number from the same day already, and the form does not say that it is to be replaced.
    ConflictError
        Somebody else is writing and does not come to an end.
    """
    layer = workspace.layer(POLICY_REGISTER)
    stored = workspace.store.read(POLICY_REGISTER)
    found = positions_of(stored, [(entry.number.id, entry.valid_from_on)], layer)
    if len(found) and not entry.replaces:
        old = stored.iloc[int(found[0])]
        words = (
            f"本单位已有自 {entry.valid_from_on.isoformat()} 起的值 {old['value']}（{old['document_no']}）"
        )
        raise FormError(
            {"replace": f"{words}。确要改成这次填的，请勾选“更正已有的修订”再提交；旧值留在历史里。"}
        )
    record = {
        "number_id": entry.number.id, "valid_from_on": pd.Timestamp(entry.valid_from_on),
        "value": text_of_value(entry.value), **entry.texts,
    }  # fmt: skip
    frame = conform(pd.DataFrame([record]), layer)
    return workspace.store.write(
        {POLICY_REGISTER: RegisterChange(upserts=frame)}, kind=RevisionKind.EDIT, user=entry.texts["entered_by"],
        reason=f"修改规则数值 {entry.number.zh}：{entry.texts['reason']}", document_no=entry.texts["document_no"],
    )  # fmt: skip
