"""The rule book as pages, data and files, and changing a number of it."""

import io
import re
from html import unescape

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.plot_facts import today
from tests.pages import text_of
from tests.small_district import write

NUMBER = "/rules/numbers/low_far"
FORM = {
    "value": "0.5", "valid_from_on": "2026-01-01", "document_no": "示例文〔2026〕2号", "reason": "本地标准发布",
    "entered_by": "江北分局",
}  # fmt: skip


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def send(client: FlaskClient, **changes: str) -> tuple[int, str]:
    page = client.get(NUMBER).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post(
        f"{NUMBER}/values", data=FORM | {"csrf_token": token[1]} | changes, follow_redirects=True
    )
    return answer.status_code, text_of(answer.get_data(as_text=True))


def test_the_book_shows_every_rule_with_clause_value_and_counts(client: FlaskClient) -> None:
    page = client.get("/rules").get_data(as_text=True)
    rules = client.get("/rules.json").get_json()["rules"]
    assert re.findall(r'<tr data-rule="([^"]+)"', page) == [
        rule["id"] for rule in sorted(rules, key=_place(page))
    ]
    row = text_of(page[page.index('data-rule="LE04"') : page.index('data-rule="LE05"')])
    assert "LE04 容积率低" in row
    assert "1 宗 1 容积率 < 低效线" in row
    assert "容积率低于1.0" in row
    assert "自 2025-04-25" in row
    assert "没有规定，要由单位填写" in text_of(page[page.index('data-rule="LE12"') :])
    assert "资料未建：问题隐患" in page
    assert 'href="/rules/numbers/storey_height_factors"' in page  # of no rule, but in the book
    assert "按行业，" in text_of(page[page.index('data-rule="IN1"') :])
    order = text_of(page[page.index('data-number="evaluation_grade_order"') :])
    assert "本系统固化的结果 1；官方公布的结果 2；亩均评价台账填报 3" in order


def _place(page: str):  # type: ignore[no-untyped-def]
    return lambda rule: page.index(f'data-rule="{rule["id"]}"')


def test_a_rule_opens_to_its_plots_and_to_those_it_cannot_tell(client: FlaskClient) -> None:
    page = client.get("/rules/LE04").get_data(as_text=True)
    assert '<a href="/plots/DK-A">示例地块甲</a>' in page
    assert "容积率 0.80，低于 1.00，且行业不属于例外。" in page
    assert "/?filter=low_efficiency_rules+LIKE+'%25LE04%25'" in unescape(page)
    unknown = text_of(client.get("/rules/LE04?verdict=unknown").get_data(as_text=True))
    assert "缺少容积率、行业代码，无法判断" in unknown
    assert "没有。" in text_of(client.get("/rules/LE02").get_data(as_text=True))


def test_names_in_the_book_are_only_text(client: FlaskClient) -> None:
    page = client.get("/rules/LE01").get_data(as_text=True)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_rule_without_a_field_names_its_plots_in_the_filter(client: FlaskClient) -> None:
    page = unescape(client.get("/rules/R-LINE-4").get_data(as_text=True))
    assert "/?filter=plot_code+IN+('DK-A'," in page or "/?filter=plot_code+IN+('DK-A')" in page
    assert 'id="rule-map"' not in client.get("/rules/SD11").get_data(as_text=True)


def test_the_map_filter_takes_in_what_the_rule_hits(client: FlaskClient) -> None:
    answer = client.get("/table/plots.csv", query_string={"filter": "low_efficiency_rules LIKE '%LE04%'"})
    lines = answer.get_data(as_text=True).splitlines()
    assert (answer.status_code, len(lines)) == (200, 2)
    assert "DK-A," in lines[1]


