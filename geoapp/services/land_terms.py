"""How long the right to each plot still runs, by the rule book's classes; who is due for a review, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.months import days_since
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.record_gaps import RecordGaps, gap_of
from geoapp.services.agreements import AGREEMENTS, IN_FORCE, ITEMS, judged_items
from geoapp.services.as_of import AsOf
from geoapp.services.choices import refuse_unknown_choices
from geoapp.services.far_proof_inputs import proof_number
from geoapp.services.place_names import place_names
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_links import REGISTERS
from geoapp.services.record_gaps import MOST_KEYS, record_gaps
from geoapp.services.workspace import Workspace
from geoapp.statistics.land_terms import TERM_BREAKS, term_names, term_positions, term_words

ALARM_DAYS = "land_term_alarm_days"
TERM_REGISTERS = (*REGISTERS, AGREEMENTS, ITEMS, "towns", "parks")
CHOICES = ("bucket", "town_code", "park_code", "due", "kept")
KEPT = {
    "met": "达标", "missed": "未达标", "unknown": "没有填实际值", "unjudged": "没有可评的年度，或不公开",
    "none": "没有协议",
}  # fmt: skip
"""What the agreement about a plot says of its holder."""
ADVICE = {
    "met": "达标，可以续期", "missed": "未达标，收回或提高地价", "unknown": "先补填履约实际值",
    "unjudged": "按履约协议另行评估", "none": "没有履约协议，逐项评估",
}  # fmt: skip
"""What the review of a term that ends leads to."""
_LOOKED_AT = ("term_end_on", "right_type", "site_area_m2", "town_code", "park_code", "right_holder")
"""What of the plots their terms rest on."""
_FACTS = ("name", "town_code", "park_code", "right_holder", "site_area_m2", "term_left_years")


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSheet:
    """The terms of plots as of a day."""

    plots: pd.DataFrame
    """Those that are asked for: see `term_rows`."""
    buckets: dict[str, str]
    """Words by class, the shortest first, then without an end, then unknown."""
    total: pd.DataFrame
    """Of all plots: plot_count and area_m2 by class; areas that are not known count nothing."""
    by_town: pd.DataFrame
    """The same by (town_code, class); the empty code is not known."""
    by_park: pd.DataFrame
    due_count: int
    """Plots whose review is due: the term ends within the rule book's days, or has ended."""
    chosen: dict[str, str]
    town_names: dict[str, str]
    park_names: dict[str, str]
    numbers: tuple[ProofNumber, ...]
    revision: int
    day: date
    is_now: bool
    note: str
    is_demo: bool


def term_rows(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the term of every plot; shared by all who ask: never change it.

    Returns
    -------
    DataFrame indexed by plot_code, the term that ends first at the top
        name, town_code, park_code, right_holder, right_type (text), site_area_m2, term_end_on, term_left_years
        (infinite without an end), bucket (class, "unknown" where it is not known), review_on (when the review is due),
        is_due, agreement_code, kept (see KEPT), advice (of plots that are due, else empty), is_demo
    """
    versions = workspace.register_revisions(TERM_REGISTERS, state.revision)
    return workspace.cache.get(("land_terms", versions, state.day), lambda: _rows(workspace, state))


def _rows(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    policy = workspace.policy_at(state.revision)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    own = workspace.store.read("plots", revision=state.revision).set_index("plot_code")
    names = np.array(term_names(_breaks(workspace, state)), dtype=object)
    ahead = float(policy.value(ALARM_DAYS, state.day))
    rows = pd.DataFrame(facts[[*_FACTS, "is_demo"]]).assign(
        plot_code=facts.index,
        right_type=own["right_type"],
        term_end_on=own["term_end_on"],
        bucket=names[term_positions(facts["term_left_years"], _breaks(workspace, state))],
        review_on=(own["term_end_on"] - pd.Timedelta(days=ahead)).astype("datetime64[s]"),
    )
    is_ending = (days_since(rows["term_end_on"], state.day) >= -ahead).to_numpy(bool)
    rows = rows.assign(is_due=is_ending & np.isfinite(rows["term_left_years"].to_numpy(np.float64)))
    rows = rows.join(_agreements(workspace, state)).rename_axis(None)
    rows["kept"] = rows["kept"].fillna("none")
    rows["advice"] = rows["kept"].map(ADVICE).where(rows["is_due"], "")
    return rows.sort_values(["term_left_years", "plot_code"], na_position="last", kind="stable")


def _breaks(workspace: Workspace, state: AsOf) -> list[float]:
    return [float(limit) for limit in workspace.policy_at(state.revision).value(TERM_BREAKS, state.day)]


def _agreements(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return agreement_code and kept of each plot with an agreement in force; of several, the worst that is known."""
    heads = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision))
    heads = heads[heads["status"].isin(IN_FORCE) & heads["plot_code"].notna()]
    flag_names = ["is_missed", "is_unknown", "is_met"]
    items = judged_items(workspace, state).groupby("agreement_code")[flag_names].any()
    flags = items.reindex(heads["agreement_code"], fill_value=False)
    has_items = heads["agreement_code"].isin(items.index).to_numpy(bool)
    kept = np.select(
        [
            flags["is_missed"].to_numpy(bool), flags["is_unknown"].to_numpy(bool) | ~has_items,
            flags["is_met"].to_numpy(bool),
        ],
        ["missed", "unknown", "met"], "unjudged",
    )  # fmt: skip
    rank = {"missed": 0, "unknown": 1, "unjudged": 2, "met": 3}
    found = heads.assign(kept=kept, rank=[rank[word] for word in kept])
    found = found.sort_values(["rank", "agreement_code"]).drop_duplicates("plot_code")
    return found.set_index("plot_code")[["agreement_code", "kept"]]


