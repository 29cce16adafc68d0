"""What is wrong with the records behind the zone statistics: each named, with the address of the record."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from geoapp.domain.table_quality import QualityFinding, RecordFault, TableQuality
from geoapp.services.as_of import AsOf
from geoapp.services.building_places import buildings_outside
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_faults import (
    KINDS,
    Records,
    building_faults,
    membership_faults,
    plot_faults,
    zone_faults,
)
from geoapp.services.records import filter_mask
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.services.revitalisation_findings import ledger_findings
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import zone_membership
from geoapp.services.zone_source import ZoneFile, find_zones

MOST_LISTED = 200
"""Of one kind; the counts are always whole."""


def plot_quality(
    workspace: Workspace,
    state: AsOf,
    *,
    zones: str | ZoneFile = "towns",
    membership: str = "clip",
    filter_text: str = "",
    unit: str = "mu",
) -> TableQuality:
    """Return what is wrong with the plots of a table and with the buildings on them.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        Registers as they were, the day whose limits hold.
    zones, membership, filter_text
        As in `zone_statistics`.
    unit : {"mu", "ha", "m2"}
        For land in the messages.

    Returns
    -------
    TableQuality
        A share is of a building's outline. Missing values are findings, never numbers.
    """
    is_wanted = filter_mask(workspace, "plots", filter_text, state)
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    division = find_zones(workspace, zones, revision=state.revision, day=state.day)
    shares = zone_membership(workspace, facts.geometry, division, membership, state.revision)
    register = workspace.store.read("plots", revision=state.revision)
    plots = Records(workspace.layer("plots"), register, np.flatnonzero(is_wanted))
    site_area_m2 = facts["site_area_m2"].to_numpy()[is_wanted]
    is_register = isinstance(zones, str) and zones in workspace.layers
    said = [
        *plot_faults(plots, site_area_m2, unit=unit, most=MOST_LISTED),
        *membership_faults(plots, shares.of_plots(is_wanted), division, most=MOST_LISTED),
        *(zone_faults(workspace, str(zones), division, unit=unit, most=MOST_LISTED) if is_register else ()),
        *_about_buildings(workspace, plots, state),
    ]
    recognised = recognition_quality(workspace, state, facts[is_wanted], unit, is_all=bool(is_wanted.all()))
    ordered = sorted(said, key=lambda fault: list(KINDS).index(fault.code))
    return TableQuality(
        plot_count=int(is_wanted.sum()),
        counts={fault.zh: fault.count for fault in ordered} | Counter(found.zh for found in recognised),
        findings=(*(finding for fault in ordered for finding in fault.findings), *recognised),
    )


def recognition_quality(
    workspace: Workspace, state: AsOf, facts: pd.DataFrame, unit: str, *, is_all: bool
) -> list[QualityFinding]:
    """Return what is wrong with the recognitions in the ledger that the statistics count, see `ledger_findings`.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    facts : DataFrame by plot_code
        Of the plots that are counted: only their recognitions are looked at.
    unit : {"mu", "ha", "m2"}
    is_all : bool
        All plots are counted: recognitions of plots that there are not, and of no ledger, are told then too.
    """
    entries = revitalisation_ledger(workspace, None, state).entries
    if not is_all:
        entries = entries[entries["plot_code"].isin(facts.index)]
    found = ledger_findings(
        workspace, entries, state.revision, state.day, facts["site_area_m2"], unit=unit, is_whole=is_all
    )
    return [
        QualityFinding(
            code=one.code, zh=f"认定：{one.zh}", message=one.message, title=one.title, address=one.address
        )
        for one in found
    ]


def _about_buildings(workspace: Workspace, plots: Records, state: AsOf) -> Iterator[RecordFault]:
    register = workspace.store.read("buildings", revision=state.revision)
    rows = np.flatnonzero(register["plot_code"].isin(plots.column("plot_code")))
    limit = float(workspace.policy_at(state.revision).value("building_outside_share", state.day))
    here = Records(workspace.layer("buildings"), register, rows)
    yield from building_faults(
        here, buildings_outside(workspace, state.revision)[rows], limit, most=MOST_LISTED
    )
