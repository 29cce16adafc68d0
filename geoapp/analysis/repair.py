"""Geometry as a register needs it: two-dimensional, valid, of the right kind; every change and doubt is listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.rings import closed_gap, lines_to_polygons
from geoapp.domain.change import TOLERANCE_DEG
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Layer
from geoapp.domain.policy import Policy

DROP_WITHOUT_GEOMETRY = "drop-without-geometry"
CLOSE_LINES = "close-lines"

_POINT, _LINE, _RING, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = range(8)
_KINDS = {
    _POINT: "点",
    _LINE: "线",
    _RING: "线",
    _POLYGON: "面",
    _MULTIPOINT: "多点",
    _MULTILINE: "多线",
    _MULTIPOLYGON: "多面",
    _COLLECTION: "混合图形",
}
_WANTED = {"polygon": (_POLYGON, _MULTIPOLYGON), "point": (_POINT,), "line": (_LINE, _MULTILINE)}
_WANTED_ZH = {"polygon": "面", "point": "点", "line": "线"}
_REASONS = {
    "Ring Self-intersection": "环自相接触",
    "Self-intersection": "边界自相交",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞套着洞",
    "Interior is disconnected": "内部被洞隔断",
    "Nested shells": "一个部分套在另一部分里",
    "Duplicate Rings": "环重复",
    "Too few points": "点数不足",
}
_LOST_ADVICE = "请补上图形；或选择“去掉没有图形的记录”。"

Shapes = NDArray[np.object_]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRules:
    """What one register asks of its geometry, and from which size a flaw is worth a finding."""

    geometry: str
    """point, line or polygon."""
    is_required: bool
    working_crs: int
    """EPSG code of the plane CRS in which metres are measured."""
    sliver_area_m2: float
    sliver_width_m: float
    ring_gap_m: float
    """Ends of a line no farther apart than this are joined, and said."""
    repair_area_share: float
    overlap_area_m2: float | None
    """None: records may overlap."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The geometry after repair, on the index it came with, and everything there is to say about it."""

    geometry: gpd.GeoSeries
    """EPSG:4490; None where a record has none or it is of no use."""
    issues: list[Issue]
    was_line: Mask
    """Which polygons were delivered as closed lines."""


def repair_rules(policy: Policy, day: date, layer: Layer, working_crs: int) -> RepairRules:
    """Return a register's rules from the rule book (`policy/import_checks.toml`) as of *day*."""
    may_overlap = layer.id not in policy.value("import_no_overlap_registers", day)
    return RepairRules(
        geometry=layer.geometry,
        is_required=layer.geometry_required,
        working_crs=working_crs,
        sliver_area_m2=policy.value("import_sliver_area_m2", day),
        sliver_width_m=policy.value("import_sliver_width_m", day),
        ring_gap_m=policy.value("import_ring_gap_m", day),
        repair_area_share=policy.value("import_repair_area_share", day),
        overlap_area_m2=None if may_overlap else policy.value("import_overlap_area_m2", day),
    )


def repair(
    geometry: gpd.GeoSeries,
    rules: RepairRules,
    *,
    keys: Sequence[str | None] | None = None,
    fixes: frozenset[str] = frozenset(),
) -> Repaired:
    """Return geometry fit for a register, with each change and each doubt as a finding.

    In this order: heights and measures are dropped; coordinates that are no numbers, missing and empty shapes are
    reported; closed lines become polygons (open ones too where `close-lines` is among *fixes*); collections keep the
    parts of the wanted kind; invalid polygons are rebuilt (`make_valid`, polygon parts kept); then slivers, equal
    shapes and overlaps are reported.

    Parameters
    ----------
    geometry : GeoSeries
        In EPSG:4490. The index is the row in the user's file and names the rows of the findings.
    rules : RepairRules
        See `repair_rules`.
    keys : sequence of str, optional
        The records' keys, for the findings.
    fixes : frozenset of str
        Fixes the user chose.

    Returns
    -------
    Repaired
        Same index and CRS. A record whose geometry is of no use holds None; where the register requires geometry its
        finding is an error with the fix `drop-without-geometry`.

    Examples
    --------
    >>> rules = RepairRules(geometry="polygon", is_required=True, working_crs=4549, sliver_area_m2=1.0,
    ...     sliver_width_m=0.1, ring_gap_m=1.0, repair_area_share=0.001, overlap_area_m2=None)
    >>> bow_tie = shapely.Polygon([(121.5, 29.9), (121.51, 29.91), (121.51, 29.9), (121.5, 29.91)])
    >>> done = repair(gpd.GeoSeries([bow_tie], index=[7], crs=4490), rules)
    >>> bool(done.geometry.is_valid.all()), [(issue.row, issue.code) for issue in done.issues]
    (True, [(7, 'geometry-repaired')])
    """
    bench = _Bench(geometry, rules, keys)
    bench.flatten()
    bench.drop_unusable_coordinates()
    if rules.geometry == "polygon":
        bench.close_lines(CLOSE_LINES in fixes)
    if rules.geometry == "point":
        bench.take_points_inside()
    bench.keep_wanted_parts()
    if rules.geometry == "polygon":
        bench.make_valid()
    bench.report_missing()
    bench.report_equal()
    if rules.geometry == "polygon":
        bench.report_slivers()
        bench.report_overlaps()
    repaired = gpd.GeoSeries(bench.shapes, index=geometry.index, crs=geometry.crs)
    return Repaired(repaired, bench.issues, bench.was_line)


