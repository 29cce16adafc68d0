"""Performance agreements item by item: what was due last, what is missed, what nobody entered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.domain.listed import TOTAL
from geoapp.verification.figure import Figure, Value
from geoapp.verification.source import Row, Source

IN_FORCE = ("active", "breached")
_AT_MOST = ("energy", "emission")
_WORST_FIRST = ("missed", "unknown", "unjudged", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One indicator of one year in one agreement."""

    row: Row
    shortfall_share: Value
    is_newest: bool
    """Of an agreement in force, and of the newest year that is over."""

    @property
    def code(self) -> str:
        """Return the agreement's code."""
        return str(self.row["agreement_code"])

    @property
    def is_missed(self) -> bool:
        """Return whether less than what was agreed was reached (or more, where that is the limit)."""
        return self.is_newest and self.shortfall_share is not None and self.shortfall_share > 0

    @property
    def is_unknown(self) -> bool:
        """Return whether nobody entered what was reached."""
        known, actual = self.row["agreed_value"], self.row["actual_value"]
        return self.is_newest and known is not None and actual is None

    @property
    def is_met(self) -> bool:
        """Return whether what was agreed is known to be kept."""
        return self.is_newest and self.shortfall_share == 0


def judged_items(source: Source) -> list[Item]:
    """Return all items in the register's order."""
    in_force = {row["agreement_code"] for row in source.rows("agreements") if row["status"] in IN_FORCE}
    newest: dict[tuple[Any, Any], int] = {}
    for row in source.rows("agreement_items"):
        if row["agreement_code"] in in_force and row["year"] < source.day.year:
            key = (row["agreement_code"], row["indicator"])
            newest[key] = max(row["year"], newest.get(key, row["year"]))
    return [
        Item(
            row=row, shortfall_share=_shortfall_share(row),
            is_newest=newest.get((row["agreement_code"], row["indicator"])) == row["year"],
        )
        for row in source.rows("agreement_items")
    ]  # fmt: skip


def _shortfall_share(row: Row) -> Value:
    agreed, actual = row["agreed_value"], row["actual_value"]
    if agreed is None or actual is None:
        return None
    gap = max(0.0, actual - agreed if row["indicator"] in _AT_MOST else agreed - actual)
    return gap / agreed if agreed > 0 else float(gap > 0)


def kept_by_plot(source: Source) -> dict[str, str]:
    """Return how the agreement in force about each plot that has one is kept; of several the worst."""
    of_agreement: dict[str, list[Item]] = {}
    for item in judged_items(source):
        of_agreement.setdefault(item.code, []).append(item)
    found: dict[str, str] = {}
    for head in source.rows("agreements"):
        plot = head["plot_code"]
        if head["status"] in IN_FORCE and plot is not None:
            kept = _kept(of_agreement.get(head["agreement_code"], []))
            found[plot] = min(kept, found.get(plot, kept), key=_WORST_FIRST.index)
    return found


def _kept(items: list[Item]) -> str:
    if any(item.is_missed for item in items):
        return "missed"
    if not items or any(item.is_unknown for item in items):
        return "unknown"
    return "met" if any(item.is_met for item in items) else "unjudged"


def agreement_figures(source: Source, asked: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    """Return the items of the agreements asked for, and how many there are of each sort in the town and kind."""
    town, kind, only = (asked.get(name, "") for name in ("town", "kind", "only"))
    heads = {
        row["agreement_code"]: row
        for row in source.rows("agreements")
        if (not town or row["town_code"] == town) and (not kind or row["kind"] == kind)
    }
    items = [item for item in judged_items(source) if item.code in heads]
    flagged = {
        "missed": {item.code for item in items if item.is_missed},
        "unknown": {item.code for item in items if item.is_unknown},
    }
    wanted = flagged.get(only, set(heads))
    counts = {
        "all": len(heads),
        "in_force": sum(row["status"] in IN_FORCE for row in heads.values()),
        "missed": len(flagged["missed"]),
        "unknown": len(flagged["unknown"]),
    }
    rows = {
        f"{item.code}|{item.row['indicator']}|{item.row['year']}": _of_item(item)
        for item in items
        if item.code in wanted
    }
    return rows | {TOTAL: as_figures((name, float(count)) for name, count in counts.items())}


def _of_item(item: Item) -> dict[str, Figure]:
    return as_figures(
        (
            ("agreed_value", item.row["agreed_value"]),
            ("actual_value", item.row["actual_value"]),
            ("shortfall_share", item.shortfall_share),
            ("is_missed", float(item.is_missed)),
            ("is_unknown", float(item.is_unknown)),
        )
    )


def as_figures(values: Iterable[tuple[str, Value]]) -> dict[str, Figure]:
    """Return figures that no measured area can move."""
    return {name: Figure(value) for name, value in values}
