"""What a plan on plots would add to each target that it can move: land, floor area, enterprises, micro parks."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from geoapp.domain.target_set import Indicator, TargetSet
from geoapp.errors import UsageError
from geoapp.verification.actuals import Asked, Place, treated_now, users_of
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.redevelopment import Plan, Values, fits, has_mode, would_be
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Source
from geoapp.verification.targets import TargetPath

TARGET_ROW = "(target) "
ROW = TARGET_ROW + "{}|{}"
"""Of a set and an indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitting:
    """The plots that the plan fits, with what it makes of them."""

    plots: Mapping[str, Plot]
    outcomes: Mapping[str, Values]
    is_micro_park: bool

    def wanted(self, asked: Asked) -> list[str]:
        """Return those that an indicator looks at."""
        if not asked.indicator.plots:
            return list(self.plots)
        return [code for code in self.plots if code in asked.plots()]


def added_figures(
    source: Source, target_sets: Sequence[TargetSet], codes: Sequence[str], plan: Plan
) -> tuple[dict[str, dict[str, Figure]], dict[str, str]]:
    """Return by target where it stands, what is added and what is missing then; and why some are not computed again.

    Parameters
    ----------
    source : Source
    target_sets : sequence of TargetSet
    codes : sequence of str
        Of the plots.
    plan : Plan

    Returns
    -------
    (figures, left_out)
        By ROW; figures in base units, shares from 0 to 1.
    """
    found: dict[str, dict[str, Figure]] = {}
    left_out: dict[str, str] = {}
    for target_set in target_sets:
        for indicator in target_set.indicators:
            if indicator.actual not in _ADDED:
                continue
            row = ROW.format(target_set.id, indicator.id)
            try:
                found |= with_slack(source, _computation(row, target_set, indicator, codes, plan))
            except UsageError as error:
                left_out[row] = str(error)
    return found, left_out


def _computation(
    row: str, target_set: TargetSet, indicator: Indicator, codes: Sequence[str], plan: Plan
) -> Callable[[Source], Mapping[str, Values]]:
    return lambda source: {row: _target(source, target_set, indicator, _fitting(source, codes, plan))}


def _fitting(source: Source, codes: Sequence[str], plan: Plan) -> _Fitting:
    key = ("fitting", tuple(codes), plan)
    if key not in source.kept:
        plots = {plot.code: plot for plot in plain_plots(source)}
        fitting = {code: plots[code] for code in codes if fits(source, plots[code], plan)}
        source.kept[key] = _Fitting(
            plots=fitting,
            outcomes={code: would_be(source, plot, plan) for code, plot in fitting.items()},
            is_micro_park=has_mode(source, "whatif_micro_park_modes", plan.mode)
            and source.has_number("micro_park_min_gfa_m2"),
        )
    found: _Fitting = source.kept[key]
    return found


def _target(source: Source, target_set: TargetSet, indicator: Indicator, found: _Fitting) -> Values:
    asked = Asked(source, indicator, Place())
    path = TargetPath.of(asked, target_set)
    ahead = [target for target in path.targets if target.day > source.day]
    current = ahead[0] if ahead else (path.targets[-1] if path.targets else None)
    actual, added = path.at(source.day), _ADDED[indicator.actual](asked, found)
    target = None if current is None else current.value
    gap = None
    if not indicator.is_shared and actual is not None and target is not None:
        gap = target - actual if indicator.direction == "at_least" else actual - target
    return {
        "actual": actual,
        "target": target,
        "gap": gap,
        "added": added,
        "gap_after": None if gap is None or added is None else gap - added,
        "share": None if gap is None or added is None or gap <= 0 else added / gap,
    }


def _sum(values: Sequence[Value]) -> Value:
    """Return the sum of what is known; None where something is there and nothing of it is known."""
    known = [value for value in values if value is not None]
    return None if values and not known else math.fsum(known)


def _land(asked: Asked, found: _Fitting) -> Value:
    """Return the land that the indicator's ledger does not count yet."""
    counted = revitalised_plots(asked.source, asked.ledger.code)
    sites = {code: found.plots[code].site_area_m2 for code in found.wanted(asked)}
    return _sum(
        [
            None if site is None else max(0.0, site - (counted[code].recognised or 0.0))
            for code, site in sites.items()
        ]
    )


def _floor(name: str) -> "_Add":
    return lambda asked, found: _sum([found.outcomes[code][name] for code in found.wanted(asked)])


def _enterprises(asked: Asked, found: _Fitting) -> Value:
    """Return the enterprises on the plots that the target does not count yet, each once."""
    there = {
        uscc
        for code in found.wanted(asked)
        for _, uscc in users_of(asked.source, code, None, asked.source.day)
    }
    return float(len(there - set(treated_now(asked))))


def _micro_parks(_asked: Asked, found: _Fitting) -> Value:
    """Return one park for all plots together."""
    return float(found.is_micro_park and bool(found.plots))


_Add = Callable[[Asked, _Fitting], Value]
_ADDED: Mapping[str, _Add] = {
    "revitalised_area": _land, "new_floor_area": _floor("gross_m2"), "new_floor_area_net": _floor("net_m2"),
    "treated_enterprises": _enterprises, "micro_parks": _micro_parks,
}  # fmt: skip
