"""Pages and fragments of records, and the search box's answers."""

import re

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app
from tests.small_district import PLOTS, SOUTH, WEST, box, write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


@pytest.mark.parametrize("address", ["/plots/DK-A", "/plots/DK-A/card"])
def test_plot_card_tells_numbers_units_basis_and_reasons(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    for words in (
        "45.00 亩", "登记面积", "0.80", "24,000.00 ÷ 30,000.00", "示例企业乙", "2.00 万元/亩", "2025 年", "低效",
        "台账状态：认定", "容积率 0.80，低于 1.00，且行业不属于例外。", "甲厂拆建", "示例认〔2024〕1号", "战略产业园",
        "50.0%", "plots.zip 第 7 行", "第 1 次修订", "示意数据",
    ):  # fmt: skip
        assert words in answer.text, words


def test_page_has_its_title_and_the_fragment_no_frame(client: FlaskClient) -> None:
    page, fragment = client.get("/plots/DK-A").text, client.get("/plots/DK-A/card").text
    assert "<h1>示例地块甲</h1>" in page
    assert "<html" in page
    assert "<html" not in fragment
    assert "/?selected=plots:DK-A" in page


def test_a_plot_that_a_rule_hits_but_no_list_names_is_to_be_checked(client: FlaskClient) -> None:
    text = client.get("/plots/DK-B/card").text
    assert '<span class="tag tag-review">待核查</span>' in text
    assert "低效清单里没有这宗地" in text
    assert "资料不全" not in text


def test_without_control_lines_nothing_is_said_to_lie_outside(workspace: Workspace) -> None:
    write(workspace, plots=[PLOTS[0]])
    text = create_app(workspace.settings).test_client().get("/plots/DK-A/card").text
    assert "还没有控制线数据" in text
    assert '<span class="tag">控制线外</span>' not in text
    assert "— 万元/亩" not in text  # a unit stands only beside a number


@pytest.mark.parametrize("address", ["/plots/DK-B", "/plots/DK-B/card"])
def test_a_name_with_markup_is_escaped(client: FlaskClient, address: str) -> None:
    text = client.get(address).text
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_what_is_unknown_is_a_dash_and_said_to_be_unknown(client: FlaskClient) -> None:
    text = client.get("/plots/DK/C/card").text
    assert "资料不全" in text
    assert "缺少下列规则所需的资料" in text
    assert "缺少亩均评价等级，无法判断" in text
    assert '<span class="tag">控制线外</span>' in text
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert "None" not in text


def test_plot_as_data(client: FlaskClient) -> None:
    answer = client.get("/plots/DK-A.json").json
    assert answer is not None
    assert (answer["facts"]["far"], answer["facts"]["site_area_m2"]) == (0.8, 30_000)
    said = [r["verdict"] for r in answer["reasons"] if not r["is_supplementary"]]
    assert said == ["yes", "yes", "yes", "no", "no"]
    assert answer["recognitions"][0]["recognised_on"] == "2024-05-01"


def test_plot_as_data_tells_no_restricted_figure(client: FlaskClient) -> None:
    # An enterprise's tax per mu times its land, both on the card, would be its tax.
    answer = client.get("/plots/DK-A.json").json
    assert answer is not None
    assert set(answer["enterprises"][0]["years"][0]) == {"year", "score", "grade", "grade_source_zh"}
    assert "tax_wan" not in answer["facts"]
    assert answer["facts"]["tax_wan_per_mu"] is not None


def test_a_plot_code_with_a_slash_has_its_addresses(client: FlaskClient) -> None:
    assert client.get("/plots/DK/C").status_code == 200
    assert client.get("/plots/DK/C.json").json["plot_code"] == "DK/C"  # type: ignore[index]
    assert 'href="/plots/DK/C"' in client.get("/plots/DK/C/card").text


@pytest.mark.parametrize(
    "address",
    [
        "/plots/none",
        "/plots/none/card",
        "/plots/none.json",
        "/records/projects/none",
        "/records/nothing/x/card",
    ],
)
def test_what_never_was_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_what_was_withdrawn_is_gone(district_app: Flask, client: FlaskClient) -> None:
    workspace: Workspace = district_app.extensions["geoapp"]
    workspace.store.write({"plots": RegisterChange(removed=[("DK-A",)])}, kind=RevisionKind.EDIT, user="t")
    for address in ("/plots/DK-A", "/plots/DK-A/card", "/plots/DK-A.json"):
        answer = client.get(address)
        assert answer.status_code == 410
        assert "已在第 2 次修订移除" in answer.text


@pytest.mark.parametrize("ending", ["", "/card"])
def test_record_card_of_another_register(client: FlaskClient, ending: str) -> None:
    text = client.get(f"/records/recognitions/R1{ending}").text
    assert "4,000.00 平方米（6.00 亩）" in text
    assert 'href="/plots/DK-A"' in text
    assert "经信·腾笼换鸟" in text


def test_record_page_links_to_the_map_where_it_has_a_shape(client: FlaskClient) -> None:
    assert "selected=control_lines:L1" in client.get("/records/control_lines/L1").text
    assert "在地图上查看" not in client.get("/records/enterprises/E1").text


def test_restricted_fields_do_not_reach_the_page(client: FlaskClient) -> None:
    assert "13800000000" not in client.get("/records/micro_parks/W1").text
    assert "评价税收" not in client.get("/records/performance/E1/2025").text


@pytest.mark.parametrize("ending", ["", "/card"])
def test_plots_among_the_records_lead_to_their_own_page(client: FlaskClient, ending: str) -> None:
    answer = client.get(f"/records/plots/DK-A{ending}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/plots/DK-A{ending}")


def test_search_answers_with_places(client: FlaskClient) -> None:
    answer = client.get("/search?q=dk-a").json
    assert answer is not None
    (result,) = answer["results"]
    assert (result["register"], result["key"], result["label"]) == ("plots", "DK-A", "示例地块甲")
    assert len(result["bounds"]) == 4


def test_search_for_nothing_is_empty(client: FlaskClient) -> None:
    assert client.get("/search").json == {"query": "", "results": []}


@pytest.mark.parametrize("limit", ["0", "51", "viele", "-1"])
def test_search_refuses_a_limit_that_is_none(client: FlaskClient, limit: str) -> None:
    assert client.get(f"/search?q=a&limit={limit}").status_code == 400


@pytest.mark.parametrize("code", ["DK-A", "DK-B", "DK%2FC"])
def test_the_card_on_the_map_has_the_line_of_the_plot_page(district_app: Flask, code: str) -> None:
    client = district_app.test_client()

    def line(address: str, name: str) -> str:
        shown = client.get(address).text
        found = re.search(rf'<details class="table-quality[^"]*" id="{name}">.*?</details>', shown, re.DOTALL)
        assert found is not None, address
        return re.sub(r"<a [^>]*>|</a>|\s+", "", found[0].replace(f'id="{name}"', ""))

    assert line(f"/plots/{code}/card", "card-quality") == line(f"/plots/{code}", "quality-plots")


def test_records_open_whichever_part_of_their_key_holds_a_slash(workspace: Workspace) -> None:
    entry = {"year": 2026, "list": "L4", "subject_code": "DK/C", "subject_kind": "plot", "status": "found"}
    write(
        workspace,
        projects=[{"project_code": code, "name": code} for code in ("X/1", "X")],
        project_plots=[
            {"project_code": "X/1", "plot_code": "DK-A"}, {"project_code": "X/1", "plot_code": "DK/C"},
            {"project_code": "X", "plot_code": "DK/C"},
        ],
        list_entries=[entry],
    )  # fmt: skip
    client = create_app(workspace.settings).test_client()
    parts = ("project_plots/X/1/DK-A", "project_plots/X/1/DK/C", "project_plots/X/DK/C")
    for key in (*parts, "list_entries/2026/L4/DK/C"):
        assert client.get(f"/records/{key}").status_code == 200, key
    for key in parts:
        assert client.get(f"/records/{key}/edit").status_code == 200, key
    assert client.get("/records/project_plots/X/2/DK/C").status_code == 404
    assert client.get("/records/project_plots/X").status_code == 404


def test_a_project_on_outlines_that_cross_themselves_is_drawn(workspace: Workspace) -> None:
    """They come from elsewhere than an import, which puts them right."""
    corners = [(WEST, SOUTH), (WEST + 100, SOUTH), (WEST, SOUTH + 100), (WEST + 100, SOUTH + 100)]
    hourglass = shapely.Polygon(corners)
    assert not hourglass.is_valid
    write(
        workspace,
        plots=[{"plot_code": "结", "geometry": hourglass}, {"plot_code": "旁", "geometry": box(300, 100)}],
        projects=[{"project_code": "X1", "name": "示例", "stage": "P06", "mode": "M01"}],
        project_plots=[
            {"project_code": "X1", "plot_code": "结", "geometry": hourglass},
            {"project_code": "X1", "plot_code": "旁"},
        ],
    )
    client = create_app(workspace.settings).test_client()
    for address in ("/projects/X1", "/plots/结", "/table/plots/quality"):
        assert client.get(address).status_code == 200, address
