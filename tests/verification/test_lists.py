"""Lists computed again: the figures worked out by hand, files in every form, what was altered named by its place."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geoapp.domain.listed import LIST_KINDS, is_sum
from geoapp.domain.sight import LEAST_SIGHT
from geoapp.errors import FormatError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.agreement_tables import agreement_record, agreement_table
from geoapp.services.agreements import agreement_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.candidate_table import candidate_data
from geoapp.services.candidates import candidate_list
from geoapp.services.evaluation import evaluate_year
from geoapp.services.evaluation_others import official_data, official_file, plots_data, plots_file
from geoapp.services.land_term_tables import sheet_record as term_record
from geoapp.services.land_term_tables import term_table
from geoapp.services.land_terms import term_sheet
from geoapp.services.micro_park_tables import micro_park_table
from geoapp.services.micro_park_tables import sheet_record as park_record
from geoapp.services.micro_parks import micro_park_sheet
from geoapp.services.project_sheet import project_sheet
from geoapp.services.project_tables import project_table
from geoapp.services.project_tables import sheet_record as project_record
from geoapp.services.remediation_lists import list_sheet
from geoapp.services.remediation_tables import list_data, list_table
from geoapp.services.seen import seen_by
from geoapp.services.survey_table import survey_data
from geoapp.services.transaction_tables import sheet_record as deal_record
from geoapp.services.transaction_tables import transaction_table
from geoapp.services.transactions import transaction_sheet
from geoapp.services.verify import Verifier, source_of
from geoapp.services.workspace import Workspace
from geoapp.verification.agreements import agreement_figures
from geoapp.verification.checking import Checked
from geoapp.verification.evaluation_others import comparison_figures, evaluation_plot_figures
from geoapp.verification.figure import Figure
from geoapp.verification.land_terms import land_term_figures
from geoapp.verification.micro_parks import micro_park_figures
from geoapp.verification.projects import project_figures
from geoapp.verification.remediation import remediation_figures
from geoapp.verification.source import Source
from geoapp.verification.transactions import transaction_figures
from tests.lists_district import TOWN, fill_lists
from tests.services.test_micro_parks import SOUND
from tests.small_district import write

DAY = date(2026, 3, 1)
Record = dict[str, Any]


@pytest.fixture
def filled(district: Workspace) -> Workspace:
    return fill_lists(district)


def state(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=False)


def source(workspace: Workspace) -> Source:
    return source_of(workspace, workspace.store.revision(), DAY)


def plain(rows: dict[str, dict[str, Figure]]) -> dict[str, dict[str, float | None]]:
    return {row: {name: figure.value for name, figure in found.items()} for row, found in rows.items()}


def record_of(workspace: Workspace, listed: str, /, **chosen: Any) -> Record:
    at = state(workspace)

    def evaluated() -> Any:
        return evaluate_year(workspace, 2025, at)

    makers: dict[str, Callable[[], Record]] = {
        "evaluation_plots": lambda: plots_data(workspace, evaluated(), at),
        "evaluation_official": lambda: official_data(workspace, evaluated(), at, chosen.get("list")),
        "land_terms": lambda: term_record(workspace, term_sheet(workspace, at, chosen=chosen)),
        "micro_parks": lambda: park_record(
            workspace, micro_park_sheet(workspace, at, year=2025, chosen=chosen)
        ),
        "projects": lambda: project_record(workspace, project_sheet(workspace, at, **chosen)),
        "remediation": lambda: list_data(workspace, list_sheet(workspace, at, year=2026, **chosen)),
        "candidates": lambda: candidate_data(workspace, candidate_list(workspace, at, **chosen)),
        "survey": lambda: survey_data(workspace, list_sheet(workspace, at, year=2026, **chosen)),
        "transactions": lambda: deal_record(workspace, transaction_sheet(workspace, at, chosen=chosen)),
        "agreements": lambda: agreement_record(workspace, agreement_sheet(workspace, at, **chosen)),
    }
    return makers[listed]()


def table_of(workspace: Workspace, kind: str) -> Any:
    at = state(workspace)
    makers: dict[str, Callable[[], Any]] = {
        "evaluation_plots": lambda: plots_file(workspace, evaluate_year(workspace, 2025, at), at, "ha"),
        "evaluation_official": lambda: official_file(workspace, evaluate_year(workspace, 2025, at), at, None),
        "land_terms": lambda: term_table(workspace, term_sheet(workspace, at), "ha"),
        "micro_parks": lambda: micro_park_table(workspace, micro_park_sheet(workspace, at, year=2025), "mu"),
        "projects": lambda: project_table(workspace, project_sheet(workspace, at), "mu"),
        "remediation": lambda: list_table(workspace, list_sheet(workspace, at, year=2026), "ha"),
        "transactions": lambda: transaction_table(workspace, transaction_sheet(workspace, at), "ha"),
        "agreements": lambda: agreement_table(workspace, agreement_sheet(workspace, at)),
    }
    return makers[kind]()


FILED = tuple(kind for kind in LIST_KINDS if kind.id not in ("candidates", "survey"))
"""Kinds whose files have their records in this district as a list."""


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def written(path: Path, record: Record) -> Path:
    path.write_text(json.dumps(record), "utf-8")
    return path


def outcome(found: Checked) -> tuple[str, list[str], list[str]]:
    return found.refusal, [difference.text for difference in found.differences], list(found.unverified)


def test_land_terms_by_hand(filled: Workspace) -> None:
    rows = plain(land_term_figures(source(filled), {}))
    # A ends on the same day a year later, B ended yesterday, C is allocated; the review begins 365 days ahead.
    assert rows["DK-A"] == {"site_area_m2": 30_000, "term_left_years": 1.0, "is_due": 1.0}
    assert rows["DK-B"]["term_left_years"] == pytest.approx(-1 / 365)
    assert (rows["DK/C"]["term_left_years"], rows["DK/C"]["is_due"]) == (None, 0.0)
    assert rows["(total)"] == {"due_count": 2}
    assert rows["(bucket) 1_to_5"] == {"plot_count": 1, "area_m2": 30_000}
    assert rows["(bucket) below_0"] == {"plot_count": 1, "area_m2": 29_000}
    assert rows[f"(town) {TOWN}"] == {"plot_count": 1, "area_m2": 30_000}
    assert rows["(park) "]["plot_count"] == 3
    # The agreement XY2 about A is missed, so A's is the worse of the two.
    chosen = plain(land_term_figures(source(filled), {"kept": "missed", "due": "yes"}))
    assert [row for row in chosen if not is_sum(row)] == ["DK-A"]


def test_agreements_by_hand(filled: Workspace) -> None:
    rows = plain(agreement_figures(source(filled), {}))
    # 20 agreed, 15 reached: a quarter lacks. Of XY1 the newest year over has no actual value; 2024 is past.
    assert rows["XY2|tax_per_mu|2025"] == {
        "agreed_value": 20, "actual_value": 15, "shortfall_share": 0.25, "is_missed": 1, "is_unknown": 0,
    }  # fmt: skip
    assert rows["XY1|tax_per_mu|2024"]["is_missed"] == 0
    assert rows["XY1|tax_per_mu|2025"]["is_unknown"] == 1
    assert rows["(total)"] == {"all": 2, "in_force": 2, "missed": 1, "unknown": 1}
    of_town = plain(agreement_figures(source(filled), {"town": TOWN, "only": "missed"}))
    assert list(of_town) == ["(total)"]
    assert of_town["(total)"] == {"all": 1, "in_force": 1, "missed": 0, "unknown": 1}


def test_energy_may_not_exceed_what_is_agreed(filled: Workspace) -> None:
    energy = {"agreement_code": "XY2", "indicator": "energy", "year": 2025}
    write(filled, agreement_items=[energy | {"agreed_value": 0.5, "actual_value": 0.6}])
    rows = plain(agreement_figures(source(filled), {}))
    assert rows["XY2|energy|2025"]["shortfall_share"] == pytest.approx(0.2)


def test_transactions_by_hand(filled: Workspace) -> None:
    rows = plain(transaction_figures(source(filled), {}))
    # 18,000,000 yuan / 30,000 m2; 1,800 / 2,500 - 1; 250 / 1,000; 28 days of February; the price is far off.
    assert rows["J1"] == {
        "area_m2": 30_000, "price_wan": 1_800, "computed_unit_price": 600, "unit_price_off_share": 0,
        "appraisal_off_share": pytest.approx(0.28), "invested_share": 0.25, "waiting_days": 28, "failed_count": 0,
        "unknown_count": 0, "price_count": 1,
    }  # fmt: skip
    # No certificate and too little tax; its agreement is in no register.
    assert (rows["J2"]["failed_count"], rows["J2"]["unknown_count"], rows["J2"]["waiting_days"]) == (
        2,
        1,
        None,
    )
    assert rows["(total)"] == {"total": 2}
    assert (rows["(review) waiting"], rows["(review) refused"]) == ({"count": 1}, {"count": 0})
    chosen = plain(transaction_figures(source(filled), {"check": "failed", "town_code": TOWN}))
    assert [row for row in chosen if not is_sum(row)] == ["J2"]


def test_micro_parks_by_hand(filled: Workspace) -> None:
    rows = plain(micro_park_figures(source(filled), {"year": "2025"}))
    # 20,000 m2 are 30 亩; 6,000 of 10,000 m2 let; 8 of 10 enterprises small; four stars are band A (the first of all).
    assert rows["W1"] == {
        "land_area_m2": 20_000, "gfa_m2": 30_000, "enterprise_count": 10, "occupancy_share": 0.6,
        "small_micro_share": 0.8, "failed_count": 0, "unknown_count": 0, "score": 10, "band": 0,
        "tax_wan_per_mu": pytest.approx(20.0), "revenue_wan_per_mu": pytest.approx(200.0),
    }  # fmt: skip
    # W2 is ranked alone, and a twentieth of one rounded up is one: D, as W3, which has too little floor area.
    assert [rows[code]["band"] for code in ("W2", "W3", "W4", "W5")] == [3, 3, 5, 6]
    # W1, W2 and W4 tell what is let: 18,000 of 10,000 + 7,000 + 6,000.
    assert rows["(total)"] == {"total": 5, "occupancy_share": pytest.approx(18 / 23)}
    assert [rows[f"(band) {band}"]["count"] for band in ("A", "D", "transition")] == [1, 2, 0]
    chosen = plain(
        micro_park_figures(source(filled), {"year": "2025", "star": "none", "status": "operating"})
    )
    assert [row for row in chosen if not is_sum(row)] == ["W3", "W4"]
    with pytest.raises(UsageError, match="不是年份"):
        micro_park_figures(source(filled), {"year": "x"})


def test_bands_of_many_parks_by_place(filled: Workspace) -> None:
    scores = (90.0, 90.0, 80.0, 70.0, 60.0, 55.0, 40.0, 30.0, 20.0, 20.0)
    codes = [f"V{number}" for number in range(len(scores))]
    own = {"star_level": None, "leasable_area_m2": None}
    parks = [SOUND | own | {"micro_park_code": code} for code in codes]
    young = SOUND | own | {"micro_park_code": "V-young", "opened_on": "2023-05-01"}
    years = [
        {"micro_park_code": code, "year": 2023, "score": score}
        for code, score in zip(codes, scores, strict=True)
    ]
    write(filled, micro_parks=[*parks, young], micro_park_years=years)
    rows = plain(micro_park_figures(source(filled), {"year": "2023"}))
    # Of ten two are A, three B, half a one, rounded up, D; the equal ones at the bottom share the worse band.
    assert [rows[code]["band"] for code in codes] == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert rows["V-young"]["band"] == 4


def test_projects_by_hand(filled: Workspace) -> None:
    rows = plain(project_figures(source(filled), {}))
    # Topping out was due on 10 January, 50 days ago; the last news is 90 days old. Red is the third light.
    assert rows["X1"] == {
        "area_m2": 10_000, "new_gfa_gross_m2": None, "invest_total_wan": 5_000, "invest_done_wan": None, "light": 2,
        "days_late": 50, "silent_days": 90, "is_stalled": 1,
    }  # fmt: skip
    assert (rows["X3"]["light"], rows["X3"]["is_stalled"]) == (3, 0)
    assert rows["(total)"] == {"total": 3, "stalled_count": 1}
    assert [rows[f"(phase) {phase}"]["count"] for phase in ("build", "land", "stopped")] == [1, 1, 1]
    assert rows["(stage) P02"]["reached_count"] == 2
    # One project went on from P05, after 22 days: too few for a median.
    assert (rows["(stage) P05"]["median_days"], rows["(stage) P05"]["project_count"]) == (None, 1)
    asked = {"filter": "light = 'red' AND expected_on IS NULL", "plots": "far < 1"}
    chosen = plain(project_figures(source(filled), asked))
    assert [row for row in chosen if not is_sum(row)] == ["X1"]
    assert chosen["(total)"] == {"total": 3, "stalled_count": 1}
    with pytest.raises(UsageError, match="不能用第二条路径核对"):
        project_figures(source(filled), {"filter": "colour = 'red'"})


def test_remediation_lists_by_hand(filled: Workspace) -> None:
    rows = plain(remediation_figures(source(filled), "2026", "L4"))
    # 12,000 + 2 x 6,000 counted; (12,000 + 1,500) / 30,000; half of E1's 100 and E2's 40 on 45 亩.
    assert rows["DK-A"] == {
        "enterprise_count": 2, "site_area_m2": 30_000, "gfa_counted_m2": 24_000, "far": 0.8,
        "building_coefficient": 0.45, "tax_wan_per_mu": pytest.approx(2.0), "is_overdue": 1,
    }  # fmt: skip
    # B pays 50 on 43.5 亩 as a firm above scale and is on no list; of C nothing is known.
    assert rows["(total)"] == {"suggested_count": 1}
    assert rows["(status L4) checking"] == rows["(status L1) suspected"] == {"count": 1}
    firms = plain(remediation_figures(source(filled), "2026", "L1"))
    assert (firms["E1"]["site_area_m2"], firms["E1"]["is_overdue"]) == (None, 0)
    assert firms["(total)"] == {"suggested_count": 0}
    with pytest.raises(UsageError, match="不是年份"):
        remediation_figures(source(filled), "x", "L4")


def test_evaluated_plots_and_the_official_result_by_hand(filled: Workspace) -> None:
    rows = plain(evaluation_plot_figures(source(filled), "2025"))
    # E1 has 20,000 m2 on A and on B: half of its 100 on each; E2's 40 are all on A. 30,000 m2 are 45 亩, 29,000 43.5.
    assert rows["DK-A"]["tax_wan_per_mu"] == pytest.approx(90 / 45)
    assert rows["DK-B"]["tax_wan_per_mu"] == pytest.approx(50 / 43.5)
    assert [rows["DK-A"][name] for name in ("enterprise_count", "unknown_count", "grade")] == [2, 0, 0]
    assert rows["DK-A"]["value_added_wan_per_mu"] is None
    compared = plain(comparison_figures(source(filled), "2025", ""))
    # E1 lacks figures and has no grade here, E2 is not in the official result, E9 not here.
    assert compared["E1"] == {
        "grade_here": 0, "grade_there": 4, "score_here": None, "score_there": 41.5, "difference": None,
    }  # fmt: skip
    assert compared["(total)"] == {"enterprise_count": 3, "same_count": 0}
    assert compared["(why)"] == {
        "对方没有这家企业": 1, "本系统没有这家企业当年的数据": 1, "只有一方有档次，另一方资料不全": 1,
    }  # fmt: skip
    assert (compared["(there) D"]["无档次"], compared["(there) B"]["无档次"]) == (1, 1)
    base = compared["(base) above_scale|tax_per_mu"]
    assert (base["base_there"], base["weight_there"]) == (20, 30)
    # E1's and nobody else's tax above scale on its 40,000 m2, 60 亩.
    assert base["base_here"] == pytest.approx(100 / 60)
    assert "E2" not in comparison_figures(source(filled), "2025", "above_scale")
    with pytest.raises(UsageError, match="不是年份"):
        evaluation_plot_figures(source(filled), "")


CHOSEN = (
    *((kind.id, {}) for kind in LIST_KINDS),
    ("evaluation_official", {"list": "above_scale"}),
    ("land_terms", {"bucket": "endless"}),
    ("land_terms", {"due": "yes", "kept": "missed", "town_code": TOWN}),
    ("micro_parks", {"band": "D", "kind": "manufacturing"}),
    ("projects", {"filter_text": "silent_days > 1", "plots_filter": "far < 1"}),
    ("remediation", {"list_code": "L1"}),
    ("transactions", {"review": "passed", "kind": "lease"}),
    ("agreements", {"town_code": TOWN, "only": "unknown"}),
)


@pytest.mark.parametrize(("kind", "chosen"), CHOSEN)
def test_data_are_computed_again(
    filled: Workspace, tmp_path: Path, kind: str, chosen: dict[str, str]
) -> None:
    found = verified(filled, written(tmp_path / "甲.json", record_of(filled, kind, **chosen)))
    assert outcome(found) == ("", [], [])
    assert found.is_complete
    assert found.figure_count > 3


def first_row(record: Record, part: str) -> Record:
    row: Record = record[part][0]
    return row


def last_bucket(record: Record) -> Record:
    row: Record = record["buckets"][-1]
    return row


ALTERED: tuple[tuple[str, Callable[[Record], Any], str], ...] = (
    (
        "evaluation_plots",
        lambda r: first_row(r, "plots").update(tax_wan_per_mu=3.0),
        "tax_wan_per_mu（DK-A）",
    ),
    ("evaluation_official", lambda r: r.update(same_count=1), "same_count（(total)）"),
    ("evaluation_official", lambda r: r["matrix"][0]["counts"].__setitem__(0, 9), "A（(there) A）"),
    ("evaluation_official", lambda r: r["whys"].update(名单不同=2), "名单不同"),
    ("land_terms", lambda r: first_row(r, "towns")["cells"][0].update(area_m2=1.0), "area_m2（(town) "),
    ("land_terms", lambda r: last_bucket(r).update(plot_count=9), "plot_count（(bucket) unknown）"),
    ("micro_parks", lambda r: r.update(occupancy_share=0.9), "occupancy_share（(total)）"),
    ("micro_parks", lambda r: r["bands"].update(A=2), "count（(band) A）"),
    ("projects", lambda r: r["funnel"][2].update(reached_count=7), "reached_count（(stage) P02）"),
    ("projects", lambda r: first_row(r, "projects").update(light="green"), "light（X1）"),
    ("remediation", lambda r: r["counts"]["L4"].update(checking=4), "count（(status L4) checking）"),
    ("remediation", lambda r: r.update(suggested=[]), "suggested_count（(total)）"),
    ("transactions", lambda r: r["reviews"].update(waiting=2), "count（(review) waiting）"),
    ("transactions", lambda r: r["transactions"].pop(), "表里缺少 1 行（J2）"),
    ("agreements", lambda r: r["counts"].update(missed=0), "missed（(total)）"),
    ("agreements", lambda r: first_row(r, "agreements")["items"][0].update(is_missed=True), "is_missed（XY1"),
)


@pytest.mark.parametrize(("kind", "alter", "where"), ALTERED)
def test_an_altered_figure_is_named(
    filled: Workspace, tmp_path: Path, kind: str, alter: Callable[[Record], Any], where: str
) -> None:
    record = json.loads(json.dumps(record_of(filled, kind)))
    alter(record)
    found = verified(filled, written(tmp_path / "甲.json", record))
    words = [difference.text for difference in found.differences] + list(found.unverified)
    assert any(where in text for text in words), words
    assert found.differences


@pytest.mark.parametrize("kind", FILED, ids=lambda kind: kind.id)
def test_files_are_computed_again_and_an_altered_cell_is_named(
    filled: Workspace, tmp_path: Path, kind: Any
) -> None:
    table = table_of(filled, kind.id)
    column = next(figure for figure in kind.figures if figure.heading and not figure.numbers)
    for ending in (".csv", ".xlsx"):
        path = tmp_path / f"乙{ending}"
        path.write_bytes(record_table_bytes(table, ending))
        found = verified(filled, path)
        assert outcome(found) == ("", [], [])
        assert found.figure_count >= len(table.rows)
        _alter(path, column.heading, "77777")
        [difference] = verified(filled, path).differences
        assert column.heading in difference.where
        _alter(path, column.heading, "很多")
        with pytest.raises(FormatError, match="不是数"):
            verified(filled, path)


def _alter(path: Path, heading: str, text: str) -> None:
    """Write a text into the first record's cell of a column."""
    if path.suffix == ".csv":
        lines = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
        place = next(n for n, label in enumerate(lines[0]) if label.partition("(")[0] == heading)
        lines[1][place] = text
        out = io.StringIO()
        csv.writer(out).writerows(lines)
        path.write_text(out.getvalue(), "utf-8-sig")
        return
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    top = [cell for row in sheet.iter_rows(min_row=3, max_row=4) for cell in row]
    cell = next(cell for cell in top if str(cell.value).partition("(")[0] == heading)
    sheet.cell(cell.row + 1, cell.column).value = float(text) if text.isdecimal() else text
    book.save(path)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_agreements_without_items_and_altered_judgements(
    filled: Workspace, tmp_path: Path, ending: str
) -> None:
    write(filled, agreements=[{"agreement_code": "XY0", "kind": "performance", "status": "active"}])
    table = table_of(filled, "agreements")
    # XY0 has no item and is in the file all the same; the years beside it stay whole numbers.
    assert [str(year) for year in table.rows["year"]] == ["<NA>", "2025", "2025", "2024", "2025"]
    path = tmp_path / f"协议{ending}"
    path.write_bytes(record_table_bytes(table, ending))
    found = verified(filled, path)
    assert outcome(found) == ("", [], [])
    assert found.figure_count == 4 * 5
    # XY2 reached 15 of 20: 0.25 less, as the last column says.
    if ending == ".csv":
        text = path.read_text("utf-8-sig")
        assert text.count("0.25,未达约定") == 1
        path.write_text(text.replace("0.25,未达约定", "0.25,达到约定"), "utf-8-sig")
    else:
        book = openpyxl.load_workbook(path)
        cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "未达约定"]
        cells[-1].value = "达到约定"
        book.save(path)
    [difference] = verified(filled, path).differences
    assert "考核" in difference.where
    assert (difference.expected, difference.found) == ("1", "0")


