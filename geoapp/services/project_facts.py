"""What is computed about each project: its public phase, light, what is due next, how long it has been silent."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoapp.analysis.months import days_since
from geoapp.analysis.project_clock import (
    GREEN,
    GREY,
    RED,
    YELLOW,
    expected_next_on,
    last_news,
    project_clock,
    stage_days,
)
from geoapp.domain.filter_fields import FieldInfo, computed_field
from geoapp.domain.layer import Code
from geoapp.domain.listed import LIGHTS
from geoapp.domain.project import LAST, PHASES, STOPPED, STOPPED_PHASE, STOPPED_ZH
from geoapp.services.as_of import AsOf
from geoapp.services.project_stages import (
    NOTES,
    PROJECTS,
    REGISTERS,
    all_stage_dates,
    stage_rules,
)
from geoapp.services.workspace import Workspace

LIGHT_CODES = (
    Code(value=GREEN, zh=LIGHTS[GREEN], color="#1b7f4d"),
    Code(value=YELLOW, zh=LIGHTS[YELLOW], color="#f0c000", pattern="dots"),
    Code(value=RED, zh=LIGHTS[RED], color="#b3261e", pattern="diagonal"),
    Code(value=GREY, zh=LIGHTS[GREY], color="#b8c0c8", pattern="cross"),
)
"""How lights look on the map."""
PHASE_CODES = (
    *(
        Code(value=code, zh=zh, color=color)
        for (code, zh), color in zip(
            PHASES.items(), ("#fee391", "#a9d39a", "#5fb3bf", "#2f7eb5", "#22407f"), strict=True
        )
    ),
    Code(value=STOPPED_PHASE, zh=STOPPED_ZH, color="#ffffff", pattern="cross"),
)
STYLES: Mapping[str, tuple[str, tuple[Code, ...]]] = {
    "light": ("项目进度灯", LIGHT_CODES), "phase": ("公开环节", PHASE_CODES),
}  # fmt: skip
"""Ways of colouring projects besides their stage: words and classes by field."""


def project_facts(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return what is computed about every project as of a day.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf

    Returns
    -------
    DataFrame in the order of store.read("projects", revision=state.revision), shared: never change it
        phase, light, due_stage (text, missing where unknown), due_on, last_news_on, expected_on (datetime), days_late,
        silent_days (float, days), is_stalled (boolean, missing where there is no news at all)
    """
    key = ("project_facts", *facts_version(workspace, state))
    return workspace.cache.get(key, lambda: _facts(workspace, state))


def facts_version(workspace: Workspace, state: AsOf) -> tuple:
    """Return what the facts depend on: equal versions are equal facts."""
    return (*workspace.register_revisions(REGISTERS, state.revision), state.day)


def _facts(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    policy, read = workspace.policy_at(state.revision), workspace.store.read
    projects = read(PROJECTS, revision=state.revision)
    dates, rules = all_stage_dates(workspace, state.revision), stage_rules(workspace, state)
    facts = project_clock(
        projects, dates, day=state.day,
        due_soon_days=float(policy.value("project_due_soon_days", state.day)),
        red_days=float(policy.value("project_red_days", state.day)),
    )  # fmt: skip
    news = last_news(projects, dates, read(NOTES, revision=state.revision), state.day)
    silent = days_since(news, state.day)
    is_running = ~projects["stage"].isin([STOPPED, LAST])
    limit = float(policy.value("project_stalled_days", state.day))
    is_stalled = (is_running & (silent > limit)).astype("boolean").mask(silent.isna() & is_running)
    usual = usual_days(workspace, state)["median_days"]
    medians = {str(stage): float(days) for stage, days in usual.items()}
    phases = [rules.phase(stage) or None for stage in projects["stage"].astype("object")]
    return facts.assign(
        phase=pd.Series(phases, index=projects.index, dtype="str"),
        last_news_on=news,
        silent_days=silent,
        is_stalled=is_stalled,
        expected_on=expected_next_on(projects, dates, medians).where(is_running),
    )


def usual_days(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return how many days projects stay in each stage: see `stage_days`; shared by all who ask."""

    def count() -> pd.DataFrame:
        least = workspace.policy_at(state.revision).value("project_expected_least_count", state.day)
        return stage_days(all_stage_dates(workspace, state.revision), least_count=float(least))

    return workspace.cache.get(("usual_days", *facts_version(workspace, state)), count)


def project_fields(workspace: Workspace) -> dict[str, FieldInfo]:
    """Return the computed fields of projects by name, to filter by, to show and to colour by."""
    stages = workspace.layer(PROJECTS).field("stage").code_labels
    words = {name: {code.value: code.zh for code in codes} for name, (_, codes) in STYLES.items()}
    infos = (
        _field(
            "phase",
            "公开环节",
            "string",
            codes=words["phase"],
            description="五个环节，各阶段归哪个环节见规则库",
        ),
        _field("light", "进度灯", "string", codes=words["light"], description="按最早未完成的计划日期"),
        _field("due_stage", "下一个计划节点", "string", codes=stages),
        _field("due_on", "下一个计划日期", "date"),
        _field("days_late", "逾期天数", "number", unit="天", description="负数是还有几天到期"),
        _field("last_news_on", "最近进展日期", "date"),
        _field("silent_days", "无进展天数", "number", unit="天"),
        _field("is_stalled", "停滞", "boolean", description="超过规则库的天数没有新进展"),
        _field("expected_on", "按一般用时完成下一阶段", "date"),
    )
    return {info.name: info for info in infos}


def _field(name: str, zh: str, dtype: str, *, unit: str = "", **more: Any) -> FieldInfo:
    decimals = 0 if dtype == "number" else None
    return computed_field(name, zh, dtype, unit, is_default=True, decimals=decimals, **more)


def project_rows(workspace: Workspace, state: AsOf, mask: np.ndarray | None = None) -> pd.DataFrame:
    """Return projects with their own fields and what is computed, indexed by code, in the order of codes."""
    projects = pd.DataFrame(workspace.store.read(PROJECTS, revision=state.revision))
    facts = project_facts(workspace, state)
    both = projects.assign(**{str(name): facts[name] for name in facts})
    chosen = both if mask is None else both[mask]
    return chosen.set_index("project_code", drop=False).sort_index(kind="stable")
