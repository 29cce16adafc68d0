"""Merging plots on the map: sums added up, differing values named and chosen, lineage kept, one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from geoapp.analysis.plot_division import merge_touching
from geoapp.analysis.topology import area_m2
from geoapp.domain.change import RecordVersion, RegisterChange
from geoapp.domain.layer import Field, Layer
from geoapp.errors import FormError, InputError, UsageError
from geoapp.services.edits import Saved, frame_of, write_edit
from geoapp.services.plot_facts import facts_holding, today
from geoapp.services.plot_split import cleared_words, free_codes, was_used
from geoapp.services.plot_successors import move_to_successors
from geoapp.services.record_card import field_text
from geoapp.services.record_form import read_fields, read_signature
from geoapp.services.workspace import Workspace
from geoapp.units import area_words, number_text

MOST_MERGED = 50
_SEPARATOR = ";"
_BUILDINGS = "buildings"
"""The basis of a plot's floor area that is summed from what stands on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A field in which the plots to be merged differ."""

    field: Field
    texts: Mapping[str, str]
    """In words by plot code, of the plots that have a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """What plots would come to as one."""

    versions: Mapping[str, int]
    geometry: shapely.Geometry
    """In degrees."""
    area_m2: float
    code: str
    """Suggested."""
    sums: tuple[tuple[Field, float | None], ...]
    """Added up; None where one of the plots does not say."""
    differing: tuple[Differing, ...]
    """To be chosen, the largest plot's value first."""
    findings: tuple[str, ...]


def unite_plots(workspace: Workspace, codes: Sequence[str]) -> Union:
    """Return what plots would come to as one; nothing is stored.

    Raises
    ------
    UsageError
        Fewer than two, more than 50, or one twice.
    InputError
        One has no shape, or some share no edge with the others.
    NotFoundError, GoneError
        No such plot.
    """
    layer, held = workspace.layer("plots"), _held(workspace, codes)
    shape = _shape(workspace, held)
    records = [version.fields for version in held.values()]
    return Union(
        versions={code: version.from_revision for code, version in held.items()},
        geometry=shape,
        area_m2=area_m2(shape),
        code=free_codes(workspace, next(iter(held)), 1)[0],
        sums=tuple(_sums(layer, records)),
        differing=tuple(_differing(layer, held)),
        findings=(
            *_missing_words(layer, records),
            *_floor_words(workspace, list(held)),
            *_overlap_words(workspace, records, shape),
        ),
    )


def merge_plots(workspace: Workspace, codes: Sequence[str], form: Mapping[str, Any]) -> Saved:
    """Store plots as one in their place, as one revision.

    The new plot names all of them among its predecessors. Fields that add up are summed (unknown where one of them is
    not known); where others differ the form says whose value holds.

    Parameters
    ----------
    workspace : Workspace
    codes : sequence of str
        Of plots that touch.
    form : mapping
        "versions": by code the version seen; "code" of the new plot; "choices": by field the code of the plot whose
        value holds; edited_by, edit_reason, edit_document_no.

    Raises
    ------
    FormError
        All that is wrong; a field in which the plots differ and for which nothing was chosen.
    StaleError
        Somebody changed one of them since; nothing is stored.
    UsageError, InputError, NotFoundError, GoneError
        As `unite_plots`.
    """
    layer, held = workspace.layer("plots"), _held(workspace, codes)
    shape = _shape(workspace, held)
    records = [version.fields for version in held.values()]
    complaints: dict[str, str] = {}
    signature = read_signature(form, complaints)
    code = _code(workspace, layer, str(form.get("code") or "").strip(), complaints)
    chosen = _chosen(layer, held, form.get("choices"), complaints)
    predecessors = _SEPARATOR.join(held)
    read_fields(layer, {"predecessors": predecessors}, complaints)
    if complaints:
        raise FormError(complaints)
    record = {
        **{field.name: _common(field, records) for field in layer.fields if not field.when_divided},
        **{field.name: value for field, value in _sums(layer, records)},
        **chosen,
        "plot_code": code, "predecessors": predecessors, "geometry": shape,
        "is_demo": any(fields.get("is_demo") for fields in records),
    }  # fmt: skip
    limit = float(workspace.policy.value("building_outside_share", today()))
    moved = move_to_successors(workspace, list(held), {code: shape}, limit)
    seen = {(old,): version for old, version in _versions(form, held).items()} | {(code,): 0}
    change = RegisterChange(frame_of(layer, [record]), removed=[(old,) for old in held], seen=seen)
    floors = _floor_words(workspace, list(held))
    revision = write_edit(workspace, {"plots": change, **moved.changes}, signature)
    findings = (
        *_missing_words(layer, records),
        *floors,
        *_overlap_words(workspace, records, shape),
        *cleared_words(layer, records),
    )
    return Saved(revision=revision, keys=(code,), findings=(*findings, *moved.findings))


