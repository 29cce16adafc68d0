import csv
import json
import math
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geoapp.domain.file_table import FILE_COLUMNS, FileTable
from geoapp.errors import UsageError
from geoapp.reports.file_table import file_table_json, write_file_table

NAN = math.nan
ROWS = pd.DataFrame(
    [
        ["甲,1", 2, 1000.123456789, 1.5001851851835, 900.0, 1.35, 1800.0, 2.0, 0.75],
        ["=1+1", 0, 0.0, 0.0, 0.0, 0.0, NAN, NAN, NAN],
        ["(outside)", 0, 0.0, 0.0, 0.0, 0.0, 0.0, NAN, NAN],
        ["(total)", 2, 1000.123456789, 1.5001851851835, 900.0, 1.35, 1800.0, 2.0, 0.75],
    ],
    columns=list(FILE_COLUMNS),
)
TABLE = FileTable(rows=ROWS, notes=("一个说明。",), terms={"归属方式": "按裁切面积"})


def test_csv_has_exact_headers_no_mark_full_numbers_and_empty_unknowns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    write_file_table(path, TABLE)
    assert path.read_bytes().startswith(b"zone,plot_count,geometry_area_m2,")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["zone"] == "甲,1"
    assert float(rows[0]["geometry_area_m2"]) == 1000.123456789
    assert (rows[0]["plot_count"], rows[1]["gfa_m2"], rows[2]["gfa_m2"]) == ("2", "", "0.0")


def test_json_is_a_list_of_rows_with_null_for_unknown(tmp_path: Path) -> None:
    write_file_table(tmp_path / "t.JSON", TABLE)
    rows = json.loads((tmp_path / "t.JSON").read_text(encoding="utf-8"))
    assert rows == json.loads(file_table_json(TABLE))
    assert list(rows[0]) == list(FILE_COLUMNS)
    assert rows[1]["far"] is None
    assert rows[3]["far"] == 2


def test_xlsx_has_headers_first_numbers_and_a_sheet_of_notes(tmp_path: Path) -> None:
    write_file_table(tmp_path / "t.xlsx", TABLE)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    rows = list(book["统计"].iter_rows(values_only=True))
    assert rows[0] == tuple(FILE_COLUMNS)
    assert rows[1][:3] == ("甲,1", 2, 1000.123456789)
    assert rows[2][0] == "=1+1"
    assert book["统计"]["A3"].data_type == "s"
    assert rows[2][7] is None
    notes = [line for line in book["说明"].iter_rows(values_only=True) if line[0]]
    assert ("归属方式", "按裁切面积") in notes
    assert ("1", "一个说明。") in notes
    assert ("far", FILE_COLUMNS["far"]) in notes


def test_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"不能写成“t\.txt”；可用的后缀：\.csv、\.xlsx、\.json"):
        write_file_table(tmp_path / "t.txt", TABLE)
    for suffix in ("csv", "xlsx", "json"):
        with pytest.raises(UsageError, match=r"没有文件夹“.*no”。请先建文件夹"):
            write_file_table(tmp_path / "no" / f"t.{suffix}", TABLE)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json"])
def test_a_failed_write_leaves_the_older_file_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(b"older")
    path.chmod(0o444)
    unwritable = FileTable(
        rows=ROWS.assign(zone=["\ud800"] * 4)
    )  # no text encoding can hold half a surrogate pair
    with pytest.raises((UsageError, UnicodeEncodeError)):
        write_file_table(path, unwritable)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
