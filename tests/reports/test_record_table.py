import csv
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.record_table import RecordTable
from geoapp.errors import UsageError
from geoapp.reports import record_table_workbook
from geoapp.reports.record_table import record_export_name, record_export_name_ascii, record_table_bytes

FIELDS = (
    FieldInfo(name="name", zh="名称", label="名称", dtype="string"),
    FieldInfo(name="far", zh="容积率", label="容积率", dtype="number", decimals=4, description="计容 ÷ 用地"),
    FieldInfo(name="area_m2", zh="面积", label="面积(平方米)", dtype="number", unit="平方米"),
    FieldInfo(name="year", zh="年份", label="年份", dtype="integer"),
    FieldInfo(name="grade", zh="等级", label="等级", dtype="string", codes={"A": "A 档"}),
    FieldInfo(name="is_big", zh="规上", label="规上", dtype="boolean"),
    FieldInfo(name="ends_on", zh="终止", label="终止", dtype="date"),
    FieldInfo(name="age_years", zh="年限", label="年限(年)", dtype="number", unit="年", decimals=0),
)
ROWS = gpd.GeoDataFrame(
    {
        "name": pd.Series(['=甲,"乙"', None], dtype="str"),
        "far": [2 / 3, None],
        "area_m2": [30_000.125, None],
        "year": pd.Series([2000, None], dtype="Int64"),
        "grade": pd.Series(["A", None], dtype="str"),
        "is_big": pd.Series([True, False], dtype="boolean"),
        "ends_on": pd.Series(["2030-01-02", None], dtype="datetime64[s]"),
        "age_years": [26.0, None],
    },
    geometry=[shapely.box(121.4, 29.9, 121.5, 30), None],
    crs=4490,
).set_axis(pd.Index(["P/1", "P2"], name="key"), axis=0)
TABLE = RecordTable(
    register="plots", register_zh="工业地块", geometry_type="polygon", fields=FIELDS, rows=ROWS, revision=7,
    day=date(2026, 3, 1), is_now=False, data_on=date(2026, 2, 1), filter_zh="容积率 小于 1", is_filtered=True,
    sources=("工业地块：登记",), notes=("提醒一句",), is_demo=True,
)  # fmt: skip
PLAIN = replace(TABLE, geometry_type="none", rows=pd.DataFrame(ROWS.drop(columns="geometry")))
EMPTY = replace(TABLE, rows=ROWS.iloc[:0])


def test_names_say_subject_scope_and_data_date() -> None:
    assert record_export_name(TABLE, ".csv") == "工业地块_筛选_2026-02-01.csv"
    assert record_export_name_ascii(TABLE, ".csv") == "plots_filtered_2026-02-01.csv"
    everything = replace(TABLE, is_filtered=False)
    assert record_export_name(everything, ".csv") == "工业地块_全部_2026-02-01.csv"
    assert record_export_name_ascii(everything, ".csv") == "plots_all_2026-02-01.csv"


def test_csv_has_words_and_says_what_it_rests_on() -> None:
    content = record_table_bytes(TABLE, ".csv")
    assert content.startswith(b"\xef\xbb\xbf")
    header, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == [
        "名称", "容积率", "面积(平方米)", "年份", "等级", "规上", "终止", "年限(年)",
        "数据截至", "数据时点", "数据修订号", "筛选", "数据性质",
    ]  # fmt: skip
    assert first[:8] == ['\'=甲,"乙"', "0.6667", "30000.125", "2000", "A 档", "是", "2030-01-02", "26"]
    assert second[:8] == ["", "", "", "", "", "否", "", ""]
    terms = ["2026-02-01", "2026-03-01（当日终了）", "7", "容积率 小于 1", "示意数据，不是真实记录"]
    assert first[8:] == second[8:] == terms
    assert len(record_table_bytes(EMPTY, ".csv").decode().splitlines()) == 1
    assert "数据性质" not in record_table_bytes(replace(TABLE, is_demo=False), ".csv").decode()


