"""The audit page and its files: what was done to records, what happened around people, and who may look."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.user import Role, read_user
from geoapp.services.plot_facts import today
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.small_district import fill, frame_of
from tests.web.test_people import GIVEN, TOWN, accounts, post, sign_in

PLOT = {"plot_code": "DK-A", "gfa_actual_m2": 20_000.0, "document_no": None}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("audit"), sign_in_per_minute=1000))
    workspace = fill(app.extensions["geoapp"])
    store = workspace.store

    def edit(change: RegisterChange, register: str, reason: str) -> None:
        store.write(
            {register: change},
            kind=RevisionKind.EDIT,
            user="某编辑（editor）",
            reason=reason,
            document_no="示〔2026〕1号",
        )

    plots = frame_of(workspace, "plots", [{"plot_code": "DK-A"}])[["plot_code"]]
    edit(RegisterChange(plots.assign(gfa_actual_m2=20_000.0)), "plots", "核实面积")
    tax = frame_of(workspace, "performance", [{"uscc": "E2", "year": 2025}])[["uscc", "year"]]
    edit(RegisterChange(tax.assign(tax_wan=77.0)), "performance", "更正税收")
    edit(RegisterChange(removed=[("X3",)]), "projects", "终止")
    for role in Role:
        town = TOWN if role is Role.REPORTER else ""
        accounts(app).add(read_user(role.value, f"某{role.value}", role, town), GIVEN)
    yield app
    store.close()


@pytest.fixture(scope="module")
def reviewer(app: Flask) -> FlaskClient:
    return sign_in(app, "reviewer")[0]


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def rows(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    return rows_of(client.get(f"/audit/export.csv?{query}"))


@pytest.mark.parametrize("role", ["viewer", "reporter", "editor"])
def test_only_reviewers_and_administrators_see_it(app: Flask, role: str) -> None:
    client, _ = sign_in(app, role)
    assert [client.get(address).status_code for address in ("/audit", "/audit/export.csv")] == [403, 403]
    assert 'href="/audit"' not in client.get("/rules").text


def test_who_what_before_after_why_and_document(reviewer: FlaskClient) -> None:
    (row,) = rows(reviewer, "record=DK-A&register=plots&person=editor")
    assert row["经办"] == "某编辑（editor）"
    assert (row["方式"], row["修订"], row["台账"], row["编号"], row["名称"]) == (
        "编辑",
        "2",
        "工业地块",
        "DK-A",
        "示例地块甲",
    )
    assert (row["原因"], row["依据文号"]) == ("核实面积", "示〔2026〕1号")
    assert row["改前"].endswith("18,500.00 平方米")
    assert row["改后"].endswith("20,000.00 平方米")
    assert "；" not in row["改前"]  # one field only


def test_restricted_value_is_only_said_to_have_changed(reviewer: FlaskClient) -> None:
    (row,) = rows(reviewer, "register=performance&person=editor")
    assert row["编号"] == "E2/2025"
    assert row["改前"] == row["改后"]
    assert row["改前"].endswith("：（不显示）")
    everything = reviewer.get("/audit/export.csv").data.decode("utf-8-sig") + reviewer.get("/audit").text
    assert "13800000000" not in everything


def test_new_and_withdrawn_records(reviewer: FlaskClient) -> None:
    withdrawn, new = rows(reviewer, "record=X3&register=projects")
    assert (withdrawn["改后"], new["改前"]) == ("（移除）", "（新增）")
    assert "停了的项目" in withdrawn["改前"]
    assert "停了的项目" in new["改后"]


def test_record_of_another_register_that_names_it_in_its_key(reviewer: FlaskClient) -> None:
    found = rows(reviewer, "record=X1")
    assert {row["台账"] for row in found} == {"二次开发项目", "项目地块"}
    assert [row["编号"] for row in rows(reviewer, "record=X1/DK-A")] == ["X1/DK-A"]


def test_days_bound_it_where_the_machine_stands(reviewer: FlaskClient) -> None:
    day = today()
    assert len(rows(reviewer, f"from={day}&to={day}&register=projects")) == 4  # three, one withdrawn
    (nothing,) = rows(reviewer, f"to={day - timedelta(days=1)}")
    assert (nothing["经办"], nothing["范围"]) == ("", f"台账修改；至 {day - timedelta(days=1)}")
    assert [row["经办"] for row in rows(reviewer, f"from={day + timedelta(days=1)}")] == [""]


def test_pages_go_on_where_the_last_one_ended(app: Flask) -> None:
    from geoapp.services.audit import AuditQuery, audit_page

    workspace, people = app.extensions["geoapp"], accounts(app).store
    for query in (AuditQuery(), AuditQuery(part="people"), AuditQuery(register="plots")):
        whole = audit_page(workspace, people, query, limit=1000).rows
        paged, place, is_first = [], "", True
        while place or is_first:
            page = audit_page(workspace, people, query, place=place, limit=3)
            paged += page.rows
            place, is_first = page.next_place, False
        assert tuple(paged) == whole
    # All of the district's records are there, once as new, and the three edits.
    assert len(audit_page(workspace, people, AuditQuery(), limit=1000).rows) == 31 + 3


def test_page_says_the_same_and_leads_on(reviewer: FlaskClient) -> None:
    page = reviewer.get("/audit").text
    assert "核实面积" in page
    assert 'href="/plots/DK-A"' in page
    assert "&lt;img" in page  # a plot is named <img onerror=...>
    assert "<img src=x" not in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("part=x", 400), ("register=x", 404), ("from=x", 400), ("place=x", 400), ("place=1.plots.0", 400),
        ("part=people&place=x", 400), ("part=people&kind=x", 400), ("nothing=1", 400), ("place=9.x.0.1", 200),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(reviewer: FlaskClient, query: str, status: int) -> None:
    assert reviewer.get(f"/audit?{query}").status_code == status


def test_workbook_says_what_it_rests_on(app: Flask, reviewer: FlaskClient) -> None:
    answer = reviewer.get("/audit/export.xlsx?register=plots")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert [cell.value for cell in book["审计"][1]][:3] == ["时间", "经办", "方式"]
    notes = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert (notes["范围"], notes["条数"], notes["是否完整"]) == ("台账修改；台账：工业地块", "4", "完整")
    assert notes["链"] == app.extensions["geoapp"].store.link(4)


def test_signing_in_and_out_and_failing_is_kept_with_the_place(app: Flask, reviewer: FlaskClient) -> None:
    client, _ = sign_in(app, "editor")
    post(client, "/account/sign-out")
    sign_in(app, "editor", "not-the-password")
    sign_in(app, "my-secret-password-typed-as-name", "x")
    nobody, failed, out, signed_in = rows(reviewer, "part=people")[:4]
    assert (nobody["事件"], nobody["谁"], nobody["关于"], nobody["说明"]) == (
        "登录失败",
        "",
        "",
        "没有这个登录名",
    )
    assert (failed["事件"], failed["关于"], failed["说明"]) == (
        "登录失败",
        "某editor（editor）",
        "密码不正确",
    )
    assert (out["事件"], out["谁"]) == ("退出登录", "某editor（editor）")
    assert (signed_in["事件"], signed_in["谁"], signed_in["来自"]) == (
        "登录",
        "某editor（editor）",
        "127.0.0.1",
    )
    path = app.extensions["geoapp"].settings.people_path
    kept = b"".join(file.read_bytes() for file in path.parent.glob("people.sqlite*"))
    assert b"my-secret-password" not in kept
    assert b"not-the-password" not in kept


def test_locking_is_kept(app: Flask, reviewer: FlaskClient) -> None:
    for _ in range(5):
        sign_in(app, "reporter", "wrong")
    locked = rows(reviewer, "part=people&kind=locked")[0]
    assert locked["关于"] == "某reporter（reporter）"
    assert locked["说明"].startswith("连续输错 5 次，锁定到 ")
    sign_in(app, "reporter")
    assert rows(reviewer, "part=people&person=reporter")[0]["说明"] == "账号已锁定"
    accounts(app).set_active("reporter", is_active=True)
    opened = rows(reviewer, "part=people&kind=user_opened")[0]
    assert (opened["改前"], opened["改后"]) == ("已锁定", "可登录")


def test_refusals_and_files_taken_away_are_kept(app: Flask, reviewer: FlaskClient) -> None:
    viewer, _ = sign_in(app, "viewer")
    viewer.get("/imports")
    viewer.get("/table/plots.csv?filter=far+%3C+1")
    taken, refused = rows(reviewer, "part=people&person=viewer")[:2]
    assert (taken["事件"], taken["说明"], taken["改后"]) == (
        "导出", "GET /table/plots.csv?filter=far+%3C+1", "只有公开字段",
    )  # fmt: skip
    assert (refused["事件"], refused["说明"], refused["改后"]) == ("被拒绝", "GET /imports", "角色 查看人员")
    own = rows(reviewer, "part=people&person=某reviewer&kind=exported")[0]
    assert own["改后"] == "含内部字段，受限字段参与计算"


def test_events_know_the_chain_of_the_registers(app: Flask) -> None:
    event = accounts(app).store.events(limit=1)[0]
    assert event.anchor == f"4:{app.extensions['geoapp'].store.link(4)[:16]}"
