"""Search over plots, enterprises, projects, parks and zones by code, name, holder."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoapp.domain.frame import plain_values
from geoapp.domain.layer import Layer
from geoapp.services.record_card import Box
from geoapp.services.record_key import KEY_SEPARATOR
from geoapp.services.workspace import Workspace

LINK_REGISTERS = ("project_plots", "recognitions", "occupancies", "performance")
"""Registers that only tie others together: their records are found through those."""
FIRST_REGISTERS = ("plots", "enterprises", "projects", "parks")
LONGEST_QUERY = 100
MOST_PLOTS_PER_ENTERPRISE = 10
_END = "\n"
"""Stands before, between and after the fields of a haystack, so that whole fields can be told from parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """One thing found, with where to zoom."""

    register: str
    register_zh: str
    key: str
    label: str
    detail: str
    bounds: Box | None
    """West, south, east, north in degrees; None where it has no place."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values for JSON, with the centre of its bounds."""
        centre = None
        if self.bounds:
            west, south, east, north = self.bounds
            centre = [(west + east) / 2, (south + north) / 2]
        return {
            "register": self.register,
            "register_zh": self.register_zh,
            "key": self.key,
            "label": self.label,
            "detail": self.detail,
            "bounds": self.bounds,
            "centre": centre,
        }


@dataclass(frozen=True, slots=True)
class _Index:
    """One register prepared for searching: row arrays."""

    layer: Layer
    haystacks: list[str]
    keys: list[str]
    labels: list[str]
    details: list[str]
    bounds: np.ndarray


def search(workspace: Workspace, text: str, limit: int = 12) -> list[SearchResult]:
    """Return what fits a text, best first.

    Parameters
    ----------
    workspace : Workspace
    text : str
        A code, a name or a part of one; several words must all occur. Case and full width do not matter.
    limit : int
        Most results.

    Returns
    -------
    list of SearchResult
        A field that equals the text comes before one that begins with it and that before one that holds it; then
        plots, enterprises, projects, parks and the rest in the registers' order. An enterprise leads to the plots it
        is on. Restricted fields are not looked through.
    """
    wanted = normalised(text)
    if not wanted:
        return []
    found: dict[tuple[str, str], tuple[int, SearchResult]] = {}
    for index in _indexes(workspace):
        for level, row in _best_rows(index, wanted, limit):
            for result in _results(workspace, index, row):
                known = found.get((result.register, result.key))
                if known is None or level < known[0]:
                    found[result.register, result.key] = level, result
    best = nsmallest(limit, found.values(), key=lambda pair: pair[0])
    return [result for _, result in best]


def normalised(text: str) -> str:
    """Return text as it is compared: full width made half, case folded, blanks single.

    Examples
    --------
    >>> normalised("  ＤＫ－００１  Ab ")
    'dk-001 ab'
    """
    return " ".join(unicodedata.normalize("NFKC", text[:LONGEST_QUERY]).casefold().split())


def _indexes(workspace: Workspace) -> list[_Index]:
    registers = [
        layer for layer in workspace.layers.values() if layer.search and layer.id not in LINK_REGISTERS
    ]
    order = {register: position for position, register in enumerate(FIRST_REGISTERS)}
    registers.sort(key=lambda layer: order.get(layer.id, len(order)))
    return [_index(workspace, layer) for layer in registers]


def _index(workspace: Workspace, layer: Layer) -> _Index:
    revision = workspace.store.register_revision(layer.id)

    def build() -> _Index:
        return _built(workspace.store.read(layer.id), layer)

    return workspace.cache.get(("search", layer.id, revision), build)


def _built(records: pd.DataFrame, layer: Layer) -> _Index:
    # What a record refers to is found itself: a building would only stand in its plot's way.
    own = [layer.field(name) for name in layer.search if not layer.field(name).references]
    searched = [field.name for field in own if not field.is_restricted]
    columns = [_texts(records, name) for name in searched]
    haystacks = [
        _END + _END.join(map(normalised, filter(None, fields))) + _END
        for fields in zip(*columns, strict=True)
    ]
    keys = [KEY_SEPARATOR.join(parts) for parts in zip(*(_texts(records, k) for k in layer.key), strict=True)]
    names = _texts(records, layer.label_field) if layer.label_field else keys
    labels = [name or key for name, key in zip(names, keys, strict=True)]
    holders = _texts(records, "right_holder") if "right_holder" in records else [""] * len(keys)
    details = [
        " · ".join(dict.fromkeys(filter(None, (layer.zh, key if key != label else "", holder))))
        for key, label, holder in zip(keys, labels, holders, strict=True)
    ]
    bounds = (
        shapely.bounds(records["geometry"].to_numpy())
        if layer.has_geometry
        else np.full((len(keys), 4), np.nan)
    )
    return _Index(layer, haystacks, keys, labels, details, bounds.reshape(-1, 4))


def _texts(records: pd.DataFrame, name: str) -> list[str]:
    return ["" if value is None else str(value) for value in plain_values(records[name])]


def _best_rows(index: _Index, wanted: str, limit: int) -> list[tuple[int, int]]:
    """Return (level, row) of the best rows: 0 a field equals the text, 1 begins with it, 2 holds its words."""
    words, whole, start = wanted.split(), _END + wanted + _END, _END + wanted
    first = words[0]
    hits = [row for row, haystack in enumerate(index.haystacks) if first in haystack]
    for word in words[1:]:
        hits = [row for row in hits if word in index.haystacks[row]]

    def level(row: int) -> int:
        haystack = index.haystacks[row]
        return 0 if whole in haystack else 1 if start in haystack else 2

    return nsmallest(limit, ((level(row), row) for row in hits))


def _results(workspace: Workspace, index: _Index, row: int) -> Sequence[SearchResult]:
    if index.layer.id == "enterprises":
        on_plots = _plots_of(workspace, index.keys[row])
        if on_plots:
            return [_on_plot(index, row, *place) for place in on_plots]
    return [_result(index, row)]


def _result(index: _Index, row: int) -> SearchResult:
    return SearchResult(
        register=index.layer.id,
        register_zh=index.layer.zh,
        key=index.keys[row],
        label=index.labels[row],
        detail=index.details[row],
        bounds=_box(index.bounds[row]),
    )


def _on_plot(enterprises: _Index, row: int, plots: _Index, plot_row: int) -> SearchResult:
    name = plots.labels[plot_row]
    code = plots.keys[plot_row]
    return SearchResult(
        register=plots.layer.id,
        register_zh=plots.layer.zh,
        key=code,
        label=enterprises.labels[row],
        detail=" · ".join(dict.fromkeys((enterprises.layer.zh, name, code))),
        bounds=_box(plots.bounds[plot_row]),
    )


def _plots_of(workspace: Workspace, uscc: str) -> list[tuple[_Index, int]]:
    """Return the plots that an enterprise occupies or holds, by code."""
    plots = workspace.store.read("plots")
    occupancies = workspace.store.read("occupancies")
    codes = set(occupancies.loc[(occupancies["uscc"] == uscc).to_numpy(bool), "plot_code"])
    codes |= set(plots.loc[(plots["uscc"] == uscc).to_numpy(bool), "plot_code"])
    index = _index(workspace, workspace.layer("plots"))
    rows = plots["plot_code"].isin(codes).to_numpy(bool).nonzero()[0]
    by_code = sorted(rows.tolist(), key=lambda row: index.keys[row])
    return [(index, row) for row in by_code[:MOST_PLOTS_PER_ENTERPRISE]]


def _box(bounds: np.ndarray) -> Box | None:
    if np.isnan(bounds).any():
        return None
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north
