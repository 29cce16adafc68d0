"""Features that need only be rounded at a zoom are told beforehand and drawn whole, all others are cut."""

import numpy as np
import pytest
import shapely
from shapely.affinity import translate

from geoapp.tiles import TileSet, build_tileset
from geoapp.tiles.tileset import MOST_COMMON_VERTICES
from tests.tiles.decoding import X, Y, Z, features_of, one, placed

SQUARE = shapely.box(100, 200, 300, 500)
WITH_HOLE = shapely.box(4000, 1000, 4400, 1400).difference(shapely.box(4100, 1100, 4300, 1300))
NOTCHED = shapely.Polygon([(4000, 600), (4500, 600), (4500, 900), (4250, 700), (4000, 900)])
IN_TWO = shapely.MultiPolygon([shapely.box(-500, 10, -100, 400), shapely.box(-50, 10, 90, 400)])
MANY_SIDES = shapely.Point(4000, 4000).buffer(900, quad_segs=12)
"""48 corners, some hundred bytes: both lengths before the geometry take two bytes."""
TOO_MANY_SIDES = shapely.Point(4000, 4000).buffer(900, quad_segs=13)


def rounded(shape: shapely.Geometry) -> list[set]:
    """Return the corners of each ring in whole units; the map's own units are 64 times as fine."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [{tuple(point) for point in np.rint(shapely.get_coordinates(ring)).astype(int)} for ring in rings]


@pytest.mark.parametrize("shape", [SQUARE, WITH_HOLE, NOTCHED, IN_TWO, MANY_SIDES])
def test_a_plot_over_the_edge_keeps_every_corner(shape: shapely.Geometry) -> None:
    (feature,) = features_of(one(shape))
    assert feature.shape.is_valid
    assert [set(ring) for ring in feature.rings] == rounded(shape)


@pytest.mark.parametrize(
    "shape",
    [TOO_MANY_SIDES, shapely.box(3000, 3000, 4160 + 2048 + 2, 3500)],
    ids=["more corners than are looked at beforehand", "further than half a tile"],
)
def test_what_is_not_drawn_whole_ends_in_the_buffer(shape: shapely.Geometry) -> None:
    (feature,) = features_of(one(shape))
    assert max(x for ring in feature.rings for x, _ in ring) == 4160


def test_from_which_zoom_on_a_plot_is_sound() -> None:
    # 0.3 units of zoom 14: 0.15 and 0.3 of zooms 13 and 14 are rounded to nothing, 0.6 of zoom 15 to one unit.
    assert one(shapely.box(100, 100, 100.3, 100.3)).arrays.sound_zooms.tolist() == [0b11111100]
    assert one(SQUARE).arrays.sound_zooms.tolist() == [0b11111111]
    # A wall 0.4 units off the straight line at zoom 14, 0.8 at zoom 15: on it at first, a corner from then on.
    bent = shapely.Polygon([(0, 0), (100, 0), (100, 100), (50, 100.4), (0, 100)])
    assert one(bent).arrays.sound_zooms.tolist() == [0b11111100]
    assert one(shapely.LineString([(0, 0), (9, 9)])).arrays.sound_zooms.tolist() == [0]
    assert one(TOO_MANY_SIDES).arrays.sound_zooms.tolist() == [0]


@pytest.mark.parametrize("z", range(13, 23))
def test_every_deep_zoom_draws_the_same_plot(z: int) -> None:
    x, y = (X << z >> Z, Y << z >> Z) if z >= Z else (X >> Z - z, Y >> Z - z)
    shape = shapely.Polygon(
        [(500, 500), (900, 500), (900, 900), (700, 600), (500, 900)]
    )  # 400 x 400 less 400 x 300 / 2
    (feature,) = features_of(one(shape, z=z, x=x, y=y), z, x, y)
    assert feature.shape.area == 400 * 400 - 400 * 300 / 2


def test_keys_and_classes_stay_with_their_features_when_others_are_left_out() -> None:
    shapes = [
        SQUARE,
        shapely.box(5000, 100, 5000.2, 100.2),  # in the box tree's way, but no unit wide and of another tile
        TOO_MANY_SIDES,
        shapely.Polygon([(4170, 4100), (4300, 4170), (4170, 4300)]),
        shapely.Polygon([(4300, 4150), (4300, 4300), (4150, 4300)]),  # its box is in the buffer, it is not
        shapely.box(1000, 1000, 1100, 1100),
        shapely.Point(2000, 2000),
    ]
    count = len(shapes)
    tiles = build_tileset(
        np.array([placed(shape) for shape in shapes]),
        np.arange(count),
        [f"key {k}" for k in range(count)],
        np.ones(count),
        name="plots",
    )
    classes = np.array([9, 1, 200, 1, 1, 9, 3], np.uint8)
    found = {f.id: f.properties for f in features_of(tiles, classes=classes)}
    assert {0, 2, 5, 6} <= set(found)
    assert 1 not in found
    assert found == {k: {"key": f"key {k}", "c": int(classes[k])} for k in found}
    mask = np.arange(count) != 2
    assert set(features_of_ids(tiles, classes, mask)) == set(found) - {2}


def features_of_ids(tiles, classes, mask) -> list:
    return [feature.id for feature in features_of(tiles, classes=classes, mask=mask)]


def test_kernels_see_the_arrays_of_the_block() -> None:
    from geoapp.tiles.kernels_tile import unpacked

    tiles = one(WITH_HOLE)
    seen = unpacked(*tiles.block)
    for name, array in tiles.arrays._asdict().items():
        assert getattr(seen, name).dtype == array.dtype, name
        assert np.array_equal(getattr(seen, name), array), name


def grid_of(shape: shapely.Geometry, count: int, step: float, z: int = Z) -> TileSet:
    """Return a tile set of so many copies of a shape, each a step further east, in units of a tile."""
    shift = z - Z
    x, y = (X << shift, Y << shift) if shift >= 0 else (X >> -shift, Y >> -shift)
    shapes = [placed(translate(shape, k * step), z, x, y) for k in range(count)]
    return build_tileset(np.array(shapes), np.arange(count), ["K"] * count, np.ones(count), name="plots")


def circle(corners: int, radius: float) -> shapely.Geometry:
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return shapely.Polygon(np.stack([2000 + radius * np.cos(angles), 2000 + radius * np.sin(angles)], axis=1))


@pytest.mark.parametrize(
    ("tiles", "is_light"),
    [
        (one(None), True),
        (one(SQUARE), True),
        # 1,000 corners each: 50 in one place are light, 51 are not, unless far from one another (a tile of zoom 13 is
        # 8,192 units of zoom 14 wide).
        (grid_of(circle(MOST_COMMON_VERTICES, 900), 50, 0.1), True),
        (grid_of(circle(MOST_COMMON_VERTICES, 900), 51, 0.1), False),
        (grid_of(circle(MOST_COMMON_VERTICES, 900), 51, 8192), True),
        # Of 10,000 corners each: two are light, three are not, wherever they lie.
        (grid_of(circle(10_000, 1900), 2, 0.1), True),
        (grid_of(circle(10_000, 1900), 3, 8192), False),
        # As wide as a tile of zoom 11: 800 corners each, 25 are light, 26 are not.
        (grid_of(circle(800, 2000), 25, 4096, z=11), True),
        (grid_of(circle(800, 2000), 26, 4096, z=11), False),
    ],
)
def test_a_tile_set_is_light_unless_a_tile_may_hold_too_much(tiles: TileSet, is_light: bool) -> None:
    assert tiles.is_light is is_light


def test_what_needs_repair_is_left_to_whoever_may_wait() -> None:
    bow = shapely.Polygon([(1000, 1000), (2000, 2000), (2000, 1000), (1000, 2000)])
    tiles, classes = one(bow), np.zeros(1, np.uint8)
    assert tiles.encode_sound(Z, X, Y, classes=classes) is None
    (feature,) = features_of(tiles)
    assert feature.shape.area == 2 * 1000 * 500 / 2  # two triangles
    assert one(SQUARE).encode_sound(Z, X, Y, classes=classes) == one(SQUARE).encode(Z, X, Y, classes=classes)
    assert one(None).encode_sound(Z, X, Y, classes=classes) == b""
