"""Agreed against actual, worked out by hand."""

import pandas as pd
import pytest

from geoapp.analysis.agreements import shortfall_share


@pytest.mark.parametrize(
    ("indicator", "agreed", "actual", "share"),
    [
        ("tax_per_mu", 20.0, 15.0, 0.25),
        ("tax_per_mu", 20.0, 20.0, 0.0),
        ("tax_per_mu", 20.0, 30.0, 0.0),
        ("energy", 0.5, 0.6, 0.2),
        ("emission", 0.5, 0.4, 0.0),
        ("emission", 0.0, 0.1, 1.0),
        ("emission", 0.0, 0.0, 0.0),
        ("tax_per_mu", 20.0, None, None),
        ("emission", 0.0, None, None),
    ],
)
def test_an_item_is_missed_by_a_share(
    indicator: str, agreed: float, actual: float | None, share: float | None
) -> None:
    items = pd.DataFrame({"indicator": [indicator], "agreed_value": [agreed], "actual_value": [actual]})
    (found,) = shortfall_share(items)
    assert (pd.isna(found) and share is None) or found == pytest.approx(share)


def test_no_items() -> None:
    empty = pd.DataFrame({"indicator": [], "agreed_value": [], "actual_value": []})
    assert shortfall_share(empty).empty
