"""Agreements to take along: a row for each item of each agreement, agreed against actual."""

from dataclasses import replace
from typing import Any

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo, computed_field
from geoapp.domain.fingerprint import Origin
from geoapp.domain.frame import json_record
from geoapp.domain.listed import AGREEMENTS as KIND
from geoapp.domain.listed import JUDGED
from geoapp.domain.record_table import RecordTable
from geoapp.services.agreements import AGREEMENTS, CHOICES, ITEMS, STATES, AgreementSheet
from geoapp.services.as_of import data_day
from geoapp.services.fields import register_fields
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.workspace import Workspace

_ITEM_FIELDS = ("year", "indicator", "agreed_value", "actual_value")


def agreement_table(workspace: Workspace, sheet: AgreementSheet) -> RecordTable:
    """Return agreements as a table to be written: the register's public fields, how each stands, then its items.

    Parameters
    ----------
    workspace : Workspace
    sheet : AgreementSheet
        An agreement without an item has one row.
    """
    layer = workspace.layer(AGREEMENTS)
    own = tuple(register_fields(workspace, AGREEMENTS).values())
    known = register_fields(workspace, ITEMS)
    fields = (
        *own,
        computed_field("state", "监管情况", "string", codes=STATES),
        *(replace(known[name], is_default=True) for name in _ITEM_FIELDS if name in known),
        computed_field("shortfall_share", "差多少", "number", decimals=4, description="差额 ÷ 约定值。"),
        computed_field("judged", "考核", "string"),
    )
    table = RecordTable(
        register=AGREEMENTS,
        register_zh=layer.zh,
        geometry_type="none",
        fields=fields,
        rows=_rows(sheet, fields),
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, (AGREEMENTS, ITEMS), sheet.day),
        filter_zh=filter_words(workspace, sheet),
        is_filtered=bool(sheet.chosen),
        sources=(f"{layer.zh}：{layer.source}",),
        notes=tuple(filter(None, [sheet.note, "一项指标一行；考核看最近一个已过完的年份。"])),
        is_demo=sheet.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), "m2")


def _origin(workspace: Workspace, sheet: AgreementSheet) -> Origin:
    return list_origin(workspace, "/agreements", sheet.chosen, sheet.revision, sheet.day)


def _rows(sheet: AgreementSheet, fields: tuple[FieldInfo, ...]) -> pd.DataFrame:
    records = []
    for one in sheet.agreements:
        items: list[dict[str, Any]] = one["items"] or [{}]
        for item in items:
            judged = "、".join(words for flag, words in JUDGED.items() if item.get(flag))
            records.append({**item, **one, "judged": judged or None})
    rows = pd.DataFrame(records, columns=[field.name for field in fields])
    # An agreement without an item has no year; the others' years stay whole numbers.
    rows = rows.astype({field.name: "Int64" for field in fields if field.dtype == "integer"})
    return rows.set_index(rows["agreement_code"].rename("key"))


def filter_words(workspace: Workspace, sheet: AgreementSheet) -> str:
    """Return in words which agreements are listed."""
    kinds = workspace.layer(AGREEMENTS).field("kind").code_labels
    words = {"town": sheet.town_names, "kind": kinds, "only": CHOICES}
    return "，".join(words[name].get(text, text) for name, text in sheet.chosen.items()) or "全部"


def agreement_record(workspace: Workspace, sheet: AgreementSheet) -> dict[str, Any]:
    """Return agreements with their items as plain values, with a fingerprint: days as text, null where unknown."""
    record = {
        "revision": sheet.revision, "day": sheet.day.isoformat(), "note": sheet.note, "is_demo": sheet.is_demo,
        "chosen": sheet.chosen, "counts": sheet.counts,
        "agreements": [
            json_record({**one, "items": [json_record(item) for item in one["items"]]}) for one in sheet.agreements
        ],
    }  # fmt: skip
    return with_fingerprint(KIND, record, _origin(workspace, sheet))
