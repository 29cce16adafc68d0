"""Second-market transactions to take along: the table of a file, and plain data."""

from typing import Any

from geoapp.domain.filter_fields import FieldInfo, computed_field
from geoapp.domain.fingerprint import Origin
from geoapp.domain.frame import json_record, plain_records
from geoapp.domain.listed import TRANSACTIONS as KIND
from geoapp.domain.record_table import RecordTable
from geoapp.services.as_of import data_day
from geoapp.services.compliance_words import verdict_words
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import in_unit
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.transaction_facts import READ_FROM, TRANSACTIONS
from geoapp.services.transactions import CHECKS, TransactionPage, TransactionSheet
from geoapp.services.workspace import Workspace

_COMPUTED = (
    ("plot_name", "地块名称", "string", "", None), ("computed_unit_price", "计算单价", "number", "元/平方米", 2),
    ("unit_price_off_share", "单价相差", "number", "", 4),
    ("appraisal_off_share", "与评估价相差", "number", "", 4), ("invested_share", "完成投资占比", "number", "", 4),
    ("waiting_days", "待审天数", "number", "天", 0), ("failed_count", "准入不符合", "integer", "条", 0),
    ("unknown_count", "准入资料不全", "integer", "条", 0), ("price_count", "价格要核对", "integer", "条", 0),
)  # fmt: skip
"""What is computed of each: name, words, dtype, unit, decimals."""


def computed_fields() -> tuple[FieldInfo, ...]:
    """Return the columns that are computed, in the order of files."""
    return tuple(
        computed_field(name, zh, dtype, unit, decimals=decimals)
        for name, zh, dtype, unit, decimals in _COMPUTED
    )


def transaction_table(workspace: Workspace, sheet: TransactionSheet, unit: str | None = None) -> RecordTable:
    """Return transactions as a table to be written: the register's public fields, then what is computed.

    Parameters
    ----------
    workspace : Workspace
    sheet : TransactionSheet
    unit : {"mu", "ha", "m2"}, optional
        Of land; the register's own if left out.
    """
    layer = workspace.layer(TRANSACTIONS)
    own = tuple(register_fields(workspace, TRANSACTIONS).values())
    fields = (*own, *computed_fields())
    rows = sheet.transactions[[info.name for info in fields]]
    if unit:
        fields, rows = in_unit(fields, rows, {"area_m2": "m2"}, unit)
    table = RecordTable(
        register=TRANSACTIONS,
        register_zh=layer.zh,
        geometry_type="none",
        fields=fields,
        rows=rows,
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, READ_FROM, sheet.day),
        filter_zh=filter_words(workspace, sheet),
        is_filtered=bool(sheet.chosen),
        sources=(f"{layer.zh}：{layer.source}",),
        notes=(sheet.note,) if sheet.note else (),
        is_demo=sheet.is_demo,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), unit or "m2")


def _origin(workspace: Workspace, sheet: TransactionSheet) -> Origin:
    return list_origin(workspace, "/transactions", sheet.chosen, sheet.revision, sheet.day)


def filter_words(workspace: Workspace, sheet: TransactionSheet) -> str:
    """Return in words which transactions are listed."""
    layer = workspace.layer(TRANSACTIONS)
    words = {name: layer.field(name).code_labels for name in ("kind", "review")}
    words |= {"town_code": sheet.town_names, "check": CHECKS}
    return "，".join(words[name].get(text, text) for name, text in sheet.chosen.items()) or "全部"


def sheet_record(workspace: Workspace, sheet: TransactionSheet) -> dict[str, Any]:
    """Return transactions as plain values, with a fingerprint: areas in m2, money in 万元, null where unknown."""
    record = {
        "revision": sheet.revision, "day": sheet.day.isoformat(), "note": sheet.note, "is_demo": sheet.is_demo,
        "chosen": sheet.chosen, "total": sheet.total, "reviews": sheet.counts,
        "transactions": [json_record(record) for record in plain_records(sheet.transactions)],
    }  # fmt: skip
    return with_fingerprint(KIND, record, _origin(workspace, sheet))


def page_record(found: TransactionPage) -> dict[str, Any]:
    """Return one transaction with its checks as plain values."""
    return {
        "transaction": json_record(found.transaction),
        "checks": [
            {
                "rule": hit.rule_id, "name": hit.zh, "verdict": hit.verdict.value, "verdict_zh": verdict_words(hit),
                "measured_zh": hit.measured_zh, "limit_zh": hit.threshold_zh, "clause": hit.clause,
                "source": hit.source, "missing": list(hit.missing), "sentence": hit.sentence,
            }
            for hit in (*found.admission, *found.prices)
        ],
        "next_reviews": list(found.next_outcomes),
    }  # fmt: skip
