"""The difference between two days: which plots and projects changed, how, by whom and why, per zone and per record."""

from dataclasses import dataclass
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.changes import ZonedPlots, compare_plots, zone_changes
from geoapp.analysis.overlay import MEMBERSHIPS, check_membership
from geoapp.analysis.zoning import zone_weights
from geoapp.domain.change import difference
from geoapp.domain.changes import CLASS_KINDS, FILTER_KINDS, KINDS, ChangeReport
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.zone_table import OUTSIDE, OUTSIDE_KEY, TOTAL, TOTAL_KEY, TOTAL_ZH, ZONE
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf, as_of, data_day
from geoapp.services.changes_causes import Causes
from geoapp.services.changes_entries import entry_changes
from geoapp.services.changes_projects import project_changes
from geoapp.services.changes_words import class_words, other_changes
from geoapp.services.fingerprints import figures_origin
from geoapp.services.place_names import place_names
from geoapp.services.plot_links import REGISTERS
from geoapp.services.records import canonical_filter, filter_mask, filter_words, record_columns
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import MEMBERSHIP_NOTES, zone_membership
from geoapp.services.zone_source import Zones, find_zones

_NAMES = ("plot_code", "name", "town_code")
_SHAPE_COLUMNS = ("area_reg_m2", "geometry")
"""What a plot's site area comes from."""
_SAID_BY = {"area": "geometry", "treatment": "low_efficiency_on"}
"""By kind: the field whose change goes without saying beside it."""


@dataclass(frozen=True, slots=True)
class _Day:
    """The plots of one day."""

    state: AsOf
    division: Zones
    stored: gpd.GeoDataFrame
    """As in the register, by fid."""
    fields: pd.DataFrame
    """By plot_code: names, site area, classes; is_counted."""
    zoned: ZonedPlots


def changes(
    workspace: Workspace,
    from_text: str | None = None,
    to_text: str | None = None,
    *,
    zones: str = "towns",
    membership: str = "clip",
    filter_text: str = "",
) -> ChangeReport:
    """Return what changed between two days.

    Parameters
    ----------
    workspace : Workspace
    from_text, to_text : str, optional
        YYYY-MM-DD: states as of the end of either day, each under the rules of its day. Left out: now, and the end of
        the month before the later day (or the day of the first data, if these are younger).
    zones : str
        See `find_zones`; no file.
    membership : {"clip", "largest", "centroid"}
        See `overlay_shares`.
    filter_text : str
        CQL2-Text over the plots' fields. A plot counts on a day if it satisfies the filter on that day, so that the
        sums before and after are those of /statistics; plots that satisfy it on one day only are kinds of their own.

    Returns
    -------
    ChangeReport
        What was changed and changed back in between is no change.

    Raises
    ------
    NotFoundError
        No such zones, or a number of the rule book does not hold yet on a day.
    UsageError
        No such day or membership, the first day lies after the second, or the filter cannot be used.
    """
    check_membership(membership)
    second = as_of(workspace, to_text, parameter="to")
    first = as_of(workspace, from_text or _usual_start(workspace, second.day).isoformat(), parameter="from")
    if first.day > second.day:
        raise UsageError(f"起日 {first.day} 晚于止日 {second.day}。请把两个日期对调。")
    versions = (first.revision, second.revision, first.day, second.day)
    key = ("changes", versions, zones, membership, canonical_filter(workspace, "plots", filter_text))
    return workspace.cache.get(
        key,
        lambda: _report(
            workspace, first, second, zones=zones, membership=membership, filter_text=filter_text
        ),
    )


def _usual_start(workspace: Workspace, to_day: date) -> date:
    """Return the end of the month before, or the day of the first data where these are younger."""
    last_month = to_day.replace(day=1) - timedelta(days=1)
    began = workspace.store.made_at(1)
    first = began.astimezone().date() if began else last_month
    return max(last_month, min(first, to_day))


