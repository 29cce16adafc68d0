"""Land for a second development (二次开发潜力) and the floor area that it could take at the target plot ratio."""

from functools import partial

import numpy as np
import pandas as pd

from geoapp.analysis.development import potential_gfa_m2
from geoapp.analysis.intensity import far_break_text
from geoapp.analysis.zoning import sum_known
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

_TARGET = "far_target_default"


def sum_potential(facts: pd.DataFrame, weights: ZoneWeights, *, far_target: float) -> dict[str, Floats]:
    """Return developable land, the constrained part of it, the land not judged, and the floor area it could add."""
    site_area_m2 = facts["site_area_m2"].to_numpy(dtype=np.float64)
    developable = facts["developable"].to_numpy(dtype=np.float64)
    constrained = facts["constrained"].to_numpy(dtype=np.float64)
    held_back = np.where(developable == 0, 0.0, developable * constrained)
    added_m2 = potential_gfa_m2(facts, far_target).to_numpy(dtype=np.float64)
    is_judged = ~np.isnan(developable)
    return {
        "developable_area_m2": sum_known(weights.areas, _where(developable, site_area_m2)),
        "developable_constrained_area_m2": sum_known(weights.areas, _where(held_back, site_area_m2)),
        "developable_unknown_area_m2": sum_known(weights.areas, np.where(is_judged, 0.0, site_area_m2)),
        "potential_gfa_m2": sum_known(weights.areas, _where(developable, added_m2)),
    }


def _where(is_true: Floats, values: Floats) -> Floats:
    """Return the values where true, 0 where not, NaN where that or the value is not known."""
    return np.where(is_true == 0, 0.0, is_true * values)


def _columns(target: str) -> tuple[StatisticColumn, ...]:
    return (
        StatisticColumn(
            name="developable_area_m2", zh="可二次开发", en="Developable land", unit="mu",
            formula="Σ 可二次开发宗地的用地面积×归属比例：工业用地、尚未认定盘活、达到最小面积、图形有效；含受限的",
        ),
        StatisticColumn(
            name="developable_constrained_area_m2", zh="其中受限", en="Developable, constrained", unit="mu",
            formula="Σ 可二次开发而受限的用地面积×归属比例：控制线外、限高、剩余年限不足或规划改作他用，任一项",
        ),
        StatisticColumn(
            name="developable_unknown_area_m2", zh="开发未判定", en="Developable or not unknown", unit="mu",
            formula="Σ 资料不足、不能判定可否二次开发的宗地的用地面积×归属比例",
        ),
        StatisticColumn(
            name="potential_gfa_m2", zh="潜力建筑面积", en="Potential floor area", unit="m2",
            formula=f"Σ（{target}×用地面积－计容建筑面积，不小于零）×归属比例（{target} 为目标容积率）；"
            "只含可二次开发且建筑面积已知的宗地；不按规划容积率上限折减，与候选地块按各宗目标容积率算的不同",
        ),
    )  # fmt: skip


def _on(numbers: Numbers) -> Statistic:
    far_target = float(numbers[_TARGET])
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Development potential", order=95, is_default=False,
        needs=("developable", "constrained", "site_area_m2", "gfa_counted_m2"),
        compute=partial(sum_potential, far_target=far_target), columns=_columns(far_break_text(far_target)),
        source="北区政发〔2022〕29号：新建工业项目容积率",
    )  # fmt: skip


STATISTIC = DatedStatistic(id="development_potential", zh="二次开发潜力", thresholds=(_TARGET,), on=_on)
