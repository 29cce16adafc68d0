"""What-if: every figure and every check by hand, in `whatif.toml`, and what must hold for any plot."""

import tomllib
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from geoapp.analysis.support import support_conditions
from geoapp.analysis.whatif import Massing, outcome, split_all, split_by_building, storey_factor
from geoapp.analysis.whatif_checks import Limits, check_all, is_raised
from geoapp.units import m2_to_mu

CASES = tomllib.loads(Path(__file__).with_name("whatif.toml").read_text(encoding="utf-8"))["case"]
PLOT = {
    "site_area_m2": 10_000.0, "gfa_counted_m2": 8_000.0, "gfa_actual_m2": 8_000.0, "footprint_m2": 4_000.0,
    "structure_yard_m2": 0.0, "support_gfa_m2": 400.0, "building_coefficient": 0.4, "recognised_m2": 0.0,
    "plan_far_min": 1.2, "plan_far_max": 2.5, "height_limit_m": None, "is_inside": True, "grade": "B",
    "term_left_years": 20.0, "is_above_scale": True, "tax_wan_per_mu": 6.0, "industry_code": "3441",
}  # fmt: skip
LIMITS: dict[str, Any] = {
    "far_new_min": 2.0, "far_industry_min": {"34": 0.7, "39": 1.0},
    "coefficient_min": 0.3, "term_min_years": 5.0, "support_floor_cap": 0.15,
    "support_land_cap": 0.07, "support_floor_cap_raised": 0.30, "support_land_cap_raised": 0.15,
    "raised_grades": ["A", "B"], "raised_area_mu": 50.0, "tax_above_scale": 5.0, "tax_below_scale": 3.0,
    "micro_park_min_gfa_m2": None, "is_tax_checked": False, "is_outside_only": False, "is_use_changed": False,
}  # fmt: skip
ANSWERS = {True: "符合", False: "不符合", None: "不明"}
TEXTS = {"is_inside": "boolean", "is_above_scale": "boolean", "grade": "str", "industry_code": "str"}


def known(value: Any) -> Any:
    return None if value in ("不知道", "没有") else value


def rows_of(*changes: dict[str, Any]) -> pd.DataFrame:
    records = [PLOT | {name: known(value) for name, value in change.items()} for change in changes]
    frame = pd.DataFrame(records, index=[f"P{number}" for number in range(len(records))])
    return frame.astype({name: TEXTS.get(name, "float64") for name in frame})


def massing(plan: dict[str, Any]) -> Massing:
    height = float(plan.get("storey_height_m", 5.0))
    return Massing(
        storey_height_m=height, storey_factor=storey_factor(height, [(8.0, 2.0)]), coefficient=plan.get("coefficient"),
        support_share=plan.get("support_share"), support_land_share=plan.get("support_land_share"),
        is_cleared=plan.get("is_cleared", False),
    )  # fmt: skip


def planned(plots: pd.DataFrame, plan: dict[str, Any]) -> pd.DataFrame:
    rows = plots.join(split_all(plots, is_demolished=plan["demolish"]))
    return rows.assign(target_far=plan.get("far", float("nan")))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    rows = planned(rows_of(case.get("plot", {})), case["plan"])
    after = outcome(rows, massing(case["plan"]))
    for name, expected in case.get("after", {}).items():
        found = after[name].iloc[0]
        assert pd.isna(found) if expected == "不知道" else found == pytest.approx(expected), name
    limits = LIMITS | {name: known(value) for name, value in case.get("limits", {}).items()}
    grades = frozenset(limits.pop("raised_grades"))
    is_cleared = case["plan"].get("is_cleared", False)
    checks = check_all(rows, after, Limits(**limits, raised_grades=grades, is_cleared=is_cleared))
    for name, expected in case.get("checks", {}).items():
        answer = checks[name].passes.iloc[0]
        assert ANSWERS[None if pd.isna(answer) else bool(answer)] == expected, name
        assert bool(checks[name].applies.iloc[0])
    for name in case.get("absent", []):
        assert name not in checks or not checks[name].applies.iloc[0]


