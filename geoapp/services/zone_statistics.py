"""Zone statistics from the registers: any polygon register, a control line or an uploaded file as zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.overlay import MEMBERSHIPS, Membership, check_membership
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.fingerprint import Origin, short_digest
from geoapp.domain.statistic import Statistic
from geoapp.domain.zone_table import (
    OUTSIDE,
    OUTSIDE_KEY,
    TOTAL,
    TOTAL_KEY,
    TOTAL_ZH,
    ZONE,
    ZoneTable,
)
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fingerprints import figures_origin, kept_zones
from geoapp.services.group_figures import GroupTable, with_group_figures
from geoapp.services.plot_facts import plot_facts, today
from geoapp.services.plot_links import REGISTERS
from geoapp.services.records import canonical_filter, filter_mask, filter_words
from geoapp.services.statistic_facts import choose_statistics, needed_facts, statistic_facts
from geoapp.services.workspace import Workspace
from geoapp.services.zone_figures import zone_figures
from geoapp.services.zone_membership import MEMBERSHIP_NOTES, zone_membership
from geoapp.services.zone_source import ZoneFile, Zones, find_zones
from geoapp.statistics import statistic_columns
from geoapp.units import limit_text

_AREA_BASIS_ZH = {"registered": "登记面积", "ellipsoid": "椭球面积", "plane": "平面面积"}


def zone_statistics(
    workspace: Workspace,
    *,
    zones: str | ZoneFile = "towns",
    membership: str = "clip",
    revision: int | None = None,
    day: date | None = None,
    filter_text: str = "",
    statistics: Sequence[str] | None = None,
) -> ZoneTable:
    """Return the figures of every zone, of what lies in none, and the total.

    Parameters
    ----------
    workspace : Workspace
    zones : str or ZoneFile
        A polygon register ("towns", "parks", ...), "control_line" or "control_line:KX1" for inside and outside all
        lines of a kind, or a file of polygons. See `zone_choices`.
    membership : {"clip", "largest", "centroid"}
        See `overlay_shares`. For a control line a plot is counted inside where at least the scheme's threshold of it
        lies inside.
    revision : int, optional
        As the registers were then; now if left out.
    day : date, optional
        Whose thresholds hold; today if left out.
    filter_text : str
        CQL2-Text over the plots' fields: which plots are counted; the total is then theirs. Empty counts all.
    statistics : sequence of str, optional
        Ids of those wanted; all that hold on the day if left out.

    Returns
    -------
    ZoneTable
        The total is computed from the plots, so it equals the register's, whatever the zones are.

    Raises
    ------
    NotFoundError
        No such register, kind of line or revision, or a number of the rule book does not hold yet on the day.
    UsageError
        Another word for membership, a register that has no polygons, a field the file does not have, a filter that
        cannot be used, or no such statistic.
    CrsError, FormatError
        The file cannot be used.
    """
    check_membership(membership)
    # Pinned, so that a write in between cannot mix two states in one table.
    number = workspace.store.revision() if revision is None else revision
    state = AsOf(number, today() if day is None else day, is_now=False)
    asked = _Asked(zones, membership, filter_text, statistics, state)
    chosen = _Chosen(*choose_statistics(workspace.policy_at(number), state.day, statistics))
    division = find_zones(workspace, zones, revision=number, day=state.day)
    counted = _counted(workspace, asked, division, needed_facts(chosen.wanted))
    told = _told(workspace, asked, division, chosen.wanted, counted)
    return _table(workspace, asked, division, chosen, counted, told)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a table is asked about, see `zone_statistics`."""

    zones: str | ZoneFile
    membership: str
    filter_text: str
    statistics: Sequence[str] | None
    state: AsOf


class _Chosen(NamedTuple):
    """The statistics of a table, see `choose_statistics`."""

    wanted: list[Statistic]
    words: str
    findings: tuple[str, ...]


class _Counted(NamedTuple):
    """The plots that a table counts, in the order of their codes."""

    facts: pd.DataFrame
    shares: Membership
    """In the zones."""


