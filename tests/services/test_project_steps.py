"""Moving projects on, planning them and writing down news: what is stored, and what is refused."""

from datetime import timedelta

import pandas as pd
import pytest

from geoapp.domain.revision import Revision
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.form_comparison import seen_text
from geoapp.services.plot_facts import today
from geoapp.services.project_stages import stages_of
from geoapp.services.project_steps import (
    add_note,
    advance_project,
    plan_project,
    plan_texts,
    settle_note,
    withdraw_step,
)
from geoapp.services.workspace import Workspace
from tests.small_district import write


def plan(workspace: Workspace, form: dict[str, str]) -> Revision | None:
    """Store a plan whose author sees the present one."""
    return plan_project(workspace, "X1", {"seen": seen_text(plan_texts(workspace, "X1")), **form})


FORM = {"stage": "P07", "actual_on": "2026-02-01", "user": "张三（示例）", "seen": "P06"}


@pytest.fixture
def projects(district: Workspace) -> Workspace:
    write(
        district,
        project_stages=[
            {"project_code": "X1", "stage": "P05", "planned_on": "2025-05-01", "actual_on": "2025-05-20",
             "document_no": "施1号"},
            {"project_code": "X1", "stage": "P07", "planned_on": "2026-01-15"},
        ],
    )  # fmt: skip
    return district


def project(workspace: Workspace, code: str = "X1") -> pd.Series:
    return workspace.store.read("projects").set_index("project_code").loc[code]


def stage(workspace: Workspace, name: str, code: str = "X1") -> pd.Series:
    stages = workspace.store.read("project_stages")
    return stages[(stages["project_code"] == code) & (stages["stage"] == name)].iloc[0]


def test_a_step_is_one_revision_of_stage_and_project(projects: Workspace) -> None:
    revision = advance_project(projects, "X1", FORM)
    assert revision.reason == "开工 → 主体结顶：X1"
    assert set(revision.registers) == {"project_stages", "projects"}
    assert project(projects)["stage"] == "P07"
    assert project(projects)["updated_on"] == pd.Timestamp(today())
    row = stage(projects, "P07")
    assert (row["planned_on"], row["actual_on"]) == (pd.Timestamp("2026-01-15"), pd.Timestamp("2026-02-01"))
    assert row["recorded_by"] == "张三（示例）"


def test_completion_is_written_into_the_ledger_too(projects: Workspace) -> None:
    advance_project(projects, "X1", FORM)
    done = {
        "stage": "P08",
        "actual_on": "2026-02-09",
        "document_no": "核1号",
        "gfa_m2": "36,000",
        "user": "李四",
        "seen": "P07",
    }
    assert advance_project(projects, "X1", done).document_no == "核1号"
    assert project(projects)["complete_actual_on"] == pd.Timestamp("2026-02-09")
    assert stage(projects, "P08")["gfa_m2"] == 36_000


def test_filing_sets_the_national_code(projects: Workspace) -> None:
    write(projects, projects=[{"project_code": "X4", "name": "新项目", "stage": "P01"}])
    code = "2601-330205-07-02-000001"
    advance_project(projects, "X4", FORM | {"stage": "P02", "document_no": code, "seen": "P01"})
    assert project(projects, "X4")["national_code"] == code


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"stage": "P09"}, "不能跳过“主体结顶”、“竣工验收+规划核实”"),
        ({"actual_on": "2025-05-19"}, "早于“施工许可证”的 2025-05-20"),
        ({"actual_on": "2月1日"}, "“实际日期”填的是“2月1日”，看不懂"),
        ({"user": " "}, "没有填经办"),
        ({"far": "很高"}, "“批准容积率”填的是“很高”，看不懂"),
        ({"result": "maybe"}, "“结论”不在代码表里：maybe"),
        ({"document_no": "号" * 101}, "“文件/证号”太长"),
    ],
)
def test_a_wrong_step_is_refused_and_stores_nothing(
    projects: Workspace, changed: dict[str, str], words: str
) -> None:
    before = projects.store.revision()
    with pytest.raises(InputError, match=words.replace("+", r"\+")):
        advance_project(projects, "X1", FORM | changed)
    assert projects.store.revision() == before


