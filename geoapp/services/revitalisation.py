"""The revitalisation ledger (盘活台账): every recognition, what it counts for, and why not for more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.analysis.revitalised_counting import PART_REASONS
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.plot_facts import plot_facts
from geoapp.services.revitalisation_known import known_land
from geoapp.services.revitalisation_land import LedgerCounting, count_ledger, revitalised_by_plot
from geoapp.services.workspace import Workspace
from geoapp.units import area_words

REGISTERS = ("plots", "projects", "project_plots", "recognitions")
"""What a ledger is made from."""
WHOLE_REASON_WORDS = {
    "no_date": "没有认定日期",
    "future": "认定日期在统计日之后",
    "before_period": "早于规划期起始日，不含基数",
    "unknown_plot": "地块编号不在台账里，也不是现有地块的来源地块",
    "no_area": "没有填认定面积",
}
"""Why a record does not count at all."""
PART_REASON_WORDS = {
    "above_part": "超出项目涉及部分的面积",
    "above_plot": "超出地块面积",
    "same_plot": "同一地块已认定，不重复计",
    "predecessor": "分割、合并前后的地块已计，不重复计",
    "parts_overlap": "与其他项目的范围重叠，重叠部分只计一次",
    "plots_overlap": "与其他已认定地块图形重叠，重叠部分只计一次",
    "revoked_uncounted": "撤销的面积中原来没有计入的部分，不再冲减",
}
"""Why a record counts for less than it says."""
ZERO_AREA_WORDS = "登记的认定面积是零，没有面积可计"
"""What is said of a record that would count if it said how much; its new floor area counts."""
_SHOWN_M2 = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class RevitalisationLedger:
    """One ledger as of a state; areas in m2, exact to GRID_M2, so sums are the same in any order."""

    ledger: str
    ledger_zh: str
    day: date
    revision: int
    data_on: date
    note: str
    entries: pd.DataFrame
    """One row per recognition of the ledger, counted or not, in the order of counting. recognition_code,
    project_code, plot_code, mode, event, document_no, checker; recognised_on (datetime64); area_m2,
    new_gfa_gross_m2, new_gfa_net_m2 as recorded; counted_m2, counted_gfa_gross_m2, counted_gfa_net_m2 (signed; sums
    give the totals, up to any day too); status (one of WHOLE_REASON_WORDS or ""); a column of PART_REASON_WORDS
    each; reason (Chinese, "" if wholly counted); town_code, park_code, plot_name (of the plot, or of the largest one
    made from it)."""
    postings: pd.DataFrame
    """recognition_code, recognised_on, mode, plot_code (on the register), town_code, park_code, counted_m2,
    counted_gfa_gross_m2, counted_gfa_net_m2: what each record adds to each plot. Sums by town and park agree with the
    zone statistics also where a plot was split over two of them."""


def revitalisation_ledger(workspace: Workspace, ledger: str | None, state: AsOf) -> RevitalisationLedger:
    """Return a ledger with every record, what it counts for, and why not for more.

    Parameters
    ----------
    workspace : Workspace
    ledger : str or None
        Its code; None is the policy's default_ledger.
    state : AsOf
        Registers as they were; the day of the count, whose numbers hold.

    Returns
    -------
    RevitalisationLedger
        Shared by all who ask: never change its frames. The cumulative at a day D up to state.day is
        entries[recognised_on <= D].counted_m2.sum().

    Raises
    ------
    NotFoundError
        No such ledger, or a number of the rule book does not hold yet on the day.
    """
    code = (
        workspace.policy_at(state.revision).value("default_ledger", state.day) if ledger is None else ledger
    )
    words = ledger_words(workspace)
    if code not in words:
        raise NotFoundError(f"没有台账口径“{code}”；可用：{'、'.join(words)}。")
    frames = _counted(workspace, code, state)
    return RevitalisationLedger(
        ledger=code,
        ledger_zh=words[code],
        day=state.day,
        revision=state.revision,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        note=state.note,
        entries=frames.entries,
        postings=frames.postings,
    )


def ledger_words(workspace: Workspace) -> Mapping[str, str]:
    """Return the ledgers' names by code."""
    return workspace.layer("recognitions").field("ledger").code_labels


def revitalisation_areas(workspace: Workspace, ledger: str, state: AsOf) -> pd.DataFrame:
    """Return recognised, doing and planned area and new floor area of each plot, as a ledger counts them.

    Parameters
    ----------
    workspace : Workspace
    ledger : str
        Its code, one there is.
    state : AsOf

    Returns
    -------
    DataFrame by plot_code: recognised_m2, doing_m2, planned_m2, new_gfa_gross_m2, new_gfa_net_m2 (m2)
        Shared by all who ask: never change it.
    """
    versions = workspace.register_revisions(REGISTERS, state.revision)
    key = ("revitalisation_areas", versions, state.day, ledger)
    return workspace.cache.get(key, lambda: _areas(workspace, ledger, state))


@dataclass(frozen=True, slots=True)
class _Frames:
    """What one count of a ledger gives, see `RevitalisationLedger`."""

    entries: pd.DataFrame
    postings: pd.DataFrame


def _counted(workspace: Workspace, code: str, state: AsOf) -> _Frames:
    """Return what a ledger counts, counted once per state of its registers."""
    versions = workspace.register_revisions(REGISTERS, state.revision)
    key = ("revitalisation_ledger", versions, state.day, code)
    return workspace.cache.get(key, lambda: _count(workspace, code, state))


