import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from geoapp.analysis.overlay import joined, overlay_shares
from geoapp.analysis.zoning import zone_weights
from geoapp.errors import CrsError, UsageError

CRS = 4549


def series(*shapes: shapely.Geometry | None, crs: int | None = CRS) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=crs)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


ZONES = series(box(0, 0, 10, 10), box(10, 0, 20, 10))


def test_clip_splits_a_plot_between_zones_and_outside() -> None:
    plot = box(6, 0, 16, 20)  # 200 m2: 4 x 10 in the first, 6 x 10 in the second, 10 x 10 north of both
    membership = overlay_shares(series(plot), ZONES)
    np.testing.assert_allclose(membership.areas.toarray(), [[0.2, 0.3]], rtol=1e-12)
    np.testing.assert_allclose(membership.outside_share, [0.5], rtol=1e-12)
    assert membership.counts.toarray().tolist() == [[0, 1]]
    assert membership.outside_count.tolist() == [0]
    assert membership.overlapping_count == 0


def test_largest_gives_the_whole_plot_to_the_zone_of_the_largest_share() -> None:
    membership = overlay_shares(series(box(6, 0, 16, 20)), ZONES, membership="largest")
    assert membership.areas.toarray().tolist() == [[0, 1]]
    assert membership.counts.toarray().tolist() == [[0, 1]]
    assert membership.outside_share.tolist() == [0]


def test_largest_tie_goes_to_the_first_zone() -> None:
    halves = series(box(5, 0, 15, 10))
    assert overlay_shares(halves, ZONES, membership="largest").areas.toarray().tolist() == [[1, 0]]
    assert overlay_shares(halves, ZONES[::-1], membership="largest").areas.toarray().tolist() == [[1, 0]]


@pytest.mark.parametrize(("least_share", "expected"), [(0.0, [[1, 0]]), (0.4, [[1, 0]]), (0.41, [[0, 0]])])
def test_least_share_sends_a_plot_outside_when_below_it(least_share: float, expected: list) -> None:
    plot = series(box(-6, 0, 4, 10))  # 40 of 100 m2 in the first zone
    membership = overlay_shares(plot, ZONES, membership="largest", least_share=least_share)
    assert membership.areas.toarray().tolist() == expected
    assert membership.outside_share[0] == 1 - membership.areas.sum()


def test_centroid_takes_the_zone_that_holds_it_though_another_has_more_land() -> None:
    plot = box(9, 0, 13, 10)  # centroid at x = 11
    assert overlay_shares(series(plot), ZONES, membership="centroid").areas.toarray().tolist() == [[0, 1]]


def test_centroid_on_a_shared_edge_counts_once_in_the_first_zone() -> None:
    membership = overlay_shares(series(box(5, 0, 15, 10)), ZONES, membership="centroid")
    assert membership.counts.toarray().tolist() == [[1, 0]]
    assert membership.outside_count.tolist() == [0]


def test_centroid_outside_all_zones_is_outside() -> None:
    membership = overlay_shares(series(box(-30, 0, 5, 10)), ZONES, membership="centroid")
    assert membership.outside_share.tolist() == [1]


def test_plot_that_only_touches_a_zone_is_outside() -> None:
    membership = overlay_shares(series(box(-10, 0, 0, 10)), ZONES)
    assert membership.areas.nnz == 0
    assert membership.outside_count.tolist() == [1]


def test_plot_covered_with_a_common_edge_has_share_exactly_one() -> None:
    membership = overlay_shares(series(box(0, 0, 3, 10)), ZONES)
    assert membership.areas.toarray().tolist() == [[1, 0]]
    assert membership.outside_share.tolist() == [0]


def test_membership_of_some_plots_keeps_their_order() -> None:
    whole = overlay_shares(series(box(0, 0, 5, 5), box(15, 0, 25, 5), box(12, 0, 14, 5)), ZONES)
    part = whole.of_plots(np.array([False, True, True]))
    assert part.areas.toarray().tolist() == [[0, 0.5], [0, 1]]
    assert part.counts.toarray().tolist() == [[0, 1], [0, 1]]
    assert part.outside_share.tolist() == [0.5, 0]
    assert part.has_area.tolist() == [True, True]


def test_hole_in_a_zone_is_outside() -> None:
    ring = box(0, 0, 10, 10) - box(4, 4, 6, 6)
    membership = overlay_shares(series(box(2, 2, 8, 8)), series(ring))
    np.testing.assert_allclose(membership.areas.toarray(), [[(36 - 4) / 36]], rtol=1e-12)


