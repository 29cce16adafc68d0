"""Signing in and out, what a session is worth, who may write, and where nobody has to sign in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geoapp.domain.user import Role, read_user
from geoapp.errors import SetupError, TooManyError
from geoapp.services.accounts import Accounts
from geoapp.settings import Settings
from geoapp.web.app import create_app
from geoapp.web.permissions import OPEN, OWN_ACCOUNT, declared
from geoapp.web.serve import check_open, check_users
from geoapp.web.views.account import Attempts
from tests.full_disk import largest_file
from tests.opened import open_settings
from tests.small_district import fill
from tests.web.test_tiles import ADDRESS

GIVEN = "long-enough-1"
TOWN = "330205103"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("people"), sign_in_per_minute=1000))
    fill(app.extensions["geoapp"])
    for role in Role:
        town = TOWN if role is Role.REPORTER else ""
        accounts(app).add(read_user(role.value, f"某{role.value}", role, town), GIVEN)
    yield app
    app.extensions["geoapp"].store.close()


def accounts(app: Flask) -> Accounts:
    return app.extensions["geoapp_people"].accounts


def token(text: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', text)[1]


def sign_in(
    app: Flask, name: str, password: str = GIVEN, query: str = ""
) -> tuple[FlaskClient, TestResponse]:
    client = app.test_client()
    form = client.get(f"/account/sign-in{query}").text
    data = {"csrf_token": token(form), "name": name, "password": password}
    return client, client.post(f"/account/sign-in{query}", data=data)


def post(client: FlaskClient, address: str, **data: str) -> TestResponse:
    """Send a form as a page would, with the token that every page has in its head."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/account/password").text)
    return client.post(address, data={"csrf_token": found[1], **data})


def test_stranger_is_led_to_the_form_and_back(app: Flask) -> None:
    answer = app.test_client().get("/rules?at=2026-03-01")
    assert answer.status_code == 302
    assert answer.location == "/account/sign-in?next=%2Frules%3Fat%3D2026-03-01"
    _, entered = sign_in(app, "viewer", query="?next=%2Frules%3Fat%3D2026-03-01")
    assert (entered.status_code, entered.location) == (303, "/rules?at=2026-03-01")


def test_after_signing_in_nobody_is_led_to_another_host(app: Flask) -> None:
    _, entered = sign_in(app, "viewer", query="?next=//evil.example/")
    assert entered.location == "/"


@pytest.mark.parametrize("address", [ADDRESS, "/plots/DK-A.json", "/layers/plots.geojson?key=DK-A"])
def test_stranger_gets_no_data(app: Flask, address: str) -> None:
    answer = app.test_client().get(address)
    assert answer.status_code == 401
    assert "登录" in answer.json["error"]["message"]


def test_stranger_gets_what_the_form_needs_and_nothing_of_the_district(app: Flask) -> None:
    client = app.test_client()
    for address in (
        "/assets/geoapp.css",
        "/static/vendor/bootstrap/bootstrap.min.css",
        "/healthz",
        "/favicon.ico",
    ):
        assert client.get(address).status_code == 200, address
    page = client.get("/account/sign-in").text
    assert "主导航" in page
    assert 'href="/rules"' not in page


