"""The actuals of targets computed plainly: from recognitions, occupancies, micro parks, performance, or as entered."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from geoapp.domain.target_set import DISTRICT, ENTERED, Indicator, Milestone, TargetSet
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import UsageError
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.filters import taken_in
from geoapp.verification.performance import PlotPerformance, is_on, plot_performances, plot_users
from geoapp.verification.plots import M2_PER_MU, Plot, plain_plots
from geoapp.verification.recognitions import PlainLedger, plain_ledger
from geoapp.verification.source import Row, Source

_NOTHING_M2 = 1e-6
_PLACES = {"town": ("towns", "town_code"), "park": ("parks", "park_code")}


@dataclass(frozen=True, slots=True)
class Place:
    """The whole district, a town or a park."""

    kind: str = DISTRICT
    code: str = ""

    def holds(self, row: Row) -> bool:
        """Return whether a record lies here."""
        return self.kind == DISTRICT or row[_PLACES[self.kind][1]] == self.code


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
        return {p.code: p for p in taken_in(self.source, plain_plots(self.source), self.indicator.plots)}


def target_figures(
    source: Source, target_set: TargetSet, place: Place
) -> tuple[dict[str, dict[str, Figure]], dict[str, str]]:
    """Return the figures of each indicator by id and name, and why some cannot be computed a second time.

    Names are actual, base and for each target targets[0].value, targets[0].actual, targets[0].gap; in base units.

    Parameters
    ----------
    source : Source
    target_set : TargetSet
    place : Place
    """
    found: dict[str, dict[str, Figure]] = {}
    left_out: dict[str, str] = {}
    for indicator in target_set.indicators:
        try:
            found |= with_slack(source, _computation(target_set, indicator, place))
        except UsageError as error:
            left_out[indicator.id] = str(error)
    return found, left_out


def _computation(
    target_set: TargetSet, indicator: Indicator, place: Place
) -> Callable[[Source], Mapping[str, Mapping[str, Value]]]:
    return lambda source: {indicator.id: _indicator(Asked(source, indicator, place), target_set)}


def _indicator(asked: Asked, target_set: TargetSet) -> dict[str, Value]:
    indicator, day, place = asked.indicator, asked.source.day, asked.place
    part = None if place.kind == DISTRICT else target_set.scope_target(indicator.id, place.kind, place.code)
    stated = part.base if part else indicator.base if place.kind == DISTRICT else None
    targets: Iterable[Milestone] = (
        part.targets if part else indicator.targets if place.kind == DISTRICT else ()
    )
    rule = _rule(asked)
    at_base = _actual(asked, target_set.base_on)

    def at(on: date) -> Value:
        raw = _actual(asked, on)
        if rule in ("", "register") or raw is None:
            return raw
        since = None if at_base is None else raw - at_base
        return since if rule == "excluded" or since is None else since + (stated or 0.0)

    values: dict[str, Value] = {"actual": at(day), "base": _start(indicator, rule, at_base, stated)}
    for number, target in enumerate(targets):
        actual = at(min(target.day, day))
        is_gap_known = actual is not None and not indicator.is_shared
        over = (actual or 0.0) - target.value
        values[f"targets[{number}].value"] = target.value
        values[f"targets[{number}].actual"] = actual
        values[f"targets[{number}].gap"] = (
            (-over if indicator.direction == "at_least" else over) if is_gap_known else None
        )
    return values


def _rule(asked: Asked) -> str:
    if asked.indicator.kind != "total":
        return ""
    default = "register" if asked.source.number("include_base") else "excluded"
    return asked.indicator.base_rule or default


def _start(indicator: Indicator, rule: str, at_base: Value, stated: Value) -> Value:
    if indicator.kind == "total" and rule == "excluded":
        return 0.0
    if stated is None and indicator.kind == "total" and rule == "plan":
        return 0.0
    return at_base if stated is None else stated


def _actual(asked: Asked, day: date) -> Value:
    """Return the figure of a day: of the registers where they know it, else as entered."""
    if asked.indicator.actual == ENTERED:
        return _entered(asked, day)
    compute = _ACTUALS.get(asked.indicator.actual)
    if compute is None:
        raise UsageError(f"“{asked.indicator.actual}”没有第二条计算路径。")
    value = compute(asked, day)
    return _entered(asked, day) if value is None else value


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
    register, key = _PLACES[place.kind]
    return any(row[key] == place.code for row in source.rows(register))


def _of_ledger(amounts: str) -> Callable[[Asked, date], Value]:
    """Return what adds up one figure of a ledger's records up to a day, on the plots asked about."""

    def total(asked: Asked, day: date) -> Value:
        ledger = asked.ledger
        if not ledger.records:
            return None
        wanted = {code for code, plot in asked.plots().items() if asked.place.holds(plot.row)}
        parts = []
        for record, change in zip(ledger.records, _changes(asked), strict=True):
            if record["recognised_on"] is not None and record["recognised_on"] <= day:
                parts += [amount for code, amount in getattr(change, amounts).items() if code in wanted]
        return math.fsum(parts)

    return total


def _changes(asked: Asked) -> list:
    ledger = asked.ledger
    key = ("changes", ledger.code)
    if key not in asked.source.kept:
        asked.source.kept[key] = ledger.by_record()
    found: list = asked.source.kept[key]
    return found


def _treated(asked: Asked, day: date) -> Value:
    """Return how many enterprises are on recognised plots, each once."""
    ledger = asked.ledger
    if not ledger.records:
        return None
    plots, seen_on = asked.plots(), dict[str, date]()
    turns: dict[str, list[tuple[date, float, str]]] = defaultdict(list)
    for record, change in zip(ledger.records, _changes(asked), strict=True):
        for code, amount in change.area_m2.items():
            if code in plots and abs(amount) > _NOTHING_M2:
                if amount > 0:
                    seen_on[code] = record["recognised_on"]
                for uscc in _treated_users(asked.source, record, code, seen_on):
                    turns[uscc].append((record["recognised_on"], amount, code))
    return math.fsum(_turned(events, day, plots, asked.place) for events in turns.values())


def _treated_users(source: Source, record: Row, code: str, seen_on: Mapping[str, date]) -> list[str]:
    """Return who was on a plot when it was recognised: by occupancies, else its holder, else the project's owner."""
    roles, day = source.number("target_treated_roles"), seen_on.get(code, record["recognised_on"])
    present = [
        row["uscc"]
        for row in source.rows("occupancies")
        if row["plot_code"] == code and row["role"] in roles and row["uscc"]
        if is_on(day, row["from_on"], row["to_on"])
    ]
    if present:
        return present
    holder = next((plot.row["uscc"] for plot in plain_plots(source) if plot.code == code), None)
    owners = (row["uscc"] for row in source.rows("projects") if row["project_code"] == record["project_code"])
    found = holder or next(owners, None)
    return [found] if found else []


def _turned(
    events: list[tuple[date, float, str]], day: date, plots: Mapping[str, Plot], place: Place
) -> float:
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
            source = replace(source, revision=revision, registers={}, kept={})
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
        if row["list"] == "above_scale" or (row["list"] is None and scale.get(row["uscc"]) is True)
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
