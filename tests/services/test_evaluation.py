"""A year's evaluation from the registers: results, findings, fixing it, the official result, settings."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.errors import FormError, NotFoundError, SetupError, UsageError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.evaluation import (
    YearEvaluation,
    check_list,
    evaluate_with,
    evaluate_year,
    evaluated_plots,
)
from geoapp.services.evaluation_comparison import (
    OFFICIAL,
    base_comparison,
    compare,
    stored_result,
    with_details,
)
from geoapp.services.evaluation_findings import KINDS, evaluation_findings
from geoapp.services.evaluation_firm import firm_record
from geoapp.services.evaluation_freeze import freeze, frozen_result
from geoapp.services.evaluation_inputs import default_year, evaluation_years
from geoapp.services.evaluation_record import evaluation_record
from geoapp.services.evaluation_rules import (
    evaluation_rules,
    parse_weights,
    rule_numbers,
    rules_day,
    weights_text,
)
from geoapp.services.evaluation_table import comparison_table, evaluation_table, plots_table
from geoapp.services.workspace import Workspace, load_policy, open_workspace
from geoapp.settings import Settings
from tests.evaluation_district import SCORES, YEAR, fill_evaluation, set_policy, spoil
from tests.lending import Lender, lend_workspaces
from tests.small_district import box, write

FORM = {"reason": "年度评价", "document_no": "示例亩均办〔2026〕9号", "entered_by": "经办人"}


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_evaluation)


@pytest.fixture
def evaluated(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The few enterprises; the same from test to test until a test changes them."""
    with lender.lent() as workspace:
        yield workspace


def now(workspace: Workspace) -> AsOf:
    return as_of(workspace)


def found(workspace: Workspace, year: int = YEAR) -> YearEvaluation:
    return evaluate_year(workspace, year, now(workspace))


def with_policy(settings: Settings, **values: str) -> Workspace:
    set_policy(settings.data_dir, **values)
    return fill_evaluation(open_workspace(settings))


def test_scores_and_grades_are_those_worked_out_by_hand(evaluated: Workspace) -> None:
    results = found(evaluated).results
    assert results.loc[list(SCORES), "score"].to_dict() == pytest.approx(SCORES, abs=5e-5)
    assert results["grade"].to_dict() == {"B1": "B", "B2": "C", "B3": "D", "T1": "D"}
    assert results["list"].to_dict() == {**dict.fromkeys(SCORES, "below_scale_large"), "T1": "tenant"}
    bases = found(evaluated).evaluation.scores["below_scale_large"].bases["value"]
    assert bases.to_dict() == pytest.approx({"tax_per_mu": 12.0, "tax_per_power": 522 / 312})


def test_land_is_owned_plus_leased_in_less_leased_out(evaluated: Workspace) -> None:
    land = found(evaluated).inputs.figures[["owned_m2", "leased_in_m2", "leased_out_m2", "land_m2"]]
    assert land.loc["B1"].tolist() == [10_000, 0, 3_000, 7_000]
    assert land.loc["T1"].tolist() == [0, 3_000, 0, 3_000]
    assert land.loc["B3"].tolist() == [
        2_000,
        0,
        0,
        2_000,
    ]  # nobody is registered on P3: its holder has it all


def test_plot_sums_its_enterprises(evaluated: Workspace) -> None:
    plots = evaluated_plots(found(evaluated))
    # (210 + 45) / 15 亩
    assert plots.loc["P1", "tax_wan_per_mu"] == pytest.approx(17.0)
    assert plots.loc["P1", ["grade", "uscc"]].tolist() == ["B", "B1"]
    assert np.isnan(plots.loc["P1", "value_added_wan_per_mu"])


