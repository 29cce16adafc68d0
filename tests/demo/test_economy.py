"""Enterprises, performance, projects and recognitions of the demo district."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely

from geoapp.domain.layer import Layer
from geoapp.units import m2_to_mu

Registers = dict[str, pd.DataFrame]
YEARS = (2023, 2024, 2025)
DATES = ("start", "complete", "commission")


@pytest.fixture(scope="module")
def performance(registers: Registers) -> pd.DataFrame:
    enterprises = registers["enterprises"].set_index("uscc")
    frame = registers["performance"].assign(land_mu=lambda f: m2_to_mu(f["land_area_m2"]))
    return frame.assign(
        tax_wan_per_mu=frame["tax_wan"] / frame["land_mu"],
        is_above_scale=enterprises["is_above_scale"].loc[frame["uscc"]].to_numpy(dtype=bool),
    )


GONE = {"330205-GY-9001", "330205-GY-9002"}
"""Plots that were merged into another and are no longer on the register."""


def test_every_reference_leads_somewhere(registers: Registers, layers: dict[str, Layer]) -> None:
    for layer in layers.values():
        for field in layer.fields:
            if field.references:
                register, key = field.references.split(".")
                named = set(registers[layer.id][field.name].dropna())
                # Recognitions stay with the plots they were about, after these became others.
                gone = GONE if (layer.id, field.name) == ("recognitions", "plot_code") else set()
                assert named - gone <= set(registers[register][key]), f"{layer.id}.{field.name}"


def test_every_key_is_there_once(registers: Registers, layers: dict[str, Layer]) -> None:
    for layer in layers.values():
        assert not registers[layer.id].duplicated(list(layer.key)).any(), layer.id


def test_credit_codes_have_right_check_digits(registers: Registers) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for code in registers["enterprises"]["uscc"]:
        total = sum(alphabet.index(sign) * 3**place for place, sign in enumerate(code[:17]))
        assert alphabet.index(code[17]) == (31 - total % 31) % 31


def test_land_used_on_a_plot_is_its_site_area(registers: Registers, site_m2: pd.Series) -> None:
    occupancies = registers["occupancies"]
    used = occupancies.groupby("plot_code")["area_m2"].sum()
    assert np.allclose(used, site_m2[used.index], atol=0.05)
    assert 3 <= len(site_m2) - len(used) <= 20
    assert set(occupancies["role"]) == {"owner", "tenant"}


def test_right_holder_is_the_owner(registers: Registers) -> None:
    owners = registers["occupancies"].query("role == 'owner'").set_index("plot_code")["uscc"]
    holders = registers["plots"].set_index("plot_code")["uscc"].dropna()
    assert holders.sort_index().to_dict() == owners.sort_index().to_dict()


@pytest.mark.parametrize("year", YEARS)
def test_tax_is_spread_like_the_districts(performance: pd.DataFrame, year: int) -> None:
    of_year = performance[performance["year"] == year]
    above = of_year[of_year["is_above_scale"]]
    assert of_year["tax_wan_per_mu"].median() == pytest.approx(18, abs=2)
    assert 36 <= above["tax_wan"].sum() / above["land_mu"].sum() <= 45
    assert 9_000 <= above["land_mu"].sum() <= 11_300


@pytest.mark.parametrize("year", YEARS)
def test_grades_are_dealt_out_as_the_rules_say(performance: pd.DataFrame, year: int) -> None:
    shares = performance.loc[performance["year"] == year, "grade"].value_counts(normalize=True)
    wanted = {"A": 0.20, "B": 0.40, "C": 0.32, "D": 0.08}
    assert shares.to_dict() == pytest.approx(wanted, abs=0.01)


def test_grades_follow_the_scores_within_a_list(performance: pd.DataFrame) -> None:
    bounds = performance.groupby(["year", "list", "grade"])["score"].agg(["min", "max"]).reset_index()
    for _, of_list in bounds.groupby(["year", "list"]):
        ordered = of_list.sort_values("grade")
        assert (ordered["min"].to_numpy()[:-1] >= ordered["max"].to_numpy()[1:]).all()


def test_one_enterprise_dominates_the_output(performance: pd.DataFrame) -> None:
    output = performance.loc[performance["year"] == 2025, "output_wan"]
    assert output.max() / output.sum() > 0.1
    assert output.max() > 100 * output.median()


def test_industry_codes_are_manufacturing_of_2017(registers: Registers) -> None:
    codes = registers["enterprises"]["industry_code"]
    assert codes.str.fullmatch(r"\d{4}").all()
    assert codes.str[:2].astype(int).between(13, 43).all()


def test_projects_are_at_every_stage_and_of_every_mode(
    registers: Registers, layers: dict[str, Layer]
) -> None:
    projects = registers["projects"]
    for field in ("stage", "mode"):
        assert set(projects[field]) == set(layers["projects"].field(field).code_labels)


def test_dates_of_a_project_do_not_go_back(registers: Registers) -> None:
    projects = registers["projects"]
    for kind in ("plan", "actual"):
        dates = projects[[f"{name}_{kind}_on" for name in DATES]]
        for earlier, later in zip(dates.columns[:-1], dates.columns[1:], strict=True):
            both = dates.dropna(subset=[earlier, later])
            assert (both[earlier] <= both[later]).all()
            assert not (dates[earlier].isna() & dates[later].notna()).any()
    actual = projects[[f"{name}_actual_on" for name in DATES]]
    assert actual.max(axis=None) <= projects["updated_on"].max()


def test_dates_of_a_project_fit_its_stage(registers: Registers) -> None:
    projects = registers["projects"]
    order = {f"P{n:02d}": n for n in range(13)} | {"PX": 0}
    stage = projects["stage"].map(order)
    assert (projects["start_actual_on"].notna() == (stage >= 6)).all()
    assert (projects["complete_actual_on"].notna() == (stage >= 8)).all()
    assert (projects["commission_actual_on"].notna() == (stage >= 10)).all()


def test_some_projects_are_late_and_some_have_no_news(registers: Registers) -> None:
    projects = registers["projects"]
    day = projects["updated_on"].max()
    late = projects["complete_actual_on"].isna() & (projects["complete_plan_on"] < day)
    silent = projects["updated_on"] < day - pd.Timedelta(days=90)
    overdue_start = projects["start_actual_on"].isna() & (projects["start_plan_on"] < day)
    assert (late | overdue_start).sum() >= 3
    assert silent.sum() >= 5


def test_projects_know_their_area_and_gain(registers: Registers) -> None:
    projects = registers["projects"].set_index("project_code")
    links = registers["project_plots"]
    assert np.allclose(
        links.groupby("project_code")["area_m2"].sum(), projects["area_m2"].sort_index(), atol=0.05
    )
    assert (projects["new_gfa_net_m2"] <= projects["new_gfa_gross_m2"] + 0.1).all()
    assert (projects["far_after"] >= projects["far_before"]).all()
    assert projects.geometry.isna().sum() == 2


def test_a_project_may_concern_a_part_of_a_plot(registers: Registers) -> None:
    plots = registers["plots"].set_index("plot_code").to_crs(4549)
    parts = registers["project_plots"].dropna(subset=["geometry"]).to_crs(4549)
    assert len(parts) >= 3
    own = plots.geometry.loc[parts["plot_code"]].to_numpy()
    outside = shapely.area(shapely.difference(parts.geometry.to_numpy(), own))
    assert outside.max() < 3.0  # a centimetre of rounding along the cut's ends
    assert (parts.area.to_numpy() < shapely.area(own) * 0.8).all()


@pytest.mark.parametrize(("year", "wanted_mu"), [(2020, 600), (2023, 2000), (2025, 3000)])
def test_recognised_area_follows_the_plan(registers: Registers, year: int, wanted_mu: float) -> None:
    records = registers["recognitions"].query("ledger == 'JX_TL'")
    until = records["recognised_on"].dt.year <= year
    assert m2_to_mu(records.loc[until, "area_m2"].sum()) == pytest.approx(wanted_mu, rel=0.01)


def test_no_plot_is_recognised_beyond_its_area_or_twice(registers: Registers, site_m2: pd.Series) -> None:
    records = registers["recognitions"]
    records = records[~records["plot_code"].isin(GONE)]
    net = records.groupby(["ledger", "plot_code"])["area_m2"].sum()
    assert (net <= site_m2.reindex(net.index.get_level_values("plot_code")).to_numpy() + 0.01).all()
    assert (net >= 0).all()
    recognised = records[records["area_m2"] > 0]
    assert not recognised.duplicated(["ledger", "plot_code"]).any()


def test_a_plot_was_merged_after_a_part_of_it_had_been_recognised(registers: Registers) -> None:
    plots = registers["plots"].set_index("plot_code")
    merged = plots[plots["predecessors"].notna()]
    assert merged["predecessors"].tolist() == [";".join(sorted(GONE))]
    records = registers["recognitions"].query("ledger == 'ZRZY_CL'").set_index("plot_code")
    before, after = records.loc["330205-GY-9001"], records.loc[merged.index[0]]
    assert before["recognised_on"] < after["recognised_on"]
    assert 0 < before["area_m2"] < after["area_m2"]


def test_one_recognition_was_revoked(registers: Registers) -> None:
    records = registers["recognitions"]
    revoked = records[records["area_m2"] < 0]
    assert len(revoked) == 1
    assert revoked["event"].item() == "revocation"
    same = records[(records["plot_code"] == revoked["plot_code"].item()) & (records["ledger"] == "JX_TL")]
    assert same["area_m2"].sum() == 0.0
    assert same["recognised_on"].is_monotonic_increasing


def test_new_floor_area_is_about_a_million(registers: Registers, layers: dict[str, Layer]) -> None:
    records = registers["recognitions"].query("ledger == 'JX_TL'")
    assert records["new_gfa_gross_m2"].sum() == pytest.approx(1.0e6, rel=0.05)
    assert 0.5e6 < records["new_gfa_net_m2"].sum() < records["new_gfa_gross_m2"].sum()
    assert set(registers["recognitions"]["ledger"]) == set(layers["recognitions"].field("ledger").code_labels)


def test_micro_parks_are_those_of_the_plan(registers: Registers) -> None:
    micro_parks = registers["micro_parks"]
    assert micro_parks["kind"].value_counts().to_dict() == {"manufacturing": 12, "service": 3}
    assert micro_parks["star_level"].value_counts().to_dict() == {3: 4, 4: 1}
    assert set(micro_parks["status"]) == {"planned", "building", "operating"}
    assert not micro_parks.geometry.duplicated().any()
    let = micro_parks["leased_area_m2"] + micro_parks["leasable_area_m2"]
    assert (let.dropna() <= micro_parks["gfa_m2"][let.notna()]).all()


def test_income_has_a_heavy_tail(performance: pd.DataFrame) -> None:
    revenue = np.log(performance.loc[performance["year"] == 2025, "revenue_wan"])
    assert math.exp(revenue.quantile(0.95) - revenue.median()) > 5
