"""/changes as page, data, map and files; and that other pages take a day and keep it."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape

import openpyxl
import pytest
from flask.testing import FlaskClient

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services.plot_facts import today
from geoapp.services.workspace import open_workspace
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.pages import text_of
from tests.services.test_remediation import ENTRY
from tests.small_district import EVIL, PLOTS, PROJECTS, box, fill, frame_of
from tests.two_states import back_to

BEFORE = today() - timedelta(days=60)
THEN = f"from={BEFORE.isoformat()}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Plots A (1 000 m2 more), B (gone) and new ones since two months ago, project X1 further."""
    settings = open_settings(tmp_path_factory.mktemp("changes"))
    workspace = back_to(fill(open_workspace(settings)), BEFORE)
    new = [{"plot_code": f"N{n:03d}", "area_reg_m2": 1_000.0, "geometry": box(800 + n)} for n in range(120)]
    upserts = {
        "plots": [{**PLOTS[0], "area_reg_m2": 31_000.0}, *new],
        "projects": [{**PROJECTS[0], "stage": "P08"}],
        "list_entries": [ENTRY],
    }
    changes = {
        name: RegisterChange(frame_of(workspace, name, records), [("DK-B",)] if name == "plots" else [])
        for name, records in upserts.items()
    }
    workspace.store.write(
        changes, kind=RevisionKind.EDIT, user="王<某>", reason="核实", document_no="示例文〔2026〕1号"
    )
    workspace.store.close()
    return create_app(settings).test_client()


def test_page_tells_sums_plots_projects_and_reasons(client: FlaskClient) -> None:
    answer = client.get(f"/changes?{THEN}")
    text = unescape(answer.text)
    assert answer.status_code == 200
    assert "王&lt;某&gt;" in answer.text
    assert EVIL not in answer.text
    for words in (
        "王<某>：核实（示例文〔2026〕1号）",
        "竣工验收+规划核实",
        "46.50 亩",
        "+1.50",
        "−43.50",
        "甲厂拆建",
        "整治清单的变化（1 条）",
        "/lists/2025/L4/DK-A",
        "zones=towns&membership=clip",  # what the data-quality line is asked with
    ):
        assert words in text, words
    assert f'href="/plots/DK-B?at={BEFORE.isoformat()}"' in text  # gone: as it was
    assert "第 1 页，共 2 页" in text
    assert "nan" not in text_of(answer.text).lower().replace("governance", "")


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("kind=area", "DK-A", "1 项，1 宗地"),
        ("sort=difference", "DK-B", "123 项，122 宗地"),
        ("sort=-area", "DK-A", ""),
        ("kind=new&zone=330205103&sort=-plot", "N119", "120 项"),
        ("sort=kind&page=2", "N", ""),
        ("zone=(total)&kind=gone", "DK-B", "1 项，1 宗地"),
        ("sort=-kind", "DK-A", ""),
    ],
)
def test_list_is_narrowed_and_sorted(client: FlaskClient, query: str, first: str, count: str) -> None:
    text = client.get(f"/changes?{THEN}&{query}").text
    table = text[text.index("changes-records") :]
    code = table[table.index('data-plot="') + 11 :].partition('"')[0]
    assert code.startswith(first)
    assert count in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=moved", "没有“moved”这类变化"),
        ("zone=Z9", "没有分区“Z9”"),
        ("sort=colour", "不能按“colour”排序"),
        ("page=0", "参数 page“0”不正确"),
        ("colour=red", "不认识的参数“colour”"),
        ("from=2020-02-30", "参数 from“2020-02-30”不是日期"),
    ],
)
def test_wrong_parameters_are_refused(client: FlaskClient, query: str, words: str) -> None:
    answer = client.get(f"/changes?{query}")
    assert answer.status_code == 400
    assert words in unescape(answer.text)


def test_page_without_changes_says_so(client: FlaskClient) -> None:
    assert "两日之间没有变化" in client.get(f"/changes?from={today().isoformat()}").text


