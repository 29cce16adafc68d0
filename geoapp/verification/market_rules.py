"""What the rules about second-market transactions and micro-enterprise parks say, each record looked at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from geoapp.verification.answers import Answer, above, among, below, every, opposite
from geoapp.verification.plain_rule import Answers, PlainRule, ask_all
from geoapp.verification.plots import plain_plots
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import months_between, quotient, supplies_so_far

_IN_FORCE = ("active", "breached")
_NOBODY = ("无", "没有")
_YUAN_PER_WAN = 10_000.0
_KINDS_ASKED = "admission_rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A transaction with what its plot, its supply and its agreement add."""

    row: Row
    has_agreement: Answer
    agreed: Mapping[str, float | None]
    """Of the agreement, for its newest year."""
    invested_share: float | None
    plot_gfa_m2: float | None

    def agreed_value(self, own: str, item: str) -> float | None:
        """Return what the transaction says was agreed, else what the agreement does."""
        said: float | None = self.row[own]
        return self.agreed.get(item) if said is None else said


def transaction_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule about transactions that is asked says of each."""
    rules = {
        name: PlainRule((*numbers, _KINDS_ASKED), partial(_if_asked, name, ask))
        for name, (numbers, ask) in ADMISSION_RULES.items()
    } | PRICE_RULES
    return ask_all(source, rules, ((deal.row["transaction_code"], deal) for deal in deals(source)))


def deals(source: Source) -> list[Deal]:
    """Return all transactions in the register's order."""
    heads = {row["agreement_code"]: row for row in source.rows("agreements")}
    floors = {plot.code: plot.actual_gfa_m2 for plot in plain_plots(source)}
    agreed, newest = _newest_items(source), _newest_supplies(source)
    found = []
    for row in source.rows("transactions"):
        own = quotient(row["invest_done_wan"], row["invest_total_wan"])
        found.append(
            Deal(
                row=row,
                has_agreement=_has_agreement(row, heads),
                agreed=agreed.get(row["agreement_code"], {}),
                invested_share=newest.get(row["plot_code"]) if own is None else own,
                plot_gfa_m2=floors.get(row["plot_code"]),
            )
        )
    return found


def _has_agreement(deal: Row, heads: Mapping[Any, Row]) -> Answer:
    head = heads.get(deal["agreement_code"], {})
    if head.get("status") is None:
        return False if deal["agreement_code"] is None else None
    is_theirs = None in (head["uscc"], deal["uscc"]) or head["uscc"] == deal["uscc"]
    return head["status"] in _IN_FORCE and is_theirs


def _newest_items(source: Source) -> dict[Any, dict[str, float | None]]:
    """Return by agreement and indicator what is agreed for the newest year."""
    found: dict[Any, dict[str, float | None]] = {}
    for row in sorted(source.rows("agreement_items"), key=lambda row: row["year"]):
        found.setdefault(row["agreement_code"], {})[row["indicator"]] = row["agreed_value"]
    return found


def _newest_supplies(source: Source) -> dict[Any, float | None]:
    """Return by plot what share of the investment of its newest supply is done."""
    ordered = sorted(supplies_so_far(source), key=lambda row: (row["supplied_on"], row["supply_code"]))
    return {row["plot_code"]: quotient(row["invest_done_wan"], row["invest_total_wan"]) for row in ordered}


Ask = Callable[[Source, Deal], Answer]


def _if_asked(rule: str, ask: Ask, source: Source, deal: Deal) -> Answer:
    """Return the answer of a rule of admission, no for kinds of transactions that it is not asked about."""
    kinds = [kind for kind, rules in source.number(_KINDS_ASKED).items() if rule in rules]
    return every(among(deal.row["kind"], kinds), ask(source, deal))


def _lacks(number: str, has: Callable[[Deal], Answer]) -> Ask:
    """Return a question for something that must be there, if the office wants that."""
    return lambda source, deal: opposite(has(deal)) if source.number(number) else False


def _is_uninvested(source: Source, deal: Deal) -> Answer:
    is_short = below(deal.invested_share, source.number("admission_invested_share"))
    return every(is_short, not deal.row["is_advance_notice"])


def _agrees_low_tax(source: Source, deal: Deal) -> Answer:
    agreed = deal.agreed_value("agreed_tax_wan_per_mu", "tax_per_mu")
    return below(agreed, source.number("admission_tax_wan_per_mu"))


def _agrees_low_far(source: Source, deal: Deal) -> Answer:
    return below(deal.agreed_value("agreed_far", "far"), source.number("admission_far"))


