"""Land terms on the small district: classes, sums, who is due, what the review leads to, files, map style."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from geoapp.domain.frame import plain_records
from geoapp.domain.sight import LEAST_SIGHT
from geoapp.errors import UsageError
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.alarms import alarm_sheet
from geoapp.services.as_of import AsOf
from geoapp.services.land_term_tables import sheet_record, term_table
from geoapp.services.land_terms import place_lines, term_rows, term_sheet
from geoapp.services.map_styles import map_style
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from geoapp.services.zone_statistics import zone_statistics
from tests.lending import Lender, lend_workspaces
from tests.services.test_projects import AGREEMENT, item
from tests.small_district import fill, write

DAY = date(2026, 3, 1)
ENDS = [
    {"plot_code": "DK-A", "right_type": "granted", "term_end_on": "2027-03-01", "town_code": "330205103"},
    {"plot_code": "DK-B", "right_type": "granted", "term_end_on": "2026-02-28", "town_code": "330205103"},
    {"plot_code": "DK/C", "right_type": "allocated", "term_end_on": "2026-02-28"},
]


def fill_ending(workspace: Workspace) -> None:
    fill(workspace)
    write(workspace, plots=ENDS)


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_ending)


@pytest.fixture
def ending(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with terms that end; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def state(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=True)


def test_a_term_that_has_just_a_year_left_is_due_and_allocated_land_never(ending: Workspace) -> None:
    rows = term_rows(ending, state(ending))
    # 365 days ahead is the day itself: due. Exactly one year left belongs to the class above.
    assert rows[["bucket", "is_due", "advice"]].to_numpy().tolist() == [
        ["below_0", True, "没有履约协议，逐项评估"],
        ["1_to_5", True, "没有履约协议，逐项评估"],
        ["endless", False, ""],
    ]
    assert rows.index.tolist() == ["DK-B", "DK-A", "DK/C"]
    assert plain_records(rows)[1]["review_on"] == date(2026, 3, 1)
    assert not term_rows(ending, state(ending, date(2026, 2, 28))).loc["DK-A", "is_due"]


@pytest.mark.parametrize(
    ("items", "kept", "advice"),
    [
        ([item(2025, 20.0, 20.0)], "met", "达标，可以续期"),
        ([item(2025, 20.0, 15.0)], "missed", "未达标，收回或提高地价"),
        ([item(2025, 20.0, None)], "unknown", "先补填履约实际值"),
        ([], "unknown", "先补填履约实际值"),
        ([item(2026, 20.0, 20.0)], "unjudged", "按履约协议另行评估"),  # the year is not over
        ([item(2025, 20.0, None), item(2024, 20.0, 20.0)], "unknown", "先补填履约实际值"),
    ],
)
def test_the_review_follows_the_agreement(
    ending: Workspace, items: list[dict[str, object]], kept: str, advice: str
) -> None:
    write(ending, agreements=[AGREEMENT], **({"agreement_items": items} if items else {}))
    assert term_rows(ending, state(ending)).loc["DK-A", ["kept", "advice"]].tolist() == [kept, advice]


def test_whom_the_figures_are_hidden_from_is_not_told_that_they_are_kept(ending: Workspace) -> None:
    write(ending, agreements=[AGREEMENT], agreement_items=[item(2025, 20.0, 15.0)])
    seen = seen_by(ending, LEAST_SIGHT)
    assert term_rows(seen, state(ending)).loc["DK-A", "kept"] == "unjudged"


def test_of_several_agreements_the_worst_counts_and_ended_ones_do_not(ending: Workspace) -> None:
    write(
        ending,
        agreements=[
            AGREEMENT, AGREEMENT | {"agreement_code": "XY2"}, AGREEMENT | {"agreement_code": "XY3", "status": "ended"}
        ],
        agreement_items=[item(2025, 20.0, 20.0), item(2025, 20.0, 1.0, "XY2"), item(2025, 20.0, 1.0, "XY3")],
    )  # fmt: skip
    row = term_rows(ending, state(ending)).loc["DK-A"]
    assert row[["agreement_code", "kept"]].tolist() == ["XY2", "missed"]


def test_sums_by_place_add_up_to_those_of_the_statistic(ending: Workspace) -> None:
    sheet = term_sheet(ending, state(ending))
    towns, parks = place_lines(sheet, "town_code"), place_lines(sheet, "park_code")
    # A and B in the town, C nowhere; none in a park.
    assert [(line["code"], line["plot_count"]) for line in towns] == [("330205103", 2), ("", 1)]
    assert [(line["code"], line["plot_count"]) for line in parks] == [("", 3)]
    assert sum(line["area_m2"] for line in towns) == pytest.approx(sheet.total["area_m2"].sum())
    rows = zone_statistics(ending, zones="towns", day=DAY, statistics=["land_terms"]).rows
    whole = rows[rows["kind"] == "total"].iloc[0]
    for bucket, area_m2 in sheet.total["area_m2"].items():
        assert np.nan_to_num(whole[f"term_{bucket}_area_m2"]) == pytest.approx(area_m2)  # NaN: no such plot


def test_a_sheet_is_chosen(ending: Workspace) -> None:
    def codes(**chosen: str) -> list[str]:
        return list(term_sheet(ending, state(ending), chosen=chosen).plots.index)

    assert (codes(bucket="endless"), codes(due="yes"), codes(town_code="330205103")) == (
        ["DK/C"], ["DK-B", "DK-A"], ["DK-B", "DK-A"],
    )  # fmt: skip
    assert codes(kept="met") == []
    for wrong in ({"bucket": "nix"}, {"kept": "nix"}, {"due": "no"}):
        with pytest.raises(UsageError, match="可用"):
            codes(**wrong)


def test_files_data_and_the_alarm_say_the_same(ending: Workspace) -> None:
    sheet = term_sheet(ending, state(ending), chosen={"due": "yes"})
    text = record_table_bytes(term_table(ending, sheet), ".csv").decode("utf-8-sig")
    assert "已到期" in text
    record = sheet_record(ending, term_sheet(ending, state(ending)))
    assert [plot["term_left_years"] for plot in record["plots"]][1:] == [1.0, None]
    assert {line["bucket"]: line["plot_count"] for line in record["buckets"]}["below_0"] == 1
    alarms = alarm_sheet(ending, state(ending), kind="term").alarms
    assert set(sheet.plots.index) <= set(alarms["key"])


def test_plots_are_coloured_by_class(ending: Workspace) -> None:
    style = map_style(ending, "plots", "land_term", state(ending))
    assert [style.scheme.items[place].value for place in style.class_index] == [
        "1_to_5",
        "below_0",
        "endless",
    ]
    assert style.scheme.items[0].zh == "已到期"
