"""Splitting a plot on the map: parts with lineage, sums shared out by area or as typed, one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.intensity import counted_floor_area
from geoapp.analysis.plot_division import split_by_line
from geoapp.domain.change import RecordVersion, RegisterChange
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.layer import Field, Layer
from geoapp.domain.rounding import half_up
from geoapp.domain.statistic import Floats
from geoapp.errors import FormError, InputError, NotFoundError, UsageError
from geoapp.services.edits import Saved, frame_of, read_version, write_edit
from geoapp.services.plot_facts import facts_holding, today
from geoapp.services.plot_successors import by_place, move_to_successors
from geoapp.services.record_form import read_fields, read_signature, value_text
from geoapp.services.workspace import Workspace

BY_AREA, TYPED = "area", "typed"
_DECIMALS, _CENT_M2 = 2, 0.01
"""Areas are written to the hundredth; by one each may typed parts miss the whole."""
_DECIMALS_OF_REST = 6
"""What is left of a whole that has more than two decimals, without the noise of subtracting."""
_OF_BUILDINGS = {"gfa_actual_m2": "gfa_m2", "gfa_far_m2": "counted_m2", "footprint_m2": "footprint_m2"}
"""Fields of a plot that its buildings come to, and what of a building: they go where the buildings go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How a line would divide a plot."""

    plot_code: str
    version: int
    parts: tuple[shapely.Geometry, ...]
    """In degrees, from west to east."""
    areas_m2: tuple[float, ...]
    codes: tuple[str, ...]
    """Suggested for the parts; none of them was ever used."""
    sums: tuple[tuple[Field, float, tuple[float, ...]], ...]
    """What is shared out: field, the plot's value, and each part's by its area or its buildings."""


def divide_plot(workspace: Workspace, plot_code: str, line: shapely.LineString) -> Division:
    """Return how a line divides a plot; nothing is stored.

    Raises
    ------
    InputError
        The plot has no shape, or the line does not divide it.
    NotFoundError, GoneError
        No such plot.
    """
    held = workspace.store.record("plots", (plot_code,))
    parts = _parts(held, line)
    areas = ellipsoid_area_m2(gpd.GeoSeries(parts, crs=STORED_CRS)).tolist()
    return Division(
        plot_code=plot_code,
        version=held.from_revision,
        parts=tuple(parts),
        areas_m2=tuple(areas),
        codes=free_codes(workspace, plot_code, len(parts)),
        sums=tuple(_shared(workspace, held.fields, parts)),
    )


def split_plot(
    workspace: Workspace,
    plot_code: str,
    line: shapely.LineString,
    form: Mapping[str, Any],
) -> Saved:
    """Store a plot's parts in its place as one revision.

    Every part names the plot among its predecessors. Fields that add up (`when_divided = "shared"` in the register)
    are shared out by the parts' areas, floor area and footprint by the buildings that go to each part where there are
    any, or as typed; the others are the plot's, those that each plot has of its own are left empty.

    Parameters
    ----------
    workspace : Workspace
    plot_code : str
    line : LineString
        In degrees.
    form : mapping
        "seen" as for `edit_record`; "codes", one per part from west to east; "sharing": "area" or "typed"; with
        "typed", "values": by field a text for each part; edited_by, edit_reason, edit_document_no.

    Raises
    ------
    FormError
        All that is wrong: a code missing, used twice or ever used before, typed parts that do not come to the whole.
    InputError
        The line does not divide the plot.
    StaleError
        Somebody changed the plot since; nothing is stored.
    """
    layer, version = workspace.layer("plots"), read_version(form)
    held = workspace.store.record("plots", (plot_code,))
    parts = _parts(held, line)
    complaints: dict[str, str] = {}
    signature = read_signature(form, complaints)
    codes = _codes(workspace, layer, form.get("codes"), len(parts), complaints)
    shared = _shares(workspace, held.fields, parts, form, complaints)
    if complaints:
        raise FormError(complaints)
    records = [
        {
            **_inherited(layer, held.fields),
            **{name: values[place] for name, values in shared.items()},
            "plot_code": code,
            "predecessors": plot_code,
            "geometry": part,
        }
        for place, (code, part) in enumerate(zip(codes, parts, strict=True))
    ]
    limit = float(workspace.policy.value("building_outside_share", today()))
    areas = dict(zip(codes, _site_areas(parts, shared), strict=True))
    moved = move_to_successors(workspace, [plot_code], dict(zip(codes, parts, strict=True)), limit, areas)
    seen = {(plot_code,): version, **{(code,): 0 for code in codes}}
    change = RegisterChange(frame_of(layer, records), removed=[(plot_code,)], seen=seen)
    lacked = _without_floor(workspace, [plot_code])
    revision = write_edit(workspace, {"plots": change, **moved.changes}, signature)
    findings = (
        *cleared_words(layer, [held.fields]),
        *moved.findings,
        *(() if lacked else _floor_words(workspace, codes)),
    )
    return Saved(revision=revision, keys=tuple(codes), findings=findings)


def _without_floor(workspace: Workspace, codes: Sequence[str]) -> list[str]:
    """Return the plots whose floor area is not known; parts that are only proposed are none of the register yet."""
    is_known = facts_holding(workspace, *codes)["gfa_counted_m2"].notna()
    return [code for code in codes if not is_known.get(code, default=True)]


def _floor_words(workspace: Workspace, codes: Sequence[str]) -> tuple[str, ...]:
    """Name the parts of a plot whose floor area was known of which nothing is: no building stands there."""
    bare = _without_floor(workspace, codes)
    if not bare:
        return ()
    return (
        f"“{'、'.join(bare)}”上没有建筑物，原地块的台账也没有建筑面积：计容建筑面积不明，不计入容积率。"
        "确实没有建筑的，请把计容建筑面积填为 0。",
    )


def free_codes(workspace: Workspace, stem: str, count: int) -> tuple[str, ...]:
    """Return codes made of a stem that no plot has or had: A-1, A-2, ..."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        number += 1
        code = f"{stem}-{number}"
        if not was_used(workspace, code):
            found.append(code)
    return tuple(found)