def test_proof_sheet_shows_the_arithmetic_and_withholds_restricted_figures(evaluated: Workspace) -> None:
    record = firm_record(evaluated, found(evaluated), "B1", now(evaluated), unit="mu")
    formulas = [(item["value_formula"], item["points_formula"]) for item in record["enterprise"]["items"]]
    assert formulas == [
        (
            "评价税收 不公开 ÷ 用地面积 10.50 亩 = 20.0000 万元/亩",
            "20.0000 ÷ 基准值 12.0000 = 1.6667，高于上限，按上限计；× 分值 50 = 75.0000",
        ),
        (
            "评价税收 不公开 ÷ 用电量 不公开 = 2.1000 万元/万千瓦时",
            "2.1000 ÷ 基准值 1.6731 = 1.2552；× 分值 50 = 62.7586",
        ),
    ]
    assert (
        record["land_formula"]
        == "自有 10,000.00 ＋ 租入 0.00 － 租出 3,000.00 ＝ 7,000.00 平方米（10.50 亩）"
    )
    assert record["land"][0]["tenants"] == [{"uscc": "T1", "name": "示例租户", "land_m2": 3_000.0}]
    assert (
        "在规下3亩及以上名单 3 家中排第 1 名；A 类 0 家、B 类 1 家、C 类 1 家、D 类 1 家。"
        in record["grade_words"]
    )


def test_first_of_a_list_are_as_among_all_and_the_fingerprint_is_of_all(evaluated: Workspace) -> None:
    year, state = found(evaluated), now(evaluated)
    for code in ("below_scale_large", None):
        whole = evaluation_record(evaluated, year, state, code=code, unit="mu")
        first = evaluation_record(evaluated, year, state, code=code, unit="mu", limit=2)
        assert len(whole["enterprises"]) > 2
        assert first == whole | {"enterprises": whole["enterprises"][:2]}
    for firm in whole["enterprises"]:
        alone = firm_record(evaluated, year, firm["uscc"], state, unit="mu")["enterprise"]
        assert {name: alone[name] for name in firm if name != "items"} == {
            name: value for name, value in firm.items() if name != "items"
        }
        assert [item["points"] for item in alone["items"]] == [item["points"] for item in firm["items"]]


def test_whatever_is_wrong_is_said(evaluated: Workspace) -> None:
    spoil(evaluated)
    findings = evaluation_findings(evaluated, found(evaluated), "mu")
    said = {(finding.code, finding.title) for finding in findings}
    assert said == {
        ("crowded_owners", "P4"), ("reversed", "P3 T1 租用"), ("crowded_occupants", "P5"), ("incomplete", "没有数据"),
        ("incomplete", "名单不符"),
        ("incomplete", "缺税收"), ("incomplete", "未登记"), ("not_registered", "未登记"), ("list_differs", "名单不符"),
        ("land_differs", "名单不符"), ("tie_across", "并列甲"), ("tie_across", "并列乙"), ("mark", "示例乙"),
        ("mark", "示例丙"), ("mark", "无此企业"), ("small_list", "规下3亩及以上"), ("small_list", "租赁企业"),
    }  # fmt: skip
    assert {code for code, _ in said} == set(KINDS)
    words = {finding.title: finding.message for finding in findings if finding.code == "incomplete"}
    assert words["没有数据"] == "亩均评价台账没有 2025 年的数据（企业已迁出）。"
    assert words["缺税收"] == "缺评价税收。"
    assert words["未登记"] == "不知道在哪张名单：缺是否规上、用地关系或用地面积。"
    assert "6,000" not in words["没有数据"]
    crowded = next(finding for finding in findings if finding.code == "crowded_owners")
    assert crowded.message.startswith("用地关系合计 16.50 亩，地块只有 15.00 亩（X1、X2）。")


def test_nobody_is_dropped_and_missing_figures_are_named_on_the_sheet(evaluated: Workspace) -> None:
    spoil(evaluated)
    results = found(evaluated).results
    assert set(results.index) == {"B1", "B2", "B3", "T1", "X1", "X2", "X3", "X4", "X5", "未登记"}
    for uscc, words in (("X3", "没有档次：缺评价税收"), ("未登记", "名单不明"), ("X1", "没有 2025 年的数据")):
        record = firm_record(evaluated, found(evaluated), uscc, now(evaluated), unit="m2")
        assert words in record["grade_words"] + record["list_words"]
        assert record["findings"]
    record = firm_record(evaluated, found(evaluated), "未登记", now(evaluated), unit="mu")
    assert record["land_formula"] == "没有用地关系，亩均评价台账也没有填报用地面积"
    assert (
        "按规模和用地应为规上"
        in firm_record(evaluated, found(evaluated), "X2", now(evaluated), unit="mu")["list_words"]
    )
    with pytest.raises(NotFoundError, match="没有企业“谁”"):
        firm_record(evaluated, found(evaluated), "谁", now(evaluated), unit="mu")


