"""The revitalisation ledgers as pages, data and files, with every way in which a record may be wrong."""

import io
import re
from collections.abc import Iterator

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_gaps import record_gaps
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.web.app import create_app
from tests.lending import Lender
from tests.opened import open_settings
from tests.pages import text_of
from tests.small_district import PLOTS, RECOGNITIONS, box, fill, write

COMMON = {"ledger": "JX_TL", "mode": "M01", "event": "completion", "document_no": "示例认1号"}
BAD = [
    # 4000 of DK-A is counted by R1; of 30000 more only 26000 are left
    {**COMMON, "recognition_code": "B1", "plot_code": "DK-A", "recognised_on": "2024-07-01", "area_m2": 30_000.0},
    {**COMMON, "recognition_code": "B2", "plot_code": "DK-B", "recognised_on": "2024-07-01", "area_m2": 30_000.0},
    {**COMMON, "recognition_code": "B3", "plot_code": "没有", "recognised_on": "2024-07-01", "area_m2": 100.0},
    {**COMMON, "recognition_code": "B4", "plot_code": "DK/C", "mode": "M99", "project_code": "X2",
     "recognised_on": "2021-01-01", "area_m2": 50.0, "document_no": None},
    {**COMMON, "recognition_code": "B5", "plot_code": "DK/C", "area_m2": 60.0},
    {**COMMON, "recognition_code": "B6", "plot_code": "DK/C", "recognised_on": "2099-01-01", "area_m2": 70.0},
    {**COMMON, "recognition_code": "B7", "plot_code": "DK/C", "recognised_on": "2024-01-01", "ledger": "别的",
     "area_m2": 80.0},
    {**COMMON, "recognition_code": "B8", "plot_code": "DK/C", "recognised_on": "2024-01-01", "project_code": "X9",
     "event": "revocation", "area_m2": 90.0},
    {**COMMON, "recognition_code": "B9", "plot_code": "DK/C", "recognised_on": "2024-01-01"},
    {**COMMON, "recognition_code": "C1", "plot_code": "DK-B", "recognised_on": "2024-08-01", "area_m2": -1.0,
     "mode": None, "project_code": "X3"},
    {**COMMON, "recognition_code": "C2", "plot_code": "DK-D", "recognised_on": "2020-08-01", "area_m2": -5.0,
     "event": "revocation"},
    {**COMMON, "recognition_code": "C3", "plot_code": "DK/C", "recognised_on": "2024-08-01", "area_m2": 20_000.0,
     "project_code": "X9"},
]  # fmt: skip


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Flask]]:
    def make() -> Flask:
        app = create_app(open_settings(tmp_path_factory.mktemp("ledgers")))
        sound = RECOGNITIONS[0] | {"mode": "M01", "event": "building_permit"}
        write(fill(app.extensions["geoapp"]), recognitions=[sound])
        return app

    lender = Lender(make, lambda app: app.extensions["geoapp"])
    yield lender
    lender.close()


@pytest.fixture
def app(apps: Lender[Flask]) -> Iterator[Flask]:
    """A district whose ledger is sound; the same one from test to test until a test changes it."""
    with apps.lent() as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def spoil(app: Flask) -> None:
    circle = [
        {"plot_code": "DK-D", "predecessors": "DK-E", "area_reg_m2": 10.0, "geometry": None},
        {"plot_code": "DK-E", "predecessors": "DK-D", "area_reg_m2": 10.0, "geometry": None},
    ]
    projects = [{"project_code": "X2", "name": "乙厂收储", "stage": "P02", "start_actual_on": "2022-01-01"}]
    write(app.extensions["geoapp"], plots=[*PLOTS, *circle], recognitions=BAD, projects=projects)


def test_a_sound_ledger_counts_all(client: FlaskClient) -> None:
    answer = client.get("/ledgers/JX_TL")
    assert answer.status_code == 200
    text = text_of(answer.text)
    # 4000 m2 = 6.00 亩 recognised; 6000 = 9.00 left under way; X2 plans all of B, 29000 = 43.50
    for words in (
        "6.00 亩", "9.00 亩", "43.50 亩", "所有记录都全部计入", "没有发现问题", "慈城镇", "拆除重建",
        "示例认〔2024〕1号", "相等",
    ):  # fmt: skip
        assert words in text, words
    assert 'href="/plots/DK-A"' in answer.text
    assert 'href="/records/projects/X1"' in answer.text
    assert 'href="/records/recognitions/R1"' in answer.text


