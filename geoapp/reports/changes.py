"""The difference between two days as data and as files: json, csv, xlsx."""

import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format

from geoapp.domain.changes import ENTRY_KINDS, KINDS, PROJECT_KINDS, ChangeReport
from geoapp.domain.fingerprint import FigureRow, take_fingerprint
from geoapp.domain.revision import Revision
from geoapp.domain.rounding import half_up
from geoapp.errors import UsageError
from geoapp.reports.texts import csv_bytes, guarded, page_footer, safe_name, safe_name_ascii
from geoapp.units import AREA_DECIMALS, AREA_UNIT_LABELS, DEFAULT_UNIT, FILE_DECIMALS, from_m2

PARTS = {"records": "地块", "zones": "分区", "projects": "项目", "entries": "清单", "revisions": "修订"}
"""Tables of a report; a csv file holds one of them."""
_WITHOUT_FIGURES = ("entries", "revisions")
NO_CAUSE = "没有修订触及：因规则、阈值或期限随日期变化"
_FONT = "宋体"
_WIDTHS = {"text": 22, "count": 10, "area": 14}
_ROUNDING = "先求和、后取舍。空格表示未知或不适用，不是零。编辑后又改回的不算变化。"
_RECONCILED = (
    "面积之差＝新增−消失＋进入筛选−移出筛选＋面积变化＋跨区；"
    "各类变化的面积是所涉地块的用地面积，“面积变化”是净增减。"
)


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    kind: str
    """text, count or area."""
    cells: list[Any]


def changes_export_name(report: ChangeReport, suffix: str, part: str = "") -> str:
    """Return the file's name: 工业用地变化_镇街_2026-01-31至2026-06-30.xlsx."""
    days = f"{report.from_day.isoformat()}至{report.to_day.isoformat()}"
    return f"工业用地变化_{PARTS.get(part) or safe_name(report.zones_zh)}_{days}{suffix}"


def changes_export_name_ascii(report: ChangeReport, suffix: str, part: str = "") -> str:
    """Return the same in plain letters: changes_towns_2026-01-31_2026-06-30.xlsx."""
    days = f"{report.from_day.isoformat()}_{report.to_day.isoformat()}"
    return f"changes_{part or safe_name_ascii(report.zones_id)}_{days}{suffix}"


def changes_record(report: ChangeReport, unit: str = DEFAULT_UNIT) -> dict[str, Any]:
    """Return the report as plain values for JSON, areas in a unit and not rounded, None for unknown.

    Parameters
    ----------
    report : ChangeReport
    unit : {"mu", "ha", "m2"}
        Names of areas end in it: difference_mu.
    """
    zones = _in_unit(report.zones.reset_index(), unit)
    record: dict[str, Any] = {
        "title": report.title, "from": report.from_day.isoformat(), "to": report.to_day.isoformat(),
        "from_revision": report.revisions[0], "to_revision": report.revisions[1], "unit": unit,
        "unit_zh": AREA_UNIT_LABELS[unit], "zones": report.zones_id, "zones_zh": report.zones_zh,
        "membership": report.membership, "is_demo": report.is_demo, "terms": report.terms,
        "notes": list(report.notes), "sources": list(report.sources),
        "kinds": [{"id": kind.id, "zh": kind.zh} for kind in report.kinds],
        "rows": _plain(zones), "changes": _plain(_in_unit(report.records, unit)),
        "projects": _plain(_in_unit(report.projects, unit)), "entries": _plain(report.entries),
        "revisions": [revision_record(revision) for revision in report.causes.values()],
    }  # fmt: skip
    rows = [_figures(row, unit) for part in ("rows", "changes", "projects") for row in record[part]]
    return record | _fingerprint(report, unit, rows)


def _figures(row: Mapping[str, Any], unit: str) -> FigureRow:
    """Return the figures of a row that a fingerprint of JSON takes."""
    numbers = [value for name, value in row.items() if name.endswith(("_count", f"_{unit}"))]
    return str(row.get("zone" if "plot_code" not in row else "plot_code", row.get("project_code"))), numbers