def test_json_and_csv_hold_the_same_in_the_unit_asked_for(client: FlaskClient) -> None:
    data = client.get(f"/changes.json?{THEN}&unit=ha").json
    area = next(row for row in data["changes"] if row["kind"] == "area")
    assert (area["before_ha"], area["after_ha"], round(area["difference_ha"], 9)) == (3.0, 3.1, 0.1)
    assert data["unit_zh"] == "公顷"
    assert data["revisions"][0]["document_no"] == "示例文〔2026〕1号"
    answer = client.get(f"/changes.csv?{THEN}&unit=ha")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == len(data["changes"])
    (line,) = [row for row in rows if row["变化"] == "面积变化"]
    assert (line["之前用地面积(公顷)"], line["之后用地面积(公顷)"], line["面积增减(公顷)"]) == (
        "3.0",
        "3.1",
        "0.1",
    )
    assert line["文号"] == "示例文〔2026〕1号"
    zones = client.get(f"/changes.csv?{THEN}&part=zones")
    assert "差(亩)" in zones.data.decode("utf-8-sig")
    for part in ("projects", "entries", "revisions"):
        assert client.get(f"/changes.csv?{THEN}&part={part}").status_code == 200
    assert client.get(f"/changes.csv?{THEN}&part=moons").status_code == 400


def test_workbook_has_a_sheet_for_each_part(client: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/changes.xlsx?{THEN}").data))
    assert book.sheetnames == ["分区", "地块", "项目", "清单", "修订", "说明"]
    assert "面积单位：亩" in book["分区"]["A2"].value
    assert book["地块"].max_row == 3 + 123


def test_map_gets_the_plots_with_their_kinds(client: FlaskClient) -> None:
    data = client.get(f"/changes.geojson?{THEN}&kind=gone").json
    (feature,) = data["features"]
    assert (feature["id"], feature["properties"]["kind"], feature["properties"]["words"]) == (
        "DK-B",
        "gone",
        "消失",
    )
    assert feature["geometry"]["type"] == "MultiPolygon" or feature["geometry"]["type"] == "Polygon"
    assert len(data["zones"]) == 1


@pytest.mark.parametrize(
    "address",
    [
        "/plots/DK-B?at={}", "/plots/DK-B/card?at={}", "/plots/DK-B.json?at={}", "/compare?plots=DK-A,DK-B&at={}",
        "/layers/plots.geojson?key=DK-B&at={}", "/search?q=DK-B&at={}", "/goto.json?q=DK-B&at={}",
        "/layers/plots/tip.json?key=DK-B&at={}", "/plots/DK-B/proof?at={}", "/records/towns/330205103?at={}",
        "/records/projects/X1/card?at={}",
    ],
)  # fmt: skip
def test_every_page_takes_a_day(client: FlaskClient, address: str) -> None:
    answer = client.get(address.format(BEFORE.isoformat()))
    assert answer.status_code == 200
    assert "DK-B" in answer.text or "record" in address


def test_card_is_that_days_and_links_keep_the_day(client: FlaskClient) -> None:
    day = BEFORE.isoformat()
    then, now = client.get(f"/plots/DK-A?at={day}").text, client.get("/plots/DK-A").text
    assert "45.00 亩" in then
    assert "46.50 亩" in now
    assert f"截至 <strong>{day}</strong> 的数据和规则" in then
    assert f"/records/enterprises/E1?at={day}" in then
    assert f"/plots/DK-A/proof?at={day}" in then
    assert 'href="/plots/DK-A">回到现在' in then
    assert "at=" not in now
    assert (
        "开工" in client.get(f"/records/projects/X1?at={day}").text
        or "竣工" not in client.get(f"/records/projects/X1?at={day}").text
    )


def test_gone_and_not_yet_are_told_apart(client: FlaskClient) -> None:
    assert client.get("/plots/DK-B").status_code == 410
    not_yet = client.get(f"/plots/N001?at={BEFORE.isoformat()}")
    assert not_yet.status_code == 404
    assert "还没有" in not_yet.text


def test_day_before_the_rule_book_says_from_when_it_holds(client: FlaskClient) -> None:
    answer = client.get(f"/plots/DK-A?at={date(2000, 1, 1).isoformat()}")
    assert answer.status_code == 404
    assert "_" not in answer.text[answer.text.index("error-message") :].partition("</p>")[0]


def test_statistics_files_say_land_in_the_unit(client: FlaskClient) -> None:
    text = client.get("/statistics.csv?unit=ha&show=site_area,floor_area").data.decode("utf-8-sig")
    header = text.partition("\r\n")[0]
    assert "用地面积(公顷)" in header
    assert "建筑面积(平方米)" in header
    data = client.get("/statistics.json?unit=m2&show=site_area").json
    assert data["rows"][-1]["site_area_m2"] == pytest.approx(31_000 + 30_000 * 0.9995 + 120_000, rel=1e-3)


def test_tip_follows_the_unit(client: FlaskClient) -> None:
    lines = client.get("/layers/plots/tip.json?key=DK-A&unit=ha").json["lines"]
    assert "用地面积 3.1000 公顷" in lines