def test_exempt_and_vetoed_enterprises_say_so(evaluated: Workspace) -> None:
    marks = [("B1", "exemption", "relocation"), ("B2", "veto", "major_accident"), ("B3", "veto", "dishonest")]
    rows = [{"year": YEAR, "uscc": uscc, "kind": kind, "code": code} for uscc, kind, code in marks]
    write(evaluated, evaluation_marks=rows)
    results = found(evaluated).results
    assert results["grade"].to_dict() == {"B1": "T", "B2": "D", "B3": "D", "T1": "D"}
    words = {
        uscc: firm_record(evaluated, found(evaluated), uscc, now(evaluated), unit="mu") for uscc in SCORES
    }
    assert "不参评（T）" in words["B1"]["grade_words"]
    assert "直接列入D类" in words["B2"]["grade_words"]
    assert "不得评为A、B类" in words["B3"]["grade_words"]
    assert [mark["code_zh"] for mark in words["B1"]["marks"]] == ["政策性搬迁"]


def test_other_weights_change_nothing_but_the_answer(evaluated: Workspace) -> None:
    before = found(evaluated)
    after = evaluate_with(evaluated, before, "below_scale_large", {"tax_per_power": 100.0}, now(evaluated))
    assert after.results.loc["B1", "score"] == pytest.approx(125.5172, abs=5e-5)
    assert set(after.results.index) == set(SCORES)
    assert found(evaluated) is before
    assert evaluated.store.revision() == 1
    moved = compare(after, before.results.loc[list(SCORES)], "below_scale_large")
    assert moved.same_count == 3


def test_fixed_result_is_one_revision_with_reason_and_document(evaluated: Workspace) -> None:
    revision = freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "1"})
    assert revision is not None
    assert (revision.user, revision.document_no) == ("经办人", "示例亩均办〔2026〕9号")
    assert revision.reason == "固化 2025 年亩均评价：年度评价"
    rows = evaluated.store.read("evaluations").set_index("uscc")
    assert rows["grade"].to_dict() == {"B1": "B", "B2": "C", "B3": "D", "T1": "D"}
    assert rows.loc["B1", ["score", "rank", "points_tax_per_mu"]].tolist() == [137.76, 1, 75.0]
    bases = evaluated.store.read("evaluation_bases")
    base = bases[(bases["list"] == "below_scale_large") & (bases["item"] == "tax_per_mu")].iloc[0]
    assert base[["base_value", "weight", "cap", "enterprise_count", "is_given"]].tolist() == [
        12.0,
        50.0,
        1.5,
        3,
        False,
    ]
    frozen = frozen_result(evaluated, found(evaluated), now(evaluated))
    assert frozen is not None
    assert len(frozen.changed) == 0


def test_later_data_show_what_differs_from_the_fixed_result(evaluated: Workspace) -> None:
    freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "1"})
    write(evaluated, performance=[{"uscc": "B2", "year": YEAR, "tax_wan": 900.0, "power_kwh": 2_000_000.0}])
    frozen = frozen_result(evaluated, found(evaluated), now(evaluated))
    assert frozen is not None
    # (210 + 900 + 12) / 43.5 = 25.79: B2 is first now, B1 second
    assert frozen.changed.loc["B2", ["grade_here", "grade_there", "why_zh"]].tolist() == [
        "B", "C", "得分不同；亩均税收 30.00，固化时 10.00；单位电耗税收 4.5000，固化时 1.5000",
    ]  # fmt: skip
    assert frozen.changed["kind"].to_dict() == {"B1": "grade", "B2": "grade", "B3": "base"}
    assert (
        frozen.changed.loc["B3", "why_zh"] == "档次相同；本企业的数值没有变，变的是基准值、加减分或他家的名次"
    )
    assert evaluated.store.read("evaluations").set_index("uscc").loc["B2", "grade"] == "C"
    with pytest.raises(FormError) as caught:
        freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "1"})
    assert set(caught.value.complaints) == {"seen", "replace"}
    assert "第 3 次修订改了数据" in caught.value.complaints["seen"]
    assert freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "3", "replace": "1"}) is not None
    assert evaluated.store.read("evaluations").set_index("uscc").loc["B2", "grade"] == "B"
    assert freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "4", "replace": "1"}) is None


