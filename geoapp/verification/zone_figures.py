"""A zone table of the second path."""

from collections.abc import Mapping, Sequence

from geoapp.verification.classes import POTENTIAL, dated_columns
from geoapp.verification.development import development_verdicts
from geoapp.verification.figure import Figure, with_slack
from geoapp.verification.filters import taken_in
from geoapp.verification.plots import plain_plots
from geoapp.verification.revitalised import revitalised_plots
from geoapp.verification.source import Source
from geoapp.verification.statistics import COLUMNS, NOT_JUDGED, Facts, PlainColumn, Seen, Value
from geoapp.verification.zones import ZoneRow, all_rows, restricted


def columns_of(source: Source) -> dict[str, PlainColumn]:
    """Return the columns that the second path computes, by the name of the published one."""
    return {**COLUMNS, **dated_columns(source)}


def plain_figures(
    source: Source, *, zones: str, membership: str, filter_text: str = "", zone_set: str = ""
) -> dict[str, dict[str, Figure]]:
    """Return the figures of a zone table by row key and column name, in m2 and shares from 0 to 1.

    Parameters
    ----------
    source : Source
    zones : str
        A polygon register, control_line:KX1, or file:NAME.
    membership : {"clip", "largest", "centroid"}
    filter_text : str
        CQL2-Text over the plots.
    zone_set : str
        Of a file's zones: their digest; see `plain_zones`.

    Raises
    ------
    UsageError
        No such zones, or a filter over something that the second path does not compute.
    """
    rows = all_rows(source, zones, membership, zone_set)
    if filter_text:
        wanted = {plot.code for plot in taken_in(source, plain_plots(source), filter_text)}
        rows = restricted(rows, wanted)

    def computed(state: Source) -> dict[str, dict[str, Value]]:
        return _figures(state, rows)

    return with_slack(source, computed)


def _figures(source: Source, rows: Sequence[ZoneRow]) -> dict[str, dict[str, Value]]:
    revitalised = revitalised_plots(source, source.number("default_ledger"))
    columns = columns_of(source)
    verdicts = development_verdicts(source) if POTENTIAL in columns else {}
    facts = {
        plot.code: Facts(plot, revitalised[plot.code], verdicts.get(plot.code, NOT_JUDGED))
        for plot in plain_plots(source)
    }
    return {row.key: _row_figures(row, facts, columns) for row in rows}


def _row_figures(
    row: ZoneRow, facts: Mapping[str, Facts], columns: Mapping[str, PlainColumn]
) -> dict[str, Value]:
    seen = Seen(
        [(facts[code], share) for code, share in row.area_share.items()],
        [facts[code] for code in row.counted],
    )
    return {name: column.compute(seen) for name, column in columns.items()}
