import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.affinity import rotate, scale, translate

from geoapp.analysis import outlines
from geoapp.analysis.outlines import are_valid, shared_areas

EAST_M, NORTH_M = 632_000.0, 3_308_000.0
"""Where coordinates have nine digits before and six behind the point."""


def table(plots: list | NDArray, zones: list | NDArray) -> NDArray:
    """Plots x zones, what each pair shares."""
    areas = np.zeros((len(plots), len(zones)))
    zone, plot, area = shared_areas(np.array(plots, object), np.array(zones, object))
    areas[plot, zone] = area
    return areas


def table_of_shapely(plots: list | NDArray, zones: list | NDArray) -> NDArray:
    return shapely.area(shapely.intersection(np.array(plots, object)[:, None], np.array(zones, object)[None]))


def assert_same(plots: list | NDArray, zones: list | NDArray) -> None:
    """Within 1e-9 of each plot's area, and each pair in a table of its own to the last bit."""
    found = table(plots, zones)
    np.testing.assert_allclose(
        found / shapely.area(plots)[:, None],
        table_of_shapely(plots, zones) / shapely.area(plots)[:, None],
        atol=1e-9,
    )
    some = slice(len(plots) // 2, None)
    assert (table(plots[some], zones[some]) == found[some, some]).all()


def test_hole_parts_and_corners_by_hand() -> None:
    ring = shapely.box(0, 0, 10, 10) - shapely.box(4, 4, 6, 6)
    parts = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 8, 8)])
    # The hole takes 4 of 36 m2; of the parts 1 m2 and 9 - 1 m2 lie on the ring; a corner has no area.
    assert table([shapely.box(2, 2, 8, 8), parts, shapely.box(10, 10, 12, 12)], [ring]).ravel().tolist() == [
        32,
        9,
        0,
    ]


def test_common_edges_and_the_same_shape_share_exactly() -> None:
    zone = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])
    clockwise = shapely.Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])
    inside, outside = shapely.box(0, 0, 10, 5), shapely.box(10, 0, 20, 10)
    assert table([zone, clockwise, inside, outside], [zone, clockwise]).tolist() == [
        [100, 100], [100, 100], [50, 50], [0, 0],
    ]  # fmt: skip


def test_lines_that_cross_share_two_triangles() -> None:
    # Both triangles stand on 0..4; their legs cross at (2, 1): the lower of them is a triangle of height 1.
    first, second = shapely.Polygon([(0, 0), (4, 0), (0, 2)]), shapely.Polygon([(0, 0), (4, 0), (4, 2)])
    assert table([first], [second]).tolist() == [[4 * 1 / 2]]


def test_nothing_shares_nothing() -> None:
    square = [shapely.box(0, 0, 1, 1)]
    assert table([], square).shape == (0, 1)
    assert table(square, []).shape == (1, 0)
    assert (
        table(square, [None, shapely.Polygon(), shapely.Point(0.5, 0.5), shapely.box(5, 5, 6, 6)]).sum() == 0
    )


def test_a_thousand_spokes_that_meet_in_a_point_come_to_an_end() -> None:
    angles = np.linspace(0, 2 * np.pi, 1001)[:-1]
    tips = np.column_stack([np.cos(angles), np.sin(angles)]) * np.where(np.arange(1000) % 2, 1e-6, 9)[:, None]
    assert_same(
        np.array([shapely.box(-1, -1, 1, 1), shapely.box(0, 0, 9, 0.5)]),
        np.array([shapely.Polygon(tips)] * 2),
    )


def star(rng: np.random.Generator, vertices: int, radius: float) -> shapely.Polygon:
    angles = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radii = radius * rng.uniform(0.3, 1, vertices)
    shape = shapely.Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


def placed(shape: shapely.Geometry, rng: np.random.Generator) -> shapely.Geometry:
    """At random around the place, with a hole in it by chance, and by chance a second part."""
    east, north = rng.uniform(-60, 60, 2)
    if rng.random() < 0.5:
        shape = shape - scale(shape, 0.4, 0.4)
    if rng.random() < 0.3:
        shape = shape | translate(scale(shape, 0.5, 0.5), *rng.uniform(-80, 80, 2))
    return translate(shape, EAST_M + east, NORTH_M + north)


@given(seed=st.integers(0, 10**6), vertices=st.sampled_from([3, 5, 30, 900]))
@settings(deadline=None, max_examples=30)
def test_random_shapes_with_holes_and_parts_share_what_geos_says(seed: int, vertices: int) -> None:
    rng = np.random.default_rng(seed)
    plots = [placed(star(rng, int(rng.integers(3, 12)), rng.uniform(5, 60)), rng) for _ in range(6)]
    plots.append(placed(star(rng, 300, 70), rng))  # more edges than a cell takes
    zones = [placed(star(rng, vertices, rng.uniform(20, 120)), rng) for _ in range(7)]
    assert_same(np.array(plots, object), np.array(zones, object))


def fabric(rng: np.random.Generator, side: int) -> NDArray:
    """Return parcels that tile a block: most corners off the grid, all walls in common."""
    corners = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * 20.0
    corners += np.where(rng.random(corners.shape) < 0.6, rng.uniform(-6, 6, corners.shape), 0)
    corners += [EAST_M, NORTH_M]
    rings = [
        [corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]]
        for i in range(side)
        for j in range(side)
    ]
    return shapely.polygons([shapely.linearrings(np.array(ring)) for ring in rings])


