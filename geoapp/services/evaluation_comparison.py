"""Evaluations set against each other: ours and the official one, now and as it was fixed, before and after weights."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from geoapp.analysis.evaluation import evaluate
from geoapp.analysis.evaluation_comparison import SCORE, compare_results
from geoapp.analysis.evaluation_grade import migration
from geoapp.domain.evaluation import DIFFERENCE_WORDS, ITEMS, LISTS, OFFICIAL, OURS
from geoapp.services.as_of import AsOf
from geoapp.services.evaluation import ALL_GRADES, YearEvaluation
from geoapp.services.evaluation_words import is_withheld, number_words
from geoapp.services.workspace import Workspace

_SAME_SCORE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """A result of a year as the register holds it."""

    rows: pd.DataFrame
    """By uscc: list, score, grade, and what else the register has."""
    origin_zh: str
    """Where it comes from: register, document, day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two results side by side."""

    lines: pd.DataFrame
    """See `analysis.evaluation_comparison.compare_results`; besides why_zh."""
    matrix: pd.DataFrame
    """Enterprises by grade there (rows) and here (columns); "" is none."""

    @property
    def same_count(self) -> int:
        """Return how many have the same grade in both."""
        return int(self.lines["is_same"].sum())

    @property
    def changed(self) -> pd.DataFrame:
        """Return the lines whose grades differ."""
        return self.lines[~self.lines["is_same"]]


def stored_result(workspace: Workspace, year: int, source: str, state: AsOf) -> StoredResult | None:
    """Return the result of a year that was fixed (ours) or imported (official); None where there is none.

    Without an imported official result the grades of the performance register stand for it.
    """
    records = workspace.store.read("evaluations", revision=state.revision)
    rows = records[(records["year"] == year) & (records["source"] == source)].set_index("uscc")
    if len(rows):
        return StoredResult(rows=rows, origin_zh=f"“亩均评价结果”台账{_document(rows)}")
    if source == OURS:
        return None
    performance = workspace.store.read("performance", revision=state.revision)
    graded = performance[(performance["year"] == year) & performance["grade"].notna()].set_index("uscc")
    return StoredResult(rows=graded, origin_zh="“亩均评价”台账填报的档次") if len(graded) else None


def _document(rows: pd.DataFrame) -> str:
    documents = "、".join(sorted(set(rows["document_no"].dropna())))
    days = sorted({day.date().isoformat() for day in rows["decided_on"].dropna()})
    said = "，".join(filter(None, [documents, "、".join(days)]))
    return f"（{said}）" if said else ""


def compare(
    found: YearEvaluation, rows: pd.DataFrame, code: str | None = None, *, decimals: int = 2
) -> Comparison:
    """Return an evaluation (here) against another result (there).

    Parameters
    ----------
    found : YearEvaluation
    rows : DataFrame by uscc
        list, score, grade of the other result.
    code : str, optional
        A list: enterprises that either result has in it; all where left out.
    decimals : int
        Scores that are equal when rounded so are the same.
    """
    lines = compare_results(found.results, rows, decimals)
    if code:
        lines = lines[(lines["list_here"] == code) | (lines["list_there"] == code)]
    lines = lines.assign(why_zh=lines["why"].map(DIFFERENCE_WORDS))
    return Comparison(
        lines=lines, matrix=migration(lines["grade_there"], lines["grade_here"], list(ALL_GRADES))
    )


def with_details(
    workspace: Workspace, found: YearEvaluation, lines: pd.DataFrame, rows: pd.DataFrame, state: AsOf
) -> pd.DataFrame:
    """Return the lines with where scores differ: which items, and whether the other side's base values explain it.

    Parameters
    ----------
    workspace : Workspace
    found : YearEvaluation
    lines : DataFrame
        Of a `Comparison`.
    rows : DataFrame by uscc
        The official result.
    state : AsOf
    """
    by_item = item_differences(workspace, found, lines.index[lines["why"] == SCORE], rows, "官方")
    again = _with_official_bases(workspace, found, state)
    said = pd.Series(
        [
            f"：{'；'.join(filter(None, [by_item.get(str(uscc), ''), _again_words(again.get(uscc), score)]))}".rstrip(
                "："
            )
            if why == SCORE
            else ""
            for uscc, why, score in zip(lines.index, lines["why"], lines["score_there"], strict=True)
        ],
        index=lines.index,
        dtype="str",
    )
    return lines.assign(why_zh=lines["why_zh"] + said).join(found.inputs.figures["name"])


def item_differences(
    workspace: Workspace, found: YearEvaluation, wanted: pd.Index, rows: pd.DataFrame, other_zh: str
) -> dict[str, str]:
    """Return which items of some enterprises have another value in the other result, in words; "" where none has.

    Values that may not be told are left out, as are those that either result lacks.
    """
    said = {}
    for scores in found.evaluation.scores.values():
        names = [name for name in scores.value if not is_withheld(workspace, f"value_{name}")]
        here = scores.value.loc[scores.value.index.isin(wanted), names]
        there = rows.reindex(here.index).to_dict("index")
        for uscc, values in here.to_dict("index").items():
            said[str(uscc)] = "；".join(_item_differences(there[uscc], values, other_zh))
    return said


def _item_differences(there: Mapping[Any, Any], here: Mapping[Any, float], other_zh: str) -> Iterator[str]:
    for name, value in here.items():
        item, other = ITEMS[str(name)], there.get(f"value_{name}")
        if other is None or pd.isna(other) or pd.isna(value):
            continue
        ours, theirs = number_words(value, item.decimals), number_words(other, item.decimals)
        if ours != theirs:
            yield f"{item.zh} {ours}，{other_zh} {theirs}"


def _with_official_bases(workspace: Workspace, found: YearEvaluation, state: AsOf) -> dict[Any, float]:
    """Return scores computed anew with the official base values and weights, of the lists where these are known."""
    records = _official_bases(workspace, found.year, OFFICIAL, state)
    score = dict(found.inputs.rules.score)
    known = []
    for code, own in records.groupby("list"):
        bases = own.dropna(subset=["base_value", "weight"]).set_index("item")
        if code in score and len(bases):
            known.append(str(code))
            score[str(code)] = replace(
                score[str(code)],
                weights={str(item): float(weight) for item, weight in bases["weight"].items()},
                given_bases={str(item): float(value) for item, value in bases["base_value"].items()},
            )
    rules = replace(found.inputs.rules, score=score)
    figures = found.inputs.figures
    anew = evaluate(figures[figures["list"].isin(known)], rules).results["score"].dropna()
    return {uscc: float(value) for uscc, value in anew.items()}


def _again_words(again: float | None, official: float) -> str:
    if again is None or pd.isna(official):
        return ""
    rest = again - official
    if abs(rest) < _SAME_SCORE:
        return f"按官方基准值重算为 {number_words(again)}，与官方一致"
    return f"按官方基准值重算为 {number_words(again)}，仍差 {number_words(rest)}（数据、加减分或取舍不同）"


def _official_bases(workspace: Workspace, year: int, source: str, state: AsOf) -> pd.DataFrame:
    records = workspace.store.read("evaluation_bases", revision=state.revision)
    chosen = (records["year"] == year) & (records["source"] == source) & records["item"].isin(list(ITEMS))
    return records[chosen]


def base_comparison(
    workspace: Workspace, found: YearEvaluation, source: str, state: AsOf
) -> list[dict[str, Any]]:
    """Return base values and weights that the other result states, beside ours; empty where it states none."""
    lines = []
    for row in _official_bases(workspace, found.year, source, state).to_dict("records"):
        scores = found.evaluation.scores.get(row["list"])
        if scores is None:
            continue
        rules, bases = found.inputs.rules.score[row["list"]], scores.bases["value"]
        lines.append(
            {
                "list": row["list"],
                "list_zh": LISTS[row["list"]],
                "item": row["item"],
                "item_zh": ITEMS[row["item"]].zh,
                "unit": ITEMS[row["item"]].unit_zh,
                "decimals": ITEMS[row["item"]].decimals,
                "base_here": _plain(bases.get(row["item"])),
                "base_there": _plain(row["base_value"]),
                "weight_here": rules.weights.get(row["item"]),
                "weight_there": _plain(row["weight"]),
            }
        )
    return lines


def _plain(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
