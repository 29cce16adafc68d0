"""The four lists: what they say of their entries, the steps, the new year, and the tables to hand in."""

import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pandas as pd
import pytest

from geoapp.domain.remediation_sheet import ListSheet
from geoapp.domain.revision import Revision
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.services.as_of import as_of
from geoapp.services.form_comparison import seen_text
from geoapp.services.plot_facts import today
from geoapp.services.remediation_lists import list_sheet
from geoapp.services.remediation_steps import move_on, plan_treatment, roll_over, take_in, treatment_texts
from geoapp.services.remediation_tables import list_table
from geoapp.services.survey_table import SURVEY_COLUMNS, survey_file, survey_table
from geoapp.services.workspace import Workspace
from tests import small_district
from tests.lending import Lender, lend_workspaces
from tests.small_district import write

ENTRY = {
    "year": 2025, "list": "L4", "subject_kind": "plot", "subject_code": "DK-A", "status": "checking",
    "status_on": "2025-03-01", "town_code": "330205103",
}  # fmt: skip
KEY = (2025, "L4", "DK-A")
STEP = {
    "status": "recognised",
    "on": "2025-04-01",
    "user": "张三（示例）",
    "document_no": "示例1号",
    "seen": "checking",
}


def fill(workspace: Workspace) -> None:
    write(
        small_district.fill(workspace),
        list_entries=[ENTRY, {**ENTRY, "list": "L1", "subject_kind": "enterprise", "subject_code": "E1"}],
    )


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill)


@pytest.fixture
def listed(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with two entries of lists; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def plan(workspace: Workspace, form: dict[str, str]) -> Revision | None:
    """Store a treatment whose author sees the present one."""
    return plan_treatment(workspace, KEY, {"seen": seen_text(treatment_texts(workspace, KEY)), **form})


def sheet_of(workspace: Workspace, **more: object) -> ListSheet:
    return list_sheet(workspace, as_of(workspace), **more)  # type: ignore[arg-type]


def status_of(workspace: Workspace, code: str) -> object:
    return workspace.store.read("plots").set_index("plot_code").loc[code, "low_efficiency_status"]


def test_an_entry_knows_what_the_registers_know(listed: Workspace) -> None:
    sheet = sheet_of(listed)
    (entry,) = sheet.entries.to_dict("records")
    # DK-A: 30,000 m2, two occupants today, floor area 12,000 + 2 x 6,000 (above 8 m)
    assert (entry["name"], entry["site_area_m2"], entry["enterprise_count"], entry["far"]) == (
        "示例地块甲",
        30_000,
        2,
        0.8,
    )
    assert sheet.counts == {"L1": {"checking": 1}, "L2": {}, "L3": {}, "L4": {"checking": 1}}
    assert (sheet.year, sheet.years) == (2025, (2025,))
    (firm,) = sheet_of(listed, list_code="L1").entries.to_dict("records")
    assert (firm["name"], firm["grade"]) == ("示例企业甲", "D")
    assert pd.isna(firm["far"])


def test_one_subject_in_several_lists_is_said(listed: Workspace) -> None:
    write(listed, list_entries=[{**ENTRY, "list": "L4", "subject_kind": "enterprise", "subject_code": "E1"}])
    assert sheet_of(listed).entries.set_index("subject_code")["also_in"].to_dict() == {
        "DK-A": "",
        "E1": "高耗低效企业",
    }


def test_what_has_to_be_checked(listed: Workspace) -> None:
    later = (today() + timedelta(days=9)).isoformat()
    write(
        listed,
        list_entries=[
            {**ENTRY, "subject_code": "没有"},
            {**ENTRY, "subject_code": "DK-B", "status": "recognised", "deadline_on": "2025-12-31"},
            {**ENTRY, "subject_code": "DK/C", "status": "closed", "deadline_on": "2025-12-31", "document_no": "1号",
             "status_on": later},
        ],
    )  # fmt: skip
    found = {(finding.subject_code, finding.code) for finding in sheet_of(listed).findings}
    assert found == {
        ("DK-A", "status_differs"), ("没有", "unknown_subject"), ("DK-B", "overdue"), ("DK-B", "no_document"),
        ("DK-B", "status_differs"), ("DK/C", "future"), ("DK/C", "status_differs"),
    }  # fmt: skip
    assert all(finding.address.startswith("/lists/2025/L4/") for finding in sheet_of(listed).findings)


def test_a_step_moves_the_entry_and_its_plot_in_one_revision(listed: Workspace) -> None:
    before = listed.store.revision()
    revision = move_on(listed, KEY, STEP)
    assert (revision.number, revision.user, revision.document_no) == (before + 1, "张三（示例）", "示例1号")
    assert revision.reason == "核查中 → 认定：2025 年 DK-A"
    (entry,) = sheet_of(listed).entries.to_dict("records")
    assert (entry["status"], entry["decided_by"]) == ("recognised", "张三（示例）")
    assert status_of(listed, "DK-A") == "recognised"
    assert sheet_of(listed).findings == ()
    versions = listed.store.history("list_entries", KEY)
    assert [version.fields["status"] for version in versions] == ["recognised", "checking"]


def test_a_list_of_enterprises_and_an_old_year_leave_the_plots_alone(listed: Workspace) -> None:
    write(listed, list_entries=[{**ENTRY, "year": 2026}])
    move_on(listed, KEY, {**STEP, "status": "removed"})
    move_on(listed, (2025, "L1", "E1"), STEP)
    assert status_of(listed, "DK-A") == "recognised"  # as the plot's register said before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"status": "treating"}, "核查中 → 整治中：这一步不能直接走"),
        ({"status": "nix"}, "没有选新的状态"),
        ({"document_no": " "}, "要有文号"),
        ({"on": "2025-02-30"}, "“日期”填的是“2025-02-30”，看不懂"),
        ({"on": ""}, "没有填“日期”"),
        ({"on": "2024-01-01"}, "早于现在状态的日期 2025-03-01"),
        ({"user": ""}, "没有填经办"),
        ({"user": "长" * 101}, "经办有 101 个字，最多 100 个"),
        ({"document_no": "长" * 101}, "“文号”太长"),
        ({"progress": "长" * 1001}, "“进展”太长"),
        ({"seen": ""}, "表单没有说明是看着哪个状态填的"),
        ({"seen": "nix"}, "表单没有说明是看着哪个状态填的"),
    ],
)
def test_a_step_that_is_refused_changes_nothing(listed: Workspace, changed: dict, words: str) -> None:
    before = listed.store.revision()
    with pytest.raises(InputError, match=words):
        move_on(listed, KEY, STEP | changed)
    assert listed.store.revision() == before


