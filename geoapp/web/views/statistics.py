"""Zone statistics: the page, its figures, the zones' shapes, and the files to take along."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template, request

from geoapp.analysis.overlay import MEMBERSHIPS, check_membership
from geoapp.domain.table_quality import TableQuality
from geoapp.domain.user import Permission
from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import NotFoundError, UsageError
from geoapp.reports.zone_table import export_name, export_name_ascii, zone_table_bytes, zone_table_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.far_tax_plots import far_tax_plots
from geoapp.services.plot_quality import plot_quality
from geoapp.services.publishing import publish_statistics
from geoapp.services.records import filter_words
from geoapp.services.statistic_facts import choose_statistics
from geoapp.services.statistic_trend import statistic_trend, trend_record
from geoapp.services.workspace import Workspace
from geoapp.services.zone_files import keep_zone_file, kept_zone_file
from geoapp.services.zone_source import ZoneFile, zone_choices
from geoapp.services.zone_statistics import zone_shapes_geojson, zone_statistics
from geoapp.web.area_unit import export_unit
from geoapp.web.downloads import CONTENT_TYPES, file_response
from geoapp.web.parameters import refuse_unknown
from geoapp.web.permissions import needs

blueprint = Blueprint("statistics", __name__)

UPLOADED = "upload"
PARAMETERS = ("zones", "membership", "upload", "filter", "at", "show")
PAGE_PARAMETERS = ("figure",)
"""How the page shows the figures; it stays in the browser."""


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _chosen_zones() -> str:
    return request.args.get("zones", "towns")


def _membership() -> str:
    return request.args.get("membership", "clip")


def _filter_text() -> str:
    return request.args.get("filter", "")


def _state() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


def _shown() -> list[str] | None:
    """Return the ids of the statistics asked for, None for all."""
    if "show" not in request.args:
        return None
    return [name for name in request.args["show"].split(",") if name]


def _zones() -> str | ZoneFile:
    if _chosen_zones() == UPLOADED:
        return kept_zone_file(_workspace().settings, request.args.get("upload", ""))
    return _chosen_zones()


def _table(statistics: Sequence[str] | None) -> ZoneTable:
    refuse_unknown(PARAMETERS)
    zones = _zones()
    state = _state()
    table = zone_statistics(
        _workspace(),
        zones=zones,
        membership=_membership(),
        revision=state.revision,
        day=state.day,
        filter_text=_filter_text(),
        statistics=statistics,
    )
    if state.note:
        table = replace(table, findings=(state.note, *table.findings))
    return table.in_unit(export_unit())


@blueprint.get("/statistics")
def page() -> str:
    """Show the page; its figures follow by request. An address of what is not there shows nothing else instead."""
    refuse_unknown((*PARAMETERS, *PAGE_PARAMETERS))
    state = _state()
    choices = [{"id": choice.id, "zh": choice.zh} for choice in zone_choices(_workspace())]
    if _chosen_zones() == UPLOADED:
        choices.append({"id": UPLOADED, "zh": "上传的分区文件"})
    if _chosen_zones() not in [choice["id"] for choice in choices]:
        known = "、".join(choice["zh"] for choice in choices)
        raise NotFoundError(f"没有分区“{_chosen_zones()}”。可选的分区：{known}。")
    check_membership(_membership())
    return render_template(
        "pages/statistics.html",
        zone_choices=choices,
        membership_choices=[{"id": name, "zh": words} for name, words in MEMBERSHIPS.items()],
        chosen={"zones": _chosen_zones(), "membership": _membership()},
        statistics=_statistic_choices(state),
        filter_words=filter_words(_workspace(), "plots", _filter_text()) if _filter_text() else "",
        day=None if state.is_now else state.day,
    )


def _statistic_choices(state: AsOf) -> list[dict[str, str | bool]]:
    """Return the statistics that hold on the day, those shown at first marked."""
    policy, shown = _workspace().policy_at(state.revision), _shown()
    choose_statistics(policy, state.day, shown)  # refuses what there is not
    found, _, _ = choose_statistics(policy, state.day)
    return [
        {
            "id": statistic.id,
            "zh": statistic.zh,
            "is_default": statistic.is_default,
            "is_shown": statistic.is_default if shown is None else statistic.id in shown,
        }
        for statistic in found
    ]


@blueprint.get("/statistics.json")
def figures() -> Response:
    """Return the table as JSON."""
    return jsonify(zone_table_record(_table(_shown())))


@blueprint.get("/statistics/zones.geojson")
def shapes() -> Response:
    """Return the zones' shapes for the map beside the table."""
    response = make_response(zone_shapes_geojson(_table(statistics=[])))
    response.content_type = CONTENT_TYPES["geojson"]
    return response


@blueprint.get("/statistics/trend.json")
def trend() -> Response:
    """Return one figure at the end of each year."""
    refuse_unknown((*PARAMETERS, *PAGE_PARAMETERS))
    found = statistic_trend(
        _workspace(),
        request.args.get("figure", ""),
        zones=_zones(),
        membership=_membership(),
        filter_text=_filter_text(),
        at=request.args.get("at"),
    )
    return jsonify(trend_record(found, export_unit()))


@blueprint.get("/statistics/quadrants.json")
def quadrants() -> Response:
    """Return the plots of the four-quadrant chart."""
    refuse_unknown(("filter", "at"))
    return jsonify(far_tax_plots(_workspace(), _state(), filter_text=_filter_text()).to_dict())


@blueprint.get("/statistics/quality.json")
def quality() -> Response:
    """Return what is wrong with the records behind the table."""
    refuse_unknown((*PARAMETERS, *PAGE_PARAMETERS))
    return jsonify(_quality().to_dict())


def _quality() -> TableQuality:
    return plot_quality(
        _workspace(), _state(), zones=_zones(), membership=_membership(), filter_text=_filter_text(),
        unit=export_unit(),
    )  # fmt: skip


@blueprint.get("/statistics.<any(xlsx, csv, geojson, gpkg):suffix>")
def export(suffix: str) -> Response:
    """Return the table as a file."""
    table = replace(_table(_shown()), quality=_quality())
    content, name = zone_table_bytes(table, f".{suffix}"), export_name(table, f".{suffix}")
    publish_statistics(_workspace().settings, table, name)
    return file_response(
        content,
        suffix,
        name=name,
        name_ascii=export_name_ascii(table, f".{suffix}"),
    )


@blueprint.post("/statistics/zones")
@needs(Permission.READ)
def upload_zones() -> Response:
    """Keep an uploaded file of polygons to be used as zones."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("没有选择文件。请选择一个面文件再上传。")
    key, crs = (request.form.get(name, "").strip() or None for name in ("zone_key", "crs"))
    upload_id = keep_zone_file(_workspace(), file.stream, file.filename, key=key, crs=crs)
    return jsonify(upload=upload_id)
