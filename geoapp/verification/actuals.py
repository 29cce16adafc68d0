"""The actuals of targets computed plainly: from recognitions, occupancies, micro parks, performance, or as entered."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from geoapp.domain.target_set import DISTRICT, ENTERED, Indicator
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import UsageError
from geoapp.verification.figure import Value
from geoapp.verification.filters import taken_in
from geoapp.verification.performance import PlotPerformance, is_on, plot_performances, plot_users
from geoapp.verification.plots import M2_PER_MU, Plot, plain_plots
from geoapp.verification.recognitions import Counted, PlainLedger, plain_ledger
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Row, Source

_NOTHING_M2 = 1e-6
REGISTERS = {"town": ("towns", "town_code"), "park": ("parks", "park_code")}


@dataclass(frozen=True, slots=True)
class Place:
    """The whole district, a town or a park; with an empty code what lies in none."""

    kind: str = DISTRICT
    code: str = ""

    def holds(self, row: Row) -> bool:
        """Return whether a record lies here."""
        return self.is_district or (row[REGISTERS[self.kind][1]] or "") == self.code

    @property
    def is_district(self) -> bool:
        """Return whether everything lies here."""
        return self.kind == DISTRICT


@dataclass(frozen=True, slots=True)
class Asked:
    """One indicator in one place."""

    source: Source
    indicator: Indicator
    place: Place

    @property
    def ledger(self) -> PlainLedger:
        """Return the ledger that it counts in."""
        return plain_ledger(self.source, self.indicator.ledger or self.source.number("default_ledger"))

    def plots(self) -> dict[str, Plot]:
        """Return the plots it looks at, wherever they lie."""
        key = ("looked at", self.indicator.plots)
        if key not in self.source.kept:
            wanted = taken_in(self.source, plain_plots(self.source), self.indicator.plots)
            self.source.kept[key] = {plot.code: plot for plot in wanted}
        found: dict[str, Plot] = self.source.kept[key]
        return found


def plain_actual(asked: Asked, day: date) -> Value:
    """Return the figure of a day: of the registers where they know it, else as entered."""
    value = register_actual(asked, day)
    return _entered(asked, day) if value is None else value


def register_actual(asked: Asked, day: date) -> Value:
    """Return the figure of a day as the registers have it; None where it is entered only."""
    if asked.indicator.actual == ENTERED:
        return None
    compute = _ACTUALS.get(asked.indicator.actual)
    if compute is None:
        raise UsageError(f"“{asked.indicator.actual}”没有第二条计算路径。")
    return compute(asked, day)


def _entered(asked: Asked, day: date) -> Value:
    source, place = asked.source, asked.place
    quantity = TARGET_UNITS[asked.indicator.unit].quantity
    oldest = day - timedelta(days=int(source.number("target_entry_valid_days")))
    found: tuple[date, float] | None = None
    for row in source.rows("indicator_values"):
        unit = TARGET_UNITS.get(row["unit"] or "")
        is_its = row["indicator"] == asked.indicator.id and row["scope_kind"] == place.kind
        is_here = place.kind == DISTRICT or (
            row["scope_code"] == place.code and _is_registered(source, place)
        )
        if not (is_its and is_here) or unit is None or unit.quantity != quantity or row["value"] is None:
            continue
        on = row["as_of_on"]
        if on is not None and oldest < on <= day and (found is None or on >= found[0]):
            found = on, row["value"] * unit.base_per_unit
    return None if found is None else found[1]


def _is_registered(source: Source, place: Place) -> bool:
    register, key = REGISTERS[place.kind]
    return any(row[key] == place.code for row in source.rows(register))


def _of_ledger(amounts: str) -> Callable[[Asked, date], Value]:
    """Return what adds up one figure of a ledger's records up to a day, on the plots asked about."""

    def total(asked: Asked, day: date) -> Value:
        ledger = asked.ledger
        if not ledger.records:
            return None
        wanted = {code for code, plot in asked.plots().items() if asked.place.holds(plot.row)}
        parts = []
        for record, change in zip(ledger.records, changes_of(asked), strict=True):
            if record["recognised_on"] is not None and record["recognised_on"] <= day:
                parts += [amount for code, amount in getattr(change, amounts).items() if code in wanted]
        return math.fsum(parts)

    return total


def changes_of(asked: Asked) -> Sequence[Counted]:
    """Return by how much each record of the indicator's ledger changes the total, in their order."""
    ledger = asked.ledger
    key = ("changes", ledger.code)
    if key not in asked.source.kept:
        asked.source.kept[key] = ledger.by_record()
    found: Sequence[Counted] = asked.source.kept[key]
    return found


def revitalised_totals(source: Source) -> dict[str, float]:
    """Return the land of each plot that is under way or planned and not recognised."""
    found = revitalised_plots(source, source.number("default_ledger"))
    return {code: (plot.doing or 0.0) + (plot.planned or 0.0) for code, plot in found.items()}


