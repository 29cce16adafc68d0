import json

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geoapp.analysis.crs_verdict import SWAP_AXES, USE_DETECTED_CRS
from geoapp.analysis.repair import CLOSE_LINES, DROP_WITHOUT_GEOMETRY
from geoapp.domain.issue import Severity
from geoapp.domain.schema import CLEAR_BAD_VALUES, CLEAR_UNKNOWN_CODES, DROP_ERROR_ROWS, KEEP_LAST_DUPLICATES
from geoapp.errors import CrsError, FormatError, NotFoundError, UsageError
from geoapp.formats.base import ReadOptions, reader_for
from geoapp.services.import_file import accept_import, corrected_name, stage_import, write_corrected_file
from geoapp.services.import_geometry import KEEP_OUTSIDE
from geoapp.services.import_report import staged_report
from geoapp.services.import_staged import ImportOptions
from tests.services.import_files import geojson, ledger, plots, squares, zipped_shapefile
from tests.small_district import write


def stage(workspace, path, register="plots", **options):
    if "fixes" in options:
        options["fixes"] = frozenset(options["fixes"])
    return stage_import(workspace, register, path, options=ImportOptions(**options))


def store(workspace, path, register="plots", **options):
    staged = stage(workspace, path, register, **options)
    assert staged.is_acceptable, [i for i in staged.issues if i.severity is Severity.ERROR]
    return accept_import(workspace, staged, user="测试")


def errors(staged):
    return [(i.row, i.code, i.fix) for i in staged.issues if i.severity is Severity.ERROR]


def codes(staged):
    return [i.code for i in staged.issues]


@pytest.fixture
def stored(workspace, tmp_path):
    """An installation with the plots A1, A2, A3."""
    store(workspace, geojson(tmp_path / "stored.geojson", plots(area_reg_m2=[1e4, 1e4, 1e4])))
    return workspace


def test_gbk_shapefile_without_prj_and_cpg_is_read_located_and_stored(workspace, tmp_path):
    staged = stage(workspace, zipped_shapefile(tmp_path / "地块.zip", plots()))
    assert staged.is_acceptable
    assert (staged.format, staged.encoding, staged.layers) == ("shapefile", "gbk", ["地块"])
    assert "EPSG:4549" in staged.crs_text
    assert {"crs-detected"} <= set(codes(staged))
    revision = accept_import(workspace, staged, user="张某", reason="年度更新", document_no="1号")
    assert (revision.user, revision.document_no, revision.summary) == (
        "张某",
        "1号",
        "新增 3，修改 0，移除 0",
    )
    assert "年度更新（导入 地块.zip；坐标系 EPSG:4549" in revision.reason
    found = workspace.store.read("plots").set_index("plot_code")
    assert found.loc["A2", "name"] == "示例地块2号"
    assert found.loc["A2", ["source_file", "source_row"]].tolist() == ["地块.zip", 2]
    # a square of 100 m
    assert found.to_crs(4549).geometry.area.round(3).tolist() == [10_000.0] * 3


def test_same_file_again_changes_nothing(workspace, tmp_path):
    path = zipped_shapefile(tmp_path / "a.zip", plots())
    store(workspace, path)
    staged = stage(workspace, path)
    assert staged.summary == {"new": 0, "changed": 0, "unchanged": 3, "gone": 0}
    assert not staged.has_changes
    assert accept_import(workspace, staged, user="测试") is None
    assert workspace.store.revision() == 1


def test_changed_file_shows_new_changed_and_gone_and_removes_only_when_told(stored, tmp_path):
    frame = plots(3, DKBH=["A1", "A2", "B1"], DKMC=["新名称", "示例地块2号", "另一块"])
    staged = stage(stored, geojson(tmp_path / "b.geojson", frame))
    assert staged.summary == {"new": 1, "changed": 1, "unchanged": 1, "gone": 1}
    assert staged.comparison.changed_fields[("A1",)] == {"name": ("示例地块1号", "新名称")}
    accept_import(stored, staged, user="测试")
    assert len(stored.store.read("plots")) == 4
    staged = stage(stored, geojson(tmp_path / "b.geojson", frame))
    revision = accept_import(stored, staged, user="测试", remove_missing=True)
    assert revision.summary == "新增 0，修改 0，移除 1"


