"""Micro-enterprise parks on the small district: criteria, bands of a year, occupancy, alarms, files, map styles."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geoapp.errors import NotFoundError, UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.alarms import alarm_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.import_file import stage_import
from geoapp.services.map_layers import map_layers
from geoapp.services.map_styles import map_style
from geoapp.services.map_tiles import TileQuery, tile_version
from geoapp.services.micro_park_tables import micro_park_table, page_record, sheet_record
from geoapp.services.micro_parks import micro_park_page, micro_park_rows, micro_park_sheet
from geoapp.services.workspace import Workspace
from tests.lending import Lender, lend_workspaces
from tests.small_district import box, fill, write

DAY = date(2026, 3, 1)
SOUND: dict[str, Any] = {
    "micro_park_code": "W1", "name": "示例小微园", "status": "operating", "kind": "manufacturing", "star_level": 4,
    "land_area_m2": 20_000.0, "gfa_m2": 30_000.0, "origin": "new", "land_nature": "industrial", "operator": "示例运营",
    "leased_area_m2": 6_000.0, "leasable_area_m2": 4_000.0, "enterprise_count": 10, "small_micro_count": 8,
    "is_safe": True, "opened_on": "2020-01-01", "town_code": "330205103", "geometry": box(0),
}  # fmt: skip
PARKS = [
    SOUND,
    SOUND | {"micro_park_code": "W2", "star_level": 3, "leasable_area_m2": 1_000.0},
    SOUND | {"micro_park_code": "W3", "star_level": None, "gfa_m2": 29_000.0, "leasable_area_m2": None},
    SOUND | {"micro_park_code": "W4", "star_level": None, "operator": None, "leasable_area_m2": 0.0},
    SOUND | {"micro_park_code": "W5", "status": "planned", "operator": "无", "geometry": None},
]
YEARS = [
    {"micro_park_code": "W1", "year": 2025, "score": 10.0, "tax_wan": 600.0, "revenue_wan": 6_000.0},
    {"micro_park_code": "W2", "year": 2025, "score": 80.0, "grade": "A"},
    {"micro_park_code": "W3", "year": 2025, "score": 90.0},
    {"micro_park_code": "W2", "year": 2024, "score": 80.0},
]


def fill_parks(workspace: Workspace) -> None:
    fill(workspace)
    write(workspace, micro_parks=PARKS, micro_park_years=YEARS)


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_parks)


@pytest.fixture
def parks(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with micro parks; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def state(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=True)


def test_the_year_of_a_park(parks: Workspace) -> None:
    rows = micro_park_rows(parks, state(parks), 2025)
    # 20,000 m2 are 30 亩: 600 / 30 and 6,000 / 30; 6,000 of 10,000 m2 are let; 8 of 10 enterprises are small.
    row = rows.loc["W1", ["tax_wan_per_mu", "revenue_wan_per_mu", "occupancy_share", "small_micro_share"]]
    assert row.tolist() == pytest.approx([20.0, 200.0, 0.6, 0.8])
    # W1 has four stars, W2 is ranked alone, W3 has too little floor area, W4 no score, W5 is not open.
    assert rows["band"].tolist() == ["A", "D", "D", "unknown", "none"]
    assert rows["is_band_different"].tolist() == [False, True, False, False, False]
    assert micro_park_rows(parks, state(parks), 2022)["band"].tolist()[:2] == ["transition", "transition"]


def test_criteria_of_recognition(parks: Workspace) -> None:
    rows = micro_park_rows(parks, state(parks), 2025)
    assert rows["failed_count"].tolist() == [0, 0, 1, 0, 2]
    assert rows["unknown_count"].tolist() == [0, 0, 0, 1, 0]
    criteria = {hit.rule_id: hit for hit in micro_park_page(parks, state(parks), "W5").criteria}
    assert list(criteria) == [f"MP{number}" for number in range(1, 8)]
    assert {name for name, hit in criteria.items() if hit.verdict == "yes"} == {"MP1", "MP2"}
    assert (criteria["MP4"].measured_zh, criteria["MP4"].threshold_zh) == (
        "30000.00 平方米",
        "30000.00 平方米",
    )


def test_a_sheet_counts_all_and_shows_what_is_chosen(parks: Workspace) -> None:
    def codes(**chosen: str) -> list[str]:
        return list(micro_park_sheet(parks, state(parks), chosen=chosen).parks.index)

    sheet = micro_park_sheet(parks, state(parks))
    assert (sheet.year, sheet.years) == (2025, (2025, 2024))
    assert {band: count for band, count in sheet.band_counts.items() if count} == {
        "A": 1, "D": 2, "unknown": 1, "none": 1,
    }  # fmt: skip
    # 6,000 * 3 let of 10,000 + 7,000 + 6,000; W3 does not say what is left.
    assert sheet.occupancy_share == pytest.approx(18 / 23)
    assert (codes(star="3"), codes(star="none"), codes(band="D"), codes(status="planned")) == (
        ["W2"], ["W3", "W4"], ["W2", "W3"], ["W5"],
    )  # fmt: skip
    for wrong in ({"star": "45"}, {"band": "nix"}):
        with pytest.raises(UsageError, match="可用"):
            codes(**wrong)
    with pytest.raises(NotFoundError, match="没有小微企业园“W9”"):
        micro_park_page(parks, state(parks), "W9")


def test_a_page_has_the_years_and_the_plots_inside(parks: Workspace) -> None:
    found = micro_park_page(parks, state(parks), "W2")
    assert [(year["year"], year["band"]) for year in found.years] == [(2025, "D"), (2024, "D")]
    assert found.plots == ("DK-A",)
    assert micro_park_page(parks, state(parks), "W5").plots == ()
    record = page_record(parks, found)
    assert record["criteria"][0]["rule"] == "MP1"
    assert "tax_wan" not in record["years"][0]


def test_alarms_of_missing_years_and_empty_parks(parks: Workspace) -> None:
    alarms = alarm_sheet(parks, state(parks), kind="micro_park").alarms
    assert alarms[["key", "message"]].to_numpy().tolist() == [
        ["W1", "出租率 60.0%，低于 70%。"], ["W4", "没有填 2025 年的绩效得分。"]
    ]  # fmt: skip


def test_files_and_data(parks: Workspace, tmp_path: Path) -> None:
    sheet = micro_park_sheet(parks, state(parks))
    text = record_table_bytes(micro_park_table(parks, sheet), ".csv").decode("utf-8-sig")
    assert "D 档" in text
    assert "亩均税收(万元/亩)" in text
    assert sheet_record(parks, sheet)["parks"][0]["tax_wan_per_mu"] == 20.0
    file = tmp_path / "years.csv"
    file.write_text("园区编号,年度,得分,档次\nW4,2025,66.5,C档\n", encoding="utf-8")
    staged = stage_import(parks, "micro_park_years", file)
    assert staged.is_acceptable
    assert staged.summary["new"] == 1


def test_parks_are_coloured_by_stars_and_bands(parks: Workspace) -> None:
    stars = map_style(parks, "micro_parks", "star", state(parks))
    assert [stars.scheme.items[place].zh for place in stars.class_index] == [
        "四星", "三星", "没有评星", "没有评星", "四星",
    ]  # fmt: skip
    query = TileQuery("micro_parks", 12, 0, 0, style="band")
    before = tile_version(parks, query, state(parks))
    write(parks, micro_park_years=[{"micro_park_code": "W4", "year": 2025, "score": 99.0}])
    assert tile_version(parks, query, state(parks)) != before
    bands = map_style(parks, "micro_parks", "band", state(parks))
    assert [bands.scheme.items[place].value for place in bands.class_index] == ["A", "D", "D", "C", "none"]
    (layer,) = (layer for layer in map_layers(parks, DAY) if layer.id == "micro_parks")
    assert [scheme.id for scheme in layer.schemes] == ["kind", "star", "band"]


def test_no_parks_and_no_years(workspace: Workspace) -> None:
    sheet = micro_park_sheet(workspace, state(workspace))
    assert (sheet.total, sheet.year) == (0, 2025)
    assert alarm_sheet(workspace, state(workspace)).counts["micro_park"] == 0