def test_a_form_that_somebody_overtook_is_refused(listed: Workspace) -> None:
    move_on(listed, KEY, STEP)
    with pytest.raises(ConflictError, match="已由别人改为“认定”（张三（示例））"):
        move_on(listed, KEY, STEP)
    without = {name: text for name, text in STEP.items() if name != "seen"}
    with pytest.raises(InputError, match="表单没有说明是看着哪个状态填的"):
        move_on(listed, KEY, without)
    with pytest.raises(NotFoundError, match="没有“DK-Z”"):
        move_on(listed, (2025, "L4", "DK-Z"), STEP)


def test_treatment_is_planned_field_by_field(listed: Workspace) -> None:
    form = {
        "measure": "upgrade",
        "measure_note": "加层",
        "town_code": "",
        "target_far": "2.0",
        "deadline_on": "2027-06-30",
        "user": "李四",
    }
    assert plan(listed, form)
    (entry,) = sheet_of(listed).entries.to_dict("records")
    assert (entry["measure"], entry["target_far"], entry["status"]) == ("upgrade", 2.0, "checking")
    assert entry["deadline_on"] == pd.Timestamp("2027-06-30")
    assert pd.isna(entry["town_code"])  # left empty in the form
    assert plan(listed, form) is None
    plan(listed, {"leader": "王五", "user": "李四"})
    (entry,) = sheet_of(listed).entries.to_dict("records")
    assert (entry["leader"], entry["measure"]) == ("王五", "upgrade")  # what a form leaves out stays


