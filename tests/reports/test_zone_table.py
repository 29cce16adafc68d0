import io
import json
import math
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import UsageError
from geoapp.reports.zone_table import (
    export_name,
    export_name_ascii,
    write_zone_table,
    zone_table_bytes,
    zone_table_record,
)
from geoapp.statistics import find_statistics, statistic_columns

EVIL = '=HYPERLINK("http://example.invalid","x")'
LONG_NAME = "示例高新技术产业园与私营工业城联合改造片区（一期）"


def zone_table(only: Sequence[str] = (), **changes: object) -> ZoneTable:
    statistics = [found for found in find_statistics() if not only or found.id in only]
    columns = statistic_columns(statistics)
    keys = ["Z1", "Z2", "(outside)", "(total)"]
    rows = pd.DataFrame(
        {"name": [LONG_NAME, EVIL, "区外", "合计"], "kind": ["zone", "zone", "outside", "total"]}
    )
    numbers = pd.DataFrame({column.name: [1.0, math.nan, 0.0, 1.0] for column in columns})
    numbers["site_area_m2"] = [20_000.0, 0.0, 10_000_000.0, 10_020_000.0]  # 30 mu, 0, 15000 mu, 15030 mu
    numbers["far"] = [0.727272727, math.nan, 1.5, 1.49]
    numbers["known_gfa_share"] = [0.985, math.nan, 1.0, 0.999]
    shapes = [shapely.box(121.5, 29.9, 121.51, 29.91), None]
    values = {
        "rows": pd.concat([rows, numbers], axis=1).set_axis(pd.Index(keys, name="zone"), axis=0),
        "columns": tuple(columns),
        "groups": tuple(statistic.zh for statistic in statistics for _ in statistic.columns),
        "geometry": gpd.GeoSeries(shapes, index=pd.Index(keys[:2], name="zone"), crs=4490),
        "zones": "parks",
        "zones_zh": "园区",
        "membership": "clip",
        "membership_zh": "按裁切面积",
        "revision": 7,
        "data_on": date(2026, 1, 31),
        "rules_on": date(2026, 2, 1),
        "sources": ("园区：批复",),
        "codes": {"Z1": LONG_NAME},
        "area_basis": {"登记面积": 3},
        "findings": ("1 宗地没有图形，计入区外。",),
    }
    return ZoneTable(**{**values, **changes})


@pytest.fixture
def workbook(tmp_path: Path) -> openpyxl.Workbook:
    write_zone_table(tmp_path / "t.xlsx", zone_table())
    return openpyxl.load_workbook(tmp_path / "t.xlsx")


def test_workbook_says_title_filter_units_and_dates_above_the_figures(workbook: openpyxl.Workbook) -> None:
    sheet = workbook["统计"]
    assert sheet["B1"].value == "各园区工业用地统计表"
    assert sheet["B2"].value == "筛选：全部地块　　归属方式：按裁切面积"
    assert sheet["B3"].value.startswith("单位：宗、亩、平方米、%")
    assert "数据截至 2026-01-31　修订号 7　规则日期 2026-02-01" in sheet["B3"].value


def test_workbook_figures_are_numbers_with_formats_and_a_dash_for_unknown(
    workbook: openpyxl.Workbook,
) -> None:
    sheet = workbook["统计"]
    headers = [cell.value or sheet.cell(4, cell.column).value for cell in sheet[5]]
    area, far = headers.index("用地\n面积\n(亩)") + 1, headers.index("容积率") + 1
    assert sheet.cell(6, area).value == 30
    assert sheet.cell(6, area).number_format == "#,##0.00"
    assert sheet.cell(6, far).value == pytest.approx(0.727272727)
    assert sheet.cell(7, far).value == "—"
    assert sheet.cell(9, area).value == 15_030
    assert sheet.cell(9, 1).value == "合计"
    assert sheet.cell(9, area).font.bold
    assert not sheet.cell(8, area).font.bold
    assert sheet.cell(9, area).border.left.style == "thin"


def test_workbook_is_ready_to_print(workbook: openpyxl.Workbook) -> None:
    sheet = workbook["统计"]
    assert sheet.freeze_panes == "B6"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)  # A3
    assert sheet.print_title_rows == "$4:$5"
    assert sheet.print_title_cols == "$A:$A"
    texts = [str(cell.value) for row in sheet.iter_rows(min_row=10) for cell in row if cell.value]
    assert any(text.startswith("注：") and "没有图形" in text for text in texts)
    assert {"审核：", "填报：", "填报日期："} <= set(texts)
    assert "内部使用" in sheet.oddFooter.left.text


