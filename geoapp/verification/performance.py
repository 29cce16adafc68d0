"""Who uses a plot and what is paid from it: occupancies and the performance register, enterprise by enterprise."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from geoapp.verification.source import Row, Source


@dataclass(slots=True, kw_only=True)
class PlotPerformance:
    """Of one plot; 万元, None is unknown."""

    tax_wan: float | None = None
    value_added_wan: float | None = None
    grade: str | None = None
    grade_source: str | None = None
    year: int | None = None
    is_above_scale: bool | None = None
    industry_code: str | None = None


@dataclass(slots=True, kw_only=True)
class User:
    """One enterprise on one plot."""

    plot_code: str
    uscc: str
    is_tenant: bool
    area_m2: float | None
    share: float | None = None
    """Of the enterprise; None where its areas are not all known."""


def plot_performances(
    source: Source, site_areas: Mapping[str, float | None], day: date | None = None
) -> dict[str, PlotPerformance]:
    """Return the performance of each plot on a day (the source's own if left out)."""
    on = day or source.day
    latest = _with_results(source, _latest(source.rows("performance"), on.year), on)
    enterprises = {row["uscc"]: row for row in source.rows("enterprises")}
    of_plot: dict[str, list[User]] = defaultdict(list)
    for user in plot_users(source, site_areas, on):
        of_plot[user.plot_code].append(user)
    return {code: _of_plot(of_plot.get(code, []), latest, enterprises) for code in site_areas}


def _latest(records: Sequence[Row], year: int) -> dict[object, Row]:
    """Return each enterprise's record of its latest year; of two of one year the later one."""
    found: dict[object, Row] = {}
    for row in records:
        before = found.get(row["uscc"])
        is_past = row["year"] is not None and row["year"] <= year
        if is_past and (before is None or row["year"] >= before["year"]):
            found[row["uscc"]] = row
    return found


def _with_results(source: Source, latest: Mapping[object, Row], day: date) -> dict[object, Row]:
    """Return the records with the grade of the year's result where the rule book puts one before the reported one."""
    number = source.policy.number("evaluation_grade_order")
    ranks = number.on(day) if number.is_in_force(day) else {"reported": 1}
    given = {(row["uscc"], row["year"], row["source"]): row["grade"] for row in source.rows("evaluations")}
    found: dict[object, Row] = {}
    for uscc, row in latest.items():
        grades = {
            name: row["grade"] if name == "reported" else given.get((uscc, row["year"], name))
            for name in ranks
        }
        known = [name for name in sorted(ranks, key=lambda name: ranks[name]) if grades[name] is not None]
        found[uscc] = {
            **row,
            "grade": grades[known[0]] if known else None,
            "grade_source": known[0] if known else None,
        }
    return found


def plot_users(source: Source, site_areas: Mapping[str, float | None], day: date) -> list[User]:
    """Return who uses which plot on a day, and what share of the enterprise that is."""
    current = [row for row in source.rows("occupancies") if is_on(day, row["from_on"], row["to_on"])]
    rows = [
        (row["plot_code"], row["uscc"], row["role"] != "owner", row["area_m2"])
        for row in current
        if row["plot_code"] is not None and row["uscc"] is not None
    ]
    occupied = {row["plot_code"] for row in current}
    rows += [
        (plot["plot_code"], plot["uscc"], False, None)
        for plot in source.rows("plots")
        if plot["uscc"] is not None and plot["plot_code"] not in occupied
    ]
    users: dict[tuple[str, str], User] = {}
    for code, uscc, is_tenant, area in rows:
        size = site_areas.get(code) if area is None and not is_tenant else area
        user = users.get((code, uscc))
        if user is None:
            users[code, uscc] = User(plot_code=code, uscc=uscc, is_tenant=is_tenant, area_m2=size)
        else:
            user.is_tenant = user.is_tenant and is_tenant
            user.area_m2 = None if user.area_m2 is None or size is None else user.area_m2 + size
    _share_out(list(users.values()))
    return list(users.values())


def _share_out(users: list[User]) -> None:
    of_enterprise: dict[str, list[User]] = defaultdict(list)
    for user in users:
        of_enterprise[user.uscc].append(user)
    for places in of_enterprise.values():
        areas = [place.area_m2 for place in places if place.area_m2 is not None]
        for place in places:
            if len(places) == 1:
                place.share = 1.0
            elif len(areas) == len(places) and place.area_m2 is not None and sum(areas) > 0:
                place.share = place.area_m2 / sum(areas)


def is_on(day: date, first: date | None, last: date | None) -> bool:
    """Return whether a day lies in a span, both ends included, open where missing."""
    return not (first is not None and first > day) and not (last is not None and last < day)


def _of_plot(
    users: list[User], latest: Mapping[object, Row], enterprises: Mapping[object, Row]
) -> PlotPerformance:
    # The owner speaks for the plot, then the tenants from the largest on; who lacks something lets the next speak.
    ranked = sorted(
        users,
        key=lambda user: (
            user.is_tenant,
            -(float("-inf") if user.area_m2 is None else user.area_m2),
            user.uscc,
        ),
    )
    records = [latest.get(user.uscc, {}) for user in ranked]
    firms = [enterprises.get(user.uscc, {}) for user in ranked]
    return PlotPerformance(
        tax_wan=_shared_sum(ranked, latest, "tax_wan"),
        value_added_wan=_shared_sum(ranked, latest, "value_added_wan"),
        grade=_first(records, "grade"),  # type: ignore[arg-type]
        grade_source=_first(records, "grade_source"),  # type: ignore[arg-type]
        year=_first(records, "year"),  # type: ignore[arg-type]
        is_above_scale=_first(firms, "is_above_scale"),  # type: ignore[arg-type]
        industry_code=_first(firms, "industry_code"),  # type: ignore[arg-type]
    )


def _shared_sum(users: list[User], latest: Mapping[object, Row], name: str) -> float | None:
    parts = []
    for user in users:
        amount = latest.get(user.uscc, {}).get(name)
        if amount is None or user.share is None:
            return None
        parts.append(amount * user.share)
    return sum(parts) if parts else None


def _first(rows: list[Row], name: str) -> object:
    return next((row[name] for row in rows if row.get(name) is not None), None)