def test_a_card_leads_to_the_ledger_and_both_keep_the_day(app: Flask, client: FlaskClient) -> None:
    day = as_of(app.extensions["geoapp"]).day.isoformat()
    card = client.get(f"/plots/DK-A?at={day}").text
    assert f'href="/ledgers/JX_TL?at={day}#R1"' in card
    page = client.get(f"/ledgers/JX_TL?at={day}").text
    assert 'id="R1"' in page
    assert f'href="/records/recognitions/R1?at={day}"' in page


def test_every_wrong_record_is_named_with_its_address(app: Flask, client: FlaskClient) -> None:
    spoil(app)
    found = client.get("/ledgers/JX_TL.json").json
    named = {(finding["code"], finding["title"]) for finding in found["findings"]}
    assert named == {
        ("no_date", "B5"), ("future", "B6"), ("no_area", "B9"), ("unknown_plot", "B3"), ("unknown_project", "B8"),
        ("unknown_project", "C3"), ("unknown_mode", "B4"), ("unknown_mode", "C1"), ("unknown_ledger", "B7"),
        ("above_plot", "B2"), ("above_part", "C3"), ("before_project", "B4"), ("stage", "B4"), ("stage", "C1"),
        ("overlapping", "B1"), ("overlapping", "C3"), ("sign", "B8"), ("sign", "C1"), ("revoked_more", "C1"),
        ("revoked_more", "C2"),
        ("no_document", "B4"), ("lineage_circle", "DK-D"), ("lineage_circle", "DK-E"),
    }  # fmt: skip
    page = client.get("/ledgers/JX_TL").text
    for finding in found["findings"]:
        assert f'href="{finding["address"]}"' in page
    assert "项需要核对" in found["quality"]
    assert "nan" not in text_of(page).lower()


def test_a_ledger_and_the_register_say_the_same_of_a_record(app: Flask, client: FlaskClient) -> None:
    workspace = app.extensions["geoapp"]
    record = {**COMMON, "plot_code": "DK-B", "recognised_on": "2024-07-01", "area_m2": 100.0}
    wrong = [
        {**record, "recognition_code": "Z1", "area_m2": 0.0, "new_gfa_gross_m2": 500.0},
        {**record, "recognition_code": "Z2", "event": "别的事"},
        {**record, "recognition_code": "Z3", "event": None},
        {
            **record,
            "recognition_code": "Z4",
            "ledger": "别的",
            "area_m2": 0.0,
            "event": "别的事",
            "mode": "M99",
        },
    ]
    write(workspace, recognitions=wrong)
    found = client.get("/ledgers/JX_TL.json").json
    kinds = {
        "zero_area": ["Z1", "Z4"], "unknown_mode": ["Z4"], "unknown_event": ["Z2", "Z3", "Z4"],
        "unknown_ledger": ["Z4"],
    }  # fmt: skip
    assert {
        code: sorted(one["title"] for one in found["findings"] if one["code"] == code) for code in kinds
    } == kinds
    messages = {(one["code"], one["title"]): one["message"] for one in found["findings"]}
    assert messages["zero_area", "Z1"] == "认定面积是零，没有面积计入。请核对；不知道时请留空。"
    assert messages["unknown_event", "Z2"] == "认定事件“别的事”不在代码表内。请改正。"
    assert messages["unknown_event", "Z3"] == "没有填认定事件。"
    gaps = record_gaps(workspace, "recognitions", as_of(workspace), filter_text="recognition_code LIKE 'Z%'")
    register = gaps.faults
    assert {fault.code: sorted(one.title for one in fault.findings) for fault in register} == kinds
    # Nothing of the area of Z1 counts, and the table says why; its floor area does.
    entry = {one["recognition_code"]: one for one in found["entries"]}["Z1"]
    assert entry["reason"] == "登记的认定面积是零，没有面积可计"
    assert (entry["counted_m2"], entry["counted_gfa_gross_m2"]) == (0, 500)
    page = text_of(client.get("/ledgers/JX_TL").text)
    assert "没有计入或少计的记录（1 条）" in page
    assert "登记的认定面积是零，没有面积可计" in page
    assert "认定面积是零 2 项" in found["quality"]


