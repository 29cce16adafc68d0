"""What projects add up to: new floor area, recognitions in three ledgers, plots of projects."""

from datetime import date, timedelta
from typing import Any

import shapely
from shapely import box
from shapely.affinity import rotate

from generator.dice import Dice
from generator.ground import ellipsoid_m2, polygons_of, to_degrees
from generator.parcels import direction_deg
from generator.plots import Plot
from generator.projects import MERGED_FROM, MERGED_SHARE, Project

LEDGER = "JX_TL"
_RECLAIMED = "330205-GY-0382"
"""Of land taken back outside the control line, the plot that went back to fields: one end of the swap."""
_NEW_GFA_M2 = 1_005_000.0
_NEW_SHARES = {"M01": 1.0, "M08": 0.95, "M02": 0.5, "M03": 0.22, "M09": 0.2, "M05": 0.12, "M07": 0.1}
"""Share of a plot's floor area that is new, by mode; the rest has none."""
_NET_SHARES = {"M01": 0.62, "M08": 0.6}
_EVENTS = {
    "M01": "completion", "M02": "completion", "M03": "upgrade_done", "M04": "taken_back", "M05": "transfer",
    "M06": "share_change", "M07": "production", "M08": "park_recognised", "M09": "contract_change",
    "M10": "reclamation", "M11": "closed",
}  # fmt: skip


def new_floor(projects: list[Project]) -> dict[str, tuple[float, float]]:
    """Return new floor area, gross and net, of each recognised plot; together about a million m2."""
    wanted = {
        plot.code: (project, plot, _gfa(plot) * _NEW_SHARES.get(project.mode, 0.0))
        for project in projects
        if project.is_finished
        for plot in project.plots
    }
    factor = _NEW_GFA_M2 / sum(gross for _, _, gross in wanted.values())
    floor = {}
    for code, (project, plot, gross) in wanted.items():
        part = project.parts_m2[code] / plot.site_m2
        new = round(min(gross * factor, _gfa(plot)) * min(1.0, part), 1)
        floor[code] = (new, round(new * _NET_SHARES.get(project.mode, 1.0), 1))
    return floor


def _gfa(plot: Plot) -> float:
    return float(plot.fields.get("gfa_actual_m2") or 0.0)


