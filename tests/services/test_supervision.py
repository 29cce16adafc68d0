"""The supervision report over five towns worked out by hand, see tests/supervision_district.py."""

from collections.abc import Iterator
from datetime import date

import pytest

from geoapp.domain.supervision import FIRMS, FLOOR, SupervisionRow, SupervisionTable
from geoapp.domain.target_ledger import Scope
from geoapp.errors import SetupError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.revitalisation_sheet import ledger_sheet
from geoapp.services.supervision import supervision_table
from geoapp.services.target_sets import DIVISIONS, find_target_set
from geoapp.services.targets import target_ledger
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from tests.supervision_district import fill_supervised

DAY = date(2026, 1, 31)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = fill_supervised(open_workspace(Settings(data_dir=tmp_path_factory.mktemp("supervised"))))
    yield workspace
    workspace.store.close()


def table_of(
    workspace: Workspace, period: str | None = "2025-Q2", day: date = DAY, **more: str
) -> SupervisionTable:
    state = AsOf(workspace.store.revision(), day, is_now=True)
    return supervision_table(workspace, state, period=period, **more)


def by_key(table: SupervisionTable) -> dict[str, SupervisionRow]:
    return {row.key: row for row in table.rows}


def land_of(row: SupervisionRow) -> tuple[float | None, ...]:
    found = row.land
    return tuple(
        None if value is None else pytest.approx(value, abs=1e-6)
        for value in (found.target, found.period, found.done)
    )


def test_tasks_and_what_was_done_of_them(towns: Workspace) -> None:
    rows = by_key(table_of(towns))
    # asked in 2025, done from April to June, done from January to June
    assert land_of(rows["town:T1"]) == (20_000.0, 5_000.0, 10_000.0)
    assert land_of(rows["town:T2"]) == (10_000.0, 0.0, 5_000.0)
    assert land_of(rows["town:T3"]) == (10_000.0, 9_000.0, 9_000.0)
    assert land_of(rows["town:T4"]) == (40_000.0, 0.0, 0.0)
    assert land_of(rows["town:T5"]) == (None, 0.0, 3_000.0)
    assert land_of(rows["elsewhere"]) == (None, 0.0, 1_200.0)
    # 5,000 + 9,000; 10,000 + 5,000 + 9,000 + 3,000 + 1,200; of the 80,000 asked for 24,000 were done: 30 %
    assert land_of(rows["total"]) == (80_000.0, 14_000.0, 28_200.0)
    assert rows["total"].land.share == pytest.approx(0.3)
    assert rows["total"].remarks == ("低于时间进度", "完成率只计有年度目标的单位")


def test_places_lights_and_their_change(towns: Workspace) -> None:
    table = table_of(towns)
    assert [row.key for row in table.rows] == [
        "town:T3", "town:T1", "town:T2", "town:T4", "town:T5", "elsewhere", "total",
    ]  # fmt: skip
    # 90 %, 50 %, 50 %, 0 %
    assert [row.rank for row in table.rows] == [1, 2, 2, 4, None, None, None]
    # At the end of March: T2 50 %, T1 25 %, T3 and T4 nothing: places 3, 2, 1, 3.
    assert [row.places_won for row in table.rows] == [2, 0, -1, -1, None, None, None]
    # 181 of 365 days: 49.59 %. Behind T1 and T2 there is one each: they are among the last three.
    assert table.progress == pytest.approx(181 / 365)
    assert [row.light for row in table.rows] == ["green", "red", "red", "red", "", "", "red"]
    assert [row.remarks for row in table.rows][1:6] == [
        ("后三名",),
        ("后三名", "新增建筑面积没有年度目标"),
        ("后三名、低于时间进度", "整治企业、新增建筑面积没有年度目标"),
        ("没有分解年度目标",),
        ("不是责任单位",),
    ]


def test_first_quarter_is_ranked_against_last_years(towns: Workspace) -> None:
    rows = by_key(table_of(towns, "2025-Q1"))
    assert land_of(rows["town:T2"]) == (10_000.0, 5_000.0, 5_000.0)  # on its last day
    assert land_of(rows["town:T3"]) == (10_000.0, 0.0, 0.0)  # the day after
    # In 2024 only T1 did something: place 1, the others 2.
    assert [rows[f"town:T{n}"].rank_before for n in (1, 2, 3, 4)] == [1, 2, 2, 2]
    assert [rows[f"town:T{n}"].rank for n in (1, 2, 3, 4)] == [2, 1, 3, 3]
    # 2024 asks for 366 of the 1,461 days' share of 10,000: 2,505.13, of which 4,000 were done.
    last = by_key(table_of(towns, "2024-Q4"))["town:T1"].land
    assert (last.target, last.share) == (pytest.approx(2_505.13, abs=0.01), pytest.approx(1.5967, abs=1e-4))


