"""Both balances of land at the control lines as plain values, for `geoapp check --swap`."""

import math
from typing import Any

from geoapp.domain.rule import Subject
from geoapp.services.as_of import AsOf
from geoapp.services.compliance import SwapLedger, swap_ledger
from geoapp.services.rule_book import rule_verdicts
from geoapp.services.workspace import Workspace

SWAP_RULE, MAKEUP_RULE = "R-LINE-5", "R-LINE-1B"


def swap_record(workspace: Workspace, state: AsOf) -> dict[str, Any]:
    """Return the swap and the balance of changed use: sums in 亩, entries in m2, null where unknown.

    The verdict of each is that of its rule: yes is overdrawn; null before the rule.
    """
    found = swap_ledger(workspace, state)
    return {
        "day": state.day.isoformat(),
        "revision": state.revision,
        "swap": _swap(found) | {"verdict": _verdict(workspace, state, SWAP_RULE)},
        "makeup": _makeup(workspace, found) | {"verdict": _verdict(workspace, state, MAKEUP_RULE)},
    }


def _swap(found: SwapLedger) -> dict[str, Any]:
    retired = found.retired[["recognition_code", "plot_code", "document_no", "counted_m2"]]
    granted = found.granted[["plot_code", "area_m2"]].itertuples()
    return {
        "retired_mu": _plain(found.balance.retired_mu),
        "granted_mu": _plain(found.balance.granted_mu),
        "balance_mu": _plain(found.balance.balance_mu),
        "retired": [
            {"recognition": code, "plot": plot, "document_no": _plain(document), "area_m2": _plain(area)}
            for code, plot, document, area in retired.itertuples(index=False)
        ],
        "granted": [
            {"supply": code, "plot": _plain(plot), "area_m2": _plain(area)} for code, plot, area in granted
        ],
        "not_counted": found.unplaced["recognition_code"].tolist(),
    }


def _makeup(workspace: Workspace, found: SwapLedger) -> dict[str, Any]:
    words = workspace.layer("plots").field("use_change_ground").code_labels
    makeup = found.makeup
    changed = makeup.changed[["use_change_ground", "use_change_document", "site_area_m2"]].itertuples()
    brought = makeup.brought[["makeup_document", "site_area_m2"]].itertuples()
    return {
        "changed_mu": _plain(makeup.changed_mu),
        "brought_mu": _plain(makeup.brought_mu),
        "balance_mu": _plain(makeup.balance_mu),
        "changed": [
            {
                "plot": code,
                "ground_zh": words.get(ground, ground),
                "document_no": number,
                "area_m2": _plain(area),
            }
            for code, ground, number, area in changed
        ],
        "brought": [
            {"plot": code, "document_no": number, "area_m2": _plain(area)} for code, number, area in brought
        ],
        "not_counted": makeup.open.index.tolist(),
        "counted_twice": list(found.counted_twice),
    }


def _verdict(workspace: Workspace, state: AsOf, rule_id: str) -> str | None:
    answers = rule_verdicts(workspace, state, Subject.DISTRICT)
    if rule_id not in answers:
        return None
    return {True: "yes", False: "no"}.get(answers[rule_id].iloc[0], "unknown")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return value
