"""The proof sheet of a plot's ratio (容积率计算书): every step from the buildings and areas to the figure."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd
from pyproj import CRS

from geoapp.analysis.crs import crs_name
from geoapp.analysis.intensity import sum_by_plot
from geoapp.analysis.overlay import overlay_shares
from geoapp.analysis.support import share_of
from geoapp.domain.far_proof import AreaStep, BuildingStep, FloorAreaStep, PlotProof, RatioStep
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.far_proof_findings import plot_findings
from geoapp.services.far_proof_inputs import (
    ProofInputs,
    far_text,
    known,
    m2_text,
    plain_rows,
    proof_inputs,
    proof_number,
    share_text,
    term_text,
)
from geoapp.services.far_proof_support import SUPPORT_NUMBERS, support_steps
from geoapp.services.fingerprints import figures_origin
from geoapp.services.plot_card import GFA_LABELS
from geoapp.services.plot_lines import AREA_LABELS, words
from geoapp.services.plot_links import REGISTERS
from geoapp.services.record_card import record_address
from geoapp.services.workspace import Workspace

NUMBERS = ("storey_height_factors", "basement_factor", "area_difference_share", "building_outside_share")
_AREA_FACTS = {"registered": "area_reg_m2", "ellipsoid": "area_ellipsoid_m2", "plane": "area_plane_m2"}


def far_proof(workspace: Workspace, plot_code: str, *, as_of: AsOf) -> PlotProof:
    """Return how a plot's ratio comes about, step by step.

    The figures are those of `plot_facts`; the sheet opens them and computes nothing a second way.

    Parameters
    ----------
    workspace : Workspace
    plot_code : str
    as_of : AsOf
        Registers as they were, and whose rules hold.

    Returns
    -------
    PlotProof
        Areas in m2, shares from 0 to 1, None where unknown. Nothing is rounded but the words of the formulas.

    Raises
    ------
    NotFoundError
        There never was such a plot, or not yet; or a number of the rule book does not hold yet on the day.
    GoneError
        It had been withdrawn.

    Notes
    -----
    Source: 国土资发〔2008〕24号 (plot ratio, building coefficient, support facilities).
    """
    inputs = proof_inputs(workspace, plot_code, as_of)
    facts = inputs.facts
    areas, buildings = _areas(inputs), _buildings(inputs)
    return PlotProof(
        plot_code=plot_code,
        title=facts["name"] or plot_code,
        address=record_address("plots", plot_code),
        day=as_of.day,
        revision=as_of.revision,
        data_on=data_day(workspace, as_of.revision, REGISTERS, as_of.day),
        note=as_of.note,
        is_demo=bool(facts["is_demo"]),
        buildings=buildings,
        buildings_counted_m2=_of_buildings(inputs, inputs.counted["counted_m2"]),
        floor_areas=_floor_areas(inputs),
        gfa_counted_m2=facts["gfa_counted_m2"],
        is_lower_bound=bool(facts["has_unknown_height"]),
        areas=areas,
        area_difference_basis="登记面积" if _divisor_is_registered(inputs) else "采用的面积",
        site_area_m2=facts["site_area_m2"],
        far=facts["far"],
        ratios=_ratios(inputs),
        support=support_steps(inputs),
        numbers=tuple(proof_number(inputs.policy, name, as_of.day) for name in (*NUMBERS, *SUPPORT_NUMBERS)),
        findings=plot_findings(inputs, areas, buildings),
        origin=figures_origin(
            workspace, f"{quote(record_address('plots', plot_code))}/proof", {}, as_of.revision, as_of.day
        ),
    )


def _of_buildings(inputs: ProofInputs, values: pd.Series) -> float | None:
    plot = pd.Index([inputs.plot_code])
    return known(sum_by_plot(values, inputs.buildings["plot_code"], plot).iloc[0])


def _rank(order: Sequence[str], name: str) -> int | None:
    return list(order).index(name) + 1 if name in order else None


def _in_order(names: Sequence[str], order: Sequence[str]) -> list[str]:
    return [*(name for name in order if name in names), *(name for name in names if name not in order)]


def _buildings(inputs: ProofInputs) -> tuple[BuildingStep, ...]:
    outside = _outside_shares(inputs)
    basement_factor = float(inputs.value("basement_factor"))
    rows = zip(plain_rows(inputs.buildings), plain_rows(inputs.counted), outside, strict=True)
    steps = [_building(inputs, row, counted, share, basement_factor) for row, counted, share in rows]
    return tuple(sorted(steps, key=lambda step: step.building_code))


def _outside_shares(inputs: ProofInputs) -> list[float | None]:
    membership = overlay_shares(
        inputs.buildings.geometry, inputs.geometry, working_crs=inputs.workspace.settings.working_crs
    )
    shape = inputs.geometry.iloc[0]
    has_plot = shape is not None and not shape.is_empty
    return [
        float(share) if has_plot and has_area else None
        for share, has_area in zip(membership.outside_share, membership.has_area, strict=True)
    ]


def _building(
    inputs: ProofInputs,
    row: dict[str, Any],
    counted: dict[str, Any],
    outside_share: float | None,
    basement_factor: float,
) -> BuildingStep:
    return BuildingStep(
        building_code=row["building_code"],
        name=row["name"] or row["building_code"],
        address=record_address("buildings", row["building_code"]),
        use=words(inputs.workspace, "buildings", "use", row["use"]),
        storeys=row["storeys"],
        storey_height_m=row["storey_height_m"],
        gfa_m2=row["gfa_m2"],
        basement_storeys=row["basement_storeys"],
        basement_m2=counted["basement_m2"],
        above_ground_m2=counted["above_ground_m2"],
        storey_factor=counted["storey_factor"],
        basement_factor=basement_factor,
        counted_m2=counted["counted_m2"],
        formula=_building_formula(row["gfa_m2"], counted, basement_factor),
        footprint_m2=row["footprint_m2"],
        outside_share=outside_share,
    )


def _building_formula(gfa_m2: float | None, counted: dict[str, Any], basement_factor: float) -> str:
    """Return how a building's floor area counts, in words where nothing above ground is left to count."""
    basement_m2, result = counted["basement_m2"], m2_text(counted["counted_m2"])
    below = f"{term_text(basement_m2)} × {basement_factor:g}"
    nothing = _why_nothing(gfa_m2, basement_m2)
    if nothing:
        return f"{nothing}；地下 {below} = {result}" if basement_m2 else nothing
    factor = f"{counted['storey_factor']:g}"
    if basement_m2 == 0:
        return f"{m2_text(gfa_m2)} × {factor} = {result}"
    return f"({m2_text(gfa_m2)} − {term_text(basement_m2)}) × {factor} + {below} = {result}"