class _Bench:
    """The shapes under repair, with the findings so far; lives for one call of `repair`."""

    def __init__(
        self, geometry: gpd.GeoSeries, rules: RepairRules, keys: Sequence[str | None] | None
    ) -> None:
        self.shapes: Shapes = np.array(geometry.to_numpy(), dtype=object)
        self.rules = rules
        self.rows: list[int] = [int(row) for row in geometry.index]
        self.keys = list(keys) if keys is not None else [None] * len(self.rows)
        self.crs = geometry.crs
        self.issues: list[Issue] = []
        self.was_line: Mask = np.zeros(len(self.rows), dtype=bool)
        self._equal: NDArray[np.int_] = np.arange(len(self.rows))
        self._is_said: Mask = np.zeros(len(self.rows), dtype=bool)

    def flatten(self) -> None:
        has_height = shapely.has_z(self.shapes) | shapely.has_m(self.shapes)
        if not has_height.any():
            return
        self.shapes = shapely.force_2d(self.shapes)
        message = f"{int(has_height.sum())} 条记录的图形带高程或量测值（Z/M），已去掉，只保留平面坐标。"
        self.issues.append(Issue(code="geometry-flattened", severity=Severity.NOTE, message=message))

    def drop_unusable_coordinates(self) -> None:
        coordinates, owner = shapely.get_coordinates(self.shapes, return_index=True)
        is_bad = np.zeros(len(self.shapes), dtype=bool)
        is_bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
        self._lose(
            is_bad, "geometry-not-finite", lambda _: "图形含有不是数的坐标，或换算后超出坐标系的有效范围。"
        )

    def close_lines(self, is_forced: bool) -> None:
        types = shapely.get_type_id(self.shapes)
        is_line = np.isin(types, (_LINE, _RING, _MULTILINE)) & ~shapely.is_empty(self.shapes)
        if not is_line.any():
            return
        gaps_m = np.zeros(len(self.shapes))
        gaps_m[is_line] = closed_gap(self._plane(self.shapes[is_line]))
        is_closing = is_line & ((gaps_m <= self.rules.ring_gap_m) | is_forced)
        self.shapes[is_closing] = lines_to_polygons(self.shapes[is_closing])
        self.was_line = is_closing & ~shapely.is_missing(self.shapes)
        is_open = is_line & ~is_closing
        self._say(
            is_open, "line-not-closed", Severity.ERROR,
            lambda i: f"线没有闭合（首尾相距 {gaps_m[i]:.2f} 米），围不成面。",
            advice="请闭合后重新导入；或选择“首尾相连成面”。", fix=CLOSE_LINES,
        )  # fmt: skip
        self.shapes[is_open] = None
        self._is_said |= is_open
        self._lose(is_closing & ~self.was_line, "line-encloses-nothing", lambda _: "线的点数太少，围不成面。")
        self._say(
            self.was_line, "line-to-polygon", Severity.NOTE,
            lambda i: "闭合线已构成面" + (f"（首尾相距 {gaps_m[i]:.2f} 米，已连上）。" if gaps_m[i] > 0 else "。"),
        )  # fmt: skip

    def take_points_inside(self) -> None:
        types = shapely.get_type_id(self.shapes)
        is_area = np.isin(types, (_POLYGON, _MULTIPOLYGON)) & ~shapely.is_empty(self.shapes)
        self.shapes[is_area] = shapely.point_on_surface(self.shapes[is_area])
        self._say(
            is_area,
            "polygon-to-point",
            Severity.WARNING,
            lambda _: "这里需要点，文件给的是面，已取面内一点。",
        )
        is_single = (types == _MULTIPOINT) & (shapely.get_num_geometries(self.shapes) == 1)
        self.shapes[is_single] = shapely.get_geometry(self.shapes[is_single], 0)

    def keep_wanted_parts(self) -> None:
        types = shapely.get_type_id(self.shapes)
        wanted = _WANTED[self.rules.geometry]
        is_collection = (types == _COLLECTION) & ~shapely.is_empty(self.shapes)
        if is_collection.any():
            self.shapes[is_collection] = self._parts_of(self.shapes[is_collection], wanted)
            kept = is_collection & ~shapely.is_missing(self.shapes)
            zh = _WANTED_ZH[self.rules.geometry]
            self._say(
                kept,
                "geometry-parts-dropped",
                Severity.WARNING,
                lambda _: f"混合图形只保留了{zh}，其余部分去掉。",
            )
            types = np.where(kept, wanted[0], types)
        is_wrong = ~np.isin(types, wanted) & ~shapely.is_empty(self.shapes) & (types >= 0)
        is_wrong |= is_collection & shapely.is_missing(self.shapes)
        zh = _WANTED_ZH[self.rules.geometry]
        self._lose(is_wrong, "geometry-type", lambda i: f"图形是{_KINDS[int(types[i])]}，这里需要{zh}。")

    def make_valid(self) -> None:
        is_invalid = ~shapely.is_valid(self.shapes) & ~shapely.is_missing(self.shapes)
        if not is_invalid.any():
            return
        where = np.flatnonzero(is_invalid)
        reasons = [_reason(text) for text in shapely.is_valid_reason(self.shapes[where])]
        before_m2 = shapely.area(self._plane(self.shapes[where]))
        built = _rebuilt(self.shapes[where])
        after_m2 = np.nan_to_num(shapely.area(self._plane(built)))
        self.shapes[where] = built
        why = dict(zip(where.tolist(), reasons, strict=True))
        self._lose(is_invalid & shapely.is_missing(self.shapes), "geometry-collapsed",
                   lambda i: f"图形无效（{why[i]}），修复后没有面积。")  # fmt: skip
        share = np.abs(after_m2 - before_m2) / np.where(after_m2 > 0, after_m2, np.inf)
        for place, reason, before, after, change in zip(
            where, reasons, before_m2, after_m2, share, strict=True
        ):
            if after > 0:
                self._append_repaired(int(place), reason, before, after, change)

    def report_missing(self) -> None:
        is_empty = shapely.is_empty(self.shapes) & ~shapely.is_missing(self.shapes)
        self._lose(is_empty, "geometry-empty", lambda _: "图形是空的。")
        if self.rules.is_required:
            self._lose(
                shapely.is_missing(self.shapes) & ~self._is_said, "geometry-missing", lambda _: "没有图形。"
            )

    def report_equal(self) -> None:
        known = np.flatnonzero(~shapely.is_missing(self.shapes))
        if self.rules.geometry == "point" or len(known) == 0:
            return
        group, _ = pd.factorize(shapely.to_wkb(shapely.normalize(self.shapes[known])))
        _, first = np.unique(group, return_index=True)
        earlier = np.full(len(self.shapes), -1)
        earlier[known] = known[first[group]]
        is_repeated = (earlier >= 0) & (earlier != np.arange(len(self.shapes)))
        self._say(
            is_repeated, "geometry-duplicate", Severity.WARNING,
            lambda i: f"图形与第 {self.rows[earlier[i]]} 行{self._key_words(int(earlier[i]))}完全相同。",
            advice="请核对是否重复登记。",
        )  # fmt: skip
        self._equal = np.where(earlier >= 0, earlier, self._equal)

    def report_slivers(self) -> None:
        parts, owner = shapely.get_parts(self._plane(self.shapes), return_index=True)
        areas_m2 = shapely.area(parts)
        widths_m = 2 * areas_m2 / np.maximum(shapely.length(parts), np.finfo(float).tiny)
        is_sliver = (areas_m2 < self.rules.sliver_area_m2) | (widths_m < self.rules.sliver_width_m)
        counts = np.bincount(owner[is_sliver], minlength=len(self.shapes))
        smallest = np.full(len(self.shapes), np.inf)
        np.minimum.at(smallest, owner[is_sliver], areas_m2[is_sliver])
        self._say(
            counts > 0, "geometry-sliver", Severity.WARNING,
            lambda i: f"图形含 {counts[i]} 个碎片（小于 {self.rules.sliver_area_m2:g} 平方米或窄于"
                      f" {self.rules.sliver_width_m:g} 米），最小 {smallest[i]:.3f} 平方米。",
            advice="碎片已照原样保留，请核对。",
        )  # fmt: skip

    def report_overlaps(self) -> None:
        limit_m2 = self.rules.overlap_area_m2
        if limit_m2 is None or len(self.shapes) < 2:
            return
        plane = self._plane(self.shapes)
        one, other = shapely.STRtree(plane).query(plane, predicate="intersects")
        is_pair = (one > other) & (self._equal[one] != self._equal[other])
        one, other = one[is_pair], other[is_pair]
        areas_m2 = shapely.area(shapely.intersection(plane[one], plane[other]))
        for a, b, area_m2 in zip(one, other, areas_m2, strict=True):
            if area_m2 > limit_m2:
                self._append_overlap(int(a), int(b), float(area_m2))

    def _plane(self, shapes: Shapes) -> Shapes:
        metres: Shapes = gpd.GeoSeries(shapes, crs=self.crs).to_crs(self.rules.working_crs).to_numpy()
        return metres

    @staticmethod
    def _parts_of(collections: Shapes, wanted: tuple[int, ...]) -> Shapes:
        """Return the parts of wanted types of each collection as one geometry, None where there are none."""
        parts, owner = shapely.get_parts(collections, return_index=True)
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
        is_wanted = np.isin(shapely.get_type_id(parts), wanted)
        found: Shapes = np.full(len(collections), None, dtype=object)
        for place in np.unique(owner[is_wanted]):
            found[place] = shapely.union_all(parts[is_wanted & (owner == place)])
        return found

    def _key_words(self, place: int) -> str:
        return f"（{self.keys[place]}）" if self.keys[place] else ""

    def _append_repaired(
        self, place: int, reason: str, before_m2: float, after_m2: float, share: float
    ) -> None:
        severity = Severity.WARNING if share > self.rules.repair_area_share else Severity.NOTE
        change = (
            f"，面积由 {before_m2:.2f} 变为 {after_m2:.2f} 平方米" if severity is Severity.WARNING else ""
        )
        self.issues.append(
            Issue(
                code="geometry-repaired", severity=severity, message=f"图形无效（{reason}），已自动修复{change}。",
                advice="请在图上核对形状。", row=self.rows[place], key=self.keys[place],
            )
        )  # fmt: skip

    def _append_overlap(self, place: int, other: int, area_m2: float) -> None:
        message = f"图形与第 {self.rows[other]} 行{self._key_words(other)}重叠 {area_m2:.2f} 平方米。"
        self.issues.append(
            Issue(
                code="geometry-overlap", severity=Severity.WARNING, message=message, advice="请核对界线。",
                row=self.rows[place], key=self.keys[place], value=f"{area_m2:.2f}",
            )
        )  # fmt: skip

    def _lose(self, mask: Mask, code: str, message: Callable[[int], str]) -> None:
        """Take the geometry of the rows in *mask* away and say why; an error where the register needs it."""
        is_required = self.rules.is_required
        self._say(
            mask, code, Severity.ERROR if is_required else Severity.WARNING, message,
            advice=_LOST_ADVICE if is_required else "该记录没有图形地入库。",
            fix=DROP_WITHOUT_GEOMETRY if is_required else None,
        )  # fmt: skip
        self.shapes[mask] = None
        self._is_said |= mask

    def _say(
        self, mask: Mask, code: str, severity: Severity, message: Callable[[int], str], *, advice: str = "",
        fix: str | None = None,
    ) -> None:  # fmt: skip
        self.issues += [
            Issue(
                code=code, severity=severity, message=message(place), advice=advice, row=self.rows[place],
                key=self.keys[place], fix=fix,
            )
            for place in np.flatnonzero(mask).tolist()
        ]  # fmt: skip


def _rebuilt(polygons: Shapes) -> Shapes:
    """Return polygons made valid, None where no area is left."""
    built: Shapes = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
    # Where vertices nearly coincide GEOS may hand back an invalid polygon; a grid of 0.1 mm settles it.
    is_stubborn = ~shapely.is_valid(built)
    built[is_stubborn] = shapely.set_precision(shapely.buffer(built[is_stubborn], 0), TOLERANCE_DEG)
    built[shapely.is_empty(built)] = None
    return built


def _reason(text: str) -> str:
    """Return GEOS's reason in Chinese with the place it names."""
    words, _, place = text.partition("[")
    zh = next((zh for en, zh in _REASONS.items() if words.startswith(en)), words.strip())
    return f"{zh}，在 {place.rstrip(']')}" if place else zh
