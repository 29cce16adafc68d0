"""Ground that shapes share, by hand in degrees and against every pair cut by itself."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.shared_ground import SharedGround, shared_ground, shared_ground_of

DEG = 0.001


def cell(west: float, south: float, width: float = 1.0, height: float = 1.0) -> shapely.Polygon:
    """A box in thousandths of a degree from a corner in Ningbo: some 96 by 111 m each."""
    x, y = 121.5 + west * DEG, 29.9 + south * DEG
    return shapely.box(x, y, x + width * DEG, y + height * DEG)


def area_m2(shape: shapely.Geometry) -> float:
    return float(ellipsoid_area_m2(gpd.GeoSeries([shape], crs=4490))[0])


def pairs(found: SharedGround) -> list[tuple[int, int]]:
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


SHAPES = np.array(
    [
        cell(0, 0),
        cell(1, 0),  # beside the first, with its edge
        None,
        cell(1.5, 0),  # over the right half of the one before
        shapely.Polygon(),
        cell(1.25, 0.25, 0.5, 0.5),  # inside both
        cell(0, 0),  # the first once more
        cell(2.5 - 1e-6, 0),  # a tenth of a millimetre over its neighbour: some 0.01 m2
        shapely.Polygon([(121.51, 29.9), (121.512, 29.902), (121.512, 29.9), (121.51, 29.902)]),  # a bow
        shapely.box(121.5115, 29.9, 121.512, 29.902),  # over the right end of its right half
    ],
    dtype=object,
)


def test_only_what_covers_land_is_a_pair() -> None:
    found = shared_ground(SHAPES, 1.0)
    assert pairs(found) == [(0, 6), (1, 3), (1, 5), (3, 5), (8, 9)]
    # Of two halves of 5 each lies in one neighbour: 1.25 to 1.75 in 1 (to 2), and 1.5 to 1.75 in 3.
    # The bow's arms cross at its middle: right of 121.5115 the upper half of its right end is a trapezoid.
    end = shapely.Polygon([(121.5115, 29.9005), (121.512, 29.9), (121.512, 29.902), (121.5115, 29.9015)])
    by_hand = [cell(0, 0), cell(1.5, 0, 0.5), cell(1.25, 0.25, 0.5, 0.5), cell(1.5, 0.25, 0.25, 0.5), end]
    np.testing.assert_allclose(found.area_m2, [area_m2(shape) for shape in by_hand], rtol=1e-9)


def test_the_tolerance_decides_what_is_an_edge_drawn_twice() -> None:
    sliver = area_m2(cell(2.5 - 1e-6, 0, 1e-6))
    assert sliver == pytest.approx(96.5e-6 * 110.9, rel=0.01)  # 0.0000965 m by 110.9 m
    assert (3, 7) in pairs(shared_ground(SHAPES, sliver / 2))
    assert (3, 7) not in pairs(shared_ground(SHAPES, sliver * 2))
    whole = float(shared_ground(SHAPES, 1.0).area_m2[0])
    assert (0, 6) not in pairs(shared_ground(SHAPES, whole))  # no more than the tolerance


@pytest.mark.parametrize("times", [1, 20])
def test_of_some_shapes_all_their_pairs_are_found_and_no_others(times: int) -> None:
    """Twenty districts beside one another have more shapes than are looked up box by box."""
    shapes = np.concatenate(
        [shapely.transform(SHAPES, lambda xy, k=k: np.add(xy, [k, 0])) for k in range(times)]
    )
    boxes, whole = shapely.bounds(shapes), shared_ground(shapes, 1.0)
    assert len(whole.first) == 5 * times
    for asked in ([1, 2, 4], [6], [], [*range(len(shapes))], [*range(0, len(shapes), 3)]):
        rows = np.array(asked, dtype=np.int64)
        found, wanted = shared_ground_of(shapes, boxes, rows, 1.0), whole.among(rows)
        assert pairs(found) == pairs(wanted)
        assert (found.area_m2 == wanted.area_m2).all()


def test_nothing_drawn_shares_nothing() -> None:
    nothing = np.array([], dtype=object)
    assert pairs(shared_ground(nothing, 1.0)) == []
    assert pairs(shared_ground_of(nothing, shapely.bounds(nothing), np.array([], dtype=np.int64), 1.0)) == []
    assert pairs(shared_ground(np.array([None, None]), 1.0)) == []
