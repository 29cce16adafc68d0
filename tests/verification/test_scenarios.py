"""What-ifs and portfolios computed again: figures worked out by hand, every mode on both paths, alterations named."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from geoapp.domain.fingerprint import parse_fingerprint, take_fingerprint
from geoapp.errors import FormatError, UsageError
from geoapp.reports.portfolio import portfolio_record, portfolio_table
from geoapp.reports.record_table import record_table_bytes
from geoapp.reports.whatif import whatif_record, whatif_table
from geoapp.services.as_of import AsOf
from geoapp.services.portfolio import find_portfolio
from geoapp.services.portfolio_question import read_question
from geoapp.services.verify import Verifier, source_of
from geoapp.services.whatif import what_if
from geoapp.services.whatif_plan import read_plan, read_plots
from geoapp.services.workspace import Workspace
from geoapp.verification.checking import Checked
from geoapp.verification.portfolio import portfolio_figures
from geoapp.verification.redevelopment import TOTAL, Plan, what_if_figures
from tests.small_district import box, write

DAY = date(2026, 3, 1)
COMMON = {
    "town_code": "330205103", "landuse_code": "0601", "low_efficiency_status": "recognised", "area_reg_m2": 30_000.0,
    "gfa_far_m2": 15_000.0, "gfa_actual_m2": 15_000.0, "footprint_m2": 10_000.0,
}  # fmt: skip
CANDIDATES = [
    {**COMMON, "plot_code": "H1", "support_gfa_m2": 900.0, "structure_yard_m2": 500.0, "geometry": box(0)},
    {**COMMON, "plot_code": "H2", "plan_far_max": 1.5, "geometry": box(0)},
    {**COMMON, "plot_code": "H3", "height_limit_m": 24.0, "geometry": box(3_000)},  # outside the line
    {**COMMON, "plot_code": "H4", "gfa_far_m2": None, "gfa_actual_m2": None, "geometry": box(0)},
]
BUILDINGS = [
    {"building_code": "BH1", "plot_code": "H1", "gfa_m2": 4_000.0, "storeys": 1, "storey_height_m": 9.0,
     "footprint_m2": 4_000.0, "geometry": box(0, 50, 80)},
]  # fmt: skip


@pytest.fixture
def pool(district: Workspace) -> Workspace:
    write(
        district, plots=CANDIDATES, buildings=BUILDINGS,
        projects=[{"project_code": "X7", "stage": "P03", "complete_plan_on": "2099-06-30"}],
        project_plots=[{"project_code": "X7", "plot_code": "H1", "geometry": None}],
    )  # fmt: skip
    return district


def state_of(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=False)


def asked(workspace: Workspace, plots: str, **words: str):  # type: ignore[no-untyped-def]
    state = state_of(workspace)
    return what_if(workspace, read_plots(plots), read_plan(workspace, words, state), state)


def chosen(workspace: Workspace, **words: str):  # type: ignore[no-untyped-def]
    state = state_of(workspace)
    return find_portfolio(workspace, read_question(workspace, {"seconds": "60", **words}, state), state)


def written(path: Path, record: dict) -> Path:
    path.write_text(json.dumps(record), "utf-8")
    return path


def verified(workspace: Workspace, path: Path) -> Checked:
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def texts(checked: Checked) -> list[str]:
    return [found.text for found in checked.differences]


def test_rebuilding_is_as_worked_out_by_hand(pool: Workspace) -> None:
    source = source_of(pool, pool.store.revision(), DAY)
    plan = Plan.from_words({"mode": "M01", "far": "2.0", "coefficient": "40", "support": "10"})
    found = what_if_figures(source, ["DK-A"], plan)["DK-A"]
    values = {name: figure.value for name, figure in found.items()}
    # 2.0 x 30,000 = 60,000; 18,500 go; 4,000 of the land count already
    assert (values["gross_m2"], values["net_m2"], values["demolished_m2"]) == (60_000.0, 41_500.0, 18_500.0)
    assert (values["far_before"], values["far_after"], values["land_counted_m2"]) == (0.8, 2.0, 26_000.0)
    assert (values["coefficient_before"], values["coefficient_after"]) == (0.45, 0.4)
    with pytest.raises(UsageError, match="不在台账里"):
        what_if_figures(source, ["没有"], plan)
    with pytest.raises(UsageError, match="读不懂"):
        Plan.from_words({"mode": "M01", "far": "高"})


WORDS = [
    {"mode": "M01", "far": "2.0", "coefficient": "40", "support": "10"},
    {"mode": "M01", "far": "2.0", "storey_height": "9"},
    {"mode": "M02", "far": "1.2"},
    {"mode": "M02", "far": "0.3"},
    {"mode": "M02", "far": "1.5", "demolish": "BH1,B2"},
    {"mode": "M03"},
    {"mode": "M04"},
    {"mode": "M08"},
    {"mode": "M10"},
]


@pytest.mark.parametrize("words", WORDS)
def test_every_mode_is_computed_again(pool: Workspace, tmp_path: Path, words: dict[str, str]) -> None:
    result = asked(pool, "DK-A,DK-B,DK/C,H1,H2,H3,H4", **words)
    record = whatif_record(result) | {"targets": []}
    checked = verified(pool, written(tmp_path / "w.json", record))
    assert (texts(checked), checked.is_complete, checked.figure_count) == ([], True, 8 * 16)
    for suffix in (".csv", ".xlsx"):
        path = tmp_path / f"w{suffix}"
        path.write_bytes(record_table_bytes(whatif_table(result, "ha"), suffix))
        checked = verified(pool, path)
        assert (texts(checked), checked.is_complete) == ([], True)


def test_what_is_added_to_targets_is_said_not_to_be_verified(pool: Workspace, tmp_path: Path) -> None:
    record = whatif_record(asked(pool, "DK-A", mode="M04"))
    checked = verified(pool, written(tmp_path / "w.json", record))
    assert (texts(checked), checked.is_complete) == ([], False)
    assert any("目标" in name for name in checked.unverified)


def test_altered_what_if_is_named(pool: Workspace, tmp_path: Path) -> None:
    result = asked(pool, "DK-A,H1", mode="M01", far="2.0")
    path = tmp_path / "w.xlsx"
    path.write_bytes(record_table_bytes(whatif_table(result, "mu"), ".xlsx"))
    book = openpyxl.load_workbook(path)
    sheet = book["记录"]
    place = [cell.value for cell in sheet[3]].index("新增建筑面积(平方米)") + 1
    sheet.cell(row=6, column=place).value = 1.0
    book.save(path)
    assert TOTAL in texts(verified(pool, path))[0]
    csv_path = tmp_path / "w.csv"
    csv_path.write_bytes(record_table_bytes(whatif_table(result, "mu"), ".csv"))
    csv_path.write_text(csv_path.read_text("utf-8-sig").replace(",60000.0,", ",很多,"), "utf-8-sig")
    with pytest.raises(FormatError, match="不是数"):
        verified(pool, csv_path)


def test_plots_of_a_portfolio_are_as_worked_out_by_hand(pool: Workspace) -> None:
    source = source_of(pool, pool.store.revision(), DAY)
    found = portfolio_figures(source, ["H1", "H2", "H3", "H4"], "M01", None)
    values = {code: {name: figure.value for name, figure in row.items()} for code, row in found.items()}
    # 2.0; the plan allows 1.5; 4 storeys of 5 m on a third of the site are 1.333
    assert [round(values[code]["far_after"], 3) for code in ("H1", "H2", "H3", "H4")] == [
        2.0,
        1.5,
        1.333,
        2.0,
    ]
    # 60,000 x 0.25 + 15,000 x 0.01; H4's floor area to demolish is not known
    assert values["H1"]["cost_wan"] == pytest.approx(15_150.0)
    assert values["H4"]["cost_wan"] is values[TOTAL]["cost_wan"] is None
    assert [values[code]["ready_year"] for code in ("H1", "H2")] == [2099.0, 2029.0]
    assert (values[TOTAL]["outside_count"], values[TOTAL]["town_count"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    "words",
    [
        {"area": "100"}, {"gfa": "90000", "objective": "cost", "projects": "3", "budget": "40000"},
        {"area": "60", "mode": "M04"}, {"area": "60", "far": "1.2", "inside": "1", "year": "2030"},
        {"area": "1e6"}, {"towns": "1", "exclude": "H1"},
    ],
)  # fmt: skip
def test_portfolio_is_computed_again(pool: Workspace, tmp_path: Path, words: dict[str, str]) -> None:
    answer = chosen(pool, **words)
    checked = verified(pool, written(tmp_path / "p.json", portfolio_record(answer)))
    assert (texts(checked), checked.is_complete) == ([], True)
    assert (checked.figure_count > 0) is (answer.portfolio.choice is not None)
    path = tmp_path / "p.xlsx"
    path.write_bytes(record_table_bytes(portfolio_table(answer, "ha"), ".xlsx"))
    assert texts(verified(pool, path)) == []


def test_portfolio_that_misses_its_goal_is_named(pool: Workspace, tmp_path: Path) -> None:
    record = portfolio_record(chosen(pool, area="100"))
    gone = record["plots"].pop()
    record["choice"] |= {
        "area_m2": record["choice"]["area_m2"] - gone["area_m2"],
        "gfa_m2": record["choice"]["gfa_m2"] - gone["added_gfa_m2"],
        "project_count": record["choice"]["project_count"] - 1,
    }
    found = " ".join(texts(verified(pool, written(tmp_path / "p.json", record))))
    assert "组合不满足“盘活面积目标（亩）”" in found
    altered = portfolio_record(chosen(pool, area="100"))
    altered["plots"][0]["cost_wan"] = 1.0
    rows = parse_fingerprint(altered["fingerprint"])
    assert take_fingerprint(rows.origin, "m2", []).digest != rows.digest
    assert "cost_wan" in texts(verified(pool, written(tmp_path / "p.json", altered)))[0]
