"""The working coordinate system as the browser gets it."""

import pytest

from geoapp.services.working_crs import WorkingCrs, working_crs


def test_band_with_zone_number_has_it_in_the_false_easting() -> None:
    assert working_crs(4528) == WorkingCrs(
        epsg=4528,
        name="EPSG:4528（CGCS2000 3度带 第40带）",
        central_meridian_deg=120.0,
        false_easting_m=40_500_000.0,
        false_northing_m=0.0,
        scale=1.0,
    )


@pytest.mark.parametrize(
    ("epsg", "why"),
    [
        (3857, "no Gauss-Krüger"),
        (4490, "degrees, no projection at all"),
        (2437, "Beijing 1954: another ellipsoid"),
        (32651, "WGS 84: its flattening is another in the ninth digit"),
        (27700, "origin at 49 degrees north, Airy ellipsoid"),
    ],
)
def test_what_the_browser_cannot_compute_is_none(epsg: int, why: str) -> None:
    assert working_crs(epsg) is None, why


def test_config_is_plain_values() -> None:
    plane = working_crs(4549)
    assert plane is not None
    assert plane.to_config()["central_meridian_deg"] == 120.0
