"""Vector tiles of a register: shapes from arrays held per revision, classes and filters as of a day."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp import __version__
from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.domain.layer import Layer
from geoapp.errors import FormatError
from geoapp.resources import PACKAGE_DIR
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.map_features import drawn_layer
from geoapp.services.map_styles import map_style
from geoapp.services.micro_park_facts import MICRO_PARKS
from geoapp.services.plot_facts import today
from geoapp.services.plot_links import REGISTERS
from geoapp.services.plot_styles import style_versions
from geoapp.services.project_facts import facts_version
from geoapp.services.project_filter import shown_mask
from geoapp.services.project_stages import PROJECTS
from geoapp.services.records import record_keys
from geoapp.services.workspace import Workspace
from geoapp.store.kept_arrays import KeptFiles
from geoapp.tiles.tileset import TileSet, build_tileset

PLOTS = "plots"
_LARGEST_SHARE_PATCHED = 0.2
"""Of a register new since the shapes in memory; where more is, they are built anew."""


class TileQuery(NamedTuple):
    """One tile as an address names it; empty texts are the defaults."""

    register: str
    z: int
    x: int
    y: int
    style: str = ""
    filter_text: str = ""
    plots_filter: str = ""
    at: str = ""


def newest_state(workspace: Workspace) -> AsOf:
    """Return the newest state, some thousandths of a second old at most; cheap enough for every request."""
    return AsOf(workspace.store.recent_revision(), today(), is_now=True)


def tile_state(workspace: Workspace, query: TileQuery, newest: AsOf) -> AsOf:
    """Return the state that a query asks for, given the newest one; the same answer as long as that is the same.

    Raises
    ------
    UsageError
        Its `at` is not a day.
    """
    return as_of(workspace, query.at) if query.at else newest


def tile_version(workspace: Workspace, query: TileQuery, state: AsOf) -> str:
    """Return what names the content behind a query in a state; equal versions are equal bytes.

    Raises
    ------
    NotFoundError
        There is no such register, or it has no geometry.
    """
    layer = drawn_layer(workspace, query.register)
    if layer.id in (PLOTS, MICRO_PARKS):
        # They are coloured by what other registers say, under the rules of the day; hardly anything else is.
        return f"{state.revision}-{state.day:%Y%m%d}"
    if layer.id == PROJECTS:  # by their lights, which turn with the days
        if query.plots_filter:
            return f"{state.revision}-{state.day:%Y%m%d}"
        numbers = facts_version(workspace, state)
        return f"{max(numbers[:-1])}-{state.day:%Y%m%d}"
    return str(workspace.store.register_revision(layer.id, revision=state.revision))


@dataclass(frozen=True, slots=True)
class TileSource:
    """All tiles of one look: shapes, a class per record, and which records are shown."""

    tiles: TileSet
    classes: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None

    def encode(self, z: int, x: int, y: int) -> bytes:
        """Return one tile, Mapbox Vector Tile 2.1, empty where nothing lies; raises NotFoundError where none can be."""
        return self.tiles.encode(z, x, y, classes=self.classes, mask=self.mask)

    def encode_sound(self, z: int, x: int, y: int) -> bytes | None:
        """Return one tile as `encode` does, or None where that takes repair; only of zooms that sum nothing."""
        return self.tiles.encode_sound(z, x, y, classes=self.classes, mask=self.mask)


def tile_source(workspace: Workspace, query: TileQuery, state: AsOf) -> TileSource:
    """Return what the tiles of a query's register, style, filter and day are made from.

    Parameters
    ----------
    workspace : Workspace
    query : TileQuery
        Every register takes a style, a filter and a day, projects a filter over their plots too. Its place does not
        matter.
    state : AsOf
        From `tile_state`.

    Raises
    ------
    NotFoundError
        No such register, or no geometry.
    UsageError
        A style or filter that cannot be read.
    """
    layer = drawn_layer(workspace, query.register)
    return TileSource(
        tileset(workspace, layer, state.revision),
        class_index(workspace, layer, query.style, state),
        shown_mask(
            workspace, layer.id, state, filter_text=query.filter_text, plots_filter=query.plots_filter
        ),
    )


def tileset(workspace: Workspace, layer: Layer, revision: int) -> TileSet:
    """Return a register's shapes as of a revision, ready to be cut into tiles.

    From disk where they were kept; brought up from the newest ones in memory where little changed; else built.
    """
    number = workspace.store.register_revision(layer.id, revision=revision)

    def make() -> TileSet:
        kept, name = _kept(workspace), f"{number}.tiles"
        tiles = _loaded(kept.path(layer.id, name))
        if tiles is None:
            tiles = _made(workspace, layer, number)
            kept.write(layer.id, name, tiles.save)
        return tiles

    tiles = workspace.cache.get(("tileset", layer.id, number), make)
    _note_newest(workspace, layer, number)
    return tiles


def _note_newest(workspace: Workspace, layer: Layer, number: int) -> None:
    """Note which shapes were asked for last; those of the state that the newest takes the place of are forgotten."""
    key = ("newest_tileset", layer.id)
    before = workspace.cache.peek(key, -1)
    if before != number:
        workspace.cache.put(key, number)
    if before < number:
        workspace.cache.drop(("tileset", layer.id, before))


def _loaded(path: Path) -> TileSet | None:
    try:
        return TileSet.load(path)
    except (OSError, FormatError):
        return None


def _made(workspace: Workspace, layer: Layer, number: int) -> TileSet:
    records = workspace.store.read(layer.id, revision=number)
    newest = workspace.cache.peek(("newest_tileset", layer.id), -1)
    known: TileSet | None = workspace.cache.peek(("tileset", layer.id, newest), None)
    if known is None:
        return build_tileset(*_tile_columns(records, layer), name=layer.id)
    fids = known.arrays.fid.astype(np.int64)
    added = np.flatnonzero(~records.index.isin(fids))
    added = added[records.geometry.iloc[added].notna().to_numpy(dtype=bool)]
    if len(added) > _LARGEST_SHARE_PATCHED * len(records):
        return build_tileset(*_tile_columns(records, layer), name=layer.id)
    new_row = np.full(known.row_count, -1, dtype=np.int32)
    new_row[known.arrays.row] = records.index.get_indexer(pd.Index(fids))
    return known.patched(new_row, len(records), added, *_tile_columns(records.iloc[added], layer))


def _tile_columns(records: gpd.GeoDataFrame, layer: Layer) -> tuple[NDArray, NDArray, list[str], NDArray]:
    """Return geometries, ids, keys and areas of records, as `build_tileset` takes them."""
    return (
        np.asarray(records.geometry.to_numpy()),
        records.index.to_numpy(dtype=np.uint64),
        record_keys(records, layer).to_list(),
        ellipsoid_area_m2(records.geometry),
    )


def class_index(workspace: Workspace, layer: Layer, style: str, state: AsOf) -> NDArray[np.uint8]:
    """Return each record's class; kept on disk for the newest state, whose facts take long to compute."""
    if layer.id != PLOTS or not state.is_now:
        return map_style(workspace, layer.id, style, state).class_index
    versions = [
        *workspace.register_revisions(REGISTERS, state.revision),
        *style_versions(workspace, style, state),
    ]
    name = _short_hash(f"{style}|{versions}|{state.day}|{rules_version(workspace)}") + ".npy"

    def make() -> NDArray[np.uint8]:
        kept = _kept(workspace).read_array(f"{layer.id}-classes", name)
        if kept is not None:
            return kept
        made = map_style(workspace, layer.id, style, state).class_index
        _kept(workspace).write_array(f"{layer.id}-classes", name, made)
        return made

    return workspace.cache.get(("class_index", layer.id, name), make)


def rules_version(workspace: Workspace) -> str:
    """Return what names everything but the data that classes depend on: rule book, registers, settings, program.

    What is kept on disk or in a browser must not outlive any of them.
    """

    def make() -> str:
        newest = max(path.stat().st_mtime_ns for path in PACKAGE_DIR.rglob("*.py"))
        settings = workspace.settings
        chosen = (
            settings.working_crs,
            settings.control_scheme,
            settings.site_area_order,
            settings.floor_area_order,
            workspace.sight,
        )
        parts = (__version__, newest, chosen, workspace.policy, workspace.scheme, dict(workspace.layers))
        return _short_hash(repr(parts))

    return workspace.cache.get(
        ("rules_version", *workspace.register_revisions((), workspace.store.recent_revision())), make
    )


def _kept(workspace: Workspace) -> KeptFiles:
    return KeptFiles(workspace.settings.data_dir / "cache" / "tiles", kept_per_group=6)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
