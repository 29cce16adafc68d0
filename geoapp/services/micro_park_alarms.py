"""Micro-enterprise parks that somebody must look at: no result of the year that is over, too little let."""

from typing import Any

import numpy as np
import pandas as pd

from geoapp.services.as_of import AsOf
from geoapp.services.micro_park_facts import NOBODY
from geoapp.services.micro_parks import OPERATING, micro_park_rows
from geoapp.services.workspace import Workspace
from geoapp.units import limit_text, number_text


def micro_park_alarms(workspace: Workspace, state: AsOf) -> tuple[pd.DataFrame, list[str]]:
    """Return what is to be looked at, and the same in words.

    Returns
    -------
    DataFrame with key, name, town_code, body, on, days, one row per alarm
    list of str
    """
    year = state.day.year - 1
    rows = micro_park_rows(workspace, state, year)
    rows = rows[(rows["status"] == OPERATING).fillna(value=False).to_numpy(bool)]
    least = float(workspace.policy_at(state.revision).value("micro_park_occupancy_alarm", state.day))
    silent = rows[(rows["band"] == "unknown").to_numpy(bool)].to_dict("records")
    empty = rows[(rows["occupancy_share"] < least).to_numpy(bool)].to_dict("records")
    found = [
        *((_line(row), f"没有填 {year} 年的绩效得分。") for row in silent),
        *(
            (_line(row), f"出租率 {number_text(row['occupancy_share'], '.1%')}，低于 {limit_text(least)}。")
            for row in empty
        ),
    ]
    columns = ["key", "name", "town_code", "body", "on", "days"]
    return pd.DataFrame([line for line, _ in found], columns=columns), [words for _, words in found]


def _line(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "key": row["micro_park_code"], "name": row["name"], "town_code": row["town_code"],
        "body": None if row["operator"] in NOBODY else row["operator"],
        "on": pd.NaT, "days": np.nan,
    }  # fmt: skip
