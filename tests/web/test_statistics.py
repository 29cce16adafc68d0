"""The statistics page, its figures and its files, over the demo district."""

import csv
import io
import json
import zipfile
from urllib.parse import quote

import openpyxl
import pytest
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app
from tests.small_district import box, fill, write


@pytest.fixture(scope="module")
def client(demo_workspace: Workspace) -> FlaskClient:
    app = create_app(demo_workspace.settings)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def square(name: str, west: float, south: float, size: float = 0.02) -> dict:
    ring = [
        [west, south],
        [west + size, south],
        [west + size, south + size],
        [west, south + size],
        [west, south],
    ]
    return {
        "type": "Feature",
        "properties": {"名称": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def upload(client: FlaskClient, content: bytes, name: str, **fields: str):
    return client.post(
        "/statistics/zones",
        data={"file": (io.BytesIO(content), name), **fields},
        headers={"Accept": "application/json"},
    )


def test_page_offers_every_polygon_register_and_line(client: FlaskClient) -> None:
    page = client.get("/statistics").text
    for words in ("镇街", "园区", "工业空间管控区", "小微企业园", "工业集聚区控制线内外", "按裁切面积"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "status"),
    [("zones=nowhere", 404), ("membership=half", 400), ("zones=parks&membership=largest", 200)],
)
def test_page_of_what_is_not_there_shows_nothing_else_instead(
    client: FlaskClient, query: str, status: int
) -> None:
    assert client.get(f"/statistics?{query}").status_code == status


def test_total_equals_the_register_whatever_the_zones(client: FlaskClient) -> None:
    totals = set()
    for zones in ("towns", "parks", "control_zones", "micro_parks", "control_line:KX1"):
        for membership in ("clip", "largest", "centroid"):
            answer = client.get(f"/statistics.json?zones={zones}&membership={membership}").json
            total = answer["rows"][-1]
            assert total["kind"] == "total"
            totals.add((total["plot_count"], round(total["site_area_mu"], 6), round(total["far"], 9)))
    assert len(totals) == 1


def test_rows_and_outside_add_up_to_the_total(client: FlaskClient) -> None:
    rows = client.get("/statistics.json?zones=control_line:KX2").json["rows"]
    assert [row["kind"] for row in rows] == ["zone", "outside", "total"]
    assert sum(row["site_area_mu"] for row in rows[:-1]) == pytest.approx(rows[-1]["site_area_mu"], rel=1e-9)
    assert sum(row["plot_count"] for row in rows[:-1]) == rows[-1]["plot_count"]


@pytest.mark.parametrize("query", ["zones=nowhere", "zones=plots_x", "zones=upload&upload=0123456789abcdef"])
def test_unknown_zones_are_a_chinese_404(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/statistics.json?{query}")
    assert answer.status_code == 404
    assert "分区" in answer.json["error"]["message"]


def test_unknown_membership_is_a_chinese_400(client: FlaskClient) -> None:
    answer = client.get("/statistics.json?membership=half")
    assert answer.status_code == 400
    assert "half" in answer.json["error"]["message"]


def test_shapes_carry_the_rows_keys(client: FlaskClient) -> None:
    shapes = client.get("/statistics/zones.geojson?zones=towns").json
    rows = client.get("/statistics.json?zones=towns").json["rows"]
    assert {f["id"] for f in shapes["features"]} == {row["zone"] for row in rows if row["kind"] == "zone"}


def test_exports_are_what_they_say_and_named_in_chinese_and_ascii(client: FlaskClient) -> None:
    for suffix in ("xlsx", "csv", "geojson", "gpkg"):
        answer = client.get(f"/statistics.{suffix}?zones=towns")
        disposition = answer.headers["Content-Disposition"]
        assert answer.status_code == 200
        assert 'filename="zone_statistics_towns_' in disposition
        assert quote("分区统计_镇街_") in disposition
        assert disposition.endswith(f".{suffix}")
    assert (
        "xl/worksheets/sheet2.xml"
        in zipfile.ZipFile(io.BytesIO(client.get("/statistics.xlsx").data)).namelist()
    )
    assert client.get("/statistics.gpkg").data.startswith(b"SQLite format 3")


def test_csv_shows_the_same_total_as_the_page(client: FlaskClient) -> None:
    text = client.get("/statistics.csv?zones=towns").data.decode("utf-8-sig")
    total = client.get("/statistics.json?zones=towns").json["rows"][-1]
    rows = list(csv.reader(io.StringIO(text)))
    assert float(rows[-1][rows[0].index("用地面积(亩)")]) == round(total["site_area_mu"], 4)


@pytest.mark.parametrize("name", ["会议分区.geojson", "options.json"])
def test_uploaded_polygons_serve_as_zones(client: FlaskClient, name: str) -> None:
    zones = {
        "type": "FeatureCollection",
        "features": [square("甲", 121.49, 29.95), square("乙", 121.52, 29.95)],
    }
    answer = upload(client, json.dumps(zones).encode(), name)
    assert answer.status_code == 200, answer.text
    table = client.get(f"/statistics.json?zones=upload&upload={answer.json['upload']}").json
    assert [row["name"] for row in table["rows"]] == ["甲", "乙", "区外", "合计"]
    assert table["rows"][0]["site_area_mu"] > 0
    assert "上传的分区文件" in client.get(f"/statistics?zones=upload&upload={answer.json['upload']}").text


@pytest.mark.parametrize(
    ("content", "name", "fields", "words"),
    [
        (b"", "", {}, "没有选择文件"),
        (b"not a geojson", "zones.geojson", {}, "zones.geojson"),
        (b"PK\x03\x04", "zones.zip", {}, "zones.zip"),
        (b"MZ", "zones.exe", {}, "zones.exe"),
    ],
)
def test_unusable_zone_file_is_refused_and_not_kept(
    client: FlaskClient, demo_workspace: Workspace, content: bytes, name: str, fields: dict, words: str
) -> None:
    folder = demo_workspace.settings.data_dir / "zone-files"
    before = set(folder.glob("*"))
    answer = upload(client, content, name, **fields)
    assert answer.status_code in (400, 422)
    assert words in answer.json["error"]["message"]
    assert set(folder.glob("*")) == before


def test_unknown_naming_field_is_refused_with_the_fields_there_are(client: FlaskClient) -> None:
    zones = {"type": "FeatureCollection", "features": [square("甲", 121.49, 29.95)]}
    answer = upload(client, json.dumps(zones).encode(), "z.geojson", zone_key="XZMC")
    assert answer.status_code == 400
    assert "XZMC" in answer.json["error"]["message"]
    assert "名称" in answer.json["error"]["message"]


def test_page_says_filter_and_day_and_how_to_clear_them(client: FlaskClient) -> None:
    plain = client.get("/statistics").text
    assert "statistics-query" not in plain
    page = client.get(f"/statistics?filter={quote('far < 1')}&at=2024-01-31").text
    assert "容积率 小于 1" in page
    assert "2024-01-31" in page
    assert 'data-clear="filter"' in page
    assert 'data-clear="at"' in page
    assert "没有符合条件的地块" in page


@pytest.mark.parametrize(
    ("query", "words"), [("filter=far+%3C", "还缺内容"), ("at=x", "不是日期"), ("colour=red", "colour")]
)
def test_page_of_a_filter_that_cannot_be_used_says_why(client: FlaskClient, query: str, words: str) -> None:
    answer = client.get(f"/statistics?{query}")
    assert answer.status_code == 400
    assert words in answer.text


def test_filter_is_in_every_file(client: FlaskClient) -> None:
    rows = list(
        csv.reader(io.StringIO(client.get("/statistics.csv?filter=far+%3C+1").data.decode("utf-8-sig")))
    )
    assert {row[rows[0].index("筛选")] for row in rows[1:]} == {"容积率 小于 1"}
    shapes = client.get("/statistics.geojson?filter=far+%3C+1").json
    assert shapes["terms"]["筛选"] == "容积率 小于 1"


def test_filtered_rows_add_up_to_the_filtered_total(client: FlaskClient) -> None:
    whole = client.get("/statistics.json").json["rows"][-1]
    low = client.get("/statistics.json?filter=far+%3C+1").json["rows"]
    other = client.get("/statistics.json?filter=NOT+far+%3C+1+OR+far+IS+NULL").json["rows"][-1]
    assert sum(row["plot_count"] for row in low[:-1]) == low[-1]["plot_count"]
    assert low[-1]["plot_count"] + other["plot_count"] == whole["plot_count"]
    assert low[-1]["site_area_mu"] + other["site_area_mu"] == pytest.approx(whole["site_area_mu"], rel=1e-12)


def test_the_line_under_the_table_names_records(client: FlaskClient) -> None:
    found = client.get("/statistics/quality.json?zones=towns").json
    assert found["words"].startswith("数据质量：449 宗地，")
    assert sum(kind["count"] for kind in found["counts"]) == len(found["findings"])
    for finding in found["findings"][:3]:
        assert client.get(quote(finding["address"])).status_code == 200
    assert client.get("/statistics/quality.json?zones=nowhere").status_code == 404


def test_files_carry_the_line_and_workbooks_every_record(client: FlaskClient) -> None:
    found = client.get("/statistics/quality.json?zones=towns").json
    text = client.get("/statistics.csv?zones=towns").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["数据质量"] for row in rows if row["数据质量"]] == [found["words"]]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/statistics.xlsx?zones=towns").data))
    lines = list(book["数据质量"].iter_rows(values_only=True))
    assert lines[0][0] == found["words"]
    assert [line[3] for line in lines[2:]] == [finding["address"] for finding in found["findings"]]


def test_rows_by_shape_say_that_ledgers_go_by_code(client: FlaskClient) -> None:
    said = "\n".join(client.get("/statistics.json?zones=parks").json["findings"])
    assert "按地块登记的园区代码归集" in said
    assert "代码归集" not in "".join(client.get("/statistics.json?zones=control_zones").json["findings"])


def test_a_plot_without_a_name_is_among_the_quadrants_and_a_project_of_an_unknown_stage_opens(
    workspace: Workspace,
) -> None:
    nameless = {
        "plot_code": "DK-Z",
        "area_reg_m2": 3e4,
        "gfa_far_m2": 1e4,
        "uscc": "E1",
        "geometry": box(900),
    }
    write(fill(workspace), plots=[nameless], projects=[{"project_code": "X9", "name": "怪", "stage": "P99"}])
    client = create_app(workspace.settings).test_client()
    assert "" in [plot["name"] for plot in client.get("/statistics/quadrants.json").get_json()["plots"]]
    assert client.get("/projects/X9").status_code == 200
