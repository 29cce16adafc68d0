"""Swapping land outside the control lines for land inside (增减挂钩): what was retired, granted, and the balance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.services.as_of import AsOf
from geoapp.services.revitalisation import revitalisation_ledger
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

RECLAIMED = "M10"
"""Mode of land given back to fields."""


@dataclass(frozen=True, slots=True)
class SwapBalance:
    """Both ends of the swap in 亩; NaN while no line or supply is registered, or where a supply lacks its area."""

    retired_mu: float
    granted_mu: float

    @property
    def balance_mu(self) -> float:
        """What may still be granted inside."""
        return self.retired_mu - self.granted_mu


def retired_outside(workspace: Workspace, inside: pd.Series, state: AsOf) -> pd.DataFrame:
    """Return the recognitions of land outside the lines given back to fields, as the default ledger counts them.

    Parameters
    ----------
    workspace : Workspace
    inside : Series of boolean by plot_code
        Whether each plot is inside any control line.
    state : AsOf

    Returns
    -------
    DataFrame as the ledger's entries
    """
    reclaimed = _reclaimed(workspace, state)
    is_outside = ~reclaimed["plot_code"].map(inside).astype("boolean")
    return reclaimed[is_outside.fillna(value=False).astype(bool)]


def retired_somewhere(workspace: Workspace, inside: pd.Series, state: AsOf) -> pd.DataFrame:
    """Return the entries of reclaimed land of which nobody knows whether it lay outside: they count for nothing."""
    reclaimed = _reclaimed(workspace, state)
    return reclaimed[reclaimed["plot_code"].map(inside).isna().to_numpy(dtype=bool)]


def _reclaimed(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    entries = revitalisation_ledger(workspace, None, state).entries
    return entries[entries["mode"] == RECLAIMED]


def granted_inside(supplies: pd.DataFrame, inside: pd.Series) -> pd.DataFrame:
    """Return the supplies inside the lines that were granted by swap.

    Parameters
    ----------
    supplies : DataFrame by supply_code
        plot_code, area_m2, is_swap.
    inside : Series of boolean by plot_code
    """
    is_inside = supplies["plot_code"].map(inside).astype("boolean").fillna(value=False)
    is_swap = supplies["is_swap"].fillna(value=False)
    return supplies[(is_inside & is_swap).astype(bool)]


def swap_balance(
    retired: pd.DataFrame, granted: pd.DataFrame, inside: pd.Series, *, has_supplies: bool
) -> SwapBalance:
    """Return what both ends come to."""
    return SwapBalance(
        np.nan if inside.isna().all() else float(m2_to_mu(retired["counted_m2"]).sum()),
        float(m2_to_mu(granted["area_m2"]).sum(skipna=False)) if has_supplies else np.nan,
    )