def test_workbook_has_rows_and_a_sheet_that_explains_them() -> None:
    book = openpyxl.load_workbook(io.BytesIO(record_table_bytes(TABLE, ".xlsx")))
    rows, notes = book["记录"], book["说明"]
    assert rows["A1"].value == "工业地块表（示意数据）"
    assert "筛选：容积率 小于 1" in rows["A2"].value
    assert "数据修订号：7" in rows["A2"].value
    assert [cell.value for cell in rows[3]] == [info.label for info in FIELDS]
    values = [cell.value for cell in rows[4]]
    assert values[0] == '=甲,"乙"'
    assert rows["A4"].data_type == "s"  # a text, not a formula
    assert values[1:6] == [0.6667, 30_000.125, 2000, "A 档", "是"]
    assert values[6].date() == date(2030, 1, 2)
    assert [cell.value for cell in rows[5]][:7] == [None, None, None, None, None, "否", None]
    texts = [tuple(cell.value for cell in row if cell.value is not None) for row in notes.iter_rows()]
    for line in (
        ("筛选", "容积率 小于 1"),
        ("容积率", "far", "计容 ÷ 用地"),
        ("等级", "A", "A 档"),
        ("工业地块：登记",),
    ):
        assert line in texts
    assert ("提醒一句",) in texts


def test_long_texts_are_shown_whole_and_wide_tables_take_more_pages() -> None:
    fields = tuple(
        FieldInfo(name=f"text{place}", zh="依据", label="依据", dtype="string") for place in range(20)
    )
    long = "甲" * 40  # of 32 digits' width, 40 x 2.1: three lines
    rows = pd.DataFrame(
        {field.name: ["短", long] for field in fields}, index=pd.Index(["1", "2"], name="key")
    )
    table = replace(PLAIN, fields=fields, rows=rows)
    sheet = openpyxl.load_workbook(io.BytesIO(record_table_bytes(table, ".xlsx")))["记录"]
    assert [sheet.row_dimensions[row].height for row in (4, 5)] == [None, 45]  # None is the usual, 15
    # A column has 7 x (32 + 1.6) + 5 pixels, 240; seven of them go into the 1,767 pixels of a page, the first on each.
    assert [found.id for found in sheet.col_breaks.brk] == [7, 13, 19]
    assert [cell.column for cell in sheet[1] if cell.value] == [2, 8, 14, 20]
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage


def test_a_table_that_an_office_hands_in_says_who_and_has_a_place_to_sign() -> None:
    table = replace(TABLE, sender="示例区")
    rows = openpyxl.load_workbook(io.BytesIO(record_table_bytes(table, ".xlsx")))["记录"]
    assert rows["A2"].value == "填报单位：示例区　　　填报日期：　　　　　　　　　单位：平方米、年"
    assert "数据修订号：7" in rows["A3"].value
    assert [cell.value for cell in rows[4]] == [info.label for info in FIELDS]
    assert rows["B5"].value == 0.6667
    assert rows.freeze_panes == "B5"
    assert rows.print_title_rows == "$4:$4"
    assert rows.auto_filter.ref == "A4:H6"
    # two records in rows 5 and 6, a free row, the places to sign
    signed = {cell.coordinate: cell.value for row in rows.iter_rows(min_row=7) for cell in row if cell.value}
    assert signed == {"A8": f"审核：{'　' * 14}填报："}
    book = openpyxl.load_workbook(io.BytesIO(record_table_bytes(TABLE, ".xlsx")))
    assert not [
        cell for row in book["记录"].iter_rows() for cell in row if str(cell.value).startswith("审核")
    ]


def test_workbook_takes_a_column_of_numbers_of_which_none_is_known() -> None:
    unknown = replace(
        PLAIN, rows=PLAIN.rows.assign(far=pd.Series(None, index=PLAIN.rows.index, dtype="object"))
    )
    rows = openpyxl.load_workbook(io.BytesIO(record_table_bytes(unknown, ".xlsx")))["记录"]
    ratios = [column for column in rows.iter_cols(values_only=True) if "容积率" in column]
    assert [ratio[ratio.index("容积率") + 1 :] for ratio in ratios] == [(None, None)]


