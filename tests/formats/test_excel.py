import zipfile
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from openpyxl.styles import Font

from geoapp.domain.layer import Code, Field, Layer
from geoapp.errors import FormatError
from geoapp.formats import excel
from geoapp.formats.base import ReadOptions, WriteOptions, reader_for, writer_for


def save(path: Path, *sheets, prepare=None) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for i, rows in enumerate(sheets):
        sheet = book.create_sheet(f"表{i + 1}")
        for row in rows:
            sheet.append(row)
    if prepare:
        prepare(book)
    book.save(path)
    return path


def read(path, **options):
    return excel.read(path, ReadOptions(**options))


def register() -> Layer:
    fields = (
        Field(name="plot_code", dtype="string", zh="地块编号", en="Plot", required=True),
        Field(
            name="kind",
            dtype="string",
            zh="类型",
            en="Kind",
            codes=(Code(value="a", zh="甲类"), Code(value="b", zh="乙类")),
        ),
        Field(name="area_reg_m2", dtype="number", unit="m2", zh="登记面积", en="Area"),
    )
    return Layer(
        id="plots",
        zh="地块",
        en="Plots",
        geometry="polygon",
        key=("plot_code",),
        fields=fields,
        source="登记",
    )


def test_sheet_with_title_merged_header_and_total_is_read(tmp_path):
    def prepare(book):
        sheet = book.active
        for merged in ("A1:D1", "A2:A3", "B2:C2", "D2:D3"):
            sheet.merge_cells(merged)
        sheet["A1"].font = Font(bold=True)
        sheet.row_dimensions[5].hidden = True
        sheet.column_dimensions["D"].hidden = True

    path = save(
        tmp_path / "台账.xlsx",
        [
            ["低效用地台账"],
            ["地块编号", "用地", None, "备注"],
            [None, "面积（亩）", "登记日期", None],
            ["A-1", "１２．５", "2023.6", None],
            ["A-2", 8, datetime(2023, 6, 1), "x"],  # noqa: DTZ001 - a spreadsheet's date has no zone
            ["合计", 20.5, None, None],
        ],
        prepare=prepare,
    )
    (layer,) = read(path)
    assert layer.name == "表1"
    assert layer.units == {"用地/面积（亩）": "mu"}
    assert layer.frame.index.tolist() == [4, 5]
    assert layer.frame["用地/面积（亩）"].tolist() == ["１２．５", 8]
    assert layer.frame["用地/登记日期"].tolist()[0] == "2023.6"
    codes = [issue.code for issue in layer.issues]
    assert codes == ["header-found", "row-left-out", "hidden-rows", "hidden-columns"]
    assert reader_for(path).id == "excel"


def test_every_sheet_with_a_table_is_a_layer(tmp_path):
    def prepare(book):
        book["表3"].sheet_state = "hidden"

    path = save(
        tmp_path / "a.xlsx",
        [["编号", "面积"], ["A-1", 3]],
        [["只有一句话的封面"], [1, 2, 3], [4, 5, 6]],
        [["编号", "税收"], ["A-1", 5]],
        prepare=prepare,
    )
    layers = read(path)
    assert [layer.name for layer in layers] == ["表1", "表3"]
    assert [(i.code, "表2" in i.message, "表3" in i.message) for i in layers[0].issues] == [
        ("sheet-without-table", True, False),
        ("hidden-sheet", False, True),
    ]
    (only,) = read(path, layer="表3")
    assert list(only.frame.columns) == ["编号", "税收"]
    with pytest.raises(FormatError, match="表1、表2、表3"):
        read(path, layer="表9")


def test_workbook_without_a_table_is_refused(tmp_path):
    with pytest.raises(FormatError, match="找不到表头"):
        read(save(tmp_path / "a.xlsx", [[1, 2], [3, 4]]))


def test_formula_without_a_result_is_said(tmp_path):
    rows = [["编号", "面积"], *([f"A-{i}", f"={i}*2"] for i in range(55))]
    (layer,) = read(save(tmp_path / "a.xlsx", rows))
    assert layer.frame["面积"].isna().all()
    issues = [issue for issue in layer.issues if issue.code == "formula-without-value"]
    assert (issues[0].row, issues[0].field, issues[0].value) == (2, "B", "=0*2")
    assert len(issues) == 51
    assert "5 个" in issues[-1].message  # 55 - 50


