"""The form of any register: made from its definition, kept as typed on refusal, both versions shown on conflict."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geoapp.services.workspace import Workspace

SIGNED = {"edited_by": "张三", "edit_reason": "权证变更", "edit_document_no": ""}
A = "/records/plots/DK-A/edit"


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def workspace_of(client: FlaskClient) -> Workspace:
    return client.application.extensions["geoapp"]


def form_of(page: str) -> dict[str, str]:
    """Return what a browser would send of the page's form, untouched."""
    form = page[page.index('id="edit-form"') : page.index("</form>", page.index('id="edit-form"'))]
    found = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form))
    for name, body in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found | dict(re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL))


def test_every_register_has_a_form(client: FlaskClient) -> None:
    for name, layer in workspace_of(client).layers.items():
        answer = client.get(f"/records/{name}/new")
        if answer.status_code == 400:
            assert "请在“" in answer.text
            continue
        assert answer.status_code == 200
        assert set(form_of(answer.text)) >= set(layer.field_names)


def test_form_stores_an_edit_and_refuses_one_without_token(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    assert (form["name"], form["area_reg_m2"], form["seen"]) == ("示例地块甲", "30000", "1")
    assert client.post(A, data={**form, **SIGNED, "csrf_token": ""}).status_code == 403
    answer = client.post(A, data={**form, **SIGNED, "name": "甲厂", "area_reg_m2": "44亩"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/plots/DK-A")
    page = client.get("/plots/DK-A").text
    assert "“工业地块”已存为第 2 次修订。" in page
    assert "超过 2%" in page  # 44 mu against 45 drawn
    assert 'href="/records/plots/DK-A/edit"' in page
    unchanged = client.post(A, data={**form_of(client.get(A).text), **SIGNED})
    assert unchanged.status_code == 303
    assert "没有变化" in client.get("/plots/DK-A").text


def test_script_is_told_where_to_go(client: FlaskClient) -> None:
    form = form_of(client.get("/records/plots/DK/C/edit").text)
    answer = client.post(
        "/records/plots/DK/C/edit",
        data={**form, **SIGNED, "name": "丙"},
        headers={"X-Requested-With": "fetch"},
    )
    assert answer.json == {"address": "/plots/DK/C"}


def test_form_that_is_wrong_comes_back_as_it_was_typed(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    answer = client.post(A, data={**form, **SIGNED, "area_reg_m2": "<b>多</b>", "edit_reason": ""})
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;多&lt;/b&gt;"' in answer.text
    assert "没有保存：有 2 处要改" in answer.text
    assert 'aria-describedby="complaint-edit_reason"' in answer.text
    assert workspace_of(client).store.revision() == 1


def test_conflict_shows_both_versions_and_a_choice_per_field(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    client.post(A, data={**form, **SIGNED, "edited_by": "李四", "name": "他的", "note": "他的备注"})
    mine = {**form, **SIGNED, "name": "我的", "planned_use": "M1"}
    answer = client.post(A, data=mine)
    assert answer.status_code == 409
    assert "李四 于" in answer.text
    rows = dict(re.findall(r'<tr data-conflict="(\w+)">(.*?)</tr>', answer.text, re.DOTALL))
    assert set(rows) == {"name", "note"}
    assert all(
        words in rows["name"] for words in ("示例地块甲", "他的", "我的", 'value="theirs"', 'value="mine"')
    )
    assert "没有改，用对方的" in rows["note"]
    again = form_of(answer.text)
    assert (again["seen"], again["name"], again["note"], again["planned_use"]) == (
        "2",
        "我的",
        "他的备注",
        "M1",
    )
    again |= SIGNED
    assert client.post(A, data={**again, "choose-name": "theirs"}).status_code == 303
    stored = workspace_of(client).store.record("plots", ("DK-A",)).fields
    assert (stored["name"], stored["note"], stored["planned_use"]) == ("他的", "他的备注", "M1")


def test_conflict_over_what_was_typed_wrongly_or_alike(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    client.post(A, data={**form, **SIGNED, "area_reg_m2": "29000", "note": "同样"})
    workspace = workspace_of(client)
    answer = client.post(A, data={**form, **SIGNED, "area_reg_m2": "29500", "note": "同样"})
    assert 'data-conflict="area_reg_m2"' in answer.text
    assert 'data-conflict="note"' not in answer.text
    mine = client.post(A, data={**form_of(answer.text), **SIGNED, "choose-area_reg_m2": "mine"})
    assert mine.status_code == 303
    assert workspace.store.record("plots", ("DK-A",)).fields["area_reg_m2"] == 29_500


def test_withheld_field_is_not_told_in_a_conflict(client: FlaskClient) -> None:
    address = "/records/micro_parks/W1/edit"
    page = client.get(address).text
    assert "13800000000" not in page
    form = form_of(page)
    client.post(address, data={**form, **SIGNED, "phone": "13911111111"})
    answer = client.post(address, data={**form, **SIGNED, "phone": "13722222222"})
    assert answer.status_code == 409
    assert "13911111111" not in answer.text
    client.post(address, data={**form_of(answer.text), **SIGNED, "choose-phone": "theirs", "name": "改名"})
    stored = workspace_of(client).store.record("micro_parks", ("W1",)).fields
    assert (stored["phone"], stored["name"]) == ("13911111111", "改名")


def test_record_withdrawn_meanwhile_leaves_the_text(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    answer = client.post(
        "/records/plots/DK-A/withdraw", data={**SIGNED, **{k: form[k] for k in ("csrf_token", "seen")}}
    )
    assert answer.headers["Location"] == "/revisions/2"
    page = client.get("/revisions/2").text
    assert "“建筑物”还有 2 条记录指向“DK-A”" in page
    late = client.post(A, data={**form, **SIGNED, "name": "我写的"})
    assert late.status_code == 410
    assert 'value="我写的"' in late.text
    token = {"csrf_token": form["csrf_token"]}
    assert client.post("/revisions/2/undo", data=token).status_code == 422
    back = client.post("/revisions/2/undo", data={**token, "edited_by": "张三"})
    assert back.headers["Location"] == "/revisions/3"
    assert "第 2 次修订已撤回，存为第 3 次修订。" in client.get("/revisions/3").text
    assert client.get("/plots/DK-A").status_code == 200


def test_withdrawing_needs_a_reason(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    answer = client.post("/records/plots/DK-A/withdraw", data={"seen": "1", "csrf_token": form["csrf_token"]})
    assert answer.status_code == 422
    assert '<details class="edit-withdraw" open>' in answer.text


def test_new_record_and_a_key_that_is_taken(client: FlaskClient) -> None:
    page = client.get("/records/enterprises/new?name=示例企业丁").text
    form = form_of(page)
    assert form["name"] == "示例企业丁"
    typed = {**form, **SIGNED, "uscc": "91350100M000100Y43"}
    answer = client.post("/records/enterprises/new", data=typed)
    assert answer.headers["Location"] == "/records/enterprises/91350100M000100Y43"
    again = client.post("/records/enterprises/new", data=typed)
    assert again.status_code == 409
    assert "已经有了（第 2 次修订）" in again.text
    wrong = client.post("/records/enterprises/new", data={**typed, "uscc": "1"})
    assert wrong.status_code == 422
    record = client.get("/records/enterprises/91350100M000100Y43").text
    assert 'class="edit-link"' in record


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/records/none/new", 404),
        ("/records/plots/none/edit", 404),
        ("/records/policy_values/new", 400),
        ("/revisions/99", 404),
        ("/records/plots/DK-A/edit?x=1", 400),
    ],
)
def test_address_of_what_is_not_there(client: FlaskClient, address: str, status: int) -> None:
    assert client.get(address).status_code == status


def test_card_of_another_day_cannot_be_edited(client: FlaskClient) -> None:
    assert 'class="edit-link"' in client.get("/plots/DK-A/card").text
    assert "edit-link" not in client.get("/plots/DK-A/card?at=2024-06-30").text


# On the map


def post(client: FlaskClient, address: str, **body: object) -> TestResponse:
    token = re.search(r'csrf-token" content="([^"]+)"', client.get("/changes").text)
    assert token is not None
    return client.post(
        f"/edits/{address}.json", json=body, headers={"X-CSRFToken": token[1], "Accept": "application/json"}
    )


def shape_of(client: FlaskClient, code: str) -> dict:
    return client.get("/edits/shape.json", query_string={"key": code}).json


def moved_east(geometry: dict, degrees: float) -> dict:
    (ring,) = geometry["coordinates"]
    east = max(lon for lon, _ in ring) - 1e-4
    return {**geometry, "coordinates": [[[lon + degrees * (lon > east), lat] for lon, lat in ring]]}


def test_shape_comes_with_its_version_and_neighbours(client: FlaskClient) -> None:
    held = shape_of(client, "DK-A")
    assert (held["key"], held["name"], held["version"], held["snap_m"]) == ("DK-A", "示例地块甲", 1, 0.5)
    assert len(held["neighbours"]) == 1


def test_shape_is_checked_then_stored_and_on_the_next_tile(client: FlaskClient) -> None:
    held = shape_of(client, "DK-A")
    wide = moved_east(held["geometry"], 1e-4)  # some ten metres into the next plot
    checked = post(client, "check", key="DK-A", geometry=wide).json
    assert [finding["kind"] for finding in checked["findings"]] == ["overlap"]
    assert "与“DK-B”重叠" in checked["findings"][0]["words"]
    own = {"key": "DK-A", "seen": 1, "geometry": wide, **SIGNED}
    refused = post(client, "shape", **own)
    assert refused.status_code == 422
    assert "accept" in refused.json["complaints"]
    saved = post(client, "shape", **own, accept=True)
    assert (saved.json["revision"], saved.json["keys"]) == (2, ["DK-A"])
    stored = client.get("/layers/plots.geojson?key=DK-A").json["features"][0]["geometry"]
    assert max(lon for lon, _ in stored["coordinates"][0]) == pytest.approx(
        max(x for x, _ in wide["coordinates"][0])
    )


def test_second_editor_gets_both_versions(client: FlaskClient) -> None:
    held = shape_of(client, "DK/C")
    own = {"key": "DK/C", "seen": 1, **SIGNED}
    assert post(client, "shape", **own, geometry=moved_east(held["geometry"], 1e-4)).status_code == 200
    late = post(client, "shape", **own, geometry=moved_east(held["geometry"], 2e-4))
    assert late.status_code == 409
    theirs = late.json["theirs"]
    assert (theirs["key"], theirs["version"], theirs["user"]) == ("DK/C", 2, "张三")
    assert theirs["area_m2"] > theirs["base_area_m2"]
    assert theirs["base_area_m2"] == pytest.approx(30_000, rel=2e-3)  # 200 x 150 m2
    assert (theirs["is_moved"], theirs["is_new"], theirs["fields"]) == (True, False, [])
    again = post(client, "shape", **{**own, "seen": 2}, geometry=moved_east(held["geometry"], 2e-4))
    assert again.json["revision"] == 3


def test_second_editor_of_a_shape_is_told_which_fields_the_first_changed(client: FlaskClient) -> None:
    form = form_of(client.get(A).text)
    client.post(A, data={**form, **SIGNED, "edited_by": "李四", "name": "他的", "area_reg_m2": "29000"})
    held = shape_of(client, "DK-A")
    mine = {
        "key": "DK-A",
        "seen": 1,
        "geometry": moved_east(held["geometry"], 1e-4),
        "accept": True,
        **SIGNED,
    }
    theirs = post(client, "shape", **mine).json["theirs"]
    assert (theirs["is_moved"], theirs["user"]) == (False, "李四")
    told = {line["name"]: (line["base"], line["theirs"], line["is_both"]) for line in theirs["fields"]}
    assert told == {
        "name": ("示例地块甲", "他的", False),
        "area_reg_m2": ("30,000.00 平方米（45.00 亩）", "29,000.00 平方米（43.50 亩）", False),
    }
    assert post(client, "shape", **{**mine, "seen": 2}).status_code == 200
    stored = workspace_of(client).store.record("plots", ("DK-A",)).fields
    assert stored["name"] == "他的"  # only the shape is mine
    codes = {
        "line": {"type": "LineString", "coordinates": [[121.501, 29.9], [121.501, 30.1]]},
        "codes": ["N1", "N2"],
    }
    late = post(client, "split", key="DK-A", seen=1, **codes, **SIGNED).json["theirs"]
    assert {line["name"] for line in late["fields"]} == {"name", "area_reg_m2"}
    merged = post(client, "merge", keys=["DK-A", "DK-B"], versions={"DK-A": 1, "DK-B": 1}, code="NM", **SIGNED,
                  choices={"name": "DK-A"}).json["theirs"]  # fmt: skip
    assert (merged["key"], {line["name"] for line in merged["fields"]}) == ("DK-A", {"name", "area_reg_m2"})


def test_code_that_is_taken_shows_whose_it_is_beside_what_was_typed(client: FlaskClient) -> None:
    point = {"type": "Point", "coordinates": [121.501, 29.9595]}
    new = {"register": "projects", "geometry": point, "fields": {"project_code": "X1", "name": "我的项目"}}
    answer = post(client, "shape", **new, **SIGNED)
    assert answer.status_code == 409
    theirs = answer.json["theirs"]
    assert (theirs["key"], theirs["is_new"], theirs["geometry"]) == ("X1", True, None)
    told = {line["name"]: (line["theirs"], line["mine"], line["is_both"]) for line in theirs["fields"]}
    assert told["name"] == ("甲厂拆建", "我的项目", True)
    assert set(told) == {"name", "mode", "stage"}


def test_withheld_field_is_not_told_on_the_map_either(client: FlaskClient) -> None:
    address = "/records/micro_parks/W1/edit"
    client.post(address, data={**form_of(client.get(address).text), **SIGNED, "phone": "13911111111"})
    held = client.get("/edits/shape.json?register=micro_parks&key=W1").json
    mine = {"register": "micro_parks", "key": "W1", "seen": 1, "geometry": held["geometry"], "accept": True}
    answer = post(client, "shape", **mine, **SIGNED)
    assert answer.status_code == 409
    assert "139111" not in answer.text
    assert [line["theirs"] for line in answer.json["theirs"]["fields"]] == ["（不显示）"]


def test_shapes_of_other_registers_are_drawn_and_moved(client: FlaskClient) -> None:
    held = client.get("/edits/shape.json?register=buildings&key=B1").json
    assert (held["register"], held["name"], len(held["neighbours"])) == ("buildings", "一号车间", 1)  # plot A
    wide = moved_east(held["geometry"], 2e-3)  # some 190 m: far over plot A's border
    own = {"register": "buildings", "key": "B1", "geometry": wide}
    (finding,) = post(client, "check", **own).json["findings"]
    assert finding["kind"] == "beyond"
    assert post(client, "shape", **own, seen=1, **SIGNED).status_code == 422
    assert post(client, "shape", **own, seen=1, accept=True, **SIGNED).json["keys"] == ["B1"]
    lines = client.get("/edits/fields.json?register=projects").json["fields"]
    assert [line["name"] for line in lines] == ["project_code", "name", "town_code", "park_code"]
    assert lines[2]["offers"] == [["330205103", "慈城镇"]]
    point = {"type": "Point", "coordinates": wide["coordinates"][0][0]}
    new = {"register": "projects", "geometry": point, "fields": {"project_code": "X8", "name": "新项目"}}
    assert post(client, "check", **new).json["area_m2"] == 0
    assert post(client, "shape", **new, **SIGNED).json["keys"] == ["X8"]
    part = client.get("/edits/shape.json?register=project_plots&key=X1/DK-A").json
    assert (part["key"], part["geometry"], part["neighbours"]) == ("X1/DK-A", None, [])


def test_pages_lead_to_the_shape_on_the_map(client: FlaskClient) -> None:
    assert (
        '"/?selected=control_zones:Z1&amp;edit=1">在地图上改图形</a>'
        in client.get("/records/control_zones/Z1").text
    )
    assert (
        '"/?selected=projects:X1&amp;edit=1">在地图上画图形</a>'
        in client.get("/records/projects/X1/card").text
    )
    assert "在地图上改图形" in client.get("/plots/DK-A/card").text
    assert "edit=1" not in client.get("/records/enterprises/E1").text
    assert "edit=1" not in client.get("/plots/DK-A?at=2020-01-01").text
    assert '<option value="control_lines" data-kind="polygon">' in client.get("/").text


def test_plot_is_drawn_split_merged_and_taken_back(client: FlaskClient) -> None:
    held = shape_of(client, "DK/C")
    (ring,) = held["geometry"]["coordinates"]
    shifted = {**held["geometry"], "coordinates": [[[lon + 0.0045, lat] for lon, lat in ring]]}
    made = post(client, "shape", fields={"plot_code": "DK-N", "name": "新地块"}, geometry=shifted, **SIGNED)
    assert made.json["keys"] == ["DK-N"]
    middle = sum(lon + 0.0045 for lon, _ in ring[:-1]) / (len(ring) - 1)
    south, north = min(lat for _, lat in ring) - 1e-3, max(lat for _, lat in ring) + 1e-3
    line = {"type": "LineString", "coordinates": [[middle, south], [middle, north]]}
    division = post(client, "split", key="DK-N", line=line).json
    assert [part["code"] for part in division["parts"]] == ["DK-N-1", "DK-N-2"]
    parts = post(
        client, "split", key="DK-N", line=line, seen=division["version"], codes=["N1", "N2"], **SIGNED
    ).json
    assert parts["keys"] == ["N1", "N2"]
    union = post(client, "merge", keys=["N1", "N2"]).json
    assert (union["code"], union["differing"]) == ("N1-1", [])
    merged = post(
        client, "merge", keys=["N1", "N2"], versions=union["versions"], code="NM", choices={}, **SIGNED
    ).json
    assert merged["keys"] == ["NM"]
    back = post(client, "undo", revision=merged["revision"], edited_by="张三")
    assert back.json["keys"] == ["N1", "N2"]
    assert post(client, "undo", revision=merged["revision"], edited_by="张三").status_code == 409


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        ("check", {"geometry": {"type": "Point", "coordinates": [121, 29]}}, 400),
        ("check", {"geometry": None, "colour": 1}, 400),
        ("shape", {"key": 7, "geometry": None}, 400),
        ("shape", {"register": "enterprises", "geometry": None}, 400),
        ("shape", {"register": "project_attachments", "geometry": None}, 400),
        ("shape", {"register": "没有", "geometry": None}, 404),
        (
            "check",
            {
                "register": "projects",
                "geometry": {"type": "LineString", "coordinates": [[121, 29], [121, 30]]},
            },
            400,
        ),
        (
            "check",
            {
                "register": "projects",
                "geometry": {"type": "Point", "coordinates": [121, 29]},
                "fields": ["a"],
            },
            400,
        ),
        (
            "check",
            {
                "register": "projects",
                "geometry": {"type": "Point", "coordinates": [121, 29]},
                "fields": {"a": ""},
            },
            400,
        ),
        (
            "split",
            {"key": "DK-A", "line": {"type": "LineString", "coordinates": [[121, 29], [121.1, 29]]}},
            422,
        ),
        ("merge", {"keys": ["DK-A"]}, 400),
        ("merge", {"keys": ["DK-A", "DK/C"]}, 422),
        ("undo", {"revision": "1"}, 400),
        ("undo", {"revision": 1, "edited_by": "张三"}, 422),
    ],
)
def test_request_that_is_wrong_is_refused(client: FlaskClient, address: str, body: dict, status: int) -> None:
    answer = post(client, address, **body)
    assert answer.status_code == status
    assert answer.json["error"]["message"]


def test_map_write_without_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/edits/shape.json", json={}).status_code == 403
