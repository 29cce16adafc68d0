"""Lights, silence and usual times of projects, worked out by hand."""

from datetime import date

import pandas as pd

from geoapp.analysis.project_clock import (
    expected_next_on,
    last_news,
    project_clock,
    stage_dates,
    stage_days,
)

DAY = date(2026, 3, 1)


def frame(records: list[tuple[object, ...]], *names: str) -> pd.DataFrame:
    table = pd.DataFrame(records, columns=list(names))
    for name in names:
        if name.endswith("_on"):
            table[name] = pd.to_datetime(table[name]).astype("datetime64[s]")
    return table


def stages(*records: tuple[object, ...]) -> pd.DataFrame:
    return frame(list(records), "project_code", "stage", "planned_on", "actual_on")


def projects(*records: tuple[str, str | None]) -> pd.DataFrame:
    return frame(list(records), "project_code", "stage")


def clock(known: pd.DataFrame, dates: pd.DataFrame) -> pd.DataFrame:
    return project_clock(known, dates, day=DAY, due_soon_days=30, red_days=30).set_index(
        known["project_code"]
    )


def test_lights_turn_at_thirty_days() -> None:
    dates = stages(
        ("A", "P06", "2026-04-01", None),  # 31 days to come
        ("B", "P06", "2026-03-31", None),  # 30 days to come
        ("C", "P06", "2026-01-30", None),  # 30 days late
        ("D", "P06", "2026-01-29", None),  # 31 days late
        ("E", "P06", None, None),
    )
    found = clock(projects(*((code, "P05") for code in "ABCDE")), dates)
    assert found["light"].to_dict() == {"A": "green", "B": "yellow", "C": "yellow", "D": "red", "E": "grey"}
    assert found["days_late"].tolist()[:4] == [-31.0, -30.0, 30.0, 31.0]
    assert found.loc["D", "due_stage"] == "P06"
    assert pd.isna(found.loc["E", "due_on"])


def test_what_is_done_or_behind_is_not_due() -> None:
    dates = stages(
        ("A", "P05", "2025-01-01", None),  # nobody wrote down when, but the project is beyond it
        ("A", "P07", "2025-06-01", "2025-07-01"),
        ("A", "P08", "2026-06-01", None),
        ("B", "P07", "2025-06-01", "2026-04-01"),  # done only after the day
    )
    found = clock(projects(("A", "P06"), ("B", "P06")), dates)
    assert found["due_stage"].to_dict() == {"A": "P08", "B": "P07"}
    assert found["light"].to_dict() == {"A": "green", "B": "red"}


def test_stopped_is_grey_closed_is_green_unknown_stage_hangs_on_its_plan() -> None:
    dates = stages(
        ("A", "P06", "2025-01-01", None), ("B", "P12", "2025-01-01", None), ("C", "P06", "2025-01-01", None)
    )
    found = clock(projects(("A", "PX"), ("B", "P12"), ("C", None)), dates)
    assert found["light"].to_dict() == {"A": "grey", "B": "green", "C": "red"}


def test_no_projects() -> None:
    assert clock(projects(), stages()).empty


def test_the_ledger_fills_what_the_register_of_stages_lacks() -> None:
    ledger = frame(
        [("A", "2026-01-01", "2026-01-05", "2026-09-01", None, None, None)], "project_code", "start_plan_on",
        "start_actual_on", "complete_plan_on", "complete_actual_on", "commission_plan_on", "commission_actual_on",
    )  # fmt: skip
    own = stages(
        ("A", "P08", None, "2026-08-30"), ("A", "P01", "2025-01-01", None), ("A", "PX", None, "2026-10-01")
    )
    found = stage_dates(own, ledger)
    assert found["stage"].tolist() == ["P01", "P06", "P08", "PX"]
    assert found["is_from_ledger"].tolist() == [False, True, True, False]
    assert found.loc[2, ["planned_on", "actual_on"]].tolist() == [
        pd.Timestamp("2026-09-01"), pd.Timestamp("2026-08-30"),
    ]  # fmt: skip


def test_last_news_is_the_newest_of_ledger_stages_and_notes() -> None:
    known = frame([("A", "2026-01-01"), ("B", None), ("C", None)], "project_code", "updated_on")
    dates = stages(("A", "P01", None, "2025-12-01"), ("B", "P01", None, "2026-02-01"))
    notes = frame(
        [("A", "2026-01-20"), ("A", "2026-03-02")], "project_code", "noted_on"
    )  # the last is to come
    found = last_news(known, dates, notes, DAY)
    assert found.tolist()[:2] == [pd.Timestamp("2026-01-20"), pd.Timestamp("2026-02-01")]
    assert pd.isna(found[2])


def test_usual_days_are_the_median_of_those_that_went_on() -> None:
    dates = stages(
        ("A", "P01", None, "2025-01-01"), ("A", "P02", None, "2025-01-11"), ("A", "P04", None, "2025-03-02"),
        ("B", "P01", None, "2025-01-01"), ("B", "P02", None, "2025-01-31"),
        ("C", "P01", None, "2025-01-01"), ("C", "P02", None, "2025-01-21"), ("C", "PX", None, "2025-02-01"),
        ("D", "P01", None, None),
    )  # fmt: skip
    found = stage_days(dates, least_count=2)
    # P01: 10, 30 and 20 days; P02: 50 days from 11 January to 2 March, only one project
    assert found.loc["P01"].tolist() == [20.0, 3]
    assert found.loc["P02", "project_count"] == 1
    assert pd.isna(found.loc["P02", "median_days"])
    assert found.loc["P12", "project_count"] == 0


def test_expected_day_is_the_stages_day_and_its_usual_time() -> None:
    dates = stages(("A", "P01", None, "2025-01-01"), ("B", "P02", None, "2025-01-01"))
    known = projects(("A", "P01"), ("B", "P02"), ("C", "P01"))
    found = expected_next_on(known, dates, {"P01": 20.0})
    assert found[0] == pd.Timestamp("2025-01-21")
    assert found[1:].isna().all()
