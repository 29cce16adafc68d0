"""Runs `candidate_terms.toml`, for officials to read."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geoapp.analysis.candidate_terms import TERMS, TermScales, candidate_terms, far_target

CASES = tomllib.loads(Path(__file__).with_suffix(".toml").with_stem("candidate_terms").read_text("utf-8"))[
    "case"
]
DAY = date(2026, 3, 1)
SCALES = TermScales(
    tax_target_wan_per_mu=50.0, full_hit_count=4, full_area_mu=50.0, full_age_years=30,
    will={"willing": 1.0, "open": 0.5, "unwilling": 0.0},
)  # fmt: skip
DTYPES = {
    "far": "float64", "far_target": "float64", "tax_wan_per_mu": "float64", "is_in_control_line": "boolean",
    "low_efficiency_hit_count": "float64", "low_efficiency_unknown_count": "float64", "site_area_m2": "float64",
    "redevelopment_will": "str", "built_year": "Int64",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    plots = pd.DataFrame(
        {name: pd.Series([case["plot"].get(name)], dtype=dtype) for name, dtype in DTYPES.items()}
    )
    terms = candidate_terms(plots, SCALES, DAY)
    assert list(terms.value) == list(TERMS)
    known = terms.value.iloc[0].dropna().to_dict()
    assert known == pytest.approx(case["terms"])
    assert terms.least.iloc[0].to_dict() == pytest.approx(dict.fromkeys(TERMS, 0.0) | case["terms"])
    most = dict.fromkeys(TERMS, 1.0) | case["terms"] | case.get("most", {})
    assert terms.most.iloc[0].to_dict() == pytest.approx(most)


def test_the_target_before_the_plan_is_the_zones_alone() -> None:
    zone = pd.Series([2.5, None, 2.0, 2.0], dtype="float64")
    plan = pd.Series([None, 1.2, 1.5, 0.0], dtype="float64")
    # a limit of 0 in the register says nothing
    assert far_target(zone, plan, None).tolist() == pytest.approx([2.5, float("nan"), 1.5, 2.0], nan_ok=True)
    assert far_target(zone, plan, 2.0).tolist() == pytest.approx([2.5, 1.2, 1.5, 2.0])
