"""What a file's records say that no figure can use: empty areas, buildings off their plot, recognitions too large."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.revitalised_lineage import named_by_themselves
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Field
from geoapp.domain.schema import record_labels
from geoapp.services.as_of import as_of
from geoapp.services.building_places import outside_share
from geoapp.services.district_shape import district_shape
from geoapp.services.import_columns import Table
from geoapp.services.plot_facts import plot_facts
from geoapp.services.revitalisation_findings import first_days
from geoapp.services.workspace import Workspace
from geoapp.units import area_words, number_text

MOST_LISTED = 50
"""Of one kind; what is left is one more finding, with its number."""
_SHOWN_M2 = 0.005
_LAND_UNITS = ("m2", "km2")
_ZERO_ADVICE = {("plots", "area_reg_m2"): "请核对权证后改正；不改时统计用图形面积。"}
"""Where there is more to say than that a zero is to be checked; by register and field."""


def quality_issues(
    table: Table, geometry: gpd.GeoSeries | None, workspace: Workspace, day: date
) -> list[Issue]:
    """Return warnings about records that can be kept but spoil figures.

    Parameters
    ----------
    table : Table
        Of a file, values in the register's units, references settled.
    geometry : GeoSeries or None
        EPSG:4490 on the table's rows; None where the file brings none.
    workspace : Workspace
        Whose stored plots, towns and projects the records are compared with.
    day : date
        Whose limits hold.

    Returns
    -------
    list of Issue
        By row, of each kind at most MOST_LISTED and one that counts the rest.
    """
    zeros: list[Check] = [partial(_zeros, field) for field in table.layer.fields if not field.zero]
    checks = [*_CHECKS.get(table.layer.id, ()), *zeros]
    return [issue for check in checks for issue in _cut(list(check(table, geometry, workspace, day)))]


Check = Callable[[Table, gpd.GeoSeries | None, Workspace, date], Iterator[Issue]]


def _cut(issues: list[Issue]) -> list[Issue]:
    if len(issues) <= MOST_LISTED:
        return issues
    first = issues[0]
    rest = Issue(
        code=first.code, severity=Severity.WARNING, field=first.field, advice=first.advice,
        message=f"同样的问题还有 {len(issues) - MOST_LISTED} 条，没有逐条列出。",
    )  # fmt: skip
    return [*issues[:MOST_LISTED], rest]


def _issues(
    table: Table, mask: np.ndarray, code: str, message: Callable[[int], str], *, name: str = "", advice: str
) -> Iterator[Issue]:
    """Yield one warning per place in the mask; the message is made of the place."""
    keys, rows = record_labels(table.records, table.layer), table.records.index.tolist()
    label = table.layer.field(name).label if name else "图形"
    for place in np.flatnonzero(mask).tolist():
        yield Issue(
            code=code, severity=Severity.WARNING, row=rows[place], key=keys[place], field=label,
            message=message(place), advice=advice,
        )  # fmt: skip


def _column(table: Table, name: str) -> pd.Series:
    if name in table.records:
        return table.records[name]
    return pd.Series(pd.NA, index=table.records.index, dtype="object")


def _plot_areas(table: Table, _geometry: gpd.GeoSeries | None, _: Workspace, _day: date) -> Iterator[Issue]:
    name = "area_reg_m2"
    if name in table.records:
        yield from _issues(
            table, table.records[name].isna().to_numpy(bool), "area-missing", lambda _: "没有填登记面积。", name=name,
            advice="请核对权证后改正；不改时统计用图形面积。",
        )  # fmt: skip


def _floor_areas(table: Table, _geometry: gpd.GeoSeries | None, _: Workspace, _day: date) -> Iterator[Issue]:
    name = "gfa_m2"
    if name in table.records:
        yield from _issues(
            table, table.records[name].isna().to_numpy(bool), "floor-area-missing", lambda _: "没有填建筑面积。",
            name=name, advice="请补填；不填时所属地块逐栋相加的建筑面积不明。",
        )  # fmt: skip


def _zeros(
    field: Field, table: Table, _geometry: gpd.GeoSeries | None, _: Workspace, _day: date
) -> Iterator[Issue]:
    if field.name not in table.records:
        return
    value = pd.to_numeric(table.records[field.name]).to_numpy(dtype=float, na_value=np.nan)
    yield from _issues(
        table, value == 0, "area-zero" if field.unit in _LAND_UNITS else "value-zero", lambda _: f"{field.zh}是 0。",
        name=field.name, advice=_ZERO_ADVICE.get((table.layer.id, field.name), "请核对；不知道时请留空。"),
    )  # fmt: skip


def _plot_towns(
    table: Table, geometry: gpd.GeoSeries | None, workspace: Workspace, _: date
) -> Iterator[Issue]:
    ground = district_shape(workspace)
    if geometry is None or ground is None:
        return
    shapes = geometry.loc[table.records.index]
    is_off = ~shapes.intersects(ground) & shapes.notna() & ~shapes.is_empty
    yield from _issues(
        table, is_off.to_numpy(), "plot-without-zone", lambda _: "图形不在任何镇街内，分区统计计入“区外”。",
        advice="请核对坐标系、图形，或先导入镇街界线。",
    )  # fmt: skip


def _plot_lineage(table: Table, _geometry: gpd.GeoSeries | None, _: Workspace, _day: date) -> Iterator[Issue]:
    if not {"plot_code", "predecessors"} <= {*table.records}:
        return
    codes = table.records["plot_code"]
    written = pd.Series(table.records["predecessors"].array, index=pd.Index(codes.array))
    yield from _issues(
        table, codes.isin(named_by_themselves(written)).to_numpy(bool), "plot-from-itself",
        lambda _: "“来源地块”里填了它自己；来源不成立，这一项不采用。", name="predecessors",
        advice="请改填分割、合并前的地块编号。",
    )  # fmt: skip


def _building_places(
    table: Table, geometry: gpd.GeoSeries | None, workspace: Workspace, day: date
) -> Iterator[Issue]:
    plots = workspace.store.read("plots").set_index("plot_code")
    if geometry is None or plots.empty:
        return
    owner = _column(table, "plot_code")
    share = outside_share(
        geometry.loc[table.records.index].to_numpy(), plots.geometry.reindex(owner).to_numpy()
    )
    limit = float(workspace.policy.value("building_outside_share", day))
    codes = owner.tolist()
    yield from _issues(
        table, share > limit, "building-outside-plot",
        lambda place: f"轮廓有 {number_text(share[place], '.1%')} 在地块“{codes[place]}”之外；面积仍计入该地块。",
        advice="请核对所属地块或图形。",
    )  # fmt: skip


def _recognised_areas(
    table: Table, _geometry: gpd.GeoSeries | None, workspace: Workspace, _: date
) -> Iterator[Issue]:
    if "area_m2" not in table.records:
        return
    state = as_of(workspace)
    site_m2 = plot_facts(workspace, revision=state.revision, day=state.day)["site_area_m2"]
    limit = _column(table, "plot_code").map(site_m2).to_numpy(dtype=float, na_value=np.nan)
    area = pd.to_numeric(table.records["area_m2"]).to_numpy(dtype=float, na_value=np.nan)
    yield from _issues(
        table, area > limit + _SHOWN_M2, "recognition-above-plot",
        lambda place: f"认定 {area_words(area[place])}，而地块只有 {area_words(limit[place])}；多出的不计入。",
        name="area_m2", advice="请核对面积和单位。",
    )  # fmt: skip


def _recognised_days(
    table: Table, _geometry: gpd.GeoSeries | None, workspace: Workspace, _: date
) -> Iterator[Issue]:
    if "recognised_on" not in table.records:
        return
    projects = workspace.store.read("projects").set_index("project_code")
    codes = _column(table, "project_code")
    began = first_days(projects).reindex(codes).to_numpy()
    on = pd.to_datetime(table.records["recognised_on"]).to_numpy()

    def message(place: int) -> str:
        start = f"项目“{codes.iloc[place]}”最早的日期 {pd.Timestamp(began[place]):%Y-%m-%d}"
        return f"认定日期 {pd.Timestamp(on[place]):%Y-%m-%d} 早于{start}。"

    yield from _issues(
        table, on < began, "recognition-before-project", message, name="recognised_on", advice="请核对日期。"
    )


_CHECKS: dict[str, tuple[Check, ...]] = {
    "plots": (_plot_areas, _plot_towns, _plot_lineage),
    "buildings": (_floor_areas, _building_places),
    "recognitions": (_recognised_areas, _recognised_days),
}
