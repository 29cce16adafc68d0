"""The rules that rest on what is noted case by case, recomputed plot by plot: the same plots as by the rule book."""

from datetime import date

import pytest

from geoapp.services.plot_facts import plot_facts
from geoapp.services.verify import source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.plots import plain_plots
from geoapp.verification.supplies import months_between
from tests.small_district import write

DAY = date(2026, 3, 1)
IDLE = {"supplied_on": "2022-01-01", "is_government_delay": False}
SUPPLIES = [
    IDLE | {"supply_code": "G1", "plot_code": "P01", "agreed_start_on": "2025-03-01"},  # twelve months late
    IDLE | {"supply_code": "G2", "plot_code": "P02", "agreed_start_on": "2025-03-02"},  # eleven
    IDLE | {"supply_code": "G3", "plot_code": "P03", "agreed_start_on": "2023-01-01", "started_on": "2024-01-01",
            "stopped_since_on": "2025-02-28", "invest_done_wan": 24.0, "invest_total_wan": 100.0},
    IDLE | {"supply_code": "G4", "plot_code": "P04", "agreed_start_on": "2023-01-01", "is_government_delay": True},
    IDLE | {"supply_code": "G5", "plot_code": "P05"},
    IDLE | {"supply_code": "G6", "plot_code": "P06", "started_on": "2024-01-01", "stopped_since_on": "2025-06-01"},
    IDLE | {"supply_code": "G7", "plot_code": "P07", "started_on": "2024-01-01"},
]  # fmt: skip
PROBLEMS = [
    {"problem_code": "W1", "plot_code": "P08", "kind": "fire", "found_on": "2025-01-01"},
    {
        "problem_code": "W2",
        "plot_code": "P09",
        "kind": "fire",
        "found_on": "2025-01-01",
        "resolved_on": "2025-02-01",
    },
    {"problem_code": "W3", "uscc": "U10", "kind": "obsolete", "found_on": "2025-01-01"},
    {"problem_code": "W4", "plot_code": "P11", "kind": "illegal", "found_on": "2025-01-01"},
]
ENTERPRISES = [
    {"uscc": "U12", "status": "halted", "status_on": "2025-01-01"},
    {"uscc": "U13", "status": "halted"},
    {"uscc": "U14", "status": "operating"},
]
OCCUPANCIES = [{"plot_code": "P15", "uscc": "U15", "role": "tenant", "area_m2": 800.0}]
LIMIT = {"number_id": "low_leased_share", "valid_from_on": "2026-01-01", "value": "80%", "document_no": "文",
         "reason": "试", "entered_by": "分局"}  # fmt: skip
HIT = {"P01", "P03", "P08", "P10", "P12", "P15", "P16"}


@pytest.fixture
def noted(workspace: Workspace) -> Workspace:
    plots = [
        {"plot_code": f"P{number:02}", "uscc": None if number == 15 else f"U{number:02}", "area_reg_m2": 1_000.0,
         "geometry": None}
        for number in range(1, 19)
    ]  # fmt: skip
    plots[15] |= {"vacancy_percent": 50.0, "vacant_since_on": "2025-03-01"}
    plots[16] |= {"vacancy_percent": 90.0}
    write(
        workspace, plots=plots, land_supplies=SUPPLIES, plot_problems=PROBLEMS, enterprises=ENTERPRISES,
        occupancies=OCCUPANCIES, policy_values=[LIMIT],
    )  # fmt: skip
    return workspace


def test_both_paths_find_the_same_plots(noted: Workspace) -> None:
    plain = {p.code: p.by_rule for p in plain_plots(source_of(noted, noted.store.revision(), DAY))}
    assert {code for code, answer in plain.items() if answer == "yes"} == HIT
    assert plot_facts(noted, day=DAY)["low_efficiency_by_rule"].to_dict() == plain


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("LE06、LE07、LE08、LE09、LE10、LE11、LE12", set()),
        ("LE10", HIT - {"P01", "P03"}),
        ("ID1", HIT - {"P01"}),
    ],
)
def test_rules_switched_off_count_on_neither_path(noted: Workspace, rules: str, left: set[str]) -> None:
    write(noted, policy_values=[LIMIT | {"number_id": "rules_disabled", "value": rules}])
    plain = {p.code: p.by_rule for p in plain_plots(source_of(noted, noted.store.revision(), DAY))}
    assert {code for code, answer in plain.items() if answer == "yes"} == left
    assert plot_facts(noted, day=DAY)["low_efficiency_by_rule"].to_dict() == plain


@pytest.mark.parametrize(
    ("start", "months"), [(date(2025, 3, 1), 12), (date(2025, 3, 2), 11), (date(2026, 1, 31), 1)]
)
def test_months_are_whole(start: date, months: int) -> None:
    assert months_between(start, date(2026, 2, 28) if months == 1 else DAY) == months
