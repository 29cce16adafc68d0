"""The projects that a filter takes in, with their clocks: for the list, the board, the Gantt chart and the funnel."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.listed import LIGHTS
from geoapp.domain.project import PHASES, STAGES, STOPPED_PHASE, STOPPED_ZH
from geoapp.services.as_of import AsOf
from geoapp.services.far_proof_inputs import proof_number
from geoapp.services.project_facts import project_rows, usual_days
from geoapp.services.project_filter import projects_on_plots
from geoapp.services.project_stages import NUMBERS, PROJECTS, all_stage_dates
from geoapp.services.records import canonical_filter, filter_mask, filter_words
from geoapp.services.workspace import Workspace

CHOICES = ("town_code", "park_code", "phase", "stage", "light", "mode")
"""Fields that pages offer to choose by; they become part of the filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSheet:
    """Some projects as of a day."""

    projects: pd.DataFrame
    """The register's fields and `project_facts`, by code."""
    dates: pd.DataFrame
    """Their stages' days; see `stage_dates`."""
    funnel: pd.DataFrame
    """By stage, without stopped projects: here_count, reached_count (here or beyond), median_days, project_count."""
    phase_counts: dict[str, int]
    light_counts: dict[str, int]
    stalled_count: int
    filter_text: str
    """In one fixed way of writing; empty for all."""
    filter_zh: str
    plots_filter: str
    total: int
    """Of all projects."""
    numbers: tuple[ProofNumber, ...]
    revision: int
    day: date
    is_now: bool
    note: str
    is_demo: bool


def project_sheet(
    workspace: Workspace, state: AsOf, *, filter_text: str = "", plots_filter: str = ""
) -> ProjectSheet:
    """Return the projects that two filters take in.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    filter_text : str
        CQL2-Text over projects, as the table of projects takes it; computed fields (light, phase, is_stalled) too.
    plots_filter : str
        CQL2-Text over plots, as the map has it: projects with at least one such plot.

    Raises
    ------
    UsageError
        A filter cannot be used.
    """
    mask = np.array(filter_mask(workspace, PROJECTS, filter_text, state))
    if plots_filter.strip():
        mask &= projects_on_plots(workspace, state, plots_filter)
    projects = project_rows(workspace, state, mask)
    dates = all_stage_dates(workspace, state.revision)
    words = [filter_words(workspace, PROJECTS, filter_text)]
    if plots_filter.strip():
        words.append(f"地块：{filter_words(workspace, 'plots', plots_filter)}")
    return ProjectSheet(
        projects=projects,
        dates=dates[dates["project_code"].isin(projects.index)].reset_index(drop=True),
        funnel=_funnel(projects, usual_days(workspace, state)),
        phase_counts=_counts(projects["phase"], (*PHASES, STOPPED_PHASE)),
        light_counts=_counts(projects["light"], tuple(LIGHTS)),
        stalled_count=int(projects["is_stalled"].fillna(value=False).sum()),
        filter_text=canonical_filter(workspace, PROJECTS, filter_text),
        filter_zh="；".join(words),
        plots_filter=canonical_filter(workspace, "plots", plots_filter),
        total=len(mask),
        numbers=tuple(proof_number(workspace.policy_at(state.revision), name, state.day) for name in NUMBERS),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(projects["is_demo"].fillna(value=False).any()),
    )


def phase_words() -> dict[str, str]:
    """Return the public phases in words, the stopped ones last."""
    return {**PHASES, STOPPED_PHASE: STOPPED_ZH}


def chosen_filter(chosen: dict[str, str], more: str = "") -> str:
    """Return what is chosen field by field, and a filter beside it, as one filter.

    Examples
    --------
    >>> chosen_filter({"light": "red", "stage": ""}, "area_m2 > 1 OR mode = 'M01'")
    "light = 'red' AND (area_m2 > 1 OR mode = 'M01')"
    """
    quoted = {name: value.replace("'", "''") for name, value in chosen.items() if value}
    parts = [f"{name} = '{value}'" for name, value in quoted.items()]
    if more.strip():
        parts.append(f"({more.strip()})" if parts else more.strip())
    return " AND ".join(parts)


def _counts(values: pd.Series, order: tuple[str, ...]) -> dict[str, int]:
    found = values.value_counts()
    return {code: int(found.get(code, 0)) for code in order}


def _funnel(projects: pd.DataFrame, usual: pd.DataFrame) -> pd.DataFrame:
    here = projects["stage"].value_counts().reindex(STAGES, fill_value=0)
    reached = here[::-1].cumsum()[::-1]
    return pd.DataFrame({"here_count": here, "reached_count": reached}).join(usual)