def test_a_step_made_for_another_stage_is_a_conflict(projects: Workspace) -> None:
    with pytest.raises(ConflictError, match="已由别人改为“开工”"):
        advance_project(projects, "X1", FORM | {"seen": "P05"})
    with pytest.raises(NotFoundError):
        advance_project(projects, "NIX", FORM)


@pytest.mark.parametrize("seen", [{}, {"seen": "gone"}, {"seen": "P06; P07"}])
def test_a_form_that_names_no_stage_it_was_made_for_is_refused(
    projects: Workspace, seen: dict[str, str]
) -> None:
    form = {name: text for name, text in FORM.items() if name != "seen"} | seen
    before = projects.store.revision()
    with pytest.raises(InputError, match="没有登记：表单没有说明是看着哪个状态填的"):
        advance_project(projects, "X1", form)
    with pytest.raises(InputError, match="表单没有说明是看着哪个状态填的"):
        withdraw_step(projects, "X1", {"reason": "登错", "user": "李四"} | seen)
    assert projects.store.revision() == before


def test_a_new_project_has_no_stage_to_have_seen(projects: Workspace) -> None:
    write(projects, projects=[{"project_code": "X5", "name": "新项目"}])
    with pytest.raises(ConflictError, match="已由别人改为“没有阶段”"):
        advance_project(projects, "X5", FORM | {"stage": "P00"})
    assert advance_project(projects, "X5", FORM | {"stage": "P00", "seen": ""}).reason.startswith("新项目 → ")


def test_texts_longer_than_is_kept_are_refused(projects: Workspace) -> None:
    with pytest.raises(InputError, match="经办有 101 个字，最多 100 个"):
        advance_project(projects, "X1", FORM | {"user": "长" * 101})
    with pytest.raises(InputError, match="撤回的原因有 201 个字，最多 200 个"):
        withdraw_step(projects, "X1", {"reason": "长" * 201, "user": "李四", "seen": "P06"})
    with pytest.raises(InputError, match="调整的理由有 201 个字"):
        plan(projects, {"plan_P08": "2027-01-01", "reason": "长" * 201, "user": "李四"})
    note = {"kind": "progress", "noted_on": "2026-02-01", "text": "长" * 1001, "user": "李四"}
    with pytest.raises(InputError, match="“内容”太长"):
        add_note(projects, "X1", note)


def test_the_same_news_are_not_written_twice(projects: Workspace) -> None:
    note = {"kind": "progress", "noted_on": "2026-02-01", "text": "设备进场", "user": "张三"}
    add_note(projects, "X1", note)
    before = projects.store.revision()
    with pytest.raises(ConflictError, match="同样的内容已经写过（第 1 条，张三）"):
        add_note(projects, "X1", note | {"user": "李四"})
    assert projects.store.revision() == before
    for other in ({"noted_on": "2026-02-02"}, {"kind": "milestone"}, {"text": "设备进场二"}):
        add_note(projects, "X1", note | other)
    assert projects.store.read("project_notes")["note_no"].tolist() == [1, 2, 3, 4]


def test_plans_are_stored_in_order_and_in_the_ledger(projects: Workspace) -> None:
    form = {"plan_P07": "2026-02-15", "plan_P08": "2026-09-01", "reason": "会审调整", "user": "张三"}
    revision = plan(projects, form)
    assert revision is not None
    assert revision.reason == "调整计划：X1（会审调整）"
    assert project(projects)["complete_plan_on"] == pd.Timestamp("2026-09-01")
    assert stage(projects, "P05")["document_no"] == "施1号"
    assert plan(projects, form) is None
    plan(projects, {"plan_P07": "", "reason": "取消", "user": "张三"})
    assert stages_of(projects, "X1")["P08"].planned_on is not None
    assert "P07" not in stages_of(projects, "X1")
    with pytest.raises(InputError, match=r"计划 2026-01-01 早于“施工许可证”|计划 2025-01-01 早于") as refused:
        plan(projects, {"plan_P09": "2025-01-01", "user": ""})
    assert "没有填经办。没有填调整的理由。" in str(refused.value)


