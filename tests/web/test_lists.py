"""The lists as pages, forms and files."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from geoapp.cli import main
from geoapp.services.workspace import Workspace
from tests.pages import seen_of
from tests.services.test_remediation import ENTRY, STEP
from tests.small_district import write

ADDRESS = "/lists/2025/L4/DK-A"


@pytest.fixture
def client(district_app: Flask) -> Iterator[FlaskClient]:
    workspace: Workspace = district_app.extensions["geoapp"]
    write(workspace, list_entries=[ENTRY, {**ENTRY, "subject_code": "DK/C", "deadline_on": "2025-12-31"}])
    district_app.config["WTF_CSRF_ENABLED"] = False
    yield district_app.test_client()
    district_app.config["WTF_CSRF_ENABLED"] = True


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_the_list_and_its_filters(client: FlaskClient) -> None:
    page = text_of(client, "/lists")
    assert "低效工业地块整治提升（2）" in page
    assert "■ 逾期" in page
    assert "共 2 条：核查中 2。" in page
    assert "共 0 条（已筛选）" in text_of(client, "/lists/2025/L4?status=closed")
    assert "共 2 条（已筛选）" in text_of(client, "/lists/2025/L4?town=330205103")
    assert client.get("/lists/2025/L9").status_code == 404
    assert client.get("/lists/2025/L4?nix=1").status_code == 400


def test_an_entry_without_a_status_says_so(client: FlaskClient, district_app: Flask) -> None:
    write(district_app.extensions["geoapp"], list_entries=[{**ENTRY, "status": None}])
    for address in ("/lists", ADDRESS):
        page = text_of(client, address)
        assert "没有状态" in page
        assert ">None<" not in page


def test_an_entry_is_moved_on_and_its_history_told(client: FlaskClient) -> None:
    assert "核查中" in text_of(client, ADDRESS)
    response = client.post(f"{ADDRESS}/status", data={**STEP, "document_no": ""})
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert "这一步要有文号" in page
    assert "张三（示例）" in page  # what was typed is still there
    forged = client.post(f"{ADDRESS}/status", data={**STEP, "seen": "", "progress": "写过的进展"})
    assert forged.status_code == 422
    assert "表单没有说明是看着哪个状态填的" in forged.text
    assert "写过的进展" in forged.text
    assert client.post(f"{ADDRESS}/status", data=STEP).status_code == 303
    page = text_of(client, ADDRESS)
    assert "核查中 → 认定：2025 年 DK-A" in page
    assert "示例1号" in page
    history = client.get(ADDRESS).text.split("<h2>经过</h2>")[1]
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d<small>第 \d+ 次修订", history)  # when, not only which
    assert client.post(f"{ADDRESS}/status", data=STEP).status_code == 409
    plan = {"measure": "upgrade", "user": "李四"}
    assert client.post(f"{ADDRESS}/plan", data=plan).status_code == 422
    assert client.post(f"{ADDRESS}/plan", data=plan | {"seen": seen_of(client, ADDRESS)}).status_code == 303
    assert client.post("/lists/2025/L4/DK-Z/status", data=STEP).status_code == 404
    assert client.get("/lists/2025/L4/DK-Z").status_code == 404
    assert client.get("/lists/2025/L4/DK/C").status_code == 200


def test_a_year_rolls_over_and_wrong_forms_come_back(client: FlaskClient) -> None:
    assert client.post("/lists/2025/take-in", data={"user": "王五"}).status_code == 422
    assert "没有填经办" in client.post("/lists/2025/roll-over", data={}).get_data(as_text=True)
    response = client.post("/lists/2025/roll-over", data={"user": "王五"})
    assert response.location == "/lists/2026/L4"
    assert "2025 年结转" in text_of(client, "/lists/2026/L4")


def test_a_forged_form_is_refused(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    assert client.post(f"{ADDRESS}/status", data=STEP).status_code == 403


def test_files_and_command_line_hold_the_same(client: FlaskClient, tmp_path: Path) -> None:
    workspace: Workspace = client.application.extensions["geoapp"]
    record = client.get("/lists/2025/L4.json").get_json()
    assert [entry["subject_code"] for entry in record["entries"]] == ["DK-A", "DK/C"]
    assert record["entries"][1]["is_overdue"] is True
    folder = ["--data-dir", str(workspace.settings.data_dir)]
    result = CliRunner().invoke(main, ["lists", "2025", "--json", *folder])
    assert json.loads(result.output) == record
    assert result.exit_code == 1  # something has to be checked
    printed = CliRunner().invoke(main, ["lists", *folder]).output
    assert "逾期未办结 DK/C" in printed
    book = openpyxl.load_workbook(io.BytesIO(client.get("/lists/2025/L4.xlsx").data))
    setup = book["记录"].page_setup
    assert (setup.orientation, setup.paperSize) == ("landscape", 8)  # A3: 32 columns on one page's width
    assert book["记录"]["B2"].value.startswith("填报单位：江北区")
    assert book["记录"]["B8"].value.startswith("审核：")  # below rows 5 and 6
    first = book["记录"][5]
    assert {cell.border.left.style for cell in first} == {"thin"}  # also where nothing stands
    assert first[15].alignment.wrap_text  # 认定依据 is longer than its column
    values = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert {"DK-A", "DK/C", "核查中"} <= set(values)
    assert "核查中" in client.get("/lists/2025/L4.csv").get_data(as_text=True)
    assert "面积(公顷)" in client.get("/lists/2025/L4.csv?unit=ha").get_data(as_text=True)
    assert "/lists/2025/L4.csv?unit=ha" in client.get("/lists?unit=ha").get_data(as_text=True)
    assert client.get("/lists/2025/L4/survey.xlsx").data[:2] == b"PK"
    survey, table = tmp_path / "survey.xlsx", tmp_path / "list.csv"
    CliRunner().invoke(main, ["lists", "--output", str(survey), "--survey", *folder])
    assert openpyxl.load_workbook(survey).sheetnames == ["表1-2", "说明"]
    CliRunner().invoke(main, ["lists", "--output", str(table), *folder])
    assert "DK/C" in table.read_text(encoding="utf-8-sig")
