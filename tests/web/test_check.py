"""The pages of compliance."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.rule import Effect
from geoapp.services.rule_book import find_rule
from geoapp.services.workspace import Workspace
from tests.services.test_compliance import LINE, MEMBERS, PLOT, PLOTS, PROJECT, RETIRED, SUPPLY
from tests.small_district import box, write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    workspace: Workspace = district_app.extensions["geoapp"]
    write(
        workspace, plots=PLOTS, projects=[PROJECT], project_plots=MEMBERS, land_supplies=[SUPPLY],
        recognitions=[RETIRED], control_lines=[LINE],
    )  # fmt: skip
    return district_app.test_client()


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_a_project_leads_to_its_check(client: FlaskClient) -> None:
    assert 'href="/check?project=X1"' in text_of(client, "/records/projects/X1")
    page = text_of(client, "/check?project=X1")
    assert "合规核对：甲厂改造" in page
    assert "■ 不符合" in page
    assert "地块台账里没有 没有，没有核对。" in page
    record = client.get("/check.json?project=X1").get_json()
    assert (record["project"], record["missing_plots"]) == ("X1", ["没有"])
    assert client.get("/check.json?plots=甲").get_json()["subjects"][0]["key"] == "甲"


def test_each_subject_says_how_many_rules_it_breaks(client: FlaskClient) -> None:
    record = client.get("/check.json?plots=甲").get_json()
    page = text_of(client, "/check?plots=甲")
    for subject in record["subjects"]:
        answers = [
            answer["verdict"]
            for answer in subject["answers"]
            if find_rule(answer["rule"]).effect is Effect.FINDING
        ]
        broken, open_ = answers.count("yes"), answers.count("unknown")
        assert broken > 0
        assert f"{subject['key']}：不符合 {broken}，资料不全 {open_}</small>" in page
    assert record["finding_count"] == sum(
        answer["verdict_zh"] == "不符合" for subject in record["subjects"] for answer in subject["answers"]
    )


def test_each_rule_shows_what_was_measured_and_the_limit(client: FlaskClient) -> None:
    page = text_of(client, "/check?plots=甲")
    # (3,000 + 0) / 30,000 m2 are 10 %, the least is 30 %
    row = page.split('<tr data-rule="LE05"')[1].split("</tr>")[0]
    assert '<td data-figure="measured">10.00%</td><td data-figure="limit">30.00%</td>' in row
    (line,) = [
        line
        for line in client.get("/check.json?plots=甲").get_json()["subjects"][0]["answers"]
        if line["rule"] == "LE05"
    ]
    assert (line["measured_zh"], line["limit_zh"]) == ("10.00%", "30.00%")


def test_what_cannot_be_checked_is_said(client: FlaskClient) -> None:
    assert "填项目编号" in text_of(client, "/check")
    response = client.get("/check?project=X77")
    assert response.status_code == 404
    assert "项目台账里没有“X77”" in response.get_data(as_text=True)
    assert client.get("/check.json?project=X77").status_code == 404
    assert client.get("/check?nix=1").status_code == 400


def test_the_swap_shows_land_that_changed_its_use_and_what_makes_up_for_it(client: FlaskClient) -> None:
    workspace: Workspace = client.application.extensions["geoapp"]
    assert "当日还没有规定" not in text_of(client, "/check/swap")
    assert "当日还没有规定" in text_of(client, "/check/swap?at=2024-12-31")
    ground = {"planned_use": "0701", "use_change_ground": "major_infrastructure"}
    brought = {"area_reg_m2": 10_000.0, "makeup_document_no": "示例〔2026〕2号"}
    write(workspace, plots=[
        # 30,000 m2 are 45 亩, 10,000 m2 are 15 亩
        {"plot_code": "改", **PLOT, **ground, "use_change_document_no": "示例〔2026〕1号", "geometry": box(0)},
        {"plot_code": "没有文号", **PLOT, **ground, "geometry": box(0)},
        {"plot_code": "甲", **PLOT, **brought, "geometry": box(0)},
    ])  # fmt: skip
    page = text_of(client, "/check/swap")
    totals = page.split('id="makeup"')[1].split("</dl>")[0]
    assert re.findall(r"<dd>(.*?)</dd>", totals) == ["45.00 亩", "15.00 亩", "−30.00 亩"]
    row = page.split('<tr data-plot="改">')[1].split("</tr>")[0]
    assert "重大基础设施</td><td>示例〔2026〕1号" in row
    assert "没有文号</a>" in page.split('id="makeup-open"')[1].split("</p>")[0]
    assert "甲</a>" in page.split('id="counted-twice"')[1].split("</p>")[0]
    drawn = client.get("/check/swap.geojson").get_json()["features"]
    assert [(one["id"], one["properties"]["kind"], one["properties"]["words"]) for one in drawn][2:] == [
        ("改", "changed", "线内改出 45.00 亩"), ("甲", "brought", "补入 15.00 亩"),
    ]  # fmt: skip
    assert 'class="change-mark change-brought"' in page
    card = text_of(client, "/check?plots=改")
    assert "总量 须占补平衡" in card


def test_the_swap_shows_both_ends(client: FlaskClient) -> None:
    page = text_of(client, "/check/swap")
    assert "15.00 亩" in page
    assert "30.00 亩" in page
    assert "−15.00 亩" in page
    assert "在地图上选中两端的地块" in page
    assert 'id="changes-map"' in page
    drawn = client.get("/check/swap.geojson").get_json()
    assert [(one["id"], one["properties"]["kind"]) for one in drawn["features"]] == [
        ("外", "retired"), ("甲", "granted"),
    ]  # fmt: skip
    assert len(drawn["zones"]) == 1
    assert client.get("/check/swap.geojson?nix=1").status_code == 400
