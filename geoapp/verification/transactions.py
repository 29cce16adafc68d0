"""Second-market transactions one by one: prices against area and appraisal, days waited, rules that find something."""

from collections import Counter
from collections.abc import Mapping

from geoapp.domain.admission import CONDITIONAL, PASSED, REFUSED, WAITING
from geoapp.domain.listed import TOTAL
from geoapp.verification.agreements import as_figures
from geoapp.verification.figure import Figure, Value
from geoapp.verification.market_rules import (
    ADMISSION_RULES,
    PRICE_RULES,
    Deal,
    computed_unit_price,
    deals,
    off_share,
    transaction_rule_answers,
)
from geoapp.verification.source import Source
from geoapp.verification.supplies import own_answers

_OUTCOMES = (WAITING, PASSED, CONDITIONAL, REFUSED)
_CHECKS = {"failed": "failed_count", "unknown": "unknown_count", "price": "price_count"}


def transaction_figures(source: Source, asked: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    """Return the figures of the transactions asked for, and how many there are of each outcome."""
    towns = {row["plot_code"]: row["town_code"] for row in source.rows("plots")}
    found = _found(source)
    rows, reviews = {}, Counter[str]()
    for deal in deals(source):
        row, code = deal.row, deal.row["transaction_code"]
        review = row["review"] or WAITING
        reviews[review] += 1
        said = {
            "kind": row["kind"], "review": review,
            "town_code": row["town_code"] if row["town_code"] is not None else towns.get(row["plot_code"]),
        }  # fmt: skip
        is_asked = all(said[name] == text for name, text in asked.items() if name in said and text)
        check = asked.get("check", "")
        if is_asked and (not check or found[_CHECKS[check]][code]):
            counts = ((name, float(counter[code])) for name, counter in found.items())
            rows[code] = as_figures((*_amounts(source, deal).items(), *counts))
    sums = {f"(review) {outcome}": as_figures([("count", float(reviews[outcome]))]) for outcome in _OUTCOMES}
    return rows | {TOTAL: as_figures([("total", float(len(source.rows("transactions"))))])} | sums


def _found(source: Source) -> dict[str, Counter[str]]:
    """Return by figure how many rules say yes of each transaction, or cannot say."""
    found = {name: Counter[str]() for name in _CHECKS.values()}
    for rule, answers in transaction_rule_answers(source).items():
        for code, answer in answers.items():
            if rule in ADMISSION_RULES:
                found["failed_count"][code] += answer is True
                found["unknown_count"][code] += answer is None
            elif rule in PRICE_RULES:
                found["price_count"][code] += answer is True
    admission, price = (own_answers(source, kind).values() for kind in ("admission", "price"))
    for row in source.rows("transactions"):
        code = row["transaction_code"]
        found["failed_count"][code] += sum(answer is True for answer in admission)
        found["unknown_count"][code] += sum(answer is None for answer in admission)
        found["price_count"][code] += sum(answer is True for answer in price)
    return found


def _amounts(source: Source, deal: Deal) -> dict[str, Value]:
    row = deal.row
    since = row["reviewed_on"] or row["applied_on"] if (row["review"] or WAITING) == WAITING else None
    return {
        "area_m2": row["area_m2"],
        "price_wan": row["price_wan"],
        "computed_unit_price": computed_unit_price(row),
        "unit_price_off_share": off_share(row["unit_price"], computed_unit_price(row)),
        "appraisal_off_share": off_share(row["price_wan"], row["appraisal_wan"]),
        "invested_share": deal.invested_share,
        "waiting_days": None if since is None else float((source.day - since).days),
    }
