"""Land in the four quadrants of plot ratio and tax per 亩 (四象限)."""

from functools import partial

import numpy as np
import pandas as pd

from geoapp.analysis.distribution import UNKNOWN_CLASS, class_positions, sums_by_class
from geoapp.analysis.intensity import far_break_text
from geoapp.domain.rule import Numbers
from geoapp.domain.statistic import DatedStatistic, Floats, Statistic, StatisticColumn, ZoneWeights

_FAR, _TAX = "quadrant_far", "quadrant_tax_wan_per_mu"
QUADRANTS = {
    "low_far_low_tax": "低容积低税收",
    "low_far_high_tax": "低容积高税收",
    "high_far_low_tax": "高容积低税收",
    "high_far_high_tax": "高容积高税收",
}
"""In the order of 2 x (plot ratio is high) + (tax is high)."""
_NAMES = {**QUADRANTS, "unknown": "象限未知"}


def sum_by_quadrant(
    facts: pd.DataFrame, weights: ZoneWeights, *, far_limit: float, tax_limit_wan_per_mu: float
) -> dict[str, Floats]:
    """Return the site area in each quadrant, and of the plots that lack plot ratio or tax."""
    far = class_positions(facts["far"], [far_limit])
    tax = class_positions(facts["tax_wan_per_mu"], [tax_limit_wan_per_mu])
    is_known = (far != UNKNOWN_CLASS) & (tax != UNKNOWN_CLASS)
    positions = np.where(is_known, 2 * far + tax, UNKNOWN_CLASS)
    sums = sums_by_class(weights.areas, positions, len(QUADRANTS), facts["site_area_m2"])
    return {f"quadrant_{name}_area_m2": numbers for name, numbers in zip(_NAMES, sums, strict=True)}


def _columns(far_limit: float, tax_limit: float) -> tuple[StatisticColumn, ...]:
    far_text, tax_text = far_break_text(far_limit), far_break_text(tax_limit)
    limits = f"容积率以 {far_text}、亩均税收以 {tax_text} 万元/亩为界，正好在界线上的算高"
    return tuple(
        StatisticColumn(
            name=f"quadrant_{name}_area_m2", zh=word, en=f"Land, {name.replace('_', ' ')}", unit="mu",
            formula=f"Σ {word}的宗地的用地面积×归属比例；{limits}；缺一项的为象限未知",
        )
        for name, word in _NAMES.items()
    )  # fmt: skip


def _on(numbers: Numbers) -> Statistic:
    far_limit, tax_limit = float(numbers[_FAR]), float(numbers[_TAX])
    return Statistic(
        id=STATISTIC.id, zh=STATISTIC.zh, en="Plot ratio and tax quadrants", order=56, is_default=False,
        needs=("far", "tax_wan_per_mu", "site_area_m2"), columns=_columns(far_limit, tax_limit),
        compute=partial(sum_by_quadrant, far_limit=far_limit, tax_limit_wan_per_mu=tax_limit),
    )  # fmt: skip


STATISTIC = DatedStatistic(id="far_tax_quadrants", zh="容积率税收四象限", thresholds=(_FAR, _TAX), on=_on)
