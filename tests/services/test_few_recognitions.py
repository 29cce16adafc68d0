"""A few recognitions say what they say among all of their ledgers, and what they say is by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.revitalisation import LedgerFinding
from geoapp.services import few_recognitions
from geoapp.services.as_of import as_of
from geoapp.services.few_recognitions import few_findings
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_gaps import record_gaps
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.workspace import Workspace
from tests.small_district import box, write

RECORD = {"ledger": "JX_TL", "event": "completion", "mode": "M01", "recognised_on": date(2024, 1, 1),
          "document_no": "〔2024〕1号"}  # fmt: skip


def record(code: str, plot_code: str | None, area_m2: float | None, **fields: object) -> dict[str, object]:
    return {**RECORD, "recognition_code": code, "plot_code": plot_code, "area_m2": area_m2, **fields}


PLOTS = [
    {"plot_code": "大", "area_reg_m2": 15e3, "geometry": box(0, 100)},
    {"plot_code": "旁", "area_reg_m2": 15e3, "geometry": box(200, 100)},
    {"plot_code": "压", "area_reg_m2": 15e3, "geometry": box(400, 100)},
    {"plot_code": "被压", "area_reg_m2": 15e3, "geometry": box(450, 100)},  # half of it on 压
    {"plot_code": "子", "area_reg_m2": 15e3, "predecessors": "父", "geometry": box(800, 100)},
    {"plot_code": "分", "area_reg_m2": 15e3, "geometry": box(1_000, 100)},
    {"plot_code": "无图", "geometry": None},
]
PROJECTS = [
    {"project_code": "X1", "name": "晚", "stage": "P02", "start_actual_on": date(2024, 5, 1)},
    {"project_code": "X2", "name": "甲", "stage": "P08"},
    {"project_code": "X3", "name": "乙", "stage": "PX"},
]
PARTS = [
    {"project_code": "X2", "plot_code": "分", "geometry": box(1_000, 60)},
    {"project_code": "X3", "plot_code": "分", "geometry": box(1_040, 60)},  # 20 m of both
]
RECOGNITIONS = [
    record("大1", "大", 16e3),
    record("大2", "大", 1e3, recognised_on=date(2024, 2, 1)),
    record("大3", "大", 1e3, ledger="ZRZY_CL", mode="M99", document_no=None),
    record("早", "旁", 1e3, project_code="X1"),
    record("多撤", "旁", -5e3, event="revocation", ledger="ZRZY_CL"),
    record("负", "旁", -5.0, ledger="ZRZY_CL"),
    record("压1", "压", 15e3),
    record("压2", "被压", 15e3, recognised_on=date(2024, 2, 1)),
    record("父1", "父", 10e3),
    record("子1", "子", 15e3, recognised_on=date(2024, 2, 1)),
    record("分1", "分", 9e3, project_code="X2"),
    record("分2", "分", 10e3, project_code="X3", recognised_on=date(2024, 2, 1)),
    record("无主", "大", 1e3, ledger="别的"),
    record("无地", "没有", 1e3, project_code="没有"),
    record("空", None, None, recognised_on=None),
    record("后", "无图", 1e3, recognised_on=date(2999, 1, 1)),
]


@pytest.fixture
def spoiled(workspace: Workspace) -> Workspace:
    """Recognitions with everything that can be wrong, of plots over one another, made from others, and alone."""
    write(workspace, plots=PLOTS, projects=PROJECTS, project_plots=PARTS, recognitions=RECOGNITIONS)
    return workspace


def of_all(workspace: Workspace) -> dict[str, set[LedgerFinding]]:
    """Return what the ledgers say, each counted as a whole, by recognition."""
    state = as_of(workspace)
    sites = plot_facts(workspace, revision=state.revision, day=state.day)["site_area_m2"]
    found: dict[str, set[LedgerFinding]] = {}
    for ledger in ledger_words(workspace):
        entries = revitalisation_ledger(workspace, ledger, state).entries
        for one in ledger_findings(workspace, entries, state.revision, state.day, sites, unit="mu"):
            found.setdefault(one.title, set()).add(one)
    return found


def of_few(workspace: Workspace, *codes: str) -> tuple[LedgerFinding, ...]:
    rows = np.flatnonzero(held_codes(workspace).isin(codes))
    return few_findings(workspace, as_of(workspace), rows, "mu")


def held_codes(workspace: Workspace) -> pd.Series:
    return workspace.store.read("recognitions")["recognition_code"]


def test_each_says_what_it_says_among_all(spoiled: Workspace) -> None:
    whole = of_all(spoiled)
    for code in (str(one["recognition_code"]) for one in RECOGNITIONS):
        found = of_few(spoiled, code)
        assert set(found) == whole.get(code, set()), code
        assert len(found) == len(set(found)), code
    together = of_few(spoiled, "大1", "压2", "无主")
    assert set(together) == whole["大1"] | whole["压2"] | whole["无主"]


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("大1", {"above_plot"}),  # 16,000 of 15,000 m2
        ("大2", {"overlapping"}),  # nothing is left of 大
        ("大3", {"unknown_mode", "no_document"}),
        ("早", {"before_project", "stage"}),
        ("多撤", {"revoked_more"}),  # nothing counts on 旁 in that ledger
        ("压1", set()),
        ("压2", {"overlapping"}),  # 7,500 m2 counted with 压1
        ("父1", set()),
        ("子1", {"overlapping"}),  # 10,000 m2 counted with 父1
        ("无主", {"unknown_ledger"}),
        ("无地", {"unknown_plot", "unknown_project"}),
        ("后", {"future"}),
    ],
)
def test_what_is_said_of_one(spoiled: Workspace, code: str, kinds: set[str]) -> None:
    assert {one.code for one in of_few(spoiled, code)} == kinds


def test_land_counted_twice_is_told_in_the_unit_asked_for(spoiled: Workspace) -> None:
    (mu,), (m2,) = (
        few_findings(spoiled, as_of(spoiled), np.flatnonzero(held_codes(spoiled) == "压2"), unit)
        for unit in ("mu", "m2")
    )
    # 7,500 m2 are 11.25 亩
    assert mu.message == "与其他已认定地块图形重叠，重叠部分只计一次 11.25 亩。"
    assert m2.message == "与其他已认定地块图形重叠，重叠部分只计一次 7,500.00 平方米。"


def test_an_edit_of_what_it_is_held_against_is_seen(spoiled: Workspace) -> None:
    def kinds(code: str) -> set[str]:
        return {one.code for one in of_few(spoiled, code)}

    assert kinds("大1") == {"above_plot"}
    write(spoiled, plots=[{**PLOTS[0], "area_reg_m2": 20e3}])
    assert kinds("大1") == set()
    assert kinds("大2") == set()  # 17,000 of 20,000 m2
    assert kinds("早") == {"before_project", "stage"}
    write(spoiled, projects=[{**PROJECTS[0], "stage": "P08", "start_actual_on": date(2023, 5, 1)}])
    assert kinds("早") == set()
    write(spoiled, plots=[{**PLOTS[3], "geometry": box(500, 100)}])
    assert kinds("压2") == set()
    write(spoiled, plots=[{**PLOTS[1], "geometry": box(0, 100)}])  # 旁 lies on 大 now: 1,000 m2 of 早 as well
    assert kinds("大1") == of_kinds(spoiled, "大1")
    write(spoiled, recognitions=[record("大1", "大", 21e3)])
    assert kinds("大1") == {"above_plot"}
    write(spoiled, project_plots=[{**PARTS[1], "geometry": box(1_060, 40)}])
    assert kinds("分2") == of_kinds(spoiled, "分2")


def test_a_number_of_the_rule_book_and_a_plot_taken_away_are_seen(spoiled: Workspace) -> None:
    def kinds(code: str) -> set[str]:
        return {one.code for one in of_few(spoiled, code)}

    assert kinds("压2") == {"overlapping"}
    number = {
        "number_id": "overlap_tolerance_m2", "valid_from_on": "2026-01-01", "document_no": "示例〔2026〕1号",
        "reason": "示例", "entered_by": "示例科", "value": "8000",
    }  # fmt: skip
    write(spoiled, policy_values=[number])
    assert kinds("压2") == of_kinds(spoiled, "压2") == set()  # 7,500 m2 are none now
    assert kinds("子1") == {"overlapping"}
    change = RegisterChange(spoiled.store.read("plots").iloc[:0], removed=[("子",)])
    spoiled.store.write({"plots": change}, kind=RevisionKind.EDIT, user="x")
    assert kinds("子1") == of_kinds(spoiled, "子1") == {"unknown_plot"}


def test_where_too_many_plots_hang_together_whole_ledgers_are_counted(
    spoiled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = as_of(spoiled)

    def said(code: str) -> list[str]:
        faults = record_gaps(spoiled, "recognitions", state, keys=[code]).faults
        return [fault.code for fault in faults]

    few = {code: said(code) for code in ("大1", "压2", "子1")}
    monkeypatch.setattr(few_recognitions, "_MOST_CONNECTED", 1)
    held = spoiled.store.read("recognitions")["recognition_code"]
    rows = [np.flatnonzero(held == code) for code in few]
    assert [few_recognitions.are_few(spoiled, state, row) for row in rows] == [True, False, False]
    assert {code: said(code) for code in few} == few == {
        "大1": ["above_plot"], "压2": ["overlapping"], "子1": ["overlapping"],
    }  # fmt: skip


def of_kinds(workspace: Workspace, code: str) -> set[str]:
    return {one.code for one in of_all(workspace).get(code, set())}


def test_one_plot_and_one_project_tell_of_their_recognitions(spoiled: Workspace) -> None:
    state = as_of(spoiled)

    def said(register: str, key: str) -> dict[str, list[str]]:
        faults = record_gaps(spoiled, register, state, keys=[key]).faults
        return {fault.code: [one.title for one in fault.findings] for fault in faults}

    assert said("plots", "大")["above_plot"] == ["大1"]
    assert said("projects", "X1") == {"before_project": ["早"], "stage": ["早"]}
    assert said("recognitions", "无主") == {"unknown_ledger": ["无主"]}
