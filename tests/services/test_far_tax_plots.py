from datetime import date

import pytest

from geoapp.errors import UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.far_tax_plots import far_tax_plots
from geoapp.services.workspace import Workspace

DAY = date(2026, 3, 1)


def state_of(workspace: Workspace, day: date = DAY) -> AsOf:
    return AsOf(workspace.store.revision(), day, is_now=True)


def test_plots_with_both_figures_come_largest_first(district: Workspace) -> None:
    found = far_tax_plots(district, state_of(district))
    # A: 45 mu, 0.8, 90 / 45 = 2; B: 43.5 mu, 1.5, 50 / 43.5; C lacks both
    assert found.keys == ("DK-A", "DK-B")
    assert found.far == (0.8, 1.5)
    assert found.tax_wan_per_mu == pytest.approx((2.0, 50 / 43.5))
    assert found.site_area_mu == pytest.approx((45.0, 43.5))
    assert (found.far_limit, found.tax_limit_wan_per_mu) == (1.0, 5.0)
    assert (found.known_count, found.unknown_count, found.filter_zh) == (2, 1, "全部地块")


def test_only_the_largest_are_kept_but_all_are_counted(district: Workspace) -> None:
    found = far_tax_plots(district, state_of(district), most=1)
    assert (found.keys, found.known_count) == (("DK-A",), 2)


def test_filter_and_day_are_followed(district: Workspace) -> None:
    low = far_tax_plots(district, state_of(district), filter_text="far > 1")
    assert (low.keys, low.unknown_count) == (("DK-B",), 0)
    early = far_tax_plots(district, state_of(district, date(2024, 1, 1)))
    assert (early.far_limit, early.tax_limit_wan_per_mu) == (None, 5.0)
    with pytest.raises(UsageError):
        far_tax_plots(district, state_of(district), filter_text="far <")


def test_no_plots_and_plain_values(workspace: Workspace) -> None:
    assert far_tax_plots(workspace, state_of(workspace)).to_dict() == {
        "plots": [], "far_limit": 1.0, "tax_limit_wan_per_mu": 5.0, "known_count": 0, "unknown_count": 0,
        "filter_words": "全部地块",
    }  # fmt: skip


def test_a_plot_as_plain_values_has_its_name(district: Workspace) -> None:
    first = far_tax_plots(district, state_of(district)).to_dict()["plots"][0]
    assert list(first) == ["key", "name", "far", "tax_wan_per_mu", "site_area_mu"]
    assert isinstance(first["name"], str)
