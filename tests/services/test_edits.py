"""Records edited by hand: changed, made, withdrawn, split, merged, taken back; each one revision, none of them lost."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.analysis.topology import area_m2
from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.errors import (
    ConflictError,
    FormError,
    GoneError,
    InputError,
    NotFoundError,
    StaleError,
    UsageError,
)
from geoapp.services.as_of import as_of
from geoapp.services.edit_geometry import place_shape
from geoapp.services.edits import Saved, create_record, edit_record, withdraw_record
from geoapp.services.plot_facts import plot_facts, today
from geoapp.services.plot_merge import merge_plots, unite_plots
from geoapp.services.plot_split import divide_plot, split_plot
from geoapp.services.record_form import field_texts, form_fields, read_fields, sign
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.services.undo import undo_revision
from geoapp.services.workspace import Workspace
from tests.small_district import BUILDINGS, PLOTS, box, frame_of, write

SIGNED = {"edited_by": "张三", "edit_reason": "权证变更", "edit_document_no": "示例〔2026〕1号"}


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return gpd.GeoSeries([shape], crs=4549).to_crs(4490).iloc[0]


def version(workspace: Workspace, code: str, register: str = "plots") -> int:
    return workspace.store.record(register, (code,)).from_revision


def fields(workspace: Workspace, code: str, register: str = "plots") -> dict[str, Any]:
    return workspace.store.record(register, (code,)).fields


def form(workspace: Workspace, code: str, **typed: Any) -> dict[str, Any]:
    return {"seen": str(version(workspace, code)), **SIGNED, **typed}


def cut_through(east: float) -> shapely.LineString:
    """Return a line from south to north through the small district, so many metres east of plot A's corner."""
    west, south, _, north = box(0).bounds
    return degrees(shapely.LineString([(west + east, south - 20), (west + east, north + 20)]))


def split_a(workspace: Workspace, **typed: Any) -> Saved:
    given = form(workspace, "DK-A", codes=["DK-A1", "DK-A2"], **typed)
    return split_plot(workspace, "DK-A", cut_through(80), given)


# The form


def test_form_comes_from_the_register(district: Workspace) -> None:
    layer = district.layer("plots")
    lines = {
        line.name: line
        for line in form_fields(district, layer, field_texts(layer, fields(district, "DK-A")), is_new=False)
    }
    assert list(lines) == list(layer.field_names)
    assert lines["plot_code"].is_locked
    assert lines["plot_code"].is_required
    assert (lines["area_reg_m2"].kind, lines["area_reg_m2"].text) == ("number", "30000")
    assert "45亩" in lines["gfa_actual_m2"].hint
    assert ("granted", "出让") in lines["right_type"].choices
    assert ("330205103", "慈城镇") in lines["town_code"].offers
    assert lines["term_end_on"].kind == "date"
    assert lines["note"].kind == "long"
    assert lines["name"].max_length == 200


def test_restricted_field_is_withheld_and_kept(district: Workspace) -> None:
    layer = district.layer("micro_parks")
    texts = field_texts(layer, fields(district, "W1", "micro_parks"))
    assert texts["phone"] == ""
    line = next(line for line in form_fields(district, layer, texts, is_new=False) if line.name == "phone")
    assert line.is_withheld
    typed = {**texts, **SIGNED, "name": "改名", "seen": str(version(district, "W1", "micro_parks"))}
    edit_record(district, "micro_parks", "W1", typed)
    stored = fields(district, "W1", "micro_parks")
    assert (stored["name"], stored["phone"]) == ("改名", "13800000000")


