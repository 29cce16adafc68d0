"""A compliance check as plain values, for `geoapp check --json` and the addresses that end in .json."""

from typing import Any

from geoapp.domain.rule import EFFECT_WORDS, PURPOSE_WORDS, SUBJECT_WORDS, Effect, RuleHit, Verdict
from geoapp.services.compliance import ComplianceCheck

FINDING_WORDS = {Verdict.YES: "不符合", Verdict.NO: "符合", Verdict.UNKNOWN: "资料不全"}
"""What the answer of a rule that finds something means for compliance."""


def verdict_words(hit: RuleHit) -> str:
    """Return an answer in one word: 不符合, 符合, 资料不全; 适用, 不适用 of what a rule allows."""
    return (FINDING_WORDS if hit.effect is Effect.FINDING else EFFECT_WORDS[hit.effect])[hit.verdict]


def check_record(found: ComplianceCheck) -> dict[str, Any]:
    """Return a check as plain values: days as text, null where unknown."""
    return {
        "project": found.project_code or None,
        "day": found.state.day.isoformat(),
        "revision": found.state.revision,
        "verdict": found.verdict,
        "finding_count": found.finding_count,
        "unknown_count": found.unknown_count,
        "missing_plots": list(found.missing),
        "is_demo": found.is_demo,
        "subjects": [
            {
                "kind": SUBJECT_WORDS[checked.subject][0],
                "key": checked.key,
                "name": checked.name,
                "answers": [_answer(hit) for hit in checked.answers],
            }
            for checked in found.subjects
        ],
    }


def _answer(hit: RuleHit) -> dict[str, Any]:
    return {
        "rule": hit.rule_id,
        "name": hit.zh,
        "purpose": PURPOSE_WORDS[hit.purpose],
        "verdict": hit.verdict.value,
        "verdict_zh": verdict_words(hit),
        "measured": _plain(hit.measured),
        "limit": _plain(hit.threshold),
        "measured_zh": hit.measured_zh,
        "limit_zh": hit.threshold_zh,
        "unit": hit.unit,
        "clause": hit.clause,
        "source": hit.source,
        "day": hit.day.isoformat(),
        "missing": list(hit.missing),
        "sentence": hit.sentence,
    }


def _plain(value: Any) -> Any:
    """Return a measured value or a limit as JSON holds it; null where unknown."""
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, str | bool) or value is None:
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None if str(value) in ("<NA>", "NaT") else str(value)
    return None if number != number else number
