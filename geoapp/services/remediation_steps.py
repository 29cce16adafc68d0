"""What officials do to the lists: take in suspected plots, move an entry on, plan its treatment, begin a new year."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import conform, plain_values
from geoapp.domain.remediation import PLOT, PLOT_LIST, SUSPECTED
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.as_of import as_of
from geoapp.services.form_comparison import moved_texts
from geoapp.services.plot_facts import today
from geoapp.services.record_form import read_fields, read_value, value_text
from geoapp.services.remediation_lists import REGISTER, list_sheet, status_machine
from geoapp.services.workspace import Workspace
from geoapp.services.write_step import read_user, refuse_long, refuse_unseen, write_step

PLAN_FIELDS = (
    "town_code", "problem_type", "measure", "measure_note", "target_tax_wan_per_mu", "target_far", "deadline_on",
    "responsible_body", "leader", "progress", "note",
)  # fmt: skip
"""What may be written about an entry without moving it on."""
Key = tuple[int, str, str]


def move_on(workspace: Workspace, key: Key, form: Mapping[str, str]) -> Revision:
    """Give an entry its next status; on the list of plots the plot's own status follows in the same revision.

    Parameters
    ----------
    workspace : Workspace
    key : (year, list, subject_code)
    form : mapping
        status, on (YYYY-MM-DD), user, document_no, progress as typed, and seen: the status the form was made for.

    Raises
    ------
    NotFoundError
        No such entry.
    ConflictError
        Somebody else moved it on meanwhile.
    InputError
        The form does not say for which status it was made, the step may not be taken, or something is missing or too
        long: says all of it.
    """
    entry = _stored(workspace, key)
    typed = {name: form.get(name, "").strip() for name in ("status", "on", "user", "document_no", "progress")}
    layer = workspace.layer(REGISTER)
    words = layer.field("status").code_labels
    if refuse_unseen(form, [*words, entry["status"]]) != entry["status"]:
        raise ConflictError(
            f"这一条已由别人改为“{words.get(entry['status'], entry['status'])}”"
            f"（{entry['decided_by'] or '经办未填'}）。请看过现在的状态再改。"
        )
    complaints: dict[str, str] = {}
    read_user(form, complaints)
    on = read_value(replace(layer.field("status_on"), zh="日期"), typed["on"], complaints, is_needed=True)
    for name in ("document_no", "progress"):
        refuse_long(layer, name, typed[name], complaints)
    if typed["status"] not in words:
        complaints["status"] = "没有选新的状态。"
    elif on is not None:
        since = None if pd.isna(entry["status_on"]) else entry["status_on"].date()
        machine = status_machine(workspace, as_of(workspace))
        complaints["step"] = "".join(machine.complaints(
            before=entry["status"], after=typed["status"], since=since, on=on, today=today(),
            has_document=bool(typed["document_no"]),
        ))  # fmt: skip
    said = "".join(complaints.values())
    if said or on is None:
        step = f"{words.get(entry['status'], '')} → {words.get(typed['status'], '？')}"
        raise InputError(f"{step}：{said}请改好再提交。")
    changed = {
        "status": typed["status"], "status_on": pd.Timestamp(on), "decided_by": typed["user"],
        "document_no": typed["document_no"] or None,
    } | ({"progress": typed["progress"]} if typed["progress"] else {})  # fmt: skip
    changes = {REGISTER: _change(workspace, [{**entry, **changed}])}
    changes |= _plot_status(workspace, key, typed["status"], on)
    reason = f"{words[entry['status']]} → {words[typed['status']]}：{key[0]} 年 {key[2]}"
    return write_step(workspace, changes, typed["user"], reason, typed["document_no"])


def plan_treatment(workspace: Workspace, key: Key, form: Mapping[str, str]) -> Revision | None:
    """Store what is planned for an entry; None where nothing differs.

    Parameters
    ----------
    workspace : Workspace
    key : (year, list, subject_code)
    form : mapping
        PLAN_FIELDS and user as typed, and seen: see `treatment_texts` and `moved_texts`. Empty is unknown; one that is
        left out, or is as the form showed it, stays.

    Raises
    ------
    NotFoundError
        No such entry.
    ConflictError
        Somebody else changed one of the fields meanwhile.
    InputError
        A value cannot be read or is too long, or user is missing.
    """
    entry = _stored(workspace, key)
    layer = workspace.layer(REGISTER)
    complaints: dict[str, str] = {}
    user = read_user(form, complaints)
    labels = {name: layer.field(name).zh for name in PLAN_FIELDS}
    typed = moved_texts(form, treatment_texts(workspace, key), labels)
    changed = read_fields(layer, typed, complaints)
    if complaints:
        raise InputError(f"{''.join(complaints.values())}请改好再提交。")
    change = _change(workspace, [{**entry, **changed}])
    return workspace.store.write(
        {REGISTER: change}, kind=RevisionKind.EDIT, user=user, reason=f"整治安排：{key[0]} 年 {key[2]}"
    )


def treatment_texts(workspace: Workspace, key: Key) -> dict[str, str]:
    """Return what stands in the form of an entry's treatment, by field; raises NotFoundError."""
    entry, layer = pd.DataFrame([_stored(workspace, key)]), workspace.layer(REGISTER)
    return {name: value_text(layer.field(name), plain_values(entry[name])[0]) for name in PLAN_FIELDS}


