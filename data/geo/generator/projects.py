"""Redevelopment projects over all stages: which plots, how, when, by whom."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely

from generator.dice import Dice
from generator.ground import DECIMALS, M2_PER_MU
from generator.plots import PARK_NAMES, TOWN_NAMES, Plot

DATA_DAY = date(2026, 11, 15)
PERIODS = ((date(2020, 2, 1), date(2020, 12, 20), 600.0, 6), (date(2021, 2, 1), date(2023, 12, 15), 1400.0, 14),
           (date(2024, 2, 1), date(2025, 12, 20), 1000.0, 10))  # fmt: skip
"""First and last day, 亩 to be recognised in the period, finished projects: the plan's path 600, 2000, 3000."""
_FINISHED_STAGES = ("P12",) * 9 + ("P11",) * 6 + ("P10",) * 7 + ("P09",) * 4 + ("P08",) * 4
_FINISHED_MODES = (
    "M03", "M11", "M05", "M01", "M08", "M02", "M01", "M04", "M02", "M06", "M01", "M07", "M03", "M01", "M05", "M02",
    "M08", "M01", "M07", "M03", "M01", "M02", "M09", "M05", "M01", "M02", "M03", "M06", "M01", "M02",
)  # fmt: skip
_OPEN_STAGES = ("P00",) * 4 + ("P01",) * 3 + ("P02",) * 3 + ("P03",) * 3 + ("P04",) * 2 + ("P05",) * 2 + (
    "P06",) * 5 + ("P07",) * 3 + ("PX",) * 5  # fmt: skip
_OPEN_MODES = (
    "M01", "M04", "M02", "M07", "M01", "M10", "M03", "M05", "M01", "M02", "M04", "M08", "M01", "M01", "M03", "M01",
    "M02", "M01", "M02", "M03", "M01", "M08", "M01", "M02", "M01", "M03", "M01", "M09", "M06", "M11",
)  # fmt: skip
_REVOKED_PROJECT = 8
_MERGED_PROJECT = 12
MERGED_FROM = ("330205-GY-9001", "330205-GY-9002")
"""Plots that are gone: they became the first plot of a project. The first of them had been recognised before."""
MERGED_SHARE = 0.35
"""Of the plot that they became, as far as it had been recognised."""
MODE_NAMES = {
    "M01": "拆除重建", "M02": "厂房加层", "M03": "零土地技改", "M04": "收储", "M05": "收购转让", "M06": "股权并购",
    "M07": "腾退招商", "M08": "改建小微企业园", "M09": "功能转换", "M10": "复垦", "M11": "整治提升",
}  # fmt: skip
LAND_MODES = frozenset({"M04", "M05", "M06", "M07", "M09", "M10", "M11"})
"""Modes that build nothing much."""


@dataclass
class Project:
    """A project while the district is being made."""

    code: str
    mode: str
    stage: str
    plots: list[Plot]
    parts_m2: dict[str, float]
    """Area involved by plot code."""
    completed_on: date | None = None
    dates: dict[str, date | None] = field(default_factory=dict)
    is_partial: bool = False
    revoked: Plot | None = None
    """A plot once recognised by mistake, and taken back."""

    @property
    def is_finished(self) -> bool:
        """Whether its land has been recognised."""
        return self.stage in {"P08", "P09", "P10", "P11", "P12"}

    @property
    def area_m2(self) -> float:
        """Area of all its plots."""
        return round(sum(self.parts_m2.values()), 2)


def make_projects(plots: list[Plot]) -> list[Project]:
    """Return 60 projects, the finished ones first, each on plots of its own."""
    free = {plot.code: plot for plot in plots if plot.owner and not plot.fields.get("is_bare")}
    finished = _finished(free, Dice("finished projects"))
    mistaken = finished[_REVOKED_PROJECT]
    mistaken.revoked = free.pop(
        min(free.values(), key=lambda p: p.shape.distance(mistaken.plots[0].shape)).code
    )
    finished[_MERGED_PROJECT].plots[0].fields["predecessors"] = ";".join(MERGED_FROM)
    open_ = _open(free, Dice("open projects"))
    for project in (*finished, *open_):
        project.dates = _dates(project, Dice(f"dates {project.code}"))
        if project.is_finished and project.mode == "M01" and project.completed_on:
            for plot in project.plots:
                plot.rebuilt_year = project.completed_on.year
    return finished + open_


