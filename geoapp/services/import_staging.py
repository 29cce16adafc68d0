"""The steps between a file's layer and a staged import: columns, places, units, references, checks, comparison."""

from collections import Counter
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.domain.change import Comparison, compare
from geoapp.domain.column_units import FACTORS
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Layer
from geoapp.domain.matching import match_columns
from geoapp.domain.schema import DROP_ERROR_ROWS, check_frame, missing_columns, record_labels
from geoapp.formats.base import RawLayer
from geoapp.services.import_columns import Table, missing_keys, read_table
from geoapp.services.import_fixes import clear_cells, drop_records, offered_fixes
from geoapp.services.import_geometry import Located, PlaceRules, find_geometry, locate, point_columns
from geoapp.services.import_preview import bounds_of, corrected_frame, map_geometry, matched_columns, preview
from geoapp.services.import_quality import quality_issues
from geoapp.services.import_references import settle_references, shorten_town_codes
from geoapp.services.import_source import headers_of
from geoapp.services.import_staged import Report, StagedImport
from geoapp.services.import_units import settle_units, unit_rules
from geoapp.services.workspace import Workspace

_SOURCE_GEOMETRY = "source_geometry"
"""Field of registers that keep whether an area was delivered as a line."""
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_SEVERITY_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def stage_layer(
    workspace: Workspace,
    staged: StagedImport,
    raw: RawLayer,
    *,
    is_shapefile: bool,
    day: date,
    report: Report,
) -> None:
    """Fill a staged import from the layer of its file; see `import_file.stage_import`."""
    layer, options = staged.layer, staged.options
    report(0.35, "对应各列")
    table = _read_columns(staged, raw, is_shapefile=is_shapefile)
    report(0.5, "判断坐标系，检查图形")
    place_rules = PlaceRules(policy=workspace.policy, day=day, working_crs=workspace.settings.working_crs)
    located = _locate(staged, raw, table, place_rules)
    report(0.7, "核对单位和引用")
    stored = workspace.store.read(layer.id)
    decisions = settle_units(
        table, _areas_m2(table, located, stored), unit_rules(workspace.policy, day), chosen=options.units,
        fixes=options.fixes,
    )  # fmt: skip
    settle_references(table, workspace)
    shorten_town_codes(table, workspace)
    report(0.8, "检查记录")
    issues = [*staged.issues, *table.issues, *located.issues, *_record_issues(table, located, stored)]
    issues += quality_issues(table, located.geometry, workspace, day)
    issues = clear_cells(table, issues, options.fixes)
    issues = drop_records(table, issues, options.fixes)
    report(0.9, "与台账比较")
    staged.frame = _upserts(table, located, staged.file_name) if _has_key(table) else None
    staged.comparison = _comparison(staged.frame, stored, layer)
    issues += _emptied(staged.comparison, layer)
    staged.issues = sorted(issues, key=lambda issue: (_SEVERITY_ORDER[issue.severity], issue.row or 0))
    extra = [fix for decision in decisions.values() for fix in decision.offers]
    staged.fixes = offered_fixes(staged.issues, options.fixes, extra, table)
    staged.columns = matched_columns(raw, table, decisions)
    _describe(staged, raw, table, located)
    report(1.0, "检查完毕")


def _read_columns(staged: StagedImport, raw: RawLayer, *, is_shapefile: bool) -> Table:
    layer, options = staged.layer, staged.options
    coordinates = point_columns(raw, layer) or ()
    headers = [header for header in headers_of(raw) if header not in coordinates]
    matching = match_columns(headers, layer, chosen=options.columns, are_names_cut=is_shapefile)
    staged.issues = [*staged.issues, *matching.issues, *missing_keys(layer, matching, headers)]
    staged.encoding, staged.layer_name = raw.encoding, raw.name
    return read_table(
        raw.frame, matching, layer, reader_units=raw.units, chosen_units=options.units, fixes=options.fixes
    )


def _locate(staged: StagedImport, raw: RawLayer, table: Table, rules: PlaceRules) -> Located:
    geometry, issues = find_geometry(raw, staged.layer)
    if geometry is None:
        return Located(geometry=None, raw=None, issues=issues)
    options = staged.options
    keys = record_labels(table.records, staged.layer)
    located = locate(geometry, staged.layer, rules, keys=keys, crs=options.crs, fixes=options.fixes)
    if located.was_line is not None and _SOURCE_GEOMETRY in staged.layer.field_names:
        _note_source_geometry(table, located.was_line)
    staged.crs = located.verdict
    staged.needs = ("crs",) if located.verdict is not None and located.verdict.crs is None else ()
    located.issues[:0] = issues
    return located


def _note_source_geometry(table: Table, was_line: NDArray[np.bool_]) -> None:
    if _SOURCE_GEOMETRY not in table.records:
        kinds = np.where(was_line, "line", "polygon")
        table.records[_SOURCE_GEOMETRY] = pd.Series(kinds, index=table.records.index, dtype="str")


