"""The life cycle of projects: which step may be taken, and what a refusal says."""

from datetime import date

import pytest

from geoapp.domain.project import (
    STAGES,
    Stage,
    StageRules,
    StageWords,
    Step,
    advance,
    next_stages,
    plan_complaints,
)
from geoapp.errors import InputError

RULES = StageRules(
    phases={"P00": "land", "P05": "build", "P06": "build"},
    evidence={"P02": ["document_no"], "P04": ["document_no", "gfa_m2", "far"], "PX": ["reason"]},
    left_out={"M03": ["P03"]},
)
WORDS = StageWords(
    stages={
        "P00": "摸排", "P01": "意向", "P02": "备案", "P03": "用地", "P04": "规划许可", "P05": "施工许可", "P12": "销号",
        "PX": "暂停",
    },
    documents={"P02": "项目代码"},
    fields={"document_no": "文件/证号", "gfa_m2": "建筑面积", "far": "容积率", "reason": "原因"},
    modes={"M03": "零土地技改"},
)  # fmt: skip
TODAY = date(2026, 3, 1)
DONE = {
    "P00": Stage(code="P00", actual_on=date(2025, 1, 10)),
    "P01": Stage(code="P01", planned_on=date(2025, 3, 1), actual_on=date(2025, 3, 5)),
}
FILED = {"document_no": "2206-330205-07-02-123456"}


def step(
    code: str,
    on: date | None = date(2025, 6, 1),
    *,
    present: str | None = "P01",
    stages: dict[str, Stage] = DONE,
    mode: str | None = "M01",
    **evidence: object,
) -> Step:
    return advance(
        present, stages, Stage(code=code, actual_on=on, evidence=evidence), mode=mode, rules=RULES, words=WORDS,
        today=TODAY,
    )  # fmt: skip


def refusal(*args: object, **more: object) -> str:
    with pytest.raises(InputError) as refused:
        step(*args, **more)  # type: ignore[arg-type]
    return str(refused.value)


def test_the_next_stage_is_taken_with_its_papers() -> None:
    taken = step("P02", **FILED)
    assert (taken.stage, taken.is_correction) == ("P02", False)
    assert taken.record == Stage(code="P02", actual_on=date(2025, 6, 1), evidence=FILED)


def test_a_recorded_plan_stays_with_the_stage() -> None:
    planned = DONE | {"P02": Stage(code="P02", planned_on=date(2025, 5, 1), evidence={"note": "见会议"})}
    record = step("P02", stages=planned, **FILED).record
    assert (record.planned_on, record.evidence) == (date(2025, 5, 1), {"note": "见会议", **FILED})


def test_a_skipped_stage_is_refused_and_named() -> None:
    words = refusal("P04", document_no="1", gfa_m2=1.0, far=1.0)
    assert "进入“规划许可”没有登记：" in words
    assert "现在是“意向”，不能跳过“备案”、“用地”；请先登记“备案”。" in words


def test_a_stage_that_the_mode_leaves_out_is_not_asked_for() -> None:
    filed = DONE | {"P02": Stage(code="P02", actual_on=date(2025, 4, 1))}
    papers = {"document_no": "1", "gfa_m2": 100.0, "far": 2.0}
    assert step("P04", present="P02", stages=filed, mode="M03", **papers).stage == "P04"
    bare = refusal("P04", present="P02", stages=filed, mode="M03")
    assert "要有文件/证号、建筑面积、容积率。" in bare  # the paper has no name of its own here
    assert "改造方式“零土地技改”不经过“用地”。" in refusal("P03", present="P02", stages=filed, mode="M03")


def test_everything_wrong_is_said_at_once() -> None:
    words = refusal("P02", date(2025, 3, 4))  # a day before the plan was agreed, and no number
    assert "日期 2025-03-04 早于“意向”的 2025-03-05。" in words
    assert "要有项目代码。" in words
    assert "日期 2026-03-02 还没有到。" in refusal("P02", date(2026, 3, 2), **FILED)
    assert "没有填实际日期。" in refusal("P02", None, **FILED)
    assert "样子不对" in refusal("P02", document_no="2206-1")
    assert "没有选要进入的阶段" in refusal("P99")


