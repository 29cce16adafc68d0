"""What the rules ask of each kind of subject: plots, supplies, projects, transactions, parks, lines, the district."""

from collections.abc import Callable, Hashable

import numpy as np
import pandas as pd

from geoapp.analysis.development import is_planned_industrial
from geoapp.analysis.intensity import ratio
from geoapp.analysis.land_term import term_left_years
from geoapp.analysis.line_use import change_document, is_allowed_change
from geoapp.analysis.project_dates import days_late, days_out_of_order
from geoapp.analysis.supplies import mean_far, reserved_share, share_of_area, supply_progress
from geoapp.domain.policy import Policy
from geoapp.domain.project import STOPPED
from geoapp.domain.rule import Subject
from geoapp.services.as_of import AsOf
from geoapp.services.line_makeup import allowed_grounds, makeup_ledger
from geoapp.services.line_swap import granted_inside, retired_outside, swap_balance
from geoapp.services.micro_park_facts import micro_park_facts
from geoapp.services.plot_facts import low_efficiency_class, plot_facts
from geoapp.services.plot_links import REGISTERS
from geoapp.services.plot_location import IN_CONTROL_LINE, line_field, location_columns
from geoapp.services.plot_selection import Rows, development_rules
from geoapp.services.transaction_facts import (
    TRANSACTION_REGISTERS,
    transaction_facts,
    transaction_plots_version,
)
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

LINE_REGISTERS = ("control_lines", "control_zones")


def rule_facts(workspace: Workspace, subject: Subject, state: AsOf) -> pd.DataFrame:
    """Return the facts that rules about one kind of subject are asked over.

    Parameters
    ----------
    workspace : Workspace
    subject : Subject
    state : AsOf
        Registers as they were; the day as of which months, years and numbers count.

    Returns
    -------
    DataFrame indexed by the code of the plot, supply, project, transaction, park or line, or the district's name
        Columns are those that the rules need, and name; areas in m2 or 亩 as their names say, missing is unknown.
        Shared by all who ask: never change it.
    """
    return workspace.cache.get(_key(workspace, subject, state), lambda: _MAKERS[subject](workspace, state))


def known_rule_facts(workspace: Workspace, subject: Subject, state: AsOf) -> pd.DataFrame | None:
    """Return `rule_facts` where they have been made already."""
    found: pd.DataFrame | None = workspace.cache.peek(_key(workspace, subject, state), None)
    return found


def _key(workspace: Workspace, subject: Subject, state: AsOf) -> tuple[Hashable, ...]:
    return "rule_facts", subject, facts_version(workspace, subject, state), state.day


def facts_version(workspace: Workspace, subject: Subject, state: AsOf) -> tuple[Hashable, ...]:
    """Return what the facts of one kind of subject depend on: equal versions, on a day, are equal facts."""
    if subject is Subject.TRANSACTION:
        own = workspace.register_revisions(TRANSACTION_REGISTERS, state.revision)
        return *own, transaction_plots_version(workspace, state)
    registers = _OWN_REGISTERS.get(subject, (*REGISTERS, *LINE_REGISTERS))
    return workspace.register_revisions(registers, state.revision)


FACT_SOURCES = {
    "vacancy_share": ("plots", "vacancy_percent"),
    "vacant_months": ("plots", "vacant_since_on"),
    "problem_kinds": ("plot_problems", "kind"),
    "idle_kinds": ("land_supplies", "supplied_on"),
    "is_halted": ("enterprises", "status"),
    "halted_months": ("enterprises", "status_on"),
    "leased_out_share": ("occupancies", "area_m2"),
    "tax_wan_per_mu": ("performance", "tax_wan"),
    "grade": ("performance", "grade"),
    "is_above_scale": ("enterprises", "is_above_scale"),
    "industry_code": ("enterprises", "industry_code"),
    "support_land_share": ("plots", "support_land_m2"),
    "support_gfa_share": ("plots", "support_gfa_m2"),
    "support_surplus_use": ("plots", "support_surplus_use"),
    "planned_use": ("plots", "planned_use"),
    "is_planned_industrial": ("plots", "planned_use"),
    "plan_years_left": ("plots", "plan_implement_on"),
    "is_in_control_line": ("control_lines", "kind"),
}
"""Register and field that a fact about plots comes from: while the field has no value, nothing has been set up."""


