"""Proof sheets as data, for the addresses that end in .json and for `geoapp explain --json`: the same everywhere."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from geoapp.domain.far_proof import PlotProof, ZoneProof


def proof_record(proof: PlotProof | ZoneProof) -> dict[str, Any]:
    """Return a sheet as plain values: areas in m2, shares from 0 to 1, null where unknown, days in ISO form."""
    record: dict[str, Any] = _plain(asdict(proof))
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return value