def test_enterprises_floor_area_and_projects(towns: Workspace) -> None:
    rows = by_key(table_of(towns, "2025-Q1"))
    firms, floor = (rows["town:T2"].tallies[part] for part in (FIRMS, FLOOR))
    assert (firms.target, firms.done, firms.share) == (1.0, 1.0, 1.0)
    assert (floor.target, floor.done, floor.reason) == (None, 1_000.0, "没有分解年度目标")
    # E1 counts since 2024; 6,000 of 20,000 m2 were built.
    firms, floor = (rows["town:T1"].tallies[part] for part in (FIRMS, FLOOR))
    assert (firms.target, firms.done, firms.share) == (2.0, 0.0, 0.0)
    assert floor.share == pytest.approx(0.3)
    # Of X1, X2 and X5 two have started and one is complete; X6 began in June only.
    one = rows["town:T1"]
    assert [(found.reached, found.count) for found in (one.started, one.completed)] == [(2, 3), (1, 3)]
    later = by_key(table_of(towns))["town:T1"]
    assert (later.started.reached, later.started.count) == (3, 4)
    assert (rows["elsewhere"].started.reached, rows["elsewhere"].completed.reached) == (1, 1)
    assert rows["town:T2"].started.share is None
    assert (rows["total"].started.reached, rows["total"].started.count) == (3, 4)


@pytest.mark.no_cover  # compares what is tested by itself
@pytest.mark.parametrize("period", ["2025-Q1", "2025-Q2", "2025-05"])
def test_figures_are_those_of_the_ledger_and_of_the_targets(towns: Workspace, period: str) -> None:
    table = table_of(towns, period)
    first, until, revision = table.period.first, table.until, towns.store.revision()
    state = AsOf(revision, DAY, is_now=True)
    spans = {
        "period": ledger_sheet(towns, "JX_TL", state, first=first, last=until),
        "done": ledger_sheet(towns, "JX_TL", state, first=date(2025, 1, 1), last=until),
    }
    for name, sheet in spans.items():
        by_town = {line.key: line.counted_m2 for line in sheet.sums["镇街"]}
        own = {row.scope.code: getattr(row.land, name) for row in table.rows[:-1]}
        assert {code: value for code, value in own.items() if value} == pytest.approx(by_town)
        assert getattr(table.rows[-1].land, name) == pytest.approx(sheet.counted_m2)
    plan = find_target_set(towns, None)
    for row in table.rows[:4]:
        then, before = (
            next(
                found.actual.value
                for found in target_ledger(towns, plan, AsOf(revision, day, is_now=False), row.scope).rows
                if found.indicator.id == "revitalised_area"
            )
            for day in (until, date(2024, 12, 31))
        )
        assert then is not None
        assert before is not None
        assert row.land.done == pytest.approx(then - before)


def test_nothing_after_the_day_is_counted(towns: Workspace) -> None:
    table = table_of(towns, day=date(2025, 4, 30))
    assert (table.until, table.progress) == (date(2025, 4, 30), pytest.approx(120 / 365))
    assert land_of(by_key(table)["town:T1"]) == (20_000.0, 0.0, 5_000.0)


def test_land_counts_where_it_lies_if_wanted(towns: Workspace) -> None:
    # A quarter of plot B, registered in T2, lies in T1.
    clipped = by_key(table_of(towns, "2025-Q1", membership="clip"))
    assert land_of(clipped["town:T1"])[1:] == (6_250.0, 6_250.0)
    assert land_of(clipped["town:T2"])[1:] == (3_750.0, 3_750.0)
    assert land_of(clipped["town:T1"])[0] == 20_000.0  # the task stays the town's
    # Its enterprise is counted whole where most of it lies.
    assert clipped["town:T2"].tallies[FIRMS].done == 1.0
    whole = by_key(table_of(towns, "2025-Q1", membership="largest"))
    assert land_of(whole["town:T2"])[1:] == (5_000.0, 5_000.0)
    for rows in (clipped, whole):
        assert land_of(rows["elsewhere"])[1:] == (1_200.0, 1_200.0)
        assert land_of(rows["total"])[1:] == (14_200.0, 14_200.0)


