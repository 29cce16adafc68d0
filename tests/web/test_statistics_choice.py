"""Choosing statistics on the page, in figures and in files; the plots of the four-quadrant chart."""

import csv
import io

import openpyxl
import pytest
from flask.testing import FlaskClient

from geoapp.services.workspace import Workspace
from geoapp.web.app import create_app


@pytest.fixture(scope="module")
def client(demo_workspace: Workspace) -> FlaskClient:
    return create_app(demo_workspace.settings).test_client()


def names(client: FlaskClient, query: str) -> list[str]:
    return [column["name"] for column in client.get(f"/statistics.json?{query}").json["columns"]]


def test_figures_are_those_asked_for_or_all(client: FlaskClient) -> None:
    assert names(client, "show=vacancy,plot_count") == [
        "plot_count",
        "vacancy_percent",
        "known_vacancy_percent",
    ]
    assert names(client, "show=") == []
    everything = names(client, "zones=parks")
    assert {"far_below_0_6_area_mu", "zone_tax_wan_per_mu", "potential_gfa_m2"} <= set(everything)


@pytest.mark.parametrize("address", ["/statistics", "/statistics.json", "/statistics.xlsx"])
def test_a_statistic_that_is_not_there_is_refused_in_chinese(client: FlaskClient, address: str) -> None:
    answer = client.get(f"{address}?show=plot_count,beauty")
    assert answer.status_code == 400
    assert "beauty" in answer.text
    assert "vacancy" in answer.text


def test_page_offers_all_with_the_usual_ones_ticked(client: FlaskClient) -> None:
    page = client.get("/statistics").text
    assert 'value="plot_count" data-zh="宗数" data-default checked' in page
    assert 'value="far_distribution" data-zh="容积率分布">' in page
    chosen = client.get("/statistics?show=far_distribution").text
    assert 'value="far_distribution" data-zh="容积率分布" checked' in chosen
    assert 'value="plot_count" data-zh="宗数" data-default>' in chosen


def test_page_of_an_early_day_does_not_offer_what_does_not_hold_yet(client: FlaskClient) -> None:
    page = client.get("/statistics?at=2021-06-30").text
    assert 'value="far_distribution"' in page
    assert 'value="development_potential"' not in page


def test_files_have_the_chosen_ones_and_say_so(client: FlaskClient) -> None:
    text = client.get("/statistics.csv?show=plot_count,concentration").data.decode("utf-8-sig")
    header = next(csv.reader(io.StringIO(text)))
    assert header[:4] == ["分区编号", "分区", "宗数(宗)", "最大10宗占比(%)"]
    book = openpyxl.load_workbook(
        io.BytesIO(client.get("/statistics.xlsx?show=plot_count,concentration").data)
    )
    terms = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert terms["指标"] == "所选 2 项：宗数、用地集中度"
    whole = openpyxl.load_workbook(io.BytesIO(client.get("/statistics.xlsx").data))
    terms = {row[0].value: row[1].value for row in whole["说明"].iter_rows()}
    assert terms["指标"].startswith("全部 ")


def test_classes_add_up_to_the_land_in_every_row(client: FlaskClient) -> None:
    answer = client.get("/statistics.json?show=site_area,far_distribution,land_terms").json
    for group in ("容积率分布", "剩余年限"):
        columns = [column["name"] for column in answer["columns"] if column["group"] == group]
        for row in answer["rows"]:
            assert sum(row[name] or 0 for name in columns) == pytest.approx(row["site_area_mu"], rel=1e-9)


def test_quadrant_plots_follow_filter_and_day(client: FlaskClient) -> None:
    every = client.get("/statistics/quadrants.json").json
    assert (every["far_limit"], every["tax_limit_wan_per_mu"]) == (1.0, 5.0)
    low = client.get("/statistics/quadrants.json?filter=far+%3C+1").json
    assert 0 < low["known_count"] < every["known_count"]
    assert all(plot["far"] < 1 for plot in low["plots"])
    assert client.get("/statistics/quadrants.json?at=2024-01-31").json["far_limit"] is None
    assert client.get("/statistics/quadrants.json?zones=towns").status_code == 400
    # no figures of an enterprise, only of plots
    assert set(every["plots"][0]) == {"key", "name", "far", "tax_wan_per_mu", "site_area_mu"}


def test_a_figure_over_the_years_follows_the_choices(client: FlaskClient) -> None:
    answer = client.get("/statistics/trend.json?figure=site_area_mu&zones=control_zones&unit=m2").json
    assert answer["unit_zh"] == "平方米"
    assert answer["zones"][-1]["name"] == "合计"
    assert len(answer["zones"][-1]["values"]) == len(answer["days"])
    refused = client.get("/statistics/trend.json?figure=beauty")
    assert refused.status_code == 400
    assert "没有指标“beauty”" in refused.json["error"]["message"]