def test_a_plan_leaves_days_alone_that_others_moved_and_its_author_did_not(projects: Workspace) -> None:
    seen = plan_texts(projects, "X1")
    form = {**seen, "seen": seen_text(seen), "plan_P08": "2026-09-01", "reason": "会审", "user": "张三"}
    plan(projects, {"plan_P07": "2026-03-15", "reason": "顺延", "user": "李四"})
    assert plan_project(projects, "X1", form) is not None
    assert stage(projects, "P07")["planned_on"] == pd.Timestamp(
        "2026-03-15"
    )  # not 2026-01-15, as the form showed it
    assert stage(projects, "P08")["planned_on"] == pd.Timestamp("2026-09-01")
    before = projects.store.revision()
    with pytest.raises(ConflictError, match="“主体结顶”现在是“2026-03-15”，您填的是“2026-02-01”"):
        plan_project(projects, "X1", form | {"plan_P07": "2026-02-01"})
    with pytest.raises(ConflictError, match="“主体结顶”现在是“2026-03-15”，您填的是空白"):
        plan_project(projects, "X1", form | {"plan_P07": ""})
    assert projects.store.revision() == before


@pytest.mark.parametrize(
    "seen", [{}, {"seen": ""}, {"seen": "[]"}, {"seen": '{"plan_P07": 1}'}, {"seen": "{"}]
)
def test_a_plan_that_does_not_say_what_it_showed_is_refused(
    projects: Workspace, seen: dict[str, str]
) -> None:
    with pytest.raises(InputError, match="表单没有说明填的时候看到的是什么"):
        plan_project(projects, "X1", {"plan_P08": "2026-09-01", "reason": "会审", "user": "张三"} | seen)


def test_news_are_numbered_and_reach_the_ledger(projects: Workspace) -> None:
    note = {"kind": "problem", "noted_on": "2026-02-01", "text": "租户未腾退", "user": "张三"}
    assert add_note(projects, "X1", note).reason == "存在问题：X1"
    add_note(projects, "X1", note | {"kind": "milestone", "text": "完成腾退", "planned_on": "2026-12-31"})
    notes = projects.store.read("project_notes")
    assert notes["note_no"].tolist() == [1, 2]
    assert project(projects)["problem"] == "租户未腾退"
    settle_note(projects, "X1", 2, {"settled_on": "2026-02-20", "user": "李四"})
    settled = projects.store.read("project_notes").set_index("note_no").loc[2]
    assert (settled["settled_on"], settled["text"]) == (pd.Timestamp("2026-02-20"), "完成腾退")
    with pytest.raises(ConflictError, match="已经办结"):
        settle_note(projects, "X1", 2, {"settled_on": "2026-02-20", "user": "李四"})


def test_wrong_news_are_refused_with_all_that_is_wrong(projects: Workspace) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()
    with pytest.raises(InputError) as refused:
        add_note(
            projects, "X1", {"kind": "gossip", "noted_on": tomorrow, "settled_on": "2020-01-01", "user": ""}
        )
    words = str(refused.value)
    for part in (
        "没有填经办",
        "“类型”不在代码表里：gossip",
        "没有填“内容”",
        "还没有到",
        "完成日期 2020-01-01 早于",
    ):
        assert part in words
    with pytest.raises(InputError, match="没有第 9 条"):
        settle_note(projects, "X1", 9, {"settled_on": "2026-02-20", "user": "李四"})
    add_note(
        projects, "X1", {"kind": "problem", "noted_on": "2026-02-01", "text": "租户未腾退", "user": "张三"}
    )
    with pytest.raises(InputError, match="应在 2026-02-01 到今天之间"):
        settle_note(projects, "X1", 1, {"settled_on": "2026-01-31", "user": "李四"})