def _report(
    workspace: Workspace, first: AsOf, second: AsOf, *, zones: str, membership: str, filter_text: str
) -> ChangeReport:
    before, after = (
        _day(workspace, state, zones=zones, membership=membership, filter_text=filter_text)
        for state in (first, second)
    )
    redrawn, others = _edited(workspace, before, after)
    causes = Causes(workspace, first.revision, second.revision)
    found = _compared(workspace, before, after, redrawn, others)
    records = _records(found, before, after, causes)
    kinds = [kind for kind in KINDS if filter_text or kind not in FILTER_KINDS]
    sums = zone_changes(
        records, before.zoned, after.zoned, kinds=kinds, redrawn=redrawn,
        are_zones_same=before.division.version == after.division.version,
    )  # fmt: skip
    counted = [day.fields.index[day.fields["is_counted"]] for day in (before, after)] if filter_text else None
    projects = project_changes(workspace, first.revision, second.revision, counted, causes)
    entries = entry_changes(workspace, first.revision, second.revision, counted, causes)
    tables = (records, projects, entries)
    named = {number for table in tables for numbers in table["causes"] for number in numbers}
    plots = workspace.layer("plots")
    division = after.division
    query = {
        "from": f"{first.day.isoformat()}@{first.revision}", "zones": zones, "membership": membership,
        "filter": canonical_filter(workspace, "plots", filter_text),
    }  # fmt: skip
    return ChangeReport(
        from_day=first.day, to_day=second.day, is_to_now=second.is_now,
        revisions=(first.revision, second.revision),
        records=records, zones=_named(sums, before.division, division), projects=projects,
        entries=entries,
        shapes=_shapes(records, before, after), zone_shapes=division.geometry,
        causes={number: causes.revisions[number] for number in sorted(named, reverse=True)},
        zones_id=division.id, zones_zh=division.zh, membership=membership,
        membership_zh=f"{MEMBERSHIPS[membership]}：{MEMBERSHIP_NOTES[membership]}",
        filter_zh=filter_words(workspace, "plots", filter_text), is_filtered=bool(filter_text),
        data_on=data_day(workspace, second.revision, (*REGISTERS, *division.registers), second.day),
        towns=place_names(workspace, "towns", second.revision), notes=_notes(before, after, records),
        sources=tuple(filter(None, (f"{plots.zh}：{plots.source}", f"{division.zh}：{division.source}"))),
        is_demo=any(bool(day.stored["is_demo"].any()) for day in (before, after)),
        origin=figures_origin(workspace, "/changes", query, second.revision, second.day),
    )  # fmt: skip


def _day(workspace: Workspace, state: AsOf, *, zones: str, membership: str, filter_text: str) -> _Day:
    stored = workspace.store.read("plots", revision=state.revision)
    names = [*_NAMES, "site_area_m2", *(kind.field for kind in CLASS_KINDS.values())]
    fields = record_columns(workspace, "plots", names, state)
    is_counted = filter_mask(workspace, "plots", filter_text, state)
    fields = fields.assign(is_counted=is_counted)
    division = find_zones(workspace, zones, revision=state.revision, day=state.day)
    shares = zone_membership(workspace, stored.geometry, division, membership, state.revision)
    classes = {
        kind.field: fields[kind.field].astype("object").where(fields[kind.field].notna(), "")
        for kind in CLASS_KINDS.values()
    }
    plots = fields[["is_counted", "site_area_m2"]].assign(**classes)
    keys = pd.Index([*division.geometry.index, OUTSIDE_KEY, TOTAL_KEY], name="zone", dtype="str")
    return _Day(
        state, division, stored, fields, ZonedPlots(plots=plots, zones=keys, weights=zone_weights(shares))
    )


def _compared(
    workspace: Workspace, before: _Day, after: _Day, redrawn: pd.Index, others: pd.DataFrame
) -> pd.DataFrame:
    """Return what changed of plots, in words: areas and classes, then the *others* that these do not say already."""
    classes = {kind.field: kind.id for kind in CLASS_KINDS.values()}
    found = compare_plots(before.zoned.plots, after.zoned.plots, redrawn=redrawn, classes=classes)
    return _with_others(_worded(workspace, found, before, after), others, before, after)


def _edited(workspace: Workspace, before: _Day, after: _Day) -> tuple[pd.Index, pd.DataFrame]:
    """Return the codes of the plots whose area or shape was changed, and what else was, see `other_changes`.

    Versions that both days have are the same; only the others are looked at.
    """
    layer = workspace.layer("plots")
    old = before.stored[~before.stored.index.isin(after.stored.index)]
    new = after.stored[~after.stored.index.isin(before.stored.index)]
    new = new[new["plot_code"].isin(old["plot_code"])]
    found = difference(old, new, layer)
    is_redrawn = np.zeros(len(new), dtype=bool)
    for name in _SHAPE_COLUMNS:
        is_redrawn |= found.differing[name]
    redrawn = pd.Index(found.records["plot_code"].to_numpy()[is_redrawn])
    return redrawn, other_changes(layer, old, found)


def _worded(workspace: Workspace, found: pd.DataFrame, before: _Day, after: _Day) -> pd.DataFrame:
    """Return the changes with Chinese words for the classes, each in those of its day."""
    found = found.copy()
    for side, day in (("before", before), ("after", after)):
        words = class_words(workspace, day.state) if len(day.stored) else {}
        for kind, names in words.items():
            is_kind = (found["kind"] == kind).to_numpy()
            values = found.loc[is_kind, side]
            found.loc[is_kind, side] = values.map(names).fillna(values)
    return found


