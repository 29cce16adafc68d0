"""What the bureau decided about enterprises in a year, mark by mark: bonus, malus, veto, exemption."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.verification.source import Row, Source

OUTRIGHT, HELD_BACK = "D", "no_AB"
"""Effects of a veto: the lowest grade, or neither of the best two."""
Number = Callable[[str], Any]
"""A number of the rule book in force on the day of the year's rules."""


@dataclass(slots=True)
class Marks:
    """Of one enterprise."""

    bonus: float = 0.0
    malus: float = 0.0
    veto: str = ""
    is_exempt: bool = False


def marks_of_year(source: Source, year: int, firms: Collection[str], number: Number) -> dict[str, Marks]:
    """Return what the marks of a year do to each enterprise that is evaluated."""
    rows = [row for row in source.rows("evaluation_marks") if row["year"] == year and row["uscc"] in firms]
    barring = number("evaluation_no_exemption")
    barred = {row["uscc"] for row in rows if row["kind"] == "veto" and row["code"] in barring}
    effects = number("evaluation_veto_effects")
    found: dict[str, Marks] = defaultdict(Marks)
    for row in rows:
        marks = found[row["uscc"]]
        match row["kind"]:
            case "bonus":
                marks.bonus += row["points"] or 0.0
            case "malus":
                marks.malus += row["points"] or 0.0
            case "veto":
                effect = effects.get(row["code"], "")
                marks.veto = OUTRIGHT if OUTRIGHT in (marks.veto, effect) else effect or marks.veto
            case "exemption":
                is_over = _is_over(row, year, number("evaluation_exempt_years"))
                marks.is_exempt |= row["uscc"] not in barred and not is_over
    return found


def _is_over(row: Row, year: int, exempt_years: dict[str, float]) -> bool:
    """Return whether an exemption that holds for some years from a day ended before the year's end."""
    since, years = row["since_on"], exempt_years.get(row["code"])
    if since is None or years is None:
        return False
    month = since.year * 12 + since.month - 1 + round(years * 12)
    last_year, last_month = month // 12, month % 12 + 1
    day = min(since.day, monthrange(last_year, last_month)[1])
    return date(last_year, last_month, day) <= date(year, 12, 31)