def test_wrong_name_and_wrong_password_are_refused_in_the_same_words(app: Flask) -> None:
    answers = [sign_in(app, name, "not-the-password")[1] for name in ("viewer", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    complaints = [re.search(r'role="alert">([^<]+)', answer.text)[1] for answer in answers]
    assert complaints[0] == complaints[1]
    accounts(app).set_active("viewer", is_active=True)


def test_session_is_a_new_one_and_its_cookie_is_closed_to_scripts(app: Flask) -> None:
    client = app.test_client()
    form = client.get("/account/sign-in")
    before = client.get_cookie("session").value
    data = {"csrf_token": token(form.text), "name": "viewer", "password": GIVEN}
    entered = client.post("/account/sign-in", data=data)
    assert client.get_cookie("session").value != before
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    assert "SameSite=Lax" in entered.headers["Set-Cookie"]
    with client.session_transaction() as kept:
        assert "csrf_token" not in kept


def test_cookie_goes_over_tls_only_where_that_is_set(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, secure_cookies=True))
    assert "Secure" in app.test_client().get("/account/sign-in").headers["Set-Cookie"]


def test_forged_session_is_nobodys(app: Flask) -> None:
    client, _ = sign_in(app, "viewer")
    value = client.get_cookie("session").value
    client.set_cookie("session", value[:-3] + ("AAA" if value[-3:] != "AAA" else "BBB"))
    assert client.get("/rules").status_code == 302
    assert client.get(ADDRESS).status_code == 401


def test_signing_out_ends_the_session(app: Flask) -> None:
    client, _ = sign_in(app, "viewer")
    assert client.get(ADDRESS).status_code == 200
    assert post(client, "/account/sign-out").location == "/account/sign-in"
    assert client.get("/rules").status_code == 302
    assert client.get(ADDRESS).status_code == 401


def test_who_signs_out_is_out_even_where_a_full_disk_takes_no_note_of_it(app: Flask) -> None:
    client, _ = sign_in(app, "viewer")
    with largest_file(0):
        answer = post(client, "/account/sign-out")
    assert answer.status_code == 500
    assert "本次写入没有保存，已有数据不变。" in answer.text
    assert client.get("/rules").status_code == 302  # to the form


def test_closing_the_account_ends_its_sessions_on_pages_and_tiles(app: Flask) -> None:
    client, _ = sign_in(app, "editor")
    assert (client.get("/search?q=DK").status_code, client.get(ADDRESS).status_code) == (200, 200)
    accounts(app).set_active("editor", is_active=False)
    app.extensions["geoapp_people"]._version = (float("-inf"), -1)  # as a twentieth of a second later
    assert (client.get("/rules").status_code, client.get(ADDRESS).status_code) == (302, 401)
    accounts(app).set_active("editor", is_active=True)
    assert client.get("/rules").status_code == 302  # the old session stays ended


@pytest.mark.parametrize(
    "aged", [{"used": -61 * 60}, {"began": -10 * 3600 - 1}], ids=["an hour without use", "ten hours"]
)
def test_session_ends_by_itself(app: Flask, aged: dict[str, int]) -> None:
    client, _ = sign_in(app, "viewer")
    with client.session_transaction() as kept:
        for name, seconds in aged.items():
            kept[name] += seconds
    assert client.get("/rules").status_code == 302
    assert client.get(ADDRESS).status_code == 401


def test_form_of_an_expired_session_keeps_what_was_typed(app: Flask) -> None:
    client, _ = sign_in(app, "editor")
    page = client.get("/account/password").text
    csrf = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    with client.session_transaction() as kept:
        kept["used"] -= 61 * 60
    data = {"csrf_token": csrf, "name": "<b>方案</b>", "weights": ""}
    answer = client.post("/candidates/weights", data=data)
    assert answer.status_code == 401
    assert "&lt;b&gt;方案&lt;/b&gt;" in answer.text
    # Signed in again in another window, the same person sends the same form.
    form = client.get("/account/sign-in").text
    client.post("/account/sign-in", data={"csrf_token": token(form), "name": "editor", "password": GIVEN})
    assert (
        client.post("/candidates/weights", data=data).status_code == 422
    )  # the weights are missing: it was read


def test_first_password_must_be_changed_before_anything_else(app: Flask) -> None:
    user = read_user("newcomer", "新人", Role.EDITOR)
    given = accounts(app).add(user, None)
    accounts(app).store.change("newcomer", must_change_password=True)
    client, entered = sign_in(app, "newcomer", given)
    assert entered.location == "/account/password"
    assert client.get("/rules").location == "/account/password"
    assert client.get(ADDRESS).status_code == 401
    assert post(client, "/candidates/weights", name="x").status_code == 403
    other, _ = sign_in(app, "newcomer", given)
    change = {"old_password": given, "new_password": GIVEN, "new_again": GIVEN}
    assert post(client, "/account/password", **change | {"new_again": "another-one-2"}).status_code == 422
    assert post(client, "/account/password", **change).location == "/"
    told = "密码已修改；其他地方的登录已全部失效。"
    assert told in client.get("/").text  # where the change leads to, not on whatever page shows messages next
    assert told not in client.get("/lists").text
    assert client.get("/search?q=DK").status_code == 200
    assert other.get("/search?q=DK").status_code in (302, 401)  # the other session ended


def test_too_many_attempts_in_a_minute_are_refused() -> None:
    attempts = Attempts(2)
    attempts.count("10.0.0.1", 0.0)
    attempts.count("10.0.0.1", 1.0)
    attempts.count("10.0.0.2", 1.5)  # another address
    with pytest.raises(TooManyError, match="最多尝试登录 2 次"):
        attempts.count("10.0.0.1", 2.0)
    attempts.count("10.0.0.1", 61.5)  # one minute after the second


def test_too_many_attempts_are_answered_429(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, sign_in_per_minute=1))
    assert [sign_in(app, "nobody", "wrong")[1].status_code for _ in range(2)] == [401, 429]