def test_recorded_less_the_reasons_is_what_counts(app: Flask, client: FlaskClient) -> None:
    spoil(app)
    found = client.get("/ledgers/JX_TL.json").json
    lines = {line["id"]: line["area_m2"] for line in found["reconciliation"]}
    counted = lines.pop("counted")
    assert sum(lines.values()) == pytest.approx(counted, abs=1e-4)
    assert counted == found["totals_m2"]["counted"]
    # B1: 30000 - 26000 = 4000 counted before; B2: 30000 - 29000 = 1000 above the plot
    by_code = {entry["recognition_code"]: entry for entry in found["entries"]}
    assert (by_code["B1"]["counted_m2"], by_code["B2"]["counted_m2"]) == (26_000, 29_000)
    assert by_code["B1"]["reason"] == "同一地块已认定，不重复计 6.00 亩"
    in_m2 = client.get("/ledgers/JX_TL.json?unit=m2").json
    reasons = {entry["recognition_code"]: entry["reason"] for entry in in_m2["entries"]}
    assert reasons["B1"] == "同一地块已认定，不重复计 4,000.00 平方米"
    assert "亩" not in in_m2["base"] + in_m2["check"]
    assert "平方米" in client.get("/ledgers/JX_TL?unit=m2").text.split("年基数")[1][:80]
    assert by_code["B3"]["reason"] == "地块编号不在台账里，也不是现有地块的来源地块"
    sums = [
        sum(line["counted_m2"] for line in found["sums"][heading])
        for heading in ("镇街", "园区", "方式", "年份")
    ]
    assert sums == pytest.approx([counted] * 4, abs=1e-6)


def test_the_ledger_is_the_statistics_figure_to_the_last_digit(app: Flask, client: FlaskClient) -> None:
    spoil(app)
    workspace = app.extensions["geoapp"]
    entries = revitalisation_ledger(workspace, None, as_of(workspace)).entries
    assert plot_facts(workspace)["recognised_m2"].sum() == entries["counted_m2"].sum()
    answer = client.get("/statistics.json?zones=control_zones&show=revitalised_area").json
    total = answer["rows"][-1]["revitalised_recognised_mu"]
    assert total == pytest.approx(entries["counted_m2"].sum() * 15 / 10_000, rel=1e-15)


def test_a_period_shows_what_it_added(client: FlaskClient) -> None:
    found = client.get("/ledgers/JX_TL.json?from=2024-05-02&to=2025-01-01").json
    assert (found["totals_m2"]["counted"], found["totals_m2"]["cumulative"]) == (0, 4_000)
    assert client.get("/ledgers/JX_TL?from=2024-05-02").status_code == 200
    assert client.get("/ledgers/JX_TL?from=2025-01-01&to=2024-01-01").status_code == 400
    assert client.get("/ledgers/JX_TL?from=mai").status_code == 400
    assert client.get("/ledgers/NIX").status_code == 404


def test_a_plot_split_after_its_recognition_counts_once(app: Flask, client: FlaskClient) -> None:
    workspace = app.extensions["geoapp"]
    halves = [
        {
            "plot_code": f"DK-A{n}",
            "area_reg_m2": 15_000.0,
            "predecessors": "DK-A",
            "geometry": box(100 * (n - 1), 100),
        }
        for n in (1, 2)
    ]
    write(workspace, plots=halves)
    workspace.store.write(
        {"plots": RegisterChange(removed=[("DK-A",)])}, kind=RevisionKind.EDIT, user="tester"
    )
    whole = {**RECOGNITIONS[0], "recognition_code": "R9", "plot_code": "DK-A1", "area_m2": 15_000.0}
    write(workspace, recognitions=[{**whole, "recognised_on": "2025-01-01"}])
    found = client.get("/ledgers/JX_TL.json").json
    # 4000 of DK-A went to its halves, 2000 each; DK-A1 has 15000 - 2000 = 13000 left
    counted = {entry["recognition_code"]: entry["counted_m2"] for entry in found["entries"]}
    assert counted == {"R1": 4_000, "R9": 13_000}
    facts = plot_facts(workspace)
    assert facts["recognised_m2"].to_dict() == {"DK-B": 0, "DK/C": 0, "DK-A1": 15_000, "DK-A2": 2_000}


def test_files_and_the_overview(client: FlaskClient) -> None:
    text = client.get("/ledgers/JX_TL.csv").data.decode("utf-8-sig")
    assert "认定面积(亩)" in text
    assert "R1,X1,DK-A" in text
    book = openpyxl.load_workbook(io.BytesIO(client.get("/ledgers/JX_TL.xlsx?unit=m2").data))
    notes = [str(cell.value) for row in book["说明"].iter_rows() for cell in row if cell.value]
    assert any("登记的认定面积" in note for note in notes)
    assert "自然资源·存量盘活" in client.get("/ledgers").text
    assert [ledger["entries"] for ledger in client.get("/ledgers.json").json["ledgers"]] == [1, 0, 1]


def test_targets_count_the_recognitions_that_need_a_look(app: Flask, client: FlaskClient) -> None:
    spoil(app)
    page = text_of(client.get("/targets").text)
    assert re.search(r"盘活台账（经信·腾笼换鸟）的认定有 \d+ 项需要核对：.*认定面积大于地块", page)
