from typing import Any

import pytest

from geoapp.domain.scheme import parse_scheme
from geoapp.errors import SetupError


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "id": "two",
        "zh": "两级",
        "zones": [
            {
                "code": "QK1",
                "zh": "一级",
                "color": "#8B3A3A",
                "policy": "protect",
                "industrial_share_min": 0.6,
            }
        ],
        "lines": [{"code": "XJ1", "zh": "一级线", "weight": 3, "strictness": "rigid"}],
        "outside": {"code": "KW", "zh": "线外"},
    } | changes


def test_parse_scheme_gives_code_lists_and_rules() -> None:
    scheme = parse_scheme(definition(membership_rule={"method": "area_share", "threshold": 0.5}), "two.toml")
    assert scheme.code_lists == {"scheme.zones": scheme.zones, "scheme.lines": scheme.lines}
    assert (scheme.zones[0].value, scheme.zones[0].color) == ("QK1", "#8B3A3A")
    assert scheme.lines[0].weight == 3
    assert scheme.outside.value == "KW"
    assert scheme.zone_rules == {
        "QK1": {"policy": "protect", "far_min_new": None, "industrial_share_min": 0.6}
    }
    assert scheme.membership_rule == {"method": "area_share", "threshold": 0.5}
    assert (scheme.en, scheme.source) == ("", "")


def test_membership_rule_may_be_left_out() -> None:
    assert parse_scheme(definition(), "two.toml").membership_rule == {}


@pytest.mark.parametrize("name", ["id", "zh", "zones", "lines", "outside"])
def test_parse_scheme_refuses_a_missing_key(name: str) -> None:
    content = definition()
    del content[name]
    with pytest.raises(SetupError, match=f"two.toml：缺少键“{name}”"):
        parse_scheme(content, "two.toml")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"x": 1}, "two.toml"),
        ({"zones": [{"code": "A", "zh": "甲", "x": 1}]}, "two.toml 的 zones"),
        ({"lines": [{"code": "A", "zh": "甲", "x": 1}]}, "two.toml 的 lines"),
        ({"outside": {"code": "A", "zh": "甲", "x": 1}}, "two.toml 的 outside"),
        ({"membership_rule": {"x": 1}}, "two.toml 的 membership_rule"),
    ],
)
def test_parse_scheme_refuses_unknown_keys_naming_the_place(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(SetupError, match=f"^{where}：不认识的键“x”"):
        parse_scheme(definition(**changes), "two.toml")
