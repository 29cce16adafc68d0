"""Where plots lie, as fields: inside or outside the control lines, in which control zone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.overlay import Membership
from geoapp.domain.filter_fields import FieldInfo
from geoapp.services.as_of import AsOf
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import known_membership, plots_membership, zone_membership
from geoapp.services.zone_source import CONTROL_LINE, Zones, find_zones
from geoapp.units import limit_text

IN_CONTROL_LINE = "in_control_line"
LINE_POSITION = "line_position"
CONTROL_ZONE = "control_zone"
CONTROL_ZONE_KIND = "control_zone_kind"
Places = NDArray[np.int64]
FEW_SHARE = 0.2
"""Of the plots: no more are looked at one by one, of more it is quicker and takes less memory to look at all."""
_INSIDE, _OUTSIDE = "inside", "outside"


def line_field(kind: str) -> str:
    """Return the name of the field that says whether a plot is inside the lines of a kind.

    Examples
    --------
    >>> line_field("KX1")
    'in_kx1'
    """
    return f"in_{kind.lower()}"


def location_fields(workspace: Workspace, zone_names: dict[str, str]) -> list[FieldInfo]:
    """Return the fields that say where a plot lies.

    Parameters
    ----------
    workspace : Workspace
    zone_names : dict
        Of the control zones, by code.
    """
    scheme = workspace.scheme
    share = float(scheme.membership_rule.get("threshold", 0.0))
    rule = f"至少 {limit_text(share)} 的面积在线内算线内。" if share else "有面积在线内算线内。"
    lines = [(line_field(code.value), f"在{code.zh}内", rule) for code in scheme.lines]
    flags = [(IN_CONTROL_LINE, "在控制线内", f"在任一种控制线内；{rule}"), *lines]
    return [
        *(
            FieldInfo(name=name, zh=zh, label=zh, dtype="boolean", description=words)
            for name, zh, words in flags
        ),
        FieldInfo(
            name=LINE_POSITION, zh="控制线内外", label="控制线内外", dtype="string",
            codes={_INSIDE: "控制线内", _OUTSIDE: scheme.outside.zh}, description=f"同“在控制线内”；{rule}",
        ),
        FieldInfo(
            name=CONTROL_ZONE, zh="所在管控区", label="所在管控区", dtype="string", codes=zone_names,
            has_open_codes=True, description="占地块面积最大的管控区；不在任何管控区的为空。",
        ),
        FieldInfo(
            name=CONTROL_ZONE_KIND, zh="所在管控区类型", label="所在管控区类型", dtype="string",
            codes={code.value: code.zh for code in scheme.zones}, description="占地块面积最大的管控区的类型。",
        ),
    ]  # fmt: skip


def location_columns(
    workspace: Workspace,
    plots: gpd.GeoSeries,
    names: Sequence[str],
    state: AsOf,
    rows: NDArray[np.int64] | None = None,
) -> dict[str, pd.Series]:
    """Return where plots lie.

    Parameters
    ----------
    workspace : Workspace
    plots : GeoSeries
        Of all plots of the state, in the register's order.
    names : sequence of str
        Fields wanted, others than `location_fields` are passed over.
    state : AsOf
    rows : array of int, optional
        Positions of the plots wanted; all if left out.

    Returns
    -------
    dict of Series by field, on the index of the plots wanted
        Of lines "boolean", missing for plots without a polygon, and for all while no control line is registered;
        of zones text, missing where a plot is in none.
    """
    place = _Place(workspace, plots, state, rows)
    lines = {line_field(code.value): code.value for code in workspace.scheme.lines}
    columns = {name: place.in_line(lines[name]) for name in names if name in lines}
    if IN_CONTROL_LINE in names or LINE_POSITION in names:
        inside = place.in_any_line(list(lines.values()))
        columns[IN_CONTROL_LINE] = inside
        if LINE_POSITION in names:
            columns[LINE_POSITION] = inside.map({True: _INSIDE, False: _OUTSIDE}).astype("str")
    if CONTROL_ZONE in names or CONTROL_ZONE_KIND in names:
        zone = place.zone()
        columns |= {CONTROL_ZONE: zone, CONTROL_ZONE_KIND: zone.map(place.zone_kinds()).astype("str")}
    return {name: column for name, column in columns.items() if name in names}


@dataclass(frozen=True, slots=True)
class _KeptPlaces:
    """In which zone plots lie that were asked for a few at a time: a version of a plot never moves."""

    by_fid: dict[int, int] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return 100 * len(self.by_fid)


def _places(membership: Membership) -> Places:
    """Return the column of the one zone in which each plot is counted, -1 for none."""
    places = np.full(membership.counts.shape[0], -1, dtype=np.int64)
    plot, zone = membership.counts.nonzero()
    places[plot] = zone
    return places


class _Place:
    """Answers about the plots wanted; the overlay of all plots is used where it is there or where all are wanted."""

    def __init__(
        self, workspace: Workspace, plots: gpd.GeoSeries, state: AsOf, rows: NDArray[np.int64] | None
    ) -> None:
        self._workspace = workspace
        self._all = plots
        self._state = state
        self._rows = rows
        self._wanted = plots if rows is None else plots.iloc[rows]
        self._in_line: dict[str, pd.Series] = {}

    def in_line(self, kind: str) -> pd.Series:
        """Return whether each plot is inside the lines of a kind."""
        if kind not in self._in_line:
            self._in_line[kind] = self._find_in_line(kind)
        return self._in_line[kind]

    def _find_in_line(self, kind: str) -> pd.Series:
        inside = self._belongs(self._division(f"{CONTROL_LINE}:{kind}")) >= 0
        values = pd.Series(inside, index=self._wanted.index, dtype="boolean")
        has_lines = len(self._workspace.store.read("control_lines", revision=self._state.revision)) > 0
        return values.where(self._has_area() & has_lines)

    def in_any_line(self, kinds: list[str]) -> pd.Series:
        """Return whether each plot is inside the lines of any kind."""
        nowhere = pd.Series(data=False, index=self._wanted.index, dtype="boolean")
        return reduce(or_, (self.in_line(kind) for kind in kinds), nowhere)

    def zone(self) -> pd.Series:
        """Return the code of the control zone with the largest share of each plot."""
        division = self._division("control_zones")
        keys = np.array([*division.geometry.index, None], dtype=object)
        return pd.Series(keys[self._belongs(division)], index=self._wanted.index, dtype="str")

    def zone_kinds(self) -> pd.Series:
        """Return the kinds of the control zones by code."""
        zones = self._workspace.store.read("control_zones", revision=self._state.revision)
        return zones.set_index("zone_code")["kind"]

    def _division(self, name: str) -> Zones:
        return find_zones(self._workspace, name, revision=self._state.revision, day=self._state.day)

    def _belongs(self, division: Zones) -> Places:
        """Return the place of the zone in which each plot wanted is counted, -1 for none."""
        revision = self._state.revision
        if self._rows is None:
            return _places(zone_membership(self._workspace, self._all, division, "clip", revision))
        if len(self._rows) > FEW_SHARE * len(self._all):
            return _places(zone_membership(self._workspace, self._all, division, "clip", revision))[
                self._rows
            ]
        known = known_membership(self._workspace, division, "clip", revision)
        if known is not None:
            return _places(known)[self._rows]
        kept = self._workspace.cache.get(("plot_places", division.version, division.least_share), _KeptPlaces)
        fids = self._workspace.store.read("plots", revision=revision).index.to_numpy()[self._rows].tolist()
        new = [row for row, fid in enumerate(fids) if fid not in kept.by_fid]
        if new:
            found = _places(plots_membership(self._workspace, self._wanted.iloc[new], division, "clip"))
            kept.by_fid.update(zip([fids[row] for row in new], found.tolist(), strict=True))
        return np.array([kept.by_fid[fid] for fid in fids], dtype=np.int64)

    def _has_area(self) -> NDArray[np.bool_]:
        has_area: NDArray[np.bool_] = shapely.area(self._wanted.to_numpy()) > 0
        return has_area
