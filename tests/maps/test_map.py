"""What folium makes for the page: no other host, no inline style or handler, the same each time."""

import json
import re

import pytest

from geoapp.maps.map import BasemapLayer, DistrictMap, MapParts, RegisterLayer, map_parts

BOUNDS = (121.35, 29.87, 121.65, 30.06)


def parts(title: str = "工业地块", label: str = "江北区地图") -> MapParts:
    district_map = DistrictMap(
        "main", bounds=BOUNDS, label=label, version="1.2", config={"attribution": "示意图"}
    )
    return map_parts(
        district_map,
        [BasemapLayer({"address": "/basemap/{z}/{x}/{y}"}), RegisterLayer({"id": "plots", "title": title})],
    )


def test_links_are_our_own_files_with_the_version() -> None:
    header = str(parts().header)
    assert re.findall(r'(?:src|href)="([^"]+)"', header) == [
        "/static/vendor/leaflet/leaflet.js?v=1.2",
        "/static/vendor/leaflet/leaflet.css?v=1.2",
        "/assets/map.css?v=1.2",
        "/assets/map/layers.css?v=1.2",
    ]


def test_nothing_inline_is_left() -> None:
    made = parts()
    everything = made.header + made.html + made.script
    assert "<style" not in everything
    assert "style=" not in everything
    assert "http" not in everything
    assert not re.search(r"\son\w+=", everything)


def test_script_calls_our_module_in_order() -> None:
    calls = re.findall(r"geoapp\.(\w+)\(", str(parts().script))
    assert calls == ["createMap", "addBasemap", "addRegister"]


def test_bounds_reach_the_script_as_leaflet_wants_them() -> None:
    config = re.search(r'createMap\("map_main", (\{.*\})\);', str(parts().script))
    assert config is not None
    assert json.loads(config[1])["bounds"] == [[29.87, 121.35], [30.06, 121.65]]


@pytest.mark.parametrize("hostile", ["</script><img src=x onerror=alert(1)>", "'\"&<b>"])
def test_values_cannot_leave_their_place(hostile: str) -> None:
    made = parts(title=hostile, label=hostile)
    assert "<" not in str(made.script)
    assert made.html.count("<") == 2  # the div and its end
    assert json.loads(re.findall(r"addRegister\(map_main, (.*)\);", str(made.script))[0])["title"] == hostile


def test_two_renderings_are_equal() -> None:
    assert parts() == parts()


def test_a_map_leaves_the_class_as_it_was() -> None:
    parts()
    assert DistrictMap.default_js == (("leaflet", "/static/vendor/leaflet/leaflet.js"),)
