"""What holds for every page: headers, errors in Chinese, compression, filters."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.errors import ConflictError, FormatError, GoneError, NotFoundError, SetupError, UsageError
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.full_disk import largest_file
from tests.opened import open_settings


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Flask]:
    """An empty installation, only read, with addresses that fail in every way."""
    settings = open_settings(tmp_path_factory.mktemp("app"))
    shutil.copy(empty_database, settings.database_path)
    app = create_app(settings)

    def refuse(kind: type[Exception]) -> None:
        raise kind("说明：<b>什么</b>不对")

    for kind in (
        ConflictError,
        FormatError,
        GoneError,
        NotFoundError,
        SetupError,
        UsageError,
        ZeroDivisionError,
    ):
        app.add_url_rule(f"/raise/{kind.__name__}", kind.__name__, lambda kind=kind: refuse(kind))
    app.add_url_rule("/write", "write", lambda: "written", methods=["POST"])
    yield app
    app.extensions["geoapp"].store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("ConflictError", 409),
        ("FormatError", 422),
        ("GoneError", 410),
        ("NotFoundError", 404),
        ("SetupError", 500),
        ("UsageError", 400),
    ],
)
def test_error_page_says_why_with_its_status(client: FlaskClient, kind: str, status: int) -> None:
    answer = client.get(f"/raise/{kind}")
    assert answer.status_code == status
    assert "说明：&lt;b&gt;什么&lt;/b&gt;不对" in answer.text


def test_error_is_json_where_json_is_asked_for(client: FlaskClient) -> None:
    answer = client.get("/raise/UsageError", headers={"Accept": "application/json"})
    assert answer.json == {
        "error": {"status": 400, "title": "请求不正确", "message": "说明：<b>什么</b>不对"}
    }


def test_bug_shows_a_number_and_no_traceback(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/raise/ZeroDivisionError")
    number = re.search(r"编号 ([0-9a-f]{8})", answer.text)
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert number is not None
    assert number[1] in caplog.text


def test_unknown_address_is_a_chinese_404(client: FlaskClient) -> None:
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert "没有这个页面或记录" in answer.text


def test_form_without_token_is_refused(client: FlaskClient) -> None:
    answer = client.post("/write")
    assert answer.status_code == 403
    assert "内容没有保存" in answer.text


def test_too_large_upload_is_refused(settings: Settings, tmp_path) -> None:
    app = create_app(open_settings(tmp_path / "small", max_upload_mb=1))
    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/write", "write", lambda: "written", methods=["POST"])

    @app.post("/read")
    def read() -> str:
        from flask import request

        return str(len(request.get_data()))

    answer = app.test_client().post("/read", data=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert "max_upload_mb" in answer.text


def test_policy_allows_no_other_host_and_no_inline_script(client: FlaskClient) -> None:
    answer = client.get("/no-such-page")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nonce_differs_between_answers(client: FlaskClient) -> None:
    policies = {client.get("/healthz").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_tile_url_may_send_images(tmp_path) -> None:
    app = create_app(open_settings(tmp_path / "tiles", basemap="http://10.1.2.3/{z}/{x}/{y}.png"))
    assert "http://10.1.2.3" in app.test_client().get("/healthz").headers["Content-Security-Policy"]


def test_text_is_compressed_for_who_takes_it(client: FlaskClient) -> None:
    plain = client.get("/assets/geoapp.css")
    packed = client.get("/assets/geoapp.css", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data)


def test_short_answer_is_not_compressed(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_secret_key_stays_between_starts_and_is_private(settings: Settings) -> None:
    first = create_app(settings).config["SECRET_KEY"]
    assert create_app(settings).config["SECRET_KEY"] == first
    assert len(first) == 64
    assert (settings.data_dir / "secret.key").stat().st_mode & 0o077 == 0


def test_site_template_replaces_ours(settings: Settings) -> None:
    own = settings.data_dir / "templates" / "errors"
    own.mkdir(parents=True)
    (own / "error.html").write_text("本单位的页面：{{ title }}", encoding="utf-8")
    answer = create_app(settings).test_client().get("/no-such-page")
    assert answer.text == "本单位的页面：没有找到"


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(SetupError, match="不能写入数据目录"):
        create_app(open_settings(tmp_path / "file" / "data"))


def test_second_start_keeps_the_key_of_sessions_and_forms(settings: Settings) -> None:
    first, second = create_app(settings), create_app(settings)
    assert len(first.config["SECRET_KEY"]) == 64  # 32 bytes in hexadecimal
    assert first.config["SECRET_KEY"] == second.config["SECRET_KEY"]
    assert (settings.data_dir / "secret.key").stat().st_mode & 0o077 == 0


def test_a_key_cut_short_by_a_full_disk_is_made_anew(settings: Settings) -> None:
    file = settings.data_dir / "secret.key"
    file.parent.mkdir()
    file.touch()  # the place was there, the room for 64 characters was not

    app = create_app(settings)

    assert len(app.config["SECRET_KEY"]) == 64
    assert app.test_client().get("/account/sign-in").status_code < 500  # without a key every page failed
    assert file.read_text(encoding="ascii") == app.config["SECRET_KEY"]
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in settings.data_dir.glob(".geoapp-*")] == []


def test_a_key_that_finds_no_room_is_not_left_behind_in_part(settings: Settings) -> None:
    with largest_file(0), pytest.raises(SetupError, match=r"不能写入数据目录 .*：文件超出了允许的大小。请"):
        create_app(settings)
    assert not (settings.data_dir / "secret.key").exists()


def test_browsers_that_ask_for_an_icon_by_habit_get_it(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


@pytest.mark.parametrize("address", ["/candidates", "/lists", "/whatif", "/portfolio", "/check"])
def test_an_empty_installation_says_what_to_import_first(client: FlaskClient, address: str) -> None:
    page = client.get(address).get_data(as_text=True)
    assert 'data-empty="plots"' in page
    assert '<a href="/imports">“导入”</a>页导入“工业地块”' in page


@pytest.mark.parametrize("address", ["/candidates", "/lists", "/whatif", "/portfolio", "/check"])
def test_an_installation_with_plots_does_not(district_app: Flask, address: str) -> None:
    assert 'data-empty="plots"' not in district_app.test_client().get(address).get_data(as_text=True)
