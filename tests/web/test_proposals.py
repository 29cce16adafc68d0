"""Reporters propose, reviewers accept or return: what is stored, what is shown to whom, and what is refused."""

import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geoapp.domain.geojson import shape_record
from geoapp.domain.sight import Sight
from geoapp.domain.user import Role, read_user
from geoapp.errors import ConflictError
from geoapp.services.edits import edit_record
from geoapp.services.proposals import Proposals, Proposer
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.formats.test_attachment import PDF, picture
from tests.pages import seen_of
from tests.small_district import PLOTS, box, fill, frame_of, write
from tests.web.test_people import GIVEN, TOWN, accounts, post, sign_in

OTHER_TOWN = "330205104"
SIGNED = {"edited_by": "冒名", "edit_reason": "现场核实", "edit_document_no": "示例〔2026〕9号"}
STEP = {
    "stage": "P07",
    "actual_on": "2026-02-01",
    "seen": "P06",
    "user": "冒名",
    "proposal_reason": "主体已封顶",
}
ENTRY = {"year": 2025, "list": "L4", "subject_kind": "plot", "status": "checking", "status_on": "2025-03-01"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the district of two towns and a user of each role, to be copied."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("written")))
    workspace: Workspace = app.extensions["geoapp"]
    fill(workspace)
    towns = [
        {"town_code": OTHER_TOWN, "name": "洪塘街道", "kind": "街道", "geometry": box(9_000, 900, 900)},
    ]
    plots = [{**PLOTS[1], "name": "示例地块乙", "town_code": OTHER_TOWN}]
    projects = [
        {"project_code": "X1", "name": "甲厂拆建", "stage": "P06", "mode": "M01", "town_code": TOWN},
        {"project_code": "X2", "name": "乙厂收储", "stage": "P02", "mode": "M04", "town_code": OTHER_TOWN},
    ]
    entries = [
        {**ENTRY, "subject_code": "DK-A", "town_code": TOWN},
        {**ENTRY, "subject_code": "DK-B", "town_code": OTHER_TOWN},
    ]
    write(workspace, towns=towns, plots=plots, projects=projects, list_entries=entries)
    for role in Role:
        town = TOWN if role is Role.REPORTER else ""
        accounts(app).add(read_user(role.value, f"某{role.value}", role, town), GIVEN)
    accounts(app).add(read_user("other", "别镇", Role.REPORTER, OTHER_TOWN), GIVEN)
    accounts(app).store.close()
    workspace.store.close()
    return workspace.settings.data_dir


@pytest.fixture
def app(written: Path, tmp_path: Path) -> Iterator[Flask]:
    folder = shutil.copytree(written, tmp_path / "data")
    app = create_app(Settings(data_dir=folder, sign_in_per_minute=1000))
    yield app
    app.extensions["geoapp"].store.close()


def workspace_of(app: Flask) -> Workspace:
    return app.extensions["geoapp"]


def as_(app: Flask, name: str) -> FlaskClient:
    return sign_in(app, name)[0]


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", answer.text)


def proposals_of(app: Flask) -> Proposals:
    return app.extensions["geoapp_proposals"]


def stage_of(app: Flask, code: str = "X1") -> str:
    return workspace_of(app).store.record("projects", (code,)).fields["stage"]


def plot(app: Flask, code: str = "DK-A") -> dict:
    return workspace_of(app).store.record("plots", (code,)).fields


def version(app: Flask, register: str, code: str) -> str:
    return str(workspace_of(app).store.record(register, (code,)).from_revision)


def propose_name(app: Flask, client: FlaskClient, name: str = "新名称", **more: str) -> TestResponse:
    form = {**SIGNED, "seen": version(app, "plots", "DK-A"), "name": name, **more}
    return post(client, "/records/plots/DK-A/edit", **form)


def accept(client: FlaskClient, number: int = 1, **more: str) -> TestResponse:
    page = client.get(f"/proposals/{number}").text
    found = re.search(r'name="token" value="([^"]*)"', page)[1].replace("&#34;", '"')
    return post(client, f"/proposals/{number}/accept", **{"token": found, **more})


def acts(client: FlaskClient, number: int) -> str:
    return str(client.get(f"/proposals/{number}").text.count("data-act="))


def give_back(client: FlaskClient, number: int, reason: str) -> TestResponse:
    return post(client, f"/proposals/{number}/return", reason=reason, seen=acts(client, number))


def take_back(client: FlaskClient, number: int) -> TestResponse:
    return post(client, f"/proposals/{number}/withdraw", seen=acts(client, number))


def badge(client: FlaskClient) -> str:
    found = re.search(r'id="proposals-badge".*?</a>', client.get("/proposals?state=all").text, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", "", found[0].partition(">")[2])


def test_a_stage_goes_from_the_reporter_by_the_reviewer_into_the_register(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    before = workspace_of(app).store.revision()
    sent = post(reporter, "/projects/X1/stage", **STEP)
    assert (sent.status_code, sent.location) == (303, "/proposals/1")
    assert (stage_of(app), workspace_of(app).store.revision()) == ("P06", before)  # nothing is stored yet
    assert badge(reviewer) == "报送1"
    page = text_of(reviewer.get("/proposals/1"))
    assert "登记阶段 · 二次开发项目 X1" in page
    assert '<th scope="row">项目阶段</th><td>开工</td> <td class="proposed">主体结顶</td>' in page
    assert "主体已封顶" in page
    assert accept(reviewer, remark="属实").status_code == 303
    assert stage_of(app) == "P07"
    newest = workspace_of(app).store.revisions(limit=1)[0]
    assert newest.user == "某reviewer（reviewer）"
    assert newest.reason == "采纳第 1 号报送（某reporter（reporter））：开工 → 主体结顶：X1"
    stages = workspace_of(app).store.read("project_stages")
    assert stages.set_index("stage").loc["P07", "recorded_by"] == "某reporter（reporter）"
    page = text_of(reporter.get("/proposals/1"))
    assert "已采纳" in page
    assert "<td>属实</td>" in page
    assert f'href="/revisions/{newest.number}"' in page
    assert badge(reviewer) == "报送"


def test_an_editors_step_is_recorded_as_the_editors_whatever_the_form_says(app: Flask) -> None:
    assert post(as_(app, "editor"), "/projects/X1/stage", **STEP).status_code == 303
    stages = workspace_of(app).store.read("project_stages").set_index("stage")
    assert stages.loc["P07", "recorded_by"] == "某editor（editor）"


def test_returned_with_a_reason_corrected_and_sent_again(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    propose_name(app, reporter, "错名称")
    assert give_back(reviewer, 1, reason=" ").status_code == 422
    assert give_back(reviewer, 1, reason="名称与权证不符").status_code == 303
    assert badge(reporter) == "报送1"
    assert "名称与权证不符" in reporter.get("/proposals/1").text
    form = reporter.get("/records/plots/DK-A/edit?proposal=1").text
    assert 'value="错名称"' in form
    assert 'name="proposal" value="1"' in form
    assert propose_name(app, reporter, "对名称", proposal="1").location == "/proposals/1"
    assert badge(reporter) == "报送"
    assert accept(reviewer).status_code == 303
    assert plot(app)["name"] == "对名称"
    acts = re.findall(r'data-act="(\w+)"', reporter.get("/proposals/1").text)
    assert acts == ["sent", "returned", "sent_again", "accepted"]


def test_a_replayed_form_and_a_decision_taken_twice_are_conflicts(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    note = {"kind": "progress", "noted_on": "2026-02-01", "text": "设备进场"}
    assert post(reporter, "/projects/X1/notes", **note).location == "/proposals/1"
    again = post(reporter, "/projects/X1/notes", **note)
    assert again.status_code == 409
    assert "同样的内容已经报送（第 1 号" in again.text
    assert "设备进场" in again.text
    assert post(reporter, "/projects/X1/notes", **{**note, "text": "开始调试"}).location == "/proposals/2"
    assert accept(reviewer).status_code == 303
    before = workspace_of(app).store.revision()
    assert accept(reviewer).status_code == 409
    assert give_back(reviewer, 1, reason="晚了").status_code == 409
    assert take_back(reporter, 1).status_code == 409
    assert workspace_of(app).store.revision() == before
    assert accept(reviewer, 2).status_code == 303  # its number is the next, whatever it was when it was sent
    notes = workspace_of(app).store.read("project_notes")
    assert notes[["note_no", "text"]].to_numpy().tolist() == [[1, "设备进场"], [2, "开始调试"]]
    settled = {"settled_on": "2026-02-20"}
    assert post(reporter, "/projects/X1/notes/1/settled", **settled).location == "/proposals/3"
    assert accept(reviewer, 3).status_code == 303
    assert workspace_of(app).store.read("project_notes")["settled_on"].notna().sum() == 1


FOREIGN = [
    ("/projects/X2/stage", {**STEP, "stage": "P04", "seen": "P02"}),
    ("/projects/X2/plan", {"plan_P06": "2027-01-01", "reason": "试"}),
    ("/projects/X2/notes", {"kind": "progress", "noted_on": "2026-02-01", "text": "一"}),
    ("/projects/X2/notes/1/settled", {"settled_on": "2026-02-01"}),
    ("/lists/2025/L4/DK-B/status", {"status": "recognised", "on": "2025-06-01", "document_no": "示1"}),
    ("/lists/2025/L4/DK-B/plan", {"leader": "某"}),
    ("/records/plots/DK-B/edit", {**SIGNED, "seen": "2", "name": "夺来"}),
    ("/records/plots/DK-B/withdraw", {**SIGNED, "seen": "2"}),
    ("/records/towns/330205103/edit", {**SIGNED, "seen": "1", "name": "大镇"}),
    ("/records/control_zones/Z1/edit", {**SIGNED, "seen": "1", "name": "大区"}),
]  # fmt: skip


def test_another_towns_record_is_refused_by_address_and_forged_form(app: Flask) -> None:
    reporter, before = as_(app, "reporter"), workspace_of(app).store.revision()
    for address, form in FOREIGN:
        answer = post(reporter, address, **form)
        assert answer.status_code == 403, address
        assert re.search("您只能报送本镇街（慈城镇）的记录|不由镇街报送", answer.text), address
    new = {**SIGNED, "project_code": "X8", "name": "新", "town_code": OTHER_TOWN}
    assert post(reporter, "/records/projects/new", **new).status_code == 403
    assert "没有。" in reporter.get("/proposals").text
    assert workspace_of(app).store.revision() == before


@pytest.mark.slow
def test_another_town_is_refused_by_address_for_reading_too(app: Flask) -> None:
    reporter, other = as_(app, "reporter"), as_(app, "other")
    for address in ("/records/plots/DK-B/edit", "/records/towns/330205103/edit"):
        assert reporter.get(address).status_code == 403
    assert "修改属性" not in reporter.get("/plots/DK-B").text
    assert "修改属性" in reporter.get("/plots/DK-A").text
    assert 'id="stage-form"' not in reporter.get("/projects/X2").text
    propose_name(app, reporter)
    assert other.get("/proposals/1").status_code == 403
    assert "新名称" not in other.get("/proposals").text
    assert "第 1 号" not in other.get("/proposals").text
    assert other.get("/proposals/9").status_code == 404
    assert post(other, "/proposals/1/withdraw").status_code == 403


def test_a_record_is_not_moved_into_or_out_of_the_town(app: Flask) -> None:
    reporter = as_(app, "reporter")
    moved = propose_name(app, reporter, "甲", town_code=OTHER_TOWN)
    assert moved.status_code == 403
    assert "DK-A”不在本镇街" in moved.text
    assert post(reporter, "/records/plots/DK-A/edit", **SIGNED, seen="1", stage="P12").status_code in (
        409,
        422,
    )


@pytest.mark.slow
def test_roles_do_what_is_theirs(app: Flask) -> None:
    viewer, editor, reporter = (as_(app, name) for name in ("viewer", "editor", "reporter"))
    propose_name(app, reporter)
    assert (viewer.get("/proposals").status_code, viewer.get("/proposals/1").status_code) == (403, 403)
    assert 'id="proposals-badge"' not in viewer.get("/projects").text
    assert propose_name(app, viewer).status_code == 403
    for client in (viewer, editor, reporter):
        assert post(client, "/proposals/1/accept").status_code == 403
        assert post(client, "/proposals/1/return", reason="x").status_code == 403
    assert editor.get("/proposals/1").status_code == 200
    assert post(reporter, "/projects/X1/stage/withdraw", reason="x").status_code == 403
    assert post(reporter, "/projects/X1/attachments").status_code == 403
    assert (
        propose_name(app, editor, "编辑改的").location == "/plots/DK-A"
    )  # an editor's form is stored at once
    assert as_(app, "reviewer").get("/proposals?state=nix").status_code == 400


@pytest.mark.slow
def test_both_versions_are_shown_where_somebody_changed_the_record_meanwhile(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    propose_name(app, reporter, "报的名称", right_holder="报的权利人")
    other = {**SIGNED, "seen": version(app, "plots", "DK-A"), "name": "改的名称", "built_year": "2010"}
    edit_record(workspace_of(app), "plots", "DK-A", other)
    page = text_of(reviewer.get("/proposals/1"))
    assert "报送之后别人改过：地块名称" in page
    assert "示例地块甲" in page
    assert re.search(r'value="theirs" required> 改的名称', page)
    assert re.search(r'value="proposed" required> 报的名称', page)
    refused = accept(reviewer)
    assert refused.status_code == 422
    assert "请逐项选用哪一个" in refused.text
    assert accept(reviewer, **{"choose-name": "theirs"}).status_code == 303
    stored = plot(app)
    assert (stored["name"], stored["right_holder"], stored["built_year"]) == ("改的名称", "报的权利人", 2010)


@pytest.mark.slow
def test_a_record_that_changes_under_the_reviewers_eyes_is_looked_at_again(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    plan = {"plan_P08": "2026-10-01", "reason": "会审", "seen": seen_of(reporter, "/projects/X1")}
    assert post(reporter, "/projects/X1/plan", **plan, proposal_reason="").location == "/proposals/1"
    page = reviewer.get("/proposals/1").text
    token = re.search(r'name="token" value="([^"]*)"', page)[1].replace("&#34;", '"')
    form = {**SIGNED, "seen": version(app, "projects", "X1"), "owner": "新业主"}
    edit_record(workspace_of(app), "projects", "X1", form)
    answer = post(reviewer, "/proposals/1/accept", token=token)
    assert answer.status_code == 409
    assert "记录又被别人改过" in answer.text
    assert accept(reviewer).status_code == 303
    stored = workspace_of(app).store.record("projects", ("X1",)).fields
    assert (stored["owner"], stored["complete_plan_on"].isoformat()) == ("新业主", "2026-10-01")


def plan_of(app: Flask, stage: str) -> str:
    return workspace_of(app).store.record("project_stages", ("X1", stage)).fields["planned_on"].isoformat()


def test_a_plan_keeps_the_days_of_stages_that_it_does_not_move(app: Flask) -> None:
    reporter, reviewer, editor = (as_(app, name) for name in ("reporter", "reviewer", "editor"))
    days = {"plan_P07": "2026-05-01", "plan_P08": "2026-08-01", "reason": "会审", "user": "某"}
    assert post(editor, "/projects/X1/plan", **days, seen=seen_of(editor, "/projects/X1")).status_code == 303
    moved = {**days, "plan_P03": "2025-10-01", "plan_P08": "2026-10-01"}
    moved["seen"] = seen_of(reporter, "/projects/X1")
    assert post(reporter, "/projects/X1/plan", **moved).location == "/proposals/1"
    later = {"plan_P03": "2025-11-01", "plan_P07": "2026-06-15", "reason": "工期顺延", "user": "某"}
    assert post(editor, "/projects/X1/plan", **later, seen=seen_of(editor, "/projects/X1")).status_code == 303
    page = text_of(reviewer.get("/proposals/1"))
    assert "2026-06-15" not in page  # P07 is not the proposal's
    assert "报送之后别人改过：计划日期" in page  # P03 had no day when it was sent
    assert "<td>2025-11-01</td>" in page
    assert accept(reviewer).status_code == 422
    assert accept(reviewer, agrees="1").status_code == 303
    assert [plan_of(app, stage) for stage in ("P03", "P07", "P08")] == [
        "2025-10-01",
        "2026-06-15",
        "2026-10-01",
    ]


def test_what_a_form_would_change_only_since_it_was_sent_is_shown(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    recognised = {**PLOTS[0], "town_code": TOWN, "low_efficiency_on": "2025-06-01"}
    write(workspace_of(app), plots=[recognised])
    step = {"status": "recognised", "on": "2025-06-01", "document_no": "示例1号", "seen": "checking"}
    assert post(reporter, "/lists/2025/L4/DK-A/status", **step).location == "/proposals/1"
    assert 'data-field="low_efficiency_on"' not in reviewer.get("/proposals/1").text
    write(workspace_of(app), plots=[{**recognised, "low_efficiency_on": "2025-03-03"}])
    page = text_of(reviewer.get("/proposals/1"))
    assert re.search('<tr data-field="low_efficiency_on" class="is-overtaken">.*<td>2025-03-03</td>', page)
    assert accept(reviewer).status_code == 422
    assert accept(reviewer, agrees="1").status_code == 303


def test_a_removal_of_a_record_that_changed_since_is_agreed_to(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    seen = version(app, "projects", "X1")
    assert post(reporter, "/records/projects/X1/withdraw", **SIGNED, seen=seen).location == "/proposals/1"
    assert "报送之后" not in reviewer.get("/proposals/1").text
    edit_record(workspace_of(app), "projects", "X1", {**SIGNED, "seen": seen, "owner": "新业主"})
    assert "<td>在册，报送之后有改动</td>" in text_of(reviewer.get("/proposals/1"))
    assert accept(reviewer).status_code == 422
    assert accept(reviewer, agrees="1").status_code == 303


def test_what_is_sent_again_meanwhile_is_not_accepted_unseen(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    propose_name(app, reporter, "第一次")
    page = reviewer.get("/proposals/1").text
    token = re.search(r'name="token" value="([^"]*)"', page)[1].replace("&#34;", '"')
    assert propose_name(app, reporter, "第二次").location == "/proposals/1"
    assert post(reviewer, "/proposals/1/accept", token=token).status_code == 409
    assert plot(app)["name"] == "示例地块甲"
    assert accept(reviewer).status_code == 303
    assert plot(app)["name"] == "第二次"


def test_a_return_of_what_was_sent_again_meanwhile_is_refused_with_its_reason(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    propose_name(app, reporter, "错名称")
    seen = acts(reviewer, 1)
    propose_name(app, reporter, "对名称", proposal="1")
    for form, status, words in (
        ({"seen": seen}, 409, "您打开之后填报员又报了一次"),
        ({}, 422, "表单没有说明是看着哪一次报送提交的"),
        ({"seen": "x"}, 422, "表单没有说明是看着哪一次报送提交的"),
    ):
        answer = post(reviewer, "/proposals/1/return", reason="名称与权证不符", **form)
        assert (answer.status_code, words in answer.text) == (status, True)
        assert 'value="名称与权证不符"' in answer.text
    assert post(reporter, "/proposals/1/withdraw", seen=seen).status_code == 409
    assert proposals_of(app).store.proposals()[1].state == "waiting"


@pytest.mark.slow
def test_reasons_longer_than_are_kept_are_refused_and_not_cut(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    long = "长" * 501
    refused = post(reporter, "/projects/X1/stage", **{**STEP, "proposal_reason": long})
    assert (refused.status_code, "报送说明有 501 个字，最多 500 个" in refused.text) == (422, True)
    assert long in refused.text
    propose_name(app, reporter)
    for answer in (accept(reviewer, remark=long), give_back(reviewer, 1, reason=long)):
        assert (answer.status_code, "有 501 个字，最多 500 个" in answer.text) == (422, True)
    assert plot(app)["name"] != "新名称"


NOTE = {"kind": "progress", "noted_on": "2026-02-01", "text": "设备进场"}


def folder_of(app: Flask, name: str) -> set[str]:
    return {path.name for path in (workspace_of(app).settings.data_dir / name).rglob("*") if path.is_file()}


def sent_with(
    client: FlaskClient, form: dict, *files: tuple[bytes, str], address: str = "notes"
) -> TestResponse:
    chosen = [(io.BytesIO(content), name) for content, name in files]
    return post(client, f"/projects/X1/{address}", **form, files=chosen)


@pytest.mark.slow
def test_files_sent_with_a_note_are_shown_and_attached_when_it_is_accepted(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    assert 'name="files"' in reporter.get("/projects/X1").text
    assert 'name="files"' not in as_(app, "editor").get("/projects/X1").text
    photo = picture(gps={1: "N", 2: (29.0, 58.0, 55.2), 3: "E", 4: (121.0, 28.0, 12.0)})
    assert sent_with(reporter, NOTE, (PDF, "纪要.pdf"), (photo, "现场.jpg")).location == "/proposals/1"
    assert workspace_of(app).store.read("project_attachments").empty  # nothing is attached yet
    page = reviewer.get("/proposals/1").text
    assert ("附件（2）" in page, "纪要.pdf" in page) == (True, True)
    digest = hashlib.sha256(PDF).hexdigest()
    shown = reviewer.get(f"/proposals/1/files/{digest}")
    assert (shown.data, shown.content_type) == (PDF, "application/pdf")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert as_(app, "other").get(f"/proposals/1/files/{digest}").status_code == 403
    assert as_(app, "viewer").get(f"/proposals/1/files/{digest}").status_code == 403
    assert reviewer.get(f"/proposals/1/files/{'0' * 64}").status_code == 404
    before = workspace_of(app).store.revision()
    assert accept(reviewer).status_code == 303
    assert workspace_of(app).store.revision() == before + 1  # the note and its files are one revision
    stored = workspace_of(app).store.read("project_attachments").set_index("file_name")
    assert set(stored.index) == {"纪要.pdf", "现场.jpg"}
    assert stored.loc["纪要.pdf", ["caption", "stage", "recorded_by"]].tolist() == [
        "第 1 号报送 设备进场", "P06", "某reporter（reporter）",
    ]  # fmt: skip
    assert stored.geometry["现场.jpg"].coords[0] == (121.47, 29.982)
    assert folder_of(app, "proposed_attachments") == set()
    assert reviewer.get(f"/proposals/1/files/{digest}").status_code == 404
    address = f"/projects/X1/attachments/{digest}"
    assert f'href="{address}"' in reviewer.get("/proposals/1").text
    assert reviewer.get(address).data == PDF


@pytest.mark.slow
def test_files_of_a_returned_stage_stay_until_it_is_withdrawn(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    second = PDF + b" "
    digests = [hashlib.sha256(content).hexdigest() for content in (PDF, second)]
    assert (
        sent_with(reporter, STEP, (PDF, "证.pdf"), (second, "图.pdf"), address="stage").location
        == "/proposals/1"
    )
    assert give_back(reviewer, 1, reason="图不清楚").status_code == 303
    page = reporter.get("/projects/X1?proposal=1").text
    assert all(f'value="{digest}" checked' in page for digest in digests)
    again = {**STEP, "proposal": "1", "keep": ["", digests[0]]}
    assert (
        sent_with(reporter, again, (b"MZ", "图.pdf"), address="stage").status_code == 422
    )  # nothing is lost by it
    assert folder_of(app, "proposed_attachments") == set(digests)
    assert sent_with(reporter, again, address="stage").location == "/proposals/1"
    assert [file.file_name for file in proposals_of(app).store.proposals()[1].form.files] == ["证.pdf"]
    assert folder_of(app, "proposed_attachments") == {digests[0]}
    # Sent once more without the page of the proposal: what was sent before goes along.
    assert sent_with(reporter, {**STEP, "note": "补充"}, address="stage").location == "/proposals/1"
    assert len(proposals_of(app).store.proposals()[1].form.files) == 1
    assert take_back(reporter, 1).status_code == 303
    assert folder_of(app, "proposed_attachments") == set()
    assert "已随撤回删除" in reporter.get("/proposals/1").text


@pytest.mark.slow
def test_a_file_of_two_proposals_stays_until_both_are_decided(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    for number, text in ((1, "一"), (2, "二")):
        sent = sent_with(reporter, {**NOTE, "text": text}, (PDF, "纪要.pdf"))
        assert sent.location == f"/proposals/{number}"
    assert take_back(reporter, 1).status_code == 303
    assert accept(reviewer, 2).status_code == 303
    assert len(workspace_of(app).store.read("project_attachments")) == 1
    refused = sent_with(reporter, {**NOTE, "text": "三"}, (PDF, "又.pdf"))
    assert (refused.status_code, "已经有内容相同的附件" in refused.text) == (409, True)


def test_files_that_cannot_be_are_refused_with_the_typed_text(app: Flask) -> None:
    reporter = as_(app, "reporter")
    large = PDF + b" " * (workspace_of(app).settings.max_attachment_mb * 1024 * 1024)
    many = [(PDF + str(number).encode(), f"{number}.pdf") for number in range(11)]
    for files, words in (
        ([(b"MZ program", "a.pdf")], "不是能用的 PDF"),
        ([(PDF, "a.png")], "与后缀不符"),
        ([(large, "a.pdf")], "最多 20 MB"),
        (many, "附件有 11 个，一次最多报送 10 个"),
    ):
        answer = sent_with(reporter, NOTE, *files)
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert "选过的附件要重新选" in answer.text
        assert "设备进场" in answer.text
    plan = {"plan_P08": "2027-01-01", "reason": "会审", "seen": seen_of(reporter, "/projects/X1")}
    assert (
        "附件只能和登记阶段、进展一起报送" in sent_with(reporter, plan, (PDF, "a.pdf"), address="plan").text
    )
    assert folder_of(app, "proposed_attachments") == set()
    assert proposals_of(app).store.proposals() == {}


def test_a_step_that_was_overtaken_can_only_be_returned(app: Flask) -> None:
    reporter, reviewer, editor = (as_(app, name) for name in ("reporter", "reviewer", "editor"))
    post(reporter, "/projects/X1/stage", **STEP)
    post(editor, "/projects/X1/stage", **{**STEP, "actual_on": "2026-02-10"})
    assert "现在不能采纳：这个项目已由别人改为“主体结顶”" in text_of(reviewer.get("/proposals/1"))
    assert accept(reviewer).status_code == 409
    assert give_back(reviewer, 1, reason="已有人登记").status_code == 303


def test_an_entry_of_a_list_changes_the_plots_class(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    step = {
        "status": "recognised",
        "on": "2025-06-01",
        "document_no": "示例认〔2025〕1号",
        "seen": "checking",
    }
    assert post(reporter, "/lists/2025/L4/DK-A/status", **step).location == "/proposals/1"
    treatment = {"measure": "upgrade", "leader": "王五", "town_code": TOWN}
    treatment["seen"] = seen_of(reporter, "/lists/2025/L4/DK-A")
    assert post(reporter, "/lists/2025/L4/DK-A/plan", **treatment).location == "/proposals/2"
    assert 'value="王五"' in reporter.get("/lists/2025/L4/DK-A").text
    assert "示例认〔2025〕1号" in reporter.get("/lists/2025/L4/DK-A?proposal=1").text
    assert accept(reviewer, 1).status_code == 303
    assert accept(reviewer, 2).status_code == 303
    assert plot(app)["low_efficiency_on"].isoformat() == "2025-06-01"
    entry = workspace_of(app).store.record("list_entries", (2025, "L4", "DK-A")).fields
    assert (entry["status"], entry["leader"], entry["decided_by"]) == (
        "recognised",
        "王五",
        "某reporter（reporter）",
    )
    assert "报送" in reporter.get("/lists/2025/L4/DK-A").text
    assert 'id="step-form"' in reporter.get("/lists/2025/L4/DK-A").text
    assert 'id="step-form"' not in reporter.get("/lists/2025/L4/DK-B").text


@pytest.mark.slow
def test_a_shape_is_proposed_on_the_map_and_drawn_before_and_after(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    moved = frame_of(workspace_of(app), "plots", [{"plot_code": "x", "geometry": box(0, 190)}]).geometry.iloc[
        0
    ]
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', reporter.get("/projects").text)[1]
    headers = {"X-CSRFToken": csrf}
    body = {"key": "DK-A", "seen": int(version(app, "plots", "DK-A")), "geometry": shape_record(moved), "snap": False,
            "accept": True, **SIGNED}  # fmt: skip
    answer = reporter.post("/edits/shape.json", json=body, headers=headers)
    assert answer.json["proposal"] == 1
    foreign = reporter.post("/edits/shape.json", json={**body, "key": "DK-B"}, headers=headers)
    assert foreign.status_code == 403
    checked = {"key": "DK-B", "geometry": shape_record(moved)}
    assert reporter.post("/edits/check.json", json=checked, headers=headers).status_code == 403
    assert reporter.post("/edits/undo.json", json={}, headers=headers).status_code == 403
    drawn = {
        **body,
        "seen": None,
        "fields": {"plot_code": "N-1", "name": "新地块"},
        "geometry": shape_record(shapely.box(121.5, 30, 121.501, 30.001)),
    }
    assert reporter.post("/edits/shape.json", json=drawn, headers=headers).json["proposal"] == 2
    page = reviewer.get("/proposals/1").text
    assert 'class="map-before"' in page
    assert 'class="map-after"' in page
    assert 'class="map-neighbour"' in page
    assert propose_name(app, reporter).location == "/proposals/3"  # its fields are another proposal
    assert accept(reviewer, 1).status_code == 303
    assert plot(app)["geometry"].equals_exact(shapely.MultiPolygon([moved]), 1e-9) or plot(app)[
        "geometry"
    ].equals(moved)
    assert accept(reviewer, 2).status_code == 303
    assert plot(app, "N-1")["town_code"] == TOWN
    assert accept(reviewer, 3).status_code == 303


def test_shapes_of_other_registers_are_proposed_where_they_are_of_the_town(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    page = reporter.get("/").text
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    headers = {"X-CSRFToken": csrf}
    assert '<option value="projects" data-kind="point">' in page
    assert '<option value="towns" data-kind' not in page
    assert [line["name"] for line in reporter.get("/edits/fields.json?register=projects").json["fields"]] == [
        "project_code", "name", "park_code",
    ]  # fmt: skip
    inside = {"type": "Point", "coordinates": [121.501, 29.9595]}
    new = {
        "register": "projects",
        "geometry": inside,
        "accept": True,
        "fields": {"project_code": "X8", "name": "新"},
    }
    assert reporter.post("/edits/shape.json", json={**new, **SIGNED}, headers=headers).json["proposal"] == 1
    assert accept(reviewer, 1).status_code == 303
    made = workspace_of(app).store.record("projects", ("X8",)).fields
    assert (made["town_code"], made["geometry"].wkt) == (TOWN, "POINT (121.501 29.9595)")
    zone = {
        "register": "control_zones",
        "key": "Z1",
        "geometry": shape_record(shapely.box(121.5, 30, 121.501, 30.001)),
    }
    assert reporter.post("/edits/check.json", json=zone, headers=headers).status_code == 403
    zone |= {"seen": int(version(app, "control_zones", "Z1")), "accept": True, **SIGNED}
    assert reporter.post("/edits/shape.json", json=zone, headers=headers).status_code == 403
    assert as_(app, "viewer").get("/edits/fields.json?register=projects").status_code == 403


def on_map(client: FlaskClient, address: str, **body: object) -> TestResponse:
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/projects").text)[1]
    return client.post(f"/edits/{address}.json", json=body, headers={"X-CSRFToken": csrf})


def cut_a(app: Flask, client: FlaskClient, *codes: str, seen: int | None = None) -> TestResponse:
    """Send plot A, cut from south to north 80 m from its western edge."""
    west, south, _, north = box(0).bounds
    line = shapely.LineString([(west + 80, south - 20), (west + 80, north + 20)])
    drawn = frame_of(workspace_of(app), "plots", [{"plot_code": "x", "geometry": line}]).geometry.iloc[0]
    seen = int(version(app, "plots", "DK-A")) if seen is None else seen
    return on_map(
        client, "split", key="DK-A", line=shape_record(drawn), seen=seen, codes=list(codes), **SIGNED
    )


def test_a_split_is_proposed_reviewed_and_stored_with_its_lineage(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    assert 'data-mode="split"' in reporter.get("/").text
    sent = cut_a(app, reporter, "DK-A1", "DK-A2")
    assert (sent.status_code, sent.json["proposal"]) == (200, 1)
    assert plot(app)["name"] == "示例地块甲"  # nothing is stored before it is accepted
    page = reviewer.get("/proposals/1").text
    assert "分割 · 工业地块 DK-A" in page
    assert page.count('class="map-after"') == 2
    lines = re.sub(r"<[^>]+>", " ", page)
    assert re.search(r"工业地块\s+DK-A\s+整条记录\s+在册\s+移除", lines)
    assert re.search(r"建筑物\s+B1\s+地块编号\s+DK-A\s+DK-A1", lines)
    assert accept(reviewer, 1).status_code == 303
    parts = [plot(app, code) for code in ("DK-A1", "DK-A2")]
    assert [part["area_reg_m2"] for part in parts] == pytest.approx([12_000, 18_000], rel=1e-3)  # 80 of 200 m
    assert {part["predecessors"] for part in parts} == {"DK-A"}
    buildings = workspace_of(app).store.read("buildings").set_index("building_code")["plot_code"]
    assert buildings.to_dict() == {"B1": "DK-A1", "B2": "DK-A2"}
    entry = workspace_of(app).store.revisions(limit=1)[0]
    assert (entry.user, entry.document_no) == ("某reviewer（reviewer）", SIGNED["edit_document_no"])
    assert "采纳第 1 号报送（某reporter（reporter））：现场核实" in entry.reason


def test_a_split_of_a_plot_that_changed_since_is_agreed_to(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    assert cut_a(app, reporter, "DK-A1", "DK-A2").json["proposal"] == 1
    changed = {**SIGNED, "seen": version(app, "plots", "DK-A"), "name": "改了名"}
    edit_record(workspace_of(app), "plots", "DK-A", changed)
    assert "已核对现在的值" in reviewer.get("/proposals/1").text
    assert accept(reviewer, 1).status_code == 422
    assert accept(reviewer, 1, agrees="1").status_code == 303
    assert plot(app, "DK-A1")["name"] == "改了名"


def test_a_split_is_sent_again_in_place_of_the_first_and_a_used_code_is_refused(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    assert cut_a(app, reporter, "DK-A1", "DK-A2").json["proposal"] == 1
    assert cut_a(app, reporter, "DK-A1", "DK-A2").status_code == 409  # the same waits already
    assert cut_a(app, reporter, "DK-A3", "DK-A4").json["proposal"] == 1
    refused = cut_a(app, reporter, "DK-A3", "DK-B")
    assert refused.status_code == 422
    assert "已用过" in refused.json["complaints"]["codes-2"]
    assert (
        cut_a(app, reporter, "DK-A3", "DK-A4", seen=1 + int(version(app, "plots", "DK-A"))).status_code == 409
    )
    assert give_back(reviewer, 1, reason="编号不合规").status_code == 303
    assert '"/?selected=plots:DK-A"' in reporter.get("/proposals/1").text
    assert accept(reviewer, 1).status_code == 409


def test_plots_of_another_town_are_neither_split_nor_merged(app: Flask) -> None:
    other, reporter = as_(app, "other"), as_(app, "reporter")
    assert cut_a(app, other, "DK-A1", "DK-A2").status_code == 403
    assert on_map(reporter, "merge", keys=["DK-A", "DK-B"]).status_code == 403
    assert on_map(reporter, "merge", keys=[], code="DK-M", **SIGNED).status_code == 404
    versions = {code: int(version(app, "plots", code)) for code in ("DK-A", "DK-B")}
    given = {
        "keys": ["DK-A", "DK-B"],
        "versions": versions,
        "code": "DK-M",
        "choices": {"name": "DK-A"},
        **SIGNED,
    }
    assert on_map(reporter, "merge", **given).status_code == 403
    assert on_map(as_(app, "viewer"), "merge", **given).status_code == 403
    assert cut_a(app, as_(app, "viewer"), "DK-A1", "DK-A2").status_code == 403
    assert proposals_of(app).store.proposals() == {}


def test_a_merge_is_proposed_reviewed_and_stored(app: Flask) -> None:
    workspace, reporter, reviewer = workspace_of(app), as_(app, "reporter"), as_(app, "reviewer")
    edit_record(
        workspace, "plots", "DK-B", {**SIGNED, "seen": version(app, "plots", "DK-B"), "town_code": TOWN}
    )
    union = on_map(reporter, "merge", keys=["DK-B", "DK-A"]).json
    given = {"keys": ["DK-B", "DK-A"], "versions": union["versions"], "code": "DK-M", **SIGNED}
    refused = on_map(reporter, "merge", **given, choices={})
    assert "name" in refused.json["complaints"]
    assert on_map(reporter, "merge", **given, choices={"name": "DK-A"}).json["proposal"] == 1
    assert "合并 · 工业地块 DK-B" in reviewer.get("/proposals/1").text
    edit_record(
        workspace, "plots", "DK-A", {**SIGNED, "seen": version(app, "plots", "DK-A"), "note": "别人写的"}
    )
    assert accept(reviewer, 1, agrees="1").status_code == 303
    merged = plot(app, "DK-M")
    assert (merged["name"], merged["area_reg_m2"], merged["note"]) == ("示例地块甲", 59_000, "别人写的")
    assert set(merged["predecessors"].split(";")) == {"DK-A", "DK-B"}
    assert set(workspace.store.read("buildings")["plot_code"]) == {"DK-M"}


def test_a_removal_and_a_new_record_are_proposed_too(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    new = {**SIGNED, "project_code": "X7", "name": "新项目", "town_code": TOWN}
    assert "报送" in reporter.get("/records/projects/new").text
    assert post(reporter, "/records/projects/new", **new).location == "/proposals/1"
    assert 'value="新项目"' in reporter.get("/records/projects/new?proposal=1").text
    assert accept(reviewer, 1).status_code == 303
    drop, seen = "/records/projects/X7/withdraw", version(app, "projects", "X7")
    assert post(reporter, drop, seen=seen).status_code == 422
    assert post(reporter, drop, **SIGNED, seen=seen).location == "/proposals/2"
    assert "整条记录" in reviewer.get("/proposals/2").text
    assert accept(reviewer, 2).status_code == 303
    assert take_back(reporter, 2).status_code == 409


def test_a_drawn_plot_that_was_returned_is_sent_again_with_its_shape(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', reporter.get("/projects").text)[1]
    rows = [{"plot_code": "x", "geometry": box(0, 190)}]  # lies over plots, which was read and accepted
    shape = frame_of(workspace_of(app), "plots", rows).geometry.iloc[0]
    fields = {"plot_code": "N-1", "name": "错名称"}
    body = {"fields": fields, "geometry": shape_record(shape), "snap": False, "accept": True, **SIGNED}
    drawn = reporter.post("/edits/shape.json", json=body, headers={"X-CSRFToken": csrf})
    assert drawn.json["proposal"] == 1
    assert give_back(reviewer, 1, reason="名称不对").status_code == 303
    assert 'value="错名称"' in reporter.get("/records/plots/new?proposal=1").text
    again = {**SIGNED, "plot_code": "N-1", "name": "对名称", "town_code": TOWN, "proposal": "1"}
    assert post(reporter, "/records/plots/new", **again).location == "/proposals/1"
    assert accept(reviewer).status_code == 303
    assert plot(app, "N-1")["name"] == "对名称"
    assert plot(app, "N-1")["geometry"].symmetric_difference(shape).area == pytest.approx(0, abs=1e-15)


def test_a_returned_removal_is_not_taken_for_an_edit_of_the_record(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    form = {**SIGNED, "seen": version(app, "projects", "X1")}
    assert post(reporter, "/records/projects/X1/withdraw", **form, name="旧").location == "/proposals/1"
    assert give_back(reviewer, 1, reason="不用移除，改名即可").status_code == 303
    page = reporter.get("/records/projects/X1/edit?proposal=1").text
    assert 'name="proposal"' not in page
    assert 'value="旧"' not in page
    assert post(reporter, "/records/projects/X1/edit", **form, name="新名").location == "/proposals/2"
    assert 'name="proposal" value="2"' in reporter.get("/records/projects/X1/edit?proposal=1").text
    assert post(reporter, "/records/projects/X1/withdraw", **form).location == "/proposals/1"


def test_of_two_equal_forms_at_one_moment_one_is_kept(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    post(reporter, "/projects/X1/notes", kind="progress", noted_on="2026-02-01", text="设备进场")
    store = proposals_of(app).store
    sent = replace(store.proposals()[1].sent, proposal_no=0)  # as one who looked before the first was kept
    with pytest.raises(ConflictError, match="同样的内容已经报送（第 1 号"):
        store.add(sent)
    assert list(store.proposals()) == [1]
    assert give_back(reviewer, 1, reason="写明几台").status_code == 303
    assert store.add(sent).proposal_no == 2


def test_a_refused_decision_keeps_what_was_typed_in_its_own_field(app: Flask) -> None:
    reviewer = as_(app, "reviewer")
    propose_name(app, as_(app, "reporter"))
    answer = post(reviewer, "/proposals/1/accept", remark="属实")  # of no version
    assert answer.status_code == 409
    assert re.search(r'说明 <input name="remark"[^>]* value="属实"', answer.text)
    assert re.search(r'退回的原因 <input name="reason"[^>]* value=""', answer.text)


def test_a_reporter_of_another_town_by_now_has_nothing_to_put_right(app: Flask) -> None:
    propose_name(app, as_(app, "reporter"))
    assert give_back(as_(app, "reviewer"), 1, reason="不对").status_code == 303
    counts = [
        proposals_of(app).count(Proposer(user_name="reporter", author="某", town_code=town), may_review=False)
        for town in (TOWN, OTHER_TOWN)
    ]
    assert counts == [1, 0]


def test_a_project_that_comes_to_the_town_shows_its_hidden_fields(app: Flask) -> None:
    workspace = workspace_of(app)
    note = {"project_code": "X2", "note_no": 1, "kind": "progress", "noted_on": "2026-02-01", "text": "一"}
    write(workspace, project_notes=[note])
    notes = workspace.layers["project_notes"]
    fields = tuple(replace(one, secrecy="restricted") if one.name == "text" else one for one in notes.fields)
    layers = {**workspace.layers, "project_notes": replace(notes, fields=fields)}
    hiding = Workspace(
        workspace.settings,
        layers,
        workspace.scheme,
        workspace.shipped_policy,
        workspace.store,
        workspace.cache,
    )
    seen = seen_by(hiding, Sight("internal", TOWN))
    assert seen.store.read("project_notes")["text"].isna().all()
    moved = {"project_code": "X2", "name": "乙厂收储", "stage": "P02", "mode": "M04", "town_code": TOWN}
    write(workspace, projects=[moved])
    assert seen.store.read("project_notes")["text"].tolist() == ["一"]


def test_what_is_hidden_stays_hidden_and_nothing_proposed_is_nothing(app: Flask) -> None:
    reporter, reviewer = as_(app, "reporter"), as_(app, "reviewer")
    assert propose_name(app, reporter, "示例地块甲").status_code == 422
    seen = str(workspace_of(app).store.record("performance", ("E1", 2025)).from_revision)
    form = {**SIGNED, "seen": seen, "tax_wan": "123.5"}
    assert post(reporter, "/records/performance/E1/2025/edit", **form).location == "/proposals/1"
    for client in (reporter, reviewer):
        page = client.get("/proposals/1").text
        assert "（不显示）" in page
        assert "123.5" not in page
    assert accept(reviewer).status_code == 303
    assert workspace_of(app).store.record("performance", ("E1", 2025)).fields["tax_wan"] == 123.5


def test_ones_own_is_withdrawn_and_an_ended_session_keeps_what_was_typed(app: Flask) -> None:
    reporter = as_(app, "reporter")
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', reporter.get("/projects").text)[1]
    with reporter.session_transaction() as kept:
        kept["used"] -= 61 * 60
    typed = {"csrf_token": csrf, "kind": "progress", "noted_on": "2026-02-01", "text": "打了很久的一段话"}
    ended = reporter.post("/projects/X1/notes", data=typed)
    assert (ended.status_code, "打了很久的一段话" in ended.text) == (401, True)
    again = as_(app, "reporter")
    assert (
        post(again, "/projects/X1/notes", kind="progress", noted_on="2026-02-01", text="一").status_code
        == 303
    )
    assert "打了" not in again.get("/proposals/1").text
    page = again.get("/projects/X1?proposal=1").text
    assert 'maxlength="1000" required>一<' in page
    note = {"kind": "progress", "noted_on": "2026-02-01", "text": "二", "proposal": "1"}
    assert post(again, "/projects/X1/notes", **note).location == "/proposals/1"
    assert take_back(again, 1).status_code == 303
    assert "已撤回" in again.get("/proposals").text


def test_a_record_is_proposed_whichever_part_of_its_key_holds_a_slash(app: Flask) -> None:
    write(
        workspace_of(app),
        projects=[{"project_code": "X/1", "name": "斜杠", "stage": "P06", "mode": "M01", "town_code": TOWN}],
        project_plots=[{"project_code": "X/1", "plot_code": "DK-A", "area_m2": 500.0}],
    )
    held = workspace_of(app).store.record("project_plots", ("X/1", "DK-A"))
    form = {**SIGNED, "seen": str(held.from_revision), "area_m2": "400"}
    sent = post(as_(app, "reporter"), "/records/project_plots/X/1/DK-A/edit", **form)
    assert sent.location == "/proposals/1"
    reviewer = as_(app, "reviewer")
    assert "500" in reviewer.get("/proposals/1").text
    assert accept(reviewer).status_code == 303
    assert workspace_of(app).store.record("project_plots", ("X/1", "DK-A")).fields["area_m2"] == 400
