"""Land terms as page, files and by command line."""

import io
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from geoapp.cli import main
from tests.services.test_land_terms import ENDS
from tests.small_district import write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    write(district_app.extensions["geoapp"], plots=ENDS)
    return district_app.test_client()


def test_the_page_and_its_choices(client: FlaskClient) -> None:
    page = re.sub(r"\s+", " ", client.get("/land-terms").text)
    assert 'data-by="town_code"' in page
    assert 'data-plot="DK/C"' in page
    assert "无年限" in page
    only = client.get("/land-terms?bucket=below_0").text
    assert 'data-plot="DK-B"' in only
    assert 'data-plot="DK/C"' not in only
    assert client.get("/land-terms?bucket=nix").status_code == 400
    assert client.get("/land-terms?nix=1").status_code == 400


def test_files_and_command_line(client: FlaskClient, district_app: Flask, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/land-terms.xlsx?due=yes").data))
    cells = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "DK-B" in cells
    assert "DK/C" not in cells
    assert client.get("/land-terms.json").json["buckets"][0]["zh"] == "已到期"
    folder = str(district_app.extensions["geoapp"].settings.data_dir)
    run = CliRunner().invoke
    listed = run(main, ["land-terms", "--data-dir", folder])
    assert (listed.exit_code, "划拨无年限" in listed.output) == (1, True)
    assert '"DK-B"' in run(main, ["land-terms", "--due", "--json", "--data-dir", folder]).output
    file = tmp_path / "t.csv"
    run(main, ["land-terms", "--output", str(file), "--data-dir", folder])
    assert "DK-B" in file.read_text(encoding="utf-8-sig")
    assert run(main, ["land-terms", "--bucket", "nix", "--data-dir", folder]).exit_code == 2