def test_all_statistics_take_as_many_pages_across_as_stay_legible(workbook: openpyxl.Workbook) -> None:
    sheet = workbook["统计"]
    assert (sheet.page_setup.scale, sheet.page_setup.pageOrder) == (60, "overThenDown")
    breaks = [column_break.id for column_break in sheet.col_breaks.brk]
    assert breaks
    # Each page says what it shows, and none begins within a group of columns.
    titles = [cell.column - 1 for cell in sheet[1] if cell.value == "各园区工业用地统计表"]
    assert titles == [1, *breaks]
    assert all(sheet.cell(4, column + 1).value for column in breaks)
    dimensions = sorted(sheet.column_dimensions.values(), key=lambda dimension: dimension.min)
    widths = [found.width for found in dimensions for _ in range(found.min, found.max + 1)]
    for start, end in pairwise([1, *breaks, sheet.max_column]):
        # A3 is 420 mm wide, 10 mm of margin on either side, at 96 dots per inch and 60 %
        assert sum(7 * width for width in [widths[0], *widths[start:end]]) < 400 / 25.4 * 96 / 0.6


def test_few_statistics_fit_on_one_page(tmp_path: Path) -> None:
    write_zone_table(tmp_path / "t.xlsx", zone_table(only=["plot_count", "site_area", "plot_ratio"]))
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["统计"]
    assert sheet["A1"].value == "各园区工业用地统计表"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert not sheet.col_breaks.brk


def test_workbook_cuts_nothing(workbook: openpyxl.Workbook) -> None:
    sheet = workbook["统计"]
    widths = {letter: dimension.width for letter, dimension in sheet.column_dimensions.items()}
    assert widths["C"] > len("15,030.00")
    assert sheet.row_dimensions[6].height > sheet.row_dimensions[8].height  # the long name takes two lines


def test_workbook_never_holds_a_formula_or_link(tmp_path: Path, workbook: openpyxl.Workbook) -> None:
    assert workbook["统计"]["A7"].value == EVIL
    assert workbook["统计"]["A7"].data_type == "s"
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_second_sheet_explains_columns_codes_sources_and_terms(workbook: openpyxl.Workbook) -> None:
    lines = [[cell.value for cell in row] for row in workbook["说明"].iter_rows()]
    found = {line[0]: line[1:] for line in lines if line[0]}
    assert found["数据修订号"][0] == "7"
    assert found["数据截至"][0] == "2026-01-31"
    assert found["用地面积依据"][0] == "登记面积 3 宗"
    assert found["Z1"][0] == LONG_NAME
    assert found["容积率"] == [
        "far",
        "Σ 计容建筑面积 ÷ Σ 用地面积，只含两者都已知且用地面积大于零的宗地；不是各宗容积率的平均",
    ]
    assert {"园区：批复", "1 宗地没有图形，计入区外。"} <= set(found)
    assert {column.label for column in zone_table().columns} <= set(found)


def test_demo_data_is_marked_and_empty_sections_are_left_out(tmp_path: Path) -> None:
    write_zone_table(tmp_path / "t.xlsx", zone_table(is_demo=True, codes={}, findings=(), sources=()))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book["统计"]["B1"].value == "各园区工业用地统计表（示意数据）"
    assert "示意数据" in book["统计"].oddFooter.left.text
    titles = [cell.value for cell in book["说明"]["A"]]
    assert "代码" not in titles
    assert "示意数据，不是真实地块" in [cell.value for cell in book["说明"]["B"]]


def test_csv_is_utf8_with_bom_headers_first_and_terms_on_each_row() -> None:
    content = zone_table_bytes(zone_table(is_demo=True), ".csv")
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("分区编号,分区,宗数(宗),用地面积(亩),")
    assert lines[0].endswith("数据截至,修订号,归属方式,筛选,数据性质")
    assert lines[1].startswith(f"Z1,{LONG_NAME},1,30.0,")
    assert lines[1].endswith("2026-01-31,7,按裁切面积,全部地块,示意数据")
    assert lines[2].startswith("Z2,\"'=HYPERLINK(")
    assert ",,".join(["", ""]) in lines[2]  # unknown is empty


