"""What became of projects between two revisions: new, gone, at another stage."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from geoapp.domain.frame import plain_values
from geoapp.services.changes_causes import Causes
from geoapp.services.changes_records import all_keys, kinds_of_change
from geoapp.services.workspace import Workspace

_UNSTATED = "未注明"


def project_changes(
    workspace: Workspace, before: int, after: int, counted: Sequence[pd.Index] | None, causes: Causes
) -> pd.DataFrame:
    """Return the projects that are new, gone or at another stage.

    Parameters
    ----------
    workspace : Workspace
    before, after : int
        Revisions.
    counted : pair of Index of plot codes, optional
        Only projects on one of these plots, of the day before and the day after; all if left out.
    causes : Causes

    Returns
    -------
    DataFrame, one row per project and kind, by project_code
        project_code, name, kind (new, gone, stage), before, after (stages in words, "" where it is not there), area_m2
        (as registered, NaN unknown), causes (list of revisions, newest first)
    """
    old, new = (_projects(workspace, number) for number in (before, after))
    codes = all_keys(old, new, None, (before, after), counted, partial(_on_plots, workspace))
    first, second = old.reindex(codes), new.reindex(codes)
    was, is_ = codes.isin(old.index), codes.isin(new.index)
    kind = kinds_of_change(first, second, was, is_, "stage")
    is_changed = (kind != "").to_numpy(bool)
    table = pd.DataFrame(
        {
            "name": second["name"].where(is_, first["name"]),
            "kind": kind,
            "before": first["stage"].where(was, ""),
            "after": second["stage"].where(is_, ""),
            "area_m2": second["area_m2"].where(is_, first["area_m2"]).astype("float64"),
        }
    )[is_changed]
    table = table.rename_axis("project_code").reset_index()
    return table.assign(causes=pd.Series(causes.of_projects(table["project_code"]), dtype="object"))


def _projects(workspace: Workspace, revision: int) -> pd.DataFrame:
    records = workspace.store.read("projects", revision=revision)
    words = workspace.layer("projects").field("stage").code_labels
    stages = [_UNSTATED if code is None else words.get(code, code) for code in plain_values(records["stage"])]
    names = [
        name or code
        for name, code in zip(plain_values(records["name"]), records["project_code"], strict=True)
    ]
    return pd.DataFrame(
        {
            "name": pd.Series(names, dtype="object").to_numpy(),
            "stage": pd.Series(stages, dtype="object").to_numpy(),
            "area_m2": records["area_m2"].to_numpy(),
        },
        index=pd.Index(records["project_code"].to_numpy(), dtype="object"),
    )


def _on_plots(workspace: Workspace, revision: int, plots: pd.Index) -> set[str]:
    members = workspace.store.read("project_plots", revision=revision)
    found = members.loc[members["plot_code"].isin(plots), "project_code"]
    return set(found)