def _treated(asked: Asked, day: date) -> Value:
    """Return how many enterprises are on recognised plots, each once."""
    if not asked.ledger.records:
        return None
    return math.fsum(
        _turned(events, day, asked.plots(), asked.place) for events in _treated_events(asked).values()
    )


def treated_now(asked: Asked) -> list[str]:
    """Return the enterprises that count on the day, wherever they are."""
    anywhere = Place()
    return [
        uscc
        for uscc, events in _treated_events(asked).items()
        if _turned(events, asked.source.day, asked.plots(), anywhere) > 0
    ]


Event = tuple[date, float, str]
"""The day, the land that came in or went, the plot."""


def _treated_events(asked: Asked) -> dict[str, list[Event]]:
    """Return by enterprise what was recognised and revoked on the plots where it was."""
    key = ("treated", asked.ledger.code, asked.indicator.plots)
    if key not in asked.source.kept:
        asked.source.kept[key] = _find_treated_events(asked)
    found: dict[str, list[Event]] = asked.source.kept[key]
    return found


def _find_treated_events(asked: Asked) -> dict[str, list[Event]]:
    plots, seen_on = asked.plots(), dict[str, date]()
    events: dict[str, list[Event]] = defaultdict(list)
    for record, change in zip(asked.ledger.records, changes_of(asked), strict=True):
        on = record["recognised_on"]
        for code, amount in change.area_m2.items():
            if code in plots and abs(amount) > _NOTHING_M2:
                if amount > 0:
                    seen_on[code] = on
                for _, uscc in users_of(
                    asked.source, code, record["project_code"], seen_on.setdefault(code, on)
                ):
                    events[uscc].append((on, amount, code))
    return events


def users_of(source: Source, plot: str, project: str | None, day: date) -> list[tuple[bool, str]]:
    """Return who was on a plot on a day and whether occupancies say so: else its holder's, else the project's code."""
    roles = source.number("target_treated_roles")
    present = [
        (True, row["uscc"])
        for row in _by_key(source, "occupancies", "plot_code").get(plot, ())
        if row["role"] in roles and row["uscc"] and is_on(day, row["from_on"], row["to_on"])
    ]
    if present:
        return present
    known = (("plots", "plot_code", plot), ("projects", "project_code", project))
    found = [
        row["uscc"]
        for register, key, code in known
        for row in _by_key(source, register, key).get(code, ())
        if row["uscc"] is not None
    ]
    return [(False, found[0])] if found else []


def _by_key(source: Source, register: str, key: str) -> dict[str | None, list[Row]]:
    """Return the records of a register by what a field of theirs says."""
    name = ("by key", register, key)
    if name not in source.unmoved:
        grouped: dict[str | None, list[Row]] = defaultdict(list)
        for row in source.rows(register):
            grouped[row[key]].append(row)
        source.unmoved[name] = dict(grouped)
    found: dict[str | None, list[Row]] = source.unmoved[name]
    return found


def _turned(events: Sequence[Event], day: date, plots: Mapping[str, Plot], place: Place) -> float:
    """Return whether an enterprise counts in a place on a day: 1 from when its land came in, 0 once all was revoked."""
    so_far, was_in, total = 0.0, False, 0.0
    for on, amount, code in sorted(events, key=lambda event: (event[0], -event[1])):
        so_far += amount
        is_in = so_far > _NOTHING_M2
        if is_in != was_in and on <= day and place.holds(plots[code].row):
            total += 1.0 if is_in else -1.0
        was_in = is_in
    return total


def _micro_parks(least_star: str = "") -> Callable[[Asked, date], Value]:
    """Return what counts micro-enterprise parks; earlier days are known by the revisions only."""

    def count(asked: Asked, day: date) -> Value:
        source = asked.source
        if day < source.day:
            end = datetime.combine(day + timedelta(days=1), time.min).astimezone()
            revision = source.store.revision_before(end)
            if not revision:
                return None
            source = replace(source, revision=revision, registers={}, kept={}, unmoved={})
        parks = source.rows("micro_parks")
        statuses = source.number("target_micro_park_statuses")
        stars = int(source.number(least_star)) if least_star else None
        counted = [
            row
            for row in parks
            if row["status"] in statuses
            and asked.place.holds(row)
            and (stars is None or (row["star_level"] is not None and row["star_level"] >= stars))
        ]
        return float(len(counted)) if parks else None

    return count


def _per_mu(name: str) -> Callable[[Asked, date], Value]:
    def ratio(asked: Asked, day: date) -> Value:
        source = asked.source
        plots = [plot for plot in asked.plots().values() if asked.place.holds(plot.row)]
        performances = _performances(source, day)
        used = [
            (getattr(performances[plot.code], name), plot.site_area_m2, performances[plot.code].year)
            for plot in plots
            if performances[plot.code].is_above_scale is True
        ]
        known = [
            (amount, area / M2_PER_MU, year) for amount, area, year in used if amount is not None and area
        ]
        years = [year for *_, year in known if year is not None]
        if not known or _is_stale(source, day, years):
            return None
        return math.fsum(amount for amount, *_ in known) / math.fsum(area for _, area, _ in known)

    return ratio


