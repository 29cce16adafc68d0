"""What-if, kept scenarios and portfolio as pages, data and files."""

import io
import json
import re

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import today
from geoapp.services.scenarios import scenarios
from geoapp.services.workspace import Workspace
from geoapp.web.map_links import map_of_plots
from tests.pages import text_of
from tests.services.test_portfolio import CANDIDATES
from tests.small_district import EVIL, write


@pytest.fixture
def client(district_app: Flask) -> FlaskClient:
    return district_app.test_client()


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/scenarios").text)
    assert found
    return found[1]


def test_form_without_plots_and_with_plots(client: FlaskClient) -> None:
    assert "多个用逗号隔开" in client.get("/whatif").text
    page = client.get("/whatif?plots=DK-A,DK-B").text
    assert "所选地块（2 宗）" in page
    assert 'value="B1"' in page
    assert EVIL not in page


def test_answer_shows_figures_checks_and_targets(client: FlaskClient) -> None:
    page = client.get("/whatif?plots=DK-A,DK-B&mode=M01&far=2.0&unit=ha").text
    text = text_of(page)
    for words in (
        "118,000.00 ㎡", "5.9000 公顷", "0.80 → 2.00", "盘活低效工业用地", "新建工业项目不低于 2.00：符合",
        "拆除重建", "竣工验收/规划核实之日", "工业项目的建筑系数应不低于30%", "保存为方案",
    ):  # fmt: skip
        assert words in text, words
    assert EVIL not in page
    assert not re.search(r"\bnan\b|None", text, re.IGNORECASE)


def test_a_target_that_would_be_exceeded_lacks_nothing(client: FlaskClient) -> None:
    """20 x 59,000 m2 are 118 of 100 万平方米; 0.5 are there already, so that 99.5 are missing and 18.5 too many."""
    page = client.get("/whatif?plots=DK-A,DK-B&mode=M01&far=20").text
    row = text_of(page.split('data-target="new_floor_area"')[1].split("</tr>")[0])
    assert re.search(r"99\.50\s+118\.00\s+超 18\.50", row)
    assert "-18.50" not in page


def test_form_that_is_not_right_comes_back_with_the_reason(client: FlaskClient) -> None:
    answer = client.get("/whatif?plots=DK-A&mode=M01&far=-2")
    assert answer.status_code == 400
    assert "目标容积率“-2”不正确" in answer.text
    assert 'value="-2"' in answer.text
    assert client.get("/whatif?plots=DK-X&mode=M01&far=2").status_code == 404
    assert client.get("/whatif?plot=DK-A").status_code == 400


def test_answer_as_data_and_files(client: FlaskClient) -> None:
    question = "plots=DK-A,DK/C&mode=M02&far=1.5"
    record = client.get(f"/whatif.json?{question}").json
    assert record["totals"]["gross_m2"] == 21_000.0  # 45,000 - 24,000
    assert record["unknown"]["gross_m2"] == 1
    lines = client.get(f"/whatif.csv?{question}&unit=m2").data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["DK-A", "DK/C", "合计"]
    answer = client.get(f"/whatif.xlsx?{question}")
    assert "UTF-8''%E6%94%B9%E9%80%A0%E6%B5%8B%E7%AE%97" in answer.headers["Content-Disposition"]
    notes = [
        str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(answer.data))["说明"] for cell in row
    ]
    assert any("目标“盘活低效工业用地”" in note for note in notes)
    assert client.get("/whatif.csv?plots=DK-A&mode=M99").status_code == 400


def test_a_day_is_kept_in_links(client: FlaskClient) -> None:
    page = client.get("/whatif?plots=DK-A&mode=M06&at=2099-01-01").text
    assert "还没有到" in page
    revision = 1
    pinned = client.get(f"/whatif?plots=DK-A&mode=M06&at=2026-01-31@{revision}").text
    assert "at=2026-01-31%401" in pinned or "at=2026-01-31@1" in pinned