def test_every_write_declares_who_may_do_it(app: Flask) -> None:
    """A new page that takes forms must say so with `@needs(Permission...)` below its `@blueprint.post(...)`."""
    writes = {rule.endpoint for rule in app.url_map.iter_rules() if rule.methods - {"GET", "HEAD", "OPTIONS"}}
    assert writes
    assert [endpoint for endpoint in sorted(writes) if declared(app, endpoint) is None] == []


def test_only_signing_in_and_files_are_open(app: Flask) -> None:
    open_ = {name for name in app.view_functions if declared(app, name) == OPEN}
    assert open_ == {"account.sign_in", "account.enter", "assets.health", "assets.favicon"}
    own = {name for name in app.view_functions if declared(app, name) == OWN_ACCOUNT}
    assert own == {"account.sign_out", "account.password", "account.change_password"}


WRITES = {
    "/candidates/weights": Role.EDITOR,
    "/scenarios?plots=DK-A&mode=M01": Role.EDITOR,
    "/lists/2026/take-in": Role.EDITOR,
    "/evaluation/freeze": Role.EDITOR,
    "/imports": Role.EDITOR,
    "/rules/numbers/low_far/values": Role.ADMINISTRATOR,
}


def test_writes_are_refused_below_their_role(app: Flask) -> None:
    roles = list(Role)
    for role in roles:
        client, _ = sign_in(app, role.value)
        for address, least in WRITES.items():
            is_refused = post(client, address).status_code == 403
            assert is_refused == (roles.index(role) < roles.index(least)), (role, address)


def test_refusal_says_who_may(app: Flask) -> None:
    client, _ = sign_in(app, "viewer")
    answer = post(client, "/candidates/weights", name="x")
    assert "您的角色是查看人员，不能修改台账、导入；编辑人员、审核人员、管理员才可以" in answer.text


def test_what_one_may_not_use_is_not_shown(app: Flask) -> None:
    viewer, editor = (sign_in(app, name)[0] for name in ("viewer", "editor"))
    assert viewer.get("/imports").status_code == 403
    assert 'href="/imports"' not in viewer.get("/candidates").text
    assert "保存这组权重" not in viewer.get("/candidates").text
    assert 'href="/imports"' in editor.get("/candidates").text
    assert "保存这组权重" in editor.get("/candidates").text


def test_revision_names_who_is_signed_in_whatever_the_form_says(app: Flask) -> None:
    client, _ = sign_in(app, "editor")
    page = client.get("/candidates").text
    weights = re.search(r'id="saved-weights" value="([^"]+)"', page)[1]
    answer = post(client, "/candidates/weights", name="我的权重", weights=weights, saved_by="别人")
    assert answer.status_code == 303
    newest = app.extensions["geoapp"].store.revisions(limit=1)[0]
    assert newest.user == "某editor（editor）"
    assert 'name="saved_by" maxlength="100" required value="某editor（editor）" readonly' in page


def test_open_installation_answers_this_machine_only(tmp_path: Path) -> None:
    client = create_app(open_settings(tmp_path)).test_client()
    assert "免登录：本机上任何人都以<strong>管理员</strong>身份操作" in client.get("/rules").text
    far = {"REMOTE_ADDR": "10.1.2.3"}
    named = {"HTTP_HOST": "evil.example"}
    passed_on = {"HTTP_X_FORWARDED_FOR": "10.1.2.3"}
    for environment in (far, named, passed_on):
        assert client.get("/rules", environ_overrides=environment).status_code == 403
        assert client.get(ADDRESS, environ_overrides=environment).status_code == 401


def test_open_installation_is_not_offered_to_other_machines(tmp_path: Path) -> None:
    check_open(open_settings(tmp_path), "127.0.0.1")
    check_open(Settings(data_dir=tmp_path), "10.1.2.3")
    with pytest.raises(SetupError, match="免登录只能在本机使用"):
        check_open(open_settings(tmp_path), "10.1.2.3")


def test_server_without_users_does_not_start_and_says_how_to_add_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="geoapp user add 登录名 --role administrator"):
        check_users(Settings(data_dir=tmp_path))
    page = create_app(Settings(data_dir=tmp_path)).test_client().get("/account/sign-in").text
    assert "还没有任何用户" in page


def test_accounts_are_in_a_file_that_only_its_owner_reads(app: Flask) -> None:
    path = app.extensions["geoapp"].settings.people_path
    assert path.stat().st_mode & 0o077 == 0
    assert GIVEN.encode() not in path.read_bytes()
