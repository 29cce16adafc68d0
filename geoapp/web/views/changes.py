"""What changed between two days: `/changes?from=&to=`, as page, data, map and files."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from flask import Blueprint, Response, current_app, jsonify, render_template, request

from geoapp.analysis.overlay import MEMBERSHIPS
from geoapp.domain.changes import ENTRY_KINDS, KINDS, PROJECT_KINDS, ChangeReport
from geoapp.domain.geojson import shape_record
from geoapp.errors import UsageError
from geoapp.reports.changes import (
    NO_CAUSE,
    cause_text,
    changes_bytes,
    changes_export_name,
    changes_export_name_ascii,
    changes_record,
)
from geoapp.services.changes import changes
from geoapp.services.publishing import publish_changes
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import zone_choices
from geoapp.web.area_unit import export_unit
from geoapp.web.downloads import CONTENT_TYPES, file_response
from geoapp.web.parameters import refuse_unknown, whole_number

blueprint = Blueprint("changes", __name__)

PARAMETERS = ("from", "to", "zones", "membership", "filter")
LIST_PARAMETERS = ("kind", "zone", "sort", "page")
PAGE_SIZE = 100
MOST_PROJECTS = 200
MOST_ENTRIES = 200
MOST_DRAWN = 5_000
"""Plots on the page's map: the largest ones; it says how many there are."""
MOST_SELECTED = 150
"""Plots that a link to the main map can name."""
TOLERANCE_DEG = 1e-5
SORTS = {
    "plot": "plot_code",
    "zone": "zone",
    "kind": "kind",
    "area": "size_m2",
    "difference": "difference_m2",
}
_LAST_PAGE = 1_000_000


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _report() -> ChangeReport:
    return changes(
        _workspace(),
        request.args.get("from"),
        request.args.get("to"),
        zones=request.args.get("zones", "towns"),
        membership=request.args.get("membership", "clip"),
        filter_text=request.args.get("filter", ""),
    )


