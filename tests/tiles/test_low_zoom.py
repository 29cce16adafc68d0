"""What is drawn and what is summed up to zoom 12; sizes are in tile units of zoom 12, 8 of them a pixel."""

import numpy as np
import pytest
import shapely
from shapely.affinity import scale, translate

from geoapp.tiles import TileSet, build_tileset
from geoapp.tiles.building import map_scale
from tests.tiles.decoding import Feature, features_of, lonlat, placed

Z, X, Y = 12, 3_430, 1_690
CROWD = 3_001
"""One more than a tile shows one by one whatever their size."""
METRES_PER_UNIT = 2 * np.pi * 6_378_137 / 4096 / 2**Z


def crowd(count: int = CROWD, side: float = 4, seed: int = 1) -> list[shapely.Polygon]:
    """Squares of half a pixel all over the tile."""
    corners = np.random.default_rng(seed).uniform(1, 4090, (count, 2))
    return list(shapely.box(*corners.T, *(corners + side).T))


def tileset(shapes: list, area_m2: list | np.ndarray | None = None) -> TileSet:
    count = len(shapes)
    areas = np.full(count, 100.0) if area_m2 is None else np.asarray(area_m2, float)
    geometries = np.array([placed(shape, Z, X, Y) for shape in shapes])
    return build_tileset(geometries, np.arange(count), [f"k{k}" for k in range(count)], areas, name="plots")


def cells(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if feature.id is None]


def singles(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if feature.id is not None]


