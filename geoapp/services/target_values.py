"""What an indicator's actual was on any day: of the registers, else as entered, with the reason where neither knows."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from geoapp.analysis.targets import Figure, figure, members_frame, scope_mask
from geoapp.domain.target_ledger import ENTERED_HOW, REGISTER_HOW, Point, Scope
from geoapp.domain.target_set import DISTRICT, ENTERED, PARK, TOWN, WHOLE_DISTRICT, Indicator
from geoapp.domain.target_unit import TARGET_UNITS
from geoapp.errors import InputError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.group_figures import told_total
from geoapp.services.target_actuals import ACTUALS
from geoapp.services.target_members import Actual, Members
from geoapp.services.workspace import Workspace

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Sources:
    """The registers as of a state, and what was read from them for one answer: 17 towns and parks ask for the same."""

    workspace: Workspace
    state: AsOf
    made: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under *key*, or make it."""
        if key not in self.made:
            self.made[key] = make()
        found: Made = self.made[key]
        return found


class Actuals:
    """The actuals of one indicator as of a state, on any day and in any scope."""

    def __init__(self, sources: Sources, indicator: Indicator) -> None:
        self._sources, self._indicator = sources, indicator
        self._workspace, self._state = sources.workspace, sources.state
        self._valid_days = int(
            self._workspace.policy_at(self._state.revision).value("target_entry_valid_days", self._state.day)
        )
        self.source: Actual | None = None if indicator.actual == ENTERED else ACTUALS[indicator.actual]

    @property
    def day(self) -> date:
        """The day of the state."""
        return self._state.day

    @property
    def revision(self) -> int:
        """The revision of the state."""
        return self._state.revision

    def entered(self) -> Members:
        """Return what was entered for the indicator, in base units; what cannot be converted has a reason."""
        return self._sources.once(("entered", self._indicator), self._read_entered)

    def members(self, day: date) -> Members:
        """Return the records of the registers behind the figure of a day; none where it is only entered."""
        if self.source is None:
            return Members(members_frame({}, 0))
        source, indicator = self.source, self._indicator
        state = self._state_of(source, day)
        if state is None:
            day_zh = day.isoformat()
            words = f"小微企业园台账没有日期（不登记认定、投运日），只能按历次修订看；{day_zh} 还没有数据"
            return Members(members_frame({}, 0), words)
        own = day if source.history == "years" else state.day
        key = ("members", indicator, state.revision, own)
        return self._sources.once(key, lambda: self._measure(source, state, own))

    def _state_of(self, source: Actual, day: date) -> AsOf | None:
        if source.history != "revisions" or day >= self._state.day:
            return self._state
        then = self._sources.once(("as_of", day), lambda: as_of(self._workspace, day.isoformat()))
        return AsOf(then.revision, self._state.day, is_now=False) if then.revision else None

    def _measure(self, source: Actual, state: AsOf, day: date) -> Members:
        try:
            return source.measure(self._workspace, state, day, self._indicator)
        except (
            InputError
        ) as error:  # a filter over a field that this installation does not have, a ledger unknown
            return Members(members_frame({}, 0), str(error).removesuffix("。"))

    def at(self, day: date, scope: Scope) -> Point:
        """Return the figure of a day: of the registers where they know it, else as entered.

        Where the registers know a figure that may not be told, none is: an entered one in its place would be another.
        """
        return self._sources.once(("point", self._indicator, day, scope), lambda: self._at(day, scope))

    def _at(self, day: date, scope: Scope) -> Point:
        measured = self._measured(day, scope)
        if measured.value is not None or measured.reason == HIDDEN:
            return measured
        entered = self._entered_at(day, scope)
        if entered.value is not None:
            return entered
        return measured if self.source else entered

    def _measured(self, day: date, scope: Scope) -> Point:
        source = self.source
        if source is None:
            return Point(day, None)
        members = self.members(day)
        if members.missing:
            return Point(day, None, reason=members.missing)
        rows = scope_mask(members.frame, scope.kind, scope.code)
        if self._is_hidden(source, members.frame[rows], day):
            return self._told(source, members.frame, day, scope) or Point(day, None, reason=HIDDEN)
        until = day if source.history == "records" else None
        found = figure(members.frame, source.how, until, where=rows)
        late = self._too_old(source, found, day)
        if found.value is None or late:
            return Point(day, None, reason=late or _NOTHING_KNOWN, unknown_count=found.unknown_count)
        basis = day if source.history == "revisions" else found.on
        return Point(day, found.value, REGISTER_HOW, basis, "", found.member_count, found.unknown_count)

    def _told(self, source: Actual, members: pd.DataFrame, day: date, scope: Scope) -> Point | None:
        """Return the district's figure of today where the statistics page tells it too: the sum of a large group."""
        if source.group_sum is None or scope.text or self._indicator.plots or day != self._state.day:
            return None
        value = told_total(self._workspace, *source.group_sum, self._state)
        last = members["on"].max()
        basis = None if pd.isna(last) else last.date()
        return None if value is None else Point(day, value, REGISTER_HOW, basis)

    def _is_hidden(self, source: Actual, members: pd.DataFrame, day: date) -> bool:
        """Return whether a figure of the year rests on amounts that may not be told; reporters see their own town's."""
        sight = self._workspace.sight
        hidden = sight.hidden(self._workspace.layer("performance"))
        is_of_hidden = source.hides_amount or (
            source.id == "value_added_per_mu" and "value_added_wan" in hidden
        )
        if not is_of_hidden or sight.is_full:
            return False
        foreign = members[(members["town_code"] != sight.town_code).fillna(value=True).to_numpy(bool)]
        years = foreign["on"].dropna().dt.year
        return bool(len(years)) and (day >= self._state.day or int(years.max()) == day.year)

    def _too_old(self, source: Actual, found: Figure, day: date) -> str:
        """Return why a past year's figure is not that year's: the register has only earlier ones."""
        is_past_year = source.history == "years" and day < self._state.day
        if not is_past_year or found.on is None or found.on.year == day.year:
            return ""
        return f"亩均评价台账没有 {day.year} 年的记录（最近的是 {found.on.year} 年）"

    def _entered_at(self, day: date, scope: Scope) -> Point:
        entered = self.entered().frame
        rows = scope_mask(entered, scope.kind, scope.code)
        found = figure(entered, "latest", day, valid_days=self._valid_days, where=rows)
        if found.value is not None:
            return Point(day, found.value, ENTERED_HOW, found.on, "", 1)
        earlier = figure(entered, "latest", day, where=rows)
        if earlier.on is None:
            return Point(day, None, reason=f"没有到 {day.isoformat()} 为止的填报数")
        words = f"最近一次填报截至 {earlier.on.isoformat()}，早于 {day.isoformat()} {self._valid_days} 天以上"
        return Point(day, None, reason=words)

    def _read_entered(self) -> Members:
        values = self._workspace.store.read("indicator_values", revision=self._state.revision)
        values = values[values["indicator"] == self._indicator.id]
        factor = values["unit"].map(self._base_per_unit()).astype("float64")
        columns = {
            "register": "indicator_values",
            "key": _keys(values),
            "name": values["period"],
            "document_no": values["document_no"],
            "scope_kind": values["scope_kind"],
            # Whatever the district is called in a file, there is only one.
            "scope_code": values["scope_code"].where(values["scope_kind"] != DISTRICT, WHOLE_DISTRICT),
            "on": values["as_of_on"],
            "amount": values["value"] * factor,
            "reason": self._reasons(values, factor),
            "note": values["origin"],
        }
        frame = members_frame(columns, len(values)).sort_values("on", kind="stable", ignore_index=True)
        return Members(frame)

    def _base_per_unit(self) -> dict[str, float]:
        """Return the units in which a value of the indicator may be entered."""
        quantity = TARGET_UNITS[self._indicator.unit].quantity
        return {name: unit.base_per_unit for name, unit in TARGET_UNITS.items() if unit.quantity == quantity}

    def _reasons(self, values: pd.DataFrame, factor: pd.Series) -> pd.Series:
        """Return why entered values do not count: a unit of something else, a town or park there is not."""
        labels = self._workspace.layer("indicator_values").field("unit").code_labels
        own = TARGET_UNITS[self._indicator.unit].zh
        wrong = values["unit"].map(labels).fillna("空").map(f"单位“{{}}”不能换算成“{own}”".format)
        reasons = wrong.where(factor.isna(), "").astype(object)
        for kind, register in SCOPE_REGISTERS.items():
            layer = self._workspace.layer(register)
            known = self._workspace.store.read(register, revision=self._state.revision)[layer.key[0]]
            is_lost = (values["scope_kind"] == kind) & ~values["scope_code"].isin(known)
            reasons = reasons.where(~is_lost | (reasons != ""), f"没有这个{layer.zh}")
        return reasons


HIDDEN = "由不公开的税收算出，按现有的查看权限不列"
"""Why a figure is not told that the registers know."""
SCOPE_REGISTERS = {TOWN: "towns", PARK: "parks"}
_NOTHING_KNOWN = "台账里没有这一范围的记录，或缺少计算所需的数"


def _keys(values: pd.DataFrame) -> list[str]:
    """Return the records' keys as they stand in addresses."""
    days = values["as_of_on"].dt.strftime("%Y-%m-%d")
    parts = zip(values["indicator"], values["scope_kind"], values["scope_code"], days, strict=True)
    return ["/".join(map(str, part)) for part in parts]
