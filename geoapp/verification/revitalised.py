"""Of each plot what is recognised as revitalised, what is under way and what is planned, never more than the plot."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from geoapp.verification.recognitions import Claim, Counted, Part, PlainLedger, plain_ledger
from geoapp.verification.source import Row, Source


@dataclass(slots=True)
class Revitalised:
    """Of one plot, m2; None is unknown."""

    recognised: float | None
    doing: float | None
    planned: float | None
    gross: float | None
    net: float | None


def revitalised_plots(source: Source, code: str) -> dict[str, Revitalised]:
    """Return recognised, doing and planned land and new floor area of each plot."""
    key = ("revitalised", code)
    if key not in source.kept:
        source.kept[key] = _revitalised(source, plain_ledger(source, code))
    found: dict[str, Revitalised] = source.kept[key]
    return found


def _revitalised(source: Source, ledger: PlainLedger) -> dict[str, Revitalised]:
    counted = ledger.counted()
    touched: dict[str, list[Claim]] = defaultdict(list)
    for claim in counted.claims:
        touched[claim.plot].append(claim)
    blank = {row["plot_code"] for row in ledger.records if _lacks_area_only(source, row)}
    doing, planned = (
        _in_projects(source, ledger, counted, name) for name in ("doing_stages", "planned_stages")
    )
    found = {}
    for code, area in ledger.site_area_m2.items():
        claims = touched.get(code, [])
        recognised = None if code in blank and not claims else counted.area_m2.get(code, 0.0)
        left = math.inf if area is None else max(0.0, area - (recognised or 0.0))
        under_way = None if doing[code] is None else min(doing[code] or 0.0, left)
        left -= under_way or 0.0
        later = None if planned[code] is None else min(planned[code] or 0.0, left)
        floors = ((counted.gross_m2, "new_gfa_gross_m2"), (counted.net_m2, "new_gfa_net_m2"))
        gross, net = (
            sums.get(code, 0.0) if not claims or _is_given(ledger, claims, name) else None
            for sums, name in floors
        )
        found[code] = Revitalised(recognised, under_way, later, gross, net)
    return found


def _is_given(ledger: PlainLedger, claims: Sequence[Claim], name: str) -> bool:
    """Return whether any of the records says something."""
    return any(ledger.records[claim.record][name] is not None for claim in claims)


def _lacks_area_only(source: Source, row: Row) -> bool:
    on = row["recognised_on"]
    is_early = (
        not source.number("include_base") and on is not None and on < source.number("plan_period_start")
    )
    return row["area_m2"] is None and on is not None and on <= source.day and not is_early


def _in_projects(
    source: Source, ledger: PlainLedger, counted: Counted, stages: str
) -> dict[str, float | None]:
    """Return the land of each plot in projects at some stages, less what the same project had recognised there."""
    wanted = set(source.number(stages))
    stage = {row["project_code"]: row["stage"] for row in source.rows("projects")}
    recognised: dict[Part, float] = defaultdict(float)
    for claim in counted.claims:
        recognised[claim.project, claim.plot] += claim.claimed_m2
    totals: dict[str, float | None] = dict.fromkeys(ledger.site_area_m2, 0.0)
    for project, plot, area in _project_land(source, ledger):
        if stage.get(project) in wanted and plot in totals:
            before = totals[plot]
            left = None if area is None else max(0.0, area - max(0.0, recognised[project, plot]))
            totals[plot] = None if before is None or left is None else before + left
    return totals


def _project_land(source: Source, ledger: PlainLedger) -> list[tuple[str, str, float | None]]:
    whole = {**ledger.lineage.gone_area_m2, **ledger.site_area_m2}
    waiting = []
    for row in source.rows("project_plots"):
        area = row["area_m2"]
        if area is None:
            area = source.measured_m2(row["geometry"]) or whole.get(row["plot_code"])
        waiting.append((row["project_code"], row["plot_code"], area))
    settled = []
    while waiting:
        project, plot, area = waiting.pop()
        heirs = [] if plot in ledger.site_area_m2 else ledger.lineage.heirs.get(plot, [])
        if not heirs:
            settled.append((project, plot, area))
        waiting += [(project, heir, None if area is None else area * share) for heir, share in heirs]
    return settled
