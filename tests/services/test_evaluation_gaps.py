"""What the evaluation's data-quality lines tell people from whom figures are hidden: no more than they can see."""

import pytest

from geoapp.domain.record_gaps import RecordGaps
from geoapp.domain.sight import INTERNAL, LEAST_SIGHT, Sight
from geoapp.services.as_of import as_of
from geoapp.services.evaluation import evaluate_year
from geoapp.services.evaluation_gaps import comparison_gaps, enterprise_gaps, evaluated_plot_gaps
from geoapp.services.evaluation_others import official_data
from geoapp.services.evaluation_record import plots_record
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from tests.lists_district import fill_lists
from tests.small_district import write

TOWN = "330205103"
REPORTER = Sight(INTERNAL, TOWN)
SCORES = {"综合得分", "本系统档次", "本系统得分"}


@pytest.fixture
def firms(district: Workspace) -> Workspace:
    """Beside E1 and E2 on A, in the town: E8 on C, in none, above scale as E1 is."""
    fill_lists(district)
    write(
        district,
        enterprises=[{"uscc": "E8", "name": "示例企业辛", "is_above_scale": True}],
        occupancies=[{"plot_code": "DK/C", "uscc": "E8", "role": "owner", "area_m2": 10_000.0}],
        performance=[
            {"uscc": "E8", "year": 2025, "tax_wan": 30.0, "land_area_m2": 10_000.0},
            {"uscc": "E1", "year": 2025, "tax_wan": None, "land_area_m2": 40_000.0},
        ],
        evaluations=[{"uscc": "E8", "year": 2025, "source": "official", "list": "above_scale", "grade": "B"}],
    )
    return district


def counts(found: RecordGaps) -> dict[str, tuple[int, int]]:
    """Return how many of how many lack a field, by its words."""
    return {gap.zh: (gap.count, gap.total) for gap in found.gaps}


def of_enterprises(workspace: Workspace) -> RecordGaps:
    state = as_of(workspace)
    return enterprise_gaps(workspace, evaluate_year(workspace, 2025, state), state, "above_scale")


def of_plots(workspace: Workspace) -> RecordGaps:
    state = as_of(workspace)
    found = evaluate_year(workspace, 2025, state)
    return evaluated_plot_gaps(workspace, found, state, plots_record(found))


def of_comparison(workspace: Workspace) -> RecordGaps:
    state = as_of(workspace)
    found = evaluate_year(workspace, 2025, state)
    record = official_data(workspace, found, state, "above_scale")
    return comparison_gaps(workspace, found, state, record["enterprises"])


def test_to_those_who_see_all_every_gap_is_told(firms: Workspace) -> None:
    found = of_enterprises(firms)
    # Of E1 and E8 the tax of E1 is not known, and of neither what else makes a score.
    assert counts(found)["亩均税收"] == (1, 2)
    assert counts(found)["综合得分"] == (2, 2)
    # A, B and C have enterprises; those of A and B are not taxed wholly known.
    assert counts(of_plots(firms))["亩均税收"] == (2, 3)
    assert counts(of_comparison(firms))["本系统得分"][0] == counts(of_comparison(firms))["本系统得分"][1]


def test_to_viewers_nothing_hidden_is_said_to_be_unknown(firms: Workspace) -> None:
    seen = seen_by(firms, LEAST_SIGHT)
    for found in (of_enterprises(seen), of_plots(seen), of_comparison(seen)):
        looked_at = {*found.looked_at}
        assert looked_at.isdisjoint({"亩均税收", "单位能耗增加值", "单位电耗税收", "评价档次", *SCORES}), (
            looked_at
        )
        assert "本镇街" not in found.words
        assert set(counts(found)) <= looked_at
    assert counts(of_plots(seen))["亩均增加值"] == (3, 3)  # is no secret, and nobody has entered any
    assert "官方得分" in of_comparison(seen).looked_at


def test_to_reporters_the_own_towns_gaps_are_told(firms: Workspace) -> None:
    seen = seen_by(firms, REPORTER)
    found = counts(of_enterprises(seen))
    assert "亩均税收" not in found
    assert found["亩均税收（本镇街）"] == (1, 1)  # E1; whether that of E8 is known is hidden
    assert found["综合得分（本镇街）"] == (1, 1)
    assert found["亩均增加值"] == (2, 2)
    assert counts(of_plots(seen))["亩均税收（本镇街）"] == (1, 1)  # A
    assert counts(of_comparison(seen))["本系统得分（本镇街）"] == (1, 1)
    # Nobody of another town has any of its own here.
    elsewhere = seen_by(firms, Sight(INTERNAL, "330205999"))
    assert "本镇街" not in of_enterprises(elsewhere).words
    assert "亩均税收" not in counts(of_enterprises(elsewhere))


def test_a_list_in_which_no_enterprise_differs_is_compared(firms: Workspace) -> None:
    state = as_of(firms)
    record = official_data(firms, evaluate_year(firms, 2025, state), state, "below_scale_small")
    assert (record["changed"], record["whys"]) == ([], {})
