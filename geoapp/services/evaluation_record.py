"""A year's evaluation as plain values: what the pages, `.json` and `geoapp evaluation --json` show."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from geoapp.analysis.evaluation_land import plot_shares
from geoapp.domain.evaluation import FIRM_FIGURES, GRADE_NUMBERS, ITEMS, LISTS, VETO_EFFECTS
from geoapp.domain.fingerprint import FigureRow, Origin, take_fingerprint
from geoapp.domain.frame import plain_values, row_records
from geoapp.services.as_of import AsOf, data_day
from geoapp.services.evaluation import ALL_GRADES, YearEvaluation, evaluated_plots
from geoapp.services.evaluation_comparison import Comparison
from geoapp.services.evaluation_findings import evaluation_findings
from geoapp.services.evaluation_freeze import Frozen
from geoapp.services.evaluation_inputs import REGISTERS, evaluation_years
from geoapp.services.evaluation_rules import weights_text
from geoapp.services.evaluation_words import (
    LAND_SOURCES,
    STATES,
    TIE_WORDS,
    is_withheld,
    missing_words,
    part_missing,
)
from geoapp.services.fingerprints import figures_origin
from geoapp.services.workspace import Workspace

NONE_ZH = "无档次"
GRADE_WORDS = {**{grade: grade for grade in ALL_GRADES}, "": NONE_ZH}
_PLAIN = (
    "rank", "score", "points", "bonus", "malus", "is_tie_across", "is_below_floor", "tax_floor_wan_per_mu", "followed",
    "grade", "state",
)  # fmt: skip
_LAND = ("land_m2", "owned_m2", "leased_in_m2", "leased_out_m2", "computed_m2", "reported_m2")


def evaluation_record(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    *,
    code: str | None,
    unit: str,
    weights: Mapping[str, float] | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Return the evaluation of a year, with a fingerprint of the enterprises' figures, land in m2.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    state : AsOf
    code : str, optional
        The list whose enterprises are given; all where left out.
    unit : {"mu", "ha", "m2"}
        Of land in sentences; the areas themselves are in m2.
    weights : mapping, optional
        Points by item, where *found* is not by the rule book's.
    limit : int, optional
        How many enterprises are given; the fingerprint is of all.
    """
    members = listed_members(found, code)
    origin = evaluation_origin(workspace, found, state, code, weights)
    mark = take_fingerprint(origin, "m2", _figure_rows(found, members))
    return {
        **head(workspace, found, state),
        "fingerprint": mark.text,
        "address": mark.address,
        "list": code,
        "lists": [list_record(found, each) for each in LISTS],
        "unlisted_count": int((~found.results["list"].isin(list(LISTS))).sum()),
        "enterprises": enterprise_records(workspace, found, members[:limit]),
        "findings": [asdict(finding) for finding in evaluation_findings(workspace, found, unit)],
    }


def evaluation_origin(
    workspace: Workspace,
    found: YearEvaluation,
    state: AsOf,
    code: str | None,
    weights: Mapping[str, float] | None,
) -> Origin:
    """Return where the figures of a list, or of all, come from."""
    query = {
        "year": str(found.year),
        "list": code or "",
        "weights": weights_text(weights) if weights else "",
    }
    return figures_origin(workspace, "/evaluation", query, state.revision, state.day)


def figure_row(firm: Mapping[str, Any]) -> FigureRow:
    """Return the figures of an enterprise that the fingerprint takes, by the names of its record."""
    values = {**firm, "grade": GRADE_NUMBERS[firm["grade"] or ""]}
    return firm["uscc"], [values[name] for name in FIRM_FIGURES]


def _figure_rows(found: YearEvaluation, members: pd.DataFrame) -> Iterator[FigureRow]:
    """Return the same of many enterprises, without making their records."""
    figures = members.join(found.inputs.figures[list(_LAND)])
    columns = {name: plain_values(figures[name]) for name in FIRM_FIGURES}
    for uscc, values in zip(members.index, row_records(columns), strict=True):
        yield figure_row({"uscc": uscc, **values})


