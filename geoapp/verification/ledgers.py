"""What an exported revitalisation ledger must hold: every record's figures, and the totals."""

import math
from collections.abc import Mapping
from datetime import date

from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.published_tables import TOTAL_ROW
from geoapp.verification.recognitions import plain_ledger
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Source


def ledger_figures(
    source: Source, code: str, first: date | None = None, last: date | None = None
) -> dict[str, dict[str, Figure]]:
    """Return the figures of a ledger's records by recognition_code, and of its totals under TOTAL_ROW; m2.

    Parameters
    ----------
    source : Source
    code : str
    first, last : date, optional
        The period whose records are listed and summed; records without a date are always among them.
    """
    return with_slack(source, lambda state: _figures(state, code, first, last))


def _figures(
    source: Source, code: str, first: date | None, last: date | None
) -> Mapping[str, Mapping[str, Value]]:
    ledger = plain_ledger(source, code)
    rows: dict[str, dict[str, Value]] = {}
    until: list[float] = []
    for record, change in zip(ledger.records, ledger.by_record(), strict=True):
        counted = math.fsum(change.area_m2.values())
        on = record["recognised_on"]
        if on is not None and on <= (last or source.day):
            until.append(counted)
        if on is not None and ((first and on < first) or (last and on > last)):
            continue
        rows[record["recognition_code"]] = {
            "area_m2": record["area_m2"],
            "counted_m2": counted,
            "new_gfa_gross_m2": record["new_gfa_gross_m2"],
            "counted_gfa_gross_m2": math.fsum(change.gross_m2.values()),
            "new_gfa_net_m2": record["new_gfa_net_m2"],
            "counted_gfa_net_m2": math.fsum(change.net_m2.values()),
        }
    plots = revitalised_plots(source, code).values()
    totals = {
        "counted": _sum(rows, "counted_m2"),
        "cumulative": math.fsum(until),
        "doing": math.fsum(plot.doing or 0.0 for plot in plots),
        "planned": math.fsum(plot.planned or 0.0 for plot in plots),
        "gfa_gross": _sum(rows, "counted_gfa_gross_m2"),
        "gfa_net": _sum(rows, "counted_gfa_net_m2"),
    }
    return {**rows, TOTAL_ROW: totals}


def _sum(rows: Mapping[str, Mapping[str, Value]], name: str) -> float:
    return math.fsum(row[name] or 0.0 for row in rows.values())
