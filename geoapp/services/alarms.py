"""What somebody must look at: overdue, stalled, land terms that end, agreements missed, transactions, parks, gaps."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.development import WITHOUT_TERM
from geoapp.analysis.months import days_since
from geoapp.analysis.project_clock import GREY
from geoapp.domain.project import LAST, STOPPED
from geoapp.domain.rule import Subject
from geoapp.errors import GeoappError
from geoapp.services.agreements import AGREEMENTS, ITEMS, is_agreed_told, judged_items
from geoapp.services.as_of import AsOf
from geoapp.services.micro_park_alarms import micro_park_alarms
from geoapp.services.micro_park_facts import MICRO_PARKS, YEARS
from geoapp.services.place_names import place_names
from geoapp.services.plot_facts import today
from geoapp.services.project_facts import project_rows
from geoapp.services.project_stages import (
    NOTES,
    PROJECTS,
    REGISTERS,
    STAGES_REGISTER,
    stage_rules,
    stage_words,
)
from geoapp.services.register_columns import columns_version
from geoapp.services.rule_facts import facts_version
from geoapp.services.transaction_alarms import transaction_alarms
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.workspace import Workspace
from geoapp.units import number_text

KINDS = {
    "overdue": "项目逾期", "stalled": "项目停滞", "term": "土地到期", "agreement": "履约未达",
    "transaction": "二级市场", "micro_park": "小微园", "missing": "数据缺失",
}  # fmt: skip
HIDDEN = "协议的约定值和实际值不公开：“履约未达”只列阶段结论为违约的，不表示其余都达到约定。"
COLUMNS = ("kind", "register", "key", "name", "town_code", "body", "on", "days", "message", "address")
NEEDED = ("stage", "town_code", "responsible_body", "mode", "area_m2")
"""Fields of a running project that must not be empty."""


_ADDRESSES = {
    PROJECTS: "/projects/", "plots": "/plots/", AGREEMENTS: "/records/agreements/", TRANSACTIONS: "/transactions/",
    MICRO_PARKS: "/micro-parks/",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSheet:
    """The alarms of a day."""

    alarms: pd.DataFrame
    """kind, register, key, name, town_code, body, on (datetime), days (since then; negative is to come), message,
    address; by kind and the longest first"""
    counts: dict[str, int]
    """By kind, of all."""
    by_town: pd.DataFrame
    """Counts by town code (index; empty where none is known) and kind, with the total."""
    by_body: pd.DataFrame
    """The same by responsible body."""
    town_names: dict[str, str]
    revision: int
    day: date
    is_now: bool
    note: str
    hidden: str
    """In words which alarms cannot be seen by who asks; empty where all can."""
    is_demo: bool


def alarm_sheet(
    workspace: Workspace, state: AsOf, *, kind: str = "", town_code: str = "", body: str = ""
) -> AlarmSheet:
    """Return the alarms of a day; counts are those of all, whatever is chosen.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    kind, town_code, body : str
        Only these; empty is all.
    """
    alarms = all_alarms(workspace, state)
    is_chosen = np.ones(len(alarms), dtype=bool)
    for name, wanted in (("kind", kind), ("town_code", town_code), ("body", body)):
        if wanted:
            is_chosen &= (alarms[name] == wanted).to_numpy(bool)
    told = (workspace.store.read(register, revision=state.revision)["is_demo"] for register in _ADDRESSES)
    return AlarmSheet(
        alarms=alarms[is_chosen].reset_index(drop=True),
        counts={name: int((alarms["kind"] == name).sum()) for name in KINDS},
        by_town=_counts(alarms, "town_code"),
        by_body=_counts(alarms, "body"),
        town_names=place_names(workspace, "towns", state.revision),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        hidden="" if is_agreed_told(workspace, state) else HIDDEN,
        is_demo=any(bool(is_demo.fillna(value=False).any()) for is_demo in told),
    )


def all_alarms(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return every alarm of a day, see `AlarmSheet`; shared by all who ask: never change it."""
    parts = _parts(workspace, state)
    key = ("alarms", *((name, version) for name, (version, _) in parts.items()), state.day)
    return workspace.cache.get(key, lambda: _joined(workspace, state, parts))


