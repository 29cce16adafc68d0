"""What counting recognitions must know about the plots: areas, lineage, parts, land in several plots."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.analysis.revitalised import area_in_projects, revitalised_area
from geoapp.analysis.revitalised_counting import Counting, Land, count_recognitions, counted_by_plot
from geoapp.analysis.revitalised_lineage import heirs, parse_lineage, to_current_plots
from geoapp.analysis.revitalised_overlap import on_grid, shared_land
from geoapp.domain.policy import Policy

Registers = Mapping[str, pd.DataFrame]

NUMBERS = ("plan_period_start", "base_year", "include_base", "overlap_tolerance_m2")
"""Of the rule book, that say what counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLand:
    """What the registers of the day do not say, or what is too dear to find out at every count."""

    gone_area_m2: pd.Series
    """By code, of plots that are no longer on the register."""
    former_lineage: pd.DataFrame
    """Pairs (see `parse_lineage`) that only withdrawn plots name."""
    overlapping: pd.Index | None
    """Codes of the plots that share land with another plot on which something is recognised; None: find out."""


NOTHING_KNOWN = KnownLand(
    gone_area_m2=pd.Series(dtype="float64"),
    former_lineage=parse_lineage(pd.Series(dtype="str")),
    overlapping=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCounting:
    """The recognitions of one ledger and what they count for."""

    ledger: str
    records: pd.DataFrame
    """Every recognition of the ledger, counted or not; index is the register's."""
    counting: Counting
    land: Land


def count_ledger(
    registers: Registers,
    site_area_m2: pd.Series,
    ledger: str,
    policy: Policy,
    day: date,
    known: KnownLand = NOTHING_KNOWN,
) -> LedgerCounting:
    """Return what the recognitions of a ledger count for at a day.

    Parameters
    ----------
    registers : mapping
        plots, project_plots, recognitions, as stored.
    site_area_m2 : Series by plot_code
        Of every plot on the register.
    ledger : str
    policy : Policy
    day : date
        Of the count, and whose numbers hold.
    known : KnownLand
    """
    recognitions = registers["recognitions"]
    records = recognitions[recognitions["ledger"] == ledger]
    land = _land(registers, records, site_area_m2, known, float(policy.value("overlap_tolerance_m2", day)))
    counting = count_recognitions(records, land, day=day, period_start=period_start(policy, day))
    return LedgerCounting(ledger=ledger, records=records, counting=counting, land=land)


def period_start(policy: Policy, day: date) -> date | None:
    """Return the first day of the plan period, None where the base before it counts too (include_base)."""
    start: date = policy.value("plan_period_start", day)
    return None if policy.value("include_base", day) else start


def _land(
    registers: Registers,
    records: pd.DataFrame,
    site_area_m2: pd.Series,
    known: KnownLand,
    tolerance_m2: float,
) -> Land:
    plots, gone = registers["plots"], known.gone_area_m2
    pairs = pd.concat([parse_lineage(_predecessors(plots)), known.former_lineage])
    inherited = heirs(pairs.drop_duplicates(ignore_index=True), pd.concat([site_area_m2, gone]))
    parts = _parts(registers["project_plots"], records)
    part_area = _part_area(parts)
    shapes = recognised_shapes(plots, records, inherited)
    if known.overlapping is not None:
        shapes = shapes[shapes.index.isin(known.overlapping)]
    return Land(
        area_m2=site_area_m2,
        heirs=inherited,
        gone_area_m2=gone,
        part_area_m2=part_area,
        parts_shared=shared_land(parts.geometry, part_area, tolerance_m2, parts.index.get_level_values(1)),
        plots_shared=shared_land(shapes, site_area_m2, tolerance_m2),
    )


def _predecessors(plots: pd.DataFrame) -> pd.Series:
    named: pd.DataFrame = plots.loc[plots["predecessors"].notna(), ["plot_code", "predecessors"]]
    return named.set_index("plot_code")["predecessors"]


def _parts(project_plots: gpd.GeoDataFrame, records: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the parts with shapes that some record is about, by project_code and plot_code."""
    pair = ["project_code", "plot_code"]
    wanted = pd.MultiIndex.from_frame(records[pair].dropna())
    keyed = project_plots.set_index(pair)
    return keyed[keyed.geometry.notna().to_numpy() & keyed.index.isin(wanted)]


def _part_area(parts: gpd.GeoDataFrame) -> pd.Series:
    measured = pd.Series(ellipsoid_area_m2(parts.geometry), index=parts.index)
    area: pd.Series = parts["area_m2"].where(parts["area_m2"] > 0, measured)
    return area


def recognised_shapes(
    plots: gpd.GeoDataFrame, records: pd.DataFrame, inherited: pd.DataFrame
) -> gpd.GeoSeries:
    """Return by plot_code the shapes of the plots on which something is recognised: only they can count twice.

    Parameters
    ----------
    plots : GeoDataFrame
        The register.
    records : DataFrame
        Recognitions: plot_code.
    inherited : DataFrame
        See `geoapp.analysis.revitalised_lineage.heirs`.
    """
    wanted, found = set(records["plot_code"].dropna()), 0
    while len(wanted) > found:
        found = len(wanted)
        wanted |= set(inherited.loc[inherited["predecessor"].isin(wanted), "successor"])
    chosen = plots[plots["plot_code"].isin(wanted).to_numpy()]
    return gpd.GeoSeries(chosen.geometry.to_numpy(), index=chosen["plot_code"].to_numpy(), crs=plots.crs)


def revitalised_by_plot(
    registers: Registers, counted: LedgerCounting, policy: Policy, day: date
) -> pd.DataFrame:
    """Return recognised, doing and planned area and new floor area of each plot on the register.

    Parameters
    ----------
    registers : mapping
        projects and project_plots, as stored.
    counted : LedgerCounting
    policy : Policy
    day : date
        Whose stages hold.

    Returns
    -------
    DataFrame by plot_code: recognised_m2, doing_m2, planned_m2, new_gfa_gross_m2, new_gfa_net_m2 (m2)
        The sums of the recognised columns are the ledger's totals. NaN where nothing but unknowns is recorded.
    """
    land, plots = counted.land, counted.land.area_m2.index
    recognised = counted_by_plot(counted.counting, counted.records, plots)
    known = pd.concat([land.area_m2, land.gone_area_m2[~land.gone_area_m2.index.isin(plots)]])
    members = to_current_plots(project_plot_areas(registers["project_plots"], known), land.heirs, plots)
    members["area_m2"] = on_grid(members["area_m2"].to_numpy())  # as what of it is recognised
    members["stage"] = members["project_code"].map(registers["projects"].set_index("project_code")["stage"])
    postings = counted.counting.postings
    project = counted.records["project_code"].reindex(postings["record"]).set_axis(postings.index)
    records = postings[["plot_code"]].assign(project_code=project, area_m2=postings["claimed_m2"])
    doing, planned = (
        area_in_projects(members, records, policy.value(stages, day), plots)
        for stages in ("doing_stages", "planned_stages")
    )
    areas = revitalised_area(recognised["recognised_m2"], doing, planned, land.area_m2)
    return pd.concat([areas, recognised.drop(columns="recognised_m2")], axis=1)


def project_plot_areas(project_plots: pd.DataFrame, site_area_m2: pd.Series) -> pd.DataFrame:
    """Return project_code, plot_code, area_m2: as given, else of the part's geometry, else the whole plot.

    Parameters
    ----------
    project_plots : GeoDataFrame
        The register.
    site_area_m2 : Series by plot_code
    """
    part = pd.Series(ellipsoid_area_m2(project_plots.geometry), index=project_plots.index).replace(
        0.0, np.nan
    )
    whole = project_plots["plot_code"].map(site_area_m2).astype("float64")
    area = project_plots["area_m2"].fillna(part).fillna(whole)
    return pd.DataFrame(project_plots[["project_code", "plot_code"]]).assign(area_m2=area)
