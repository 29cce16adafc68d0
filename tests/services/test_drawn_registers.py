"""Shapes of all registers drawn and moved: laid onto what they follow, checked against what they belong to."""

from typing import Any

import geopandas as gpd
import pytest
import shapely

from geoapp.analysis.topology import area_m2
from geoapp.domain.layer import Field, Layer
from geoapp.errors import FormError, UsageError
from geoapp.services.drawable_registers import drawable_layer, drawable_layers, drawing_fields
from geoapp.services.edit_geometry import place_shape, refuse_other_kind, snap_targets
from geoapp.services.edits import create_record, edit_record
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from tests.small_district import SOUTH, WEST, box, write

SIGNED = {"edited_by": "张三", "edit_reason": "实测"}


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return gpd.GeoSeries([shape], crs=4549).to_crs(4490).iloc[0]


def point(east: float, north: float = 50) -> shapely.Point:
    return degrees(shapely.Point(WEST + east, SOUTH + north))


def held(workspace: Workspace, register: str, key: str) -> Any:
    return workspace.store.record(register, tuple(key.split("/")))


def seen(workspace: Workspace, register: str, key: str, **typed: str) -> dict[str, str]:
    return {**SIGNED, "seen": str(held(workspace, register, key).from_revision), **typed}


def test_registers_with_shapes_are_drawn_but_for_those_with_pages_of_their_own(district: Workspace) -> None:
    names = [layer.id for layer in drawable_layers(district)]
    assert names[0] == "plots"
    assert set(names) == {
        "plots", "towns", "parks", "control_zones", "control_lines", "restricted_areas", "buildings",
        "micro_parks", "projects", "project_plots",
    }  # fmt: skip
    own = {layer.id for layer in drawable_layers(district, is_proposed=True)}
    assert own == {"plots", "parks", "buildings", "micro_parks", "projects", "project_plots"}
    for register, words in (("enterprises", "没有图形"), ("project_attachments", "“项目”页面")):
        with pytest.raises(UsageError, match=words):
            drawable_layer(district, register)


def test_what_is_asked_of_a_drawn_record_comes_from_its_register(district: Workspace) -> None:
    def names(register: str) -> list[str]:
        return [line.name for line in drawing_fields(district, district.layer(register))]

    assert names("plots") == ["plot_code", "name"]
    assert names("buildings") == ["building_code", "plot_code", "name"]
    assert names("projects") == ["project_code", "name", "town_code", "park_code"]
    assert names("control_zones") == ["zone_code", "name", "kind"]


def test_building_is_laid_onto_its_plot_and_named_where_it_leaves_it(district: Workspace) -> None:
    typed = {**SIGNED, "building_code": "B9", "plot_code": "DK-A"}
    wide = degrees(box(150, 60, 100))  # ten of its sixty metres lie beyond plot A, which ends at 200 m
    with pytest.raises(FormError) as refusal:
        create_record(district, "buildings", typed, shape=wide)
    assert "有 1.50 亩 不在所填的“地块编号 DK-A”的图形里" in refusal.value.complaints["accept"]
    create_record(
        district, "buildings", typed, shape=degrees(box(150, 50.3, 100))
    )  # 0.3 m: laid onto the border
    made, plot = (held(district, *one).fields["geometry"] for one in (("buildings", "B9"), ("plots", "DK-A")))
    assert shapely.covers(shapely.buffer(plot, 1e-9), made)
    free = place_shape(district, "buildings", degrees(box(150, 50.3, 100)), today(), snaps=False)
    assert not free.is_snapped


def test_point_of_a_project_lies_in_the_town_it_names(district: Workspace) -> None:
    typed = {**SIGNED, "project_code": "X5", "name": "新项目", "town_code": "330205103"}
    with pytest.raises(FormError) as refusal:  # the town's land begins a kilometre west of plot A
        create_record(district, "projects", typed, shape=point(-1_100))
    words = refusal.value.complaints["accept"]
    assert "这个点在各镇街界线之外" in words
    assert "这个点不在所填的“所属镇街 330205103”的图形里" in words
    saved = create_record(district, "projects", typed, shape=point(100))
    assert saved.keys == ("X5",)
    assert shapely.equals(held(district, "projects", "X5").fields["geometry"], point(100))  # not moved
    moved = edit_record(district, "projects", "X5", seen(district, "projects", "X5"), shape=point(120))
    assert moved.revision is not None
    assert shapely.equals(held(district, "projects", "X5").fields["geometry"], point(120))


