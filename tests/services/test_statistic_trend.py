"""A figure over the years, from dated records where the registers themselves are younger."""

from collections.abc import Iterator
from datetime import date

import pytest

from geoapp.errors import UsageError
from geoapp.services.plot_facts import today
from geoapp.services.statistic_trend import statistic_trend, trend_record
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.small_district import fill, write

# The small district recognises 4,000 m2 of plot A, half of which lies in zone Z1. One more record of 2025 adds 1,000.


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The small district with more recognitions; only read."""
    workspace = fill(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("trend"))))
    recognised = workspace.store.read("recognitions").iloc[0].to_dict()
    write(
        workspace,
        recognitions=[
            {**recognised, "recognised_on": date(2023, 5, 1)},
            {
                **recognised,
                "recognition_code": "RD-2025",
                "recognised_on": date(2025, 2, 1),
                "area_m2": 1_000.0,
            },
        ],
    )
    yield workspace
    workspace.store.close()


def test_recognised_area_grows_with_its_records(district: Workspace) -> None:
    trend = statistic_trend(district, "revitalised_recognised_m2", zones="control_zones")
    by_year = dict(zip([day.isoformat()[:4] for day in trend.days], trend.figures["(total)"], strict=True))
    assert (by_year["2023"], by_year["2024"], by_year["2025"]) == (4_000, 4_000, 5_000)
    assert trend.days[-1] == today()
    in_z1 = dict(zip(by_year, trend.figures["Z1"], strict=True))
    assert in_z1["2024"] == pytest.approx(2_000, rel=1e-6)
    assert in_z1["2025"] == pytest.approx(2_500, rel=1e-6)


def test_it_says_that_the_registers_are_younger(district: Workspace) -> None:
    trend = statistic_trend(district, "plot_count")
    assert set(trend.figures["(total)"]) == {3}
    assert trend.is_dated_only[0]
    assert not trend.is_dated_only[-1]
    assert "年末还没有台账修订" in trend.note


def test_the_record_for_the_page_is_in_the_unit_chosen(district: Workspace) -> None:
    trend = statistic_trend(district, "revitalised_recognised_mu")
    record = trend_record(trend, "ha")
    assert record["zones"][-1]["values"][-1] == pytest.approx(0.5)
    assert (record["unit_zh"], record["zones"][-1]["name"]) == ("公顷", "合计")
    assert trend_record(trend, "mu")["zones"][-1]["values"][-1] == pytest.approx(7.5)


def test_a_figure_that_there_is_not_is_refused(district: Workspace) -> None:
    with pytest.raises(UsageError, match="没有指标“beauty”"):
        statistic_trend(district, "beauty")


def test_years_before_the_rules_are_unknown_and_say_why(district: Workspace) -> None:
    recognised = district.store.read("recognitions").iloc[0].to_dict()
    early = {**recognised, "recognition_code": "RD-2018", "recognised_on": date(2018, 2, 1)}
    write(district, recognitions=[early])
    trend = statistic_trend(district, "plot_count")
    assert [day.year for day in trend.days][:3] == [2018, 2019, 2020]
    values = trend_record(trend, "mu")["zones"][-1]["values"]
    assert values[:2] == [None, None]
    assert None not in values[2:]
    assert "2018—2019 年末没有数：" in trend.note
    assert "尚未生效" in trend.note