def test_enterprise_that_is_gone_leaves_the_fixed_result(evaluated: Workspace) -> None:
    gone = {"year": YEAR, "uscc": "走了", "source": "ours", "grade": "A"}
    write(evaluated, evaluations=[gone, {**gone, "source": "official"}, {**gone, "year": 2024}])
    freeze(evaluated, YEAR, now(evaluated), {**FORM, "seen": "2", "replace": "1"})
    left = evaluated.store.read("evaluations")
    kept = left[left["uscc"] == "走了"]
    assert sorted(zip(kept["year"], kept["source"], strict=True)) == [(2024, "ours"), (2025, "official")]


def test_everything_wrong_with_the_form_is_said_at_once(evaluated: Workspace) -> None:
    past = AsOf(1, date(2026, 1, 1), is_now=False)
    with pytest.raises(FormError) as caught:
        freeze(evaluated, YEAR, past, {"document_no": "号" * 101, "seen": "x"})
    assert set(caught.value.complaints) == {"reason", "entered_by", "document_no", "seen"}
    assert "回到现在" in caught.value.complaints["seen"]
    assert evaluated.store.revision() == 1


def test_official_result_comes_in_by_the_ordinary_import(evaluated: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "官方.csv"
    file.write_text(
        "年度,统一社会信用代码,结果来源,名单,得分,评价结果,文号\n"
        "2025,91330205DEM000001C,官方,规下3亩以上,137.76,鼓励提升类,甬亩均〔2026〕1号\n",
        encoding="utf-8-sig",
    )
    write(evaluated, enterprises=[{"uscc": "91330205DEM000001C", "name": "示例"}])
    arguments = ["import", "evaluations", str(file), "--user", "经办人", "--reason", "官方结果", "--yes"]
    result = CliRunner().invoke(main, [*arguments, "--data-dir", str(evaluated.settings.data_dir)])
    assert result.exit_code == 0, result.output
    stored = stored_result(evaluated, YEAR, OFFICIAL, now(evaluated))
    assert stored is not None
    assert stored.origin_zh == "“亩均评价结果”台账（甬亩均〔2026〕1号）"
    assert stored.rows.loc["91330205DEM000001C", ["list", "grade", "score"]].tolist() == [
        "below_scale_large",
        "B",
        137.76,
    ]


def official(workspace: Workspace, **rows: dict) -> None:
    common = {"year": YEAR, "source": "official", "list": "below_scale_large", "decided_on": "2026-06-30"}
    write(workspace, evaluations=[{**common, "uscc": uscc, **row} for uscc, row in rows.items()])


def test_difference_from_the_official_result_says_why(evaluated: Workspace) -> None:
    official(
        evaluated, B1={"grade": "A", "score": 130.0, "value_tax_per_mu": 19.5}, B2={"grade": "C", "score": 86.49},
        B3={"grade": "C", "score": 46.55},
    )  # fmt: skip
    stored = stored_result(evaluated, YEAR, OFFICIAL, now(evaluated))
    assert stored is not None
    compared = compare(found(evaluated), stored.rows)
    lines = with_details(evaluated, found(evaluated), compared.lines, stored.rows, now(evaluated))
    assert lines["why_zh"].to_dict() == {
        "B1": "得分不同：亩均税收 20.00，官方 19.50", "B2": "",
        "B3": "得分相同，档次界线不同（名额、否决或并列的取舍）", "T1": "对方没有这家企业",
    }  # fmt: skip
    assert compared.same_count == 1
    assert (compared.matrix.loc["A", "B"], compared.matrix.loc["C", "C"], compared.matrix.loc["", "D"]) == (
        1,
        1,
        1,
    )
    assert len(compare(found(evaluated), stored.rows, "tenant").lines) == 1


def test_official_bases_may_explain_a_difference(evaluated: Workspace) -> None:
    # with base 10: B1 stays capped; B2 10 / 10 x 50 + 44.8276 = 94.8276; B3 20 + 29.8851 = 49.8851
    common = {"year": YEAR, "list": "below_scale_large", "source": "official", "weight": 50.0}
    bases = [{**common, "item": "tax_per_mu", "base_value": 10.0},
             {**common, "item": "tax_per_power", "base_value": 522 / 312}]  # fmt: skip
    write(evaluated, evaluation_bases=[*bases, {**bases[0], "list": "above_scale"}])
    official(
        evaluated, B2={"grade": "B", "score": 94.83}, B3={"grade": "C", "score": 60.0}, T1={"grade": "A"}
    )
    stored = stored_result(evaluated, YEAR, OFFICIAL, now(evaluated))
    assert stored is not None
    lines = compare(found(evaluated), stored.rows).lines
    words = with_details(evaluated, found(evaluated), lines, stored.rows, now(evaluated))["why_zh"]
    assert words["B2"] == "得分不同：按官方基准值重算为 94.83，与官方一致"
    assert words["B3"] == "得分不同：按官方基准值重算为 49.89，仍差 -10.11（数据、加减分或取舍不同）"
    stated = base_comparison(evaluated, found(evaluated), OFFICIAL, now(evaluated))
    assert next((line["item"], line["base_here"], line["base_there"]) for line in stated) == (
        "tax_per_mu",
        12.0,
        10.0,
    )


def test_without_an_official_result_the_performance_register_stands_for_it(evaluated: Workspace) -> None:
    assert stored_result(evaluated, YEAR, OFFICIAL, now(evaluated)) is None
    write(evaluated, performance=[{"uscc": "B1", "year": YEAR, "tax_wan": 210.0, "grade": "A"}])
    stored = stored_result(evaluated, YEAR, OFFICIAL, now(evaluated))
    assert stored is not None
    assert stored.origin_zh == "“亩均评价”台账填报的档次"


def test_small_tenants_follow_the_owner_where_the_rule_book_says_so(settings: Settings) -> None:
    workspace = with_policy(settings, follow_owner_mu="10.0")
    assert found(workspace).results.loc["T1", ["grade", "followed"]].tolist() == ["B", "B1"]
    words = firm_record(workspace, found(workspace), "T1", now(workspace), unit="mu")["grade_words"]
    assert "档次随所在地块业主 B1" in words
    write(workspace, micro_parks=[{"micro_park_code": "W", "name": "园", "geometry": box(-50)}])
    assert found(workspace).results.loc["T1", ["grade", "followed"]].tolist() == ["D", ""]
    workspace.store.close()


def test_tenants_in_micro_parks_follow_too_where_the_rule_book_says_so(settings: Settings) -> None:
    workspace = with_policy(settings, follow_owner_mu="10.0", follow_in_micro_parks="true")
    write(workspace, micro_parks=[{"micro_park_code": "W", "name": "园", "geometry": box(-50)}])
    assert found(workspace).results.loc["T1", "followed"] == "B1"
    workspace.store.close()


def test_reported_land_is_used_where_the_rule_book_prefers_it(settings: Settings) -> None:
    workspace = with_policy(settings, land_order='["reported", "occupancies"]')
    write(workspace, performance=[{"uscc": "B2", "year": YEAR, "tax_wan": 300.0, "land_area_m2": 10_000.0}])
    figures = found(workspace).inputs.figures
    assert figures["land_source"].to_dict() == {
        "B1": "occupancies", "B2": "reported", "B3": "occupancies", "T1": "occupancies",
    }  # fmt: skip
    record = firm_record(workspace, found(workspace), "B2", now(workspace), unit="mu")
    assert record["land_formula"] == "用地关系算不出来，采用亩均评价台账填报的 15.00 亩"
    workspace.store.close()


@pytest.mark.parametrize(
    ("number", "value", "words"),
    [
        ("weights_tenant", "{ tax_per_mu = 0 }", "分值合计为零"),
        ("weights_tenant", "{ tax_per_mu = -1, rd_share = 5 }", "分值不能为负"),
        ("weights_tenant", '{ "税收" = 1 }', "不认识的指标“税收”"),
        ("bases_tenant", "{ abc = 1 }", "不认识的指标“abc”"),
        ("missing_as_average", '["abc"]', "不认识的指标“abc”"),
        ("grade_shares", "{ A = 0.5, B = 0.6, D = 0.1 }", "合计不大于 1"),
        ("grade_shares", "{ A = 0.5 }", "应为 A、B、D 三档"),
        ("veto_effects", '{ other = "E" }', "后果“E”应为 D 或 no_AB"),
        ("tax_floor_effect", '"E"', "后果“E”应为 D 或 no_AB"),
    ],
)
def test_rule_book_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, number: str, value: str, words: str
) -> None:
    set_policy(tmp_path, **{number: value})
    with pytest.raises(SetupError, match=rf"evaluation_{number}|evaluation_veto_effects") as caught:
        evaluation_rules(load_policy(tmp_path), date(2026, 1, 1))
    assert words in str(caught.value)


