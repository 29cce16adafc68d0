"""After edits of plots and control lines the verdicts brought up are those made anew."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from geoapp.analysis.development import development
from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services import statistic_facts as facts_module
from geoapp.services.as_of import AsOf
from geoapp.services.cache import Cache
from geoapp.services.statistic_facts import statistic_facts
from geoapp.services.workspace import Workspace
from tests.services.test_plot_facts_update import PLOT_CODES, RECORDS, edit, one_of, shape
from tests.small_district import write

NAMES = ["developable", "constrained"]


def check(workspace: Workspace) -> None:
    state = AsOf(workspace.store.revision(), date(2026, 3, 1), is_now=False)
    anew = statistic_facts(replace(workspace, cache=Cache()), NAMES, state)
    assert_frame_equal(statistic_facts(workspace, NAMES, state), anew, check_exact=True)


@pytest.mark.slow
@pytest.mark.no_cover  # random edits; those worked out by hand are below and beside
@pytest.mark.parametrize("seed", range(2))
def test_verdicts_after_any_edits_are_those_made_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(facts_module, "_LARGEST_SHARE_BROUGHT_UP", 9.0)
    rng = np.random.default_rng(seed)

    def plot() -> dict[str, Any]:
        own = {
            "landuse_code": one_of(rng, ["0601", "0701"], 0.2),
            "planned_use": one_of(rng, ["工业", "住宅"], 0.3),
        }
        return RECORDS["plots"](rng) | own | {"term_end_on": one_of(rng, ["2027-01-01", "2060-01-01"], 0.3)}

    check(workspace)
    write(workspace, plots=[plot() | {"plot_code": code} for code in PLOT_CODES])
    check(workspace)
    for _ in range(12):
        register = one_of(rng, ["plots", "plots", "recognitions", "control_lines", "withdrawal"])
        if register == "plots":
            write(workspace, plots=[plot()])
        elif register == "control_lines":
            line = {"line_code": one_of(rng, ["L1", "L2"]), "kind": "KX1", "geometry": shape(rng)}
            write(workspace, control_lines=[line])
        elif register == "withdrawal":
            key = (workspace.store.read("plots")["plot_code"].iloc[0],)
            change = RegisterChange(None, [key])
            workspace.store.write({"plots": change}, kind=RevisionKind.EDIT, user="tester")
        else:
            edit(workspace, register, rng)
        check(workspace)


def test_an_edit_judges_only_the_plot_it_touches(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plots = [{"plot_code": f"Q{number:02}", "landuse_code": "0601"} for number in range(20)]
    write(workspace, plots=plots)
    check(workspace)
    asked: list[list[str]] = []

    def listen(plots: Any, *arguments: Any) -> Any:
        asked.append(list(plots.index))
        return development(plots, *arguments)

    monkeypatch.setattr(facts_module, "development", listen)
    write(workspace, plots=[plots[6] | {"area_reg_m2": 9_000.0}])
    state = AsOf(workspace.store.revision(), date(2026, 3, 1), is_now=False)
    statistic_facts(workspace, NAMES, state)
    assert asked == [["Q06"]]
