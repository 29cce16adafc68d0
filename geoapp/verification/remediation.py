"""The remediation lists entry by entry: what the registers know of each subject, and the counts by status."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from geoapp.domain.listed import TOTAL
from geoapp.domain.remediation import PLOT, PLOT_LIST
from geoapp.errors import UsageError
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.performance import is_on
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import quotient

_NOTHING_M2 = 1e-6
Values = dict[str, Value]


def remediation_figures(source: Source, year: str, list_code: str) -> dict[str, dict[str, Figure]]:
    """Return the figures of the entries of a list, and the counts of all lists of its year."""
    if not year.isdecimal():
        raise UsageError(f"指纹里的年份“{year[:20]}”不是年份。")
    return with_slack(source, lambda state: _figures(state, int(year), list_code))


def _figures(source: Source, year: int, list_code: str) -> dict[str, Values]:
    of_year = [row for row in source.rows("list_entries") if row["year"] == year]
    entries = [row for row in of_year if row["list"] == list_code]
    plots, users = {plot.code: plot for plot in plain_plots(source)}, _users(source)
    rows = {entry["subject_code"]: _of_entry(source, entry, plots, users) for entry in entries}
    counts = Counter((row["list"], row["status"]) for row in of_year)
    sums: dict[str, Values] = {
        f"(status {code}) {status}": {"count": float(count)} for (code, status), count in counts.items()
    }
    return {**rows, TOTAL: {"suggested_count": float(_suggested(source, year, list_code, set(rows)))}, **sums}


def survey_figures(source: Source, year: str, list_code: str) -> dict[str, dict[str, Figure]]:
    """Return the figures of the plots of a list as the provincial survey asks for them."""
    if not year.isdecimal():
        raise UsageError(f"指纹里的年份“{year[:20]}”不是年份。")
    return with_slack(source, lambda state: _survey(state, int(year), list_code))


def _survey(source: Source, year: int, list_code: str) -> dict[str, Values]:
    plots = {plot.code: plot for plot in plain_plots(source)}
    codes = [
        row["subject_code"]
        for row in source.rows("list_entries")
        if (row["year"], row["list"], row["subject_kind"]) == (year, list_code, PLOT)
    ]
    rows = {code: _surveyed(plots.get(code)) for code in codes}
    return {**rows, TOTAL: {"count": float(len(rows))}}


def _surveyed(plot: Plot | None) -> Values:
    names = ("site_area_m2", "area_reg_m2", "far", "site_coverage", "tax_wan_per_mu")
    if plot is None:
        return dict.fromkeys(names)
    return {
        "site_area_m2": plot.site_area_m2,
        "area_reg_m2": plot.row["area_reg_m2"],
        "far": plot.far,
        "site_coverage": quotient(plot.row["footprint_m2"], plot.site_area_m2),
        "tax_wan_per_mu": plot.tax_wan_per_mu,
    }


def _users(source: Source) -> Mapping[str, set[str]]:
    """Return the enterprises on each plot on the day."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in source.rows("occupancies"):
        if is_on(source.day, row["from_on"], row["to_on"]) and row["uscc"] is not None:
            found[row["plot_code"]].add(row["uscc"])
    return found


def _of_entry(source: Source, entry: Row, plots: Mapping[str, Plot], users: Mapping[str, set[str]]) -> Values:
    plot = plots.get(entry["subject_code"]) if entry["subject_kind"] == PLOT else None
    deadline = entry["deadline_on"]
    is_late = deadline is not None and deadline < source.day
    return {
        "enterprise_count": None if plot is None else float(len(users.get(plot.code, ()))),
        "site_area_m2": None if plot is None else plot.site_area_m2,
        "gfa_counted_m2": None if plot is None else plot.gfa_m2,
        "far": None if plot is None else plot.far,
        "building_coefficient": None if plot is None else plot.coefficient,
        "tax_wan_per_mu": None if plot is None else plot.tax_wan_per_mu,
        "is_overdue": float(is_late and entry["status"] in source.number("list_open_statuses")),
    }


def _suggested(source: Source, year: int, list_code: str, listed: set[str]) -> int:
    """Return how many plots rules call low-efficiency that nobody has put on the newest list or cleared."""
    years = [row["year"] for row in source.rows("list_entries")]
    if list_code != PLOT_LIST or (years and year != max(years)):
        return 0
    recognised = revitalised_plots(source, source.number("default_ledger"))
    return sum(
        plot.by_rule == "yes"
        and plot.row["low_efficiency_status"] is None
        and plot.code not in listed
        and (recognised[plot.code].recognised or 0.0) <= _NOTHING_M2
        for plot in plain_plots(source)
    )
