"""Each supply of land by itself: how late and how far its contract is, and what the rules of idle land say of it."""

from calendar import monthrange
from datetime import date

from geoapp.verification.answers import Answer, below, either, every, opposite, reaches
from geoapp.verification.source import Row, Source

IDLE_NUMBERS = {
    "ID1": ("idle_not_started_months", "idle_take_back_months", "idle_fee_share"),
    "ID2": ("idle_take_back_months",),
    "ID3": ("idle_stopped_months", "idle_developed_share", "idle_invested_share"),
    "ID4": ("idle_not_started_months", "idle_stopped_months"),
}
"""Numbers that must hold for a rule to be asked."""


def is_asked(source: Source, rule: str, numbers: tuple[str, ...]) -> bool:
    """Return whether a rule is asked on the day: not switched off, all of its numbers in force."""
    return not is_disabled(source, rule) and all(source.has_number(name) for name in numbers)


def is_disabled(source: Source, rule: str) -> bool:
    """Return whether the office switched a rule off."""
    return source.has_number("rules_disabled") and rule in source.number("rules_disabled")


def own_answers(source: Source, counts_as: str) -> dict[str, Answer]:
    """Return what the office's own rules of a kind that are asked are taken to say, of whatever subject."""
    return {
        rule.id: source.own_answer
        for rule in source.own_rules
        if rule.counts_as == counts_as and is_asked(source, rule.id, rule.numbers)
    }


def months_between(start: date, day: date) -> int:
    """Return the whole months from a date to a day; the last day of a shorter month completes one."""
    months = 12 * (day.year - start.year) + day.month - start.month
    is_month_end = day.day == monthrange(day.year, day.month)[1]
    return months - (start.day > day.day and not is_month_end)


def months_until(source: Source, start: date | None) -> int | None:
    """Return the whole months from a date, if it is known, to the day of the source."""
    return None if start is None else months_between(start, source.day)


def has_come(source: Source, day: date | None) -> bool:
    """Return whether a date is known and not still to come."""
    return day is not None and day <= source.day


def quotient(over: float | None, under: float | None) -> float | None:
    """Return a ratio, None where either is unknown or the denominator is not above zero."""
    return None if over is None or under is None or under <= 0 else over / under


def supplies_so_far(source: Source) -> list[Row]:
    """Return the supplies up to the day, in the register's order."""
    return [row for row in source.rows("land_supplies") if has_come(source, row["supplied_on"])]


def idle_answers(source: Source, row: Row) -> dict[str, Answer]:
    """Return what the rules of idle land that are asked say of a supply."""
    asks = {"ID1": _is_one_year_late, "ID2": _is_two_years_late, "ID3": _has_stopped, "ID4": _is_held_up}
    return {
        rule: asks[rule](source, row)
        for rule, numbers in IDLE_NUMBERS.items()
        if is_asked(source, rule, numbers)
    } | own_answers(source, "idle")


def _is_late(source: Source, row: Row, number: str) -> Answer:
    return reaches(months_until(source, row["agreed_start_on"]), source.number(number))


def _is_waiting(source: Source, row: Row) -> bool:
    return not has_come(source, row["started_on"])


def _is_one_year_late(source: Source, row: Row) -> Answer:
    return every(
        _is_waiting(source, row),
        _is_late(source, row, "idle_not_started_months"),
        opposite(_is_late(source, row, "idle_take_back_months")),
        opposite(row["is_government_delay"]),
    )


def _is_two_years_late(source: Source, row: Row) -> Answer:
    return every(
        _is_waiting(source, row),
        _is_late(source, row, "idle_take_back_months"),
        opposite(row["is_government_delay"]),
    )


def _is_at_rest(source: Source, row: Row) -> Answer:
    stopped = row["stopped_since_on"]
    return every(
        has_come(source, stopped),
        reaches(months_until(source, stopped), source.number("idle_stopped_months")),
    )


def _has_stopped(source: Source, row: Row) -> Answer:
    developed = quotient(row["developed_area_m2"], row["due_area_m2"])
    invested = quotient(row["invest_done_wan"], row["invest_total_wan"])
    return every(
        not _is_waiting(source, row),
        _is_at_rest(source, row),
        either(
            below(developed, source.number("idle_developed_share")),
            below(invested, source.number("idle_invested_share")),
        ),
        opposite(row["is_government_delay"]),
    )


def _is_held_up(source: Source, row: Row) -> Answer:
    is_late = every(_is_waiting(source, row), _is_late(source, row, "idle_not_started_months"))
    return every(row["is_government_delay"], either(is_late, _is_at_rest(source, row)))
