"""What changed between two days: three plots, worked out by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.changes import ChangeReport
from geoapp.domain.revision import RevisionKind
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.changes import changes
from geoapp.services.plot_facts import today
from geoapp.services.remediation_steps import move_on
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.lending import Lender
from tests.small_district import BUILDINGS, PERFORMANCE, PLOTS, PROJECTS, box, fill, frame_of, write
from tests.two_states import back_to

BEFORE = date(2026, 1, 31)
FROM = BEFORE.isoformat()


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    def make() -> Workspace:
        return back_to(fill(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("aged")))), BEFORE)

    lender = Lender(make, lambda workspace: workspace)
    yield lender
    lender.close()


@pytest.fixture
def district(aged: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district as it came half a year ago; the same one from test to test until a test changes it."""
    with aged.lent() as workspace:
        yield workspace


def edit(
    workspace: Workspace, register: str, *records: dict[str, Any], removed: tuple[str, ...] = ()
) -> None:
    change = RegisterChange(
        frame_of(workspace, register, list(records)) if records else None, [(code,) for code in removed]
    )
    workspace.store.write(
        {register: change},
        kind=RevisionKind.EDIT,
        user="王某",
        reason="核实",
        document_no="示例文〔2026〕1号",
    )


def listed(report: ChangeReport) -> list[tuple[str, str, str, str]]:
    rows = report.records[["plot_code", "kind", "before", "after"]]
    return [tuple(row) for row in rows.to_numpy().tolist()]


def test_nothing_changed_is_an_empty_report(district: Workspace) -> None:
    report = changes(district, FROM)
    assert report.records.empty
    assert report.projects.empty
    assert (report.zones["difference_m2"] == 0).all()
    assert report.revisions == (1, 1)
    assert not report.is_filtered


def test_new_gone_and_changed_area_with_who_why_and_document(district: Workspace) -> None:
    edit(district, "plots", {**PLOTS[0], "area_reg_m2": 32_000.0}, removed=("DK-B",))
    edit(district, "plots", {"plot_code": "DK-N", "area_reg_m2": 1_000.0, "geometry": box(800)})
    report = changes(district, FROM)
    kinds = {
        (code, kind): causes
        for code, kind, causes in report.records[["plot_code", "kind", "causes"]].to_numpy()
    }
    assert kinds["DK-A", "area"] == [2]
    assert kinds["DK-B", "gone"] == [2]
    assert kinds["DK-N", "new"] == [3]
    assert report.records.set_index(["plot_code", "kind"]).loc[("DK-A", "area"), "difference_m2"] == 2_000.0
    assert (report.causes[2].user, report.causes[2].reason, report.causes[2].document_no) == (
        "王某", "核实", "示例文〔2026〕1号",
    )  # fmt: skip
    town = report.zones.loc["330205103"]
    assert (town["before_count"], town["after_count"], town["difference_count"]) == (3, 3, 0)
    # + 1 000 new - 29 000 gone + 2 000 more
    assert town["difference_m2"] == pytest.approx(-26_000.0)
    assert report.shapes.index.tolist() == sorted(report.records["plot_code"].unique())


def test_edit_and_undo_in_between_is_no_change(district: Workspace) -> None:
    edit(district, "plots", {**PLOTS[0], "area_reg_m2": 1.0, "name": "别名", "geometry": box(5)})
    edit(district, "plots", PLOTS[0])
    edit(district, "plots", removed=("DK/C",))
    edit(district, "plots", PLOTS[2])
    report = changes(district, FROM)
    assert report.records.empty
    assert (report.zones["difference_m2"] == 0).all()