def _areas_m2(table: Table, located: Located, stored: pd.DataFrame) -> NDArray[np.float64]:
    """Return each record's ellipsoid area: of the file's own geometry, else of the stored record with its key."""
    nothing = np.full(len(table.records), np.nan)
    if located.geometry is not None:
        return _polygon_areas_m2(located.geometry)
    is_needed = any(f.unit in FACTORS and f.name in table.records for f in table.layer.fields)
    if not (is_needed and isinstance(stored, gpd.GeoDataFrame) and len(stored) and _has_key(table)):
        return nothing
    places = _keys(stored, table.layer).get_indexer(_keys(table.records, table.layer))
    areas_m2 = np.append(_polygon_areas_m2(stored.geometry), np.nan)
    return areas_m2[places]


def _polygon_areas_m2(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    shapes = geometry.to_numpy()
    is_polygon = np.isin(shapely.get_type_id(shapes), _POLYGONS)
    polygons = gpd.GeoSeries(np.where(is_polygon, shapes, None), crs=geometry.crs)
    return ellipsoid_area_m2(polygons)


def _has_key(table: Table) -> bool:
    return all(name in table.records for name in table.layer.key)


def _keys(frame: pd.DataFrame, layer: Layer) -> pd.Index:
    keys = frame[list(layer.key)]
    return pd.Index(keys[layer.key[0]]) if len(layer.key) == 1 else pd.MultiIndex.from_frame(keys)


def _record_issues(table: Table, located: Located, stored: pd.DataFrame) -> list[Issue]:
    layer = table.layer
    unread = {
        (row, layer.field(name).label)
        for name, cells in table.originals.items()
        for row in cells.index.tolist()
    }
    issues = [
        issue
        for issue in check_frame(table.records, layer)
        if issue.code != "required-missing" or (issue.row, issue.field) not in unread
    ]
    if not _has_key(table):
        return issues
    is_new = ~np.asarray(_keys(table.records, layer).isin(_keys(stored, layer)))
    is_new &= table.records[list(layer.key)].notna().all(axis=1).to_numpy()
    issues += missing_columns(table.records, layer, is_new)
    if layer.has_geometry and layer.geometry_required and located.raw is None:
        issues += _unknown_records(table, np.flatnonzero(is_new))
    return issues


def _unknown_records(table: Table, places: NDArray[np.int_]) -> list[Issue]:
    layer, keys = table.layer, record_labels(table.records, table.layer)
    rows = table.records.index.tolist()
    label = "、".join(layer.field(name).zh for name in layer.key)
    return [
        Issue(
            code="record-unknown", severity=Severity.ERROR, row=rows[place], key=keys[place], field=label,
            value=keys[place], message=f"“{layer.zh}”里没有{label}“{keys[place]}”，文件又没有图形，不能新增。",
            advice="请核对编号；新记录请连同图形导入；或选择“去掉有错误的记录”。", fix=DROP_ERROR_ROWS,
        )
        for place in places.tolist()
    ]  # fmt: skip


def _upserts(table: Table, located: Located, file_name: str) -> pd.DataFrame:
    records = table.records.copy()
    records["source_file"] = pd.Series(file_name, index=records.index, dtype="str")
    records["source_row"] = pd.Series(records.index.to_numpy(), index=records.index, dtype="Int64")
    if located.geometry is None:
        return records
    drawn: pd.DataFrame = gpd.GeoDataFrame(records, geometry=located.geometry.loc[records.index])
    return drawn


def _comparison(frame: pd.DataFrame | None, stored: pd.DataFrame, layer: Layer) -> Comparison | None:
    """Return how the records differ from the stored ones, None while a key is missing or there twice."""
    if frame is None:
        return None
    keys = frame[list(layer.key)]
    if keys.isna().to_numpy().any() or keys.duplicated().any():
        return None
    return compare(stored, frame, layer)


def _emptied(comparison: Comparison | None, layer: Layer) -> list[Issue]:
    """Return a warning for each field whose empty cells would empty stored values."""
    if comparison is None:
        return []
    counts = Counter(
        name
        for changes in comparison.changed_fields.values()
        for name, (old, new) in changes.items()
        if new is None and old is not None
    )
    return [
        Issue(
            code="values-emptied", severity=Severity.WARNING, field=_label(layer, name),
            message=f"“{_label(layer, name)}”有 {count} 个单元格是空的，接受后台账中已有的值会变成空。",
            advice="如果本意是不改，请从文件里去掉这一列，或填上原值。",
        )
        for name, count in counts.items()
    ]  # fmt: skip


def _label(layer: Layer, name: str) -> str:
    return layer.field(name).zh if name in layer.field_names else {"geometry": "图形"}.get(name, name)


def _describe(staged: StagedImport, raw: RawLayer, table: Table, located: Located) -> None:
    """Fill in what the page shows: first rows, the map, the corrected file."""
    staged.record_count = len(table.records)
    staged.preview = preview(table)
    shapes = located.geometry if located.geometry is not None else located.raw
    staged.corrected = corrected_frame(raw, table, staged.issues, shapes)
    if located.geometry is None or not len(table.records):
        return
    geometry = located.geometry.loc[table.records.index]
    staged.bounds = bounds_of(geometry)
    staged.geometry = map_geometry(geometry, record_labels(table.records, staged.layer))
