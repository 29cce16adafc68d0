"""Portfolio over the registers: who is a candidate, what each would give and cost, and the answer in words."""

from collections.abc import Iterator

import pandas as pd
import pytest

from geoapp.errors import UsageError
from geoapp.reports.portfolio import portfolio_record, portfolio_table, town_sums
from geoapp.services.as_of import as_of
from geoapp.services.candidates import candidate_list
from geoapp.services.portfolio import PortfolioAnswer, find_portfolio
from geoapp.services.portfolio_candidates import portfolio_candidates
from geoapp.services.portfolio_question import question_query, read_question
from geoapp.services.workspace import Workspace
from tests.lending import Lender, lend_workspaces
from tests.small_district import box, fill, write

COMMON = {
    "town_code": "330205103", "landuse_code": "0601", "low_efficiency_status": "recognised", "area_reg_m2": 30_000.0,
    "gfa_far_m2": 15_000.0, "gfa_actual_m2": 15_000.0, "footprint_m2": 10_000.0, "is_demo": True,
}  # fmt: skip
CANDIDATES = [
    {**COMMON, "plot_code": "H1", "name": "一号", "geometry": box(0)},
    {**COMMON, "plot_code": "H2", "plan_far_max": 1.5, "geometry": box(0)},
    {**COMMON, "plot_code": "H3", "height_limit_m": 24.0, "geometry": box(3_000)},  # outside the line
    {**COMMON, "plot_code": "H4", "town_code": None, "gfa_far_m2": None, "gfa_actual_m2": None, "geometry": box(0)},
    {**COMMON, "plot_code": "H5", "landuse_code": "0701", "geometry": box(0)},  # no industry
    {**COMMON, "plot_code": "H6", "low_efficiency_status": "removed", "geometry": box(0)},
]  # fmt: skip


def fill_pool(workspace: Workspace) -> None:
    fill(workspace)
    write(
        workspace,
        plots=CANDIDATES,
        projects=[
            {"project_code": "X7", "name": "一号改造", "stage": "P03", "complete_plan_on": "2099-06-30"}
        ],
        project_plots=[{"project_code": "X7", "plot_code": "H1", "geometry": None}],
    )


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender[Workspace]]:
    yield from lend_workspaces(tmp_path_factory, fill_pool)


@pytest.fixture
def pool(lender: Lender[Workspace]) -> Iterator[Workspace]:
    """The small district with plots to choose from; the same one from test to test until a test changes it."""
    with lender.lent() as workspace:
        yield workspace


def ask(workspace: Workspace, **words: str) -> PortfolioAnswer:
    state = as_of(workspace)
    return find_portfolio(workspace, read_question(workspace, {"seconds": "60", **words}, state), state)


def test_ready_year_where_no_project_is_kept(workspace: Workspace) -> None:
    """An office that has imported its plots and nothing else: rebuilding takes the rule book's three years."""
    write(workspace, plots=CANDIDATES[:2])
    state = as_of(workspace)
    found = portfolio_candidates(workspace, state, mode="M01")
    assert found["ready_year"].tolist() == [state.day.year + 3] * 2


def test_candidates_by_hand(pool: Workspace) -> None:
    state = as_of(pool)
    ranked = portfolio_candidates(pool, state, mode="M01")
    assert ranked["score"].is_monotonic_decreasing
    found = ranked.sort_index()
    assert found.index.tolist() == ["H1", "H2", "H3", "H4"]  # DK-A is listed too, but recognised in part
    # far 2.0; H2 may only have 1.5; H3 holds 4 storeys of 5 m on a third: 1.333
    assert found["far_after"].round(3).tolist() == [2.0, 1.5, 1.333, 2.0]
    assert found["added_gfa_m2"].round(1).tolist() == [60_000.0, 45_000.0, 40_000.0, 60_000.0]
    assert found["net_gfa_m2"].round(1).tolist()[:3] == [45_000.0, 30_000.0, 25_000.0]
    assert pd.isna(found.loc["H4", "net_gfa_m2"])
    # 60,000 x 0.25 + 15,000 x 0.01; what goes of H4 is not known
    assert found.loc["H1", "cost_wan"] == pytest.approx(15_150.0)
    assert pd.isna(found.loc["H4", "cost_wan"])
    assert found["ready_year"].tolist() == [2099.0, *[state.day.year + 3.0] * 3]
    assert found["is_inside_line"].tolist() == [True, True, False, True]
    scores = candidate_list(pool, state).candidates["score"]
    assert found["score"].to_dict() == scores[found.index].to_dict()


def test_modes_that_build_nothing_add_nothing(pool: Workspace) -> None:
    found = portfolio_candidates(pool, as_of(pool), mode="M04").sort_index()
    assert found["added_gfa_m2"].tolist() == [0.0] * 4
    assert found.loc["H1", "cost_wan"] == pytest.approx(45 * 80 + 150)  # 80 万元/亩, demolition
    unknown = portfolio_candidates(pool, as_of(pool), mode="M06")
    assert unknown["cost_wan"].isna().all()