def test_columns_the_file_lacks_keep_their_stored_values(stored, tmp_path):
    store(stored, geojson(tmp_path / "b.geojson", plots(DKMC=["甲", "乙", "丙"])))
    found = stored.store.read("plots")
    assert found["name"].tolist() == ["甲", "乙", "丙"]
    assert found["area_reg_m2"].tolist() == [1e4] * 3


def test_ledger_updates_by_key_and_keeps_geometry(stored, tmp_path):
    path = ledger(
        tmp_path / "台账.xlsx", [["地块编号", "用地面积(亩)", "权利人"], ["A1", 15.3, "示例企业001"]]
    )
    staged = stage(stored, path)
    assert staged.summary == {"new": 0, "changed": 1, "unchanged": 0, "gone": 2}
    accept_import(stored, staged, user="测试")
    found = stored.store.read("plots").set_index("plot_code")
    # 15.3 亩 = 15.3 x 10000 / 15 = 10200 m2
    assert found.loc["A1", "area_reg_m2"] == pytest.approx(10_200)
    assert found.geometry.notna().all()


def test_ledger_of_a_code_that_is_not_in_the_register_is_refused(stored, tmp_path):
    path = ledger(tmp_path / "a.xlsx", [["地块编号", "权利人"], ["A1", "甲"], ["X9", "乙"]])
    staged = stage(stored, path)
    assert errors(staged) == [(3, "record-unknown", DROP_ERROR_ROWS)]
    assert not staged.is_acceptable
    dropped = stage(stored, path, fixes=[DROP_ERROR_ROWS])
    assert dropped.is_acceptable
    assert dropped.record_count == 1


def test_unit_of_a_ledger_is_found_by_the_stored_geometry(stored, tmp_path):
    path = ledger(tmp_path / "a.xlsx", [["地块编号", "面积"], ["A1", 15.0], ["A2", 15.1], ["A3", 14.9]])
    staged = stage(stored, path)
    assert "unit-detected" in codes(staged)
    # 15 亩 = 10,000 m2
    assert staged.frame["area_reg_m2"].round(1).tolist() == [10_000.0, 10_066.7, 9_933.3]


def test_emptied_cells_are_warned_of(stored, tmp_path):
    path = ledger(tmp_path / "a.xlsx", [["地块编号", "地块名称", "备注"], ["A1", None, "x"]])
    staged = stage(stored, path)
    warning = next(i for i in staged.issues if i.code == "values-emptied")
    assert warning.severity is Severity.WARNING
    assert "1 个单元格" in warning.message


def test_coordinates_make_points_for_projects_and_not_for_plots(stored, tmp_path):
    rows = [["项目编号", "地块编号", "项目名称", "X", "Y"], ["P1", "A1", "示例项目", 640_000, 3_316_000]]
    projects = stage(stored, ledger(tmp_path / "p.xlsx", rows), "projects")
    assert projects.geometry["features"][0]["geometry"]["type"] == "Point"
    assert "points-made" in codes(projects)
    assert "column-unmatched" in codes(projects)
    assert {i.field for i in projects.issues if i.code == "column-unmatched"} == {"地块编号"}
    refused = stage(stored, ledger(tmp_path / "q.xlsx", rows))
    assert "points-for-polygons" in codes(refused)
    assert refused.geometry is None


def test_coordinate_that_is_no_number(workspace, tmp_path):
    rows = [["项目编号", "项目名称", "经度", "纬度"], ["P1", "甲", 121.5, 29.95], ["P2", "乙", "东边", 29.95]]
    staged = stage(workspace, ledger(tmp_path / "p.xlsx", rows), "projects")
    assert (3, "unreadable-coordinate", DROP_ERROR_ROWS) in errors(staged)


