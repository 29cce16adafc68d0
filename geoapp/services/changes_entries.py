"""What became of the entries of the remediation lists between two revisions: new, gone, with another status."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from geoapp.domain.frame import plain_values
from geoapp.domain.remediation import ENTERPRISE, PLOT
from geoapp.services.changes_causes import Causes
from geoapp.services.changes_records import all_keys, kinds_of_change
from geoapp.services.remediation_lists import REGISTER
from geoapp.services.workspace import Workspace

KEY = ["year", "list", "subject_code"]
_NAMED_BY = {PLOT: ("plots", "plot_code"), ENTERPRISE: ("enterprises", "uscc")}


def entry_changes(
    workspace: Workspace, before: int, after: int, counted: Sequence[pd.Index] | None, causes: Causes
) -> pd.DataFrame:
    """Return the entries of lists that are new, gone or have another status.

    Parameters
    ----------
    workspace : Workspace
    before, after : int
        Revisions.
    counted : pair of Index of plot codes, optional
        Only entries of one of these plots, of the day before and the day after, or of an enterprise there; all if left
        out.
    causes : Causes

    Returns
    -------
    DataFrame, one row per entry, by year, list and subject
        year, list (code), list_zh, subject_code, subject_kind, name, kind (new, gone, status), before, after (statuses
        in words, "" where it is not there), causes (list of revisions, newest first)
    """
    old, new = (_entries(workspace, number) for number in (before, after))
    on_plots = partial(_subjects, workspace)
    keys = all_keys(old, new, "subject_code", (before, after), counted, on_plots)
    first, second = old.reindex(keys), new.reindex(keys)
    was, is_ = keys.isin(old.index), keys.isin(new.index)
    kind = kinds_of_change(first, second, was, is_, "status")
    table = second.combine_first(first)[["list_zh", "subject_kind", "name"]].assign(
        kind=kind, before=first["status"].where(was, ""), after=second["status"].where(is_, "")
    )
    table = table[(kind != "").to_numpy(bool)].reset_index()
    return table.assign(causes=pd.Series(causes.of_entries(table[KEY]), dtype="object"))


def _entries(workspace: Workspace, revision: int) -> pd.DataFrame:
    """Return the entries by key: list_zh, subject_kind, name, status in words."""
    stored = workspace.store.read(REGISTER, revision=revision)
    layer = workspace.layer(REGISTER)
    words = {name: layer.field(name).code_labels for name in ("list", "status")}
    names = _names(workspace, revision)
    subjects = zip(stored["subject_kind"], stored["subject_code"], strict=True)
    return pd.DataFrame(
        {
            "list_zh": [words["list"].get(code, code) for code in stored["list"]],
            "subject_kind": stored["subject_kind"].tolist(),
            "name": [names.get(subject, subject[1]) for subject in subjects],
            "status": [words["status"].get(code, code) for code in stored["status"]],
        },
        index=pd.MultiIndex.from_frame(pd.DataFrame(stored[KEY])),
        dtype="object",
    )


def _names(workspace: Workspace, revision: int) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for kind, (register, key) in _NAMED_BY.items():
        records = workspace.store.read(register, revision=revision)
        rows = zip(records[key], plain_values(records["name"]), strict=True)
        found |= {(kind, code): name for code, name in rows if name}
    return found


def _subjects(workspace: Workspace, revision: int, plots: pd.Index) -> set[str]:
    """Return the plots and the enterprises on them."""
    users = workspace.store.read("occupancies", revision=revision)
    owners = workspace.store.read("plots", revision=revision)
    on_plots = [records.loc[records["plot_code"].isin(plots), "uscc"].dropna() for records in (users, owners)]
    return {*plots, *on_plots[0], *on_plots[1]}
