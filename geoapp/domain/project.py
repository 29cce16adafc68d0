"""A redevelopment project's life cycle: stages P00 to P12, or stopped (PX)."""

import pandas as pd

STAGES = tuple(f"P{number:02d}" for number in range(13))
"""In order: 摸排, 意向, 备案, 用地, 规划许可, 施工许可, 开工, 结顶, 竣工, 登记, 投产, 达产, 销号."""
STOPPED = "PX"


def furthest_stage(stages: pd.Series, plot_code: pd.Series) -> pd.Series:
    """Return for each plot the stage of its most advanced running project; a stopped one only if there is no other.

    Parameters
    ----------
    stages, plot_code : Series on the same index
        A project's stage and a plot it takes in. Rows without a stage are left out.

    Returns
    -------
    Series of stage by plot_code

    Examples
    --------
    >>> stages, plots = pd.Series(["P03", "PX", "P06", "PX"]), pd.Series(["A", "A", "A", "B"])
    >>> furthest_stage(stages, plots).to_dict()
    {'A': 'P06', 'B': 'PX'}
    """
    ranks = {STOPPED: 0} | {stage: rank for rank, stage in enumerate(STAGES, start=1)}
    rank = stages.map(ranks).dropna()
    furthest = rank.groupby(plot_code.loc[rank.index].to_numpy()).max()
    return furthest.map({rank: stage for stage, rank in ranks.items()}).astype("str")