def test_unknown_source_of_land_is_refused_by_name(settings: Settings) -> None:
    workspace = with_policy(settings, land_order='["猜"]')
    with pytest.raises(SetupError, match=r"evaluation_land_order.*不认识的来源“猜”"):
        found(workspace)
    workspace.store.close()


def test_base_given_by_a_document_is_used(settings: Settings) -> None:
    workspace = with_policy(settings, bases_below_scale_large="{ tax_per_mu = 20 }")
    scores = found(workspace).evaluation.scores["below_scale_large"]
    assert scores.points.loc["B1", "tax_per_mu"] == pytest.approx(50.0)
    assert scores.bases["is_given"].to_dict() == {"tax_per_mu": True, "tax_per_power": False}
    workspace.store.close()


def test_year_is_evaluated_by_the_rules_of_the_year_after_at_the_latest() -> None:
    policy = load_policy()
    assert rules_day(policy, 2023, date(2026, 5, 1)) == date(2024, 12, 31)
    assert rules_day(policy, 2025, date(2026, 5, 1)) == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("abc:1", "不认识的指标“abc”"),
        ("tax_per_mu:1,tax_per_mu:2", "出现了两次"),
        ("tax_per_mu:x", "分值“x”应为 0 到 1000"),
        ("tax_per_mu:-1", "应为 0 到 1000"),
        ("tax_per_mu:nan", "应为 0 到 1000"),
        ("tax_per_mu:0,rd_share:0", "合计为零"),
        ("", "不认识的指标“”"),
    ],
)
def test_weights_that_cannot_be_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"指标|分值|两次") as caught:
        parse_weights(text)
    assert words in str(caught.value)


