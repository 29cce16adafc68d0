"""Performance agreements with their items: agreed against actual, what is missed, what nobody has entered yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.agreements import shortfall_share
from geoapp.domain.frame import plain_records
from geoapp.domain.listed import JUDGED
from geoapp.domain.record_rows import find_values
from geoapp.services.as_of import AsOf
from geoapp.services.choices import refuse_unknown_choices
from geoapp.services.held_records import held_records
from geoapp.services.place_names import place_names
from geoapp.services.workspace import Workspace

AGREEMENTS, ITEMS = "agreements", "agreement_items"
IN_FORCE = ("active", "breached")
BREACHED, MISSED, UNKNOWN, MET, WATCHED = "breached", "missed", "unknown", "met", "watched"
STATES = {
    BREACHED: "已认定违约", MISSED: "未达约定", UNKNOWN: "没有填实际值", MET: "达到约定",
    WATCHED: "履行中，考核结果没有或不公开",
}  # fmt: skip
"""How an agreement in force stands, the worst first."""
CHOICES = {"missed": JUDGED["is_missed"], "unknown": JUDGED["is_unknown"]}
"""Which agreements may be asked for, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLine:
    """One agreement about a plot, in words."""

    agreement_code: str
    kind: str
    party: str
    assessed_to_on: date | None
    status: str
    state: str
    """How it stands; empty where it is not in force, or that says no more than its status."""


def agreement_lines(workspace: Workspace, plot_code: str, state: AsOf) -> tuple[AgreementLine, ...]:
    """Return the agreements about a plot, those in force first."""
    layer, states = workspace.layer(AGREEMENTS), agreement_states(workspace, state)
    kinds, statuses = (layer.field(name).code_labels for name in ("kind", "status"))
    names = ("agreement_code", "kind", "party_b", "assessed_to_on", "status")
    held = held_records(workspace, AGREEMENTS, state.revision)
    rows = find_values(held, "plot_code", plot_code, names)
    rows.sort(key=lambda row: (row["agreement_code"] not in states, row["agreement_code"]))
    return tuple(
        AgreementLine(
            agreement_code=row["agreement_code"],
            kind=kinds.get(row["kind"], row["kind"] or ""),
            party=row["party_b"] or "",
            assessed_to_on=row["assessed_to_on"],
            status=statuses.get(row["status"], row["status"] or ""),
            state=STATES[known]
            if (known := states.get(row["agreement_code"])) and known != row["status"]
            else "",
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSheet:
    """The agreements as of a day."""

    agreements: tuple[dict[str, Any], ...]
    """The register's fields, state (one of STATES, None where not in force), and items: those of each with is_missed
    and shortfall_share, newest year first."""
    chosen: dict[str, str]
    """What was asked for: town, kind, only; without the empty ones."""
    counts: dict[str, int | None]
    """all, in_force, missed, unknown (a year is over and nobody entered what was reached); of the town and kind. The
    last two are None to those from whom what was agreed is hidden."""
    town_names: dict[str, str]
    revision: int
    day: date
    is_now: bool
    note: str
    is_demo: bool


def agreement_sheet(
    workspace: Workspace, state: AsOf, *, town_code: str = "", kind: str = "", only: str = ""
) -> AgreementSheet:
    """Return the agreements; counts are those of the town and kind, whatever is chosen of them.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    town_code : str
        Only of this town; empty is all.
    kind : str
        Only performance or standard_land; empty is all.
    only : str
        missed or unknown; empty is all.

    Raises
    ------
    UsageError
        No such town, kind or choice.
    """
    asked = {"town": town_code, "kind": kind, "only": only}
    chosen = {name: text for name, text in asked.items() if text}
    town_names = place_names(workspace, "towns", state.revision)
    kinds = workspace.layer(AGREEMENTS).field("kind").code_labels
    refuse_unknown_choices(
        chosen, {"town": ("镇街", town_names), "kind": ("类型", kinds), "only": ("考核", CHOICES)}
    )
    stored = _stored(workspace, state, {"town_code": town_code, "kind": kind})
    listed = _with_items(workspace, state, stored)
    flags = {
        "missed": [any(item["is_missed"] for item in one["items"]) for one in listed],
        "unknown": [any(item["is_unknown"] for item in one["items"]) for one in listed],
    }
    flagged = flags.get(only, [True] * len(listed))
    is_told = is_agreed_told(workspace, state)
    return AgreementSheet(
        agreements=tuple(one for one, is_chosen in zip(listed, flagged, strict=True) if is_chosen),
        chosen=chosen,
        counts={
            "all": len(listed),
            "in_force": int(stored["status"].isin(IN_FORCE).sum()),
            "missed": sum(flags["missed"]) if is_told else None,
            "unknown": sum(flags["unknown"]) if is_told else None,
        },
        town_names=town_names,
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(stored["is_demo"].fillna(value=False).any()),
    )


def _stored(workspace: Workspace, state: AsOf, wanted: Mapping[str, str]) -> pd.DataFrame:
    """Return the agreements by code, only those of some values where these are not empty."""
    stored = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision))
    stored = stored.sort_values("agreement_code")
    for name, value in wanted.items():
        if value:
            stored = stored[(stored[name] == value).to_numpy(bool)]
    return stored