def _column_figures(columns: Sequence[_Column]) -> list[FigureRow]:
    """Return the figures of a table that a fingerprint of a file takes."""
    numbers = [column.cells for column in columns if column.kind in ("count", "area")]
    names = map(str, columns[0].cells)
    return [(name, list(values)) for name, *values in zip(names, *numbers, strict=True)] if numbers else []


def _fingerprint(report: ChangeReport, unit: str, rows: Iterable[FigureRow]) -> dict[str, str]:
    if report.origin is None:
        return {}
    found = take_fingerprint(report.origin, unit, rows)
    return {"fingerprint": found.text, "address": found.address}


def revision_record(revision: Revision) -> dict[str, Any]:
    """Return who changed what when, why and by which document."""
    return {
        "number": revision.number,
        "made_at": revision.made_at.isoformat(timespec="seconds"),
        "user": revision.user,
        "reason": revision.reason,
        "document_no": revision.document_no,
        "summary": revision.summary,
    }


def cause_text(revision: Revision) -> str:
    """Return the same in a line: 2026-03-01 王某：收储注销（示例文〔2026〕1号）."""
    day = revision.made_at.astimezone().date().isoformat()
    document = f"（{revision.document_no}）" if revision.document_no else ""
    return f"{day} {revision.user}{f'：{revision.reason}' if revision.reason else ''}{document}"


def changes_bytes(
    report: ChangeReport, suffix: str, *, unit: str = DEFAULT_UNIT, part: str = "records"
) -> bytes:
    """Return the report as a file's content.

    Parameters
    ----------
    report : ChangeReport
    suffix : {".csv", ".xlsx"}
    unit : {"mu", "ha", "m2"}
    part : str
        Of a csv file: a key of PARTS.

    Raises
    ------
    UsageError
        Another ending or part.
    """
    if part not in PARTS:
        raise UsageError(
            f"没有“{part[:40]}”这一部分；可用：{'、'.join(f'{k}（{v}）' for k, v in PARTS.items())}。"
        )
    if suffix == ".csv":
        return _csv_bytes(report, unit, part)
    if suffix == ".xlsx":
        return _xlsx_bytes(report, unit)
    raise UsageError(f"不能写成“{suffix}”文件；可用的后缀：.csv、.xlsx。")