def _divides_too_much(source: Source, deal: Deal) -> Answer:
    return above(quotient(deal.row["gfa_m2"], deal.plot_gfa_m2), source.number("admission_division_share"))


def _is_held_too_short(source: Source, deal: Deal) -> Answer:
    since, signed = deal.row["held_since_on"], deal.row["signed_on"]
    years = None if since is None else months_between(since, signed or source.day) // 12
    return below(years, source.number("admission_division_years"))


ADMISSION_RULES: Mapping[str, tuple[tuple[str, ...], Ask]] = {
    "AD1": (
        ("admission_price_paid",),
        _lacks("admission_price_paid", lambda deal: deal.row["is_price_paid"]),
    ),
    "AD2": (
        ("admission_certificate",),
        _lacks("admission_certificate", lambda deal: deal.row["is_certificate_held"]),
    ),
    "AD3": (("admission_invested_share",), _is_uninvested),
    "AD4": (("admission_agreement",), _lacks("admission_agreement", lambda deal: deal.has_agreement)),
    "AD5": (("admission_tax_wan_per_mu",), _agrees_low_tax),
    "AD6": (("admission_far",), _agrees_low_far),
    "AD7": (
        ("admission_independent",),
        _lacks("admission_independent", lambda deal: deal.row["is_independent"]),
    ),
    "AD8": (("admission_division_share",), _divides_too_much),
    "AD9": (("admission_division_years",), _is_held_too_short),
}


def off_share(value: float | None, reference: float | None) -> float | None:
    """Return by what share a value is off its reference, either way."""
    ratio = quotient(value, reference)
    return None if ratio is None else abs(ratio - 1)


def _is_off(source: Source, deal: Deal, share: float | None, number: str) -> Answer:
    is_priced = among(deal.row["kind"], source.number("transaction_price_kinds"))
    return every(is_priced, above(share, source.number(number)))


def _differs_from_price(source: Source, deal: Deal) -> Answer:
    off = off_share(deal.row["unit_price"], computed_unit_price(deal.row))
    return _is_off(source, deal, off, "transaction_unit_price_share")


def computed_unit_price(row: Row) -> float | None:
    """Return the price of a transaction over its area, in yuan per m2."""
    price = row["price_wan"]
    return quotient(None if price is None else price * _YUAN_PER_WAN, row["area_m2"])


def _differs_from_appraisal(source: Source, deal: Deal) -> Answer:
    off = off_share(deal.row["price_wan"], deal.row["appraisal_wan"])
    return _is_off(source, deal, off, "transaction_appraisal_share")


PRICE_RULES = {
    "TR1": PlainRule(("transaction_unit_price_share", "transaction_price_kinds"), _differs_from_price),
    "TR2": PlainRule(("transaction_appraisal_share", "transaction_price_kinds"), _differs_from_appraisal),
}


def micro_park_rule_answers(source: Source) -> dict[str, Answers]:
    """Return what every rule about micro-enterprise parks that is asked says of each."""
    parks = ((row["micro_park_code"], row) for row in source.rows("micro_parks"))
    return ask_all(source, MICRO_PARK_RULES, parks)


def _needs(number: str, has: Callable[[Row], Answer]) -> PlainRule:
    return PlainRule((number,), lambda source, park: opposite(has(park)) if source.number(number) else False)


def _has_operator(park: Row) -> Answer:
    return opposite(among(park["operator"], _NOBODY))


def _is_on_other_land(source: Source, park: Row) -> Answer:
    return opposite(among(park["land_nature"], source.number("micro_park_land_natures")))


def _has_little_floor_area(source: Source, park: Row) -> Answer:
    return below(park["gfa_m2"], source.number("micro_park_least_gfa_m2").get(park["origin"]))


def _has_few_enterprises(source: Source, park: Row) -> Answer:
    return below(park["enterprise_count"], source.number("micro_park_least_enterprises"))


def _has_few_small(source: Source, park: Row) -> Answer:
    share = quotient(park["small_micro_count"], park["enterprise_count"])
    return below(share, source.number("micro_park_small_share"))


MICRO_PARK_RULES = {
    "MP1": _needs("micro_park_boundary", lambda park: park["geometry"] is not None),
    "MP2": _needs("micro_park_operator", _has_operator),
    "MP3": PlainRule(("micro_park_land_natures",), _is_on_other_land),
    "MP4": PlainRule(("micro_park_least_gfa_m2",), _has_little_floor_area),
    "MP5": PlainRule(("micro_park_least_enterprises",), _has_few_enterprises),
    "MP6": PlainRule(("micro_park_small_share",), _has_few_small),
    "MP7": _needs("micro_park_safe", lambda park: park["is_safe"]),
}
