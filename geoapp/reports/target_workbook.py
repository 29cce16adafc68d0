"""The target ledger as workbooks ready to print: the whole set, and one target with what it is made of."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format

from geoapp.domain.fingerprint import FigureRow
from geoapp.domain.target_ledger import TargetDetail, TargetLedger
from geoapp.reports.print_layout import A3
from geoapp.reports.target_tables import (
    detail_record,
    fingerprint_of,
    ledger_record,
    member_header,
    member_lines,
)
from geoapp.reports.texts import page_footer
from geoapp.units import UNKNOWN

_FONT = "宋体"
_WIDEST = 44.0
_ROUNDING = (
    "先求和、后取舍；“—”表示没有资料，不是零。序时进度为基期与各目标日之间的直线；期满的目标只列结果。"
)
_LIGHT_COLORS = {"green": "#C6E7CF", "yellow": "#FFE9A8", "red": "#F6C1BC", "unknown": "#EEEEEE"}
Record = dict[str, Any]


def ledger_workbook(ledger: TargetLedger, land_unit: str) -> bytes:
    """Return the workbook of a set: 目标台账 and 说明."""
    record = ledger_record(ledger, land_unit)
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        days = sorted({target["day"] for row in record["indicators"] for target in row["targets"]})
        sheet = _Sheet(book, "目标台账", _ledger_header(days), ledger)
        rows = [_ledger_cells(number, row, days) for number, row in enumerate(record["indicators"], start=1)]
        for cells, row in zip(rows, record["indicators"], strict=True):
            sheet.write_row(cells, _light_of(row))
        sheet.finish(record["findings"])
        found = fingerprint_of(ledger, land_unit, map(_figures, rows))
        _write_notes(book, record["indicators"], ledger, found.text if found else "")
    return content.getvalue()


def detail_workbook(detail: TargetDetail, land_unit: str) -> bytes:
    """Return the workbook of one target: 历年, 组成, 在建, 镇街, 园区, 填报, 说明."""
    record = detail_record(detail, land_unit)
    row = record["indicator"]
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        parts = [
            ("历年", ("日期", f"实绩({row['unit_zh']})", "来源", "依据截至", "说明"), _trend_lines(record)),
            ("组成", member_header(detail, land_unit), member_lines(record["members"])),
            ("在建项目", member_header(detail, land_unit), member_lines(record["pipeline"])),
            *(
                (zh, _part_header(row), [_part_cells(part) for part in record[name]])
                for zh, name in (("镇街", "towns"), ("园区", "parks"))
            ),
            ("填报", _entered_header(row), _entered(record)),
        ]
        figures: list[FigureRow] = []
        for zh, header, lines in parts:
            sheet = _Sheet(book, zh, header, detail.ledger, f"{row['zh']} {zh}")
            for line in lines:
                sheet.write_row(line)
                figures.append((f"{zh}|{line[0]}", _figures(line)[1]))
            sheet.finish([])
        found = fingerprint_of(detail.ledger, land_unit, figures)
        _write_notes(book, [row], detail.ledger, found.text if found else "")
    return content.getvalue()


def _figures(cells: Sequence[Any]) -> FigureRow:
    """Return the figures of a row that its fingerprint takes: every cell but texts."""
    numbers = [cell for cell in cells[1:] if not isinstance(cell, str | bool)]
    return cells[1], [None if cell is None else float(cell) for cell in numbers]


def _ledger_header(days: Sequence[str]) -> list[str]:
    by_day = [f"{day} {words}" for day in days for words in ("目标", "完成", "完成率(%)")]
    return [
        *("序号", "指标", "单位", "责任单位", "基数", "基数来源及口径"),
        *by_day,
        *("当前实绩", "来源", "截至", "序时进度", "差距", "每月还需", "预警", "推算日", "按项目推算", "说明"),
    ]


def _ledger_cells(number: int, row: Record, days: Sequence[str]) -> list[Any]:
    targets = {target["day"]: target for target in row["targets"]}
    cells: list[Any] = [number, row["zh"], row["unit_zh"], "、".join(row["bodies"]), row["base"]]
    cells.append("；".join(filter(None, [row["base_how_zh"], row["base_rule_zh"]])))
    for day in days:
        target = targets.get(day)
        done = None if target is None or not target["is_passed"] else target["actual"]["value"]
        share = None if target is None or target["share"] is None else target["share"] * 100
        cells += ["" if target is None else target["value"], "" if target is None else done, share]
    actual, projection = row["actual"], row["projection"] or {}
    current = row["targets"][row["current"]] if row["current"] is not None else {}
    remarks = [actual["reason"], row["missing_target"], row["note"]]
    return [
        *cells, actual["value"], actual["how_zh"], actual["basis_on"] or "", current.get("planned"),
        current.get("gap"), current.get("pace_per_month"), current.get("light_zh", ""), projection.get("until", ""),
        projection.get("value"), "；".join(filter(None, remarks)),
    ]  # fmt: skip


def _light_of(row: Record) -> str:
    return "" if row["current"] is None else str(row["targets"][row["current"]]["light"])


def _trend_lines(record: Record) -> list[tuple[Any, ...]]:
    return [
        (point["day"], point["value"], point["how_zh"], point["basis_on"] or "", point["reason"])
        for point in record["trend"]
    ]


def _part_header(row: Record) -> tuple[str, ...]:
    unit = row["unit_zh"]
    return (
        "范围",
        f"当前实绩({unit})",
        "来源",
        f"目标({unit})",
        f"差距({unit})",
        "完成率(%)",
        "预警",
        "说明",
    )


def _part_cells(row: Record) -> tuple[Any, ...]:
    current = row["targets"][row["current"]] if row["current"] is not None else {}
    share = current.get("share")
    return (
        row["scope_zh"], row["actual"]["value"], row["actual"]["how_zh"], current.get("value"), current.get("gap"),
        None if share is None else share * 100, current.get("light_zh", ""),
        "；".join(filter(None, [row["actual"]["reason"], row["missing_target"]])),
    )  # fmt: skip


def _entered_header(row: Record) -> tuple[str, ...]:
    return ("统计截止日", "统计期", f"数值({row['unit_zh']})", "来源", "文号", "不用的原因")


def _entered(record: Record) -> list[tuple[Any, ...]]:
    return [
        (value["on"], value["period"], value["value"], value["origin"], value["document_no"], value["reason"])
        for value in record["entered"]
    ]


class _Sheet:
    """One table: title, terms, header, rows, notes; set up for A3 across."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        name: str,
        header: Iterable[str],
        ledger: TargetLedger,
        title: str = "",
    ) -> None:
        self._book, self._sheet = book, book.add_worksheet(name)
        self._header, self._ledger, self._row = list(header), ledger, 3
        self._widths = [_width(text) / 2 + 3 for text in self._header]
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        last = len(self._header) - 1
        demo = "（示意数据）" if ledger.is_demo else ""
        words = title or f"{ledger.target_set.zh} 目标台账"
        self._sheet.merge_range(
            0, 0, 0, last, words + demo, self._format(bold=True, font_size=16, align="center")
        )
        terms = (
            f"范围：{ledger.scope.zh}　统计日 {ledger.day.isoformat()}　数据截至 {ledger.data_on.isoformat()}　"
            f"修订号 {ledger.revision}　依据：{ledger.target_set.document}"
        )
        self._sheet.merge_range(1, 0, 1, last, terms, self._format())
        head = self._format(
            bold=True, border=1, align="center", valign="vcenter", text_wrap=True, bg_color="#E7EEF6"
        )
        self._sheet.set_row(2, 46)
        for column, text in enumerate(self._header):
            self._sheet.write_string(2, column, text, head)

    def _format(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"font_name": _FONT, "font_size": 10, **properties})
        return self._formats[key]

    def write_row(self, cells: Iterable[Any], light: str = "") -> None:
        """Write a row; numbers as numbers, unknown as a dash."""
        for column, cell in enumerate(cells):
            self._write(column, cell, light if self._header[column] == "预警" else "")
        self._row += 1

    def _write(self, column: int, cell: Any, light: str) -> None:
        if isinstance(cell, bool | str):
            text = str(cell)
            color = {"bg_color": _LIGHT_COLORS[light]} if light else {}
            self._sheet.write_string(
                self._row, column, text, self._format(border=1, valign="vcenter", text_wrap=True, **color)
            )
            self._widths[column] = max(self._widths[column], min(_WIDEST, _width(text) + 2))
        elif cell is None:
            self._sheet.write_string(self._row, column, UNKNOWN, self._format(border=1, align="right"))
        else:
            pattern = "#,##0" if isinstance(cell, int) else "#,##0.00##"
            self._sheet.write_number(self._row, column, cell, self._format(border=1, num_format=pattern))
            self._widths[column] = max(self._widths[column], len(f"{cell:,.2f}") + 2)

    def finish(self, findings: Sequence[str]) -> None:
        """Write notes and signatures below the table and set up the page."""
        last = len(self._header) - 1
        notes = "\n".join([f"注：{_ROUNDING}", *findings])
        wrapped = self._format(text_wrap=True, valign="top")
        self._sheet.merge_range(self._row, 0, self._row, last, notes, wrapped)
        self._sheet.set_row(self._row, 15 * (1 + len(findings)) + 6)
        self._sheet.write_string(self._row + 1, 0, "审核：", self._format())
        self._sheet.write_string(self._row + 1, max(1, last // 2), "填报：", self._format())
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(3, 2)
        self._sheet.set_landscape()
        self._sheet.set_paper(A3)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(2)
        self._sheet.set_footer(page_footer(is_demo=self._ledger.is_demo, data_on=self._ledger.data_on))


def _write_notes(
    book: xlsxwriter.Workbook, rows: Sequence[Record], ledger: TargetLedger, fingerprint: str = ""
) -> None:
    """Write the last sheet: what each figure is and where it comes from."""
    header = ("指标", "编号", "性质", "怎样得出", "条款", "依据", "说明")
    sheet = _Sheet(book, "说明", header, ledger, "指标说明")
    for row in rows:
        notes = "；".join(filter(None, [row["note"], *row["notes"], row["no_projection"]]))
        sheet.write_row(
            (row["zh"], row["id"], row["kind_zh"], row["formula"], row["clause"], row["certainty_zh"], notes)
        )
    mark = f"指纹（geoapp verify 据此核对，地址打开的正是这张表）：{fingerprint}" if fingerprint else ""
    sheet.finish([text for text in (ledger.target_set.note, mark) if text])


def _width(text: str) -> float:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
