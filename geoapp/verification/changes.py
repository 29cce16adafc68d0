"""What changed between two days, plot by plot: each plot of either day is looked at once, in every zone it lies in."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.verification.computed_fields import far_class_of, furthest_stages, status_of
from geoapp.verification.development import in_lines
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.filters import taken_in
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.source import Row, Source
from geoapp.verification.zones import OUTSIDE, TOTAL, all_rows

TOLERANCE_M2 = 0.005
"""Half of the last digit shown: a smaller difference of a plot is the rounding of coordinates."""
_RELATIVE = 1e-12
_COMING = {"new": 1, "entered": 1, "gone": -1, "left": -1}
_FORMER = ("gone", "left")
_CLASSES = ("stage", "treatment", "far_class", "grade", "low_efficiency", "line")
_PROVENANCE = ("source_file", "source_row")
Rows = dict[str, dict[str, Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The plots of one day."""

    source: Source
    plots: Mapping[str, Plot]
    wanted: frozenset[str]
    """Those that satisfy the filter."""
    share: Mapping[str, Mapping[str, float]]
    """By plot: the part of it in each zone, in all of them 1."""
    home: Mapping[str, tuple[str, ...]]
    """By plot: the zones in which it is counted."""
    classes: Mapping[str, Mapping[str, Any]]
    zones: tuple[str, ...]


def change_figures(
    before: Source, after: Source, *, zones: str, membership: str, filter_text: str = ""
) -> dict[str, dict[str, Figure]]:
    """Return the figures of zones by key, of plots by code|kind, of projects by project|code; m2.

    Parameters
    ----------
    before, after : Source
        The registers and the rules of either day.
    zones, membership, filter_text
        As for `plain_figures`.
    """

    def compute(state: Source) -> Rows:
        # The other way than the later day, so that what lies between the two moves as well.
        earlier = before.nudged(-state.nudge_m2) if state.nudge_m2 else before
        days = [_day(source, zones, membership, filter_text) for source in (earlier, state)]
        return _figures(*days) | _projects(*days, is_filtered=bool(filter_text))

    return with_slack(after, compute)


def _day(source: Source, zones: str, membership: str, filter_text: str) -> Day:
    plots = plain_plots(source)
    share: dict[str, dict[str, float]] = defaultdict(dict)
    home: dict[str, list[str]] = defaultdict(list)
    rows = all_rows(source, zones, membership)
    for row in rows:
        for code, part in row.area_share.items():
            share[code][row.key] = part
        for code in row.counted:
            home[code].append(row.key)
    return Day(
        source=source,
        plots={plot.code: plot for plot in plots},
        wanted=frozenset(plot.code for plot in taken_in(source, plots, filter_text)),
        share=share,
        home={code: tuple(keys) for code, keys in home.items()},
        classes=_classes(source, plots),
        zones=tuple(row.key for row in rows[:-2]),
    )


def _classes(source: Source, plots: list[Plot]) -> dict[str, dict[str, Any]]:
    stages = furthest_stages(source)
    inside = in_lines(source, [line.value for line in source.scheme.lines])
    return {
        plot.code: {
            "stage": stages.get(plot.code),
            "treatment": plot.row["low_efficiency_status"],
            "far_class": far_class_of(source, plot),
            "grade": plot.performance.grade,
            "low_efficiency": status_of(plot),
            "line": inside.get(plot.code),
        }
        for plot in plots
    }


def _kinds(code: str, old: Day, new: Day) -> Iterator[str]:
    """Yield the ways in which a plot differs."""
    was, is_now = code in old.wanted, code in new.wanted
    first, second = old.plots.get(code), new.plots.get(code)
    if first is None or second is None:
        if was or is_now:
            yield "new" if first is None else "gone"
        return
    if not was and not is_now:
        return
    if was != is_now:
        yield "entered" if is_now else "left"
    has_new_area = was and is_now and _is_redrawn(old, new, code) and _has_other_area(first, second)
    if has_new_area:
        yield "area"
    classes = [kind for kind in _CLASSES if old.classes[code][kind] != new.classes[code][kind]]
    yield from classes
    said = [
        *(["geometry"] if has_new_area else []),
        *(["low_efficiency_on"] if "treatment" in classes else []),
    ]
    if _has_other_fields(new.source, first.row, second.row, said):
        yield "other"


def _is_redrawn(old: Day, new: Day, code: str) -> bool:
    first, second = old.plots[code].row, new.plots[code].row
    return _differ(first["area_reg_m2"], second["area_reg_m2"]) or _differ(
        first["geometry"], second["geometry"]
    )


