"""GeoJSON shapes: what is taken, and what is refused with which words."""

from typing import Any

import pytest
import shapely

from geoapp.domain.geojson import AREAS, KINDS, MOST_VERTICES, parse_shape
from geoapp.errors import InputError, UsageError

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_every_kind_is_read() -> None:
    assert parse_shape({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}).length == pytest.approx(
        2**0.5
    )
    assert parse_shape(
        polygon(SQUARE, [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.2]])
    ).area == pytest.approx(0.98)
    two = {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[5, 5], [6, 5], [6, 6], [5, 5]]]]}
    assert parse_shape(two, AREAS).area == pytest.approx(1.5)
    lines = {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 0]], [[5, 5], [5, 7]]]}
    assert parse_shape(lines, KINDS["line"]).length == pytest.approx(3)
    with pytest.raises(UsageError, match="MultiLineString"):  # only where lines of several parts are wanted
        parse_shape(lines)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (None, UsageError, "应为 GeoJSON 的面（Polygon）或多部分面（MultiPolygon）"),
        ("POLYGON ((0 0))", UsageError, "应为 GeoJSON"),
        ({"type": "Point", "coordinates": [0, 0]}, UsageError, "类型“Point”不能用"),
        ({"coordinates": [SQUARE]}, UsageError, "类型“None”不能用"),
        ({"type": "Polygon"}, UsageError, "应为 3 层数组"),
        ({"type": "Polygon", "coordinates": []}, UsageError, "应为 3 层数组"),
        (polygon([0, 1, 2]), UsageError, "应为 3 层数组"),
        (polygon([["0", 0], [1, 0], [1, 1], [0, 0]]), UsageError, "应为 [经度, 纬度] 两个数"),
        (polygon([[True, 0], [1, 0], [1, 1], [0, 0]]), UsageError, "应为 [经度, 纬度] 两个数"),
        (polygon([[0], [1, 0], [1, 1], [0, 0]]), UsageError, "应为 [经度, 纬度] 两个数"),
        (polygon([[644798, 3316404], [1, 0], [1, 1], [0, 0]]), InputError, "不是经纬度"),
        (polygon([[10**400, 0], [1, 0], [1, 1], [0, 0]]), InputError, "不是经纬度"),
        (polygon([[float("nan"), 0], [1, 0], [1, 1], [0, 0]]), InputError, "不是经纬度"),
        (polygon([[0, 0], [1, 0], [0, 0]]), InputError, "只有 3 个点"),
        (polygon([[0, 0], [1, 0], [1, 1], [0, 1]]), InputError, "没有闭合"),
        (polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), InputError, "边线自相交（0.5，0.5 附近）"),
        (polygon(SQUARE, [[5, 5], [6, 5], [6, 6], [5, 5]]), InputError, "洞在外圈之外"),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), InputError, "请重新画"),
    ],
)
def test_what_is_no_area_is_refused(value: Any, error: type[InputError], words: str) -> None:
    with pytest.raises(error) as refusal:
        parse_shape(value, AREAS)
    assert type(refusal.value) is error
    assert words in str(refusal.value)


def test_a_line_of_one_point_is_refused() -> None:
    with pytest.raises(InputError, match="至少要 2 个"):
        parse_shape({"type": "LineString", "coordinates": [[0, 0]]})


def test_too_many_vertices_are_refused() -> None:
    ring = shapely.get_coordinates(shapely.Point(0, 0).buffer(1, quad_segs=MOST_VERTICES // 4 + 1)).tolist()
    with pytest.raises(InputError, match="上限是 50,000 个"):
        parse_shape(polygon(ring))
