"""Plots by grade (亩均评价档): A, B, C, D, T (not graded), and those without one."""

import numpy as np
import pandas as pd

from geoapp.analysis.zoning import sum_known
from geoapp.domain.statistic import Floats, Statistic, StatisticColumn, ZoneWeights

_WORDS = {"a": "A 类", "b": "B 类", "c": "C 类", "d": "D 类", "t": "T 类"}


def sum_by_grade(facts: pd.DataFrame, weights: ZoneWeights) -> dict[str, Floats]:
    """Return count and area by grade; a row whose plots all lack a grade has no counts but the last."""
    has_grades = {letter: (facts["grade"] == letter.upper()).to_numpy(dtype=bool) for letter in _WORDS}
    is_known = np.logical_or.reduce(list(has_grades.values()))
    site_area_m2 = facts["site_area_m2"].to_numpy(dtype=np.float64)
    numbers = {}
    for letter, has_grade in has_grades.items():
        count = np.where(is_known, has_grade.astype(np.float64), np.nan)
        area_m2 = np.where(has_grade, site_area_m2, np.where(is_known, 0.0, np.nan))
        numbers[f"grade_{letter}_count"] = sum_known(weights.counts, count)
        numbers[f"grade_{letter}_area_m2"] = sum_known(weights.areas, area_m2)
    numbers["grade_unknown_count"] = weights.counts @ (~is_known).astype(np.float64)
    numbers["grade_unknown_area_m2"] = sum_known(weights.areas, np.where(is_known, 0.0, site_area_m2))
    return numbers


def _columns(letter: str, word: str, formula: str) -> tuple[StatisticColumn, ...]:
    return (
        StatisticColumn(
            name=f"grade_{letter}_count", zh=f"{word}宗数", en=f"Plots, grade {letter}", unit="count",
            formula=f"{formula}的宗数",
        ),
        StatisticColumn(
            name=f"grade_{letter}_area_m2", zh=f"{word}面积", en=f"Land, grade {letter}", unit="mu",
            formula=f"Σ {formula}的用地面积×归属比例",
        ),
    )  # fmt: skip


STATISTIC = Statistic(
    id="grades", zh="亩均评价", en="Grades", order=110, needs=("grade", "site_area_m2"), compute=sum_by_grade,
    is_default=False,
    columns=(
        *(
            column
            for letter, word in _WORDS.items()
            for column in _columns(letter, word, f"亩均评价为 {letter.upper()} 的宗地")
        ),
        *_columns("unknown", "未评价", "没有亩均评价的宗地"),
    ),
)  # fmt: skip