def test_weights_survive_an_address() -> None:
    assert parse_weights(weights_text({"tax_per_mu": 33.5, "rd_share": 1.0})) == {
        "tax_per_mu": 33.5,
        "rd_share": 1.0,
    }


def test_numbers_of_the_rule_book_stand_in_words() -> None:
    numbers = {
        number.id: number.value_zh for number in rule_numbers(load_policy(), date(2026, 1, 1), "tenant")
    }
    assert numbers["evaluation_weights_tenant"] == "亩均税收 50；单位电耗税收 50"
    assert numbers["evaluation_grade_shares"] == "A 20%；B 40%；D 5%"
    assert numbers["evaluation_item_cap"] == "1.5 倍"
    assert "重大安全事故 直接列入D类" in numbers["evaluation_veto_effects"]
    assert (numbers["evaluation_tax_floor_effect"], numbers["evaluation_tenants_first"]) == ("只提示", "是")


def test_year_without_data_names_those_there_are(evaluated: Workspace) -> None:
    assert evaluation_years(evaluated, now(evaluated)) == [YEAR]
    assert default_year(evaluated, now(evaluated)) == YEAR
    with pytest.raises(NotFoundError, match="没有 2020 年的数据；有数据的年度：2025"):
        found(evaluated, 2020)
    with pytest.raises(NotFoundError, match="没有评价名单“x”"):
        check_list("x")


