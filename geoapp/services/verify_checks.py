"""How each kind of published table is held against the second path: what of its address it asks for, and compares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from geoapp.domain.listed import LIST_KINDS, ListKind
from geoapp.domain.reporting_period import parse_period
from geoapp.errors import UsageError
from geoapp.services.as_of import as_of
from geoapp.services.target_sets import find_target_set, target_sets
from geoapp.services.verify_lists import check_list
from geoapp.services.verify_records import RecordsCheck
from geoapp.services.verify_scenarios import PortfolioCheck, check_what_if
from geoapp.services.workspace import Workspace
from geoapp.verification.actuals import REGISTERS, Asked, Place
from geoapp.verification.alarms import alarm_figures
from geoapp.verification.changes import change_figures
from geoapp.verification.checking import (
    Checked,
    Difference,
    check_by_name,
    check_ledger,
    check_rows,
    check_statistics,
    check_trend,
    ledger_rows,
)
from geoapp.verification.checking_targets import check_opened, check_targets
from geoapp.verification.evaluation_figures import LIST_ROW, evaluation_figures
from geoapp.verification.figure import Figure
from geoapp.verification.ledgers import ledger_figures
from geoapp.verification.proofs import plot_proof_figures, zone_proof_figures
from geoapp.verification.published import Published, PublishedFigure
from geoapp.verification.published_others import part_of
from geoapp.verification.published_rules import ITSELF as COUNTS_ROW
from geoapp.verification.published_rules import VERDICTS
from geoapp.verification.published_tables import TOTAL_ROW
from geoapp.verification.rule_counts import (
    KNOWN,
    VERDICT,
    doubtful_subjects,
    rule_count_figures,
    rule_verdict_figures,
)
from geoapp.verification.source import Source
from geoapp.verification.supervision import REGISTERED, check_supervision, supervision_figures
from geoapp.verification.targets import target_figures, targets_in
from geoapp.verification.trends import zone_trend
from geoapp.verification.zone_figures import columns_of, plain_figures
from geoapp.verification.zones import FILE, OUTSIDE, TOTAL

_ONLY_TOTAL = "分区来自上传的文件，这里没有留存它的图形，只核对合计。"


@dataclass(frozen=True, slots=True)
class Check:
    """One table to be checked, and what that needs."""

    workspace: Workspace
    source_at: Callable[[int, date], Source]
    checked: Checked
    published: Published

    @property
    def source(self) -> Source:
        """Return the registers and rules of the table's state."""
        origin = self.published.fingerprint.origin
        return self.source_at(origin.revision, origin.day)

    def asked(self, name: str, default: str = "") -> str:
        """Return a parameter of the table's address."""
        return self.published.fingerprint.parameter(name, default)

    @property
    def path(self) -> list[str]:
        """Return the parts of the table's path, without the first."""
        return [unquote(part) for part in self.published.fingerprint.origin.path.split("/")[2:]]

    @property
    def zoning(self) -> dict[str, str]:
        """Return how the table divides the land."""
        return {
            "zones": self.asked("zones", "towns"), "membership": self.asked("membership", "clip"),
            "filter_text": self.asked("filter"), "zone_set": self.asked("zone_set"),
        }  # fmt: skip


def _statistics(check: Check) -> None:
    published, checked = check.published, check.checked
    expected = plain_figures(check.source, **check.zoning)
    figures = published.figures
    last = published.row_count - 1
    if check.asked("zones").startswith(FILE) and set(expected) == {TOTAL}:
        checked.notes.append(_ONLY_TOTAL)
        checked.is_whole = False
        figures = [
            figure.of_row(TOTAL) for figure in figures if figure.row == TOTAL or figure.position == last
        ]
    elif published.has_zones_only:
        zones = {key: row for key, row in expected.items() if key not in (OUTSIDE, TOTAL)}
        check_rows(checked, list(dict.fromkeys(figure.row for figure in figures)), zones, "分区")
    elif published.row_count != len(expected):
        checked.differences.append(Difference("表的行数", f"{len(expected)} 行", f"{published.row_count} 行"))
    check_statistics(checked, figures, expected, columns_of(check.source), published.fingerprint.unit)


def _trend(check: Check) -> None:
    published = check.published
    days = sorted({date.fromisoformat(figure.column) for figure in published.figures})
    expected = zone_trend(check.source, check.source_at, days, **check.zoning)
    columns = columns_of(check.source)
    check_trend(
        check.checked, published.figures, expected, columns, published.figure_name, published.fingerprint.unit
    )


def _ledger(check: Check) -> None:
    published, checked = check.published, check.checked
    first, last = (_day(check.asked(name)) for name in ("from", "to"))
    expected = ledger_figures(check.source, check.path[0], first, last)
    entries = {row: found for row, found in expected.items() if row != TOTAL_ROW}
    check_rows(checked, ledger_rows(published.figures), entries, "认定记录")
    check_ledger(checked, published.figures, expected, published.fingerprint.unit)


def _targets(check: Check) -> None:
    published, checked = check.published, check.checked
    target_set = find_target_set(check.workspace, check.path[0])
    place = _place(check.asked("scope"))
    expected, left_out = target_figures(check.source, target_set, place)
    checked.notes += [f"{target_set.indicator(name).zh}没有核对：{why}" for name, why in left_out.items()]
    check_targets(
        checked, published.figures, expected, target_set,
        lambda indicator: targets_in(target_set, indicator, place),
        unit=published.fingerprint.unit, day=published.fingerprint.origin.day,
    )  # fmt: skip