def test_files_have_land_in_the_unit_asked_for_and_floors_in_square_metres(filled: Workspace) -> None:
    terms, parks, deals = (table_of(filled, kind) for kind in ("land_terms", "micro_parks", "transactions"))
    labels = {info.label for table in (terms, parks, deals) for info in table.fields}
    assert {"用地面积(公顷)", "用地面积(亩)", "土地面积(公顷)"} <= labels
    assert {"建筑面积(平方米)", "已出租面积(平方米)", "剩余可租面积(平方米)"} <= labels
    # 30,000 m2 are 3 hectares, 20,000 m2 are 30 亩.
    assert terms.rows.loc["DK-A", "site_area_mu"] == pytest.approx(3.0)
    assert parks.rows.loc["W1", "land_area_m2"] == pytest.approx(30.0)
    assert parks.rows.loc["W1", "leased_area_m2"] == 6_000.0
    assert deals.rows.loc["J1", "area_m2"] == pytest.approx(3.0)


def test_lists_made_for_those_who_see_less_are_not_verified(filled: Workspace, tmp_path: Path) -> None:
    seen = seen_by(filled, LEAST_SIGHT)
    for kind in LIST_KINDS:
        found = verified(filled, written(tmp_path / "丙.json", record_of(seen, kind.id)))
        assert "隐去了" in found.refusal, kind.id


@pytest.mark.slow
@pytest.mark.no_cover  # compares what is tested by itself
def test_the_lists_of_now_are_among_the_standard_tables(filled: Workspace) -> None:
    verifier = Verifier(filled)
    found = {task.name: verifier.verify(task) for task in verifier.of_now()}
    assert {
        "土地年期", "小微企业园", "二次开发项目", "二级市场交易", "履约监管协议", "亩均评价地块", "与官方评价结果对比",
    } <= set(found)  # fmt: skip
    assert sum("清单" in name for name in found) == 4
    assert [name for name, checked in found.items() if not checked.is_clean] == []
