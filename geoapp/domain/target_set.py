"""Sets of targets as data: `policy/targets/*.toml`, one file per plan, read strictly. An office adds its own file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from geoapp.domain.policy import CERTAINTIES
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import refuse_unknown_keys

ENTERED = "entered"
"""The `actual` of what no register holds: somebody enters it with source and date."""
KINDS = {"total": "累计", "level": "水平", "yearly": "逐年"}
"""total adds up from a start and has a base; level is a state or a ratio; yearly is judged year by year."""
LEVELS = {"district": "区级目标", "municipality": "市级目标"}
DIRECTIONS = {"at_least": "不低于", "at_most": "不高于"}
BASE_RULES = {"register": "含基数（基数取台账）", "plan": "含基数（基数取方案）", "excluded": "不含基数"}
DISTRICT, TOWN, PARK = "district", "town", "park"
WHOLE_DISTRICT = "全区"
"""The code of the scope "district"."""

_ID = re.compile(r"[a-z][a-z0-9_]*")
_SET_KEYS = (
    "id", "zh", "document", "level", "base_on", "order", "note", "indicators", "scope_targets",
)  # fmt: skip
_INDICATOR_KEYS = (
    "id", "zh", "group", "unit", "kind", "actual", "base", "targets", "bodies", "direction", "base_rule", "plots",
    "ledger", "is_shared", "clause", "certainty", "note",
)  # fmt: skip
_TARGET_KEYS = ("day", "value")
_SCOPE_KEYS = ("indicator", "kind", "code", "base", "targets", "bodies")
_DIVISION_KEYS = ("set", "document", "is_demo", "scope_targets")
_Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A value on a day, in the base unit of its quantity."""

    day: date
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One target: what is measured, from where to where, by whom."""

    id: str
    zh: str
    group: str = ""
    unit: str
    kind: str
    actual: str
    """Id of what computes it from the registers, or ENTERED."""
    base: float | None
    """On the set's base day, in the base unit; None where the document has none."""
    targets: tuple[Milestone, ...]
    """By day, in the base unit."""
    bodies: tuple[str, ...] = ()
    direction: str = "at_least"
    base_rule: str = ""
    """One of BASE_RULES; empty follows the rule book."""
    plots: str = ""
    """CQL2-Text: which plots are looked at; empty for all."""
    ledger: str = ""
    """Which ledger's recognitions; empty for the rule book's."""
    is_shared: bool = False
    """The target is of a larger area and not divided: what is done here is a part of it, there is no gap of our own."""
    clause: str = ""
    certainty: str
    note: str = ""

    @property
    def last(self) -> Milestone:
        """The last target."""
        return self.targets[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTarget:
    """What one town or park has to reach of an indicator, where the office has divided it."""

    indicator: str
    kind: str
    code: str
    base: float | None
    targets: tuple[Milestone, ...]
    bodies: tuple[str, ...]
    document: str = field(default="", repr=False)
    """Which paper divided it so; empty where the plan itself did."""
    is_demo: bool = field(default=False, repr=False)
    """Invented, to show how it looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSet:
    """One plan with its indicators."""

    id: str
    zh: str
    document: str
    level: str
    base_on: date
    order: int
    note: str
    indicators: tuple[Indicator, ...]
    scope_targets: tuple[ScopeTarget, ...] = ()

    def indicator(self, indicator_id: str) -> Indicator:
        """Return one indicator; raises NotFoundError with those there are."""
        for indicator in self.indicators:
            if indicator.id == indicator_id:
                return indicator
        known = "、".join(indicator.id for indicator in self.indicators)
        raise NotFoundError(f"“{self.zh}”没有指标“{indicator_id[:60]}”；可用：{known}。")

    def scope_target(self, indicator_id: str, kind: str, code: str) -> ScopeTarget | None:
        """Return what a town or park has to reach of an indicator, None where it is not divided."""
        wanted = (indicator_id, kind, code)
        found = [item for item in self.scope_targets if (item.indicator, item.kind, item.code) == wanted]
        return found[0] if found else None


def parse_target_set(content: _Content, file_name: str, actuals: Mapping[str, str]) -> TargetSet:
    """Return the set that one TOML file defines.

    Parameters
    ----------
    content : mapping
        The file as read. Values stand in the indicator's unit.
    file_name : str
        Named in every complaint; its stem must be the id.
    actuals : mapping
        Quantity by id of what can be computed from the registers.

    Raises
    ------
    SetupError
        An unknown key, a missing one or a value that does not fit; names file and key.
    """
    refuse_unknown_keys(content, _SET_KEYS, file_name)
    for name in ("id", "zh", "document", "level", "base_on", "indicators"):
        _require(name in content, file_name, name, "缺少")
    _require(content["id"] == file_name.removesuffix(".toml"), file_name, "id", "应与文件名相同")
    _require_one_of(content["level"], LEVELS, file_name, "level")
    base_on = _day(content["base_on"], file_name, "base_on")
    indicators = tuple(_parse_indicator(item, file_name, base_on, actuals) for item in content["indicators"])
    ids = [indicator.id for indicator in indicators]
    for indicator_id in ids:
        _require(ids.count(indicator_id) == 1, file_name, "indicators", f"的编号“{indicator_id}”重复")
    return TargetSet(
        id=content["id"], zh=content["zh"], document=content["document"], level=content["level"], base_on=base_on,
        order=content.get("order", 100), note=content.get("note", ""), indicators=indicators,
        scope_targets=tuple(
            _parse_scope(item, file_name, base_on, indicators) for item in content.get("scope_targets", ())
        ),
    )  # fmt: skip


def with_division(target_set: TargetSet, content: _Content, file_name: str) -> TargetSet:
    """Return a set with what a file of its own says each town and park has to reach: a plan need not be copied for it.

    Parameters
    ----------
    target_set : TargetSet
    content : mapping
        The file as read, which names the set.
    file_name : str
        Named in every complaint.

    Raises
    ------
    SetupError
        An unknown key, a missing one, a value that does not fit, or a target that is there already.
    """
    refuse_unknown_keys(content, _DIVISION_KEYS, file_name)
    for name in ("document", "scope_targets"):
        _require(name in content, file_name, name, "缺少")
    known = {(item.indicator, item.kind, item.code) for item in target_set.scope_targets}
    added = []
    for item in content["scope_targets"]:
        found = _parse_scope(item, file_name, target_set.base_on, target_set.indicators)
        key = (found.indicator, found.kind, found.code)
        _require(
            key not in known, file_name, "scope_targets", f"重复：{found.indicator} {found.code} 已有目标"
        )
        known.add(key)
        is_demo = bool(content.get("is_demo", False))
        added.append(replace(found, document=str(content["document"]), is_demo=is_demo))
    return replace(target_set, scope_targets=(*target_set.scope_targets, *added))


def _parse_indicator(item: _Content, file_name: str, base_on: date, actuals: Mapping[str, str]) -> Indicator:
    where = f"{file_name} 的指标 {item.get('id', '?')}"
    refuse_unknown_keys(item, _INDICATOR_KEYS, where)
    for name in ("id", "zh", "unit", "kind", "actual", "targets", "certainty"):
        _require(name in item, where, name, "缺少")
    _require(bool(_ID.fullmatch(str(item["id"]))), where, "id", "应为小写字母、数字和下划线")
    for name, words in (("unit", TARGET_UNITS), ("kind", KINDS), ("actual", (ENTERED, *actuals))):
        _require_one_of(item[name], words, where, name)
    _require_one_of(item["certainty"], CERTAINTIES, where, "certainty")
    _require_one_of(item.get("direction", "at_least"), DIRECTIONS, where, "direction")
    _require_one_of(item.get("base_rule", ""), ("", *BASE_RULES), where, "base_rule")
    unit = TARGET_UNITS[item["unit"]]
    measured = actuals.get(item["actual"], unit.quantity)
    _require(measured == unit.quantity, where, "unit", f"“{unit.zh}”与实绩“{item['actual']}”不是同一种量")
    plain = {
        name: item[name]
        for name in ("id", "zh", "group", "unit", "kind", "actual", "direction", "base_rule", "plots", "ledger",
                     "is_shared", "clause", "certainty", "note")
        if name in item
    }  # fmt: skip
    return Indicator(
        base=_base(item, where, item["unit"]),
        targets=_targets(item, where, item["unit"], base_on),
        bodies=_texts(item.get("bodies", ()), where, "bodies"),
        **plain,
    )


def _parse_scope(
    item: _Content, file_name: str, base_on: date, indicators: Sequence[Indicator]
) -> ScopeTarget:
    where = f"{file_name} 的 [[scope_targets]] {item.get('indicator', '?')}"
    refuse_unknown_keys(item, _SCOPE_KEYS, where)
    for name in ("indicator", "kind", "code", "targets"):
        _require(name in item, where, name, "缺少")
    units = {indicator.id: indicator.unit for indicator in indicators}
    _require_one_of(item["indicator"], units, where, "indicator")
    _require_one_of(item["kind"], (TOWN, PARK), where, "kind")
    unit = units[item["indicator"]]
    return ScopeTarget(
        indicator=item["indicator"], kind=item["kind"], code=str(item["code"]), base=_base(item, where, unit),
        targets=_targets(item, where, unit, base_on), bodies=_texts(item.get("bodies", ()), where, "bodies"),
    )  # fmt: skip


def _base(item: _Content, where: str, unit: str) -> float | None:
    return TARGET_UNITS[unit].to_base(_number(item["base"], where, "base")) if "base" in item else None


def _targets(item: _Content, where: str, unit: str, base_on: date) -> tuple[Milestone, ...]:
    targets = []
    for target in item["targets"]:
        refuse_unknown_keys(target, _TARGET_KEYS, f"{where} 的 targets")
        for name in _TARGET_KEYS:
            _require(name in target, f"{where} 的 targets", name, "缺少")
        day = _day(target["day"], where, "targets.day")
        value = TARGET_UNITS[unit].to_base(_number(target["value"], where, "targets.value"))
        targets.append(Milestone(day, value))
    _require(bool(targets), where, "targets", "至少要有一个")
    days = [target.day for target in targets]
    _require(days == sorted(set(days)), where, "targets", "的日期应依次递增")
    _require(days[0] > base_on, where, "targets", f"的日期应在基期 {base_on.isoformat()} 之后")
    return tuple(targets)


def _day(value: Any, where: str, key: str) -> date:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    _require(is_day, where, key, "应为日期，如 2025-12-31（不加引号）")
    found: date = value
    return found


def _number(value: Any, where: str, key: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    _require(is_number, where, key, f"的值“{value}”应为数")
    return float(value)


def _texts(value: Any, where: str, key: str) -> tuple[str, ...]:
    is_list = isinstance(value, list | tuple) and all(isinstance(text, str) for text in value)
    _require(is_list, where, key, "应为文字的列表")
    return tuple(value)


def _require_one_of(value: Any, known: Any, where: str, key: str) -> None:
    words = "、".join(name for name in known if name)
    _require(isinstance(value, str) and value in known, where, key, f"的值“{value}”不认识，应为 {words} 之一")


def _require(condition: bool, where: str, key: str, complaint: str) -> None:
    if not condition:
        raise SetupError(f"{where}：键“{key}”{complaint}。")
