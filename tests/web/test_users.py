"""The administrators' page of users: the same checks as `geoapp user`, each step in the audit."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.user import Role, read_user
from geoapp.services.accounts import Accounts
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.small_district import fill
from tests.web.test_people import GIVEN, TOWN, accounts, post, sign_in


@pytest.fixture
def app(empty_installation: Settings) -> Iterator[Flask]:
    app = create_app(replace(empty_installation, open_as="", sign_in_per_minute=1000))
    fill(app.extensions["geoapp"])
    for name, role in (("boss", Role.ADMINISTRATOR), ("li", Role.EDITOR)):
        accounts(app).add(read_user(name, f"某{name}", role), GIVEN)
    yield app
    app.extensions["geoapp"].store.close()


@pytest.fixture
def boss(app: Flask) -> FlaskClient:
    return sign_in(app, "boss")[0]


def told(page: str) -> str:
    return re.search(r'id="one-time"[^>]*>([^<]+)<', page)[1]


def last_event(found: Accounts) -> tuple[str, ...]:
    event = found.store.events(limit=1)[0]
    return event.kind_zh, event.actor, event.subject, event.before, event.after


def test_only_administrators_come_here(app: Flask) -> None:
    client, _ = sign_in(app, "li")
    assert client.get("/users").status_code == 403
    for address in (
        "/users",
        "/users/boss/role",
        "/users/boss/close",
        "/users/boss/open",
        "/users/boss/reset",
    ):
        assert post(client, address, role="viewer").status_code == 403, address
    assert accounts(app).store.account("boss").user.role is Role.ADMINISTRATOR


def test_added_user_signs_in_with_the_password_shown_once(app: Flask, boss: FlaskClient) -> None:
    answer = post(boss, "/users", name="ci", display_name="慈城填报", role="reporter", town=TOWN)
    assert answer.headers["Cache-Control"] == "no-store"
    password = told(answer.text)
    assert password not in boss.get("/users").text
    _, entered = sign_in(app, "ci", password)
    assert entered.location == "/account/password"
    events = accounts(app).store.events()
    added = next(event for event in events if event.subject == "ci" and event.kind == "user_added")
    assert (added.actor, added.after) == ("某boss（boss）", "慈城填报（ci），镇街填报员（330205103）")
    assert password not in "".join(map(str, events))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "li", "role": "viewer"}, "已经有人用了"),
        ({"name": "Li", "role": "viewer"}, "不能用"),
        ({"name": "ci", "role": "reporter"}, "要写明镇街"),
        ({"name": "ci", "role": "reporter", "town": "1"}, "没有镇街代码“1”"),
        ({"name": "ci", "role": "viewer", "town": TOWN}, "别的角色不写"),
        ({"name": "ci", "role": "king"}, "没有角色“king”"),
    ],
)  # fmt: skip
def test_wrong_form_comes_back_as_typed(boss: FlaskClient, typed: dict[str, str], words: str) -> None:
    answer = post(boss, "/users", display_name="某人甲", **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="某人甲"' in answer.text


def test_role_is_changed_and_sessions_end(app: Flask, boss: FlaskClient) -> None:
    li, _ = sign_in(app, "li")
    answer = post(boss, "/users/li/role", role="reporter", town=TOWN)
    assert answer.status_code == 303
    assert "某li（li）现在是镇街填报员" in boss.get("/users").text
    assert last_event(accounts(app)) == (
        "改角色或镇街", "某boss（boss）", "li", "编辑人员", "镇街填报员（330205103）",
    )  # fmt: skip
    assert li.get("/rules").status_code == 302
    assert post(boss, "/users/li/role", role="viewer", town=TOWN).status_code == 303
    assert accounts(app).store.account("li").user.town_code == ""


def test_account_is_closed_and_opened_again(app: Flask, boss: FlaskClient) -> None:
    post(boss, "/users/li/close")
    assert sign_in(app, "li")[1].status_code == 401
    assert 'action="/users/li/open"' in boss.get("/users").text
    post(boss, "/users/li/open")
    assert last_event(accounts(app))[::4] == ("启用或解锁用户", "可登录")
    assert sign_in(app, "li")[1].status_code == 303


def test_locked_account_is_unlocked(app: Flask, boss: FlaskClient) -> None:
    for _ in range(5):
        sign_in(app, "li", "wrong")
    assert "已锁定" in boss.get("/users").text
    post(boss, "/users/li/open")
    assert sign_in(app, "li")[1].status_code == 303


def test_reset_password_is_shown_once_and_must_be_changed(app: Flask, boss: FlaskClient) -> None:
    password = told(post(boss, "/users/li/reset").text)
    assert last_event(accounts(app))[:3] == ("管理员重置密码", "某boss（boss）", "li")
    assert sign_in(app, "li", password)[1].location == "/account/password"
    assert post(boss, "/users/nobody/reset").status_code == 404


@pytest.mark.parametrize(("step", "role"), [("close", ""), ("role", "viewer")])
def test_last_administrator_stays(app: Flask, boss: FlaskClient, step: str, role: str) -> None:
    answer = post(boss, f"/users/boss/{step}", role=role)
    assert answer.status_code == 422
    assert "“boss”是唯一的管理员" in answer.text
    assert boss.get("/users").status_code == 200
    accounts(app).add(read_user("other", "另一位", Role.ADMINISTRATOR), GIVEN)
    assert post(boss, f"/users/boss/{step}", role=role).status_code == 303


def test_form_without_its_token_changes_nothing(app: Flask, boss: FlaskClient) -> None:
    assert boss.post("/users/li/close").status_code == 403
    assert accounts(app).store.account("li").user.is_active