def test_multipart_plot_is_one_plot() -> None:
    parts = shapely.MultiPolygon([box(0, 0, 1, 1), box(12, 0, 15, 1)])  # 1 m2 and 3 m2
    assert overlay_shares(series(parts), ZONES).areas.toarray().tolist() == [[0.25, 0.75]]


def test_overlapping_zones_count_the_land_twice_and_say_so() -> None:
    membership = overlay_shares(series(box(0, 0, 10, 10)), series(box(0, 0, 10, 10), box(5, 0, 10, 10)))
    assert membership.areas.toarray().tolist() == [[1.0, 0.5]]
    assert membership.overlap_share.tolist() == [0.5]
    assert membership.overlapping_count == 1
    assert membership.outside_share.tolist() == [0]


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
def test_missing_empty_and_flat_shapes_are_outside_without_area(membership: str) -> None:
    flat = shapely.Polygon([(0, 50), (5, 50), (0, 50)])
    found = overlay_shares(series(None, shapely.Polygon(), flat), ZONES, membership=membership)
    assert found.has_area.tolist() == [False, False, False]
    assert found.outside_share.tolist() == [1, 1, 1]
    assert found.outside_count.tolist() == [1, 1, 1]


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
@pytest.mark.parametrize(("plot_count", "zone_count"), [(0, 0), (0, 2), (3, 0)])
def test_no_plots_or_no_zones_give_an_empty_matrix(membership: str, plot_count: int, zone_count: int) -> None:
    plots, zones = series(*[box(0, 0, 1, 1)] * plot_count), ZONES[:zone_count]
    found = overlay_shares(plots, zones, membership=membership)
    assert found.areas.shape == found.counts.shape == (plot_count, zone_count)
    assert found.outside_share.tolist() == [1] * plot_count


def test_missing_zone_geometry_holds_nothing() -> None:
    assert overlay_shares(
        series(box(0, 0, 1, 1)), series(None, box(0, 0, 9, 9))
    ).areas.toarray().tolist() == [[0, 1]]


def test_bow_tie_is_put_right_before_it_is_cut() -> None:
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])  # two triangles of 25 m2
    found = overlay_shares(series(bow_tie), series(box(0, 0, 5, 10)))
    np.testing.assert_allclose(found.areas.toarray(), [[0.5]], rtol=1e-12)


def test_degrees_are_compared_in_the_working_crs() -> None:
    plots = series(box(630_000, 3_310_000, 630_100, 3_310_100)).to_crs(4490)
    zones = series(box(630_025, 3_309_000, 640_000, 3_320_000)).to_crs(4490)
    np.testing.assert_allclose(
        overlay_shares(plots, zones, working_crs=CRS).areas.toarray(), [[0.75]], atol=1e-3
    )


def test_many_crossing_pairs_are_cut_in_threads_with_the_same_result() -> None:
    columns = np.arange(1500)
    plots = gpd.GeoSeries(shapely.box(columns, -1.0, columns + 1, 3.0), crs=CRS)
    found = overlay_shares(plots, series(box(0, 0, 1500, 10)))
    np.testing.assert_allclose(found.areas.toarray().ravel(), 0.75, rtol=1e-12)


