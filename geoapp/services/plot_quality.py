"""What is wrong with the records behind the zone statistics: each named, with the address of the record."""

from collections import Counter

import numpy as np

from geoapp.domain.table_quality import RecordFault, TableQuality
from geoapp.services.as_of import AsOf
from geoapp.services.plot_faults import KINDS
from geoapp.services.record_faults import record_faults
from geoapp.services.records import filter_mask
from geoapp.services.workspace import Workspace
from geoapp.services.zone_faults import zone_faults
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
    """Return what is wrong with the plots of a table of zones, with what figures make of them, and with the zones.

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
        What `record_faults` says of the plots, in its words, with the zones of the table instead of the towns.
    """
    rows = np.flatnonzero(filter_mask(workspace, "plots", filter_text, state))
    division = find_zones(workspace, zones, revision=state.revision, day=state.day)
    said = list(
        record_faults(
            workspace,
            "plots",
            state,
            rows,
            unit=unit,
            most=MOST_LISTED,
            zones=division,
            membership=membership,
        )
    )
    if isinstance(zones, str) and zones in workspace.layers:
        said += zone_faults(workspace, zones, division, unit=unit, most=MOST_LISTED)
    said.sort(key=_place)
    counts: Counter[str] = Counter()
    for fault in said:
        counts[fault.zh] += fault.count
    return TableQuality(
        plot_count=len(rows),
        counts=counts,
        findings=tuple(finding for fault in said for finding in fault.findings),
    )


_PLACES = {code: place for place, code in enumerate(KINDS)}
"""Kinds in their order; the others come after them."""


def _place(fault: RecordFault) -> int:
    return _PLACES.get(fault.code, len(_PLACES))
