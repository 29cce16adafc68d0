from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.analysis.performance import latest_performance, occupancy_shares, plot_performance, settle_grades

DAY = date(2025, 6, 30)


def occupancies(*rows):
    columns = ["plot_code", "uscc", "role", "area_m2", "from_on", "to_on"]
    frame = pd.DataFrame([(*row, *[None] * (6 - len(row))) for row in rows], columns=columns)
    return frame.astype(
        {"plot_code": "str", "uscc": "str", "role": "str", "area_m2": float, "from_on": "datetime64[s]",
         "to_on": "datetime64[s]"}
    )  # fmt: skip


def plots(**owners):
    frame = pd.DataFrame({"uscc": list(owners.values()), "site_area_m2": 10_000.0}, index=list(owners))
    return frame.astype({"uscc": "str"})


def shares(rows, **owners):
    result = occupancy_shares(occupancies(*rows), plots(**owners), DAY)
    return {(row.plot_code, row.uscc): row.share for row in result.itertuples()}


def test_an_enterprise_on_one_plot_is_there_whole():
    assert shares([("A", "e1", "tenant", None)], A=None) == {("A", "e1"): 1.0}


def test_an_enterprise_on_two_plots_is_shared_by_area():
    # 3000 / (3000 + 1000) = 0.75
    rows = [("A", "e1", "owner", 3_000), ("B", "e1", "tenant", 1_000)]
    assert shares(rows, A=None, B=None) == {("A", "e1"): 0.75, ("B", "e1"): 0.25}


def test_an_owner_without_area_occupies_the_site():
    # 10000 / (10000 + 10000)
    assert (
        shares([("A", "e1", "owner", None), ("B", "e1", "tenant", 10_000)], A=None, B=None)["A", "e1"] == 0.5
    )


def test_a_tenant_without_area_leaves_both_plots_unknown():
    result = shares([("A", "e1", "owner", 3_000), ("B", "e1", "tenant", None)], A=None, B=None)
    assert np.isnan(list(result.values())).all()


def test_a_plot_without_occupancy_is_used_by_its_own_enterprise():
    # e1 holds A and B alone, 10000 m2 each; C has nobody
    assert shares([], A="e1", B="e1", C=None) == {("A", "e1"): 0.5, ("B", "e1"): 0.5}


def test_owner_and_tenant_in_one_are_one_row():
    result = occupancy_shares(
        occupancies(("A", "e1", "owner", 1.0), ("A", "e1", "tenant", 2.0)), plots(A="e9"), DAY
    )
    assert len(result) == 1
    assert (result["area_m2"][0], result["is_tenant"][0]) == (3.0, False)


@pytest.mark.parametrize(
    ("start", "end", "is_there"),
    [
        (None, None, True),
        ("2025-06-30", "2025-06-30", True),
        ("2025-07-01", None, False),
        (None, "2025-06-29", False),
    ],
)
def test_an_occupancy_counts_from_its_first_to_its_last_day(start, end, is_there):
    assert shares([("A", "e1", "tenant", 1.0, start, end)], A=None) == (
        {("A", "e1"): 1.0} if is_there else {}
    )


def performance(*rows):
    frame = pd.DataFrame(list(rows), columns=["uscc", "year", "tax_wan", "grade"])
    frame = frame.astype({"uscc": "str", "year": "Int64", "tax_wan": float, "grade": "str"})
    return frame.assign(value_added_wan=frame["tax_wan"] * 10)


def test_the_latest_year_up_to_the_day_is_taken():
    rows = performance(
        ("e1", 2024, 2.0, "B"), ("e1", 2026, 9.0, "A"), ("e1", 2023, 1.0, "C"), ("e2", 2026, 1.0, "A")
    )
    assert latest_performance(rows, DAY)["tax_wan"].to_dict() == {"e1": 2.0}


def results(*rows):
    frame = pd.DataFrame(list(rows), columns=["uscc", "year", "source", "grade"])
    return frame.astype({"uscc": "str", "year": "Int64", "source": "str", "grade": "str"})


def grades(order, reported, *given):
    settled = settle_grades(latest_performance(performance(*reported), DAY), results(*given), order)
    return settled[["grade", "grade_source"]].astype(object).where(settled.notna(), None).T.to_dict("list")


