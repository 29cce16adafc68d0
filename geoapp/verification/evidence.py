"""The rules of low efficiency that rest on what is noted case by case (LE06-LE12), plot by plot, in plain loops.

They may say that a plot is low; where they lack facts the other rules decide, so that only a yes is of use here.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from geoapp.verification.performance import User, plot_users
from geoapp.verification.source import Row, Source

_NEEDED = {
    "LE06": ("low_vacancy", "low_vacancy_months"),
    "LE07": ("low_obsolete_kinds",),
    "LE08": ("low_hazard_kinds",),
    "LE09": ("low_halted_months", "low_halted_statuses"),
    "LE10": ("low_idle_kinds",),
    "LE11": ("low_default_kinds",),
    "LE12": ("low_leased_share",),
}
"""Numbers that must hold for a rule to be asked."""
_IDLE = {
    "ID1": ("idle_not_started_months", "idle_take_back_months", "idle_fee_share"),
    "ID2": ("idle_take_back_months",),
    "ID3": ("idle_stopped_months", "idle_developed_share", "idle_invested_share"),
}


def noted_rules(source: Source, site_areas: Mapping[str, float | None]) -> dict[str, set[str]]:
    """Return which of the rules say of each plot that it is low-efficiency land."""
    users: dict[str, list[User]] = defaultdict(list)
    for user in plot_users(source, site_areas, source.day):
        users[user.plot_code].append(user)
    problems = _open_problems(source, users)
    idle = _idle_plots(source)
    problem_kinds = _problem_kinds(source)
    found = {}
    for row in source.rows("plots"):
        code = row["plot_code"]
        says = {
            "LE06": _is_vacant(source, row),
            **{rule: bool(kinds & problems[code]) for rule, kinds in problem_kinds.items()},
            "LE09": _is_halted(source, users[code]),
            "LE10": code in idle,
            "LE12": _is_let(source, users[code], site_areas[code]),
        }
        found[code] = {rule for rule, answer in says.items() if answer}
    return found


def _is_asked(source: Source, rule: str, numbers: Sequence[str]) -> bool:
    return not is_disabled(source, rule) and all(source.has_number(name) for name in numbers)


def is_disabled(source: Source, rule: str) -> bool:
    """Return whether the office switched a rule off."""
    return source.has_number("rules_disabled") and rule in source.number("rules_disabled")


def months_between(start: date, day: date) -> int:
    """Return the whole months from a date to a day; the last day of a shorter month completes one."""
    months = 12 * (day.year - start.year) + day.month - start.month
    is_month_end = day.day == monthrange(day.year, day.month)[1]
    return months - (start.day > day.day and not is_month_end)


def _is_vacant(source: Source, row: Row) -> bool:
    if not _is_asked(source, "LE06", _NEEDED["LE06"]) or row["vacancy_percent"] is None:
        return False
    since = row["vacant_since_on"]
    is_long = since is not None and months_between(since, source.day) >= source.number("low_vacancy_months")
    return is_long and row["vacancy_percent"] / 100 >= float(source.number("low_vacancy"))


def _is_halted(source: Source, users: Sequence[User]) -> bool:
    if not users or not _is_asked(source, "LE09", _NEEDED["LE09"]):
        return False
    firms = {row["uscc"]: row for row in source.rows("enterprises")}
    here = [firms.get(user.uscc, {}) for user in users]
    if any(firm.get("status") not in source.number("low_halted_statuses") for firm in here):
        return False
    since = [firm.get("status_on") for firm in here]
    known = [day for day in since if day is not None]
    limit = source.number("low_halted_months")
    return len(known) == len(since) and min(months_between(day, source.day) for day in known) >= limit


def _is_let(source: Source, users: Sequence[User], site_area_m2: float | None) -> bool:
    if not _is_asked(source, "LE12", _NEEDED["LE12"]) or not users or not site_area_m2:
        return False
    areas = [user.area_m2 if user.is_tenant else 0.0 for user in users]
    known = [area for area in areas if area is not None]
    is_known = len(known) == len(areas)
    return is_known and sum(known) / site_area_m2 >= source.number("low_leased_share")


def _problem_kinds(source: Source) -> dict[str, set[str]]:
    """Return the kinds of problems that each rule about problems asks for, if it is asked."""
    rules = [rule for rule in ("LE07", "LE08", "LE11") if _is_asked(source, rule, _NEEDED[rule])]
    return {rule: set(source.number(_NEEDED[rule][0])) for rule in rules}


def _open_problems(source: Source, users: Mapping[str, Sequence[User]]) -> dict[str, set[str]]:
    """Return the open problems of the kinds that the rules ask for, by plot."""
    kinds = set().union(*_problem_kinds(source).values())
    found: dict[str, set[str]] = defaultdict(set)
    for row in source.rows("plot_problems"):
        resolved = row["resolved_on"]
        is_open = row["found_on"] <= source.day and (resolved is None or resolved > source.day)
        if not is_open or row["kind"] not in kinds:
            continue
        if row["plot_code"] is not None:
            found[row["plot_code"]].add(row["kind"])
            continue
        for code, here in users.items():
            if row["uscc"] is not None and any(user.uscc == row["uscc"] for user in here):
                found[code].add(row["kind"])
    return found


def _idle_plots(source: Source) -> set[str]:
    if not _is_asked(source, "LE10", _NEEDED["LE10"]):
        return set()
    listed = source.number("low_idle_kinds")
    return {
        row["plot_code"]
        for row in source.rows("land_supplies")
        if row["supplied_on"] <= source.day and any(kind in listed for kind in _idle_kinds(source, row))
    }


def _idle_kinds(source: Source, row: Row) -> list[str]:
    """Return which statutory rules a supply meets; a delay that is not known not to be the government's meets none."""
    if row["is_government_delay"] is not False:
        return []
    is_started = row["started_on"] is not None and row["started_on"] <= source.day
    asked = [rule for rule, numbers in _IDLE.items() if _is_asked(source, rule, numbers)]
    found = _stopped_kind(source, row) if is_started else _waiting_kind(source, row)
    return [found] if found in asked else []


def _waiting_kind(source: Source, row: Row) -> str:
    if row["agreed_start_on"] is None:
        return ""
    late = months_between(row["agreed_start_on"], source.day)
    if late >= source.number("idle_take_back_months"):
        return "ID2"
    return "ID1" if late >= source.number("idle_not_started_months") else ""


def _stopped_kind(source: Source, row: Row) -> str:
    stopped = row["stopped_since_on"]
    if stopped is None or stopped > source.day:
        return ""
    if months_between(stopped, source.day) < source.number("idle_stopped_months"):
        return ""
    parts = (
        (row["developed_area_m2"], row["due_area_m2"], source.number("idle_developed_share")),
        (row["invest_done_wan"], row["invest_total_wan"], source.number("idle_invested_share")),
    )
    is_little = any(
        done is not None and whole is not None and whole > 0 and done / whole < limit
        for done, whole, limit in parts
    )
    return "ID3" if is_little else ""
