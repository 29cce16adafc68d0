"""Projects with their clocks, their page, alarms and digest, on the small district."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import docx
import openpyxl
import pytest

from geoapp.errors import NotFoundError, SetupError, UsageError
from geoapp.services.agreement_tables import agreement_table
from geoapp.services.agreements import agreement_sheet
from geoapp.services.alarms import alarm_count, alarm_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.digest import digest_of, write_digest
from geoapp.services.map_layers import map_layers
from geoapp.services.map_styles import map_style
from geoapp.services.map_tiles import TileQuery, tile_version
from geoapp.services.plot_card import plot_card
from geoapp.services.plot_facts import today
from geoapp.services.project_filter import shown_mask
from geoapp.services.project_page import project_page
from geoapp.services.project_sheet import project_sheet
from geoapp.services.project_tables import gantt_rows, project_gantt, project_table, sheet_record
from geoapp.services.verify import source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.alarms import alarm_figures
from tests.lending import Lender, lend_workspaces
from tests.small_district import PLOTS, fill, write

STAGES = [
    {"project_code": "X1", "stage": "P05", "actual_on": "2025-05-20", "document_no": "施1号"},
    {"project_code": "X1", "stage": "P06", "planned_on": "2025-06-01", "actual_on": "2025-06-11"},
    {"project_code": "X1", "stage": "P07", "planned_on": "2026-01-10"},
    {"project_code": "X2", "stage": "P01", "actual_on": "2025-12-20"},
]  # fmt: skip
NOTES = [
    {"project_code": "X2", "note_no": 1, "kind": "progress", "noted_on": "2026-02-25", "text": "签了协议"},
    {"project_code": "X2", "note_no": 2, "kind": "milestone", "noted_on": "2026-01-01", "text": "腾退",
     "planned_on": "2026-02-19", "body": "慈城镇"},
]  # fmt: skip
DAY = date(2026, 3, 1)


def fill_projects(workspace: Workspace) -> None:
    fill(workspace)
    write(
        workspace,
        project_stages=STAGES,
        project_notes=NOTES,
        projects=[
            {"project_code": "X1", "name": "甲厂拆建", "stage": "P06", "mode": "M01", "town_code": "330205103",
             "responsible_body": "慈城镇", "area_m2": 10_000.0, "updated_on": "2025-12-01"},
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_projects)


@pytest.fixture
def projects(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with what is kept of a project; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def state(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=True)


def test_the_sheet_has_lights_phases_and_silence(projects: Workspace) -> None:
    sheet = project_sheet(projects, state(projects))
    rows = sheet.projects
    # X1: topping out was due on 10 January, 50 days before; its last news is the update of 1 December, 90 days before
    assert rows.loc["X1", ["light", "due_stage", "days_late", "silent_days"]].tolist() == [
        "red",
        "P07",
        50,
        90,
    ]
    assert rows["is_stalled"].to_dict() == {"X1": True, "X2": False, "X3": False}
    assert rows["phase"].to_dict() == {"X1": "build", "X2": "land", "X3": "stopped"}
    assert sheet.light_counts == {"green": 0, "yellow": 0, "red": 1, "grey": 2}
    assert sheet.funnel["reached_count"].to_dict()["P02"] == 2
    assert sheet.funnel.loc["P06", ["here_count", "reached_count"]].tolist() == [1, 1]
    assert (sheet.total, sheet.stalled_count, sheet.filter_zh) == (3, 1, "全部二次开发项目")


def test_filters_are_those_of_table_and_map(projects: Workspace) -> None:
    red = project_sheet(projects, state(projects), filter_text="light = 'red' AND is_stalled = TRUE")
    assert list(red.projects.index) == ["X1"]
    assert red.filter_zh == "进度灯 为 逾期 且 停滞 为 是"
    on_b = project_sheet(projects, state(projects), plots_filter="plot_code = 'DK-B'")
    assert list(on_b.projects.index) == ["X2"]
    with pytest.raises(UsageError):
        project_sheet(projects, state(projects), filter_text="colour = 'red'")


def test_the_map_shows_the_projects_that_the_page_lists(projects: Workspace) -> None:
    now = state(projects)
    # X1 and X3 are on plot A, X2 on plot B; X1 alone is late.
    for filter_text, plots_filter, expected in (
        ("light = 'red'", "", ["X1"]),
        ("", "plot_code = 'DK-A'", ["X1", "X3"]),
        ("light <> 'red'", "plot_code = 'DK-A'", ["X3"]),
        ("", "plot_code = 'NIX'", []),
    ):
        sheet = project_sheet(projects, now, filter_text=filter_text, plots_filter=plots_filter)
        mask = shown_mask(projects, "projects", now, filter_text=filter_text, plots_filter=plots_filter)
        shown = projects.store.read("projects").loc[mask, "project_code"]
        assert sorted(shown) == list(sheet.projects.index) == expected
    assert shown_mask(projects, "projects", now) is None
    with pytest.raises(UsageError, match="只用于二次开发项目"):
        shown_mask(projects, "plots", now, plots_filter="far < 1")


def test_tiles_of_projects_follow_the_plots_they_are_filtered_by(projects: Workspace) -> None:
    plain = TileQuery(register="projects", z=12, x=0, y=0)
    on_plots = plain._replace(plots_filter="far < 1")

    def versions() -> list[str]:
        return [tile_version(projects, query, state(projects)) for query in (plain, on_plots)]

    before = versions()
    write(projects, plots=[{**PLOTS[0], "gfa_far_m2": 1.0}])
    assert [one == other for one, other in zip(versions(), before, strict=True)] == [True, False]


def test_projects_are_coloured_by_light_on_the_map(projects: Workspace) -> None:
    style = map_style(projects, "projects", "light", state(projects))
    assert [(item.zh, item.count) for item in style.scheme.items][2] == ("逾期", 1)
    (layer,) = [layer for layer in map_layers(projects, DAY) if layer.id == "projects"]
    assert [scheme.id for scheme in layer.schemes] == ["stage", "light", "phase"]
    query = TileQuery(register="projects", style="light", z=12, x=0, y=0)
    versions = {tile_version(projects, query, state(projects, day)) for day in (DAY, DAY + timedelta(days=1))}
    assert len(versions) == 2  # lights turn with the days


def test_the_page_has_stages_plots_map_and_history(projects: Workspace) -> None:
    page = project_page(projects, state(projects), "X1")
    lines = {line.code: line for line in page.stages}
    assert (lines["P06"].days_late, lines["P07"].days_late) == (10, 50)
    assert lines["P05"].papers == ("施工许可证号 施1号",)
    assert page.next_stages == ("P07", "PX")
    (plot,) = page.plots
    assert (plot.area_m2, plot.share, plot.far) == (10_000, pytest.approx(1 / 3), 0.8)
    assert plot.place == "示例产业园，控制线内"
    assert {shape.kind for shape in page.map.shapes} == {"plot", "neighbour"}
    assert len(page.history) == 2
    (unknown,) = project_page(projects, state(projects), "X3").plots
    assert unknown.plot_code == "DK-A"
    write(projects, project_plots=[{"project_code": "X3", "plot_code": "DK-GONE"}])
    gone = {plot.plot_code: plot for plot in project_page(projects, state(projects), "X3").plots}["DK-GONE"]
    assert (gone.is_known, gone.place) == (False, "")
    with pytest.raises(NotFoundError):
        project_page(projects, state(projects), "NIX")


def test_bars_of_the_charts(projects: Workspace) -> None:
    sheet = project_sheet(projects, state(projects))
    rows = {row["code"]: row for row in gantt_rows(sheet, {"P07": "结顶"})}
    assert set(rows) == {"X1", "X2"}
    # 20 May, 11 June, 1 March of the next year (today); the plan of 10 January is past and draws nothing
    number = (date(2025, 5, 20) - date(1970, 1, 1)).days
    assert [(part["from"] - number, part["to"] - number) for part in rows["X1"]["parts"]] == [
        (0, 22),
        (22, 285),
    ]
    bars = {row["name"]: row for row in project_gantt(project_page(projects, state(projects), "X1"), DAY)}
    assert bars["主体结顶"]["actual"] is None
    assert bars["开工"]["actual"] == [number, number + 22]
    assert bars["开工"]["is_late"]


def test_the_table_and_the_data(projects: Workspace) -> None:
    sheet = project_sheet(projects, state(projects))
    table = project_table(projects, sheet)
    assert {"进度灯", "公开环节", "配合单位"} <= {info.label for info in table.fields}
    hectares = project_table(projects, sheet, "ha")
    assert (table.rows.loc["X1", "area_m2"], hectares.rows.loc["X1", "area_m2"]) == (10_000.0, 1.0)
    labels = [info.label for info in hectares.fields]
    assert {"用地面积(公顷)", "新增建筑面积(平方米)"} <= set(labels)  # floor area is never anything else
    record = sheet_record(projects, sheet)
    assert record["projects"][0]["due_on"] == "2026-01-10"
    assert record["stages"][0]["stage"] == "P05"


def test_alarms_say_what_where_and_since_when(projects: Workspace) -> None:
    write(
        projects,
        project_stages=[
            {"project_code": "X3", "stage": "P12", "actual_on": "2026-01-30", "result": "breached"}
        ],
        plots=[
            {"plot_code": "DK-A", "term_end_on": "2027-03-01", "town_code": "330205103"},  # 365 days ahead
            {"plot_code": "DK-B", "term_end_on": "2027-03-02"},
            {"plot_code": "DK/C", "term_end_on": "2026-02-28"},
        ],
    )
    sheet = alarm_sheet(projects, state(projects))
    found = {
        (row["kind"], row["key"], row["days"] == row["days"]): row for row in sheet.alarms.to_dict("records")
    }
    assert sheet.counts == {
        "overdue": 2,
        "stalled": 1,
        "term": 2,
        "agreement": 1,
        "transaction": 0,
        "micro_park": 0,
        "missing": 1,
    }
    texts = sheet.alarms["message"].tolist()
    assert texts[:3] == [
        "“主体结顶”计划 2026-01-10，逾期 50 天。", "“腾退”要求 2026-02-19 完成，逾期 10 天。", "90 天没有新进展。",
    ]  # fmt: skip
    assert "土地使用权 2027-03-01 到期，还有 365 天。" in texts
    assert "土地使用权 2026-02-28 已到期。" in texts
    assert found["agreement", "X3", True]["message"] == "“履约监管/销号”的结论是违约。"
    assert "没有填" in found["missing", "X2", False]["message"]
    assert "意向/方案的会审纪要文号" in found["missing", "X2", False]["message"]
    assert sheet.by_town.loc["330205103", "total"] == 3  # X1 overdue and stalled, the term of plot A
    assert sheet.by_body.loc["慈城镇", "overdue"] == 2
    again = alarm_figures(source_of(projects, sheet.revision, DAY))
    assert again["预警按镇街|慈城镇"]["合计"].value == 3
    assert again["预警按责任单位|慈城镇"]["项目逾期"].value == 2
    assert sum(row["合计"].value for row in again.values()) == 2 * 7  # each of the seven, by town and by body
    only = alarm_sheet(projects, state(projects), kind="term", town_code="330205103")
    assert only.alarms["key"].tolist() == ["DK-A"]
    assert only.alarms["address"].tolist() == ["/plots/DK-A"]


def test_without_records_there_are_no_alarms(workspace: Workspace) -> None:
    assert alarm_count(workspace) == 0
    assert alarm_sheet(workspace, AsOf(0, DAY, is_now=True)).by_town.empty
    assert project_sheet(workspace, AsOf(0, DAY, is_now=True)).total == 0


def test_the_digest_says_what_moved_and_what_is_late(projects: Workspace, tmp_path: Path) -> None:
    digest = digest_of(projects, state(projects))
    assert "2026-02-23 以来完成阶段 0 个，新增进展和事项 1 条。" in digest.sentences[2]
    settings = replace(projects.settings, digest_dir=str(tmp_path / "out"))
    workbook, document = write_digest(settings, digest)
    book = openpyxl.load_workbook(workbook)
    assert book.sheetnames[:5] == ["摘要", "预警按镇街", "预警按责任单位", "完成的阶段", "新增进展和事项"]
    assert [cell.value for cell in book["项目停滞"][2]][:2] == ["X1", "甲厂拆建"]
    text = docx.Document(io.BytesIO(document.read_bytes()))
    assert text.paragraphs[0].text == "江北区二次开发项目预警周报"
    assert any("腾退" in cell.text for table in text.tables for row in table.rows for cell in row.cells)
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(SetupError, match="digest_dir"):
        write_digest(replace(settings, digest_dir=str(blocked)), digest)


def test_the_digest_counts_what_falls_in_the_days_that_it_names(projects: Workspace) -> None:
    """Seven days up to 1 March 2026: 23 to 28 February are six, and the day itself."""
    days = {3: "2026-02-22", 4: "2026-02-23", 5: "2026-03-01", 6: "2026-03-02"}
    news = [
        {"project_code": "X2", "note_no": number, "kind": "progress", "noted_on": on, "text": on}
        for number, on in days.items()
    ]
    write(projects, project_notes=news)
    digest = digest_of(projects, state(projects))
    assert (digest.since, digest.day) == (date(2026, 2, 23), date(2026, 3, 1))
    table = next(table for table in digest.tables if table.title == "新增进展和事项")
    assert [row[0] for row in table.rows] == ["2026-02-23", "2026-02-25", "2026-03-01"]  # 25: NOTES
    assert digest.sentences[2] == "2026-02-23 以来完成阶段 0 个，新增进展和事项 3 条。"


def test_the_day_of_now_is_usable(projects: Workspace) -> None:
    assert alarm_count(projects) == len(alarm_sheet(projects, state(projects, today())).alarms)


AGREEMENT = {
    "agreement_code": "XY1", "kind": "performance", "party_b": "示例企业甲", "town_code": "330205103",
    "plot_code": "DK-A", "status": "active", "responsible_body": "慈城镇",
}  # fmt: skip


def item(year: int, agreed: float, actual: float | None, code: str = "XY1") -> dict[str, object]:
    return {
        "agreement_code": code, "indicator": "tax_per_mu", "year": year, "agreed_value": agreed,
        "actual_value": actual,
    }  # fmt: skip


def test_agreements_are_judged_by_the_newest_year_that_is_over(projects: Workspace) -> None:
    write(
        projects,
        agreements=[
            AGREEMENT, AGREEMENT | {"agreement_code": "XY2"}, AGREEMENT | {"agreement_code": "XY3", "status": "ended"},
            AGREEMENT | {"agreement_code": "XY4", "town_code": None},
        ],
        agreement_items=[
            item(2024, 20.0, 10.0), item(2025, 20.0, 15.0), item(2026, 20.0, 1.0),  # 2026 is not over on 1 March
            item(2025, 20.0, None, "XY2"), item(2025, 20.0, 1.0, "XY3"), item(2024, 20.0, 1.0, "XY4"),
            item(2025, 20.0, 20.0, "XY4"),
        ],
    )  # fmt: skip
    sheet = agreement_sheet(projects, state(projects))
    assert sheet.counts == {"all": 4, "in_force": 3, "missed": 1, "unknown": 1}
    states = {one["agreement_code"]: one["state"] for one in sheet.agreements}
    assert states == {"XY1": "missed", "XY2": "unknown", "XY3": None, "XY4": "met"}
    (missed,) = agreement_sheet(projects, state(projects), only="missed").agreements
    flags = {one["year"]: (one["is_missed"], one["shortfall_share"]) for one in missed["items"]}
    assert flags == {2026: (False, 0.95), 2025: (True, 0.25), 2024: (False, 0.5)}
    assert agreement_sheet(projects, state(projects), town_code="330205103").counts["all"] == 3
    alarms = alarm_sheet(projects, state(projects)).alarms
    texts = alarms[alarms["register"] == "agreements"][["kind", "key", "message"]].to_numpy().tolist()
    assert texts == [
        ["agreement", "XY1", "2025 年亩均税收(万元/亩)约定 20，实际 15，差 25.0%。"],
        ["missing", "XY2", "没有填2025 年亩均税收(万元/亩)的实际值（约定 20）。"],
    ]


def test_agreements_of_a_kind_as_a_file(projects: Workspace) -> None:
    standard = AGREEMENT | {"agreement_code": "XY2", "kind": "standard_land", "status": "breached"}
    write(
        projects,
        agreements=[AGREEMENT, standard],
        agreement_items=[item(2024, 20.0, 10.0), item(2025, 20.0, 15.0)],
    )
    now = state(projects)
    table = agreement_table(projects, agreement_sheet(projects, now))
    told = table.rows[["agreement_code", "state", "year", "shortfall_share", "judged"]]
    assert told.astype("object").where(told.notna(), None).to_numpy().tolist() == [
        ["XY1", "missed", 2025, 0.25, "未达约定"],
        ["XY1", "missed", 2024, 0.5, None],
        ["XY2", "breached", None, None, None],  # has no item and is in the file all the same
    ]
    (only,) = agreement_sheet(projects, now, kind="standard_land").agreements
    assert only["agreement_code"] == "XY2"
    words = agreement_table(projects, agreement_sheet(projects, now, kind="standard_land")).filter_zh
    assert words == "标准地投资建设协议"


def test_a_plots_card_lists_its_agreements(projects: Workspace) -> None:
    ended = AGREEMENT | {"agreement_code": "XY0", "status": "ended", "kind": "standard_land"}
    breached = AGREEMENT | {"agreement_code": "XY2", "status": "breached"}
    write(projects, agreements=[AGREEMENT, ended, breached], agreement_items=[item(2025, 20.0, 15.0)])
    lines = plot_card(projects, "DK-A", day=DAY).agreements
    assert [(one.agreement_code, one.kind, one.status, one.state) for one in lines] == [
        ("XY1", "履约监管协议", "履行中", "未达约定"),
        ("XY2", "履约监管协议", "已认定违约", ""),
        ("XY0", "标准地投资建设协议", "已终止", ""),
    ]
    assert plot_card(projects, "DK-B", day=DAY).agreements == ()


def test_plots_are_coloured_by_the_worst_agreement_in_force(projects: Workspace) -> None:
    other = AGREEMENT | {"agreement_code": "XY2"}
    elsewhere = AGREEMENT | {"agreement_code": "XY3", "plot_code": "DK-B", "status": "ended"}
    write(
        projects,
        agreements=[AGREEMENT, other, elsewhere],
        agreement_items=[item(2025, 20.0, 25.0), item(2025, 20.0, 15.0, "XY2"), item(2025, 9.0, 1.0, "XY3")],
    )

    def classes() -> dict[str, int]:
        style = map_style(projects, "plots", "agreement", state(projects))
        return {one.zh: one.count for one in style.scheme.items if one.count}

    assert classes() == {"未达约定": 1, "没有在监管的协议": 2}
    write(projects, agreement_items=[item(2025, 20.0, 20.0, "XY2")])
    assert classes() == {"达到约定": 1, "没有在监管的协议": 2}
    write(projects, agreements=[other | {"status": "breached"}])
    assert classes() == {"已认定违约": 1, "没有在监管的协议": 2}


def test_no_agreements(projects: Workspace) -> None:
    now = state(projects)
    assert agreement_sheet(projects, now).counts["all"] == 0
    assert agreement_table(projects, agreement_sheet(projects, now)).rows.empty
    style = map_style(projects, "plots", "agreement", now)
    assert [one.count for one in style.scheme.items] == [0, 0, 0, 0, 0, 3]