def test_workbook_without_codes_and_sources_has_no_such_sections() -> None:
    table = replace(PLAIN, fields=FIELDS[:1], sources=(), is_demo=False)
    notes = openpyxl.load_workbook(io.BytesIO(record_table_bytes(table, ".xlsx")))["说明"]
    titles = [row[0].value for row in notes.iter_rows()]
    assert "代码" not in titles
    assert "数据来源" not in titles
    assert openpyxl.load_workbook(io.BytesIO(record_table_bytes(EMPTY, ".xlsx")))["记录"].max_row == 3


def test_workbook_tells_of_the_quality_of_its_data_in_lines_as_high_as_they_need() -> None:
    # 110 Chinese characters are 231 digits (2.1 each): two lines of the 127.8 that the three columns are sure to hold.
    long = "不" * 110
    table = replace(PLAIN, quality=("数据质量：两宗地。", long))
    notes = openpyxl.load_workbook(io.BytesIO(record_table_bytes(table, ".xlsx")))["说明"]
    texts = [row[0].value for row in notes.iter_rows()]
    row = texts.index("数据质量")
    assert texts[row + 1 : row + 3] == ["数据质量：两宗地。", long]
    assert [notes.row_dimensions[row + number].height for number in (2, 3)] == [
        None,
        30,
    ]  # None: 15, the usual
    assert f"A{row + 3}:C{row + 3}" in {str(merged) for merged in notes.merged_cells.ranges}
    assert "数据质量" not in [
        one[0].value
        for one in openpyxl.load_workbook(io.BytesIO(record_table_bytes(PLAIN, ".xlsx")))["说明"].iter_rows()
    ]


def test_workbook_too_large_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_table_workbook, "MOST_CELLS", 15)
    with pytest.raises(UsageError, match=r"2 行 × 8 列太大.*改用 CSV"):
        record_table_bytes(TABLE, ".xlsx")


def test_geojson_has_codes_as_stored_and_shapes() -> None:
    collection = json.loads(record_table_bytes(TABLE, ".geojson"))
    assert collection["terms"]["筛选"] == "容积率 小于 1"
    first, second = collection["features"]
    assert first["id"] == "P/1"
    assert first["properties"] == {
        "name": '=甲,"乙"', "far": 0.6667, "area_m2": 30_000.125, "year": 2000, "grade": "A", "is_big": True,
        "ends_on": "2030-01-02", "age_years": 26.0,
    }  # fmt: skip
    assert shapely.geometry.shape(first["geometry"]).equals(ROWS.geometry.iloc[0])
    assert second["geometry"] is None
    assert second["properties"]["far"] is None
    assert json.loads(record_table_bytes(EMPTY, ".geojson"))["features"] == []
    with pytest.raises(UsageError, match="没有图形"):
        record_table_bytes(PLAIN, ".geojson")


@pytest.mark.parametrize("table", [TABLE, PLAIN, EMPTY, replace(EMPTY, fields=FIELDS[:2])])
def test_geopackage_opens_with_its_notes(table: RecordTable, tmp_path: Path) -> None:
    path = tmp_path / "records.gpkg"
    path.write_bytes(record_table_bytes(table, ".gpkg"))
    records = pyogrio.read_dataframe(path, layer="plots")
    assert len(records) == len(table.rows)
    if len(records):
        assert records["record_key"].tolist() == ["P/1", "P2"]
        assert records["far"].iloc[0] == 0.6667
    notes = pyogrio.read_dataframe(path, layer="notes").set_index("item")["text"]
    assert notes["筛选"] == "容积率 小于 1"
    assert notes["far"] == "容积率：计容 ÷ 用地"


def test_points_stay_points(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"name": ["甲"]}, geometry=[shapely.Point(121, 30)], index=pd.Index(["P"]), crs=4490
    )
    table = replace(TABLE, geometry_type="point", fields=FIELDS[:1], rows=points)
    path = tmp_path / "points.gpkg"
    path.write_bytes(record_table_bytes(table, ".gpkg"))
    assert pyogrio.read_info(path, layer="plots")["geometry_type"] == "Point"


def test_another_ending_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"“.doc”.*\.csv、\.xlsx、\.geojson、\.gpkg"):
        record_table_bytes(TABLE, ".doc")
