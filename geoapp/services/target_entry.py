"""Entering an indicator's value by hand: read strictly, every complaint at once, one revision."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import conform
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.domain.target_ledger import Scope
from geoapp.domain.target_set import Indicator, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import FormError, InputError
from geoapp.services.plot_facts import today
from geoapp.services.targets import find_scope
from geoapp.services.workspace import Workspace

REGISTER = "indicator_values"
FIELDS = ("scope", "as_of_on", "period", "value", "origin", "document_no", "entered_by", "note", "replace")
"""Of the form."""
_LIMITS = {"period": 40, "origin": 200, "document_no": 100, "entered_by": 100, "note": 300}
_LABELS = {
    "period": "统计期",
    "origin": "数据来源",
    "document_no": "依据文号",
    "entered_by": "填报单位",
    "note": "备注",
}
_NEEDED = ("origin", "entered_by")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value ready to be stored."""

    scope: Scope
    as_of_on: date
    value: float
    """In the indicator's unit."""
    texts: Mapping[str, str]
    replaces: bool


def read_entry(
    workspace: Workspace, target_set: TargetSet, indicator: Indicator, form: Mapping[str, str]
) -> Entry:
    """Return what a form says.

    Parameters
    ----------
    workspace : Workspace
    target_set : TargetSet
    indicator : Indicator
    form : mapping
        Texts as typed, by FIELDS.

    Raises
    ------
    FormError
        All that is wrong, by field.
    """
    typed = {name: str(form.get(name, "")).strip() for name in FIELDS}
    complaints: dict[str, str] = {}
    scope = _scope(workspace, typed["scope"], complaints)
    as_of_on = _day(typed["as_of_on"], target_set.base_on, complaints)
    value = _value(typed["value"], indicator, complaints)
    for name, longest in _LIMITS.items():
        if name in _NEEDED and not typed[name]:
            complaints[name] = f"没有填{_LABELS[name]}。填报数要说明从哪里来、由谁填报。"
        elif len(typed[name]) > longest:
            complaints[name] = f"{_LABELS[name]}有 {len(typed[name])} 个字，最多 {longest} 个。请缩短。"
    if complaints or as_of_on is None or value is None:
        raise FormError(complaints)
    texts = {name: typed[name] for name in _LIMITS}
    return Entry(scope=scope, as_of_on=as_of_on, value=value, texts=texts, replaces=bool(typed["replace"]))


def _scope(workspace: Workspace, text: str, complaints: dict[str, str]) -> Scope:
    try:
        return find_scope(workspace, text)
    except InputError as error:
        complaints["scope"] = str(error)
        return Scope()


def _day(text: str, base_on: date, complaints: dict[str, str]) -> date | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        shown = f"“{text[:20]}”" if text else "是空的"
        complaints["as_of_on"] = f"统计截止日{shown}，应为“年-月-日”，如 2025-12-31。"
        return None
    if not base_on <= day <= today():
        between = f"{base_on.isoformat()} 到今天 {today().isoformat()} 之间"
        complaints["as_of_on"] = f"统计截止日 {day.isoformat()} 不在基期 {between}。请核对年份。"
        return None
    return day


def _value(text: str, indicator: Indicator, complaints: dict[str, str]) -> float | None:
    unit = TARGET_UNITS[indicator.unit]
    plain = text.replace(",", "").replace("，", "").removesuffix(unit.zh).strip()
    if not _NUMBER.fullmatch(plain):
        shown = f"“{text[:20]}”不是数" if text else "没有填数值"
        complaints["value"] = f"{shown}。请填以“{unit.zh}”为单位的数，如 12.5。"
        return None
    value = float(plain)
    if unit.quantity == "count" and not math.isclose(value, round(value)):
        complaints["value"] = f"“{text[:20]}”不是整数，“{unit.zh}”只能填整数。"
        return None
    if value < 0 and unit.quantity != "share":
        complaints["value"] = f"“{text[:20]}”小于零，{indicator.zh}不会是负数。请核对。"
        return None
    return value


def enter_value(workspace: Workspace, indicator: Indicator, entry: Entry) -> Revision | None:
    """Store a value as one revision.

    Parameters
    ----------
    workspace : Workspace
    indicator : Indicator
    entry : Entry
        See `read_entry`.

    Returns
    -------
    Revision or None
        None where exactly this was stored already.

    Raises
    ------
    FormError
        There is a value of the same day and scope, and the form does not say that it is to be replaced.
    ConflictError
        Somebody else is writing and does not come to an end.
    """
    layer = workspace.layer(REGISTER)
    key = (indicator.id, entry.scope.kind, entry.scope.code, entry.as_of_on)
    stored = workspace.store.read(REGISTER)
    found = positions_of(stored, [key], layer)
    if len(found) and not entry.replaces:
        old = stored.iloc[int(found[0])]
        unit = layer.field("unit").code_labels.get(old["unit"], "")
        words = (
            f"{entry.scope.zh} {entry.as_of_on.isoformat()} 已有数 {old['value']:g} {unit}（{old['origin']}）"
        )
        raise FormError(
            {"replace": f"{words}。确要改成这次填的数，请勾选“更正已有的数”再提交；旧数留在历史里。"}
        )
    record = {
        "indicator": indicator.id, "scope_kind": entry.scope.kind, "scope_code": entry.scope.code,
        "as_of_on": pd.Timestamp(entry.as_of_on), "value": entry.value, "unit": indicator.unit,
        **{name: text or None for name, text in entry.texts.items()},
    }  # fmt: skip
    frame = conform(pd.DataFrame([record]), layer)
    reason = f"填报 {indicator.zh} {entry.scope.zh} {entry.as_of_on.isoformat()}"
    return workspace.store.write(
        {REGISTER: RegisterChange(upserts=frame)}, kind=RevisionKind.EDIT, user=entry.texts["entered_by"],
        reason=reason, document_no=entry.texts["document_no"],
    )  # fmt: skip
