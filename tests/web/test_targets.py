"""The target ledger's pages, files and form."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.pages import text_of

PLAN = "/targets/plan_2021_2025"


@pytest.fixture(scope="module")
def client(demo_workspace: Workspace) -> FlaskClient:
    return create_app(demo_workspace.settings).test_client()


@pytest.fixture
def own_client(district_app: Flask) -> FlaskClient:
    """A small district of the test's own, to write into."""
    return district_app.test_client()


def data_of(page: str, name: str) -> dict:
    found = re.search(rf'id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_page_shows_every_target_with_its_result_and_no_pace(client: FlaskClient) -> None:
    page = client.get("/targets").text
    assert page.count('data-indicator="') == 17
    for words in (
        "盘活低效工业用地",
        "自然资源规划江北分局、区经信局",
        "含基数（基数取台账）",
        "正文目标",
        "数据质量",
    ):
        assert words in page
    assert "序时进度</th>" not in page  # the plan's days have passed
    assert "每月还需" not in page
    assert 'aria-current="page">目标</a>' in page


def test_target_to_come_has_path_and_pace(client: FlaskClient) -> None:
    record = client.get("/targets/municipal_2027.json").json
    tax = record["indicators"][0]
    assert tax["targets"][0]["value"] == 60
    assert tax["base_how"] == "register"
    assert record["level_zh"] == "市级目标"
    shared = {row["id"]: row["targets"][0]["gap"] for row in record["indicators"] if row["is_shared"]}
    assert shared == {"rebuilt_low_efficiency": None, "helped_enterprises": None}
    assert "没有分解到本区" in client.get("/targets/municipal_2027").text


def test_unit_of_land_is_the_readers(client: FlaskClient) -> None:
    values = {}
    for unit in ("mu", "ha", "m2"):
        row = client.get(f"/targets.json?unit={unit}").json["indicators"][5]
        assert row["unit"] == unit
        values[unit] = row["targets"][1]["value"]
    assert values == {"mu": 3_000.0, "ha": pytest.approx(200.0), "m2": pytest.approx(2_000_000.0)}
    assert "公顷" in client.get(f"{PLAN}/revitalised_area?unit=ha").text


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/targets/none", 404, "plan_2021_2025"),
        (f"{PLAN}/none", 404, "revitalised_area"),
        ("/targets?scope=village:1", 400, "town:镇街代码"),
        ("/targets?scope=town:1", 404, "没有镇街"),
        ("/targets?colour=red", 400, "colour"),
        ("/targets?at=soon", 400, "不是日期"),
        ("/targets.json?unit=acre", 400, "acre"),
    ],
)
def test_address_of_what_is_not_there_is_a_chinese_refusal(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)


@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_every_indicator_opens(client: FlaskClient) -> None:
    for name in ("plan_2021_2025", "municipal_2027"):
        for row in client.get(f"/targets/{name}.json").json["indicators"]:
            answer = client.get(row["address"])
            assert answer.status_code == 200
            assert f'<h1 id="target-title">{row["zh"]}' in answer.text
            assert "nan" not in text_of(answer.text).lower().replace("nance", "")
            assert data_of(answer.text, "target-data")["row"]["id"] == row["id"]


def test_opened_number_leads_to_plots_projects_documents_and_the_map(client: FlaskClient) -> None:
    page = client.get(f"{PLAN}/revitalised_area").text
    record = client.get(f"{PLAN}/revitalised_area.json").json
    first = record["members"][0]
    assert f'href="/plots/{first["plot_code"]}"' in page
    assert f'href="/records/projects/{first["project_code"]}"' in page
    assert f'href="/records/recognitions/{first["key"]}"' in page
    assert first["document_no"] in page
    assert 'href="/ledgers/JX_TL"' in page
    for address in re.findall(r'href="(/(?:plots|records)/[^"]+)"', page)[:8]:
        assert client.get(address).status_code == 200, address
    counted = sum(member["amount"] for member in record["members"] if member["is_counted"])
    assert counted == pytest.approx(record["indicator"]["actual"]["value"], rel=1e-12)
    assert record["map_address"].startswith("/?filter=plot_code+IN")
    assert client.get(record["map_address"]).status_code == 200


def test_tax_of_an_enterprise_or_plot_is_not_told(client: FlaskClient) -> None:
    record = client.get(f"{PLAN}/tax_per_mu.json").json
    assert {member["amount"] for member in record["members"]} == {None}
    assert all(member["ratio"] is not None for member in record["members"])
    assert '<th scope="col" class="number">评价税收' not in client.get(f"{PLAN}/tax_per_mu").text


