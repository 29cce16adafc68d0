"""Reading a what-if plan from words: of an address, of the command line, of a kept scenario."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

from geoapp.domain.policy import Policy
from geoapp.domain.whatif import DEMOLISH_WORDS, Plan
from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.workspace import Workspace

MOST_PLOTS = 500
"""Of one what-if: more do not fit into an address."""
PARAMETERS = (
    "plots", "mode", "far", "height", "coefficient", "support", "support_land", "storey_height", "demolish",
)  # fmt: skip
"""What an address says of a plan; `coefficient` and the support shares in percent, heights in metres."""
HIGHEST_FAR, HIGHEST_M = 20.0, 600.0
_PERCENT = 100.0


def mode_words(workspace: Workspace) -> Mapping[str, str]:
    """Return the modes' names by code, M01 to M11."""
    return workspace.layer("projects").field("mode").code_labels


def read_plots(text: str) -> tuple[str, ...]:
    """Return the codes of plots that a text lists with commas, each once.

    Raises
    ------
    UsageError
        None, or more than MOST_PLOTS.
    """
    codes = tuple(dict.fromkeys(code for code in (part.strip() for part in text.split(",")) if code))
    if not codes:
        raise UsageError("没有给出地块。请在地图上选中地块，或填写地块编号，多个用逗号隔开。")
    if len(codes) > MOST_PLOTS:
        raise UsageError(f"一次最多测算 {MOST_PLOTS} 宗，这里有 {len(codes):,} 宗。请分几次。")
    return codes


def read_plan(workspace: Workspace, words: Mapping[str, str], state: AsOf) -> Plan:
    """Return the plan that some words describe.

    Parameters
    ----------
    workspace : Workspace
    words : mapping of str
        PARAMETERS but plots; empty is not given.
    state : AsOf
        Whose rule book says what a mode may do.

    Raises
    ------
    UsageError
        No such mode, a number that is none or out of bounds, or an input that does not fit the mode.
    """
    mode = words.get("mode", "").strip().upper()
    modes = mode_words(workspace)
    if mode not in modes:
        known = "、".join(f"{code}（{zh}）" for code, zh in modes.items())
        raise UsageError(f"改造方式“{mode[:40]}”不认识；可用：{known}。")
    demolish, buildings = _demolition(words.get("demolish", ""))
    plan = Plan(
        mode=mode,
        far=_number(words, "far", "目标容积率", highest=HIGHEST_FAR),
        height_limit_m=_number(words, "height", "限高（米）", highest=HIGHEST_M),
        coefficient=_share(words, "coefficient", "建筑系数（%）", lowest_above=0.0),
        support_share=_share(words, "support", "配套建筑面积占比（%）"),
        support_land_share=_share(words, "support_land", "配套用地占比（%）"),
        storey_height_m=_number(words, "storey_height", "层高（米）", highest=100.0),
        demolish=demolish,
        buildings=buildings,
    )
    _check_fit(workspace.policy_at(state.revision), plan, modes[mode], state.day)
    return plan


def plan_query(plots: Sequence[str], plan: Plan) -> dict[str, str]:
    """Return the parameters of the address that asks the same again."""
    values = {
        "plots": ",".join(plots),
        "mode": plan.mode,
        "far": _text(plan.far),
        "height": _text(plan.height_limit_m),
        "coefficient": _percent_text(plan.coefficient),
        "support": _percent_text(plan.support_share),
        "support_land": _percent_text(plan.support_land_share),
        "storey_height": _text(plan.storey_height_m),
        "demolish": plan.demolish or ",".join(plan.buildings),
    }
    return {name: value for name, value in values.items() if value}


def plan_words(plan: Plan, modes: Mapping[str, str]) -> dict[str, str]:
    """Return what was asked, line by line, in Chinese; what was not given is left out."""
    lines = {
        "改造方式": f"{plan.mode} {modes[plan.mode]}",
        "目标容积率": _text(plan.far),
        "限高": _with_unit(plan.height_limit_m, " 米"),
        "建筑系数": _with_unit(plan.coefficient and plan.coefficient * _PERCENT, "%"),
        "配套建筑面积占比": _with_unit(_in_percent(plan.support_share), "%"),
        "配套用地占比": _with_unit(_in_percent(plan.support_land_share), "%"),
        "新建层高": _with_unit(plan.storey_height_m, " 米"),
        "现有建筑": f"拆除 {'、'.join(plan.buildings)}"
        if plan.buildings
        else DEMOLISH_WORDS[plan.demolish]
        if plan.demolish
        else "",
    }
    return {name: words for name, words in lines.items() if words}


def _in_percent(share: float | None) -> float | None:
    return None if share is None else share * _PERCENT


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _percent_text(share: float | None) -> str:
    return _text(_in_percent(share))


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_text(value)}{unit}"


def _demolition(text: str) -> tuple[str, tuple[str, ...]]:
    word = text.strip()
    if word in DEMOLISH_WORDS:
        return word, ()
    return "", tuple(dict.fromkeys(code for code in (part.strip() for part in word.split(",")) if code))


def _number(words: Mapping[str, str], name: str, zh: str, *, highest: float) -> float | None:
    """Return a number above zero; None where the word is empty."""
    text = words.get(name, "").strip()
    if not text:
        return None
    value = _float(text)
    if not 0 < value <= highest:
        raise UsageError(f"{zh}“{text[:40]}”不正确，应为大于 0、不超过 {highest:g} 的数。")
    return value


def _share(
    words: Mapping[str, str], name: str, zh: str, *, lowest_above: float | None = None
) -> float | None:
    text = words.get(name, "").strip()
    if not text:
        return None
    value = _float(text)
    is_low = value < 0 if lowest_above is None else value <= lowest_above
    if math.isnan(value) or is_low or value > _PERCENT:
        least = "大于 0、不超过" if lowest_above is not None else " 0 到"
        raise UsageError(f"{zh}“{text[:40]}”不正确，应为{least} 100 的百分数，如 40。")
    return value / _PERCENT


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _check_fit(policy: Policy, plan: Plan, mode_zh: str, day: date) -> None:
    """Refuse what the mode has no use for, and what it cannot do without."""
    can_build = plan.mode in policy.value("whatif_building_modes", day)
    is_clearing = plan.mode in policy.value("whatif_clearing_modes", day)
    if plan.far is not None and not can_build:
        after = "改造后地块上没有建筑" if is_clearing else "不新建、不加建"
        raise UsageError(
            f"“{mode_zh}”{after}，不能给目标容积率。要测算建设，请选拆除重建（M01）或加层扩建（M02）。"
        )
    if plan.far is None and plan.mode in policy.value("whatif_far_required_modes", day):
        raise UsageError(f"“{mode_zh}”要给出目标容积率，如 2.0。")
    if is_clearing and (plan.demolish == "none" or plan.buildings):
        raise UsageError(f"“{mode_zh}”后地块上没有建筑，不能保留现有建筑。")
    if plan.mode in policy.value("whatif_demolishing_modes", day) and plan.demolish == "none":
        raise UsageError(f"“{mode_zh}”不能一栋不拆；要保留现有建筑，请选加层扩建（M02）。")
    if plan.demolish == "all" and plan.far is None and not is_clearing:
        raise UsageError(
            f"“{mode_zh}”全部拆除而没有目标容积率，等于净地。请给出目标容积率，或选政府收储（M04）。"
        )
