"""Rules that an office adds itself: figures that rest on them are said not to be verified, and are no differences."""

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from geoapp.cli.verify import EXIT_INCOMPLETE
from geoapp.reports.record_table import record_table_bytes
from geoapp.rules import judgement
from geoapp.services.as_of import AsOf
from geoapp.services.micro_park_tables import sheet_record as park_record
from geoapp.services.micro_parks import micro_park_sheet
from geoapp.services.remediation_lists import list_sheet
from geoapp.services.remediation_tables import list_data
from geoapp.services.table_export import record_table
from geoapp.services.transaction_tables import sheet_record as deal_record
from geoapp.services.transactions import transaction_sheet
from geoapp.services.verify import Verifier
from geoapp.services.workspace import Workspace
from geoapp.verification.checking import Checked
from tests.lists_district import fill_lists

DAY = date(2026, 3, 1)
# Each says yes of some subjects only: W1's ten enterprises are too few, J1 has no lower price, A is built on too much.
OWN = {
    "own_enterprises": """
from geoapp.domain.rule import Purpose, Rule, Subject, is_below
RULE = Rule(id="MP90", zh="企业太少", thresholds=("micro_park_least_enterprises",),
    needs={"enterprise_count": "企业数"}, formula=lambda facts, numbers: is_below(facts["enterprise_count"], 11),
    sentence="{measured} {threshold}", subject=Subject.MICRO_PARK, purpose=Purpose.MICRO_PARK)
""",
    "own_price": """
from geoapp.domain.rule import Purpose, Rule, Subject, is_above
RULE = Rule(id="TR90", zh="总价太高", thresholds=("transaction_unit_price_share",),
    needs={"price_wan": "总价"}, formula=lambda facts, numbers: is_above(facts["price_wan"], 1000),
    sentence="{measured} {threshold}", subject=Subject.TRANSACTION, purpose=Purpose.PRICE)
""",
    "own_low": """
from geoapp.domain.rule import Rule, is_above
RULE = Rule(id="LE90", zh="地块太大", thresholds=("low_building_coefficient",),
    needs={"site_area_m2": "用地面积"}, formula=lambda facts, numbers: is_above(facts["site_area_m2"], 1),
    sentence="{measured} {threshold}")
""",
}


@pytest.fixture
def own_rules(tmp_path: Path, district: Workspace) -> Iterator[Workspace]:
    """The lists' district of an office that added a rule about parks, one about prices and one of low efficiency."""
    package, folder = importlib.import_module("geoapp.rules"), tmp_path / "own"
    folder.mkdir()
    for name, text in OWN.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    package.__path__.append(str(folder))
    judgement._found_rules.cache_clear()
    yield fill_lists(district)
    package.__path__.remove(str(folder))
    judgement._found_rules.cache_clear()
    for name in OWN:
        sys.modules.pop(f"geoapp.rules.{name}", None)


def state(workspace: Workspace) -> AsOf:
    return AsOf(workspace.store.revision(), DAY, is_now=False)


def verified(workspace: Workspace, folder: Path, record: object) -> Checked:
    path = folder / "甲.json"
    path.write_text(json.dumps(record), "utf-8")
    verifier = Verifier(workspace)
    return verifier.verify(verifier.of_files([path])[0])


def assert_said(found: Checked, *columns: str) -> None:
    assert (found.refusal, [difference.text for difference in found.differences]) == ("", [])
    assert list(found.unverified) == list(columns)
    assert not found.is_complete
    assert any("本单位增加的" in note and "不复核" in note for note in found.notes)


def test_criteria_and_bands_of_micro_parks(own_rules: Workspace, tmp_path: Path) -> None:
    record = park_record(own_rules, micro_park_sheet(own_rules, state(own_rules), year=2025))
    # Four stars, but the office's own criterion is missed.
    assert (record["parks"][0]["failed_count"], record["parks"][0]["band"]) == (1, "D")
    found = verified(own_rules, tmp_path, record)
    assert_said(found, "failed_count", "unknown_count", "band", "count")
    assert "occupancy_share" in found.verified
    assert "failed_count" not in found.verified


def test_an_altered_figure_that_does_not_rest_on_them_is_still_named(
    own_rules: Workspace, tmp_path: Path
) -> None:
    record = park_record(own_rules, micro_park_sheet(own_rules, state(own_rules), year=2025))
    record["parks"][0]["gfa_m2"] = 1.0
    [difference] = verified(own_rules, tmp_path, record).differences
    assert difference.where == "gfa_m2（W1）"


def test_checks_of_transactions(own_rules: Workspace, tmp_path: Path) -> None:
    record = deal_record(own_rules, transaction_sheet(own_rules, state(own_rules)))
    assert [row["price_count"] for row in record["transactions"]] == [2, 0]
    assert_said(verified(own_rules, tmp_path, record), "price_count")


def test_transactions_chosen_by_them(own_rules: Workspace, tmp_path: Path) -> None:
    record = deal_record(own_rules, transaction_sheet(own_rules, state(own_rules), chosen={"check": "price"}))
    assert len(record["transactions"]) == 1
    found = verified(own_rules, tmp_path, record)
    assert_said(found, "price_count", *[name for name in found.unverified if name != "price_count"])
    assert "表的行" in found.unverified


def test_plots_suggested_for_a_list(own_rules: Workspace, tmp_path: Path) -> None:
    record = list_data(own_rules, list_sheet(own_rules, state(own_rules), year=2026))
    # B and C are on no list; without the office's rule only B is suggested.
    assert len(record["suggested"]) == 2
    assert_said(verified(own_rules, tmp_path, record), "suggested_count")


def test_exit_code_of_a_file_with_them(own_rules: Workspace, tmp_path: Path) -> None:
    from geoapp.cli.verify import _exit_code

    record = deal_record(own_rules, transaction_sheet(own_rules, state(own_rules)))
    assert _exit_code([verified(own_rules, tmp_path, record)]) == EXIT_INCOMPLETE


@pytest.mark.parametrize("ending", [".csv", ".gpkg"])
def test_tables_of_plots(own_rules: Workspace, tmp_path: Path, ending: str) -> None:
    """A is recognised and B low by another rule anyhow: only C's class rests on LE90, as a text."""
    table = record_table(
        own_rules,
        "plots",
        state(own_rules),
        columns="plot_code,far,low_efficiency_class",
        has_geometry=ending == ".gpkg",
    )
    path = tmp_path / f"甲{ending}"
    path.write_bytes(record_table_bytes(table, ending))
    verifier = Verifier(own_rules)
    found = verifier.verify(verifier.of_files([path])[0])
    assert_said(found, "低效状态")
    assert "容积率" in found.verified
    # Three codes, three ratios, two classes; of a map three shapes.
    assert found.figure_count == 8 + 3 * (ending == ".gpkg")
