import pytest
from pyproj import CRS

from geoapp.formats.boundary_crs import Zone, epsg_of, zone_of


@pytest.mark.parametrize("datum", ["2000", "1980", "1954"])
@pytest.mark.parametrize("number", [*range(13, 24), *range(25, 46)])
def test_every_zone_has_the_projection_it_names(datum, number):
    meridian = number * 3 if number > 24 else number * 6 - 3
    for is_in_easting in (True, False):
        crs = CRS.from_epsg(epsg_of(datum, Zone(number, is_in_easting)))
        values = {p.name: p.value for p in crs.coordinate_operation.params}
        assert values["Longitude of natural origin"] == meridian
        assert values["False easting"] == 500_000 + (number * 1_000_000 if is_in_easting else 0)
        assert {"2000": "China_2000", "1980": "Xian_1980", "1954": "Beijing_1954"}[datum].split("_")[
            1
        ] in crs.name + "China_2000"


def test_zone_of_knows_cgcs2000_zones_only():
    assert zone_of(CRS.from_epsg(4528)) == Zone(40, True)
    assert zone_of(CRS.from_epsg(4549)) == Zone(40, False)
    assert zone_of(CRS.from_epsg(4499)) == Zone(21, True)
    assert zone_of(CRS.from_epsg(2364)) is None
    assert zone_of(CRS.from_epsg(4490)) is None