def test_the_same_day_is_no_reversal() -> None:
    assert step("P02", date(2025, 3, 5), **FILED).stage == "P02"


def test_a_done_stage_is_corrected_with_a_reason_within_its_neighbours() -> None:
    filed = DONE | {"P02": Stage(code="P02", actual_on=date(2025, 4, 1), evidence=FILED)}
    corrected = step("P01", date(2025, 3, 20), present="P02", stages=filed, reason="抄错")
    assert (corrected.stage, corrected.is_correction) == ("P02", True)
    assert corrected.record.planned_on == date(2025, 3, 1)
    assert "要有原因。" in refusal("P01", date(2025, 3, 20), present="P02", stages=filed)
    late = refusal("P01", date(2025, 4, 2), present="P02", stages=filed, reason="抄错")
    assert "日期 2025-04-02 晚于“备案”的 2025-04-01。" in late


def test_a_stage_known_only_from_the_ledger_gets_its_record() -> None:
    recorded = step("P01", date(2025, 2, 1), stages={"P00": DONE["P00"]})
    assert (recorded.stage, recorded.is_correction) == ("P01", False)


def test_a_project_stops_with_a_reason_and_goes_on_where_it_stood() -> None:
    assert "要有原因。" in refusal("PX")
    stopped = step("PX", reason="资金未落实")
    assert stopped.stage == "PX"
    stages = DONE | {"PX": stopped.record}
    resumed = step("P01", date(2025, 7, 1), present="PX", stages=stages)
    assert (resumed.stage, resumed.record) == ("P01", DONE["P01"])  # its own day is not overwritten
    assert "早于“暂停”的 2025-06-01" in refusal("P01", date(2025, 5, 31), present="PX", stages=stages)
    assert step("P02", date(2025, 7, 1), present="PX", stages=stages, **FILED).stage == "P02"
    assert "只能到“意向”、“备案”" in refusal("P00", present="PX", stages=stages)
    assert "不能跳过“备案”" in refusal("P03", present="PX", stages=stages)


def test_nothing_follows_the_last_stage() -> None:
    closed = {"P12": Stage(code="P12", actual_on=date(2025, 5, 1))}
    assert "后面没有阶段了" in refusal("PX", present="P12", stages=closed, reason="x")
    assert next_stages("P12", closed, STAGES) == []


def test_a_project_without_a_stage_begins_with_the_first() -> None:
    assert step("P00", present=None, stages={}).stage == "P00"
    assert "只能到“摸排”" in refusal("PX", present=None, stages={}, reason="x")
    assert "不能跳过“摸排”" in refusal("P01", present=None, stages={})
    assert next_stages("PX", {}, STAGES) == ["P00", "P01"]


def test_phases() -> None:
    assert [RULES.phase(stage) for stage in ("P00", "P05", "PX", "P11", None)] == [
        "land", "build", "stopped", "", "",
    ]  # fmt: skip
    assert RULES.course("M03") == tuple(stage for stage in STAGES if stage != "P03")
    assert RULES.course(None) == STAGES


def test_planned_days_follow_the_course() -> None:
    plan = {
        "P01": Stage(code="P01", planned_on=date(2025, 5, 1)),
        "P02": Stage(code="P02"),
        "P03": Stage(code="P03", planned_on=date(2025, 4, 30)),
        "P04": Stage(code="P04", planned_on=date(2025, 5, 1)),
    }
    assert plan_complaints(plan, STAGES, WORDS) == ["“用地”计划 2025-04-30 早于“意向”计划 2025-05-01。"]
    assert plan_complaints(plan, RULES.course("M03"), WORDS) == []
