"""Micro-enterprise parks as of a day: stars, criteria of recognition, occupancy, the bands of a year; one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio
from geoapp.analysis.micro_parks import BandRules, bands
from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.frame import plain_records
from geoapp.domain.listed import BANDS
from geoapp.domain.rule import RuleHit, Subject
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.choices import refuse_unknown_choices
from geoapp.services.far_proof_inputs import proof_number
from geoapp.services.micro_park_facts import MICRO_PARKS, YEARS
from geoapp.services.place_names import place_names
from geoapp.services.rule_book import rule_verdicts, subject_reasons
from geoapp.services.rule_facts import facts_version, rule_facts
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

OPERATING = "operating"
NUMBERS = (
    "micro_park_band_shares",
    "micro_park_outright_star",
    "micro_park_transition_years",
    "micro_park_occupancy_alarm",
)
CHOICES = ("band", "star", "status", "town_code", "kind")
_YEAR_FIELDS = ("score", "grade", "document_no", "revenue_wan", "tax_wan")


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroParkSheet:
    """Some micro-enterprise parks as of a day, with the bands of a year."""

    parks: pd.DataFrame
    """See `micro_park_rows`."""
    year: int
    years: tuple[int, ...]
    """Years with results, newest first, and the one shown."""
    band_counts: dict[str, int]
    """Of all parks."""
    occupancy_share: float
    """Of all operating parks together: let over let and to let; NaN where not known of any."""
    total: int
    chosen: dict[str, str]
    town_names: dict[str, str]
    numbers: tuple[ProofNumber, ...]
    revision: int
    day: date
    is_now: bool
    note: str
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroParkPage:
    """One micro-enterprise park as of a day."""

    park: dict[str, Any]
    """A row of `micro_park_rows` of the newest year, None where unknown."""
    years: tuple[dict[str, Any], ...]
    """Rows of `micro_park_rows` of all years with a result of it, newest first."""
    criteria: tuple[RuleHit, ...]
    """In the order of the rule book."""
    numbers: tuple[ProofNumber, ...]
    plots: tuple[str, ...]
    """Plots that its shape lies on."""


def newest_year(workspace: Workspace, state: AsOf) -> int:
    """Return the newest year with results, else the one before the day's."""
    known = _years(workspace, state)
    return known[0] if known else state.day.year - 1


def _years(workspace: Workspace, state: AsOf) -> list[int]:
    stored = workspace.store.read(YEARS, revision=state.revision)
    return sorted({int(year) for year in stored["year"].dropna()}, reverse=True)


def micro_park_rows(workspace: Workspace, state: AsOf, year: int) -> pd.DataFrame:
    """Return every micro-enterprise park with its results of a year; shared by all who ask: never change it.

    Returns
    -------
    DataFrame indexed by micro_park_code, in the order of codes
        `micro_park_facts`; score, grade (as announced), document_no, revenue_wan, tax_wan of the year;
        tax_wan_per_mu, revenue_wan_per_mu; failed_count, unknown_count (criteria of recognition); band (see BANDS; the
        one that the rule book makes of scores), is_band_different (from the one announced)
    """
    versions = facts_version(workspace, Subject.MICRO_PARK, state)
    own = workspace.register_revisions((YEARS,), state.revision)
    key = ("micro_parks", versions, own, state.day, year)
    return workspace.cache.get(key, lambda: _rows(workspace, state, year))


def _rows(workspace: Workspace, state: AsOf, year: int) -> pd.DataFrame:
    facts = rule_facts(workspace, Subject.MICRO_PARK, state)
    answers = rule_verdicts(workspace, state, Subject.MICRO_PARK)
    results = pd.DataFrame(workspace.store.read(YEARS, revision=state.revision))
    of_year = results[(results["year"] == year).to_numpy(bool)].set_index("micro_park_code")
    rows = facts.join(of_year[list(_YEAR_FIELDS)])
    mu = m2_to_mu(rows["land_area_m2"])
    rows = rows.assign(
        tax_wan_per_mu=ratio(rows["tax_wan"], mu),
        revenue_wan_per_mu=ratio(rows["revenue_wan"], mu),
        failed_count=answers.sum(axis=1).astype("int64"),
        unknown_count=answers.isna().sum(axis=1).astype("int64"),
    )
    is_open = (rows["status"] == OPERATING).fillna(value=False).to_numpy(bool)
    asked = rows[is_open].assign(is_failing=rows.loc[is_open, "failed_count"] > 0)
    band = bands(asked, band_rules(workspace, state), year).fillna("unknown").reindex(rows.index)
    band = band.fillna("none")
    is_different = rows["grade"].notna() & band.isin(list("ABCD")) & (rows["grade"] != band)
    return rows.assign(band=band, is_band_different=is_different)


