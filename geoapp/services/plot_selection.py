"""Plots chosen on the map, and what they come to: areas, plot ratio, what may be developed, what that could add."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.development import DevelopmentRules, DevelopmentSummary, development, summarise
from geoapp.analysis.outlines import are_valid
from geoapp.analysis.plane import to_plane
from geoapp.analysis.proximity import PREDICATES, in_circle, in_region, reach_box
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.policy import Policy
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_location import IN_CONTROL_LINE
from geoapp.services.record_card import Box
from geoapp.services.records import filter_mask, record_columns
from geoapp.services.workspace import Workspace

MOST_KEYS = 50_000
LARGEST_RADIUS_M = 50_000.0
HIGHEST_FAR_TARGET = 20.0
_LISTED = 5
_OWN_FIELDS = ("planned_use", "right_type", "height_limit_m", "term_end_on")

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ByKeys:
    """Plots named by their codes."""

    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class ByArea:
    """Plots in a drawn area (degrees)."""

    area: shapely.Geometry
    predicate: str = "intersects"


@dataclass(frozen=True, slots=True)
class ByCircle:
    """Plots in a true circle around a point (degrees)."""

    lon: float
    lat: float
    radius_m: float
    predicate: str = "intersects"


Choice = ByKeys | ByArea | ByCircle


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPlots:
    """The plots of a choice that satisfy the filter, and their sums."""

    keys: tuple[str, ...]
    """At most 50,000, in the register's order; those named, in the order named."""
    is_truncated: bool
    missing: tuple[str, ...]
    """Codes asked for that the register does not have then."""
    filtered_out_count: int
    """Plots of the choice that do not satisfy the filter."""
    bounds: Box | None
    """Of the plots selected; None where none has a shape."""
    summary: DevelopmentSummary
    far_target: float | None
    notes: tuple[str, ...]
    """What a reader of the sums must know, in Chinese."""

    def to_dict(self) -> dict[str, Any]:
        """Return the selection as plain values for JSON."""
        return {
            "keys": list(self.keys),
            "truncated": self.is_truncated,
            "missing": list(self.missing),
            "filtered_out": self.filtered_out_count,
            "bounds": self.bounds,
            "summary": summary_record(self.summary, self.far_target),
            "notes": list(self.notes),
        }


def select_plots(
    workspace: Workspace,
    choice: Choice,
    as_of: AsOf,
    *,
    filter_text: str = "",
    far_target: float | None = None,
) -> SelectedPlots:
    """Return the plots of a choice and what they come to.

    Parameters
    ----------
    workspace : Workspace
    choice : ByKeys, ByArea or ByCircle
    as_of : AsOf
        Plots as they were then, under the rules of that day.
    filter_text : str
        Only plots that satisfy it are counted.
    far_target : float, optional
        Plot ratio up to which floor area could be added; the rule book's if left out.

    Returns
    -------
    SelectedPlots
        The sums are those of all plots selected, whether or not their codes are listed.

    Raises
    ------
    UsageError
        Too many codes, a word for the predicate that is not known, or a filter that cannot be read.
    CrsError
        The circle lies where the working CRS cannot compute.
    """
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    rows, missing = _rows_of(workspace, facts, choice)
    kept = rows
    if filter_text:
        kept = rows[filter_mask(workspace, "plots", filter_text, as_of)[rows]]
    target = (
        default_far_target(workspace.policy_at(as_of.revision), as_of.day)
        if far_target is None
        else far_target
    )
    summary = plot_summary(workspace, kept, as_of, far_target=target)
    return SelectedPlots(
        keys=tuple(facts.index[kept[:MOST_KEYS]]),
        is_truncated=len(kept) > MOST_KEYS,
        missing=missing,
        filtered_out_count=len(rows) - len(kept),
        bounds=_bounds(facts.geometry.iloc[kept]),
        summary=summary,
        far_target=target,
        notes=(*filter(None, [as_of.note]), *_missing_notes(missing), *summary_notes(summary, target)),
    )


def plot_summary(
    workspace: Workspace, rows: Rows, as_of: AsOf, *, far_target: float | None
) -> DevelopmentSummary:
    """Return the sums over some rows of the plots; see `summarise`."""
    plots = development_plots(workspace, as_of, rows)
    verdicts = development(
        plots, development_rules(workspace.policy_at(as_of.revision), as_of.day), as_of.day
    )
    return summarise(plots, verdicts, far_target)


def development_plots(workspace: Workspace, as_of: AsOf, rows: Rows | None = None) -> pd.DataFrame:
    """Return what `development` asks of some rows of the plots, of all if left out, and their floor area."""
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    if rows is not None:
        facts = facts.iloc[rows]
    plots = pd.DataFrame(facts[["landuse_code", "recognised_m2", "site_area_m2", "gfa_counted_m2"]])
    more = record_columns(workspace, "plots", [*_OWN_FIELDS, IN_CONTROL_LINE], as_of, rows)
    plots = plots.join(more.rename(columns={IN_CONTROL_LINE: "is_in_control_line"}))
    plots["has_valid_geometry"] = are_valid(facts.geometry.to_numpy())
    return plots