def test_empty_installation_says_what_to_import(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="还没有数据"):
        default_year(workspace, now(workspace))
    with pytest.raises(NotFoundError, match="请先在“导入”页导入"):
        found(workspace)


def test_tables_hold_every_enterprise_in_the_unit_asked_for(evaluated: Workspace) -> None:
    spoil(evaluated)
    state = now(evaluated)
    table = evaluation_table(evaluated, found(evaluated), state, code=None, unit="ha", notes=("注",))
    assert len(table.rows) == 10
    by_uscc = table.rows.set_index("uscc")
    assert by_uscc.loc["B1", "land_m2"] == pytest.approx(0.7)
    assert by_uscc.loc["B1", ["score", "bonus"]].tolist() == pytest.approx([by_uscc.loc["B1", "score"], 2.0])
    assert any(note.startswith("规下3亩及以上：亩均税收 分值 50，基准值") for note in table.notes)
    assert "tax_wan" not in {info.name for info in table.fields}
    plots = plots_table(evaluated, found(evaluated), state, "m2").rows
    assert plots.loc["P1", "site_area_m2"] == 10_000.0
    rows = found(evaluated).results
    compared = with_details(evaluated, found(evaluated), compare(found(evaluated), rows).lines, rows, state)
    assert comparison_table(evaluated, found(evaluated), state, compared, "自己", "tenant").is_filtered


def test_command_line_gives_what_the_page_gives(evaluated: Workspace) -> None:
    folder = ["--data-dir", str(evaluated.settings.data_dir)]
    result = CliRunner().invoke(main, ["evaluation", "2025", "--list", "below_scale_large", *folder])
    assert result.exit_code == 1, result.output  # the list has three enterprises: that is a finding
    assert "137.76" in result.output
    assert "12.00" in result.output
    tried = CliRunner().invoke(
        main, ["evaluation", "--list", "below_scale_large", "--weights", "tax_per_mu:100", "--json", *folder]
    )
    assert '"weights": "tax_per_mu:100"' in tried.output
    for arguments, words in (
        (["25x"], "年度“25x”应为四位年份"), (["2019"], "没有 2019 年的数据"),
        (["--weights", "tax_per_mu:1"], "要同时写 --list"),
    ):  # fmt: skip
        refused = CliRunner().invoke(main, ["evaluation", *arguments, *folder])
        assert refused.exit_code == 2
        assert words in refused.output


def test_demo_has_an_official_result_that_its_own_bases_explain(demo_workspace: Workspace) -> None:
    state = now(demo_workspace)
    result = evaluate_year(demo_workspace, YEAR, state)
    assert {code: sum(result.counts(code).values()) for code in result.evaluation.scores} == {
        "above_scale": 172, "below_scale_large": 226, "below_scale_small": 2, "tenant": 210,
    }  # fmt: skip
    stored = stored_result(demo_workspace, YEAR, OFFICIAL, state)
    assert stored is not None
    lines = compare(result, stored.rows, "below_scale_large").lines
    said = with_details(demo_workspace, result, lines, stored.rows, state)["why_zh"]
    assert said.str.endswith("与官方一致").sum() > 15


def test_year_before_the_rule_book_does_not_close_the_sheet(evaluated: Workspace) -> None:
    write(evaluated, performance=[{"uscc": "B1", "year": 2010, "tax_wan": 1.0}])
    history = firm_record(evaluated, found(evaluated), "B1", now(evaluated), unit="mu")["history"]
    assert [(line["year"], line["list"]) for line in history] == [
        (2025, "below_scale_large"),
        (2010, "no_rules"),
    ]
    with pytest.raises(NotFoundError, match="尚未生效"):
        found(evaluated, 2010)
