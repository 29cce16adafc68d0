"""Portfolio: which plots reach the goals under limits; an exact choice, or which limit stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.fingerprint import Origin

OBJECTIVES = {"projects": "项目最少", "cost": "造价最低", "score": "得分之和最高"}
LIMITS = {
    "area": "盘活面积目标", "gfa": "新增建筑面积目标", "projects": "项目数上限", "budget": "预算上限",
    "year": "完成年份", "outside": "只在控制线内", "towns": "每个镇街至少一个",
}  # fmt: skip
"""What may stand in the way, in the order of pages."""
LEFT_OUT = {
    "late": "到期前不能完成", "outside": "在控制线外", "undated": "完成年份不知道", "unplaced": "不知道在不在控制线内",
    "uncosted": "造价不知道", "excluded": "指定不选",
}  # fmt: skip
"""Why a candidate cannot be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a choice has to reach and to keep; None: not asked."""

    area_m2: float | None = None
    """Land that counts as revitalised, at least."""
    gfa_m2: float | None = None
    """New floor area, at least."""
    projects: int | None = None
    """Plots, at most: a plot is a project."""
    budget_wan: float | None = None
    year: int | None = None
    """Ready by the end of it."""
    outside: int | None = None
    """Plots outside the control line, at most; 0: only inside."""
    towns: int | None = None
    """Towns with candidates that may stay without a project; 0: at least one in each."""

    @property
    def asked(self) -> tuple[str, ...]:
        """Return which of LIMITS are asked, in their order."""
        values = {
            "area": self.area_m2, "gfa": self.gfa_m2, "projects": self.projects, "budget": self.budget_wan,
            "year": self.year, "outside": self.outside, "towns": self.towns,
        }  # fmt: skip
        return tuple(name for name in LIMITS if values[name] is not None)

    @property
    def has_goal(self) -> bool:
        """Whether anything has to be reached, so that choosing nothing is no answer."""
        return self.area_m2 is not None or self.gfa_m2 is not None or self.towns is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be chosen, and how long one may look for it."""

    limits: Limits
    objective: str = "projects"
    """A key of OBJECTIVES."""
    excluded: tuple[str, ...] = ()
    """Codes of plots not to be chosen."""
    alternatives: int = 3
    """Next-best choices wanted."""
    differ: int = 1
    """Plots of an earlier choice that an alternative leaves out, at least."""
    seconds: float = 10.0
    """For the choice; the alternatives together may take as long again, and so may the search for what to relax."""
    gap: float = 1e-4
    """Relative distance from the best at which to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Some plots and what they come to; m2, 万元."""

    codes: tuple[str, ...]
    """In the candidates' order."""
    area_m2: float
    """Of the plots where it is known."""
    gfa_m2: float
    cost_wan: float | None
    """None as soon as one is unknown."""
    score: float
    outside_count: int
    town_count: int
    missing_towns: tuple[str, ...]
    """Towns with candidates and without a plot chosen."""
    latest_year: int | None
    unknown: Mapping[str, int]
    """By column: on how many plots chosen it is unknown and counted as nothing."""
    gap: float = 0.0
    """By how much of the objective the choice may be off the best; 0 where it is proved to be the best."""

    @property
    def project_count(self) -> int:
        """How many plots."""
        return len(self.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """One smallest set of limits whose relaxing makes a choice possible, and how far they must give way."""

    reached: Mapping[str, float]
    """By key of LIMITS: to what it must be relaxed."""
    choice: Choice
    """One that is possible then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """The answer."""

    choice: Choice | None
    alternatives: tuple[Choice, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    """Where there is no choice: the smallest sets of limits to relax, all of one size."""
    is_infeasible: bool = False
    """Proved: nothing keeps all limits. Without a choice and without proof the time was too short."""
    candidate_count: int = 0
    usable_count: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    """By key of LEFT_OUT: how many candidates, each under its first reason."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with the assumptions about the candidates."""

    question: Question
    mode: str
    far: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioAnswer:
    """What the page, the files and the command line show."""

    asked: Asked
    origin: Origin
    """Where its figures come from, for their fingerprint."""
    mode_zh: str
    asked_words: Mapping[str, str]
    """What was asked, line by line."""
    portfolio: Portfolio
    plots: pd.DataFrame
    """All candidates, see `portfolio_candidates.COLUMNS`. Shared: never change it."""
    town_names: Mapping[str, str]
    verdict: str
    """One sentence: found and how sure, or not."""
    advice: tuple[str, ...]
    """Where nothing keeps the limits: each a way out, in Chinese."""
    findings: tuple[str, ...]
    numbers: tuple[ProofNumber, ...]
    day: date
    revision: int
    is_now: bool
    data_on: date
    note: str
    is_demo: bool
