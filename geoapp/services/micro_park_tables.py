"""Micro-enterprise parks to take along: the table of a file, and plain data."""

import math
from typing import Any

from geoapp.domain.filter_fields import computed_field
from geoapp.domain.fingerprint import Origin
from geoapp.domain.frame import json_record, plain_records
from geoapp.domain.listed import BANDS
from geoapp.domain.listed import MICRO_PARKS as KIND
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import data_day
from geoapp.services.compliance_words import verdict_words
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import in_unit
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.micro_park_facts import MICRO_PARKS, YEARS
from geoapp.services.micro_parks import MicroParkPage, MicroParkSheet
from geoapp.services.workspace import Workspace

_COMPUTED = (
    ("occupancy_share", "出租率", "number", "", 4), ("small_micro_share", "小微企业占比", "number", "", 4),
    ("failed_count", "认定条件不符合", "integer", "条", 0), ("unknown_count", "认定条件资料不全", "integer", "条", 0),
    ("score", "绩效得分", "number", "", 2), ("band", "绩效档次", "string", "", None),
    ("grade", "公布的档次", "string", "", None), ("document_no", "公布文号", "string", "", None),
    ("tax_wan_per_mu", "亩均税收", "number", "万元/亩", 2), ("revenue_wan_per_mu", "亩均营收", "number", "万元/亩", 2),
)  # fmt: skip
"""What a year and the rules say: name, words, dtype, unit, decimals."""


def micro_park_table(workspace: Workspace, sheet: MicroParkSheet, unit: str | None = None) -> RecordTable:
    """Return micro-enterprise parks as a table to be written: the register's public fields, then a year's results.

    Parameters
    ----------
    workspace : Workspace
    sheet : MicroParkSheet
        Whoever may not see tax and revenue gets empty columns.
    unit : {"mu", "ha", "m2"}, optional
        Of land; the register's own if left out.
    """
    layer = workspace.layer(MICRO_PARKS)
    computed = tuple(
        computed_field(name, zh, dtype, unit, decimals=decimals, codes=BANDS if name == "band" else {})
        for name, zh, dtype, unit, decimals in _COMPUTED
    )  # fmt: skip
    fields = (*register_fields(workspace, MICRO_PARKS).values(), *computed)
    rows = sheet.parks[[info.name for info in fields]]
    if unit:
        fields, rows = in_unit(fields, rows, {"land_area_m2": "m2"}, unit)
    table = RecordTable(
        register=MICRO_PARKS,
        register_zh=layer.zh,
        geometry_type="none",
        fields=fields,
        rows=rows,
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, (MICRO_PARKS, YEARS), sheet.day),
        filter_zh=filter_words(workspace, sheet),
        is_filtered=bool(sheet.chosen),
        sources=(f"{layer.zh}：{layer.source}",),
        notes=(
            f"绩效为 {sheet.year} 年；认定条件按{'现在' if sheet.is_now else '当日'}的台账核对。",
            *filter(None, [sheet.note]),
            *(number.words for number in sheet.numbers),
        ),
        is_demo=sheet.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), unit or "m2")


def _origin(workspace: Workspace, sheet: MicroParkSheet) -> Origin:
    query = {"year": str(sheet.year), **sheet.chosen}
    return list_origin(workspace, "/micro-parks", query, sheet.revision, sheet.day)


def filter_words(workspace: Workspace, sheet: MicroParkSheet) -> str:
    """Return in words which parks are listed."""
    layer = workspace.layer(MICRO_PARKS)
    words = {name: layer.field(name).code_labels for name in ("status", "kind")}
    words |= {"band": BANDS, "town_code": sheet.town_names, "star": star_words()}
    return "，".join(words[name].get(text, text) for name, text in sheet.chosen.items()) or "全部"


def star_words() -> dict[str, str]:
    """Return the stars in words, most first, as addresses name them."""
    return {"5": "五星", "4": "四星", "3": "三星", "2": "二星", "1": "一星", "none": "没有评星"}


def sheet_record(workspace: Workspace, sheet: MicroParkSheet) -> dict[str, Any]:
    """Return parks as plain values, with a fingerprint, without what no page shows: areas in m2, null where unknown."""
    names = [info.name for info in micro_park_table(workspace, sheet).fields]
    occupancy = None if math.isnan(sheet.occupancy_share) else sheet.occupancy_share
    record = {
        "revision": sheet.revision, "day": sheet.day.isoformat(), "note": sheet.note, "is_demo": sheet.is_demo,
        "chosen": sheet.chosen, "year": sheet.year, "years": list(sheet.years), "total": sheet.total,
        "bands": sheet.band_counts, "occupancy_share": occupancy,
        "parks": [json_record(record) for record in plain_records(sheet.parks[names])],
    }  # fmt: skip
    return with_fingerprint(KIND, record, _origin(workspace, sheet))


def page_record(workspace: Workspace, found: MicroParkPage) -> dict[str, Any]:
    """Return one park with its criteria and years as plain values."""
    own = register_fields(workspace, MICRO_PARKS)
    computed = [name for name, *_ in _COMPUTED]
    return {
        "park": json_record({name: found.park[name] for name in (*own, *computed)}),
        "years": [json_record({name: year[name] for name in ("year", *computed)}) for year in found.years],
        "criteria": [
            {
                "rule": hit.rule_id, "name": hit.zh, "verdict": hit.verdict.value, "verdict_zh": verdict_words(hit),
                "measured_zh": hit.measured_zh, "limit_zh": hit.threshold_zh, "source": hit.source,
                "sentence": hit.sentence,
            }
            for hit in found.criteria
        ],
        "plots": list(found.plots),
    }  # fmt: skip
