"""Projects against their plan: how late the step longest overdue is, and whether the dates contradict each other."""

from datetime import date

import pandas as pd

from geoapp.analysis.months import days_since

STEPS = ("start", "complete", "commission")
"""In their order; each has `<step>_plan_on` and `<step>_actual_on`."""


def days_late(projects: pd.DataFrame, day: date) -> pd.Series:
    """Return the days by which the step longest overdue is late: planned before the day and not done by then.

    Parameters
    ----------
    projects : DataFrame
        start_, complete_ and commission_, each with plan_on and actual_on (datetime).
    day : date

    Returns
    -------
    Series of float on the projects' index; 0 where nothing is overdue, NaN where no step has a plan date
    """
    now = pd.Timestamp(day)
    late = {}
    for step in STEPS:
        planned, actual = projects[f"{step}_plan_on"], projects[f"{step}_actual_on"]
        overdue = days_since(planned, day).clip(lower=0.0)
        late[step] = overdue.mask(actual <= now, 0.0)
    frame = pd.DataFrame(late, index=projects.index)
    has_plan = projects[[f"{step}_plan_on" for step in STEPS]].notna().any(axis=1)
    return frame.max(axis=1).where(has_plan)


def days_out_of_order(projects: pd.DataFrame) -> pd.Series:
    """Return by how many days a later step was done before an earlier one; 0 where the order holds.

    Parameters
    ----------
    projects : DataFrame
        start_actual_on, complete_actual_on, commission_actual_on (datetime).

    Returns
    -------
    Series of float on the projects' index; NaN where fewer than two dates are known
    """
    done = projects[[f"{step}_actual_on" for step in STEPS]]
    start, complete, commission = (done[name] for name in done)
    pairs = ((start, complete), (complete, commission), (start, commission))
    gaps = {number: (earlier - later).dt.days for number, (earlier, later) in enumerate(pairs)}
    days: pd.Series = pd.DataFrame(gaps, index=projects.index, dtype="float64").max(axis=1).clip(lower=0.0)
    return days
