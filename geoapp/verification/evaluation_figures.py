"""The figures of a year's evaluation under the names that its exports have: by enterprise, and by list."""

from collections import Counter
from collections.abc import Mapping

from geoapp.domain.evaluation import GRADE_NUMBERS, LISTS
from geoapp.errors import UsageError
from geoapp.verification.evaluation import GRADES, Firm, YearResult, plain_evaluation
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.source import Source

LIST_ROW = "(list) "
"""Before a list's code, as a row."""
UNGRADED = "无档次"


def evaluation_figures(source: Source, year: int, code: str, weights: str) -> dict[str, dict[str, Figure]]:
    """Return the figures of the enterprises of a list, of all where none is named, and of all lists.

    Parameters
    ----------
    source : Source
    year : int
    code, weights : str
        As the address says them: a list, and points by item other than the rule book's.
    """
    points = _points(weights)
    return with_slack(source, lambda state: _figures(plain_evaluation(state, year, code, points), code))


def _points(text: str) -> dict[str, float] | None:
    if not text:
        return None
    try:
        return {name: float(points) for name, points in (part.split(":") for part in text.split(","))}
    except ValueError:
        raise UsageError(f"指纹里的分值“{text[:60]}”读不懂。") from None


def _figures(found: YearResult, code: str) -> Mapping[str, Mapping[str, Value]]:
    rows: dict[str, Mapping[str, Value]] = {
        firm.uscc: _of_firm(firm) for firm in found.firms if code in ("", firm.listed)
    }
    return rows | {f"{LIST_ROW}{listed}": _of_list(found, listed) for listed in LISTS}


def _of_firm(firm: Firm) -> dict[str, Value]:
    land, marks = firm.land, firm.marks
    return {
        "rank": None if firm.rank is None else float(firm.rank),
        "score": firm.score,
        "grade": GRADE_NUMBERS[firm.grade],
        "land_m2": firm.land_m2,
        "owned_m2": land.owned,
        "leased_in_m2": land.leased_in,
        "leased_out_m2": land.leased_out,
        "bonus": marks.bonus,
        "malus": marks.malus,
    }


def _of_list(found: YearResult, listed: str) -> dict[str, Value]:
    members = [firm for firm in found.firms if firm.listed == listed]
    counts = Counter(firm.grade for firm in members)
    plain = [firm for firm in members if not firm.is_following and not firm.veto and firm.score is not None]
    figures: dict[str, Value] = {"enterprise_count": float(len(members))}
    for grade in GRADE_NUMBERS:
        figures[f"grade {grade or UNGRADED}"] = float(counts[grade])
    for grade in GRADES:
        scores = [firm.score for firm in plain if firm.grade == grade and firm.score is not None]
        figures[f"lowest {grade}"] = min(scores, default=None)
    for item, (base, count) in found.bases[listed].items():
        figures[f"base {item}"] = base if members else None
        figures[f"base_count {item}"] = float(count)
    return figures
