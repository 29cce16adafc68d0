"""What is printed beside the supervision report: how its figures are made, and why a unit has no task."""

from collections.abc import Sequence
from datetime import date

from geoapp.domain.reporting_period import Period
from geoapp.domain.supervision import FIRMS, FLOOR, LAND, WarningRule
from geoapp.domain.target_set import Indicator, Milestone, TargetSet
from geoapp.services.as_of import AsOf
from geoapp.services.supervision_places import WAY_NOTES
from geoapp.services.workspace import Workspace
from geoapp.units import limit_text

PART_WORDS = {LAND: "盘活低效用地", FIRMS: "整治企业", FLOOR: "新增建筑面积"}


def no_task_reason(
    indicator: Indicator, targets: Sequence[Milestone], base_on: date, year: int, *, is_divided: bool
) -> str:
    """Return why a unit has no target of a year, in Chinese; empty where it has.

    Parameters
    ----------
    indicator : Indicator
    targets : sequence of Milestone
        The unit's.
    base_on : date
        From which the plan counts.
    year : int
    is_divided : bool
        Whether the unit has targets of its own.
    """
    if not is_divided:
        return "没有分解年度目标"
    if indicator.is_shared:
        return "上级的总量目标，没有分解到本区"
    last = targets[-1].day
    if date(year - 1, 12, 31) >= last:
        return f"目标到{last.year}年为止"
    return f"方案从 {base_on.isoformat()} 起算，之前没有目标" if date(year - 1, 12, 31) < base_on else ""


def table_notes(
    workspace: Workspace,
    state: AsOf,
    target_set: TargetSet,
    by: str,
    period: Period,
    membership: str,
    rule: WarningRule,
) -> tuple[str, ...]:
    """Return how the table is made, one sentence each."""
    stages = workspace.policy_at(state.revision).value("supervision_project_stages", state.day)
    words = workspace.layer("projects").field("stage").code_labels
    start, complete = (words.get(stages[name], stages[name]) for name in ("start", "complete"))
    documents = dict.fromkeys(
        f"{part.document}{'（示意数据，虚构）' if part.is_demo else ''}"
        for part in target_set.scope_targets
        if part.kind == by and part.document
    )
    return (
        f"年度目标为分解到各单位的累计目标在{period.year}年的增量；本期为{period.zh}，累计自{period.year}年1月1日起；"
        "完成率为累计占年度目标。",
        f"按完成率排名，并列的名次相同；“较上期”为名次与{period.before.zh}相比，↑为上升。没有年度目标的不排名。",
        f"预警：后{rule.bottom_count}名或完成率低于时间进度的 {limit_text(rule.red_share)} 为红，"
        f"不到时间进度的 {limit_text(rule.yellow_share)} 为黄，其余为绿；"
        f"参加排名的不多于{rule.bottom_count}个时不按名次。",
        f"开工率、竣工率：项目台账登记在该单位的项目中到达“{start}”“{complete}”的占比，"
        "不含终止的和改造方式不经过该阶段的。",
        f"归属：{WAY_NOTES[membership]}；项目按项目台账登记的单位。",
        f"目标：{target_set.zh}（{target_set.document}）"
        f"{'；分解依据：' + '、'.join(documents) if documents else ''}。",
    )


def undivided_note(parts: Sequence[str], by_zh: str) -> tuple[str, ...]:
    """Return in a sentence of what nobody has a target in the year; none where there is nothing to say."""
    words = "、".join(PART_WORDS[part] for part in parts)
    return (f"{words}没有分解到{by_zh}的年度目标，只列完成数。",) if parts else ()
