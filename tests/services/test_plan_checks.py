"""Every clause of the action plan is checked by rules that there are, on a page, or says why not."""

from pathlib import Path

import pytest

from geoapp.errors import SetupError
from geoapp.services.as_of import as_of
from geoapp.services.plan_checks import checked_clauses
from geoapp.services.rule_book import rule_book
from geoapp.services.workspace import Workspace


def test_all_twelve_clauses_are_there(workspace: Workspace) -> None:
    clauses = checked_clauses(workspace, rule_book(workspace, as_of(workspace)))
    assert [clause.check.id for clause in clauses] == [f"SD{number}" for number in range(1, 13)]
    assert [entry.rule.id for entry in clauses[1].entries] == ["LE01", "LE02"]


def test_a_rule_that_is_not_there_is_named(workspace: Workspace) -> None:
    folder = Path(workspace.settings.data_dir) / "policy" / "book"
    folder.mkdir(parents=True)
    text = '[[checks]]\nid = "SD1"\nzh = "清单"\nrules = ["LE99"]\n'
    (folder / "plan_checks.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SetupError, match=r"plan_checks.toml 的 SD1：规则库没有规则“LE99”"):
        checked_clauses(workspace, rule_book(workspace, as_of(workspace)))