def _why_nothing(gfa_m2: float | None, basement_m2: float | None) -> str:
    """Return why nothing of a building counts above ground; empty where something does, or that is not known."""
    if gfa_m2 is None or basement_m2 is None or gfa_m2 >= basement_m2:
        return ""
    if gfa_m2 < 0:
        return f"建筑面积 {m2_text(gfa_m2)} 是负数，不计"
    return f"地下 {m2_text(basement_m2)} 大于建筑面积 {m2_text(gfa_m2)}，地上不计"


def _floor_areas(inputs: ProofInputs) -> tuple[FloorAreaStep, ...]:
    order = inputs.workspace.settings.floor_area_order
    candidates = {
        "buildings": _of_buildings(inputs, inputs.counted["counted_m2"]),
        "gfa_far_m2": inputs.record["gfa_far_m2"],
        "gfa_actual_m2": inputs.record["gfa_actual_m2"],
    }
    return tuple(
        FloorAreaStep(
            source=source,
            label=GFA_LABELS[source],
            rank=_rank(order, source),
            gfa_m2=candidates[source],
            far=share_of(candidates[source], inputs.facts["site_area_m2"]),
            is_used=source == inputs.facts["gfa_basis"],
        )
        for source in _in_order(list(candidates), order)
    )


def _divisor_is_registered(inputs: ProofInputs) -> bool:
    registered = inputs.facts["area_reg_m2"]
    return registered is not None and registered > 0


def _areas(inputs: ProofInputs) -> tuple[AreaStep, ...]:
    order = inputs.workspace.settings.site_area_order
    return tuple(_area(inputs, basis, _rank(order, basis)) for basis in _in_order(list(_AREA_FACTS), order))


def _area(inputs: ProofInputs, basis: str, rank: int | None) -> AreaStep:
    facts = inputs.facts
    area, used = facts[_AREA_FACTS[basis]], facts["site_area_m2"]
    is_used = basis == facts["site_area_basis"]
    is_comparable = not is_used and area is not None and area > 0 and used is not None
    difference = area - used if is_comparable else None
    share = share_of(difference, facts["area_reg_m2"] if _divisor_is_registered(inputs) else used)
    label = AREA_LABELS[basis]
    if basis == "plane":
        label += f"，{crs_name(CRS.from_epsg(inputs.workspace.settings.working_crs))}"
    return AreaStep(
        basis=basis,
        label=label,
        rank=rank,
        area_m2=area,
        is_used=is_used,
        difference_m2=difference,
        difference_share=share,
        is_large=share is not None and abs(share) > inputs.value("area_difference_share"),
        far=share_of(facts["gfa_counted_m2"], area),
    )


def _ratios(inputs: ProofInputs) -> tuple[RatioStep, ...]:
    facts, yards = inputs.facts, inputs.record["structure_yard_m2"]
    footprint, site = facts["footprint_m2"], facts["site_area_m2"]
    from_buildings = _of_buildings(inputs, inputs.buildings["footprint_m2"])
    origin = "建筑占地按建筑物逐栋相加" if from_buildings is not None else "建筑占地取自地块台账"
    note = "没有建筑占地资料" if footprint is None else origin
    site_text = m2_text(site)
    return (
        RatioStep(
            id="far", label="容积率", words="计容建筑面积 ÷ 用地面积", value=facts["far"], is_share=False,
            formula=f"{m2_text(facts['gfa_counted_m2'])} ÷ {site_text} = {far_text(facts['far'])}",
            note=GFA_LABELS[facts["gfa_basis"]],
        ),
        RatioStep(
            id="site_coverage", label="建筑密度", words="建筑占地面积 ÷ 用地面积", value=facts["site_coverage"],
            is_share=True,
            formula=f"{m2_text(footprint)} ÷ {site_text} = {share_text(facts['site_coverage'])}", note=note,
        ),
        RatioStep(
            id="building_coefficient", label="建筑系数", words="（建筑占地 + 构筑物及堆场）÷ 用地面积",
            value=facts["building_coefficient"], is_share=True,
            formula=f"({m2_text(footprint)} + {term_text(yards)}) ÷ {site_text}"
            f" = {share_text(facts['building_coefficient'])}",
            note="" if yards is not None else "台账没有填构筑物及堆场面积",
        ),
    )  # fmt: skip
