"""Portfolio (组合优选): which plots reach the goals, the next best, or which limits stand in the way."""

import math
from collections.abc import Mapping

import pandas as pd

from geoapp.analysis.portfolio import choose
from geoapp.domain.portfolio import (
    LEFT_OUT,
    OBJECTIVES,
    Asked,
    Choice,
    Limits,
    Portfolio,
    PortfolioAnswer,
    Relaxation,
)
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.fingerprints import figures_origin
from geoapp.services.place_names import place_names
from geoapp.services.plot_links import REGISTERS
from geoapp.services.portfolio_candidates import portfolio_candidates
from geoapp.services.portfolio_question import asked_query
from geoapp.services.rule_numbers import used_numbers
from geoapp.services.whatif_plan import mode_words
from geoapp.services.workspace import Workspace
from geoapp.units import M2_PER_MU, m2_to_mu

NUMBERS = (
    "far_target_default", "redevelopment_build_wan_per_m2", "redevelopment_demolish_wan_per_m2",
    "redevelopment_land_wan_per_mu", "portfolio_years", "portfolio_seconds", "portfolio_gap", "portfolio_alternatives",
    "portfolio_differ",
)  # fmt: skip
_UNKNOWN_WORDS = {
    "area_m2": "可计入盘活的面积不知道，达标时按没有计", "added_gfa_m2": "新增建筑面积不知道，达标时按没有计",
    "cost_wan": "造价不知道；有预算或按造价优选时不选它们", "score": "得分不知道，按 0 分计",
    "town_code": "镇街不知道，不算哪个镇街的项目",
}  # fmt: skip


def find_portfolio(workspace: Workspace, asked: Asked, state: AsOf) -> PortfolioAnswer:
    """Return the choice of plots that a question asks for.

    Parameters
    ----------
    workspace : Workspace
    asked : Asked
        As `read_question` gives it.
    state : AsOf
        Registers as they were; whose numbers hold.

    Returns
    -------
    PortfolioAnswer
        Computed once per state and question, so that page and files show the same choice.

    Raises
    ------
    NotFoundError
        A number of the rule book does not hold yet on the day.
    """
    key = ("portfolio", state.revision, state.day, asked)
    return workspace.cache.get(key, lambda: _find(workspace, asked, state))


def _find(workspace: Workspace, asked: Asked, state: AsOf) -> PortfolioAnswer:
    candidates = portfolio_candidates(workspace, state, mode=asked.mode, far=asked.far)
    portfolio = choose(candidates, asked.question)
    towns = place_names(workspace, "towns", state.revision)
    modes = dict(mode_words(workspace))
    return PortfolioAnswer(
        asked=asked,
        origin=figures_origin(workspace, "/portfolio", asked_query(asked), state.revision, state.day),
        mode_zh=modes[asked.mode],
        asked_words=asked_words(asked, modes),
        portfolio=portfolio,
        plots=candidates,
        town_names=towns,
        verdict=_verdict(portfolio, asked),
        advice=tuple(_advice(found, asked.question.limits, towns) for found in portfolio.relaxations),
        findings=_findings(portfolio, candidates, towns),
        numbers=used_numbers(workspace.policy_at(state.revision), NUMBERS, state.day, modes),
        day=state.day,
        revision=state.revision,
        is_now=state.is_now,
        data_on=data_day(workspace, state.revision, REGISTERS, state.day),
        note=state.note,
        is_demo=bool(candidates["is_demo"].any()),
    )


def asked_words(asked: Asked, modes: Mapping[str, str]) -> dict[str, str]:
    """Return what was asked, line by line, in Chinese."""
    question, limits = asked.question, asked.question.limits
    lines = {
        "目标": "、".join(
            filter(
                None,
                [
                    "" if limits.area_m2 is None else f"盘活 {m2_to_mu(limits.area_m2):,.2f} 亩以上",
                    "" if limits.gfa_m2 is None else f"新增建筑面积 {limits.gfa_m2:,.0f} 平方米以上",
                    "" if limits.towns is None else "有候选地块的镇街各至少一个",
                ],
            )
        ),
        "限制": "、".join(
            filter(
                None,
                [
                    "" if limits.projects is None else f"不超过 {limits.projects} 个项目",
                    "" if limits.budget_wan is None else f"造价不超过 {limits.budget_wan:,.2f} 万元",
                    "" if limits.year is None else f"{limits.year} 年底前完成",
                    "" if limits.outside is None else "只在控制线内",
                    f"不选 {'、'.join(question.excluded)}" if question.excluded else "",
                ],
            )
        ),
        "优选": OBJECTIVES[question.objective],
        "改造方式": f"{asked.mode} {modes[asked.mode]}",
        "目标容积率": "" if asked.far is None else f"{asked.far:g}",
    }
    return {name: words for name, words in lines.items() if words}


