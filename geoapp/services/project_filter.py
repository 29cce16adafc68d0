"""Which records are shown under the two filters that pages share: one over plots, one over projects."""

import numpy as np
from numpy.typing import NDArray

from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.project_stages import PROJECTS
from geoapp.services.records import canonical_filter, filter_mask, records_version
from geoapp.services.workspace import Workspace

PLOTS, MEMBERS = "plots", "project_plots"


def projects_on_plots(workspace: Workspace, state: AsOf, plots_filter: str) -> NDArray[np.bool_]:
    """Return which projects have at least one plot that a filter over plots takes in.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    plots_filter : str
        CQL2-Text over plots, as the map has it; empty takes in all projects, those without a plot too.

    Returns
    -------
    array of bool in the order of store.read("projects", revision=state.revision)
        Shared by all who ask: never change it.

    Raises
    ------
    UsageError
        The filter cannot be used.
    """
    text = canonical_filter(workspace, PLOTS, plots_filter)
    key = ("projects_on_plots", plots_filter_version(workspace, state), text)
    return workspace.cache.get(key, lambda: _on_plots(workspace, state, text))


def plots_filter_version(workspace: Workspace, state: AsOf) -> tuple:
    """Return what a filter over plots leaves of projects depends on: equal versions are equal projects."""
    numbers = workspace.register_revisions((PROJECTS, MEMBERS), state.revision)
    return (*records_version(workspace, PLOTS, state), *numbers)


def _on_plots(workspace: Workspace, state: AsOf, plots_filter: str) -> NDArray[np.bool_]:
    projects = workspace.store.read(PROJECTS, revision=state.revision)
    if not plots_filter:
        mask = np.ones(len(projects), dtype=bool)
    else:
        plots = workspace.store.read(PLOTS, revision=state.revision)
        codes = plots["plot_code"][filter_mask(workspace, PLOTS, plots_filter, state)]
        members = workspace.store.read(MEMBERS, revision=state.revision)
        on_them = members.loc[members["plot_code"].isin(codes), "project_code"]
        mask = projects["project_code"].isin(on_them).to_numpy(bool)
    mask.setflags(write=False)
    return mask


def shown_mask(
    workspace: Workspace, register: str, state: AsOf, *, filter_text: str = "", plots_filter: str = ""
) -> NDArray[np.bool_] | None:
    """Return which records of a register the map shows; None where that is all of them.

    Parameters
    ----------
    workspace : Workspace
    register : str
    state : AsOf
    filter_text : str
        CQL2-Text over the register itself.
    plots_filter : str
        CQL2-Text over plots; for projects only.

    Raises
    ------
    UsageError
        A filter cannot be used, or one over plots is asked of another register than projects.
    """
    if plots_filter and register != PROJECTS:
        zh = workspace.layer(register).zh
        raise UsageError(f"参数“plots”只用于二次开发项目，“{zh}”请用 filter。")
    mask = filter_mask(workspace, register, filter_text, state) if filter_text else None
    if not plots_filter:
        return mask
    on_plots = projects_on_plots(workspace, state, plots_filter)
    return on_plots if mask is None else mask & on_plots