def test_the_grade_of_a_fixed_result_counts_before_the_official_and_the_reported_one():
    reported = [("e1", 2024, 1.0, "C"), ("e2", 2024, 1.0, "C"), ("e3", 2024, 1.0, "C")]
    given = [("e1", 2024, "ours", "D"), ("e1", 2024, "official", "B"), ("e2", 2024, "official", "B")]
    assert grades(["ours", "official", "reported"], reported, *given) == {
        "e1": ["D", "ours"], "e2": ["B", "official"], "e3": ["C", "reported"],
    }  # fmt: skip
    assert grades(["reported", "ours"], reported, *given)["e1"] == ["C", "reported"]


def test_a_result_counts_for_its_own_year_only_and_where_it_gives_a_grade():
    reported = [("e1", 2025, 1.0, "C"), ("e2", 2025, 1.0, None), ("e3", 2025, 1.0, None)]
    given = [("e1", 2024, "ours", "D"), ("e2", 2025, "ours", "A"), ("e3", 2025, "ours", None)]
    assert grades(["ours", "reported"], reported, *given) == {
        "e1": ["C", "reported"], "e2": ["A", "ours"], "e3": [None, None],
    }  # fmt: skip


def figures(occupied, performed, enterprises=(), plot_codes=("A", "B")):
    owners = plots(**dict.fromkeys(plot_codes))
    known = pd.DataFrame(list(enterprises), columns=["uscc", "industry_code", "is_above_scale"])
    known = known.astype({"uscc": "str", "industry_code": "str", "is_above_scale": "boolean"})
    return plot_performance(
        occupancy_shares(occupancies(*occupied), owners, DAY),
        settle_grades(latest_performance(performance(*performed), DAY), results(), ["reported"]),
        known.set_index("uscc"),
        owners.index,
    )


def test_tax_of_a_plot_is_the_sum_over_its_enterprises():
    occupied = [("A", "e1", "owner", 3_000), ("B", "e1", "tenant", 1_000), ("A", "e2", "tenant", 500)]
    result = figures(occupied, [("e1", 2024, 40.0, "B"), ("e2", 2024, 5.0, "D")])
    # A: 40 x 3000 / 4000 + 5 = 35; B: 40 x 1000 / 4000 = 10
    assert result["tax_wan"].to_dict() == {"A": 35.0, "B": 10.0}
    assert result["value_added_wan"].to_dict() == {"A": 350.0, "B": 100.0}
    assert result["performance_year"].tolist() == [2024, 2024]


def test_tax_is_unknown_as_soon_as_one_enterprise_has_none():
    result = figures([("A", "e1", "owner", 1), ("A", "e2", "tenant", 1)], [("e1", 2024, 40.0, "B")])
    assert result[["tax_wan", "value_added_wan"]].isna().all().all()
    assert result["grade"]["A"] == "B"


def test_grade_is_the_owners_and_not_the_larger_tenants():
    occupied = [("A", "e1", "tenant", 9_000), ("A", "e2", "owner", 100)]
    assert figures(occupied, [("e1", 2024, 1.0, "A"), ("e2", 2024, 1.0, "D")])["grade"]["A"] == "D"


def test_grade_is_the_largest_tenants_where_no_owner_is_there():
    occupied = [("A", "e1", "tenant", 100), ("A", "e2", "tenant", 9_000)]
    assert figures(occupied, [("e1", 2024, 1.0, "A"), ("e2", 2024, 1.0, "D")])["grade"]["A"] == "D"


def test_what_the_owner_lacks_the_largest_tenant_gives():
    occupied = [("A", "e1", "owner", 100), ("A", "e2", "tenant", 9_000)]
    result = figures(occupied, [("e2", 2024, 1.0, "C")], [("e1", "3441", None), ("e2", "3311", True)])
    assert result.loc["A", ["grade", "industry_code", "is_above_scale"]].tolist() == ["C", "3441", True]


def test_nobody_known_leaves_everything_unknown():
    result = figures([], [])
    assert result.shape == (2, 7)
    assert result.isna().all().all()
