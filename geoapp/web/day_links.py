"""Links between pages keep the day: whoever reads a plot as of a day goes on to its records as of that day."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, has_request_context, request

PARAMETER = "at"
ENDPOINTS = frozenset(
    {
        "map.show", "cards.plot_page", "cards.record_page", "cards.plot_fragment", "cards.record_fragment",
        "compare.page", "statistics.page", "proofs.plot_page", "proofs.plot_json", "proofs.zone_page",
        "proofs.zone_json", "ledgers.page", "candidates.page", "evaluation.page", "evaluation.firm_page",
        "evaluation.plots_page", "evaluation.official_page", "whatif.page", "portfolio.page", "rules.page",
        "rules.rule_page", "rules.number_page", "check.page", "check.swap", "projects.page", "projects.show",
        "projects.get_attachment",
        "alarms.page", "agreements.page", "agreements.data", "agreements.export", "lists.page", "lists.entry",
        "lists.data", "lists.export",
        "lists.survey", "ledgers.overview", "targets.page", "targets.detail_page",
        "supervision.page", "transactions.page", "transactions.show",
        "land_terms.page", "micro_parks.page", "micro_parks.show",
    }
)  # fmt: skip
"""Addresses that take a day."""


def init_app(app: Flask) -> None:
    """Let `url_for` keep the day of the page, unless it is given one (or none), and register the filters."""

    @app.url_defaults
    def keep_day(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in ENDPOINTS and _day():
            values.setdefault(PARAMETER, _day())

    app.jinja_env.filters["record_link"] = record_link
    app.jinja_env.filters["page_link"] = page_link


def record_link(address: str) -> str:
    """Return the address of a record, not yet escaped, as a link that keeps the day."""
    return page_link(quote(address))


def page_link(address: str) -> str:
    """Return the address of a page, escaped and perhaps with a query, as a link that keeps the day."""
    query = urlencode({PARAMETER: _day()}) if _day() else ""
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def _day() -> str:
    return request.args.get(PARAMETER, "") if has_request_context() else ""
