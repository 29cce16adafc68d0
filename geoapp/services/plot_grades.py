"""Which grade of the evaluation per 亩 counts for an enterprise: that of a fixed or official result, or as reported."""

from datetime import date

import pandas as pd

from geoapp.analysis.performance import latest_performance, settle_grades
from geoapp.domain.evaluation import GRADE_SOURCES, REPORTED
from geoapp.domain.policy import Policy
from geoapp.errors import SetupError

_ORDER = "evaluation_grade_order"


def grade_order(policy: Policy, day: date) -> list[str]:
    """Return the sources of grades on a day, the first to be asked first; before the rule book has any, as reported.

    Raises
    ------
    SetupError
        A source is none of those there are.
    """
    held = policy.number(_ORDER).held(day)
    order = {REPORTED: 1} if held is None else held.value
    unknown = [name for name in order if name not in GRADE_SOURCES]
    if unknown:
        raise SetupError(
            f"规则库 evaluation.toml 的 [{_ORDER}]：不认识的来源“{unknown[0]}”；可用：{'、'.join(GRADE_SOURCES)}。"
        )
    return sorted(order, key=order.__getitem__)


def graded_performance(
    performance: pd.DataFrame, results: pd.DataFrame, policy: Policy, day: date
) -> pd.DataFrame:
    """Return each enterprise's record of its latest year, by uscc, with the grade that counts and its grade_source.

    Parameters
    ----------
    performance, results : DataFrame
        The registers performance and evaluations.
    policy : Policy
    day : date
        No later year is looked at.
    """
    return settle_grades(latest_performance(performance, day), results, grade_order(policy, day))
