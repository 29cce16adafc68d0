"""Support facilities on the proof sheet: their shares in land and floor area, against the caps that apply."""

import numpy as np

from geoapp.analysis.support import (
    SupportConditions,
    allotted_land_m2,
    share_of,
    support_conditions,
)
from geoapp.domain.far_proof import SupportCondition, SupportStep, SupportSteps
from geoapp.domain.frame import plain_values
from geoapp.services.far_proof_inputs import ProofInputs, m2_text, share_text, term_text
from geoapp.services.plot_location import IN_CONTROL_LINE, location_columns
from geoapp.units import m2_to_mu

SUPPORT_NUMBERS = (
    "support_land_cap", "support_gfa_cap", "support_land_cap_raised", "support_gfa_cap_raised",
    "support_raised_grades", "support_raised_area_mu",
)  # fmt: skip
_VERDICTS = {
    True: "符合提高占比的条件，适用提高后的上限；提高部分应主要用于宿舍型保障性租赁住房。",
    False: "不符合提高占比的条件，适用一般上限。",
    None: "资料不全，还不能判断能否提高占比，暂按一般上限核对。",
}


def support_steps(inputs: ProofInputs) -> SupportSteps:
    """Return the shares of support facilities with their caps and why these caps apply.

    Where the register has no support land its share is that of the floor area, allotted over the site
    (国土资发〔2008〕24号). Before the raised caps hold, only the general ones are looked at.
    """
    number = inputs.policy.number("support_land_cap_raised")
    if not number.is_in_force(inputs.as_of.day):
        return SupportSteps(
            shares=_shares(inputs, is_raised=False), conditions=(), is_raised=False,
            verdict="当日还没有提高占比的规定，适用一般上限。",
        )  # fmt: skip
    conditions = _conditions(inputs)
    return SupportSteps(
        shares=_shares(inputs, is_raised=conditions.is_raised is True),
        conditions=_condition_lines(inputs, conditions),
        is_raised=conditions.is_raised,
        verdict=_VERDICTS[conditions.is_raised],
    )


def _shares(inputs: ProofInputs, *, is_raised: bool) -> tuple[SupportStep, ...]:
    land, floor = inputs.record["support_land_m2"], inputs.record["support_gfa_m2"]
    total, site = inputs.facts["gfa_actual_m2"], inputs.facts["site_area_m2"]
    floor_share = share_of(floor, total)
    is_allotted = land is None and floor_share is not None
    if is_allotted:
        land = allotted_land_m2(floor_share, site)
    land_share = share_of(land, site)
    suffix = "_raised" if is_raised else ""
    return (
        SupportStep(
            id="land", label="配套设施用地占比", share=land_share,
            formula=_quotient(land, site, land_share),
            cap_share=(land_cap := _cap(inputs, f"support_land_cap{suffix}")),
            is_above_cap=_is_above(land_share, land_cap),
            note="台账没有单列配套用地，按配套建筑面积占比分摊" if is_allotted else "",
        ),
        SupportStep(
            id="floor", label="配套设施建筑面积占比", share=floor_share,
            formula=_quotient(floor, total, floor_share),
            cap_share=(floor_cap := _cap(inputs, f"support_gfa_cap{suffix}")),
            is_above_cap=_is_above(floor_share, floor_cap),
        ),
    )  # fmt: skip


def _quotient(part_m2: float | None, whole_m2: float | None, share: float | None) -> str:
    if whole_m2 is not None and whole_m2 < 0:
        return f"{m2_text(part_m2)} ÷ {term_text(whole_m2)}：除数是负数，不计"
    return f"{m2_text(part_m2)} ÷ {m2_text(whole_m2)} = {share_text(share)}"


def _cap(inputs: ProofInputs, number_id: str) -> float | None:
    number = inputs.policy.number(number_id)
    return float(number.on(inputs.as_of.day)) if number.is_in_force(inputs.as_of.day) else None


def _is_above(share: float | None, cap: float | None) -> bool:
    return share is not None and cap is not None and share > cap


def _conditions(inputs: ProofInputs) -> SupportConditions:
    site = inputs.facts["site_area_m2"]
    return support_conditions(
        is_existing=_is_existing(inputs),
        is_inside=_is_inside(inputs),
        grade=inputs.facts["grade"],
        area_mu=None if site is None else m2_to_mu(site),
        grades=inputs.value("support_raised_grades"),
        least_area_mu=inputs.value("support_raised_area_mu"),
    )


def _is_existing(inputs: ProofInputs) -> bool | None:
    """Return whether something stands on the plot: a building is registered, or floor area is."""
    if len(inputs.buildings):
        return True
    floor = inputs.facts["gfa_counted_m2"]
    return None if floor is None else floor > 0


def _is_inside(inputs: ProofInputs) -> bool | None:
    rows = np.array([inputs.row])
    found = location_columns(inputs.workspace, inputs.plots, [IN_CONTROL_LINE], inputs.as_of, rows)
    answer: bool | None = plain_values(found[IN_CONTROL_LINE])[0]
    return answer


def _condition_lines(inputs: ProofInputs, found: SupportConditions) -> tuple[SupportCondition, ...]:
    grades = "、".join(inputs.value("support_raised_grades"))
    least = inputs.value("support_raised_area_mu")
    return (
        SupportCondition(words="存量项目（已有建筑）", answer=found.is_existing),
        SupportCondition(words="在控制线内", answer=found.is_inside),
        SupportCondition(words=f"不在控制线内时：亩均评价为 {grades} 类", answer=found.has_grade),
        SupportCondition(words=f"不在控制线内时：用地 {least:g} 亩以上", answer=found.is_large),
    )
