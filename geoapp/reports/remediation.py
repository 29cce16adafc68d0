"""A remediation list as data, for the addresses that end in .json and for `geoapp lists --json`."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.remediation_sheet import ListSheet


def list_record(sheet: ListSheet) -> dict[str, Any]:
    """Return a list as plain values: days as text, areas in m2, null where unknown."""
    return {
        "year": sheet.year,
        "list": sheet.list_code,
        "list_zh": sheet.list_zh,
        "revision": sheet.revision,
        "day": sheet.day.isoformat(),
        "note": sheet.note,
        "is_demo": sheet.is_demo,
        "counts": {code: dict(counts) for code, counts in sheet.counts.items()},
        "entries": entry_records(sheet),
        "suggested": sheet.suggested["plot_code"].tolist(),
        "findings": [asdict(finding) for finding in sheet.findings],
    }


def entry_records(sheet: ListSheet) -> list[dict[str, Any]]:
    """Return the entries as plain records."""
    columns = {
        str(name): [_plain(value) for value in plain_values(sheet.entries[name])] for name in sheet.entries
    }
    return row_records(columns)


def _plain(value: Any) -> Any:
    return value.isoformat()[:10] if isinstance(value, date | datetime) else value