def test_formula_with_a_result_is_its_result(tmp_path):
    path = tmp_path / "a.xlsx"
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["编号", "面积"])
    sheet.write_string(1, 0, "A-1")
    sheet.write_formula(1, 1, "=1+1", None, 2)
    book.close()
    (layer,) = read(path)
    assert layer.frame["面积"].tolist() == [2]
    assert layer.issues == []


def test_percentages_are_read_as_shown(tmp_path):
    def prepare(book):
        book.active["B2"].number_format = "0.0%"

    (layer,) = read(save(tmp_path / "a.xlsx", [["编号", "率"], ["A", 0.355], ["B", 0.5]], prepare=prepare))
    assert layer.frame["率"].tolist() == ["35.5%", 0.5]


def test_error_cell_is_said(tmp_path):
    (layer,) = read(save(tmp_path / "a.xlsx", [["编号", "面积"], ["A", "#DIV/0!"], ["B", 2]]))
    assert [(i.code, i.row, i.field) for i in layer.issues] == [("error-cell", 2, "面积")]


def test_xls_is_refused_with_advice(tmp_path):
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    with pytest.raises(FormatError, match="另存为"):
        reader_for(path).read(path, ReadOptions())


def test_workbook_with_a_password_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(FormatError, match="密码"):
        read(path)


