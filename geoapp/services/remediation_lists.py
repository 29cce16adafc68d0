"""The four remediation lists of a year: entries with what the registers know of them, counts, and what is wrong."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoapp.domain.remediation import ENTERPRISE, PLOT, PLOT_LIST, StatusMachine, read_transitions
from geoapp.domain.remediation_sheet import ListFinding, ListSheet
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.number_words import worded_number
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_grades import graded_performance
from geoapp.services.plot_location import CONTROL_ZONE, LINE_POSITION
from geoapp.services.records import record_columns
from geoapp.services.workspace import Workspace

REGISTER = "list_entries"
FACTS = (
    "name", "park_code", "right_holder", "enterprise_count", "site_area_m2", "gfa_counted_m2", "far",
    "building_coefficient", "tax_wan_per_mu", "grade", "reasons", LINE_POSITION, CONTROL_ZONE,
)  # fmt: skip
"""What the registers add to an entry; missing where the subject is an enterprise or not known."""


def status_machine(workspace: Workspace, state: AsOf) -> StatusMachine:
    """Return the steps of the rule book on a day."""
    policy = workspace.policy_at(state.revision)
    return StatusMachine(
        transitions=read_transitions(policy.value("list_transitions", state.day)),
        document_statuses=frozenset(policy.value("list_document_statuses", state.day)),
        open_statuses=frozenset(policy.value("list_open_statuses", state.day)),
    )


def list_sheet(
    workspace: Workspace, state: AsOf, *, year: int | None = None, list_code: str = PLOT_LIST
) -> ListSheet:
    """Return one list of one year.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    year : int, optional
        The newest with entries if left out, else the day's.
    list_code : str
        L1 to L4.

    Raises
    ------
    NotFoundError
        No such list.
    """
    layer = workspace.layer(REGISTER)
    lists = layer.field("list").code_labels
    if list_code not in lists:
        known = "、".join(f"{code} {words}" for code, words in lists.items())
        raise NotFoundError(f"没有清单“{list_code[:20]}”；四张清单：{known}。")
    stored = workspace.store.read(REGISTER, revision=state.revision)
    years = sorted({int(value) for value in stored["year"].dropna()}, reverse=True)
    year = year if year is not None else (years[0] if years else state.day.year)
    of_year = stored[stored["year"] == year]
    entries = _with_facts(workspace, state, of_year[of_year["list"] == list_code])
    entries["also_in"] = _also_in(of_year, entries, lists)
    machine = status_machine(workspace, state)
    is_open = entries["status"].isin(machine.open_statuses)
    entries["is_overdue"] = is_open & (entries["deadline_on"] < pd.Timestamp(state.day))
    newest = not years or year == years[0]
    return ListSheet(
        year=year,
        list_code=list_code,
        list_zh=lists[list_code],
        years=tuple(sorted({*years, year}, reverse=True)),
        counts=_counts(of_year, lists),
        entries=entries.sort_values("subject_code", ignore_index=True),
        suggested=_suggested(workspace, state, entries) if list_code == PLOT_LIST and newest else _nothing(),
        findings=tuple(_findings(workspace, state, entries, machine, is_newest=newest)),
        numbers=tuple(
            worded_number(workspace.layers, workspace.policy_at(state.revision), name, state.day)
            for name in ("list_transitions", "list_document_statuses", "list_open_statuses")
        ),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(entries["is_demo"].fillna(value=False).any()),
    )


def _counts(of_year: pd.DataFrame, lists: Mapping[str, str]) -> dict[str, dict[str, int]]:
    return {
        code: {str(status): int(count) for status, count in of_list["status"].value_counts().items()}
        for code in lists
        for of_list in (of_year[of_year["list"] == code],)
    }


def _with_facts(workspace: Workspace, state: AsOf, entries: pd.DataFrame) -> pd.DataFrame:
    """Return entries with what the registers know of their subjects."""
    plots = _plot_columns(workspace, state, entries["subject_code"])
    firms = _enterprise_columns(workspace, state)
    is_plot = entries["subject_kind"] == PLOT
    known = pd.concat(
        [
            plots.reindex(entries.loc[is_plot, "subject_code"]).set_axis(entries.index[is_plot]),
            firms.reindex(entries.loc[~is_plot, "subject_code"]).set_axis(entries.index[~is_plot]),
        ]
    ).reindex(entries.index)
    return entries.join(known.reindex(columns=[*FACTS, "is_known"]))


def _plot_columns(workspace: Workspace, state: AsOf, codes: pd.Series) -> pd.DataFrame:
    """Return what is known of those of some codes that are plots."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    rows = np.flatnonzero(facts.index.isin(codes))
    facts = facts.iloc[rows]
    where = record_columns(workspace, "plots", [LINE_POSITION, CONTROL_ZONE], state, rows)
    occupancies = workspace.store.read("occupancies", revision=state.revision)
    now = pd.Timestamp(state.day)
    current = occupancies[~(occupancies["from_on"] > now) & ~(occupancies["to_on"] < now)]
    columns = pd.DataFrame(facts[[name for name in FACTS if name in facts]]).join(where)
    columns["enterprise_count"] = (
        current.groupby("plot_code")["uscc"].nunique().reindex(columns.index, fill_value=0).astype("float64")
    )
    reasons = ["".join(hit.sentence for hit in hits) for hits in facts["low_efficiency_hits"]]
    columns["reasons"] = pd.Series(reasons, index=columns.index, dtype="str")
    return columns.assign(is_known=True)