def test_files_say_what_the_page_says(client: FlaskClient) -> None:
    record = client.get(f"{PLAN}.json").json
    answer = client.get(f"{PLAN}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == sum(len(row["targets"]) for row in record["indicators"])
    area = [row for row in rows if row["指标编号"] == "revitalised_area"]
    assert [(row["目标"], row["实绩"], row["预警"]) for row in area] == [
        ("2000.0000", "2000.0000", "完成"), ("3000.0000", "3000.0000", "完成"),
    ]  # fmt: skip
    unknown = next(row for row in rows if row["指标编号"] == "micro_parks")
    assert (unknown["实绩"], unknown["差距"]) == ("", "")
    assert "没有日期" in unknown["说明"]
    assert {row["数据性质"] for row in rows} == {"示意数据"}
    assert quote("目标台账_攻坚行动方案") in answer.headers["Content-Disposition"]
    assert 'filename="targets_plan_2021_2025_' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("address", "sheets"),
    [
        (PLAN, ["目标台账", "说明"]),
        (f"{PLAN}/revitalised_area", ["历年", "组成", "在建项目", "镇街", "园区", "填报", "说明"]),
        (f"{PLAN}/tax_per_mu", ["历年", "组成", "在建项目", "镇街", "园区", "填报", "说明"]),
    ],
)
def test_workbooks_open(client: FlaskClient, address: str, sheets: list[str]) -> None:
    content = client.get(f"{address}.xlsx?unit=ha").data
    assert zipfile.is_zipfile(io.BytesIO(content))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == sheets
    assert "示意数据" in book.worksheets[0]["A1"].value
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(isinstance(cell, float) and cell != cell for cell in cells)


def test_members_csv_lists_all_and_guards_formulas(client: FlaskClient) -> None:
    text = client.get(f"{PLAN}/treated_enterprises.csv?scope=town:330205103").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    record = client.get(f"{PLAN}/treated_enterprises.json?scope=town:330205103").json
    assert len(rows) == len(record["members"]) > 0
    assert {row["镇街"] for row in rows} == {"330205103"}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_day_before_the_first_data_knows_nothing_and_says_so(client: FlaskClient) -> None:
    page = client.get("/targets?at=2024-06-30").text
    assert "2024-06-30</strong> 的数据和规则" in page
    assert "还没有数据" in page
    record = client.get("/targets.json?at=2024-06-30").json
    assert {row["actual"]["value"] for row in record["indicators"]} == {None}
    assert all(row["actual"]["reason"] for row in record["indicators"])
    assert "填报一个数" not in client.get(f"{PLAN}/revitalised_area?at=2024-06-30").text


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


FORM = {
    "scope": "",
    "as_of_on": "2024-12-31",
    "value": "352",
    "origin": "科技局年报",
    "entered_by": "区科技局",
}
ADDRESS = f"{PLAN}/hightech_enterprises"


def test_form_stores_a_value_and_refuses_one_without_token(own_client: FlaskClient) -> None:
    assert own_client.post(f"{ADDRESS}/values", data=FORM).status_code == 403
    token = token_of(own_client.get(ADDRESS).text)
    answer = own_client.post(f"{ADDRESS}/values", data={**FORM, "csrf_token": token})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"{ADDRESS}#entered")
    page = own_client.get(ADDRESS).text
    assert "已存为第 2 次修订。" in page
    assert "科技局年报" in page
    points = {point["day"][:4]: point["value"] for point in data_of(page, "target-data")["trend"]}
    assert points["2024"] == 352
    again = own_client.post(f"{ADDRESS}/values", data={**FORM, "csrf_token": token, "replace": "1"})
    assert again.status_code == 303
    assert "没有改动" in own_client.get(ADDRESS).text


def test_form_that_is_wrong_comes_back_as_it_was_typed(own_client: FlaskClient) -> None:
    token = token_of(own_client.get(ADDRESS).text)
    wrong = {**FORM, "value": "<b>多</b>", "origin": "", "entered_by": "区科技局", "csrf_token": token}
    answer = own_client.post(f"{ADDRESS}/values", data=wrong)
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;多&lt;/b&gt;"' in answer.text
    assert 'value="区科技局"' in answer.text
    assert "没有保存：有 2 处要改" in answer.text
    assert 'aria-describedby="complaint-value"' in answer.text


def test_empty_installation_has_a_ledger_of_unknowns(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    own = app.test_client()
    for address in (
        "/targets",
        "/targets/municipal_2027",
        ADDRESS,
        f"{PLAN}.xlsx",
        f"{PLAN}.csv",
        f"{ADDRESS}.xlsx",
    ):
        assert own.get(address).status_code == 200, address
    app.extensions["geoapp"].store.close()


def test_site_file_with_a_typo_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "policy" / "targets"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text('id = "own"\nname = "x"\n', encoding="utf-8")
    app = create_app(open_settings(tmp_path))
    answer = app.test_client().get("/targets")
    assert answer.status_code == 500
    assert "own.toml：不认识的键“name”" in answer.text
    app.extensions["geoapp"].store.close()


def test_pages_print_one_minus_sign(client: FlaskClient) -> None:
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", client.get("/targets").text, flags=re.DOTALL)
    assert "−" in text
    assert not re.search(r"(?<![\w-])-\d", text)
