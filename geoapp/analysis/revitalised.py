"""Revitalised area (盘活面积) of plots: recognised, being done, planned. A square metre counts in one of them only.

No binding standard of recognition was found; the choices are ours and stand here and in `policy/revitalised.toml`:

* What is recognised, and that it counts once, see `revitalised_counting`.
* Under way (正在盘活) is the area of the projects that have a construction permit or more, less what of the same
  project on the same plot is already recognised; planned (拟盘活) is that of the projects before the permit. Both stop
  at what is left of the plot, in that order. Stopped projects count nowhere.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import sum_by_plot


def area_in_projects(
    project_plots: pd.DataFrame, records: pd.DataFrame, stages: Collection[str], plots: pd.Index
) -> pd.Series:
    """Return the area of each plot in projects at one of the stages, less what those projects had recognised.

    Parameters
    ----------
    project_plots : DataFrame, one row per project and plot
        project_code, plot_code, area_m2 (m2; NaN is unknown), stage.
    records : DataFrame, recognitions in force
        project_code, plot_code, area_m2 (negative where revoked).
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
        See `counted_by_plot` and `area_in_projects`. Where the plot's area is unknown nothing limits them; an unknown
        recognised area is taken as nothing when it limits the others.

    Examples
    --------
    >>> one = lambda area: pd.Series([area], index=["A"])
    >>> revitalised_area(one(4e3), one(5e3), one(9e3), one(1e4)).loc["A"].to_dict()
    {'recognised_m2': 4000.0, 'doing_m2': 5000.0, 'planned_m2': 1000.0}
    """
    left = (plot_area_m2 - recognised_m2.fillna(0)).clip(lower=0).fillna(np.inf)
    doing = in_doing_m2.clip(upper=left)
    left = left - doing.fillna(0)
    planned = in_planned_m2.clip(upper=left)
    return pd.DataFrame({"recognised_m2": recognised_m2, "doing_m2": doing, "planned_m2": planned})