def _held(workspace: Workspace, codes: Sequence[str]) -> dict[str, RecordVersion]:
    """Return the plots' versions by code, the largest first."""
    if not 2 <= len(set(codes)) <= MOST_MERGED or len(set(codes)) != len(codes):
        raise UsageError(f"合并要选 2 到 {MOST_MERGED} 宗不同的地块，现在是 {len(codes)} 宗。")
    held = {code: workspace.store.record("plots", (code,)) for code in codes}
    bare = [code for code, version in held.items() if version.fields.get("geometry") is None]
    if bare:
        raise InputError(f"“{'、'.join(bare)}”没有图形，不能合并。请先画出边界。")
    order = sorted(held, key=lambda code: -area_m2(held[code].fields["geometry"]))
    return {code: held[code] for code in order}


def _shape(workspace: Workspace, held: Mapping[str, RecordVersion]) -> shapely.Geometry:
    tolerance_m = float(workspace.policy.value("edit_snap_m", today()))
    return merge_touching([version.fields["geometry"] for version in held.values()], tolerance_m)


def _sums(layer: Layer, records: Sequence[Mapping[str, Any]]) -> list[tuple[Field, float | None]]:
    sums = []
    for field in layer.fields:
        if field.when_divided == "shared":
            values = [fields.get(field.name) for fields in records]
            known = [value for value in values if value is not None]
            sums.append((field, sum(known) if len(known) == len(values) else None))
    return sums


def _missing_words(layer: Layer, records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say which sums are not known since only some of the plots have a value."""
    names = [
        field.zh
        for field, total in _sums(layer, records)
        if total is None and any(fields.get(field.name) is not None for fields in records)
    ]
    return (f"“{'、'.join(names)}”只有部分地块填了，合并后按不明处理。请补填。",) if names else ()


def _floor_words(workspace: Workspace, codes: list[str]) -> tuple[str, ...]:
    """Say what floor area no longer counts: of plots without buildings, once others bring theirs and these count."""
    if workspace.settings.floor_area_order[0] != _BUILDINGS:
        return ()
    facts = facts_holding(workspace, *codes).loc[codes]
    is_by_buildings = facts["gfa_basis"] == _BUILDINGS
    bare = facts[~is_by_buildings & (facts["gfa_counted_m2"] > 0)]
    buildings = workspace.store.read("buildings")["plot_code"]
    if bare.empty or not is_by_buildings.any() or buildings.isin(bare.index).any():
        return ()  # none counts by buildings, or some building's area is not known and then none does
    floor_m2 = bare["gfa_counted_m2"].sum()
    return (
        f"“{'、'.join(bare.index)}”没有建筑物，按地块台账的建筑面积 {number_text(floor_m2, ',.2f')} 平方米计入容积率；"
        "合并后按建筑物计，这部分不再计入。请补登建筑物。",
    )


def _overlap_words(
    workspace: Workspace, records: Sequence[Mapping[str, Any]], shape: shapely.Geometry
) -> tuple[str, ...]:
    lost = sum(area_m2(fields["geometry"]) for fields in records) - area_m2(shape)
    limit = float(workspace.policy.value("import_overlap_area_m2", today()))
    return (f"所选地块有 {area_words(lost)} 互相重叠，合并后只计一次。",) if lost > limit else ()


def _differing(layer: Layer, held: Mapping[str, RecordVersion]) -> list[Differing]:
    found = []
    for field in layer.fields:
        if field.when_divided or field.name in layer.key:
            continue
        values = {code: version.fields.get(field.name) for code, version in held.items()}
        known = {code: value for code, value in values.items() if value is not None}
        if len(set(known.values())) > 1:
            texts = {code: field_text(field, value) for code, value in known.items()}
            found.append(Differing(field=field, texts=texts))
    return found


def _common(field: Field, records: Sequence[Mapping[str, Any]]) -> Any:
    """Return the value of the plots that have one; where they differ it is chosen."""
    return next((value for fields in records if (value := fields.get(field.name)) is not None), None)


def _chosen(
    layer: Layer, held: Mapping[str, RecordVersion], choices: Any, complaints: dict[str, str]
) -> dict[str, Any]:
    choices, chosen = choices if isinstance(choices, dict) else {}, {}
    for one in _differing(layer, held):
        code = choices.get(one.field.name)
        if code not in one.texts:
            shown = "，".join(f"{plot}：{text}" for plot, text in one.texts.items())
            complaints[one.field.name] = f"“{one.field.zh}”不一致（{shown}）。请选以哪一宗为准。"
        else:
            chosen[one.field.name] = held[code].fields[one.field.name]
    return chosen


def _code(workspace: Workspace, layer: Layer, code: str, complaints: dict[str, str]) -> str:
    found: dict[str, str] = {}
    read_fields(layer, {"plot_code": code}, found)
    if found:
        complaints["code"] = found["plot_code"]
    elif was_used(workspace, code):
        complaints["code"] = f"编号“{code}”已用过。合并后的地块要用新编号，来历才分得清。"
    return code


def _versions(form: Mapping[str, Any], held: Mapping[str, RecordVersion]) -> dict[str, int]:
    given = form.get("versions")
    given = given if isinstance(given, dict) else {}
    if set(given) != set(held) or not all(type(number) is int for number in given.values()):
        raise UsageError("没有说明合并的是各地块的哪个版本（versions）。请重新选择地块。")
    return given
