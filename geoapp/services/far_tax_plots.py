"""The plots of the four quadrants of plot ratio and tax per 亩 (四象限), for a chart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoapp.services.as_of import AsOf
from geoapp.services.records import filter_mask, filter_words
from geoapp.services.statistic_facts import statistic_facts
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

MOST_PLOTS = 2_000
"""More dots hide each other and take long to draw."""
_LIMITS = ("quadrant_far", "quadrant_tax_wan_per_mu")


@dataclass(frozen=True, slots=True, kw_only=True)
class FarTaxPlots:
    """Plots whose plot ratio and tax are known, the largest first, at most MOST_PLOTS."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    far: tuple[float, ...]
    tax_wan_per_mu: tuple[float, ...]
    site_area_mu: tuple[float, ...]
    far_limit: float | None
    """Lines between the quadrants; None before the rule book has them."""
    tax_limit_wan_per_mu: float | None
    known_count: int
    unknown_count: int
    """Plots that lack plot ratio, tax or site area: not in the chart."""
    filter_zh: str

    def to_dict(self) -> dict[str, Any]:
        """Return them as plain values for JSON."""
        rows = zip(self.keys, self.names, self.far, self.tax_wan_per_mu, self.site_area_mu, strict=True)
        columns = ("key", "name", "far", "tax_wan_per_mu", "site_area_mu")
        return {
            "plots": [dict(zip(columns, row, strict=True)) for row in rows],
            "far_limit": self.far_limit,
            "tax_limit_wan_per_mu": self.tax_limit_wan_per_mu,
            "known_count": self.known_count,
            "unknown_count": self.unknown_count,
            "filter_words": self.filter_zh,
        }


def far_tax_plots(
    workspace: Workspace, state: AsOf, *, filter_text: str = "", most: int = MOST_PLOTS
) -> FarTaxPlots:
    """Return the plots of the four-quadrant chart.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        Plots as they were then, limits of that day.
    filter_text : str
        Only plots that satisfy it.
    most : int
        How many plots at most; the largest are kept.

    Raises
    ------
    UsageError
        The filter cannot be used.
    """
    names = ["name", "far", "tax_wan_per_mu", "site_area_m2"]
    facts = statistic_facts(workspace, names, state)[filter_mask(workspace, "plots", filter_text, state)]
    is_known = facts[["far", "tax_wan_per_mu", "site_area_m2"]].notna().all(axis=1)
    known = facts[is_known]
    order = np.argsort(-known["site_area_m2"].to_numpy(), kind="stable")[:most]
    shown = known.iloc[order]
    limits = [workspace.policy_at(state.revision).number(name) for name in _LIMITS]
    far_limit, tax_limit = (
        float(limit.on(state.day)) if limit.is_in_force(state.day) else None for limit in limits
    )
    return FarTaxPlots(
        keys=tuple(shown.index),
        names=tuple("" if pd.isna(name) else str(name) for name in shown["name"].tolist()),
        far=tuple(shown["far"].tolist()),
        tax_wan_per_mu=tuple(shown["tax_wan_per_mu"].tolist()),
        site_area_mu=tuple(m2_to_mu(shown["site_area_m2"]).tolist()),
        far_limit=far_limit,
        tax_limit_wan_per_mu=tax_limit,
        known_count=len(known),
        unknown_count=len(facts) - len(known),
        filter_zh=filter_words(workspace, "plots", filter_text),
    )
