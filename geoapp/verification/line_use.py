"""Planned use inside the control lines: what allows another one, and what was brought in for it."""

import math
from collections.abc import Mapping

from geoapp.verification.answers import Answer, every, opposite
from geoapp.verification.development import is_industrial
from geoapp.verification.plots import M2_PER_MU, plain_plots
from geoapp.verification.source import Row, Source

_DECIMALS_M2 = 6


def is_planned_for_industry(source: Source, row: Row) -> Answer:
    """Return whether a plot's planned use is industrial."""
    codes = source.number("development_industrial_codes")
    return is_industrial(row["planned_use"], codes, source.number("development_industrial_words"))


def may_change(source: Source, row: Row) -> Answer:
    """Return whether a plot has a ground that allows another use; without its document that is not known."""
    if row["use_change_ground"] not in source.number("line_change_grounds"):
        return False
    return True if _number(row["use_change_document_no"]) else None


def makeup_balance_mu(source: Source, inside: Mapping[str, Answer]) -> float | None:
    """Return what was brought in beyond what was given another use; None where an area or all lines lack."""
    if all(answer is None for answer in inside.values()):
        return None
    sizes: list[float | None] = []
    for plot in plain_plots(source):
        for_industry = is_planned_for_industry(source, plot.row)
        area = plot.site_area_m2
        if every(inside.get(plot.code), opposite(for_industry), may_change(source, plot.row)):
            sizes.append(None if area is None else -area)
        if every(inside.get(plot.code), for_industry) and _number(plot.row["makeup_document_no"]):
            sizes.append(area)
    known = [size for size in sizes if size is not None]
    return round(math.fsum(known), _DECIMALS_M2) / M2_PER_MU if len(known) == len(sizes) else None


def _number(text: str | None) -> str:
    return (text or "").strip()
