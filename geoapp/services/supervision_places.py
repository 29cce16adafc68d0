"""What counts where: of the records behind a figure, by the place a plot is registered in or by its shape."""

from datetime import date

import pandas as pd

from geoapp.analysis.overlay import MEMBERSHIPS, Membership
from geoapp.domain.target_set import Indicator
from geoapp.errors import UsageError
from geoapp.services.plot_facts import plot_facts
from geoapp.services.target_members import Members
from geoapp.services.target_values import SCOPE_REGISTERS, Actuals, Sources
from geoapp.services.zone_membership import MEMBERSHIP_NOTES, zone_membership
from geoapp.services.zone_source import find_zones

REGISTERED = "registered"
"""By the town and park that the register of plots says, as the ledgers and the targets count."""
WAYS = {REGISTERED: "按台账登记"} | MEMBERSHIPS
WAY_NOTES = {REGISTERED: "按地块台账登记的镇街、园区，与盘活台账、目标台账相同"} | MEMBERSHIP_NOTES


class PlacedActuals(Actuals):
    """The actuals of an indicator, where each record counts in the towns or parks that its plot lies in."""

    def __init__(self, sources: Sources, indicator: Indicator, kind: str, membership: str) -> None:
        super().__init__(sources, indicator)
        self._kind, self._membership = kind, membership

    def members(self, day: date) -> Members:
        """Return the records behind the figure of a day, one for each place that a plot lies in."""
        found = super().members(day)
        is_area = self.source is not None and self.source.quantity in ("land", "floor")
        shares = self._sources.once(("shares", is_area), lambda: self._shares(is_area=is_area))
        key = ("placed", self._indicator)
        frame = self._sources.once(key, lambda: placed(found.frame, shares, self._kind))
        return Members(frame, found.missing, found.notes)

    def _shares(self, *, is_area: bool) -> pd.DataFrame:
        state, register = self._state, SCOPE_REGISTERS[self._kind]
        facts = plot_facts(self._workspace, revision=state.revision, day=state.day)
        zones = find_zones(self._workspace, register, revision=state.revision, day=state.day)
        found = zone_membership(self._workspace, facts.geometry, zones, self._membership, state.revision)
        return plot_shares(found, facts.index, zones.geometry.index, is_area=is_area)


def check_way(way: str) -> None:
    """Refuse another word for where things count than those of WAYS; raises UsageError naming them."""
    if way not in WAYS:
        raise UsageError(f"归属方式“{way[:40]}”不认识；可用：{'、'.join(WAYS)}。")


def plot_shares(found: Membership, plots: pd.Index, zones: pd.Index, *, is_area: bool) -> pd.DataFrame:
    """Return with how much each plot counts where: plot_code, code (empty: in no zone), share.

    Parameters
    ----------
    found : Membership
    plots, zones : Index
        Codes in the order of its rows and columns.
    is_area : bool
        For areas, which may be shared out; counts are whole.
    """
    inside = (found.areas if is_area else found.counts).tocoo()
    outside = found.outside_share if is_area else found.outside_count
    parts = [
        pd.DataFrame(
            {"plot_code": plots[inside.row], "code": zones[inside.col].astype(str), "share": inside.data}
        ),
        pd.DataFrame({"plot_code": plots, "code": "", "share": outside}),
    ]
    shares = pd.concat(parts, ignore_index=True)
    return shares[shares["share"] > 0].reset_index(drop=True)


def placed(members: pd.DataFrame, shares: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return members once for each place their plot lies in, with their part of the amount; without a plot in none.

    Parameters
    ----------
    members : DataFrame
        See `analysis.targets.MEMBER_COLUMNS`.
    shares : DataFrame
        See `plot_shares`.
    kind : {"town", "park"}
    """
    merged = members.merge(shares, on="plot_code", how="left")
    amount = merged["amount"] * merged["share"].fillna(1.0)
    code = merged["code"].fillna("").astype(object)
    return merged.drop(columns=["code", "share"]).assign(**{f"{kind}_code": code, "amount": amount})