def test_csv_has_whole_counts_and_rounds_each_figure_by_itself() -> None:
    table = zone_table()
    rows = table.rows.copy()
    rows["plot_count"] = [1.0, 1.0, 0.0, 2.0]
    rows["site_area_m2"] = [1.0, 1.0, 0.0, 2.0]  # 0.0015 mu each
    rows["gfa_counted_m2"] = [10.004, 10.004, 0.0, 20.008]  # 10.00 + 10.00, but the true total is 20.01
    rows["known_gfa_share"] = [1 / 3, math.nan, math.nan, 2 / 3]  # 33.33 %, 66.67 %
    content = zone_table_bytes(zone_table(rows=rows), ".csv")
    read = pd.read_csv(io.BytesIO(content), dtype=str)
    assert read["宗数(宗)"].tolist() == ["1", "1", "0", "2"]
    assert read["用地面积(亩)"].tolist() == ["0.0015", "0.0015", "0.0", "0.003"]
    assert read["计容建筑面积(平方米)"].tolist() == ["10.0", "10.0", "0.0", "20.01"]
    assert read["容积率"].fillna("").tolist() == ["0.7273", "", "1.5", "1.49"]
    assert read["建筑面积已知率(%)"].fillna("").tolist() == ["33.33", "", "", "66.67"]


def test_geojson_has_figures_in_the_units_shown_and_null_for_unknown() -> None:
    collection = json.loads(zone_table_bytes(zone_table(), ".geojson"))
    first, second = collection["features"]
    assert (first["id"], first["properties"]["site_area_mu"]) == ("Z1", 30)
    assert first["properties"]["known_gfa_percent"] == pytest.approx(98.5)
    assert first["geometry"]["type"] == "Polygon"
    assert second["geometry"] is None
    assert second["properties"]["far"] is None
    assert collection["terms"]["数据修订号"] == "7"


def test_geopackage_holds_zones_with_figures_and_the_terms(tmp_path: Path) -> None:
    write_zone_table(tmp_path / "t.gpkg", zone_table())
    zones = gpd.read_file(tmp_path / "t.gpkg", layer="zone_statistics")
    assert zones.crs.to_epsg() == 4490
    assert zones["site_area_mu"].tolist() == [30, 0]
    assert zones["zone"].tolist() == ["Z1", "Z2"]
    notes = pyogrio.read_dataframe(tmp_path / "t.gpkg", layer="notes").set_index("item")["text"]
    assert notes["数据截至"] == "2026-01-31"
    assert notes["site_area_mu"].startswith("用地面积(亩)：Σ")
    assert notes["来源1"] == "园区：批复"


def test_json_gives_columns_and_rows_that_fit_each_other() -> None:
    record = json.loads(zone_table_bytes(zone_table(), ".json"))
    assert record == json.loads(json.dumps(zone_table_record(zone_table()), allow_nan=False))
    names = [column["name"] for column in record["columns"]]
    assert all(list(row) == ["zone", "name", "kind", *names] for row in record["rows"])
    assert record["rows"][1]["far"] is None
    area = next(column for column in record["columns"] if column["name"] == "site_area_mu")
    assert (area["label"], area["unit_zh"], area["decimals"]) == ("用地面积(亩)", "亩", 2)


def test_names_of_files_say_subject_scope_and_date() -> None:
    table = zone_table()
    assert export_name(table, ".xlsx") == "分区统计_园区_2026-01-31.xlsx"
    assert export_name_ascii(table, ".xlsx") == "zone_statistics_parks_2026-01-31.xlsx"
    uploaded = zone_table(zones="片区 (1)/甲.gpkg", zones_zh="片区 (1)/甲")
    assert export_name(uploaded, ".csv") == "分区统计_片区_1_甲_2026-01-31.csv"
    assert re.fullmatch(r"zone_statistics_[\x21-\x7e]+_2026-01-31\.csv", export_name_ascii(uploaded, ".csv"))
    assert export_name_ascii(zone_table(zones="片区"), ".csv") == "zone_statistics_zones_2026-01-31.csv"


def test_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"可用的后缀：\.xlsx、\.csv、\.geojson、\.gpkg、\.json"):
        zone_table_bytes(zone_table(), ".pdf")
    with pytest.raises(UsageError, match=r"没有文件夹“.*no”。请先建文件夹"):
        write_zone_table(tmp_path / "no" / "t.csv", zone_table())
