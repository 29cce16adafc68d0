"""What-if: what becomes of plots if they are redeveloped in a mode, to a plot ratio. Nothing here is a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.fingerprint import Origin
from geoapp.domain.rule import Verdict

DEMOLISH_WORDS = {"": "按改造方式", "all": "全部拆除", "none": "全部保留"}
"""What the parameter `demolish` may say beside codes of buildings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What somebody wants to try on all the plots chosen. None: not given."""

    mode: str
    """Code of `layers/projects.toml`, M01 to M11."""
    far: float | None = None
    """Target plot ratio of the whole plot, above zero."""
    height_limit_m: float | None = None
    """Instead of the register's."""
    coefficient: float | None = None
    """Building coefficient afterwards, 0 to 1."""
    support_share: float | None = None
    """Of support facilities in the floor area afterwards, 0 to 1."""
    support_land_share: float | None = None
    """Of support facilities in the land; allotted by floor area where it is not given."""
    storey_height_m: float | None = None
    """Of new storeys; the rule book's where it is not given."""
    demolish: str = ""
    """A key of DEMOLISH_WORDS, or empty with `buildings`."""
    buildings: tuple[str, ...] = ()
    """Codes of the buildings that go; all others stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One limit held against the plot as it would be."""

    id: str
    zh: str
    verdict: Verdict
    """yes: kept; no: broken; unknown: a fact is missing."""
    measured: float | None
    limit: float | None
    unit: str
    """far, share, m, m2, year, wan_per_mu or "" for what has no number."""
    words: str
    """The whole answer in Chinese."""
    missing: tuple[str, ...]
    """Facts that are missing, in Chinese."""
    source: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Floor areas and ratios of one plot or of several, before and after; m2 and shares, None where unknown."""

    site_area_m2: float | None
    gfa_counted_before_m2: float | None
    gfa_counted_after_m2: float | None
    gfa_actual_before_m2: float | None
    gfa_actual_after_m2: float | None
    gross_m2: float | None
    """New and added floor area."""
    net_m2: float | None
    """After less before, not below zero."""
    change_m2: float | None
    """The same with its sign."""
    demolished_m2: float | None
    far_before: float | None
    far_after: float | None
    coefficient_before: float | None
    coefficient_after: float | None
    support_share_before: float | None
    support_share_after: float | None
    land_counted_m2: float | None
    """Land that would count as revitalised and does not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotOutcome:
    """One plot as it would be."""

    plot_code: str
    name: str
    address: str
    town_code: str
    problem: str
    """Why the plan does not fit the plot, in Chinese; such a plot stays as it is and adds nothing."""
    missing: tuple[str, ...]
    """Facts without which a figure is unknown, in Chinese."""
    figures: Figures
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What the plan would add to one target."""

    target_set: str
    target_set_zh: str
    indicator: str
    zh: str
    unit: str
    """Id of `domain.target_unit`; the values are in its quantity's base unit."""
    actual: float | None
    target: float | None
    target_on: date | None
    is_passed: bool
    """The target's day is over."""
    gap: float | None
    """Still missing now; negative where it is exceeded."""
    added: float | None
    gap_after: float | None
    share: float | None
    """Of the gap, None where there is none."""
    words: str
    """Why nothing can be said, or what the figure leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A quantity before and after, for two bars on one scale."""

    zh: str
    unit: str
    """m2, far or share."""
    before: float | None
    after: float | None
    before_percent: float
    """Length of the bar."""
    after_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The whole answer."""

    plan: Plan
    plan_words: Mapping[str, str]
    """What was asked, line by line."""
    mode_zh: str
    event_zh: str
    """By which event it would be recognised."""
    query: Mapping[str, str]
    """Parameters of the address that gives the same answer, without the day."""
    origin: Origin
    """Where its figures come from, for their fingerprint."""
    lines: tuple[PlotOutcome, ...]
    totals: Figures
    unknown: Mapping[str, int]
    """By figure: on how many plots it is unknown and so not in the total."""
    bars: tuple[Bar, ...]
    contributions: tuple[Contribution, ...]
    """Of the sets whose targets are to come first."""
    not_computed: tuple[str, ...]
    """Targets that no plan on plots moves, in Chinese."""
    numbers: tuple[ProofNumber, ...]
    findings: tuple[str, ...]
    day: date
    revision: int
    is_now: bool
    data_on: date
    note: str
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A plan that was kept, with its answer as it was then."""

    id: str
    name: str
    author: str
    made_at: str
    """UTC, ISO 8601."""
    note: str
    query: Mapping[str, str]
    day: str
    revision: int
    record: Mapping[str, Any]
    """The answer as plain values, see `reports.whatif.whatif_record`."""