def term_sheet(workspace: Workspace, state: AsOf, *, chosen: Mapping[str, str] | None = None) -> TermSheet:
    """Return the terms of the plots that are asked for; counts are those of all.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    chosen : mapping, optional
        bucket (a class), town_code, park_code, kept (one of KEPT): only these; due: "yes", only those due for a
        review. Empty is all.

    Raises
    ------
    UsageError
        No such class, or no such word.
    """
    wanted = {name: text for name, text in (chosen or {}).items() if text}
    breaks = _breaks(workspace, state)
    buckets = dict(zip(term_names(breaks), term_words(breaks), strict=True))
    town_names = place_names(workspace, "towns", state.revision)
    park_names = place_names(workspace, "parks", state.revision)
    refuse_unknown_choices(
        wanted,
        {
            "bucket": ("剩余年限", buckets), "kept": ("履约", KEPT), "due": ("评估", {"yes": "到评估期"}),
            "town_code": ("镇街", town_names), "park_code": ("园区", park_names),
        },
    )  # fmt: skip
    rows = term_rows(workspace, state)
    is_chosen = np.ones(len(rows), dtype=bool)
    for name, text in wanted.items():
        is_chosen &= (rows["is_due"] if name == "due" else rows[name] == text).to_numpy(bool)
    policy = workspace.policy_at(state.revision)
    versions = workspace.register_revisions(TERM_REGISTERS, state.revision)
    by_bucket, by_town, by_park = workspace.cache.get(
        ("land_term_sums", versions, state.day),
        lambda: tuple(
            _sums(rows, by) for by in (["bucket"], ["town_code", "bucket"], ["park_code", "bucket"])
        ),
    )
    return TermSheet(
        plots=rows[is_chosen],
        buckets=buckets,
        total=by_bucket.reindex(list(buckets), fill_value=0),
        by_town=by_town,
        by_park=by_park,
        due_count=int(rows["is_due"].sum()),
        chosen=wanted,
        town_names=town_names,
        park_names=park_names,
        numbers=tuple(proof_number(policy, name, state.day) for name in (TERM_BREAKS, ALARM_DAYS)),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(rows["is_demo"].fillna(value=False).any()),
    )


def term_gaps(workspace: Workspace, state: AsOf, plots: pd.DataFrame, *, unit: str = "mu") -> RecordGaps:
    """Return what is unknown of what the terms of some plots rest on; that one without an end has none is no gap.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    plots : DataFrame
        Some of `term_rows`.
    unit : {"mu", "ha", "m2"}
        For land in messages.
    """
    found = record_gaps(workspace, "plots", state, keys=list(plots.index), fields=_LOOKED_AT, unit=unit)
    unknown = list(plots.index[(plots["bucket"] == "unknown").to_numpy(bool)])
    gaps = (
        gap_of(gap.name, gap.zh, unknown, found.total, most_keys=MOST_KEYS)
        if gap.name == "term_end_on"
        else gap
        for gap in found.gaps
    )
    return replace(found, gaps=tuple(gap for gap in gaps if gap.count))


def _sums(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    texts = {name: rows[name].astype("object").where(rows[name].notna(), "") for name in by}
    groups = rows.assign(**texts).groupby(by, sort=True)["site_area_m2"]
    return pd.DataFrame({"plot_count": groups.size(), "area_m2": groups.sum()})


def place_lines(sheet: TermSheet, by: str) -> list[dict[str, Any]]:
    """Return a line for each town or park: code, name, cells (plot_count and area_m2 by class, in order), the total.

    Parameters
    ----------
    sheet : TermSheet
    by : {"town_code", "park_code"}
    """
    table, names = (
        (sheet.by_town, sheet.town_names) if by == "town_code" else (sheet.by_park, sheet.park_names)
    )
    there = set(table.index.get_level_values(0))
    codes = [code for code in [*names, *sorted(there - {*names, ""}), ""] if code in there]
    none = {"plot_count": 0, "area_m2": 0.0}
    cells = table.to_dict("index")  # by (code, class)
    return [
        {
            "code": code, "name": names.get(code, code),
            "cells": [cells.get((code, bucket), none) for bucket in sheet.buckets],
            "plot_count": int(table.loc[code]["plot_count"].sum()), "area_m2": float(table.loc[code]["area_m2"].sum()),
        }
        for code in codes
    ]  # fmt: skip