@blueprint.get("/changes")
def page() -> str:
    """Show the sums per zone, the map and a page of the list."""
    refuse_unknown((*PARAMETERS, *LIST_PARAMETERS))
    report = _report()
    listed = _listed(report)
    number = whole_number("page", lowest=1, highest=_LAST_PAGE, default=1)
    shown = listed.iloc[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    totals = report.zones.iloc[-1]
    return render_template(
        "pages/changes.html",
        report=report,
        zones=report.zones.reset_index().to_dict("records"),
        columns=[kind for kind in report.kinds if totals[f"{kind.id}_count"]],
        absent=[kind.zh for kind in report.kinds if not totals[f"{kind.id}_count"]],
        has_moved=bool((report.zones["moved_count"] != 0).any() or (report.zones["moved_m2"] != 0).any()),
        kinds=KINDS,
        project_kinds=PROJECT_KINDS,
        records=shown.to_dict("records"),
        record_count=len(listed),
        plot_count=listed["plot_code"].nunique(),
        page=number,
        last_page=max(1, math.ceil(len(listed) / PAGE_SIZE)),
        projects=report.projects.head(MOST_PROJECTS).to_dict("records"),
        entries=report.entries.head(MOST_ENTRIES).to_dict("records"),
        entry_kinds=ENTRY_KINDS,
        cause_words={key: cause_text(revision) for key, revision in report.causes.items()},
        no_cause=NO_CAUSE,
        zone_choices=zone_choices(_workspace()),
        memberships=MEMBERSHIPS,
        query=_query(report),
        map_link=_map_query(report, listed),
        most_drawn=MOST_DRAWN,
    )


@blueprint.get("/changes.json")
def data() -> Response:
    """Give all of it as data."""
    refuse_unknown(PARAMETERS)
    return jsonify(changes_record(_report(), export_unit()))


@blueprint.get("/changes.<any(csv, xlsx):suffix>")
def export(suffix: str) -> Response:
    """Give it as a file; a csv holds one part: records, zones, projects, entries or revisions."""
    refuse_unknown((*PARAMETERS, *(["part"] if suffix == "csv" else [])))
    report, part = _report(), request.args.get("part", "records")
    content = changes_bytes(report, f".{suffix}", unit=export_unit(), part=part)
    named = part if suffix == "csv" else ""
    publish_changes(
        _workspace().settings, report, export_unit(), changes_export_name(report, f".{suffix}", named)
    )
    return file_response(
        content,
        suffix,
        name=changes_export_name(report, f".{suffix}", named),
        name_ascii=changes_export_name_ascii(report, f".{suffix}", named),
    )


@blueprint.get("/changes.geojson")
def shapes() -> Response:
    """Give the plots that changed and the zones' outlines for the page's map."""
    refuse_unknown((*PARAMETERS, "kind", "zone"))
    report = _report()
    listed = _listed(report)
    first = listed.drop_duplicates("plot_code")
    largest = first.sort_values("size_m2", ascending=False, kind="stable").head(MOST_DRAWN)
    names = listed["kind"].map({kind.id: kind.zh for kind in KINDS.values()})
    words = names.groupby(listed["plot_code"], sort=False).agg("、".join).to_dict()
    drawn = report.shapes.reindex(largest["plot_code"]).simplify(TOLERANCE_DEG)
    plots = [
        {
            "type": "Feature",
            "id": code,
            "properties": {"kind": kind, "name": name, "words": words[code]},
            "geometry": shape_record(shape),
        }
        for code, kind, name, shape in zip(
            largest["plot_code"], largest["kind"], largest["name"], drawn, strict=True
        )
    ]
    zones = report.zone_shapes.dropna().simplify(TOLERANCE_DEG)
    answer = jsonify(
        type="FeatureCollection", features=plots, total=len(first),
        zones=[shape_record(shape) for shape in zones],
    )  # fmt: skip
    answer.content_type = CONTENT_TYPES["geojson"]
    return answer


def _listed(report: ChangeReport) -> pd.DataFrame:
    """Return the changes of the kind and zone asked for, in the order asked for."""
    sizes = report.records["after_m2"].fillna(report.records["before_m2"])
    records = report.records.assign(size_m2=sizes)
    kind, zone, sort = (request.args.get(name, "") for name in ("kind", "zone", "sort"))
    if kind:
        if kind not in KINDS:
            raise UsageError(
                f"没有“{kind[:40]}”这类变化；可用：{'、'.join(f'{k.id}（{k.zh}）' for k in KINDS.values())}。"
            )
        records = records[records["kind"] == kind]
    if zone:
        if zone not in report.zones.index:
            raise UsageError(f"没有分区“{zone[:40]}”。请从分区表里点选。")
        records = records if zone == report.zones.index[-1] else records[records["zone"] == zone]
    if sort:
        records = _sorted(records, sort)
    return records


def _sorted(records: pd.DataFrame, sort: str) -> pd.DataFrame:
    name = sort.removeprefix("-")
    if name not in SORTS:
        raise UsageError(f"不能按“{sort[:40]}”排序；可用：{'、'.join(SORTS)}，前面加“-”为降序。")
    if name == "kind":
        order = {kind: rank for rank, kind in enumerate(KINDS)}
        ranks = records["kind"].map(order).sort_values(ascending=not sort.startswith("-"), kind="stable")
        return records.loc[ranks.index]
    return records.sort_values(
        SORTS[name], ascending=not sort.startswith("-"), kind="stable", na_position="last"
    )


def _query(report: ChangeReport) -> dict[str, str]:
    """Return what links of the page have in common; the later day only where it is not now."""
    query = {"from": report.from_day.isoformat()}
    if not report.is_to_now:
        query["to"] = report.to_day.isoformat()
    kept = {name: request.args[name] for name in ("zones", "membership", "filter") if request.args.get(name)}
    return query | kept


def _map_query(report: ChangeReport, listed: pd.DataFrame) -> Mapping[str, Any]:
    """Return the address of the main map with both days under its curtain and the plots listed marked."""
    codes = listed["plot_code"].unique()
    query = {
        "at": report.from_day.isoformat(),
        "swipe": f"day:{'now' if report.is_to_now else report.to_day.isoformat()}",
    }
    if 0 < len(codes) <= MOST_SELECTED:
        query["sel"] = ",".join(codes)
    if request.args.get("filter"):
        query["filter"] = request.args["filter"]
    return query
