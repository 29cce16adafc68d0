"""Proof sheets as pages and as JSON, and the links that lead to them."""

import io
import json
import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import geopandas as gpd
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.as_of import as_of
from geoapp.web.views import proofs
from tests.pages import text_of
from tests.small_district import BUILDINGS, EVIL, box, write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def test_plot_sheet_shows_every_step(client: FlaskClient) -> None:
    answer = client.get("/plots/DK-A/proof")
    assert answer.status_code == 200
    text = text_of(answer.text)
    for words in (
        "示例地块甲 容积率计算书", "一号车间", "12,000.00 × 1 = 12,000.00", "6,000.00 × 2 = 12,000.00",
        "合计 24,000.00",
        "24,000.00 ÷ 30,000.00 = 0.80", "台账建筑面积 第 3 18,500.00 0.62", "45.00 亩（30,000.00 平方米）",
        "44.98 亩（29,984.47 平方米）", "−15.53 −0.05%", "12,000.00 ÷ 30,000.00 = 40.0%",
        "(12,000.00 + 1,500.00) ÷ 30,000.00 = 45.0%", "建筑物层高超过8米的", "2008-01-31", "第 1 次修订", "示意数据",
    ):  # fmt: skip
        assert words in text, words
    in_ha = client.get("/plots/DK-A/proof?unit=ha").text
    assert "2.9984 公顷（29,984.47 平方米）" in in_ha  # 29 984.47 / 10 000
    assert "data-finding=" not in answer.text


@pytest.mark.parametrize("plot_code", ["DK-A", "DK-B", "DK/C"])
def test_page_and_json_say_the_same_and_never_nan(client: FlaskClient, plot_code: str) -> None:
    page, answer = client.get(f"/plots/{plot_code}/proof").text, client.get(f"/plots/{plot_code}/proof.json")
    record, text = json.loads(answer.text), text_of(page)
    assert not re.search(r"\bnan\b|None", text, re.IGNORECASE)
    assert "NaN" not in answer.text
    for step in (*record["buildings"], *record["ratios"], *record["support"]["shares"]):
        assert step["formula"] in text
    for step in record["areas"]:
        assert step["area_m2"] is None or f"{step['area_m2']:,.2f} 平方米" in text
    for finding in record["findings"]:
        assert finding["message"] in text
        assert f'href="{quote(finding["address"])}"' in page


def test_findings_stand_above_with_the_records_address(client: FlaskClient) -> None:
    page = client.get("/plots/DK-B/proof").text
    assert page.count('data-finding="area_difference"') == 2
    assert "需要核对（2 项）" in page
    assert EVIL not in page


def test_zone_sheet_shows_sums_lines_and_what_is_left_out(client: FlaskClient) -> None:
    text = text_of(client.get("/zones/control_zones/Z1/proof").text)
    assert "示例产业园 容积率计算书" in text
    assert "Σ 计容 12,000.00 平方米 ÷ Σ 用地 15,000.00 平方米" in text
    assert "DK-A 50.00% 45.00 亩（30,000.00 平方米） 24,000.00 0.80 15,000.00 12,000.00" in text
    total = text_of(client.get("/zones/towns/(total)/proof").text)
    assert "未计入的地块（1 宗）" in total
    assert "计容建筑面积不明" in total


def test_long_zone_sheet_still_adds_up(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "LINES_SHOWN", 1)
    text = text_of(client.get("/zones/towns/(total)/proof").text)
    # plot A, 30,000 m2, stays; plot B is the rest
    assert "其余 1 宗 逐宗见 JSON 29,000.00 43,500.00 合计 59,000.00 67,500.00" in text
    assert len(client.get("/zones/towns/(total)/proof.json").json["lines"]) == 2


def test_zone_sheet_takes_filter_membership_and_upload_words(client: FlaskClient) -> None:
    query = f"membership=largest&filter={quote('far < 1')}"
    record = client.get(f"/zones/towns/(total)/proof.json?{query}").json
    assert [line["plot_code"] for line in record["lines"]] == ["DK-A"]
    assert record["terms"]["筛选"] == "容积率 小于 1"
    assert query.replace("%20", "+") in unescape(client.get(f"/zones/towns/(total)/proof?{query}").text)


def test_zone_sheet_equals_the_statistics_table(client: FlaskClient) -> None:
    rows = {row["zone"]: row for row in client.get("/statistics.json?zones=towns").json["rows"]}
    record = client.get("/zones/towns/330205103/proof.json").json
    assert record["far"] == rows["330205103"]["far"] == record["gfa_counted_m2"] / record["site_area_m2"]


def test_at_shows_an_older_revision(district_app: Flask, client: FlaskClient) -> None:
    workspace = district_app.extensions["geoapp"]
    write(workspace, buildings=[{**BUILDINGS[1], "gfa_m2": 9_000.0}])
    today = as_of(workspace).day
    assert client.get(f"/plots/DK-A/proof.json?at={today}").json["revision"] == 2
    before = client.get(f"/plots/DK-A/proof?at={today - timedelta(days=1)}")
    assert before.status_code == 404  # the first revision is of today
    assert "还没有地块" in before.text
    link = f"/plots/DK-A/proof.json?at={today}"
    assert link in client.get(f"/plots/DK-A/proof?at={today}").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/plots/NO/proof", 404), ("/plots/NO/proof.json", 404), ("/plots/DK-A/proof?at=x", 400),
        ("/plots/DK-A/proof?bad=1", 400), ("/zones/towns/NO/proof", 404), ("/zones/nowhere/NO/proof", 404),
        ("/zones/towns/(total)/proof?membership=half", 400), ("/zones/towns/(total)/proof?filter=far+<", 400),
        ("/zones/upload/x/proof?upload=gone", 404),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_chinese(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert re.search("[一-鿿]{4}", answer.text)


@pytest.mark.parametrize("address", ["/plots/DK-A", "/plots/DK-A/card", "/compare?plots=DK-A,DK-B"])
def test_cards_lead_to_the_sheet(client: FlaskClient, address: str) -> None:
    assert 'href="/plots/DK-A/proof"' in client.get(address).text


def test_links_in_both_lists_go_to_the_plots_sheets(client: FlaskClient) -> None:
    page = client.get("/zones/towns/(total)/proof").text
    assert 'href="/plots/DK-A/proof"' in page
    assert 'href="/plots/DK/C/proof"' in page


def test_zones_of_an_uploaded_file_have_sheets_too(
    district_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(district_app.config, "WTF_CSRF_ENABLED", False)
    west, south, east, north = gpd.GeoSeries([box(0)], crs=4549).to_crs(4490).total_bounds
    middle = (west + east) / 2
    ring = [
        [west - 0.1, south - 0.1],
        [middle, south - 0.1],
        [middle, north + 0.1],
        [west - 0.1, north + 0.1],
    ]
    zone = {
        "type": "Feature", "properties": {"名称": "甲/一期"},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": [zone]}).encode()
    answer = client.post("/statistics/zones", data={"file": (io.BytesIO(content), "zones.geojson")})
    upload = answer.json["upload"]
    record = client.get(f"/zones/upload/{quote('甲/一期', safe='')}/proof.json?upload={upload}").json
    # the western half of plot A
    assert [(line["plot_code"], round(line["share"], 2)) for line in record["lines"]] == [("DK-A", 0.5)]
    assert record["far"] == pytest.approx(0.8)
