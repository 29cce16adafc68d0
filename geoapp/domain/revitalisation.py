"""What a page of the revitalisation ledger (盘活台账) shows: sums, entries, why something does not count, findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.fingerprint import FigureRow, Fingerprint, Origin, take_fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """One line of the way from what is recorded to what counts."""

    id: str
    zh: str
    record_count: int
    area_m2: float
    """Signed: what the line adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SumLine:
    """What counts of one town, park, mode or year."""

    key: str
    """Empty for what belongs to none."""
    zh: str
    record_count: int
    plot_count: int
    """On which something counts: not those whose recognition was revoked, nor those already counted elsewhere."""
    counted_m2: float
    gfa_gross_m2: float
    gfa_net_m2: float
    doing_m2: float | None = None
    """Under way and planned at the day, whatever the period; None where it has no sense (modes, years)."""
    planned_m2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFinding:
    """Something about a record that must be put right."""

    code: str
    zh: str
    """What kind it is."""
    message: str
    title: str
    address: str
    """Of the record's page, not yet escaped for a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSheet:
    """One ledger over a period, as of a day; areas in m2."""

    ledger: str
    ledger_zh: str
    day: date
    is_now: bool
    revision: int
    data_on: date
    note: str
    is_demo: bool
    first: date | None
    """Of the period; None from the beginning."""
    last: date
    base_words: str
    """What of the total is the base, and whether it counts."""
    plot_count: int
    """On which something counts in the period; a plot of two modes or years is in both of their lines."""
    counted_m2: float
    """In the period."""
    cumulative_m2: float
    """Up to the period's last day."""
    gfa_gross_m2: float
    gfa_net_m2: float
    doing_m2: float
    planned_m2: float
    reconciliation: tuple[ReasonLine, ...]
    """From the recorded area to what counts; the last line is the sum of those before it."""
    check_words: str
    """How the total compares with the zone statistics; empty where they show another ledger."""
    sums: Mapping[str, tuple[SumLine, ...]]
    """By heading: 镇街, 园区, 方式, 年份."""
    entries: pd.DataFrame
    """Of the period; records without a date are always among them."""
    findings: tuple[LedgerFinding, ...]
    numbers: tuple[ProofNumber, ...]
    origin: Origin | None = None
    """The state it was counted from and where to open it again."""

    def fingerprint(self) -> Fingerprint | None:
        """Return the fingerprint of the figures in full, in m2; None without an origin."""
        if self.origin is None:
            return None
        totals = ("counted", "cumulative", "doing", "planned", "gfa_gross", "gfa_net")
        total: FigureRow = ("(total)", [float(getattr(self, f"{name}_m2")) for name in totals])
        return take_fingerprint(self.origin, "mu", [total, *entry_figures(self.entries)])

    @property
    def reduced(self) -> pd.DataFrame:
        """Return the entries that do not count, or not wholly."""
        return self.entries[self.entries["reason"] != ""]

    @property
    def quality_words(self) -> str:
        """Return the line on data quality: how many findings of each kind."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.zh] = counts.get(finding.zh, 0) + 1
        if not counts:
            return f"数据质量：{len(self.entries)} 条记录，没有发现问题。"
        kinds = "；".join(f"{zh} {count} 项" for zh, count in counts.items())
        return f"数据质量：{len(self.entries)} 条记录，{len(self.findings)} 项需要核对：{kinds}。"


ENTRY_FIGURES = (
    "area_m2", "counted_m2", "new_gfa_gross_m2", "counted_gfa_gross_m2", "new_gfa_net_m2", "counted_gfa_net_m2",
)  # fmt: skip
"""Numbers of an entry, in the order in which fingerprints take them."""


def entry_figures(entries: pd.DataFrame) -> list[FigureRow]:
    """Return the numbers of each entry as a fingerprint takes them, as they stand in the frame given."""
    numbers = entries[list(ENTRY_FIGURES)].to_numpy(dtype=float).tolist()
    return list(zip(entries["recognition_code"].astype(str), numbers, strict=True))
