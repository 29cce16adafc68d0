"""A revitalisation ledger as data, for the addresses that end in .json and for `geoapp ledger --json`."""

from dataclasses import asdict
from typing import Any

from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.revitalisation import LedgerSheet
from geoapp.units import from_m2


def ledger_record(sheet: LedgerSheet, unit: str) -> dict[str, Any]:
    """Return a sheet as plain values: days as text, unknown as None, areas in m2, the totals in the unit shown too.

    Parameters
    ----------
    sheet : LedgerSheet
    unit : str
        mu, ha or m2.
    """
    totals = {
        name: getattr(sheet, f"{name}_m2")
        for name in ("counted", "cumulative", "doing", "planned", "gfa_gross", "gfa_net")
    }
    fingerprint = sheet.fingerprint()
    land = {name: from_m2(value, unit) for name, value in totals.items() if not name.startswith("gfa")}
    return {
        "ledger": sheet.ledger,
        "ledger_zh": sheet.ledger_zh,
        "day": sheet.day.isoformat(),
        "from": sheet.first and sheet.first.isoformat(),
        "to": sheet.last.isoformat(),
        "revision": sheet.revision,
        "data_on": sheet.data_on.isoformat(),
        "note": sheet.note,
        "is_demo": sheet.is_demo,
        "plot_count": sheet.plot_count,
        "totals_m2": totals,
        "land_totals": {"unit": unit, **land},
        "base": sheet.base_words,
        "check": sheet.check_words,
        "reconciliation": [asdict(line) for line in sheet.reconciliation],
        "sums": {heading: [asdict(line) for line in lines] for heading, lines in sheet.sums.items()},
        "quality": sheet.quality_words,
        "findings": [asdict(finding) for finding in sheet.findings],
        "numbers": [
            asdict(number) | {"valid_from": number.valid_from and number.valid_from.isoformat()}
            for number in sheet.numbers
        ],
        "entries": entry_records(sheet),
        **({"fingerprint": fingerprint.text, "address": fingerprint.address} if fingerprint else {}),
    }


def entry_records(sheet: LedgerSheet) -> list[dict[str, Any]]:
    """Return the entries as plain records, days as text."""
    columns = {str(name): plain_values(sheet.entries[name]) for name in sheet.entries}
    columns["recognised_on"] = [value and value.isoformat() for value in columns["recognised_on"]]
    return row_records(columns)
