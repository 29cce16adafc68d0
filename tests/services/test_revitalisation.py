"""The counting of revitalised land where the history of the registers and the cache come in."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.errors import NotFoundError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import plot_facts
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.revitalisation_table import ledger_table
from geoapp.services.table_export import record_table
from geoapp.services.workspace import Workspace
from tests.small_district import box, fill, write

RECORD = {"ledger": "JX_TL", "recognised_on": "2024-01-01", "document_no": "示例"}


def plot(code: str, east: float, width: float, **fields: object) -> dict[str, object]:
    return {"plot_code": code, "area_reg_m2": width * 150, "geometry": box(east, width), **fields}


def record(code: str, plot_code: str, area_m2: float, **fields: object) -> dict[str, object]:
    return {**RECORD, "recognition_code": code, "plot_code": plot_code, "area_m2": area_m2, **fields}


def withdraw(workspace: Workspace, *codes: str) -> None:
    change = RegisterChange(removed=[(code,) for code in codes])
    workspace.store.write({"plots": change}, kind=RevisionKind.EDIT, user="tester")


def counted(workspace: Workspace) -> dict[str, float]:
    entries = revitalisation_ledger(workspace, None, as_of(workspace)).entries
    facts = plot_facts(workspace)
    assert facts["recognised_m2"].sum() == entries["counted_m2"].sum()
    return entries.set_index("recognition_code")["counted_m2"].to_dict()


def test_an_edit_that_moves_a_plot_over_another_is_seen(workspace: Workspace) -> None:
    write(workspace, plots=[plot("甲", 0, 100), plot("乙", 100, 100)])
    write(workspace, recognitions=[record("R1", "甲", 15e3), record("R2", "乙", 15e3)])
    assert counted(workspace) == {"R1": 15e3, "R2": 15e3}
    # 乙 moves 20 m west: 20 x 150 = 3000 m2 lie in both
    write(workspace, plots=[plot("乙", 80, 100)])
    assert counted(workspace)["R2"] == pytest.approx(12e3, abs=0.1)
    write(workspace, plots=[plot("丙", 500, 10)])
    assert counted(workspace)["R2"] == pytest.approx(12e3, abs=0.1)
    write(workspace, plots=[plot("乙", 100, 100)])
    assert counted(workspace) == {"R1": 15e3, "R2": 15e3}


def test_what_withdrawn_plots_say_of_their_own_predecessors_is_followed(workspace: Workspace) -> None:
    write(
        workspace,
        plots=[plot("祖", 0, 100)],
        recognitions=[record("R1", "祖", 15e3), record("R2", "祖", 15e3)],
    )
    write(workspace, plots=[plot("子", 0, 100, predecessors="祖")])
    withdraw(workspace, "祖")
    write(workspace, plots=[plot("孙", 0, 200, predecessors="子；没见过")])
    withdraw(workspace, "子")
    # 孙 has 30000, but its grandparent only 15000, which was recognised twice
    assert counted(workspace) == {"R1": 15e3, "R2": 0}
    write(
        workspace,
        recognitions=[record("R3", "谁也不是", 10.0), record("R4", "孙", 30e3, recognised_on="2025-01-01")],
    )
    assert counted(workspace) == {"R1": 15e3, "R2": 0, "R3": 0, "R4": 15e3}


def test_a_recognised_plot_leads_over_a_withdrawn_part_to_what_was_made_of_it(workspace: Workspace) -> None:
    write(workspace, plots=[plot("老", 0, 200)], recognitions=[record("R1", "老", 20e3)])
    write(workspace, plots=[plot("西", 0, 100, predecessors="老"), plot("东", 100, 100, predecessors="老")])
    withdraw(workspace, "老")
    write(workspace, plots=[plot("新", 0, 100, predecessors="西")])
    withdraw(workspace, "西")
    # 老 is named by 东, which is there; 西, of the same size, is named by 新 alone
    assert counted(workspace) == {"R1": 20e3}
    assert plot_facts(workspace)["recognised_m2"].to_dict() == {"东": 10e3, "新": 10e3}


def test_a_project_on_a_plot_that_was_split_goes_on_on_the_parts(workspace: Workspace) -> None:
    write(
        workspace,
        plots=[plot("老", 0, 100)],
        projects=[{"project_code": "X", "name": "项目", "stage": "P06"}],
    )
    write(
        workspace, project_plots=[{"project_code": "X", "plot_code": "老", "area_m2": 10e3, "geometry": None}]
    )
    assert plot_facts(workspace)["doing_m2"].to_dict() == {"老": 10e3}
    write(
        workspace, plots=[plot(code, east, 50, predecessors="老") for code, east in (("东", 0), ("西", 50))]
    )
    withdraw(workspace, "老")
    assert plot_facts(workspace)["doing_m2"].to_dict() == {"东": 5e3, "西": 5e3}


def test_the_sums_count_the_plots_of_which_something_counts(workspace: Workspace) -> None:
    """Three plots recognised in 2023, one in two records; one revoked in 2024: two are left, 1.5 + 3 ha."""
    write(
        workspace,
        plots=[
            plot("甲", 0, 100, town_code="T1"),
            plot("乙", 100, 200, town_code="T1"),
            plot("丙", 300, 100),
        ],
        recognitions=[
            record("R1", "甲", 15e3, recognised_on="2023-02-01", mode="M01"),
            record("R2", "乙", 10e3, recognised_on="2023-03-01", mode="M01"),
            record("R3", "乙", 20e3, recognised_on="2024-03-01", mode="M02"),
            record("R4", "丙", 15e3, recognised_on="2023-04-01", mode="M02"),
            record("R5", "丙", -15e3, recognised_on="2024-05-01", mode="M02"),
        ],
    )
    sheet = ledger_sheet(workspace, None, as_of(workspace))
    assert (sheet.plot_count, sheet.counted_m2) == (2, 45e3)
    counts = {heading: {line.key: line.plot_count for line in lines} for heading, lines in sheet.sums.items()}
    assert counts["镇街"] == {"T1": 2, "": 0}
    assert counts["方式"] == {"M01": 2, "M02": 1}
    assert counts["年份"] == {"2023": 3, "2024": 1}  # in 2023 nothing was revoked yet
    records = {line.key: line.record_count for line in sheet.sums["镇街"]}
    assert records == {"T1": 3, "": 2}
    only_2024 = ledger_sheet(workspace, None, as_of(workspace), first=date(2024, 1, 1))
    assert (only_2024.plot_count, only_2024.counted_m2) == (1, 5e3)  # 20 000 more on 乙, 15 000 less on 丙


def test_what_counts_wholly_is_written_as_it_is_recorded(workspace: Workspace) -> None:
    """19 219.90 m2 are 28.82985 亩, a five at the end: 28.8299 as registered, recorded, counted, and on the plot."""
    write(
        workspace,
        plots=[plot("甲", 0, 150, area_reg_m2=19_219.9)],
        recognitions=[record("R1", "甲", 19_219.9)],
    )
    table = ledger_table(workspace, ledger_sheet(workspace, None, as_of(workspace)), "mu")
    (line,) = csv.DictReader(io.StringIO(record_table_bytes(table, ".csv").decode("utf-8-sig")))
    assert (line["认定面积(亩)"], line["计入面积(亩)"]) == ("28.8299", "28.8299")
    plots = record_table(workspace, "plots", as_of(workspace))
    (line,) = csv.DictReader(io.StringIO(record_table_bytes(plots, ".csv").decode("utf-8-sig")))
    assert (line["用地面积(亩)"], line["已认定盘活(亩)"]) == ("28.8299", "28.8299")


def test_a_ledger_without_any_record_has_a_page(workspace: Workspace) -> None:
    sheet = ledger_sheet(workspace, None, as_of(workspace))
    assert (sheet.counted_m2, sheet.findings) == (0, ())
    assert replace(sheet, origin=None).fingerprint() is None
    write(workspace, recognitions=[record("R1", "甲", 15e3, project_code="X")])
    codes = {finding.code for finding in ledger_sheet(workspace, None, as_of(workspace)).findings}
    assert codes == {"unknown_plot", "unknown_project", "unknown_mode", "unknown_event"}


def test_there_is_no_other_ledger(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="JX_TL"):
        revitalisation_ledger(workspace, "NIX", as_of(workspace))


def test_the_command_says_what_the_page_says(workspace: Workspace) -> None:
    fill(workspace)
    folder = ["--data-dir", str(workspace.settings.data_dir)]
    said = CliRunner().invoke(main, ["ledger", "JX_TL", *folder])
    assert "已认定 6.00 亩" in said.output
    assert said.exit_code == 1  # R1 lacks its mode, and its project is not finished
    data = CliRunner().invoke(main, ["ledger", "--json", "--unit", "ha", "--from", "2024-01-01", *folder])
    assert '"counted": 0.4' in data.output
    assert CliRunner().invoke(main, ["ledger", "NIX", *folder]).exit_code == 2
