"""Land inside the control lines that was given another use, against land brought in for it (占补平衡)."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.analysis.line_use import is_allowed_change
from geoapp.domain.policy import Policy
from geoapp.services.as_of import AsOf
from geoapp.units import m2_to_mu

_DECIMALS_M2 = 6
"""What is left beyond them is how the machine adds: as much brought in as changed is in balance."""
COLUMNS = (
    "name",
    "site_area_m2",
    "planned_use",
    "use_change_ground",
    "use_change_document",
    "makeup_document",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeupLedger:
    """Both sides of the balance, plot by plot; each frame by plot_code with COLUMNS (area in m2)."""

    changed: pd.DataFrame
    """Inside a line, planned for another use on a ground that allows it, with its document."""
    brought: pd.DataFrame
    """Inside a line, planned for industry, with the document by which it was brought in."""
    open: pd.DataFrame
    """A ground or a document is noted, but whether the plot counts is not known; for nothing in the balance."""
    has_lines: bool

    @property
    def changed_mu(self) -> float:
        """Land given another use in 亩; NaN while no line is registered or where a plot lacks its area."""
        return self._mu(_sum_m2(self.changed))

    @property
    def brought_mu(self) -> float:
        """Land brought in in 亩; NaN likewise."""
        return self._mu(_sum_m2(self.brought))

    @property
    def balance_mu(self) -> float:
        """What was brought in beyond what was given another use, in 亩."""
        return self._mu(round(_sum_m2(self.brought) - _sum_m2(self.changed), _DECIMALS_M2))

    def _mu(self, area_m2: float) -> float:
        return float(m2_to_mu(area_m2)) if self.has_lines else np.nan


def makeup_ledger(facts: pd.DataFrame, grounds: Collection[str]) -> MakeupLedger:
    """Return both sides of the balance.

    Parameters
    ----------
    facts : DataFrame by plot_code
        As `plot_rule_facts` gives them.
    grounds : collection of str
        That allow another use; see `allowed_grounds`.
    """
    inside, is_industrial = facts["is_in_control_line"], facts["is_planned_industrial"]
    is_allowed = is_allowed_change(facts["use_change_ground"], facts["use_change_document"], grounds)
    is_changed = inside & ~is_industrial & is_allowed
    is_brought = inside & is_industrial & facts["makeup_document"].notna().astype("boolean")
    rows = facts[list(COLUMNS)]
    return MakeupLedger(
        changed=rows[is_changed.fillna(value=False).astype(bool)],
        brought=rows[is_brought.fillna(value=False).astype(bool)],
        open=rows[(is_changed.isna() | is_brought.isna()).to_numpy(dtype=bool)],
        has_lines=not inside.isna().all(),
    )


def allowed_grounds(policy: Policy, state: AsOf) -> tuple[str, ...]:
    """Return the grounds that allow another use on a day; none before they were laid down."""
    held = policy.number("line_change_grounds").held(state.day)
    return tuple(held.value) if held else ()


def _sum_m2(rows: pd.DataFrame) -> float:
    return math.fsum(rows["site_area_m2"])
