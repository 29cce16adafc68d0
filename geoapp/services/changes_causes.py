"""Why plots and projects changed: the revisions in between that touched them or what their figures are made from."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.changes import KINDS
from geoapp.domain.revision import Revision
from geoapp.services.workspace import Workspace

_BY_PLOT = ("plots", "buildings", "project_plots", "recognitions", "occupancies")
"""Registers whose records say on which plot they are."""
_BY_ENTERPRISE = ("enterprises", "performance", "evaluations")
_EVERYWHERE = ("control_lines",)
"""Registers whose records may touch any plot."""


class Causes:
    """The revisions after one and up to another, by what they touched."""

    def __init__(self, workspace: Workspace, after: int, until: int) -> None:
        self._workspace = workspace
        self._after = after
        self._until = until
        self._touched: dict[str, pd.DataFrame] = {}

    @cached_property
    def revisions(self) -> dict[int, Revision]:
        """Those in between, by number."""
        entries = self._workspace.store.revisions()
        return {entry.number: entry for entry in entries if self._after < entry.number <= self._until}

    def of_plots(self, changes: pd.DataFrame) -> NDArray:
        """Return for each change (plot_code, kind) a list of revisions, the newest first; empty where none touched it.

        A change without any comes from the rules, or from a term that ended, between the two days.
        """
        found = np.empty(len(changes), dtype=object)
        found[:] = [[] for _ in range(len(changes))]
        for kind in changes["kind"].unique():
            rows = np.flatnonzero(changes["kind"] == kind)
            codes = changes["plot_code"].iloc[rows]
            lists = self._lists(KINDS[kind].registers, codes)
            found[rows] = [lists.get(code, self._of_all(KINDS[kind].registers)) for code in codes]
        return found

    def of_projects(self, codes: Iterable[str]) -> list[list[int]]:
        """Return the same of projects, by their own records."""
        touched = self._rows("projects", "project_code")
        lists = _lists_by(touched, "project_code")
        return [lists.get(code, []) for code in codes]

    def of_entries(self, keys: pd.DataFrame) -> list[list[int]]:
        """Return the same of entries of the remediation lists, by year, list and subject."""
        names = list(map(str, keys))
        touched = self._rows("list_entries", *names)
        lists = {
            key: sorted(map(int, numbers), reverse=True)
            for key, numbers in touched.groupby(names)["revision"].unique().items()
        }
        return [lists.get(key, []) for key in keys.itertuples(index=False, name=None)]

    def _lists(self, registers: tuple[str, ...], codes: pd.Series) -> dict[str, list[int]]:
        parts = [self._of_register(register) for register in registers if register not in _EVERYWHERE]
        touched = pd.concat(parts, ignore_index=True)
        touched = touched[touched["plot_code"].isin(codes)]
        everywhere = self._of_all(registers)
        lists = _lists_by(touched, "plot_code")
        if not everywhere:
            return lists
        return {code: sorted({*numbers, *everywhere}, reverse=True) for code, numbers in lists.items()}

    def _of_all(self, registers: tuple[str, ...]) -> list[int]:
        """Return the revisions of registers whose records may touch any plot."""
        numbers = {
            number
            for number, entry in self.revisions.items()
            for register in registers
            if register in _EVERYWHERE and register in entry.registers
        }
        return sorted(numbers, reverse=True)

    def _of_register(self, register: str) -> pd.DataFrame:
        """Return plot_code and revision of what the revisions touched in a register."""
        if register not in self._touched:
            self._touched[register] = self._find(register)
        return self._touched[register]

    def _find(self, register: str) -> pd.DataFrame:
        if register in _BY_PLOT:
            return self._rows(register, "plot_code")
        if register in _BY_ENTERPRISE:
            return self._rows(register, "uscc").merge(self._links("occupancies", "uscc"), on="uscc")[
                ["plot_code", "revision"]
            ]
        return self._rows(register, "project_code").merge(
            self._links("project_plots", "project_code"), on="project_code"
        )[["plot_code", "revision"]]

    def _rows(self, register: str, *names: str) -> pd.DataFrame:
        return self._workspace.store.revisions_of(register, names, self._after, self._until)

    def _links(self, register: str, name: str) -> pd.DataFrame:
        """Return which plots go with which enterprises or projects on either day."""
        names = [name, "plot_code"]
        registers = [register, "plots"] if name == "uscc" else [register]
        frames = [
            pd.DataFrame(self._workspace.store.read(each, revision=number)[names]).dropna()
            for each in registers
            for number in (self._after, self._until)
        ]
        return pd.concat(frames, ignore_index=True).drop_duplicates()


def _lists_by(touched: pd.DataFrame, name: str) -> dict[str, list[int]]:
    newest_first = touched.drop_duplicates().sort_values("revision", ascending=False)
    return {str(key): list(map(int, numbers)) for key, numbers in newest_first.groupby(name)["revision"]}
