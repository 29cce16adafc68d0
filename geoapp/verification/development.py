"""Land for a second development, judged plot by plot, and what holds it back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.verification.answers import Answer, either, every, opposite
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Source
from geoapp.verification.zones import CONTROL_LINE, plain_zones, zone_rows

_NOTHING_M2 = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """None is unknown."""

    developable: Answer
    constrained: Answer
    """None too where the plot is not developable."""


def development_verdicts(source: Source) -> dict[str, Verdict]:
    """Return the verdict of each plot by its code."""
    if "development" not in source.kept:
        revitalised = revitalised_plots(source, source.number("default_ledger"))
        inside = in_lines(source, [line.value for line in source.scheme.lines])
        source.kept["development"] = {
            plot.code: _verdict(source, plot, revitalised[plot.code].recognised, inside.get(plot.code))
            for plot in plain_plots(source)
        }
    found: dict[str, Verdict] = source.kept["development"]
    return found


def in_lines(source: Source, kinds: Sequence[str]) -> Mapping[str, Answer]:
    """Return whether each plot is counted inside the lines of any of some kinds; None where it cannot be placed.

    No measured area changes that, so it is asked once for all nudges of the source.
    """
    key = ("in lines", source.day, *kinds)
    if key not in source.unmoved:
        plots = plain_plots(source)
        located = [plot for plot in plots if plot.shape is not None and plot.shape.area > 0]
        found: dict[str, Answer] = {plot.code: False if not kinds else None for plot in plots}
        if kinds and source.rows("control_lines"):
            found |= {plot.code: False for plot in located}
            for kind in kinds:
                row = zone_rows(source, located, plain_zones(source, f"{CONTROL_LINE}:{kind}"), "clip")[0]
                found |= dict.fromkeys(row.counted, True)
        source.unmoved[key] = found
    answers: Mapping[str, Answer] = source.unmoved[key]
    return answers


def _verdict(source: Source, plot: Plot, recognised_m2: float | None, is_inside: Answer) -> Verdict:
    codes = set(source.number("development_industrial_codes"))
    area = plot.site_area_m2
    developable = every(
        is_industrial(plot.row["landuse_code"], codes),
        (recognised_m2 or 0.0) <= _NOTHING_M2,
        None if area is None else area * 3 >= source.number("development_min_area_mu") * 2000,
        plot.shape is not None and bool(plot.shape.is_valid),
    )
    if developable is not True:
        return Verdict(developable, None)
    words = source.number("development_industrial_words")
    constrained = either(
        opposite(is_inside),
        plot.row["height_limit_m"] is not None,
        _is_term_short(source, plot),
        opposite(is_industrial(plot.row["planned_use"], codes, words)),
    )
    return Verdict(developable, constrained)


def is_industrial(use: Any, codes: Collection[str], words: Sequence[str] = ()) -> Answer:
    """Return whether a use, a code or words, is industrial."""
    if use is None:
        return None
    text = str(use).strip().upper()
    return text in codes or any(word in text for word in words)


def _is_term_short(source: Source, plot: Plot) -> Answer:
    if plot.row["right_type"] == "allocated":
        return False
    end = plot.row["term_end_on"]
    return (
        None if end is None else end < _years_later(source.day, source.number("development_min_term_years"))
    )


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return date(day.year + years, 2, 28)