def test_swapped_axes_wait_for_their_fix_and_it_is_recorded(workspace, tmp_path):
    path = zipped_shapefile(tmp_path / "a.zip", plots(geometry=squares(3, swapped=True)))
    waiting = stage(workspace, path)
    assert errors(waiting) == [(None, "axes-swapped", SWAP_AXES)]
    assert [(f.id, f.is_applied) for f in waiting.fixes] == [(SWAP_AXES, False)]
    with pytest.raises(UsageError, match="没有入库"):
        accept_import(workspace, waiting, user="测试")
    revision = store(workspace, path, fixes=[SWAP_AXES])
    assert "修复：对调 X、Y" in revision.reason
    assert workspace.store.read("plots").to_crs(4549).geometry.area.round(1).tolist() == [10_000.0] * 3


def test_strip_number_declared_but_not_in_the_coordinates(workspace, tmp_path):
    path = zipped_shapefile(tmp_path / "a.zip", plots(), epsg=4528)
    assert errors(stage(workspace, path)) == [(None, "crs-contradiction", USE_DETECTED_CRS)]
    assert stage(workspace, path, fixes=[USE_DETECTED_CRS]).is_acceptable


def test_unknown_coordinates_are_asked_for(workspace, tmp_path):
    away = gpd.GeoSeries([shapely.box(500_100, 100, 500_200, 200)])
    path = zipped_shapefile(tmp_path / "a.zip", plots(1, geometry=away))
    staged = stage(workspace, path)
    assert staged.needs == ("crs",)
    assert not staged.is_acceptable
    with pytest.raises(CrsError):
        stage(workspace, path, crs="没有这种")
    # moved by (140 000, 3 316 000) into the district
    assert stage(workspace, path, crs="140000,3316000,0,1@EPSG:4549").is_acceptable


def test_web_mercator_is_warned_of_and_its_areas_are_right(workspace, tmp_path):
    path = zipped_shapefile(tmp_path / "a.zip", plots(geometry=squares(3, epsg=3857)), epsg=3857)
    staged = stage(workspace, path)
    assert "crs-web-mercator" in codes(staged)
    assert staged.is_acceptable
    assert gpd.GeoSeries(staged.frame.geometry).to_crs(4549).area.round(1).tolist() == [10_000.0] * 3


def test_records_outside_the_district_are_errors_until_confirmed(workspace, tmp_path):
    shapes = pd.concat([squares(4), gpd.GeoSeries([shapely.box(650_000, 3_200_000, 650_100, 3_200_100)])])
    path = zipped_shapefile(tmp_path / "a.zip", plots(5, geometry=shapes.reset_index(drop=True)))
    assert errors(stage(workspace, path)) == [(5, "outside-district", KEEP_OUTSIDE)]
    assert stage(workspace, path, fixes=[KEEP_OUTSIDE]).record_count == 5
    assert stage(workspace, path, fixes=[DROP_ERROR_ROWS]).record_count == 4


def test_a_file_of_another_place_is_one_finding(workspace, tmp_path):
    shapes = gpd.GeoSeries([shapely.box(2 + i / 1e3, 48, 2.0005 + i / 1e3, 48.0005) for i in range(60)])
    path = zipped_shapefile(tmp_path / "a.zip", plots(60, geometry=shapes), epsg=4490)
    assert errors(stage(workspace, path)) == [(None, "outside-district", KEEP_OUTSIDE)]


def test_missing_geometry_and_duplicate_keys_have_fixes(workspace, tmp_path):
    shapes = squares(4)
    shapes[1] = None
    path = zipped_shapefile(tmp_path / "a.zip", plots(4, geometry=shapes, DKBH=["A1", "A2", "A1", "A3"]))
    staged = stage(workspace, path)
    assert errors(staged) == [
        (1, "duplicate-key", KEEP_LAST_DUPLICATES),
        (2, "geometry-missing", DROP_WITHOUT_GEOMETRY),
        (3, "duplicate-key", KEEP_LAST_DUPLICATES),
    ]
    assert staged.comparison is None
    fixed = stage(workspace, path, fixes=[DROP_WITHOUT_GEOMETRY, KEEP_LAST_DUPLICATES])
    assert fixed.is_acceptable
    assert fixed.frame["plot_code"].tolist() == ["A1", "A3"]
    assert fixed.frame.index.tolist() == [3, 4]
    applied = {f.id: (f.count, f.is_applied) for f in fixed.fixes}
    assert applied == {DROP_WITHOUT_GEOMETRY: (1, True), KEEP_LAST_DUPLICATES: (2, True)}