def _performances(source: Source, day: date) -> dict[str, PlotPerformance]:
    key = ("performances", day)
    if key not in source.kept:
        areas = {plot.code: plot.site_area_m2 for plot in plain_plots(source)}
        source.kept[key] = plot_performances(source, areas, day)
    found: dict[str, PlotPerformance] = source.kept[key]
    return found


def _is_stale(source: Source, day: date, years: list[int]) -> bool:
    """Return whether a past year's figure would be an earlier year's."""
    return day < source.day and bool(years) and max(years) != day.year


def _above_scale(source: Source) -> list[Row]:
    scale = {row["uscc"]: row["is_above_scale"] for row in source.rows("enterprises")}
    return [
        row
        for row in source.rows("performance")
        if row["list"] == "above_scale"
        or (row["list"] in {None, "tenant"} and scale.get(row["uscc"]) is True)
    ]


def _lies_in(asked: Asked, day: date) -> Callable[[str], bool]:
    """Return which enterprises lie in the place: with the plot of which they occupy most."""
    if asked.place.kind == DISTRICT:
        return lambda _uscc: True
    plots = {plot.code: plot for plot in plain_plots(asked.source)}
    largest: dict[str, tuple[float, str]] = {}
    for user in plot_users(asked.source, {code: plot.site_area_m2 for code, plot in plots.items()}, day):
        rank = (math.inf if user.area_m2 is None else -user.area_m2, user.plot_code)
        largest[user.uscc] = min(largest.get(user.uscc, rank), rank)
    homes = {uscc: plots[code] for uscc, (_, code) in largest.items() if code in plots}
    return lambda uscc: uscc in homes and asked.place.holds(homes[uscc].row)


def _by_enterprise(above: str, below: str) -> Callable[[Asked, date], Value]:
    def ratio(asked: Asked, day: date) -> Value:
        records = [row for row in _above_scale(asked.source) if row["year"] <= day.year]
        year = max((row["year"] for row in records), default=None)
        lies_in = _lies_in(asked, day)
        known = [
            (row[above], row[below])
            for row in records
            if row["year"] == year
            and lies_in(row["uscc"])
            and row[above] is not None
            and (row[below] or 0) > 0
        ]
        if not known or _is_stale(asked.source, day, [year or 0]):
            return None
        return math.fsum(one for one, _ in known) / math.fsum(other for _, other in known)

    return ratio


def _growth(asked: Asked, day: date) -> Value:
    """Return how much value added per head grew, of the enterprises above scale that both years have."""
    records = [row for row in _above_scale(asked.source) if row["year"] <= day.year]
    year = max((row["year"] for row in records), default=None)
    before = {row["uscc"]: row for row in records if year is not None and row["year"] == year - 1}
    lies_in = _lies_in(asked, day)
    pairs = [
        (row, before[row["uscc"]])
        for row in records
        if row["year"] == year and row["uscc"] in before and lies_in(row["uscc"])
    ]
    known = [
        pair
        for pair in pairs
        if all(r["value_added_wan"] is not None and (r["staff"] or 0) > 0 for r in pair)
    ]
    old = math.fsum(row["value_added_wan"] for _, row in known)
    if not old > 0 or _is_stale(asked.source, day, [year or 0]):
        return None
    now = math.fsum(row["value_added_wan"] for row, _ in known) / math.fsum(row["staff"] for row, _ in known)
    return now / (old / math.fsum(row["staff"] for _, row in known)) - 1


SUMS = (
    "revitalised_area", "new_floor_area", "new_floor_area_net", "treated_enterprises", "micro_parks",
    "micro_parks_four_star",
)  # fmt: skip
RATIOS = ("tax_per_mu", "value_added_per_mu", "value_added_rate", "rd_share")
"""Of these the records behind a figure come to it: added up, or one sum over another."""
_ACTUALS: Mapping[str, Callable[[Asked, date], Value]] = {
    "revitalised_area": _of_ledger("area_m2"),
    "new_floor_area": _of_ledger("gross_m2"),
    "new_floor_area_net": _of_ledger("net_m2"),
    "treated_enterprises": _treated,
    "micro_parks": _micro_parks(),
    "micro_parks_four_star": _micro_parks("target_micro_park_star"),
    "tax_per_mu": _per_mu("tax_wan"),
    "value_added_per_mu": _per_mu("value_added_wan"),
    "value_added_rate": _by_enterprise("value_added_wan", "output_wan"),
    "rd_share": _by_enterprise("rd_wan", "revenue_wan"),
    "productivity_growth": _growth,
}
