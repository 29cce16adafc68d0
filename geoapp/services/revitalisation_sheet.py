"""The page of a revitalisation ledger: sums by town, park, mode and year, and the way from recorded to counted."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from geoapp.analysis.revitalised_counting import PART_REASONS, WHOLE_REASONS
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.fingerprint import Origin
from geoapp.domain.revitalisation import LedgerSheet, ReasonLine, SumLine
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.far_proof_inputs import proof_number
from geoapp.services.fingerprints import figures_origin
from geoapp.services.plot_facts import plot_facts
from geoapp.services.revitalisation import (
    PART_REASON_WORDS,
    WHOLE_REASON_WORDS,
    RevitalisationLedger,
    loss_reasons,
    revitalisation_areas,
    revitalisation_ledger,
)
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.workspace import Workspace
from geoapp.units import area_words

NUMBERS = (
    "default_ledger", "plan_period_start", "base_year", "include_base", "doing_stages", "planned_stages",
    "overlap_tolerance_m2",
)  # fmt: skip
NOWHERE = {"town_code": "未填镇街", "park_code": "园区之外", "mode": "未填方式"}
_SAME_M2 = 1e-3


def ledger_sheet(
    workspace: Workspace,
    ledger: str | None,
    state: AsOf,
    *,
    first: date | None = None,
    last: date | None = None,
    unit: str = "mu",
) -> LedgerSheet:
    """Return what the page of a ledger shows.

    Parameters
    ----------
    workspace : Workspace
    ledger : str or None
        Its code; None is the policy's default_ledger.
    state : AsOf
        Registers as they were; the day of the count.
    first, last : date, optional
        Of the period whose records are summed and listed; from the beginning, to the day of the count.
    unit : {"mu", "ha", "m2"}
        For land in sentences; the numbers are in m2.

    Raises
    ------
    NotFoundError
        No such ledger, or a number of the rule book does not hold yet on the day.
    UsageError
        The period ends before it begins.
    """
    _refuse_backwards(first, last)
    found = revitalisation_ledger(workspace, ledger, state)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    areas = revitalisation_areas(workspace, found.ledger, state)
    entries, postings = (_within(frame, first, last) for frame in (found.entries, found.postings))
    entries = entries.assign(reason=loss_reasons(entries, unit))
    until = found.entries[found.entries["recognised_on"] <= pd.Timestamp(last or state.day)]
    return LedgerSheet(
        ledger=found.ledger,
        ledger_zh=found.ledger_zh,
        day=state.day,
        is_now=state.is_now,
        revision=state.revision,
        data_on=found.data_on,
        note=found.note,
        is_demo=bool(found.entries["is_demo"].any()),
        first=first,
        last=last or state.day,
        base_words=_base_words(workspace, found, unit),
        plot_count=_plots_counted(postings),
        counted_m2=float(entries["counted_m2"].sum()),
        cumulative_m2=float(until["counted_m2"].sum()),
        gfa_gross_m2=float(entries["counted_gfa_gross_m2"].sum()),
        gfa_net_m2=float(entries["counted_gfa_net_m2"].sum()),
        doing_m2=float(areas["doing_m2"].sum()),
        planned_m2=float(areas["planned_m2"].sum()),
        reconciliation=_reconciliation(entries),
        check_words=_check_words(workspace, found, facts, unit),
        sums=_sums(workspace, postings, areas.join(facts[["town_code", "park_code"]]), state),
        entries=entries,
        findings=ledger_findings(
            workspace, found.entries, state.revision, state.day, facts["site_area_m2"], unit=unit
        ),
        numbers=_numbers(workspace, state),
        origin=_origin(workspace, found.ledger, first, last, state),
    )


def _refuse_backwards(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        raise UsageError(f"期间的止日 {last.isoformat()} 早于起日 {first.isoformat()}。请对调。")


def _origin(workspace: Workspace, ledger: str, first: date | None, last: date | None, state: AsOf) -> Origin:
    period = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
    return figures_origin(workspace, f"/ledgers/{ledger}", period, state.revision, state.day)


def _within(frame: pd.DataFrame, first: date | None, last: date | None) -> pd.DataFrame:
    on = frame["recognised_on"]
    is_early = on < pd.Timestamp(first or date.min)
    is_late = on > pd.Timestamp(last or date.max)
    return frame[~(is_early | is_late)]


def _reconciliation(entries: pd.DataFrame) -> tuple[ReasonLine, ...]:
    area = entries["area_m2"].fillna(0.0)
    lines = [
        _line("recorded", "登记的认定面积", area[area >= 0], area >= 0),
        _line("revoked", "撤销认定（负数记录）", area[area < 0], area < 0),
    ]
    for code in WHOLE_REASONS:
        is_out = entries["status"] == code
        lines.append(_line(code, WHOLE_REASON_WORDS[code], -area[is_out], is_out))
    for code in PART_REASONS:
        lost = entries[code]
        lines.append(_line(code, PART_REASON_WORDS[code], -lost, lost != 0))
    shown = [line for line in lines if line.record_count or line.id == "recorded"]
    counted = entries["counted_m2"]
    return (*shown, _line("counted", "计入盘活面积", counted, entries["status"] == ""))


def _line(code: str, zh: str, area_m2: pd.Series, is_concerned: pd.Series) -> ReasonLine:
    return ReasonLine(
        id=code, zh=zh, record_count=int(is_concerned.sum()), area_m2=float(area_m2.sum()) + 0.0
    )


def _base_words(workspace: Workspace, found: RevitalisationLedger, unit: str) -> str:
    policy, entries = workspace.policy_at(found.revision), found.entries
    start = policy.value("plan_period_start", found.day)
    year = policy.value("base_year", found.day)
    before = entries[entries["recognised_on"] < pd.Timestamp(start)]
    if policy.value("include_base", found.day):
        base_m2, how = float(before["counted_m2"].sum()), "计入累计"
    else:
        base_m2, how = float(before["area_m2"].sum()), "不计入累计，也不占用地块面积"
    return f"{year} 年基数（{start.isoformat()} 以前的认定）{area_words(base_m2, unit)}，{how}。"


def _check_words(workspace: Workspace, found: RevitalisationLedger, facts: pd.DataFrame, unit: str) -> str:
    if found.ledger != workspace.policy_at(found.revision).value("default_ledger", found.day):
        return ""
    statistics_m2, ledger_m2 = float(facts["recognised_m2"].sum()), float(found.entries["counted_m2"].sum())
    verdict = "相等" if abs(statistics_m2 - ledger_m2) < _SAME_M2 else "不相等，请报告这个错误"
    return (
        f"与分区统计核对：各分区与区外合计 {area_words(statistics_m2, unit)}，"
        f"本台账累计 {area_words(ledger_m2, unit)}，{verdict}。"
    )


def _sums(
    workspace: Workspace, postings: pd.DataFrame, areas: pd.DataFrame, state: AsOf
) -> Mapping[str, tuple[SumLine, ...]]:
    years = postings["recognised_on"].dt.year.map("{:.0f}".format)
    modes = workspace.layer("recognitions").field("mode").code_labels
    return {
        "镇街": _by_place(workspace, postings, areas, "town_code", "towns", state),
        "园区": _by_place(workspace, postings, areas, "park_code", "parks", state),
        "方式": _lines(postings, postings["mode"].fillna(""), {**modes, "": NOWHERE["mode"]}),
        "年份": _lines(postings, years, {year: f"{year} 年" for year in sorted(years.unique())}),
    }


def _by_place(
    workspace: Workspace,
    postings: pd.DataFrame,
    areas: pd.DataFrame,
    column: str,
    register: str,
    state: AsOf,
) -> tuple[SumLine, ...]:
    places = workspace.store.read(register, revision=state.revision).set_index(column)["name"]
    words = {str(code): str(name) for code, name in places.items()} | {"": NOWHERE[column]}
    open_ = areas[["doing_m2", "planned_m2"]].groupby(areas[column].fillna("")).sum()
    return _lines(postings, postings[column].fillna(""), words, open_)


def _lines(
    postings: pd.DataFrame, keys: pd.Series, words: Mapping[str, str], open_: pd.DataFrame | None = None
) -> tuple[SumLine, ...]:
    groups = postings.groupby(keys)
    columns = ["counted_m2", "counted_gfa_gross_m2", "counted_gfa_net_m2"]
    sums = groups[columns].sum().join(groups["recognition_code"].nunique())
    sums["plot_count"] = pd.Series({key: _plots_counted(rows) for key, rows in groups}, dtype="int64")
    if open_ is not None:
        open_ = open_[(open_ != 0).any(axis=1)]
        sums = sums.join(open_, how="outer").fillna(0.0)
    ranks = {key: rank for rank, key in enumerate(words)}
    ordered = sorted(sums.index, key=lambda key: (ranks.get(key, len(ranks)), key))
    return tuple(
        SumLine(
            key=str(key),
            zh=str(words.get(key, key)),
            record_count=int(row["recognition_code"]),
            plot_count=int(row["plot_count"]),
            counted_m2=float(row["counted_m2"]),
            gfa_gross_m2=float(row["counted_gfa_gross_m2"]),
            gfa_net_m2=float(row["counted_gfa_net_m2"]),
            doing_m2=None if open_ is None else float(row["doing_m2"]),
            planned_m2=None if open_ is None else float(row["planned_m2"]),
        )
        for key, row in ((key, sums.loc[key]) for key in ordered)
    )


def _numbers(workspace: Workspace, state: AsOf) -> tuple[ProofNumber, ...]:
    """Return the numbers of the rule book that the count goes by."""
    policy = workspace.policy_at(state.revision)
    return tuple(
        proof_number(policy, name, state.day, lambda value, _: _value_words(workspace, value))
        for name in NUMBERS
    )


def _plots_counted(postings: pd.DataFrame) -> int:
    """Return on how many plots something counts: what was recognised and revoked again comes to nothing."""
    return int((postings.groupby("plot_code")["counted_m2"].sum() > 0).sum())


def _value_words(workspace: Workspace, value: object) -> str:
    words = workspace.layer("projects").field("stage").code_labels
    match value:
        case bool():
            return "是" if value else "否"
        case date():
            return value.isoformat()
        case list():
            return "、".join(words.get(str(code), str(code)) for code in value)
        case str():
            return workspace.layer("recognitions").field("ledger").code_labels.get(value, value)
        case _:
            return f"{value:g}"
