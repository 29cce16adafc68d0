"""After any edits the facts brought up are those made anew: random edits of all registers, and their undoing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from pandas.testing import assert_frame_equal

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.rule import Subject
from geoapp.services import plot_facts as facts_module
from geoapp.services.alarms import all_alarms
from geoapp.services.as_of import AsOf
from geoapp.services.cache import Cache
from geoapp.services.plot_facts import facts_holding, plot_facts
from geoapp.services.plot_links import REGISTERS
from geoapp.services.rule_book import subject_reasons
from geoapp.services.rule_facts import rule_facts
from geoapp.services.workspace import Workspace
from tests.small_district import SOUTH, WEST, write

DAY = date(2026, 3, 1)
PLOT_CODES = [f"P{number:02}" for number in range(14)]
ENTERPRISES = ["E1", "E2", "E3", "E4"]
PROJECTS = ["X1", "X2", "X3"]


def one_of(rng: np.random.Generator, values: list, missing: float = 0.0) -> Any:
    return None if rng.random() < missing else values[rng.integers(len(values))]


def number(rng: np.random.Generator, missing: float = 0.2) -> float | None:
    return None if rng.random() < missing else float(rng.integers(1, 40)) * 500


def shape(rng: np.random.Generator, missing: float = 0.0) -> shapely.Geometry | None:
    """On a coarse grid, so that plots meet, cover one another or lie apart."""
    east, width = WEST + 100 * int(rng.integers(20)), 100 * int(rng.integers(1, 3))
    return None if rng.random() < missing else shapely.box(east, SOUTH, east + width, SOUTH + 150)


RECORDS: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "plots": lambda rng: {
        "plot_code": one_of(rng, PLOT_CODES), "uscc": one_of(rng, ENTERPRISES, 0.5), "area_reg_m2": number(rng),
        "gfa_far_m2": number(rng), "low_efficiency_status": one_of(rng, ["recognised", "closed"], 0.8),
        "predecessors": one_of(rng, [*PLOT_CODES, "P01;P02", "OLD"], 0.9), "geometry": shape(rng, 0.1),
        "town_code": one_of(rng, ["T1", "T2"], 0.2), "gfa_actual_m2": number(rng),
        "term_end_on": one_of(rng, ["2020-01-01", "2026-04-01", "2060-01-01"], 0.3),
    },
    "buildings": lambda rng: {
        "building_code": one_of(rng, ["B1", "B2", "B3"]), "plot_code": one_of(rng, PLOT_CODES), "storeys": 2,
        "storey_height_m": one_of(rng, [4.0, 9.0], 0.2), "gfa_m2": number(rng), "footprint_m2": number(rng),
        "geometry": shape(rng),
    },
    "enterprises": lambda rng: {
        "uscc": one_of(rng, ENTERPRISES), "name": "示例企业", "industry_code": one_of(rng, ["3441", "2921"], 0.3),
        "status": one_of(rng, ["halted", "operating"], 0.2), "status_on": one_of(rng, ["2024-01-01"], 0.3),
    },
    "occupancies": lambda rng: {
        "plot_code": one_of(rng, PLOT_CODES), "uscc": one_of(rng, ENTERPRISES), "area_m2": number(rng),
        "role": one_of(rng, ["owner", "tenant"]), "to_on": one_of(rng, ["2020-12-31"], 0.8),
    },
    "performance": lambda rng: {
        "uscc": one_of(rng, ENTERPRISES), "year": int(rng.integers(2023, 2026)), "tax_wan": number(rng),
        "grade": one_of(rng, ["A", "D"], 0.2),
    },
    "evaluations": lambda rng: {
        "uscc": one_of(rng, ENTERPRISES), "year": int(rng.integers(2023, 2026)), "grade": one_of(rng, ["B", "D"], 0.2),
        "source": one_of(rng, ["ours", "official"]),
    },
    "projects": lambda rng: {
        "project_code": one_of(rng, PROJECTS), "name": "示例项目", "stage": one_of(rng, ["P02", "P06", "PX"]),
    },
    "project_plots": lambda rng: {
        "project_code": one_of(rng, PROJECTS), "plot_code": one_of(rng, PLOT_CODES[:6]), "area_m2": number(rng, 0.5),
        "geometry": shape(rng, 0.5),
    },
    "recognitions": lambda rng: {
        "recognition_code": one_of(rng, ["R1", "R2", "R3"]), "project_code": one_of(rng, PROJECTS, 0.5),
        "plot_code": one_of(rng, [*PLOT_CODES[:6], "OLD"]), "ledger": "JX_TL", "recognised_on": "2024-05-01",
        "area_m2": number(rng), "new_gfa_gross_m2": number(rng),
    },
    "land_supplies": lambda rng: {
        "supply_code": one_of(rng, ["G1", "G2", "G3"]), "plot_code": one_of(rng, PLOT_CODES),
        "supplied_on": "2022-01-01", "agreed_start_on": one_of(rng, ["2024-01-01", "2025-12-01"], 0.2),
        "is_government_delay": False,
    },
    "plot_problems": lambda rng: {
        "problem_code": one_of(rng, ["W1", "W2", "W3"]), "plot_code": one_of(rng, PLOT_CODES, 0.5),
        "uscc": one_of(rng, ENTERPRISES, 0.3), "kind": one_of(rng, ["fire", "default"]), "found_on": "2025-01-01",
        "resolved_on": one_of(rng, ["2025-06-01"], 0.7),
    },
}  # fmt: skip


TRANSACTIONS = [
    {
        "transaction_code": f"T{place}", "plot_code": code, "kind": "transfer", "transferor": "甲厂",
        "transferee": "乙厂", "applied_on": "2025-01-01", "signed_on": "2025-02-01",
        "price_wan": 100.0, "appraisal_wan": 300.0, "area_m2": 1000.0, "gfa_m2": 500.0,
    }
    for place, code in enumerate(PLOT_CODES[:3])
]  # fmt: skip
"""Waiting for long, and far below the appraisal: alarms that say in which town the plot is."""


def edit(workspace: Workspace, register: str, rng: np.random.Generator) -> None:
    """Add, change or withdraw a record."""
    if rng.random() < 0.7:
        write(workspace, **{register: [RECORDS[register](rng)]})
        return
    records = workspace.store.read(register)
    if len(records):
        record = records.iloc[int(rng.integers(len(records)))]
        key = tuple(record[name] for name in workspace.layer(register).key)
        change = RegisterChange(None, [key])
        workspace.store.write({register: change}, kind=RevisionKind.EDIT, user="tester")


def undo(workspace: Workspace, register: str, revision: int) -> None:
    """Give the register back what it was."""
    names = list(workspace.layer(register).key)
    before, now = workspace.store.read(register, revision=revision), workspace.store.read(register)
    known = set(before[names].itertuples(index=False, name=None))
    removed = [key for key in now[names].itertuples(index=False, name=None) if key not in known]
    workspace.store.write(
        {register: RegisterChange(before, removed)}, kind=RevisionKind.REVERT, user="tester"
    )


def check(workspace: Workspace) -> None:
    fresh = replace(workspace, cache=Cache())
    anew = plot_facts(fresh, day=DAY)
    state = AsOf(workspace.store.revision(), DAY, is_now=False)
    for code in anew.index[
        :: max(len(anew) // 4, 1)
    ]:  # before all are brought up: what holds may be older facts
        held = facts_holding(workspace, code, day=DAY)
        assert_frame_equal(held.loc[[code]], anew.loc[[code]], check_exact=True)
        said = subject_reasons(workspace, state, Subject.PLOT, code)
        assert said == subject_reasons(fresh, state, Subject.PLOT, code)
    assert_frame_equal(all_alarms(workspace, state), all_alarms(fresh, state), check_exact=True)
    facts = rule_facts(workspace, Subject.TRANSACTION, state)
    assert_frame_equal(facts, rule_facts(fresh, Subject.TRANSACTION, state), check_exact=True)
    assert_frame_equal(plot_facts(workspace, day=DAY), anew, check_exact=True)


@pytest.mark.slow
@pytest.mark.no_cover  # random edits; those worked out by hand are below and beside
@pytest.mark.parametrize("seed", range(2))
def test_facts_after_any_edits_are_those_made_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(facts_module, "_LARGEST_SHARE_BROUGHT_UP", 9.0)
    rng = np.random.default_rng(seed)
    plots = [RECORDS["plots"](rng) | {"plot_code": code} for code in PLOT_CODES]
    write(workspace, plots=plots, transactions=TRANSACTIONS)
    check(workspace)
    assert {"transaction", "term"} <= set(all_alarms(workspace, AsOf(1, DAY, is_now=False))["kind"])
    for _ in range(9):
        register = one_of(rng, [*REGISTERS, "plots", "plots"])
        revision = workspace.store.revision()
        edit(workspace, register, rng)
        check(workspace)
        if rng.random() < 0.3:
            undo(workspace, register, revision)
            check(workspace)


def test_a_change_of_the_rule_book_reaches_every_plot(workspace: Workspace) -> None:
    rng = np.random.default_rng(7)
    write(workspace, plots=[RECORDS["plots"](rng) | {"plot_code": code} for code in PLOT_CODES])
    check(workspace)
    change = {"number_id": "low_far", "valid_from_on": "2026-01-01", "value": "0.1", "document_no": "文1",
              "reason": "试", "entered_by": "分局"}  # fmt: skip
    write(workspace, policy_values=[change])
    check(workspace)


def test_an_edit_reaches_only_the_plots_of_the_same_enterprise(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plots = [
        {"plot_code": f"Q{number:02}", "uscc": f"U{number // 2}", "geometry": None} for number in range(20)
    ]
    write(workspace, plots=plots)
    plot_facts(workspace, day=DAY)
    asked: list[list[str]] = []
    make = facts_module.compute_plot_facts

    def listen(registers: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(list(registers["plots"]["plot_code"]))
        return make(registers, *arguments, **named)

    monkeypatch.setattr(facts_module, "compute_plot_facts", listen)
    write(workspace, plots=[plots[6] | {"area_reg_m2": 9_000.0}])
    assert plot_facts(workspace, day=DAY).loc["Q06", "site_area_m2"] == 9_000
    assert [sorted(codes) for codes in asked] == [["Q06", "Q07"]]
