"""The rules of low efficiency that rest on what is noted case by case (LE06-LE12), plot by plot, in plain loops.

They may say that a plot is low; where they lack facts the other rules decide.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from geoapp.verification.answers import Answer, every, reaches
from geoapp.verification.performance import User, plot_users
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import (
    idle_answers,
    is_asked,
    months_between,
    months_until,
    quotient,
    supplies_so_far,
)

NOTED_NUMBERS = {
    "LE06": ("low_vacancy", "low_vacancy_months"),
    "LE07": ("low_obsolete_kinds",),
    "LE08": ("low_hazard_kinds",),
    "LE09": ("low_halted_months", "low_halted_statuses"),
    "LE10": ("low_idle_kinds",),
    "LE11": ("low_default_kinds",),
    "LE12": ("low_leased_share",),
}
"""Numbers that must hold for a rule to be asked."""
_OF_PROBLEMS = ("LE07", "LE08", "LE11")


def noted_answers(
    source: Source, site_areas: Mapping[str, float | None], built: Collection[str]
) -> dict[str, dict[str, Answer]]:
    """Return what those of the rules that are asked say of each plot.

    Parameters
    ----------
    source : Source
    site_areas : mapping
        m2, by plot_code.
    built : collection of str
        Plots that are known to have something built on them.
    """
    users: dict[str, list[User]] = defaultdict(list)
    for user in plot_users(source, site_areas, source.day):
        users[user.plot_code].append(user)
    firms = {row["uscc"]: row for row in source.rows("enterprises")}
    problems = _open_problems(source, users) if source.rows("plot_problems") else None
    idle = _idle_kinds(source, site_areas, built)

    def of_problems(rule: str, row: Row) -> Answer:
        kinds = None if problems is None else problems.get(row["plot_code"], ())
        return _meets(kinds, source.number(NOTED_NUMBERS[rule][0]))

    asks: Mapping[str, Callable[[Row], Answer]] = {
        "LE06": lambda row: _is_vacant(source, row),
        "LE09": lambda row: _is_halted(
            source, [firms.get(user.uscc, {}) for user in users[row["plot_code"]]]
        ),
        "LE10": lambda row: _meets(idle[row["plot_code"]], source.number("low_idle_kinds")),
        "LE12": lambda row: _is_let(source, users[row["plot_code"]], site_areas[row["plot_code"]]),
        **{rule: partial(of_problems, rule) for rule in _OF_PROBLEMS},
    }
    rules = noted_rules(source)
    return {row["plot_code"]: {rule: asks[rule](row) for rule in rules} for row in source.rows("plots")}


def noted_rules(source: Source) -> list[str]:
    """Return which of the rules are asked on the day."""
    return [rule for rule, numbers in NOTED_NUMBERS.items() if is_asked(source, rule, numbers)]


def _meets(kinds: Collection[str] | None, listed: Collection[str]) -> Answer:
    """Return whether any kind is one of those listed; None where it is not known which there are."""
    return None if kinds is None else any(kind in listed for kind in kinds)


def _is_vacant(source: Source, row: Row) -> Answer:
    percent = row["vacancy_percent"]
    return every(
        reaches(None if percent is None else percent / 100, float(source.number("low_vacancy"))),
        reaches(months_until(source, row["vacant_since_on"]), source.number("low_vacancy_months")),
    )


def _is_halted(source: Source, firms: Sequence[Row]) -> Answer:
    """Return whether all enterprises on a plot stopped long enough ago; one known to be at work makes it no."""
    statuses = [firm.get("status") for firm in firms]
    listed = source.number("low_halted_statuses")
    if any(status is not None and status not in listed for status in statuses):
        return False
    days = [firm.get("status_on") for firm in firms]
    known = [day for day in days if day is not None]
    if not firms or None in statuses or len(known) < len(days):
        return None
    last = min(months_between(day, source.day) for day in known)
    return reaches(last, source.number("low_halted_months"))


def _is_let(source: Source, users: Sequence[User], site_area_m2: float | None) -> Answer:
    areas = [user.area_m2 if user.is_tenant else 0.0 for user in users]
    known = [area for area in areas if area is not None]
    let = sum(known) if users and len(known) == len(areas) else None
    return reaches(quotient(let, site_area_m2), source.number("low_leased_share"))


def _open_problems(source: Source, users: Mapping[str, Sequence[User]]) -> dict[str, set[str]]:
    """Return the kinds of the problems open on each plot."""
    of_firm: dict[str, set[str]] = defaultdict(set)
    for code, here in users.items():
        for user in here:
            of_firm[user.uscc].add(code)
    found: dict[str, set[str]] = defaultdict(set)
    for row in source.rows("plot_problems"):
        resolved = row["resolved_on"]
        if row["found_on"] > source.day or (resolved is not None and resolved <= source.day):
            continue
        plots = of_firm.get(row["uscc"], ()) if row["plot_code"] is None else (row["plot_code"],)
        for code in plots:
            found[code].add(row["kind"])
    return found


def _idle_kinds(
    source: Source, plots: Collection[str], built: Collection[str]
) -> dict[str, Collection[str] | None]:
    """Return which statutory rules the supplies of each plot meet.

    None where a supply cannot be judged and none is idle, and without a supply unless something is built there; for
    all while no supply at all is registered.
    """
    of_plot: dict[str, list[dict[str, Answer]]] = defaultdict(list)
    for row in supplies_so_far(source):
        of_plot[row["plot_code"]].append(idle_answers(source, row))
    found: dict[str, Collection[str] | None] = {}
    for code in plots:
        answers = of_plot.get(code, [])
        met = {rule for one in answers for rule, answer in one.items() if answer is True}
        is_open = any(None in one.values() and True not in one.values() for one in answers)
        is_known = bool(met) or (not is_open if answers else code in built)
        found[code] = met if is_known and source.rows("land_supplies") else None
    return found
