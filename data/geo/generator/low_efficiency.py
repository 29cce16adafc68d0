"""Which plots are recognised as low-efficiency, at what status, and why."""

from typing import Any

from generator.dice import Dice
from generator.economy import Enterprise
from generator.plots import Plot
from generator.projects import Project

_ACTIVE_SHARE = 0.165
"""Of the site area: suspected, checking, recognised, published and treating together."""
_TAX_FLOOR_WAN_PER_MU = {True: 5.0, False: 3.0}
"""By whether the owner is above scale: 规上 5, 规下 3 (action plan)."""
_FAR_FLOOR = 1.0
_STATUSES = ("recognised", "published", "recognised", "checking", "published", "recognised", "suspected")
_YEAR = 2025


def choose(plots: list[Plot], projects: list[Project]) -> None:
    """Give plots their low-efficiency status: those of open projects, then those that pay least."""
    dice = Dice("low efficiency")
    total_m2 = sum(plot.site_m2 for plot in plots)
    active_m2 = 0.0
    for project in projects:
        for plot in project.plots:
            _set(plot, _status_in(project, dice), dice)
            active_m2 += 0.0 if project.is_finished else plot.site_m2
    free = [p for p in plots if p.owner and "low_efficiency_status" not in p.fields]
    poor = sorted((p for p in free if _reasons_of(p.owner)), key=lambda p: p.owner.tax_wan_per_mu)
    rest = sorted((p for p in free if not _reasons_of(p.owner)), key=lambda p: p.owner.tax_wan_per_mu)
    for number, plot in enumerate((*poor, *rest)):
        if active_m2 + plot.site_m2 <= _ACTIVE_SHARE * total_m2 and plot.site_mu < 150:
            _set(plot, _STATUSES[number % len(_STATUSES)], dice)
            active_m2 += plot.site_m2
    for plot in dice.shuffled([p for p in free if not p.fields.get("low_efficiency_status")])[:3]:
        _set(plot, "removed", dice)


def _status_in(project: Project, dice: Dice) -> str | None:
    if project.is_finished:
        return "closed" if project.mode in {"M11", "M03", "M01"} else None
    if project.stage in {"P03", "P04", "P05", "P06", "P07"}:
        return "treating"
    return dice.pick(("recognised", "published"))


def _set(plot: Plot, status: str | None, dice: Dice) -> None:
    plot.fields["low_efficiency_status"] = status
    if status:
        year = dice.whole(2019, 2021) if status == "closed" else dice.whole(2023, 2025)
        plot.fields["low_efficiency_on"] = f"{year}-{dice.whole(3, 11):02d}-{dice.whole(1, 28):02d}"


def _reasons_of(owner: Enterprise) -> list[str]:
    reasons = []
    floor = _TAX_FLOOR_WAN_PER_MU[owner.is_above_scale]
    if owner.tax_wan_per_mu < floor:
        reasons.append(f"亩均税收低于 {floor:g} 万元/亩（{'规上' if owner.is_above_scale else '规下'}）")
    if owner.grades.get(_YEAR) == "D":
        reasons.append(f"{_YEAR} 年亩均评价 D 类")
    if owner.status == "halted":
        reasons.append("企业停产")
    return reasons


def lean(plots: list[Plot], projects: list[Project]) -> dict[str, float]:
    """Return which plots are to be built more or less densely than by chance."""
    pushes = {"M01": 1.5, "M08": 1.3, "M02": 0.9, "M03": 0.3}
    leaning = {
        plot.code: pushes.get(project.mode, 0.0)
        for project in projects
        if project.is_finished
        for plot in project.plots
    }
    for plot in plots:
        if plot.fields.get("low_efficiency_status") not in (None, "closed"):
            leaning[plot.code] = -0.6 if _reasons_of(plot.owner) else -2.2
    return leaning


def explain(plots: list[Plot]) -> None:
    """Write down the reasons, from the same figures that the registers hold."""
    dice = Dice("reasons")
    for plot in plots:
        status = plot.fields.get("low_efficiency_status")
        if not status:
            continue
        if status == "closed":
            plot.fields["low_efficiency_reason"] = "改造前容积率低于 1.0，已整治销号"
            continue
        reasons = [*_reasons_of(plot.owner), *_land_reasons(plot.fields, plot.site_m2)]
        if not reasons or dice.chance(0.12):
            plot.fields["vacancy_percent"] = float(dice.whole(50, 90))
            plot.fields["vacant_since_on"] = f"{Dice(plot.code).whole(2022, 2024)}-09-01"
            reasons.append("厂房空置率超过 50%，满 12 个月")
        plot.fields["low_efficiency_reason"] = "；".join(reasons)


def _land_reasons(fields: dict[str, Any], site_m2: float) -> list[str]:
    counted = fields.get("gfa_far_m2")
    if counted is None or counted / site_m2 >= _FAR_FLOOR:
        return []
    return [f"容积率 {counted / site_m2:.2f}，低于 {_FAR_FLOOR:.1f}"]
