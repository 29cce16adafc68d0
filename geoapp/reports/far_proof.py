"""Proof sheets as data, for the addresses that end in .json and for `geoapp explain --json`: the same everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from geoapp.domain.far_proof import PlotProof, ZoneProof
from geoapp.domain.fingerprint import FigureRow, take_fingerprint
from geoapp.reports.json_values import json_value
from geoapp.units import DEFAULT_UNIT

ITSELF = "(itself)"
ZONE_FIGURES = ("gfa_counted_m2", "site_area_m2", "far", "known_gfa_share", "all_site_area_m2")
LINE_FIGURES = ("share", "gfa_m2", "site_area_m2", "far", "gfa_in_zone_m2", "area_in_zone_m2")
LEFT_FIGURES = ("share", "gfa_m2", "site_area_m2")
PLOT_FIGURES = ("buildings_counted_m2", "gfa_counted_m2", "site_area_m2", "far")
PLOT_PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "buildings": ("building_code", ("gfa_m2", "basement_m2", "counted_m2", "footprint_m2")),
    "floor_areas": ("source", ("gfa_m2", "far")),
    "areas": ("basis", ("area_m2", "difference_m2", "difference_share", "far")),
    "ratios": ("id", ("value",)),
}
"""Lists of a plot's sheet: what names a line of it, and the figures that its fingerprint takes."""


def proof_record(proof: PlotProof | ZoneProof) -> dict[str, Any]:
    """Return a sheet as plain values: areas in m2, shares from 0 to 1, null where unknown, days in ISO form."""
    record: dict[str, Any] = json_value(asdict(replace(proof, origin=None)))
    del record["origin"]
    if proof.origin is None:
        return record
    rows = _zone_figures(record) if isinstance(proof, ZoneProof) else _plot_figures(record)
    found = take_fingerprint(proof.origin, DEFAULT_UNIT, rows)
    return record | {"fingerprint": found.text, "page": found.address}


def _zone_figures(record: Mapping[str, Any]) -> list[FigureRow]:
    """Return the figures of a zone's sheet that its fingerprint takes."""
    lines = [(line["plot_code"], _numbers(line, LINE_FIGURES)) for line in record["lines"]]
    left_out = [(line["plot_code"], _numbers(line, LEFT_FIGURES)) for line in record["left_out"]]
    return [(ITSELF, _numbers(record, ZONE_FIGURES)), *lines, *left_out]


def _plot_figures(record: Mapping[str, Any]) -> list[FigureRow]:
    """Return the figures of a plot's sheet that its fingerprint takes."""
    parts = [
        (f"{part}|{line[key]}", _numbers(line, names))
        for part, (key, names) in PLOT_PARTS.items()
        for line in record[part]
    ]
    return [(ITSELF, _numbers(record, PLOT_FIGURES)), *parts]


def _numbers(values: Mapping[str, Any], names: Sequence[str]) -> list[float | None]:
    return [values[name] for name in names]
