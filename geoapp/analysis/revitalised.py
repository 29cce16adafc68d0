"""Revitalised area (盘活面积) of plots: recognised, being done, planned. A square metre counts in one of them only.

No binding standard of recognition was found; the choices are ours and stand here and in `policy/revitalised.toml`:

* Only what a dated record in the ledger recognises counts as recognised. A revocation is a negative record.
* A plot counts once: recognised area never exceeds the plot's, nor falls below zero.
* Under way (正在盘活) is the area of the projects that have a construction permit or more, less what of the same
  project on the same plot is already recognised; planned (拟盘活) is that of the projects before the permit. Both stop
  at what is left of the plot, in that order. Stopped projects count nowhere.
* New floor area counts when it is recognised, gross and net as the record says.
"""

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import sum_by_plot

RECOGNISED_COLUMNS = ("area_m2", "new_gfa_gross_m2", "new_gfa_net_m2")


def records_in_force(recognitions: pd.DataFrame, ledger: str, day: date) -> pd.DataFrame:
    """Return the recognitions of a ledger up to and including a day; a record without a date is none.

    Parameters
    ----------
    recognitions : DataFrame
        ledger, recognised_on (datetime64).
    """
    is_in_force = (recognitions["ledger"] == ledger) & (recognitions["recognised_on"] <= pd.Timestamp(day))
    return recognitions[is_in_force]


def recognised_area(records: pd.DataFrame, plot_area_m2: pd.Series) -> pd.DataFrame:
    """Return what the recognitions of one ledger add up to on each plot.

    Parameters
    ----------
    records : DataFrame, one row per recognition in force, see `records_in_force`
        plot_code, area_m2 (m2, negative where it revokes), new_gfa_gross_m2, new_gfa_net_m2 (m2).
    plot_area_m2 : Series by plot_code
        Where it is unknown, the recognised area is not limited.

    Returns
    -------
    DataFrame by plot_code: recognised_m2 (m2, 0 to the plot's area), new_gfa_gross_m2, new_gfa_net_m2 (m2)

    Notes
    -----
    A plot without records has recognised exactly nothing: 0. A record without area leaves the plot's recognised area
    unknown. Blank new floor area adds none, since most modes build none; if all of a plot's are blank it is unknown.

    Examples
    --------
    >>> records = pd.DataFrame({"plot_code": ["A", "A"], "area_m2": [9e3, -2e3], "new_gfa_gross_m2": [5e3, None]})
    >>> plots = pd.Series([1e4, 1e4], index=["A", "B"])
    >>> recognised_area(records.assign(new_gfa_net_m2=1e3), plots)["recognised_m2"].to_dict()
    {'A': 7000.0, 'B': 0.0}
    """
    groups = records.groupby("plot_code")[list(RECOGNISED_COLUMNS)]
    sums, counts = groups.sum(), groups.count()
    sizes = records.groupby("plot_code").size()
    sums["area_m2"] = sums["area_m2"].where(counts["area_m2"] == sizes)
    for column in RECOGNISED_COLUMNS[1:]:
        sums[column] = sums[column].where(counts[column] > 0)
    has_records = plot_area_m2.index.isin(sizes.index)
    totals = sums.reindex(plot_area_m2.index)
    totals[~has_records] = 0.0
    limited = totals["area_m2"].clip(0, plot_area_m2.fillna(np.inf))
    return totals.assign(area_m2=limited).rename(columns={"area_m2": "recognised_m2"})


def area_in_projects(
    project_plots: pd.DataFrame, records: pd.DataFrame, stages: Collection[str], plots: pd.Index
) -> pd.Series:
    """Return the area of each plot in projects at one of the stages, less what those projects had recognised.

    Parameters
    ----------
    project_plots : DataFrame, one row per project and plot
        project_code, plot_code, area_m2 (m2; NaN is unknown), stage.
    records : DataFrame, recognitions in force
        project_code, plot_code, area_m2.
    stages : collection of stage codes
    plots : Index of plot_code
        Plots in no such project get 0.
    """
    pair = ["project_code", "plot_code"]
    chosen = project_plots[project_plots["stage"].isin(list(stages))]
    recognised = records.groupby(pair)["area_m2"].sum().rename("recognised_m2").reset_index()
    merged = chosen.merge(recognised, on=pair, how="left")
    left = (merged["area_m2"] - merged["recognised_m2"].fillna(0).clip(lower=0)).clip(lower=0)
    sums = sum_by_plot(left, merged["plot_code"], plots)
    return sums.where(plots.isin(merged["plot_code"]), 0.0)


def revitalised_area(
    recognised_m2: pd.Series, in_doing_m2: pd.Series, in_planned_m2: pd.Series, plot_area_m2: pd.Series
) -> pd.DataFrame:
    """Return recognised, doing and planned area of each plot, together never above the plot's area.

    Parameters
    ----------
    recognised_m2, in_doing_m2, in_planned_m2, plot_area_m2 : Series by plot_code, m2
        See `recognised_area` and `area_in_projects`. Where the plot's area is unknown nothing limits them; an unknown
        recognised area is taken as nothing when it limits the others.

    Examples
    --------
    >>> one = lambda area: pd.Series([area], index=["A"])
    >>> revitalised_area(one(4e3), one(5e3), one(9e3), one(1e4)).loc["A"].to_dict()
    {'recognised_m2': 4000.0, 'doing_m2': 5000.0, 'planned_m2': 1000.0}
    """
    left = (plot_area_m2 - recognised_m2.fillna(0)).fillna(np.inf)
    doing = in_doing_m2.clip(upper=left)
    left = left - doing.fillna(0)
    planned = in_planned_m2.clip(upper=left)
    return pd.DataFrame({"recognised_m2": recognised_m2, "doing_m2": doing, "planned_m2": planned})
