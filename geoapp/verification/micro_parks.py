"""Micro-enterprise parks one by one: how much is let, the criteria missed, the band of a year."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from geoapp.domain.listed import BANDS, TOTAL, ListFigure
from geoapp.domain.listed import MICRO_PARKS as KIND
from geoapp.errors import UsageError
from geoapp.verification.agreements import as_figures
from geoapp.verification.figure import Figure, Value
from geoapp.verification.market_rules import micro_park_rule_answers
from geoapp.verification.plots import M2_PER_MU
from geoapp.verification.source import Row, Source
from geoapp.verification.supplies import own_answers, quotient

_OPERATING = "operating"
_BAND: ListFigure = next(figure for figure in KIND.figures if figure.name == "band")


def micro_park_figures(source: Source, asked: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    """Return the figures of the parks asked for with their results of a year, and the sums of all."""
    if not asked.get("year", "").isdecimal():
        raise UsageError(f"指纹里的年度“{asked.get('year', '')[:20]}”不是年份。")
    year, parks = int(asked["year"]), source.rows("micro_parks")
    results = {row["micro_park_code"]: row for row in source.rows("micro_park_years") if row["year"] == year}
    failed, unknown = _criteria(source, parks)
    bands = _bands(source, parks, results, failed, year)
    rows = {}
    for park in parks:
        code = park["micro_park_code"]
        if not _is_asked(park, bands[code], asked):
            continue
        result, land = results.get(code, {}), park["land_area_m2"]
        land_mu = None if land is None else land / M2_PER_MU
        rows[code] = as_figures(
            (
                ("land_area_m2", land),
                ("gfa_m2", park["gfa_m2"]),
                ("enterprise_count", park["enterprise_count"]),
                ("occupancy_share", _let(park)),
                ("small_micro_share", quotient(park["small_micro_count"], park["enterprise_count"])),
                ("failed_count", float(failed[code])),
                ("unknown_count", float(unknown[code])),
                ("score", result.get("score")),
                ("band", _BAND.number(bands[code])),
                ("tax_wan_per_mu", quotient(result.get("tax_wan"), land_mu)),
                ("revenue_wan_per_mu", quotient(result.get("revenue_wan"), land_mu)),
            )
        )
    return rows | _sums(parks, bands)


def _criteria(source: Source, parks: Sequence[Row]) -> tuple[Counter[str], Counter[str]]:
    """Return how many criteria of recognition each park misses, and how many cannot be judged."""
    failed, unknown = Counter[str](), Counter[str]()
    for answers in micro_park_rule_answers(source).values():
        for code, answer in answers.items():
            failed[code] += answer is True
            unknown[code] += answer is None
    for answer in own_answers(source, "micro_park").values():
        for park in parks:
            failed[park["micro_park_code"]] += answer is True
            unknown[park["micro_park_code"]] += answer is None
    return failed, unknown


def _let(park: Row) -> Value:
    let, left = park["leased_area_m2"], park["leasable_area_m2"]
    return None if let is None or left is None else quotient(let, let + left)


def _bands(
    source: Source, parks: Sequence[Row], results: Mapping[str, Row], failed: Mapping[str, int], year: int
) -> dict[str, str]:
    found, ranked = {}, {}
    for park in parks:
        code, opened, stars = park["micro_park_code"], park["opened_on"], park["star_level"]
        if park["status"] != _OPERATING:
            found[code] = "none"
        elif opened is not None and year < opened.year + int(source.number("micro_park_transition_years")):
            found[code] = "transition"
        elif failed[code]:
            found[code] = "D"
        elif stars is not None and stars >= int(source.number("micro_park_outright_star")):
            found[code] = "A"
        else:
            found[code] = "unknown"
            score = results.get(code, {}).get("score")
            if score is not None:
                ranked[code] = score
    return found | _ranked(source, ranked)


def _ranked(source: Source, scores: Mapping[str, float]) -> dict[str, str]:
    """Return the bands by place: of equal scores all have the better band of the top and the worse of the bottom."""
    exact = {band: Fraction(str(share)) for band, share in source.number("micro_park_band_shares").items()}
    best, good = (math.floor(exact[band] * len(scores)) for band in ("A", "B"))
    last = math.ceil(exact["D"] * len(scores))
    found = {}
    for code, score in scores.items():
        above = sum(other > score for other in scores.values())
        below = sum(other < score for other in scores.values())
        if above < best + good:
            found[code] = "A" if above < best else "B"
        else:
            found[code] = "D" if below < last else "C"
    return found


def _is_asked(park: Row, band: str, asked: Mapping[str, str]) -> bool:
    stars = park["star_level"]
    said = {
        "band": band, "star": "none" if stars is None else str(int(stars)), "status": park["status"],
        "town_code": park["town_code"], "kind": park["kind"],
    }  # fmt: skip
    return all(said[name] == text for name, text in asked.items() if name in said and text)


def _sums(parks: Sequence[Row], bands: Mapping[str, str]) -> dict[str, dict[str, Figure]]:
    known = [park for park in parks if park["status"] == _OPERATING and _let(park) is not None]
    let = math.fsum(park["leased_area_m2"] for park in known)
    left = math.fsum(park["leasable_area_m2"] for park in known)
    counts = Counter(bands.values())
    rows = {f"(band) {band}": as_figures([("count", float(counts[band]))]) for band in BANDS}
    total = (("total", float(len(parks))), ("occupancy_share", quotient(let, let + left)))
    return {TOTAL: as_figures(total)} | rows