def alarm_count(workspace: Workspace) -> int:
    """Return how many alarms there are now, for the header; none where the rule book cannot be used."""
    try:
        return len(all_alarms(workspace, AsOf(workspace.store.revision(), today(), is_now=True)))
    except GeoappError:
        return 0


Part = Callable[[Workspace, AsOf], list[pd.DataFrame]]


def _parts(workspace: Workspace, state: AsOf) -> dict[str, tuple[Hashable, Part]]:
    """Return by name what alarms are made of: what tells whether each may have changed, and who makes it.

    The number of alarms is on every page: an edit must not have all of them made anew.
    """

    def registers(*names: str) -> tuple[int, ...]:
        return workspace.register_revisions(names, state.revision)

    rules = registers()
    return {
        "projects": (registers(*REGISTERS), _of_running),
        "term": ((columns_version(workspace, "plots", _TERM_FIELDS, state.revision), rules), _terms),
        "agreements": (registers(AGREEMENTS, ITEMS), _agreements),
        "transaction": (facts_version(workspace, Subject.TRANSACTION, state), _transactions),
        "micro_park": (registers(MICRO_PARKS, YEARS), _micro_parks),
    }


def _joined(workspace: Workspace, state: AsOf, parts: Mapping[str, tuple[Hashable, Part]]) -> pd.DataFrame:
    frames = [
        frame
        for name, (version, make) in parts.items()
        for frame in workspace.cache.get(
            ("alarms_of", name, version, state.day), partial(make, workspace, state)
        )
    ]
    found = pd.concat(frames, ignore_index=True)
    order = found["kind"].map({kind: place for place, kind in enumerate(KINDS)})
    arranged = found.assign(order=order).sort_values(
        ["order", "days", "key"], ascending=[True, False, True], kind="stable", na_position="last"
    )
    return arranged.drop(columns="order").reset_index(drop=True)


def _of_running(workspace: Workspace, state: AsOf) -> list[pd.DataFrame]:
    projects = project_rows(workspace, state).reset_index(drop=True)
    is_running = ~projects["stage"].isin([STOPPED, LAST]).to_numpy(bool)
    running = projects[is_running].reset_index(drop=True)
    return [
        _overdue(workspace, running),
        _late_matters(workspace, state, running),
        _stalled(running),
        _breached(workspace, state, projects),
        _missing(workspace, state, running),
    ]


def _transactions(workspace: Workspace, state: AsOf) -> list[pd.DataFrame]:
    return [_frame("transaction", TRANSACTIONS, *transaction_alarms(workspace, state))]


def _micro_parks(workspace: Workspace, state: AsOf) -> list[pd.DataFrame]:
    return [_frame("micro_park", MICRO_PARKS, *micro_park_alarms(workspace, state))]


def _frame(
    kind: str, register: str, rows: pd.DataFrame, messages: Sequence[str], **more: Any
) -> pd.DataFrame:
    """Return alarms about records; *rows* has key, name, town_code, body, on, days, as far as they are known."""
    if rows.empty:
        return _no_alarms()
    key = rows["key"].astype("object")
    prefix = _ADDRESSES[register]
    table = rows.assign(kind=kind, register=register, message=list(messages), **more)
    table["address"] = [f"{prefix}{code}" for code in key]
    texts = ["kind", "register", "key", "name", "town_code", "body", "message", "address"]
    table = table.reindex(columns=list(COLUMNS))
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    table["on"] = pd.to_datetime(table["on"]).astype("datetime64[s]")
    return table.assign(days=table["days"].astype("float64"))


@cache
def _no_alarms() -> pd.DataFrame:
    dtypes = dict.fromkeys(COLUMNS, "object") | {"on": "datetime64[s]", "days": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})


