"""What a printed map must say about itself: how old its data are, whose coordinates, whether they are invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyproj import CRS

from geoapp.analysis.crs import crs_name
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.demo import shows_demo_data
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """The particulars of a sheet that only the server knows."""

    district_name: str
    made_on: date
    """Today, where the server stands: an office machine's clock may be wrong."""
    data_on: date | None
    """Day of the newest change of what is shown; None where it never held anything."""
    as_of_on: date | None
    """The day asked for; None for the present state."""
    note: str
    """What the reader must be told about the day; empty as a rule."""
    crs: str
    """The working coordinate system in words, with its code."""
    is_demo: bool
    """Invented records are among those held."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "district_name": self.district_name,
            "made_on": self.made_on.isoformat(),
            "data_on": self.data_on and self.data_on.isoformat(),
            "as_of_on": self.as_of_on and self.as_of_on.isoformat(),
            "note": self.note,
            "crs": self.crs,
            "is_demo": self.is_demo,
        }


def sheet_facts(workspace: Workspace, registers: Sequence[str], as_of: AsOf) -> SheetFacts:
    """Return what a sheet with some registers says about itself.

    Parameters
    ----------
    workspace : Workspace
    registers : sequence of str
        Those shown; none counts as all.
    as_of : AsOf

    Raises
    ------
    NotFoundError
        No such register.
    """
    shown = [workspace.layer(register).id for register in registers] or list(workspace.layers)
    newest = max(workspace.store.register_revision(name, revision=as_of.revision) for name in shown)
    return SheetFacts(
        district_name=workspace.settings.district_name,
        made_on=today(),
        data_on=data_day(workspace, as_of.revision, tuple(shown), today()) if newest else None,
        as_of_on=None if as_of.is_now else as_of.day,
        note=as_of.note,
        crs=crs_name(CRS.from_epsg(workspace.settings.working_crs)),
        is_demo=shows_demo_data(workspace),
    )
