"""Micro-enterprise parks as pages, files and by command line."""

import io
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from geoapp.cli import main
from tests.services.test_micro_parks import PARKS, YEARS
from tests.small_district import write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    write(district_app.extensions["geoapp"], micro_parks=PARKS, micro_park_years=YEARS)
    return district_app.test_client()


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_the_list_and_its_choices(client: FlaskClient) -> None:
    page = text_of(client, "/micro-parks")
    assert "colors=micro_parks%3Aband" in page
    assert "★★★★" in page
    assert "公布 A，不一致" in page
    only = text_of(client, "/micro-parks?year=2024&star=3")
    assert 'data-park="W2"' in only
    assert 'data-park="W1"' not in only
    for wrong in ("band=nix", "star=9", "year=abc", "nix=1"):
        assert client.get(f"/micro-parks?{wrong}").status_code == 400


def test_the_page_of_a_park(client: FlaskClient) -> None:
    page = text_of(client, "/micro-parks/W3")
    assert 'data-rule="MP4"' in page
    assert "新建，建筑面积 29000.00 平方米，不到 30000.00 平方米。" in page
    assert 'data-year="2025"' in page
    assert "/micro-parks/W3" in text_of(client, "/records/micro_parks/W3")
    assert "/micro-parks/W3" in text_of(client, "/records/micro_parks/W3/card")
    assert client.get("/micro-parks/W3.json").json["park"]["band"] == "D"
    assert client.get("/micro-parks/W9").status_code == 404
    assert "小微企业园认定条件" in text_of(client, "/rules")
    assert "13800000000" not in page


def test_files_and_command_line(client: FlaskClient, district_app: Flask, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/micro-parks.xlsx?band=D").data))
    cells = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "W3" in cells
    assert "W1" not in cells
    assert client.get("/micro-parks.json").json["bands"]["A"] == 1
    folder = str(district_app.extensions["geoapp"].settings.data_dir)
    run = CliRunner().invoke
    listed = run(main, ["micro-parks", "--data-dir", folder])
    assert (
        listed.exit_code,
        "过渡期" in run(main, ["micro-parks", "2022", "--data-dir", folder]).output,
    ) == (1, True)
    sound = run(main, ["micro-parks", "--band", "A", "--json", "--data-dir", folder])
    assert (sound.exit_code, '"W1"' in sound.output) == (0, True)
    file = tmp_path / "p.csv"
    run(main, ["micro-parks", "--output", str(file), "--data-dir", folder])
    assert "W3" in file.read_text(encoding="utf-8-sig")
    assert run(main, ["micro-parks", "--star", "9", "--data-dir", folder]).exit_code == 2
