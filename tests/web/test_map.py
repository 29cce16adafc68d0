"""The map page and what it fetches, without a browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.resources import PACKAGE_DIR
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.lending import Lender
from tests.opened import open_settings

HOSTILE = "<img src=x onerror=alert(1)>"


def make_app(data_dir: Path) -> Flask:
    """Return the application over a single plot whose name is markup."""
    app = create_app(open_settings(data_dir))
    workspace: Workspace = app.extensions["geoapp"]
    plots = gpd.GeoDataFrame(
        {"plot_code": ["A/1"], "name": [HOSTILE]},
        geometry=[shapely.box(121.5, 29.95, 121.51, 29.96)],
        crs=4490,
    )
    change = RegisterChange(conform(plots, workspace.layer("plots")))
    workspace.store.write({"plots": change}, kind=RevisionKind.IMPORT, user="test")
    return app


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Flask]]:
    lender = Lender(lambda: make_app(tmp_path_factory.mktemp("map")), lambda app: app.extensions["geoapp"])
    yield lender
    lender.close()


@pytest.fixture
def app(apps: Lender[Flask]) -> Iterator[Flask]:
    with apps.lent() as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_page_holds_every_layer_with_eye_source_and_legend(client: FlaskClient) -> None:
    page = client.get("/").text
    for register in (
        "towns",
        "parks",
        "control_zones",
        "control_lines",
        "plots",
        "buildings",
        "micro_parks",
        "projects",
    ):
        assert f'data-eye="{register}"' in page
        assert f'data-opacity="{register}"' in page
    assert "数据日期" in page
    assert page.count("data-legend-place") == page.count("data-eye=")
    assert json.dumps("容积率未知") in page  # the classes come with the settings of the map


def test_every_inline_script_and_style_has_the_nonce(client: FlaskClient) -> None:
    answer = client.get("/")
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"]))
    for tag in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style[^>]*>", answer.text):
        assert f'nonce="{nonce}"' in tag
    assert not re.search(r"<[^>]+\s(style|on\w+)=", answer.text)


def test_page_names_no_other_host(client: FlaskClient) -> None:
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", client.get("/").text)


def test_page_embeds_no_shapes(client: FlaskClient) -> None:
    assert "coordinates&#34;" not in client.get("/").text
    assert "FeatureCollection" not in client.get("/").text


def test_hostile_name_is_on_no_page_as_markup(client: FlaskClient) -> None:
    assert HOSTILE not in client.get("/").text
    shapes = client.get("/layers/plots.geojson")
    assert shapes.mimetype == "application/geo+json"
    assert shapes.headers["X-Content-Type-Options"] == "nosniff"
    assert shapes.get_json()["features"][0]["properties"]["label"] == HOSTILE


def test_empty_installation_shows_where_to_import(tmp_path: Path) -> None:
    page = create_app(open_settings(tmp_path / "empty")).test_client().get("/").text
    assert "还没有可以显示的数据" in page
    assert 'href="/imports"' in page


def test_shapes_by_box_and_key(client: FlaskClient) -> None:
    found = client.get("/layers/plots.geojson?bbox=121.4,29.9,121.6,30&zoom=14").get_json()
    assert [feature["id"] for feature in found["features"]] == ["A/1"]
    assert client.get("/layers/plots.geojson?bbox=120,29,120.1,29.1").get_json()["features"] == []
    assert len(client.get("/layers/plots.geojson?key=A/1").get_json()["features"]) == 1
    assert client.get("/layers/plots.geojson?key=B").get_json()["features"] == []


def test_unchanged_shapes_are_not_sent_again(client: FlaskClient) -> None:
    address = "/layers/plots.geojson?bbox=121.4,29.9,121.6,30&zoom=14"
    first = client.get(address, headers={"Accept-Encoding": "gzip"})
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    other = client.get(address, headers={"If-None-Match": 'W/"plots-0-2020-01-01"'})
    assert other.status_code == 200


def test_shapes_are_sent_again_after_a_restart_with_another_rule_book(
    app: Flask, client: FlaskClient
) -> None:
    settings: Settings = app.extensions["geoapp"].settings
    first = client.get("/layers/plots.geojson")
    policy = settings.data_dir / "policy" / "intensity.toml"
    policy.parent.mkdir()
    own = PACKAGE_DIR / "policy" / "intensity.toml"
    policy.write_text(own.read_text(encoding="utf-8").replace("[0.6, 1.0,", "[0.7, 1.0,"), encoding="utf-8")
    restarted = create_app(settings).test_client()
    again = restarted.get("/layers/plots.geojson", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/layers/plots.geojson?bbox=1,2,3", 400, "bbox"),
        ("/layers/plots.geojson?zoom=99", 400, "zoom"),
        ("/layers/plots.geojson?colour=red", 400, "colour"),
        ("/layers/rivers.geojson", 404, "rivers"),
        ("/layers/enterprises.geojson", 404, "没有图形"),
        ("/basemap/1/0/0", 404, "底图"),
    ],
)
def test_wrong_request_is_said_in_chinese(client: FlaskClient, address: str, status: int, said: str) -> None:
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert said in answer.get_json()["error"]["message"]


def test_local_basemap_is_served_and_named_on_the_page(tmp_path: Path) -> None:
    picture = tmp_path / "tiles" / "13" / "2" / "1.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    settings = open_settings(tmp_path / "data", basemap=str(tmp_path / "tiles"), basemap_crs="gcj02")
    client = create_app(settings).test_client()
    found = client.get("/basemap/13/2/1")
    assert (found.data, found.mimetype) == (b"picture", "image/png")
    assert "max-age" in found.headers["Cache-Control"]
    assert client.get("/basemap/13/2/2").status_code == 204
    page = client.get("/").text
    assert "geoapp.addBasemap(" in page
    assert '"isGcj02": true' in page
