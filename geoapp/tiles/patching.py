"""A tile set brought up to a later revision: an edit of one plot must not build half a million again."""

import numpy as np
from numpy.typing import NDArray

from geoapp.tiles.arrays import TileArrays
from geoapp.tiles.building import size_buckets


def patched_arrays(old: TileArrays, new_row: NDArray[np.int32], added: TileArrays) -> TileArrays:
    """Return the features of *old* that are still there and those of *added*, as if built together.

    Parameters
    ----------
    old : TileArrays
    new_row : array of int32, one per row of the caller's old register
        The row in the new register, -1 for what is gone.
    added : TileArrays
        Its `row` is already that of the new register.
    """
    from geoapp.tiles import kernels_build, kernels_patch  # compiled code is loaded by those who need it

    kept = np.flatnonzero(new_row[old.row] >= 0)
    count = len(old.kind)
    features = np.concatenate([kept, count + np.arange(len(added.kind))])
    both = _Both(old, added)
    features = features[np.argsort(both.of("code")[features], kind="stable")]
    xs, ys, vertex_zoom, ring_start, ring_is_outer, feature_start = kernels_patch.gathered_shapes(
        both.of("xs"),
        both.of("ys"),
        both.of("vertex_zoom"),
        _joined_starts(old.ring_start, added.ring_start),
        both.of("ring_is_outer"),
        _joined_starts(old.feature_start, added.feature_start),
        features,
    )
    boxes = np.concatenate([old.boxes[:count], added.boxes[: len(added.kind)]])[features]
    tree, level_start = kernels_build.packed_tree(boxes)
    key_bytes, key_start = kernels_patch.gathered_bytes(
        both.of("key_bytes"), _joined_starts(old.key_start, added.key_start), features
    )
    size = both.of("size")[features]
    rows = np.concatenate([new_row[old.row], added.row]).astype(np.int32)
    simple = {name: both.of(name)[features] for name in _PER_FEATURE}
    return TileArrays(
        xs=xs,
        ys=ys,
        vertex_zoom=vertex_zoom,
        ring_start=ring_start,
        ring_is_outer=ring_is_outer,
        feature_start=feature_start,
        boxes=tree,
        level_start=level_start,
        size=size,
        bucket=size_buckets(size),
        row=rows[features],
        key_start=key_start,
        key_bytes=key_bytes,
        **simple,
    )


_PER_FEATURE = ("kind", "anchor_x", "anchor_y", "code", "area_m2", "fid", "sound_zooms")


class _Both:
    """Two tile sets' arrays behind one another."""

    def __init__(self, old: TileArrays, added: TileArrays) -> None:
        self._old, self._added = old, added

    def of(self, name: str) -> NDArray:
        """Return one array of both."""
        return np.concatenate([getattr(self._old, name), getattr(self._added, name)])


def _joined_starts(old: NDArray, added: NDArray) -> NDArray:
    """Return starts of runs that lie behind one another."""
    return np.concatenate([old[:-1], added + old[-1]]).astype(np.int32)
