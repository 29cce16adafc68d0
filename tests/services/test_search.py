import pytest

from geoapp.services.search import SearchResult, search
from geoapp.services.workspace import Workspace
from tests.bench.synthetic import make_plots
from tests.small_district import write


def found(workspace: Workspace, text: str, limit: int = 12) -> list[tuple[str, str]]:
    return [(result.register, result.key) for result in search(workspace, text, limit)]


def test_nothing_is_found_for_nothing(district: Workspace) -> None:
    assert search(district, "  ") == []
    assert search(district, "没有这个词") == []


def test_an_empty_database_finds_nothing(workspace: Workspace) -> None:
    assert search(workspace, "DK") == []


def test_code_is_found_in_any_case_and_width(district: Workspace) -> None:
    assert found(district, "dk-a") == [("plots", "DK-A")]
    assert found(district, "ＤＫ－Ａ") == [("plots", "DK-A")]


def test_exact_comes_before_prefix_and_prefix_before_part(district: Workspace) -> None:
    write(
        district,
        plots=[
            {"plot_code": "X-77", "geometry": None},
            {"plot_code": "77-1", "geometry": None},
            {"plot_code": "77", "geometry": None},
        ],
    )
    assert found(district, "77") == [("plots", "77"), ("plots", "77-1"), ("plots", "X-77")]


def test_all_words_must_occur(district: Workspace) -> None:
    assert found(district, "甲 示例地块") == [("plots", "DK-A")]
    assert found(district, "甲 乙丙") == []


def test_an_enterprise_leads_to_its_plots(district: Workspace) -> None:
    results = search(district, "示例企业乙")
    assert [(r.register, r.key, r.label) for r in results] == [("plots", "DK-A", "示例企业乙")]
    assert results[0].detail == "企业 · 示例地块甲 · DK-A"
    assert results[0].bounds is not None
    # E1 is on A as owner (the plot's own right holder, found first) and on B as tenant
    assert found(district, "示例企业甲") == [("plots", "DK-A"), ("plots", "DK-B")]


def test_an_enterprise_is_found_by_its_credit_code(district: Workspace) -> None:
    assert found(district, "E2") == [("plots", "DK-A")]


def test_an_enterprise_without_plot_is_found_itself(district: Workspace) -> None:
    write(district, enterprises=[{"uscc": "E8", "name": "没有地的企业"}])
    (result,) = search(district, "没有地")
    assert (result.register, result.key, result.bounds) == ("enterprises", "E8", None)
    assert result.to_dict()["centre"] is None


def test_projects_and_zones_are_found(district: Workspace) -> None:
    assert found(district, "甲厂") == [("projects", "X1")]
    assert found(district, "控制线") == [("control_lines", "L1")]
    assert found(district, "慈城") == [("towns", "330205103")]


def test_plots_come_first_among_equals(district: Workspace) -> None:
    registers = [register for register, _ in found(district, "示例")]
    assert registers[:2] == ["plots", "plots"]
    assert len(registers) > 4


def test_restricted_fields_are_not_looked_through(district: Workspace) -> None:
    assert search(district, "13800000000") == []


def test_limit_holds(district: Workspace) -> None:
    assert len(search(district, "示例", limit=2)) == 2


def test_result_tells_where_to_zoom(district: Workspace) -> None:
    answer = search(district, "DK-A")[0].to_dict()
    west, south, east, north = answer["bounds"]
    assert answer["centre"] == [(west + east) / 2, (south + north) / 2]
    assert 121.4 < west < east < 121.6
    assert (answer["label"], answer["detail"]) == ("示例地块甲", "工业地块 · DK-A · 示例企业甲")


def test_new_records_are_found_at_once(district: Workspace) -> None:
    assert search(district, "新来的") == []
    write(district, plots=[{"plot_code": "N1", "name": "新来的地块", "geometry": None}])
    assert found(district, "新来的") == [("plots", "N1")]


@pytest.mark.no_cover  # many plots; few are searched above
def test_twenty_thousand_plots_are_searched(workspace: Workspace) -> None:
    shapes = make_plots(20_000)
    write(
        workspace,
        plots=[
            {"plot_code": code, "name": f"地块{code}", "right_holder": f"企业{code}", "geometry": shape}
            for code, shape in zip(shapes["plot_code"], shapes.geometry, strict=True)
        ],
        enterprises=[{"uscc": f"U{i}", "name": f"示例企业{i}"} for i in range(20_000)],
    )
    for text in ("D000777", "地块", "企业", "17", "示例 999"):
        results: list[SearchResult] = search(workspace, text)
        assert results, text
