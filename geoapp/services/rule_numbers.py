"""Numbers of the rule book that were used, also those that are a value per mode."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from geoapp.domain.far_proof import ProofNumber
from geoapp.domain.policy import Policy
from geoapp.domain.rule import value_text
from geoapp.services.far_proof_inputs import proof_number

UNIT_WORDS = {
    "wan_per_m2": "万元/平方米", "wan_per_mu": "万元/亩", "year": "年", "m": "米", "m2": "平方米", "second": "秒",
}  # fmt: skip


def used_numbers(
    policy: Policy, names: tuple[str, ...], day: date, words: Mapping[str, str]
) -> tuple[ProofNumber, ...]:
    """Return numbers as pages show them.

    Parameters
    ----------
    policy : Policy
    names : tuple of str
    day : date
    words : mapping of str
        Chinese words of keys and codes, of modes and events.
    """
    return tuple(_used(policy, name, day, words) for name in names)


def _used(policy: Policy, name: str, day: date, words: Mapping[str, str]) -> ProofNumber:
    number = policy.number(name)
    value = number.on(day) if number.is_in_force(day) else None
    if isinstance(value, dict) and number.unit == "far":
        return proof_number(policy, name, day, value_text)
    if isinstance(value, dict):
        return proof_number(policy, name, day, lambda held, unit: _mapping_text(held, unit, words))
    if number.unit in UNIT_WORDS:
        return proof_number(policy, name, day, lambda held, unit: f"{held:g} {UNIT_WORDS[unit]}")
    return proof_number(policy, name, day)


def _mapping_text(held: Mapping[str, Any], unit: str, words: Mapping[str, str]) -> str:
    """Return a value per key: 拆除重建 3 年；..."""
    zh = UNIT_WORDS.get(unit, "")
    return "；".join(
        f"{words.get(key, key)} {_value(value, words)} {zh}".strip() for key, value in held.items()
    )


def _value(value: Any, words: Mapping[str, str]) -> str:
    return words.get(value, value) if isinstance(value, str) else f"{value:g}"
