"""Transactions that somebody must look at: a review that waits, a price far from the appraisal, a lease that ends."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geoapp.analysis.months import days_since
from geoapp.domain.admission import PASSED, REFUSED
from geoapp.domain.rule import Verdict
from geoapp.services.as_of import AsOf
from geoapp.services.rule_book import rule_findings
from geoapp.services.transaction_facts import TRANSACTIONS
from geoapp.services.transactions import transaction_rows
from geoapp.services.workspace import Workspace

ENDING_KINDS = ("lease", "mortgage")
PRICE_RULE = "TR2"


def transaction_alarms(workspace: Workspace, state: AsOf) -> tuple[pd.DataFrame, list[str]]:
    """Return what is to be looked at, and the same in words.

    Returns
    -------
    DataFrame with key, name, town_code, body, on (datetime), days (float), one row per alarm
    list of str
    """
    columns = ["key", "name", "town_code", "body", "on", "days"]
    if workspace.store.read(TRANSACTIONS, revision=state.revision).empty:  # without the facts of every plot
        return pd.DataFrame(columns=columns), []
    rows = transaction_rows(workspace, state)
    found = [
        *_waiting(workspace, state, rows),
        *_prices(workspace, state, rows),
        *_ending(workspace, state, rows),
    ]
    return pd.DataFrame([line for line, _ in found], columns=columns), [words for _, words in found]


def _line(row: dict[Any, Any], on: Any = pd.NaT, days: float = float("nan")) -> dict[str, Any]:
    return {
        "key": row["transaction_code"], "name": f"{row['transferor']} → {row['transferee']}",
        "town_code": row["town_code"], "body": row["responsible_body"], "on": on, "days": days,
    }  # fmt: skip


def _waiting(workspace: Workspace, state: AsOf, rows: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    limit = float(workspace.policy_at(state.revision).value("admission_alarm_days", state.day))
    for row in rows[(rows["waiting_days"] > limit).to_numpy(bool)].to_dict("records"):
        words = f"准入审查自 {row['waiting_since_on']:%Y-%m-%d} 起，{row['waiting_days']:.0f} 天没有结论。"
        yield _line(row, row["waiting_since_on"], row["waiting_days"]), words


def _prices(workspace: Workspace, state: AsOf, rows: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    """Return prices that rule TR2 finds far from the appraisal, until the review has decided on them."""
    is_open = ~rows["review"].isin([PASSED, REFUSED])
    for finding in rule_findings(workspace, state, PRICE_RULE, Verdict.YES):
        if is_open[finding.key]:
            row = rows.loc[finding.key].to_dict()
            yield _line(row, row["signed_on"], _days(row["signed_on"], state)), finding.hit.sentence


def _ending(workspace: Workspace, state: AsOf, rows: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    """Return leases and mortgages that end soon or have ended since; one that was renewed has a later record.

    A renewal that the review refused renews nothing.
    """
    ahead = float(workspace.policy_at(state.revision).value("transaction_end_alarm_days", state.day))
    days = days_since(rows["ends_on"], state.day)
    held = rows["ends_on"].where(rows["review"] != REFUSED)
    newest = held.groupby([rows[name] for name in ("plot_code", "transferee", "kind")]).transform("max")
    is_hit = rows["kind"].isin(ENDING_KINDS) & (days >= -ahead) & (held == newest)
    words = workspace.layer("transactions").field("kind").code_labels
    for row in rows.assign(days=days)[is_hit.to_numpy(bool)].to_dict("records"):
        when = "已到期。" if row["days"] >= 0 else f"到期，还有 {-row['days']:.0f} 天。"
        yield (
            _line(row, row["ends_on"], row["days"]),
            f"{words[row['kind']]} {row['ends_on']:%Y-%m-%d} {when}",
        )


def _days(on: Any, state: AsOf) -> float:
    return float("nan") if pd.isna(on) else float((pd.Timestamp(state.day) - on).days)
