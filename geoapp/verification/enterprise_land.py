"""The land that enterprises had in a year, occupancy by occupancy: owned, leased in, leased out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoapp.verification.source import Source
from geoapp.verification.supplies import quotient

_OWNER = "owner"
Area = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """Land in m2; None is unknown."""

    owned: Area
    leased_in: Area
    leased_out: Area
    used: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one enterprise had on one plot in one role."""

    plot_code: str
    uscc: str
    is_owner: bool
    land: Land


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An occupancy in the year, before the land is shared out."""

    plot_code: str
    uscc: str
    is_owner: bool
    area_m2: Area
    """For the part of the year; an owner alone without an area has the whole site."""
    is_whole_site: bool


def land_lines(
    source: Source, year: int, sites: Mapping[str, Area], *, owns_all: bool, by_days: bool
) -> list[Line]:
    """Return the lines of all enterprises.

    Parameters
    ----------
    source : Source
    year : int
    sites : mapping
        m2, by plot_code, of all plots.
    owns_all : bool
        An owner's recorded area is all it owns, with what it leased out; else what it uses itself.
    by_days : bool
        Occupancies count for their days of the year; else those of its last day count, wholly.
    """
    held = _held(source, year, sites, by_days=by_days)
    here: dict[str, list[_Held]] = defaultdict(list)
    for one in held:
        here[one.plot_code].append(one)
    return [
        Line(
            plot_code=one.plot_code, uscc=one.uscc, is_owner=one.is_owner,
            land=_land(one, here[one.plot_code], owns_all=owns_all),
        )
        for one in held
    ]  # fmt: skip


def _held(source: Source, year: int, sites: Mapping[str, Area], *, by_days: bool) -> list[_Held]:
    rows = [
        (row["plot_code"], row["uscc"], row["role"] == _OWNER, row["area_m2"], share)
        for row in source.rows("occupancies")
        if (share := _part_of_year(row["from_on"], row["to_on"], year, by_days=by_days)) > 0
    ]
    owned = {plot for plot, _, is_owner, *_ in rows if is_owner}
    there = {(plot, uscc) for plot, uscc, *_ in rows}
    rows += [
        (row["plot_code"], row["uscc"], True, None, 1.0)
        for row in source.rows("plots")
        if row["uscc"] is not None
        and row["plot_code"] not in owned
        and (row["plot_code"], row["uscc"]) not in there
    ]
    owners = Counter(plot for plot, _, is_owner, *_ in rows if is_owner)
    held = []
    for plot, uscc, is_owner, area, share in rows:
        is_whole = is_owner and area is None and owners[plot] == 1
        size = sites.get(plot) if is_whole else area
        area_m2 = None if size is None else size * share
        held.append(
            _Held(plot_code=plot, uscc=uscc, is_owner=is_owner, area_m2=area_m2, is_whole_site=is_whole)
        )
    return held


def _part_of_year(first: date | None, last: date | None, year: int, *, by_days: bool) -> float:
    """Return the part of the year that lies between two days, both included and open where missing."""
    end = date(year, 12, 31)
    start = date(year, 1, 1) if by_days else end
    days = (min(last or end, end) - max(first or start, start)).days + 1
    return max(0, days) / ((end - start).days + 1)


def _land(one: _Held, here: Sequence[_Held], *, owns_all: bool) -> Land:
    if not one.is_owner:
        return Land(owned=0.0, leased_in=one.area_m2, leased_out=0.0, used=one.area_m2)
    let = total([other.area_m2 for other in here if not other.is_owner])
    owners = [other.area_m2 for other in here if other.is_owner]
    part = 1.0 if len(owners) == 1 else quotient(one.area_m2, total(owners))
    out = None if let is None or part is None else let * part
    if one.is_whole_site or owns_all:
        used = None if one.area_m2 is None or out is None else one.area_m2 - out
        return Land(owned=one.area_m2, leased_in=0.0, leased_out=out, used=used)
    owned = None if one.area_m2 is None or out is None else one.area_m2 + out
    return Land(owned=owned, leased_in=0.0, leased_out=out, used=one.area_m2)


def total(values: Sequence[Area]) -> Area:
    """Return the sum, None as soon as one value is; nothing comes to nothing."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def land_by_enterprise(lines: Sequence[Line]) -> dict[str, Land]:
    """Return the land of each enterprise on all its plots."""
    of_firm: dict[str, list[Land]] = defaultdict(list)
    for line in lines:
        of_firm[line.uscc].append(line.land)
    return {
        uscc: Land(
            owned=total([land.owned for land in lands]), leased_in=total([land.leased_in for land in lands]),
            leased_out=total([land.leased_out for land in lands]), used=total([land.used for land in lands]),
        )
        for uscc, lands in of_firm.items()
    }  # fmt: skip


def by_land(line: Line) -> tuple[bool, float, Any]:
    """Return a key that puts the line with most land first, one whose land is not known last."""
    used = line.land.used
    return used is None, -(used or 0.0), line.uscc
