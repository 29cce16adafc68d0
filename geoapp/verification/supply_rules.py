"""What the rules about supplies, projects, control lines and the whole district say, each record looked at once."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from geoapp.domain.project import STOPPED
from geoapp.verification.answers import Answer, above, among, below, every, opposite
from geoapp.verification.development import in_lines
from geoapp.verification.line_use import makeup_balance_mu
from geoapp.verification.plain_rule import Answers, PlainRule, ask_all
from geoapp.verification.plots import M2_PER_MU, plain_plots
from geoapp.verification.recognitions import plain_ledger
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import (
    IDLE_NUMBERS,
    has_come,
    idle_answers,
    is_asked,
    quotient,
    supplies_so_far,
)

_STANDARD = (
    "agreed_invest_wan_per_mu",
    "agreed_far",
    "agreed_energy",
    "agreed_emission",
    "agreed_tax_wan_per_mu",
)
_STEPS = ("start", "complete", "commission")
_RECLAIMED = "M10"
_EVERYWHERE = "district"


@dataclass(frozen=True, slots=True)
class _Supply:
    """A supply with what is known of its plot."""

    row: Row
    inside: Answer
    far: float | None
    tax_wan_per_mu: float | None


def supply_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule about supplies that is asked says of each."""
    inside = _inside_any(source)
    plots = {plot.code: plot for plot in plain_plots(source)}
    rows = supplies_so_far(source)
    idle = {row["supply_code"]: idle_answers(source, row) for row in rows}
    found = {
        rule: {code: answers[rule] for code, answers in idle.items()}
        for rule, numbers in IDLE_NUMBERS.items()
        if is_asked(source, rule, numbers)
    }
    supplies = []
    for row in rows:
        plot = plots.get(row["plot_code"])
        far, tax = (None, None) if plot is None else (plot.far, plot.tax_wan_per_mu)
        supplies.append((row["supply_code"], _Supply(row, inside.get(row["plot_code"]), far, tax)))
    return found | ask_all(source, SUPPLY_RULES, supplies)


def _inside_any(source: Source) -> Mapping[str, Answer]:
    return in_lines(source, [line.value for line in source.scheme.lines])


def _is_new_outside(source: Source, supply: _Supply) -> Answer:
    is_free = among(supply.row["kind"], source.number("line_outside_kinds"))
    return every(opposite(supply.inside), opposite(is_free))


def _lacks_items(source: Source, supply: _Supply) -> Answer:
    count = sum(supply.row[name] is not None for name in _STANDARD)
    return every(supply.row["is_standard_land"], below(count, source.number("standard_item_count")))


def _misses_far(source: Source, supply: _Supply) -> Answer:
    agreed, far = supply.row["agreed_far"], supply.far
    short = None if agreed is None or far is None else agreed - far
    is_completed = has_come(source, supply.row["completed_on"])
    return every(is_completed, above(short, source.number("standard_far_tolerance")))


def _misses_tax(source: Source, supply: _Supply) -> Answer:
    review = supply.row["review_on"]
    reached = quotient(supply.tax_wan_per_mu, supply.row["agreed_tax_wan_per_mu"])
    is_due = None if review is None else has_come(source, review)
    return every(is_due, below(reached, source.number("standard_tax_share")))


def _has_low_supply_far(source: Source, supply: _Supply) -> Answer:
    return below(supply.row["agreed_far"], source.number("supply_far"))


def _has_low_vertical_far(source: Source, supply: _Supply) -> Answer:
    return every(
        supply.row["is_vertical"], below(supply.row["agreed_far"], source.number("vertical_supply_far"))
    )


def _is_not_standard(source: Source, supply: _Supply) -> Answer:
    return opposite(supply.row["is_standard_land"]) if source.number("supply_standard_share") >= 1 else False


def _of_its_day(number: str, ask: Callable[[Source, _Supply], Answer]) -> PlainRule:
    """Return a rule that asks by the number of the day of supply; no where it came later."""

    def ask_then(source: Source, supply: _Supply) -> Answer:
        then = source.on(supply.row["supplied_on"])
        return ask(then, supply) if then.has_number(number) else False

    return PlainRule((number,), ask_then)


SUPPLY_RULES = {
    "R-LINE-2": _of_its_day("line_outside_kinds", _is_new_outside),
    "R-LINE-7": _of_its_day("supply_far", _has_low_supply_far),
    "R-LINE-7V": _of_its_day("vertical_supply_far", _has_low_vertical_far),
    "R-LINE-8": _of_its_day("supply_standard_share", _is_not_standard),
    "SL1": _of_its_day("standard_item_count", _lacks_items),
    "SL2": PlainRule(("standard_far_tolerance",), _misses_far),
    "SL3": PlainRule(("standard_tax_share",), _misses_tax),
}