def test_a_step_is_taken_back_to_where_the_project_stood(projects: Workspace) -> None:
    advance_project(projects, "X1", FORM)
    form = {"seen": "P07", "reason": "日期登错", "user": "李四"}
    revision = withdraw_step(projects, "X1", form)
    assert revision.reason == "撤回“主体结顶”，回到“开工”：X1（日期登错）"
    assert project(projects)["stage"] == "P06"
    assert stage(projects, "P07")["planned_on"] == pd.Timestamp("2026-01-15")  # the plan stays
    assert pd.isna(stage(projects, "P07")["actual_on"])
    with pytest.raises(ConflictError, match="已由别人改为“开工”"):
        withdraw_step(projects, "X1", form)
    withdraw_step(projects, "X1", form | {"seen": "P06"})
    assert project(projects)["stage"] == "P05"  # nothing earlier is known of the record: the stage before
    withdraw_step(projects, "X1", form | {"seen": "P05"})
    assert "P05" not in stages_of(projects, "X1") or stages_of(projects, "X1")["P05"].actual_on is None
    assert project(projects)["stage"] == "P04"  # not P06, where it stood before that
    with pytest.raises(InputError, match=r"没有填经办。没有填撤回的原因。"):
        withdraw_step(projects, "X1", {"reason": " ", "seen": "P04"})


def test_a_resumption_is_taken_back_to_the_stop(projects: Workspace) -> None:
    advance_project(projects, "X1", FORM)
    stop = {
        "stage": "PX",
        "actual_on": "2026-03-01",
        "note": "资金",
        "reason": "资金",
        "seen": "P07",
        "user": "张三",
    }
    advance_project(projects, "X1", stop)
    advance_project(projects, "X1", FORM | {"actual_on": "2026-04-01", "seen": "PX"})
    day = stage(projects, "P07")["actual_on"]
    withdraw_step(projects, "X1", {"reason": "没有恢复", "user": "李四", "seen": "P07"})
    assert project(projects)["stage"] == "PX"
    assert stage(projects, "P07")["actual_on"] == day  # done before the stop, and still so
    withdraw_step(projects, "X1", {"reason": "没有停", "user": "李四", "seen": "PX"})
    assert project(projects)["stage"] == "P07"
    withdraw_step(projects, "X1", {"reason": "没有结顶", "user": "李四", "seen": "P07"})
    assert project(projects)["stage"] == "P06"  # the stop was taken back: it is no stage to return to
    assert pd.isna(stage(projects, "P07")["actual_on"])


def test_taking_the_filing_back_empties_the_national_code(projects: Workspace) -> None:
    write(projects, projects=[{"project_code": "X4", "name": "新项目", "stage": "P01"}])
    code = "2601-330205-07-02-000001"
    advance_project(projects, "X4", FORM | {"stage": "P02", "document_no": code, "seen": "P01"})
    withdraw_step(projects, "X4", {"reason": "代码错", "user": "李四", "seen": "P02"})
    assert project(projects, "X4")[["stage", "national_code"]].tolist()[0] == "P01"
    assert pd.isna(project(projects, "X4")["national_code"])
    assert "P02" not in stages_of(projects, "X4")  # no plan to keep: the row is gone
    write(projects, projects=[{"project_code": "X5", "name": "没有阶段"}])
    with pytest.raises(InputError, match="还没有阶段"):
        withdraw_step(projects, "X5", {"reason": "试", "user": "李四", "seen": ""})


def test_the_ledgers_day_goes_with_its_step(projects: Workspace) -> None:
    known = {"project_code": "X1", "name": "甲厂拆建", "stage": "P06", "start_actual_on": "2025-10-31"}
    write(projects, projects=[known])
    withdraw_step(projects, "X1", {"reason": "没有开工", "user": "李四", "seen": "P06"})
    assert pd.isna(project(projects)["start_actual_on"])
