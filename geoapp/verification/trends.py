"""A figure of the zone table at the ends of years, each from the registers as they were then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from geoapp.verification.figure import Figure
from geoapp.verification.source import Source
from geoapp.verification.zone_figures import plain_figures

SourceAt = Callable[[int, date], Source]


def trend_states(source: Source, days: Sequence[date]) -> list[tuple[int, date]]:
    """Return revision and day of each point: where no register was kept yet those of the last day stand in."""
    states = []
    for day in days:
        end = datetime.combine(day + timedelta(days=1), time.min).astimezone()
        earlier = source.revision if day >= source.day else source.store.revision_before(end)
        states.append((earlier or source.revision, day))
    return states


def zone_trend(
    source: Source, source_at: SourceAt, days: Sequence[date], *, zones: str, membership: str, filter_text: str,
    zone_set: str = "",
) -> dict[str, Mapping[str, Mapping[str, Figure]]]:  # fmt: skip
    """Return the figures of the zone table on each day, by day in ISO form, zone and column.

    Parameters
    ----------
    source : Source
        Of the last day.
    source_at : callable
        (revision, day) -> Source.
    days : sequence of date
    zones, membership, filter_text, zone_set
        As for `plain_figures`.
    """
    return {
        day.isoformat(): plain_figures(
            source_at(revision, day),
            zones=zones,
            membership=membership,
            filter_text=filter_text,
            zone_set=zone_set,
        )
        for revision, day in trend_states(source, days)
    }
