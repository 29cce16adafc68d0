"""The page, the data and the workbook of the supervision report."""

import io
import re
from collections.abc import Iterator
from html import unescape

import openpyxl
import pytest
from flask.testing import FlaskClient

from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.pages import text_of
from tests.supervision_district import fill_supervised

ADDRESS = "/supervision?period=2025-Q2"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    app = create_app(open_settings(tmp_path_factory.mktemp("supervision-app")))
    workspace = fill_supervised(app.extensions["geoapp"])
    yield app.test_client()
    workspace.store.close()


def row_of(page: str, unit: str) -> str:
    found = re.search(rf'<tr data-unit="{unit}".*?</tr>', page, re.DOTALL)
    assert found is not None
    return unescape(found[0])


def test_columns_are_those_of_the_paper(client: FlaskClient) -> None:
    page = client.get(ADDRESS).text
    heads = re.search(r"<thead>(.*?)</thead>", page, re.DOTALL)
    assert heads is not None
    assert [unescape(text) for text in re.findall(r"<th[^>]*>([^<]*)</th>", heads[1])] == [
        "序号", "责任单位", "盘活低效用地", "整治企业(家)", "新增建筑面积(万m²)", "开工率(%)", "竣工率(%)", "预警",
        "备注", "年度目标(亩)", "本期", "累计", "完成率(%)", "排名", "较上期(名次)", "目标", "完成", "率(%)",
        "目标", "完成", "率(%)",
    ]  # fmt: skip


def test_rows_are_ranked_and_marked(client: FlaskClient) -> None:
    page = client.get(ADDRESS).text
    assert re.findall(r'data-unit="([^"]*)"', page) == [
        "town:T3", "town:T1", "town:T2", "town:T4", "town:T5", "elsewhere", "total",
    ]  # fmt: skip
    first = row_of(page, "town:T1")
    # 20,000 m2 are 30 亩; 10,000 of them are done.
    for words in (">30.00<", ">7.50<", ">15.00<", ">50.00<", "light-red", "后三名", "持平"):
        assert words in first
    assert "↑2" in row_of(page, "town:T3")
    assert "没有分解年度目标" in row_of(page, "town:T5")
    assert ">—<" in row_of(page, "town:T5").replace(" ", "").replace("\n", "")
    assert "区办〔2025〕1号" in page


@pytest.mark.slow
@pytest.mark.no_cover  # asks many addresses; what each says is tested with its page
def test_numbers_open_to_what_they_are_made_of(client: FlaskClient) -> None:
    page = client.get(ADDRESS).text
    links = re.findall(r'data-figure="(\w+)">\s*<a href="([^"]+)"', row_of(page, "town:T1"))
    found = dict(links)
    assert found["land_period"] == "/ledgers/JX_TL?from=2025-04-01&to=2025-06-30"
    assert found["land_done"] == "/ledgers/JX_TL?from=2025-01-01&to=2025-06-30"
    assert found["land_target"] == "/targets/plan_2021_2025/revitalised_area?scope=town:T1"
    assert found["firms_done"] == "/targets/plan_2021_2025/treated_enterprises?scope=town:T1"
    assert found["started_percent"].startswith("/projects?town_code=T1&filter=stage")
    everything = set(re.findall(r'data-figure="\w+">\s*<a href="([^"]+)"', unescape(page)))
    assert len(everything) > 12
    for address in everything:
        assert client.get(address).status_code == 200, address
    assert "X3" not in text_of(client.get(found["started_percent"]).text)  # stopped


def test_what_is_chosen_stays_chosen(client: FlaskClient) -> None:
    page = client.get("/supervision?by=park&period=2025-05&membership=clip&at=2025-12-31@1&unit=ha").text
    for words in (
        '<option value="park" selected>', '<option value="2025-05" selected>', '<option value="clip" selected>',
        'value="2025-12-31"', "年度目标(公顷)", "按第 1 次修订",
    ):  # fmt: skip
        assert words in page
    assert "at=2025-12-31%401" in page  # in its links


def test_workbook_is_ready_to_print(client: FlaskClient) -> None:
    response = client.get("/supervision.xlsx?period=2025-Q2")
    assert "supervision_town_2025-Q2_" in response.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    sheet = book["督查通报"]
    assert sheet["A1"].value == "江北区盘活低效用地督查通报（2025年第二季度）"
    assert sheet["A2"].value == "单位：亩、家、万平方米、%"
    assert (sheet["A3"].value, sheet["Q3"].value) == ("填报单位：", "填报日期：")
    assert [cell.value for cell in sheet[6]][:8] == [1, "3号镇", 15, 13.5, 13.5, 90, 1, 2]
    assert sheet["F7"].font.color.rgb == "FFB3261E"
    assert (sheet["Q7"].value, sheet["Q7"].fill.start_color.rgb) == ("红", "FFF6C1BC")
    assert sheet["C10"].value == "—"
    assert sheet["B12"].value == "合计"
    assert sheet["A13"].value.startswith("注：")
    assert (sheet["B14"].value, sheet["J14"].value) == ("审核：", "填报：")
    setup = sheet.page_setup
    assert (setup.orientation, int(setup.paperSize), sheet.freeze_panes) == ("landscape", 8, "C6")
    assert sheet["C6"].border.left.style == "thin"
    assert sheet.print_title_rows == "$4:$5"
    assert any("校验=" in str(row[1].value) for row in book["说明"].iter_rows())


def test_data_say_what_the_page_says(client: FlaskClient) -> None:
    record = client.get("/supervision.json?period=2025-Q2&unit=m2").get_json()
    row = record["rows"][1]
    assert (row["key"], row["rank"], row["light_zh"]) == ("town:T1", 2, "红")
    assert (row["land_target"], row["land_done"]) == (pytest.approx(20_000), pytest.approx(10_000))
    assert row["floor_percent"] == pytest.approx(30)
    assert "全区年度目标" in record["notes"][0]
    assert client.get(record["address"]).status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("by=village", "town（镇街）"), ("period=2025-Q7", "2025-Q1"), ("period=2099-Q1", "还没有开始"),
        ("membership=x", "registered"), ("scope=a", "不认识的参数"),
    ],
)  # fmt: skip
def test_wrong_parameter_is_a_400(client: FlaskClient, query: str, words: str) -> None:
    response = client.get(f"/supervision?{query}")
    assert response.status_code == 400
    assert words in response.text


def test_plan_that_is_not_there_is_a_404(client: FlaskClient) -> None:
    assert client.get("/supervision?set=none").status_code == 404


def test_page_is_found_from_its_neighbours(client: FlaskClient) -> None:
    for address in ("/targets", "/ledgers", "/rules"):
        assert 'href="/supervision"' in client.get(address).text, address