def test_record_without_a_shape_is_given_one(district: Workspace) -> None:
    assert held(district, "projects", "X1").fields["geometry"] is None
    edit_record(district, "projects", "X1", seen(district, "projects", "X1"), shape=point(50))
    assert shapely.equals(held(district, "projects", "X1").fields["geometry"], point(50))
    part = degrees(box(0, 100))
    edit_record(district, "project_plots", "X1/DK-A", seen(district, "project_plots", "X1/DK-A"), shape=part)
    stored = held(district, "project_plots", "X1/DK-A").fields["geometry"]
    assert shapely.area(shapely.symmetric_difference(stored, part)) == pytest.approx(
        0, abs=1e-12
    )  # of 1.4e-6 square degrees


def test_zones_may_not_overlap_and_lines_follow_them(district: Workspace) -> None:
    # Z1 ends 100 m east of plot A's corner, Z2 lies from -700 to -500 and touches it.
    wide = degrees(box(-700, 220))
    with pytest.raises(FormError) as refusal:
        edit_record(district, "control_zones", "Z2", seen(district, "control_zones", "Z2"), shape=wide)
    assert "与“Z1”重叠 4.50 亩" in refusal.value.complaints["accept"]  # 20 m x 150 m
    near = place_shape(district, "control_lines", degrees(box(-499.7, 600)), today(), without=[("L1",)])
    assert near.is_snapped
    assert near.words == ()  # the line lies over plots and zones


def test_what_a_register_follows_is_found_near_its_border_only(district: Workspace) -> None:
    whole = degrees(shapely.box(WEST - 300, SOUTH - 300, WEST + 900, SOUTH + 900))  # plots lie 300 m inside
    layer = district.layer("micro_parks")
    assert snap_targets(district, layer, whole, today()) == []
    assert len(snap_targets(district, layer, degrees(box(0)), today())) == 2  # A, and B beside it
    assert snap_targets(district, district.layer("projects"), point(0), today()) == []


def test_shape_of_another_kind_is_refused(district: Workspace) -> None:
    with pytest.raises(UsageError, match="应为点"):
        edit_record(district, "projects", "X1", seen(district, "projects", "X1"), shape=degrees(box(0)))
    with pytest.raises(UsageError, match="应为面"):
        place_shape(district, "plots", point(0), today())


def test_a_register_of_lines_takes_lines(district: Workspace) -> None:
    fields = (Field(name="road_code", dtype="string", zh="编号", en="Code", required=True),)
    roads = Layer(id="roads", zh="道路", en="Roads", geometry="line", key=("road_code",), fields=fields)
    with pytest.raises(UsageError, match="应为线"):
        refuse_other_kind(roads, degrees(box(0)))
    refuse_other_kind(roads, degrees(shapely.LineString([(WEST, SOUTH), (WEST + 9, SOUTH)])))


def test_checks_pass_over_what_is_not_known(district: Workspace) -> None:
    away = place_shape(district, "buildings", degrees(box(2_500)), today(), values={"plot_code": "没有"})
    assert away.words == ()
    write(district, project_plots=[{"project_code": "X5", "plot_code": "DK-B", "geometry": None}])
    assert (
        place_shape(district, "buildings", degrees(box(2_500)), today(), values={"plot_code": None}).words
        == ()
    )


def test_shape_keeps_its_holes_and_a_plot_in_one_touches_it(district: Workspace) -> None:
    outer, yard = box(0), shapely.box(WEST + 50, SOUTH + 50, WEST + 100, SOUTH + 90)
    ring = degrees(shapely.difference(outer, yard))
    saved = edit_record(district, "plots", "DK-A", seen(district, "plots", "DK-A"), shape=ring)
    assert saved.revision is not None
    stored = held(district, "plots", "DK-A").fields["geometry"]
    assert len(stored.interiors) == 1
    assert area_m2(stored) == pytest.approx(28_000, rel=2e-3)  # 200 x 150 m2 less 50 x 40 m2
    # Drawn 0.3 m short of the hole on all sides: laid onto its border, it fills it.
    inside = shapely.box(WEST + 50.3, SOUTH + 50.3, WEST + 99.7, SOUTH + 89.7)
    create_record(district, "plots", {**SIGNED, "plot_code": "DK-Y"}, shape=degrees(inside))
    filled = held(district, "plots", "DK-Y").fields["geometry"]
    assert shapely.equals(filled, shapely.Polygon(stored.interiors[0]))
    # The hole taken out again would lie over it.
    with pytest.raises(FormError) as refusal:
        edit_record(district, "plots", "DK-A", seen(district, "plots", "DK-A"), shape=degrees(outer))
    assert "与“DK-Y”重叠 3.00 亩" in refusal.value.complaints["accept"]  # 50 x 40 m2
