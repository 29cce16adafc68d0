"""Split and merged plots, plainly: who came from whom, and which part of a plot each of its heirs stands for."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from geoapp.verification.plots import Plot, site_area_m2
from geoapp.verification.source import Row, Source

_SEPARATOR = re.compile(r"[;；,，、\s]+")


@dataclass(slots=True)
class Lineage:
    """Of all plots, those on the register and those that are gone."""

    heirs: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    """By code of a plot that was split or merged: the plots made from it and the share each takes; sums to 1."""
    gone_area_m2: dict[str, float | None] = field(default_factory=dict)
    """By code of plots that are no longer on the register."""
    _order: list[str] = field(default_factory=list)
    _placed: set[str] = field(default_factory=set)

    @property
    def oldest_first(self) -> list[str]:
        """Return the plots that were split or merged, each before those made from it."""
        if not self._order:
            for code in self.heirs:
                self._place(code)
            self._order.reverse()
        return self._order

    def _place(self, code: str) -> None:
        """Put a plot behind all that came from it; the order is turned round at the end."""
        if code not in self.heirs or code in self._placed:
            return
        self._placed.add(code)
        for new, _ in self.heirs[code]:
            self._place(new)
        self._order.append(code)


def plain_lineage(source: Source, plots: list[Plot]) -> Lineage:
    """Return the lineage as the registers at the revision and the last versions of withdrawn plots tell it."""
    if "lineage" not in source.kept:
        source.kept["lineage"] = _lineage(source, plots)
    found: Lineage = source.kept["lineage"]
    return found


def _lineage(source: Source, plots: list[Plot]) -> Lineage:
    current = {plot.code for plot in plots}
    successors: dict[str, set[str]] = defaultdict(set)
    open_codes = _note(successors, {plot.code: plot.row for plot in plots}) - current
    gone: dict[str, Row] = {}
    asked: set[str] = set()
    while open_codes:
        asked |= open_codes
        versions = {code: source.last_version("plots", code) for code in sorted(open_codes)}
        found = {code: row for code, row in versions.items() if row is not None}
        gone |= found
        open_codes = _note(successors, found) - current - asked
    areas = {plot.code: plot.site_area_m2 for plot in plots}
    gone_area = {code: site_area_m2(source, row) for code, row in gone.items()}
    return Lineage(heirs=heirs_of(successors, areas | gone_area), gone_area_m2=gone_area)


def heirs_of(
    successors: Mapping[str, set[str]], areas_m2: Mapping[str, float | None]
) -> dict[str, list[tuple[str, float]]]:
    """Return by plot the plots made from it and the share each takes, in proportion to area; circles are left out.

    Examples
    --------
    >>> heirs_of({"A": {"B", "C"}}, {"B": 6e3, "C": 4e3})
    {'A': [('B', 0.6), ('C', 0.4)]}
    """
    pairs = _without_circles(successors)
    return {old: _shares(sorted(new), areas_m2) for old, new in pairs.items()}


def _note(successors: dict[str, set[str]], rows: Mapping[str, Row]) -> set[str]:
    """Enter who came from whom; return the codes named."""
    named: set[str] = set()
    for code, row in rows.items():
        for old in filter(None, _SEPARATOR.split((row["predecessors"] or "").strip())):
            if old != code:
                successors[old].add(code)
                named.add(old)
    return named


def _without_circles(successors: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Leave out the pairs that are part of a circle: from the new plot one would come back to the old one."""
    kept = {
        old: {new for new in found if old not in _reached(successors, new)}
        for old, found in successors.items()
    }
    return {old: found for old, found in kept.items() if found}


def _reached(successors: Mapping[str, set[str]], start: str) -> set[str]:
    seen, waiting = set(), [start]
    while waiting:
        for code in successors.get(waiting.pop(), ()):
            if code not in seen:
                seen.add(code)
                waiting.append(code)
    return seen


def _shares(codes: list[str], areas: Mapping[str, float | None]) -> list[tuple[str, float]]:
    known = [area for area in (areas.get(code) for code in codes) if area is not None and area > 0]
    usual = sum(known) / len(known) if known else 1.0
    sizes = [area if area is not None and area > 0 else usual for area in (areas.get(code) for code in codes)]
    return [(code, size / sum(sizes)) for code, size in zip(codes, sizes, strict=True)]