def _enterprise_columns(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    def read(register: str) -> pd.DataFrame:
        return workspace.store.read(register, revision=state.revision)

    firms, policy = read("enterprises").set_index("uscc"), workspace.policy_at(state.revision)
    latest = graded_performance(read("performance"), read("evaluations"), policy, state.day)
    return pd.DataFrame(
        {"name": firms["name"], "grade": latest["grade"].reindex(firms.index), "is_known": True}
    )


def _also_in(of_year: pd.DataFrame, entries: pd.DataFrame, lists: Mapping[str, str]) -> pd.Series:
    """Return in words the other lists of the year that a subject is on."""
    named = of_year.groupby("subject_code")["list"].agg(lambda codes: sorted(set(codes)))
    return pd.Series(
        [
            "、".join(lists.get(code, code) for code in named.get(subject, []) if code != own)
            for subject, own in zip(entries["subject_code"], entries["list"], strict=True)
        ],
        index=entries.index,
        dtype="str",
    )


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype="str") for name in ("plot_code", "name", "town_code", "reasons")}
    )


def _suggested(workspace: Workspace, state: AsOf, entries: pd.DataFrame) -> pd.DataFrame:
    """Return the plots that rules call low-efficiency and that nobody has put on the list or cleared."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    is_new = (
        (facts["low_efficiency_by_rule"] == "yes")
        & facts["low_efficiency_status"].isna()
        & ~facts.index.isin(entries["subject_code"])
        & ~(facts["recognised_m2"] > 0)
    )
    found = facts[is_new]
    reasons = ["".join(hit.sentence for hit in hits) for hits in found["low_efficiency_hits"]]
    return pd.DataFrame(
        {
            "plot_code": found.index.astype("str"),
            "name": found["name"].to_numpy(),
            "town_code": found["town_code"].to_numpy(),
            "reasons": pd.Series(reasons, dtype="str"),
        }
    )


def _findings(
    workspace: Workspace, state: AsOf, entries: pd.DataFrame, machine: StatusMachine, *, is_newest: bool
) -> list[ListFinding]:
    statuses = workspace.layer(REGISTER).field("status").code_labels
    found = []

    def add(row: Mapping[Any, Any], code: str, zh: str, message: str) -> None:
        address = f"/lists/{row['year']}/{row['list']}/{row['subject_code']}"
        found.append(ListFinding(code, zh, address, str(row["subject_code"]), message))

    plots = workspace.store.read("plots", revision=state.revision)
    own_status = plots.set_index("plot_code")["low_efficiency_status"]
    for row in entries.to_dict("records"):
        words = statuses.get(row["status"], row["status"])
        if row["is_known"] is not True:
            register = {PLOT: "地块台账", ENTERPRISE: "企业台账"}.get(row["subject_kind"], "台账")
            add(row, "unknown_subject", "对象不在台账里", f"{register}没有这个编号，请核对。")
        if row["is_overdue"]:
            add(row, "overdue", "逾期未办结", f"计划 {row['deadline_on']:%Y-%m-%d} 完成，现在是{words}。")
        if row["status"] in machine.document_statuses and pd.isna(row["document_no"]):
            add(row, "no_document", "没有文号", f"{words}应有文号。")
        if pd.notna(row["status_on"]) and row["status_on"] > pd.Timestamp(state.day):
            add(row, "future", "状态日期还没有到", f"{row['status_on']:%Y-%m-%d}。")
        on_plot = own_status.get(row["subject_code"]) if row["subject_kind"] == PLOT else None
        if is_newest and row["list"] == PLOT_LIST and on_plot is not None and on_plot != row["status"]:
            plot_words = "没有" if pd.isna(on_plot) else statuses.get(on_plot, on_plot)
            add(row, "status_differs", "与地块台账的状态不同", f"清单是{words}，地块台账是{plot_words}。")
    return found


def entry_of(sheet: ListSheet, subject_code: str) -> Mapping[str, object]:
    """Return one entry of a list; raises NotFoundError."""
    rows = sheet.entries[sheet.entries["subject_code"] == subject_code].to_dict("records")
    if not rows:
        raise NotFoundError(f"{sheet.year} 年“{sheet.list_zh}”清单里没有“{subject_code}”。")
    return {str(name): value for name, value in rows[0].items()}