def test_classes_change_by_what_other_registers_say(district: Workspace) -> None:
    edit(district, "buildings", {**BUILDINGS[1], "storey_height_m": 6.0})  # 18 000 / 30 000 = 0.6, from 0.8
    edit(district, "projects", {**PROJECTS[0], "stage": "P08"})
    edit(district, "performance", {**PERFORMANCE[3], "grade": "A"})
    edit(district, "control_lines", removed=("L1",))
    report = changes(district, FROM)
    found = {(code, kind): (before, after) for code, kind, before, after in listed(report)}
    assert found["DK-A", "stage"][1] == "竣工验收+规划核实"
    assert found["DK-A", "grade"] == ("D 类 落后整治", "A 类 优先发展") or found["DK-A", "grade"][
        1
    ].startswith("A")
    assert found["DK-A", "line"][0] == "控制线内"
    causes = dict(zip(zip(*(report.records[name] for name in ("plot_code", "kind")), strict=True),
                      report.records["causes"], strict=True))  # fmt: skip
    assert causes["DK-A", "stage"] == [3]
    assert causes["DK-A", "grade"] == [4]
    assert causes["DK-A", "line"] == [5]
    assert report.projects[["project_code", "kind", "after"]].to_numpy().tolist() == [
        ["X1", "stage", "竣工验收+规划核实"]
    ]


ENTRY = {
    "year": 2026, "list": "L1", "subject_kind": "enterprise", "subject_code": "E2", "status": "suspected",
    "status_on": "2026-01-10",
}  # fmt: skip


def listed_in(workspace: Workspace) -> Workspace:
    """Return the workspace with two entries of lists, as of the first day."""
    of_plot = {**ENTRY, "list": "L4", "subject_kind": "plot", "subject_code": "DK-A", "status": "recognised"}
    write(workspace, list_entries=[ENTRY, of_plot])
    return back_to(workspace, BEFORE)


def test_status_of_a_plot_on_the_list_is_told_by_plot_and_by_entry(aged: Lender[Workspace]) -> None:
    with aged.lent() as lent:
        district = listed_in(lent)
        step = {
            "status": "published", "on": "2026-02-20", "user": "张三", "document_no": "示例整〔2026〕9号",
            "seen": "recognised",
        }  # fmt: skip
        revision = move_on(district, (2026, "L4", "DK-A"), step)
        report = changes(district, FROM)
        # The day of the step goes without saying beside it.
        assert listed(report) == [("DK-A", "treatment", "认定", "公示")]
        assert report.zones.iloc[-1][["treatment_count", "treatment_m2"]].tolist() == [1, 30_000.0]
        assert report.records["causes"].tolist() == [[revision.number]]
        assert report.shapes.index.tolist() == ["DK-A"]
        (entry,) = report.entries.to_dict("records")
        assert (entry["list_zh"], entry["name"], entry["kind"]) == (
            "低效工业地块整治提升",
            "示例地块甲",
            "status",
        )
        assert (entry["before"], entry["after"], entry["causes"]) == ("认定", "公示", [revision.number])
        assert report.causes[revision.number].document_no == "示例整〔2026〕9号"
        district.store.close()


def test_entries_of_enterprises_come_go_and_move_on(aged: Lender[Workspace]) -> None:
    with aged.lent() as lent:
        district = listed_in(lent)
        write(
            district,
            list_entries=[{**ENTRY, "status": "checking"}, {**ENTRY, "list": "L2", "subject_code": "E9"}],
        )
        district.store.write(
            {"list_entries": RegisterChange(removed=[(2026, "L4", "DK-A")])},
            kind=RevisionKind.EDIT,
            user="王某",
        )
        found = changes(district, FROM).entries
        assert found[["list", "subject_code", "name", "kind", "before", "after"]].to_numpy().tolist() == [
            ["L1", "E2", "示例企业乙", "status", "疑似", "核查中"],
            ["L2", "E9", "E9", "new", "", "疑似"],
            ["L4", "DK-A", "示例地块甲", "gone", "认定", ""],
        ]
        # E2 is a tenant on plot A, E9 on none
        on_a = changes(district, FROM, filter_text="plot_code = 'DK-A'").entries
        assert on_a["subject_code"].tolist() == ["E2", "DK-A"]
        assert changes(district, FROM, filter_text="plot_code = 'DK/C'").entries.empty
        district.store.close()


