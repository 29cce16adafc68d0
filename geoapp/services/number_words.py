"""What the codes in the rule book's numbers mean in Chinese: registers' codes, fields, items of the evaluation."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from geoapp.domain.evaluation import GRADE_SOURCES, ITEMS, VETO_EFFECTS
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.layer import Layer
from geoapp.domain.policy import Policy
from geoapp.domain.project import PHASES
from geoapp.services.far_proof_inputs import proof_number

_CODED = {
    "candidate_excluding_areas": ("restricted_areas.kind",),
    "candidate_flagging_encumbrances": ("plots.encumbrance",),
    "evaluation_veto_effects": ("evaluation_marks.code",),
    "evaluation_exempt_years": ("evaluation_marks.code",),
    "evaluation_no_exemption": ("evaluation_marks.code",),
    "list_transitions": ("list_entries.status",),
    "list_document_statuses": ("list_entries.status",),
    "list_open_statuses": ("list_entries.status",),
    "project_phases": ("projects.stage",),
    "default_ledger": ("recognitions.ledger",),
    "recognition_least_stages": ("recognitions.event", "projects.stage"),
    "supervision_project_stages": ("projects.stage",),
    "target_recognition_plan_dates": ("projects.mode",),
    "target_treated_roles": ("occupancies.role",),
    "target_micro_park_statuses": ("micro_parks.status",),
    "transaction_price_kinds": ("transactions.kind",),
    "micro_park_land_natures": ("micro_parks.land_nature",),
    "micro_park_least_gfa_m2": ("micro_parks.origin",),
    "line_reserved_kinds": ("land_supplies.kind",),
    "line_outside_kinds": ("land_supplies.kind",),
    "admission_transitions": ("transactions.review",),
    "admission_document_statuses": ("transactions.review",),
    "admission_reason_statuses": ("transactions.review",),
    "whatif_recognition_events": ("projects.mode", "recognitions.event"),
    "whatif_demolishing_modes": ("projects.mode",),
    "whatif_building_modes": ("projects.mode",),
    "whatif_far_required_modes": ("projects.mode",),
    "whatif_clearing_modes": ("projects.mode",),
    "whatif_outside_only_modes": ("projects.mode",),
    "whatif_use_change_modes": ("projects.mode",),
    "whatif_tax_modes": ("projects.mode",),
    "whatif_micro_park_modes": ("projects.mode",),
    "whatif_no_land_price_modes": ("projects.mode",),
    "portfolio_mode": ("projects.mode",),
    "portfolio_years": ("projects.mode",),
    "redevelopment_land_wan_per_mu": ("projects.mode",),
}
"""Numbers whose codes are those of registers' fields."""
_OTHER: Mapping[str, Mapping[str, str]] = {
    "evaluation_veto_effects": VETO_EFFECTS,
    "evaluation_tax_floor_effect": VETO_EFFECTS | {"": "只提示"},
    "evaluation_land_order": {"occupancies": "用地关系", "reported": "亩均评价台账填报"},
    "evaluation_owner_area": {"occupied": "自己用的", "owned": "全部自有（含租出的）"},
    "evaluation_grade_order": GRADE_SOURCES,
    "project_phases": PHASES,
    "supervision_project_stages": {"start": "开工率", "complete": "竣工率"},
    "target_recognition_plan_dates": {
        "other": "其余方式", "commission_plan_on": "计划投产", "complete_plan_on": "计划竣工",
    },
}  # fmt: skip
_REGISTERS, _FIELDS = ("import_no_overlap_registers", "edit_snap_onto"), "import_site_area_fields"
_WITHIN = "edit_within_fields"
_AVERAGED = "evaluation_missing_as_average"


def number_words(layers: Mapping[str, Layer], number_id: str) -> dict[str, str]:
    """Return the Chinese words of the codes that a number of the rule book may hold; empty where it holds none.

    Parameters
    ----------
    layers : mapping of Layer by id
        A code that a site's own registers no longer know stays without a word.
    number_id : str
    """
    words = dict(_OTHER.get(number_id, {}))
    if number_id.startswith(("evaluation_weights_", "evaluation_bases_")) or number_id == _AVERAGED:
        words |= {name: item.zh for name, item in ITEMS.items()}
    if number_id in _REGISTERS:
        words |= {layer.id: layer.zh for layer in layers.values()}
    if number_id == _FIELDS:
        words |= {found.name: found.zh for layer in layers.values() for found in layer.fields}
    if number_id == _WITHIN:
        words |= {
            f"{layer.id}.{found.name}": f"{layer.zh}的{found.zh}"
            for layer in layers.values()
            for found in layer.fields
        }
    for place in _CODED.get(number_id, ()):
        register, _, name = place.partition(".")
        for found in layers[register].fields if register in layers else ():
            words |= found.code_labels if found.name == name else {}
    return words


def coded_text(value: Any, words: Mapping[str, str]) -> str:
    """Return codes, steps from one to another (a>b) or a value per code in words; 无 where there are none.

    Examples
    --------
    >>> coded_text(["a", "a>b"], {"a": "疑似", "b": "认定"}), coded_text({"a": 2}, {"a": "疑似"}), coded_text([], {})
    ('疑似、疑似→认定', '疑似 2', '无')
    """
    if isinstance(value, Mapping):
        return (
            "；".join(f"{words.get(key, key)} {words.get(item, item)}" for key, item in value.items()) or "无"
        )
    codes = [value] if isinstance(value, str) else value
    return (
        "、".join("→".join(words.get(part, part) for part in str(code).split(">")) for code in codes) or "无"
    )


def worded_number(layers: Mapping[str, Layer], policy: Policy, number_id: str, day: date) -> ProofNumber:
    """Return a number as `proof_number` does, its codes in words."""
    words = number_words(layers, number_id)
    if not words:
        return proof_number(policy, number_id, day)
    return proof_number(policy, number_id, day, lambda value, _unit: coded_text(value, words))