def register_totals(tiles: TileSet, z: int, classes: np.ndarray, **given: np.ndarray) -> np.ndarray:
    """Area by class over all tiles of a zoom around the district's: single ones once by key, and cells."""
    seen, totals = set(), np.zeros(classes.max() + 1)
    step = 2 ** (Z - z)
    for x in {(X + dx) // step for dx in (-1, 0, 1, 2)}:
        for y in {(Y + dy) // step for dy in (-1, 0, 1, 2)}:
            for feature in features_of(tiles, z, x, y, classes=classes, **given):
                if feature.id is None:
                    totals[feature.properties["c"]] += feature.properties["m2"]
                elif feature.properties["key"] not in seen:
                    seen.add(feature.properties["key"])
                    totals[feature.properties["c"]] += feature.properties["m2"]
    return totals


def test_few_features_are_all_drawn_with_their_areas():
    tiles = tileset([shapely.box(10, 10, 14, 14), shapely.box(900, 900, 1000, 1000)], [12.4, 250.6])
    found = {f.id: f.properties for f in features_of(tiles, Z, X, Y)}
    assert found == {0: {"key": "k0", "c": 0, "m2": 12}, 1: {"key": "k1", "c": 0, "m2": 251}}


def test_at_zoom_13_there_are_no_areas_and_no_cells():
    found = features_of(tileset(crowd()), 13, 2 * X, 2 * Y)
    assert all(set(f.properties) == {"key", "c"} for f in found)
    assert len(found) > CROWD / 5


def test_a_crowd_is_summed_by_cell_and_class():
    # two squares in the cell of 64 x 64 units at (0, 0), one in the next; 100 m2 each
    shapes = [shapely.box(8, 8, 12, 12), shapely.box(40, 40, 44, 44), shapely.box(70, 8, 74, 12)]
    classes = np.concatenate([[1, 2, 1], np.zeros(CROWD)]).astype(np.uint8)
    mask = np.arange(CROWD + 3) < 3
    tiles = tileset(shapes + crowd())
    assert len(features_of(tiles, Z, X, Y, classes=classes, mask=mask)) == 3  # few again, and so drawn
    found = cells(features_of(tiles, Z, X, Y, classes=classes))
    by_class = {c: [f.properties for f in found if f.properties["c"] == c] for c in (1, 2)}
    assert by_class == {1: [{"c": 1, "n": 1, "m2": 100}] * 2, 2: [{"c": 2, "n": 1, "m2": 100}]}
    assert sum(f.properties["n"] for f in found) == CROWD + 3
    assert sum(f.properties["m2"] for f in found) == 100 * (CROWD + 3)


def test_what_is_larger_than_a_few_pixels_is_drawn_in_any_crowd():
    found = features_of(
        tileset([*crowd(), shapely.box(500, 500, 532, 532), shapely.box(600, 600, 631, 631)]), Z, X, Y
    )
    assert [f.properties["key"] for f in singles(found)] == [f"k{CROWD}"]  # 4 x 4 pixels are 32 x 32 units


def test_rectangles_are_as_large_as_the_plots_on_the_map():
    # Mercator stretches by 1 / cos(latitude) both ways, the ellipsoid a little less; areas of the register are true
    stretch = map_scale(np.array([(Y + 0.5) / 2**Z * 2**32 - 2**31]))[0]
    assert stretch == pytest.approx(
        1 / np.cos(np.radians(lonlat([[0, 2048]], Z, X, Y)[0, 1])) ** 2, rel=0.004
    )
    area_m2 = np.random.default_rng(2).uniform(100, 900, CROWD)
    classes = (np.arange(CROWD) % 3).astype(np.uint8)
    found = features_of(tileset(crowd(side=8), area_m2), Z, X, Y, classes=classes)
    for c in range(3):
        drawn = sum(f.shape.area for f in found if f.properties["c"] == c)
        expected = area_m2[classes == c].sum() * stretch / METRES_PER_UNIT**2
        assert drawn == pytest.approx(expected, rel=0.002)


def test_rectangles_stay_in_their_cells_and_apart():
    classes = np.random.default_rng(3).integers(0, 5, CROWD).astype(np.uint8)
    found = cells(features_of(tileset(crowd(), np.full(CROWD, 5_000)), Z, X, Y, classes=classes))
    shapes = [f.shape for f in found]
    for shape in shapes:
        west, north, east, south = shape.bounds
        assert west // 64 == (east - 1) // 64
        assert north // 64 == (south - 1) // 64
    assert shapely.union_all(shapes).area == sum(shape.area for shape in shapes)


def test_cells_fuller_than_full_shrink_alike():
    # 3,001 plots of one cell claim 3,001 x 100,000 m2: far more than 64 x 64 units hold
    crowded = [shapely.box(x, 10, x + 0.01, 10.01) for x in np.linspace(2, 60, CROWD)]
    classes = (np.arange(CROWD) % 2).astype(np.uint8)
    found = features_of(tileset(crowded, np.full(CROWD, 1e5)), Z, X, Y, classes=classes)
    assert sum(f.shape.area for f in found) == 64 * 64
    assert [f.properties["m2"] for f in found] == [1501 * 100_000, 1500 * 100_000]


@pytest.mark.parametrize("z", [0, 5, 9, 11, 12])
def test_areas_by_class_add_up_to_the_register(z):
    rng = np.random.default_rng(4)
    corners = rng.uniform(-3_000, 7_000, (9_000, 2))
    sides = rng.lognormal(2, 0.8, (9_000, 2))
    shapes = list(shapely.box(*corners.T, *(corners + sides).T))
    area_m2 = rng.uniform(10, 1e5, 9_000)
    classes = rng.integers(0, 6, 9_000).astype(np.uint8)
    tiles = tileset(shapes, area_m2)
    expected = np.bincount(classes, area_m2)
    assert register_totals(tiles, z, classes) == pytest.approx(expected, rel=1e-4)
    mask = rng.random(9_000) < 0.6
    expected = np.bincount(classes[mask], area_m2[mask])
    assert register_totals(tiles, z, classes, mask=mask) == pytest.approx(expected, rel=1e-4)


def test_no_more_than_eight_thousand_are_drawn_and_the_smallest_are_summed():
    corners = np.stack(np.meshgrid(np.arange(100), np.arange(100)), axis=-1).reshape(-1, 2) * 40.0
    sides = np.where(np.arange(10_000) % 2, 36, 33)[:, None]
    found = features_of(tileset(list(shapely.box(*corners.T, *(corners + sides).T))), Z, X, Y)
    drawn = {f.id for f in singles(found)}
    assert 4_000 < len(drawn) <= 8_000
    assert drawn >= {k for k in range(10_000) if k % 2}
    assert len(drawn) + sum(f.properties["n"] for f in cells(found)) == 10_000


def test_a_missing_area_is_the_shapes_own():
    (feature,) = features_of(tileset([shapely.box(0, 0, 100, 100)], [np.nan]), Z, X, Y)
    latitude = np.radians(lonlat([[0, 50]], Z, X, Y)[0, 1])
    assert feature.properties["m2"] == pytest.approx(
        (100 * METRES_PER_UNIT * np.cos(latitude)) ** 2, rel=0.005
    )


def test_points_in_a_crowd_become_one_point_per_cell():
    points = [shapely.Point(x, 10) for x in np.linspace(2, 62, CROWD)]
    (feature,) = features_of(tileset(points, np.zeros(CROWD)), Z, X, Y)
    assert (feature.kind, feature.properties) == (1, {"c": 0, "n": CROWD, "m2": 0})
    assert feature.rings == [[(32, 32)]]


def test_few_points_and_lines_are_drawn():
    found = features_of(
        tileset([shapely.Point(5, 5), shapely.LineString([(0, 0), (90, 90)])], [0, 0]), Z, X, Y
    )
    assert sorted(f.kind for f in found) == [1, 2]


def test_long_lines_are_drawn_in_a_crowd_and_lose_what_no_pixel_shows():
    wave = np.linspace(0, 4000, 2_000)
    line = shapely.LineString(
        np.stack([wave, 2000 + np.sin(wave)], axis=1)
    )  # a swing of an eighth of a pixel
    (feature,) = singles(features_of(tileset([*crowd(), line]), Z, X, Y))
    assert feature.kind == 2
    assert len(feature.rings[0]) < 20


def test_a_town_of_many_corners_keeps_its_shape_at_every_zoom():
    angles = np.linspace(0, 2 * np.pi, 5_000, endpoint=False)
    radii = 1_500 + 40 * np.sin(37 * angles) + 3 * np.sin(900 * angles)
    town = shapely.Polygon(np.stack([2048 + radii * np.cos(angles), 2048 + radii * np.sin(angles)], axis=1))
    tiles = tileset([town])
    corners = []
    for up in range(9):
        z, x, y = Z - up, X >> up, Y >> up
        (feature,) = features_of(tiles, z, x, y)
        moved = translate(town, 4096 * (X - (x << up)), 4096 * (Y - (y << up)))
        exact = scale(moved, 0.5**up, 0.5**up, origin=(0, 0))
        assert feature.shape.is_valid
        assert (
            shapely.hausdorff_distance(feature.shape, exact.intersection(shapely.box(-64, -64, 4160, 4160)))
            < 6
        )
        corners.append(len(feature.rings[0]))
    assert corners == sorted(corners, reverse=True)
    assert 300 < corners[0] < 2_000
    assert corners[-1] < 60


def test_small_holes_and_parts_are_left_out_but_not_the_whole():
    shape = shapely.MultiPolygon(
        [shapely.box(0, 0, 400, 400).difference(shapely.box(10, 10, 16, 16)), shapely.box(500, 0, 505, 5)]
    )
    (feature,) = features_of(tileset([shape]), Z, X, Y)
    assert feature.shape.equals(shapely.box(0, 0, 400, 400))
    specks = shapely.MultiPolygon([shapely.box(0, 0, 5, 5), shapely.box(20, 0, 25, 5)])
    (feature,) = features_of(tileset([specks]), Z, X, Y)
    assert feature.shape.area == 49  # a square of 50 square units
