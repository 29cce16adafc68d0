"""What is wrong or missing behind a plot's ratio: each named, with the address of the record to put right."""

from collections.abc import Iterator, Sequence

import geopandas as gpd

from geoapp.analysis.overlay import overlay_shares
from geoapp.domain.far_proof import AreaStep, BuildingStep, ProofFinding
from geoapp.services.far_proof_inputs import ProofInputs, m2_text, plain_rows, share_text
from geoapp.services.plot_lines import AREA_LABELS
from geoapp.services.record_card import record_address
from geoapp.units import MINUS, limit_text

_MOSTLY = 0.5
"""A building with at least this share of its outline on a plot stands there."""
_PLOT_AREAS = {
    "gfa_far_m2": "计容建筑面积",
    "gfa_actual_m2": "建筑面积",
    "footprint_m2": "建筑占地面积",
    "structure_yard_m2": "构筑物及堆场面积",
    "support_land_m2": "配套设施用地面积",
    "support_gfa_m2": "配套设施建筑面积",
}

Said = Iterator[tuple[str, str]]
"""Code and message."""


def plot_findings(
    inputs: ProofInputs, areas: Sequence[AreaStep], buildings: Sequence[BuildingStep]
) -> tuple[ProofFinding, ...]:
    """Return what the reader of a plot's sheet must know, the plot's own first, then building by building."""
    title, address = inputs.facts["name"] or inputs.plot_code, record_address("plots", inputs.plot_code)
    said = [*_about_site(inputs, areas), *_about_plot(inputs)]
    found = [ProofFinding(code=code, message=text, title=title, address=address) for code, text in said]
    limit = inputs.value("building_outside_share")
    found += [
        ProofFinding(code=code, message=text, title=step.name, address=step.address)
        for step in buildings
        for code, text in _about_building(step, limit)
    ]
    return (*found, *_strangers(inputs))


def _about_site(inputs: ProofInputs, areas: Sequence[AreaStep]) -> Said:
    registered, used = inputs.facts["area_reg_m2"], [area for area in areas if area.is_used]
    instead = f"改用{AREA_LABELS[used[0].basis]}" if used else "又没有别的面积可用"
    if registered is None:
        yield "area_missing", f"没有填登记面积，{instead}。请补登权证面积。"
    elif registered <= 0:
        wrong = "是零" if registered == 0 else f"是负数（{m2_text(registered)} 平方米）"
        yield "area_not_positive", f"登记面积{wrong}，不能作分母，{instead}。请核对权证。"
    shape = inputs.geometry.iloc[0]
    if shape is None or shape.is_empty:
        yield "no_outline", "没有图形，椭球面积和平面面积算不出，登记面积无从核对。"
    if not used:
        yield "site_area_unknown", "用地面积不明，容积率、建筑密度、建筑系数都算不出。"
    for area in areas:
        if area.is_large:
            yield (
                "area_difference",
                f"{AREA_LABELS[area.basis]}与采用的用地面积相差 {m2_text(area.difference_m2)} 平方米（"
                f"{share_text(area.difference_share, 2)}），超过 {limit_text(inputs.value('area_difference_share'))}。"
                "请核对权证与图形。",
            )


def _about_plot(inputs: ProofInputs) -> Said:
    for name, zh in _PLOT_AREAS.items():
        value = inputs.record[name]
        if value is not None and value < 0:
            yield (
                "area_negative",
                f"{zh}是负数（{m2_text(value)} 平方米）{_counts(inputs, name)}。请在地块台账里改正。",
            )
    if inputs.facts["gfa_counted_m2"] is None:
        yield "floor_area_unknown", "没有可用的建筑面积资料，容积率算不出；未知不等于零。"
    for part, whole, zh in (
        ("support_land_m2", inputs.facts["site_area_m2"], "配套设施用地面积大于用地面积"),
        ("support_gfa_m2", inputs.facts["gfa_actual_m2"], "配套设施建筑面积大于总建筑面积"),
    ):
        if inputs.record[part] is not None and whole is not None and inputs.record[part] > whole >= 0:
            yield "support_too_large", f"{zh}（{m2_text(inputs.record[part])} > {m2_text(whole)} 平方米）。"