def test_parks_without_targets_are_told(towns: Workspace) -> None:
    table = table_of(towns, by="park")
    rows = by_key(table)
    assert [row.key for row in table.rows] == ["park:K1", "elsewhere", "total"]
    assert land_of(rows["park:K1"]) == (None, 5_000.0, 10_000.0)
    assert land_of(rows["elsewhere"]) == (None, 9_000.0, 18_200.0)
    assert rows["elsewhere"].scope == Scope("park", "", "园区之外")
    assert (rows["total"].land.share, rows["total"].light) == (None, "")
    assert "盘活低效用地、整治企业、新增建筑面积没有分解到园区的年度目标" in table.notes[-1]


@pytest.mark.parametrize(
    ("period", "reason"),
    [("2026-01", "目标到2025年为止"), ("2020-Q4", "方案从 2020-12-31 起算，之前没有目标")],
)
def test_year_without_a_target_says_why(towns: Workspace, period: str, reason: str) -> None:
    table = table_of(towns, period)
    assert by_key(table)["town:T1"].land.reason == reason
    assert table.district.reason == reason
    assert all(row.rank is None for row in table.rows)


def test_district_stands_against_its_own_target(towns: Workspace) -> None:
    table = table_of(towns)
    # 2,000 to 3,000 亩 from the end of 2023 to that of 2025: 365 of 731 days
    assert table.district.target == pytest.approx(1_000 * 365 / 731 * 10_000 / 15)
    assert table.district.done == pytest.approx(28_200.0)


def test_period_left_out_is_the_last_of_the_plan_or_of_the_day(towns: Workspace) -> None:
    assert table_of(towns, None).period.text == "2025-Q4"
    assert table_of(towns, None, date(2025, 5, 1)).period.text == "2025-Q2"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"by": "village"}, "town（镇街）"), ({"membership": "x"}, "registered"), ({"period": "2026-Q2"}, "还没有开始"),
        ({"period": "x"}, "2025-Q1"), ({"set_id": "own"}, "没有盘活用地的目标"),
    ],
)  # fmt: skip
def test_wrong_question_is_refused(towns: Workspace, asked: dict[str, str], words: str) -> None:
    folder = towns.settings.data_dir / "policy" / "targets"
    folder.mkdir(parents=True, exist_ok=True)
    text = (
        'id = "own"\nzh = "别的方案"\ndocument = "例"\nlevel = "district"\nbase_on = 2020-12-31\norder = 99\n'
        '[[indicators]]\nid = "a"\nzh = "甲"\nunit = "count"\nkind = "total"\nactual = "entered"\n'
        'certainty = "plan"\ntargets = [{ day = 2025-12-31, value = 1 }]\n'
    )
    (folder / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        table_of(towns, **asked)  # type: ignore[arg-type]


def test_division_of_a_plan_that_is_not_there_is_refused(workspace: Workspace) -> None:
    folder = workspace.settings.data_dir / DIVISIONS
    folder.mkdir(parents=True)
    (folder / "a.toml").write_text('set = "none"\ndocument = "例"\nscope_targets = []\n', encoding="utf-8")
    with pytest.raises(SetupError, match=r"a.toml：键“set”的值“none”不是目标方案；可用：plan_2021_2025"):
        find_target_set(workspace, None)


def test_empty_installation_has_a_table_without_figures(workspace: Workspace) -> None:
    table = table_of(workspace, "2025-Q1")
    assert [row.key for row in table.rows] == ["total"]
    assert table.rows[0].land.done is None
    assert not table.is_demo


def test_projects_without_any_day_stand_where_their_register_says(district: Workspace) -> None:
    rows = by_key(table_of(district, "2024-Q2"))
    # X1 (P06) has started, X2 is land bought by the government, X3 is stopped; none names a town.
    assert (rows["elsewhere"].started.reached, rows["elsewhere"].started.count) == (1, 1)
    assert (rows["elsewhere"].completed.reached, rows["elsewhere"].completed.count) == (0, 1)
    assert land_of(rows["town:330205103"]) == (None, 4_000.0, 4_000.0)
