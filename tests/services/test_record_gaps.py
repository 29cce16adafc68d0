"""The data-quality line: what is unknown of the records in a table, by hand, and how old they are."""

from dataclasses import replace
from datetime import date

import numpy as np

from geoapp.domain.record_gaps import RecordGaps, gap_of
from geoapp.domain.sight import LEAST_SIGHT
from geoapp.services.as_of import as_of
from geoapp.services.record_gaps import record_gaps
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace

# Of DK-A everything is known but the town of none of the others: DK-B has no tax of its own (its owner is a tenant with
# a share), DK/C has nothing but its outline.


def test_plots_by_hand(district: Workspace) -> None:
    found = record_gaps(district, "plots", as_of(district))
    counts = {gap.name: (gap.count, gap.keys) for gap in found.gaps}
    assert found.total == 3
    assert counts["far"] == (1, ("DK/C",))
    assert counts["building_coefficient_percent"] == (2, ("DK-B", "DK/C"))
    assert counts["town_code"] == (2, ("DK-B", "DK/C"))
    assert "site_area_m2" not in counts  # registered, or measured on the outline
    assert "容积率 1（33.3%）" in found.words
    assert found.words.startswith("数据质量：3 宗地，不明：容积率 1（33.3%）、建筑系数 2（66.7%）")
    assert "亩均数据是 2025 年的" in found.words


def test_only_the_records_in_the_table_are_looked_at(district: Workspace) -> None:
    state = as_of(district)
    filtered = record_gaps(district, "plots", state, filter_text="far > 0.5")
    named = record_gaps(district, "plots", state, keys=["DK-A", "DK-B", "没有"])
    assert filtered == named
    assert filtered.total == 2
    assert "far" not in {gap.name for gap in filtered.gaps}


def test_what_is_hidden_is_no_gap(district: Workspace) -> None:
    seen = seen_by(district, LEAST_SIGHT)
    found = record_gaps(seen, "plots", as_of(seen))
    assert "tax_wan_per_mu" not in {gap.name for gap in found.gaps}


def test_projects_and_other_registers(district: Workspace) -> None:
    state = as_of(district)
    projects = record_gaps(district, "projects", state)
    counts = {gap.name: gap.count for gap in projects.gaps}
    assert projects.total == 3
    assert counts["mode"] == 1  # X3 says none
    assert counts["responsible_body"] == counts["area_m2"] == 3
    assert projects.words.startswith("数据质量：3 个项目，不明：改造模式 1（33.3%）")
    buildings = record_gaps(district, "buildings", state)
    assert buildings.words.startswith("数据质量：2 条记录")
    assert buildings.figures_year is None


def test_words_of_age() -> None:
    gap = gap_of("far", "容积率", ["A", "B"], 4, most_keys=1)
    assert (gap.count, gap.keys) == (2, ("A",))
    found = RecordGaps(
        register="plots", counted_zh="宗地", total=4, gaps=(gap,), looked_at=("容积率",), day=date(2026, 3, 1),
        data_on=date(2026, 1, 31), figures_year=2025, older_count=1,
    )  # fmt: skip
    assert found.words == (
        "数据质量：4 宗地，不明：容积率 2（50.0%）。数据截至 2026-01-31（29 天前）；"
        "亩均数据是 2025 年的（1 宗地是更早年份的）。"
    )
    none = RecordGaps(
        register="plots",
        counted_zh="宗地",
        total=0,
        gaps=(),
        looked_at=(),
        day=date(2026, 3, 1),
        data_on=date(2026, 3, 1),
    )
    assert none.words == "数据质量：0 宗地，没有可核对的记录。数据截至 2026-03-01。"
    assert (
        replace(none, total=2).words == "数据质量：2 宗地，数据截至 2026-03-01。"
    )  # nothing may be looked at
    sound = replace(none, total=2, looked_at=("容积率",))
    assert sound.words == "数据质量：2 宗地，主要各项都有数据。数据截至 2026-03-01。"


def test_records_may_be_named_by_their_places(district: Workspace) -> None:
    state = as_of(district)
    rows = np.array([2, 0], dtype=np.int64)
    assert record_gaps(district, "plots", state, rows=rows) == record_gaps(
        district, "plots", state, keys=["DK/C", "DK-A"]
    )
    counts = {gap.name: gap.keys for gap in record_gaps(district, "plots", state, rows=rows).gaps}
    assert counts["far"] == ("DK/C",)
