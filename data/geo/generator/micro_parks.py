"""Micro-enterprise parks: fifteen, three of them for services."""

from typing import Any

from generator.dice import Dice
from generator.plots import Plot
from generator.projects import Project

_KINDS = ("manufacturing",) * 12 + ("service",) * 3
_STATUSES = ("operating",) * 9 + ("building",) * 2 + ("planned",) * 1 + ("operating", "operating", "building")
_STARS = (4, 3, 3, 3, None, None, None, None, None, None, None, None, 3, None, None)
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
    }
