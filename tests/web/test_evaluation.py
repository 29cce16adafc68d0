"""The pages of the evaluation per 亩: what they show, what they never tell, what they refuse, fixing a year."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.resources import resource_dir
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.evaluation_district import SECRET_KWH, SECRET_TAX, YEAR, fill_evaluation, spoil
from tests.opened import open_settings
from tests.pages import text_of
from tests.small_district import write

LIST = "list=below_scale_large"
PAGES = (
    "/evaluation", f"/evaluation?{LIST}", "/evaluation?list=tenant&unit=m2", "/evaluation/plots",
    f"/evaluation?{LIST}&weights=tax_per_mu:70,tax_per_power:30", "/evaluation/official",
    f"/evaluation/official?{LIST}",
    "/evaluation/enterprises/B1", "/evaluation/enterprises/X1", "/evaluation/enterprises/未登记",
)  # fmt: skip
DATA = (
    "/evaluation.json", f"/evaluation.json?{LIST}&weights=tax_per_mu:70,tax_per_power:30", "/evaluation.csv",
    "/evaluation/plots.json", "/evaluation/plots.csv", "/evaluation/official.json", "/evaluation/official.csv",
    "/evaluation/enterprises/B1.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A spoilt district with an official result, only read."""
    app = create_app(open_settings(tmp_path_factory.mktemp("evaluation")))
    workspace = fill_evaluation(app.extensions["geoapp"])
    secret = {
        "uscc": "B1",
        "year": YEAR,
        "tax_wan": SECRET_TAX,
        "power_kwh": SECRET_KWH,
        "energy_tce": 77.125,
    }
    spoil(workspace)
    write(
        workspace,
        performance=[secret],
        evaluations=[
            {"year": YEAR, "uscc": "B1", "source": "official", "list": "below_scale_large", "grade": "A"}
        ],
        evaluation_bases=[
            {
                "year": YEAR,
                "list": "below_scale_large",
                "item": "tax_per_mu",
                "source": "official",
                "base_value": 10.0,
            }
        ],
    )
    yield app
    workspace.store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def lowest_scores(client: FlaskClient, weights: str) -> list[str]:
    """Return the lowest scores of A, B and C that the page's first table shows for the list."""
    page = client.get(f"/evaluation?{LIST}{weights}").text
    row = page.split('<tr data-list="below_scale_large"')[1].split("</tr>")[0]
    return re.findall(r'<td class="number">([^<]*)</td>', row)[-3:]


@pytest.fixture
def own_client(settings: Settings) -> Iterator[FlaskClient]:
    """A sound district of the test's own, to write into."""
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False
    fill_evaluation(app.extensions["geoapp"])
    yield app.test_client()
    app.extensions["geoapp"].store.close()