@given(seed=st.integers(0, 10**6), angle=st.sampled_from([0, 90, 33.3]), side=st.integers(2, 9))
@settings(deadline=None, max_examples=40)
def test_zones_along_the_walls_of_parcels_share_all_or_nothing(seed: int, angle: float, side: int) -> None:
    rng = np.random.default_rng(seed)
    parcels = np.array([rotate(parcel, angle, origin=(EAST_M, NORTH_M)) for parcel in fabric(rng, side)])
    owner = rng.integers(0, 3, len(parcels))
    zones = np.array([shapely.union_all(parcels[owner == number]) for number in range(3)])
    shares = table(parcels, zones) / shapely.area(parcels)[:, None]
    np.testing.assert_allclose(shares, np.eye(3)[owner], atol=1e-12)


@given(corners=st.lists(st.tuples(*[st.integers(0, 4)] * 4), min_size=1, max_size=9), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_shapes_on_a_coarse_grid_touch_in_every_way(corners: list, seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = shapely.box(*np.array([(x, y, x + w + 1, y + h + 1) for x, y, w, h in corners]).T)
    zones = [shapely.union_all(boxes), shapely.union_all(boxes[::2]) - shapely.union_all(boxes[1::2])]
    triangles = [shapely.Polygon(rng.integers(0, 9, (3, 2))) for _ in boxes]
    plots = [*boxes, *(triangle for triangle in triangles if triangle.area)]
    assert_same(np.array(plots, object), np.array(zones, object))


@pytest.mark.parametrize("width_m", [1.0, 1e-3])
def test_a_sliver_across_a_zone_keeps_its_share(width_m: float) -> None:
    sliver = shapely.Polygon([(0, 0), (100, 100), (100, 100 + width_m), (0, width_m)])  # as wide at every x
    np.testing.assert_allclose(
        table([sliver], [shapely.box(-1, -1, 25, 200)]) / sliver.area, 0.25, rtol=1e-10
    )


def test_many_pairs_in_threads_share_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    plots = [placed(star(rng, 8, 10), rng) for _ in range(60)]
    zones = [placed(star(rng, 90, 90), rng) for _ in range(40)]
    alone = table(plots, zones)
    monkeypatch.setattr(outlines, "_FEW_PAIRS", 1)
    assert (table(plots, zones) == alone).all()


def test_shapes_are_valid_as_geos_says() -> None:
    turns = np.linspace(0, 2 * np.pi, 6)[:-1]
    rings = {
        "square": [(0, 0), (1, 0), (1, 1), (0, 1)],
        "clockwise": [(0, 0), (0, 1), (1, 1), (1, 0)],
        "corner on an edge": [(0, 0), (1, 0), (2, 0), (2, 2)],
        "bent in": [(0, 0), (4, 0), (4, 4), (3, 1)],
        "bow tie": [(0, 0), (1, 1), (1, 0), (0, 1)],
        "twice round": [(np.cos(2 * turn), np.sin(2 * turn)) for turn in turns],
        "spike": [(0, 0), (1, 0), (1, 1), (1, 3), (1, 1), (0, 1)],
        "flat": [(0, 0), (1, 0), (2, 0)],
        "endless": [(0, 0), (np.inf, 0), (1, 1)],
    }
    shapes = [
        *(shapely.Polygon(ring) for ring in rings.values()),
        None,
        shapely.Polygon(),
        shapely.Point(0, 0),
    ]
    shapes.append(shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 2, 2))
    shapes.append(shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)]))
    expected = shapely.is_valid(np.array(shapes, object))
    assert are_valid(np.array(shapes, object)).tolist() == expected.tolist()
    assert expected[: len(rings)].tolist() == [True, True, True, True, False, False, False, False, False]


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_random_rings_are_valid_as_geos_says(seed: int) -> None:
    """Two hundred of them in pieces of 64."""
    rng = np.random.default_rng(seed)
    shapes = np.array([shapely.Polygon(rng.integers(0, 6, (int(rng.integers(3, 7)), 2))) for _ in range(200)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outlines, "_PIECE", 64)
        assert (are_valid(shapes) == shapely.is_valid(shapes)).all()


@pytest.mark.parametrize("piece", [50_000, 3, 1])
def test_areas_in_common_of_each_pair_once(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two squares of 2 m, a quarter of them on each other; a third beside; a fourth within the first.

    The same when the shapes are looked at in pieces of three, or one by one.
    """
    monkeypatch.setattr(outlines, "_PIECE", piece)
    shapes = np.array(
        [shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3), shapely.box(2, 0, 4, 1), shapely.box(0.5, 0, 1, 1)]
    )
    one, other, area = outlines.areas_in_common(shapes)
    found = {(int(a), int(b)): float(m2) for a, b, m2 in zip(one, other, area, strict=True)}
    assert {pair: m2 for pair, m2 in found.items() if m2 > 1e-12} == {(0, 1): 1.0, (0, 3): 0.5}
    assert all(a < b for a, b in found)
    assert list(one) == sorted(one)
    nothing = outlines.areas_in_common(np.array([], object))
    assert [len(part) for part in nothing] == [0, 0, 0]
