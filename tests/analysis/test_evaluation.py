"""The evaluation per 亩: the cases of evaluation.toml and evaluation_land.toml, and what no case says."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.analysis.evaluation import choose_lists, evaluate
from geoapp.analysis.evaluation_comparison import compare_results
from geoapp.analysis.evaluation_grade import grade_list, migration, quota
from geoapp.analysis.evaluation_land import crowded_plots, land_lines, land_of_enterprises, plot_shares
from geoapp.analysis.evaluation_marks import judge_marks, settle_marks
from geoapp.analysis.evaluation_plots import follow_owners, plot_results
from geoapp.analysis.evaluation_score import weights_changed
from geoapp.domain.evaluation import LISTS, EvaluationRules, GradeRules, ScoreRules

CASES = {
    name: tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))["case"]
    for name in ("evaluation", "evaluation_land")
}
FIGURES = (
    "tax_wan", "value_added_wan", "revenue_wan", "rd_wan", "energy_tce", "emission_t", "staff", "power_kwh", "land_mu",
)  # fmt: skip
RULES = EvaluationRules(
    score=dict.fromkeys(LISTS, ScoreRules(weights={"tax_per_mu": 100.0})),
    grade=dict.fromkeys(LISTS, GradeRules(shares={"A": 0.2, "B": 0.4, "D": 0.05})),
    veto_effects={"accident": "D", "dishonest": "no_AB", "overdue": "no_AB"},
    exempt_years={"new_firm": 2, "new_land": 3},
    no_exemption=("overdue",),
    tax_floors={},
    tax_floor_effect="",
    small_land_mu=3.0,
    tenants_first=True,
)


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


def rules_of(case: dict[str, Any]) -> EvaluationRules:
    score = ScoreRules(
        weights=case["weights"], given_bases=case.get("bases", {}), base_multiple=case.get("base_multiple", 1.0),
        cap=case.get("cap", 1.5) or None, averaged=tuple(case.get("averaged", ())),
    )  # fmt: skip
    grade = GradeRules(
        shares=case.get("shares", {"A": 0.2, "B": 0.4, "D": 0.05}),
        outright_in_quota=case.get("outright_in_quota", False),
    )
    floors = dict.fromkeys(LISTS, case["tax_floor"]) if "tax_floor" in case else case.get("tax_floors", {})
    return replace(
        RULES, score=dict.fromkeys(LISTS, score), grade=dict.fromkeys(LISTS, grade), tax_floors=floors,
        tax_floor_effect=case.get("tax_floor_effect", ""),
    )  # fmt: skip


def figures_of(case: dict[str, Any]) -> pd.DataFrame:
    firms = case["firms"]
    columns: dict[str, Any] = {
        name: pd.Series([firm.get(name) for firm in firms], dtype="float64") for name in FIGURES
    }
    columns |= {
        "list": case.get("list", "above_scale"),
        "is_above_scale": pd.Series([firm.get("above_scale") for firm in firms], dtype="boolean"),
        "bonus": [float(firm.get("bonus", 0)) for firm in firms],
        "malus": [float(firm.get("malus", 0)) for firm in firms],
        "veto": [firm.get("veto", "") for firm in firms],
        "is_exempt": [firm.get("exempt", False) for firm in firms],
    }
    return pd.DataFrame(columns).set_index(pd.Index([firm["uscc"] for firm in firms], name="uscc"))


@pytest.mark.parametrize("case", named(CASES["evaluation"]))
def test_evaluation_case(case: dict[str, Any]) -> None:
    found = evaluate(figures_of(case), rules_of(case))
    list_code = case.get("list", "above_scale")
    for item, value in case.get("base", {}).items():
        assert found.scores[list_code].bases.loc[item, "value"] == pytest.approx(value)
    for firm in case["firms"]:
        want, row = firm["want"], found.results.loc[firm["uscc"]]
        plain = {"grade": "grade", "rank": "rank", "state": "state", "tie": "tie", "across": "is_tie_across",
                 "below": "is_below_floor"}  # fmt: skip
        assert {key: row[plain[key]] for key in want if key in plain} == {
            key: want[key] for key in want if key in plain
        }, firm["uscc"]
        if "score" in want:
            assert row["score"] == pytest.approx(want["score"], abs=5e-4), firm["uscc"]
        else:
            assert want.keys() & {"grade", "state", "points"}, "a case must want something"
        if row["state"] == "unlisted":
            continue
        scores = found.scores[list_code]
        for item, points in want.get("points", {}).items():
            assert scores.points.loc[firm["uscc"], item] == pytest.approx(points, abs=5e-4), item
        for item, why in want.get("why", {}).items():
            assert scores.why.loc[firm["uscc"], item] == why
        averaged = scores.is_averaged.loc[firm["uscc"]]
        assert averaged[averaged].index.tolist() == want.get("averaged", [])


def lines_of(case: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [
        (row["plot"], row["uscc"], row["role"], row.get("area"), row.get("from"), row.get("to"))
        for row in case["occupied"]
    ]
    occupancies = pd.DataFrame(rows, columns=["plot_code", "uscc", "role", "area_m2", "from_on", "to_on"]).astype(
        {"plot_code": "str", "uscc": "str", "role": "str", "area_m2": "float64", "from_on": "datetime64[s]",
         "to_on": "datetime64[s]"}
    )  # fmt: skip
    plots = pd.DataFrame(
        {
            "uscc": pd.Series([plot.get("uscc") for plot in case["plots"].values()], dtype="str"),
            "site_area_m2": [float(plot["site"]) for plot in case["plots"].values()],
        }
    ).set_index(pd.Index(list(case["plots"]), name="plot_code"))
    lines = land_lines(
        occupancies,
        plots,
        2025,
        owner_area=case.get("owner_area", "occupied"),
        by_days=case.get("by_days", True),
    )
    return lines, plots


@pytest.mark.parametrize("case", named(CASES["evaluation_land"]))
def test_land_case(case: dict[str, Any]) -> None:
    lines, plots = lines_of(case)
    land = land_of_enterprises(lines)
    names = ["owned_m2", "leased_in_m2", "leased_out_m2", "land_m2"]
    assert set(land.index) == set(case["land"])
    for uscc, wanted in case["land"].items():
        expected = [np.nan if value == "未知" else float(value) for value in wanted]
        assert land.loc[uscc, names].astype(float).tolist() == pytest.approx(expected, nan_ok=True), uscc
        if "未知" not in wanted:
            owned, leased_in, leased_out, used = expected
            assert used == owned + leased_in - leased_out
    crowded = crowded_plots(lines, plots["site_area_m2"], 0.02)
    assert crowded["kind"].to_dict() == case.get("crowded", {})


TWO_PLOTS = {
    "plots": {"甲地": {"site": 10_000}, "乙地": {"site": 5_000}},
    "occupied": [
        {"plot": "甲地", "uscc": "甲", "role": "owner", "area": 6_000},
        {"plot": "甲地", "uscc": "乙", "role": "tenant", "area": 4_000},
        {"plot": "乙地", "uscc": "甲", "role": "tenant", "area": 2_000},
    ],
}


def firms(**rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index")


def test_plot_carries_the_sum_of_its_enterprises_over_its_own_land() -> None:
    lines, plots = lines_of(TWO_PLOTS)
    figures = firms(
        甲={"tax_wan": 80.0, "value_added_wan": 8.0}, 乙={"tax_wan": 15.0, "value_added_wan": np.nan}
    )
    results = firms(甲={"grade": "C"}, 乙={"grade": "A"})
    found = plot_results(lines, figures, results, plots["site_area_m2"])
    # 甲 is 6000/8000 on 甲地 and 2000/8000 on 乙地: (80 x 0.75 + 15) / 15 亩 = 5; 80 x 0.25 / 7.5 亩 = 2.667
    assert found["tax_wan_per_mu"].to_dict() == pytest.approx({"甲地": 5.0, "乙地": 20 / 7.5})
    assert np.isnan(found.loc["甲地", "value_added_wan_per_mu"])
    assert found.loc["乙地", "value_added_wan_per_mu"] == pytest.approx(2 / 7.5)
    assert found["grade"].to_dict() == {"甲地": "C", "乙地": "C"}
    assert found.loc["甲地", ["enterprise_count", "unknown_count", "uscc"]].tolist() == [2, 0, "甲"]


def test_share_is_unknown_where_an_area_is() -> None:
    case = {
        **TWO_PLOTS,
        "occupied": [*TWO_PLOTS["occupied"][:2], {"plot": "乙地", "uscc": "甲", "role": "tenant"}],
    }
    lines, plots = lines_of(case)
    assert plot_shares(lines).tolist() == pytest.approx([np.nan, 1.0, np.nan], nan_ok=True)
    figures = firms(甲={"tax_wan": 80.0, "value_added_wan": 8.0}, 乙={"tax_wan": 1.0, "value_added_wan": 1.0})
    found = plot_results(lines, figures, firms(甲={"grade": ""}), plots["site_area_m2"])
    assert found["tax_wan_per_mu"].isna().all()
    assert found["unknown_count"].to_dict() == {"甲地": 1, "乙地": 1}


def test_small_tenants_follow_the_owner_but_not_in_a_micro_park() -> None:
    lines, _ = lines_of(TWO_PLOTS)
    results = firms(
        甲={"list": "above_scale", "grade": "A"},
        乙={"list": "tenant", "grade": "D"},
        丙={"list": "tenant", "grade": "C"},
    )
    land_mu = pd.Series({"甲": 12.0, "乙": 6.0})
    nowhere = pd.Index([], dtype="str")
    follow = follow_owners(lines, results, land_mu, below_mu=6.1, own_grade_on=nowhere)
    assert follow.to_dict() == {"甲": "", "乙": "甲", "丙": ""}
    for kwargs in (
        {"below_mu": 6.0, "own_grade_on": nowhere},
        {"below_mu": 9.0, "own_grade_on": pd.Index(["甲地"])},
    ):
        assert (follow_owners(lines, results, land_mu, **kwargs) == "").all()
    ungraded = results.assign(grade=["", "D", "C"])
    assert (follow_owners(lines, ungraded, land_mu, below_mu=9.0, own_grade_on=nowhere) == "").all()


@pytest.mark.parametrize(
    ("recorded", "above", "owner", "land_mu", "tenants_first", "computed"),
    [
        (None, True, True, 50, True, "above_scale"),
        (None, True, False, 50, True, "tenant"),
        (None, True, False, 50, False, "above_scale"),
        (None, True, None, None, True, "above_scale"),
        (None, False, False, 5, False, "tenant"),
        (None, False, True, 3.0, True, "below_scale_large"),
        (None, False, True, 2.99, True, "below_scale_small"),
        (None, False, True, None, True, ""),
        (None, False, None, 5, True, ""),
        (None, None, True, 5, True, ""),
        (None, None, False, 5, True, "tenant"),
        ("tenant", False, True, 3.0, True, "below_scale_large"),
        ("别的", False, True, 3.0, True, "below_scale_large"),
    ],
)
def test_list_is_the_recorded_one_else_by_scale_and_land(
    recorded: str | None,
    above: bool | None,
    owner: bool | None,
    land_mu: float | None,
    tenants_first: bool,
    computed: str,
) -> None:
    enterprise = pd.DataFrame(
        {
            "recorded_list": pd.Series([recorded], dtype="str"),
            "is_above_scale": pd.Series([above], dtype="boolean"),
            "is_owner": pd.Series([owner], dtype="boolean"),
            "land_m2": pd.Series([None if land_mu is None else land_mu * 10_000 / 15], dtype="float64"),
        }
    )
    found = choose_lists(enterprise, replace(RULES, tenants_first=tenants_first)).iloc[0]
    assert found.tolist() == [computed, recorded if recorded == "tenant" else computed]


def marks(*rows: tuple) -> pd.DataFrame:
    columns = ["year", "uscc", "kind", "code", "points", "since_on"]
    frame = pd.DataFrame([(*row, *[None] * (6 - len(row))) for row in rows], columns=columns)
    return frame.astype({"year": "Int64", "uscc": "str", "kind": "str", "code": "str", "points": float,
                         "since_on": "datetime64[s]"})  # fmt: skip


def judged(*rows: tuple) -> pd.DataFrame:
    return judge_marks(marks(*rows), 2025, pd.Index(["甲", "乙"]), RULES)


def test_marks_of_the_year_add_up() -> None:
    found = judged(
        (2025, "甲", "bonus", "hightech", 3.0), (2025, "甲", "bonus", "brand", 2.0),
        (2024, "甲", "bonus", "brand", 9.0),
        (2025, "甲", "malus", "energy", 1.5), (2025, "甲", "veto", "dishonest"), (2025, "甲", "veto", "accident"),
        (2025, "乙", "exemption", "new_firm", None, "2024-03-01"),
    )  # fmt: skip
    assert (found["problem"] == "").all()
    settled = settle_marks(found, pd.Index(["甲", "乙"]))
    assert settled.loc["甲"].tolist() == [5.0, 1.5, "D", False]
    assert settled.loc["乙"].tolist() == [0.0, 0.0, "", True]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ((2025, "丙", "bonus", "brand", 1.0), "unknown_enterprise"),
        ((2025, "甲", "bonus", "brand"), "no_points"),
        ((2025, "甲", "veto", "别的"), "no_effect"),
        # two years after 2023-12-31 is the last day of 2025: no longer new; a day later still is
        ((2025, "甲", "exemption", "new_firm", None, "2023-12-31"), "expired"),
        ((2025, "甲", "exemption", "new_firm", None, "2024-01-01"), ""),
        ((2025, "甲", "exemption", "new_land", None, "2022-12-31"), "expired"),
        ((2025, "甲", "exemption", "new_land"), ""),
        ((2025, "甲", "exemption", "relocation", None, "1990-01-01"), ""),
    ],
)
def test_mark_that_cannot_count_says_why(row: tuple, problem: str) -> None:
    found = judged(row).iloc[0]
    assert found["problem"] == problem
    assert (found["effect"] == "") == bool(problem)


def test_overdue_project_ends_the_exemption() -> None:
    found = judged((2025, "甲", "exemption", "new_land"), (2025, "甲", "veto", "overdue"))
    assert found["problem"].tolist() == ["overridden", ""]


def results(*rows: tuple[str, str, float | None, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["uscc", "list", "score", "grade"]).set_index("uscc")


def test_every_difference_says_why() -> None:
    scale = "above_scale"
    here = results(
        ("同", scale, 80.0, "A"), ("只有我们", scale, 70.0, "B"), ("名单", scale, 60.0, "B"),
        ("免评", scale, None, "T"), ("缺", scale, None, ""), ("分", scale, 50.0, "C"), ("线", scale, 40.001, "C"),
    )  # fmt: skip
    there = results(
        ("同", "tenant", 79.0, "A"), ("名单", "tenant", 60.0, "C"), ("免评", scale, 20.0, "D"),
        ("缺", scale, 50.0, "C"), ("分", scale, 49.0, "D"), ("线", scale, 40.0, "D"), ("只有官方", scale, 10.0, "D"),
    )  # fmt: skip
    found = compare_results(here, there)
    vetoed = compare_results(here.assign(veto=["no_AB"] * len(here)), there)
    assert vetoed["why"].to_dict() == found["why"].to_dict() | {"分": "veto", "线": "veto"}
    assert found["why"].to_dict() == {
        "同": "", "只有我们": "not_there", "名单": "list", "免评": "exemption", "缺": "missing", "分": "score",
        "线": "limit", "只有官方": "not_here",
    }  # fmt: skip
    assert found.loc["同", ["difference", "is_same"]].tolist() == [1.0, True]
    assert found["is_same"].sum() == 1


def test_migration_counts_everyone() -> None:
    before = pd.Series({"a": "A", "b": "B", "c": "C", "gone": "D"})
    after = pd.Series({"a": "B", "b": "B", "c": "", "new": "A"})
    found = migration(before, after, ["A", "B", "C", "D"])
    assert found.loc["A", "B"] == 1
    assert found.loc["B", "B"] == 1
    assert found.loc["C", ""] == 1
    assert found.loc["D", ""] == 1
    assert found.loc["", "A"] == 1
    assert found.to_numpy().sum() == 5


def test_nobody_is_graded_where_nobody_is() -> None:
    empty = pd.Series(dtype="float64")
    found = grade_list(
        empty, empty, pd.Series(dtype="str"), GradeRules(shares={"A": 0.2, "B": 0.4, "D": 0.05})
    )
    assert list(found.columns) == ["rank", "grade", "tie", "is_tie_across"]
    assert len(found) == 0
    nothing = figures_of({"firms": [{"uscc": "甲"}]}).iloc[:0]
    assert len(evaluate(nothing, RULES).results) == 0


def test_weights_differ_only_where_points_do() -> None:
    assert not weights_changed({"a": 1.0, "b": 0.0}, {"a": 1.0})
    assert weights_changed({"a": 1.0}, {"a": 2.0})


@given(
    scores=st.lists(st.one_of(st.none(), st.floats(0, 150, allow_nan=False)), max_size=60),
    vetoes=st.lists(st.sampled_from(["", "", "", "D", "no_AB"]), min_size=60, max_size=60),
)
def test_grades_follow_scores_and_fill_the_quota(scores: list[float | None], vetoes: list[str]) -> None:
    index = [f"u{n:02d}" for n in range(len(scores))]
    score, veto = pd.Series(scores, index, dtype=float), pd.Series(vetoes[: len(scores)], index, dtype="str")
    rules = GradeRules(shares={"A": 0.2, "B": 0.4, "D": 0.05})
    found = grade_list(score, score, veto, rules)
    free = (veto == "") & score.notna()
    counts = found.loc[veto != "D", "grade"].value_counts()
    wanted = quota(int(((veto != "D") & score.notna()).sum()), rules)
    assert counts.get("A", 0) <= wanted["A"]
    assert free.sum() < wanted["A"] or counts.get("A", 0) == wanted["A"]
    assert counts.get("D", 0) <= wanted["D"]
    assert (found.loc[score.isna() & (veto != "D"), "grade"] == "").all()
    rank = found.loc[free, "grade"].map("ABCD".index)
    by_score = rank.groupby(score[free].round(2)).agg(["min", "max"]).sort_index(ascending=False)
    assert (by_score["max"].iloc[:-1].to_numpy() <= by_score["min"].iloc[1:].to_numpy()).all()


def test_order_of_rows_does_not_matter() -> None:
    case = next(case for case in CASES["evaluation"] if case["name"].startswith("同分"))
    figures = figures_of(case)
    forward, backward = evaluate(figures, rules_of(case)), evaluate(figures[::-1], rules_of(case))
    pd.testing.assert_frame_equal(forward.results, backward.results.reindex(figures.index))
