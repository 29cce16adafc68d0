"""How what-ifs and portfolios are held against the second path: figures, gains of targets, choices, the next best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geoapp.domain.target_set import TargetSet
from geoapp.verification.added import TARGET_ROW, added_figures
from geoapp.verification.checking import Checked, Difference, check_by_name
from geoapp.verification.figure import Figure
from geoapp.verification.portfolio import (
    broken_limits,
    is_better,
    not_candidates,
    portfolio_figures,
    towns_left_out,
)
from geoapp.verification.published import Published, PublishedFigure
from geoapp.verification.published_scenarios import ALTERNATIVE, LAND
from geoapp.verification.redevelopment import TOTAL, Plan, what_if_figures
from geoapp.verification.source import Source

Figures = Mapping[str, Figure]
_CHOICE = "组合"


def check_what_if(
    checked: Checked, source: Source, published: Published, target_sets: Sequence[TargetSet]
) -> None:
    """Compare a what-if: its plots and their sums, and in data what every target gains."""
    query, unit = dict(published.fingerprint.origin.query), published.fingerprint.unit
    codes, plan = query.get("plots", "").split(","), Plan.from_words(query)
    of_targets: list[PublishedFigure] = []
    of_plots: list[PublishedFigure] = []
    for figure in published.figures:
        (of_targets if figure.row.startswith(TARGET_ROW) else of_plots).append(figure)
    check_by_name(checked, of_plots, what_if_figures(source, codes, plan), unit, LAND)
    if of_targets:
        expected, left_out = added_figures(source, target_sets, codes, plan)
        checked.unverified |= dict.fromkeys(f"目标 {row.removeprefix(TARGET_ROW)}" for row in left_out)
        compared = [figure for figure in of_targets if figure.row not in left_out]
        check_by_name(checked, compared, expected, "m2")


@dataclass(slots=True)
class PortfolioCheck:
    """One portfolio held against the second path."""

    checked: Checked
    source: Source
    published: Published
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Read what was asked from the address."""
        self.query = dict(self.published.fingerprint.origin.query)

    def run(self) -> None:
        """Compare the plots chosen and their sums, and look whether every choice may be what it is called.

        That no better choice exists is not shown again: the solver proved it, and says how far it may be off.
        """
        members = self.published.members
        others = {row: codes for row, codes in members.items() if row.startswith(ALTERNATIVE)}
        rows = dict.fromkeys(figure.row for figure in self.published.figures)
        codes = [row for row in rows if row != TOTAL and row not in others]
        expected = self._figures(codes)
        if codes:
            self._check_choice(_CHOICE, codes, expected[TOTAL])
        if "missing_towns" in members:
            self._differ_in_words(
                "没有选中项目的镇街", towns_left_out(self.source, codes), members["missing_towns"]
            )
        earlier = {_CHOICE: codes}
        for row, other in others.items():
            expected[row] = self._figures(other)[TOTAL]
            self._check_choice(row, other, expected[row])
            self._check_alternative(row, other, earlier)
            if is_better(self.query.get("objective", ""), _values(expected[row]), _values(expected[TOTAL])):
                self.checked.differences.append(Difference(row, "不优于选中的组合", "更优"))
            earlier[row] = other
        if TOTAL not in rows:
            del expected[TOTAL]
        unit = self.published.fingerprint.unit
        check_by_name(self.checked, self.published.figures, expected, unit, LAND)

    def _figures(self, codes: list[str]) -> dict[str, dict[str, Figure]]:
        mode = (self.query.get("mode") or str(self.source.number("portfolio_mode"))).upper()
        far = self.query.get("far")
        return portfolio_figures(self.source, codes, mode, float(far) if far else None)

    def _check_choice(self, name: str, codes: list[str], totals: Figures) -> None:
        """Note limits that a choice does not keep, and plots that it may not take."""
        self.checked.differences += [
            Difference(f"{name}不满足“{zh}”", wanted, found)
            for zh, wanted, found in broken_limits(_values(totals), self.query)
        ]
        excluded = self.query.get("exclude", "").split(",")
        self._differ_in_words(f"{name}里不是候选的地块", [], not_candidates(self.source, codes))
        self._differ_in_words(f"{name}里指定不选的地块", [], [code for code in codes if code in excluded])
        if self.query.get("towns", "0") not in ("", "0"):
            self._differ_in_words(f"{name}里没有项目的镇街", [], towns_left_out(self.source, codes))

    def _check_alternative(self, row: str, codes: list[str], earlier: Mapping[str, list[str]]) -> None:
        """Note an alternative that leaves out too few plots of a choice before it: all, where it has no more."""
        wanted = int(self.query.get("differ") or self.source.number("portfolio_differ"))
        for name, before in earlier.items():
            left_out, least = len(set(before) - set(codes)), min(wanted, len(before))
            if left_out < least:
                where = f"{row}比{name}换掉的宗数"
                self.checked.differences.append(Difference(where, f"至少 {least}", str(left_out)))

    def _differ_in_words(self, where: str, expected: Sequence[str], found: Sequence[str]) -> None:
        if list(expected) != list(found):
            words = ("、".join(codes) or "没有" for codes in (expected, found))
            self.checked.differences.append(Difference(where, *words))


def _values(totals: Figures) -> dict[str, float | None]:
    return {name: figure.value for name, figure in totals.items()}
