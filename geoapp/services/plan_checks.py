"""The action plan's clauses with what their rules say now."""

from dataclasses import dataclass

from geoapp.domain.plan_check import PlanCheck, parse_plan_checks
from geoapp.errors import SetupError
from geoapp.resources import read_toml, resource_files
from geoapp.services.rule_book import RuleBook, RuleEntry
from geoapp.services.workspace import Workspace

FILE = "plan_checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedClause:
    """One clause and the rules that check it, as they stand."""

    check: PlanCheck
    entries: tuple[RuleEntry, ...]


def checked_clauses(workspace: Workspace, book: RuleBook) -> list[CheckedClause]:
    """Return the plan's clauses in their order.

    Raises
    ------
    SetupError
        The file names a rule that there is none of.
    """
    path = resource_files("policy/book", "*.toml", workspace.settings.data_dir)[FILE]
    entries = {entry.rule.id: entry for entry in book.entries}
    clauses = []
    for check in parse_plan_checks(read_toml(path), path.name):
        for rule_id in check.rules:
            if rule_id not in entries:
                raise SetupError(f"{path.name} 的 {check.id}：规则库没有规则“{rule_id}”。")
        clauses.append(CheckedClause(check=check, entries=tuple(entries[name] for name in check.rules)))
    return clauses
