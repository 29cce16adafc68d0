"""Where each clause of the action plan is checked: by which rules, on which page, or why nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.errors import SetupError
from geoapp.resources import refuse_unknown_keys

_KEYS = ("id", "zh", "rules", "address", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCheck:
    """One clause."""

    id: str
    zh: str
    rules: tuple[str, ...] = ()
    address: str = ""
    note: str = ""


def parse_plan_checks(content: Mapping[str, Any], file_name: str) -> tuple[PlanCheck, ...]:
    """Return the clauses of a file; raises SetupError naming file, clause and key.

    Examples
    --------
    >>> parse_plan_checks({"checks": [{"id": "SD2", "zh": "税收", "rules": ["LE01"]}]}, "a.toml")[0].rules
    ('LE01',)
    """
    refuse_unknown_keys(content, ("checks",), file_name)
    checks = []
    for item in content.get("checks", []):
        where = f"{file_name} 的 {item.get('id', '一条')}"
        refuse_unknown_keys(item, _KEYS, where)
        if not (item.get("id") and item.get("zh")):
            raise SetupError(f"{where}：缺少 id 或 zh。")
        if not (item.get("rules") or item.get("address") or item.get("note")):
            raise SetupError(f"{where}：rules、address、note 至少写一样。")
        checks.append(PlanCheck(**item | {"rules": tuple(item.get("rules", ()))}))
    return tuple(checks)
