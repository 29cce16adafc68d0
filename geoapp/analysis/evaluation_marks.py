"""What the bureau has decided about enterprises in a year: bonus, malus, veto, exemption."""

import numpy as np
import pandas as pd

from geoapp.domain.evaluation import NO_AB, OUTRIGHT_D, EvaluationRules

BONUS, MALUS, VETO, EXEMPTION = "bonus", "malus", "veto", "exemption"
PROBLEMS = ("no_points", "no_effect", "expired", "overridden", "unknown_enterprise")
"""What keeps a mark from counting."""


def judge_marks(marks: pd.DataFrame, year: int, known: pd.Index, rules: EvaluationRules) -> pd.DataFrame:
    """Return the marks of a year with what each does.

    Parameters
    ----------
    marks : DataFrame
        year, uscc, kind (bonus, malus, veto, exemption), code, points, since_on.
    year : int
    known : Index of uscc
        The enterprises that are evaluated.
    rules : EvaluationRules
        veto_effects, exempt_years (a firm is new until that long after since_on; without since_on the bureau's word
        stands) and no_exemption.

    Returns
    -------
    DataFrame, the marks of the year with effect ("" where it has none: D, no_AB, T, or the kind of points) and
    problem ("" or one of PROBLEMS)
    """
    of_year = marks[marks["year"] == year]
    kind, code = of_year["kind"], of_year["code"]
    is_points = kind.isin([BONUS, MALUS])
    is_exemption = kind == EXEMPTION
    effect = code.map(rules.veto_effects).fillna("").where(kind == VETO, kind)
    effect = effect.mask(is_exemption, "T")
    last_day = pd.Timestamp(year, 12, 31)
    months = code.map(rules.exempt_years).mul(12).where(of_year["since_on"].notna())
    ends = [
        since + pd.DateOffset(months=round(length)) if pd.notna(length) else pd.NaT
        for since, length in zip(of_year["since_on"], months, strict=True)
    ]
    is_over = is_exemption & (pd.Series(ends, index=of_year.index, dtype="datetime64[s]") <= last_day)
    barred = set(of_year.loc[(kind == VETO) & code.isin(rules.no_exemption), "uscc"])
    cases = [
        ~of_year["uscc"].isin(known),
        is_points & of_year["points"].isna(),
        (kind == VETO) & (effect == ""),
        is_over,
        is_exemption & of_year["uscc"].isin(barred),
    ]
    names = ["unknown_enterprise", "no_points", "no_effect", "expired", "overridden"]
    problem = pd.Series(np.select(cases, names, ""), index=of_year.index, dtype="str")
    return of_year.assign(effect=effect.where(problem == "", ""), problem=problem)


def settle_marks(judged: pd.DataFrame, enterprises: pd.Index) -> pd.DataFrame:
    """Return what the marks of a year do to each enterprise.

    Parameters
    ----------
    judged : DataFrame
        See `judge_marks`.
    enterprises : Index of uscc

    Returns
    -------
    DataFrame by uscc: bonus, malus (sums of points), veto ("", D, no_AB; D is the stronger), is_exempt
    """
    effect, uscc = judged["effect"], judged["uscc"]

    def points(kind: str) -> pd.Series:
        chosen = judged[effect == kind]
        return chosen["points"].groupby(chosen["uscc"]).sum().reindex(enterprises).fillna(0.0)

    veto = np.select(
        [enterprises.isin(uscc[effect == OUTRIGHT_D]), enterprises.isin(uscc[effect == NO_AB])],
        [OUTRIGHT_D, NO_AB],
        "",
    )
    return pd.DataFrame(
        {
            "bonus": points(BONUS),
            "malus": points(MALUS),
            "veto": pd.Series(veto, index=enterprises, dtype="str"),
            "is_exempt": enterprises.isin(uscc[effect == "T"]),
        },
        index=enterprises,
    )