def _with_others(found: pd.DataFrame, others: pd.DataFrame, before: _Day, after: _Day) -> pd.DataFrame:
    """Add the changes of other fields, of plots that either day counts, but what another kind says already."""
    for kind, name in _SAID_BY.items():
        is_said = others["plot_code"].isin(found.loc[found["kind"] == kind, "plot_code"])
        others = others[~((others["field"] == name) & is_said)]
    counted = [day.fields.index[day.fields["is_counted"]] for day in (before, after)]
    others = others[others["plot_code"].isin(counted[0].union(counted[1]))]
    if others.empty:
        return found
    joined = others.groupby("plot_code", sort=False)[["before", "after"]].agg("；".join).reset_index()
    areas = {
        name: day.fields["site_area_m2"].reindex(joined["plot_code"]).to_numpy()
        for name, day in (("before_m2", before), ("after_m2", after))
    }
    rows = joined.assign(kind="other", **areas, difference_m2=np.nan)
    return pd.concat([found, rows], ignore_index=True).sort_values(
        "plot_code", kind="stable", ignore_index=True
    )


def _records(found: pd.DataFrame, before: _Day, after: _Day, causes: Causes) -> pd.DataFrame:
    codes = pd.Index(found["plot_code"].to_numpy(), dtype="str")
    columns = {name: _later(before, after, codes, name) for name in ("name", "town_code")}
    zones = np.where(codes.isin(after.fields.index), _zone_of(after, codes), _zone_of(before, codes))
    records = found.assign(**columns, zone=zones, causes=causes.of_plots(found))
    order = [
        "plot_code", "name", "town_code", "kind", "before", "after", "zone", "before_m2", "after_m2",
        "difference_m2", "causes",
    ]  # fmt: skip
    return records[order]


def _later(before: _Day, after: _Day, codes: pd.Index, name: str) -> NDArray:
    """Return a field of plots as on the later day, or before they went; "" where there is none."""
    later = after.fields[name].reindex(codes).astype("object")
    values = later.where(codes.isin(after.fields.index), before.fields[name].reindex(codes).astype("object"))
    return np.asarray(values.where(values.notna(), ""), dtype=object)


def _zone_of(day: _Day, codes: pd.Index) -> NDArray:
    """Return the key of the zone in which each plot is counted; "" for plots that are not there."""
    positions = day.fields.index.get_indexer(codes)
    of_plot = np.full(len(day.fields) + 1, "", dtype=object)
    rows, plots = day.zoned.weights.counts[:-1].nonzero()  # the last is the total
    of_plot[plots] = day.zoned.zones.to_numpy(dtype=object)[rows]
    return of_plot[positions]


def _named(table: pd.DataFrame, before: Zones, after: Zones) -> pd.DataFrame:
    names: dict[object, str] = {key: name for zones in (before, after) for key, name in zones.names.items()}
    names |= {OUTSIDE_KEY: after.outside_zh, TOTAL_KEY: TOTAL_ZH}
    kinds = {OUTSIDE_KEY: OUTSIDE, TOTAL_KEY: TOTAL}
    labels = {
        "name": [names[key] for key in table.index],
        "kind": [kinds.get(key, ZONE) for key in table.index],
    }
    return pd.concat([pd.DataFrame(labels, index=table.index), table], axis=1).rename_axis("zone")


def _shapes(records: pd.DataFrame, before: _Day, after: _Day) -> gpd.GeoSeries:
    codes = pd.Index(records["plot_code"].unique(), dtype="str")
    later, earlier = (day.stored.geometry.set_axis(day.fields.index) for day in (after, before))
    is_there = codes.isin(later.index)
    shapes = pd.concat([later.reindex(codes[is_there]), earlier.reindex(codes[~is_there])])
    return gpd.GeoSeries(shapes.reindex(codes), crs=STORED_CRS)


def _notes(before: _Day, after: _Day, records: pd.DataFrame) -> tuple[str, ...]:
    notes = [day.state.note for day in (before, after) if day.state.note]
    for day in (before, after):
        is_unknown = day.fields["is_counted"] & day.fields["site_area_m2"].isna()
        if is_unknown.any():
            notes.append(
                f"{day.state.day} 有 {int(is_unknown.sum())} 宗地的用地面积未知，计入宗数，不计入面积。"
            )
    is_open = (records["kind"] == "area") & records["difference_m2"].isna()
    if is_open.any():
        notes.append(f"{int(is_open.sum())} 宗地的用地面积只在一日已知，面积变化按已知的一日计入合计。")
    if before.division.version != after.division.version:
        notes.append("两日之间分区本身有变化，“跨区”含因此换区的地块；已撤销的分区列在后面。")
    return tuple(dict.fromkeys(notes))