def _counted(workspace: Workspace, asked: _Asked, division: Zones, names: list[str]) -> _Counted:
    """Return the plots that the filter lets through, with the facts named and their shares in the zones."""
    state = asked.state
    is_wanted = filter_mask(workspace, "plots", asked.filter_text, state)
    facts = statistic_facts(workspace, names, state)
    plots = plot_facts(workspace, revision=state.revision, day=state.day).geometry
    shares = zone_membership(workspace, plots, division, asked.membership, state.revision)
    by_code = _order_by_code(workspace, facts.index, state.revision)
    rows: NDArray[Any] = by_code[is_wanted[by_code]]
    if np.array_equal(rows, np.arange(len(facts))):
        return _Counted(facts, shares)
    return _Counted(facts.iloc[rows], shares.of_plots(rows))


def _told(
    workspace: Workspace, asked: _Asked, division: Zones, wanted: Sequence[Statistic], counted: _Counted
) -> GroupTable:
    """Return the figures of every zone, with what may be told of hidden values."""
    state = asked.state
    question = (
        division.version, asked.membership, canonical_filter(workspace, "plots", asked.filter_text),
        tuple(statistic.id for statistic in wanted), workspace.register_revisions((), state.revision), state.day,
    )  # fmt: skip
    figures = zone_figures(workspace.cache, question, counted.facts, zone_weights(counted.shares), wanted)
    return with_group_figures(
        workspace, _rows(figures, division), wanted, state,
        table=(division.id, asked.membership), is_filtered=bool(asked.filter_text),
    )  # fmt: skip


def _table(
    workspace: Workspace, asked: _Asked, division: Zones, chosen: _Chosen, counted: _Counted, told: GroupTable
) -> ZoneTable:
    """Return the figures with all that a reader needs beside them."""
    wanted, state, facts = chosen.wanted, asked.state, counted.facts
    return ZoneTable(
        rows=told.rows,
        withheld=told.withheld,
        columns=tuple(statistic_columns(wanted)),
        groups=tuple(statistic.zh for statistic in wanted for _ in statistic.columns),
        later_groups=frozenset(statistic.zh for statistic in wanted if not statistic.is_default),
        statistics_zh=chosen.words,
        geometry=division.geometry,
        zones=division.id,
        zones_zh=division.zh,
        membership=asked.membership,
        membership_zh=f"{MEMBERSHIPS[asked.membership]}：{_membership_note(asked.membership, division)}",
        revision=state.revision,
        data_on=data_day(workspace, state.revision, (*REGISTERS, *division.registers), state.day),
        rules_on=state.day,
        filter_zh=filter_words(workspace, "plots", asked.filter_text),
        sources=_sources(workspace, division),
        codes={**division.codes, **_grade_words(workspace)},
        area_basis=_area_basis(facts),
        findings=(
            *division.notes,
            *_findings(counted.shares, facts, division),
            *(_beside_ledgers(division, wanted) if len(facts) else ()),
            *chosen.findings,
            *told.findings,
        ),
        is_demo=bool(facts["is_demo"].any()),
        origin=_origin(workspace, asked, division),
    )


def _beside_ledgers(division: Zones, wanted: Sequence[Statistic]) -> tuple[str, ...]:
    """Return why rows may differ from those of ledgers and targets, where these have such rows at all."""
    if division.id not in ("towns", "parks") or not any(one.id == "revitalised_area" for one in wanted):
        return ()
    return (
        f"盘活面积在这里按图形归到各{division.zh}；盘活台账和目标台账按地块登记的{division.zh}代码归集，"
        "跨界或代码不符的地块会使各行不同，合计相同。",
    )


def _origin(workspace: Workspace, asked: _Asked, division: Zones) -> Origin:
    zones, state = asked.zones, asked.state
    query = {
        "zones": zones if isinstance(zones, str) else f"file:{zones.path.name}",
        "zone_set": "" if isinstance(zones, str) else short_digest(kept_zones(division.geometry)),
        "membership": asked.membership,
        "filter": canonical_filter(workspace, "plots", asked.filter_text),
        "show": "" if asked.statistics is None else ",".join(asked.statistics),
    }
    return figures_origin(workspace, "/statistics", query, state.revision, state.day)