def _target(check: Check) -> None:
    target_set = find_target_set(check.workspace, check.path[0])
    indicator = target_set.indicator(check.path[1])
    asked = Asked(check.source, indicator, _place(check.asked("scope")))
    check_opened(check.checked, check.published, asked, target_set)


def _plot_proof(check: Check) -> None:
    code = "/".join(check.path[:-1])
    _compare(check, plot_proof_figures(check.source, code))


def _zone_proof(check: Check) -> None:
    *zones, _ = check.path
    zoning = check.zoning | ({} if check.asked("zones") else {"zones": zones[0]})
    _compare(check, zone_proof_figures(check.source, zone_key="/".join(zones[1:]), **zoning))


def _changes(check: Check) -> None:
    state = as_of(check.workspace, check.asked("from"), parameter="from")
    zoning = {name: value for name, value in check.zoning.items() if name != "zone_set"}
    expected = change_figures(check.source_at(state.revision, state.day), check.source, **zoning)
    part = check.published.part
    _compare(
        check,
        {row: found for row, found in expected.items() if part in ("", part_of(row))},
        check.published.fingerprint.unit,
    )


def _digest(check: Check) -> None:
    _compare(check, alarm_figures(check.source))


def _supervision(check: Check) -> None:
    expected = supervision_figures(
        check.source, find_target_set(check.workspace, check.asked("set")), _unit_kind(check.asked("by")),
        parse_period(check.asked("period")), check.asked("membership", REGISTERED),
    )  # fmt: skip
    check_supervision(check.checked, check.published.figures, expected, check.published.fingerprint.unit)


def _rules(check: Check) -> None:
    expected = rule_count_figures(check.source)
    check.published.figures = _known_to_both(check, {figure.row for figure in check.published.figures})
    _compare(check, expected)


def _known_to_both(check: Check, rules: set[str]) -> list[PublishedFigure]:
    """Return the figures of rules that the second path asks too; others are told as not verified."""
    check.checked.unverified |= dict.fromkeys(sorted(f"规则 {rule}" for rule in rules - KNOWN))
    return [figure for figure in check.published.figures if figure.row in KNOWN]


def _rule(check: Check) -> None:
    published, rule = check.published, check.path[0]
    if rule not in KNOWN:
        check.checked.unverified[f"规则 {rule}"] = None
        return
    answer = check.asked("verdict", "yes")
    doubtful = doubtful_subjects(check.source, rule)
    expected = {
        key: found
        for key, found in rule_verdict_figures(check.source, rule).items()
        if key not in doubtful and (answer == "all" or found[VERDICT].value == VERDICTS.get(answer))
    }
    if any(figure.row == COUNTS_ROW for figure in published.figures):
        expected[COUNTS_ROW] = rule_count_figures(check.source)[rule]
    published.figures = [figure for figure in published.figures if figure.row not in doubtful]
    _compare(check, expected)


def _evaluation(check: Check) -> None:
    year, published = check.asked("year"), check.published
    if not year.isdecimal():
        raise UsageError(f"指纹里的年度“{year[:20]}”不是年份。")
    expected = evaluation_figures(check.source, int(year), check.asked("list"), check.asked("weights"))
    has_lists = any(figure.row.startswith(LIST_ROW) for figure in published.figures)
    rows = {row: found for row, found in expected.items() if has_lists or not row.startswith(LIST_ROW)}
    _compare(check, rows, published.fingerprint.unit)


def _list(kind: ListKind) -> Callable[[Check], None]:
    return lambda check: check_list(kind, check.checked, check.source, check.published, check.path)


def _records(check: Check) -> None:
    register = check.path[0].removesuffix(".json")
    if register not in check.source.layers:
        raise UsageError(f"指纹里的台账“{register[:40]}”这里没有。")
    RecordsCheck(check.workspace, check.checked, check.source, check.published, register).run()


def _whatif(check: Check) -> None:
    sets = list(target_sets(check.workspace).values())
    check_what_if(check.checked, check.source, check.published, sets)


def _portfolio(check: Check) -> None:
    PortfolioCheck(check.checked, check.source, check.published).run()


def _compare(check: Check, expected: Mapping[str, Mapping[str, Figure]], unit: str = "m2") -> None:
    check_by_name(check.checked, check.published.figures, expected, unit)


CHECKS: Mapping[str, Callable[[Check], None]] = {
    "statistics": _statistics, "trend": _trend, "ledger": _ledger, "targets": _targets, "target": _target,
    "plot_proof": _plot_proof, "zone_proof": _zone_proof, "changes": _changes, "digest": _digest,
    "supervision": _supervision, "rules": _rules, "rule": _rule, "evaluation": _evaluation, "whatif": _whatif,
    "portfolio": _portfolio, "records": _records, **{kind.id: _list(kind) for kind in LIST_KINDS},
}  # fmt: skip
"""By the id of a kind of `geoapp.verification.reading.KINDS`."""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"指纹里的日期“{text[:40]}”不是日期。") from None


def _unit_kind(text: str) -> str:
    if text not in REGISTERS:
        raise UsageError(f"指纹里的责任单位“{text[:40]}”不认识。")
    return text


def _place(text: str) -> Place:
    kind, _, code = text.partition(":")
    if text and kind not in ("town", "park"):
        raise UsageError(f"指纹里的范围“{text[:40]}”不认识。")
    return Place(kind, code) if text else Place()