@pytest.mark.parametrize("vertices", [16, 400, 4000])
def test_zones_of_many_vertices_are_cut_as_exactly_as_whole_ones(vertices: int) -> None:
    rng = np.random.default_rng(7)
    angles = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radii = 60 + 25 * np.sin(5 * angles) + rng.uniform(0, 3, vertices)
    star = shapely.Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))
    ring = star - shapely.Point(0, 0).buffer(25, quad_segs=vertices // 16)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(-100, 100, 7.0), np.arange(-100, 100, 9.0)))
    plots = shapely.box(x, y, x + 7, y + 9)
    expected = shapely.area(shapely.intersection(plots, ring)) / 63
    found = overlay_shares(gpd.GeoSeries(plots, crs=CRS), series(ring))
    np.testing.assert_allclose(found.areas.toarray().ravel(), expected, atol=1e-9)
    np.testing.assert_allclose((found.areas.sum() * 63), ring.area, rtol=1e-9)


def test_unknown_membership_is_refused() -> None:
    with pytest.raises(UsageError, match="归属方式“touch”不认识"):
        overlay_shares(series(), ZONES, membership="touch")


def test_missing_crs_is_refused() -> None:
    with pytest.raises(CrsError, match="分区没有坐标系"):
        overlay_shares(series(), series(crs=None))


def test_degrees_without_working_crs_are_refused() -> None:
    with pytest.raises(CrsError, match="平面坐标系"):
        overlay_shares(series(crs=4490), ZONES)


lengths = st.floats(0.5, 12, allow_nan=False)
positions = st.floats(-8, 22, allow_nan=False)
random_plots = st.lists(
    st.builds(lambda x, y, w, h: box(x, y, x + w, y + h), positions, positions, lengths, lengths),
    min_size=1,
    max_size=12,
)


@given(shapes=random_plots, membership=st.sampled_from(["clip", "largest", "centroid"]))
@settings(deadline=None, max_examples=60)
def test_zones_and_outside_sum_to_the_total(shapes: list, membership: str) -> None:
    weights = zone_weights(overlay_shares(series(*shapes), ZONES, membership=membership))
    areas = shapely.area(np.array(shapes))
    rows, counts = weights.areas @ areas, weights.counts @ np.ones(len(shapes))
    np.testing.assert_allclose(rows[:-1].sum(), areas.sum(), rtol=1e-9)
    np.testing.assert_allclose(rows[-1], areas.sum(), rtol=1e-12)
    assert counts[:-1].sum() == counts[-1] == len(shapes)
    assert set(counts % 1) == {0}


@given(
    shapes=random_plots, membership=st.sampled_from(["clip", "largest", "centroid"]), seed=st.integers(0, 99)
)
@settings(deadline=None, max_examples=60)
def test_order_of_plots_does_not_matter(shapes: list, membership: str, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(shapes))
    straight = overlay_shares(series(*shapes), ZONES, membership=membership).areas.toarray()
    shuffled = overlay_shares(
        series(*[shapes[i] for i in order]), ZONES, membership=membership
    ).areas.toarray()
    np.testing.assert_allclose(shuffled, straight[order], atol=1e-12)


@given(shapes=random_plots)
@settings(deadline=None, max_examples=40)
def test_cutting_never_makes_area(shapes: list) -> None:
    membership = overlay_shares(series(*shapes), ZONES)
    assert (membership.areas.data <= 1).all()
    assert (membership.areas.data > 0).all()
    assert membership.overlapping_count == 0


@given(dx=st.floats(-1e5, 1e5), dy=st.floats(-1e5, 1e5))
@settings(deadline=None, max_examples=30)
def test_moving_everything_changes_no_share(dx: float, dy: float) -> None:
    plot = box(6, 0, 16, 20)
    moved = overlay_shares(
        series(translate(plot, dx, dy)), series(*[translate(zone, dx, dy) for zone in ZONES])
    )
    np.testing.assert_allclose(moved.areas.toarray(), [[0.2, 0.3]], atol=1e-9)


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
def test_half_a_city_after_the_other_is_the_whole_city(membership: str) -> None:
    # 50,003 plots of 2 m in a row, which are overlaid in two pieces of 50,000 and 3.
    plots = series(*shapely.box(np.arange(50_003) * 2.0, 0, np.arange(50_003) * 2.0 + 2, 2))
    edges = [0.0, 1.0, 7.5, 99_000.0, 99_998.5, 100_001.0]
    zones = series(*(box(west, 0, east, 3) for west, east in itertools.pairwise(edges)))
    whole = overlay_shares(plots, zones, membership=membership)
    halves = [overlay_shares(plots[:20_000], zones, membership=membership)]
    halves.append(overlay_shares(plots[20_000:], zones, membership=membership))
    other = joined(halves)
    for name in ("areas", "counts"):
        one, two = getattr(whole, name), getattr(other, name)
        assert one.shape == two.shape == (50_003, 5)
        assert (one != two).nnz == 0
    for name in ("outside_share", "outside_count", "has_area", "overlap_share"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(other, name))
    # plot 50,000 runs from 100,000 to 100,002 m: half of it in the last zone; of 49,999 (99,998-100,000) a quarter in
    # the fourth zone and the rest in the last
    expected = {
        "clip": [[0, 0, 0, 0.25, 0.75], [0, 0, 0, 0, 0.5]],
        "largest": [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1]],
        "centroid": [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1]],
    }
    assert whole.areas[[49_999, 50_000]].toarray().tolist() == expected[membership]
    assert joined(halves[:1]) is halves[0]