def _order_by_code(workspace: Workspace, codes: pd.Index, revision: int) -> NDArray[np.int64]:
    """Return the plots' positions in the order of their codes.

    A new plot comes last in its register, and a sum in another order differs in its last digit: in one order, an
    edit and its undoing return every figure exactly, and so does the same register imported in another order.
    """

    def make() -> NDArray[np.int64]:
        known, order = workspace.cache.peek(_NEWEST_ORDER, (None, _NO_ROWS))
        if known is not codes:
            order = np.argsort(codes.to_numpy(dtype=object), kind="stable")
        workspace.cache.put(_NEWEST_ORDER, (codes, order))
        return order

    return workspace.cache.get(("plots_by_code", workspace.register_revisions(("plots",), revision)), make)


_NEWEST_ORDER = ("newest_plots_by_code",)
_NO_ROWS = np.empty(0, dtype=np.int64)


def _rows(figures: pd.DataFrame, division: Zones) -> pd.DataFrame:
    keys = [*division.geometry.index, OUTSIDE_KEY, TOTAL_KEY]
    names = [*division.names.loc[division.geometry.index], division.outside_zh, TOTAL_ZH]
    kinds = [*[ZONE] * len(division.geometry), OUTSIDE, TOTAL]
    labels = pd.DataFrame({"name": names, "kind": kinds}, index=figures.index)
    return pd.concat([labels, figures], axis=1).set_axis(pd.Index(keys, name="zone"), axis=0)


def _membership_note(membership: str, division: Zones) -> str:
    note = MEMBERSHIP_NOTES[membership]
    if division.least_share and membership != "centroid":
        note += f"，区内占比不到 {limit_text(division.least_share)} 的宗地计入{division.outside_zh}"
    return note


def _sources(workspace: Workspace, division: Zones) -> tuple[str, ...]:
    plots = workspace.layer("plots")
    return tuple(filter(None, (f"{plots.zh}：{plots.source}", f"{division.zh}：{division.source}")))


def _grade_words(workspace: Workspace) -> Mapping[str, str]:
    return workspace.layer("performance").field("grade").code_labels


def _area_basis(facts: pd.DataFrame) -> dict[str, int]:
    counts = facts["site_area_basis"].value_counts(dropna=False)
    return {_AREA_BASIS_ZH.get(str(basis), "未知"): int(count) for basis, count in counts.items() if count}


def _findings(shares: Membership, facts: pd.DataFrame, division: Zones) -> list[str]:
    """Return what a reader of the table must know about plots without area and zones that overlap."""
    findings = []
    without_area = int((~shares.has_area).sum())
    if without_area:
        findings.append(f"{without_area} 宗地没有图形，计入{division.outside_zh}。")
    if shares.overlapping_count:
        findings.append(
            f"分区互相重叠：{shares.overlapping_count} 宗地的部分面积在几个分区里各计一次，各行之和大于合计；"
            "合计按地块计，只计一次。宗数只计入占比最大的分区（占比相同的计入排在前面的），"
            "所以有的分区面积不为零而宗数为零。"
        )
    if len(division.geometry) and len(facts) and shares.outside_count.all():
        findings.append(f"没有一宗地落在“{division.zh}”里，请核对分区的位置和坐标系。")
    unknown = int(facts["site_area_m2"].isna().sum())
    if unknown:
        findings.append(f"{unknown} 宗地的用地面积未知，不进面积和容积率。")
    with_unknown_height = int(facts["has_unknown_height"].eq(other=True).sum())
    if with_unknown_height:
        findings.append(f"{with_unknown_height} 宗地有层高未知的建筑，不加倍计，容积率是下限。")
    return findings


def zone_shapes_geojson(table: ZoneTable, tolerance_deg: float = 1e-5) -> str:
    """Return the zones' shapes as GeoJSON for a map on a page: feature ids are zone keys, shapes simplified.

    Parameters
    ----------
    table : ZoneTable
    tolerance_deg : float
        Largest shift of a line by simplifying, in degrees (1e-5 is about a metre).
    """
    shown = table.geometry[table.geometry.notna()].simplify(tolerance_deg)
    frame = gpd.GeoDataFrame(geometry=shown.set_axis(shown.index.astype(str)))
    return str(frame.to_json(drop_id=False, show_bbox=False))
