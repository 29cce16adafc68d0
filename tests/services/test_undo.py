"""What edits of plots must leave as it was: every figure once they are undone, every total where plots only divide."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.target_ledger import Scope
from geoapp.domain.zone_table import TOTAL_KEY
from geoapp.services.as_of import AsOf
from geoapp.services.revitalisation import ledger_words, revitalisation_ledger
from geoapp.services.target_sets import target_sets
from geoapp.services.targets import target_ledger
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.services.zone_statistics import zone_statistics
from geoapp.settings import Settings
from tests.small_district import box, fill, write

DAY = date(2026, 3, 1)
DIVISIONS = [
    ("towns", "clip"),
    ("control_zones", "clip"),
    ("control_zones", "largest"),
    ("towns", "centroid"),
]
CODES = [f"U{number}" for number in range(7)]
PARTS = ("area_reg_m2", "gfa_far_m2", "footprint_m2")
"""What is divided among the parts of a plot."""
Edit = tuple[str, str, int]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["area", "no area", "move", "status", "withdraw", "split", "merge"]),
        st.sampled_from(CODES),
        st.integers(1, 99),
    ),
    min_size=1,
    max_size=4,
)
"""What is done, to which plot, and by how much."""


def plots() -> list[dict[str, Any]]:
    """Return plots in a row whose areas have no end in binary, so that any other order of a sum shows."""
    return [
        {"plot_code": code, "area_reg_m2": 30_000.1 / (number + 3), "gfa_far_m2": 9_876.7 / (number + 1.3),
         "footprint_m2": 1_234.5 / (number + 1.7), "geometry": box(700 + 130.7 * number, 110.3)}
        for number, code in enumerate(CODES)
    ]  # fmt: skip


def recognitions() -> list[dict[str, Any]]:
    return [
        {"recognition_code": f"U-R{number}", "plot_code": code, "ledger": "JX_TL", "document_no": "示例",
         "recognised_on": date(2022 + number % 3, 5, 1), "area_m2": 1_000.1 / (number + 0.7)}
        for number, code in enumerate(CODES[:5])
    ]  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """A district, and its figures before anything was edited."""

    workspace: Workspace = field(repr=False)
    tables: list[pd.DataFrame] = field(repr=False)
    counted: dict[str, dict[str, float]] = field(repr=False)
    targets: list[tuple[Any, ...]] = field(repr=False)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edited]:
    """The small district with a row of plots; every test leaves its records as they were."""
    workspace = fill(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("undo"))))
    write(
        workspace,
        plots=plots(),
        recognitions=recognitions(),
        control_zones=[
            {"zone_code": f"U-Z{number}", "name": "片区", "kind": "ZQ1", "geometry": box(west, 311.1)}
            for number, west in enumerate((650, 980.3, 1_400.9))
        ],
    )
    yield Edited(workspace, tables(workspace), counted(workspace), targets(workspace))
    workspace.store.close()


def tables(workspace: Workspace) -> list[pd.DataFrame]:
    """Return the zones' figures, rows by zone, numbers only."""
    found = [
        zone_statistics(workspace, zones=zones, membership=membership, day=DAY)
        for zones, membership in DIVISIONS
    ]
    return [table.rows[[column.name for column in table.columns]].astype(float) for table in found]


def counted(workspace: Workspace) -> dict[str, dict[str, float]]:
    """Return by ledger what every record counts for, and the totals."""
    state = AsOf(workspace.store.revision(), DAY, is_now=True)
    found = {}
    for code in ledger_words(workspace):
        entries = revitalisation_ledger(workspace, code, state).entries
        by_record = entries.set_index("recognition_code")["counted_m2"].sort_index().to_dict()
        sums = entries[["counted_m2", "counted_gfa_gross_m2", "counted_gfa_net_m2"]].sum().to_dict()
        towns = entries.groupby("town_code")["counted_m2"].sum().add_prefix("town ").to_dict()
        found[code] = {**by_record, **sums, **towns}
    return found


def targets(workspace: Workspace) -> list[tuple[Any, ...]]:
    state = AsOf(workspace.store.revision(), DAY, is_now=True)
    ledgers = [target_ledger(workspace, one, state, Scope()) for one in target_sets(workspace).values()]
    return [
        (row.indicator.id, row.base, row.actual, row.standings, row.results, row.projection)
        for ledger in ledgers
        for row in ledger.rows
    ]


def change_of(workspace: Workspace, edit: Edit) -> RegisterChange | None:
    """Return an edit as a change of the plots; None where its plot is gone already."""
    kind, code, percent = edit
    current = workspace.store.read("plots").set_index("plot_code", drop=False)
    if code not in current.index:
        return None
    one = current.loc[[code]].copy()
    if kind == "withdraw":
        return RegisterChange(removed=[(code,)])
    if kind == "split":
        return split(one, percent / 100)
    if kind == "merge":
        others = [name for name in CODES if name in current.index and name != code]
        return merge(current.loc[[code, *others[:1]]])
    if kind == "move":
        one.geometry = one.geometry.translate(percent * 1e-5, 0.0)
    elif kind == "status":
        one["low_efficiency_status"] = "recognised"
    else:
        one["area_reg_m2"] = one["area_reg_m2"] * percent / 7 if kind == "area" else np.nan
    return RegisterChange(one)


