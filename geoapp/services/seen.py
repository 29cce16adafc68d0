"""The installation as somebody sees it: the one place where secrecy is applied.

Services take a workspace and never ask who wants to know. Somebody who may not see everything is given another
workspace: its store leaves hidden values empty, its register definitions mark the fields as not to be told, and its
cache keeps what was made from them apart. What is computed from a hidden value is then unknown, wherever it is shown:
tiles, cards, tables, sorting, filters, search, statistics, exports. The one exception is the sums of large groups that
`services.group_figures` lets through.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import pandas as pd

from geoapp.domain.layer import Layer
from geoapp.domain.sight import Sight
from geoapp.services.cache import Cache
from geoapp.services.workspace import Workspace
from geoapp.store.store_seen import SeenStore

Result = TypeVar("Result")

_TOWN_FIELDS = ("town_code", "plot_code", "project_code", "uscc")
"""What tells a record's town, the first that it has."""
_SHAPES = (
    "tileset", "newest_tileset", "overlay", "newest_overlay", "plane_zones", "building_places",
    "newest_building_places", "plot_overlaps", "newest_plot_overlaps",
)  # fmt: skip
"""Kept once for all: shapes and keys, which nobody is denied, and what lies where: most of a large one's memory."""


class _CacheOf(Cache):
    """A part of another cache for one sight; the shapes are those of all."""

    def __init__(self, cache: Cache, sight: Sight) -> None:
        self._cache = cache
        self._sight = sight

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        return self._cache.get(self._own(key), make)

    def peek(self, key: Hashable, default: Result) -> Result:
        return self._cache.peek(self._own(key), default)

    def put(self, key: Hashable, result: object) -> None:
        self._cache.put(self._own(key), result)

    def drop(self, key: Hashable) -> None:
        self._cache.drop(self._own(key))

    def _own(self, key: Hashable) -> Hashable:
        is_shared = isinstance(key, tuple) and key and key[0] in _SHAPES
        return key if is_shared else ("seen", self._sight, key)


def seen_by(workspace: Workspace, sight: Sight) -> Workspace:
    """Return the installation as it is seen by people of a sight; itself where nothing is hidden."""
    if sight.is_full:
        return workspace
    return workspace.cache.get(("seen", sight), lambda: _seen(workspace, sight))


def _seen(workspace: Workspace, sight: Sight) -> Workspace:
    cache = _CacheOf(workspace.cache, sight)
    hidden = {register: sight.hidden(layer) for register, layer in workspace.layers.items()}

    def lens(register: str, number: int | None, frame: pd.DataFrame) -> pd.DataFrame:
        if not hidden[register]:
            return frame
        if number is None:
            return without(frame, hidden[register], _own_rows(workspace, sight, frame))
        town = _town_version(workspace, sight)
        return cache.get(
            ("without", register, number, town),
            lambda: without(frame, hidden[register], _own_rows(workspace, sight, frame)),
        )

    return Workspace(
        workspace.settings,
        {register: sight.seen_layer(layer) for register, layer in workspace.layers.items()},
        workspace.scheme,
        workspace.shipped_policy,
        SeenStore(workspace.store, lens),
        cache,
        sight,
        workspace,
    )


def without(frame: pd.DataFrame, hidden: tuple[str, ...], is_own: pd.Series) -> pd.DataFrame:
    """Return a frame whose hidden fields are empty but in some rows.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Not changed.
    hidden : tuple of str
        Columns.
    is_own : Series of bool on the same index
        Rows that keep their values.
    """
    seen = frame.copy(deep=False)
    for name in hidden:
        seen[name] = frame[name].where(is_own)
    return seen


def is_own_record(workspace: Workspace, sight: Sight, fields: Mapping[str, object]) -> bool:
    """Return whether a record with these fields is of the own town."""
    known = {name: [fields[name]] for name in _TOWN_FIELDS if name in fields}
    return bool(_own_rows(workspace, sight, pd.DataFrame(known, index=[0])).iloc[0])


def own_records(workspace: Workspace, fields: pd.DataFrame) -> pd.Series:
    """Return which records with these fields are of the own town of whoever sees a workspace: they see all of these.

    Parameters
    ----------
    workspace : Workspace
    fields : DataFrame
        What tells a record's town: town_code, plot_code, project_code or uscc.

    Returns
    -------
    Series of bool on the same index
        None to people without a town of their own.
    """
    return _own_rows(workspace, workspace.sight, fields)


def has_town(layer: Layer) -> bool:
    """Return whether records of a register can be of a town, see `is_own_record`."""
    return bool({*_TOWN_FIELDS} & {*layer.field_names})


def _town_version(workspace: Workspace, sight: Sight) -> tuple[int, ...]:
    """Return what changes when the own town's plots, their users or its projects do."""
    if not sight.town_code:
        return ()
    return workspace.register_revisions(("plots", "occupancies", "projects"), workspace.store.revision())


def _own_rows(workspace: Workspace, sight: Sight, frame: pd.DataFrame) -> pd.Series:
    """Return which rows are of the own town: by its code, its plots, its projects, or enterprises on its plots."""
    if not sight.town_code:
        return pd.Series(False, index=frame.index)
    if "town_code" in frame:
        return frame["town_code"].eq(sight.town_code).fillna(value=False).astype(bool)
    plot_codes, usccs = _own_plots(workspace, sight)
    if "plot_code" in frame:
        return frame["plot_code"].isin(plot_codes)
    if "project_code" in frame:
        projects = workspace.store.read("projects")
        own = projects.loc[projects["town_code"].eq(sight.town_code).fillna(value=False), "project_code"]
        return frame["project_code"].isin(own)
    if "uscc" in frame:
        return frame["uscc"].isin(usccs)
    return pd.Series(False, index=frame.index)


def _own_plots(workspace: Workspace, sight: Sight) -> tuple[frozenset[str], frozenset[str]]:
    """Return the own town's plots of now, and the enterprises that hold or use them."""

    def make() -> tuple[frozenset[str], frozenset[str]]:
        plots, occupancies = workspace.store.read("plots"), workspace.store.read("occupancies")
        own = plots[plots["town_code"] == sight.town_code]
        codes = frozenset(own["plot_code"])
        users = occupancies.loc[occupancies["plot_code"].isin(codes), "uscc"]
        return codes, frozenset([*own["uscc"].dropna(), *users.dropna()])

    key = ("own_plots", sight, _town_version(workspace, sight))
    return workspace.cache.get(key, make)