def test_missing_key_column_is_an_error_with_advice(workspace, tmp_path):
    path = geojson(tmp_path / "a.geojson", plots().rename(columns={"DKBH": "号"}))
    staged = stage(workspace, path)
    assert errors(staged) == [(None, "key-column-missing", None)]
    assert staged.frame is None
    assert stage(workspace, path, columns={"号": "plot_code"}).is_acceptable


def test_unreadable_values_and_unknown_codes_are_listed_and_cleared(workspace, tmp_path):
    frame = plots(
        3,
        area_reg_m2=["1e4", "约十亩", "10000"],
        built_year=["2001", "2001", "1"],
        right_type=["出让", "偷来", ""],
    )
    path = geojson(tmp_path / "a.geojson", frame)
    staged = stage(workspace, path)
    assert errors(staged) == [
        (2, "unreadable-number", CLEAR_BAD_VALUES),
        (2, "unknown-code", CLEAR_UNKNOWN_CODES),
        (3, "below-minimum", CLEAR_BAD_VALUES),
    ]
    cleared = stage(workspace, path, fixes=[CLEAR_BAD_VALUES, CLEAR_UNKNOWN_CODES])
    assert cleared.is_acceptable
    assert cleared.frame["area_reg_m2"].isna().tolist() == [False, True, False]
    assert cleared.frame["built_year"].tolist() == [2001, 2001, pd.NA]
    assert cleared.frame["right_type"].isna().tolist() == [False, True, True]


def test_contradicting_unit_offers_both(workspace, tmp_path):
    path = geojson(tmp_path / "a.geojson", plots().assign(**{"用地面积(公顷)": [15.0, 15.0, 15.0]}))
    staged = stage(workspace, path)
    assert errors(staged) == [(None, "unit-contradiction", "unit:area_reg_m2:mu")]
    assert [f.id for f in staged.fixes] == ["unit:area_reg_m2:mu", "unit:area_reg_m2:ha"]
    chosen = stage(workspace, path, fixes=["unit:area_reg_m2:mu"])
    assert chosen.frame["area_reg_m2"].round(3).tolist() == [10_000.0] * 3
    with pytest.raises(UsageError, match="不适用"):
        stage(workspace, path, units={"area_reg_m2": "斗"})


def test_control_line_delivered_as_line_becomes_polygon(workspace, tmp_path):
    ring = shapely.LineString(squares(1)[0].exterior.coords)
    open_ring = shapely.LineString(squares(2)[1].exterior.coords[:-1])
    frame = gpd.GeoDataFrame({"GKBH": ["L1", "L2"], "GKLX": ["KX1", "KX2"]}, geometry=[ring, open_ring])
    path = zipped_shapefile(tmp_path / "a.zip", frame)
    assert errors(stage(workspace, path, "control_lines")) == [(2, "line-not-closed", CLOSE_LINES)]
    staged = stage(workspace, path, "control_lines", fixes=[CLOSE_LINES])
    assert staged.is_acceptable
    assert staged.frame["source_geometry"].tolist() == ["line", "line"]
    assert set(staged.frame.geom_type) == {"Polygon"}


def test_required_column_that_is_missing_stops_new_records_only(workspace, tmp_path):
    frame = gpd.GeoDataFrame({"GKBH": ["L1"], "GKLX": ["KX1"]}, geometry=squares(1))
    path = geojson(tmp_path / "a.geojson", frame)
    without = geojson(tmp_path / "b.geojson", frame.drop(columns="GKLX"))
    assert errors(stage(workspace, without, "control_lines")) == [(None, "required-column-missing", None)]
    store(workspace, path, "control_lines")
    assert stage(workspace, without, "control_lines").is_acceptable