def _of_projects(projects: pd.DataFrame, **more: Any) -> pd.DataFrame:
    columns = {
        "key": projects["project_code"], "name": projects["name"], "town_code": projects["town_code"],
        "body": projects["responsible_body"], "on": pd.NaT, "days": np.nan,
    }  # fmt: skip
    return pd.DataFrame(columns | more, index=projects.index)


def _overdue(workspace: Workspace, running: pd.DataFrame) -> pd.DataFrame:
    late = running[running["days_late"] > 0]
    words = stage_words(workspace).stages
    messages = [
        f"“{words.get(stage, stage)}”计划 {on:%Y-%m-%d}，逾期 {days:.0f} 天。"
        for stage, on, days in zip(late["due_stage"], late["due_on"], late["days_late"], strict=True)
    ]
    return _frame(
        "overdue", PROJECTS, _of_projects(late, on=late["due_on"], days=late["days_late"]), messages
    )


def _late_matters(workspace: Workspace, state: AsOf, running: pd.DataFrame) -> pd.DataFrame:
    """Return milestones and matters of running projects that are past their day and not settled."""
    notes = workspace.store.read(NOTES, revision=state.revision)
    is_late = notes["settled_on"].isna() & (notes["planned_on"] < pd.Timestamp(state.day))
    late = notes[is_late].merge(running, on="project_code", suffixes=("", "_of_project"))
    days = days_since(late["planned_on"], state.day)
    rows = _of_projects(late, on=late["planned_on"], days=days)
    rows["body"] = late["body"].fillna(late["responsible_body"])
    messages = [
        f"“{text[:60]}”要求 {on:%Y-%m-%d} 完成，逾期 {count:.0f} 天。"
        for text, on, count in zip(late["text"], late["planned_on"], days, strict=True)
    ]
    return _frame("overdue", PROJECTS, rows, messages)


def _stalled(running: pd.DataFrame) -> pd.DataFrame:
    still = running[running["is_stalled"].fillna(value=False)]
    messages = [f"{days:.0f} 天没有新进展。" for days in still["silent_days"]]
    rows = _of_projects(still, on=still["last_news_on"], days=still["silent_days"])
    return _frame("stalled", PROJECTS, rows, messages)


_TERM_FIELDS = ("plot_code", "name", "town_code", "term_end_on", "right_type")


def _terms(workspace: Workspace, state: AsOf) -> list[pd.DataFrame]:
    """Return plots whose right to the land ends soon, or has ended; allocated land has no end, whatever is noted."""
    plots = workspace.store.read("plots", revision=state.revision)
    ahead = float(workspace.policy_at(state.revision).value("land_term_alarm_days", state.day))
    days = days_since(plots["term_end_on"], state.day)
    is_endless = (plots["right_type"] == WITHOUT_TERM).fillna(value=False).to_numpy(bool)
    ending = pd.DataFrame(plots[(days >= -ahead).to_numpy(bool) & ~is_endless].drop(columns="geometry"))
    days = days[ending.index]
    rows = pd.DataFrame(
        {
            "key": ending["plot_code"], "name": ending["name"].fillna(ending["plot_code"]),
            "town_code": ending["town_code"], "body": None, "on": ending["term_end_on"], "days": days,
        }
    )  # fmt: skip
    messages = [
        f"土地使用权 {on:%Y-%m-%d} " + ("已到期。" if count >= 0 else f"到期，还有 {-count:.0f} 天。")
        for on, count in zip(ending["term_end_on"], days, strict=True)
    ]
    return [_frame("term", "plots", rows, messages)]