def head(workspace: Workspace, found: YearEvaluation, state: AsOf) -> dict[str, Any]:
    """Return what an evaluation rests on."""
    return {
        "year": found.year,
        "years": evaluation_years(workspace, state),
        "day": state.day.isoformat(),
        "rules_on": found.inputs.rules_on.isoformat(),
        "revision": state.revision,
        "data_on": data_day(workspace, state.revision, REGISTERS, state.day).isoformat(),
        "note": state.note,
        "is_demo": found.inputs.is_demo,
    }


def list_record(found: YearEvaluation, code: str) -> dict[str, Any]:
    """Return one list: how many have which grade, the lowest scores, items with weight and base value."""
    rules, counts = found.inputs.rules, found.counts(code)
    scores = found.evaluation.scores.get(code)
    items = []
    for name, weight in rules.score[code].weights.items():
        item = ITEMS[name]
        base: Any = None if scores is None else scores.bases.loc[name]
        items.append(
            {
                "item": name,
                "zh": item.zh,
                "unit": item.unit_zh,
                "decimals": item.decimals,
                "weight": weight,
                "base": None if base is None else _number(base["value"]),
                "base_enterprise_count": 0 if base is None else int(base["count"]),
                "base_is_given": base is not None and bool(base["is_given"]),
                "averages_missing": name in rules.score[code].averaged,
            }
        )
    return {
        "list": code,
        "zh": LISTS[code],
        "enterprise_count": sum(counts.values()),
        "grades": {GRADE_WORDS[grade]: count for grade, count in counts.items()},
        "lowest_scores": found.lowest_scores(code),
        "items": items,
        "weights": weights_text(rules.score[code].weights),
        "weight_total": sum(rules.score[code].weights.values()),
        "base_multiple": rules.score[code].base_multiple,
        "cap": rules.score[code].cap,
        "floor": rules.score[code].floor,
        "shares": dict(rules.grade[code].shares),
        "tax_floor": rules.tax_floors.get(code),
    }


def listed_members(found: YearEvaluation, code: str | None) -> pd.DataFrame:
    """Return the results of a list, best first; of all lists where none is named, those without a list last."""
    codes = [code] if code else [*LISTS, ""]
    return pd.concat([found.members(each) for each in codes])