def test_other_content_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("编号,面积\n", encoding="utf-8")
    with pytest.raises(FormatError, match="不是 Excel 文件"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(FormatError, match="空文件"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(FormatError, match="里面不是 Excel"):
        read(path)


def test_truncated_workbook_is_refused(tmp_path):
    path = save(tmp_path / "a.xlsx", [["编号", "面积"], *([f"A-{i}", i] for i in range(500))])
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(FormatError):
        read(path)


def test_workbook_with_a_broken_sheet_is_refused(tmp_path):
    path = save(tmp_path / "a.xlsx", [["编号", "面积"], ["A", 1]])
    broken = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[: len(content) // 2] if "sheet1.xml" in name else content)
    with pytest.raises(FormatError, match="已损坏"):
        read(broken)


def test_zip_bomb_is_refused(tmp_path):
    path = save(tmp_path / "a.xlsx", [["编号", "面积"], ["A", 1]])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet9.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(1100):
            member.write(b" " * 2**20)  # 1100 MiB are past the gigabyte allowed
    with pytest.raises(FormatError):
        read(path)


def test_large_sheet_is_read_row_by_row(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "FULL_READ_BYTES", 100)
    path = save(tmp_path / "a.xlsx", [["标题"], ["编号", "面积"], ["A-1", 3], [None, None], ["A-2", 4]])
    (layer,) = read(path)
    assert layer.frame.index.tolist() == [3, 5]
    assert "large-sheet" in [issue.code for issue in layer.issues]


def test_writing_gives_labels_notes_and_no_formulas(tmp_path):
    path = tmp_path / "out.xlsx"
    frame = pd.DataFrame(
        {
            "area_reg_m2": [1200.5, np.nan, np.inf],
            "plot_code": ["=1+1", "http://x.y", None],
            "kind": ["a", "b", "a"],
            "is_demo": pd.array([True, False, None], dtype="boolean"),
            "staff": pd.array([1, None, 10**17], dtype="Int64"),
            "on": pd.to_datetime(["2023-06-01", None, "2023-06-01 08:30"], format="ISO8601"),
            "地块编号": ["x", "y", "z"],
        }
    )
    assert excel.write(path, frame, WriteOptions(layer=register(), title="地块/2026")) == []
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["地块_2026", "说明"]
    sheet = book["地块_2026"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:4] == ("地块编号", "类型", "登记面积(平方米)", "是否示意数据")
    assert rows[0][4:] == ("staff", "on", "地块编号_地块编号")
    assert rows[1] == ("=1+1", "a", 1200.5, "是", 1, datetime(2023, 6, 1), "x")  # noqa: DTZ001
    assert sheet["A2"].data_type == "s"
    assert sheet["A3"].hyperlink is None
    assert rows[3] == (None, "a", "inf", None, str(10**17), datetime(2023, 6, 1, 8, 30), "z")  # noqa: DTZ001
    assert sheet.freeze_panes == "A2"
    assert sheet["C2"].number_format == "#,##0.00##"
    notes = list(book["说明"].iter_rows(values_only=True))
    assert ("地块_2026", "类型", "kind", "文字", None, "a 甲类；b 乙类") in notes
    assert ("地块_2026", "登记面积(平方米)", "area_reg_m2", "数值", "平方米", None) in notes
    assert ("地块_2026", "地块编号", "plot_code", "文字", None, "必填") in notes
    assert writer_for(path).id == "excel"


def test_geometry_goes_out_as_wkt_and_comes_back_with_its_crs(tmp_path):
    path = tmp_path / "out.xlsx"
    ring = shapely.box(640000, 3316000, 640200, 3316150)
    plot = shapely.difference(ring, shapely.box(640080, 3316060, 640120, 3316090))
    frame = gpd.GeoDataFrame({"编号": ["A", "B"]}, geometry=[plot, None], crs=4549)
    (issue,) = excel.write(path, frame, WriteOptions(title="地块"))
    assert issue.code == "geometry-as-wkt"
    (layer,) = read(path)
    assert layer.name == "地块"
    assert layer.frame.crs.to_epsg() == 4549
    assert list(layer.frame.columns) == ["编号", "经度", "纬度", "geometry"]
    back = layer.frame.geometry[2]
    assert shapely.hausdorff_distance(back, plot) < 0.001
    assert back.area == pytest.approx(28_800, abs=0.01)  # 200 x 150 - 40 x 30
    assert layer.frame.geometry[3] is None


def test_too_long_cells_are_cut_and_said(tmp_path):
    path = tmp_path / "out.xlsx"
    circle = shapely.Point(121.5, 29.95).buffer(0.01, quad_segs=500)
    frame = gpd.GeoDataFrame({"note": ["x" * 40_000]}, geometry=[circle], crs=4490)
    issues = excel.write(path, frame, WriteOptions())
    assert [(i.code, i.field) for i in issues][1:] == [("cell-too-long", "note"), ("cell-too-long", "WKT")]
    (layer,) = read(path)
    assert len(layer.frame["note"].iloc[0]) == 32_767
    assert layer.frame["WKT"].isna().all() if "WKT" in layer.frame else True


def test_several_layers_get_a_sheet_each(tmp_path):
    path = tmp_path / "out.xlsx"
    frames = [("地块", pd.DataFrame({"编号": ["A"]})), ("地块", pd.DataFrame({"编号": ["B"]}))]
    excel.write_layers(path, frames, WriteOptions())
    assert [layer.name for layer in read(path)] == ["地块", "地块_2"]


def test_layers_of_several_crs_are_brought_to_one(tmp_path):
    path = tmp_path / "out.xlsx"
    east = gpd.GeoDataFrame({"编号": ["A"]}, geometry=[shapely.Point(640000, 3316000)], crs=4549)
    degrees = gpd.GeoDataFrame({"编号": ["B"]}, geometry=[shapely.Point(121.5, 29.95)], crs=4490)
    excel.write_layers(
        path, [("甲", east), ("乙", degrees), ("丙", pd.DataFrame({"编号": ["C"]}))], WriteOptions()
    )
    first, second, _ = read(path)
    assert first.frame.crs.to_epsg() == second.frame.crs.to_epsg() == 4490
    assert second.frame.geometry[2].x == 121.5


def test_frame_without_rows_or_columns_is_written(tmp_path):
    path = tmp_path / "out.xlsx"
    excel.write(path, pd.DataFrame({"编号": []}), WriteOptions())
    assert len(read(path)[0].frame) == 0
    excel.write(path, pd.DataFrame(), WriteOptions())
    assert openpyxl.load_workbook(path).sheetnames == ["out", "说明"]


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path, monkeypatch):
    from geoapp.formats import excel_write

    monkeypatch.setattr(excel_write, "MAX_ROWS", 2)
    with pytest.raises(FormatError, match="放不下"):
        excel.write(tmp_path / "out.xlsx", pd.DataFrame({"a": [1, 2, 3]}), WriteOptions())