@pytest.mark.parametrize(
    "address", ["/rules.csv", "/rules.xlsx", "/rules/LE04.csv", "/rules/LE04.xlsx?verdict=all"]
)
def test_files_can_be_taken_along(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    if "xlsx" in address:
        assert openpyxl.load_workbook(io.BytesIO(answer.data)).sheetnames == ["记录", "说明"]


def test_data_say_measured_threshold_clause_and_day(client: FlaskClient) -> None:
    record = client.get("/rules/LE04.json?verdict=all").get_json()
    assert [found["verdict"] for found in record["found"]] == ["yes", "unknown", "no"]
    hit = record["found"][0]
    assert (hit["measured"], hit["threshold"], hit["day"]) == (0.8, 1.0, today().isoformat())


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/rules/LE99", 404, "没有规则“LE99”"),
        ("/rules/numbers/x", 404, "没有数值“x”"),
        ("/rules?a=1", 400, "不认识的参数“a”"),
        ("/rules/LE04?verdict=maybe", 400, "参数 verdict“maybe”不认识；可用：yes、unknown、no、all"),
        ("/rules/LE04?at=x", 400, "不是日期"),
    ],
)
def test_what_is_not_there_is_said(client: FlaskClient, address: str, status: int, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert words in unescape(answer.get_data(as_text=True))


def test_a_day_before_the_rule_says_so(client: FlaskClient) -> None:
    page = text_of(client.get("/rules?at=2025-04-24").get_data(as_text=True))
    assert "“低效用地容积率线”在 2025-04-24 尚未生效，最早自 2025-04-25 起有效" in page
    assert "要修改，请先回到现在" in text_of(client.get(f"{NUMBER}?at=2025-04-24").get_data(as_text=True))


def test_a_change_is_a_revision_and_old_days_keep_the_old_number(client: FlaskClient) -> None:
    status, page = send(client)
    assert status == 200
    assert "已存为第 2 次修订。" in page
    assert "2026-01-01 当日有效 下一个值之前 0.50 江北分局 示例文〔2026〕2号 本地标准发布" in page
    assert "2025-04-25 下一个值之前 1.00 随软件" in page
    assert client.get("/rules/LE04.json").get_json()["yes_count"] == 0  # 0.8 is not below 0.5
    assert "本单位修订" in client.get("/rules").get_data(as_text=True)
    old = client.get("/rules/LE04.json?at=2025-12-31").get_json()["numbers"][0]
    assert (old["value"], old["is_revised"]) == (1.0, False)
    card = client.get("/plots/DK-A.json").get_json()
    assert [hit["rule_id"] for hit in card["reasons"] if hit["verdict"] == "yes"] == ["LE01", "LE03"]


def test_the_same_again_changes_nothing_and_another_value_must_be_wanted(client: FlaskClient) -> None:
    send(client)
    status, page = send(client, replace="1")
    assert (status, "同样的值已经有了，没有改动。" in page) == (200, True)
    status, page = send(client, value="0.6")
    assert status == 422
    assert "本单位已有自 2026-01-01 起的值 0.5（示例文〔2026〕2号）" in page
    status, page = send(client, value="0.6", replace="1")
    assert (status, "已存为第 3 次修订。" in page) == (200, True)


def test_a_form_that_is_not_right_comes_back_with_every_complaint(client: FlaskClient) -> None:
    status, page = send(client, value="", valid_from_on="", document_no="", reason="长" * 301, entered_by=" ")
    assert status == 422
    assert "没有保存：有 5 处要改" in page
    for words in (
        "没有填数值",
        "没有填生效日期",
        "没有填依据文号",
        "修改原因有 301 个字，最多 300 个",
        "没有填修改单位",
    ):
        assert words in page
    status, page = send(client, value="很低", valid_from_on="2126-01-01")
    assert "“很低”不是数" in page
    assert "生效日期 2126-01-01 不在 2000 到" in page
    assert "“昨天”不是日期" in send(client, valid_from_on="昨天")[1]


def test_a_table_is_not_changed_on_the_page(client: FlaskClient) -> None:
    page = client.get("/rules/numbers/industry_far_min").get_data(as_text=True)
    assert "不能在网页上改" in page
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token is not None
    answer = client.post("/rules/numbers/industry_far_min/values", data=FORM | {"csrf_token": token[1]})
    assert answer.status_code == 400
    assert "是一张表或一个词" in unescape(answer.get_data(as_text=True))


def test_a_value_that_cannot_be_used_is_shown_on_the_book(district_app: Flask, client: FlaskClient) -> None:
    row = {"number_id": "low_far", "valid_from_on": "2026-01-01", "value": "一点五", "document_no": "x", "reason": "x",
           "entered_by": "x"}  # fmt: skip
    write(district_app.extensions["geoapp"], policy_values=[row])
    page = unescape(client.get("/rules").get_data(as_text=True))
    assert "low_far 自 2026-01-01 的值“一点五”没有用上：“一点五”不是数" in page


def test_a_plots_page_leads_to_its_rules(client: FlaskClient) -> None:
    page = client.get("/plots/DK-A").get_data(as_text=True)
    assert '<a href="/rules/LE04">LE04</a>' in page
    assert "其他规则" in page
    fragment = client.get("/plots/DK-A/card?at=2026-03-01").get_data(as_text=True)
    assert "/rules/LE04?at=2026-03-01" in fragment or "没有" in fragment
