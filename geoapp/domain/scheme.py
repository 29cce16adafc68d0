"""Schemes of industrial control zones and lines (工业空间三区两线): data, several presets, one chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.domain.layer import Code, parse_code
from geoapp.errors import SetupError
from geoapp.resources import refuse_unknown_keys

_SCHEME_KEYS = ("id", "zh", "en", "source", "zones", "lines", "outside", "membership_rule")
_ZONE_KEYS = (
    "code",
    "zh",
    "en",
    "color",
    "policy",
    "far_min_new",
    "industrial_share_min",
    "certainty",
    "pattern",
)
_LINE_KEYS = ("code", "zh", "en", "color", "weight", "dash", "strictness", "certainty")
_OUTSIDE_KEYS = ("code", "zh", "en")
_MEMBERSHIP_KEYS = ("method", "threshold", "tie", "report_split")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlScheme:
    """One way of dividing industrial land into control zones, with the lines around them."""

    id: str
    zh: str
    en: str
    source: str
    zones: tuple[Code, ...]
    lines: tuple[Code, ...]
    outside: Code
    zone_rules: Mapping[str, Mapping[str, Any]]
    """By zone code: policy, far_min_new, industrial_share_min."""
    membership_rule: Mapping[str, Any]

    @property
    def code_lists(self) -> dict[str, tuple[Code, ...]]:
        """Code lists that registers may name in `codes_from`."""
        return {"scheme.zones": self.zones, "scheme.lines": self.lines}


def parse_scheme(content: Mapping[str, Any], file_name: str) -> ControlScheme:
    """Return the scheme that a TOML file defines; raises SetupError naming file and key."""
    refuse_unknown_keys(content, _SCHEME_KEYS, file_name)
    for name in ("id", "zh", "zones", "lines", "outside"):
        if name not in content:
            raise SetupError(f"{file_name}：缺少键“{name}”。")
    for zone in content["zones"]:
        refuse_unknown_keys(zone, _ZONE_KEYS, f"{file_name} 的 zones")
    for line in content["lines"]:
        refuse_unknown_keys(line, _LINE_KEYS, f"{file_name} 的 lines")
    refuse_unknown_keys(content["outside"], _OUTSIDE_KEYS, f"{file_name} 的 outside")
    refuse_unknown_keys(
        content.get("membership_rule", {}), _MEMBERSHIP_KEYS, f"{file_name} 的 membership_rule"
    )
    return ControlScheme(
        id=content["id"],
        zh=content["zh"],
        en=content.get("en", ""),
        source=content.get("source", ""),
        zones=tuple(_code(zone, file_name) for zone in content["zones"]),
        lines=tuple(_code(line, file_name) for line in content["lines"]),
        outside=_code(content["outside"], file_name),
        zone_rules={zone["code"]: {k: zone.get(k) for k in _ZONE_KEYS[4:7]} for zone in content["zones"]},
        membership_rule=dict(content.get("membership_rule", {})),
    )


def _code(item: Mapping[str, Any], file_name: str) -> Code:
    kept = {
        k: v
        for k, v in item.items()
        if k in ("zh", "en", "color", "policy", "weight", "dash", "certainty", "pattern")
    }
    return parse_code({"value": item["code"], **kept}, file_name)
