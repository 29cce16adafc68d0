import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from geoapp.errors import NotFoundError
from geoapp.tiles import build_tileset
from geoapp.tiles.building import build_arrays, to_world
from tests.tiles.decoding import X, Y, Z, decoded, features_of, layer_name, one, placed, signed_area

FRAME = shapely.box(-64, -64, 4160, 4160)
SQUARE = shapely.box(100, 200, 300, 500)


def test_a_square_keeps_its_corners_and_runs_clockwise_on_the_screen():
    (feature,) = features_of(one(SQUARE))
    assert sorted(feature.rings[0]) == [(100, 200), (100, 500), (300, 200), (300, 500)]
    assert signed_area(feature.rings[0]) == 200 * 300


def test_a_feature_has_id_key_and_class_and_no_more():
    (feature,) = features_of(one(SQUARE), classes=np.array([4], np.uint8))
    assert (feature.id, feature.properties) == (7, {"key": "K", "c": 4})


def test_a_convex_plot_and_one_with_a_notch_are_written_alike():
    # The first is put on the grid in one loop, the second by the way of all others, and the third in the loop again.
    notched = shapely.Polygon([(600, 600), (900, 600), (900, 900), (750, 700), (600, 900)])
    shapes = [SQUARE, notched, shapely.box(1000, 1000, 1100, 1100)]
    tiles = build_tileset(
        np.array([placed(shape) for shape in shapes]),
        np.arange(3),
        ["A", "B", "C"],
        np.array([60_000.0, 60_000.0, 10_000.0]),
        name="plots",
    )
    found = {
        f.properties["key"]: f.rings for f in decoded(tiles.encode(Z, X, Y, classes=np.zeros(3, np.uint8)))
    }
    assert {key: signed_area(rings[0]) for key, rings in found.items()} == {
        "A": 200 * 300,
        "B": 300 * 300 - 300 * 200 // 2,  # less the notch, a triangle 300 wide and 200 deep
        "C": 100 * 100,
    }


def test_another_decoder_reads_the_same():
    content = one(SQUARE).encode(Z, X, Y, classes=np.array([4], np.uint8))
    layer = mapbox_vector_tile.decode(content, default_options={"y_coord_down": True})["plots"]
    assert layer["features"][0]["properties"] == {"key": "K", "c": 4}
    assert shapely.geometry.shape(layer["features"][0]["geometry"]).equals(SQUARE)


@pytest.mark.parametrize("is_ccw", [True, False])
def test_winding_does_not_depend_on_the_source(is_ccw):
    shape = shapely.orient_polygons(
        SQUARE.difference(SQUARE.buffer(-50, join_style="mitre")), exterior_cw=is_ccw
    )
    (feature,) = features_of(one(shape))
    assert [signed_area(ring) for ring in feature.rings] == [200 * 300, -100 * 200]


def test_a_multipolygon_is_one_feature_each_shell_before_its_holes():
    second = shapely.box(1000, 1000, 2000, 2000).difference(shapely.box(1200, 1200, 1300, 1300))
    (feature,) = features_of(one(shapely.MultiPolygon([SQUARE, second])))
    assert [signed_area(ring) for ring in feature.rings] == [60_000, 1_000_000, -10_000]
    assert feature.shape.equals(SQUARE.union(second))


def test_a_hole_too_small_for_the_grid_is_left_out():
    (feature,) = features_of(one(SQUARE.difference(shapely.box(150.1, 250.1, 150.3, 250.3))))
    assert len(feature.rings) == 1


def test_cut_edges_lie_in_the_buffer():
    (feature,) = features_of(one(shapely.box(-1000, 100, 500, 9000)))
    assert feature.shape.equals(shapely.box(-64, 100, 500, 4160))


def test_a_polygon_whose_hole_the_edge_passes_is_drawn_whole():
    ring = shapely.box(3900, 100, 4500, 700).difference(shapely.box(4100, 300, 4300, 500))
    (feature,) = features_of(one(ring))
    assert feature.shape.equals(ring)  # the frame ends at 4160, but half a tile beyond is harmless


def test_a_polygon_over_the_whole_tile_covers_the_buffer_too():
    (feature,) = features_of(one(shapely.box(-9000, -9000, 9000, 9000)))
    assert feature.shape.equals(FRAME)


def test_a_tile_inside_a_hole_is_empty():
    shape = shapely.box(-9000, -9000, 9000, 9000).difference(shapely.box(-800, -800, 5000, 5000))
    assert features_of(one(shape)) == []


def test_a_polygon_that_the_edge_splits_becomes_two_parts():
    comb = shapely.box(-9000, 1000, -500, 2000).union(
        shapely.union_all([shapely.box(-600, 1000, 300, 1200), shapely.box(-600, 1800, 300, 2000)])
    )
    (feature,) = features_of(one(comb))
    assert feature.shape.is_valid
    assert feature.shape.equals(comb.intersection(FRAME))
    assert len(feature.rings) == 2