def entries_of(
    workspace: Workspace,
    ledger: str,
    state: AsOf,
    registers: Mapping[str, pd.DataFrame],
    site_area_m2: pd.Series,
) -> pd.DataFrame:
    """Return the entries that a ledger has for some plots, counted without the others.

    They are those of the whole ledger as long as no land of the plots is in others that are left out, and none of the
    plots was made from others or became others that are left out.

    Parameters
    ----------
    workspace : Workspace
    ledger : str
        Its code, one there is.
    state : AsOf
    registers : mapping
        Of plots, project_plots and recognitions the records that are about the plots.
    site_area_m2 : Series by plot_code
        Of the plots.

    Returns
    -------
    DataFrame, see `RevitalisationLedger`
        Without plot_name, town_code and park_code; reason is "" too where a record does not count at all.
    """
    counted = _counting(workspace, ledger, state, registers, site_area_m2)
    entries = _counted_records(counted)
    is_less = (entries[list(PART_REASONS)].to_numpy() != 0).any(axis=1)
    entries["reason"] = loss_reasons(entries[is_less]).reindex(entries.index, fill_value="")
    return _in_order(entries)


def _count(workspace: Workspace, code: str, state: AsOf) -> _Frames:
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    counted = _counting(workspace, code, state, _registers(workspace, state), facts["site_area_m2"])
    postings = _postings(counted, facts)
    return _Frames(
        entries=_entries(counted, postings, facts),
        postings=postings.drop(columns="record"),
    )


def _counting(
    workspace: Workspace,
    code: str,
    state: AsOf,
    registers: Mapping[str, pd.DataFrame],
    site_area_m2: pd.Series,
) -> LedgerCounting:
    policy = workspace.policy_at(state.revision)
    tolerance_m2 = float(policy.value("overlap_tolerance_m2", state.day))
    known = known_land(workspace, state.revision, tolerance_m2)
    return count_ledger(registers, site_area_m2, code, policy, state.day, known)


def _areas(workspace: Workspace, code: str, state: AsOf) -> pd.DataFrame:
    """Return what a ledger counts by plot; made when asked for, since it has a row for every plot of the register."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    registers, policy = _registers(workspace, state), workspace.policy_at(state.revision)
    counted = _counting(workspace, code, state, registers, facts["site_area_m2"])
    return revitalised_by_plot(registers, counted, policy, state.day)


def _registers(workspace: Workspace, state: AsOf) -> dict[str, pd.DataFrame]:
    return {name: workspace.store.read(name, revision=state.revision) for name in REGISTERS}


def _postings(counted: LedgerCounting, facts: pd.DataFrame) -> pd.DataFrame:
    rows = counted.counting.postings
    of_record = counted.records[["recognition_code", "recognised_on", "mode"]].reindex(rows["record"])
    of_plot = facts[["town_code", "park_code"]].reindex(rows["plot_code"])
    return pd.concat([of_record.set_axis(rows.index), of_plot.set_axis(rows.index), rows], axis=1)


def _entries(counted: LedgerCounting, postings: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    entries, records = _counted_records(counted), counted.records
    largest = postings.loc[postings["counted_m2"].abs().sort_values(kind="stable").index]
    standing = largest.drop_duplicates("record", keep="last").set_index("record")["plot_code"]
    place = records["plot_code"].where(records["plot_code"].isin(facts.index))
    place = place.fillna(standing.reindex(records.index))
    of_plot = facts[["town_code", "park_code", "name"]].reindex(place).set_axis(records.index)
    entries = pd.concat([entries, of_plot.rename(columns={"name": "plot_name"})], axis=1)
    entries["reason"] = loss_reasons(entries)
    return _in_order(entries)


def _counted_records(counted: LedgerCounting) -> pd.DataFrame:
    records = counted.records.drop(columns=["ledger", "source_file", "source_row"])
    return pd.concat([records, counted.counting.records], axis=1)


def _in_order(entries: pd.DataFrame) -> pd.DataFrame:
    return entries.sort_values(["recognised_on", "recognition_code"], kind="stable", ignore_index=True)


def loss_reasons(entries: pd.DataFrame, unit: str = "m2") -> pd.Series:
    """Return why each entry does not count, or not wholly, or adds no area, "" where it does.

    Parameters
    ----------
    entries : DataFrame
        Of a `RevitalisationLedger`: status, area_m2 and PART_REASON_WORDS (m2).
    unit : {"m2", "mu", "ha"}
        For land in the words.

    Returns
    -------
    Series of str, on the same index
    """
    words = entries["status"].map(WHOLE_REASON_WORDS).fillna("").astype(object)
    for name in PART_REASONS:
        lost = entries[name].abs()
        lost = lost[(lost >= _SHOWN_M2).to_numpy(bool, na_value=False)]
        text = lost.map(lambda lost_m2, name=name: f"{PART_REASON_WORDS[name]} {area_words(lost_m2, unit)}")
        before = words[lost.index]
        words[lost.index] = before + before.map(lambda so_far: "；" if so_far else "") + text
    is_zero = (entries["area_m2"] == 0).to_numpy(bool, na_value=False) & (words == "")
    return words.mask(is_zero, ZERO_AREA_WORDS).astype("str")
