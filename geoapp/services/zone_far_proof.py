"""The proof sheet of a zone's ratio: the two sums with one line per plot, and the plots that are in neither."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.zoning import zone_weights
from geoapp.domain.far_proof import ZoneLeftOut, ZoneProof, ZoneProofLine
from geoapp.domain.fingerprint import Origin
from geoapp.domain.zone_table import TOTAL_KEY, ZoneTable
from geoapp.errors import NotFoundError
from geoapp.services.as_of import AsOf
from geoapp.services.far_proof_inputs import far_text, known, m2_text, plain_rows, proof_number, share_text
from geoapp.services.plot_facts import plot_facts
from geoapp.services.record_card import record_address
from geoapp.services.records import filter_mask
from geoapp.services.workspace import Workspace
from geoapp.services.zone_membership import zone_membership
from geoapp.services.zone_source import ZoneFile, find_zones
from geoapp.services.zone_statistics import zone_statistics

_NUMBERS = ("storey_height_factors", "basement_factor", "area_difference_share")
_STATISTICS = ("site_area", "plot_ratio", "known_floor_area")
_FACTS = (
    "name", "gfa_counted_m2", "site_area_m2", "far", "has_unknown_height", "area_difference_share", "area_reg_m2",
)  # fmt: skip


def zone_far_proof(
    workspace: Workspace,
    zones: str | ZoneFile,
    zone_key: str,
    *,
    membership: str = "clip",
    as_of: AsOf,
    filter_text: str = "",
) -> ZoneProof:
    """Return how a zone's ratio comes about: the row of `zone_statistics`, plot by plot.

    The shares are those that the table multiplies, so the sums over the lines give its figure to the last digit.

    Parameters
    ----------
    workspace : Workspace
    zones, membership, filter_text
        As for `zone_statistics`.
    zone_key : str
        A zone of that division, "(outside)" or "(total)".
    as_of : AsOf
        Registers as they were, and whose rules hold.

    Returns
    -------
    ZoneProof
        Areas in m2, shares from 0 to 1, None where unknown; not rounded.

    Raises
    ------
    NotFoundError
        The division has no such zone, or what `zone_statistics` raises.
    UsageError, CrsError, FormatError
        What `zone_statistics` raises.
    """
    table = zone_statistics(
        workspace, zones=zones, membership=membership, revision=as_of.revision, day=as_of.day,
        filter_text=filter_text, statistics=_STATISTICS,
    )  # fmt: skip
    keys = [str(key) for key in table.rows.index]
    if zone_key not in keys:
        raise NotFoundError(f"“{table.zones_zh}”里没有分区“{zone_key}”。请从统计表进入。")
    chosen, weights = _weights(workspace, zones, membership, as_of, filter_text, keys.index(zone_key))
    return _proof(workspace, table, as_of, zone_key, chosen, weights)


def _weights(
    workspace: Workspace, zones: str | ZoneFile, membership: str, as_of: AsOf, filter_text: str, row: int
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the facts of the plots counted and what each weighs in a row of the table."""
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    division = find_zones(workspace, zones, revision=as_of.revision, day=as_of.day)
    is_wanted = filter_mask(workspace, "plots", filter_text, as_of)
    shares = zone_membership(workspace, facts.geometry, division, membership, as_of.revision)
    weights = zone_weights(shares.of_plots(is_wanted)).areas[[row]].toarray()[0]
    return pd.DataFrame(facts.loc[is_wanted, list(_FACTS)]), weights


