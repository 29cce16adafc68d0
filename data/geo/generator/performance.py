"""Performance per 亩 of three years: figures, scores, grades by list."""

import math
from typing import Any

from generator.dice import Dice
from generator.economy import Enterprise, tax_in

YEARS = (2023, 2024, 2025)
_WEIGHTS = {"tax": 30, "added": 20, "energy": 20, "emission": 10, "rd": 10, "staff": 10}
_SMALL_WEIGHTS = {"tax": 50, "power": 50}
_CAP = 1.5
_SHARE_A, _SHARE_B, _SHARE_D = 0.20, 0.40, 0.08
_LEADER_OUTPUT_WAN = 3_100_000.0
"""One copper works makes a third of the district's output."""


def performances(enterprises: list[Enterprise]) -> list[dict[str, Any]]:
    """Return the records of all years, graded; sets each enterprise's grades."""
    dice = Dice("performance")
    leader = max((e for e in enterprises if e.is_above_scale), key=lambda e: e.land_mu)
    leader.industry_code = "3252"
    records = []
    for enterprise in enterprises:
        drift = dice.normal(0, 0.03)
        for year in YEARS:
            if dice.chance(0.02):
                continue
            records.append(_figures(enterprise, year, drift * (2025 - year), dice, enterprise is leader))
    for year in YEARS:
        for name in ("above_scale", "below_scale_large", "below_scale_small", "tenant"):
            _grade([r for r in records if r["year"] == year and r["list"] == name], name == "above_scale")
    by_uscc = {e.uscc: e for e in enterprises}
    for record in records:
        by_uscc[record["uscc"]].grades[record["year"]] = record["grade"]
    return records


def _list(enterprise: Enterprise) -> str:
    if enterprise.is_tenant:
        return "tenant"
    if enterprise.is_above_scale:
        return "above_scale"
    return "below_scale_large" if enterprise.land_mu >= 3 else "below_scale_small"


def _figures(enterprise: Enterprise, year: int, drift: float, dice: Dice, is_leader: bool) -> dict[str, Any]:
    tax = tax_in(enterprise, year) * math.exp(drift)
    added = tax * 5.1 * math.exp(dice.normal(0, 0.22))
    output = added / 0.185 * math.exp(dice.normal(0, 0.18))
    if is_leader:
        output = _LEADER_OUTPUT_WAN * math.exp(dice.normal(0, 0.02))
    revenue = output * dice.between(0.93, 1.06)
    return {
        "uscc": enterprise.uscc,
        "year": year,
        "tax_wan": round(tax, 2),
        "value_added_wan": round(added, 1),
        "output_wan": round(output, 1),
        "revenue_wan": round(revenue, 1),
        "energy_tce": round(added / 2.7 * math.exp(dice.normal(0, 0.5)), 1),
        "emission_t": round(added / 4930 * math.exp(dice.normal(0, 0.6)), 3) if dice.chance(0.9) else None,
        "rd_wan": round(min(revenue * 0.021 * math.exp(dice.normal(0, 0.5)), added * 0.6), 1),
        "staff": max(3, round(added / 18.1 * math.exp(dice.normal(0, 0.25)))),
        "power_kwh": round(tax / 0.235 * 1000 * math.exp(dice.normal(0, 0.35))),
        "land_area_m2": round(enterprise.land_m2, 2),
        "score": 0.0,
        "grade": "",
        "list": _list(enterprise),
    }


def _ratios(record: dict[str, Any], is_above_scale: bool) -> dict[str, float]:
    land = record["land_area_m2"]
    if not is_above_scale:
        return {"tax": record["tax_wan"] / land, "power": record["tax_wan"] / record["power_kwh"]}
    emission = record["emission_t"]
    return {
        "tax": record["tax_wan"] / land,
        "added": record["value_added_wan"] / land,
        "energy": record["value_added_wan"] / record["energy_tce"],
        "emission": record["value_added_wan"] / emission if emission else 0.0,
        "rd": record["rd_wan"] / record["revenue_wan"],
        "staff": record["value_added_wan"] / record["staff"],
    }


def _grade(records: list[dict[str, Any]], is_above_scale: bool) -> None:
    """Score and grade one list of one year: best fifth A, last 8 % D; counts rounded down, D up."""
    if not records:
        return
    weights = _WEIGHTS if is_above_scale else _SMALL_WEIGHTS
    ratios = [_ratios(record, is_above_scale) for record in records]
    bases = {name: sum(r[name] for r in ratios) / len(ratios) for name in weights}
    for record, ratio in zip(records, ratios, strict=True):
        points = (min(ratio[name] / bases[name], _CAP) * weight for name, weight in weights.items())
        record["score"] = round(sum(points), 2)
    ranked = sorted(records, key=lambda r: (-r["score"], -r["tax_wan"] / r["land_area_m2"], r["uscc"]))
    best, good = int(_SHARE_A * len(ranked)), int(_SHARE_B * len(ranked))
    last = min(len(ranked) - best - good, math.ceil(_SHARE_D * len(ranked)))
    fair = len(ranked) - best - good - last
    for record, grade in zip(ranked, "A" * best + "B" * good + "C" * fair + "D" * last, strict=True):
        record["grade"] = grade
