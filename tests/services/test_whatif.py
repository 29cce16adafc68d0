"""What-if over the registers: figures by hand, what does not fit a mode, what is added to targets, scenarios apart."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.domain.rule import Verdict
from geoapp.domain.whatif import Check, WhatIf
from geoapp.errors import ConflictError, GoneError, NotFoundError, SetupError, UsageError
from geoapp.reports.scenarios import compared_rows, comparison_table
from geoapp.reports.whatif import whatif_record, whatif_table
from geoapp.services.as_of import as_of
from geoapp.services.plot_facts import today
from geoapp.services.scenarios import drop_scenario, find_scenarios, keep_scenario, scenarios
from geoapp.services.whatif import what_if
from geoapp.services.whatif_plan import mode_words, plan_query, read_plan, read_plots
from geoapp.services.workspace import Workspace
from tests.small_district import PLOTS, box, write

EXTRA = {
    "plot_code": "DK-D", "name": "示例地块丁", "area_reg_m2": 20_000.0, "gfa_far_m2": 10_000.0,
    "gfa_actual_m2": 10_000.0, "footprint_m2": 5_000.0, "structure_yard_m2": 1_000.0, "support_gfa_m2": 500.0,
    "plan_far_min": 1.2, "plan_far_max": 2.0, "height_limit_m": 24.0, "term_end_on": "2099-01-01", "geometry": box(0),
}  # fmt: skip


def ask(workspace: Workspace, plots: str, at: str | None = None, **words: str) -> WhatIf:
    state = as_of(workspace, at)
    return what_if(workspace, read_plots(plots), read_plan(workspace, words, state), state)


def checks(result: WhatIf, number: int = 0) -> dict[str, Check]:
    return {check.id: check for check in result.lines[number].checks}


def test_rebuilding_by_hand(district: Workspace) -> None:
    found = ask(district, "DK-A", mode="m01", far="2.0", coefficient="40", support="10")
    totals = found.totals
    # 2.0 x 30,000 = 60,000; B1 and B2 go, of which the register says 18,500; 4,000 of the land count already
    assert (totals.gross_m2, totals.net_m2, totals.demolished_m2) == (60_000.0, 41_500.0, 18_500.0)
    assert (totals.far_before, totals.far_after, totals.land_counted_m2) == (0.8, 2.0, 26_000.0)
    assert (totals.coefficient_before, totals.coefficient_after) == (0.45, 0.4)
    found_checks = checks(found)
    assert found_checks["far_new"].verdict == Verdict.YES
    industry = found_checks["far_industry"]  # 34 general machinery: 0.7
    assert industry.words == "改造后容积率 2.00，本行业不低于 0.70：符合"
    assert "国土资发〔2008〕24号" in industry.source
    assert found_checks["far_max"].words == "缺少规划容积率上限，不能判断"
    assert found_checks["support_floor"].limit == 0.30  # inside the line
    assert "30%" in found_checks["support_floor"].clause
    assert found.event_zh == "竣工验收/规划核实"
    assert found.findings == ()


def test_caps_of_the_plots_own_fields(district: Workspace) -> None:
    write(district, plots=[EXTRA])
    found = checks(ask(district, "DK-D", mode="M02", far="2.1"))
    # 2.1 x 20,000 = 42,000 over 5,000 m2: 9 storeys of 5 m
    assert found["far_max"].words == "改造后容积率 2.10，规划容积率上限 2.00：不符合"
    assert found["height"].words == "按平均层数估算的高度 45.0 米，限高 24.0 米：不符合"
    assert found["term"].verdict == Verdict.YES
    assert found["coefficient"].words == "改造后建筑系数 30.0%，不低于 30.0%：符合"
    higher = checks(ask(district, "DK-D", mode="M02", far="2.0", height="50", storey_height="6"))
    assert higher["height"].words == "按平均层数估算的高度 48.0 米，限高 50.0 米：符合"


def test_least_ratio_of_the_industry_is_unknown_where_nobody_says_which(district: Workspace) -> None:
    write(district, plots=[EXTRA])
    check = checks(ask(district, "DK-D", mode="M02", far="1.5"))["far_industry"]
    assert (check.verdict, check.missing) == (Verdict.UNKNOWN, ("行业代码",))
    assert check.words == "缺少行业代码，不能判断"


def test_allocated_land_has_no_end_and_no_number_for_it(district: Workspace) -> None:
    write(district, plots=[{**EXTRA, "right_type": "allocated", "term_end_on": None}])
    found = ask(district, "DK-D", mode="M02", far="1.5")
    term = checks(found)["term"]
    assert (term.verdict, term.measured) == (Verdict.YES, None)
    assert term.words == "剩余使用年限 无期限，新建、加建不低于 5.0 年：符合"
    assert json.dumps(whatif_record(found), allow_nan=False)


def test_several_plots_are_summed_and_what_does_not_fit_stays_as_it_is(district: Workspace) -> None:
    found = ask(district, "DK-A, DK-B,DK/C,DK-A", mode="M02", far="1.2")
    assert [line.plot_code for line in found.lines] == ["DK-A", "DK-B", "DK/C"]
    assert found.lines[1].problem == "现状（保留部分）容积率 1.50 已高于目标 1.20，没有可增的建筑面积"
    assert found.lines[1].figures.far_after == 1.5
    assert found.lines[2].missing == ("现有计容建筑面积",)
    # DK-A alone: 1.2 x 30,000 - 24,000
    assert (found.totals.gross_m2, found.unknown["gross_m2"]) == (12_000.0, 1)
    # both ratios over DK-A and DK-B: 67,500 and 79,500 over 59,000
    assert found.totals.far_before == pytest.approx(67_500 / 59_000)
    assert found.totals.far_after == pytest.approx(79_500 / 59_000)
    assert found.totals.coefficient_after is None
    assert len(found.findings) == 2
    bars = {bar.zh: (bar.before, bar.after) for bar in found.bars}
    assert bars["建筑面积（前后都已知的 1 宗）"] == (18_500.0, 30_500.0)
    assert bars["容积率（前后都已知的 2 宗）"] == pytest.approx((67_500 / 59_000, 79_500 / 59_000))
    # the buildings of DK-A cover 12,000 m2 and its yards 1,500 of 30,000; of the others the yards are not known
    assert bars["建筑系数（前后都已知的 1 宗）"] == (0.45, 0.45)
    assert bars["配套建筑面积占比"] == (None, None)


def test_a_bar_says_what_is_known_of_one_side(district: Workspace) -> None:
    """3 700 of 18 500 m2 are support now; nobody said what they will be after rebuilding. The export has 20 % too."""
    write(district, plots=[PLOTS[0] | {"support_gfa_m2": 3_700.0}])
    found = ask(district, "DK-A", mode="M01", far="2.0")
    assert (found.totals.support_share_before, found.totals.support_share_after) == (0.2, None)
    bars = {bar.zh: (bar.before, bar.after) for bar in found.bars}
    assert bars["配套建筑面积占比"] == (0.2, None)
    # Known of one plot of two: the totals do not say, nor does the bar.
    both = ask(district, "DK-A,DK-B", mode="M01", far="2.0")
    assert both.totals.support_share_before is None
    assert {bar.zh: bar.before for bar in both.bars}["配套建筑面积占比"] is None


def test_buildings_chosen_one_by_one_go(district: Workspace) -> None:
    found = ask(district, "DK-A", mode="M08", far="1.0", demolish="B2")
    # B1 keeps 12,000 counted; 30,000 - 12,000 are new; B2's 6,000 go
    assert (found.totals.gross_m2, found.totals.net_m2) == (18_000.0, 12_000.0)
    assert checks(found)["micro_park"].verdict == Verdict.YES
    micro_parks = next(line for line in found.contributions if line.indicator == "micro_parks")
    assert micro_parks.added == 1.0


def test_modes_without_building_count_land_only(district: Workspace) -> None:
    taken = ask(district, "DK-B", mode="M04")
    assert (taken.totals.gross_m2, taken.totals.far_after, taken.totals.land_counted_m2) == (
        0.0,
        0.0,
        29_000.0,
    )
    merged = ask(district, "DK-A", mode="M06")
    assert (merged.totals.gross_m2, merged.totals.far_after) == (0.0, 0.8)
    inside = ask(district, "DK-A", mode="M10")
    assert inside.lines[0].problem == "地块在控制线内，“复垦/减量”只适用于控制线外"
    assert inside.totals.land_counted_m2 == 0.0
    assert ask(district, "DK/C", mode="M10").lines[0].problem == ""
    changed = checks(ask(district, "DK-A", mode="M09"))
    assert changed["line"].words == "地块在控制线内，原则上不得这样改造"
    assert "不得改为非工业用途" in changed["line"].clause
    assert "减量" in checks(ask(district, "DK/C", mode="M10"))["line"].clause
    # E1 has 100 on 60,000 m2, 20,000 of them here; E2 40: 73.33 over 45 mu is below neither line
    assert checks(ask(district, "DK-A", mode="M11"))["tax"].verdict == Verdict.NO


def test_target_below_what_stands_is_said(district: Workspace) -> None:
    found = ask(district, "DK-A", mode="M01", far="0.5")
    assert found.totals.net_m2 == 0.0
    assert found.totals.change_m2 == -3_500.0  # 15,000 - 18,500
    assert any("目标容积率 0.50 低于现状 0.80" in finding for finding in found.findings)


def test_contributions_are_what_the_targets_lack(district: Workspace) -> None:
    found = ask(district, "DK-A,DK-B", mode="M01", far="2.0")
    lines = {line.indicator: line for line in found.contributions}
    land = lines["revitalised_area"]
    # 26,000 of DK-A and 29,000 of DK-B; 4,000 count now
    assert (land.actual, land.added) == (4_000.0, 55_000.0)
    assert land.gap == pytest.approx(1_996_000.0)
    assert land.gap_after == pytest.approx(1_941_000.0)
    assert lines["new_floor_area"].added == 118_000.0
    shared = lines["rebuilt_low_efficiency"]
    assert (shared.gap, shared.added) == (None, 59_000.0)  # another ledger, which counts nothing of them yet
    assert "没有分解到本区" in shared.words
    # E1 and E2 count already with DK-A; DK-B's tenant is E1 too
    assert lines["treated_enterprises"].added == 0.0
    assert "腾出用能" in found.not_computed
    # the set whose days are still to come goes first
    assert found.contributions[0].target_set == "municipal_2027"


def test_unknown_land_adds_nothing_and_is_counted(district: Workspace) -> None:
    write(district, plots=[{"plot_code": "DK-E", "geometry": None}])
    found = ask(district, "DK-E", mode="M01", far="2.0")
    assert found.totals.gross_m2 is None
    assert found.lines[0].missing == ("用地面积", "拆除的建筑面积")
    land = next(line for line in found.contributions if line.indicator == "revitalised_area")
    assert (land.added, land.gap_after) == (None, None)
    assert "1 宗的数不知道" in land.words


def test_before_the_plan_its_rules_do_not_hold(district: Workspace) -> None:
    state = replace(as_of(district), day=today().replace(year=2021, month=6, day=1))
    plan = read_plan(district, {"mode": "M01", "far": "1.0", "support": "20"}, state)
    found = checks(what_if(district, ["DK-B"], plan, state))
    assert "far_new" not in found


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"mode": ""}, "改造方式“”不认识"),
        ({"mode": "M12"}, "可用：M01（拆除重建）"),
        ({"mode": "M01"}, "要给出目标容积率"),
        ({"mode": "M01", "far": "-1"}, "目标容积率“-1”不正确，应为大于 0"),
        ({"mode": "M01", "far": "nan"}, "目标容积率“nan”不正确"),
        ({"mode": "M01", "far": "二"}, "目标容积率“二”不正确"),
        ({"mode": "M01", "far": "21"}, "不超过 20"),
        ({"mode": "M10", "far": "1"}, "改造后地块上没有建筑，不能给目标容积率"),
        ({"mode": "M06", "far": "1"}, "不新建、不加建，不能给目标容积率"),
        ({"mode": "M01", "far": "1", "demolish": "none"}, "不能一栋不拆"),
        ({"mode": "M04", "demolish": "none"}, "不能保留现有建筑"),
        ({"mode": "M04", "demolish": "B1"}, "不能保留现有建筑"),
        ({"mode": "M05", "demolish": "all"}, "等于净地"),
        ({"mode": "M01", "far": "1", "coefficient": "0"}, "建筑系数（%）“0”不正确，应为大于 0、不超过 100"),
        ({"mode": "M01", "far": "1", "support": "101"}, "配套建筑面积占比（%）“101”不正确，应为 0 到 100"),
        ({"mode": "M01", "far": "1", "support": "x"}, "配套建筑面积占比（%）“x”不正确"),
        ({"mode": "M01", "far": "1", "height": "0"}, "限高（米）“0”不正确"),
        ({"mode": "M02", "far": "1", "demolish": "B9"}, "没有建筑物“B9”；这些地块上的建筑物：B1、B2"),
    ],
)
def test_what_does_not_fit_is_refused(district: Workspace, words: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(district, "DK-A", **words)
    assert complaint in str(caught.value)


def test_plots_that_are_not_there_are_named(district: Workspace) -> None:
    with pytest.raises(UsageError, match="没有给出地块"):
        read_plots(" , ")
    with pytest.raises(UsageError, match="最多测算 500 宗"):
        read_plots(",".join(map(str, range(501))))
    with pytest.raises(NotFoundError, match="没有“X1”、“X2”"):
        ask(district, "X1,DK-A,X2", mode="M06")
    district.store.write(
        {"plots": RegisterChange(removed=[("DK-B",)])}, kind=RevisionKind.EDIT, user="tester"
    )
    with pytest.raises(GoneError, match="“DK-B”到"):
        ask(district, "DK-B", mode="M06")


def test_question_reads_back_as_it_was_written(district: Workspace) -> None:
    words = {
        "mode": "M02", "far": "1.85", "height": "24.5", "coefficient": "41.5", "support": "0", "support_land": "7",
        "storey_height": "8.1", "demolish": "B1,B2",
    }  # fmt: skip
    plan = read_plan(district, words, as_of(district))
    assert plan_query(["DK-A"], plan) == {"plots": "DK-A", **words}
    assert set(mode_words(district)) == {f"M{number:02d}" for number in range(1, 12)}


def test_record_and_table_hold_the_same(district: Workspace) -> None:
    found = ask(district, "DK-A,DK-B", mode="M02", far="1.8")
    record = whatif_record(found, "ha")
    assert record["land"] == {"unit": "ha", "site_area": 5.9, "land_counted": 5.5}
    assert record["totals"]["gross_m2"] == 30_000.0 + 8_700.0
    assert json.dumps(record, allow_nan=False)
    table = whatif_table(found, "ha")
    assert table.rows["plot_code"].tolist() == ["DK-A", "DK-B", "合计"]
    assert table.rows["site_area_m2"].tolist() == [3.0, 2.9, 5.9]
    assert table.rows["gross_m2"].iloc[2] == 38_700.0


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_scenarios_leave_the_registers_alone(district: Workspace) -> None:
    database, revision = district.settings.database_path, district.store.revision()
    before, log = digest(database), district.store.revisions()
    scenario = keep_scenario(
        district.settings, ask(district, "DK-A", mode="M01", far="2"), name="一", author="张"
    )
    find_scenarios(district.settings, [scenario.id])
    drop_scenario(district.settings, scenario.id)
    assert district.store.revision() == revision
    assert district.store.revisions() == log
    assert digest(database) == before
    assert list((district.settings.data_dir / "scenarios").iterdir()) == []


def test_scenarios_kept_within_a_second_are_listed_newest_first(district: Workspace) -> None:
    result = ask(district, "DK-A", mode="M06")
    names = list("甲乙丙丁戊己")
    for name in names:
        keep_scenario(district.settings, result, name=name, author="张")
    listed, _ = scenarios(district.settings)
    assert [scenario.name for scenario in listed] == names[::-1]
    table = comparison_table(listed, "mu", revision=1, day=today())
    assert all(len(text) == len("2026-03-01T00:00:00+00:00") for text in table.rows["made_at"])


def test_scenarios_side_by_side(district: Workspace) -> None:
    settings = district.settings
    one = keep_scenario(
        settings, ask(district, "DK-A", mode="M01", far="2"), name="甲", author="张", note="初稿"
    )
    two = keep_scenario(settings, ask(district, "DK-A,DK-B", mode="M02", far="1.8"), name="乙", author="李")
    found = find_scenarios(settings, [two.id, one.id, two.id])
    assert [scenario.name for scenario in found] == ["乙", "甲"]
    assert (found[1].note, found[1].revision, found[1].query["far"]) == (
        "初稿",
        district.store.revision(),
        "2",
    )
    rows = {row.zh: row for row in compared_rows(found, "m2")}
    assert rows["新增建筑面积（毛）"].texts == ("38,700.00", "60,000.00")
    assert rows["可计入盘活"].numbers == (55_000.0, 26_000.0)
    assert rows["目标“盘活低效工业用地”增加"].numbers == (pytest.approx(55_000.0), pytest.approx(26_000.0))
    assert rows["统计日"].is_same
    assert not rows["改造方式"].is_same
    table = comparison_table(found, "mu", revision=1, day=today())
    assert table.rows["name"].tolist() == ["乙", "甲"]
    assert {scenario.name for scenario in scenarios(settings)[0]} == {"甲", "乙"}
    for scenario in found:
        drop_scenario(settings, scenario.id)


def test_scenarios_that_cannot_be_kept_or_found(district: Workspace) -> None:
    settings, result = district.settings, ask(district, "DK-A", mode="M06")
    for given, complaint in (
        ({"name": " ", "author": "张"}, "没有填写方案的名称"),
        ({"name": "一", "author": ""}, "没有填写方案的编制人"),
        ({"name": "长" * 61, "author": "张"}, "名称太长（61 字），最多 60 字"),
    ):
        with pytest.raises(UsageError, match=complaint):
            keep_scenario(settings, result, **given)
    kept = keep_scenario(settings, result, name="一", author="张")
    with pytest.raises(ConflictError, match="已经有名为“一”的方案"):
        keep_scenario(settings, result, name="一", author="李")
    with pytest.raises(UsageError, match="最多对比 6 个"):
        find_scenarios(settings, [kept.id] * 7)
    for wrong in ("nope", "../geoapp", "0" * 16):
        with pytest.raises(NotFoundError, match="没有方案"):
            drop_scenario(settings, wrong)
    drop_scenario(settings, kept.id)


def test_broken_documents_are_named_not_hidden(district: Workspace) -> None:
    folder = district.settings.data_dir / "scenarios"
    folder.mkdir(exist_ok=True)
    for name, text in (("a" * 16, "{"), ("b" * 16, "{}"), ("c" * 16, "[1]")):
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    found, problems = scenarios(district.settings)
    assert found == []
    assert len(problems) == 3
    assert f"scenarios/{'a' * 16}.json 读不懂" in problems[0]
    for path in folder.iterdir():
        path.unlink()


def test_folder_that_cannot_be_written_is_said(district: Workspace) -> None:
    folder = district.settings.data_dir / "scenarios"
    if folder.exists():
        folder.rmdir()
    folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(SetupError, match="不能写入方案目录"):
        keep_scenario(district.settings, ask(district, "DK-A", mode="M06"), name="一", author="张")
    folder.unlink()