def test_scenarios_are_kept_compared_exported_and_deleted(client: FlaskClient, district_app: Flask) -> None:
    workspace: Workspace = district_app.extensions["geoapp"]
    revision = workspace.store.revision()
    assert "还没有保存的方案" in client.get("/scenarios").text
    form = {"csrf_token": token_of(client), "author": "张", "note": "=1+1"}
    places = [
        client.post(f"/scenarios?{question}", data={**form, "name": name}).headers["Location"]
        for name, question in (
            (EVIL, "plots=DK-A&mode=M01&far=2"),
            ("乙", "plots=DK-A,DK-B&mode=M02&far=1.8"),
        )
    ]
    ids = ",".join(place.split("ids=")[1] for place in places)
    page = client.get(f"/scenarios?ids={ids}").text
    assert EVIL not in page
    assert "38,700.00" in page
    assert "已保存方案" in page
    assert len(client.get("/scenarios.json").json["scenarios"]) == 2
    text = client.get(f"/scenarios.csv?ids={ids}").data.decode("utf-8-sig")
    assert "60000.0" in text
    assert ",'=1+1," in text
    assert client.get(f"/scenarios.xlsx?ids={ids}").status_code == 200
    assert client.get("/scenarios.csv").status_code == 400
    assert client.get("/scenarios?ids=nope").status_code == 404
    # Edited meanwhile: said, and the figures stay those that were kept
    write(workspace, plots=[{"plot_code": "DK-Z"}])
    assert "保存后台账有变化" in client.get(f"/scenarios?ids={ids}").text
    for scenario_id in ids.split(","):
        answer = client.post(f"/scenarios/{scenario_id}/delete", data={"csrf_token": form["csrf_token"]})
        assert answer.status_code == 303
    assert scenarios(workspace.settings)[0] == []
    assert workspace.store.revision() == revision + 1  # the edit above, nothing else


def test_scenario_of_a_lost_revision_is_marked(client: FlaskClient, district_app: Flask) -> None:
    form = {"csrf_token": token_of(client), "author": "张", "name": "丙"}
    place = client.post("/scenarios?plots=DK-A&mode=M06", data=form).headers["Location"]
    scenario_id = place.split("ids=")[1]
    path = district_app.extensions["geoapp"].settings.data_dir / "scenarios" / f"{scenario_id}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "revision": 999}), encoding="utf-8")
    assert "台账已变化" in client.get("/scenarios").text
    path.unlink()


def test_scenario_without_token_or_name_is_not_kept(client: FlaskClient, district_app: Flask) -> None:
    assert (
        client.post("/scenarios?plots=DK-A&mode=M06", data={"name": "一", "author": "张"}).status_code == 403
    )
    form = {"csrf_token": token_of(client), "author": "张"}
    assert client.post("/scenarios?plots=DK-A&mode=M06", data=form).status_code == 400
    assert scenarios(district_app.extensions["geoapp"].settings)[0] == []


def test_portfolio_is_a_selection_on_map_and_table(client: FlaskClient, district_app: Flask) -> None:
    write(district_app.extensions["geoapp"], plots=CANDIDATES)
    assert "候选 " not in client.get("/portfolio").text
    question = "area=80&objective=cost&inside=1"
    page = client.get(f"/portfolio?{question}").text
    text = text_of(page)
    for words in (
        "造价最低的组合：2 个项目，已证明最优",
        "90.00 亩",
        "105,000.00",
        "慈城镇",
        "0.25 万元/平方米",
    ):
        assert words in text, words
    assert 'href="/?sel=H1%2CH2"' in page
    assert 'href="/?sel=H1%2CH2&amp;table=plots&amp;rows=selected"' in page
    assert 'href="/whatif?plots=H1%2CH2&amp;mode=M01&amp;far=2"' in page
    record = client.get(f"/portfolio.json?{question}").json
    assert record["choice"]["plots"] == ["H1", "H2"]
    lines = client.get(f"/portfolio.csv?{question}").data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["H1", "H2"]
    assert client.get(f"/portfolio.xlsx?{question}").status_code == 200
    assert client.get("/plots/H1").text.count("/whatif?plots=H1") == 1


def test_portfolio_says_what_stands_in_the_way(client: FlaskClient, district_app: Flask) -> None:
    write(district_app.extensions["geoapp"], plots=CANDIDATES)
    text = text_of(client.get("/portfolio?area=170&projects=1").text)
    assert "没有任何组合能同时满足全部要求（已证明）" in text
    assert "把盘活面积目标降到 45.00 亩" in text
    assert client.get("/portfolio.csv?area=170&projects=1").status_code == 200


def test_portfolio_that_cannot_be_asked(client: FlaskClient) -> None:
    for question, complaint in (
        ("projects=3", "没有给出要达到的目标"),
        ("area=5&budget=0", "预算上限（万元）“0”不正确"),
        ("area=5&projects=0", "项目数上限“0”不正确"),
    ):
        answer = client.get(f"/portfolio?{question}")
        assert answer.status_code == 400
        assert complaint in answer.text
    assert client.get("/portfolio?nope=1").status_code == 400


def test_many_plots_are_shown_by_a_filter() -> None:
    address = map_of_plots([f"P{number}'" for number in range(101)], AsOf(1, today(), is_now=False))
    assert address.startswith("/?filter=plot_code+IN+%28%27P0%27%27%27%2C")
    assert address.endswith(f"&at={today().isoformat()}")