def test_answer_in_words_record_and_table(pool: Workspace) -> None:
    found = ask(pool, area="80", inside="1", objective="cost", mode="M01")
    choice = found.portfolio.choice
    assert choice is not None
    # 45 mu each: two of H1 and H2 (H4 has no cost, H3 is outside)
    assert choice.codes == ("H1", "H2")
    assert found.verdict == "造价最低的组合：2 个项目，已证明最优。"
    assert found.asked_words["目标"] == "盘活 80.00 亩以上"
    assert found.findings[0] == "4 宗候选里有 2 宗不能选：1 宗造价不知道、1 宗在控制线外。"
    record = portfolio_record(found, "ha")
    assert record["choice"]["plots"] == ["H1", "H2"]
    assert record["choice"]["land_totals"] == {"unit": "ha", "area": 6.0}
    assert [plot["town_zh"] for plot in record["plots"]] == ["慈城镇", "慈城镇"]
    table = portfolio_table(found, "ha")
    assert table.rows["area_m2"].tolist() == [3.0, 3.0]
    assert town_sums(found, choice) == [
        {"town_code": "330205103", "town_zh": "慈城镇", "project_count": 2, "area_m2": 60_000.0,
         "added_gfa_m2": 105_000.0}
    ]  # fmt: skip


def test_town_without_a_project_is_listed_with_nothing(pool: Workspace) -> None:
    found = ask(pool, gfa="50000", exclude="H1,H2,H3")
    choice = found.portfolio.choice
    assert choice is not None
    assert choice.codes == ("H4",)
    assert [town["project_count"] for town in town_sums(found, choice)] == [0]
    assert "有候选地块而没有选中项目的镇街：慈城镇。" in found.findings
    assert any("镇街不知道" in finding for finding in found.findings)


def test_what_stands_in_the_way_is_said(pool: Workspace) -> None:
    few = ask(pool, area="80", projects="1")
    assert few.verdict == "没有任何组合能同时满足全部要求（已证明）。"
    assert few.advice == (
        "只要把盘活面积目标降到 45.00 亩（少 35.00 亩），就能满足其余要求。",
        "只要把项目数上限放宽到 2 个（多 1 个），就能满足其余要求。",
    )
    dear = ask(pool, gfa="100000", budget="20000")
    assert any("把新增建筑面积目标降到 60,000 平方米（少 40,000 平方米）" in words for words in dear.advice)
    # H1 and H3: 15,150 + 10,150
    assert any("把预算放宽到 25,300.00 万元（多 5,300.00 万元）" in words for words in dear.advice)
    outside = ask(pool, area="170", inside="1")
    assert any("允许控制线外 1 宗" in words for words in outside.advice)
    year = as_of(pool).day.year
    late = ask(pool, area="10", year=str(year))
    assert late.advice == (f"只要把完成年份放宽到 {year + 3} 年，就能满足其余要求。",)
    record = portfolio_record(late)
    assert record["advice"][0]["reached"] == {"year": year + 3}
    assert portfolio_table(late, "mu").rows.empty


def test_no_way_out_is_said_too(pool: Workspace) -> None:
    found = ask(pool, area="10", exclude="H1,H2,H3,H4")
    assert found.advice == ()
    assert any("没有找到靠放宽要求就能做到的办法" in finding for finding in found.findings)


def test_towns_in_the_way_are_named(pool: Workspace) -> None:
    towns = [{"town_code": "T2", "name": "乙镇", "geometry": box(9_000)}]
    write(pool, towns=towns, plots=[{**COMMON, "plot_code": "H7", "town_code": "T2", "geometry": box(0)}])
    found = ask(pool, towns="1", projects="1")
    assert any(words.startswith("只要允许 1 个镇街没有项目（如 ") for words in found.advice)


def test_no_candidates_at_all(district: Workspace) -> None:
    found = ask(district, area="10")
    assert found.findings[0].startswith("没有候选地块")
    assert found.portfolio.is_infeasible
    assert found.advice == ()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({}, "没有给出要达到的目标"),
        ({"projects": "3"}, "没有给出要达到的目标"),
        ({"area": "0"}, "盘活面积目标（亩）“0”不正确，应为大于 0"),
        ({"area": "x"}, "盘活面积目标（亩）“x”不正确"),
        ({"area": "1", "projects": "0"}, "项目数上限“0”不正确，应为 1 到"),
        ({"area": "1", "projects": "1.5"}, "项目数上限“1.5”不正确"),
        ({"area": "1", "budget": "-5"}, "预算上限（万元）“-5”不正确"),
        ({"area": "1", "year": "2000"}, "完成年份 2000 已经过去"),
        ({"area": "1", "towns": "yes"}, "“每个镇街至少一个”（towns）的值“yes”不认识"),
        ({"area": "1", "objective": "best"}, "优选目标“best”不认识；可用：projects（项目最少）"),
        ({"area": "1", "mode": "M99"}, "改造方式“M99”不认识"),
        ({"area": "1", "mode": "M06", "far": "2"}, "不新建、不加建"),
        ({"area": "1", "seconds": "61"}, "求解时限（秒）“61”不正确"),
        ({"area": "1", "differ": "0"}, "次优组合至少换掉的宗数“0”不正确"),
    ],
)
def test_what_cannot_be_asked_is_refused(district: Workspace, words: dict[str, str], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_question(district, words, as_of(district))
    assert complaint in str(caught.value)


def test_only_what_was_given_stands_in_links() -> None:
    assert question_query({"area": " 3 ", "gfa": "", "nope": "1"}) == {"area": "3"}