def test_a_hole_that_the_edge_cuts_becomes_a_bay():
    shape = shapely.box(-9000, 1000, 900, 2000).difference(shapely.box(-300, 1200, 300, 1800))
    (feature,) = features_of(one(shape))
    assert feature.shape.equals(shape.intersection(FRAME))


def test_a_bow_tie_is_mended():
    bow = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    (feature,) = features_of(one(bow))
    assert feature.shape.is_valid
    assert feature.shape.area == pytest.approx(500_000)


def test_spikes_and_repeats_disappear():
    spiked = shapely.Polygon(
        [(0, 0), (100, 0), (100, 0), (900, 0), (100, 0), (100, 50), (100, 100), (0, 100)]
    )
    (feature,) = features_of(one(spiked))
    assert sorted(feature.rings[0]) == [(0, 0), (0, 100), (100, 0), (100, 100)]


def test_a_polygon_below_the_grid_is_one_unit_in_the_tile_of_its_anchor():
    speck = shapely.box(4095.2, 10.2, 4095.3, 10.3)
    (feature,) = features_of(one(speck))
    assert feature.shape.equals(shapely.box(4095, 10, 4096, 11))
    assert features_of(one(speck), x=X + 1) == []


def test_a_line_is_cut_into_pieces():
    line = shapely.LineString([(10, 10), (10, 5000), (20, 5000), (20, 10)])
    (feature,) = features_of(one(line))
    assert feature.rings == [[(10, 10), (10, 4160)], [(20, 4160), (20, 10)]]
    assert feature.kind == 2


def test_parts_of_a_line_stay_apart_and_one_that_misses_the_tile_is_none():
    lines = shapely.MultiLineString([[(0, 0), (5, 5)], [(-900, 0), (-100, 0)], [(7, 7), (7, 9)]])
    (feature,) = features_of(one(lines))
    assert feature.rings == [[(0, 0), (5, 5)], [(7, 7), (7, 9)]]


def test_a_line_below_the_grid_is_one_unit_long():
    (feature,) = features_of(one(shapely.LineString([(5.1, 5.1), (5.2, 5.2)])))
    assert feature.rings == [[(5, 5), (6, 5)]]


def test_a_slanting_line_that_passes_by_a_corner_is_not_there():
    assert features_of(one(shapely.LineString([(-300, 100), (100, -300)]))) == []


def test_points_are_one_move():
    (feature,) = features_of(one(shapely.MultiPoint([(5, 6), (7, 8), (9000, 9)])))
    assert (feature.kind, feature.rings) == (1, [[(5, 6), (7, 8)]])


def test_a_point_in_the_buffer_belongs_to_both_tiles():
    tiles = one(shapely.Point(4100, 5))
    assert features_of(tiles)[0].rings == [[(4100, 5)]]
    assert features_of(tiles, x=X + 1)[0].rings == [[(4, 5)]]


@pytest.mark.parametrize("shape", [None, shapely.Polygon(), shapely.Point(), shapely.GeometryCollection()])
def test_nothing_gives_no_bytes(shape):
    assert one(shape).encode(Z, X, Y, classes=np.zeros(1, np.uint8)) == b""


def test_no_rows_give_no_bytes():
    tiles = build_tileset(np.array([], dtype=object), np.array([]), [], np.array([]), name="plots")
    assert tiles.encode(0, 0, 0, classes=np.array([], np.uint8)) == b""


def test_a_collection_counts_by_its_highest_dimension():
    inner = shapely.GeometryCollection([SQUARE, shapely.Point(1, 1)])
    (feature,) = features_of(one(shapely.GeometryCollection([inner, shapely.LineString([(0, 0), (9, 9)])])))
    assert feature.shape.equals(SQUARE)
    (feature,) = features_of(one(shapely.GeometryCollection([shapely.Point(3, 4)])))
    assert feature.rings == [[(3, 4)]]


def test_classes_and_mask_are_in_the_callers_order():
    far_first = [shapely.box(4000 - 500 * k, 10, 4100 - 500 * k, 110) for k in range(5)]
    shapes = np.array([None, *(placed(shape) for shape in far_first)])
    tiles = build_tileset(shapes, np.arange(6), [f"k{k}" for k in range(6)], np.ones(6), name="zones")
    classes = np.array([9, 1, 2, 3, 4, 5], np.uint8)
    found = {f.id: f.properties for f in features_of(tiles, classes=classes)}
    assert found == {k: {"key": f"k{k}", "c": k} for k in range(1, 6)}
    mask = np.array([True, False, True, False, False, True])
    assert sorted(f.id for f in features_of(tiles, classes=classes, mask=mask)) == [2, 5]
    assert tiles.encode(Z, X, Y, classes=classes, mask=np.zeros(6, bool)) == b""


