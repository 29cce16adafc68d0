"""Template filters: all arithmetic and number formats of the pages. Unknown is a dash, never zero."""

from datetime import date, datetime
from typing import Any

import pandas as pd
from flask import Flask

from geoapp import units
from geoapp.units import M2_PER_HA, MINUS, UNKNOWN, m2_to_mu, number_text
from geoapp.web.area_unit import page_unit, page_unit_zh


def init_app(app: Flask) -> None:
    """Register the filters under their function names, and the reader's unit as `area_unit()`, `area_unit_zh()`."""
    for function in (
        area, area_words, area_change, area_beside, area_mu, area_m2, area_ha, far, percent, share_exact,
        difference_m2, number, day, moment, wan,
    ):  # fmt: skip
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(area_unit=page_unit, area_unit_zh=page_unit_zh)


def _text(value: Any, pattern: str) -> str:
    """Return a number as a pattern says, with the minus sign of print and never one before nothing."""
    if pd.isna(value):
        return UNKNOWN
    return number_text(float(value), pattern if pattern.startswith("z") else f"z{pattern}").replace(
        "-", MINUS
    )


def area(value_m2: float | None) -> str:
    """Return land in the unit the reader chose, without its word: 30000 -> "45.00"."""
    return UNKNOWN if pd.isna(value_m2) else units.area_text(value_m2, page_unit())


def area_words(value_m2: float | None) -> str:
    """Return land in the unit the reader chose: 30000 -> "45.00 亩"; unknown is a dash alone."""
    return UNKNOWN if pd.isna(value_m2) else units.area_words(value_m2, page_unit())


def area_change(value_m2: float | None) -> str:
    """Return a difference in land in the unit the reader chose, with its sign: -30000 -> "−45.00"."""
    return UNKNOWN if pd.isna(value_m2) else units.area_text(value_m2, page_unit(), is_change=True)


def area_beside(value_m2: float | None) -> str:
    """Return square metres with the reader's unit beside: 30000 -> "30,000.00 平方米（45.00 亩）"."""
    if pd.isna(value_m2):
        return UNKNOWN
    metres = units.area_words(value_m2, "m2")
    return metres if page_unit() == "m2" else f"{metres}（{units.area_words(value_m2, page_unit())}）"


def area_mu(value_m2: float | None) -> str:
    """Return square metres as 亩 with two decimals: 30000 -> "45.00"."""
    return UNKNOWN if pd.isna(value_m2) else _text(m2_to_mu(float(value_m2)), ",.2f")


def area_m2(value_m2: float | None) -> str:
    """Return square metres with two decimals."""
    return _text(value_m2, ",.2f")


def area_ha(value_m2: float | None) -> str:
    """Return square metres as 公顷 with four decimals."""
    return UNKNOWN if pd.isna(value_m2) else _text(float(value_m2) / M2_PER_HA, ",.4f")


def far(value: float | None) -> str:
    """Return a plot ratio with two decimals."""
    return _text(value, ".2f")


def percent(share: float | None) -> str:
    """Return a share (0 to 1) as a percentage with one decimal: 0.305 -> "30.5%"."""
    return _text(share, ".1%")


def share_exact(share: float | None) -> str:
    """Return a share (0 to 1) as a percentage with two decimals, never -0.00%: 0.0005 -> "0.05%"."""
    return _text(share, "z.2%")


def difference_m2(value_m2: float | None) -> str:
    """Return a difference in square metres with two decimals; never -0.00."""
    return _text(value_m2, "z,.2f")


def number(value: float | None, decimals: int = 2) -> str:
    """Return a number with thousands separators."""
    return _text(value, f",.{decimals}f")


def wan(value_wan: float | None) -> str:
    """Return an amount in 万元 with two decimals."""
    return _text(value_wan, ",.2f")


def day(value: date | datetime | None) -> str:
    """Return a day as 2026-11-23."""
    return UNKNOWN if pd.isna(value) else value.strftime("%Y-%m-%d")


def moment(value: datetime | None) -> str:
    """Return a time of the office's clock as 2026-11-23 09:30."""
    return UNKNOWN if pd.isna(value) else value.astimezone().strftime("%Y-%m-%d %H:%M")
