"""Weights of the candidates' score: the rule book's, a saved set's, or those that an address gives."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoapp.analysis.candidate_terms import TERMS
from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.policy import Policy
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import InputError, NotFoundError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.workspace import Workspace

REGISTER = "weight_sets"
TERM_WORDS = {
    "far_gap": "容积率差距", "tax_gap": "亩均税收差距", "inside_line": "控制线内", "low_efficiency": "低效规则",
    "size": "用地规模", "owner_will": "改造意愿", "building_age": "厂房年代",
}  # fmt: skip
HEAVIEST = 1000.0
OFFICIAL = "规则库"
_LONGEST = {"name": 40, "saved_by": 100, "note": 300}


@dataclass(frozen=True, slots=True)
class WeightSet:
    """A set of weights by term, with a name; empty where an address gives the numbers."""

    weights: Mapping[str, float]
    name: str = ""

    @property
    def text(self) -> str:
        """Return the weights as addresses write them: 25,25,15,10,10,10,5."""
        return ",".join(f"{self.weights[term]:g}" for term in TERMS)


def official_weights(policy: Policy, state: AsOf) -> WeightSet:
    """Return the rule book's weights of a day."""
    return WeightSet(
        {term: float(policy.value(f"candidate_weight_{term}", state.day)) for term in TERMS}, OFFICIAL
    )


def saved_sets(workspace: Workspace, state: AsOf) -> list[WeightSet]:
    """Return the sets saved in the office, by name."""
    rows = workspace.store.read(REGISTER, revision=state.revision).sort_values("name")
    return [WeightSet({term: float(row[term]) for term in TERMS}, row["name"]) for _, row in rows.iterrows()]


def find_weights(workspace: Workspace, state: AsOf, text: str | None = None) -> WeightSet:
    """Return the weights that `weights` names.

    Parameters
    ----------
    workspace : Workspace
    state : AsOf
    text : str, optional
        Seven numbers in the order of TERMS, "25,25,15,10,10,10,5", or the name of a saved set; the rule book's if left
        out.

    Raises
    ------
    UsageError
        The numbers cannot be used: says which and why.
    NotFoundError
        No set of that name.
    """
    official = official_weights(workspace.policy_at(state.revision), state)
    if not text or text == official.name:
        return official
    if "," in text or "，" in text:
        return WeightSet(read_weights(text.replace("，", ",").split(",")))
    known = {found.name: found for found in saved_sets(workspace, state)}
    if text not in known:
        names = "、".join(known) or "还没有"
        raise NotFoundError(
            f"没有权重方案“{text[:40]}”；已保存的：{names}。也可以写七个数，如 {official.text}。"
        )
    return known[text]


def read_weights(texts: list[str]) -> dict[str, float]:
    """Return seven typed weights by term; raises UsageError naming what is wrong."""
    if len(texts) != len(TERMS):
        words = "、".join(TERM_WORDS[term] for term in TERMS)
        raise UsageError(f"权重要写 {len(TERMS)} 个数，这里有 {len(texts)} 个；次序为{words}。")
    weights = {term: _read_weight(term, text) for term, text in zip(TERMS, texts, strict=True)}
    if sum(weights.values()) <= 0:
        raise UsageError("权重全是零，排不出先后。请至少给一项大于零的权重。")
    return weights


def _read_weight(term: str, text: str) -> float:
    try:
        weight = float(text.strip())
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= HEAVIEST:
        raise UsageError(f"“{TERM_WORDS[term]}”的权重“{text.strip()[:20]}”应为 0 到 {HEAVIEST:g} 之间的数。")
    return weight


def save_set(workspace: Workspace, form: Mapping[str, str]) -> Revision | None:
    """Store a set of weights under its name; one that is there is changed, its history stays.

    Parameters
    ----------
    workspace : Workspace
    form : mapping
        name, weights (as in addresses), saved_by, note as typed.

    Returns
    -------
    Revision or None
        None where exactly this was stored already.

    Raises
    ------
    InputError
        The name is missing or a text too long; the weights cannot be used (UsageError).
    ConflictError
        Somebody else is writing and does not come to an end.
    """
    typed = {name: str(form.get(name, "")).strip() for name in _LONGEST}
    labels = {"name": "方案名称", "saved_by": "保存人", "note": "备注"}
    for name in ("name", "saved_by"):
        if not typed[name]:
            raise InputError(f"没有填{labels[name]}。请填写后再保存。")
    for name, longest in _LONGEST.items():
        if len(typed[name]) > longest:
            raise InputError(f"{labels[name]}有 {len(typed[name])} 个字，最多 {longest} 个。请缩短。")
    if typed["name"] == OFFICIAL or "," in typed["name"] or "，" in typed["name"]:
        raise InputError(f"方案名称不能是“{OFFICIAL}”，也不能含逗号。请另取一个。")
    weights = read_weights(str(form.get("weights", "")).split(","))
    record = {**typed, "note": typed["note"] or None, **weights}
    frame = conform(pd.DataFrame([record]), workspace.layer(REGISTER))
    return workspace.store.write(
        {REGISTER: RegisterChange(upserts=frame)}, kind=RevisionKind.EDIT, user=typed["saved_by"],
        reason=f"保存候选权重方案“{typed['name']}”",
    )  # fmt: skip