def unfounded_facts(workspace: Workspace, state: AsOf) -> frozenset[str]:
    """Return which facts of FACT_SOURCES the office keeps no value of at all (资料未建)."""
    versions = workspace.register_revisions((*REGISTERS, *LINE_REGISTERS), state.revision)

    def look() -> frozenset[str]:
        found = {
            fact: _has_any(workspace, register, field, state)
            for fact, (register, field) in FACT_SOURCES.items()
        }
        found["grade"] |= _has_any(workspace, "evaluations", "grade", state)
        return frozenset(fact for fact, has_any in found.items() if not has_any)

    return workspace.cache.get(("unfounded_facts", versions), look)


def _has_any(workspace: Workspace, register: str, field: str, state: AsOf) -> bool:
    """Return whether any record has a value of a field; looked up again only where the register changed."""
    number = workspace.store.register_revision(register, revision=state.revision)
    return workspace.cache.get(
        ("has_any", register, field, number),
        lambda: bool(_read(workspace, register, state)[field].notna().any()),
    )


def _read(workspace: Workspace, register: str, state: AsOf) -> pd.DataFrame:
    return pd.DataFrame(workspace.store.read(register, revision=state.revision))


_NOT_ASKED = ("geometry", "low_efficiency_hits", "project_codes")


def plot_rule_facts(workspace: Workspace, state: AsOf, rows: Rows | None = None) -> pd.DataFrame:
    """Return some rows of the plots in `rule_facts`, by their places there, all if left out; made anew each time."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    own = _read(workspace, "plots", state).set_index("plot_code")
    inside = location_columns(workspace, facts.geometry, [IN_CONTROL_LINE], state, rows)[IN_CONTROL_LINE]
    if rows is not None:
        facts, own = facts.iloc[rows], own.iloc[rows]
    policy = workspace.policy_at(state.revision)
    state_of = low_efficiency_class(facts)
    more = {
        "is_in_control_line": inside,
        **_line_use(own, policy, state),
        "plan_years_left": term_left_years(
            own["plan_implement_on"], pd.Series("", index=own.index, dtype="str"), state.day
        ),
        "site_area_mu": m2_to_mu(facts["site_area_m2"]),
        "is_existing": (facts["gfa_actual_m2"] > 0).astype("boolean").mask(facts["gfa_actual_m2"].isna()),
        "support_land_share": ratio(own["support_land_m2"], facts["site_area_m2"]),
        "support_gfa_share": ratio(own["support_gfa_m2"], facts["gfa_actual_m2"]),
        "support_surplus_use": own["support_surplus_use"],
        "low_efficiency_state": state_of.where(state_of != "unknown"),
    }
    columns = {name: facts[name].array for name in facts if name not in _NOT_ASKED}
    columns |= {name: column.array for name, column in more.items()}
    return pd.DataFrame(columns, index=facts.index, copy=False)  # shares its columns with the facts


def _line_use(own: pd.DataFrame, policy: Policy, state: AsOf) -> dict[str, pd.Series]:
    """Return what is planned on each plot, what allows another use than industry, and by what it was brought in."""
    ground = own["use_change_ground"].fillna("")
    document = change_document(ground, own["use_change_document_no"])
    is_allowed = is_allowed_change(ground, document, allowed_grounds(policy, state))
    is_industrial = is_planned_industrial(own["planned_use"], development_rules(policy, state.day))
    is_due = (is_allowed & ~is_industrial).fillna(value=False).astype(bool)
    makeup = own["makeup_document_no"].str.strip()
    return {
        "planned_use": own["planned_use"],
        "is_planned_industrial": is_industrial,
        "use_change_ground": ground,
        "use_change_document": document,
        "makeup_duty": pd.Series("due", index=own.index, dtype="str").where(is_due),
        "makeup_document": makeup.mask(makeup == ""),
    }


def in_control_line(workspace: Workspace, state: AsOf) -> pd.Series:
    """Return whether each plot is inside any control line (boolean by plot_code, missing where unknown)."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    return location_columns(workspace, facts.geometry, [IN_CONTROL_LINE], state)[IN_CONTROL_LINE]