def was_used(workspace: Workspace, code: str) -> bool:
    """Return whether a plot has or had a code: lineage could not tell the old one from the new."""
    try:
        return bool(workspace.store.history("plots", (code,)))
    except NotFoundError:
        return False


def cleared_words(layer: Layer, records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say which fields of the old plots the new ones do not take over."""
    names = [
        field.zh
        for field in layer.fields
        if field.when_divided == "new"
        and field.name != "predecessors"
        and any(r.get(field.name) for r in records)
    ]
    return (f"“{'、'.join(names)}”没有沿用，请按新的权证补填。",) if names else ()


def _parts(held: RecordVersion, line: shapely.LineString) -> list[shapely.Geometry]:
    shape = held.fields.get("geometry")
    if shape is None:
        raise InputError("这宗地块没有图形，不能分割。请先画出边界。")
    return split_by_line(shape, line)


def _inherited(layer: Layer, fields: Mapping[str, Any]) -> dict[str, Any]:
    kept = {field.name: fields.get(field.name) for field in layer.fields if not field.when_divided}
    return {**kept, "is_demo": fields.get("is_demo")}


def _shared(
    workspace: Workspace, fields: Mapping[str, Any], parts: Sequence[shapely.Geometry]
) -> list[tuple[Field, float, tuple[float, ...]]]:
    """Return by field with a value what each part gets; the largest share takes the rest, so that none is lost."""
    areas_m2 = ellipsoid_area_m2(gpd.GeoSeries(list(parts), crs=STORED_CRS))
    of_buildings = _building_sums(workspace, str(fields["plot_code"]), parts)
    found = []
    for field in workspace.layer("plots").fields:
        value = fields.get(field.name)
        if field.when_divided == "shared" and value is not None:
            found.append((field, value, _shared_out(value, of_buildings.get(field.name, areas_m2))))
    return found


def _site_areas(
    parts: Sequence[shapely.Geometry], shared: Mapping[str, tuple[Any, ...]]
) -> tuple[float, ...]:
    """Return each part's registered area, else its measured one, to the hundredth of a square metre."""
    registered = shared.get("area_reg_m2", (None,))
    if None not in registered:
        return registered
    measured = half_up(ellipsoid_area_m2(gpd.GeoSeries(list(parts), crs=STORED_CRS)), _DECIMALS)
    return tuple(measured.tolist())


def _shared_out(whole: float, sizes: Floats) -> tuple[float, ...]:
    shares = half_up(whole * sizes / sizes.sum(), _DECIMALS)
    largest = int(sizes.argmax())
    shares[largest] = round(whole - (shares.sum() - shares[largest]), _DECIMALS_OF_REST)
    return tuple(shares.tolist())


def _building_sums(
    workspace: Workspace, plot_code: str, parts: Sequence[shapely.Geometry]
) -> dict[str, Floats]:
    """Return by field what the buildings that go to each part come to, where that is known of all of them.

    Shared out by area, a part without buildings would count floor area that its neighbour's buildings have as well.
    """
    stored = workspace.store.read("buildings")
    buildings = stored[(stored["plot_code"] == plot_code).to_numpy(bool)]
    if buildings.empty or buildings["geometry"].isna().any():
        return {}  # without shapes they cannot be told apart and stay where they are
    policy, day = workspace.policy, today()
    counted = counted_floor_area(
        buildings, policy.value("storey_height_factors", day), policy.value("basement_factor", day)
    )
    sizes = buildings.assign(counted_m2=counted["counted_m2"])
    places = range(len(parts))
    went_to, _ = by_place(buildings, dict(zip(map(str, places), parts, strict=True)))
    sums = {
        name: np.array([sizes.loc[went_to == str(place), of_building].sum() for place in places])
        for name, of_building in _OF_BUILDINGS.items()
        if sizes[of_building].notna().all()
    }
    return {name: values for name, values in sums.items() if values.sum() > 0}


def _shares(
    workspace: Workspace,
    fields: Mapping[str, Any],
    parts: Sequence[shapely.Geometry],
    form: Mapping[str, Any],
    complaints: dict[str, str],
) -> dict[str, tuple[Any, ...]]:
    sharing = form.get("sharing", BY_AREA)
    if sharing not in (BY_AREA, TYPED):
        raise UsageError(f"“sharing”应为 {BY_AREA}（系统分摊）或 {TYPED}（逐块填写），不是“{sharing}”。")
    shared = {
        field.name: (field, whole, values) for field, whole, values in _shared(workspace, fields, parts)
    }
    if sharing == BY_AREA:
        return {name: values for name, (_, _, values) in shared.items()}
    typed = form.get("values")
    typed = typed if isinstance(typed, dict) else {}
    layer = workspace.layer("plots")
    return {
        name: _typed(layer, field, whole, typed.get(name), len(parts), complaints)
        for name, (field, whole, _) in shared.items()
    }


def _typed(
    layer: Layer, field: Field, whole: float, texts: Any, count: int, complaints: dict[str, str]
) -> tuple[Any, ...]:
    """Return what was typed for each part; it must come to the whole, or be left empty for all: not known."""
    texts = [str(text).strip() for text in texts] if isinstance(texts, list) else [""] * count
    if len(texts) == count and not any(texts):
        return (None,) * count
    values = [read_fields(layer, {field.name: text}, complaints)[field.name] for text in texts]
    if field.name in complaints:
        return (None,) * count
    if len(values) != count or None in values:
        complaints[field.name] = f"“{field.zh}”要么各块都填，要么都留空（不明）。"
    elif abs(sum(values) - whole) > _CENT_M2 * count:
        complaints[field.name] = (
            f"“{field.zh}”各块之和 {value_text(field, sum(values))} 与原来的 {value_text(field, whole)} 不符。"
            f"请核对；确实变了的，分割后再改。"
        )
    return tuple(values)


def _codes(
    workspace: Workspace, layer: Layer, given: Any, count: int, complaints: dict[str, str]
) -> list[str]:
    """Return the codes of the parts; *complaints* takes up what is wrong under codes-1, codes-2, ..."""
    texts = [str(text).strip() for text in given] if isinstance(given, list) else []
    if len(texts) != count:
        complaints["codes"] = f"这条线把地块分成 {count} 块，请给每块一个新编号。"
        return texts
    for place, code in enumerate(texts, start=1):
        found: dict[str, str] = {}
        read_fields(layer, {"plot_code": code}, found)
        if found:
            complaints[f"codes-{place}"] = found["plot_code"]
        elif texts.count(code) > 1:
            complaints[f"codes-{place}"] = f"编号“{code}”用了两次。"
        elif was_used(workspace, code):
            complaints[f"codes-{place}"] = f"编号“{code}”已用过。分割后的地块要用新编号，来历才分得清。"
    return texts