def split(one: pd.DataFrame, share: float) -> RegisterChange:
    """Return a plot cut along a meridian into two that share what it has."""
    (code,) = one.index
    (shape,) = one.geometry
    west, south, east, north = shape.bounds
    cut = west + share * (east - west)
    parts = pd.concat([one, one])
    parts["plot_code"] = [f"{code}-1", f"{code}-2"]
    parts["predecessors"] = code
    halves = [shape.intersection(shapely.box(*ends)) for ends in
              ((west, south, cut, north), (cut, south, east, north))]  # fmt: skip
    shares = np.array([half.area / shape.area for half in halves])
    parts = parts.set_geometry(halves, crs=one.crs)
    for name in PARTS:
        parts[name] = parts[name].to_numpy() * shares
    return RegisterChange(parts, removed=[(code,)])


def merge(some: pd.DataFrame) -> RegisterChange:
    """Return plots made into one that has what they had together."""
    whole = some.iloc[[0]].copy()
    whole["plot_code"] = "+".join(some.index)
    whole["predecessors"] = "、".join(some.index)
    whole = whole.set_geometry([shapely.union_all(some.geometry.to_numpy())], crs=some.crs)
    for name in PARTS:
        whole[name] = some[name].sum()
    return RegisterChange(whole, removed=[(code,) for code in some.index])


def undo(workspace: Workspace, back_to: int) -> None:
    """Bring the plots back to what a revision left, as one more revision."""
    old, new = workspace.store.read("plots", revision=back_to), workspace.store.read("plots")
    added = set(new["plot_code"]) - set(old["plot_code"])
    change = RegisterChange(old, removed=[(code,) for code in sorted(added)])
    workspace.store.write({"plots": change}, kind=RevisionKind.REVERT, user="tester")


def apply(workspace: Workspace, edits: list[Edit]) -> list[int]:
    """Make edits; return the revisions at which one can stand: before all, and after each."""
    steps = [workspace.store.revision()]
    for edit in edits:
        change = change_of(workspace, edit)
        if change and workspace.store.write({"plots": change}, kind=RevisionKind.EDIT, user="tester"):
            steps.append(workspace.store.revision())
    return steps


@pytest.mark.slow
@settings(max_examples=3)
@example(
    edits=[("split", "U2", 37), ("merge", "U4", 1), ("area", "U0", 50), ("move", "U1", 80)], at_once=True
)
@example(edits=[("status", "U2", 37), ("withdraw", "U4", 1), ("no area", "U0", 50)], at_once=False)
@given(edits=EDITS, at_once=st.booleans())
def test_edits_undone_return_every_figure_exactly(edited: Edited, edits: list[Edit], at_once: bool) -> None:
    workspace = edited.workspace
    steps = apply(workspace, edits)
    zone_statistics(
        workspace, zones="towns", day=DAY
    )  # somebody looks in between: what it left must not stay
    for step in steps[:1] if at_once else reversed(steps[:-1]):
        undo(workspace, step)
    for before, after in zip(edited.tables, tables(workspace), strict=True):
        pd.testing.assert_frame_equal(after, before, check_exact=True)
    assert counted(workspace) == edited.counted
    assert targets(workspace) == edited.targets


ADDED = ["site_area_m2", "gfa_counted_m2", "revitalised_recognised_m2"]
DIVISIONS_OF_LAND = st.tuples(st.sampled_from(["split", "merge"]), st.sampled_from(CODES), st.integers(1, 99))


@settings(max_examples=3)
@given(edits=st.lists(DIVISIONS_OF_LAND, min_size=1, max_size=3))
def test_split_and_merged_plots_leave_every_total(edited: Edited, edits: list[Edit]) -> None:
    workspace = edited.workspace
    steps = apply(workspace, edits)
    try:
        for before, after in zip(edited.tables, tables(workspace), strict=True):
            total = after.loc[TOTAL_KEY, ADDED]
            np.testing.assert_allclose(total, before.loc[TOTAL_KEY, ADDED], rtol=1e-9)
            # What lies in the zones and outside them is the register's total.
            parts = after.drop(index=TOTAL_KEY)[ADDED].fillna(0.0).sum()
            np.testing.assert_allclose(parts, total, rtol=1e-9)
        for ledger, found in counted(workspace).items():
            assert found["counted_m2"] == pytest.approx(edited.counted[ledger]["counted_m2"], rel=1e-9)
    finally:
        undo(workspace, steps[0])
