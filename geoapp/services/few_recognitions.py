"""What is wrong with a few recognitions, counted without the rest of their ledgers: a page of one plot cannot wait."""

from collections.abc import Collection, Hashable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.revitalisation import LedgerFinding
from geoapp.services.as_of import AsOf
from geoapp.services.held_records import rows_of
from geoapp.services.plot_facts import facts_holding
from geoapp.services.revitalisation import REGISTERS, entries_of, ledger_words
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.revitalisation_known import connected_plots
from geoapp.services.workspace import Workspace

Rows = NDArray[np.int64]

_MOST_CONNECTED = 500
"""Plots that are counted together with those asked about at most; of more, whole ledgers take less time."""


def are_few(workspace: Workspace, state: AsOf, rows: Rows) -> bool:
    """Return whether some recognitions can be counted with few others; raises NotFoundError as `few_findings`."""
    connected = _connected(workspace, state)
    named = workspace.store.read("recognitions", revision=state.revision)["plot_code"].iloc[rows]
    return len(connected) <= _MOST_CONNECTED or connected.isdisjoint(named.dropna())


def _connected(workspace: Workspace, state: AsOf) -> frozenset[str]:
    tolerance_m2 = float(workspace.policy_at(state.revision).value("overlap_tolerance_m2", state.day))
    return connected_plots(workspace, state.revision, tolerance_m2)


def few_findings(workspace: Workspace, state: AsOf, rows: Rows, unit: str) -> tuple[LedgerFinding, ...]:
    """Return what `ledger_findings` says of a few recognitions, whatever their ledgers.

    Counted are only the recognitions of the same plots, and where land of these is counted with other plots (see
    `connected_plots`) of those: what counts on a plot does not depend on any other.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    rows : array of int
        Positions of the recognitions in the register.
    unit : {"mu", "ha", "m2"}
        For land in the messages.

    Returns
    -------
    tuple of LedgerFinding
        Kept until one of the records that they are made of changes.

    Raises
    ------
    NotFoundError
        A number of the rule book does not hold on the day.
    """
    recognitions = workspace.store.read("recognitions", revision=state.revision)
    named = frozenset(recognitions["plot_code"].iloc[rows].dropna())
    connected = _connected(workspace, state)
    is_alone = named.isdisjoint(connected)
    plots = named if is_alone else named | connected
    theirs = _records_of(workspace, state, "recognitions", "plot_code", plots)
    around = {
        "recognitions": np.union1d(rows, theirs),
        "plots": _records_of(workspace, state, "plots", "plot_code", plots),
        "project_plots": _records_of(workspace, state, "project_plots", "plot_code", plots),
    }
    facts = facts_holding(workspace, *plots, revision=state.revision, day=state.day)
    key = (
        *_versions(workspace, state, around),
        facts["site_area_m2"].to_numpy()[around["plots"]].tobytes(),
        workspace.register_revisions(() if is_alone else REGISTERS, state.revision),
        state.day,
        unit,
    )
    said = workspace.cache.get(("few_findings", *key), lambda: _found(workspace, state, around, facts, unit))
    asked = {*recognitions["recognition_code"].iloc[rows]}
    return tuple(one for one in said if one.title in asked)


def _records_of(
    workspace: Workspace, state: AsOf, register: str, field: str, values: Collection[str]
) -> Rows:
    held = rows_of(workspace, register, workspace.store.read(register, revision=state.revision))
    return held.find_all(field, values)


def _versions(workspace: Workspace, state: AsOf, around: Mapping[str, Rows]) -> Iterator[Hashable]:
    """Yield the versions of the records that the findings depend on, those of their projects too."""
    recognitions = workspace.store.read("recognitions", revision=state.revision)
    codes = {*recognitions["project_code"].iloc[around["recognitions"]].dropna()}
    projects = {"projects": _records_of(workspace, state, "projects", "project_code", codes)}
    for register, rows in {**around, **projects}.items():
        yield workspace.store.read(register, revision=state.revision).index.to_numpy()[rows].tobytes()


def _found(
    workspace: Workspace, state: AsOf, around: Mapping[str, Rows], facts: pd.DataFrame, unit: str
) -> tuple[LedgerFinding, ...]:
    registers = {
        register: workspace.store.read(register, revision=state.revision).iloc[rows]
        for register, rows in around.items()
    }
    recognitions, site_area_m2 = registers["recognitions"], facts["site_area_m2"].iloc[around["plots"]]
    said: dict[tuple[str, str, str], LedgerFinding] = {}
    words = ledger_words(workspace)
    for ledger in [code for code in words if (recognitions["ledger"] == code).any()] or [*words][:1]:
        entries = entries_of(workspace, ledger, state, registers, site_area_m2)
        found = ledger_findings(
            workspace,
            entries,
            state.revision,
            state.day,
            site_area_m2,
            unit=unit,
            recognitions=recognitions,
        )
        said |= {(one.code, one.title, one.message): one for one in found}
    return tuple(said.values())
