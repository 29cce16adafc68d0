"""The pages of compliance."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from tests.services.test_compliance import LINE, MEMBERS, PLOTS, PROJECT, RETIRED, SUPPLY
from tests.small_district import write


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


def test_what_cannot_be_checked_is_said(client: FlaskClient) -> None:
    assert "填项目编号" in text_of(client, "/check")
    response = client.get("/check?project=X77")
    assert response.status_code == 404
    assert "项目台账里没有“X77”" in response.get_data(as_text=True)
    assert client.get("/check.json?project=X77").status_code == 404
    assert client.get("/check?nix=1").status_code == 400


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