def project_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule about projects that is asked says of each."""
    return ask_all(source, PROJECT_RULES, ((row["project_code"], row) for row in source.rows("projects")))


def _has_low_project_far(now: Source, project: Row) -> Answer:
    """Hold a project that was begun against the numbers of that day."""
    begun_on = project["start_actual_on"]
    source = now.on(begun_on) if has_come(now, begun_on) else now
    if not (source.has_number("new_build_modes") and source.has_number("supply_far")):
        return False
    is_new = among(project["mode"], source.number("new_build_modes"))
    return every(is_new, below(project["far_after"], source.number("supply_far")))


def _is_late(source: Source, project: Row) -> Answer:
    stage = project["stage"]
    plans = {step: project[f"{step}_plan_on"] for step in _STEPS}
    late = [
        0 if has_come(source, project[f"{step}_actual_on"]) else max(0, (source.day - planned).days)
        for step, planned in plans.items()
        if planned is not None
    ]
    is_running = None if stage is None else stage != STOPPED
    return every(is_running, above(max(late, default=None), source.number("project_red_days")))


def _is_out_of_order(source: Source, project: Row) -> Answer:
    start, complete, commission = (project[f"{step}_actual_on"] for step in _STEPS)
    pairs: tuple[tuple[date | None, date | None], ...] = (
        (start, complete), (complete, commission), (start, commission),
    )  # fmt: skip
    gaps = [(first - then).days for first, then in pairs if first is not None and then is not None]
    days = max(0, *gaps) if gaps else None
    return above(days, source.number("project_order_days"))


PROJECT_RULES = {
    "SD5": PlainRule(("supply_far", "new_build_modes"), _has_low_project_far),
    "SD11": PlainRule(("project_red_days",), _is_late),
    "SD11B": PlainRule(("project_order_days",), _is_out_of_order),
}


def line_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what the rule about each kind of control line says."""
    return ask_all(source, LINE_RULES, ((line.value, line.value) for line in source.scheme.lines))


def _has_little_reserved(source: Source, kind: str) -> Answer:
    inside = in_lines(source, [kind])
    supplies = supplies_so_far(source)
    if any(inside.get(row["plot_code"]) is None for row in supplies):
        return None
    since = source.policy.number("line_reserved_share").first_day or source.day
    own = [row for row in supplies if inside[row["plot_code"]] and since <= row["supplied_on"]]
    listed = source.number("line_reserved_kinds")
    share = _share_of_area([(row["area_m2"], among(row["kind"], listed)) for row in own])
    return below(share, source.number("line_reserved_share"))


def _share_of_area(parts: list[tuple[float | None, Answer]]) -> float | None:
    """Return the share of the area that counts; None where anything is unknown or there is no area."""
    if any(area is None or answer is None for area, answer in parts):
        return None
    whole = math.fsum(area for area, _ in parts if area is not None)
    return quotient(math.fsum(area for area, answer in parts if area is not None and answer), whole)


LINE_RULES = {"R-LINE-3": PlainRule(("line_reserved_share", "line_reserved_kinds"), _has_little_reserved)}


def district_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what the rules about all of the district's supplies and swaps say."""
    return ask_all(source, DISTRICT_RULES, [(_EVERYWHERE, None)])


def _is_overdrawn(source: Source, _district: None) -> Answer:
    inside = _inside_any(source)
    supplies = supplies_so_far(source)
    if not supplies or all(answer is None for answer in inside.values()):
        return None
    swapped = [row["area_m2"] for row in supplies if row["is_swap"] and inside.get(row["plot_code"])]
    if None in swapped:
        return None
    balance_mu = (_retired_m2(source, inside) - math.fsum(swapped)) / M2_PER_MU
    return below(balance_mu, source.number("line_swap_balance_mu"))


def _retired_m2(source: Source, inside: Mapping[str, Answer]) -> float:
    """Return what the default ledger counts of land outside the lines that was given back to fields."""
    ledger = plain_ledger(source, source.number("default_ledger"))
    return math.fsum(
        math.fsum(change.area_m2.values())
        for record, change in zip(ledger.records, ledger.by_record(), strict=True)
        if record["mode"] == _RECLAIMED and inside.get(record["plot_code"]) is False
    )


def _is_short_of_makeup(source: Source, _district: None) -> Answer:
    return below(makeup_balance_mu(source, _inside_any(source)), source.number("line_makeup_balance_mu"))


def _this_year(source: Source) -> list[Row]:
    return [row for row in supplies_so_far(source) if row["supplied_on"].year == source.day.year]


def _has_low_mean(source: Source, _district: None) -> Answer:
    parts = [(row["agreed_far"], row["area_m2"]) for row in _this_year(source)]
    if any(None in part for part in parts):
        return None
    floor, land = (math.fsum(sizes) for sizes in ((far * area for far, area in parts), (a for _, a in parts)))
    return below(quotient(floor, land), source.number("supply_mean_far"))


def _has_low_share(source: Source, _district: None) -> Answer:
    parts = [(row["area_m2"], row["is_standard_land"]) for row in _this_year(source)]
    return below(_share_of_area(parts), source.number("supply_standard_share"))


DISTRICT_RULES = {
    "R-LINE-1B": PlainRule(("line_makeup_balance_mu", "line_change_grounds"), _is_short_of_makeup),
    "R-LINE-5": PlainRule(("line_swap_balance_mu",), _is_overdrawn),
    "R-LINE-7P": PlainRule(("supply_mean_far",), _has_low_mean),
    "SD10": PlainRule(("supply_standard_share",), _has_low_share),
}
