"""Land terms to take along: the table of a file, and plain data."""

from typing import Any

from geoapp.domain.filter_fields import computed_field
from geoapp.domain.fingerprint import Origin
from geoapp.domain.frame import json_record, plain_records
from geoapp.domain.listed import LAND_TERMS as KIND
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import data_day
from geoapp.services.land_fields import in_unit
from geoapp.services.land_terms import KEPT, TERM_REGISTERS, TermSheet, place_lines
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

_COLUMNS = (
    ("plot_code", "地块编号", "string", "", None), ("name", "地块名称", "string", "", None),
    ("town_code", "镇街", "string", "", None), ("park_code", "园区", "string", "", None),
    ("right_holder", "权利人", "string", "", None), ("right_type", "使用权类型", "string", "", None),
    ("site_area_mu", "用地面积", "number", "亩", 4), ("term_end_on", "终止日期", "date", "", None),
    ("term_left_years", "剩余年限", "number", "年", 2), ("bucket", "年限分级", "string", "", None),
    ("review_on", "评估应开始", "date", "", None), ("is_due", "到评估期", "boolean", "", None),
    ("agreement_code", "履约协议编号", "string", "", None), ("kept", "履约情况", "string", "", None),
    ("advice", "续期建议", "string", "", None),
)  # fmt: skip
"""Name, words, dtype, unit, decimals."""


def term_table(workspace: Workspace, sheet: TermSheet, unit: str = "mu") -> RecordTable:
    """Return the plots of a sheet as a table to be written; a term without an end has no years.

    Parameters
    ----------
    workspace : Workspace
    sheet : TermSheet
    unit : {"mu", "ha", "m2"}
        Of land.
    """
    codes = {
        "town_code": sheet.town_names, "park_code": sheet.park_names, "bucket": sheet.buckets, "kept": KEPT,
        "right_type": workspace.layer("plots").field("right_type").code_labels,
    }  # fmt: skip
    fields = tuple(
        computed_field(name, zh, dtype, unit, decimals=decimals, codes=codes.get(name, {}))
        for name, zh, dtype, unit, decimals in _COLUMNS
    )  # fmt: skip
    rows = sheet.plots.assign(
        site_area_mu=m2_to_mu(sheet.plots["site_area_m2"]),
        term_left_years=sheet.plots["term_left_years"].where(sheet.plots["term_left_years"] < float("inf")),
    )
    fields, rows = in_unit(fields, rows, {"site_area_mu": "mu"}, unit)
    table = RecordTable(
        register="land_terms",
        register_zh="土地年期",
        geometry_type="none",
        fields=fields,
        rows=rows[[info.name for info in fields]],
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, TERM_REGISTERS, sheet.day),
        filter_zh=filter_words(sheet),
        is_filtered=bool(sheet.chosen),
        sources=tuple(number.words for number in sheet.numbers),
        notes=(sheet.note,) if sheet.note else (),
        is_demo=sheet.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), unit)


def _origin(workspace: Workspace, sheet: TermSheet) -> Origin:
    return list_origin(workspace, "/land-terms", sheet.chosen, sheet.revision, sheet.day)


def filter_words(sheet: TermSheet) -> str:
    """Return in words which plots are listed."""
    words = {
        "bucket": sheet.buckets, "town_code": sheet.town_names, "park_code": sheet.park_names, "kept": KEPT,
        "due": {"yes": "到评估期"},
    }  # fmt: skip
    return "，".join(words[name].get(text, text) for name, text in sheet.chosen.items()) or "全部"


def sheet_record(workspace: Workspace, sheet: TermSheet) -> dict[str, Any]:
    """Return terms as plain values, with a fingerprint: areas in m2, null where unknown and where a term has no end."""
    plots = sheet.plots.assign(
        term_left_years=sheet.plots["term_left_years"].where(sheet.plots["term_left_years"] < float("inf"))
    )
    record = {
        "revision": sheet.revision, "day": sheet.day.isoformat(), "note": sheet.note, "is_demo": sheet.is_demo,
        "chosen": sheet.chosen, "due_count": sheet.due_count,
        "buckets": [
            {"bucket": bucket, "zh": sheet.buckets[str(bucket)], **line}
            for bucket, line in sheet.total.to_dict("index").items()
        ],
        "towns": place_lines(sheet, "town_code"), "parks": place_lines(sheet, "park_code"),
        "plots": [json_record(record) for record in plain_records(plots)],
    }  # fmt: skip
    return with_fingerprint(KIND, record, _origin(workspace, sheet))
