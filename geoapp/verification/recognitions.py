"""One revitalisation ledger counted plainly: what counts is worked out anew from all records each time one is added.

The rules are those written out in the user manual (盘活台账怎样计). What a record counts for is by how much the total
changes when it is added to the records before it, so nothing of how the first path keeps its running sums is needed.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from geoapp.verification.lineage import Lineage, plain_lineage
from geoapp.verification.overlaps import Face, shared_faces
from geoapp.verification.plots import Plot, plain_plots
from geoapp.verification.source import Row, Shape, Source

_AREA_DECIMALS = 2
Part = tuple[str, str]
"""Project and plot."""


@dataclass(slots=True)
class Claim:
    """What one record says about one plot of the register, its own or one made from it."""

    record: int
    project: str
    plot: str
    claimed_m2: float
    counted_m2: float
    gross_m2: float
    net_m2: float


@dataclass(slots=True)
class Counted:
    """What a number of records count for, by plot."""

    area_m2: dict[str, float] = field(default_factory=dict)
    gross_m2: dict[str, float] = field(default_factory=dict)
    net_m2: dict[str, float] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class PlainLedger:
    """A ledger with everything its counting needs."""

    code: str
    records: Sequence[Row]
    """All of the ledger, in the order of counting; those that count for nothing too."""
    counts: list[bool]
    site_area_m2: Mapping[str, float | None]
    lineage: Lineage
    part_area_m2: Mapping[Part, float]
    part_faces: Sequence[Face]
    plot_faces: Sequence[Face]

    def counted(self) -> Counted:
        """Return what all records together count for."""
        return self.count([number for number, is_in in enumerate(self.counts) if is_in])

    def by_record(self) -> list[Counted]:
        """Return by how much each record changes the total, in the order of the records."""
        return _changes(self)

    def count(self, numbers: Sequence[int]) -> Counted:
        """Return what some of the records, in order, count for."""
        claims = _on_current_plots(self, _claims_of_parts(self, numbers))
        sums: dict[str, float] = defaultdict(float)
        came: list[str] = []
        for claim in claims:
            sums[claim.plot] += claim.counted_m2
            if claim.plot not in came:
                came.append(claim.plot)
        held = {
            code: min(max(total, 0.0), _rounded(self.site_area_m2.get(code))) for code, total in sums.items()
        }
        lost = _lost(self.plot_faces, held, came, self.site_area_m2)
        area = {code: amount - lost.get(code, 0.0) for code, amount in held.items()}
        gross, net = _floor(self, claims)
        return Counted(area, gross, net, claims)


def plain_ledger(source: Source, code: str) -> PlainLedger:
    """Return a ledger of the registers."""
    key = ("ledger", code)
    if key not in source.kept:
        source.kept[key] = _ledger(source, code)
    found: PlainLedger = source.kept[key]
    return found


def _ledger(source: Source, code: str) -> PlainLedger:
    plots = plain_plots(source)
    lineage = plain_lineage(source, plots)
    records = [row for row in source.rows("recognitions") if row["ledger"] == code]
    records.sort(key=lambda row: (row["recognised_on"] or date.max, row["recognition_code"]))
    standing = _standing({plot.code for plot in plots}, lineage)
    tolerance = float(source.number("overlap_tolerance_m2"))
    areas: dict[str, float | None] = {plot.code: plot.site_area_m2 for plot in plots}
    parts, part_areas = _parts(source, records)
    return PlainLedger(
        code=code,
        records=records,
        counts=[_counts(source, row, standing) for row in records],
        site_area_m2=areas,
        lineage=lineage,
        part_area_m2=part_areas,
        part_faces=_nudged(_part_faces(parts, part_areas, tolerance), source.nudge_m2),
        plot_faces=_nudged(
            shared_faces(_recognised(plots, records, lineage), areas, tolerance), source.nudge_m2
        ),
    )


def _nudged(faces: Sequence[Face], nudge_m2: float) -> list[Face]:
    return [Face(face.area_m2 + nudge_m2, face.owners) for face in faces]


def _counts(source: Source, row: Row, standing: set[str]) -> bool:
    on = row["recognised_on"]
    if on is None or on > source.day or row["area_m2"] is None or row["plot_code"] not in standing:
        return False
    return bool(source.number("include_base") or on >= source.number("plan_period_start"))


def _standing(current: set[str], lineage: Lineage) -> set[str]:
    """Return the plots on the register and all that such plots came from."""
    known = set(current)
    while fresh := {
        old
        for old, heirs in lineage.heirs.items()
        if old not in known and any(new in known for new, _ in heirs)
    }:
        known |= fresh
    return known


def _parts(source: Source, records: Sequence[Row]) -> tuple[dict[Part, Row], dict[Part, float]]:
    wanted = {(row["project_code"], row["plot_code"]) for row in records}
    parts: dict[Part, Row] = {
        (row["project_code"], row["plot_code"]): row
        for row in source.rows("project_plots")
        if row["geometry"] is not None and (row["project_code"], row["plot_code"]) in wanted
    }
    areas: dict[Part, float] = {}
    for key, row in parts.items():
        given = row["area_m2"]
        areas[key] = (
            float(given) if given is not None and given > 0 else source.measured_m2(row["geometry"]) or 0.0
        )
    return parts, areas


def _part_faces(parts: Mapping[Part, Row], areas: Mapping[Part, float], tolerance_m2: float) -> list[Face]:
    """Return land in several parts of the same plot."""
    of_plot: dict[str, dict[Part, Row]] = defaultdict(dict)
    for key, row in parts.items():
        of_plot[key[1]][key] = row
    faces: list[Face] = []
    for rows in of_plot.values():
        if len(rows) > 1:
            faces += shared_faces({key: row["geometry"] for key, row in rows.items()}, areas, tolerance_m2)
    return faces


def _recognised(plots: Sequence[Plot], records: Sequence[Row], lineage: Lineage) -> dict[str, Shape]:
    """Return the shapes of the plots that something is recognised on, or on what they came from."""
    wanted, waiting = set(), [row["plot_code"] for row in records if row["plot_code"] is not None]
    while waiting:
        code = waiting.pop()
        if code not in wanted:
            wanted.add(code)
            waiting += [new for new, _ in lineage.heirs.get(code, [])]
    return {plot.code: plot.shape for plot in plots if plot.code in wanted}


def _rounded(area_m2: float | None) -> float:
    """Return how much may count of an area: as it is written in registers; without limit where it is unknown."""
    return math.inf if area_m2 is None else round(area_m2, _AREA_DECIMALS)


def _claims_of_parts(ledger: PlainLedger, numbers: Sequence[int]) -> list[Claim]:
    """Return what each record claims; of parts with a shape no more than the part, land in several of them once."""
    claims: list[Claim] = []
    raw: dict[Part, float] = defaultdict(float)
    came: list[Part] = []
    before: dict[Part, float] = {}
    for number in numbers:
        row = ledger.records[number]
        project, plot = row["project_code"] or "", row["plot_code"]
        claim = Claim(
            number, project, plot, row["area_m2"], row["area_m2"], row["new_gfa_gross_m2"] or 0.0,
            row["new_gfa_net_m2"] or 0.0,
        )  # fmt: skip
        claims.append(claim)
        key = (project, plot)
        if key not in ledger.part_area_m2:
            continue
        raw[key] += row["area_m2"]
        if key not in came:
            came.append(key)
        held = {
            part: min(max(total, 0.0), _rounded(ledger.part_area_m2[part])) for part, total in raw.items()
        }
        lost = _lost(ledger.part_faces, held, came, ledger.part_area_m2)
        now = {part: amount - lost.get(part, 0.0) for part, amount in held.items()}
        claim.counted_m2 = now[key] - before.get(key, 0.0)
        for part, amount in now.items():
            change = amount - before.get(part, 0.0)
            if part != key and change:  # land that falls to another part of the plot
                claims.append(Claim(number, part[0], part[1], 0.0, change, 0.0, 0.0))
        before = now
    return claims


def _lost(faces: Sequence[Face], held: Mapping, came: Sequence, whole_m2: Mapping) -> dict[object, float]:
    """Return what each key loses of shared land: who came first counts first, the others what is left of it."""
    lost: dict[object, float] = defaultdict(float)
    for face in faces:
        left = 1.0
        for key in came:
            if key in face.owners:
                whole = whole_m2.get(key)
                share = min(1.0, held[key] / whole) if whole else 0.0
                lost[key] += max(0.0, share - left) * face.area_m2
                left = max(0.0, left - share)
    return lost


def _on_current_plots(ledger: PlainLedger, claims: list[Claim]) -> list[Claim]:
    """Hand what was recognised on plots that were split or merged down to the plots made from them, oldest first.

    Nothing is handed on before all that came to a plot, by its own records or from before, is held to its area.
    """
    at: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        at[claim.plot].append(claim)
    settled: list[Claim] = []
    for plot in ledger.lineage.oldest_first:
        came = sorted(at.pop(plot, []), key=lambda claim: claim.record)
        if came and plot in ledger.site_area_m2:
            parted = [_divided(claim, ledger.site_area_m2[plot]) for claim in came]
            settled += [stays for stays, _ in parted]
            came = [goes for _, goes in parted]
        else:
            _hold(came, _rounded(ledger.lineage.gone_area_m2.get(plot)))
        for heir, share in ledger.lineage.heirs[plot]:
            at[heir] += [_scaled(claim, share, heir) for claim in came]
    settled += [claim for found in at.values() for claim in found]
    settled.sort(key=lambda claim: claim.record)
    return settled


def _hold(claims: Sequence[Claim], limit_m2: float) -> None:
    """Let claims on one plot count, one after the other, for no more than its area."""
    raw = 0.0
    for claim in claims:
        before = min(max(raw, 0.0), limit_m2)
        raw += claim.counted_m2
        claim.counted_m2 = min(max(raw, 0.0), limit_m2) - before


def _divided(claim: Claim, own_m2: float | None) -> tuple[Claim, Claim]:
    """Return what of a claim stays with a plot that others were made from, and the rest: it was made before that."""
    whole = abs(claim.claimed_m2)
    share = 1.0 if own_m2 is None or whole <= own_m2 else own_m2 / whole
    return _scaled(claim, share, claim.plot), _scaled(claim, 1.0 - share, claim.plot)


def _scaled(claim: Claim, share: float, plot: str) -> Claim:
    return Claim(
        claim.record, claim.project, plot, claim.claimed_m2 * share, claim.counted_m2 * share, claim.gross_m2 * share,
        claim.net_m2 * share,
    )  # fmt: skip


def _floor(ledger: PlainLedger, claims: Sequence[Claim]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the new floor area that counts on each plot, gross and net."""
    groups: dict[Part, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.project, claim.plot].append(claim)
    gross: dict[str, float] = defaultdict(float)
    net: dict[str, float] = defaultdict(float)
    for (_, plot), members in groups.items():
        land = sum(claim.claimed_m2 for claim in members)
        largest = max(claim.claimed_m2 for claim in members)
        area = ledger.site_area_m2.get(plot)
        limit = max(math.inf if area is None else area, largest)
        share = min(1.0, limit / land) if land > 0 else 1.0
        if land <= _NOTHING_M2 and min(claim.claimed_m2 for claim in members) < 0:
            share = 0.0
        gross[plot] += max(0.0, sum(claim.gross_m2 for claim in members)) * share
        net[plot] += max(0.0, sum(claim.net_m2 for claim in members)) * share
    return gross, net


