"""Projects against the clock: lights by their planned days, silence, and how long each stage takes as a rule."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from geoapp.analysis.months import days_since
from geoapp.domain.project import LAST, STAGES, STOPPED

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "grey"
LEDGER_DATES = {"P06": "start", "P08": "complete", "P10": "commission"}
"""Stages whose days the ledger of projects has too: start_plan_on, start_actual_on and so on."""
_RANKS = {stage: rank for rank, stage in enumerate(STAGES)}
_DATES = ("planned_on", "actual_on")


def stage_dates(stages: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Return the days of every project's stages; what the register of stages lacks comes from the projects' ledger.

    Parameters
    ----------
    stages : DataFrame
        project_code, stage, planned_on, actual_on (datetime).
    projects : DataFrame
        project_code and, for start, complete and commission, plan_on and actual_on.

    Returns
    -------
    DataFrame, one row per project and stage that has a day, by project_code and the stages' order
        project_code, stage, planned_on, actual_on, is_from_ledger (a day came from the projects' ledger)
    """
    keys = ["project_code", "stage"]
    parts = [stages[[*keys, *_DATES]]]
    for stage, name in LEDGER_DATES.items():
        columns = {
            "project_code": projects["project_code"],
            "stage": pd.Series(stage, index=projects.index, dtype="str"),
            "planned_on": projects[f"{name}_plan_on"],
            "actual_on": projects[f"{name}_actual_on"],
        }
        parts.append(pd.DataFrame(columns))
    both = pd.concat(parts, ignore_index=True)
    both = both.dropna(subset=list(_DATES), how="all")
    merged = both.groupby(keys, sort=False)[list(_DATES)].first().reset_index()
    own = stages.set_index(keys)[list(_DATES)].reindex(pd.MultiIndex.from_frame(merged[keys]))
    is_filled = (merged[list(_DATES)].notna().to_numpy() & own.isna().to_numpy()).any(axis=1)
    rank = merged["stage"].map(_RANKS).fillna(len(STAGES))
    order = merged.assign(is_from_ledger=is_filled, rank=rank).sort_values(["project_code", "rank"])
    return order.drop(columns="rank").reset_index(drop=True)


def project_clock(
    projects: pd.DataFrame, dates: pd.DataFrame, *, day: date, due_soon_days: float, red_days: float
) -> pd.DataFrame:
    """Return each project's light and the planned stage that it hangs on.

    Green: on plan. Yellow: due within *due_soon_days*, or late by no more than *red_days*. Red: later. Grey: no
    planned day is left, or the project is stopped. A project that is closed is green.

    Parameters
    ----------
    projects : DataFrame
        project_code, stage (missing where unknown).
    dates : DataFrame
        As `stage_dates` gives them.
    day : date
    due_soon_days, red_days : float

    Returns
    -------
    DataFrame on the projects' index
        light, due_stage (the open stage with the earliest planned day), due_on, days_late (negative while still to
        come); missing where nothing is due
    """
    present = projects["stage"].map(_RANKS)
    by_code = pd.Series(present.to_numpy(), index=projects["project_code"].to_numpy())
    rank = dates["stage"].map(_RANKS)
    # A stage behind the project is done even where nobody wrote down when.
    is_behind = rank <= dates["project_code"].map(by_code).fillna(-1.0)
    is_done = dates["actual_on"] <= pd.Timestamp(day)
    running = projects.loc[~projects["stage"].isin([STOPPED, LAST]).to_numpy(bool), "project_code"]
    is_open = dates["planned_on"].notna() & ~is_done & ~is_behind & rank.notna()
    is_open &= dates["project_code"].isin(running)
    waiting = dates[is_open].assign(rank=rank[is_open]).sort_values(["planned_on", "rank"], kind="stable")
    first = waiting.drop_duplicates("project_code").set_index("project_code")
    due = first.reindex(projects["project_code"]).set_axis(projects.index)
    days_late = days_since(due["planned_on"], day)
    light = pd.Series(GREEN, index=projects.index, dtype="str")
    light = light.mask(days_late >= -due_soon_days, YELLOW).mask(days_late > red_days, RED)
    has_no_plan = days_late.isna() & (projects["stage"] != LAST).fillna(value=True)
    light = light.mask(has_no_plan, GREY)
    return pd.DataFrame(
        {
            "light": light,
            "due_stage": due["stage"].astype("str"),
            "due_on": due["planned_on"],
            "days_late": days_late,
        },
        index=projects.index,
    )


def last_news(projects: pd.DataFrame, dates: pd.DataFrame, notes: pd.DataFrame, day: date) -> pd.Series:
    """Return the day of each project's newest news: an update of its ledger line, a stage done, a note.

    Parameters
    ----------
    projects : DataFrame
        project_code, updated_on.
    dates : DataFrame
        project_code, actual_on.
    notes : DataFrame
        project_code, noted_on.
    day : date
        Later days do not count.

    Returns
    -------
    Series of datetime on the projects' index, missing where nothing is known
    """
    parts = [
        frame[["project_code", name]].set_axis(["project_code", "on"], axis=1)
        for frame, name in ((projects, "updated_on"), (dates, "actual_on"), (notes, "noted_on"))
    ]
    news = pd.concat(parts, ignore_index=True)
    newest = news[news["on"] <= pd.Timestamp(day)].groupby("project_code")["on"].max()
    return newest.reindex(projects["project_code"]).set_axis(projects.index).astype("datetime64[s]")


def stage_days(dates: pd.DataFrame, *, least_count: float) -> pd.DataFrame:
    """Return how long projects stayed in each stage before the next was done: the median of those that did.

    Parameters
    ----------
    dates : DataFrame
        project_code, stage, actual_on; rows without a day and stopped ones are left out.
    least_count : float
        With fewer there is no median.

    Returns
    -------
    DataFrame indexed by every stage
        median_days (NaN where too few), project_count
    """
    done = dates[dates["actual_on"].notna() & dates["stage"].isin(STAGES)]
    done = done.assign(rank=done["stage"].map(_RANKS)).sort_values(["project_code", "rank"])
    following = done.groupby("project_code")["actual_on"].shift(-1)
    days = (following - done["actual_on"]).dt.days
    groups = days.dropna().groupby(done["stage"])
    count = groups.size().reindex(STAGES, fill_value=0)
    median = groups.median().reindex(STAGES).where(count >= least_count)
    return pd.DataFrame({"median_days": median.astype("float64"), "project_count": count})


def expected_next_on(projects: pd.DataFrame, dates: pd.DataFrame, medians: Mapping[str, float]) -> pd.Series:
    """Return when each project would leave its stage, were it as fast as the median of those before it.

    Parameters
    ----------
    projects : DataFrame
        project_code, stage.
    dates : DataFrame
        project_code, stage, actual_on.
    medians : mapping
        Days by stage; NaN or missing where unknown.

    Returns
    -------
    Series of datetime on the projects' index; missing where the stage's day or its median is not known
    """
    keys = pd.MultiIndex.from_frame(projects[["project_code", "stage"]].astype("str"))
    since = dates.set_index(["project_code", "stage"])["actual_on"].reindex(keys).set_axis(projects.index)
    days = projects["stage"].map(medians).astype("float64")
    return (since + pd.to_timedelta(days.round(), unit="D")).astype("datetime64[s]")