def take_in(workspace: Workspace, year: int, plot_codes: Sequence[str], user: str) -> Revision:
    """Put plots that the rules call low-efficiency on the list of plots as suspected.

    Parameters
    ----------
    workspace : Workspace
    year : int
    plot_codes : sequence of str
        Of those that `list_sheet` suggests.
    user : str

    Raises
    ------
    InputError
        No plot, no user or too long a name, or a plot that is not suggested.
    """
    user = _signed(user, "请填写后再列入。")
    sheet = list_sheet(workspace, as_of(workspace), year=year, list_code=PLOT_LIST)
    suggested = sheet.suggested.set_index("plot_code")
    others = [code for code in plot_codes if code not in suggested.index]
    if others:
        raise InputError(
            f"{'、'.join(others[:5])}不在可列入的地块里：已在清单、已有结论，或规则没有命中。请刷新再选。"
        )
    if not plot_codes:
        raise InputError("没有选要列入的地块。请选好再提交。")
    now = pd.Timestamp(today())
    rows = [
        {
            "year": year, "list": PLOT_LIST, "subject_kind": PLOT, "subject_code": code, "status": SUSPECTED,
            "status_on": now, "found_on": now, "town_code": suggested.loc[code, "town_code"],
            "basis": suggested.loc[code, "reasons"], "decided_by": user,
        }
        for code in plot_codes
    ]  # fmt: skip
    changes = {REGISTER: _change(workspace, rows)}
    changes["plots"] = _plots_with_status(workspace, plot_codes, SUSPECTED, today())
    return write_step(workspace, changes, user, f"{year} 年列入疑似低效地块 {len(rows)} 宗", "")


def roll_over(workspace: Workspace, year: int, user: str) -> Revision | None:
    """Carry what is still open in a year over into the next; None where that has been done.

    Raises
    ------
    InputError
        No user or too long a name, or nothing is open in that year.
    """
    user = _signed(user, "请填写后再结转。")
    state = as_of(workspace)
    stored = workspace.store.read(REGISTER, revision=state.revision)
    machine = status_machine(workspace, state)
    still_open = stored[(stored["year"] == year) & stored["status"].isin(machine.open_statuses)]
    if still_open.empty:
        raise InputError(f"{year} 年的清单里没有未办结的，不必结转。")
    there = stored[stored["year"] == year + 1]
    known = set(zip(there["list"], there["subject_code"], strict=True))
    rows = [
        {**{str(name): value for name, value in row.items()}, "year": year + 1, "carried_from_year": year}
        for row in still_open.to_dict("records")
        if (row["list"], row["subject_code"]) not in known
    ]
    if not rows:
        return None
    return workspace.store.write(
        {REGISTER: _change(workspace, rows)}, kind=RevisionKind.EDIT, user=user,
        reason=f"{year} 年未办结的 {len(rows)} 条结转到 {year + 1} 年",
    )  # fmt: skip


def _signed(user: str, remedy: str) -> str:
    complaints: dict[str, str] = {}
    user = read_user({"user": user}, complaints)
    if complaints:
        raise InputError(f"{complaints['user']}{remedy}")
    return user


def _stored(workspace: Workspace, key: Key) -> dict[str, Any]:
    stored = workspace.store.read(REGISTER)
    found = positions_of(stored, [key], workspace.layer(REGISTER))
    if not len(found):
        raise NotFoundError(f"{key[0]} 年 {key[1]} 清单里没有“{key[2]}”。")
    return {str(name): value for name, value in stored.iloc[int(found[0])].to_dict().items()}


def _change(workspace: Workspace, rows: Sequence[Mapping[Any, Any]]) -> RegisterChange:
    layer = workspace.layer(REGISTER)
    names = [field.name for field in layer.fields]
    return RegisterChange(upserts=conform(pd.DataFrame(list(rows)).reindex(columns=names), layer))


def _plot_status(workspace: Workspace, key: Key, status: str, on: date) -> dict[str, RegisterChange]:
    """Return the change of the plot's own status, where the entry is its newest on the list of plots."""
    year, list_code, code = key
    stored = workspace.store.read(REGISTER)
    own = stored[(stored["list"] == PLOT_LIST) & (stored["subject_code"] == code)]
    is_plot = code in set(workspace.store.read("plots")["plot_code"])
    if list_code != PLOT_LIST or not is_plot or year != int(own["year"].max()):
        return {}
    return {"plots": _plots_with_status(workspace, [code], status, on)}


def _plots_with_status(workspace: Workspace, codes: Sequence[str], status: str, on: date) -> RegisterChange:
    plots = workspace.store.read("plots")
    rows = plots[plots["plot_code"].isin(list(codes))].copy()
    rows["low_efficiency_status"] = status
    rows["low_efficiency_on"] = pd.Timestamp(on)
    return RegisterChange(upserts=conform(rows, workspace.layer("plots")))