def _counts(inputs: ProofInputs, name: str) -> str:
    """Return what becomes of a plot's own floor area that is negative, where it is the one that is used."""
    is_used = name == inputs.facts["gfa_basis"]
    return "，采用的就是它，容积率因此是负数" if is_used else ""


def _about_building(step: BuildingStep, outside_limit: float) -> Said:
    yield from _about_floor_area(step)
    yield from _about_height(step)
    if step.footprint_m2 is not None and step.footprint_m2 < 0:
        yield "area_negative", f"建筑占地面积是负数（{m2_text(step.footprint_m2)} 平方米）。"
    if step.outside_share is not None and step.outside_share > outside_limit:
        yield (
            "building_outside",
            f"轮廓有 {share_text(step.outside_share)} 在地块之外，超过 {limit_text(outside_limit)}；"
            "面积仍全部计入本地块。请核对所属地块或图形。",
        )


def _about_floor_area(step: BuildingStep) -> Said:
    if step.gfa_m2 is None:
        yield "floor_area_missing", "没有填建筑面积，本地块逐栋之和因此不明。"
    elif step.gfa_m2 < 0:
        counts = "与地下建筑面积相减后仍有计入" if step.above_ground_m2 else "不计"
        yield "area_negative", f"建筑面积是负数（{m2_text(step.gfa_m2)} 平方米），{counts}。请改正。"
    elif step.gfa_m2 == 0:
        yield "floor_area_zero", "建筑面积是零，对容积率没有贡献。请核对。"
    if step.basement_m2 is None:
        yield "basement_missing", "有地下层，但没有填地下建筑面积，计容面积因此不明。"
    elif step.basement_m2 < 0:
        yield "area_negative", f"地下建筑面积是负数（{m2_text(step.basement_m2)} 平方米），会抬高容积率。"
    elif step.gfa_m2 is not None and step.basement_m2 > max(step.gfa_m2, 0.0):
        yield "basement_too_large", "地下建筑面积大于建筑面积，地上按零计。请核对。"


def _about_height(step: BuildingStep) -> Said:
    if step.storey_height_m is None:
        storeys = f"{step.storeys} 层，" if step.storeys is not None else ""
        yield "height_unknown", f"{storeys}没有填层高，按一倍计，容积率是下限。请补填层高。"
    elif step.storey_height_m <= 0:
        yield (
            "height_not_positive",
            f"层高 {f'{step.storey_height_m:g}'.replace('-', MINUS)} 米不合理，按一倍计，容积率可能偏低。请改正。",
        )


def _strangers(inputs: ProofInputs) -> list[ProofFinding]:
    """Return the buildings that stand on the plot by their outline but are registered on another or on none."""
    shape = inputs.geometry.iloc[0]
    if shape is None or shape.is_empty:
        return []
    store = inputs.workspace.store
    buildings: gpd.GeoDataFrame = store.read("buildings", revision=inputs.as_of.revision)
    near = buildings.iloc[sorted(buildings.sindex.query(shape, predicate="intersects"))]
    near = near[~(near["plot_code"] == inputs.plot_code).to_numpy(bool, na_value=False)]
    crs = inputs.workspace.settings.working_crs
    membership = overlay_shares(near.geometry, inputs.geometry, working_crs=crs)
    is_here = membership.has_area & (membership.outside_share <= _MOSTLY)
    return [_stranger(row) for row in plain_rows(near[is_here])]


def _stranger(row: dict[str, str | None]) -> ProofFinding:
    belongs = f"登记在地块“{row['plot_code']}”" if row["plot_code"] else "没有填所属地块"
    code = str(row["building_code"])
    return ProofFinding(
        code="building_not_counted",
        message=f"按轮廓建在本地块上，但{belongs}，没有计入本地块。请核对所属地块。",
        title=row["name"] or code,
        address=record_address("buildings", code),
    )
