"""What is noted of single plots: nobody at work, open problems, leases, idle contracts."""

from datetime import date

import pandas as pd
import pytest

from geoapp.analysis.plot_evidence import halted, idle_kinds, leased_out_share, problem_kinds, vacancy

DAY = date(2026, 3, 1)
STATUSES = ["halted", "relocated"]


def shares_of(*rows: tuple[str, str, bool, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["plot_code", "uscc", "is_tenant", "area_m2"]).astype(
        {"area_m2": "float64"}
    )


def enterprises_of(**rows: tuple[str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["status", "status_on"])
    return frame.astype({"status": "str"}).assign(status_on=pd.to_datetime(frame["status_on"]))


def test_vacancy_is_a_share_with_its_months() -> None:
    plots = pd.DataFrame(
        {"vacancy_percent": [60.0, None], "vacant_since_on": pd.to_datetime(["2025-01-15", None])},
        index=["A", "B"],
    )
    found = vacancy(plots, DAY)
    assert found.loc["A"].tolist() == [0.6, 13.0]  # 2025-01-15 to 2026-03-01
    assert found.loc["B"].isna().all()


def test_a_plot_is_halted_when_everybody_is_and_since_the_last_stopped() -> None:
    enterprises = enterprises_of(
        E1=("halted", "2024-03-01"), E2=("relocated", "2025-06-01"), E3=("operating", None)
    )
    shares = shares_of(
        ("A", "E1", False, 1.0), ("A", "E2", True, 1.0), ("B", "E1", False, 1.0), ("B", "E3", True, 1.0)
    )
    found = halted(shares, enterprises, STATUSES, pd.Index(["A", "B", "C"]), DAY)
    assert found["is_halted"].tolist() == [True, False, pd.NA]  # C: nobody is known to be there
    assert found["halted_months"].tolist()[:1] == [9.0]  # E2 since 2025-06-01
    assert found["halted_months"].isna().tolist() == [False, True, True]


def test_an_unknown_status_leaves_the_plot_unknown_unless_another_is_at_work() -> None:
    enterprises = enterprises_of(
        E1=("halted", "2024-03-01"), E2=(None, None), E3=("operating", None), E4=("halted", None)
    )
    shares = shares_of(
        ("A", "E1", False, 1.0), ("A", "E2", True, 1.0), ("B", "E2", False, 1.0), ("B", "E3", True, 1.0),
        ("C", "E1", False, 1.0), ("C", "E4", True, 1.0), ("D", "E9", False, 1.0),
    )  # fmt: skip
    found = halted(shares, enterprises, STATUSES, pd.Index(list("ABCD")), DAY)
    assert found["is_halted"].tolist() == [pd.NA, False, True, pd.NA]
    assert found["halted_months"].isna().all()  # C: of one nobody wrote down since when


def test_without_enterprises_nothing_is_known() -> None:
    found = halted(shares_of(), enterprises_of(), STATUSES, pd.Index(["A"]), DAY)
    assert found.isna().all(axis=None)


def problems_of(*rows: tuple[str | None, str | None, str, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["plot_code", "uscc", "kind", "found_on", "resolved_on"])
    dates = {name: pd.to_datetime(frame[name]) for name in ("found_on", "resolved_on")}
    return frame.astype({"plot_code": "str", "uscc": "str", "kind": "str"}).assign(**dates)


def test_problems_count_from_the_day_found_until_resolved() -> None:
    problems = problems_of(
        ("A", None, "safety", "2026-03-01", None),
        ("A", None, "fire", "2025-01-01", "2026-03-02"),  # still open on the day
        ("A", None, "fire", "2025-05-01", None),  # the same kind once
        ("B", None, "fire", "2025-01-01", "2026-03-01"),  # resolved
        ("B", None, "safety", "2026-03-02", None),  # not found yet
        (None, "E1", "default", "2025-01-01", None),  # on every plot of the enterprise
        (None, None, "illegal", "2025-01-01", None),  # of nobody
        ("Z", None, "illegal", "2025-01-01", None),  # no such plot
    )
    shares = shares_of(("B", "E1", False, 1.0), ("C", "E1", True, 1.0))
    found = problem_kinds(problems, shares, pd.Index(list("ABCD")), DAY)
    assert found.tolist() == ["fire、safety", "default", "default", ""]


def test_an_empty_register_of_problems_knows_nothing() -> None:
    assert problem_kinds(problems_of(), shares_of(), pd.Index(["A"]), DAY).isna().all()


def test_a_register_whose_problems_are_all_resolved_knows_of_none() -> None:
    problems = problems_of(("A", None, "fire", "2025-01-01", "2025-02-01"))
    assert problem_kinds(problems, shares_of(), pd.Index(["A"]), DAY).tolist() == [""]


def test_leased_share_adds_up_the_tenants() -> None:
    shares = shares_of(
        ("A", "E1", False, 6_000.0), ("A", "E2", True, 3_000.0), ("A", "E3", True, 1_000.0),
        ("B", "E1", False, 5_000.0), ("C", "E2", True, None),
    )  # fmt: skip
    site = pd.Series([10_000.0, 5_000.0, 5_000.0, 5_000.0], index=list("ABCD"))
    found = leased_out_share(shares, site)
    assert found.tolist()[:2] == pytest.approx([0.4, 0.0])
    assert found.isna().tolist() == [False, False, True, True]


def test_a_plot_is_idle_by_any_of_its_supplies() -> None:
    idle = pd.DataFrame(
        {"ID1": [True, False, pd.NA, pd.NA], "ID2": [False, False, False, True]},
        index=list("wxyz"),
        dtype="boolean",
    )
    plots = pd.Series(["A", "B", "C", "D"], index=list("wxyz"), dtype="str")
    built = pd.Series([False, False, True, False, True, False, None], index=list("ABCDEFG"), dtype="boolean")
    found = idle_kinds(idle, plots, built)
    # C: cannot be judged; E: no supply, but built on; F, G: no supply and nothing known to stand there
    assert found.fillna("?").tolist() == ["ID1", "", "?", "ID2", "", "?", "?"]


def test_two_supplies_of_a_plot_are_told_together() -> None:
    idle = pd.DataFrame({"ID1": [True, False], "ID3": [False, True]}, dtype="boolean")
    found = idle_kinds(
        idle, pd.Series(["A", "A"], dtype="str"), pd.Series([False], index=["A"], dtype="boolean")
    )
    assert found.tolist() == ["ID1、ID3"]
