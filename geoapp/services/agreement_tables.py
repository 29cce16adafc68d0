"""Performance agreements to take along: plain data."""

from typing import Any

from geoapp.domain.frame import json_record
from geoapp.domain.listed import AGREEMENTS as KIND
from geoapp.services.agreements import AgreementSheet
from geoapp.services.listed import list_origin, with_fingerprint
from geoapp.services.workspace import Workspace


def agreement_record(workspace: Workspace, sheet: AgreementSheet) -> dict[str, Any]:
    """Return agreements with their items as plain values, with a fingerprint: days as text, null where unknown."""
    record = {
        "revision": sheet.revision, "day": sheet.day.isoformat(), "note": sheet.note, "is_demo": sheet.is_demo,
        "counts": sheet.counts,
        "agreements": [
            {**json_record(one), "items": [json_record(item) for item in one["items"]]} for one in sheet.agreements
        ],
    }  # fmt: skip
    query = {"town": sheet.town_code, "only": sheet.only}
    origin = list_origin(workspace, "/agreements", query, sheet.revision, sheet.day)
    return with_fingerprint(KIND, record, origin)