def test_a_treatment_leaves_fields_alone_that_others_changed_and_its_author_did_not(
    listed: Workspace,
) -> None:
    seen = treatment_texts(listed, KEY)
    form = {**seen, "seen": seen_text(seen), "leader": "王五", "user": "李四"}
    plan(listed, {"target_far": "2.0", "user": "张三"})
    assert plan_treatment(listed, KEY, form)
    (entry,) = sheet_of(listed).entries.to_dict("records")
    assert (entry["leader"], entry["target_far"]) == ("王五", 2.0)
    with pytest.raises(ConflictError, match="“目标容积率”现在是“2”，您填的是“3”"):
        plan_treatment(listed, KEY, form | {"target_far": "3"})
    with pytest.raises(InputError, match="表单没有说明填的时候看到的是什么"):
        plan_treatment(listed, KEY, {"leader": "王五", "user": "李四"})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"measure": "nix"}, "“整治方式”不在代码表里：nix"),
        ({"target_far": "-1"}, "“目标容积率”小于允许的最小值：-1"),
        ({"target_far": "zwei"}, "“目标容积率”填的是“zwei”，看不懂"),
        ({"deadline_on": "2027年13月"}, "“计划完成时间”填的是“2027年13月”"),
        ({"leader": "长" * 101}, "“联系领导”太长"),
        ({"user": " "}, "没有填经办"),
    ],
)
def test_a_plan_that_cannot_be_read(listed: Workspace, changed: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(listed, {"user": "李四"} | changed)


def test_plots_that_rules_hit_are_taken_in_as_suspected(workspace: Workspace) -> None:
    low = {
        "landuse_code": "0601",
        "area_reg_m2": 10_000.0,
        "gfa_far_m2": 1_000.0,
        "structure_yard_m2": 0.0,
        "footprint_m2": 1_000.0,
    }
    write(workspace, plots=[{"plot_code": "低", **low}, {"plot_code": "高", **low, "footprint_m2": 5_000.0}])
    # 1,000 of 10,000 m2 are built over: the building coefficient is 10 %, below 30 %
    sheet = sheet_of(workspace, year=2026)
    assert sheet.suggested["plot_code"].tolist() == ["低"]
    for codes, user in (([], "王五"), (["低"], " "), (["高"], "王五")):
        with pytest.raises(InputError):
            take_in(workspace, 2026, codes, user)
    take_in(workspace, 2026, ["低"], "王五")
    (entry,) = sheet_of(workspace).entries.to_dict("records")
    assert (entry["status"], entry["found_on"]) == ("suspected", pd.Timestamp(today()))
    assert "建筑系数" in entry["basis"]
    assert status_of(workspace, "低") == "suspected"
    assert sheet_of(workspace).suggested.empty


def test_what_is_open_rolls_over_once(listed: Workspace) -> None:
    write(listed, list_entries=[{**ENTRY, "subject_code": "DK-B", "status": "closed"}])
    with pytest.raises(InputError, match="没有填经办"):
        roll_over(listed, 2025, " ")
    revision = roll_over(listed, 2025, "王五")
    assert revision is not None
    assert revision.reason == "2025 年未办结的 2 条结转到 2026 年"
    assert roll_over(listed, 2025, "王五") is None
    (entry,) = sheet_of(listed).entries.to_dict("records")
    assert (entry["subject_code"], entry["carried_from_year"], entry["status"]) == ("DK-A", 2025, "checking")
    assert entry["status_on"] == pd.Timestamp("2025-03-01")
    with pytest.raises(InputError, match="2020 年的清单里没有未办结的"):
        roll_over(listed, 2020, "王五")


def test_a_past_state_shows_the_list_of_then(listed: Workspace) -> None:
    before = f"{today().isoformat()}@{listed.store.revision()}"
    move_on(listed, KEY, STEP)
    then = list_sheet(listed, as_of(listed, before))
    assert then.entries["status"].tolist() == ["checking"]


def test_there_is_no_fifth_list(listed: Workspace) -> None:
    with pytest.raises(NotFoundError, match="没有清单“L5”；四张清单：L1 高耗低效企业"):
        sheet_of(listed, list_code="L5")


def test_the_bureaus_columns(listed: Workspace) -> None:
    plan(listed, {"measure": "upgrade", "town_code": "330205103", "user": "李四"})
    table = list_table(listed, sheet_of(listed))
    row = table.rows.iloc[0].to_dict()
    assert (row["number"], row["subject_code"], row["site_area_m2"], row["far"]) == (1, "DK-A", 45.0, 0.8)
    assert row["building_coefficient"] == 45.0  # (12,000 + 1,500) of 30,000 m2
    assert bool(row["is_closed"]) is False
    assert table.sender == "江北区"
    labels = [field.label for field in table.fields]
    assert labels[:3] == ["序号", "地块编号或信用代码", "名称"]
    assert {"面积(亩)", "建筑面积(平方米)", "使用企业(家)", "认定依据", "是否销号", "销号日期"} <= set(labels)
    hectares = list_table(listed, sheet_of(listed), "ha")
    assert hectares.rows["site_area_m2"].iloc[0] == 3.0  # 30,000 m2 registered
    assert "面积(公顷)" in [field.label for field in hectares.fields]


def test_the_provincial_table_has_39_columns_and_begins_at_row_6(listed: Workspace) -> None:
    assert len(SURVEY_COLUMNS) == 39
    row = survey_table(listed, sheet_of(listed)).iloc[0].to_dict()
    assert (row["调查单元编号"], row["所在镇（街道）"], row["面积（亩）"], row["登记面积（亩）"]) == (
        "DK-A",
        "慈城镇",
        45,
        45,
    )
    assert (row["容积率"], row["是否低效"]) == (0.8, "是")
    assert pd.isna(row["批准文号"])
    book = openpyxl.load_workbook(io.BytesIO(survey_file(listed, sheet_of(listed))))
    cells = [[cell.value for cell in line] for line in book["表1-2"].iter_rows()]
    assert cells[4] == [heading for _, heading in SURVEY_COLUMNS]
    assert (len(cells), cells[5][0]) == (6, "DK-A")
    assert survey_table(listed, sheet_of(listed, list_code="L1")).empty
