"""The table's addresses over the demo district: pages, files, list, fields and filters agree and refuse alike."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app

LOW = "far < 1 AND town_code IN ('330205103')"


@pytest.fixture(scope="module")
def client(demo_workspace: Workspace) -> FlaskClient:
    return create_app(demo_workspace.settings).test_client()


def ask(client: FlaskClient, address: str, **parameters: object):
    return client.get(f"{address}?{urlencode(parameters)}")


def test_fields_have_words_units_and_codes(client: FlaskClient) -> None:
    fields = {field["name"]: field for field in client.get("/table/plots/fields.json").json["fields"]}
    assert fields["site_area_mu"]["label"] == "用地面积(亩)"
    assert fields["site_area_mu"]["is_numeric"]
    assert {"value": "330205103", "zh": "慈城镇"} in fields["town_code"]["codes"]
    assert "tax_wan" not in fields


def test_page_says_how_many_and_under_which_terms(client: FlaskClient) -> None:
    answer = ask(client, "/table/plots.json", filter=LOW, size=2, sort="-far", columns="far,town_code").json
    assert [set(row) for row in answer["rows"]] == [{"key", "far", "town_code"}] * 2
    assert answer["rows"][0]["far"] >= answer["rows"][1]["far"]
    assert answer["last_page"] == -(-answer["total"] // 2)
    assert answer["filter_words"] == "容积率 小于 1 且 镇街 为 慈城镇"
    assert (answer["at"], answer["is_now"], answer["note"]) == (today().isoformat(), True, "")


def test_page_tells_an_empty_register_from_a_filter_that_takes_nothing_in(client: FlaskClient) -> None:
    assert ask(client, "/table/plots.json", filter="far < 0").json["is_empty"] is False
    before = ask(client, "/table/plots.json", at="2000-01-01", filter="far < 0").json
    assert (before["total"], before["is_empty"], before["is_now"]) == (0, True, False)


def test_who_may_import_is_shown_the_way(demo_workspace: Workspace) -> None:
    def way(role: str) -> bool:
        application = create_app(replace(demo_workspace.settings, open_as=role))
        return 'data-imports="/imports"' in application.test_client().get("/").text

    assert {role: way(role) for role in ("viewer", "editor", "administrator")} == {
        "viewer": False, "editor": True, "administrator": True,
    }  # fmt: skip


def test_page_that_a_record_is_on_is_found_by_its_key(client: FlaskClient) -> None:
    last = ask(client, "/table/plots.json", filter=LOW, size=1, page=3, sort="-far").json["rows"][0]["key"]
    found = ask(client, "/table/plots.json", filter=LOW, size=2, sort="-far", around=last).json
    assert (found["page"], found["rows"][0]["key"]) == (2, last)
    outside = ask(client, "/table/plots.json", filter="far < 0", around=last).json
    assert (outside["page"], outside["rows"], outside["total"]) == (0, [], 0)


def test_page_file_list_and_statistics_agree(client: FlaskClient) -> None:
    total = ask(client, "/table/plots.json", filter=LOW).json["total"]
    rows = list(csv.reader(io.StringIO(ask(client, "/table/plots.csv", filter=LOW).data.decode("utf-8-sig"))))
    listed = ask(client, "/table/plots/keys.json", filter=LOW, limit=2000).json
    statistics = ask(client, "/statistics.json", filter=LOW).json
    features = ask(client, "/table/plots.geojson", filter=LOW, columns="far").json["features"]
    assert (
        0 < total == len(rows) - 1 == listed["total"] == statistics["rows"][-1]["plot_count"] == len(features)
    )
    assert statistics["terms"]["筛选"] == "容积率 小于 1 且 镇街 为 慈城镇"
    assert listed["keys"] == [plot["key"] for plot in listed["plots"]]
    assert {feature["id"] for feature in features} == set(listed["keys"])


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson", "gpkg"])
def test_files_are_named_in_chinese_and_ascii(client: FlaskClient, suffix: str) -> None:
    answer = ask(client, f"/table/plots.{suffix}", filter=LOW, columns="far", sort="far")
    assert answer.status_code == 200
    disposition = answer.headers["Content-Disposition"]
    assert 'filename="plots_filtered_' in disposition
    assert quote("工业地块_筛选_") in disposition
    assert disposition.endswith(f".{suffix}")


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson", "gpkg"])
def test_a_file_of_no_record_is_a_file(client: FlaskClient, suffix: str) -> None:
    for asked in ("at=1990-01-01", "filter=far%20%3E%20999"):
        assert client.get(f"/table/plots.{suffix}?{asked}").status_code == 200


def test_day_before_everything_is_an_empty_table(client: FlaskClient) -> None:
    answer = ask(client, "/table/plots.json", at="2001-01-01", filter="far < 1").json
    assert (answer["total"], answer["revision"], answer["is_now"]) == (0, 0, False)
    assert ask(client, "/table/plots/keys.json", at="2001-01-01").json["plots"] == []


def test_day_to_come_is_now_and_says_so(client: FlaskClient) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()
    answer = ask(client, "/table/plots.json", at=tomorrow, size=1).json
    assert answer["at"] == today().isoformat()
    assert f"{tomorrow} 还没有到" in answer["note"]
    assert answer["note"] in ask(client, "/statistics.json", at=tomorrow).json["findings"]


def test_list_of_a_register_goes_by_its_name(client: FlaskClient) -> None:
    answer = ask(client, "/table/parks/keys.json", bbox="121,29,122,31", limit=1).json
    assert len(answer["parks"]) == 1
    assert answer["total"] > 1


def test_filter_is_said_and_written_again(client: FlaskClient) -> None:
    answer = ask(client, "/filter.json", filter="容积率<1").json
    assert answer == {"ok": True, "words": "容积率 小于 1", "canonical": "far < 1"}
    assert (
        ask(client, "/filter.json", register="projects", filter="stage = '开工'").json["canonical"]
        == "stage = 'P06'"
    )
    assert ask(client, "/filter.json").json["canonical"] == ""


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/table/nowhere.json", 404, "没有台账"),
        ("/table/nowhere/fields.json", 404, "没有台账"),
        ("/table/nowhere.csv", 404, "没有台账"),
        ("/table/plots.json?colour=red", 400, "colour"),
        ("/table/plots/fields.json?filter=", 400, "filter"),
        ("/table/plots.csv?page=2", 400, "page"),
        ("/table/plots/keys.json?sort=far", 400, "sort"),
        ("/filter.json?at=2026-01-01", 400, "at"),
        ("/table/plots.json?page=0", 400, "page"),
        ("/table/plots.json?size=501", 400, "500"),
        ("/table/plots.json?at=gestern", 400, "gestern"),
        ("/table/plots.json?at=2026-01-01&at=2026-01-02", 400, "出现了两次"),
        ("/table/plots.json?sort=tax_wan", 400, "不能用"),
        ("/table/plots.csv?columns=tax_wan", 400, "不能用"),
        ("/table/plots.json?filter=tax_wan+%3E+1", 400, "不能用"),
        ("/table/plots.json?filter=far+%3C", 400, "还缺内容"),
        ("/table/plots/keys.json?bbox=121.5,29,121.4,30", 400, "bbox"),
        ("/table/plots/keys.json?limit=2001", 400, "2000"),
        ("/table/performance/keys.json", 400, "没有图形"),
        ("/table/performance.geojson", 400, "没有图形"),
        ("/filter.json?filter=" + "%28" * 300, 400, "嵌套太深"),
        ("/statistics.json?filter=far+%3C", 400, "还缺内容"),
        ("/statistics.json?at=2026-13-01", 400, "2026-13-01"),
        ("/statistics.json?colour=red", 400, "colour"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_sentence(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert words in answer.json["error"]["message"]
