"""Tiles that the server answers in its loop: the same as the application's, or left to it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from geoapp.tiles import tileset
from geoapp.web.tile_server import Answer, TileServer
from tests.small_district import PLOTS, write
from tests.web.test_tiles import ADDRESS, features, tile_of

HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
DEEPER = f"/tiles/plots/{tile_of(16)}.mvt"


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    """A client that has asked for one tile: shapes and classes are there."""
    client = district_app.test_client()
    assert client.get(ADDRESS).status_code == 200
    return client


def at_once(app: Flask, address: str, **headers: str) -> Answer | None:
    tiles = app.wsgi_app
    assert isinstance(tiles, TileServer)
    path, _, query = address.partition("?")
    return tiles.at_once(path, query, {**HERE, **headers})


def headers_of(answer: Answer) -> tuple[str, dict[str, str]]:
    """Return the status and the headers of an answer as it goes over the wire."""
    assert answer.head.endswith(b"\r\n")
    status, *lines = answer.head.decode("ascii").split("\r\n")[:-1]
    return status, dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("address", [ADDRESS, DEEPER, "/tiles/plots/14/0/0.mvt"])
@pytest.mark.parametrize("encoding", ["", "gzip, br"])
def test_it_is_what_the_application_sends(
    district_app: Flask, client: FlaskClient, address: str, encoding: str
) -> None:
    many = [{**PLOTS[0], "plot_code": f"DK-{number}"} for number in range(60)]
    write(district_app.extensions["geoapp"], plots=many)
    client.get(ADDRESS)
    answer = at_once(district_app, address, HTTP_ACCEPT_ENCODING=encoding)
    assert answer is not None
    expected = client.get(address, headers={"Accept-Encoding": encoding})
    assert headers_of(answer) == ("HTTP/1.1 200 OK", dict(expected.headers))
    assert answer.content == expected.data
    assert ("Content-Encoding" in expected.headers) == (encoding != "" and len(expected.data) > 0)


def test_a_tile_known_to_the_browser_is_not_sent_again(district_app: Flask, client: FlaskClient) -> None:
    etag = client.get(DEEPER).headers["ETag"]
    answer = at_once(district_app, DEEPER, HTTP_IF_NONE_MATCH=etag)
    assert answer is not None
    expected = client.get(DEEPER, headers={"If-None-Match": etag})
    assert expected.status_code == 304
    assert headers_of(answer) == ("HTTP/1.1 304 Not Modified", dict(expected.headers))
    assert answer.content == b""


def test_what_takes_longer_is_left_to_the_application_until_it_is_known(
    district_app: Flask, client: FlaskClient
) -> None:
    summed = f"/tiles/plots/{tile_of(12)}.mvt"
    assert at_once(district_app, summed) is None
    assert at_once(district_app, DEEPER + "?style=low_efficiency") is None  # another look
    expected = client.get(summed)
    answer = at_once(district_app, summed)
    assert answer is not None
    assert answer.content == expected.data


def test_crowded_places_are_left_to_the_application(
    district_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tileset, "MOST_LIGHT_VERTICES", 0)
    assert district_app.test_client().get(ADDRESS).status_code == 200
    assert at_once(district_app, ADDRESS) is not None  # known
    assert at_once(district_app, DEEPER) is None


@pytest.mark.parametrize(
    "address",
    [
        "/tiles/plots/23/0/0.mvt",
        "/tiles/plots/14/99999/0.mvt",
        "/tiles/nowhere/14/0/0.mvt",
        "/tiles/plots/14/0/0.png",
        ADDRESS + "?colour=red",
    ],
)
def test_what_cannot_be_is_refused_by_the_application(
    district_app: Flask, client: FlaskClient, address: str
) -> None:
    assert at_once(district_app, address) is None
    assert client.get(address).status_code in (400, 404)


def test_who_may_not_see_it_is_told_so_by_the_application(district_app: Flask, client: FlaskClient) -> None:
    assert at_once(district_app, ADDRESS, REMOTE_ADDR="10.1.2.3") is None
    assert at_once(district_app, ADDRESS, HTTP_HOST="example.org") is None
    assert at_once(district_app, ADDRESS, HTTP_X_FORWARDED_FOR="10.1.2.3") is None
    assert at_once(district_app, ADDRESS) is not None


def test_a_changed_plot_is_in_the_next_tile(district_app: Flask, client: FlaskClient) -> None:
    workspace: Workspace = district_app.extensions["geoapp"]
    write(workspace, plots=[{**PLOTS[0], "plot_code": "DK-NEW"}])
    assert at_once(district_app, ADDRESS) is None
    after = client.get(ADDRESS)
    assert "DK-NEW" in features(after.data)
    answer = at_once(district_app, ADDRESS)
    assert answer is not None
    assert answer.content == after.data
