"""Runs the cases of every statistic: `<id>.toml` beside this file, for officials to read and add to.

A case lists plots (values by name as in the plot facts; a value left out is unknown) with the share of each that
lies in a zone; what is left over is outside. It says what each row must show, in the unit shown (亩, %, 平方米);
"未知" is what a table shows as "—".
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoapp.analysis.overlay import Membership
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.statistic import Statistic, ZoneWeights
from geoapp.services.workspace import load_policy
from geoapp.statistics import compute_statistics, find_statistics, statistic_columns

CASES_DIR = Path(__file__).parent
TEXTS = ("low_efficiency", "grade")
ROWS_AFTER_ZONES = ["区外", "合计"]
DAY = date(2026, 3, 1)
STATISTICS = {statistic.id: statistic for statistic in find_statistics(load_policy(), DAY)}
"""Under the numbers of our own rule book on that day."""


def cases_of(statistic_id: str) -> list[dict[str, Any]]:
    path = CASES_DIR / f"{statistic_id}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["case"] if path.is_file() else []


ALL_CASES = [
    pytest.param(STATISTICS[name], case, id=f"{name}: {case['name']}")
    for name in STATISTICS
    for case in cases_of(name)
]


def weights_of(shares: np.ndarray) -> ZoneWeights:
    largest = np.zeros_like(shares)
    inside = shares.sum(axis=1) > 0
    largest[inside, shares[inside].argmax(axis=1)] = 1
    return zone_weights(
        Membership(
            method="clip",
            areas=sparse.csr_array(shares),
            counts=sparse.csr_array(largest),
            outside_share=1 - shares.sum(axis=1),
            outside_count=1 - largest.sum(axis=1),
            has_area=np.ones(len(shares), dtype=bool),
            overlap_share=np.zeros(len(shares)),
        )
    )


def facts_of(statistic: Statistic, plots: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series([plot.get(name) for plot in plots], dtype="str" if name in TEXTS else "float64")
            for name in statistic.needs
        },
        index=range(len(plots)),
    )


@pytest.mark.parametrize("statistic_id", STATISTICS)
def test_every_statistic_has_cases(statistic_id: str) -> None:
    assert cases_of(statistic_id)


@pytest.mark.parametrize(("statistic", "case"), ALL_CASES)
def test_case(statistic: Statistic, case: dict[str, Any]) -> None:
    plots, zones = case["plots"], case.get("zones", ["甲"])
    shares = np.array([[plot["in"].get(zone, 0.0) for zone in zones] for plot in plots])
    facts = facts_of(statistic, plots)
    before = facts.copy()
    table = compute_statistics(facts, weights_of(shares), [statistic])
    pd.testing.assert_frame_equal(facts, before)
    shown = {
        column.shown_name: column.to_shown(table[column.name].to_numpy()) for column in statistic.columns
    }
    for row, expected in case["expected"].items():
        position = [*zones, *ROWS_AFTER_ZONES].index(row)
        for name, value in expected.items():
            number = np.nan if value == "未知" else value
            np.testing.assert_allclose(
                shown[name][position], number, rtol=1e-6, atol=1e-9, err_msg=f"{row} {name}"
            )


def test_every_column_of_a_statistic_is_expected_in_some_case() -> None:
    for statistic_id, statistic in STATISTICS.items():
        expected = {
            name for case in cases_of(statistic_id) for row in case["expected"].values() for name in row
        }
        assert {column.shown_name for column in statistic.columns} == expected, statistic_id


def test_columns_of_all_statistics_are_distinct_and_explained() -> None:
    columns = statistic_columns(list(STATISTICS.values()))
    assert len({column.name for column in columns}) == len(columns)
    assert len({column.shown_name for column in columns}) == len(columns)
    assert all(column.formula and column.zh and column.en for column in columns)


def test_all_statistics_together_on_no_plots() -> None:
    needed = {name for statistic in STATISTICS.values() for name in statistic.needs}
    facts = pd.DataFrame({n: pd.Series(dtype="str" if n in TEXTS else "float64") for n in needed})
    table = compute_statistics(facts, weights_of(np.zeros((0, 2))), list(STATISTICS.values()))
    assert table.shape == (4, len(statistic_columns(list(STATISTICS.values()))))
    assert table["plot_count"].tolist() == [0, 0, 0, 0]
    assert table["far"].isna().all()


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(KeyError, match="site_area_m2"):
        compute_statistics(pd.DataFrame(index=[0]), weights_of(np.ones((1, 1))), [STATISTICS["site_area"]])


@pytest.mark.parametrize(
    ("column", "label", "shown_name", "decimals"),
    [
        ("site_area_m2", "用地面积(亩)", "site_area_mu", 2),
        ("gfa_counted_m2", "计容建筑面积(平方米)", "gfa_counted_m2", 0),
        ("far", "容积率", "far", 2),
        ("known_gfa_share", "建筑面积已知率(%)", "known_gfa_percent", 1),
        ("plot_count", "宗数(宗)", "plot_count", 0),
    ],
)
def test_labels_and_shown_names_carry_the_unit(
    column: str, label: str, shown_name: str, decimals: int
) -> None:
    found = {c.name: c for c in statistic_columns(list(STATISTICS.values()))}[column]
    assert (found.label, found.shown_name, found.decimals) == (label, shown_name, decimals)
