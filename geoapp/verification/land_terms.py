"""How long the right to each plot still runs, plot by plot, and the sums by class, town and park."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from geoapp.domain.listed import TOTAL
from geoapp.verification.agreements import kept_by_plot
from geoapp.verification.classes import years_between
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.source import Source

ENDLESS, UNKNOWN = "endless", "unknown"
_ALLOCATED = "allocated"
Values = dict[str, Value]


def land_term_figures(source: Source, asked: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    """Return the figures of the plots asked for, and the sums of all."""
    return with_slack(source, lambda state: _figures(state, asked))


def _figures(source: Source, asked: Mapping[str, str]) -> dict[str, Values]:
    kept, plots = kept_by_plot(source), plain_plots(source)
    buckets = {plot.code: _bucket(source, plot) for plot in plots}
    rows: dict[str, Values] = {}
    for plot in plots:
        is_due = _is_due(source, plot)
        said = {
            "bucket": buckets[plot.code], "town_code": plot.row["town_code"] or "", "due": "yes" if is_due else "",
            "park_code": plot.row["park_code"] or "", "kept": kept.get(plot.code, "none"),
        }  # fmt: skip
        if all(said[name] == text for name, text in asked.items() if name in said and text):
            rows[plot.code] = {
                "site_area_m2": plot.site_area_m2, "term_left_years": _left_years(source, plot),
                "is_due": float(is_due),
            }  # fmt: skip
    return rows | _sums(source, plots, buckets)


def _sums(source: Source, plots: Sequence[Plot], buckets: Mapping[str, str]) -> dict[str, Values]:
    names = _names(source)
    held: dict[str, list[Plot]] = defaultdict(list)
    for plot in plots:
        bucket = buckets[plot.code]
        held[f"(bucket) {bucket}"].append(plot)
        for kind in ("town", "park"):
            code = plot.row[f"{kind}_code"] or ""
            held[f"({kind}) {code}"].append(plot)
            held[f"({kind}) {code}|{bucket}"].append(plot)
    places = [row for row in held if not row.startswith("(bucket)") and "|" not in row]
    rows = [*(f"(bucket) {name}" for name in names), *places]
    rows += [f"{place}|{name}" for place in places for name in names]
    sums: dict[str, Values] = {
        row: {
            "plot_count": float(len(held[row])),
            "area_m2": math.fsum(plot.site_area_m2 or 0.0 for plot in held[row]),
        }
        for row in rows
    }
    due: Values = {"due_count": float(sum(_is_due(source, plot) for plot in plots))}
    return {TOTAL: due, **sums}


def _left_years(source: Source, plot: Plot) -> Value:
    """Return the years left; None without an end, or where it is not known."""
    end = plot.row["term_end_on"]
    return None if end is None or plot.row["right_type"] == _ALLOCATED else years_between(source.day, end)


def _is_due(source: Source, plot: Plot) -> bool:
    end = plot.row["term_end_on"]
    if end is None or plot.row["right_type"] == _ALLOCATED:
        return False
    return bool((end - source.day).days <= source.number("land_term_alarm_days"))


def _breaks(source: Source) -> list[float]:
    return [float(limit) for limit in source.number("term_class_breaks")]


def _names(source: Source) -> list[str]:
    texts = [f"{limit:g}".replace(".", "_").replace("-", "minus_") for limit in _breaks(source)]
    between = [f"{low}_to_{high}" for low, high in pairwise(texts)]
    return [f"below_{texts[0]}", *between, f"from_{texts[-1]}", ENDLESS, UNKNOWN]


def _bucket(source: Source, plot: Plot) -> str:
    """Return the class of a plot's term; one that is exactly a limit belongs to the class above."""
    if plot.row["right_type"] == _ALLOCATED:
        return ENDLESS
    left = _left_years(source, plot)
    return UNKNOWN if left is None else _names(source)[bisect_right(_breaks(source), left)]
