"""What the projects under way will add to a target, project by project, by the days planned for them."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from geoapp.verification.actuals import Asked, changes_of, revitalised_totals, treated_now, users_of
from geoapp.verification.lineage import plain_lineage
from geoapp.verification.plots import plain_plots
from geoapp.verification.source import Row, Source

_LEAST_M2 = 0.01
"""What a finished project leaves of its plots by rounding is nothing to come."""
_MICRO_PARKS = "micro_parks"
Amount = tuple[date | None, float]
"""The day from which it counts, None where nobody can say, and how much."""


@dataclass(frozen=True, slots=True)
class Share:
    """A plot of a project that is planned or under way."""

    project: str
    plot: str
    area_m2: float | None
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainProjection:
    """What will have come by a day."""

    value: float | None
    added: float
    overdue: float
    undated: float
    later: float


def plain_projection(asked: Asked, actual: float | None, last_target: date) -> PlainProjection | None:
    """Return what the projects under way will add, None where projects say nothing about the indicator."""
    source, indicator = asked.source, asked.indicator
    compute = _PIPELINES.get(indicator.actual)
    if compute is None or indicator.ledger not in ("", source.number("default_ledger")):
        return None
    end = last_target if last_target > source.day else date(source.day.year + 1, 12, 31)
    amounts = compute(asked)
    added = _sum(amount for on, amount in amounts if on is not None and source.day < on <= end)
    return PlainProjection(
        value=None if actual is None else actual + added,
        added=added,
        overdue=_sum(amount for on, amount in amounts if on is not None and on <= source.day),
        undated=_sum(amount for on, amount in amounts if on is None),
        later=_sum(amount for on, amount in amounts if on is not None and on > end),
    )


def pipeline_total(asked: Asked) -> float | None:
    """Return what all projects under way come to, in whichever ledger; None where projects do not count."""
    compute = _PIPELINES.get(asked.indicator.actual)
    return None if compute is None else _sum(amount for _, amount in compute(asked))


def projected_by(asked: Asked, actual: float | None, day: date) -> float | None:
    """Return what will have come by a day to come if every project comes on its day."""
    compute = _PIPELINES.get(asked.indicator.actual)
    if compute is None or actual is None:
        return None
    amounts = compute(asked)
    return actual + _sum(amount for on, amount in amounts if on is not None and asked.source.day < on <= day)


def _sum(amounts: Iterable[float]) -> float:
    return math.fsum(amounts)


def open_shares(source: Source) -> list[Share]:
    """Return the plots of open projects as the register lists them, those of withdrawn plots with their heirs, last."""
    if "open shares" not in source.kept:
        source.kept["open shares"] = _open_shares(source)
    found: list[Share] = source.kept["open shares"]
    return found


def _open_shares(source: Source) -> list[Share]:
    plots = plain_plots(source)
    lineage = plain_lineage(source, plots)
    areas = {**lineage.gone_area_m2, **{plot.code: plot.site_area_m2 for plot in plots}}
    current = {plot.code for plot in plots}
    days = _planned_days(source)
    found = [
        Share(
            row["project_code"], row["plot_code"], _part_area(source, row, areas), days[row["project_code"]]
        )
        for row in source.rows("project_plots")
        if row["project_code"] in days
    ]
    while any(share.plot not in current and share.plot in lineage.heirs for share in found):
        kept = [share for share in found if share.plot in current or share.plot not in lineage.heirs]
        passed = [
            replace(share, plot=heir, area_m2=None if share.area_m2 is None else share.area_m2 * part)
            for share in found
            if share.plot not in current
            for heir, part in lineage.heirs.get(share.plot, ())
        ]
        found = [*kept, *passed]
    return found


def _part_area(source: Source, row: Row, whole_m2: Mapping[str, float | None]) -> float | None:
    if row["area_m2"] is not None:
        return float(row["area_m2"])
    return source.measured_m2(row["geometry"]) or whole_m2.get(row["plot_code"])


def _planned_days(source: Source) -> dict[str, date | None]:
    """Return the planned day of the event that recognises the mode of each open project."""
    stages = {*source.number("planned_stages"), *source.number("doing_stages")}
    columns = source.number("target_recognition_plan_dates")
    return {
        row["project_code"]: row[columns.get(row["mode"], columns["other"])]
        for row in source.rows("projects")
        if row["stage"] in stages
    }


def _by_day(shares: Sequence[Share]) -> list[Share]:
    return sorted(shares, key=lambda share: (share.on or date.max, share.project))


def _land(asked: Asked) -> list[Amount]:
    """Share out what is under way and planned on each plot among its projects, the earliest first."""
    totals = revitalised_totals(asked.source)
    before: dict[str, float] = defaultdict(float)
    amounts = []
    for share in _by_day(open_shares(asked.source)):
        total = totals.get(share.plot, 0.0)
        wanted = total if share.area_m2 is None else share.area_m2
        amount = min(max(total - before[share.plot], 0.0), wanted)
        before[share.plot] += wanted
        if amount > _LEAST_M2 and _is_here(asked, share.plot):
            amounts.append((share.on, amount))
    return amounts


def _is_here(asked: Asked, plot: str) -> bool:
    """Return whether a plot is one that the indicator looks at, in the place asked about."""
    if plot not in asked.plots():
        return not asked.indicator.plots and (asked.place.is_district or not asked.place.code)
    return asked.place.holds(asked.plots()[plot].row)


def _unfinished(asked: Asked) -> list[Share]:
    """Return the plots of open projects that have not had all their land recognised."""
    areas: dict[str, list[float]] = defaultdict(list)
    shares = open_shares(asked.source)
    for share in shares:
        if share.area_m2 is not None:
            areas[share.project].append(share.area_m2)
    done: dict[str, float] = defaultdict(float)
    for record in asked.ledger.records:
        if record["project_code"] is not None:
            done[record["project_code"]] += record["area_m2"] or 0.0
    finished = {code for code, found in areas.items() if math.fsum(found) - done[code] <= _LEAST_M2}
    return [share for share in shares if share.project not in finished]


def _floor(asked: Asked) -> list[Amount]:
    """Return the new floor area that each open project is still to bring; it counts where its first plot is."""
    done: dict[str, float] = defaultdict(float)
    for record, change in zip(asked.ledger.records, changes_of(asked), strict=True):
        if record["project_code"] is not None:
            done[record["project_code"]] += math.fsum(change.gross_m2.values())
    planned = {row["project_code"]: row["new_gfa_gross_m2"] for row in asked.source.rows("projects")}
    first: dict[str, Share] = {}
    for share in _unfinished(asked):
        first.setdefault(share.project, share)
    left = [
        (share, max(0.0, planned[code] - max(0.0, done[code])))
        for code, share in first.items()
        if planned[code] is not None
    ]
    return [(share.on, size) for share, size in left if size > _LEAST_M2 and _is_here(asked, share.plot)]


def _enterprises(asked: Asked) -> list[Amount]:
    """Return one for each enterprise on a plot of an open project that is not put right yet, on its earliest day."""
    taken = set(treated_now(asked))
    amounts: list[Amount] = []
    ranked = [
        (share, is_present, uscc)
        for share in _by_day(_unfinished(asked))
        for is_present, uscc in users_of(asked.source, share.plot, share.project, asked.source.day)
    ]
    # Of one project's plots those that somebody is known to occupy come first.
    ranked.sort(key=lambda found: (found[0].on or date.max, found[0].project, not found[1]))
    for share, _, uscc in ranked:
        if uscc not in taken:
            taken.add(uscc)
            if _is_here(asked, share.plot):
                amounts.append((share.on, 1.0))
    return amounts


def _micro_parks(asked: Asked) -> list[Amount]:
    """Return one for each park that is planned or being built; nobody knows when."""
    if asked.indicator.plots:
        return []
    counted = asked.source.number("target_micro_park_statuses")
    return [
        (None, 1.0)
        for row in asked.source.rows(_MICRO_PARKS)
        if row["status"] is not None and row["status"] not in counted and asked.place.holds(row)
    ]


_PIPELINES: Mapping[str, Callable[[Asked], list[Amount]]] = {
    "revitalised_area": _land, "new_floor_area": _floor, "treated_enterprises": _enterprises,
    _MICRO_PARKS: _micro_parks,
}  # fmt: skip
