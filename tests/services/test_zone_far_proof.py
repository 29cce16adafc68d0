"""The proof sheet of a zone: its lines give the figure of the statistics table to the last digit."""

import json
from datetime import date

import pytest

from geoapp.errors import NotFoundError, UsageError
from geoapp.reports.far_proof import proof_record
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.workspace import Workspace
from geoapp.services.zone_far_proof import zone_far_proof
from geoapp.services.zone_statistics import zone_statistics
from tests.small_district import BUILDINGS, PLOTS, write

DAY = date(2026, 3, 1)
NOW = AsOf(1, DAY, is_now=True)


def test_half_a_plot_counts_half(district: Workspace) -> None:
    # Z1 ends in the middle of plot A: 24,000 / 2 over 30,000 / 2
    proof = zone_far_proof(district, "control_zones", "Z1", as_of=NOW)
    (line,) = proof.lines
    assert (line.plot_code, line.address) == ("DK-A", "/plots/DK-A")
    assert line.share == pytest.approx(0.5)
    assert line.gfa_in_zone_m2 == pytest.approx(12_000)
    assert line.area_in_zone_m2 == pytest.approx(15_000)
    assert proof.formula == "12,000.00 ÷ 15,000.00 = 0.80"
    assert (proof.name, proof.far, proof.left_out) == ("示例产业园", pytest.approx(0.8, rel=1e-12), ())


def test_the_total_is_of_sums_and_names_what_is_left_out(district: Workspace) -> None:
    proof = zone_far_proof(district, "towns", "(total)", as_of=NOW)
    # (24,000 + 43,500) / (30,000 + 29,000); plot C has no floor area
    assert (proof.gfa_counted_m2, proof.site_area_m2) == (67_500, 59_000)
    assert proof.far == 67_500 / 59_000
    (plot,) = proof.left_out
    assert (plot.plot_code, plot.address, plot.reason) == ("DK/C", "/plots/DK/C", "计容建筑面积不明")
    assert proof.known_gfa_share == pytest.approx(59_000 / (59_000 + plot.site_area_m2))
    assert proof.all_site_area_m2 == pytest.approx(59_000 + plot.site_area_m2)
    assert any("没有进容积率" in words for words in proof.findings)
    lines = {line.plot_code: line.notes for line in proof.lines}
    assert lines == {"DK-A": (), "DK-B": ("登记面积与椭球面积相差 3.39%",)}


def test_wrong_data_is_noted_on_its_line(workspace: Workspace) -> None:
    plots = [
        {**PLOTS[0], "area_reg_m2": -1.0},
        {**PLOTS[1], "gfa_far_m2": -5.0},
        {**PLOTS[2], "geometry": None, "gfa_far_m2": 100.0},
    ]
    write(workspace, plots=plots, buildings=[{**BUILDINGS[0], "storey_height_m": None}])
    proof = zone_far_proof(workspace, "towns", "(total)", as_of=NOW)
    notes = {line.plot_code: line.notes for line in proof.lines}
    assert notes["DK-A"] == ("有建筑缺层高，计容面积是下限", "登记面积不大于零")
    assert "计容建筑面积是负数" in notes["DK-B"]
    assert [plot.reason for plot in proof.left_out] == ["用地面积不明"]
    assert any("2 宗地的数据需要核对" in words for words in proof.findings)
    assert "NaN" not in json.dumps(proof_record(proof))


def test_a_row_without_plots_has_no_ratio(district: Workspace) -> None:
    proof = zone_far_proof(district, "micro_parks", "W1", as_of=NOW)
    assert (proof.far, proof.lines, proof.left_out, proof.known_gfa_share) == (None, (), (), None)
    assert proof.formula == "0.00 ÷ 0.00 = —"
    assert "NaN" not in json.dumps(proof_record(proof))


@pytest.mark.parametrize("membership", ["clip", "largest", "centroid"])
@pytest.mark.parametrize("zones", ["towns", "control_zones", "control_line:KX1"])
@pytest.mark.parametrize("filter_text", ["", "far < 1"])
def test_lines_give_the_tables_figure_to_the_last_digit(
    demo_workspace: Workspace, zones: str, membership: str, filter_text: str
) -> None:
    state = as_of(demo_workspace)
    table = zone_statistics(
        demo_workspace, zones=zones, membership=membership, revision=state.revision, day=state.day,
        filter_text=filter_text,
    )  # fmt: skip
    for key in [*table.rows.index[:2], *table.rows.index[-2:]]:
        proof = zone_far_proof(
            demo_workspace, zones, key, membership=membership, as_of=state, filter_text=filter_text
        )
        figures = table.rows.loc[key]
        if not proof.lines:
            assert proof.far is None
            continue
        assert proof.far == figures["far"] == proof.gfa_counted_m2 / proof.site_area_m2
        assert proof.known_gfa_share == figures["known_gfa_share"]


def test_an_older_revision_is_as_it_was(district: Workspace) -> None:
    write(district, buildings=[{**BUILDINGS[1], "gfa_m2": 9_000.0}])
    assert zone_far_proof(district, "control_zones", "Z1", as_of=NOW).far == pytest.approx(0.8, rel=1e-12)
    assert zone_far_proof(
        district, "control_zones", "Z1", as_of=AsOf(2, DAY, is_now=True)
    ).far == pytest.approx(1.0, rel=1e-12)


def test_what_is_not_there_is_refused(district: Workspace) -> None:
    with pytest.raises(NotFoundError, match="没有分区“Z9”"):
        zone_far_proof(district, "control_zones", "Z9", as_of=NOW)
    with pytest.raises(NotFoundError, match="nowhere"):
        zone_far_proof(district, "nowhere", "Z1", as_of=NOW)
    with pytest.raises(UsageError, match="归属方式"):
        zone_far_proof(district, "towns", "(total)", membership="half", as_of=NOW)