def known_supplies(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the supplies up to a day, by supply_code."""
    supplies = _read(workspace, "land_supplies", state)
    return supplies[supplies["supplied_on"] <= pd.Timestamp(state.day)].set_index("supply_code")


def _supplies(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    supplies = known_supplies(workspace, state)
    plots = rule_facts(workspace, Subject.PLOT, state)
    row = plots.index.get_indexer(pd.Index(supplies["plot_code"]))
    of_plot = pd.DataFrame(
        {name: plots[name].take(row).mask(row < 0).to_numpy() for name in ("far", "tax_wan_per_mu")},
        index=supplies.index,
    )
    inside = plots["is_in_control_line"].array.take(row, allow_fill=True)
    own = ["name", "plot_code", "kind", "supplied_on", "area_m2", "is_standard_land", "is_swap", "is_vertical",
           "agreed_far", "agreed_tax_wan_per_mu", "is_government_delay"]  # fmt: skip
    progress = supply_progress(supplies, state.day)
    return pd.concat([supplies[own], progress, of_plot], axis=1).assign(
        is_in_control_line=inside,
        tax_reached_share=ratio(of_plot["tax_wan_per_mu"], supplies["agreed_tax_wan_per_mu"]),
    )


def _projects(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    projects = _read(workspace, "projects", state).set_index("project_code")
    stage, begun_on = projects["stage"], projects["start_actual_on"]
    return projects[["name", "mode", "stage", "far_after"]].assign(
        begun_on=begun_on.where(begun_on <= pd.Timestamp(state.day)),
        is_running=(stage != STOPPED).astype("boolean").mask(stage.isna()),
        days_late=days_late(projects, state.day),
        days_out_of_order=days_out_of_order(projects),
    )


def _control_lines(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return each kind of line with the share reserved of the land supplied inside the lines of that kind."""
    supplies = known_supplies(workspace, state)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    kinds = {line_field(code.value): code for code in workspace.scheme.lines}
    columns = location_columns(workspace, facts.geometry, list(kinds), state)
    policy = workspace.policy_at(state.revision)
    held = policy.number("line_reserved_kinds").held(state.day)
    reserved = held.value if held else ()
    first = policy.number("line_reserved_share").first_day or state.day
    shares = {}
    for name, code in kinds.items():
        inside = columns[name].reindex(supplies["plot_code"]).set_axis(supplies.index)
        is_known = not inside.isna().any()
        own = supplies[inside.fillna(value=False).astype(bool)]
        shares[code.value] = reserved_share(own, reserved, first, state.day) if is_known else np.nan
    names = {code.value: code.zh for code in kinds.values()}
    return pd.DataFrame(
        {"name": pd.Series(names, dtype="str"), "reserved_share": pd.Series(shares, dtype="float64")}
    )


def _district(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    supplies = known_supplies(workspace, state)
    this_year = supplies[supplies["supplied_on"].dt.year == state.day.year]
    inside = in_control_line(workspace, state)
    retired, granted = retired_outside(workspace, inside, state), granted_inside(supplies, inside)
    swap = swap_balance(retired, granted, inside, has_supplies=len(supplies) > 0)
    policy = workspace.policy_at(state.revision)
    makeup = makeup_ledger(rule_facts(workspace, Subject.PLOT, state), allowed_grounds(policy, state))
    row = {
        "name": workspace.settings.district_name,
        "standard_land_share": share_of_area(this_year["area_m2"], this_year["is_standard_land"]),
        "supply_mean_far": mean_far(this_year["agreed_far"], this_year["area_m2"]),
        "swap_retired_mu": swap.retired_mu,
        "swap_granted_mu": swap.granted_mu,
        "swap_balance_mu": swap.balance_mu,
        "makeup_changed_mu": makeup.changed_mu,
        "makeup_brought_mu": makeup.brought_mu,
        "makeup_balance_mu": makeup.balance_mu,
    }
    return pd.DataFrame([row], index=pd.Index(["district"]))


_MAKERS: dict[Subject, Callable[[Workspace, AsOf], pd.DataFrame]] = {
    Subject.PLOT: plot_rule_facts,
    Subject.SUPPLY: _supplies,
    Subject.PROJECT: _projects,
    Subject.TRANSACTION: transaction_facts,
    Subject.MICRO_PARK: micro_park_facts,
    Subject.CONTROL_LINE: _control_lines,
    Subject.DISTRICT: _district,
}
_OWN_REGISTERS = {Subject.PROJECT: ("projects",), Subject.MICRO_PARK: ("micro_parks",)}
"""Of subjects whose facts are read from few registers, not from those of the plots."""
