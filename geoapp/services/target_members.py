"""What every way of computing a target's actual is given and gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.domain.target_set import Indicator
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.records import filter_mask
from geoapp.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Members:
    """The records behind a figure."""

    frame: pd.DataFrame
    """See `analysis.targets.MEMBER_COLUMNS`."""
    missing: str = ""
    """Why nothing can be said at all, in Chinese; empty where the figure holds."""
    notes: tuple[str, ...] = ()
    """What a reader of the figure must know."""


Measure = Callable[[Workspace, AsOf, date, Indicator], Members]
"""(workspace, state, day, indicator) -> the members as of a day, from the registers as they were at the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actual:
    """One way of computing an actual from the registers."""

    id: str
    formula: str
    """In Chinese, shown beside the figure."""
    quantity: str
    """See `domain.target_unit`."""
    how: str
    """sum, ratio or growth; see `analysis.targets.figure`."""
    history: str
    """How earlier days are known: "records" carry their day, "years" are in the register by year, "revisions": only as
    the register was at a revision."""
    registers: tuple[str, ...]
    measure: Measure
    pipeline: Callable[[Workspace, AsOf, Indicator], pd.DataFrame] | None = None
    """What is under way, see `services.target_pipeline`; None where projects do not make it."""
    amount_zh: str
    """What a member's amount is, for the heading of the list."""
    weight_zh: str = ""
    hides_amount: bool = False
    """An enterprise's tax may not be told: the list then shows the ratio only."""
    group_sum: tuple[str, str] | None = None
    """Statistic and column that are the same figure of all plots: told where `services.group_figures` tells it."""
    map_filter: str = ""
    """CQL2-Text that takes in the members among the plots, where they are too many to be named."""


def known_plots(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return all plots by plot_code: name, uscc, town_code, park_code, site_area_m2."""
    facts = plot_facts(workspace, revision=state.revision, day=state.day)
    return pd.DataFrame(facts[["name", "uscc", "town_code", "park_code", "site_area_m2"]])


def wanted_plots(workspace: Workspace, state: AsOf, indicator: Indicator) -> pd.DataFrame:
    """Return those of `known_plots` that an indicator looks at.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    indicator : Indicator

    Raises
    ------
    UsageError
        The indicator's filter cannot be used.
    """
    plots = known_plots(workspace, state)
    if not indicator.plots:
        return plots
    return plots[filter_mask(workspace, "plots", indicator.plots, state)]
