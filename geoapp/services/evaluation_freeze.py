"""Fixing a year's evaluation (固化): results and base values become one revision with reason and document."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geoapp.domain.change import Key, RegisterChange, record_keys
from geoapp.domain.evaluation import ITEMS, LISTS, OURS
from geoapp.domain.frame import conform
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import FormError
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation import YearEvaluation, evaluate_year
from geoapp.services.evaluation_comparison import compare, item_differences, stored_result
from geoapp.services.evaluation_inputs import REGISTERS
from geoapp.services.workspace import Workspace

CHANGES = ("grade", "figures", "base")
"""Of a fixed result: another grade; other figures or list; only the base values, marks or others' ranks."""
RESULTS, BASES = "evaluations", "evaluation_bases"
FIELDS = ("reason", "document_no", "entered_by", "seen", "replace")
"""Of the form; seen is the revision whose result the user looked at."""
_LIMITS = {"reason": 200, "document_no": 100, "entered_by": 100}
_LABELS = {"reason": "理由", "document_no": "依据文号", "entered_by": "操作人"}
_NEEDED = ("reason", "entered_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A year's result as it was fixed, against what the registers make of it now."""

    origin_zh: str
    enterprise_count: int
    changed: pd.DataFrame
    """By uscc: list, score and grade now (_here) and then (_there), of those where anything differs; kind (one of
    CHANGES, in this order) and why_zh."""


def frozen_result(workspace: Workspace, found: YearEvaluation, state: AsOf) -> Frozen | None:
    """Return the year's fixed result and where a computation anew differs from it; None where none was fixed."""
    stored = stored_result(workspace, found.year, OURS, state)
    if stored is None:
        return None
    lines = compare(found, stored.rows).lines
    decimals = next(iter(found.inputs.rules.grade.values())).score_decimals
    score = lines[["score_here", "score_there"]].round(decimals)
    is_score = score["score_here"].eq(score["score_there"]) | score.isna().all(axis=1)
    changed = lines[~(lines["is_same"] & is_score & (lines["list_here"] == lines["list_there"]))]
    changed = _with_reasons(workspace, found, changed, stored.rows)
    return Frozen(origin_zh=stored.origin_zh, enterprise_count=len(stored.rows), changed=changed)


def _with_reasons(
    workspace: Workspace, found: YearEvaluation, changed: pd.DataFrame, rows: pd.DataFrame
) -> pd.DataFrame:
    """Return the lines with their kind and what of the enterprise's own figures changed, the weightiest first."""
    own = pd.Series(item_differences(workspace, found, changed.index, rows, "固化时"), dtype="str")
    own = own.reindex(changed.index).fillna("")
    is_other_list = changed["list_here"] != changed["list_there"]
    kind = np.select([~changed["is_same"], (own != "") | is_other_list], CHANGES[:2], CHANGES[2])
    words = changed["why_zh"].mask(changed["why_zh"] == "", "档次相同").mask(is_other_list, "名单不同")
    said = own.mask((own == "") & ~is_other_list, "本企业的数值没有变，变的是基准值、加减分或他家的名次")
    found_kind = pd.Series(kind, index=changed.index, dtype="str")
    changed = changed.assign(kind=found_kind, why_zh=(words + "；" + said).str.rstrip("；"))
    order = found_kind.map({code: number for number, code in enumerate(CHANGES)})
    return changed.loc[order.sort_values(kind="stable").index]


def freeze(workspace: Workspace, year: int, state: AsOf, form: Mapping[str, str]) -> Revision | None:
    """Store a year's evaluation under the rule book as one revision.

    Parameters
    ----------
    workspace : Workspace
    year : int
    state : AsOf
        Now.
    form : mapping
        Texts as typed, by FIELDS.

    Returns
    -------
    Revision or None
        None where exactly this was fixed already.

    Raises
    ------
    FormError
        All that is wrong, by field: something is missing, the data changed since they were looked at, or the year is
        fixed already and the form does not say that it is to be replaced.
    """
    typed = {name: str(form.get(name, "")).strip() for name in FIELDS}
    complaints = {name: f"没有填{_LABELS[name]}。" for name in _NEEDED if not typed[name]} | {
        name: f"{_LABELS[name]}有 {len(typed[name])} 个字，最多 {most} 个。请缩短。"
        for name, most in _LIMITS.items()
        if len(typed[name]) > most
    }
    newest = max(workspace.register_revisions(REGISTERS, state.revision))
    if not typed["seen"].isdecimal() or int(typed["seen"]) < newest:
        complaints["seen"] = f"您看过之后，第 {newest} 次修订改了数据。请核对下面的新结果，再固化。"
    if not state.is_now:
        complaints["seen"] = "只能固化现在的结果。请先“回到现在”。"
    stored = stored_result(workspace, year, OURS, state)
    if stored is not None and not typed["replace"]:
        complaints["replace"] = (
            f"{year} 年已固化：{stored.origin_zh}。确要换成现在的结果，请勾选“替换已固化的”；旧的留在历史里。"
        )
    if complaints:
        raise FormError(complaints)
    found = evaluate_year(workspace, year, state)
    changes = {
        RESULTS: _change(workspace, RESULTS, year, _results(found, typed, state)),
        BASES: _change(workspace, BASES, year, _bases(found, typed)),
    }
    return workspace.store.write(
        changes, kind=RevisionKind.EDIT, user=typed["entered_by"],
        reason=f"固化 {year} 年亩均评价：{typed['reason']}", document_no=typed["document_no"],
    )  # fmt: skip


def _change(workspace: Workspace, register: str, year: int, rows: pd.DataFrame) -> RegisterChange:
    """Return the new rows, and withdraw our older rows of the year that are no longer there."""
    layer = workspace.layer(register)
    frame = conform(rows, layer)
    stored = workspace.store.read(register)
    old = stored[(stored["year"] == year) & (stored["source"] == OURS)]
    kept = set(record_keys(frame, layer))
    removed: list[Key] = [key for key in record_keys(old, layer) if key not in kept]
    return RegisterChange(upserts=frame, removed=removed)


def _results(found: YearEvaluation, typed: Mapping[str, str], state: AsOf) -> pd.DataFrame:
    results = found.results
    decimals = next(iter(found.inputs.rules.grade.values())).score_decimals
    frame = pd.DataFrame(
        {
            "year": found.year,
            "uscc": results.index,
            "source": OURS,
            "list": results["list"].where(results["list"].isin(list(LISTS)), None),
            "grade": results["grade"].where(results["grade"] != "", None),
            "rank": results["rank"],
            "score": results["score"].round(decimals),
            "bonus": results["bonus"],
            "malus": results["malus"],
            "veto": results["veto"].where(results["veto"] != "", None),
            "land_area_m2": found.inputs.figures["land_m2"].reindex(results.index),
            "document_no": typed["document_no"] or None,
            "decided_on": pd.Timestamp(state.day),
            "note": typed["reason"],
            "is_demo": found.inputs.is_demo,
        }
    )
    for name in ITEMS:
        for kind in ("value", "points"):
            parts = [getattr(scores, kind).get(name) for scores in found.evaluation.scores.values()]
            known = [part for part in parts if part is not None]
            if known:
                frame[f"{kind}_{name}"] = pd.concat(known).reindex(results.index)
    return frame.reset_index(drop=True)


def _bases(found: YearEvaluation, typed: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for code, scores in found.evaluation.scores.items():
        rules = found.inputs.rules.score[code]
        rows += [
            {
                "year": found.year,
                "list": code,
                "item": str(name),
                "source": OURS,
                "base_value": base["value"],
                "weight": rules.weights[str(name)],
                "cap": rules.cap or 0.0,
                "enterprise_count": base["count"],
                "is_given": base["is_given"],
                "document_no": typed["document_no"] or None,
                "is_demo": found.inputs.is_demo,
            }
            for name, base in scores.bases.to_dict("index").items()
        ]
    return pd.DataFrame(rows)