def development_rules(policy: Policy, day: date) -> DevelopmentRules:
    """Return the thresholds of a day from the rule book."""
    return DevelopmentRules(
        industrial_codes=frozenset(policy.value("development_industrial_codes", day)),
        industrial_words=tuple(policy.value("development_industrial_words", day)),
        min_area_mu=policy.value("development_min_area_mu", day),
        min_term_years=policy.value("development_min_term_years", day),
    )


def default_far_target(policy: Policy, day: date) -> float | None:
    """Return the plan's plot ratio for new industry; None before the plan."""
    number = policy.number("far_target_default")
    return float(number.on(day)) if number.is_in_force(day) else None


def check_predicate(predicate: Any) -> str:
    """Return how plots must lie to an area; raises UsageError for a word that is not known."""
    if not isinstance(predicate, str) or predicate not in PREDICATES:
        known = "、".join(f"{name}（{words}）" for name, words in PREDICATES.items())
        raise UsageError(f"选择方式“{predicate}”不认识；可用：{known}。")
    return predicate


def check_keys(keys: Any) -> tuple[str, ...]:
    """Return codes, each once; raises UsageError where they are no list of texts or more than 50,000."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise UsageError('“keys”应为地块编号的数组，如 ["DK-001", "DK-002"]。')
    if len(keys) > MOST_KEYS:
        raise UsageError(
            f"一次最多给出 {MOST_KEYS:,} 个地块编号，这里有 {len(keys):,} 个。请改用范围或筛选条件。"
        )
    return tuple(dict.fromkeys(keys))


def _rows_of(workspace: Workspace, facts: gpd.GeoDataFrame, choice: Choice) -> tuple[Rows, tuple[str, ...]]:
    if isinstance(choice, ByKeys):
        rows = facts.index.get_indexer(pd.Index(list(choice.keys), dtype="str"))
        missing = tuple(key for key, row in zip(choice.keys, rows, strict=True) if row < 0)
        return rows[rows >= 0], missing
    if isinstance(choice, ByArea):
        return rows_in_area(facts.geometry, choice.area, choice.predicate), ()
    return _rows_in_circle(facts.geometry, choice, workspace.settings.working_crs), ()


def rows_in_area(plots: gpd.GeoSeries, area: shapely.Geometry, predicate: str) -> Rows:
    """Return the rows of plots that lie in an area, both in degrees."""
    rows: Rows = np.sort(plots.sindex.query(area))
    return rows[in_region(plots.to_numpy()[rows], area, predicate)]


def _rows_in_circle(plots: gpd.GeoSeries, circle: ByCircle, working_crs: int) -> Rows:
    centre = shapely.Point(circle.lon, circle.lat)
    rows: Rows = np.sort(plots.sindex.query(reach_box(shapely.bounds(centre), circle.radius_m)))
    plane = CRS.from_epsg(working_crs)
    placed = to_plane(gpd.GeoSeries([centre, *plots.iloc[rows]], crs=STORED_CRS), plane).to_numpy()
    return rows[in_circle(placed[1:], placed[0], circle.radius_m, circle.predicate)]


def _bounds(plots: gpd.GeoSeries) -> Box | None:
    west, south, east, north = (float(edge) for edge in plots.total_bounds)
    return (west, south, east, north) if math.isfinite(west) else None


def _missing_notes(missing: Sequence[str]) -> list[str]:
    if not missing:
        return []
    more = " 等" if len(missing) > _LISTED else ""
    return [f"{len(missing)} 个编号不在地块台账里：{'、'.join(missing[:_LISTED])}{more}。"]


def summary_notes(summary: DevelopmentSummary, far_target: float | None) -> list[str]:
    """Return in Chinese what is missing from the sums and from how many plots."""
    counted = (
        (summary.unknown_site_area_count, "宗地的用地面积未知，不计入面积"),
        (summary.unknown_gfa_count, "宗地的建筑面积未知，不计入建筑面积和容积率"),
        (summary.unknown_developable_count, "宗地缺资料，可否二次开发未知，不计入可开发面积"),
        (summary.unknown_constrained_count, "宗可开发地块缺资料，是否受限未知，不计入受限面积"),
        (summary.unknown_potential_count, "宗可开发地块的建筑面积未知，不计入潜力"),
    )
    notes = [f"{count} {words}。" for count, words in counted if count]
    if far_target is None:
        notes.append("当日还没有规定的目标容积率，潜力未计算。")
    return notes


def summary_record(summary: DevelopmentSummary, far_target: float | None) -> dict[str, Any]:
    """Return the sums as plain values for JSON: land in 亩, floors in m2, null where nothing is known."""
    return {
        "plot_count": summary.plot_count,
        "site_area_mu": summary.site_area_mu,
        "developable_count": summary.developable_count,
        "developable_mu": summary.developable_mu,
        "constrained_count": summary.constrained_count,
        "constrained_mu": summary.constrained_mu,
        "gfa_m2": summary.gfa_m2,
        "far": summary.far,
        "far_coverage": summary.far_coverage,
        "potential_gfa_m2": summary.potential_gfa_m2,
        "far_target": far_target,
        "unknown": {
            "site_area": summary.unknown_site_area_count,
            "gfa": summary.unknown_gfa_count,
            "developable": summary.unknown_developable_count,
            "developable_mu": summary.unknown_developable_mu,
            "constrained": summary.unknown_constrained_count,
            "constrained_mu": summary.unknown_constrained_mu,
            "potential": summary.unknown_potential_count,
        },
    }
