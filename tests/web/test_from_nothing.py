"""An empty installation is filled from its pages alone: every register around projects is one click from its page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.user import Role, read_user
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.web.test_people import GIVEN, accounts, post, sign_in

SIGNED = {"edited_by": "张三（示例）", "edit_reason": "建账"}


@pytest.fixture
def app(empty_installation: Settings) -> Iterator[Flask]:
    app = create_app(replace(empty_installation, open_as="", sign_in_per_minute=1000))
    for role in (Role.EDITOR, Role.VIEWER):
        accounts(app).add(read_user(role.value, f"某{role.value}", role), GIVEN)
    yield app
    app.extensions["geoapp"].store.close()


@pytest.fixture
def editor(app: Flask) -> FlaskClient:
    return sign_in(app, "editor")[0]


def link(client: FlaskClient, address: str, words: str) -> str:
    """The address behind a link of a page that says *words*."""
    page = unescape(client.get(address).text)
    found = re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>{words}<', page)
    assert found, f"{address} has no link {words}"
    return found[0]


def add(client: FlaskClient, address: str, **fields: str) -> str:
    """Send the form behind an address; where that leads."""
    assert client.get(address).status_code == 200
    answer = post(client, address, **fields, **SIGNED)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_project_is_made_given_its_plot_and_started_from_the_pages(editor: FlaskClient) -> None:
    made = add(editor, link(editor, "/projects", "新增项目"), project_code="X1", name="示例改造", mode="M01")
    page = link(editor, made, "项目页：进度、计划、进展、附件")
    step = {"stage": "P00", "actual_on": "2026-01-05", "seen": ""}
    assert post(editor, f"{page}/stage", **step).status_code == 303
    assert 'data-project="X1"' in editor.get("/projects").text
    add(editor, link(editor, page, "修改项目信息"), project_code="X1", name="新名", seen="2", mode="M01")
    form = link(editor, page, "添加地块")
    assert 'value="X1"' in editor.get(form).text  # the form knows the project


def test_agreements_with_their_items_and_transactions_are_made_from_the_pages(editor: FlaskClient) -> None:
    made = add(
        editor,
        link(editor, "/agreements", "新增协议"),
        agreement_code="A1",
        kind="standard_land",
        party_b="示例厂",
        status="active",
    )
    form = link(editor, made, "添加考核指标")
    add(editor, form, agreement_code="A1", indicator="tax_per_mu", year="2025", agreed_value="20")
    assert "约定 20.00" in editor.get("/agreements").text
    assert link(editor, "/transactions", "新增交易") == "/records/transactions/new"


def test_who_only_looks_is_offered_nothing_to_make(app: Flask) -> None:
    viewer = sign_in(app, "viewer")[0]
    for address in ("/projects", "/agreements", "/transactions"):
        assert "新增" not in viewer.get(address).text


def test_without_a_micro_park_the_bands_are_said_to_be_none(editor: FlaskClient) -> None:
    page = re.sub(r"\s+", " ", editor.get("/micro-parks?year=2025").text)
    assert "共 0 个；2025 年：没有；" in page


@pytest.mark.parametrize(
    "address", ["/", "/statistics", "/evaluation", "/changes", "/candidates", "/lists", "/projects"]
)
def test_who_may_not_import_is_sent_to_no_page_that_would_refuse(
    app: Flask, editor: FlaskClient, address: str
) -> None:
    assert 'href="/imports"' in editor.get(address).text
    assert 'href="/imports"' not in sign_in(app, "viewer")[0].get(address).text
