"""Compliance of a project and of a plan, and the swap across the control lines, worked out by hand."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.domain.rule import Subject, Verdict
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import as_of
from geoapp.services.compliance import ComplianceCheck, check_plots, check_project, swap_ledger
from geoapp.services.compliance_words import check_record
from geoapp.services.rule_book import rule_verdicts
from geoapp.services.swap_map import swap_lines, swap_plots
from geoapp.services.verify import source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.rule_counts import rule_answers
from tests.lending import Lender, lend_workspaces
from tests.small_district import box, write

PLOT = {"landuse_code": "0601", "planned_use": "100102", "area_reg_m2": 30_000.0}
PLOTS = [
    # a building coefficient of 10 %, below 30 %; a plot ratio of 0.5, below 1.0
    {
        "plot_code": "甲",
        **PLOT,
        "gfa_far_m2": 15_000.0,
        "footprint_m2": 3_000.0,
        "structure_yard_m2": 0.0,
        "geometry": box(0),
    },
    {"plot_code": "外", **PLOT, "geometry": box(5_000)},
]
PROJECT = {"project_code": "X1", "name": "甲厂改造", "stage": "P06", "mode": "M01", "far_after": 1.2}
MEMBERS = [{"project_code": "X1", "plot_code": code, "geometry": None} for code in ("甲", "没有")]
SUPPLY = {
    "supply_code": "S1", "name": "甲供地", "plot_code": "甲", "supplied_on": "2025-03-01", "area_m2": 20_000.0,
    "is_swap": True, "is_standard_land": False, "agreed_far": 1.5, "kind": "industrial",
}  # fmt: skip
RETIRED = {
    "recognition_code": "R1", "plot_code": "外", "ledger": "JX_TL", "mode": "M10", "event": "reclamation",
    "recognised_on": "2024-05-01", "document_no": "示例1号", "area_m2": 10_000.0,
}  # fmt: skip
LINE = {"line_code": "L1", "kind": "KX1", "geometry": box(-10, 300)}


def fill(workspace: Workspace) -> None:
    write(
        workspace, plots=PLOTS, projects=[PROJECT], project_plots=MEMBERS, land_supplies=[SUPPLY],
        recognitions=[RETIRED], control_lines=[LINE],
    )  # fmt: skip


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill)


@pytest.fixture
def filled(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """A project with its plots and supplies; the same from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def answers_of(found: ComplianceCheck, subject: Subject) -> dict[str, Verdict]:
    (checked,) = [one for one in found.subjects if one.subject is subject]
    return {hit.rule_id: hit.verdict for hit in checked.answers}


def test_a_project_is_checked_with_its_plots_and_supplies(filled: Workspace) -> None:
    found = check_project(filled, as_of(filled), "X1")
    assert [(one.subject, one.key) for one in found.subjects] == [
        (Subject.PROJECT, "X1"), (Subject.PLOT, "甲"), (Subject.SUPPLY, "S1"),
    ]  # fmt: skip
    assert found.missing == ("没有",)
    plot = answers_of(found, Subject.PLOT)
    assert plot["LE05"] is Verdict.YES
    assert plot["LE03"] is Verdict.UNKNOWN
    supply = answers_of(found, Subject.SUPPLY)
    assert supply["R-LINE-7"] is Verdict.YES  # 1.5 is below 2.0
    assert supply["R-LINE-8"] is Verdict.YES  # no standard land
    # the plan wants 2.0 of new building, the project plans 1.2
    assert answers_of(found, Subject.PROJECT)["SD5"] is Verdict.YES
    assert found.finding_count >= 4
    assert found.verdict.startswith("核对 3 个对象、")
    first = found.subjects[0].answers
    assert [hit.verdict for hit in first] == sorted(
        (hit.verdict for hit in first), key=["yes", "unknown", "no"].index
    )


def test_a_plan_is_checked_by_its_plots(filled: Workspace) -> None:
    found = check_plots(filled, as_of(filled), ["外", " 外 ", "没有"])
    assert [(one.subject, one.key) for one in found.subjects] == [(Subject.PLOT, "外")]
    assert found.missing == ("没有",)
    for codes, words in (
        ([""], "有 0 个"),
        (["没有"], "地块台账里没有没有"),
        ([str(n) for n in range(101)], "有 101 个"),
    ):
        with pytest.raises(UsageError, match=words):
            check_plots(filled, as_of(filled), codes)
    with pytest.raises(NotFoundError, match="项目台账里没有“X9”"):
        check_project(filled, as_of(filled), "X9")