@pytest.mark.parametrize("address", PAGES)
def test_page_shows_no_nan_and_no_markup_of_a_name(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "nan" not in text_of(answer.text).lower()
    assert "<甲>" not in answer.text


@pytest.mark.parametrize("address", [*PAGES, *DATA])
def test_no_page_or_file_tells_tax_energy_or_power(client: FlaskClient, address: str) -> None:
    plain = client.get(address).text.replace(",", "")
    assert not [figure for figure in ("210.125", "210.13", "1000123", "77.125", "77.13") if figure in plain]


def test_list_shows_grades_bases_scores_and_land(client: FlaskClient) -> None:
    text = text_of(client.get(f"/evaluation?{LIST}").text)
    for words in (
        "规下3亩及以上（5）",
        "示例<甲>",
        "自有 15.00 租出 4.50",
        "缺评价税收",
        "需要核对",
        "家合计 ÷ 合计",
    ):
        assert words in text, words
    assert "并列跨档" in text_of(client.get("/evaluation?list=tenant").text)
    assert "10,000.00 租出 3,000.00" in text_of(client.get(f"/evaluation?{LIST}&unit=m2").text)


def test_page_data_and_file_hold_the_same_scores(client: FlaskClient) -> None:
    firms = client.get(f"/evaluation.json?{LIST}").json["enterprises"]
    assert [firm["rank"] for firm in firms] == [1, 2, 3, None, None]
    rows = list(csv.DictReader(io.StringIO(client.get(f"/evaluation.csv?{LIST}").data.decode("utf-8-sig"))))
    scores = {firm["uscc"]: firm["score"] for firm in firms}
    assert {row["统一社会信用代码"]: row["综合得分"] for row in rows} == {
        uscc: "" if score is None else repr(round(score, 4)) for uscc, score in scores.items()
    }
    page = client.get(f"/evaluation?{LIST}").text
    for firm in firms:
        assert f'data-uscc="{firm["uscc"]}"' in page
        assert firm["score"] is None or f"{firm['score']:,.2f}" in page


def test_workbook_has_the_findings_and_bases(client: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/evaluation.xlsx").data))
    notes = [str(cell.value) for row in book["说明"].iter_rows() for cell in row if cell.value]
    assert any("基准值" in note for note in notes)
    assert any("业主面积之和大于地块" in note for note in notes)
    assert len(list(book["记录"].iter_rows())) == 3 + 10


def test_other_weights_show_who_moves_and_touch_nothing(client: FlaskClient) -> None:
    page = text_of(client.get(f"/evaluation?{LIST}&weights=tax_per_power:100").text)
    assert "假设的分值" in page
    assert "试算前后" in page
    data = client.get(f"/evaluation.json?{LIST}&weights=tax_per_power:100").json
    (listed,) = (each for each in data["lists"] if each["list"] == "below_scale_large")
    lowest = [listed["lowest_scores"][grade] for grade in "ABC"]
    shown = ["—" if score is None else f"{score:.2f}" for score in lowest]
    assert lowest_scores(client, "&weights=tax_per_power:100") == shown
    assert lowest_scores(client, "&weights=tax_per_power:100") != lowest_scores(client, "")
    assert sum(sum(row["counts"]) for row in data["what_if"]["matrix"]) == data["what_if"]["enterprise_count"]
    assert client.get(f"/evaluation.json?{LIST}").json["what_if"] is None
    same = client.get(f"/evaluation.json?{LIST}&weights=tax_per_mu:50,tax_per_power:50").json
    assert same["what_if"] is None
    answer = client.get(f"/evaluation.csv?{LIST}&weights=tax_per_power:100")
    assert answer.status_code == 200


def test_form_leads_to_one_address(client: FlaskClient) -> None:
    answer = client.get(
        f"/evaluation?year={YEAR}&{LIST}&weight_tax_per_mu=70&weight_rd_share=&weight_tax_per_power=30"
    )
    assert answer.status_code == 302
    assert answer.location == f"/evaluation?year={YEAR}&{LIST}&weights=tax_per_mu:70,tax_per_power:30"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/evaluation?list=x", 404, "没有评价名单“x”"),
        ("/evaluation?year=2020", 404, "有数据的年度：2025"),
        ("/evaluation?year=abc", 400, "应为 2000 到 2100 的整数"),
        ("/evaluation?sort=x", 400, "不认识的参数“sort”"),
        (f"/evaluation?{LIST}&weights=tax_per_mu:0", 400, "合计为零"),
        (f"/evaluation?{LIST}&weight_tax_per_mu=x", 400, "应为 0 到 1000 的数"),
        ("/evaluation.json?weights=tax_per_mu:9", 404, "要写明是哪张名单"),
        ("/evaluation/enterprises/谁", 404, "没有企业“谁”"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert words in text_of(answer.text)


def test_empty_installation_says_what_to_import(client: FlaskClient) -> None:
    answer = client.get("/evaluation?at=2020-01-01")
    assert answer.status_code == 200
    assert "请先在 “导入” 页导入" in text_of(answer.text)


def test_enterprise_and_plot_lead_to_the_sheet(client: FlaskClient) -> None:
    for address in ("/records/enterprises/B1", "/plots/P1"):
        page = client.get(address).text
        assert re.search(rf'href="/evaluation/enterprises/B1\?year={YEAR}"', page), address
    assert "亩均评价" not in text_of(client.get("/records/enterprises/X1").text).replace("亩均评价台账", "")


def test_links_keep_the_day(client: FlaskClient, app: Flask) -> None:
    newest = app.extensions["geoapp"].store.revisions()[0]
    day = f"{newest.made_at.astimezone().date().isoformat()}@{newest.number}"
    page = client.get(f"/evaluation?{LIST}&at={day}").text
    assert f"/evaluation/enterprises/B1?year={YEAR}&amp;at={day}" in page.replace("%40", "@")
    assert 'id="freeze"' not in page
    for address in ("/evaluation/plots", "/evaluation/official", "/evaluation/enterprises/B1"):
        assert client.get(f"{address}?at={day}").status_code == 200


def test_official_page_says_who_differs_and_why(client: FlaskClient) -> None:
    text = text_of(client.get(f"/evaluation/official?{LIST}").text)
    assert "“亩均评价结果”台账" in text
    assert "对方没有这家企业" in text
    assert "基准值和分值" in text
    record = client.get("/evaluation/official.json").json
    assert record["bases"][0]["base_there"] == 10.0


def test_year_without_official_result_says_how_to_import_it(own_client: FlaskClient) -> None:
    answer = own_client.get("/evaluation/official")
    assert answer.status_code == 404
    assert "来源填“官方”" in text_of(answer.text)
    assert "与官方结果对比" not in own_client.get("/evaluation").text


def test_fixing_a_year_takes_reason_and_document_and_shows_later_differences(own_client: FlaskClient) -> None:
    address = f"/evaluation/freeze?year={YEAR}&{LIST}"
    refused = own_client.post(address, data={"reason": "年度评价", "seen": "1"})
    assert refused.status_code == 422
    assert "没有填操作人" in refused.text
    assert 'value="年度评价"' in refused.text
    form = {"reason": "年度评价", "document_no": "示例1号", "entered_by": "经办人", "seen": "1"}
    assert own_client.post(address, data=form).status_code == 303
    assert "第 2 次修订" in own_client.get(f"/evaluation?{LIST}").text
    assert "现在重算与它一致" in own_client.get(f"/evaluation?{LIST}").text
    assert own_client.post(address, data=form).status_code == 422
    workspace = own_client.application.extensions["geoapp"]
    write(workspace, performance=[{"uscc": "B2", "year": YEAR, "tax_wan": 900.0, "power_kwh": 2_000_000.0}])
    page = text_of(own_client.get(f"/evaluation?{LIST}").text)
    assert "现在重算与已固化的有 3 家不同" in page
    assert own_client.get("/records/evaluations/2025/B1/ours").status_code == 200
    assert len(own_client.get("/evaluation.json").json["frozen"]["changed"]) == 3


def test_values_are_withheld_where_the_register_says_restricted(settings: Settings) -> None:
    folder: Path = settings.data_dir / "layers"
    folder.mkdir(parents=True)
    text = (resource_dir("layers") / "evaluations.toml").read_text(encoding="utf-8")
    for name in ("value_tax_per_mu", "points_tax_per_mu"):
        start = text.index(f'name = "{name}"')
        text = text[:start] + text[start:].replace('secrecy = "internal"', 'secrecy = "restricted"', 1)
    (folder / "evaluations.toml").write_text(text, encoding="utf-8")
    app = create_app(settings)
    fill_evaluation(app.extensions["geoapp"])
    client = app.test_client()
    sheet = client.get("/evaluation/enterprises/B1.json").json["enterprise"]["items"][0]
    assert (sheet["value"], sheet["ratio"], sheet["points"]) == (None, None, None)
    assert "= 不公开" in sheet["value_formula"]
    assert "20.0000" not in client.get("/evaluation/enterprises/B1").text
    assert "不公开" in client.get(f"/evaluation?{LIST}").text
    app.extensions["geoapp"].store.close()
