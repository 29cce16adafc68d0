"""Reading what is asked of a portfolio from words: of an address or of the command line."""

import math
from collections.abc import Mapping

from geoapp.domain.portfolio import OBJECTIVES, Asked, Limits, Question
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.whatif_plan import HIGHEST_FAR, mode_words
from geoapp.services.workspace import Workspace
from geoapp.units import M2_PER_MU

PARAMETERS = (
    "area", "gfa", "projects", "budget", "year", "inside", "towns", "objective", "mode", "far", "exclude", "differ",
    "seconds",
)  # fmt: skip
"""`area` in 亩, `gfa` in m2, `budget` in 万元; `inside` and `towns` are 1 where asked."""
LONGEST_S = 60.0
LATEST_YEAR = 2100
_SWITCH = {"": False, "0": False, "1": True}


def read_question(workspace: Workspace, words: Mapping[str, str], state: AsOf) -> Asked:
    """Return the question that some words ask.

    Parameters
    ----------
    workspace : Workspace
    words : mapping of str
        PARAMETERS; empty is not given.
    state : AsOf

    Raises
    ------
    UsageError
        A number that is none, zero or below; a year that is over; no goal; a mode or objective there is not.
    """
    value = workspace.policy_at(state.revision).value
    mode = (words.get("mode") or str(value("portfolio_mode", state.day))).upper()
    modes = mode_words(workspace)
    if mode not in modes:
        known = "、".join(f"{code}（{zh}）" for code, zh in modes.items())
        raise UsageError(f"改造方式“{mode[:40]}”不认识；可用：{known}。")
    far = _number(words, "far", "目标容积率", highest=HIGHEST_FAR)
    if far is not None and mode not in value("whatif_building_modes", state.day):
        raise UsageError(f"“{modes[mode]}”不新建、不加建，不能给目标容积率。")
    objective = words.get("objective") or "projects"
    if objective not in OBJECTIVES:
        known = "、".join(f"{name}（{zh}）" for name, zh in OBJECTIVES.items())
        raise UsageError(f"优选目标“{objective[:40]}”不认识；可用：{known}。")
    limits = _limits(words, state)
    if not limits.has_goal:
        raise UsageError(
            "没有给出要达到的目标。请至少填一项：盘活面积（亩）、新增建筑面积（平方米）或每个镇街至少一个。"
        )
    question = Question(
        limits=limits,
        objective=objective,
        excluded=tuple(
            code for code in (part.strip() for part in words.get("exclude", "").split(",")) if code
        ),
        alternatives=int(value("portfolio_alternatives", state.day)),
        differ=_whole(words, "differ", "次优组合至少换掉的宗数", highest=1000)
        or int(value("portfolio_differ", state.day)),
        seconds=_number(words, "seconds", "求解时限（秒）", highest=LONGEST_S)
        or float(value("portfolio_seconds", state.day)),
        gap=float(value("portfolio_gap", state.day)),
    )
    return Asked(question=question, mode=mode, far=far)


def _limits(words: Mapping[str, str], state: AsOf) -> Limits:
    area_mu = _number(words, "area", "盘活面积目标（亩）", highest=1e7)
    year = _whole(words, "year", "完成年份", highest=LATEST_YEAR)
    if year is not None and year < state.day.year:
        raise UsageError(
            f"完成年份 {year} 已经过去；统计日是 {state.day.isoformat()}，请填今年或以后的年份。"
        )
    return Limits(
        area_m2=None if area_mu is None else area_mu * M2_PER_MU,
        gfa_m2=_number(words, "gfa", "新增建筑面积目标（平方米）", highest=1e10),
        projects=_whole(words, "projects", "项目数上限", highest=100_000),
        budget_wan=_number(words, "budget", "预算上限（万元）", highest=1e9),
        year=year,
        outside=0 if _switch(words, "inside", "只在控制线内") else None,
        towns=0 if _switch(words, "towns", "每个镇街至少一个") else None,
    )


def question_query(words: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that were given, for links that ask the same."""
    return {name: words[name].strip() for name in PARAMETERS if words.get(name, "").strip()}


def asked_query(asked: Asked) -> dict[str, str]:
    """Return the parameters of the address that asks a question again, all of them said."""
    question, limits = asked.question, asked.question.limits
    area_mu = None if limits.area_m2 is None else limits.area_m2 / M2_PER_MU
    numbers = {
        "area": area_mu, "gfa": limits.gfa_m2, "projects": limits.projects, "budget": limits.budget_wan,
        "year": limits.year, "far": asked.far, "differ": question.differ, "seconds": question.seconds,
    }  # fmt: skip
    words = {
        "inside": "" if limits.outside is None else "1",
        "towns": "" if limits.towns is None else "1",
        "objective": question.objective,
        "mode": asked.mode,
        "exclude": ",".join(question.excluded),
    }
    words |= {name: "" if value is None else f"{value:.10g}" for name, value in numbers.items()}
    return {name: words[name] for name in PARAMETERS if words[name]}


def _switch(words: Mapping[str, str], name: str, zh: str) -> bool:
    text = words.get(name, "").strip()
    if text not in _SWITCH:
        raise UsageError(f"“{zh}”（{name}）的值“{text[:40]}”不认识，应为 1（要求）或 0（不要求）。")
    return _SWITCH[text]


def _number(words: Mapping[str, str], name: str, zh: str, *, highest: float) -> float | None:
    text = words.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= highest:
        raise UsageError(f"{zh}“{text[:40]}”不正确，应为大于 0、不超过 {highest:,.0f} 的数。")
    return value


def _whole(words: Mapping[str, str], name: str, zh: str, *, highest: int) -> int | None:
    text = words.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= highest:
        raise UsageError(f"{zh}“{text[:40]}”不正确，应为 1 到 {highest} 的整数。")
    return int(text)
