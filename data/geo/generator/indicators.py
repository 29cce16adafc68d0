"""Indicators that no register holds, as the responsible bodies would enter them: by year, a few by town."""

from typing import Any

from generator.dice import Dice
from generator.plots import TOWN_NAMES

_YEARS = range(2020, 2026)
_YEARLY = {
    "released_energy": ("wan_tce", "区发改局（示例）", (0.5, 0.84, 1.19, 1.57, 2.02, 2.46)),
    "hightech_enterprises": ("enterprise", "区科技局（示例）", (151, 196, 248, 306, 352, 407)),
    "large_projects": ("count", "区投资促进中心（示例）", (None, 0, 1, 2, 3, 4)),
    "industrial_investment_growth": ("percent", "区统计局（示例）", (11.7, 12.4, 9.1, 10.6, 8.7, 9.2)),
    "zhejiang_made_standards": ("item", "区市场监管局（示例）", (3, 4, 6, 7, 9, 10)),
    "pinzi_brand": ("enterprise", "区市场监管局（示例）", (3, 4, 5, 6, 8, 9)),
    "industrial_investment": ("yi", "区统计局（示例）", (None, 36.2, 75.8, 117.5, 159.1, 203.4)),
    "private_investment_land": ("percent", "自然资源规划江北分局（示例）", (None, None, None, None, 76.5, 78.2)),
    # What the performance register, which begins in 2023, cannot say.
    "value_added_rate": ("percent", "区统计局（示例）", (15.0, 16.1, 17.0, None, None, None)),
    "tax_per_mu": ("wan_per_mu", "区经信局（示例）", (36.0, 38.7, 41.2, None, None, None)),
    "value_added_per_mu": ("wan_per_mu", "区经信局（示例）", (177.0, 186.0, 192.5, None, None, None)),
    "productivity_growth": ("percent", "区统计局（示例）", (7.0, 6.4, 5.1, 6.2, None, None)),
    "rd_share": ("percent", "区统计局（示例）", (2.0, 2.03, 2.06, None, None, None)),
}  # fmt: skip
"""Unit, who says so, and the values at the ends of the years; totals include all years before."""


def indicator_records() -> list[dict[str, Any]]:
    """Return the entered values of the whole district, and high-tech enterprises by town."""
    records = [
        _record(indicator, year, value, unit, origin)
        for indicator, (unit, origin, values) in _YEARLY.items()
        for year, value in zip(_YEARS, values, strict=True)
        if value is not None
    ]
    records += _by_town("hightech_enterprises")
    for number, record in enumerate(records, start=1):
        record["document_no"] = f"示例报〔{record['as_of_on'][:4]}〕{number}号"
    return records


def _by_town(indicator: str) -> list[dict[str, Any]]:
    """Return whole numbers for the towns that add up to the district's, year by year."""
    unit, origin, values = _YEARLY[indicator]
    dice = Dice(f"towns of {indicator}")
    weights = {town: dice.between(0.5, 2.0) for town in TOWN_NAMES}
    records = []
    for year, value in zip(_YEARS, values, strict=True):
        left, weight_left = int(value or 0), sum(weights.values())
        for town, weight in weights.items():
            share = round(left * weight / weight_left)
            left, weight_left = left - share, weight_left - weight
            records.append(_record(indicator, year, share, unit, origin, town))
    return records


def _record(
    indicator: str, year: int, value: float, unit: str, origin: str, town: str | None = None
) -> dict[str, Any]:
    return {
        "indicator": indicator,
        "scope_kind": "town" if town else "district",
        "scope_code": town or "全区",
        "as_of_on": f"{year}-12-31",
        "period": f"{year}年",
        "value": value,
        "unit": unit,
        "origin": origin,
        "document_no": "",
        "entered_by": origin.removesuffix("（示例）"),
    }
