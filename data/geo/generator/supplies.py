"""Land supplied since 2021: contracts with agreed start and indicators, a few of them idle."""

from typing import Any

from generator.dice import Dice
from generator.plots import Plot

_STARTED, _WAITING = 22, 6
_KINDS = (
    "industrial",
    "industrial",
    "industrial",
    "micro_park",
    "industrial",
    "relocation",
    "special_siting",
)
_AGREED_FAR = (2.0, 2.0, 2.2, 2.0, 1.8, 2.5, 2.0, 2.0)
_LATE_STARTS = ("2026-10-31", "2026-03-31", "2025-06-30", "2025-03-31", "2024-04-30", "2024-06-30")
"""Of those not yet started: one not due for a year, three a year late, two for two years and more."""


def supply_records(plots: list[Plot], bare: dict[str, str]) -> list[dict[str, Any]]:
    """Return the contracts: of the youngest built plots, and of plots on which nothing stands."""
    dice = Dice("supplies")
    built = sorted(
        (p for p in plots if p.owner and p.code not in bare), key=lambda p: -p.fields["built_year"]
    )
    empty = [p for p in plots if p.owner and bare.get(p.code) == "unknown"]
    records = [_begun(plot, number, dice) for number, plot in enumerate(built[:_STARTED], start=1)]
    for number, plot in enumerate(empty[:_WAITING]):
        records.append(_waiting(plot, len(records) + 1, number, dice))
    return records


def _contract(plot: Plot, number: int, supplied_on: str, dice: Dice) -> dict[str, Any]:
    is_standard = number % 9 != 0
    return {
        "supply_code": f"330205{supplied_on[:4]}B{number:05d}",
        "name": f"{plot.name.split('<')[0]}供地",
        "plot_code": plot.code,
        "uscc": plot.owner.uscc,
        "kind": _KINDS[number % len(_KINDS)],
        "supplied_on": supplied_on,
        "area_m2": round(plot.site_m2, 2),
        "is_standard_land": is_standard,
        "is_vertical": number % 5 == 0,
        "is_swap": number == 7,
        "agreed_far": _AGREED_FAR[number % len(_AGREED_FAR)],
        "agreed_invest_wan_per_mu": float(dice.whole(350, 500)) if is_standard else None,
        "agreed_tax_wan_per_mu": float(dice.whole(20, 35)) if is_standard else None,
        "agreed_energy": round(dice.between(2.0, 6.0), 2) if is_standard and number % 10 else None,
        "agreed_emission": float(dice.whole(800, 2500)) if is_standard else None,
        "is_government_delay": False,
    }


def _begun(plot: Plot, number: int, dice: Dice) -> dict[str, Any]:
    year = dice.whole(2021, 2025)
    record = _contract(plot, number, f"{year}-{dice.whole(1, 12):02d}-{dice.whole(1, 28):02d}", dice)
    invest = round(record["area_m2"] * 0.0015 * dice.between(330, 520), 0)
    record |= {
        "agreed_start_on": f"{year + 1}-{dice.whole(1, 6):02d}-28",
        "started_on": f"{year + 1}-{dice.whole(1, 9):02d}-15",
        "due_area_m2": round(record["area_m2"] * 0.85, 2),
        "developed_area_m2": round(record["area_m2"] * 0.85, 2),
        "invest_total_wan": invest,
        "invest_done_wan": invest,
    }
    if number in (4, 11):  # work stopped early
        record |= {
            "stopped_since_on": "2025-10-31",
            "developed_area_m2": round(record["area_m2"] * 0.2, 2),
            "invest_done_wan": round(invest * 0.18, 0),
        }
    elif year < 2024:
        record |= {"completed_on": f"{year + 2}-11-30", "review_on": f"{year + 4}-06-30"}
    return record


def _waiting(plot: Plot, number: int, nth: int, dice: Dice) -> dict[str, Any]:
    start = _LATE_STARTS[nth]
    record = _contract(plot, number, f"{int(start[:4]) - 1}-{start[5:]}", dice)
    record |= {"agreed_start_on": start, "due_area_m2": round(record["area_m2"] * 0.85, 2)}
    if nth == 3:
        record |= {"is_government_delay": True, "note": "规划道路未通，政府原因"}
    return record