def test_numbers_areas_days_and_codes_are_read_strictly(district: Workspace) -> None:
    layer, complaints = district.layer("plots"), {}
    typed = {
        "area_reg_m2": "45亩", "gfa_far_m2": " １，２００.5 ", "built_year": "1998年", "right_type": "granted",
        "term_end_on": "2040年6月1日", "name": "", "vacancy_percent": "无",
    }  # fmt: skip
    values = read_fields(layer, typed, complaints)
    assert complaints == {}
    assert values["area_reg_m2"] == pytest.approx(30_000)
    assert (values["gfa_far_m2"], values["built_year"], values["name"]) == (1200.5, 1998, None)
    assert values["term_end_on"].isoformat() == "2040-06-01"
    assert values["vacancy_percent"] is None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("area_reg_m2", "约三万", "看不懂"),
        ("area_reg_m2", "-1", "小于允许的最小值"),
        ("vacancy_percent", "130", "大于允许的最大值"),
        ("name", "长" * 201, "太长"),
        ("right_type", "sold", "不在代码表里"),
        ("uscc", "91330205MA0000001X", "统一社会信用代码"),
        ("plot_code", " ", "没有填“地块编号”"),
        ("term_end_on", "2040-13-01", "看不懂"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_right(
    district: Workspace, name: str, text: str, words: str
) -> None:
    complaints: dict[str, str] = {}
    read_fields(district.layer("plots"), {name: text}, complaints)
    assert words in complaints[name]


def test_edit_needs_author_and_reason(district: Workspace) -> None:
    with pytest.raises(FormError) as refusal:
        sign({"edited_by": " ", "edit_reason": "", "edit_document_no": "长" * 101})
    assert set(refusal.value.complaints) == {"edited_by", "edit_reason", "edit_document_no"}
    assert sign(SIGNED).reason == "权证变更"


# One record


def test_edit_is_one_revision_with_who_why_and_document(district: Workspace) -> None:
    saved = edit_record(
        district, "plots", "DK-A", form(district, "DK-A", name="甲厂", gfa_actual_m2="1.5万㎡")
    )
    entry = district.store.revisions()[0]
    assert saved.revision == entry
    assert (entry.kind, entry.user, entry.reason, entry.document_no) == (
        RevisionKind.EDIT,
        *SIGNED.values(),
    )
    stored = fields(district, "DK-A")
    assert (stored["name"], stored["gfa_actual_m2"], stored["uscc"]) == ("甲厂", 15_000, "E1")
    assert stored["is_demo"]
    assert stored["source_file"] == "plots.zip"
    again = edit_record(district, "plots", "DK-A", form(district, "DK-A", name="甲厂"))
    assert again.revision is None


def test_stale_edit_is_refused_and_nothing_is_stored(district: Workspace) -> None:
    mine = form(district, "DK-A", name="我的")
    edit_record(district, "plots", "DK-A", form(district, "DK-A", name="他的"))
    with pytest.raises(StaleError, match="改过"):
        edit_record(district, "plots", "DK-A", mine)
    assert fields(district, "DK-A")["name"] == "他的"
    with pytest.raises(UsageError, match="seen"):
        edit_record(district, "plots", "DK-A", {**mine, "seen": ""})


def test_edit_that_is_wrong_tells_all_at_once(district: Workspace) -> None:
    with pytest.raises(FormError) as refusal:
        edit_record(
            district, "plots", "DK-A", form(district, "DK-A", area_reg_m2="x", right_type="y", edit_reason="")
        )
    assert set(refusal.value.complaints) == {"area_reg_m2", "right_type", "edit_reason"}


def test_findings_of_an_edit_are_named(district: Workspace) -> None:
    typed = form(district, "DK-A", area_reg_m2="40000", town_code="999", predecessors="DK-B")
    found = "".join(edit_record(district, "plots", "DK-A", typed).findings)
    assert "“所属镇街”填的“999”不在" in found
    assert "登记面积 60.00 亩，图形" in found  # 40,000 m2 registered, some 30,000 drawn
    assert "超过 2%" in found
    assert "来源地块“DK-B”还在台账里" in found
    typed = form(district, "DK/C", area_reg_m2="", predecessors="DK/C")
    found = "".join(edit_record(district, "plots", "DK/C", typed).findings)
    assert "没有填登记面积" in found
    assert "“来源地块”里填了它自己；来源不成立，这一项不采用。" in found
    # A height limit of nought is no limit, and is kept; open land has no floor area.
    saved = edit_record(district, "plots", "DK-A", form(district, "DK-A", height_limit_m="0", gfa_far_m2="0"))
    assert "限高是 0。请核对；不知道时请留空。" in saved.findings
    assert not any("计容建筑面积" in one for one in saved.findings)
    assert district.store.read("plots").set_index("plot_code").loc["DK-A", "height_limit_m"] == 0


def test_record_without_shape_is_made_and_withdrawn(district: Workspace) -> None:
    uscc = "91350100M000100Y43"
    typed = {**SIGNED, "plot_code": "DK-A", "uscc": uscc, "role": "tenant", "area_m2": "3亩"}
    saved = create_record(district, "occupancies", typed)
    (key,) = saved.keys
    assert key == f"DK-A/{uscc}/tenant"
    assert f"“统一社会信用代码”填的“{uscc}”不在" in "".join(saved.findings)
    with pytest.raises(StaleError, match="已经有了"):
        create_record(district, "occupancies", typed)
    made = district.store.record("occupancies", tuple(key.split("/"))).from_revision
    withdraw_record(district, "occupancies", key, {**SIGNED, "seen": str(made)})
    with pytest.raises(GoneError):
        district.store.record("occupancies", tuple(key.split("/")))


def test_a_plot_that_was_split_is_told_by_what_became_of_it(district: Workspace) -> None:
    parts = [
        {"plot_code": code, "predecessors": "老", "geometry": box(east, 50)}
        for code, east in (("东", 0), ("西", 50))
    ]
    write(district, plots=parts)
    typed = {"plot_code": "老", "uscc": "91350100M000100Y43", "role": "tenant"}
    found = create_record(district, "occupancies", {**SIGNED, **typed}).findings
    assert "“地块编号”填的“老”已分割或合并为“东、西”。请改填现在的编号。" in found
    recognition = {"recognition_code": "R9", "plot_code": "老", "ledger": "JX_TL", "event": "completion",
                   "mode": "M01", "recognised_on": "2024-01-01", "area_m2": "10"}  # fmt: skip
    found = create_record(district, "recognitions", {**SIGNED, **recognition}).findings
    assert not any("老" in sentence for sentence in found)  # it counts on both parts


def test_new_plot_needs_a_shape_and_a_code(district: Workspace) -> None:
    with pytest.raises(FormError) as refusal:
        create_record(district, "plots", dict(SIGNED))
    assert set(refusal.value.complaints) == {"plot_code", "geometry"}
    saved = create_record(district, "plots", {**SIGNED, "plot_code": "DK-N"}, shape=degrees(box(600.3, 100)))
    assert saved.keys == ("DK-N",)
    new, neighbour = fields(district, "DK-N")["geometry"], fields(district, "DK/C")["geometry"]
    assert shapely.area(shapely.intersection(new, neighbour)) == 0
    assert shapely.length(shapely.intersection(new, neighbour)) > 0  # 0.3 m were closed


def test_withdrawn_plot_names_what_still_points_to_it(district: Workspace) -> None:
    saved = withdraw_record(district, "plots", "DK-A", form(district, "DK-A"))
    assert "“建筑物”还有 2 条记录指向“DK-A”" in "".join(saved.findings)
    with pytest.raises(FormError):
        withdraw_record(district, "plots", "DK-B", {"seen": str(version(district, "DK-B"))})


@pytest.mark.parametrize(
    "register", ["policy_values", "evaluations", "project_stages", "project_attachments"]
)
def test_register_with_rules_of_its_own_is_edited_on_its_page(district: Workspace, register: str) -> None:
    with pytest.raises(UsageError, match="页面"):
        create_record(district, register, dict(SIGNED))


# Shapes


def test_shape_that_does_not_fit_is_stored_only_when_accepted(district: Workspace) -> None:
    wide = degrees(box(0, 210))  # ten metres into plot B
    with pytest.raises(FormError) as refusal:
        edit_record(district, "plots", "DK-A", form(district, "DK-A"), shape=wide)
    assert "与“DK-B”重叠 2.25 亩" in refusal.value.complaints["accept"]  # 10 x 150 m2
    saved = edit_record(district, "plots", "DK-A", form(district, "DK-A", accept="1"), shape=wide)
    assert "重叠" in "".join(saved.findings)
    assert area_m2(fields(district, "DK-A")["geometry"]) == pytest.approx(31_500, rel=2e-3)


def test_shape_is_laid_onto_its_neighbours(district: Workspace) -> None:
    placed = place_shape(district, "plots", degrees(box(0, 199.8)), today(), without=[("DK-A",)])
    assert placed.is_snapped
    assert placed.words == ()
    free = place_shape(district, "plots", degrees(box(0, 199.8)), today(), without=[("DK-A",)], snaps=False)
    assert not free.is_snapped
    assert "之间有窄缝" in free.words[0]


def test_sliver_and_land_outside_the_district_are_named(district: Workspace) -> None:
    words = place_shape(district, "plots", degrees(box(50_000, 100, 0.05)), today()).words
    assert "像是碎片" in words[0]
    assert "在各镇街界线之外" in words[1]
    with pytest.raises(UsageError, match="没有图形"):
        place_shape(district, "enterprises", degrees(box(0)), today())
    assert place_shape(district, "micro_parks", degrees(box(0)), today()).words == ()  # they may overlap


# Split


def test_split_shares_sums_by_area_and_keeps_lineage(district: Workspace) -> None:
    before = fields(district, "DK-A")
    division = divide_plot(district, "DK-A", cut_through(80))
    assert division.codes == ("DK-A-1", "DK-A-2")
    assert sum(division.areas_m2) == pytest.approx(area_m2(before["geometry"]), rel=1e-9)
    saved = split_a(district)
    assert saved.keys == ("DK-A1", "DK-A2")
    first, second = (fields(district, code) for code in saved.keys)
    for name in ("area_reg_m2", "structure_yard_m2"):
        assert first[name] / before[name] == pytest.approx(0.4, abs=1e-4)  # 80 of 200 m
        assert first[name] == round(first[name], 2)  # what is shown is what is stored
        assert first[name] + second[name] == pytest.approx(before[name], rel=1e-12)
    assert {first["predecessors"], second["predecessors"]} == {"DK-A"}
    assert (first["name"], first["uscc"], first["is_demo"]) == ("示例地块甲", "E1", True)
    assert first["source_file"] is None
    with pytest.raises(GoneError):
        district.store.record("plots", ("DK-A",))


def test_split_moves_buildings_and_names_what_it_cannot_decide(district: Workspace) -> None:
    saved = split_a(district)
    owners = district.store.read("buildings").set_index("building_code")["plot_code"]
    assert owners.to_dict() == {"B1": "DK-A1", "B2": "DK-A2"}  # 10-70 m and 100-160 m, cut at 80
    assert "“用地关系”有 3 条记录还记在原地块上" in "".join(saved.findings)


def test_split_names_the_part_of_which_no_floor_area_is_known(district: Workspace) -> None:
    floors = dict.fromkeys(("gfa_far_m2", "gfa_actual_m2", "footprint_m2"))
    write(district, plots=[{**PLOTS[0], **floors}])
    given = form(district, "DK-A", codes=["DK-A1", "DK-A2"])
    saved = split_plot(district, "DK-A", cut_through(170), given)  # both buildings end before 160 m
    words = "“DK-A2”上没有建筑物，原地块的台账也没有建筑面积：计容建筑面积不明"
    assert words in "".join(saved.findings)
    assert plot_facts(district)["gfa_counted_m2"].notna()[["DK-A1", "DK-A2"]].tolist() == [True, False]


def test_the_owner_of_a_whole_plot_owns_its_parts(district: Workspace) -> None:
    """E1 alone uses DK-E, 30 000 m2, and DK-B's 20 000: 100 of tax, of which 60 are DK-E's before and after."""
    own = {"plot_code": "DK-E", "uscc": "E1", "role": "owner", "area_m2": 30_000.0, "from_on": "2019-07-01"}
    withdraw_record(district, "occupancies", "DK-A/E1/owner", form(district, "DK-A"))
    write(
        district,
        plots=[PLOTS[0] | {"plot_code": "DK-E", "geometry": box(0)}],
        occupancies=[own],
    )
    assert plot_facts(district).loc["DK-E", "tax_wan"] == pytest.approx(60.0)
    given = form(district, "DK-E", codes=["DK-E1", "DK-E2"])
    saved = split_plot(district, "DK-E", cut_through(80), given)
    assert "用地关系" not in "".join(saved.findings)
    uses = district.store.read("occupancies").set_index("plot_code").loc[["DK-E1", "DK-E2"]]
    sites = plot_facts(district).loc[["DK-E1", "DK-E2"], "site_area_m2"]
    assert uses["area_m2"].tolist() == sites.tolist()
    assert uses["area_m2"].sum() == pytest.approx(30_000.0, abs=0.005)
    assert {str(day.date()) for day in uses["from_on"]} == {"2019-07-01"}
    assert plot_facts(district).loc[["DK-E1", "DK-E2"], "tax_wan"].sum() == pytest.approx(60.0)
    assert "DK-E" not in set(district.store.read("occupancies")["plot_code"])


@pytest.mark.parametrize(
    "use",
    [
        {"role": "tenant"},  # where it sits nobody can tell
        {"area_m2": 29_000.0},  # nor where the rest is used
        {"gfa_m2": 500.0},
    ],
)
def test_who_uses_some_of_a_plot_is_named(district: Workspace, use: dict[str, object]) -> None:
    own = {"plot_code": "DK-E", "uscc": "E3", "role": "owner", "area_m2": 30_000.0}
    write(district, plots=[PLOTS[0] | {"plot_code": "DK-E", "geometry": box(0)}], occupancies=[own | use])
    given = form(district, "DK-E", codes=["DK-E1", "DK-E2"])
    saved = split_plot(district, "DK-E", cut_through(80), given)
    assert "“用地关系”有 1 条记录还记在原地块上" in "".join(saved.findings)


def test_an_owner_without_an_area_owns_all_of_each_part(district: Workspace) -> None:
    own = {"plot_code": "DK-E", "uscc": "E3", "role": "owner"}
    bare = PLOTS[0] | {"plot_code": "DK-E", "geometry": box(0), "area_reg_m2": None}
    write(district, plots=[bare], occupancies=[own])
    split_plot(district, "DK-E", cut_through(80), form(district, "DK-E", codes=["DK-E1", "DK-E2"]))
    uses = district.store.read("occupancies").set_index("plot_code")
    assert uses.loc[["DK-E1", "DK-E2"], "area_m2"].isna().all()


def test_floor_area_goes_where_the_buildings_go(district: Workspace) -> None:
    """DK-A has 18 500 m2 by its own field; its buildings 12 000 (B1, to the first part) and 6 000 (B2, 9 m high)."""
    write(
        district, plots=[PLOTS[0] | {"gfa_far_m2": 24_000.0, "footprint_m2": 12_000.0}]
    )  # 12 000 + 2 x 6 000; 6 000 + 6 000
    split_a(district)
    first, second = (fields(district, code) for code in ("DK-A1", "DK-A2"))
    assert (first["gfa_actual_m2"], second["gfa_actual_m2"]) == (12_333.33, 6_166.67)  # 2 : 1
    assert (first["gfa_far_m2"], second["gfa_far_m2"]) == (12_000.0, 12_000.0)
    assert (first["footprint_m2"], second["footprint_m2"]) == (6_000.0, 6_000.0)


def test_a_part_without_buildings_has_no_floor_area(district: Workspace) -> None:
    """Cut at 165 m, both buildings lie west of the line: shared by area the east would count 35 of 200 m once more."""
    write(district, plots=[PLOTS[0] | {"gfa_far_m2": 24_000.0, "footprint_m2": 12_000.0}])
    before = plot_facts(district)
    split_plot(district, "DK-A", cut_through(165), form(district, "DK-A", codes=["DK-A1", "DK-A2"]))
    after = plot_facts(district)
    assert after.loc[["DK-A1", "DK-A2"], "gfa_counted_m2"].tolist() == [24_000.0, 0.0]
    assert after.loc[["DK-A1", "DK-A2"], "footprint_m2"].tolist() == [12_000.0, 0.0]
    for name in ("gfa_counted_m2", "footprint_m2", "gfa_actual_m2", "site_area_m2"):
        assert after[name].sum() == pytest.approx(before[name].sum(), abs=0.005), name


def floor_shares(district: Workspace) -> tuple[float, ...]:
    """Return what each part of DK-A, cut at 80 m, gets of its floor area."""
    sums = divide_plot(district, "DK-A", cut_through(80)).sums
    return next(values for field, _, values in sums if field.name == "gfa_actual_m2")


def test_floor_area_is_shared_by_area_where_buildings_cannot_tell(district: Workspace) -> None:
    write(district, buildings=[BUILDINGS[0], BUILDINGS[1] | {"gfa_m2": None}])
    first, second = floor_shares(district)
    assert first == pytest.approx(18_500 * 0.4, abs=2)
    assert first + second == 18_500.0
    write(district, buildings=[BUILDINGS[0], BUILDINGS[1] | {"geometry": None}])
    first, _ = floor_shares(district)
    assert first == pytest.approx(18_500 * 0.4, abs=2)


def test_building_across_the_line_is_named(district: Workspace) -> None:
    given = form(district, "DK-A", codes=["DK-A1", "DK-A2"])
    saved = split_plot(district, "DK-A", cut_through(40), given)  # B1 lies from 10 to 70
    assert "“B1”跨在分割线上，记到“DK-A" in "".join(saved.findings)


def test_recognitions_of_a_split_plot_count_as_before(district: Workspace) -> None:
    def counted() -> float:
        return float(revitalisation_ledger(district, "JX_TL", as_of(district)).entries["counted_m2"].sum())

    before = counted()
    split_a(district)
    assert counted() == pytest.approx(before, rel=1e-9)


def test_typed_parts_must_come_to_the_whole(district: Workspace) -> None:
    typed = {
        "area_reg_m2": ["10000", "20000"],
        "gfa_actual_m2": ["18500", ""],
        "structure_yard_m2": ["1500", "100"],
    }
    with pytest.raises(FormError) as refusal:
        split_a(district, sharing="typed", values=typed)
    complaints = refusal.value.complaints
    assert set(complaints) == {"gfa_actual_m2", "structure_yard_m2"}
    assert "各块之和 1600 与原来的 1500 不符" in complaints["structure_yard_m2"]
    typed |= {"gfa_actual_m2": ["18500", "0"], "structure_yard_m2": ["", ""]}
    split_a(district, sharing="typed", values=typed)
    first = fields(district, "DK-A1")
    assert (first["area_reg_m2"], first["gfa_actual_m2"], first["structure_yard_m2"]) == (
        10_000,
        18_500,
        None,
    )


def test_typed_part_that_cannot_be_read_is_named(district: Workspace) -> None:
    with pytest.raises(FormError) as refusal:
        split_a(district, sharing="typed", values={"area_reg_m2": ["一半", "15000"], "gfa_actual_m2": ["1"]})
    assert "看不懂" in refusal.value.complaints["area_reg_m2"]
    assert "要么各块都填" in refusal.value.complaints["gfa_actual_m2"]
    with pytest.raises(UsageError, match="sharing"):
        split_a(district, sharing="half")


@pytest.mark.parametrize(
    ("codes", "name", "words"),
    [
        (["DK-A1"], "codes", "2 块"),
        (None, "codes", "2 块"),
        (["X", "X"], "codes-1", "用了两次"),
        (["X", ""], "codes-2", "没有填“地块编号”"),
        (["X", "DK-B"], "codes-2", "已用过"),
        (["X", "DK-A"], "codes-2", "已用过"),
    ],
)
def test_parts_need_new_codes(district: Workspace, codes: Any, name: str, words: str) -> None:
    with pytest.raises(FormError) as refusal:
        split_plot(district, "DK-A", cut_through(80), form(district, "DK-A", codes=codes))
    assert words in refusal.value.complaints[name]


def test_split_of_a_changed_plot_is_refused_whole(district: Workspace) -> None:
    given = form(district, "DK-A", codes=["DK-A1", "DK-A2"])
    edit_record(district, "plots", "DK-A", form(district, "DK-A", name="他的"))
    newest = district.store.revision()
    with pytest.raises(StaleError):
        split_plot(district, "DK-A", cut_through(80), given)
    assert district.store.revision() == newest
    with pytest.raises(InputError, match="没有把地块分开"):
        divide_plot(district, "DK-A", cut_through(-50))


# Merge


def merge_form(workspace: Workspace, *codes: str, **typed: Any) -> dict[str, Any]:
    return {**SIGNED, "versions": {code: version(workspace, code) for code in codes}, "code": "DK-M", **typed}


def test_merge_adds_sums_and_asks_where_plots_differ(district: Workspace) -> None:
    union = unite_plots(district, ["DK-A", "DK-B"])
    sums = {field.name: total for field, total in union.sums}
    assert sums["area_reg_m2"] == 59_000
    assert sums["gfa_actual_m2"] is None  # B does not say
    assert [one.field.name for one in union.differing] == ["name"]
    assert union.area_m2 == pytest.approx(60_000, rel=2e-3)
    assert "只有部分地块填了" in "".join(union.findings)
    with pytest.raises(FormError) as refusal:
        merge_plots(district, ["DK-A", "DK-B"], merge_form(district, "DK-A", "DK-B"))
    assert "“地块名称”不一致（" in refusal.value.complaints["name"]
    given = merge_form(district, "DK-A", "DK-B", choices={"name": "DK-A"})
    saved = merge_plots(district, ["DK-A", "DK-B"], given)
    stored = fields(district, "DK-M")
    assert (stored["name"], stored["area_reg_m2"], stored["uscc"]) == ("示例地块甲", 59_000, "E1")
    assert set(stored["predecessors"].split(";")) == {"DK-A", "DK-B"}
    assert stored["geometry"].geom_type == "Polygon"
    assert saved.keys == ("DK-M",)
    owners = district.store.read("buildings")["plot_code"]
    assert set(owners) == {"DK-M"}


def test_merge_names_floor_area_that_no_longer_counts(district: Workspace) -> None:
    """DK-A counts 12 000 + 2 x 6 000 by its buildings, DK-B 43 500 by its own field: together the buildings count."""
    before = plot_facts(district)["gfa_counted_m2"]
    assert before[["DK-A", "DK-B"]].tolist() == [24_000.0, 43_500.0]
    words = "“DK-B”没有建筑物，按地块台账的建筑面积 43,500.00 平方米计入容积率；合并后按建筑物计"
    assert words in "".join(unite_plots(district, ["DK-A", "DK-B"]).findings)
    given = merge_form(district, "DK-A", "DK-B", choices={"name": "DK-B"})
    assert words in "".join(merge_plots(district, ["DK-A", "DK-B"], given).findings)
    assert plot_facts(district).loc["DK-M", "gfa_counted_m2"] == 24_000.0


def test_merge_of_plots_with_buildings_has_nothing_to_say_of_them(district: Workspace) -> None:
    hall = BUILDINGS[0] | {"building_code": "B3", "plot_code": "DK-B"}
    write(district, buildings=[hall])
    assert "没有建筑物" not in "".join(unite_plots(district, ["DK-A", "DK-B"]).findings)
    # Of unknown floor area: the merged plot then counts by its own fields, DK-B's among them.
    write(district, buildings=[hall | {"gfa_m2": None}])
    assert "没有建筑物" not in "".join(unite_plots(district, ["DK-A", "DK-B"]).findings)


def test_merge_moves_occupancies_unless_two_become_one(district: Workspace) -> None:
    write(district, occupancies=[{"plot_code": "DK-B", "uscc": "E2", "role": "tenant", "area_m2": 5.0}])
    given = merge_form(district, "DK-A", "DK-B", choices={"name": "DK-B"})
    saved = merge_plots(district, ["DK-A", "DK-B"], given)
    assert "在合并后编号相同" in "".join(saved.findings)  # E2 rents on both
    assert "DK-M" not in set(district.store.read("occupancies")["plot_code"])


def test_merge_moves_occupancies(district: Workspace) -> None:
    given = merge_form(district, "DK-A", "DK-B", choices={"name": "DK-B"})
    merge_plots(district, ["DK-A", "DK-B"], given)
    assert set(district.store.read("occupancies")["plot_code"]) == {"DK-M"}
    assert len(district.store.read("occupancies")) == 4


def test_merge_refuses_what_it_cannot_do(district: Workspace) -> None:
    for codes, error in (
        (["DK-A"], UsageError),
        (["DK-A", "DK-A"], UsageError),
        (["DK-A", "X"], NotFoundError),
    ):
        with pytest.raises(error):
            unite_plots(district, codes)
    with pytest.raises(InputError, match="公共边"):
        unite_plots(district, ["DK-A", "DK/C"])
    given = merge_form(district, "DK-A", "DK-B", choices={"name": "DK-B"}, code="DK-A")
    with pytest.raises(FormError) as refusal:
        merge_plots(district, ["DK-A", "DK-B"], given)
    assert "已用过" in refusal.value.complaints["code"]
    with pytest.raises(FormError):
        merge_plots(district, ["DK-A", "DK-B"], {**given, "code": ""})
    with pytest.raises(UsageError, match="versions"):
        merge_plots(district, ["DK-A", "DK-B"], {**given, "code": "DK-M", "versions": {}})
    edit_record(district, "plots", "DK-A", form(district, "DK-A", note="他改的"))
    with pytest.raises(StaleError):
        merge_plots(district, ["DK-A", "DK-B"], {**given, "code": "DK-M"})


def test_overlapping_plots_are_merged_once_and_plots_without_shape_not(district: Workspace) -> None:
    write(district, plots=[{"plot_code": "DK-O", "geometry": box(390, 60)}])
    assert "互相重叠" in "".join(unite_plots(district, ["DK-B", "DK-O"]).findings)
    bare = frame_of(district, "plots", [{"plot_code": "DK-0", "geometry": None}])
    district.store.write({"plots": RegisterChange(bare)}, kind=RevisionKind.IMPORT, user="t")
    with pytest.raises(InputError, match="没有图形"):
        unite_plots(district, ["DK-A", "DK-0"])
    with pytest.raises(InputError, match="没有图形"):
        divide_plot(district, "DK-0", cut_through(80))


# Undo


def registers(workspace: Workspace) -> list[pd.DataFrame]:
    names = ("plots", "buildings", "occupancies")
    frames = [workspace.store.read(name) for name in names]
    return [
        frame.sort_values(frame.columns[0], kind="stable").reset_index(drop=True).astype(object)
        for frame in frames
    ]


def test_every_edit_can_be_taken_back(district: Workspace) -> None:
    before = registers(district)
    edits = [
        lambda: edit_record(district, "plots", "DK-B", form(district, "DK-B", name="乙")),
        lambda: create_record(
            district, "plots", {**SIGNED, "plot_code": "DK-N"}, shape=degrees(box(700, 100))
        ),
        lambda: split_a(district),
        lambda: merge_plots(
            district, ["DK-A", "DK-B"], merge_form(district, "DK-A", "DK-B", choices={"name": "DK-A"})
        ),
        lambda: withdraw_record(district, "plots", "DK/C", form(district, "DK/C")),
    ]
    for edit in edits:
        number = edit().revision.number
        saved = undo_revision(district, number, {"edited_by": "李四"})
        assert saved.revision.kind is RevisionKind.REVERT
        assert saved.revision.reason == f"撤回第 {number} 次修订"
        for old, new in zip(before, registers(district), strict=True):
            assert new.drop(columns="geometry", errors="ignore").equals(
                old.drop(columns="geometry", errors="ignore")
            )
            if "geometry" in old:
                assert np.array_equal(
                    new["geometry"].map(shapely.to_wkb), old["geometry"].map(shapely.to_wkb)
                )


def test_undone_edit_can_be_done_again(district: Workspace) -> None:
    number = split_a(district).revision.number
    back = undo_revision(district, number, SIGNED)
    assert back.keys == ("DK-A",)
    again = undo_revision(district, back.revision.number, SIGNED)
    assert again.keys == ("DK-A1", "DK-A2")


def test_what_cannot_be_taken_back_says_why(district: Workspace) -> None:
    with pytest.raises(NotFoundError):
        undo_revision(district, 99, SIGNED)
    with pytest.raises(InputError, match="导入"):
        undo_revision(district, 1, SIGNED)
    number = edit_record(district, "plots", "DK-B", form(district, "DK-B", name="乙")).revision.number
    with pytest.raises(FormError):
        undo_revision(district, number, {})
    edit_record(district, "plots", "DK-B", form(district, "DK-B", name="丙"))
    with pytest.raises(ConflictError, match="DK-B"):
        undo_revision(district, number, SIGNED)


def test_what_a_page_of_its_own_checks_is_not_changed_in_the_form(district: Workspace) -> None:
    with pytest.raises(FormError) as refused:
        edit_record(district, "plots", "DK-A", form(district, "DK-A", low_efficiency_status="removed"))
    assert "请在“清单”页面（/lists）登记" in refused.value.complaints["low_efficiency_status"]
    typed = {"seen": str(version(district, "X1", "projects")), **SIGNED}
    with pytest.raises(FormError, match="请在“项目”页面（/projects）登记"):
        edit_record(district, "projects", "X1", {**typed, "stage": "P12"})
    with pytest.raises(FormError, match="“实际开工”请在“项目”页面"):
        edit_record(district, "projects", "X1", {**typed, "start_actual_on": "2020-01-01"})
    assert edit_record(district, "projects", "X1", {**typed, "stage": "P06", "owner": "某厂"}).revision
    new = {**SIGNED, "project_code": "X7", "name": "新"}
    with pytest.raises(FormError, match="“项目阶段”请在"):
        create_record(district, "projects", {**new, "stage": "P05"})
    assert create_record(district, "projects", {**new, "stage": ""}).revision
    lines = {line.name: line for line in form_fields(district, district.layer("projects"), {}, is_new=True)}
    assert (lines["stage"].is_locked, lines["stage"].hint) == (True, "在“项目”页面登记。")
    assert not lines["name"].is_locked


def test_an_edit_that_would_bring_back_an_unchecked_stage_is_not_taken_back(district: Workspace) -> None:
    change = frame_of(district, "projects", [{"project_code": "X2", "stage": "P05"}])[
        ["project_code", "stage"]
    ]
    district.store.write(
        {"projects": RegisterChange(change)}, kind=RevisionKind.EDIT, user="从前", reason="改了阶段"
    )
    with pytest.raises(InputError, match="“项目阶段”请在“项目”页面"):
        undo_revision(district, district.store.revision(), SIGNED)