def _differ(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is not other
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > _RELATIVE * max(abs(one), abs(other))
    return bool(one != other)


def _has_other_area(first: Plot, second: Plot) -> bool:
    one, other = first.site_area_m2, second.site_area_m2
    if one is None or other is None:
        return one is not other
    return abs(other - one) > TOLERANCE_M2


def _has_other_fields(source: Source, first: Row, second: Row, said: list[str]) -> bool:
    told = [field.name for field in source.layers["plots"].fields if not field.is_restricted]
    left = {*told, "geometry"} - {"area_reg_m2", "low_efficiency_status", *_PROVENANCE, *said}
    return any(_differ(first.get(name), second.get(name)) for name in left)


def _figures(old: Day, new: Day) -> Rows:
    keys = [*new.zones, *sorted(set(old.zones) - set(new.zones)), OUTSIDE, TOTAL]
    sums: dict[str, dict[str, list[float]]] = {key: defaultdict(list) for key in keys}
    rows: Rows = {}
    for code in sorted({*old.plots, *new.plots}):
        kinds = list(_kinds(code, old, new))
        rows |= {f"{code}|{kind}": _record(code, kind, old, new) for kind in kinds}
        _add_states(sums, code, old, new)
        for kind in kinds:
            _add_kind(sums, code, kind, new if kind not in _FORMER else old)
        explained = [kind for kind in kinds if kind in (*_COMING, "area")]
        for key, change in _differences(code, old, new, is_still=not explained).items():
            sums[key]["difference_m2"].append(change)
            sums[key]["area_m2" if "area" in explained else "coming_m2" if explained else "moved_m2"].append(
                change
            )
    return rows | {key: _zone(found) for key, found in sums.items()}


def _size(day: Day, code: str) -> float:
    plot = day.plots.get(code)
    return 0.0 if plot is None else plot.site_area_m2 or 0.0


def _add_states(sums: dict[str, dict[str, list[float]]], code: str, old: Day, new: Day) -> None:
    for side, day in (("before", old), ("after", new)):
        if code in day.wanted:
            for key in day.home[code]:
                sums[key][f"{side}_count"].append(1.0)
            for key, part in day.share[code].items():
                sums[key][f"{side}_m2"].append(part * _size(day, code))


def _add_kind(sums: dict[str, dict[str, list[float]]], code: str, kind: str, day: Day) -> None:
    for key in day.home.get(code, ()):
        sums[key][f"{kind}_count"].append(1.0)
    if kind != "area":
        for key, part in day.share.get(code, {}).items():
            sums[key][f"{kind}_m2"].append(part * _size(day, code))


def _differences(code: str, old: Day, new: Day, *, is_still: bool) -> dict[str, float]:
    """Return what a plot adds to the land of each zone; what is below the tolerance is noise, not land."""
    first = _size(old, code) if code in old.wanted else 0.0
    second = _size(new, code) if code in new.wanted else 0.0
    if is_still and code in old.plots and code in new.plots and not _is_redrawn(old, new, code):
        second = first if second else 0.0
    before, after = old.share.get(code, {}), new.share.get(code, {})
    changes = {
        key: after.get(key, 0.0) * second - before.get(key, 0.0) * first for key in {**before, **after}
    }
    return {key: change for key, change in changes.items() if abs(change) > TOLERANCE_M2}


def _zone(found: Mapping[str, list[float]]) -> dict[str, Value]:
    sums: dict[str, Value] = {name: math.fsum(found.get(name, ())) for name in _ZONE_FIGURES}
    count = {name: len(found.get(f"{name}_count", ())) for name in ("before", "after", *_COMING)}
    sums["difference_count"] = float(count["after"] - count["before"])
    coming = sum(sign * count[kind] for kind, sign in _COMING.items())
    sums["moved_count"] = count["after"] - count["before"] - float(coming)
    moved = math.fsum(found.get("moved_m2", ()))
    sums["moved_m2"] = moved if abs(moved) > TOLERANCE_M2 else 0.0
    return sums


_ZONE_FIGURES = [
    f"{name}_{unit}"
    for name in ("before", "after", "difference", *_COMING, "area", *_CLASSES, "other")
    for unit in ("count", "m2")
]


def _record(code: str, kind: str, old: Day, new: Day) -> dict[str, Value]:
    first = old.plots[code].site_area_m2 if code in old.plots else None
    second = new.plots[code].site_area_m2 if code in new.plots else None
    change: Value = None
    if kind in ("new", "entered"):
        change = second
    elif kind in _FORMER:
        change = None if first is None else -first
    elif kind == "area" and first is not None and second is not None:
        change = second - first
    return {"before_m2": first, "after_m2": second, "difference_m2": change}


def _projects(old: Day, new: Day, *, is_filtered: bool) -> Rows:
    before, after = ({row["project_code"]: row for row in day.source.rows("projects")} for day in (old, new))
    codes = {*before, *after}
    if is_filtered:
        codes &= {
            row["project_code"]
            for day in (old, new)
            for row in day.source.rows("project_plots")
            if row["plot_code"] in day.wanted
        }
    rows: Rows = {}
    for code in codes:
        first, second = before.get(code), after.get(code)
        if first is None or second is None or first["stage"] != second["stage"]:
            shown = second or first or {}
            rows[f"project|{code}"] = {"area_m2": shown["area_m2"]}
    return rows
