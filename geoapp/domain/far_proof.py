"""The proof sheet of a plot ratio: every number that went into it, of a plot and of a zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from geoapp.domain.fingerprint import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFinding:
    """Something about a record that the reader of a sheet must know."""

    code: str
    """What kind it is: area_difference, height_unknown, ..."""
    message: str
    title: str
    """The record in words."""
    address: str
    """Of the record's page, not yet escaped for a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofNumber:
    """A number of the rule book that was used."""

    id: str
    zh: str
    value_zh: str
    source: str
    clause: str
    certainty_zh: str
    valid_from: date | None
    """None where it does not hold yet on the sheet's day."""

    @property
    def words(self) -> str:
        """The number with its value and source, as notes of tables have it."""
        return f"{self.zh}：{self.value_zh}（{self.source}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingStep:
    """One building in the sum of the counted floor area; areas in m2, None where unknown."""

    building_code: str
    name: str
    address: str
    use: str
    storeys: int | None
    storey_height_m: float | None
    gfa_m2: float | None
    basement_storeys: int | None
    basement_m2: float | None
    above_ground_m2: float | None
    storey_factor: float
    basement_factor: float
    counted_m2: float | None
    formula: str
    footprint_m2: float | None
    outside_share: float | None
    """Share of the building's outline outside the plot; None where either has no outline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorAreaStep:
    """One of the sources of the counted floor area, and what it makes of the plot ratio."""

    source: str
    """buildings, gfa_far_m2 or gfa_actual_m2."""
    label: str
    rank: int | None
    """Place in the setting floor_area_order, from 1; None where the setting leaves it out."""
    gfa_m2: float | None
    far: float | None
    is_used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaStep:
    """One of a plot's three areas, set against the one that is used."""

    basis: str
    """registered, ellipsoid or plane."""
    label: str
    rank: int | None
    """Place in the setting site_area_order, from 1; None where the setting leaves it out."""
    area_m2: float | None
    is_used: bool
    difference_m2: float | None
    """Less the area used."""
    difference_share: float | None
    """The same over the registered area, as the policy's limit is meant; over the area used where none is
    registered."""
    is_large: bool
    """The difference is above the policy's limit."""
    far: float | None
    """What the plot ratio would be over this area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioStep:
    """One ratio with its arithmetic."""

    id: str
    label: str
    words: str
    """What is divided by what."""
    formula: str
    value: float | None
    is_share: bool
    """Shown as a percentage."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportStep:
    """Share of support facilities in land or floor area, against its cap."""

    id: str
    """land or floor."""
    label: str
    formula: str
    share: float | None
    cap_share: float | None
    """None where no cap holds on the day."""
    is_above_cap: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCondition:
    """One condition of the raised caps and how the plot answers it."""

    words: str
    answer: bool | None
    """None where the registers do not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportSteps:
    """Support facilities of a plot: shares, caps and why these caps."""

    shares: tuple[SupportStep, ...]
    conditions: tuple[SupportCondition, ...]
    is_raised: bool | None
    """Whether the raised caps apply; None where a condition is open (the lower caps are then shown)."""
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotProof:
    """The proof sheet of a plot's ratio."""

    plot_code: str
    title: str
    address: str
    day: date
    """Whose rules hold."""
    revision: int
    data_on: date
    """Day of the newest revision that went in."""
    note: str
    is_demo: bool
    buildings: tuple[BuildingStep, ...]
    buildings_counted_m2: float | None
    """Their sum; None as soon as one is unknown."""
    floor_areas: tuple[FloorAreaStep, ...]
    gfa_counted_m2: float | None
    is_lower_bound: bool
    """A storey height is unknown, so that a storey may count more."""
    areas: tuple[AreaStep, ...]
    area_difference_basis: str
    """What the differences are divided by, in Chinese."""
    site_area_m2: float | None
    far: float | None
    ratios: tuple[RatioStep, ...]
    support: SupportSteps
    numbers: tuple[ProofNumber, ...]
    findings: tuple[ProofFinding, ...]
    origin: Origin | None = None
    """The state it was computed from and where to open it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneProofLine:
    """One plot in the sums of a zone's ratio."""

    plot_code: str
    name: str
    address: str
    share: float
    """Of the plot that counts in the zone."""
    gfa_m2: float
    site_area_m2: float
    far: float
    gfa_in_zone_m2: float
    area_in_zone_m2: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLeftOut:
    """One plot in the zone that is in neither sum, and why."""

    plot_code: str
    name: str
    address: str
    share: float
    gfa_m2: float | None
    site_area_m2: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneProof:
    """The proof sheet of a zone's ratio: the sums over its plots."""

    zones: str
    zones_zh: str
    zone_key: str
    name: str
    membership: str
    terms: Mapping[str, str]
    """What the figures rest on, line by line."""
    day: date
    revision: int
    data_on: date
    note: str
    is_demo: bool
    lines: tuple[ZoneProofLine, ...]
    """Largest area in the zone first."""
    left_out: tuple[ZoneLeftOut, ...]
    gfa_counted_m2: float
    """Over the lines."""
    site_area_m2: float
    """Over the lines."""
    far: float | None
    formula: str
    known_gfa_share: float | None
    """Share of the zone's site area with known floor area."""
    all_site_area_m2: float | None
    """Of all plots of the zone whose area is known, those left out too."""
    numbers: tuple[ProofNumber, ...]
    findings: tuple[str, ...]
    origin: Origin | None = None
    """The state it was computed from and where to open it again."""
