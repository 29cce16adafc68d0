"""What rules hit, counted again: the same on both paths, and an altered count or verdict is named."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
from geoapp.domain.rule import Subject, Verdict
from geoapp.reports.record_table import record_table_bytes
from geoapp.rules.judgement import find_rules
from geoapp.services.as_of import AsOf
from geoapp.services.rule_book import rule_book, rule_entry, rule_findings, rule_verdicts
from geoapp.services.rule_tables import book_record, book_table, findings_table, rule_record
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.answers import above, below, either, every, reaches
from geoapp.verification.checking import Checked
from geoapp.verification.rule_counts import KNOWN, rule_answers
from tests.small_district import write

DAY = date(2026, 3, 1)
SUPPLY = {"plot_code": "P1", "supplied_on": "2024-01-01", "is_government_delay": False, "kind": "industrial"}
SUPPLIES = [
    SUPPLY
    | {"supply_code": "G1", "agreed_start_on": "2025-03-01", "is_standard_land": True},  # twelve months late
    SUPPLY | {"supply_code": "G2", "agreed_start_on": "2024-02-29", "is_standard_land": False},  # twenty-four
    SUPPLY | {"supply_code": "G3"},  # nobody knows when it should have begun
    SUPPLY | {"supply_code": "G4", "supplied_on": "2026-03-02"},  # to come
]
PLOT = {"area_reg_m2": 10_000.0, "geometry": None}
PLOTS = [
    PLOT | {"plot_code": "P1", "gfa_far_m2": 9_999.0, "uscc": "U1"},  # FAR 0.9999, industry known: below 1.0
    PLOT | {"plot_code": "P2", "gfa_far_m2": 10_000.0, "uscc": "U1"},  # 1.0 exactly
    PLOT | {"plot_code": "P3", "gfa_far_m2": 5_000.0},  # low, but the industry is not known
]
DEALS = [
    # 600 万元 for 10,000 m2 are 600 yuan; 660 recorded are 10 % off, 606 one percent.
    {"transaction_code": "T1", "plot_code": "P1", "kind": "transfer", "price_wan": 600.0, "area_m2": 10_000.0,
     "unit_price": 660.0, "transferee": "甲"},
    {"transaction_code": "T2", "plot_code": "P1", "kind": "transfer", "price_wan": 600.0, "area_m2": 10_000.0,
     "unit_price": 600.0, "transferee": "乙"},
]  # fmt: skip
COUNTED = {
    # rule: yes, unknown, no
    "LE04": (1, 1, 1), "ID1": (1, 1, 1), "ID2": (1, 1, 1), "R-LINE-8": (1, 1, 1), "TR1": (1, 0, 1), "LE10": (1, 2, 0),
}  # fmt: skip


@pytest.fixture
def ruled(workspace: Workspace) -> Workspace:
    write(
        workspace, plots=PLOTS, land_supplies=SUPPLIES, transactions=DEALS,
        enterprises=[{"uscc": "U1", "name": "甲", "industry_code": "C3441"}],
    )  # fmt: skip
    return workspace


def state_of(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=False)


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def first_path(workspace: Workspace, state: AsOf) -> dict[str, dict[str, bool | None]]:
    found = {}
    for subject in Subject:
        answers = rule_verdicts(workspace, state, subject)
        for rule in answers:
            values = answers[rule].astype(object).where(answers[rule].notna(), None)
            found[rule] = {str(key): value for key, value in values.items()}
    return found


def test_every_rule_has_a_second_path() -> None:
    assert {rule.id for rule in find_rules()} == KNOWN


def test_counts_are_those_worked_out_by_hand(ruled: Workspace) -> None:
    answers = rule_answers(source_of(ruled, ruled.store.revision(), DAY))
    for rule, (yes, unknown, no) in COUNTED.items():
        says = list(answers[rule].values())
        assert (says.count(True), says.count(None), says.count(False)) == (yes, unknown, no), rule
        entry = rule_entry(ruled, state_of(ruled), rule)
        assert (entry.yes_count, entry.unknown_count, entry.no_count) == (yes, unknown, no), rule


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2024, 2, 29)])
def test_both_paths_answer_alike_about_the_demo_district(demo_workspace: Workspace, day: date) -> None:
    source = source_of(demo_workspace, demo_workspace.store.revision(), day)
    assert rule_answers(source) == first_path(demo_workspace, state_of(demo_workspace, day))


def test_unknown_decides_only_where_nothing_else_does() -> None:
    assert (every(None, False), every(None, True), either(None, True), either(None, False)) == (
        False, None, True, None,
    )  # fmt: skip
    assert (below(1.0, 1.0), reaches(1.0, 1.0), above(1.0, 1.0), reaches(None, 1.0)) == (
        False, True, False, None,
    )  # fmt: skip


def book_files(workspace: Workspace, folder: Path) -> dict[str, Path]:
    book = rule_book(workspace, state_of(workspace))
    entry = rule_entry(workspace, book.state, "LE04")
    found = rule_findings(workspace, book.state, "LE04", None)
    contents = {
        "book.json": json.dumps(book_record(book)).encode(),
        "rule.json": json.dumps(rule_record(workspace, book.state, entry, found, None)).encode(),
    }
    for suffix in (".csv", ".xlsx"):
        contents[f"book{suffix}"] = record_table_bytes(book_table(workspace, book), suffix)
        table = findings_table(workspace, book.state, entry, found, None)
        contents[f"rule{suffix}"] = record_table_bytes(table, suffix)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


def test_files_are_computed_again_whatever_their_form(ruled: Workspace, tmp_path: Path) -> None:
    for name, path in book_files(ruled, tmp_path).items():
        checked = verified(ruled, path)
        assert ([found.text for found in checked.differences], checked.refusal) == ([], ""), name
        # 3 counts of each rule; the verdicts of 3 plots, beside which data has the rule's own counts
        expected = 3 * len(KNOWN) if name.startswith("book") else {"rule.json": 6}.get(name, 3)
        assert (checked.figure_count, checked.is_complete) == (expected, True), name


def altered_json(path: Path, change: Callable[[dict], None]) -> None:
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")


def test_altered_counts_and_verdicts_are_named(ruled: Workspace, tmp_path: Path) -> None:
    files = book_files(ruled, tmp_path)
    altered_json(files["book.json"], lambda record: record["rules"][3].update(yes_count=7))
    altered_json(files["rule.json"], lambda record: record["found"][0].update(verdict="no"))
    sheet = openpyxl.load_workbook(files["rule.xlsx"])
    sheet["记录"]["C4"] = "未命中"
    sheet.save(files["rule.xlsx"])
    lines = files["book.csv"].read_text("utf-8-sig").replace("LE04,容积率低,地块", "LE04,容积率低,地块", 1)
    before = next(line for line in lines.splitlines() if ",LE04," in line)
    files["book.csv"].write_text(
        lines.replace(before, before.replace(",生效,1,", ",生效,2,"), 1), "utf-8-sig"
    )
    texts = {
        name: [found.text for found in verified(ruled, path).differences] for name, path in files.items()
    }
    assert "rules[3].yes_count" in texts["book.json"][0]
    assert "found[0].verdict（P1）" in texts["rule.json"][0]
    assert "C4" in texts["rule.xlsx"][0]
    assert "命中（适用）" in texts["book.csv"][0]
    assert texts["book.xlsx"] == texts["rule.csv"] == []


def test_word_that_is_no_verdict_is_refused(ruled: Workspace, tmp_path: Path) -> None:
    path = book_files(ruled, tmp_path)["rule.csv"]
    path.write_text(path.read_text("utf-8-sig").replace(",命中,", ",也许,", 1), "utf-8-sig")
    with pytest.raises(Exception, match="“也许”，不是结论"):
        verified(ruled, path)


def test_rule_of_the_office_is_not_verified(ruled: Workspace, tmp_path: Path) -> None:
    state = state_of(ruled)
    book = rule_book(ruled, state)
    record = book_record(book)
    record["rules"].append({"id": "OWN", "yes_count": 1, "unknown_count": 0, "no_count": 0})
    rows = [
        (rule["id"], [rule[name] for name in ("yes_count", "unknown_count", "no_count")])
        for rule in record["rules"]
    ]
    record["fingerprint"] = take_fingerprint(parse_fingerprint(record["fingerprint"]).origin, "mu", rows).text
    path = tmp_path / "own.json"
    path.write_text(json.dumps(record), "utf-8")
    checked = verified(ruled, path)
    assert (checked.differences, checked.is_complete) == ([], False)
    assert "规则 OWN" in checked.unverified
    found = rule_findings(ruled, state, "LE04", Verdict.YES)
    own = rule_record(ruled, state, rule_entry(ruled, state, "LE04"), found, Verdict.YES)
    own["fingerprint"] = own["fingerprint"].replace("/rules/LE04", "/rules/OWN")
    path.write_text(json.dumps(own), "utf-8")
    assert "规则 OWN" in verified(ruled, path).unverified