def _breached(workspace: Workspace, state: AsOf, projects: pd.DataFrame) -> pd.DataFrame:
    """Return projects of which a stage was found to be in breach of what was agreed."""
    stages = workspace.store.read(STAGES_REGISTER, revision=state.revision)
    breached = stages[(stages["result"] == "breached").to_numpy(bool)]
    both = breached.merge(projects, on="project_code", suffixes=("_checked", ""))
    words = stage_words(workspace).stages
    days = days_since(both["actual_on"], state.day)
    messages = [f"“{words.get(stage, stage)}”的结论是违约。" for stage in both["stage_checked"]]
    return _frame("agreement", PROJECTS, _of_projects(both, on=both["actual_on"], days=days), messages)


def _agreements(workspace: Workspace, state: AsOf) -> list[pd.DataFrame]:
    """Return agreements in force whose newest year over is missed, and those of which nobody entered it."""
    heads = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision))
    items = judged_items(workspace, state).merge(heads, on="agreement_code", suffixes=("", "_of_agreement"))
    words = workspace.layer(ITEMS).field("indicator").code_labels
    found = []
    for kind, flag in (("agreement", "is_missed"), ("missing", "is_unknown")):
        hit = items[items[flag].to_numpy(bool)].reset_index(drop=True)
        rows = pd.DataFrame(
            {
                "key": hit["agreement_code"], "name": hit["party_b"], "town_code": hit["town_code"],
                "body": hit["responsible_body"], "on": pd.NaT, "days": np.nan,
            }
        )  # fmt: skip
        messages = [_agreement_words(item, words) for item in hit.to_dict("records")]
        found.append(_frame(kind, AGREEMENTS, rows, messages))
    return found


def _agreement_words(item: Mapping[Hashable, Any], words: Mapping[str, str]) -> str:
    what = f"{item['year']} 年{words.get(item['indicator'], item['indicator'])}"
    if pd.isna(item["actual_value"]):
        return f"没有填{what}的实际值（约定 {item['agreed_value']:g}）。"
    short = number_text(item["shortfall_share"], ".1%")
    return f"{what}约定 {item['agreed_value']:g}，实际 {item['actual_value']:g}，差 {short}。"


def _missing(workspace: Workspace, state: AsOf, running: pd.DataFrame) -> pd.DataFrame:
    placed = workspace.store.read("project_plots", revision=state.revision)["project_code"]
    lacks = [(workspace.layer(PROJECTS).field(name).zh, running[name].isna()) for name in NEEDED]
    lacks += [
        ("计划日期", running["light"] == GREY),
        ("进展", running["last_news_on"].isna()),
        ("地块", ~running["project_code"].isin(placed)),
    ]
    found = [
        (code, words) for words, mask in lacks for code in running.loc[mask.to_numpy(bool), "project_code"]
    ]
    gaps: dict[str, list[str]] = {}
    for code, words in [*found, *_missing_papers(workspace, state)]:
        gaps.setdefault(code, []).append(words)
    lacking = running[running["project_code"].isin(list(gaps))]
    messages = [f"没有填{'、'.join(gaps[code])}。" for code in lacking["project_code"]]
    return _frame("missing", PROJECTS, _of_projects(lacking), messages)


def _missing_papers(workspace: Workspace, state: AsOf) -> list[tuple[str, str]]:
    """Return (project code, what is missing) of stages done without a paper that they need."""
    stages = workspace.store.read(STAGES_REGISTER, revision=state.revision)
    words = stage_words(workspace)
    found = []
    for stage, names in stage_rules(workspace, state).evidence.items():
        done = stages[((stages["stage"] == stage) & stages["actual_on"].notna()).to_numpy(bool)]
        for name in names:
            lacking = done.loc[done[name].isna(), "project_code"]
            what = f"{words.stages[stage]}的{words.field_of(stage, name)}"
            found += [(code, what) for code in lacking]
    return found


def _counts(alarms: pd.DataFrame, by: str) -> pd.DataFrame:
    table = pd.crosstab(alarms[by], alarms["kind"]).reindex(columns=list(KINDS), fill_value=0)
    table = table.rename_axis(index=by, columns=None)
    return table.assign(total=table.sum(axis=1)).sort_values("total", ascending=False, kind="stable")
