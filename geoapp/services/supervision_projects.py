"""How many of each town's or park's projects have started and are complete, for the supervision report."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from geoapp.domain.project import STAGES, STOPPED
from geoapp.domain.supervision import ProjectShare
from geoapp.services.as_of import AsOf
from geoapp.services.project_stages import PROJECTS, all_stage_dates, stage_rules
from geoapp.services.target_values import SCOPE_REGISTERS
from geoapp.services.workspace import Workspace

NOWHERE = ""
"""Of projects that name no unit, or one that there is none of."""
_RANKS = {stage: rank for rank, stage in enumerate(STAGES)}


def project_shares(
    workspace: Workspace, state: AsOf, by: str, until: date
) -> Mapping[str, tuple[ProjectShare, ProjectShare]]:
    """Return by unit how many of its projects have started, and how many are complete.

    A project counts from its first recorded day on, unless it is stopped; one whose mode leaves the stage out does not
    count for it. It has reached a stage on the day recorded for it, or where the register has no such day but says
    that the project stands there or beyond.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    by : {"town", "park"}
        By the project's own record.
    until : date
    """
    stages = workspace.policy_at(state.revision).value("supervision_project_stages", state.day)
    projects = workspace.store.read(PROJECTS, revision=state.revision)
    if projects.empty:
        return {}
    dates = all_stage_dates(workspace, state.revision)
    register = SCOPE_REGISTERS[by]
    known = workspace.store.read(register, revision=state.revision)[workspace.layer(register).key[0]]
    units = projects[f"{by}_code"].where(projects[f"{by}_code"].isin(known)).fillna(NOWHERE)
    listed = (projects["stage"] != STOPPED).fillna(value=True) & _is_known(projects, dates, until)
    rules = stage_rules(workspace, state)
    counts = []
    for stage in (stages["start"], stages["complete"]):
        has_stage = np.array([stage in rules.course(mode) for mode in projects["mode"].astype("object")])
        counted = listed.to_numpy(bool) & has_stage.astype(bool)
        reached = counted & _has_reached(projects, dates, stage, until)
        frame = pd.DataFrame({"unit": units.astype(object), "count": counted, "reached": reached})
        counts.append(_shares(frame.groupby("unit")[["reached", "count"]].sum()))
    return {str(unit): (counts[0][unit], counts[1][unit]) for unit in dict.fromkeys(units)}


def _shares(counts: pd.DataFrame) -> dict[str, ProjectShare]:
    rows = zip(counts.index, counts["reached"], counts["count"], strict=True)
    return {str(unit): ProjectShare(int(reached), int(count)) for unit, reached, count in rows}


def _is_known(projects: pd.DataFrame, dates: pd.DataFrame, until: date) -> pd.Series:
    """Return which projects were there on a day: the first thing done was done by then, or nothing has a day."""
    return ~(_days(projects, dates) > pd.Timestamp(until))


def _has_reached(projects: pd.DataFrame, dates: pd.DataFrame, stage: str, until: date) -> np.ndarray:
    on = _days(projects, dates[dates["stage"] == stage])
    is_beyond = projects["stage"].map(_RANKS) >= _RANKS[stage]
    return ((on <= pd.Timestamp(until)) | (on.isna() & is_beyond)).to_numpy(bool)


def _days(projects: pd.DataFrame, dates: pd.DataFrame) -> pd.Series:
    """Return the first of some days on which something was done, by project; missing where there is none."""
    first = dates.groupby("project_code")["actual_on"].min()
    return first.reindex(projects["project_code"]).set_axis(projects.index)
