"""A tile set brought up to a later state is the one that would have been built from it."""

import numpy as np
import pytest
import shapely

from geoapp.tiles.tileset import TileSet, build_tileset


def squares(count: int) -> np.ndarray:
    west = 121.4 + 0.002 * (np.arange(count) * 7 % count)  # not in the order of the curve
    return shapely.box(west, 29.9, west + 0.001, 29.901)


def built(shapes: np.ndarray, ids: list[int]) -> TileSet:
    keys = [f"DK-{number}" for number in ids]
    return build_tileset(shapes, np.array(ids, np.uint64), keys, np.array(ids, float), name="plots")


def assert_same(patched: TileSet, whole: TileSet) -> None:
    assert patched.row_count == whole.row_count
    for name in whole.arrays._fields:
        one, other = getattr(patched.arrays, name), getattr(whole.arrays, name)
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, err_msg=name)


def test_one_changed_one_gone_one_new() -> None:
    shapes = squares(50)
    old = built(shapes, list(range(50)))
    kept = [row for row in range(50) if row not in (5, 7)]
    new_row = np.full(50, -1)
    new_row[kept] = np.arange(48)
    hole = shapely.box(121.41, 29.91, 121.42, 29.92).difference(shapely.box(121.412, 29.912, 121.413, 29.913))
    added = np.array(
        [
            shapely.union(hole, shapely.box(121.43, 29.91, 121.44, 29.92)),
            shapely.box(121.3, 29.8, 121.31, 29.81),
        ]
    )
    patched = old.patched(
        new_row,
        50,
        np.array([48, 49]),
        added,
        np.array([100, 101]),
        ["DK-100", "DK-101"],
        np.array([100.0, 101.0]),
    )
    assert_same(patched, built(np.concatenate([shapes[kept], added]), [*kept, 100, 101]))
    assert_same(old, built(shapes, list(range(50))))  # threads may still be reading it


@pytest.mark.parametrize("left", [[], [3]])
def test_nothing_new_and_almost_nothing_left(left: list[int]) -> None:
    shapes = squares(5)
    new_row = np.full(5, -1)
    new_row[left] = np.arange(len(left))
    nothing = np.empty(0)
    patched = built(shapes, list(range(5))).patched(
        new_row, len(left), nothing, np.empty(0, object), nothing, [], nothing
    )
    assert_same(patched, built(shapes[left], left))


def test_first_records_of_an_empty_register() -> None:
    empty = built(np.empty(0, object), [])
    shapes = squares(3)
    patched = empty.patched(
        np.empty(0), 3, np.arange(3), shapes, np.arange(3), ["DK-0", "DK-1", "DK-2"], np.arange(3.0)
    )
    assert_same(patched, built(shapes, [0, 1, 2]))
