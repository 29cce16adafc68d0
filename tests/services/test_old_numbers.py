"""An old state knows the numbers of its day: what the office changed later is not known there yet."""

from collections.abc import Callable
from datetime import date

import pytest

from geoapp.domain.fingerprint import Fingerprint
from geoapp.domain.target_ledger import Scope
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.far_tax_plots import far_tax_plots
from geoapp.services.fingerprints import figures_origin
from geoapp.services.plot_quality import plot_quality
from geoapp.services.target_sets import find_target_set
from geoapp.services.targets import target_ledger
from geoapp.services.verify import basis_note
from geoapp.services.whatif_plan import read_plan
from geoapp.services.workspace import Workspace
from tests.small_district import box, write

DAY = date(2026, 3, 1)
HALF_OFF = {
    "building_code": "B9", "plot_code": "DK-A", "storeys": 1, "storey_height_m": 5.0, "gfa_m2": 100.0,
    "footprint_m2": 100.0, "geometry": box(-500, 600),
}  # fmt: skip
CHANGES = {
    "quadrant_far": "1.7", "building_outside_share": "1", "whatif_building_modes": "M02", "include_base": "否",
}  # fmt: skip


def entered(number_id: str, value: str) -> dict[str, str]:
    return {
        "number_id": number_id, "valid_from_on": "2026-01-01", "value": value, "document_no": "示例〔2026〕1号",
        "reason": "示例", "entered_by": "示例科",
    }  # fmt: skip


@pytest.fixture
def states(district: Workspace) -> tuple[Workspace, AsOf, AsOf]:
    """A district in which the office changed numbers from a day long past, before and after it did."""
    write(district, buildings=[HALF_OFF])
    before = district.store.revision()
    write(district, policy_values=[entered(name, value) for name, value in CHANGES.items()])
    return district, as_of(district, f"{DAY}@{before}"), as_of(district, f"{DAY}@{before + 1}")


def may_build(workspace: Workspace, state: AsOf) -> bool:
    try:
        read_plan(workspace, {"mode": "M01", "far": "2"}, state)
    except UsageError:
        return False
    return True


def base_rules(workspace: Workspace, state: AsOf) -> set[str]:
    ledger = target_ledger(workspace, find_target_set(workspace, "plan_2021_2025"), state, Scope())
    return {
        row.base_rule for row in ledger.rows if row.indicator.kind == "total" and not row.indicator.base_rule
    }


ASKED: dict[str, tuple[Callable[[Workspace, AsOf], object], object, object]] = {
    "quadrants": (lambda workspace, state: far_tax_plots(workspace, state).far_limit, 1.0, 1.7),
    "quality": (lambda workspace, state: "超出所属地块" in plot_quality(workspace, state).words, True, False),
    "what_if": (may_build, True, False),
    "targets": (base_rules, {"register"}, {"excluded"}),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_state_before_the_change_has_the_old_number(
    states: tuple[Workspace, AsOf, AsOf], name: str
) -> None:
    workspace, before, after = states
    ask, old, new = ASKED[name]
    assert (ask(workspace, before), ask(workspace, after)) == (old, new)


def test_a_fingerprint_names_the_numbers_of_its_own_state(states: tuple[Workspace, AsOf, AsOf]) -> None:
    workspace, before, after = states
    origins = [figures_origin(workspace, "/", {}, state.revision, DAY) for state in (before, after)]
    assert origins[0].basis != origins[1].basis
    assert [
        basis_note(workspace, Fingerprint(origin=origin, unit="mu", digest="")) for origin in origins
    ] == ["", ""]
