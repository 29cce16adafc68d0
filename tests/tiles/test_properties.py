import hypothesis.strategies as st
import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from shapely.affinity import translate

from geoapp.tiles import build_tileset
from tests.tiles.decoding import X, Y, features_of, one, placed

FRAME = shapely.box(-64, -64, 4160, 4160)
WIDER_FRAME = shapely.box(-64 - 2048, -64 - 2048, 4160 + 2048, 4160 + 2048)
"""How far a polygon may reach that is drawn whole because cutting it would make it invalid."""
QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
numbers = st.integers(-700 * 16, 4800 * 16).map(lambda sixteenths: sixteenths / 16)
points = st.tuples(numbers, numbers)


def polygons_of(shape):
    """What is left without the lines and points that flat triangles are."""
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


@st.composite
def triangle_unions(draw):
    """Polygons and multipolygons with holes, slivers and any number of corners: unions of triangles."""
    corners = draw(st.lists(st.tuples(points, points, points), min_size=1, max_size=8))
    return polygons_of(shapely.union_all([shapely.make_valid(shapely.Polygon(c)) for c in corners]))


@st.composite
def parcels(draw):
    """Star-shaped parcels of some units to some hundred units, half of them with a hole."""
    x, y, size = draw(numbers), draw(numbers), draw(st.floats(1, 400))
    radii = np.array(draw(st.lists(st.floats(0.5, 1), min_size=3, max_size=40)))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    ring = np.stack([x + size * radii * np.cos(angles), y + size * radii * np.sin(angles)], axis=1)
    holes = [(ring - [x, y]) * 0.4 + [x, y]] if draw(st.booleans()) else []
    return shapely.Polygon(ring, holes)


def check(shape):
    tiles = one(shape)
    drawn = [feature.shape for feature in features_of(tiles)]
    assert all(part.is_valid for part in drawn)
    area = shapely.union_all(drawn) if drawn else shapely.Polygon()
    assert area.difference(WIDER_FRAME).is_empty
    area = shapely.intersection(area, FRAME)
    exact = shape.intersection(FRAME)
    # a vertex moves by up to 0.71 units when it is rounded, and again when a wall is snapped to a corner close by
    assert shapely.symmetric_difference(area, exact).area <= 2 * exact.length + 16 * 16


@given(triangle_unions())
@QUIET
def test_unions_of_triangles_are_valid_and_true(shape):
    check(shape)


@given(parcels())
@QUIET
def test_parcels_are_valid_and_true(shape):
    check(shape)


@given(parcels())
@settings(QUIET, max_examples=40)
def test_neighbouring_tiles_agree_where_they_overlap(shape):
    shape = translate(shape, 4096 - shape.centroid.x)
    tiles = one(shape)
    seam = shapely.box(4033, -63, 4159, 4159)
    left = [f.shape.intersection(seam) for f in features_of(tiles)]
    right = [translate(f.shape, 4096).intersection(seam) for f in features_of(tiles, x=X + 1)]
    difference = shapely.symmetric_difference(shapely.union_all(left), shapely.union_all(right))
    assert difference.area <= 2 * shape.intersection(seam.buffer(1)).length + 16 * 16


@given(st.lists(st.lists(points, min_size=2, max_size=6), min_size=1, max_size=4))
@QUIET
def test_lines_stay_within_a_unit_of_the_exact_ones(parts):
    lines = shapely.MultiLineString(parts)
    drawn = [shapely.LineString(ring) for f in features_of(one(lines)) for ring in f.rings]
    assert shapely.union_all(drawn).difference(lines.buffer(2)).is_empty
    well_inside = lines.intersection(FRAME.buffer(-2))
    assert well_inside.length - well_inside.intersection(shapely.union_all(drawn).buffer(2)).length < 10


@given(st.lists(parcels(), min_size=1, max_size=30), st.integers(0, 12))
@settings(QUIET, max_examples=40)
def test_low_zooms_are_valid_too(shapes, up):
    z, x, y = 14 - up, X >> up, Y >> up
    count = len(shapes)
    tiles = build_tileset(
        np.array([placed(shape) for shape in shapes]),
        np.arange(count),
        [str(k) for k in range(count)],
        np.ones(count),
        name="plots",
    )
    for feature in features_of(tiles, z, x, y):
        assert feature.shape.is_valid
