"""What the supplementary rules of low efficiency ask of each plot, from the registers kept case by case."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from geoapp.analysis.plot_evidence import halted, idle_kinds, leased_out_share, problem_kinds, vacancy
from geoapp.analysis.supplies import supply_progress
from geoapp.domain.policy import Policy
from geoapp.domain.rule import Purpose, Subject
from geoapp.rules.judgement import find_rules, rules_for, verdicts

REGISTERS = ("land_supplies", "plot_problems")
"""Read besides those of the plot facts."""
COLUMNS = (
    "vacancy_share", "vacant_months", "is_halted", "halted_months", "problem_kinds", "leased_out_share", "idle_kinds",
)  # fmt: skip


def plot_evidence(
    registers: Mapping[str, pd.DataFrame],
    plots: pd.DataFrame,
    facts: pd.DataFrame,
    shares: pd.DataFrame,
    policy: Policy,
    day: date,
) -> pd.DataFrame:
    """Return the COLUMNS of each plot.

    Parameters
    ----------
    registers : mapping of frames
        enterprises and the REGISTERS.
    plots : DataFrame by plot_code
        The register's own fields.
    facts : DataFrame by plot_code
        site_area_m2, gfa_actual_m2, footprint_m2 (m2).
    shares : DataFrame
        See `geoapp.analysis.performance.occupancy_shares`.
    policy, day
        The rule book and the day whose numbers hold.

    Returns
    -------
    DataFrame by plot_code; shares from 0 to 1, whole months, codes joined by 、 (empty: none); missing is unknown
    """
    statuses = policy.number("low_halted_statuses").held(day)
    enterprises = registers["enterprises"].set_index("uscc")
    at_rest = halted(shares, enterprises, statuses.value if statuses else (), plots.index, day)
    return pd.concat(
        [
            vacancy(plots, day),
            at_rest,
            problem_kinds(registers["plot_problems"], shares, plots.index, day).rename("problem_kinds"),
            leased_out_share(shares, facts["site_area_m2"]).rename("leased_out_share"),
            _idle_kinds(registers["land_supplies"], facts, policy, day).rename("idle_kinds"),
        ],
        axis=1,
    )


def _idle_kinds(supplies: pd.DataFrame, facts: pd.DataFrame, policy: Policy, day: date) -> pd.Series:
    if supplies.empty:
        return pd.Series(pd.NA, index=facts.index, dtype="str")
    known = supplies[supplies["supplied_on"] <= pd.Timestamp(day)]
    own = known[
        known["plot_code"].isin(facts.index).to_numpy(bool)
    ]  # few, where the facts are of a few plots
    answers = idle_verdicts(own, policy, day) if len(own) else pd.DataFrame(index=own.index)
    built = facts[["gfa_actual_m2", "footprint_m2"]]
    has_building = (built > 0).any(axis=1).astype("boolean").mask(built.isna().all(axis=1))
    return idle_kinds(answers, own["plot_code"], has_building)


def idle_verdicts(supplies: pd.DataFrame, policy: Policy, day: date) -> pd.DataFrame:
    """Return what the rules of idle land say of each supply, one "boolean" column per rule in force."""
    rules = rules_for(find_rules(), subject=Subject.SUPPLY, purpose=Purpose.IDLE)
    facts = supply_progress(supplies, day).assign(is_government_delay=supplies["is_government_delay"])
    return verdicts(facts, rules, policy, day)
