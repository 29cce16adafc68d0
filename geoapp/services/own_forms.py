"""What is not changed in the form of any record, since a page of its own checks it: whole registers, single fields."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from geoapp.analysis.project_clock import LEDGER_DATES
from geoapp.domain.layer import Layer


class OwnPage(NamedTuple):
    """Where something is changed instead."""

    words: str
    address: str


_PROJECT, _LIST = OwnPage("项目", "/projects"), OwnPage("清单", "/lists")
_MARKET = OwnPage("二级市场", "/transactions")
OWN_FORMS: Mapping[str, OwnPage] = {
    "policy_values": OwnPage("规则库", "/rules"),
    "indicator_values": OwnPage("目标", "/targets"),
    "evaluations": OwnPage("亩均", "/evaluation"),
    "list_entries": _LIST,
    "weight_sets": OwnPage("候选", "/candidates"),
    "project_stages": _PROJECT,
    "project_attachments": _PROJECT,
}
"""Registers whose records are changed on a page of their own, under rules of their own."""
_STAGE_DAYS = tuple(f"{day}_{kind}_on" for day in LEDGER_DATES.values() for kind in ("plan", "actual"))
OWN_FIELDS: Mapping[str, Mapping[str, OwnPage]] = {
    "projects": dict.fromkeys(("stage", *_STAGE_DAYS), _PROJECT),
    "plots": dict.fromkeys(("low_efficiency_status", "low_efficiency_on"), _LIST),
    "transactions": dict.fromkeys(
        ("review", "reviewed_on", "reviewed_by", "review_document_no", "review_reason"), _MARKET
    ),
}
"""Fields of other registers likewise: stages and reviews are steps with papers, a plot's status one of its list's."""


def own_field_words(layer: Layer, names: Iterable[str]) -> dict[str, str]:
    """Return, for those of some fields that a page of their own changes, where that is."""
    own = OWN_FIELDS.get(layer.id, {})
    return {
        name: f"“{layer.field(name).zh}”请在“{own[name].words}”页面（{own[name].address}）登记，那里有它自己的核对。"
        for name in names
        if name in own
    }
