"""What the projects under way will add to a target, and when, by their planned dates."""

import pandas as pd

from geoapp.analysis.revitalised_lineage import heirs, parse_lineage, to_current_plots
from geoapp.analysis.targets import members_frame, shared_out
from geoapp.domain.target_set import Indicator
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.revitalisation_known import known_land
from geoapp.services.revitalisation_land import project_plot_areas
from geoapp.services.target_recognitions import indicator_ledger, recognised_enterprises, treated_enterprises
from geoapp.services.workspace import Workspace


def land_pipeline(workspace: Workspace, state: AsOf, indicator: Indicator) -> pd.DataFrame:
    """Return what each project will recognise on each of its plots: together the area under way and planned.

    Returns
    -------
    DataFrame of members
        on: the planned day of the event that recognises the mode, missing where the project has none; amount in m2.
    """
    members = _open_members(workspace, state)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    ordered = members.sort_values(["on", "project_code"], na_position="last", kind="stable")
    limits = ordered.set_index("plot_code")["area_m2"]
    totals = facts["doing_m2"].fillna(0.0) + facts["planned_m2"].fillna(0.0)
    amount = shared_out(limits, totals)
    del indicator  # a project does not say which ledger will recognise it
    rows = ordered.assign(amount=amount.to_numpy())
    return _frame(rows[rows["amount"] > _NOTHING_M2], facts)


def floor_pipeline(workspace: Workspace, state: AsOf, indicator: Indicator) -> pd.DataFrame:
    """Return what new floor area each open project will add, less what of it is recognised; on its first plot."""
    entries = indicator_ledger(workspace, state, indicator).entries
    members = _unfinished(_open_members(workspace, state), entries)
    projects = workspace.store.read("projects", revision=state.revision).set_index("project_code")
    done = entries.groupby("project_code")["counted_gfa_gross_m2"].sum()
    first = members.drop_duplicates("project_code")
    planned = first["project_code"].map(projects["new_gfa_gross_m2"])
    left = (planned - first["project_code"].map(done).fillna(0.0).clip(lower=0)).clip(lower=0)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    rows = first.assign(amount=left)
    return _frame(rows[rows["amount"] > _NOTHING_M2], facts)


def enterprise_pipeline(workspace: Workspace, state: AsOf, indicator: Indicator) -> pd.DataFrame:
    """Return the enterprises on plots of open projects that do not count yet, each once, on its earliest day."""
    entries = indicator_ledger(workspace, state, indicator).entries
    members = _unfinished(_open_members(workspace, state), entries)
    members = members.sort_values(["on", "project_code"], na_position="last", kind="stable")
    counted = treated_enterprises(workspace, state, state.day, indicator).frame
    standing = counted.groupby("key")["amount"].sum()
    # Who is on the plot today is who will be put right; the planned day says when.
    today = members.reset_index(drop=True).assign(recognised_on=pd.Timestamp(state.day), counted_m2=1.0)
    found = recognised_enterprises(workspace, state, today).dropna(subset="uscc")
    found = found.sort_values(["on", "project_code"], na_position="last", kind="stable")
    new = found[~found["uscc"].isin(standing[standing > 0].index)].drop_duplicates("uscc")
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    return _frame(new.assign(amount=1.0), facts)


def micro_park_pipeline(workspace: Workspace, state: AsOf, indicator: Indicator) -> pd.DataFrame:
    """Return the parks being built or planned: the register has no dates, so nobody can say when."""
    del indicator
    counted = workspace.policy_at(state.revision).value("target_micro_park_statuses", state.day)
    parks = workspace.store.read("micro_parks", revision=state.revision)
    parks = parks[parks["status"].notna() & ~parks["status"].isin(counted)]
    words = workspace.layer("micro_parks").field("status").code_labels
    columns = {
        "register": "micro_parks", "key": parks["micro_park_code"], "name": parks["name"], "amount": 1.0,
        "town_code": parks["town_code"], "park_code": parks["park_code"], "note": parks["status"].map(words),
    }  # fmt: skip
    return members_frame(columns, len(parks))


def _unfinished(members: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """Return the members of projects that have not had all their land recognised: who came later is not theirs."""
    area = members.groupby("project_code")["area_m2"].sum(min_count=1)
    done = entries.groupby("project_code")["area_m2"].sum().reindex(area.index).fillna(0.0)
    is_finished = area - done <= _NOTHING_M2  # never where the area is unknown
    return members[~members["project_code"].isin(area.index[is_finished])]


_NOTHING_M2 = 0.01
"""What a finished project leaves of its plots by rounding is nothing to come."""


def _open_members(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return the plots of projects that are planned or under way: project_code, plot_code, area_m2, on, name, stage."""
    policy, read = workspace.policy_at(state.revision), workspace.store.read
    stages = [*policy.value("planned_stages", state.day), *policy.value("doing_stages", state.day)]
    projects = read("projects", revision=state.revision).set_index("project_code")
    projects = projects[projects["stage"].isin(stages)]
    columns = policy.value("target_recognition_plan_dates", state.day)
    dates = projects["mode"].map(columns).fillna(columns["other"])
    on = pd.Series(pd.NaT, index=projects.index, dtype="datetime64[s]")
    for column in dates.unique():
        on = on.mask(dates == column, projects[column])
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    known = known_land(workspace, state.revision, float(policy.value("overlap_tolerance_m2", state.day)))
    lineage = parse_lineage(read("plots", revision=state.revision).set_index("plot_code")["predecessors"])
    pairs = pd.concat([lineage, known.former_lineage]).drop_duplicates(ignore_index=True)
    site_area_m2 = pd.concat([facts["site_area_m2"], known.gone_area_m2])
    areas = project_plot_areas(read("project_plots", revision=state.revision), site_area_m2)
    members = to_current_plots(areas, heirs(pairs, site_area_m2), facts.index)
    members = members[members["project_code"].isin(projects.index)].copy()
    words = workspace.layer("projects").field("stage").code_labels
    of_member = projects.assign(on=on).reindex(members["project_code"])
    members["on"] = of_member["on"].to_numpy()
    members["name"] = of_member["name"].to_numpy()
    members["stage"] = of_member["stage"].map(words).to_numpy()
    return members


def _frame(rows: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "register": "projects", "key": rows["project_code"], "name": rows["name"], "plot_code": rows["plot_code"],
        "project_code": rows["project_code"], "on": rows["on"], "amount": rows["amount"], "note": rows["stage"],
        "town_code": rows["plot_code"].map(facts["town_code"]), "park_code": rows["plot_code"].map(facts["park_code"]),
    }  # fmt: skip
    return members_frame(columns, len(rows))