def _finished(free: dict[str, Plot], dice: Dice) -> list[Project]:
    projects: list[Project] = []
    for first, last, wanted_mu, count in PERIODS:
        left_m2 = wanted_mu * M2_PER_MU
        span = (last - first).days
        for number in range(count):
            share_m2 = left_m2 / (count - number)
            plots = _neighbours(free, share_m2 * dice.between(0.8, 1.15), dice)
            is_last = number == count - 1
            parts = _parts(plots, left_m2 if is_last else None)
            left_m2 -= sum(parts.values())
            completed = first + timedelta(days=round(span * (number + dice.share()) / count))
            place = len(projects)
            projects.append(
                Project(
                    f"JB-XM-{place + 1:03d}",
                    _FINISHED_MODES[place],
                    _FINISHED_STAGES[place],
                    plots,
                    parts,
                    completed,
                )
            )
        _take_more(projects[-1], free, left_m2)
    return projects


def _take_more(project: Project, free: dict[str, Plot], left_m2: float) -> None:
    """Add plots to the last project of a period until the period's area is reached, the last one in part."""
    while left_m2 > 50:
        plot = min(free.values(), key=lambda p: p.shape.distance(project.plots[0].shape))
        del free[plot.code]
        project.plots.append(plot)
        project.parts_m2[plot.code] = round(min(plot.site_m2, left_m2), 2)
        left_m2 -= project.parts_m2[plot.code]


def _parts(plots: list[Plot], limit_m2: float | None) -> dict[str, float]:
    parts: dict[str, float] = {}
    for plot in plots:
        room = plot.site_m2 if limit_m2 is None else max(0.0, limit_m2 - sum(parts.values()))
        if room > 50:
            parts[plot.code] = round(min(plot.site_m2, room), 2)
    plots[:] = [plot for plot in plots if plot.code in parts]
    return parts


def _neighbours(free: dict[str, Plot], wanted_m2: float, dice: Dice) -> list[Plot]:
    """Take a plot and the nearest free ones of the same estate until *wanted_m2* is about reached."""
    seed = dice.pick([p for p in free.values() if p.site_m2 < wanted_m2 * 1.1 and p.site_m2 > 4_000])
    near = sorted(
        (p for p in free.values() if p.estate == seed.estate), key=lambda p: p.shape.distance(seed.shape)
    )
    taken: list[Plot] = []
    for plot in near:
        total = sum(p.site_m2 for p in taken)
        if total + plot.site_m2 <= wanted_m2 * 1.15 and len(taken) < 5 and _is_near(plot, seed):
            taken.append(free.pop(plot.code))
    return taken


def _is_near(plot: Plot, seed: Plot) -> bool:
    return bool(plot.shape.distance(seed.shape) < 350)


def _open(free: dict[str, Plot], dice: Dice) -> list[Project]:
    """Return the projects under way, on the plots that pay least tax."""
    projects = []
    for number, (stage, mode) in enumerate(zip(_OPEN_STAGES, _OPEN_MODES, strict=True), start=31):
        poor = sorted(free.values(), key=lambda p: p.owner.tax_wan_per_mu + dice.between(0, 6))
        fitting = [p for p in poor if 12 < p.site_mu < 75 and (mode != "M10" or not p.park_code)]
        plots = [free.pop(fitting[0].code)]
        if dice.chance(0.35):
            near = min(free.values(), key=lambda p: p.shape.distance(plots[0].shape))
            if near.site_mu < 80 and near.shape.distance(plots[0].shape) < 60:
                plots.append(free.pop(near.code))
        parts = {plot.code: round(plot.site_m2, 2) for plot in plots}
        is_partial = number % 6 == 0
        if is_partial:
            parts[plots[0].code] = round(parts[plots[0].code] / 2, 2)
        projects.append(Project(f"JB-XM-{number:03d}", mode, stage, plots, parts, is_partial=is_partial))
    return projects


def _dates(project: Project, dice: Dice) -> dict[str, date | None]:
    """Return planned and actual start, completion and commissioning, each later than the one before."""
    if project.completed_on:
        complete = project.completed_on
        start = complete - timedelta(days=dice.whole(260, 620))
        commission = complete + timedelta(days=dice.whole(60, 260))
    else:
        start = _start_of(project, dice)
        complete = start + timedelta(days=dice.whole(360, 700))
        commission = complete + timedelta(days=dice.whole(90, 240))
    late = sorted(dice.whole(-25, 75) for _ in range(3))
    has_begun = project.is_finished or project.stage in {"P06", "P07"}
    is_planned = project.stage not in {"P00", "P01"}
    in_use = project.stage in {"P10", "P11", "P12"}
    return {
        "start_plan_on": start - timedelta(days=late[0]) if is_planned else None,
        "start_actual_on": start if has_begun else None,
        "complete_plan_on": complete - timedelta(days=late[1]) if is_planned else None,
        "complete_actual_on": complete if project.is_finished else None,
        "commission_plan_on": commission - timedelta(days=late[2]) if is_planned else None,
        "commission_actual_on": commission if in_use else None,
    }