def test_codes_of_towns_are_written_with_nine_digits_but_not_those_stored_with_twelve(workspace, tmp_path):
    def towns(*codes):
        frame = gpd.GeoDataFrame(
            {"镇街代码": list(codes), "镇街名称": [f"示例{number}街道" for number in range(len(codes))]},
            geometry=squares(len(codes)),
            crs=4490,
        )
        return geojson(tmp_path / "towns.geojson", frame)

    staged = stage(workspace, towns("330205007000", "330205006", "330205000001"), "towns")
    assert staged.frame["town_code"].tolist() == ["330205007", "330205006", "330205000001"]
    (note,) = [issue.message for issue in staged.issues if issue.code == "town-code-shortened"]
    assert note == "十二位的镇街代码去掉了末尾 000（1 条）：330205007000→330205007。"
    write(workspace, towns=[{"town_code": "330205009000", "name": "旧街道", "geometry": squares(1)[0]}])
    staged = stage(workspace, towns("330205009000", "330205007000"), "towns")
    assert staged.frame["town_code"].tolist() == ["330205009000", "330205007"]


def test_names_of_towns_become_codes_and_unknown_ones_are_warned_of(workspace, tmp_path):
    towns = gpd.GeoDataFrame(
        {
            "镇街代码": ["330205006", "330205007"],
            "镇街名称": ["庄桥街道", "洪塘街道"],
            "kind": ["街道", "街道"],
        },
        geometry=squares(2, size_m=1000),
    )
    store(workspace, geojson(tmp_path / "towns.geojson", towns), "towns")
    frame = plots(4, 镇街=["洪塘街道", "330205006000", "330205007", "别处"])
    staged = stage(workspace, geojson(tmp_path / "a.geojson", frame))
    assert staged.frame["town_code"].tolist() == ["330205007", "330205006", "330205007", "别处"]
    assert "reference-resolved" in codes(staged)
    unknown = next(i for i in staged.issues if i.code == "reference-unknown")
    assert (unknown.row, unknown.value, unknown.severity) == (4, "别处", Severity.WARNING)


def test_a_recognition_may_name_a_plot_that_others_were_made_from(workspace, tmp_path):
    store(workspace, geojson(tmp_path / "plots.geojson", plots(2, predecessors=["老；更老", "老"])))
    rows = [["R1", "老", 100.0], ["R2", "没有", 100.0], ["R3", "老", 100.0]]
    path = ledger(tmp_path / "a.xlsx", [["recognition_code", "plot_code", "area_m2"], *rows])
    found = {
        i.code: i for i in stage(workspace, path, "recognitions").issues if i.field and "地块" in i.field
    }
    assert (found["reference-unknown"].row, found["reference-unknown"].value) == (3, "没有")
    note = found["reference-withdrawn"]
    assert (note.row, note.value, note.severity) == (2, "老", Severity.NOTE)
    assert "A1、A2" in note.message


def test_overlap_duplicate_and_repair_are_reported(workspace, tmp_path):
    bow_tie = shapely.Polygon(
        [(640_000, 3_317_000), (640_100, 3_317_100), (640_100, 3_317_000), (640_000, 3_317_100)]
    )
    first = squares(1)[0]
    shapes = gpd.GeoSeries([first, shapely.box(640_050, 3_316_000, 640_150, 3_316_100), bow_tie, first])
    staged = stage(workspace, zipped_shapefile(tmp_path / "a.zip", plots(4, geometry=shapes)))
    assert {"geometry-overlap", "geometry-duplicate", "geometry-repaired"} <= set(codes(staged))
    assert staged.is_acceptable


