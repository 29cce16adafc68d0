"""What is known of each second-market transaction: its own fields, its plot, its agreement, the days that went by."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from geoapp.analysis.intensity import ratio
from geoapp.analysis.months import days_since
from geoapp.analysis.transactions import computed_unit_price, off_share, whole_years_between
from geoapp.domain.admission import WAITING
from geoapp.services.agreements import AGREEMENTS, IN_FORCE, ITEMS
from geoapp.services.as_of import AsOf
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_links import facts_version as plot_facts_version
from geoapp.services.workspace import Workspace

TRANSACTIONS = "transactions"
TRANSACTION_REGISTERS = (TRANSACTIONS, AGREEMENTS, ITEMS, "land_supplies")
"""Registers that the facts are read from, beside what the facts of their plots rest on."""
READ_FROM = (*TRANSACTION_REGISTERS, "plots", "buildings", "towns")
"""All that a list of transactions shows something of."""


def transaction_plots_version(workspace: Workspace, state: AsOf) -> Hashable:
    """Return what tells whether the facts of any plot of a transaction may have changed."""
    codes = workspace.store.read(TRANSACTIONS, revision=state.revision)["plot_code"]
    return plot_facts_version(workspace, frozenset(codes.dropna()), state.revision, state.day)


def transaction_facts(workspace: Workspace, state: AsOf) -> pd.DataFrame:
    """Return what the rules of admission and price are asked over.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
        Registers as they were; the day to which years and days are counted.

    Returns
    -------
    DataFrame indexed by transaction_code, in the order of codes
        The register's fields; review with waiting where it is blank; town_code with that of the plot where it is blank;
        name (who gets the land), plot_name; computed_unit_price (yuan per m2), unit_price_off_share,
        appraisal_off_share, invested_share (of the newest supply of the plot where the transaction does not say),
        divided_share (floor area over that of the plot), held_years, waiting_since_on (when it was applied for, or
        taken up again) and waiting_days (missing once reviewed), has_agreement (boolean, missing where the register
        lacks the agreement), agreed_tax_wan_per_mu and agreed_far (of the agreement's newest year where the transaction
        does not say). Missing is unknown.
    """
    stored = pd.DataFrame(workspace.store.read(TRANSACTIONS, revision=state.revision))
    own = stored.set_index("transaction_code", drop=False).sort_index(kind="stable").rename_axis(None)
    plots = plot_facts(workspace, revision=state.revision, day=state.day)
    columns = ["name", "town_code", "gfa_actual_m2"]
    known = pd.DataFrame(plots[columns]).reindex(own["plot_code"]).set_axis(own.index)
    review = own["review"].fillna(WAITING)
    agreed = _agreed(workspace, state, own)
    waiting_since = own["reviewed_on"].fillna(own["applied_on"]).where(review == WAITING)
    return own.assign(
        name=own["transferee"],
        plot_name=known["name"].fillna(own["plot_code"]),
        town_code=own["town_code"].fillna(known["town_code"]),
        review=review,
        computed_unit_price=(computed := computed_unit_price(own["price_wan"], own["area_m2"])),
        unit_price_off_share=off_share(own["unit_price"], computed),
        appraisal_off_share=off_share(own["price_wan"], own["appraisal_wan"]),
        invested_share=_invested_share(workspace, state, own),
        divided_share=ratio(own["gfa_m2"], known["gfa_actual_m2"]),
        held_years=whole_years_between(own["held_since_on"], own["signed_on"], state.day),
        waiting_since_on=waiting_since,
        waiting_days=days_since(waiting_since, state.day),
        is_advance_notice=own["is_advance_notice"].fillna(value=False),
        has_agreement=_has_agreement(workspace, state, own),
        agreed_tax_wan_per_mu=own["agreed_tax_wan_per_mu"].fillna(agreed["tax_per_mu"]),
        agreed_far=own["agreed_far"].fillna(agreed["far"]),
    )


def _invested_share(workspace: Workspace, state: AsOf, own: pd.DataFrame) -> pd.Series:
    supplies = pd.DataFrame(workspace.store.read("land_supplies", revision=state.revision))
    so_far = supplies[(supplies["supplied_on"] <= pd.Timestamp(state.day)).to_numpy(bool)]
    ordered = so_far.sort_values(["supplied_on", "supply_code"])
    newest = ordered.groupby("plot_code").tail(1).set_index("plot_code")
    of_supply = ratio(newest["invest_done_wan"], newest["invest_total_wan"])
    known = ratio(own["invest_done_wan"], own["invest_total_wan"])
    return known.fillna(of_supply.reindex(own["plot_code"]).set_axis(own.index))


def _has_agreement(workspace: Workspace, state: AsOf, own: pd.DataFrame) -> pd.Series:
    """Return whether the agreement named is in force and with the transferee; missing where the register lacks it."""
    heads = pd.DataFrame(workspace.store.read(AGREEMENTS, revision=state.revision)).set_index(
        "agreement_code"
    )
    named = heads.reindex(own["agreement_code"]).set_axis(own.index)
    is_theirs = (named["uscc"] == own["uscc"]) | named["uscc"].isna() | own["uscc"].isna()
    answer = (named["status"].isin(IN_FORCE) & is_theirs).astype("boolean")
    return answer.mask(named["status"].isna() & own["agreement_code"].notna())


def _agreed(workspace: Workspace, state: AsOf, own: pd.DataFrame) -> pd.DataFrame:
    """Return tax_per_mu and far as agreed for the newest year of each transaction's agreement."""
    items = pd.DataFrame(workspace.store.read(ITEMS, revision=state.revision)).sort_values("year")
    newest = items.drop_duplicates(["agreement_code", "indicator"], keep="last")
    values = newest.pivot_table(
        index="agreement_code", columns="indicator", values="agreed_value", aggfunc="last", observed=True
    )
    known = values.reindex(index=own["agreement_code"], columns=["tax_per_mu", "far"]).set_axis(own.index)
    return known.astype(np.float64)
