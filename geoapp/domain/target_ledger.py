"""Where the targets of a set stand: what the pages, files and the command line show."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.domain.fingerprint import Origin
from geoapp.domain.target import Standing
from geoapp.domain.target_set import BASE_RULES, DISTRICT, WHOLE_DISTRICT, Indicator, TargetSet

REGISTER_HOW, ENTERED_HOW = "register", "entered"
HOW_WORDS = {REGISTER_HOW: "台账", ENTERED_HOW: "填报", "": ""}


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a figure holds: the whole district, a town or a park."""

    kind: str = DISTRICT
    code: str = WHOLE_DISTRICT
    zh: str = WHOLE_DISTRICT

    @property
    def text(self) -> str:
        """As an address says it: town:330205103; empty for the district."""
        return "" if self.kind == DISTRICT else f"{self.kind}:{self.code}"


@dataclass(frozen=True, slots=True)
class Point:
    """An actual on a day."""

    day: date
    value: float | None
    """In the base unit."""
    how: str = ""
    """A key of HOW_WORDS."""
    basis_on: date | None = None
    """The newest day among the records it rests on: of a ratio by year the end of that year."""
    reason: str = ""
    """Why it is not known, in Chinese."""
    member_count: int = 0
    unknown_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What the projects under way will add to an actual."""

    until: date
    value: float | None
    """On that day, if everything dated comes on its day; None where the actual is not known."""
    added: float
    """Dated between the ledger's day and that day."""
    overdue: float
    """Planned for a day that has passed, and not counted on."""
    undated: float
    later: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """One indicator in one scope."""

    indicator: Indicator
    scope: Scope
    bodies: tuple[str, ...]
    base: float | None
    """Where the path starts on the base day, in the base unit."""
    base_how: str
    """plan, register, excluded or "" where there is none."""
    base_rule: str
    """One of BASE_RULES for totals, else empty."""
    actual: Point
    """On the ledger's day, with or without the base as the rule says."""
    standings: tuple[Standing, ...]
    """One per target, by day; none where there is no target for the scope."""
    results: tuple[Point, ...]
    """The actual each of the standings rests on."""
    projection: Projection | None
    no_projection: str
    """Why there is none, in Chinese."""
    missing_target: str
    """Why there are no standings, or no gap of our own, in Chinese."""
    formula: str
    notes: tuple[str, ...]

    @property
    def current(self) -> Standing | None:
        """The next target to come; the last one where all days have passed."""
        ahead = [found for found in self.standings if not found.is_passed]
        return ahead[0] if ahead else (self.standings[-1] if self.standings else None)

    @property
    def base_rule_zh(self) -> str:
        """The rule for the base in Chinese, empty for what has none."""
        return BASE_RULES.get(self.base_rule, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLedger:
    """All indicators of a set in one scope."""

    target_set: TargetSet
    scope: Scope
    rows: tuple[TargetRow, ...]
    day: date
    revision: int
    data_on: date
    note: str
    is_demo: bool
    findings: tuple[str, ...]
    origin: Origin | None = None
    """The state it was computed from and where to open it again."""


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """A day and what is to be reached on it, in the base unit."""

    day: date
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDetail:
    """One indicator of a set with everything behind it, in one scope."""

    ledger: TargetLedger
    """Of this one indicator."""
    row: TargetRow
    trend: tuple[Point, ...]
    """At the ends of the years and now."""
    plan: tuple[PlanPoint, ...]
    """The corners of the path."""
    forecast: tuple[PlanPoint, ...]
    """From now on, by the dated projects; empty where there is none."""
    members: pd.DataFrame
    """See `analysis.targets.MEMBER_COLUMNS`; counted or not."""
    entered: pd.DataFrame
    """Values entered for the indicator and the scope, likewise."""
    pipeline: pd.DataFrame
    towns: tuple[TargetRow, ...]
    parks: tuple[TargetRow, ...]
    """In the district only; the rest is what lies in none, where there is any."""
    amount_zh: str
    """What a member's amount is."""
    weight_zh: str
    hides_amount: bool
    """The amount may not be told: an enterprise's tax."""
    map_address: str
    """The map with the members' plots, empty where they have none."""