def _verdict(portfolio: Portfolio, asked: Asked) -> str:
    if portfolio.choice is not None:
        kind, count = OBJECTIVES[asked.question.objective], portfolio.choice.project_count
        return f"{kind}的组合：{count} 个项目，{gap_words(portfolio.choice.gap)}。"
    if portfolio.is_infeasible:
        return "没有任何组合能同时满足全部要求（已证明）。"
    seconds = f"{asked.question.seconds:g}"
    return f"在 {seconds} 秒内没有找到满足全部要求的组合，也没有证明不存在。请延长求解时限，或放宽要求。"


def gap_words(gap: float) -> str:
    """Return how sure a choice is to be the best.

    Examples
    --------
    >>> gap_words(0.0), gap_words(0.00005), gap_words(0.0213)
    ('已证明最优', '与最优相差不超过 0.01%', '与最优相差不超过 2.13%')
    """
    if gap == 0:
        return "已证明最优"
    return f"与最优相差不超过 {math.ceil(gap * 10_000) / 100:.2f}%"


def _advice(relaxation: Relaxation, limits: Limits, towns: Mapping[str, str]) -> str:
    """Return one way out: each limit of the set with the value that is enough, rounded to the safe side."""
    words = [
        _give_way(name, value, limits, relaxation.choice, towns) for name, value in relaxation.reached.items()
    ]
    head = "只要" if len(words) == 1 else "要同时"
    return f"{head}{'，并且'.join(words)}，就能满足其余要求。"


def _give_way(name: str, value: float, limits: Limits, choice: Choice, towns: Mapping[str, str]) -> str:
    if name == "area":
        reached, asked = _down(m2_to_mu(value)), (limits.area_m2 or 0.0) / M2_PER_MU
        return f"把盘活面积目标降到 {reached:,.2f} 亩（少 {asked - reached:,.2f} 亩）"
    if name == "gfa":
        reached = math.floor(value)
        return (
            f"把新增建筑面积目标降到 {reached:,} 平方米（少 {(limits.gfa_m2 or 0.0) - reached:,.0f} 平方米）"
        )
    if name == "projects":
        return f"把项目数上限放宽到 {value:.0f} 个（多 {value - (limits.projects or 0):.0f} 个）"
    if name == "budget":
        needed = -_down(-value)
        return f"把预算放宽到 {needed:,.2f} 万元（多 {needed - (limits.budget_wan or 0.0):,.2f} 万元）"
    if name == "year":
        return f"把完成年份放宽到 {value:.0f} 年"
    if name == "outside":
        return f"允许控制线外 {value:.0f} 宗"
    names = "、".join(towns.get(code, code) for code in choice.missing_towns)
    return f"允许 {value:.0f} 个镇街没有项目（如 {names}）"


def _down(value: float) -> float:
    """Return a number with two decimals, not above it."""
    return math.floor(value * 100 + 1e-6) / 100


def _findings(portfolio: Portfolio, candidates: pd.DataFrame, towns: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    if candidates.empty:
        found.append("没有候选地块：台账里没有已列入低效清单（或判定低效）、可二次开发、尚未认定盘活的地块。")
    if portfolio.left_out:
        parts = "、".join(f"{count} 宗{LEFT_OUT[name]}" for name, count in portfolio.left_out.items())
        found.append(
            f"{portfolio.candidate_count} 宗候选里有 {sum(portfolio.left_out.values())} 宗不能选：{parts}。"
        )
    for name, zh in _UNKNOWN_WORDS.items():
        count = int(candidates[name].isna().sum())
        if count:
            found.append(f"{count} 宗候选的{zh}。")
    if portfolio.is_infeasible and not portfolio.relaxations and len(candidates):
        found.append(
            "没有找到靠放宽要求就能做到的办法，或时限内没有查完：请看上面哪些候选不能选，或延长求解时限。"
        )
    choice = portfolio.choice
    if choice is not None and choice.missing_towns:
        names = "、".join(towns.get(code, code) for code in choice.missing_towns)
        found.append(f"有候选地块而没有选中项目的镇街：{names}。")
    return tuple(found)
