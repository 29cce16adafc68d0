from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from geoapp.analysis.crs import crs_name, crs_rules, detect_crs, is_outside, is_usable, parse_crs
from geoapp.analysis.crs_verdict import SWAP_AXES, USE_DETECTED_CRS, CrsHow, judge_crs, to_stored
from geoapp.domain.issue import Severity
from geoapp.domain.policy import Policy, parse_policy
from geoapp.errors import CrsError
from geoapp.resources import PACKAGE_DIR, read_toml

DAY = date(2026, 1, 1)
HERE = (121.47, 29.982)
"""A point of the district, degrees."""


@pytest.fixture(scope="module")
def rules():
    numbers = parse_policy(read_toml(PACKAGE_DIR / "policy/crs_windows.toml"), "crs_windows.toml")
    return crs_rules(Policy(numbers), DAY)


def boxes(crs, *, shift_x=0.0, swapped=False, declared=None, count=5):
    """Return small squares around HERE in the numbers of *crs*, declared as told."""
    points = gpd.GeoSeries([shapely.Point(HERE)] * count, crs=4490).to_crs(crs)
    size = 0.0005 if CRS.from_user_input(crs).is_geographic else 50
    shapes = [
        shapely.box(p.x + shift_x + i * size, p.y, p.x + shift_x + (i + 0.9) * size, p.y + size)
        for i, p in enumerate(points)
    ]
    if swapped:
        shapes = shapely.transform(np.array(shapes), lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(shapes, crs=declared)


def lands_here(stored):
    """Tell whether the first square has its corner at HERE."""
    return stored[0].exterior.distance(shapely.Point(HERE)) < 1e-9


@pytest.mark.parametrize("epsg", [4549, 4528, 4550, 4529, 4490, 3857])
@pytest.mark.parametrize("swapped", [False, True])
def test_detects_each_window_by_magnitude(rules, epsg, swapped):
    found = detect_crs(boxes(epsg, swapped=swapped), rules)
    assert found.window is not None
    assert (found.window.crs, found.is_swapped, found.share) == (f"EPSG:{epsg}", swapped, 1.0)
    assert f"EPSG:{epsg}" in found.reason


def test_detects_local_meridian_but_asks_for_parameters(rules):
    local = "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80 +units=m"
    verdict = judge_crs(boxes(local), rules)
    assert verdict.crs is None
    assert verdict.how is CrsHow.UNKNOWN
    assert verdict.issues[0].code == "crs-needs-parameters"
    assert verdict.issues[0].severity is Severity.ERROR
    assert verdict.name == "未知"


def test_asks_where_nothing_fits(rules):
    verdict = judge_crs(boxes(4549, shift_x=1_000_000), rules)
    assert verdict.crs is None
    assert [i.code for i in verdict.issues] == ["crs-unknown"]
    with pytest.raises(CrsError, match="坐标系未知"):
        to_stored(boxes(4549), verdict)


def test_asks_where_records_fit_two_systems_half_each(rules):
    mixed = gpd.GeoSeries([*boxes(4549), *boxes(4528)])
    found = detect_crs(mixed, rules)
    assert found.window is None
    assert "4549 50%" in found.reason
    assert "4528 50%" in found.reason


def test_no_coordinates_detects_nothing(rules):
    found = detect_crs(gpd.GeoSeries([None, shapely.Polygon()]), rules)
    assert (found.window, found.share) == (None, 0.0)


def test_uses_detected_system_when_none_is_declared(rules):
    verdict = judge_crs(boxes(4549), rules)
    assert (verdict.how, verdict.crs, verdict.is_swapped) == (CrsHow.DETECTED, CRS.from_epsg(4549), False)
    assert [i.severity for i in verdict.issues] == [Severity.WARNING]
    assert lands_here(to_stored(boxes(4549), verdict))


def test_swapped_axes_wait_for_their_fix(rules):
    shapes = boxes(4549, swapped=True)
    waiting, chosen = judge_crs(shapes, rules), judge_crs(shapes, rules, fixes=frozenset({SWAP_AXES}))
    assert waiting.issues[0].severity is Severity.ERROR
    assert waiting.issues[0].fix == SWAP_AXES
    assert chosen.issues[0].severity is Severity.NOTE
    assert lands_here(to_stored(shapes, chosen))


def test_declared_but_swapped_keeps_declared_system(rules):
    verdict = judge_crs(boxes(4490, swapped=True, declared=4490), rules)
    assert (verdict.how, verdict.is_swapped) == (CrsHow.DECLARED, True)
    assert verdict.issues[0].code == "axes-swapped"


def test_declared_system_that_lands_here_is_used(rules):
    verdict = judge_crs(boxes(4528, declared=4528), rules)
    assert (verdict.how, verdict.declared) == (CrsHow.DECLARED, crs_name(CRS.from_epsg(4528)))
    assert [i.code for i in verdict.issues] == ["crs-declared"]


def test_declared_strip_without_its_number_in_the_coordinates(rules):
    shapes = boxes(4549, declared=4528)
    waiting = judge_crs(shapes, rules)
    assert (waiting.issues[0].code, waiting.issues[0].fix) == ("crs-contradiction", USE_DETECTED_CRS)
    assert waiting.issues[0].severity is Severity.ERROR
    chosen = judge_crs(shapes, rules, fixes=frozenset({USE_DETECTED_CRS}))
    assert chosen.issues[0].severity is Severity.NOTE
    assert lands_here(to_stored(shapes, chosen))


def test_declared_degrees_but_metres(rules):
    verdict = judge_crs(boxes(4549, declared=4326), rules)
    assert verdict.crs == CRS.from_epsg(4549)
    assert verdict.issues[0].code == "crs-contradiction"


def test_declared_degrees_but_local_metres_asks(rules):
    local = "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80 +units=m"
    verdict = judge_crs(boxes(local, declared=4326), rules)
    assert verdict.crs is None
    assert "与坐标不符" in verdict.issues[0].message


def test_declared_system_elsewhere_is_kept_and_said(rules):
    paris = gpd.GeoSeries([shapely.box(2.3, 48.8, 2.4, 48.9)], crs=4326)
    verdict = judge_crs(paris, rules)
    assert verdict.crs == CRS.from_epsg(4326)
    assert "不落在本区" in verdict.reason
    assert is_outside(to_stored(paris, verdict), rules).tolist() == [True]


def test_declared_without_coordinates_is_kept(rules):
    verdict = judge_crs(gpd.GeoSeries([None], crs=4549), rules)
    assert verdict.how is CrsHow.DECLARED


@pytest.mark.parametrize("declared", [3857, None])
def test_web_mercator_is_warned_of(rules, declared):
    verdict = judge_crs(boxes(3857, declared=declared), rules)
    assert "crs-web-mercator" in [i.code for i in verdict.issues]


def test_old_datum_is_warned_of(rules):
    verdict = judge_crs(boxes(2385, declared=2385), rules)
    assert "crs-old-datum" in [i.code for i in verdict.issues]


def test_given_system_is_believed(rules):
    verdict = judge_crs(boxes(4549), rules, given=parse_crs("EPSG:4549"))
    assert (verdict.how, verdict.issues[0].code) == (CrsHow.GIVEN, "crs-given")


def test_four_parameters_turn_shift_and_scale(rules):
    given = parse_crs("1000,2000,90,2@4549")
    verdict = judge_crs(gpd.GeoSeries([shapely.Point(3, 4)]), rules, given=given)
    stored = to_stored(gpd.GeoSeries([shapely.Point(3, 4)]), verdict)
    # 90 degrees anticlockwise turns (3, 4) into (-4, 3); twice that is (-8, 6); shifted: (992, 2006)
    moved = stored.to_crs(4549)[0]
    assert (moved.x, moved.y) == pytest.approx((992, 2006), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["4549", "epsg:4549", " EPSG:4549 ", "+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80", "0,0,0,1"],
)
def test_parse_crs_accepts_code_proj_and_parameters(text):
    assert parse_crs(text).crs.is_projected


def test_parse_crs_accepts_wkt():
    assert parse_crs(CRS.from_epsg(4549).to_wkt()).crs == CRS.from_epsg(4549)


@pytest.mark.parametrize(
    "text", ["999999", "宁波坐标", "1,2,3,0", "1,2,3,-", "1,2,3,4@nonsense", "EPSG:5737", ""]
)
def test_parse_crs_refuses(text):
    with pytest.raises(CrsError):
        parse_crs(text)


def test_undefined_declaration_counts_as_none():
    engineering = CRS.from_wkt(
        'ENGCRS["Undefined Cartesian SRS",EDATUM["Unknown engineering datum"],CS[Cartesian,2],'
        'AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    )
    assert not is_usable(engineering)
    assert not is_usable(None)
    assert is_usable(CRS.from_epsg(4490))


def test_name_of_a_system_without_code():
    assert crs_name(CRS.from_user_input("+proj=tmerc +lon_0=121.5 +x_0=500000 +ellps=GRS80")) == "unknown"


def test_outside_counts_missing_as_inside_and_the_margin_as_district(rules):
    shapes = gpd.GeoSeries(
        [
            shapely.box(121.4, 29.9, 121.41, 29.91),
            shapely.box(121.68, 29.9, 121.69, 29.91),
            shapely.Point(121.7, 29.9),
            None,
        ],
        crs=4490,
    )
    # 121.642 + 0.05 = 121.692: the second begins inside the margin, the third lies beyond
    assert is_outside(shapes, rules).tolist() == [False, False, True, False]