def _with_items(workspace: Workspace, state: AsOf, stored: pd.DataFrame) -> list[dict[str, Any]]:
    """Return agreements as plain values, with how they stand and their items."""
    items = judged_items(workspace, state)
    by_code: dict[str, list[dict[str, Any]]] = {}
    for item in plain_records(items):
        by_code.setdefault(item["agreement_code"], []).append(item)
    states = agreement_states(workspace, state)
    return [
        {
            **record,
            "state": states.get(record["agreement_code"]),
            "items": by_code.get(record["agreement_code"], []),
        }
        for record in plain_records(stored)
    ]


def is_agreed_told(workspace: Workspace, state: AsOf) -> bool:
    """Return whether what was agreed may be seen: without it nobody can tell what is missed."""
    agreed = workspace.store.read(ITEMS, revision=state.revision)["agreed_value"]
    return agreed.empty or bool(agreed.notna().any())


def agreement_states(workspace: Workspace, state: AsOf) -> dict[str, str]:
    """Return how each agreement in force stands (one of STATES) by its code.

    Missed and unknown are those of its newest year that is over; to those from whom what was agreed is hidden it is
    only found in breach or being watched. Shared by all who ask: never change it.
    """
    versions = workspace.register_revisions((AGREEMENTS, ITEMS), state.revision)
    key = ("agreement_states", versions, state.day)
    return workspace.cache.get(key, lambda: _states(workspace, state))


def _states(workspace: Workspace, state: AsOf) -> dict[str, str]:
    heads = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision))
    heads = heads[heads["status"].isin(IN_FORCE).to_numpy(bool)].set_index("agreement_code")
    items = judged_items(workspace, state)
    found = dict.fromkeys(heads.index, WATCHED)
    # The worse overwrites the better.
    for name, flag in ((MET, "is_met"), (UNKNOWN, "is_unknown"), (MISSED, "is_missed")):
        found |= dict.fromkeys(items.loc[items[flag].to_numpy(bool), "agreement_code"], name)
    return found | dict.fromkeys(heads.index[(heads["status"] == BREACHED).to_numpy(bool)], BREACHED)


def judged_items(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the items of agreements, newest year first.

    Returns
    -------
    DataFrame
        The register's fields, shortfall_share, is_missed (of agreements in force, in the newest year that is over and
        known), is_unknown (of agreements in force: the newest year that is over lacks its actual value; never where
        what was agreed is not known, as to those from whom both are hidden), is_met (likewise, both known and kept)
    """
    items = pd.DataFrame(workspace.store.read(ITEMS, revision=state.revision))
    heads = workspace.store.read(AGREEMENTS, revision=state.revision)
    in_force = heads.loc[heads["status"].isin(IN_FORCE), "agreement_code"]
    items = items.assign(shortfall_share=shortfall_share(items))
    is_due = items["agreement_code"].isin(in_force) & (items["year"] < state.day.year)
    keys = ["agreement_code", "indicator"]
    newest = items[is_due].groupby(keys)["year"].max().rename("newest").reset_index()
    newest_year = (
        items[keys].merge(newest, on=keys, how="left")["newest"].to_numpy(dtype=np.float64, na_value=np.nan)
    )
    is_newest = is_due.to_numpy(bool) & (items["year"].to_numpy(dtype=np.float64) == newest_year)
    judged = items.assign(
        is_missed=is_newest & (items["shortfall_share"] > 0).to_numpy(bool),
        is_unknown=is_newest & (items["actual_value"].isna() & items["agreed_value"].notna()).to_numpy(bool),
        is_met=is_newest & (items["shortfall_share"] == 0).to_numpy(bool),
    )
    return judged.sort_values(["agreement_code", "year", "indicator"], ascending=[True, False, True])
