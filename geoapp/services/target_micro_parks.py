"""Actuals of the register of micro-enterprise parks: how many, and how many of a star level."""

from datetime import date

import pandas as pd

from geoapp.analysis.targets import members_frame
from geoapp.domain.target_set import Indicator
from geoapp.services.as_of import AsOf
from geoapp.services.target_members import Members
from geoapp.services.workspace import Workspace

_EMPTY = "小微企业园台账是空的，不能算。请先导入。"


def micro_parks(workspace: Workspace, state: AsOf, _day: date, _indicator: Indicator) -> Members:
    """Return the parks, those that do not count yet with the reason."""
    parks = workspace.store.read("micro_parks", revision=state.revision)
    return _members(workspace, parks, _status_reason(workspace, state, parks))


def micro_parks_starred(workspace: Workspace, state: AsOf, _day: date, _indicator: Indicator) -> Members:
    """Return the same, of which only those of the star level count."""
    parks = workspace.store.read("micro_parks", revision=state.revision)
    least = int(workspace.policy_at(state.revision).value("target_micro_park_star", state.day))
    stars = parks["star_level"]
    words = stars.map(lambda star: "没有评星" if pd.isna(star) else f"{int(star)} 星，不到 {least} 星")
    too_few = words.where(~(stars >= least).fillna(value=False).astype(bool), "")
    reason = _status_reason(workspace, state, parks)
    return _members(workspace, parks, reason.where(reason != "", too_few))


def _status_reason(workspace: Workspace, state: AsOf, parks: pd.DataFrame) -> pd.Series:
    counted = workspace.policy_at(state.revision).value("target_micro_park_statuses", state.day)
    words = workspace.layer("micro_parks").field("status").code_labels
    reasons = parks["status"].map(words).fillna("建设状态不明")
    return reasons.where(~parks["status"].isin(counted), "")


def _members(workspace: Workspace, parks: pd.DataFrame, reason: pd.Series) -> Members:
    if parks.empty:
        return Members(members_frame({}, 0), _EMPTY)
    kinds = workspace.layer("micro_parks").field("kind").code_labels
    columns = {
        "register": "micro_parks",
        "key": parks["micro_park_code"],
        "name": parks["name"],
        "town_code": parks["town_code"],
        "park_code": parks["park_code"],
        "amount": 1.0,
        "reason": reason,
        "note": parks["kind"].map(kinds),
    }
    return Members(members_frame(columns, len(parks)))
