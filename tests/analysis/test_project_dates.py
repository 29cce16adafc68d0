from datetime import date

import pandas as pd

from geoapp.analysis.project_dates import STEPS, days_late, days_out_of_order

DAY = date(2026, 3, 1)
NAMES = [f"{step}_{kind}_on" for step in STEPS for kind in ("plan", "actual")]


def projects_of(*rows: dict) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=NAMES)
    return frame.astype(dict.fromkeys(NAMES, "datetime64[us]"))


def test_the_step_longest_overdue_counts() -> None:
    late = days_late(
        projects_of(
            {"start_plan_on": "2026-01-30", "complete_plan_on": "2026-02-27"},  # 30 and 2 days
            {"start_plan_on": "2026-01-30", "start_actual_on": "2026-03-01"},  # begun on the day
            {"start_plan_on": "2026-01-30", "start_actual_on": "2026-03-02"},  # to begin tomorrow: not yet
            {"start_plan_on": "2026-06-01"},
            {"start_actual_on": "2026-01-01"},
        ),
        DAY,
    )
    assert late.tolist()[:4] == [30, 0, 30, 0]
    assert pd.isna(late[4])


def test_dates_contradict_each_other_by_days() -> None:
    days = days_out_of_order(
        projects_of(
            {"start_actual_on": "2025-01-10", "complete_actual_on": "2025-01-05"},
            {"start_actual_on": "2025-01-10", "complete_actual_on": "2025-01-10"},
            {"start_actual_on": "2025-01-10", "commission_actual_on": "2025-01-01"},
            {"complete_actual_on": "2025-01-10"},
        )
    )
    assert days.tolist()[:3] == [5, 0, 9]
    assert pd.isna(days[3])


def test_no_projects_are_not_late() -> None:
    assert days_late(projects_of(), DAY).empty
    assert days_out_of_order(projects_of()).empty