def test_buildings_go_one_by_one() -> None:
    plots = rows_of({}, {}, {})
    buildings = pd.DataFrame(
        {
            "building_code": ["B1", "B2", "B3"],
            "plot_code": ["P0", "P0", "P1"],
            "gfa_m2": [3_000.0, 5_000.0, None],
            "counted_m2": [3_000.0, 5_000.0, None],
        }
    )
    split = split_by_building(plots, buildings, ["B1", "B3"])
    # P0: 8000 - 3000; what B3 has nobody knows, so neither what P1 keeps; P2 is not touched
    assert split["kept_counted_m2"].iloc[[0, 2]].tolist() == [5_000.0, 8_000.0]
    assert split["demolished_actual_m2"].iloc[[0, 2]].tolist() == [3_000.0, 0.0]
    assert split.loc["P1"].isna().all()


def test_what_goes_is_never_more_than_there_is() -> None:
    buildings = pd.DataFrame(
        {"building_code": ["B1"], "plot_code": ["P0"], "gfa_m2": [9_000.0], "counted_m2": [18_000.0]}
    )
    assert split_by_building(rows_of({}), buildings, ["B1"])["kept_counted_m2"].tolist() == [0.0]


answers = st.sampled_from([True, False, None])


@settings(max_examples=25)
@given(
    is_inside=answers,
    grade=st.sampled_from(["A", "C", None]),
    area_m2=st.sampled_from([20_000.0, 40_000.0, None]),
    gfa_m2=st.sampled_from([0.0, 8_000.0, None]),
)
def test_raised_caps_agree_with_those_of_the_proof_sheet(
    is_inside: bool | None, grade: str | None, area_m2: float | None, gfa_m2: float | None
) -> None:
    plots = rows_of(
        {"is_inside": is_inside, "grade": grade, "site_area_m2": area_m2, "gfa_counted_m2": gfa_m2}
    )
    limits = LIMITS | {"raised_grades": frozenset({"A", "B"}), "is_cleared": False}
    found = is_raised(plots, Limits(**limits)).iloc[0]
    expected = support_conditions(
        is_existing=None if gfa_m2 is None else gfa_m2 > 0,
        is_inside=is_inside,
        grade=grade,
        area_mu=None if area_m2 is None else m2_to_mu(area_m2),
        grades=["A", "B"],
        least_area_mu=50.0,
    ).is_raised
    assert (None if pd.isna(found) else bool(found)) is expected


@settings(max_examples=25)
@given(
    far=st.floats(0.1, 5.0), site=st.floats(100.0, 1e6), gfa=st.floats(0.0, 1e6), is_demolished=st.booleans()
)
def test_gross_net_and_ratio_belong_together(
    far: float, site: float, gfa: float, is_demolished: bool
) -> None:
    plots = rows_of({"site_area_m2": site, "gfa_counted_m2": gfa, "gfa_actual_m2": gfa})
    rows = planned(plots, {"far": far, "demolish": is_demolished})
    found = outcome(rows, massing({})).iloc[0]
    assert found["gross_m2"] >= found["net_m2"] >= 0
    assert found["change_m2"] == pytest.approx(found["gfa_actual_after_m2"] - gfa, abs=1e-6)
    assert found["far_after"] == pytest.approx(max(far, 0.0 if is_demolished else gfa / site))


def test_no_plots_give_no_rows() -> None:
    rows = planned(rows_of({}).iloc[:0], {"far": 2.0, "demolish": True})
    assert len(outcome(rows, massing({}))) == 0


def test_nothing_given_is_changed() -> None:
    rows = planned(rows_of({}), {"far": 2.0, "demolish": True})
    before = rows.copy()
    outcome(rows, massing({"coefficient": 0.5}))
    pd.testing.assert_frame_equal(rows, before)
