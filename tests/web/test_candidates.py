"""The page of candidates: what it says, refuses and keeps."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from tests import small_district
from tests.lending import Lender, lend_apps
from tests.services.test_candidates import AREAS, PLOTS
from tests.small_district import write


def fill(workspace: Workspace) -> None:
    write(small_district.fill(workspace), plots=PLOTS, restricted_areas=AREAS)


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Flask]]:
    yield from lend_apps(tmp_path_factory, fill)


@pytest.fixture
def client(lender: Lender[Flask]) -> Iterator[FlaskClient]:
    """A browser before the small district with candidates; the same district until a test changes it."""
    with lender.lent() as app:
        yield app.test_client()


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_the_page_says_who_is_none_and_which_numbers_it_rests_on(client: FlaskClient) -> None:
    page = text_of(client, "/candidates")
    assert "在不得再开发的限制区内 1 宗" in page
    assert "候选权重：容积率离目标的差距" in page
    assert "系统默认，可改" in page
    assert 'data-weights="25,25,15,10,10,10,5"' in page
    assert "不明" in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("weights=1,2", 400, "权重要写 7 个数"),
        ("weights=没有这个", 404, "没有权重方案"),
        ("top=0", 400, "参数 top"),
        ("filter=nichts=1", 400, "nichts"),
        ("at=2026-13-01", 400, "at"),
        ("nix=1", 400, "不认识的参数“nix”"),
    ],
)
@pytest.mark.parametrize("address", ["/candidates", "/candidates/pool.json", "/candidates.csv"])
def test_what_cannot_be_asked(client: FlaskClient, address: str, query: str, status: int, words: str) -> None:
    response = client.get(f"{address}?{query}")
    assert response.status_code == status
    text = response.get_json()["error"]["message"] if response.is_json else response.get_data(as_text=True)
    assert words in text


def test_a_plot_that_is_no_candidate(client: FlaskClient) -> None:
    response = client.get("/candidates/plots/商业.json")
    assert response.status_code == 404
    assert "不在候选里" in response.get_json()["error"]["message"]


def test_stability_and_blocks_follow_the_address(client: FlaskClient) -> None:
    answer = client.get("/candidates/stability.json?top=1&weights=0,0,0,0,0,1,0").get_json()
    assert answer == {"top_count": 1, "always": ["甲"], "sometimes": []}
    (block,) = client.get("/candidates/blocks.json?gap=6&filter=plot_code IN ('甲','乙','丙')").get_json()[
        "blocks"
    ]
    assert sorted(block["plot_codes"]) == ["乙", "甲"]
    assert client.get("/candidates/blocks.json?gap=x").status_code == 400


def test_weights_are_saved_and_a_wrong_form_comes_back(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    try:
        form = {"name": "我的方案", "weights": "1,2,3,4,5,6,7", "saved_by": "示例人"}
        response = client.post("/candidates/weights?top=9", data=form)
        assert response.status_code == 303
        page = text_of(client, response.location)
        assert 'data-weights="1,2,3,4,5,6,7" data-name="我的方案" data-top="9"' in page
        assert "已存为第" in page
        response = client.post("/candidates/weights", data={**form, "saved_by": ""})
        assert response.status_code == 422
        assert "没有填保存人" in response.get_data(as_text=True)
        assert 'value="我的方案"' in response.get_data(as_text=True)
    finally:
        client.application.config["WTF_CSRF_ENABLED"] = True


def test_a_forged_form_is_refused(client: FlaskClient) -> None:
    form = {"name": "我的方案", "weights": "1,2,3,4,5,6,7", "saved_by": "示例人"}
    assert client.post("/candidates/weights", data=form).status_code == 403
