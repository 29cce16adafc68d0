"""What an import is asked to do, and what it found before anything is stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geoapp.analysis.crs_verdict import CRS_HOW_LABELS, CrsVerdict
from geoapp.domain.change import Comparison
from geoapp.domain.issue import Issue, Severity, has_errors
from geoapp.domain.layer import Layer

Report = Callable[[float, str], None]
"""Called with the share done and the step in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user says about a file, and the fixes chosen so far."""

    crs: str | None = None
    """EPSG code, PROJ string, WKT or "dx,dy,rotation,scale[@CRS]"."""
    encoding: str | None = None
    layer: str | None = None
    """Which layer or sheet, where a file holds several."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Header -> field; an empty field leaves the column out."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Field -> unit id (mu, ha, m2, ...)."""
    fixes: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "crs": self.crs, "encoding": self.encoding, "layer": self.layer, "columns": dict(self.columns),
            "units": dict(self.units), "fixes": sorted(self.fixes),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ImportOptions":
        """Return the options that `to_dict` gave; what is missing keeps its default."""
        return cls(
            crs=values.get("crs") or None,
            encoding=values.get("encoding") or None,
            layer=values.get("layer") or None,
            columns={str(k): str(v) for k, v in (values.get("columns") or {}).items()},
            units={str(k): str(v) for k, v in (values.get("units") or {}).items() if v},
            fixes=frozenset(map(str, values.get("fixes") or ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One click that puts findings right."""

    id: str
    label: str
    count: int
    """Findings it puts right, or has put right."""
    is_applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedColumn:
    """One column of the file as the page shows it."""

    header: str
    sample: str
    """The first value that is not empty."""
    field: str | None
    label: str
    """The field's label, empty where none."""
    how: str
    """In Chinese: 别名, 用户指定, ..."""
    unit: str
    """Unit id its numbers were read in, "" where it has none."""
    unit_label: str
    """The unit in Chinese and how it became known."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first records as displayed."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(slots=True, kw_only=True)
class StagedImport:
    """A file read, matched, repaired and checked, ready to be accepted or not; nothing is stored yet."""

    layer: Layer
    file_name: str
    format: str
    """In Chinese: shapefile, Excel 表格, ..."""
    options: ImportOptions
    encoding: str | None = None
    layers: list[str] = field(default_factory=list)
    """Layers or sheets the file holds."""
    layer_name: str = ""
    """The one that was read."""
    columns: list[MatchedColumn] = field(default_factory=list)
    crs: CrsVerdict | None = None
    """None where the file has no coordinates."""
    issues: list[Issue] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)
    needs: tuple[str, ...] = ()
    """Questions only the user can answer: "layer", "crs"."""
    record_count: int = 0
    frame: pd.DataFrame | None = None
    """What would be stored: key, the columns the file brings, provenance, geometry; None while it cannot be said."""
    comparison: Comparison | None = None
    """Against the register as it was when the file was staged; None where keys are missing or repeated."""
    preview: Preview = field(default_factory=lambda: Preview([], []))
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north; degrees."""
    geometry: dict[str, Any] | None = None
    """Simplified GeoJSON of where the records land."""
    corrected: pd.DataFrame | None = None
    """Records for the corrected file: fixes applied, unreadable cells as they were, unmatched columns, 问题."""

    @property
    def register(self) -> str:
        """Id of the register."""
        return self.layer.id

    @property
    def is_acceptable(self) -> bool:
        """Whether it may be stored as it stands."""
        return (
            self.frame is not None
            and self.comparison is not None
            and not self.needs
            and not has_errors(self.issues)
        )

    @property
    def has_changes(self) -> bool:
        """Whether storing it would change anything (removal of missing records apart)."""
        return self.comparison is not None and bool(self.comparison.new or self.comparison.changed)

    @property
    def crs_text(self) -> str:
        """The coordinate system and how it became known, in Chinese; empty without coordinates."""
        if self.crs is None:
            return ""
        how = CRS_HOW_LABELS[self.crs.how]
        if self.crs.reason.startswith(how):  # it says both already
            return f"坐标系：{self.crs.reason}"
        return f"坐标系：{self.crs.name}（{how}）。{self.crs.reason}"

    @property
    def severity_counts(self) -> dict[str, int]:
        """How many findings of each severity: {"error": 2, "warning": 0, "note": 5}."""
        counts = dict.fromkeys(map(str, Severity), 0)
        for issue in self.issues:
            counts[str(issue.severity)] += 1
        return counts

    @property
    def summary(self) -> dict[str, int] | None:
        """How many records are new, changed, unchanged and gone; None while it cannot be said."""
        found = self.comparison
        if found is None:
            return None
        return {name: len(getattr(found, name)) for name in ("new", "changed", "unchanged", "gone")}
