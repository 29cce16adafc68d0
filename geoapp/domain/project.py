"""A redevelopment project's life cycle: stages P00 to P12, or stopped (PX), and the steps from one to the next."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from geoapp.errors import InputError

STAGES = tuple(f"P{number:02d}" for number in range(13))
"""In order: 摸排, 意向, 备案, 用地, 规划许可, 施工许可, 开工, 结顶, 竣工, 登记, 投产, 达产, 销号."""
FIRST, FILED, LAST = STAGES[0], STAGES[2], STAGES[-1]
STOPPED = "PX"
PHASES = {
    "land": "招引落地", "build": "建设实施", "accept": "竣工验收", "produce": "投产达产", "supervise": "履约监管",
}  # fmt: skip
"""The public phases in their order, by code."""
DOCUMENT = "document_no"
"""Field of a stage's record."""
STOPPED_PHASE = "stopped"
STOPPED_ZH = "终止/暂停"
NATIONAL_CODE = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}", re.ASCII)
"""The shape of a 项目代码 such as 2206-330205-07-02-123456."""
_RANKS = {STOPPED: 0} | {stage: rank for rank, stage in enumerate(STAGES, start=1)}
"""A stage that is none of them stands before all: what the register holds must not keep its page from opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRules:
    """The life cycle as one day's rule book has it."""

    phases: Mapping[str, str]
    """Phase code by stage."""
    evidence: Mapping[str, Sequence[str]]
    """By stage the fields of its record that must be filled."""
    left_out: Mapping[str, Sequence[str]]
    """By mode (M01 to M11) the stages that its projects do not go through."""

    def course(self, mode: str | None) -> tuple[str, ...]:
        """Return the stages that a project of a mode goes through, in order; all where the mode is not known."""
        left_out = self.left_out.get(mode or "", ())
        return tuple(stage for stage in STAGES if stage not in left_out)

    def phase(self, stage: str | None) -> str:
        """Return the code of a stage's public phase; empty where the stage is not known."""
        return STOPPED_PHASE if stage == STOPPED else self.phases.get(stage or "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of one project: when it was planned and done, and its papers."""

    code: str
    planned_on: date | None = None
    actual_on: date | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What is filled in, by field: document_no, gfa_m2, far, result, reason and others; None where missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What `advance` made of a step."""

    stage: str
    """Where the project is afterwards."""
    record: Stage
    """To be stored."""
    is_correction: bool
    """The stage had been done before: only its record changes."""


@dataclass(frozen=True, slots=True)
class StageWords:
    """What stages, fields and modes are called in refusals."""

    stages: Mapping[str, str]
    fields: Mapping[str, str]
    modes: Mapping[str, str]
    documents: Mapping[str, str] = field(default_factory=dict)
    """What the document of a stage is called, where it has a name of its own."""

    def field_of(self, stage: str, name: str) -> str:
        """Return what a field of a stage's record is called: its document by the name it has there."""
        own = self.documents.get(stage) if name == DOCUMENT else None
        return own or self.fields.get(name, name)

    def quoted(self, stages: Sequence[str]) -> str:
        """Return stages in words: “立项备案”、“用地手续”."""
        return "、".join(f"“{self.stages.get(stage, stage)}”" for stage in stages)


def advance(
    present: str | None,
    stages: Mapping[str, Stage],
    step: Stage,
    *,
    mode: str | None,
    rules: StageRules,
    words: StageWords,
    today: date,
) -> Step:
    """Return what a step makes of a project, or refuse it saying everything that is wrong.

    A step leads to the next stage of the mode's course, to PX (stop), from PX back to where the project stood or to
    the stage after that, or names a stage already done, whose record it corrects (then with a reason).

    Parameters
    ----------
    present : str or None
        The project's stage; None where it has none yet.
    stages : mapping by stage
        What is recorded of the project's stages.
    step : Stage
        Where to, the actual day, and the papers. Its planned day, where missing, is the recorded one.
    mode : str or None
        M01 to M11.
    rules : StageRules
    words : StageWords
        For the refusals.
    today : date

    Raises
    ------
    InputError
        A stage is skipped, left out or repeated, dates are reversed or still to come, or papers are missing.
    """
    course = rules.course(mode)
    if step.code not in (*STAGES, STOPPED):
        raise InputError("没有选要进入的阶段。请从列表里选一个，再提交。")
    is_correction = present != STOPPED and _is_done(step.code, present, stages)
    complaints = [
        *_order_complaints(present, stages, step, course, words, mode, is_correction=is_correction),
        *_date_complaints(stages, step, words, today, is_resumed=_is_resumed(present, stages, step)),
        *_evidence_complaints(step, rules, words, is_correction=is_correction),
    ]
    if complaints:
        name = words.stages.get(step.code, step.code)
        raise InputError(f"进入“{name}”没有登记：{''.join(complaints)}请改好再提交。")
    return Step(
        stage=(present or step.code) if is_correction else step.code,
        record=_record(present, stages, step),
        is_correction=is_correction,
    )


def next_stages(present: str | None, stages: Mapping[str, Stage], course: Sequence[str]) -> list[str]:
    """Return the stages that a step may lead to, the usual one first.

    Examples
    --------
    >>> next_stages("P02", {}, ("P00", "P01", "P02", "P04")), next_stages("P12", {}, STAGES)
    (['P04', 'PX'], [])
    >>> next_stages("PX", {"P02": Stage(code="P02", actual_on=date(2026, 1, 5))}, STAGES)
    ['P02', 'P03']
    """
    if present is None:
        return [FIRST]
    if present == STOPPED:
        stood = standing(stages)
        return [stood, *_following(stood, course)[:1]]
    return [] if present == LAST else [*_following(present, course)[:1], STOPPED]


def stage_before(
    present: str, earlier: Sequence[str | None], course: Sequence[str], *, is_stop_recorded: bool = False
) -> str | None:
    """Return where a project stood before the stage it is in; None before the first.

    Parameters
    ----------
    present : str
    earlier : sequence of str or None
        Its stages in the versions of its record, newest first.
    course : sequence of str
        Where none of them is before *present*: then the stage before it in here.
    is_stop_recorded : bool
        Whether its stop still stands in the register of stages: a project resumed from there goes back to it.

    Examples
    --------
    >>> stage_before("P06", ["P06", "P08", "P04", "P03"], STAGES), stage_before("P06", ["P06"], STAGES)
    ('P04', 'P05')
    >>> stage_before("PX", ["PX", "P03"], STAGES), stage_before("P00", [None], STAGES)
    ('P03', None)
    >>> stage_before("P07", ["P07", "PX", "P07", "P06"], STAGES, is_stop_recorded=True)
    'PX'
    """
    if is_stop_recorded and next((stage for stage in earlier if stage != present), None) == STOPPED:
        return STOPPED
    known = [stage for stage in earlier if stage in STAGES]
    if present == STOPPED:
        return known[0] if known else None
    before = [stage for stage in course if _RANKS[stage] < _RANKS.get(present, 0)]
    return next(
        (stage for stage in known if _RANKS[stage] < _RANKS.get(present, 0)), before[-1] if before else None
    )


def standing(stages: Mapping[str, Stage]) -> str:
    """Return the furthest stage that was done, P00 where none was: where a stopped project stood."""
    done = [stage for stage in STAGES if stage in stages and stages[stage].actual_on is not None]
    return done[-1] if done else FIRST


def _following(stage: str, course: Sequence[str]) -> list[str]:
    return [other for other in course if _RANKS[other] > _RANKS.get(stage, 0)]


def _is_done(code: str, present: str | None, stages: Mapping[str, Stage]) -> bool:
    """Return whether the stage is behind the project, or is where it stands with its day recorded."""
    if present is None or code == STOPPED:
        return False
    is_recorded = code in stages and stages[code].actual_on is not None
    return _RANKS[code] < _RANKS.get(present, 0) or (code == present and is_recorded)


def _is_resumed(present: str | None, stages: Mapping[str, Stage], step: Stage) -> bool:
    return present == STOPPED and step.code == standing(stages)


def _record(present: str | None, stages: Mapping[str, Stage], step: Stage) -> Stage:
    """Return what to store of the step's stage: a resumed one keeps its own day and papers."""
    known = stages.get(step.code, Stage(code=step.code))
    if _is_resumed(present, stages, step) and known.actual_on is not None:
        return known
    given = {name: value for name, value in step.evidence.items() if value is not None}
    return Stage(
        code=step.code,
        planned_on=step.planned_on or known.planned_on,
        actual_on=step.actual_on,
        evidence={**known.evidence, **given},
    )


def _order_complaints(
    present: str | None,
    stages: Mapping[str, Stage],
    step: Stage,
    course: Sequence[str],
    words: StageWords,
    mode: str | None,
    *,
    is_correction: bool,
) -> list[str]:
    if step.code != STOPPED and step.code not in course:
        name = words.modes.get(mode or "", mode or "")
        return [f"改造方式“{name}”不经过{words.quoted([step.code])}。"]
    allowed = next_stages(present, stages, course)
    if is_correction or step.code in allowed or (step.code == present and present != STOPPED):
        return []
    where = words.stages.get(present or "", "还没有阶段")
    if not allowed:
        return [f"项目已在{words.quoted([LAST])}，后面没有阶段了。"]
    skipped = [
        stage for stage in _following(_origin(present, stages), course) if _RANKS[stage] < _RANKS[step.code]
    ]
    if skipped:
        return [f"现在是“{where}”，不能跳过{words.quoted(skipped)}；请先登记{words.quoted(skipped[:1])}。"]
    return [f"现在是“{where}”，只能到{words.quoted(allowed)}。"]


def _origin(present: str | None, stages: Mapping[str, Stage]) -> str:
    """Return the stage from which a step goes on; before the first it is the stop, which ranks below all."""
    return standing(stages) if present == STOPPED else present or STOPPED


def _date_complaints(
    stages: Mapping[str, Stage], step: Stage, words: StageWords, today: date, *, is_resumed: bool
) -> list[str]:
    """Return what is wrong with the actual day: missing, to come, before an earlier stage or after a later one."""
    on = step.actual_on
    if on is None:
        return ["没有填实际日期。"]
    if on > today:
        return [f"日期 {on.isoformat()} 还没有到。"]
    earlier, later = _neighbours(stages, step.code, is_last=is_resumed or step.code == STOPPED)
    found = []
    if earlier and on < earlier[0]:
        found.append(f"日期 {on.isoformat()} 早于{words.quoted([earlier[1]])}的 {earlier[0].isoformat()}。")
    if later and on > later[0]:
        found.append(f"日期 {on.isoformat()} 晚于{words.quoted([later[1]])}的 {later[0].isoformat()}。")
    return found


_Dated = tuple[date, str]


def _neighbours(
    stages: Mapping[str, Stage], code: str, *, is_last: bool
) -> tuple[_Dated | None, _Dated | None]:
    """Return the latest day done before a stage, and the earliest done after it; all are before one that is last."""
    done = [
        (stage.actual_on, other)
        for other, stage in stages.items()
        if stage.actual_on is not None and other != code and (is_last or other != STOPPED)
    ]
    before = [dated for dated in done if is_last or _RANKS[dated[1]] < _RANKS[code]]
    after = [dated for dated in done if dated not in before]
    return max(before, default=None), min(after, default=None)


def _evidence_complaints(
    step: Stage, rules: StageRules, words: StageWords, *, is_correction: bool
) -> list[str]:
    wanted = [*rules.evidence.get(step.code, ()), *(["reason"] if is_correction else [])]
    missing = [name for name in dict.fromkeys(wanted) if not _is_filled(step.evidence.get(name))]
    wanting = "、".join(words.field_of(step.code, name) for name in missing)
    found = [f"要有{wanting}。"] if missing else []
    code = step.evidence.get(DOCUMENT)
    if step.code == FILED and code and not NATIONAL_CODE.fullmatch(str(code)):
        found.append(f"项目代码“{str(code)[:40]}”的样子不对，应如 2206-330205-07-02-123456。")
    return found


def _is_filled(value: Any) -> bool:
    return value is not None and str(value).strip() != ""


def plan_complaints(stages: Mapping[str, Stage], course: Sequence[str], words: StageWords) -> list[str]:
    """Return in Chinese where the planned days of a course contradict one another."""
    planned = [(stage, stages[stage].planned_on) for stage in course if stage in stages]
    found, before = [], ("", date.min)
    for stage, day in planned:
        if day is None:
            continue
        if day < before[1]:
            earlier = f"{words.quoted([before[0]])}计划 {before[1].isoformat()}"
            found.append(f"{words.quoted([stage])}计划 {day.isoformat()} 早于{earlier}。")
        else:
            before = (stage, day)
    return found


def furthest_stage(stages: pd.Series, plot_code: pd.Series) -> pd.Series:
    """Return for each plot the stage of its most advanced running project; a stopped one only if there is no other.

    Parameters
    ----------
    stages, plot_code : Series on the same index
        A project's stage and a plot it takes in. Rows without a stage are left out.

    Returns
    -------
    Series of stage by plot_code

    Examples
    --------
    >>> stages, plots = pd.Series(["P03", "PX", "P06", "PX"]), pd.Series(["A", "A", "A", "B"])
    >>> furthest_stage(stages, plots).to_dict()
    {'A': 'P06', 'B': 'PX'}
    """
    rank = stages.map(_RANKS).dropna()
    furthest = rank.groupby(plot_code.loc[rank.index].to_numpy()).max()
    return furthest.map({rank: stage for stage, rank in _RANKS.items()}).astype("str")
