"""The addresses of tiles: content, ETags, compression, errors, and a cache that stays within its bounds."""

import gzip
import math
import re
from dataclasses import replace
from datetime import date, timedelta

import mapbox_vector_tile
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.sight import FULL_SIGHT
from geoapp.services.as_of import AsOf
from geoapp.services.map_tiles import TileQuery
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.web.tile_server import BodyCache, TileServer, _Body, parse_address
from tests.small_district import PLOTS, write

LON, LAT = 121.500, 29.963
"""Inside plot A of the small district."""


def tile_of(z: int, lon: float = LON, lat: float = LAT) -> str:
    """The tile that holds a place: the formula of every slippy map."""
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    return f"{z}/{x}/{y}"


ADDRESS = f"/tiles/plots/{tile_of(14)}.mvt"


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def features(content: bytes) -> dict[str, dict]:
    """Features of a tile's only layer by key."""
    layer = mapbox_vector_tile.decode(content)["plots"]
    return {feature["properties"]["key"]: feature for feature in layer["features"]}


def test_a_tile_has_the_plots_with_their_classes(client: FlaskClient) -> None:
    response = client.get(ADDRESS + "?style=low_efficiency")
    assert response.status_code == 200
    assert response.content_type == "application/vnd.mapbox-vector-tile"
    found = features(response.data)
    assert set(found) == {"DK-A", "DK-B", "DK/C"}
    # The scheme's classes are yes, review, no, unknown. A is on the bureau's list, C has no facts at all.
    assert found["DK-A"]["properties"] == {"key": "DK-A", "c": 0}
    assert found["DK/C"]["properties"]["c"] == 3


def test_a_tile_known_to_the_browser_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(ADDRESS)
    etag = first.headers["ETag"]
    assert not etag.startswith("W/")
    again = client.get(ADDRESS, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)


def test_a_changed_plot_is_in_the_next_tile(district_app: Flask, client: FlaskClient) -> None:
    before = client.get(ADDRESS)
    workspace: Workspace = district_app.extensions["geoapp"]
    write(workspace, plots=[{**PLOTS[0], "plot_code": "DK-NEW"}])
    after = client.get(ADDRESS, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert set(features(after.data)) - set(features(before.data)) == {"DK-NEW"}


def test_a_filter_leaves_what_it_says(client: FlaskClient) -> None:
    found = features(client.get(ADDRESS, query_string={"filter": "plot_code = 'DK-B'"}).data)
    assert set(found) == {"DK-B"}
    nothing = client.get(ADDRESS, query_string={"filter": "plot_code = 'nowhere'"})
    assert (nothing.status_code, nothing.data) == (200, b"")


def test_a_day_before_the_first_revision_is_empty(client: FlaskClient) -> None:
    yesterday = today() - timedelta(days=1)
    response = client.get(ADDRESS, query_string={"at": yesterday.isoformat()})
    assert (response.status_code, response.data) == (200, b"")


def test_the_same_bytes_come_compressed_under_another_etag(district_app: Flask, client: FlaskClient) -> None:
    many = [{**PLOTS[0], "plot_code": f"DK-{number}"} for number in range(60)]
    write(district_app.extensions["geoapp"], plots=many)
    plain = client.get(ADDRESS)
    compressed = client.get(ADDRESS, headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.data) == plain.data
    assert len(compressed.data) < len(plain.data)
    assert compressed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_head_tells_the_size_only(client: FlaskClient) -> None:
    response = client.head(ADDRESS)
    assert (response.status_code, response.data) == (200, b"")
    assert int(response.headers["Content-Length"]) == len(client.get(ADDRESS).data)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/tiles/plots/14/99999999/1.mvt", 404, "没有瓦片"),
        ("/tiles/plots/23/0/0.mvt", 404, "级别"),
        ("/tiles/plots/-1/0/0.mvt", 404, "没有这个瓦片"),
        ("/tiles/plots/a/0/0.mvt", 404, "没有这个瓦片"),
        ("/tiles/plots/1/0/0.png", 404, "没有这个瓦片"),
        ("/tiles/nowhere/1/0/0.mvt", 404, "没有台账“nowhere”"),
        ("/tiles/enterprises/1/0/0.mvt", 404, "没有图形"),
        (ADDRESS + "?colour=red", 400, "不认识的参数“colour”"),
        (ADDRESS + "?at=2024-01-01&at=2025-01-01", 400, "出现了两次"),
        (ADDRESS + "?at=yesterday", 400, "不是日期"),
        (ADDRESS + "?style=beauty", 400, "beauty"),
        (ADDRESS + "?filter=far+%3C", 400, ""),
        (ADDRESS + "?filter=nothing+%3D+1", 400, "nothing"),
        ("/tiles/micro_parks/1/0/0.mvt?filter=phone+%3D+%271%27", 400, "phone"),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_one_sentence(
    client: FlaskClient, path: str, status: int, words: str
) -> None:
    response = client.get(path)
    assert response.status_code == status
    message = response.json["error"]["message"]
    assert words in message
    assert "Traceback" not in message


def test_only_reading_is_allowed(client: FlaskClient) -> None:
    response = client.post(ADDRESS)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_a_bug_is_logged_under_a_number(
    district_app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    workspace: Workspace = district_app.extensions["geoapp"]
    number = workspace.store.register_revision("plots")
    workspace.cache.put(("tileset", "plots", number), object())  # what cannot encode anything
    response = client.get(ADDRESS)
    assert response.status_code == 500
    bug = re.search(r"编号 (\w+)", response.json["error"]["message"])
    assert bug is not None
    assert bug[1] in caplog.text


def test_the_cache_stays_within_its_bytes() -> None:
    cache, state = BodyCache(100), AsOf(1, date(2026, 1, 1), is_now=True)

    def get(path: str, version: str, size_bytes: int) -> None:
        cache.get((path, "", False, FULL_SIGHT), state, version, lambda: _Body("e", b"x" * size_bytes))

    for number in range(10):
        get(f"/{number}", "1", 30)
    assert cache.size_bytes == 90
    get("/9", "2", 35)  # a newer version takes the older one's place
    assert cache.size_bytes == 95
    get("/big", "1", 1_000)
    assert cache.size_bytes == 0


def test_a_tile_is_known_in_the_state_that_it_was_asked_in() -> None:
    cache, address = BodyCache(100), ("/a", "", False, FULL_SIGHT)
    before, after = (AsOf(revision, date(2026, 1, 1), is_now=True) for revision in (1, 2))
    made = cache.get(address, before, "1", lambda: _Body("e", b"x"))
    assert cache.of_state(address, before) is made
    assert cache.of_state(address, after) is None
    # The write was about another register: the version is the same, and so is the tile.
    assert cache.get(address, after, "1", lambda: _Body("f", b"y")) is made
    assert cache.of_state(address, after) is made
    assert cache.size_bytes == 1


def test_another_day_is_another_state(district_app: Flask, client: FlaskClient) -> None:
    etag = client.get(ADDRESS).headers["ETag"]
    server = district_app.wsgi_app
    assert isinstance(server, TileServer)
    server._newest = replace(server._newest, day=server._newest.day - timedelta(days=1))
    server._day_is_known_until = 0.0
    assert client.get(ADDRESS).headers["ETag"] == etag
    assert server._newest.day == today()


def test_an_address_is_read_with_its_parameters() -> None:
    query = parse_address("/tiles/plots/3/2/1.mvt", "style=grade&filter=far%3C1&at=2025-06-30")
    assert query == TileQuery(
        register="plots", z=3, x=2, y=1, style="grade", filter_text="far<1", at="2025-06-30"
    )
