import pytest

from geoapp.domain.plan_check import parse_plan_checks
from geoapp.errors import SetupError


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ({"id": "SD1", "zh": "清单", "rule": ["LE01"]}, "a.toml 的 SD1：不认识的键“rule”"),
        ({"zh": "清单", "note": "x"}, "a.toml 的 一条：缺少 id 或 zh"),
        ({"id": "SD1", "zh": "清单"}, "a.toml 的 SD1：rules、address、note 至少写一样"),
    ],
)
def test_a_clause_that_is_not_whole_is_refused(item: dict, complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        parse_plan_checks({"checks": [item]}, "a.toml")


def test_no_clauses_are_none() -> None:
    assert parse_plan_checks({}, "a.toml") == ()
