"""The alarms about second-market transactions and micro-enterprise parks, each record looked at once."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from geoapp.verification.source import Row, Source

TRANSACTION, MICRO_PARK = "二级市场", "小微园"
_PASSED, _REFUSED, _WAITING = "passed", "refused", "waiting"
_ENDING = ("lease", "mortgage")
_NOBODY = ("无", "没有")


class Alarm(NamedTuple):
    """One alarm, and who it concerns."""

    kind: str
    town_code: str | None
    body: str | None


def market_alarms(source: Source) -> Iterator[Alarm]:
    """Yield a review that waits, a price far from the appraisal, a lease or mortgage that ends; one by one."""
    towns = {row["plot_code"]: row["town_code"] for row in source.rows("plots")}
    newest = _newest_ends(source)
    for row in source.rows("transactions"):
        review = row["review"] or _WAITING
        alarm = Alarm(TRANSACTION, row["town_code"] or towns.get(row["plot_code"]), row["responsible_body"])
        if review == _WAITING and _days_since(
            row["reviewed_on"] or row["applied_on"], source
        ) > source.number("admission_alarm_days"):
            yield alarm
        if review not in (_PASSED, _REFUSED) and _is_far_from_appraisal(row, source):
            yield alarm
        is_last = row["ends_on"] is not None and row["ends_on"] == newest.get(_lease(row))
        ahead = source.number("transaction_end_alarm_days")
        if (
            review != _REFUSED
            and row["kind"] in _ENDING
            and is_last
            and _days_since(row["ends_on"], source) >= -ahead
        ):
            yield alarm


def _lease(row: Row) -> tuple[str, str, str]:
    return (row["plot_code"], row["transferee"], row["kind"])


def _newest_ends(source: Source) -> dict[tuple[str, str, str], date]:
    newest: dict[tuple[str, str, str], date] = {}
    for row in source.rows("transactions"):
        if row["ends_on"] is not None and row["review"] != _REFUSED and None not in _lease(row):
            newest[_lease(row)] = max(row["ends_on"], newest.get(_lease(row), row["ends_on"]))
    return newest


def _days_since(day: date | None, source: Source) -> float:
    return float("-inf") if day is None else float((source.day - day).days)


def _is_far_from_appraisal(row: Row, source: Source) -> bool:
    if row["kind"] not in source.number("transaction_price_kinds"):
        return False
    if row["price_wan"] is None or not row["appraisal_wan"]:
        return False
    return bool(
        abs(row["price_wan"] / row["appraisal_wan"] - 1) > source.number("transaction_appraisal_share")
    )


def micro_park_alarms(source: Source) -> Iterator[Alarm]:
    """Yield operating parks without a score of the last year that would rank them, and those let too little."""
    scored = {
        row["micro_park_code"]
        for row in source.rows("micro_park_years")
        if row["year"] == source.day.year - 1 and row["score"] is not None
    }
    for park in source.rows("micro_parks"):
        if park["status"] != "operating":
            continue
        alarm = Alarm(
            MICRO_PARK, park["town_code"], None if park["operator"] in _NOBODY else park["operator"]
        )
        if park["micro_park_code"] not in scored and _is_ranked(park, source):
            yield alarm
        let, to_let = park["leased_area_m2"], park["leasable_area_m2"]
        is_known = let is not None and to_let is not None and let + to_let > 0
        if is_known and let / (let + to_let) < source.number("micro_park_occupancy_alarm"):
            yield alarm


def _is_ranked(park: Row, source: Source) -> bool:
    """Return whether a park's band rests on its score: not too young, not among the stars, no criterion missed."""
    opened, stars = park["opened_on"], park["star_level"]
    year = source.day.year - 1
    is_young = opened is not None and year < opened.year + source.number("micro_park_transition_years")
    is_star = stars is not None and int(stars) >= source.number("micro_park_outright_star")
    return not is_young and not is_star and not any(_misses(park, source))


def _misses(park: Row, source: Source) -> Iterator[bool]:
    """Yield for each criterion of recognition whether the park is known to miss it."""
    yield source.number("micro_park_boundary") and park["geometry"] is None
    yield source.number("micro_park_operator") and park["operator"] in _NOBODY
    yield source.number("micro_park_safe") and park["is_safe"] is False
    nature = park["land_nature"]
    yield nature is not None and nature not in source.number("micro_park_land_natures")
    least = source.number("micro_park_least_gfa_m2").get(park["origin"])
    yield least is not None and park["gfa_m2"] is not None and park["gfa_m2"] < least
    count, small = park["enterprise_count"], park["small_micro_count"]
    yield count is not None and count < source.number("micro_park_least_enterprises")
    yield bool(count) and small is not None and small / count < source.number("micro_park_small_share")
