"""Micro-enterprise parks: fifteen, three of them for services; their yearly results."""

from typing import Any

from generator.dice import Dice
from generator.plots import Plot
from generator.projects import Project

_KINDS = ("manufacturing",) * 12 + ("service",) * 3
_STATUSES = ("operating",) * 9 + ("building",) * 2 + ("planned",) * 1 + ("operating", "operating", "building")
_STARS = (4, 3, 3, 3, None, None, None, None, None, None, None, None, 3, None, None)
_YEARS = (2023, 2024, 2025)
_TAX_WAN_PER_MU = (12, 38)
_MODES = ("government", "enterprise", "joint", "market")


def micro_park_records(plots: list[Plot], projects: list[Project]) -> list[dict[str, Any]]:
    """Return the micro-enterprise parks, on plots of their projects first and on well-used ones then."""
    dice = Dice("micro parks")
    own = [
        plot for p in projects if p.mode == "M08" and p.is_finished for plot in p.plots if plot.site_mu > 8
    ]
    under_way = [p.plots[0] for p in projects if p.mode == "M08" and not p.is_finished]
    others = [
        plot for plot in plots
        if 12 < plot.site_mu < 90 and plot.far > 0.8 and plot.owner and plot not in own
        and not plot.fields.get("low_efficiency_status") and plot.fields.get("gfa_actual_m2")
    ]  # fmt: skip
    operating = iter([*own, *dice.shuffled(others)])
    building = iter([*under_way, *dice.shuffled(others)[-5:]])
    sites = [next(operating) if status == "operating" else next(building) for status in _STATUSES]
    return [_record(number, plot, dice) for number, plot in enumerate(sites, start=1)]


def _record(number: int, plot: Plot, dice: Dice) -> dict[str, Any]:
    kind, status, stars = _KINDS[number - 1], _STATUSES[number - 1], _STARS[number - 1]
    is_open = status == "operating"
    gfa_m2 = round(plot.fields.get("gfa_actual_m2") or plot.site_m2 * 1.5, 1)
    leasable_m2 = gfa_m2 * 0.92
    leased_m2 = round(leasable_m2 * dice.between(0.7, 0.97), 1) if is_open else 0.0
    count = max(11, round(leased_m2 / dice.between(900, 1700))) if is_open else 0
    return {
        "micro_park_code": f"XWY-{number:02d}",
        "name": f"示例小微企业园{number:02d}",
        "kind": kind,
        "status": status,
        "recognition": "recognised" if is_open and (stars or dice.chance(0.6)) else "not",
        "star_level": stars,
        "development_mode": _MODES[number % 4],
        "town_code": plot.town_code,
        "park_code": plot.park_code or None,
        "land_area_m2": round(plot.site_m2, 2),
        "gfa_m2": gfa_m2,
        "leased_area_m2": leased_m2,
        "leasable_area_m2": round(leasable_m2 - leased_m2, 1) if is_open else None,
        "enterprise_count": count,
        "above_scale_count": round(count * dice.between(0.03, 0.15)),
        "operator": f"示例园区运营单位{number:02d}",
        "geometry": plot.geometry,
    } | _more(number, count, gfa_m2, is_open=is_open)


def _more(number: int, count: int, gfa_m2: float, *, is_open: bool) -> dict[str, Any]:
    """Return what recognition and the yearly bands ask; park 6 has too few small firms, park 8 lacks its papers."""
    dice = Dice(f"micro park {number}")
    small = round(count * (0.6 if number == 6 else dice.between(0.82, 0.97)))
    return {
        "sellable_area_m2": round(gfa_m2 * dice.between(0.0, 0.1), 1),
        "small_micro_count": small,
        "high_tech_count": round(count * dice.between(0.05, 0.2)),
        "tech_sme_count": round(count * dice.between(0.1, 0.3)),
        "employee_count": count * dice.whole(14, 30),
        "origin": "rebuilt" if number % 3 or gfa_m2 < 30_000 else "new",
        "land_nature": "research" if number > 12 else "industrial",
        "opened_on": f"{2023 if number in (5, 14) else dice.whole(2014, 2020)}-07-01" if is_open else None,
        "is_safe": None if number == 8 else is_open or None,
        "address": f"示例路{number * 10}号",
    }


def micro_park_year_records(parks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the yearly results of the parks in operation; one has no score of the newest year."""
    records = []
    for park in parks:
        if park["status"] == "operating":
            dice = Dice(f"micro park years {park['micro_park_code']}")
            records += [_year(park, year, dice) for year in _YEARS if year > int(park["opened_on"][:4])]
    return records


def _year(park: dict[str, Any], year: int, dice: Dice) -> dict[str, Any]:
    mu = park["land_area_m2"] * 0.0015
    tax = round(mu * dice.between(*_TAX_WAN_PER_MU), 1)
    score = round(dice.between(58, 96), 1)
    return {
        "micro_park_code": park["micro_park_code"],
        "year": year,
        "score": None if (park["micro_park_code"], year) == ("XWY-07", 2025) else score,
        "grade": {("XWY-01", year): "A", ("XWY-03", 2024): "C"}.get((park["micro_park_code"], year)),
        "document_no": f"示例甬企服〔{year + 1}〕3号",
        "revenue_wan": round(tax * dice.between(14, 26), 0),
        "tax_wan": tax,
    }
