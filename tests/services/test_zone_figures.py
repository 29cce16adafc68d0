"""After any edits the figures of a zone table brought up are those computed from nothing, bit for bit."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from scipy import sparse

from geoapp.services import zone_figures as figures_module
from geoapp.services.cache import Cache
from geoapp.services.workspace import Workspace
from geoapp.services.zone_figures import changed_rows
from geoapp.services.zone_statistics import zone_statistics
from tests.services.test_plot_facts_update import PLOT_CODES, RECORDS, edit, one_of, undo
from tests.small_district import box, write

DAY = date(2026, 3, 1)
REGISTERS = [
    "plots",
    "plots",
    "plots",
    "buildings",
    "performance",
    "occupancies",
    "recognitions",
    "control_zones",
]
QUESTIONS: list[dict[str, Any]] = [
    {"membership": "clip"},
    {"membership": "largest", "filter_text": "site_area_m2 > 3000"},
    {"membership": "centroid", "statistics": ("plot_ratio", "grades")},
]


def plot(rng: np.random.Generator, code: str | None = None) -> dict[str, Any]:
    """Return a plot whose areas have no end in binary, so that any other order of a sum shows."""
    own = RECORDS["plots"](rng)
    own["area_reg_m2"] = one_of(rng, [10_000 / number for number in range(1, 30)], 0.1)
    return own if code is None else own | {"plot_code": code}


def check(workspace: Workspace) -> None:
    for question in QUESTIONS:
        anew = zone_statistics(replace(workspace, cache=Cache()), zones="control_zones", day=DAY, **question)
        found = zone_statistics(workspace, zones="control_zones", day=DAY, **question)
        assert_frame_equal(found.rows, anew.rows, check_exact=True)
        assert (found.findings, found.area_basis) == (anew.findings, anew.area_basis)


@pytest.mark.slow
@pytest.mark.no_cover  # random edits; chosen ones are in test_zone_statistics.py
@pytest.mark.parametrize("seed", range(2))
def test_figures_after_any_edits_are_those_computed_from_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(figures_module, "_LARGEST_SHARE_UPDATED", 9.0)
    rng = np.random.default_rng(seed)

    def zone(number: int) -> dict[str, Any]:
        return {"zone_code": f"Z{number}", "name": "片区", "kind": "ZQ1",
                "geometry": box(250.3 * number, 260.7 + 90 * rng.random())}  # fmt: skip

    write(
        workspace,
        plots=[plot(rng, code) for code in PLOT_CODES],
        control_zones=[zone(number) for number in range(8)],
    )
    check(workspace)
    for _ in range(12):
        register, revision = one_of(rng, REGISTERS), workspace.store.revision()
        if register == "control_zones":
            write(workspace, control_zones=[zone(int(rng.integers(8)))])
        elif register == "plots" and rng.random() < 0.7:
            write(workspace, plots=[plot(rng)])
        else:
            edit(workspace, register, rng)
        check(workspace)
        if register != "control_zones" and rng.random() < 0.3:
            undo(workspace, register, revision)
            check(workspace)


def test_only_the_rows_that_an_edit_touches_are_computed_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = [{"zone_code": f"Z{number}", "name": "片区", "kind": "ZQ1", "geometry": box(200.0 * number, 200.0)}
             for number in range(9)]  # fmt: skip
    plots = [{"plot_code": f"A{number}", "area_reg_m2": 100.0, "geometry": box(200.0 * number + 50, 80.0)}
             for number in range(9)]  # fmt: skip
    write(workspace, control_zones=zones, plots=plots)
    before = zone_statistics(workspace, zones="control_zones", day=DAY).rows["site_area_m2"]
    computed = []
    compute = figures_module.compute_statistics

    def counting(facts: Any, weights: Any, statistics: Any) -> Any:
        computed.append((len(facts), weights.row_count))
        return compute(facts, weights, statistics)

    monkeypatch.setattr(figures_module, "compute_statistics", counting)
    write(workspace, plots=[plots[3] | {"area_reg_m2": 350.0}])
    after = zone_statistics(workspace, zones="control_zones", day=DAY).rows["site_area_m2"]

    # The plot's zone and the total, in one go over all plots that the district has; no other statistic.
    plot_count = len(workspace.store.read("plots"))
    assert computed == [(plot_count, 2)]
    assert (after - before)[after != before].tolist() == pytest.approx([250.0, 250.0])

    write(workspace, plots=[plots[5] | {"area_reg_m2": 100.0, "note": "无关的说明"}])
    zone_statistics(workspace, zones="control_zones", day=DAY)
    assert len(computed) == 1  # nothing that a figure is made from


def test_rows_of_weights_that_differ_are_found() -> None:
    old = sparse.csr_array([[1.0, 0.5, 0.0], [0.0, 0.5, 1.0], [1.0, 1.0, 1.0]])
    moved = sparse.csr_array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    assert changed_rows(old, moved).tolist() == [True, True, False]
    assert changed_rows(old, old).tolist() == [False, False, False]
    assert changed_rows(old, sparse.csr_array([[1.0]])).tolist() == [True]