def _proof(
    workspace: Workspace,
    table: ZoneTable,
    as_of: AsOf,
    zone_key: str,
    chosen: pd.DataFrame,
    weights: NDArray[np.float64],
) -> ZoneProof:
    lies_here = weights > 0
    plots, shares = chosen[lies_here], weights[lies_here]
    is_usable = (plots["gfa_counted_m2"].notna() & (plots["site_area_m2"] > 0)).to_numpy(bool)
    limit = workspace.policy_at(as_of.revision).value("area_difference_share", as_of.day)
    lines = [
        _line(code, row, share, limit)
        for code, row, share in zip(
            plots.index[is_usable], plain_rows(plots[is_usable]), shares[is_usable], strict=True
        )
    ]
    left_out = [
        _left_out(code, row, share)
        for code, row, share in zip(
            plots.index[~is_usable], plain_rows(plots[~is_usable]), shares[~is_usable], strict=True
        )
    ]
    gfa, area = _sum(line.gfa_in_zone_m2 for line in lines), _sum(line.area_in_zone_m2 for line in lines)
    figures = table.rows.loc[zone_key]
    far = known(figures["far"])
    return ZoneProof(
        zones=table.zones, zones_zh=table.zones_zh, zone_key=zone_key, name=str(figures["name"]),
        membership=table.membership, terms=replace(table, statistics_zh="").terms, day=as_of.day,
        revision=as_of.revision, data_on=table.data_on, note=as_of.note, is_demo=table.is_demo,
        lines=tuple(sorted(lines, key=lambda line: (-line.area_in_zone_m2, line.plot_code))),
        left_out=tuple(sorted(left_out, key=lambda plot: plot.plot_code)),
        gfa_counted_m2=gfa, site_area_m2=area, far=far, formula=f"{m2_text(gfa)} ÷ {m2_text(area)} = {far_text(far)}",
        known_gfa_share=known(figures["known_gfa_share"]), all_site_area_m2=known(figures["site_area_m2"]),
        numbers=tuple(proof_number(workspace.policy_at(as_of.revision), name, as_of.day) for name in _NUMBERS),
        findings=(*table.findings, *_findings(zone_key, lines, left_out)),
        origin=_origin(table, zone_key),
    )  # fmt: skip


def _origin(table: ZoneTable, zone_key: str) -> Origin | None:
    """Return the table's origin at the sheet's own address; zones of a file stay in the query."""
    if table.origin is None:
        return None
    query = dict(table.origin.query)
    is_file = "zone_set" in query
    path = f"/zones/{quote('upload' if is_file else query['zones'])}/{quote(zone_key)}/proof"
    kept = ("membership", "filter", *(("zones", "zone_set") if is_file else ()))
    return replace(
        table.origin, path=path, query=tuple((name, query[name]) for name in kept if name in query)
    )


def _sum(parts: Any) -> float:
    """Return the sum of the parts in the order of the register, as the table adds them."""
    return float(sum(parts, 0.0))


def _line(code: str, row: Mapping[str, Any], share: float, limit: float) -> ZoneProofLine:
    notes = []
    if row["has_unknown_height"]:
        notes.append("有建筑缺层高，计容面积是下限")
    difference = row["area_difference_share"]
    if difference is not None and difference > limit:
        notes.append(f"登记面积与椭球面积相差 {share_text(difference, 2)}")
    if row["area_reg_m2"] is not None and row["area_reg_m2"] <= 0:
        notes.append("登记面积不大于零")
    if row["gfa_counted_m2"] < 0:
        notes.append("计容建筑面积是负数")
    return ZoneProofLine(
        plot_code=code, name=row["name"] or code, address=record_address("plots", code), share=float(share),
        gfa_m2=row["gfa_counted_m2"], site_area_m2=row["site_area_m2"], far=row["far"],
        gfa_in_zone_m2=float(share) * row["gfa_counted_m2"],
        area_in_zone_m2=float(share) * row["site_area_m2"], notes=tuple(notes),
    )  # fmt: skip


def _left_out(code: str, row: Mapping[str, Any], share: float) -> ZoneLeftOut:
    reasons = []
    if row["site_area_m2"] is None:
        reasons.append("用地面积不明")
    if row["gfa_counted_m2"] is None:
        reasons.append("计容建筑面积不明")
    return ZoneLeftOut(
        plot_code=code, name=row["name"] or code, address=record_address("plots", code), share=float(share),
        gfa_m2=row["gfa_counted_m2"], site_area_m2=row["site_area_m2"], reason="，".join(reasons),
    )  # fmt: skip


def _findings(zone_key: str, lines: list[ZoneProofLine], left_out: list[ZoneLeftOut]) -> list[str]:
    here = "全部" if zone_key == TOTAL_KEY else "本行"
    found = []
    if left_out:
        found.append(f"{here}有 {len(left_out)} 宗地没有进容积率，分子分母都不含它们，原因见“未计入的地块”。")
    noted = sum(bool(line.notes) for line in lines)
    if noted:
        found.append(f"{here}有 {noted} 宗地的数据需要核对，见各行备注。")
    return found
