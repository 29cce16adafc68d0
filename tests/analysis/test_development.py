"""Development: every test and flag alone, unknown against known, and the sums."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from geoapp.analysis.development import DevelopmentRules, development, potential_gfa_m2, summarise

DAY = date(2026, 3, 1)
RULES = DevelopmentRules(
    industrial_codes=frozenset({"0601", "M1"}), industrial_words=("工业",), min_area_mu=3.0, min_term_years=5
)
GOOD = {
    "landuse_code": "0601", "planned_use": "0601", "right_type": "granted", "recognised_m2": 0.0,
    "site_area_m2": 30_000.0, "has_valid_geometry": True, "is_in_control_line": True, "height_limit_m": None,
    "term_end_on": "2060-01-01", "gfa_counted_m2": 24_000.0,
}  # fmt: skip
DTYPES = {
    "landuse_code": "str", "planned_use": "str", "right_type": "str", "recognised_m2": "float64",
    "site_area_m2": "float64", "is_in_control_line": "boolean", "height_limit_m": "float64",
    "term_end_on": "datetime64[s]", "gfa_counted_m2": "float64",
}  # fmt: skip


def plots(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([GOOD | change for change in changes]).astype(DTYPES)


def verdict(**change: Any) -> tuple[bool | None, bool | None]:
    row = development(plots(change), RULES, DAY).iloc[0]
    return tuple(None if pd.isna(row[name]) else bool(row[name]) for name in ("developable", "constrained"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (True, False)),
        ({"landuse_code": " m1 "}, (True, False)),
        ({"landuse_code": "0701"}, (False, None)),
        ({"landuse_code": None}, (None, None)),
        ({"recognised_m2": 1.0}, (False, None)),
        ({"recognised_m2": None}, (True, False)),  # no recognition on record
        ({"site_area_m2": 2_000.0}, (True, False)),  # 3 亩 exactly
        ({"site_area_m2": 1_999.9}, (False, None)),
        ({"site_area_m2": None}, (None, None)),
        ({"has_valid_geometry": False}, (False, None)),
        ({"landuse_code": None, "site_area_m2": 100.0}, (False, None)),  # one known no decides
        ({"is_in_control_line": False}, (True, True)),
        ({"is_in_control_line": None}, (True, None)),
        ({"height_limit_m": 24.0}, (True, True)),
        ({"term_end_on": "2031-03-01"}, (True, False)),  # five years to the day
        ({"term_end_on": "2031-02-28"}, (True, True)),
        ({"term_end_on": None}, (True, None)),
        ({"term_end_on": None, "right_type": "allocated"}, (True, False)),
        ({"term_end_on": None, "right_type": None}, (True, None)),
        ({"planned_use": "二类工业用地"}, (True, False)),
        ({"planned_use": "居住用地"}, (True, True)),
        ({"planned_use": None}, (True, None)),
        ({"planned_use": None, "height_limit_m": 24.0}, (True, True)),  # one known flag decides
    ],
)
def test_verdict(change: dict[str, Any], expected: tuple[bool | None, bool | None]) -> None:
    assert verdict(**change) == expected


def summary(frame: pd.DataFrame, far_target: float | None = 2.0) -> Any:
    return summarise(frame, development(frame, RULES, DAY), far_target)


def test_sums_by_hand() -> None:
    found = summary(
        plots(
            {},  # 45 亩, developable, could take 60,000 - 24,000 = 36,000 m2
            {"height_limit_m": 24.0, "gfa_counted_m2": None},  # 45 亩, constrained, floor area unknown
            {
                "site_area_m2": 10_000.0,
                "gfa_counted_m2": 30_000.0,
                "planned_use": None,
            },  # 15 亩, nothing to add
            {"landuse_code": None, "site_area_m2": 20_000.0, "gfa_counted_m2": 6_000.0},  # 30 亩, not known
            {"site_area_m2": None, "gfa_counted_m2": 5_000.0},
            {"landuse_code": "0701"},
        )
    )
    assert found.plot_count == 6
    assert found.site_area_mu == pytest.approx(45 + 45 + 15 + 30 + 45)
    assert found.gfa_m2 == pytest.approx(24_000 + 30_000 + 6_000 + 5_000 + 24_000)
    # Both known on 30,000 + 10,000 + 20,000 + 30,000 of 120,000 m2: 84,000 / 90,000.
    assert found.far == pytest.approx(84 / 90)
    assert found.far_coverage == pytest.approx(90 / 120)
    assert (found.developable_count, found.developable_mu) == (3, pytest.approx(105.0))
    assert (found.constrained_count, found.constrained_mu) == (1, pytest.approx(45.0))
    assert found.potential_gfa_m2 == pytest.approx(36_000)
    assert (found.unknown_site_area_count, found.unknown_gfa_count) == (1, 1)
    # The plot without land use (30 亩) and the one without area, which adds none.
    assert (found.unknown_developable_count, found.unknown_developable_mu) == (2, pytest.approx(30.0))
    assert (found.unknown_constrained_count, found.unknown_constrained_mu) == (1, pytest.approx(15.0))
    assert found.unknown_potential_count == 1


def test_nothing_known_is_not_zero() -> None:
    found = summary(plots({"site_area_m2": None, "gfa_counted_m2": None}))
    assert (found.site_area_mu, found.gfa_m2, found.far, found.far_coverage) == (None, None, None, None)
    unknown_floors = summary(plots({"gfa_counted_m2": None}))
    assert (unknown_floors.potential_gfa_m2, unknown_floors.unknown_potential_count) == (None, 1)


def test_no_plots_and_no_target() -> None:
    none = summary(plots({}).iloc[:0])
    assert (none.plot_count, none.site_area_mu, none.far, none.potential_gfa_m2) == (0, 0.0, None, 0.0)
    assert summary(plots({}), None).potential_gfa_m2 is None


def test_potential_is_never_below_zero() -> None:
    assert potential_gfa_m2(plots({"gfa_counted_m2": 90_000.0}), 2.0).tolist() == [0.0]