def _in_unit(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    areas = [name for name in map(str, table) if name.endswith("_m2")]
    shown = table.assign(**{name: from_m2(table[name].to_numpy(float), unit) for name in areas})
    return shown.rename(columns={name: f"{name.removesuffix('_m2')}_{unit}" for name in areas})


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns: Mapping[Any, list[Any]] = {name: table[name].tolist() for name in table}
    return [
        {
            str(name): None if isinstance(value, float) and math.isnan(value) else value
            for name, value in zip(columns, values, strict=True)
        }
        for values in zip(*columns.values(), strict=True)
    ]


def _columns(report: ChangeReport, part: str, unit: str) -> list[_Column]:
    writers = {
        "records": _record_columns, "zones": _zone_columns, "projects": _project_columns, "entries": _entry_columns,
    }  # fmt: skip
    return writers.get(part, _revision_columns)(report, unit)


def _record_columns(report: ChangeReport, unit: str) -> list[_Column]:
    records = report.records
    names = report.zones["name"]
    return [
        _Column("地块编号", "text", records["plot_code"].tolist()),
        _Column("地块名称", "text", records["name"].tolist()),
        _Column("镇街", "text", [report.towns.get(code, code) for code in records["town_code"]]),
        _Column(report.zones_zh if report.zones_id != "towns" else "所在镇街(按图形)", "text",
                [names.get(key, "") for key in records["zone"]]),
        _Column("变化", "text", [KINDS[kind].zh for kind in records["kind"]]),
        _Column("之前", "text", records["before"].tolist()),
        _Column("之后", "text", records["after"].tolist()),
        _area("之前用地面积", records["before_m2"], unit),
        _area("之后用地面积", records["after_m2"], unit),
        _area("面积增减", records["difference_m2"], unit),
        *_cause_columns(report, records["causes"]),
    ]  # fmt: skip


def _project_columns(report: ChangeReport, unit: str) -> list[_Column]:
    projects = report.projects
    return [
        _Column("项目编号", "text", projects["project_code"].tolist()),
        _Column("项目名称", "text", projects["name"].tolist()),
        _Column("变化", "text", [PROJECT_KINDS[kind] for kind in projects["kind"]]),
        _Column("之前", "text", projects["before"].tolist()),
        _Column("之后", "text", projects["after"].tolist()),
        _area("项目用地面积", projects["area_m2"], unit),
        *_cause_columns(report, projects["causes"]),
    ]


def _entry_columns(report: ChangeReport, _unit: str) -> list[_Column]:
    entries = report.entries
    return [
        _Column("年份", "text", entries["year"].tolist()),
        _Column("清单", "text", entries["list_zh"].tolist()),
        _Column("对象编号", "text", entries["subject_code"].tolist()),
        _Column("对象名称", "text", entries["name"].tolist()),
        _Column("变化", "text", [ENTRY_KINDS[kind] for kind in entries["kind"]]),
        _Column("之前", "text", entries["before"].tolist()),
        _Column("之后", "text", entries["after"].tolist()),
        *_cause_columns(report, entries["causes"]),
    ]


def _cause_columns(report: ChangeReport, causes: pd.Series) -> list[_Column]:
    """Return who, when, why and by which document, of the newest revision; how many there were."""
    newest = [report.causes[numbers[0]] if numbers else None for numbers in causes]
    day = [entry and entry.made_at.astimezone().date().isoformat() for entry in newest]
    return [
        _Column("最近修订日期", "text", [words or "" for words in day]),
        _Column("操作人", "text", [entry.user if entry else "" for entry in newest]),
        _Column("原因", "text", [entry.reason if entry else NO_CAUSE for entry in newest]),
        _Column("文号", "text", [entry.document_no if entry else "" for entry in newest]),
        _Column("所涉修订号", "text", ["、".join(map(str, numbers)) for numbers in causes]),
    ]


def _zone_columns(report: ChangeReport, unit: str) -> list[_Column]:
    zones = report.zones
    sums = [("before", "变化前"), ("after", "变化后"), ("difference", "差")]
    kinds = [*((kind.id, kind.zh) for kind in report.kinds), ("moved", "跨区")]
    columns = [
        _Column("分区编号", "text", zones.index.tolist()),
        _Column("分区", "text", zones["name"].tolist()),
    ]
    for name, words in [*sums, *kinds]:
        columns.append(_Column(f"{words}(宗)", "count", zones[f"{name}_count"].tolist()))
        columns.append(_area(words, zones[f"{name}_m2"], unit))
    return columns


def _revision_columns(report: ChangeReport, _unit: str) -> list[_Column]:
    entries = list(report.causes.values())
    return [
        _Column("修订号", "count", [entry.number for entry in entries]),
        _Column("时间", "text", [entry.made_at.astimezone().strftime("%Y-%m-%d %H:%M") for entry in entries]),
        _Column("操作人", "text", [entry.user for entry in entries]),
        _Column("原因", "text", [entry.reason for entry in entries]),
        _Column("文号", "text", [entry.document_no for entry in entries]),
        _Column("摘要", "text", [entry.summary for entry in entries]),
    ]


def _area(words: str, values_m2: pd.Series, unit: str) -> _Column:
    numbers = half_up(from_m2(values_m2.to_numpy(float), unit), FILE_DECIMALS[unit]) + 0.0  # no -0.0
    values = [None if math.isnan(number) else number for number in numbers.tolist()]
    return _Column(f"{words}({AREA_UNIT_LABELS[unit]})", "area", values)


def _csv_bytes(report: ChangeReport, unit: str, part: str) -> bytes:
    """Return header and rows; the last columns repeat on each row what they rest on."""
    columns = _columns(report, part, unit)
    terms = [report.terms["比较"], report.terms["筛选"], *(["示意数据"] if report.is_demo else [])]
    more = ["比较", "筛选", *(["数据性质"] if report.is_demo else [])]
    rows = zip(*(_csv_cells(column) for column in columns), strict=True)
    mark = (
        ""
        if part in _WITHOUT_FIGURES
        else _fingerprint(report, unit, _column_figures(columns)).get("fingerprint", "")
    )
    lines = [[*values, *terms] for values in rows]
    marks = [mark, *[""] * len(lines)]
    header = [*(column.label for column in columns), *more, "指纹"]
    return csv_bytes([header, *([*line, text] for line, text in zip(lines, marks, strict=False))])


def _csv_cells(column: _Column) -> list[Any]:
    return [guarded(str(value)) for value in column.cells] if column.kind == "text" else column.cells


def _xlsx_bytes(report: ChangeReport, unit: str) -> bytes:
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with tempfile.TemporaryDirectory(prefix="geoapp-") as folder:
        path = Path(folder, "changes.xlsx")
        with xlsxwriter.Workbook(str(path), options) as book:
            book.set_properties({"title": report.title, "comments": "；".join(report.terms.values())})
            for part in ("zones", "records", "projects", *_WITHOUT_FIGURES):
                _write_sheet(book, report, part, unit)
            _write_notes(book, report, unit)
        return path.read_bytes()


def _write_sheet(book: xlsxwriter.Workbook, report: ChangeReport, part: str, unit: str) -> None:
    sheet = book.add_worksheet(PARTS[part])
    columns = _columns(report, part, unit)
    demo = "（示意数据）" if report.is_demo else ""
    sheet.write_string(0, 0, f"{report.title} {PARTS[part]}{demo}", _format(book, bold=True, font_size=16))
    terms = "　".join(f"{name}：{words}" for name, words in report.terms.items())
    sheet.write_string(1, 0, f"面积单位：{AREA_UNIT_LABELS[unit]}　{terms}", _format(book))
    header = _format(book, bold=True, border=1, text_wrap=True, valign="vcenter", bg_color="#E7EEF6")
    area = _format(book, num_format=f"#,##0.{'0' * AREA_DECIMALS[unit]}")
    plain = _format(book)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, _WIDTHS[column.kind])
        sheet.write_string(2, position, column.label, header)
        shape = area if column.kind == "area" else plain
        for row, value in enumerate(column.cells, start=3):
            if column.kind == "text":
                sheet.write_string(row, position, str(value), shape)
            elif value is not None:
                sheet.write_number(row, position, value, shape)
    sheet.freeze_panes(3, 2)
    sheet.autofilter(2, 0, 2 + max(1, len(columns[0].cells)), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    sheet.set_footer(page_footer(is_demo=report.is_demo, data_on=report.data_on))


def _write_notes(book: xlsxwriter.Workbook, report: ChangeReport, unit: str) -> None:
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    cell = _format(book, border=1, text_wrap=True)
    lines = [
        *report.terms.items(),
        ("面积单位", AREA_UNIT_LABELS[unit]),
        ("算法", _RECONCILED),
        ("取舍", _ROUNDING),
        *(("来源", source) for source in report.sources),
        *(("说明", note) for note in report.notes),
        *(
            ("指纹", text)
            for name, text in _workbook_fingerprint(report, unit).items()
            if name == "fingerprint"
        ),
    ]
    for row, (name, words) in enumerate(lines):
        sheet.write_string(row, 0, name, cell)
        sheet.write_string(row, 1, words, cell)


def _workbook_fingerprint(report: ChangeReport, unit: str) -> dict[str, str]:
    parts = ("zones", "records", "projects")
    return _fingerprint(
        report, unit, [row for part in parts for row in _column_figures(_columns(report, part, unit))]
    )


def _format(book: xlsxwriter.Workbook, **properties: Any) -> Format:
    return book.add_format({"font_name": _FONT, "font_size": 11, **properties})
