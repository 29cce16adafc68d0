"""The addresses that work on the map asks: what they take, what they give, what they refuse."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely.geometry import shape

from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[121.45, 29.9], [121.5, 29.9], [121.5, 29.95], [121.45, 29.95], [121.45, 29.9]]],
}
BOW = {"type": "Polygon", "coordinates": [[[121, 29], [122, 30], [122, 29], [121, 30], [121, 29]]]}


@pytest.fixture(scope="module")
def client(demo_workspace: Workspace) -> FlaskClient:
    app = create_app(demo_workspace.settings)
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture(scope="module")
def plot_codes(demo_workspace: Workspace) -> list[str]:
    return demo_workspace.store.read("plots")["plot_code"].tolist()


def message(answer: Any) -> str:
    return str(answer.json["error"]["message"])


def test_style_gives_classes_with_counts_of_what_the_filter_leaves(client: FlaskClient) -> None:
    whole = client.get("/layers/plots/style.json?style=far:policy:5").json
    assert whole["id"] == "far:policy:5"
    assert whole["source"].startswith("容积率分级界线，")
    assert whole["note"] == ""  # of the day, as everywhere
    assert {
        "value",
        "zh",
        "fill",
        "stroke",
        "fill_opacity",
        "weight",
        "pattern",
        "dash",
        "ink",
        "count",
        "area_m2",
    } == set(whole["classes"][0])
    low = client.get("/layers/plots/style.json?style=far:policy:5&filter=far < 0.6").json
    assert low["classes"][0] == whole["classes"][0] | {
        "area_m2": pytest.approx(whole["classes"][0]["area_m2"])
    }
    assert sum(item["count"] for item in low["classes"][1:]) == 0


def test_labels_and_tip(client: FlaskClient, plot_codes: list[str]) -> None:
    towns = client.get("/layers/towns/labels.json?bbox=121.3,29.8,121.7,30.1&zoom=11").json
    assert "慈城镇" in [label["text"] for label in towns["labels"]]
    tip = client.get(f"/layers/plots/tip.json?key={plot_codes[0]}").json
    assert tip["lines"][0] == plot_codes[0]


def test_selection_by_each_way(client: FlaskClient, plot_codes: list[str]) -> None:
    named = client.post("/plots/selection.json", json={"keys": [plot_codes[0], "无"], "far_target": 2.5}).json
    assert (named["keys"], named["missing"], named["summary"]["far_target"]) == ([plot_codes[0]], ["无"], 2.5)
    drawn = client.post("/plots/selection.json?filter=far < 1", json={"geometry": SQUARE}).json
    assert (
        drawn["keys"]
        == client.post("/plots/selection.json", json={"geometry": SQUARE, "filter": "far < 1"}).json["keys"]
    )
    assert drawn["filtered_out"] > 0
    circle = {"lon": 121.48, "lat": 29.93, "radius_m": 800}
    near = client.post("/plots/selection.json", json={"circle": circle, "predicate": "centroid"}).json
    assert near["summary"]["plot_count"] == len(near["keys"]) > 0


def test_area_statistics_of_the_whole_district_are_the_total(client: FlaskClient) -> None:
    ring = [[121.0, 29.5], [122.0, 29.5], [122.0, 30.5], [121.0, 30.5], [121.0, 29.5]]
    area = client.post(
        "/statistics/area.json", json={"geometry": {"type": "Polygon", "coordinates": [ring]}}
    ).json
    total = client.get("/statistics.json?zones=towns").json["rows"][-1]
    (values,) = area["rows"]
    for name, number in total.items():
        if name not in ("zone", "name", "kind"):
            assert values[name] == (number if number is None else pytest.approx(number)), name
    assert area["geometry"]["type"] == "Polygon"
    assert area["title"] == "所画范围工业用地统计表"


def test_area_statistics_of_an_upload(client: FlaskClient) -> None:
    content = json.dumps(SQUARE).encode()
    form = {"file": (io.BytesIO(content), "范围.geojson"), "filter": "far < 1"}
    uploaded = client.post("/statistics/area.json", data=form).json
    drawn = client.post("/statistics/area.json", json={"geometry": SQUARE, "filter": "far < 1"}).json
    assert uploaded["geometry"]["type"] == "Polygon"
    assert uploaded["rows"] == drawn["rows"]


def test_figures_of_an_area_are_given_in_the_unit_asked_for(client: FlaskClient) -> None:
    mu, ha = (
        client.post(f"/statistics/area.json{q}", json={"geometry": SQUARE}).json for q in ("", "?unit=ha")
    )
    words = {column["zh"]: (column["name"], column["unit_zh"]) for column in ha["columns"]}
    name, unit = words["用地面积"]
    assert unit == "公顷"
    assert ha["rows"][0][name] == pytest.approx(mu["rows"][0]["site_area_mu"] / 15)


def test_nearest_to_a_line_is_measured_from_the_line(client: FlaskClient, plot_codes: list[str]) -> None:
    feature = client.get(f"/layers/plots.geojson?key={plot_codes[0]}").json["features"][0]
    lon, lat = shape(feature["geometry"]).representative_point().coords[0]
    # The middle of the line's box lies half a degree, 55 km, away from the plot that the line begins in.
    line = {"type": "LineString", "coordinates": [[lon, lat], [lon, lat - 1]]}
    answer = client.post("/layers/plots/nearest.json", json={"geometry": line, "count": 3})
    assert len(answer.json["records"]) == 3
    assert answer.json["records"][0]["distance_m"] == 0
    assert plot_codes[0] in [one["key"] for one in answer.json["records"] if one["distance_m"] == 0]
    filtered = client.post(
        "/layers/plots/nearest.json", json={"geometry": line, "filter": f"plot_code <> '{plot_codes[0]}'"}
    )
    assert plot_codes[0] not in [one["key"] for one in filtered.json["records"]]


def test_buffer_and_nearest(client: FlaskClient, plot_codes: list[str]) -> None:
    around = client.post("/plots/buffer.json", json={"key": plot_codes[0], "radius_m": 50}).json
    assert plot_codes[0] in around["keys"]
    assert around["geometry"]["type"] == "Polygon"
    point = {"type": "Point", "coordinates": [121.48, 29.93]}
    assert client.post("/plots/buffer.json", json={"geometry": point, "radius_m": 5000}).json["keys"]
    others = client.get(f"/layers/plots/nearest.json?of={plot_codes[0]}&count=50").json["records"]
    assert len(others) == 50
    assert plot_codes[0] not in [record["key"] for record in others]
    distances = [record["distance_m"] for record in others]
    assert distances == sorted(distances)
    assert len(client.get("/layers/parks/nearest.json?lon=121.5&lat=29.95").json["records"]) == 5


def test_positions(client: FlaskClient, plot_codes: list[str]) -> None:
    assert client.get("/position.json?lon=121.5&lat=29.958").json["e"] == pytest.approx(644_798.679, abs=0.01)
    assert client.get("/goto.json?q=29.95 121.5").json["results"][0]["lon"] == 121.5
    assert client.get(f"/goto.json?q={plot_codes[0]}").json["results"][0]["key"] == plot_codes[0]


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/layers/plots/style.json?color=red", 400, "不认识的参数“color”"),
        ("/layers/plots/style.json?style=far:x:5", 400, "分级方法"),
        ("/layers/plots/style.json?filter=far <", 400, ""),
        ("/layers/plots/style.json?at=yesterday", 400, "不是日期"),
        ("/layers/nothing/style.json", 404, "没有台账"),
        ("/layers/plots/labels.json?zoom=16", 400, "bbox"),
        ("/layers/plots/labels.json?bbox=121.5,29.9,121.4,30&zoom=16", 400, "bbox"),
        ("/layers/plots/labels.json?bbox=121.4,29.9,121.5,30&zoom=deep", 400, "zoom"),
        ("/layers/plots/labels.json?bbox=121.4,29.9,121.5,30&zoom=16&filter=nothing = 1", 400, "不能用"),
        ("/layers/enterprises/labels.json?bbox=121.4,29.9,121.5,30&zoom=16", 404, "没有图形"),
        ("/layers/plots/tip.json", 404, ""),
        ("/layers/plots/tip.json?key=无", 404, "无"),
        ("/layers/plots/nearest.json", 400, "lon 和 lat"),
        ("/layers/plots/nearest.json?lon=121.5&lat=29.95&of=A", 400, "两者之一"),
        ("/layers/plots/nearest.json?lon=121.5", 400, "lat"),
        ("/layers/plots/nearest.json?lon=east&lat=29.95", 400, "lon“east”"),
        ("/layers/plots/nearest.json?lon=nan&lat=29.95", 400, "lon“nan”"),
        ("/layers/plots/nearest.json?lon=121.5&lat=29.95&count=0", 400, "1 到 50"),
        ("/layers/plots/nearest.json?lon=121.5&lat=29.95&count=51", 400, "1 到 50"),
        ("/layers/plots/nearest.json?lon=121.5&lat=29.95&count=²", 400, "1 到 50"),
        ("/layers/plots/nearest.json?of=无", 404, "无"),
        ("/position.json?lon=200&lat=29.95", 400, "-180 到 180"),
        ("/position.json", 400, "lon"),
        ("/goto.json", 400, "请输入"),
        ("/goto.json?q=500000 3316404", 422, "参数不公开"),
        ("/goto.json?q=1&x=2", 400, "不认识的参数“x”"),
    ],
)
def test_wrong_questions_are_answered_in_a_sentence(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert words in message(answer)


@pytest.mark.parametrize(
    ("address", "body", "status", "words"),
    [
        ("/plots/selection.json", [], 400, "JSON 对象"),
        ("/plots/selection.json", {}, 400, "三者之一"),
        ("/plots/selection.json", {"keys": [], "circle": {}}, 400, "三者之一"),
        ("/plots/selection.json", {"key": "A"}, 400, "不认识的键“key”"),
        ("/plots/selection.json", {"keys": "A"}, 400, "数组"),
        ("/plots/selection.json", {"keys": ["A"] * 50_001}, 400, "50,000"),
        ("/plots/selection.json", {"keys": [], "far_target": "2"}, 400, "far_target"),
        ("/plots/selection.json", {"keys": [], "far_target": 0}, 400, "0.1 到 20"),
        ("/plots/selection.json", {"keys": [], "far_target": True}, 400, "far_target"),
        ("/plots/selection.json", {"keys": [], "far_target": 10**400}, 400, "0.1 到 20"),
        ("/plots/selection.json", {"keys": [], "filter": 1}, 400, "应为文字"),
        ("/plots/selection.json", {"keys": [], "filter": "far <"}, 400, ""),
        ("/plots/selection.json", {"keys": [], "at": "x"}, 400, "不是日期"),
        ("/plots/selection.json", {"keys": [], "predicate": "near"}, 400, "选择方式"),
        ("/plots/selection.json", {"geometry": BOW}, 422, "自相交"),
        ("/plots/selection.json", {"geometry": {"type": "Point", "coordinates": [1, 1]}}, 400, "类型“Point”"),
        ("/plots/selection.json", {"circle": [121, 29, 5]}, 400, "circle"),
        ("/plots/selection.json", {"circle": {"lon": 121, "lat": 29}}, 400, "circle"),
        ("/plots/selection.json", {"circle": {"lon": 121, "lat": 29, "radius_m": -5}}, 400, "radius_m"),
        ("/plots/selection.json", {"circle": {"lon": None, "lat": 29, "radius_m": 5}}, 400, "lon"),
        ("/plots/buffer.json", {"key": "A"}, 400, "radius_m"),
        ("/plots/buffer.json", {"radius_m": 5}, 400, "两者之一"),
        ("/plots/buffer.json", {"key": "A", "radius_m": 5_001}, 400, "5000"),
        ("/plots/buffer.json", {"key": 5, "radius_m": 5}, 400, "应为文字"),
        ("/plots/buffer.json", {"key": "无", "radius_m": 5}, 404, "无"),
        ("/plots/buffer.json", {"geometry": "POINT(1 1)", "radius_m": 5}, 400, "GeoJSON"),
        (
            "/plots/buffer.json",
            {"geometry": {"type": "Point", "coordinates": [30, 0]}, "radius_m": 5},
            422,
            "换算",
        ),
        ("/layers/plots/nearest.json", {}, 400, "GeoJSON"),
        ("/layers/plots/nearest.json", {"geometry": SQUARE, "count": 51}, 400, "1 到 50"),
        ("/layers/plots/nearest.json", {"geometry": SQUARE, "count": 2.5}, 400, "1 到 50 的整数"),
        ("/layers/无/nearest.json", {"geometry": SQUARE}, 404, "没有台账"),
        ("/statistics/area.json", {}, 400, "GeoJSON"),
        ("/statistics/area.json", {"geometry": BOW}, 422, "自相交"),
        ("/statistics/area.json", {"geometry": SQUARE, "zones": "towns"}, 400, "不认识的键“zones”"),
    ],
)
def test_wrong_bodies_are_answered_in_a_sentence(
    client: FlaskClient, address: str, body: Any, status: int, words: str
) -> None:
    answer = client.post(address, json=body)
    assert answer.status_code == status
    assert words in message(answer)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_broken_json_is_answered_in_a_sentence(client: FlaskClient, content: bytes) -> None:
    answer = client.post("/plots/selection.json", data=content, content_type="application/json")
    assert answer.status_code == 400
    assert "不是 JSON 对象" in message(answer)


def test_unknown_parameters_of_a_post_are_refused(client: FlaskClient) -> None:
    assert "不认识的参数“zone”" in message(client.post("/plots/buffer.json?zone=1", json={}))


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({}, 400, "上传一个面文件"),
        ({"file": (io.BytesIO(b"x"), "a.xyz")}, 422, ""),
        ({"file": (io.BytesIO(b"{}"), "a.geojson"), "at": "x"}, 400, "不是日期"),
    ],
)
def test_wrong_uploads(client: FlaskClient, form: dict[str, Any], status: int, words: str) -> None:
    answer = client.post("/statistics/area.json", data=form, content_type="multipart/form-data")
    assert answer.status_code == status
    assert words in message(answer)


def test_posts_need_the_token(demo_workspace: Workspace) -> None:
    guarded = create_app(demo_workspace.settings).test_client()
    assert guarded.post("/plots/selection.json", json={"keys": []}).status_code == 403


def test_comparison_page(client: FlaskClient, plot_codes: list[str]) -> None:
    answer = client.get(f"/compare?plots={plot_codes[0]},{plot_codes[1]}")
    assert answer.status_code == 200
    for words in ("容积率", "差值", "低效判定的理由", "面积与容积率的计算", "管控区、控制线与园区", "<svg"):
        assert words in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("plots=", 400),
        ("plots={0}", 400),
        ("plots={0},{0}", 400),
        ("plots={0},无", 404),
        ("plot=A,B", 400),
    ],
)
def test_comparisons_that_cannot_be(
    client: FlaskClient, plot_codes: list[str], query: str, status: int
) -> None:
    answer = client.get(f"/compare?{query.format(plot_codes[0])}")
    assert answer.status_code == status
    assert "<h1>" in answer.text
