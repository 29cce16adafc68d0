"""The unit for land: of the address, else of the cookie, else 亩."""

import pytest
from flask import Flask, render_template_string

from geoapp.web.app import create_app
from tests.opened import open_settings

LAND = "{{ 30000|area }} {{ 30000|area_words }} {{ -30000|area_change }} {{ none|area_words }} {{ area_unit_zh() }}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(open_settings(tmp_path_factory.mktemp("unit")))
    app.add_url_rule("/land", "land", lambda: render_template_string(LAND))
    return app


@pytest.mark.parametrize(
    ("address", "cookie", "shown"),
    [
        ("/land", None, "45.00 45.00 亩 −45.00 — 亩"),
        ("/land", "ha", "3.0000 3.0000 公顷 −3.0000 — 公顷"),
        ("/land?unit=m2", "ha", "30,000.00 30,000.00 平方米 −30,000.00 — 平方米"),
        ("/land", "acre", "45.00 45.00 亩 −45.00 — 亩"),
    ],
)
def test_land_is_shown_in_the_unit_chosen(app: Flask, address: str, cookie: str | None, shown: str) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("geoapp_unit", cookie)
    answer = client.get(address)
    assert answer.text == shown
    assert "Cookie" in answer.headers["Vary"]


def test_unit_that_is_none_is_refused_on_every_page(app: Flask) -> None:
    answer = app.test_client().get("/imports?unit=acre")
    assert answer.status_code == 400
    assert "面积单位“acre”不认识；可用：mu（亩）、ha（公顷）、m2（平方米）。" in answer.text


def test_head_offers_the_units_and_marks_the_one_chosen(app: Flask) -> None:
    text = app.test_client().get("/imports?unit=ha").text
    assert '<html lang="zh-CN" data-area-unit="ha">' in text
    assert '<option value="ha" selected>公顷</option>' in text


def test_unit_may_not_stand_twice(app: Flask) -> None:
    answer = app.test_client().get("/statistics?unit=ha&unit=mu")
    assert answer.status_code == 400
    assert "参数“unit”出现了两次" in answer.text
