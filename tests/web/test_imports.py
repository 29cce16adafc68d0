"""The import page's addresses: upload, look, choose, accept, discard, take the corrected file along."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.services.import_files import geojson, plots

JSON = {"Accept": "application/json"}


@pytest.fixture
def app(empty_installation: Settings) -> Flask:
    app = create_app(empty_installation)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return geojson(tmp_path / "a.geojson", plots()).read_bytes()


@pytest.fixture
def upload_id(app: Flask, client: FlaskClient, content: bytes) -> str:
    """Three sound plots, checked and not yet accepted."""
    answer = upload(client, content)
    assert answer.status_code == 200, answer.text
    return checked(app, answer)


def upload(
    client: FlaskClient, content: bytes, name: str = "地块.geojson", register: str = "plots"
) -> TestResponse:
    form = {"register": register, "file": (io.BytesIO(content), name)}
    return client.post("/imports", data=form, headers=JSON)


def checked(app: Flask, answer: TestResponse) -> str:
    found: dict[str, Any] = answer.get_json()
    assert found["address"] == f"/imports/{found['id']}"
    app.extensions["geoapp_uploads"].wait(found["id"])
    return str(found["id"])


def accept(app: Flask, client: FlaskClient, upload_id: str, **values: Any) -> TestResponse:
    answer = client.post(f"/imports/{upload_id}/accept", json={"user": "张某", **values}, headers=JSON)
    app.extensions["geoapp_uploads"].wait(upload_id)
    return answer


def test_a_form_sent_without_the_script_leads_to_the_check(client: FlaskClient, content: bytes) -> None:
    form = {"register": "plots", "file": (io.BytesIO(content), "地块.geojson")}
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    answer = client.post("/imports", data=form, headers=browser)
    assert answer.status_code == 303
    assert client.get(answer.headers["Location"]).status_code == 200


def message(answer: TestResponse) -> str:
    return str(answer.get_json()["error"]["message"])


def test_every_address_that_writes_refuses_a_form_without_token(settings: Settings) -> None:
    app = create_app(settings)
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.methods and rule.methods - {"GET", "HEAD", "OPTIONS"}
    ]
    assert {rule.rule for rule in rules} >= {"/imports", "/imports/<upload_id>/accept", "/statistics/zones"}
    for rule in rules:
        address = re.sub(r"<[^>]+>", "0" * 32, rule.rule.replace("<int:year>", "2026"))
        assert app.test_client().post(address).status_code == 403, address


def test_page_lists_every_register_with_the_asked_one_chosen(app: Flask, client: FlaskClient) -> None:
    page = client.get("/imports?register=towns").text
    for layer in app.extensions["geoapp"].layers.values():
        assert f'<option value="{layer.id}"' in page
        assert layer.zh in page
    assert re.search(r'<option value="towns"\s+selected', page)


def test_checked_upload_tells_what_it_found_and_stores_nothing(
    app: Flask, client: FlaskClient, upload_id: str
) -> None:
    state = client.get(f"/imports/{upload_id}.json").get_json()
    assert (state["state"], state["progress"], state["error"]) == ("staged", 1.0, "")
    assert (state["staged"]["record_count"], state["staged"]["acceptable"]) == (3, True)
    assert len(state["staged"]["geometry"]["features"]) == 3
    assert state["staged"]["district"] == {"type": "FeatureCollection", "features": []}
    assert app.extensions["geoapp"].store.revision() == 0
    page = client.get(f"/imports/{upload_id}")
    assert "地块.geojson" in page.text


def test_accepted_upload_is_one_revision_with_its_reason(
    app: Flask, client: FlaskClient, upload_id: str
) -> None:
    answer = accept(app, client, upload_id, reason=" 年度更新 ", document_no="1号")
    assert (answer.status_code, answer.get_json()) == (200, {"state": "accepting"})
    state = client.get(f"/imports/{upload_id}.json").get_json()
    assert (state["state"], state["staged"]) == ("accepted", None)
    assert "新增 3" in state["done"]["message"]
    assert state["done"]["map_address"] == "/?layers=plots"
    (revision,) = app.extensions["geoapp"].store.revisions()
    assert (revision.user, revision.document_no) == ("张某", "1号")
    page = client.get("/imports").text
    assert "年度更新" in page
    assert "新增 3" in page


def test_a_register_without_geometry_leads_to_the_whole_map(app: Flask, client: FlaskClient) -> None:
    text = "统一社会信用代码,企业名称\n91350100M000100Y43,示例企业\n"
    upload_id = checked(app, upload(client, text.encode(), "企业.csv", "enterprises"))
    assert client.get(f"/imports/{upload_id}.json").get_json()["done"]["map_address"] == "/"


def test_accepting_without_a_name_is_refused(client: FlaskClient, upload_id: str) -> None:
    answer = client.post(f"/imports/{upload_id}/accept", json={"user": "  "}, headers=JSON)
    assert (answer.status_code, "操作人" in message(answer)) == (400, True)


def test_accepting_twice_is_a_conflict(app: Flask, client: FlaskClient, upload_id: str) -> None:
    accept(app, client, upload_id)
    assert accept(app, client, upload_id).status_code == 409


def test_options_check_the_file_again(app: Flask, client: FlaskClient, upload_id: str) -> None:
    answer = client.post(f"/imports/{upload_id}/options", json={"crs": "EPSG:4528"}, headers=JSON)
    assert answer.status_code == 200
    app.extensions["geoapp_uploads"].wait(upload_id)
    state = client.get(f"/imports/{upload_id}.json").get_json()
    assert state["options"]["crs"] == "EPSG:4528"


def test_options_that_are_no_object_are_refused(client: FlaskClient, upload_id: str) -> None:
    answer = client.post(f"/imports/{upload_id}/options", json=["crs"], headers=JSON)
    assert (answer.status_code, "选项" in message(answer)) == (400, True)


def test_corrected_file_is_offered_under_the_files_name(client: FlaskClient, upload_id: str) -> None:
    answer = client.get(f"/imports/{upload_id}/corrected")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 0


def test_discarded_upload_is_gone(client: FlaskClient, upload_id: str) -> None:
    assert client.post(f"/imports/{upload_id}/discard").get_json() == {"state": "discarded"}
    assert client.get(f"/imports/{upload_id}").status_code == 404


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"register": "plots"}, 400, "没有选择文件"),
        ({"register": "rivers", "file": (io.BytesIO(b"x"), "a.csv")}, 404, "rivers"),
        ({"register": "plots", "file": (io.BytesIO(b""), "a.csv")}, 422, "空的"),
    ],
)
def test_upload_that_cannot_be_is_said_in_chinese(
    client: FlaskClient, form: dict[str, Any], status: int, said: str
) -> None:
    answer = client.post("/imports", data=form, headers=JSON)
    assert (answer.status_code, said in message(answer)) == (status, True)


@pytest.mark.parametrize("name", ["0" * 32, "..", "x%2F..%2F..", "A" * 32])
def test_upload_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/imports/{name}.json").status_code == 404


def test_a_name_that_climbs_out_stays_in_its_folder(app: Flask, client: FlaskClient, content: bytes) -> None:
    upload_id = checked(app, upload(client, content, "../../../evil.geojson"))
    folder = app.extensions["geoapp"].settings.upload_dir / upload_id
    assert {path.name for path in folder.iterdir()} >= {"evil.geojson", "job.json"}
    assert not list(folder.parent.parent.rglob("../evil.geojson"))
    assert "evil.geojson" in client.get(f"/imports/{upload_id}").text
