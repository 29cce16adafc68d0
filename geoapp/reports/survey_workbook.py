"""The provincial survey's table as a workbook: the header ends at row 5, data begin at row 6, as counties have it."""

import io
from datetime import date

import pandas as pd
import xlsxwriter

from geoapp.domain.frame import plain_values
from geoapp.reports.print_layout import print_wide
from geoapp.reports.texts import page_footer

_HEADER_ROW = 4
_WIDTH = 13
_FONT = "宋体"


def survey_workbook(
    table: pd.DataFrame, *, title: str, district: str, data_on: date, is_demo: bool, fingerprint: str
) -> bytes:
    """Return table 1-2 of the survey; the fingerprint of its figures is on a sheet of its own, which is not handed in.

    Parameters
    ----------
    table : DataFrame
        One column per heading; see `geoapp.services.survey_table`.
    title, district : str
    data_on : date
    is_demo : bool
    fingerprint : str
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("表1-2")
        bold = book.add_format({"bold": True, "font_name": _FONT, "font_size": 16})
        plain = book.add_format({"font_name": _FONT, "border": 1})
        head = book.add_format(
            {
                "bold": True,
                "font_name": _FONT,
                "border": 1,
                "text_wrap": True,
                "valign": "vcenter",
                "align": "center",
            }
        )
        mark = "示意数据，不是真实记录" if is_demo else "内部使用"
        for row, text in enumerate(
            ("表1-2", title, f"填报单位：{district}", f"数据截至：{data_on.isoformat()}；{mark}")
        ):
            sheet.write(row, 0, text, bold if row == 1 else book.add_format({"font_name": _FONT}))
        for column, heading in enumerate(table):
            sheet.write(_HEADER_ROW, column, heading, head)
            for row, value in enumerate(plain_values(table[heading]), start=_HEADER_ROW + 1):
                sheet.write(row, column, value, plain)
        sheet.set_column(0, len(table.columns) - 1, _WIDTH)
        sheet.set_row(_HEADER_ROW, 42)
        sheet.freeze_panes(_HEADER_ROW + 1, 1)
        print_wide(sheet, [_WIDTH] * len(table.columns))
        sheet.repeat_rows(_HEADER_ROW)
        sheet.set_footer(page_footer(is_demo=is_demo, data_on=data_on))
        notes = book.add_worksheet("说明")
        notes.write(0, 0, "指纹（供 geoapp verify 核对；上报前可删去本页）")
        notes.write(1, 0, fingerprint)
        notes.set_column(0, 0, 120)
    return buffer.getvalue()
