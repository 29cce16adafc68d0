"""The catalogue and the records of the small district: every computed field worked out by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.fields import FieldInfo, register_fields
from geoapp.services.plot_facts import plot_facts
from geoapp.services.records import (
    canonical_filter,
    filter_mask,
    filter_words,
    record_columns,
    record_frame,
)
from geoapp.services.workspace import Workspace
from tests.small_district import box, write

NOW = AsOf(1, date(2026, 3, 1), is_now=False)
EARLY = AsOf(0, date(2012, 1, 1), is_now=False)


def taken(workspace: Workspace, filter_text: str, state: AsOf = NOW) -> list[str]:
    mask = filter_mask(workspace, "plots", filter_text, state)
    plots = workspace.store.read("plots", revision=state.revision)
    return plots.loc[mask, "plot_code"].tolist()


# Plot A: x 0-200, 30000 m2 registered, counted floor area 24000 m2. B: x 200-400, 29000 m2, 43500 m2. C: x 400-600,
# nothing registered. Line L1 (KX1) covers x -10 to 290: A whole, 90 of B's 200 m. Zone Z1 covers x -500 to 100.


def test_computed_fields_of_plot_a(district: Workspace) -> None:
    plot = record_frame(district, "plots", NOW).loc["DK-A"]
    assert plot["site_area_mu"] == pytest.approx(45.0)  # 30000 m2 x 15 / 10000
    assert plot["far"] == pytest.approx(0.8)  # 24000 / 30000
    assert plot["site_coverage_percent"] == pytest.approx(40.0)  # 12000 / 30000
    assert plot["building_coefficient_percent"] == pytest.approx(45.0)  # (12000 + 1500) / 30000
    assert plot["tax_wan_per_mu"] == pytest.approx(2.0)  # (100 x 20000 / 40000 + 40) / 45
    assert plot["recognised_mu"] == pytest.approx(6.0)  # 4000 m2
    assert (plot["far_class"], plot["grade"], plot["project_stage"]) == ("0.6-1.0", "D", "P06")
    assert (plot["low_efficiency"], plot["low_efficiency_class"]) == ("yes", "yes")
    assert (plot["in_kx1"], plot["in_kx2"], plot["in_control_line"], plot["line_position"]) == (
        True, False, True, "inside",
    )  # fmt: skip
    assert (plot["control_zone"], plot["control_zone_kind"]) == ("Z1", "ZQ1")


def test_what_is_not_known_is_missing_and_never_a_class(district: Workspace) -> None:
    plot = record_frame(district, "plots", NOW).loc["DK/C"]
    for name in (
        "far",
        "far_class",
        "low_efficiency",
        "low_efficiency_class",
        "grade",
        "control_zone",
        "built_year",
    ):
        assert pd.isna(plot[name]), name
    assert (plot["site_area_basis"], plot["line_position"]) == ("ellipsoid", "outside")


def test_ages_by_the_day(workspace: Workspace) -> None:
    write(
        workspace,
        plots=[{"plot_code": "P", "built_year": 2006, "term_end_on": "2056-03-01", "geometry": box(0)}],
    )
    plot = record_frame(workspace, "plots", NOW).loc["P"]
    assert plot["building_age_years"] == 20
    assert plot["remaining_term_years"] == pytest.approx(10_958 / 365.25)  # 30 years, 8 of them leap years


def test_frame_is_in_the_register_s_order_with_all_fields(district: Workspace) -> None:
    frame = record_frame(district, "plots", NOW)
    assert list(frame.index) == ["DK-A", "DK-B", "DK/C"]
    assert [*register_fields(district, "plots"), "geometry"] == list(frame.columns)
    assert frame.crs == 4490
    links = record_frame(district, "performance", NOW)
    assert list(links.index) == ["E1/2022", "E1/2023", "E1/2024", "E1/2025", "E2/2025"]
    assert "geometry" not in links


def test_rows_wanted_are_those_rows_whether_all_are_known_or_not(district: Workspace) -> None:
    names = ["far", "in_kx1", "control_zone", "geometry"]
    some = record_columns(district, "plots", names, NOW, np.array([2, 0]))
    whole = record_frame(district, "plots", NOW)
    again = record_columns(district, "plots", names, NOW, np.array([2, 0]))
    expected = whole.loc[["DK/C", "DK-A"], names]
    pd.testing.assert_frame_equal(some, expected)
    pd.testing.assert_frame_equal(again, expected)


def test_nothing_restricted_is_offered(district: Workspace) -> None:
    for register in district.layers:
        layer = district.layer(register)
        fields = register_fields(district, register)
        hidden = {field.name for field in layer.fields if field.is_restricted}
        assert not hidden & set(fields)
        assert {field.name for field in layer.fields} - hidden <= set(fields)
    assert "tax_wan" not in register_fields(district, "plots")
    for name in ("tax_wan", "nothing_of_the_kind"):  # neither is told from the other
        with pytest.raises(UsageError, match=f"字段“{name}”不能用"):
            filter_mask(district, "performance", f"{name} > 1", NOW)


def test_labels_and_names_are_each_given_once(district: Workspace) -> None:
    for register in district.layers:
        labels = [info.label for info in register_fields(district, register).values()]
        assert len(labels) == len(set(labels)), register
        assert any(info.is_default for info in register_fields(district, register).values())


def test_towns_and_parks_are_offered_by_name(district: Workspace) -> None:
    town = register_fields(district, "plots")["town_code"]
    assert isinstance(town, FieldInfo)
    assert (dict(town.codes), town.has_open_codes) == ({"330205103": "慈城镇"}, True)
    write(district, towns=[{"town_code": "2", "kind": "街道", "geometry": box(9_000)}])
    assert register_fields(district, "plots")["town_code"].codes["2"] == "2"
    assert register_fields(district, "buildings")["plot_code"].codes["DK/C"] == "DK/C"


@pytest.mark.parametrize(
    ("filter_text", "codes"),
    [
        ("", ["DK-A", "DK-B", "DK/C"]),
        ("far < 1", ["DK-A"]),
        ("NOT far < 1", ["DK-B"]),
        ("far <= 0.8", ["DK-A"]),
        ("far < 0.8", []),
        ("far IS NULL", ["DK/C"]),
        ("far < 1 OR far IS NULL", ["DK-A", "DK/C"]),
        ("town_code = '慈城镇'", ["DK-A"]),
        ("town_code <> '慈城镇'", []),
        ("in_control_line", ["DK-A"]),
        ("NOT in_kx1", ["DK-B", "DK/C"]),
        ("line_position = '控制线外'", ["DK-B", "DK/C"]),
        ("control_zone_kind = '战略产业园'", ["DK-A"]),
        ("low_efficiency = 'yes'", ["DK-A"]),
        ("low_efficiency IS NULL", ["DK-B", "DK/C"]),
        ("gfa_actual_m2 > 18000", ["DK-A"]),
        ("gfa_counted_m2 > gfa_far_m2", []),
        ("S_INTERSECTS(geometry, POINT(121.501 29.9586))", ["DK-A"]),
    ],
)
def test_filter_over_the_district(district: Workspace, filter_text: str, codes: list[str]) -> None:
    assert taken(district, filter_text) == codes


def test_any_register_is_filtered_by_its_own_fields(district: Workspace) -> None:
    mask = filter_mask(district, "performance", "grade = 'C' AND year >= 2024", NOW)
    assert mask.tolist() == [False, False, True, False, False]
    with pytest.raises(UsageError, match="没有图形"):
        filter_mask(district, "performance", "geometry IS NULL", NOW)
    with pytest.raises(NotFoundError, match="没有台账"):
        filter_mask(district, "nowhere", "", NOW)


def test_same_filter_is_evaluated_once_and_cannot_be_changed(district: Workspace) -> None:
    mask = filter_mask(district, "plots", "far<1", NOW)
    assert filter_mask(district, "plots", "容积率 < 1.0", NOW) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = False


def test_where_no_control_line_is_registered_nobody_is_outside(workspace: Workspace) -> None:
    plots = [{"plot_code": "P", "geometry": box(0)}]
    write(workspace, plots=plots)
    assert taken(workspace, "in_kx1 OR NOT in_kx1") == []
    assert taken(workspace, "in_kx1 IS NULL AND line_position IS NULL AND control_zone IS NULL") == ["P"]


def test_before_the_first_revision_there_is_nothing_to_filter(district: Workspace) -> None:
    assert filter_mask(district, "plots", "far < 1 AND in_kx1", EARLY).shape == (0,)
    frame = record_frame(district, "plots", EARLY)
    assert (len(frame), list(frame.columns)) == (0, [*register_fields(district, "plots"), "geometry"])


def test_filter_follows_the_day(district: Workspace) -> None:
    write(district, plots=[{"plot_code": "DK-A", "area_reg_m2": 10_000.0, "geometry": box(0)}])
    later = AsOf(2, NOW.day, is_now=True)
    assert taken(district, "far > 2", later) == ["DK-A"]  # 24000 / 10000
    assert taken(district, "far > 2", NOW) == []


def test_words_and_canonical_text(district: Workspace) -> None:
    text = "容积率<1 AND town_code IN ('330205103')"
    assert filter_words(district, "plots", text) == "容积率 小于 1 且 镇街 为 慈城镇"
    assert canonical_filter(district, "plots", text) == "far < 1 AND town_code IN ('330205103')"
    assert filter_words(district, "plots", "") == filter_words(district, "plots", None) == "全部地块"
    assert filter_words(district, "projects", " ") == "全部二次开发项目"
    assert canonical_filter(district, "plots", "TRUE") == ""


@pytest.mark.parametrize(
    "filter_text", ["far < 1", "in_control_line", "low_efficiency = 'yes'", "grade IN ('A','B')"]
)
def test_demo_district_agrees_with_the_facts(demo_workspace: Workspace, filter_text: str) -> None:
    state = as_of(demo_workspace)
    facts = plot_facts(demo_workspace, revision=state.revision, day=state.day)
    expected = {
        "far < 1": facts["far"] < 1,
        "low_efficiency = 'yes'": facts["low_efficiency"] == "yes",
        "grade IN ('A','B')": facts["grade"].isin(["A", "B"]),
    }
    mask = filter_mask(demo_workspace, "plots", filter_text, state)
    assert 0 < mask.sum() < len(mask)
    if filter_text in expected:
        np.testing.assert_array_equal(mask, expected[filter_text].to_numpy(bool))


def test_few_records_and_many_have_the_same_values(workspace: Workspace) -> None:
    # Of twenty plots three are looked at one by one, sixteen among all.
    plots = [
        {"plot_code": f"P{number:02d}", "area_reg_m2": 1_000.0 * (number + 1), "geometry": box(205 * number)}
        for number in range(20)
    ]
    write(
        workspace, plots=plots, control_lines=[{"line_code": "L", "kind": "KX1", "geometry": box(-10, 2_000)}]
    )
    state = as_of(workspace)
    names = ["plot_code", "site_area_mu", "in_control_line", "line_position", "area_reg_m2", "geometry"]
    whole = record_columns(workspace, "plots", names, state)
    for rows in (np.array([19, 3, 0]), np.arange(18, 2, -1)):
        some = record_columns(workspace, "plots", names, state, rows)
        pd.testing.assert_frame_equal(pd.DataFrame(some), pd.DataFrame(whole.iloc[rows]))
    assert (
        whole["in_control_line"].tolist() == [True] * 10 + [False] * 10
    )  # 200 m wide from 0, 205, ...: to 1,990 m