def band_rules(workspace: Workspace, state: AsOf) -> BandRules:
    """Return the numbers of the bands on a day."""
    policy = workspace.policy_at(state.revision)
    shares = policy.value("micro_park_band_shares", state.day)
    return BandRules(
        a_share=float(shares["A"]), b_share=float(shares["B"]), d_share=float(shares["D"]),
        outright_star=int(policy.value("micro_park_outright_star", state.day)),
        transition_years=int(policy.value("micro_park_transition_years", state.day)),
    )  # fmt: skip


def micro_park_sheet(
    workspace: Workspace, state: AsOf, *, year: int | None = None, chosen: Mapping[str, str] | None = None
) -> MicroParkSheet:
    """Return the micro-enterprise parks that are asked for; counts are those of all.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    year : int, optional
        Of the results; the newest with any if left out.
    chosen : mapping, optional
        band (one of BANDS), star (a number, or "none"), status, town_code, kind: only these. Empty is all.

    Raises
    ------
    UsageError
        No such code.
    """
    wanted = {name: text for name, text in (chosen or {}).items() if text}
    known, town_names = _years(workspace, state), place_names(workspace, "towns", state.revision)
    fields, stars = workspace.layer(MICRO_PARKS), {**dict.fromkeys("12345", ""), "none": "没有星级"}
    refuse_unknown_choices(
        wanted,
        {
            "star": ("星级", stars), "band": ("档次", BANDS), "town_code": ("镇街", town_names),
            "status": ("建设状态", fields.field("status").code_labels),
            "kind": ("类型", fields.field("kind").code_labels),
        },
    )  # fmt: skip
    year = year if year is not None else newest_year(workspace, state)
    rows = micro_park_rows(workspace, state, year)
    is_chosen = np.ones(len(rows), dtype=bool)
    for name, text in wanted.items():
        is_chosen &= _chosen(rows, name, text)
    policy = workspace.policy_at(state.revision)
    open_parks = rows[
        (rows["status"] == OPERATING).to_numpy(bool) & rows["occupancy_share"].notna().to_numpy(bool)
    ]
    leased, left = open_parks["leased_area_m2"].sum(), open_parks["leasable_area_m2"].sum()
    return MicroParkSheet(
        parks=rows[is_chosen],
        year=year,
        years=tuple(sorted({*known, year}, reverse=True)),
        band_counts={band: int((rows["band"] == band).sum()) for band in BANDS},
        occupancy_share=float(leased / (leased + left)) if leased + left > 0 else float("nan"),
        total=len(rows),
        chosen=wanted,
        town_names=town_names,
        numbers=tuple(proof_number(policy, name, state.day) for name in NUMBERS),
        revision=state.revision,
        day=state.day,
        is_now=state.is_now,
        note=state.note,
        is_demo=bool(rows["is_demo"].fillna(value=False).any()),
    )


def _chosen(rows: pd.DataFrame, name: str, text: str) -> np.ndarray:
    if name == "star":
        return (rows["star_level"].isna() if text == "none" else rows["star_level"] == int(text)).to_numpy(
            bool
        )
    return (rows[name] == text).fillna(value=False).to_numpy(bool)


def micro_park_page(workspace: Workspace, state: AsOf, code: str) -> MicroParkPage:
    """Return what the page of a micro-enterprise park shows.

    Raises
    ------
    NotFoundError
        No such park.
    """
    rows = micro_park_rows(workspace, state, newest_year(workspace, state))
    if code not in rows.index:
        raise NotFoundError(f"没有小微企业园“{code[:64]}”。请核对编号。")
    results = workspace.store.read(YEARS, revision=state.revision)
    years = sorted(results.loc[results["micro_park_code"] == code, "year"].astype(int), reverse=True)
    answers = subject_reasons(workspace, state, Subject.MICRO_PARK, code)
    policy = workspace.policy_at(state.revision)
    return MicroParkPage(
        park=plain_records(rows.loc[[code]])[0],
        years=tuple(
            {"year": year, **plain_records(micro_park_rows(workspace, state, year).loc[[code]])[0]}
            for year in years
        ),
        criteria=tuple(sorted(answers, key=lambda hit: hit.rule_id)),
        numbers=tuple(proof_number(policy, name, state.day) for name in NUMBERS),
        plots=_plots(workspace, state, code),
    )


def _plots(workspace: Workspace, state: AsOf, code: str) -> tuple[str, ...]:
    """Return the plots that have a point of their inside in a park, or the park's in them."""
    parks = workspace.store.read(MICRO_PARKS, revision=state.revision)
    shape = parks.loc[(parks["micro_park_code"] == code).to_numpy(bool), "geometry"].iloc[0]
    if shape is None or shape.is_empty:
        return ()
    plots = workspace.store.read("plots", revision=state.revision)
    near = plots.iloc[plots.sindex.query(shape, predicate="intersects")]
    is_own = near.geometry.representative_point().within(shape) | near.geometry.contains(
        shape.representative_point()
    )
    return tuple(sorted(near.loc[is_own.to_numpy(bool), "plot_code"]))
