"""The whole district, step by step."""

from typing import Any

from generator.agreements import agreement_records, shorten_terms
from generator.built import build_up, wanted_ratios
from generator.control import line_records, park_records, town_records, zone_records, zone_shapes
from generator.dice import Dice
from generator.economy import enterprise_record, settle
from generator.evaluation import base_records, mark_records, official_records
from generator.ground import outline, towns
from generator.indicators import indicator_records
from generator.low_efficiency import choose, explain, lean
from generator.micro_parks import micro_park_records, micro_park_year_records
from generator.parcels import deal_sizes, divide, pierce
from generator.performance import performances
from generator.places import PARKS, SCATTERED
from generator.plots import Plot, make_plots, plot_record
from generator.problems import problem_records
from generator.projects import Project, make_projects, project_record
from generator.recognised import new_floor, project_floor, project_plot_records, recognitions
from generator.remediation import list_records
from generator.restricted import ask_owners, restricted_records, weight_records
from generator.stages import attachment_records, note_records, stage_records
from generator.streets import Grounds, lay_out
from generator.supplies import supply_records
from generator.transactions import transaction_records

Records = list[dict[str, Any]]
_BARE = {"unknown": 12, "gfa_actual_m2": 8, "gfa_far_m2": 8}
"""Plots without buildings: nothing known, or only a floor area from the title or from the planners."""
_POLICY_VALUES = (
    {
        "number_id": "low_leased_share",
        "valid_from_on": "2026-01-01",
        "value": "80%",
        "document_no": "示例文〔2026〕1号",
        "reason": "出租占比没有统一规定，先按八成试行",
        "entered_by": "自然资源规划江北分局（示例）",
    },
)
"""What the office entered into the rule book itself."""
_RIM_M, _BETWEEN_ESTATES_M = 60.0, 25.0


def make_district() -> dict[str, Records]:
    """Return the records of every register."""
    areas, grounds = towns(), _grounds()
    plots = _plots(grounds, areas)
    enterprises = settle(plots)
    results = performances(enterprises)
    for plot in plots:
        if plot.owner:
            plot.fields |= {"right_holder": plot.owner.name, "uscc": plot.owner.uscc}
    bare = _choose_bare(plots)
    projects = make_projects(plots)
    choose(plots, projects)
    wanted_ratios(plots, lean(plots, projects))
    buildings = _buildings(plots, bare)
    explain(plots)
    ask_owners(plots)
    zones = zone_shapes(grounds)
    agreements, agreement_items = agreement_records(projects)
    shorten_terms(agreements, plots)
    micro_parks = micro_park_records(plots, projects)
    return {
        "towns": town_records(areas),
        "parks": park_records(grounds),
        "control_zones": zone_records(zones, plots, areas),
        "control_lines": line_records(grounds, zones, outline()),
        "plots": [plot_record(plot) for plot in plots],
        "buildings": buildings,
        "micro_parks": micro_parks,
        "micro_park_years": micro_park_year_records(micro_parks),
        **_project_registers(projects),
        "enterprises": [enterprise_record(enterprise) for enterprise in enterprises],
        "occupancies": [occupancy for enterprise in enterprises for occupancy in enterprise.occupancies],
        "performance": results,
        "evaluation_marks": mark_records(results),
        "evaluations": official_records(results),
        "evaluation_bases": base_records(results),
        "indicator_values": indicator_records(),
        "land_supplies": supply_records(plots, bare),
        "plot_problems": problem_records(plots),
        "policy_values": list(_POLICY_VALUES),
        "list_entries": list_records(plots),
        "agreements": agreements,
        "agreement_items": agreement_items,
        "transactions": transaction_records(plots, agreements),
        "restricted_areas": restricted_records(plots),
        "weight_sets": weight_records(),
    }


def _grounds() -> list[Grounds]:
    free = outline().buffer(-_RIM_M)
    grounds = []
    for estate in (*PARKS, *SCATTERED):
        ground = lay_out(estate, free, Dice(f"streets {estate.name}"))
        free = free.difference(ground.outline.buffer(_BETWEEN_ESTATES_M))
        grounds.append(ground)
    return grounds


def _plots(grounds: list[Grounds], areas: dict[str, Any]) -> list[Plot]:
    deal_sizes(grounds, Dice("sizes"))
    parcels = [
        parcel for ground in grounds for parcel in divide(ground, Dice(f"parcels {ground.estate.name}"))
    ]
    pierce(parcels, Dice("holes"))
    return make_plots(parcels, areas)


def _choose_bare(plots: list[Plot]) -> dict[str, str]:
    """Return which plots get no buildings, and which floor area is known all the same."""
    chosen = iter(Dice("bare plots").shuffled([p.code for p in plots if p.site_mu < 60]))
    bare = {next(chosen): what for what, count in _BARE.items() for _ in range(count)}
    for plot in plots:
        plot.fields["is_bare"] = plot.code in bare
    return bare


def _buildings(plots: list[Plot], bare: dict[str, str]) -> Records:
    buildings: Records = []
    for plot in plots:
        del plot.fields["is_bare"]
        what = bare.get(plot.code)
        if what is None:
            buildings += build_up(plot, Dice(f"buildings {plot.code}"))
        elif what != "unknown":
            plot.fields[what] = round(plot.far * plot.site_m2, 1)
    return buildings


def _project_registers(projects: list[Project]) -> dict[str, Records]:
    links = project_plot_records(projects)
    new = new_floor(projects)
    return {
        "projects": [project_record(project, project_floor(project, new)) for project in projects],
        "project_plots": links,
        "project_stages": stage_records(projects),
        "project_notes": note_records(projects),
        "project_attachments": attachment_records(projects),
        "recognitions": recognitions(projects, new),
    }