def _start_of(project: Project, dice: Dice) -> date:
    """Return when a project that is not finished starts or is to start; some are overdue."""
    if project.stage in {"P06", "P07"}:
        return DATA_DAY - timedelta(days=dice.whole(120, 560))
    if project.stage == "PX":
        return DATA_DAY - timedelta(days=dice.whole(300, 900))
    return DATA_DAY + timedelta(days=dice.whole(-70, 420))


_PROGRESS = {
    "P00": "已列入摸排清单，正在核实权属。", "P01": "一地一策方案已会审，正在商谈履约协议。", "P02": "已完成备案。",
    "P03": "正在办理用地手续。", "P04": "已取得建设工程规划许可证。", "P05": "已取得施工许可证，准备进场。",
    "P06": "基础施工。", "P07": "主体结顶，正在安装设备。", "P08": "已通过竣工验收和规划核实。",
    "P09": "已办理不动产登记。",
    "P10": "已投产。", "P11": "已通过达产验收。", "P12": "履约达标，已销号。", "PX": "项目暂停。",
}  # fmt: skip
_PROBLEMS = (
    "",
    "",
    "",
    "租户腾退进度偏慢。",
    "业主资金安排未落实。",
    "控规容积率上限偏低。",
    "消防审查需补充资料。",
)


_UNPLACED = ("JB-XM-031", "JB-XM-032")
"""Projects still without a place."""


def _point(plot: Plot) -> shapely.Geometry:
    return shapely.transform(plot.geometry.representative_point(), lambda xy: np.round(xy, DECIMALS))


def project_record(project: Project, floor: dict[str, float]) -> dict[str, Any]:
    """Return the project as a record of its register; *floor* holds its plot ratios and new floor area."""
    dice = Dice(f"ledger {project.code}")
    first, owner = project.plots[0], project.plots[0].owner
    return {
        "project_code": project.code,
        "name": f"{owner.name}{MODE_NAMES[project.mode]}项目",
        "national_code": _national_code(project, dice),
        "owner": owner.name,
        "uscc": owner.uscc,
        "town_code": first.town_code,
        "park_code": first.park_code or None,
        "mode": project.mode,
        "stage": project.stage,
        "industry_code": owner.industry_code,
        "area_m2": project.area_m2,
        **floor,
        **_money(project, dice),
        **{name: day.isoformat() if day else None for name, day in project.dates.items()},
        **_supervision(project, dice),
        "geometry": None if project.code in _UNPLACED else _point(first),
    }


def _national_code(project: Project, dice: Dice) -> str | None:
    month = f"2{dice.whole(0, 5)}{dice.whole(1, 12):02d}"
    number = f"9{project.code[-3:]}{dice.whole(10, 99)}"
    return None if project.stage in {"P00", "P01"} else f"{month}-330205-07-02-{number}"


def _money(project: Project, dice: Dice) -> dict[str, int]:
    area_mu = project.area_m2 / M2_PER_MU
    invest_wan = round(area_mu * (45 if project.mode in LAND_MODES else 240) * dice.between(0.6, 1.5))
    done = {"P06": 0.3, "P07": 0.7, "PX": 0.1}.get(project.stage, 1.0 if project.is_finished else 0.0)
    return {
        "invest_total_wan": invest_wan,
        "invest_year_wan": round(invest_wan * dice.between(0.2, 0.4)) if 0 < done < 1 else 0,
        "invest_done_wan": round(invest_wan * done * (dice.between(0.85, 1.1) if done < 1 else 1)),
        "expected_output_wan": round(area_mu * dice.between(350, 900)),
        "expected_tax_wan": round(area_mu * dice.between(20, 45)),
    }


def _supervision(project: Project, dice: Dice) -> dict[str, str | None]:
    first = project.plots[0]
    town = TOWN_NAMES[first.town_code]
    problem = "业主经营困难，暂缓实施。" if project.stage == "PX" else dice.pick(_PROBLEMS)
    silent_days = dice.whole(5, 60) if dice.chance(0.75) else dice.whole(90, 260)
    is_land = project.mode in {"M04", "M09", "M10"}
    return {
        "lead_body": "自然资源规划江北分局" if is_land else "区经信局",
        "responsible_body": town,
        "cooperating_bodies": None if is_land else "自然资源规划江北分局；区住建局",
        "progress": f"{_PROGRESS[project.stage]}（{PARK_NAMES.get(first.park_code, town)}）",
        "problem": problem or None,
        "coordination": "请区专班协调。" if problem and dice.chance(0.5) else None,
        "updated_on": (DATA_DAY - timedelta(days=silent_days)).isoformat(),
    }
