from datetime import date

from geoapp.domain.statistic import DatedStatistic
from geoapp.services.workspace import load_policy
from geoapp.statistics import (
    concentration,
    far_tax_quadrants,
    find_statistics,
    land_terms,
    statistic_words,
)

POLICY = load_policy()


def ids(day: date) -> set[str]:
    return {statistic.id for statistic in find_statistics(POLICY, day)}


def test_without_a_rule_book_those_that_need_one_are_left_out() -> None:
    plain = {statistic.id for statistic in find_statistics()}
    assert {"plot_count", "tax_per_mu", "far_quartiles"} <= plain
    assert not {"far_distribution", "land_terms", "concentration", "far_tax_quadrants"} & plain


def test_a_statistic_is_left_out_until_its_numbers_hold() -> None:
    # the plan is of 2022-08-22, the plot-ratio limit of 2025-04-25
    assert not {"development_potential", "far_tax_quadrants"} & ids(date(2022, 8, 21))
    assert "development_potential" in ids(date(2022, 8, 22))
    assert "far_tax_quadrants" not in ids(date(2025, 4, 24))
    assert "far_tax_quadrants" in ids(date(2025, 4, 25))


def test_every_statistic_has_its_own_id_and_word() -> None:
    statistics = find_statistics(POLICY, date(2026, 3, 1))
    words = statistic_words()
    assert {statistic.id: statistic.zh for statistic in statistics} == words
    assert len(set(words.values())) == len(words) == len(statistics)


def test_numbers_of_a_statistic_carry_unit_source_and_day() -> None:
    for statistic in (concentration.STATISTIC, far_tax_quadrants.STATISTIC, land_terms.STATISTIC):
        assert isinstance(statistic, DatedStatistic)
        for name in statistic.thresholds:
            number = POLICY.number(name)
            assert number.unit
            assert number.source


def test_classes_follow_the_limits_of_the_day() -> None:
    columns = land_terms.STATISTIC.on({"term_class_breaks": [3, 10]}).columns
    assert [column.zh for column in columns] == [
        "剩余3年以下",
        "剩余3–10年",
        "剩余10年及以上",
        "划拨无年限",
        "剩余年限未知",
    ]
    assert columns[0].shown_name == "term_below_3_area_mu"


def test_the_page_begins_with_what_it_always_showed() -> None:
    statistics = {statistic.id: statistic for statistic in find_statistics(POLICY, date(2026, 3, 1))}
    first = [
        "plot_count", "site_area", "floor_area", "plot_ratio", "known_floor_area", "site_coverage", "low_efficiency",
        "revitalised_area",
    ]  # fmt: skip
    later = [
        "building_coefficient", "grades", "new_floor_area", "concentration", "development_potential",
        "far_distribution", "far_quartiles", "far_tax_quadrants", "land_terms", "low_efficiency_density", "tax_per_mu",
        "vacancy", "value_added_per_mu",
    ]  # fmt: skip
    assert all(statistics[name].is_default for name in first)
    assert not any(statistics[name].is_default for name in later)
    assert [name for name in statistics if name in first] == first