def test_one_of_several_sheets_is_chosen_or_asked_for(stored, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "封面"
    for row in (["填报", "日期"], ["某局", "2025"]):
        book.active.append(row)
    for name in ("一季度", "二季度"):
        sheet = book.create_sheet(name)
        for row in (["地块编号", "权利人"], ["A1", name]):
            sheet.append(row)
    path = tmp_path / "a.xlsx"
    book.save(path)
    asked = stage(stored, path)
    assert (asked.needs, asked.layers) == (("layer",), ["封面", "一季度", "二季度"])
    assert asked.corrected is None
    with pytest.raises(FormatError, match="没有改正文件"):
        write_corrected_file(asked, tmp_path / "c.xlsx")
    assert stage(stored, path, layer="二季度").frame["right_holder"].tolist() == ["二季度"]
    with pytest.raises(UsageError, match="没有图层"):
        stage(stored, path, layer="三季度")
    del book["二季度"]
    book.save(path)
    chosen = stage(stored, path)
    assert chosen.layer_name == "一季度"
    assert "layer-chosen" in codes(chosen)


def test_register_without_geometry_leaves_geometry_out(workspace, tmp_path):
    frame = gpd.GeoDataFrame(
        {"统一社会信用代码": ["91350100M000100Y43"], "企业名称": ["示例"]}, geometry=squares(1)
    )
    staged = stage(workspace, geojson(tmp_path / "a.geojson", frame), "enterprises")
    assert "geometry-ignored" in codes(staged)
    assert staged.is_acceptable
    assert staged.crs_text == ""


def test_file_whose_records_all_lack_geometry_updates_like_a_ledger(stored, tmp_path):
    nothing = plots(geometry=gpd.GeoSeries([None, None, None]), DKMC=["甲", "乙", "丙"])
    staged = stage(stored, geojson(tmp_path / "a.geojson", nothing))
    assert "geometry-absent" in codes(staged)
    assert staged.summary["changed"] == 3
    accept_import(stored, staged, user="测试")
    assert stored.store.read("plots").geometry.notna().all()


@pytest.mark.parametrize("suffix", ["xlsx", "zip", "gpkg", "geojson"])
def test_corrected_file_holds_fixes_problems_and_unmatched_columns(workspace, tmp_path, suffix):
    frame = plots(3, area_reg_m2=["10000", "约十亩", "10000"], 别的=["x", "y", "z"])
    staged = stage(workspace, geojson(tmp_path / "a.geojson", frame))
    path = tmp_path / f"corrected.{suffix}"
    write_corrected_file(staged, path)
    found = reader_for(path).read(path, ReadOptions())[0].frame
    assert len(found) == 3
    assert "读不成数" in str(found["问题"].iloc[1])
    assert "约十亩" in found.iloc[1].astype(str).tolist()
    again = stage(workspace, path)
    assert [(row, code) for row, code, _ in errors(again)] == [
        (3 if suffix == "xlsx" else 2, "unreadable-number")
    ]


def test_corrected_file_is_named_after_the_upload(stored, tmp_path):
    drawn = stage(stored, geojson(tmp_path / "a.geojson", plots()))
    listed = stage(stored, ledger(tmp_path / "b.xlsx", [["地块编号", "权利人"], ["A1", "甲"]]))
    assert (corrected_name(drawn), corrected_name(listed)) == ("a_改正.gpkg", "b_改正.xlsx")


def test_preview_shows_labels_words_and_units(workspace, tmp_path):
    frame = plots(12, YDMJ=[10_000.5] * 12, right_type=["出让"] * 12, 使用权终止日期=["2050.6.1"] * 12)
    staged = stage(workspace, geojson(tmp_path / "a.geojson", frame))
    assert staged.preview.columns == [
        "地块编号",
        "地块名称",
        "使用权类型",
        "使用权终止日期",
        "登记面积(平方米)",
    ]
    assert staged.preview.rows[0] == ["A1", "示例地块1号", "出让", "2050-06-01", "10,000.5"]
    assert len(staged.preview.rows) == 10
    area = next(c for c in staged.columns if c.header == "YDMJ")
    assert (area.field, area.how, area.unit, area.sample) == ("area_reg_m2", "别名", "m2", "10000.5")


def test_large_files_are_thinned_out_on_the_map(workspace, tmp_path):
    count = 4_001
    corners = [(630_000 + i % 100 * 150, 3_310_000 + i // 100 * 150) for i in range(count)]
    shapes = gpd.GeoSeries([shapely.box(x, y, x + 100, y + 100) for x, y in corners])
    staged = stage(workspace, zipped_shapefile(tmp_path / "a.zip", plots(count, geometry=shapes)))
    assert staged.record_count == count
    assert len(staged.geometry["features"]) == 1_334  # every third
    west, south, east, north = staged.bounds
    assert 121.3 < west < east < 121.7
    assert 29.8 < south < north < 30.1


def test_report_is_plain_and_complete(stored, tmp_path):
    frame = plots(3, DKBH=["A1", "A2", "B1"], DKMC=["新名称", None, "另"], area_reg_m2=[9_900.0, 1e4, 1e4])
    report = staged_report(stage(stored, geojson(tmp_path / "b.geojson", frame)))
    assert report["summary"] == {"new": 1, "changed": 2, "unchanged": 0, "gone": 1}
    assert report["changes"]["changed"][0] == {
        "key": "A1",
        "fields": [
            {"field": "name", "label": "地块名称", "old": "示例地块1号", "new": "新名称"},
            {"field": "area_reg_m2", "label": "登记面积(平方米)", "old": "10,000", "new": "9,900"},
        ],
    }
    assert report["changes"]["changed"][1]["fields"][0]["new"] == "（空）"
    assert (report["changes"]["new"], report["changes"]["gone"]) == (["B1"], ["A3"])
    assert report["acceptable"]
    assert report["severity_counts"]["error"] == 0
    assert ImportOptions.from_dict(report["options"]) == ImportOptions()


@pytest.mark.parametrize(
    ("register", "name", "kind"),
    [
        ("nonsense", "a.geojson", NotFoundError),
        ("plots", "a.docx", FormatError),
        ("plots", "missing.zip", FormatError),
    ],
)
def test_what_cannot_be_read_is_refused(workspace, tmp_path, register, name, kind):
    geojson(tmp_path / "a.geojson", plots())
    (tmp_path / "a.docx").write_bytes(b"x")
    with pytest.raises(kind):
        stage(workspace, tmp_path / name, register)


def test_unknown_fix_is_refused(workspace, tmp_path):
    with pytest.raises(UsageError, match="没有修复"):
        stage(workspace, geojson(tmp_path / "a.geojson", plots()), fixes=["everything"])


def test_file_without_records_is_refused(workspace, tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(FormatError):
        stage(workspace, path)


def test_progress_runs_from_nothing_to_all(workspace, tmp_path):
    steps = []
    path = geojson(tmp_path / "a.geojson", plots())
    stage_import(workspace, "plots", path, progress=lambda share, step: steps.append((share, step)))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares)
    assert (steps[0], steps[-1]) == ((0.0, "读取文件"), (1.0, "检查完毕"))


def test_report_does_not_tell_a_stored_restricted_value(workspace, tmp_path):
    # Whoever uploads a file that names an enterprise and a year would otherwise be shown its tax.
    head = "统一社会信用代码,年度,评价税收(万元)"
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, tax_wan in zip(files, ("88.5", "1"), strict=True):
        path.write_text(f"{head}\n91350100M000100Y43,2025,{tax_wan}\n", encoding="utf-8")
    store(workspace, files[0], "performance")
    report = staged_report(stage(workspace, files[1], "performance"))
    (changed,) = report["changes"]["changed"]
    assert [(f["field"], f["old"], f["new"]) for f in changed["fields"]] == [("tax_wan", "（不公开）", "1")]
    assert "88.5" not in str(report)


def test_a_fix_counts_the_records_it_would_take_not_what_is_said_of_them(workspace, tmp_path):
    path = geojson(tmp_path / "a.geojson", plots())
    content = json.loads(path.read_text(encoding="utf-8"))
    content["features"][1]["geometry"] = {"type": "Polygon", "coordinates": [[[121.5, 29.9], [121.6, 29.9]]]}
    path.write_text(json.dumps(content), encoding="utf-8")
    staged = stage(workspace, path)
    # The one record is named twice: its shape cannot be read, and so it has none.
    assert errors(staged) == [
        (2, "geometry-unreadable", DROP_WITHOUT_GEOMETRY),
        (2, "geometry-missing", DROP_WITHOUT_GEOMETRY),
    ]
    assert {f.id: f.count for f in staged.fixes}[DROP_WITHOUT_GEOMETRY] == 1