def test_the_swap_balances_what_was_retired_outside_with_what_was_granted_inside(filled: Workspace) -> None:
    found = swap_ledger(filled, as_of(filled))
    # 10,000 m2 are 15 亩, 20,000 m2 are 30 亩
    assert (found.balance.retired_mu, found.balance.granted_mu, found.balance.balance_mu) == (15, 30, -15)
    assert found.retired["recognition_code"].tolist() == ["R1"]
    assert found.granted.index.tolist() == ["S1"]


def test_both_ends_of_the_swap_are_plots_on_the_map(filled: Workspace) -> None:
    gone = RETIRED | {"recognition_code": "R9", "plot_code": "已移除"}
    write(filled, recognitions=[gone])
    found = swap_ledger(filled, as_of(filled))
    ends = swap_plots(filled, found)
    assert [(plot.plot_code, plot.kind, plot.words) for plot in ends] == [
        ("外", "retired", "线外减少 15.00 亩"), ("甲", "granted", "线内置换新增 30.00 亩"),
    ]  # fmt: skip
    (line,) = swap_lines(filled, found)
    assert [plot.shape.intersects(line) for plot in ends] == [False, True]
    # a plot that is no longer there lies neither in nor out: it counts for nothing, and is named
    assert found.unplaced["recognition_code"].tolist() == ["R9"]
    assert found.balance.retired_mu == 15
    write(filled, land_supplies=[SUPPLY | {"supply_code": "S2", "area_m2": None}])
    without = swap_ledger(filled, as_of(filled))
    assert np.isnan(without.balance.granted_mu)
    assert np.isnan(without.balance.balance_mu)
    assert swap_plots(filled, without)[1].words == "线内置换新增 面积不明"


def test_land_that_changed_its_use_is_balanced_with_land_brought_in(filled: Workspace) -> None:
    ground = {"use_change_ground": "plan_adjustment", "use_change_document_no": "示例〔2026〕1号"}
    other = PLOT | {"planned_use": "0701"}
    write(filled, plots=[
        # inside the line, which runs from -10 to 300; 30,000 m2 are 45 亩, 10,000 m2 are 15 亩
        {"plot_code": "改", **other, **ground, "geometry": box(0)},
        {"plot_code": "没有文号", **other, "use_change_ground": "plan_adjustment", "geometry": box(0)},
        {"plot_code": "冲突", **other, "geometry": box(0)},
        {"plot_code": "仍是工业", **PLOT, **ground, "geometry": box(0)},
        {"plot_code": "线外改", **other, **ground, "geometry": box(5_000)},
        {"plot_code": "补", **PLOT, "area_reg_m2": 10_000.0, "makeup_document_no": "2号", "geometry": box(0)},
        {"plot_code": "线外补", **PLOT, "makeup_document_no": "2号", "geometry": box(5_000)},
    ])  # fmt: skip
    makeup = swap_ledger(filled, as_of(filled)).makeup
    assert makeup.changed.index.tolist() == ["改"]
    assert makeup.brought.index.tolist() == ["补"]
    assert makeup.open.index.tolist() == ["没有文号"]
    assert (makeup.changed_mu, makeup.brought_mu, makeup.balance_mu) == (45, 15, -30)
    answers = {
        code: answers_of(check_plots(filled, as_of(filled), [code]), Subject.PLOT)["R-LINE-1"]
        for code in ("改", "没有文号", "冲突", "仍是工业", "线外改")
    }
    assert answers == {
        "改": Verdict.NO, "没有文号": Verdict.UNKNOWN, "冲突": Verdict.YES, "仍是工业": Verdict.NO,
        "线外改": Verdict.NO,
    }  # fmt: skip
    (district,) = rule_verdicts(filled, as_of(filled), Subject.DISTRICT)["R-LINE-1B"].tolist()
    assert district is True  # 30 亩 short
    second = rule_answers(source_of(filled, filled.store.revision(), as_of(filled).day))
    assert second["R-LINE-1B"] == {"district": True}
    assert {code: second["R-LINE-1"][code] for code in answers} == {
        "改": False, "没有文号": None, "冲突": True, "仍是工业": False, "线外改": False,
    }  # fmt: skip
    drawn = swap_plots(filled, swap_ledger(filled, as_of(filled)))
    assert [(plot.plot_code, plot.kind, plot.words) for plot in drawn[2:]] == [
        ("改", "changed", "线内改出 45.00 亩"), ("补", "brought", "补入 15.00 亩"),
    ]  # fmt: skip