_NOTHING_M2 = 1e-6


def _changes(ledger: PlainLedger) -> list[Counted]:
    """Return the change each record makes; records whose plots have nothing to do with each other are apart."""
    changes = [Counted() for _ in ledger.records]
    for numbers in _together(ledger):
        before = Counted()
        for last, number in enumerate(numbers):
            now = ledger.count(numbers[: last + 1])
            changes[number] = Counted(
                _difference(now.area_m2, before.area_m2),
                _difference(now.gross_m2, before.gross_m2),
                _difference(now.net_m2, before.net_m2),
                [claim for claim in now.claims if claim.record == number],
            )
            before = now
    return changes


def _difference(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {code: now.get(code, 0.0) - before.get(code, 0.0) for code in {**before, **now}}


def _together(ledger: PlainLedger) -> list[list[int]]:
    """Return the counting records in groups that share plots, by lineage or by lying over one another."""
    links: dict[str, set[str]] = defaultdict(set)
    for old, heirs in ledger.lineage.heirs.items():
        _link(links, [old, *(new for new, _ in heirs)])
    for face in ledger.plot_faces:
        _link(links, [str(owner) for owner in face.owners])
    group_of: dict[str, int] = {}
    groups: dict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(ledger.records):
        if ledger.counts[number]:
            _spread(links, row["plot_code"], group_of)
            groups[group_of[row["plot_code"]]].append(number)
    return list(groups.values())


def _link(links: dict[str, set[str]], codes: Sequence[str]) -> None:
    for code in codes:
        links[code].update(codes)


def _spread(links: Mapping[str, set[str]], start: str, group_of: dict[str, int]) -> None:
    """Give a plot and all that hang together with it one group's number."""
    if start in group_of:
        return
    number, waiting = len(group_of), [start]
    while waiting:
        code = waiting.pop()
        if code not in group_of:
            group_of[code] = number
            waiting += links.get(code, ())