def project_floor(project: Project, new: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Return a project's new floor area and its plot ratio before and after."""
    site_m2 = sum(plot.site_m2 for plot in project.plots)
    now = sum(plot.fields.get("gfa_far_m2") or 0.0 for plot in project.plots) / site_m2
    if project.is_finished:
        gross, net = (sum(new[plot.code][n] for plot in project.plots) for n in (0, 1))
        before, after = max(0.05, now - net / site_m2), now
    else:
        dice = Dice(f"floor {project.code}")
        target = {"M01": 2.1, "M02": now + 0.6, "M08": 2.2, "M03": now + 0.2}.get(project.mode, now)
        before, after = now, max(now, target * dice.between(0.95, 1.15) if target > now else now)
        net = (after - before) * project.area_m2
        gross = net + (before * project.area_m2 * 0.9 if project.mode in {"M01", "M08"} else 0.0)
    return {
        "new_gfa_gross_m2": round(gross, 1), "new_gfa_net_m2": round(net, 1),
        "far_before": round(before, 3), "far_after": round(after, 3),
    }  # fmt: skip


def recognitions(projects: list[Project], new: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Return the recognitions of all ledgers, in the order of their days."""
    records = []
    finished = [project for project in projects if project.is_finished]
    for place, project in enumerate(finished):
        for plot in project.plots:
            records.append(_recognition(project, plot, LEDGER, 0, new))
            if place % 3 == 0:
                records.append(_recognition(project, plot, "ZRZY_DX", 45, new))
            if place % 5 == 2:
                records.append(_recognition(project, plot, "ZRZY_CL", 20, new))
            records += [_before_the_merger(project, plot)] * ("predecessors" in plot.fields)
    for project in finished:
        if project.revoked:
            records += _mistake(project, project.revoked)
    records.sort(key=lambda r: (r["recognised_on"], r["ledger"], r["plot_code"], -r["area_m2"]))
    counts: dict[int, int] = {}
    for record in records:
        year = int(record["recognised_on"][:4])
        counts[year] = counts.get(year, 0) + 1
        record["recognition_code"] = f"RD-{year}-{counts[year]:03d}"
        record["document_no"] = f"示例认〔{year}〕{counts[year]}号"
    return records


def _recognition(
    project: Project, plot: Plot, ledger: str, days: int, new: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    day = (project.completed_on or date.min) + timedelta(days=days)
    gross, net = new[plot.code]
    mode = "M10" if plot.code == _RECLAIMED else project.mode
    return {
        "recognition_code": "", "project_code": project.code, "plot_code": plot.code, "mode": mode,
        "ledger": ledger, "event": _EVENTS[mode], "recognised_on": day.isoformat(), "document_no": "",
        "area_m2": project.parts_m2[plot.code], "new_gfa_gross_m2": gross, "new_gfa_net_m2": net,
        "checker": "区经信局" if ledger == LEDGER else "自然资源规划江北分局",
    }  # fmt: skip


def _before_the_merger(project: Project, plot: Plot) -> dict[str, Any]:
    """Return the recognition of a plot that later became part of another: what it took then counts no second time."""
    day = (project.completed_on or date.min) - timedelta(days=400)
    return {
        "recognition_code": "", "project_code": None, "plot_code": MERGED_FROM[0], "mode": "M05", "ledger": "ZRZY_CL",
        "event": _EVENTS["M05"], "recognised_on": day.isoformat(), "document_no": "",
        "area_m2": round(plot.site_m2 * MERGED_SHARE, 2), "new_gfa_gross_m2": 0.0, "new_gfa_net_m2": 0.0,
        "checker": "自然资源规划江北分局",
    }  # fmt: skip


def _mistake(project: Project, plot: Plot) -> list[dict[str, Any]]:
    """Return a recognition beyond the path and its revocation later in the year: together nothing."""
    day = project.completed_on or date.min
    common = {
        "recognition_code": "", "project_code": project.code, "plot_code": plot.code, "mode": project.mode,
        "ledger": LEDGER, "document_no": "", "checker": "区经信局", "new_gfa_gross_m2": 0.0, "new_gfa_net_m2": 0.0,
    }  # fmt: skip
    area_m2 = round(plot.site_m2, 2)
    later = date(day.year, 12, 28)
    return [
        {**common, "event": _EVENTS[project.mode], "recognised_on": day.isoformat(), "area_m2": area_m2},
        {**common, "event": "revocation", "recognised_on": later.isoformat(), "area_m2": -area_m2},
    ]


def project_plot_records(projects: list[Project]) -> list[dict[str, Any]]:
    """Return which project is on which plot; where only a part is concerned, with that part's shape."""
    records = []
    for project in projects:
        for plot in project.plots:
            record = {
                "project_code": project.code,
                "plot_code": plot.code,
                "area_m2": project.parts_m2[plot.code],
            }
            if project.is_partial and plot is project.plots[0]:
                part = to_degrees(_half(plot.shape))
                record["area_m2"] = project.parts_m2[plot.code] = round(ellipsoid_m2(part), 2)
                record["geometry"] = part
            records.append(record)
    return records


def _half(shape: shapely.Geometry) -> shapely.Geometry:
    angle = direction_deg(shape)
    turned = rotate(shape, -angle, origin=(0, 0))
    west, south, east, north = turned.bounds
    half = turned.intersection(box(west, south, (west + east) / 2, north))
    return rotate(max(polygons_of(half), key=lambda part: part.area), angle, origin=(0, 0))
