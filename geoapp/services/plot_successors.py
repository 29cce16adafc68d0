"""What else names a plot that was split or merged: moved to the new plots where certain, named where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import Layer
from geoapp.services.workspace import Workspace

REFERENCE = "plots.plot_code"
FOLLOWING = ("recognitions", "project_plots")
"""Registers whose records stay with the old plot: what counts them follows the lineage."""
OCCUPANCIES = "occupancies"
_MISSED_M2 = 0.02
"""By what each part of a plot may miss its area: it is written to the hundredth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Changes of other registers, and what could not be decided."""

    changes: Mapping[str, RegisterChange]
    findings: tuple[str, ...]


def move_to_successors(
    workspace: Workspace,
    gone: list[str],
    successors: Mapping[str, shapely.Geometry],
    share_limit: float,
    areas_m2: Mapping[str, float] | None = None,
) -> Moved:
    """Return what becomes of the records of other registers that name plots about to go.

    With one successor all records go to it. With several, those with a shape go to the one that most of it lies in,
    and who alone used the whole plot as its owner uses every part of it.

    Parameters
    ----------
    workspace : Workspace
    gone : list of str
        Codes of the plots.
    successors : mapping
        Shapes (degrees) by code of the plots made of them.
    share_limit : float
        A shape of which more than this lies outside the successor it goes to is named.
    areas_m2 : mapping, optional
        Site areas by code of several successors, which together are the plot's.
    """
    changes: dict[str, RegisterChange] = {}
    findings: list[str] = []
    for layer in workspace.layers.values():
        names = [field.name for field in layer.fields if field.references == REFERENCE]
        if not names or layer.id in FOLLOWING:
            continue
        stored = workspace.store.read(layer.id)
        records = stored[stored[names[0]].isin(gone).to_numpy(bool)]
        if records.empty:
            continue
        whole = _of_every_part(records, areas_m2) if layer.id == OCCUPANCIES and areas_m2 else None
        if whole is not None:
            changes[layer.id] = whole
            continue
        change, found = _moved(layer, names[0], stored, records, successors, share_limit)
        findings += found
        if change is not None:
            changes[layer.id] = change
    return Moved(changes=changes, findings=tuple(findings))


def _of_every_part(records: pd.DataFrame, areas_m2: Mapping[str, float]) -> RegisterChange | None:
    """Return the owner of the whole plot as the owner of its parts; None where somebody else used some of it."""
    if len(records) > 1 or records["role"].iloc[0] != "owner" or records["gfa_m2"].notna().any():
        return None
    area_m2, within_m2 = records["area_m2"].iloc[0], _MISSED_M2 * len(areas_m2)
    is_whole = pd.isna(area_m2) or abs(area_m2 - sum(areas_m2.values())) <= within_m2
    if not is_whole:
        return None
    parts = records.iloc[np.zeros(len(areas_m2), dtype=int)].reset_index(drop=True)
    parts = parts.assign(plot_code=list(areas_m2))
    if pd.notna(area_m2):  # without an area the owner uses all there is
        parts = parts.assign(area_m2=list(areas_m2.values()))
    removed = [tuple(row) for row in records[["plot_code", "uscc", "role"]].itertuples(index=False)]
    return RegisterChange(parts, removed=removed)


def _moved(
    layer: Layer,
    name: str,
    stored: pd.DataFrame,
    records: pd.DataFrame,
    successors: Mapping[str, shapely.Geometry],
    share_limit: float,
) -> tuple[RegisterChange | None, list[str]]:
    codes = list(successors)
    has_shapes = layer.has_geometry and bool(records["geometry"].notna().all())
    if len(codes) > 1 and (not has_shapes or name in layer.key):
        words = (
            f"“{layer.zh}”有 {len(records)} 条记录还记在原地块上，不能判断属于分割后的哪一块。"
            f"请逐条改“{layer.field(name).zh}”。"
        )
        return None, [words]
    findings = []
    if len(codes) == 1:
        new = np.asarray(codes * len(records), dtype=object)
    else:
        new, outside = by_place(records, successors)
        labels = records[layer.key[0]].tolist()
        findings = [
            f"“{layer.zh}”“{label}”跨在分割线上，记到“{code}”，有 {share:.0%} 在它之外。请核对。"
            for label, code, share in zip(labels, new.tolist(), outside.tolist(), strict=True)
            if share > share_limit
        ]
    moved = records.assign(**{name: new})
    if name not in layer.key:
        return RegisterChange(moved), findings
    return _rekeyed(layer, stored, records, moved, findings)


def _rekeyed(
    layer: Layer, stored: pd.DataFrame, records: pd.DataFrame, moved: pd.DataFrame, findings: list[str]
) -> tuple[RegisterChange | None, list[str]]:
    """Return records under their new keys; where two would have the same, all stay and are named."""
    key = list(layer.key)
    others = stored.drop(index=records.index)
    is_double = pd.concat([moved, others])[key].duplicated(keep=False)
    if is_double.any():
        words = f"“{layer.zh}”有 {int(is_double.sum())} 条在合并后编号相同，没有改动。请逐条合并。"
        return None, [*findings, words]
    removed = [tuple(row) for row in records[key].itertuples(index=False)]
    return RegisterChange(moved, removed=removed), findings


def by_place(
    records: pd.DataFrame, successors: Mapping[str, shapely.Geometry]
) -> tuple[np.ndarray, np.ndarray]:
    """Return by record the successor that most of its shape lies in, and the share that lies elsewhere."""
    shapes, grounds = records["geometry"].to_numpy(), np.asarray(list(successors.values()), dtype=object)
    shared = shapely.area(shapely.intersection(shapes[:, None], grounds[None, :]))
    best = shared.argmax(axis=1)
    outside = 1 - shared.max(axis=1) / np.maximum(shapely.area(shapes), np.finfo(float).tiny)
    return np.asarray(list(successors), dtype=object)[best], outside