def test_kinds_may_be_mixed_and_keys_are_any_text():
    shapes = [placed(s) for s in (shapely.Point(1, 2), SQUARE, shapely.LineString([(0, 0), (9, 9)]))]
    keys = ["甲/1", "", "c" * 300]
    big = 2**64 - 2
    tiles = build_tileset(np.array(shapes), np.array([3, big, 5], np.uint64), keys, np.ones(3), name="混合")
    content = tiles.encode(Z, X, Y, classes=np.zeros(3, np.uint8))
    assert layer_name(content) == "混合"
    found = {f.id: (f.kind, f.properties["key"]) for f in decoded(content)}
    assert found == {3: (1, "甲/1"), big: (3, ""), 5: (2, "c" * 300)}


def test_what_lies_beyond_the_map_goes_to_its_edge():
    shape = shapely.box(170, 80, 180, 90)
    tiles = build_tileset(np.array([shape]), np.array([1]), ["a"], np.ones(1), name="plots")
    (feature,) = features_of(tiles, 1, 1, 0)
    west, north, east, _ = feature.shape.bounds
    assert (west, north, east) == (round(4096 * 170 / 180), 0, 4096)
    assert features_of(tiles, 1, 0, 0) == []


def test_full_detail_goes_to_the_deepest_zoom():
    tiles = one(shapely.box(1000.25, 1000.25, 1000.5, 1000.5))
    (feature,) = features_of(tiles, 22, X * 256 + 62, Y * 256 + 62)
    assert feature.shape.area == pytest.approx(64 * 64, rel=0.05)


@pytest.mark.parametrize("tile", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_cannot_be_is_refused(tile):
    with pytest.raises(NotFoundError, match=r"没有.*瓦片"):
        one(SQUARE).encode(*tile, classes=np.zeros(1, np.uint8))


def test_classes_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one per row"):
        one(SQUARE).encode(Z, X, Y, classes=np.zeros(2, np.uint8))


def test_more_shapes_than_are_taken_apart_together_are_written_as_one_by_one():
    # Three pieces of polygons, every third with a hole, the 50,001st in two parts; a line and a point behind them.
    west = 0.0002 * np.arange(100_003)
    shapes = shapely.box(west, 29.0, west + 0.0001, 29.0001)
    holes = shapely.box(west[::3] + 0.00002, 29.00002, west[::3] + 0.00004, 29.00004)
    shapes[::3] = shapely.difference(shapes[::3], holes)
    shapes[50_000] = shapely.multipolygons([shapes[50_000], shapely.box(0, 30, 0.0001, 30.0001)])
    shapes = np.concatenate([shapes, [shapely.LineString([(1, 29), (1, 29.1)]), shapely.Point(2, 29), None]])
    arrays = build_arrays(
        shapes, np.arange(len(shapes)), [f"K{n}" for n in range(len(shapes))], np.ones(len(shapes))
    )
    assert sorted(arrays.row) == list(range(100_005))  # the missing one has no place
    asked = [0, 1, 49_999, 50_000, 50_001, 99_999, 100_000, 100_002, 100_003, 100_004]
    alone = build_arrays(shapes[asked], np.array(asked), [f"K{n}" for n in asked], np.ones(len(asked)))
    of_all, of_few = ({int(fid): at for at, fid in enumerate(made.fid)} for made in (arrays, alone))
    for fid in asked:
        assert rings_of(arrays, of_all[fid]) == rings_of(alone, of_few[fid])
    assert [len(rings_of(arrays, of_all[fid])) for fid in asked] == [2, 1, 1, 2, 2, 2, 1, 2, 1, 1]


def rings_of(arrays, feature):
    """The corners of each ring of a feature, and whether it is a shell."""
    first, last = arrays.feature_start[feature : feature + 2]
    bounds = [(arrays.ring_start[ring], arrays.ring_start[ring + 1]) for ring in range(first, last)]
    rings = [[*zip(arrays.xs[a:b].tolist(), arrays.ys[a:b].tolist(), strict=True)] for a, b in bounds]
    return [*zip(arrays.ring_is_outer[first:last].tolist(), rings, strict=True)]


def test_more_corners_than_are_projected_together_lie_where_each_lies():
    lonlat = np.random.default_rng(5).uniform([121, 29], [122, 30], (1_000_003, 2))
    xs, ys = to_world(lonlat)
    for piece in (slice(0, 5), slice(999_998, 1_000_003)):
        few_xs, few_ys = to_world(lonlat[piece])
        assert (xs[piece].tolist(), ys[piece].tolist()) == (few_xs.tolist(), few_ys.tolist())
    assert xs.dtype == ys.dtype == np.int32
