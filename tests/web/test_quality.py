"""The data-quality line on every page with a table of plots or projects, and the way to what lacks something."""

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.record_card import record_title
from geoapp.web.app import create_app
from tests.lists_district import fill_lists
from tests.opened import open_settings
from tests.pages import text_of
from tests.small_district import PLOTS, box, fill, write

PAGES = (
    "/rules", "/rules?at=2099-01-01", "/projects", "/projects?plots=far%20%3E%200.1", "/projects?view=board",
    "/candidates", "/portfolio?area=5&seconds=60", "/whatif?plots=DK-A,DK%2FC&mode=M04", "/table/plots/quality",
    "/transactions", "/micro-parks", "/agreements", "/land-terms",
    "/targets", "/targets?scope=town:330205103", "/targets/plan_2021_2025/revitalised_area", "/supervision",
    "/supervision?by=park", "/evaluation?year=2025", "/evaluation?list=tenant", "/evaluation/plots?year=2025",
    "/evaluation/official?year=2025", "/evaluation/enterprises/E1?year=2025", "/alarms", "/alarms?town=330205103",
    "/alarms?kind=term", "/compare?plots=DK-A,DK%2FC", "/check?plots=DK-A", "/check?project=X1", "/check/swap",
    "/lists/2026/L4", "/lists/2026/L4?status=closed", "/lists/2026/L1", "/lists/2026/L4/DK-A", "/plots/DK-A",
    "/plots/DK-A/proof", "/zones/control_zones/Z1/proof", "/records/buildings/B1", "/records/enterprises/E1",
    "/projects/X1", "/micro-parks/W1", "/transactions/J1", "/rules/LE04", "/rules/MP4", "/rules/AD1",
    "/table/projects/quality?filter=stage%20=%20'P06'", "/table/buildings/quality",
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over the small district with a record or two on every list; the tests here only read."""
    found = create_app(open_settings(tmp_path_factory.mktemp("quality")))
    workspace = found.extensions["geoapp"]
    fill_lists(fill(workspace))
    yield found
    workspace.store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def line_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    found = re.search(r'<details class="table-quality.*?</details>', answer.get_data(as_text=True), re.DOTALL)
    assert found is not None, address
    return found[0]


@pytest.mark.parametrize("address", PAGES)
def test_line_says_how_much_is_unknown_and_how_old_it_is(client: FlaskClient, address: str) -> None:
    assert re.search(
        r"数据质量：\d+ (宗地|个项目|条记录|笔交易|个小微园|份协议|条认定|宗供地|家企业)，.*数据截至 \d{4}-\d\d-\d\d",
        text_of(line_of(client, address)),
    )


@pytest.mark.parametrize("address", PAGES)
def test_every_gap_opens(client: FlaskClient, address: str) -> None:
    for href in re.findall(r'href="([^"]+)"', line_of(client, address)):
        assert client.get(unescape(href)).status_code == 200, href


def test_gap_leads_to_its_records(client: FlaskClient) -> None:
    line = line_of(client, "/table/plots/quality?filter=far%20%3E%200")
    href = unescape(re.search(r'data-gap="town_code"><a href="([^"]+)"', line)[1])  # type: ignore[index]
    rows = client.get(f"/table/plots.json?{href.partition('?table=plots&')[2]}").get_json()["rows"]
    assert [row["plot_code"] for row in rows] == ["DK-B"]
    assert "sel=DK%2FC" in unescape(line_of(client, "/whatif?plots=DK-A,DK%2FC&mode=M04"))


def test_line_of_a_day_keeps_the_day(client: FlaskClient) -> None:
    line = line_of(client, "/rules?at=2020-01-01")
    assert "0 宗地，没有可核对的记录" in text_of(line)
    assert client.get("/table/plots/quality?far=1").status_code == 400


def gaps_of(client: FlaskClient, address: str) -> dict[str, str]:
    """Return the gaps of all lines of a page, in words, by the register's line and the field."""
    page = client.get(address).get_data(as_text=True)
    lines = re.findall(r'<details class="table-quality[^>]*id="([^"]+)".*?</details>', page, re.DOTALL)
    assert len(set(lines)) == len(lines), address  # an id stands on a page once
    return dict(re.findall(r'<li data-gap="([^"]+)">(.*?)</li>', page))


def test_of_enterprises_what_the_evaluation_lacks(client: FlaskClient) -> None:
    # E1 has tax and land but neither value added nor staff, so it has no score; it is the only one above scale.
    gaps = gaps_of(client, "/evaluation?year=2025&list=above_scale")
    assert set(gaps) >= {"score", "value_value_added_per_mu", "value_value_added_per_staff"}
    assert "value_tax_per_mu" not in gaps
    assert gaps["score"] == "综合得分 1（100.0%）"


def test_of_terms_what_they_rest_on(client: FlaskClient) -> None:
    # C is allocated: that it has no end is no gap; the towns of B and C are one.
    gaps = gaps_of(client, "/land-terms")
    assert "term_end_on" not in gaps
    assert "2（66.7%）" in gaps["town_code"]
    for address in ("/alarms?kind=term", "/alarms?kind=term&town=330205103"):
        assert "term_end_on" not in gaps_of(client, address)


def test_of_a_single_record_no_share_is_said(client: FlaskClient) -> None:
    words = text_of(line_of(client, "/plots/DK%2FC"))
    assert "数据质量：1 宗地，不明：容积率、建筑系数" in words


def test_alarms_of_a_kind_name_the_registers_that_they_come_from(client: FlaskClient) -> None:
    page = client.get("/alarms?kind=micro_park").get_data(as_text=True)
    assert 'id="quality-micro_parks"' in page
    assert 'id="quality-projects"' not in page
    whole = client.get("/alarms").get_data(as_text=True)
    assert whole.count('<details class="table-quality') == 5


def test_targets_of_a_place_look_at_its_plots_and_recognitions(client: FlaskClient) -> None:
    page = text_of(client.get("/targets?scope=town:330205103").get_data(as_text=True))
    # A is the one plot with a town, and both recognitions are on it.
    assert "数据质量：1 宗地" in page
    assert "数据质量：2 条认定" in page


def test_lists_look_at_their_entries_and_at_whom_they_are_about(client: FlaskClient) -> None:
    plots = text_of(client.get("/lists/2026/L4").get_data(as_text=True))
    assert "数据质量：1 条记录，不明：认定依据、" in plots
    assert "数据质量：1 宗地，" in plots
    firms = text_of(client.get("/lists/2026/L1").get_data(as_text=True))
    assert "数据质量：1 家企业，" in firms


def test_plots_without_a_name_have_a_dash(client: FlaskClient) -> None:
    page = client.get("/candidates").get_data(as_text=True)
    assert re.search(r'<a href="/plots/DK/C">DK/C</a></th><td>—</td>', page)
    assert "<td>nan</td>" not in page


def faults_of(client: FlaskClient, address: str) -> dict[str, list[str]]:
    """Return the records that the lines of a page name, by what is wrong with them."""
    page = client.get(address).get_data(as_text=True)
    kinds = re.findall(r'<li data-fault="([^"]+)">.*?<ul>(.*?)</ul>', page, re.DOTALL)
    return {code: re.findall(r'<a href="([^"]+)">', named) for code, named in kinds}


@pytest.mark.parametrize(
    "address",
    [
        "/table/plots/quality", "/rules", "/candidates", "/land-terms",
        "/whatif?plots=DK-A,DK%2FC&mode=M04", "/targets", "/compare?plots=DK-A,DK%2FC", "/plots/DK%2FC",
        "/plots/DK%2FC/card", "/plots/DK%2FC/proof", "/check?plots=DK%2FC",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_plot_is_counted_under_every_table_of_plots(
    client: FlaskClient, address: str
) -> None:
    # DK/C has no registered area, and none of the three lies in a town: there is no town.
    found = faults_of(client, address)
    assert found["area_missing"] == ["/plots/DK/C"]
    assert "no_zone" not in found


def test_the_line_says_what_is_to_be_checked_and_keeps_the_day(client: FlaskClient) -> None:
    words = text_of(line_of(client, "/table/plots/quality"))
    assert "需要核对：没有登记面积 1 项" in words
    assert "DK/C 没有填登记面积，用地面积改用图形面积。请补登。" in words
    revision = client.application.extensions["geoapp"].store.revision()
    [at] = faults_of(client, f"/table/plots/quality?at=2026-01-01@{revision}")["area_missing"]
    assert at.startswith("/plots/DK/C?at=2026-01-01%40")
    assert client.get(at).status_code == 200


def test_what_is_recognised_on_a_plot_has_a_line_of_its_own(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    workspace = fill(app.extensions["geoapp"])
    # 45,000 m2 are 67.50 亩, on a plot of 30,000 m2 or 45.00 亩, half a year before the project began.
    record = {"recognition_code": "R3", "project_code": "X1", "plot_code": "DK-A", "ledger": "JX_TL",
              "mode": "M01", "event": "completion",
              "recognised_on": "2024-04-01", "document_no": "3", "area_m2": 45_000.0}  # fmt: skip
    write(
        workspace, recognitions=[record], projects=[{"project_code": "X1", "start_actual_on": "2024-10-01"}]
    )
    client = app.test_client()
    wrong = {"above_plot": ["/records/recognitions/R3"]}
    began = {"before_project": ["/records/recognitions/R3", "/records/recognitions/R1"]}
    page = client.get("/plots/DK-A").text
    line = re.search(r'id="quality-recognitions">.*?</details>', page, re.DOTALL)
    assert line is not None
    words = text_of(line[0])
    assert "数据质量：3 条认定，" in words
    assert "R3 认定 67.50 亩，而地块只有 45.00 亩。请核对面积。" in words
    assert "R3 认定日期 2024-04-01 早于项目“X1”最早的日期 2024-10-01。" in words
    assert faults_of(client, "/plots/DK-A").items() >= (wrong | began).items()
    for address in ("/projects/X1", "/records/recognitions/R3"):
        found = faults_of(client, address)
        assert found["above_plot"] == wrong["above_plot"], address
        assert "/records/recognitions/R3" in found["before_project"], address
    # The card leads to the line; where nothing is recognised there is none.
    card = client.get("/plots/DK-A/card").text
    assert '<a href="/plots/DK-A#quality-recognitions">3 条认定的数据质量</a>' in card
    assert "quality-recognitions" not in client.get("/plots/DK-B").text
    assert "quality-recognitions" not in client.get("/plots/DK-B/card").text
    workspace.store.close()


def test_what_was_agreed_and_the_years_of_parks_are_looked_at(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    workspace = fill_lists(fill(app.extensions["geoapp"]))
    wrong = {"agreed_value": -1.0, "actual_value": None}
    write(
        workspace,
        agreement_items=[
            {"agreement_code": "XY2", "indicator": "far", "year": 2024, **wrong},
            {"agreement_code": "XY9", "indicator": "tax_per_mu", "year": 2024, "agreed_value": 1.0},
        ],
        micro_park_years=[
            {"micro_park_code": "W1", "year": 2025, "score": -5.0, "grade": "Z"},
            {"micro_park_code": "W9", "year": 2025, "score": 50.0},
        ],
    )
    client = app.test_client()
    item = "/records/agreement_items/XY2/far/2024"
    orphan = "/records/agreement_items/XY9/tax_per_mu/2024"
    found = faults_of(client, "/agreements")
    assert found["below:agreed_value"] == [item]
    assert found["reference:agreement_code"] == [orphan]
    page = client.get("/agreements").text
    assert re.search(r">协议 XY2 · 容积率 · 2024 年</a> “约定值”填的是“−1.00”", page)
    assert "协议 XY9 · 亩均税收(万元/亩) · 2024 年</a>" in page
    # XY2 has no town: with one chosen, neither it nor what nobody agreed is in the table.
    town = faults_of(client, "/agreements?town=330205103")
    assert {"below:agreed_value", "reference:agreement_code"}.isdisjoint(town)
    year = "/records/micro_park_years/W1/2025"
    for address in ("/micro-parks?year=2025", "/micro-parks/W1"):
        found = faults_of(client, address)
        assert found["below:score"] == [year], address
        assert found["code:grade"] == [year], address
        assert "小微园 W1 · 2025 年</a>" in client.get(address).text
    assert faults_of(client, "/micro-parks?year=2025")["reference:micro_park_code"] == [
        "/records/micro_park_years/W9/2025"
    ]
    assert "reference:micro_park_code" not in faults_of(client, "/micro-parks/W1")
    assert "below:score" not in faults_of(client, "/micro-parks?year=2023")
    assert "<h1>协议 XY2 · 容积率 · 2024 年</h1>" in client.get(item).text
    workspace.store.close()


def test_records_about_others_are_called_by_them(client: FlaskClient) -> None:
    workspace = client.application.extensions["geoapp"]
    # X9 is no project that there is.
    line = line_of(client, "/table/project_plots/quality")
    assert '<a href="/records/project_plots/X9/DK/C">项目 X9 · 地块 DK/C</a>' in line
    layer = workspace.layer("project_attachments")
    values = {"project_code": "X1", "sha256": "ab", "file_name": "照片.png"}
    assert record_title(layer, values, "X1/ab") == "项目 X1 · 照片.png"
    assert record_title(layer, {**values, "file_name": None}, "X1/ab") == "项目 X1 · ab"
    values = {"year": 2026, "list": "L4", "subject_code": "DK-A"}
    words = workspace.layer("list_entries").field("list").code_labels["L4"]
    assert record_title(workspace.layer("list_entries"), values, "") == f"2026 年 · {words} · 对象 DK-A"


def test_proof_of_a_zone_names_the_zones_over_it(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    workspace = app.extensions["geoapp"]
    # 甲 and 乙 share 100 of their 300 m, 150 m deep: 15,000 m2 or 22.50 亩. 丙 touches 乙.
    towns = [("330205001", "甲", 0), ("330205002", "乙", 200), ("330205003", "丙", 500)]
    write(
        workspace,
        plots=[PLOTS[0]],
        towns=[{"town_code": code, "name": name, "geometry": box(east, 300)} for code, name, east in towns],
        micro_parks=[
            {"micro_park_code": code, "name": code, "geometry": box(0, 300)} for code in ("W2", "W3")
        ],
    )
    client = app.test_client()
    for code in ("330205001", "330205002"):
        found = client.get(f"/zones/towns/{code}/proof").text
        assert "与“乙”重叠 22.50 亩" in text_of(found), code
        assert faults_of(client, f"/zones/towns/{code}/proof")["zone_on_zone"] == ["/records/towns/330205001"]
    for address in ("/zones/towns/330205003/proof", "/zones/towns/(outside)/proof"):
        assert "zone_on_zone" not in faults_of(client, address), address
    # Micro parks may lie over one another: that is named where plots are counted in them.
    assert "zone_on_zone" in faults_of(client, "/zones/micro_parks/W2/proof")
    assert "zone_on_zone" not in faults_of(client, "/table/micro_parks/quality")
    workspace.store.close()


def test_land_that_counts_twice_is_named_on_every_page(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    workspace = fill(app.extensions["geoapp"])
    # D has the outline of A: 30,000 m2 in the plane, 29,984 on the ellipsoid, 44.98 亩.
    # X1 is to use 36,000 of A's 30,000 m2: 54 of 45 亩.
    write(
        workspace,
        plots=[{"plot_code": "DK-D", "predecessors": "DK-D", "geometry": box(0)}],
        project_plots=[{"project_code": "X1", "plot_code": "DK-A", "area_m2": 36_000.0, "geometry": None}],
    )
    client = app.test_client()
    overlap, above = "与“DK-D”重叠 44.98 亩", "项目“X1”涉及 54.00 亩，而地块“DK-A”只有 45.00 亩"
    for address in ("/plots/DK-A", "/rules", "/whatif?plots=DK-A,DK%2FC&mode=M04"):
        line = text_of(line_of(client, address))
        assert "地块互相重叠" in line, address
        assert overlap in line, address
        assert above in line, address
    assert "与“DK-D”重叠 2.9984 公顷" in text_of(line_of(client, "/plots/DK-A?unit=ha"))
    for address in ("/projects", "/projects/X1"):
        assert above in text_of(line_of(client, address)), address
    assert above in text_of(line_of(client, "/table/project_plots/quality"))
    itself = "“来源地块”里填了它自己"
    assert itself in text_of(line_of(client, "/plots/DK-D"))
    assert itself in text_of(line_of(client, "/rules"))
    workspace.store.close()


def test_the_statistics_say_what_the_table_of_plots_says(client: FlaskClient) -> None:
    found = client.get("/statistics/quality.json?zones=towns").get_json()
    counted = {one["zh"]: one["count"] for one in found["counts"]}
    # DK/C has no registered area; R1, completed by a project that has only begun, does not say how it was recognised,
    # R2 neither how nor by what event nor on which paper. X9 is no project that there is.
    assert counted == {
        "没有登记面积": 1, "认定：盘活方式不认识": 2, "认定：认定事件不认识": 1, "认定：没有文号": 1,
        "认定：项目阶段不相符": 1, "项目地块：项目编号不在“二次开发项目”台账里": 1,
    }  # fmt: skip
    for address in ("/table/plots/quality", "/rules"):
        words = text_of(line_of(client, address))
        assert all(f"{zh} {count} 项" in words for zh, count in counted.items()), address


WORKBOOKS = (
    ("/rules", "/rules.xlsx"), ("/rules/LE04", "/rules/LE04.xlsx"), ("/projects", "/projects.xlsx"),
    ("/projects?plots=far%20%3E%200.1", "/projects.xlsx?plots=far%20%3E%200.1"), ("/candidates", "/candidates.xlsx"),
    ("/portfolio?area=5&seconds=60", "/portfolio.xlsx?area=5&seconds=60"),
    ("/whatif?plots=DK-A,DK%2FC&mode=M04", "/whatif.xlsx?plots=DK-A,DK%2FC&mode=M04"),
    ("/table/plots/quality?filter=far%20%3E%200", "/table/plots.xlsx?filter=far%20%3E%200"),
    ("/table/buildings/quality", "/table/buildings.xlsx"), ("/transactions", "/transactions.xlsx"),
    ("/micro-parks", "/micro-parks.xlsx"), ("/agreements", "/agreements.xlsx"), ("/land-terms", "/land-terms.xlsx"),
    ("/lists/2026/L4", "/lists/2026/L4.xlsx"), ("/lists/2026/L1", "/lists/2026/L1.xlsx"),
    ("/evaluation?year=2025&list=above_scale", "/evaluation.xlsx?year=2025&list=above_scale"),
    ("/evaluation/plots?year=2025", "/evaluation/plots.xlsx?year=2025"),
    ("/evaluation/official?year=2025&list=above_scale", "/evaluation/official.xlsx?year=2025&list=above_scale"),
)  # fmt: skip
"""Pages with a table, and the table as a workbook."""


def quality_notes(client: FlaskClient, address: str) -> list[str]:
    """Return what the notes of a workbook say of the quality of its data."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    notes = openpyxl.load_workbook(io.BytesIO(answer.data))["说明"]
    texts = [row[0] for row in notes.iter_rows(values_only=True)]
    start = texts.index("数据质量") + 1
    return texts[start : texts.index(None, start)]


@pytest.mark.parametrize(("page", "workbook"), WORKBOOKS)
def test_workbook_says_what_the_page_says_below_the_table(
    client: FlaskClient, page: str, workbook: str
) -> None:
    answer = unescape(client.get(page).get_data(as_text=True))
    lines = re.findall(r"<summary>(数据质量：.*?)</summary>", answer)
    notes = quality_notes(client, workbook)
    assert lines
    assert [note for note in notes if note.startswith("数据质量：")] == lines


def test_workbook_names_what_is_wrong_in_its_own_unit(tmp_path: Path) -> None:
    app = create_app(open_settings(tmp_path))
    workspace = fill(app.extensions["geoapp"])
    # X1 is to use 36,000 of A's 30,000 m2: 54 of 45 亩, 3.6 of 3 ha.
    write(
        workspace,
        project_plots=[{"project_code": "X1", "plot_code": "DK-A", "area_m2": 36_000.0, "geometry": None}],
    )
    client = app.test_client()
    client.set_cookie(
        "geoapp_unit", "ha"
    )  # the same address is the same file, whatever the reader's pages show
    for unit, words in (("", "涉及 54.00 亩，"), ("?unit=ha", "涉及 3.6000 公顷，")):
        notes = quality_notes(client, f"/table/plots.xlsx{unit}")
        assert any("DK-A，" in note and words in note for note in notes), notes
    assert "数据质量" not in client.get("/table/plots.csv").get_data(as_text=True)
    workspace.store.close()