def test_as_much_brought_in_as_changed_is_in_balance(filled: Workspace) -> None:
    document = {"makeup_document_no": "示例〔2026〕2号"}
    changed = {
        "use_change_ground": "statutory_reserve",
        "use_change_document_no": "3号",
        "planned_use": "1404",
    }
    third, whole = {"area_reg_m2": 10_000.1}, {"area_reg_m2": 30_000.3}
    write(filled, plots=[
        {"plot_code": "改", **PLOT, **changed, **whole, "geometry": box(0)},
        *({"plot_code": f"补{n}", **PLOT, **document, **third, "geometry": box(0)} for n in range(3)),
    ])  # fmt: skip
    found = swap_ledger(filled, as_of(filled))
    assert found.makeup.balance_mu == 0
    assert found.counted_twice == ()
    assert rule_verdicts(filled, as_of(filled), Subject.DISTRICT)["R-LINE-1B"].tolist() == [False]
    # 甲 is granted by swap already: it cannot make up for something else as well, and is named
    write(filled, plots=[{"plot_code": "甲", **PLOT, **document, "geometry": box(0)}])
    assert swap_ledger(filled, as_of(filled)).counted_twice == ("甲",)
    # before the document came, no ground is laid down
    before = swap_ledger(filled, as_of(filled, f"2024-12-31@{filled.store.revision()}")).makeup
    assert before.changed.empty


def test_without_lines_nobody_knows_the_balance(workspace: Workspace) -> None:
    changed = {
        "use_change_ground": "statutory_reserve",
        "use_change_document_no": "3号",
        "planned_use": "1404",
    }
    write(workspace, plots=[{"plot_code": "改", **PLOT, **changed, "geometry": box(0)}])
    found = swap_ledger(workspace, as_of(workspace)).makeup
    assert np.isnan(found.balance_mu)
    assert found.open.index.tolist() == ["改"]
    second = rule_answers(source_of(workspace, workspace.store.revision(), as_of(workspace).day))
    assert second["R-LINE-1B"] == {"district": None}


def test_an_empty_installation_has_no_balance(workspace: Workspace) -> None:
    found = swap_ledger(workspace, as_of(workspace))
    assert found.balance.granted_mu != found.balance.granted_mu  # not known
    assert (len(found.retired), len(found.granted)) == (0, 0)


def test_the_command_prints_both_balances(filled: Workspace) -> None:
    ground = {
        "planned_use": "0701",
        "use_change_ground": "plan_adjustment",
        "use_change_document_no": "示例1号",
    }
    write(filled, plots=[
        {"plot_code": "改", **PLOT, **ground, "geometry": box(0)},
        {"plot_code": "开", **PLOT, **ground, "use_change_document_no": None, "geometry": box(0)},
    ])  # fmt: skip
    folder = ["--data-dir", str(filled.settings.data_dir)]
    result = CliRunner().invoke(main, ["check", "--swap", "--json", *folder])
    assert result.exit_code == 1  # both are overdrawn
    record = json.loads(result.output)
    # 10,000 m2 retired, 20,000 granted; 30,000 changed, nothing brought in
    assert record["swap"] == {
        "retired_mu": 15.0, "granted_mu": 30.0, "balance_mu": -15.0, "verdict": "yes",
        "retired": [{"recognition": "R1", "plot": "外", "document_no": "示例1号", "area_m2": 10_000.0}],
        "granted": [{"supply": "S1", "plot": "甲", "area_m2": 20_000.0}], "not_counted": [],
    }  # fmt: skip
    assert record["makeup"] == {
        "changed_mu": 45.0, "brought_mu": 0.0, "balance_mu": -45.0, "verdict": "yes",
        "changed": [{"plot": "改", "ground_zh": "规划调整", "document_no": "示例1号", "area_m2": 30_000.0}],
        "brought": [], "not_counted": ["开"], "counted_twice": [],
    }  # fmt: skip
    printed = CliRunner().invoke(main, ["check", "--swap", *folder]).output
    for words in ("线外置换线内", "结余 -15.00 亩", "改用途占补", "结余 -45.00 亩", "没有计入：开"):
        assert words in printed
    assert CliRunner().invoke(main, ["check", "X1", "--swap", *folder]).exit_code == 2
    empty = CliRunner().invoke(main, ["check", "--swap", "--json", "--at", "2020-01-01", *folder])
    assert (empty.exit_code, json.loads(empty.output)["swap"]["verdict"]) == (0, None)  # no rule then


def test_the_command_prints_what_the_data_say(filled: Workspace) -> None:
    folder = ["--data-dir", str(filled.settings.data_dir)]
    result = CliRunner().invoke(main, ["check", "X1", "--json", *folder])
    assert json.loads(result.output) == check_record(check_project(filled, as_of(filled), "X1"))
    assert result.exit_code == 1
    printed = CliRunner().invoke(main, ["check", "--plots", "甲", *folder]).output
    assert "不符合" in printed
    assert "LE05" in printed
    assert CliRunner().invoke(main, ["check", *folder]).exit_code == 2
    assert CliRunner().invoke(main, ["check", "X1", "--plots", "甲", *folder]).exit_code == 2
