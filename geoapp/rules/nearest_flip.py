"""Which rule's answer about a plot would turn first, and at what value (最接近翻转的一条)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geoapp.domain.rule import Numbers, Rule

_BESIDE = 1e-9
"""So near to the threshold, relative to it, that nothing measured lies between."""


def nearest_flips(
    facts: pd.DataFrame, rules: Sequence[Rule], in_force: Mapping[str, Numbers]
) -> pd.DataFrame:
    """Return for each plot the rule whose answer would turn with the smallest change of what it measures.

    Parameters
    ----------
    facts : DataFrame, one row per plot
        The columns that the rules need.
    rules : sequence of Rule
    in_force : dict of numbers by rule id
        See `rules_in_force`; other rules are not asked.

    Returns
    -------
    DataFrame on the facts' index
        rule_id (missing where no rule that measures a number has an answer that can turn), measured and threshold in
        the rule's unit, distance (change over threshold, 0 or more), is_hit (whether the rule hits now), side
        (where the answer turns: "at" the threshold, or only "below" or "above" it).

    Notes
    -----
    Each rule is asked again with what it measures put at its threshold and a hair to either side; all else stays. So
    a rule that other facts keep from hitting, such as an exempt industry, is never the nearest.
    """
    nearest = pd.DataFrame(
        {"rule_id": pd.Series(pd.NA, index=facts.index, dtype="str"), "measured": np.nan, "threshold": np.nan,
         "distance": np.inf, "is_hit": False, "side": pd.Series("", index=facts.index, dtype="str")}, index=facts.index,
    )  # fmt: skip
    for rule in rules:
        threshold = in_force.get(rule.id, {}).get(rule.thresholds[0])
        if not isinstance(threshold, int | float) or not _measures(facts, rule, threshold):
            continue
        turned = _turns(facts, rule, in_force[rule.id], threshold)
        measured = facts[rule.measured].astype("float64")
        distance = ((measured - threshold).abs() / threshold).where(turned["turns"])
        is_nearer = (distance < nearest["distance"]).to_numpy()
        nearest.loc[is_nearer, "rule_id"] = rule.id
        nearest.loc[is_nearer, "measured"] = measured[is_nearer]
        nearest.loc[is_nearer, "threshold"] = threshold
        nearest.loc[is_nearer, "distance"] = distance[is_nearer]
        nearest.loc[is_nearer, "is_hit"] = turned["is_hit"][is_nearer]
        nearest.loc[is_nearer, "side"] = turned["side"][is_nearer]
    nearest["distance"] = nearest["distance"].where(nearest["rule_id"].notna())
    return nearest


def _measures(facts: pd.DataFrame, rule: Rule, threshold: float) -> bool:
    """Return whether a rule holds a number against a number other than zero."""
    values = facts[rule.measured]
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return is_number and not isinstance(threshold, bool) and threshold != 0


def _turns(facts: pd.DataFrame, rule: Rule, numbers: Numbers, threshold: float) -> pd.DataFrame:
    now = rule.formula(facts, numbers).astype("boolean")
    side = pd.Series("", index=facts.index, dtype="str")
    for name, factor in (("above", 1.0 + _BESIDE), ("below", 1.0 - _BESIDE), ("at", 1.0)):
        moved = facts.assign(**{rule.measured: threshold * factor})
        turns = (rule.formula(moved, numbers).astype("boolean") != now).fillna(value=False).astype(bool)
        side = side.mask(turns, name)
    return pd.DataFrame({"turns": side != "", "side": side, "is_hit": now.fillna(value=False).astype(bool)})
