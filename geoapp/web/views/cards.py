"""Cards of records: `/plots/<code>`, `/records/<register>/<key>`, each as page and as fragment for the side panel."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from geoapp.reports.json_values import json_value
from geoapp.services.as_of import AsOf, as_of, workspace_at
from geoapp.services.evaluation_inputs import evaluated_year
from geoapp.services.plot_card import PlotCard, plot_card
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS
from geoapp.services.record_card import RecordCard, record_card
from geoapp.services.record_gaps import plot_gaps
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import page_unit
from geoapp.web.parameters import refuse_unknown
from geoapp.web.quality import quality_line, shown_gaps

blueprint = Blueprint("cards", __name__)


@blueprint.get("/plots/<path:plot_code>")
def plot_page(plot_code: str) -> str:
    """Show a plot on a page of its own."""
    state = _state()
    card = _plot_card(plot_code, state)
    return render_template(
        "pages/plot.html",
        card=card,
        quality=[_plot_quality(card, state), *_recognition_quality(card, state)],
        low_efficiency_words=LOW_EFFICIENCY_WORDS,
        state=state,
    )


@blueprint.get("/plots/<path:plot_code>/card")
def plot_fragment(plot_code: str) -> str:
    """Give a plot's card for the side panel."""
    state = _state()
    card = _plot_card(plot_code, state)
    return render_template(
        "components/plot_fragment.html",
        card=card,
        quality=_plot_quality(card, state),
        low_efficiency_words=LOW_EFFICIENCY_WORDS,
        state=state,
    )


@blueprint.get("/plots/<path:plot_code>.json")
def plot_json(plot_code: str) -> Response:
    """Give a plot's card as data: areas in m2, tax in 万元/亩, shares from 0 to 1, null where unknown."""
    return jsonify(json_value(asdict(_plot_card(plot_code, _state()))))


@blueprint.get("/records/<register>/<path:key>")
def record_page(register: str, key: str) -> str | AnyResponse:
    """Show a record of any register on a page of its own."""
    if register == "plots":
        return redirect(url_for(".plot_page", plot_code=key))
    state = _state()
    year = evaluated_year(_workspace(), key, state) if register == "enterprises" else None
    card = _record_card(register, key, state)
    return render_template(
        "pages/record.html",
        card=card,
        evaluated_year=year,
        quality=quality_line(_workspace(), state, register, keys=[key]),
        state=state,
    )


@blueprint.get("/records/<register>/<path:key>/card")
def record_fragment(register: str, key: str) -> str | AnyResponse:
    """Give a record's card for the side panel."""
    if register == "plots":
        return redirect(url_for(".plot_fragment", plot_code=key))
    state = _state()
    return render_template(
        "components/record_fragment.html", card=_record_card(register, key, state), state=state
    )


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _state() -> AsOf:
    refuse_unknown(("at",))
    return as_of(_workspace(), request.args.get("at"))


def _plot_card(plot_code: str, state: AsOf) -> PlotCard:
    return plot_card(workspace_at(_workspace(), state), plot_code, day=state.day)


def _plot_quality(card: PlotCard, state: AsOf) -> dict[str, Any]:
    return shown_gaps(plot_gaps(workspace_at(_workspace(), state), state, card, unit=page_unit()))


def _recognition_quality(card: PlotCard, state: AsOf) -> list[dict[str, Any]]:
    """Return the line of what is recognised on a plot; none where nothing is.

    The card beside the map leads to it: counting what a plot's recognitions add up to takes it too long.
    """
    keys = [line.recognition_code for line in card.recognitions]
    return [quality_line(workspace_at(_workspace(), state), state, "recognitions", keys=keys)] if keys else []


def _record_card(register: str, key: str, state: AsOf) -> RecordCard:
    return record_card(workspace_at(_workspace(), state), register, key)