def test_other_fields_are_told_but_restricted_ones_are_not(district: Workspace) -> None:
    edit(district, "plots", {**PLOTS[0], "right_holder": "示例企业丁", "geometry": box(1)})
    (row,) = listed(changes(district, FROM))
    assert row == ("DK-A", "other", "权利人 示例企业甲；图形", "权利人 示例企业丁；图形（已改）")


def test_filter_counts_each_day_by_itself(district: Workspace) -> None:
    edit(
        district,
        "plots",
        {**PLOTS[0], "right_holder": "示例企业丁"},
        {**PLOTS[1], "right_holder": "示例企业甲"},
    )
    report = changes(district, FROM, filter_text="right_holder = '示例企业甲'")
    assert {(code, kind) for code, kind, *_ in listed(report)} >= {("DK-A", "left"), ("DK-B", "entered")}
    total = report.zones.iloc[-1]
    assert (total["before_m2"], total["after_m2"]) == (30_000.0, 29_000.0)
    assert total["difference_m2"] == total["entered_m2"] - total["left_m2"] == -1_000.0
    assert [kind.id for kind in report.kinds][:4] == ["new", "gone", "entered", "left"]


def test_project_of_plots_outside_the_filter_is_left_out(district: Workspace) -> None:
    edit(
        district,
        "projects",
        {**PROJECTS[0], "stage": "P08"},
        {**PROJECTS[1], "stage": "P03"},
        removed=("X3",),
    )
    edit(district, "projects", {"project_code": "X4", "name": "新项目"})
    whole = changes(district, FROM).projects
    assert whole[["project_code", "kind"]].to_numpy().tolist() == [
        ["X1", "stage"], ["X2", "stage"], ["X3", "gone"], ["X4", "new"],
    ]  # fmt: skip
    assert whole["after"].tolist()[3] == "未注明"
    of_b = changes(district, FROM, filter_text="plot_code = 'DK-B'").projects
    assert of_b["project_code"].tolist() == ["X2"]


def test_zones_that_were_redrawn_move_plots_without_changing_them(district: Workspace) -> None:
    edit(
        district,
        "control_zones",
        {"zone_code": "Z1", "name": "示例产业园", "kind": "ZQ1", "geometry": box(-500, 500)},
    )
    report = changes(district, FROM, zones="control_zones")
    assert report.records.empty
    assert report.zones.loc["Z1", "moved_m2"] == pytest.approx(-15_000.0, rel=1e-3)  # half of plot A went out
    assert any("分区本身有变化" in note for note in report.notes)


def test_before_the_first_data_everything_is_new(district: Workspace) -> None:
    report = changes(district, "2025-12-31", FROM)
    assert [row[1] for row in listed(report)] == ["new"] * 3
    assert report.zones.iloc[-1]["before_count"] == 0
    assert any("还没有数据" in note for note in report.notes)


def test_usual_days_are_the_end_of_last_month_and_now(district: Workspace) -> None:
    report = changes(district)
    assert report.from_day == today().replace(day=1) - timedelta(days=1)
    assert report.is_to_now


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"from_text": "2026-02-01", "to_text": "2026-01-01"},
            UsageError,
            "起日 2026-02-01 晚于止日 2026-01-01",
        ),
        ({"from_text": "昨天"}, UsageError, "参数 from“昨天”不是日期"),
        ({"to_text": "x"}, UsageError, "参数 to“x”不是日期"),
        ({"membership": "half"}, UsageError, "归属方式“half”不认识"),
        ({"zones": "moons"}, NotFoundError, "没有分区“moons”"),
        ({"filter_text": "far <"}, UsageError, "筛选条件"),
    ],
)
def test_wrong_words_are_refused(
    district: Workspace, arguments: dict, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        changes(district, **arguments)


def test_written_without_changes_in_an_empty_installation(workspace: Workspace) -> None:
    report = changes(workspace, FROM)
    assert report.records.empty
    write(workspace, plots=[{"plot_code": "P"}])
    assert [row[1] for row in listed(changes(workspace, FROM))] == ["new"]
