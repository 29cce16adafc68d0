"""What a what-if would add to the targets: land, floor area, enterprises, micro parks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from geoapp.domain.target import missing
from geoapp.domain.target_ledger import Scope, TargetRow
from geoapp.domain.target_set import Indicator, TargetSet
from geoapp.domain.whatif import Contribution
from geoapp.services.as_of import AsOf
from geoapp.services.revitalisation import revitalisation_areas
from geoapp.services.target_members import wanted_plots
from geoapp.services.target_recognitions import recognised_enterprises, treated_enterprises
from geoapp.services.target_sets import target_sets
from geoapp.services.target_values import Sources
from geoapp.services.targets import target_row
from geoapp.services.workspace import Workspace

_SHARED = "上级的总量目标，没有分解到本区，不算差距"
_UNKNOWN = "{count} 宗的数不知道，没有计入"
_NO_GAP = "现在的实绩不知道，不算差距"


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What the plan makes on the plots that it fits."""

    plots: pd.DataFrame
    """By plot_code: site_area_m2, gross_m2, net_m2 (m2), NaN where unknown."""
    is_micro_park: bool


def contributions(
    workspace: Workspace, state: AsOf, additions: Additions
) -> tuple[tuple[Contribution, ...], tuple[str, ...]]:
    """Return what the plan would add to each target that it can move, and the names of the others.

    Sets with a target still to come go before those whose days are all over.
    """
    sets = sorted(target_sets(workspace).values(), key=lambda found: not _is_running(found, state))
    lines: list[Contribution] = []
    others: list[str] = []
    for target_set in sets:
        for row in movable_rows(workspace, target_set, state):
            added, unknown = _ADDED[row.indicator.actual](workspace, state, row.indicator, additions)
            lines.append(_line(target_set, row, added, unknown))
        others += [item.zh for item in target_set.indicators if item.actual not in _ADDED]
    return tuple(lines), tuple(dict.fromkeys(others))


def movable_rows(workspace: Workspace, target_set: TargetSet, state: AsOf) -> tuple[TargetRow, ...]:
    """Return where those targets of a set stand that a plan on plots can move, as the target ledger has them."""

    def compute() -> tuple[TargetRow, ...]:
        sources = Sources(workspace, state)
        moved = [item for item in target_set.indicators if item.actual in _ADDED]
        return tuple(target_row(sources, target_set, item, Scope()) for item in moved)

    return workspace.cache.get(("movable_targets", target_set, state.revision, state.day), compute)


def _is_running(target_set: TargetSet, state: AsOf) -> bool:
    return any(indicator.last.day >= state.day for indicator in target_set.indicators)


def _line(target_set: TargetSet, row: TargetRow, added: float | None, unknown: int) -> Contribution:
    """Return what is added to one target; the gap is that of the day, also where the target's own day is over."""
    current = row.current
    is_held = current is not None and not row.indicator.is_shared
    gap = (
        missing(row.actual.value, current.target.value, row.indicator.direction)
        if current and is_held
        else None
    )
    after = None if gap is None or added is None else gap - added
    notes = (
        _SHARED if row.indicator.is_shared else "" if gap is not None else _NO_GAP,
        _UNKNOWN.format(count=unknown) if unknown else "",
    )
    return Contribution(
        target_set=target_set.id,
        target_set_zh=target_set.zh,
        indicator=row.indicator.id,
        zh=row.indicator.zh,
        unit=row.indicator.unit,
        actual=row.actual.value,
        target=current.target.value if current else None,
        target_on=current.target.day if current else None,
        is_passed=bool(current and current.is_passed),
        gap=gap,
        added=added,
        gap_after=after,
        share=None if added is None or gap is None or gap <= 0 else added / gap,
        words="；".join(filter(None, notes)),
    )


def _wanted(workspace: Workspace, state: AsOf, indicator: Indicator, plots: pd.DataFrame) -> pd.DataFrame:
    if not indicator.plots:
        return plots
    return plots[plots.index.isin(wanted_plots(workspace, state, indicator).index)]


def _sum(values: pd.Series) -> tuple[float | None, int]:
    """Return the sum of what is known and how many are not; unknown where nothing is known of any."""
    unknown = int(values.isna().sum())
    return (None if len(values) and unknown == len(values) else float(values.sum())), unknown


def _land(
    workspace: Workspace, state: AsOf, indicator: Indicator, additions: Additions
) -> tuple[float | None, int]:
    """Return the land that the indicator's ledger does not count yet."""
    plots = _wanted(workspace, state, indicator, additions.plots)
    ledger = indicator.ledger or str(workspace.policy.value("default_ledger", state.day))
    counted = revitalisation_areas(workspace, ledger, state)["recognised_m2"].reindex(plots.index).fillna(0.0)
    return _sum((plots["site_area_m2"] - counted).clip(lower=0.0))


def _floor(column: str) -> "_Add":
    def add(
        workspace: Workspace, state: AsOf, indicator: Indicator, additions: Additions
    ) -> tuple[float | None, int]:
        return _sum(_wanted(workspace, state, indicator, additions.plots)[column])

    return add


def _enterprises(
    workspace: Workspace, state: AsOf, indicator: Indicator, additions: Additions
) -> tuple[float | None, int]:
    """Return the enterprises on the plots today that the target does not count yet, each once."""
    plots = _wanted(workspace, state, indicator, additions.plots)
    rows = pd.DataFrame(
        {
            "plot_code": plots.index.astype("str"),
            "project_code": pd.Series(None, index=range(len(plots)), dtype="str"),
            "recognised_on": pd.Timestamp(state.day),
            "counted_m2": 1.0,
        }
    )
    found = recognised_enterprises(workspace, state, rows)
    counted = treated_enterprises(workspace, state, state.day, indicator).frame
    standing = counted.groupby("key")["amount"].sum()
    new = found["uscc"].dropna().unique()
    is_counted = pd.Series(new, dtype="str").isin(standing[standing > 0].index.astype("str"))
    return float((~is_counted).sum()), int(found["uscc"].isna().sum())


def _micro_parks(
    workspace: Workspace, state: AsOf, indicator: Indicator, additions: Additions
) -> tuple[float | None, int]:
    """Return one park for all plots together."""
    del workspace, state, indicator
    return float(additions.is_micro_park and len(additions.plots) > 0), 0


_Add = Callable[[Workspace, AsOf, Indicator, Additions], tuple[float | None, int]]
_ADDED: Mapping[str, _Add] = {
    "revitalised_area": _land,
    "new_floor_area": _floor("gross_m2"),
    "new_floor_area_net": _floor("net_m2"),
    "treated_enterprises": _enterprises,
    "micro_parks": _micro_parks,
}
"""By what computes the target's actual: the amount in the base unit, and on how many plots it is unknown."""
