"""The added statistics over registers: choosing them, the facts behind them, totals that equal the register's."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_selection import ByKeys, select_plots
from geoapp.services.statistic_facts import choose_statistics, statistic_facts
from geoapp.services.workspace import Workspace
from geoapp.services.zone_statistics import zone_statistics
from tests.small_district import box, fill, write

DAY = date(2026, 3, 1)
TOTAL = "(total)"
PARTITIONS = ("far_distribution", "far_tax_quadrants", "land_terms")
"""Statistics whose columns part the land."""


def test_statistics_are_chosen_by_id_and_keep_the_order_of_the_table(workspace: Workspace) -> None:
    found, words, early = choose_statistics(workspace.policy, DAY, ["vacancy", "plot_count", "vacancy"])
    assert [statistic.id for statistic in found] == ["plot_count", "vacancy"]
    assert (words, early) == ("所选 2 项：宗数、空置", ())
    everything, words, _ = choose_statistics(workspace.policy, DAY)
    assert words == f"全部 {len(everything)} 项"


def test_what_does_not_hold_yet_is_left_out_and_said(workspace: Workspace) -> None:
    found, words, early = choose_statistics(
        workspace.policy, date(2020, 1, 1), ["plot_count", "far_tax_quadrants"]
    )
    assert [statistic.id for statistic in found] == ["plot_count"]
    assert words == "所选 1 项：宗数"
    assert early == ("指标“容积率税收四象限”所用的数在 2020-01-01 尚未生效，没有列出。",)
    assert choose_statistics(workspace.policy, DAY, [])[:2] == ([], "所选 0 项：无")


def test_unknown_statistic_is_refused_with_those_there_are(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"没有指标“beauty”；可用：.*plot_count"):
        zone_statistics(workspace, statistics=["beauty"], day=DAY)


def test_table_has_only_what_was_chosen_and_says_so(workspace: Workspace) -> None:
    fill(workspace)
    table = zone_statistics(workspace, day=DAY, statistics=["far_quartiles", "site_area"])
    assert [column.name for column in table.columns] == [
        "site_area_m2",
        "far_lower_quartile",
        "far_median",
        "far_upper_quartile",
    ]
    assert table.terms["指标"] == "所选 2 项：用地面积、容积率四分位"
    # A: 30000 m2 at 0.8, B: 29000 m2 at 1.5; C's plot ratio is unknown
    assert table.rows.loc[TOTAL, ["far_lower_quartile", "far_median", "far_upper_quartile"]].tolist() == [
        0.8,
        0.8,
        1.5,
    ]


def test_no_plots_give_zeroes_for_sums_and_unknown_ratios(workspace: Workspace) -> None:
    table = zone_statistics(workspace, day=DAY)
    total = table.rows.loc[TOTAL]
    assert total[["far_unknown_area_m2", "term_endless_area_m2", "potential_gfa_m2"]].tolist() == [0, 0, 0]
    assert total[["zone_tax_wan_per_mu", "far_median", "largest_plots_share"]].isna().all()


def test_facts_come_from_the_registers(workspace: Workspace) -> None:
    ends = {"DK-1": "2036-03-01", "DK-2": None, "DK-3": "2025-03-01"}
    plots = [
        {"plot_code": code, "area_reg_m2": 10_000.0, "term_end_on": end, "geometry": box(300 * at)}
        for at, (code, end) in enumerate(ends.items())
    ]
    plots[0]["vacancy_percent"] = 40.0
    plots[1]["right_type"] = "allocated"
    write(workspace, plots=plots)
    facts = plot_facts(workspace, day=DAY)
    assert facts["term_left_years"].tolist() == [10, np.inf, -1]
    assert facts["vacancy_percent"].iloc[0] == 40
    total = zone_statistics(workspace, day=DAY).shown.loc[TOTAL]
    assert total[["term_10_to_20_area_mu", "term_endless_area_mu", "term_below_0_area_mu"]].tolist() == [
        15,
        15,
        15,
    ]
    assert total[["vacancy_percent", "known_vacancy_percent"]].tolist() == pytest.approx([40, 100 / 3])


def test_potential_is_that_of_the_same_plots_when_selected(demo_workspace: Workspace) -> None:
    state = AsOf(demo_workspace.store.revision(), DAY, is_now=True)
    keys = list(plot_facts(demo_workspace, revision=state.revision, day=DAY).index)
    summary = select_plots(demo_workspace, ByKeys(keys), state).summary
    shown = zone_statistics(demo_workspace, day=DAY, statistics=["development_potential"]).shown.loc[TOTAL]
    assert summary.developable_count > 0
    assert shown["developable_area_mu"] == pytest.approx(summary.developable_mu)
    assert shown["developable_constrained_area_mu"] == pytest.approx(summary.constrained_mu)
    assert shown["developable_unknown_area_mu"] == pytest.approx(summary.unknown_developable_mu)
    assert shown["potential_gfa_m2"] == pytest.approx(summary.potential_gfa_m2)


def test_verdicts_are_made_only_when_asked_for(demo_workspace: Workspace) -> None:
    state = AsOf(demo_workspace.store.revision(), date(2026, 2, 27), is_now=True)
    plain = statistic_facts(demo_workspace, ["site_area_m2"], state)
    assert list(plain.columns) == ["site_area_m2"]
    both = statistic_facts(demo_workspace, ["site_area_m2", "developable"], state)
    assert set(both["developable"].dropna().unique()) <= {0.0, 1.0}
    assert plain.index.equals(both.index)


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
def test_additive_columns_of_the_demo_district_add_up(demo_workspace: Workspace, membership: str) -> None:
    chosen = ["site_area", "development_potential", *PARTITIONS]
    table = zone_statistics(demo_workspace, zones="parks", membership=membership, day=DAY, statistics=chosen)
    rows = table.rows.drop(columns=["name", "kind"]).astype(float)
    parts = rows.drop(index=TOTAL).fillna(0.0).sum()
    np.testing.assert_allclose(parts, rows.loc[TOTAL], rtol=1e-9)
    for statistic in choose_statistics(demo_workspace.policy, DAY, PARTITIONS)[0]:
        names = [column.name for column in statistic.columns]
        assert rows.loc[TOTAL, names].sum() == pytest.approx(rows.loc[TOTAL, "site_area_m2"], rel=1e-12)


def test_ratios_of_the_demo_district_equal_a_plain_sum_over_the_register(demo_workspace: Workspace) -> None:
    facts = plot_facts(demo_workspace, day=DAY)
    total = zone_statistics(demo_workspace, day=DAY).rows.loc[TOTAL]
    tax_wan = land_mu = above_wan = above_mu = 0.0
    for plot in facts.itertuples():
        if math.isnan(plot.tax_wan) or math.isnan(plot.site_area_m2):
            continue
        tax_wan, land_mu = tax_wan + plot.tax_wan, land_mu + plot.site_area_m2 * 15 / 10_000
        if not pd.isna(plot.is_above_scale) and plot.is_above_scale:
            above_wan, above_mu = above_wan + plot.tax_wan, above_mu + plot.site_area_m2 * 15 / 10_000
    assert total["zone_tax_wan_per_mu"] == pytest.approx(tax_wan / land_mu)
    assert total["zone_tax_above_scale_wan_per_mu"] == pytest.approx(above_wan / above_mu)
    largest = sorted(facts["site_area_m2"].dropna(), reverse=True)
    assert total["largest_plots_share"] == pytest.approx(sum(largest[:10]) / sum(largest))


def test_a_plot_with_a_broken_outline_is_not_developable(workspace: Workspace) -> None:
    bow = shapely.Polygon(
        [(500_000, 3_300_000), (500_200, 3_300_200), (500_200, 3_300_000), (500_000, 3_300_200)]
    )
    write(
        workspace, plots=[{"plot_code": "DK-1", "landuse_code": "0601", "area_reg_m2": 9e3, "geometry": bow}]
    )
    total = zone_statistics(workspace, day=DAY, statistics=["development_potential"]).rows.loc[TOTAL]
    assert (total["developable_area_m2"], total["potential_gfa_m2"]) == (0, 0)
