"""What work on the map asks for: colours, names, selections, areas, distances, positions."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from geoapp.domain.geojson import AREAS, parse_shape, shape_record
from geoapp.domain.user import Permission
from geoapp.errors import UsageError
from geoapp.reports.zone_table import zone_table_record
from geoapp.services.area_statistics import area_statistics, read_area_file
from geoapp.services.as_of import AsOf, as_of, workspace_at
from geoapp.services.map_features import parse_box, parse_zoom
from geoapp.services.map_labels import map_labels, map_tip
from geoapp.services.map_styles import map_style, style_record
from geoapp.services.nearby import (
    LARGEST_BUFFER_M,
    MOST_NEAREST,
    buffer_plots,
    nearest_records,
    plot_shape,
)
from geoapp.services.plot_facts import today
from geoapp.services.plot_selection import (
    HIGHEST_FAR_TARGET,
    LARGEST_RADIUS_M,
    ByArea,
    ByCircle,
    ByKeys,
    Choice,
    check_keys,
    check_predicate,
    select_plots,
)
from geoapp.services.positions import go_to, position
from geoapp.services.project_filter import shown_mask
from geoapp.services.workspace import Workspace
from geoapp.web.area_unit import export_unit
from geoapp.web.parameters import (
    body_number,
    body_text,
    decimal_number,
    json_body,
    refuse_unknown,
    whole_number,
)
from geoapp.web.permissions import needs

blueprint = Blueprint("map_work", __name__)

SCOPE = ("filter", "at")
SHOWN = ("filter", "plots", "at")
"""Of addresses about what the map shows of one register."""
LEAST_RADIUS_M = 0.01
LEAST_FAR_TARGET = 0.1


def _workspace() -> Workspace:
    return current_app.extensions["geoapp"]  # type: ignore[no-any-return]


def _as_of() -> AsOf:
    return as_of(_workspace(), request.args.get("at"))


@blueprint.get("/layers/<register>/style.json")
def style(register: str) -> Response:
    """Give the classes of a colouring with the counts and areas of what the filter leaves."""
    refuse_unknown(("style", *SHOWN))
    style_id, state = request.args.get("style", ""), _as_of()
    found = map_style(_workspace(), register, style_id, state)
    mask = shown_mask(_workspace(), register, state, **_filters())
    return jsonify({**style_record(found, style_id, mask), "note": state.note})


@blueprint.get("/layers/<register>/labels.json")
def labels(register: str) -> Response:
    """Give the names to be written in a part of the map."""
    refuse_unknown(("bbox", "zoom", *SHOWN))
    box, zoom = parse_box(request.args.get("bbox", "")), parse_zoom(request.args.get("zoom", ""))
    return jsonify(map_labels(_workspace(), register, _as_of(), box=box, zoom=zoom, **_filters()))


def _filters() -> dict[str, str]:
    """Return the filters of what the map shows of a register; that over plots is for projects."""
    return {
        "filter_text": request.args.get("filter", ""),
        "plots_filter": request.args.get("plots", ""),
    }


@blueprint.get("/layers/<register>/tip.json")
def tip(register: str) -> Response:
    """Give what a pointer over a record shows."""
    refuse_unknown(("key", "at"))
    return jsonify(map_tip(_workspace(), register, request.args.get("key", ""), _as_of(), unit=export_unit()))


@blueprint.post("/plots/selection.json")
@needs(Permission.READ)
def selection() -> Response:
    """Give the plots that are named or lie in a shape, and what they come to."""
    refuse_unknown(SCOPE)
    body = json_body(("keys", "geometry", "circle", "predicate", "far_target", *SCOPE))
    state, filter_text = _scope(body)
    target = None
    if body.get("far_target") is not None:
        target = body_number(body, "far_target", lowest=LEAST_FAR_TARGET, highest=HIGHEST_FAR_TARGET)
    found = select_plots(_workspace(), _choice(body), state, filter_text=filter_text, far_target=target)
    return jsonify(found.to_dict())


def _scope(body: Mapping[str, Any]) -> tuple[AsOf, str]:
    """Return the day and the filter of a request, from its body or its address."""
    return as_of(_workspace(), body_text(body, "at")), body_text(body, "filter") or ""


def _choice(body: Mapping[str, Any]) -> Choice:
    given = [name for name in ("keys", "geometry", "circle") if body.get(name) is not None]
    if len(given) != 1:
        raise UsageError("请给出 keys（地块编号）、geometry（面）、circle（圆）三者之一。")
    predicate = check_predicate(body.get("predicate", "intersects"))
    if given == ["keys"]:
        return ByKeys(check_keys(body["keys"]))
    if given == ["geometry"]:
        return ByArea(parse_shape(body["geometry"], AREAS), predicate)
    circle = body["circle"]
    if not isinstance(circle, dict) or set(circle) != {"lon", "lat", "radius_m"}:
        raise UsageError('“circle”应为 {"lon": 经度, "lat": 纬度, "radius_m": 半径(米)}。')
    return ByCircle(
        lon=body_number(circle, "lon", lowest=-180, highest=180),
        lat=body_number(circle, "lat", lowest=-90, highest=90),
        radius_m=body_number(circle, "radius_m", lowest=LEAST_RADIUS_M, highest=LARGEST_RADIUS_M),
        predicate=predicate,
    )


@blueprint.post("/plots/buffer.json")
@needs(Permission.READ)
def buffer() -> Response:
    """Give what lies within a distance of a plot or a drawn shape, and the plots there."""
    refuse_unknown(SCOPE)
    body = json_body(("key", "geometry", "radius_m", *SCOPE))
    state, filter_text = _scope(body)
    radius_m = body_number(body, "radius_m", lowest=LEAST_RADIUS_M, highest=LARGEST_BUFFER_M)
    if (body.get("key") is None) == (body.get("geometry") is None):
        raise UsageError("请给出 key（地块编号）、geometry（点、线或面）两者之一。")
    if body.get("key") is not None:
        shape = plot_shape(_workspace(), body_text(body, "key") or "", state)
    else:
        shape = parse_shape(body["geometry"])
    around, found = buffer_plots(_workspace(), shape, radius_m, state, filter_text=filter_text)
    return jsonify(geometry=shape_record(around), radius_m=radius_m, **found.to_dict())


@blueprint.get("/layers/<register>/nearest.json")
def nearest(register: str) -> Response:
    """Give the records nearest to a point or a plot, nearest first; a POST gives those nearest to a drawn shape."""
    refuse_unknown(("lon", "lat", "of", "count", *SCOPE))
    count = whole_number("count", lowest=1, highest=MOST_NEAREST, default=5)
    state, plot_code = _as_of(), request.args.get("of")
    if (plot_code is None) == ("lon" not in request.args):
        raise UsageError("请给出 lon 和 lat（经纬度），或 of（地块编号），两者之一。")
    if plot_code is not None:
        origin = plot_shape(_workspace(), plot_code, state)
    else:
        lon = decimal_number("lon", lowest=-180, highest=180)
        lat = decimal_number("lat", lowest=-90, highest=90)
        origin = parse_shape({"type": "Point", "coordinates": [lon, lat]})
    records = nearest_records(
        _workspace(), register, origin, state, count=count, filter_text=request.args.get("filter", ""),
        without_plot=plot_code,
    )  # fmt: skip
    return jsonify(records=records)


@blueprint.post("/layers/<register>/nearest.json")
@needs(Permission.READ)
def nearest_of_shape(register: str) -> Response:
    """Give the records nearest to a drawn point, line or area, nearest first."""
    refuse_unknown(())
    body = json_body(("geometry", "count", *SCOPE))
    state, filter_text = _scope(body)
    count = body_number({"count": 5, **body}, "count", lowest=1, highest=MOST_NEAREST)
    if not count.is_integer():
        raise UsageError(f"“count”“{count:g}”不正确，应为 1 到 {MOST_NEAREST} 的整数。")
    origin = parse_shape(body.get("geometry"))
    records = nearest_records(
        _workspace(), register, origin, state, count=int(count), filter_text=filter_text
    )
    return jsonify(records=records)


@blueprint.post("/statistics/area.json")
@needs(Permission.READ)
def area() -> Response:
    """Give the zone statistics of one area, drawn (JSON) or uploaded (a form with a file)."""
    refuse_unknown(SCOPE)
    upload = request.files.get("file")
    notes: tuple[str, ...] = ()
    if upload is None and not request.is_json:
        raise UsageError("请提交画好的面（JSON），或上传一个面文件（表单字段 file）。")
    if upload is None:
        body = json_body(("geometry", *SCOPE))
        state, filter_text = _scope(body)
        shape = parse_shape(body.get("geometry"), AREAS)
    else:
        state, filter_text = _scope(request.form)
        crs, layer = (request.form.get(name, "").strip() or None for name in ("crs", "layer"))
        file = read_area_file(
            _workspace(), upload.stream, upload.filename or "", state.day, crs=crs, layer=layer
        )
        shape, notes = file.geometry, file.notes
    table = area_statistics(_workspace(), shape, state, filter_text=filter_text, notes=notes)
    record = zone_table_record(table.in_unit(export_unit())) | {"title": f"{table.zones_zh}工业用地统计表"}
    return jsonify(geometry=shape_record(shape), notes=list(notes), **record)


@blueprint.get("/position.json")
def position_of_point() -> Response:
    """Give a point in degrees and in the working CRS."""
    refuse_unknown(("lon", "lat"))
    lon = decimal_number("lon", lowest=-180, highest=180)
    lat = decimal_number("lat", lowest=-90, highest=90)
    return jsonify(position(_workspace(), lon, lat))


@blueprint.get("/goto.json")
def goto() -> Response:
    """Give where a coordinate or a code leads."""
    refuse_unknown(("q", "at"))
    state = _as_of()
    return jsonify(results=go_to(workspace_at(_workspace(), state), request.args.get("q", ""), today()))