def enterprise_records(
    workspace: Workspace, found: YearEvaluation, chosen: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return some enterprises as plain values, in their order; a list may have ten thousands, a page shows hundreds.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    chosen : DataFrame
        Rows of its results.
    """
    figures = found.inputs.figures.reindex(chosen.index)
    columns = {name: plain_values(chosen[name]) for name in _PLAIN}
    columns |= {name: plain_values(figures[name]) for name in ("name", "has_record", "land_source", *_LAND)}
    missing = missing_words(found).reindex(chosen.index)
    items = _items_by_enterprise(workspace, found, chosen.index)
    lines = found.inputs.lines[found.inputs.lines["uscc"].isin(chosen.index)]
    plots = lines.groupby("uscc")["plot_code"].agg(lambda c: sorted(set(c))).to_dict()
    words = zip(*(chosen[name].tolist() for name in ("list", "veto", "tie")), missing.tolist(), strict=True)
    records = []
    for uscc, record, (listed, veto, tie, lacking) in zip(
        chosen.index, row_records(columns), words, strict=True
    ):
        rank = record["rank"]
        records.append(
            {
                "uscc": uscc,
                **record,
                "name": record["name"] or uscc,
                "list": listed,
                "list_zh": LISTS.get(listed, "名单不明"),
                "state_zh": STATES[record["state"]],
                "rank": None if rank is None else int(rank),
                "veto": veto,
                "veto_zh": VETO_EFFECTS.get(veto, ""),
                "tie_zh": TIE_WORDS[tie],
                "land_source_zh": LAND_SOURCES[record["land_source"]],
                "missing": lacking,
                "items": items.get(uscc, []),
                "plots": plots.get(uscc, []),
            }
        )
    return records


def _items_by_enterprise(
    workspace: Workspace, found: YearEvaluation, chosen: pd.Index
) -> dict[str, list[dict[str, Any]]]:
    """Return the items of chosen enterprises: value, base, ratio, points, and what happened on the way."""
    records: dict[str, list[dict[str, Any]]] = {}
    for code, scores in found.evaluation.scores.items():
        rules, here = found.inputs.rules.score[code], scores.value.index.isin(chosen)
        for name, weight in rules.weights.items():
            item, base = ITEMS[name], _number(scores.bases.loc[name, "value"])
            hides_value, hides_points = (
                is_withheld(workspace, f"{kind}_{name}") for kind in ("value", "points")
            )
            parts = zip(
                scores.value.index[here],
                *(
                    plain_values(each.loc[here, name])
                    for each in (scores.value, scores.ratios, scores.points)
                ),
                scores.is_averaged.loc[here, name].tolist(),
                scores.why.loc[here, name].tolist(),
                strict=True,
            )
            for uscc, value, ratio, points, is_averaged, why in parts:
                held = _held(ratio, rules.floor, rules.cap)
                records.setdefault(uscc, []).append(
                    {
                        "item": name,
                        "zh": item.zh,
                        "unit": item.unit_zh,
                        "decimals": item.decimals,
                        "value": None if hides_value else value,
                        "is_withheld": hides_value,
                        "base": base,
                        "ratio": None if hides_value else ratio,
                        "held": held,
                        "weight": weight,
                        "points": None if hides_points else points,
                        "is_averaged": is_averaged,
                        "missing": part_missing(item, why),
                    }
                )
    return records


def _held(ratio: float | None, floor: float | None, cap: float | None) -> str:
    """Return whether the cap or the floor held a ratio: cap, floor or nothing."""
    if ratio is None:
        return ""
    if cap is not None and ratio > cap:
        return "cap"
    return "floor" if floor is not None and ratio < floor else ""


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Return two results side by side: counts by grade there and here, and the enterprises whose grades differ."""
    grades, counts = list(found.matrix.columns), found.matrix.to_dict("index")
    return {
        "grades": [GRADE_WORDS[grade] for grade in grades],
        "matrix": [{"grade": GRADE_WORDS[grade], "counts": list(counts[grade].values())} for grade in grades],
        "enterprise_count": len(found.lines),
        "same_count": found.same_count,
        "changed": changed_records(found.changed),
    }


def changed_records(lines: pd.DataFrame) -> list[dict[str, Any]]:
    """Return compared enterprises as plain records."""
    columns = {str(name): plain_values(lines[name]) for name in lines}
    rows = zip(lines.index, zip(*columns.values(), strict=True), strict=True)
    return [{"uscc": uscc, **dict(zip(columns, values, strict=True))} for uscc, values in rows]


def frozen_record(frozen: Frozen | None, names: pd.Series) -> dict[str, Any] | None:
    """Return a fixed result and what differs from it now; None where none was fixed."""
    if frozen is None:
        return None
    changed = frozen.changed.assign(name=names.reindex(frozen.changed.index))
    return {
        "origin": frozen.origin_zh,
        "enterprise_count": frozen.enterprise_count,
        "changed": changed_records(changed),
    }


def plots_record(found: YearEvaluation) -> list[dict[str, Any]]:
    """Return what the evaluation makes of each plot, with the enterprises on it and their shares."""
    plots = evaluated_plots(found)
    lines = found.inputs.lines.assign(enterprise_share=plot_shares(found.inputs.lines))
    names = found.inputs.figures["name"]
    there: dict[str, list[dict[str, Any]]] = {}
    columns = ("plot_code", "uscc", "role", "land_m2", "enterprise_share")
    for code, uscc, role, land, share in zip(*(plain_values(lines[name]) for name in columns), strict=True):
        name = names.get(uscc)
        there.setdefault(code, []).append(
            {
                "uscc": uscc,
                "name": name if isinstance(name, str) else uscc,
                "role": role,
                "land_m2": land,
                "enterprise_share": share,
            }
        )
    values: Mapping[str, list[Any]] = {str(name): plain_values(plots[name]) for name in plots}
    return [
        {"plot_code": code, **dict(zip(values, row, strict=True)), "enterprises": there[str(code)]}
        for code, row in zip(plots.index, zip(*values.values(), strict=True), strict=True)
    ]


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
