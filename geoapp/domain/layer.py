"""Registers as data: what `layers/*.toml` may say, read strictly.

A register is a table of records, with or without geometry. From its definition come the table, the import mapping,
the checks and their messages, the card, the legend, the export headers and the data dictionary.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import refuse_unknown_keys

DTYPES = ("string", "integer", "number", "boolean", "date")
GEOMETRIES = ("none", "point", "line", "polygon")
UNITS = (
    "m2", "m", "km2", "percent", "share", "wan", "wan_per_mu", "year", "tce", "t", "kwh", "person", "count", "storey",
)  # fmt: skip
UNIT_LABELS = {
    "m2": "平方米", "m": "米", "km2": "平方公里", "percent": "%", "share": "", "wan": "万元", "wan_per_mu": "万元/亩",
    "year": "年", "tce": "吨标准煤", "t": "吨", "kwh": "千瓦时", "person": "人", "count": "个", "storey": "层",
}  # fmt: skip
SECRECIES = ("public", "internal", "restricted")
"""From what everybody may see to what no page shows."""
SYSTEM_FIELDS = ("is_demo", "source_file", "source_row")
"""Provenance columns that every register has besides its own fields."""

WHEN_DIVIDED = ("", "shared", "new")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LAYER_KEYS = (
    "id", "zh", "en", "group", "group_zh", "geometry", "geometry_required", "key", "label_field", "source",
    "certainty", "order", "search", "card", "style", "fields", "description", "min_zoom",
)  # fmt: skip
_FIELD_KEYS = (
    "name", "dtype", "unit", "zh", "en", "aliases", "required", "minimum", "maximum", "codes", "codes_from",
    "secrecy", "references", "description", "check", "max_length", "when_divided", "zero",
)  # fmt: skip
_CODE_KEYS = ("value", "zh", "en", "color", "aliases", "pattern", "dash", "weight", "policy", "certainty")
_STYLE_KEYS = ("color", "fill", "fill_opacity", "weight", "dash", "color_by", "pattern", "radius", "visible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One admitted value of a field, with its words and its look on the map."""

    value: str
    zh: str
    en: str = ""
    color: str = ""
    pattern: str = ""
    dash: str = ""
    weight: float = 0.0
    policy: str = ""
    certainty: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a register."""

    name: str
    dtype: str
    zh: str
    en: str
    unit: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    zero: bool = True
    """Whether zero is a possible value: of a tax, but not of a site's area. Where it is not, it is kept and named."""
    max_length: int | None = None
    codes: tuple[Code, ...] = ()
    secrecy: str = "public"
    references: str = ""
    """Another register's key, as "towns.town_code"."""
    check: str = ""
    """A named check: "uscc" (统一社会信用代码 with its check digit)."""
    description: str = ""
    when_divided: str = ""
    """What becomes of it when a plot is split or merged: "shared" (divided among the parts, added up when merged),
    "new" (each new plot gets its own), empty: the parts keep it, and merging asks where it differs."""

    @property
    def label(self) -> str:
        """Chinese label with its unit: 用地面积(平方米)."""
        unit = UNIT_LABELS.get(self.unit, "")
        return f"{self.zh}({unit})" if unit else self.zh

    @property
    def is_restricted(self) -> bool:
        """Whether no page, search or export may tell it: phone numbers, an enterprise's tax."""
        return self.secrecy == "restricted"

    @property
    def code_labels(self) -> dict[str, str]:
        """Chinese words by code."""
        return {code.value: code.zh for code in self.codes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a register is drawn before anybody chooses otherwise."""

    color: str = "#555555"
    fill: str = ""
    fill_opacity: float = 0.3
    weight: float = 1.0
    dash: str = ""
    color_by: str = ""
    """A field with codes whose colours are used."""
    pattern: str = ""
    radius: float = 5.0
    visible: bool = False
    """Shown when the map opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One register."""

    id: str
    zh: str
    en: str
    geometry: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    group: str = ""
    group_zh: str = ""
    geometry_required: bool = True
    label_field: str = ""
    source: str = ""
    certainty: str = ""
    order: int = 100
    search: tuple[str, ...] = ()
    """Fields that the search box looks through."""
    card: tuple[str, ...] = ()
    """Fields shown on the card, in order; empty means all."""
    min_zoom: int = 0
    style: Style = field(default_factory=Style)
    description: str = ""

    @property
    def has_geometry(self) -> bool:
        """Whether the register can be drawn."""
        return self.geometry != "none"

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of its own fields, without provenance."""
        return tuple(f.name for f in self.fields)

    def field(self, name: str) -> Field:
        """Return one field; raises NotFoundError with the ones there are."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise NotFoundError(f"“{self.zh}”没有字段“{name}”；可用：{'、'.join(self.field_names)}。")


def parse_layer(
    content: Mapping[str, Any], file_name: str, code_lists: Mapping[str, tuple[Code, ...]] | None = None
) -> Layer:
    """Return the register that a TOML file defines.

    Parameters
    ----------
    content : mapping
        The file as read.
    file_name : str
        Named in every complaint; its stem must be the id.
    code_lists : mapping, optional
        Shared lists that a field may name in `codes_from`, e.g. "scheme.zones".

    Raises
    ------
    SetupError
        An unknown key, a missing one or a value that does not fit; names file and key.
    """
    refuse_unknown_keys(content, _LAYER_KEYS, file_name)
    values = dict(content)
    for name in ("id", "zh", "en", "geometry", "key", "fields"):
        _require(name in values, file_name, name, "缺少")
    _require(values["id"] == file_name.removesuffix(".toml"), file_name, "id", "应与文件名相同")
    _require(values["geometry"] in GEOMETRIES, file_name, "geometry", f"应为 {'、'.join(GEOMETRIES)} 之一")
    style = values.pop("style", {})
    refuse_unknown_keys(style, _STYLE_KEYS, f"{file_name} 的 [style]")
    fields_ = tuple(_parse_field(item, file_name, code_lists or {}) for item in values.pop("fields"))
    names = [f.name for f in fields_]
    _require(len(set(names)) == len(names), file_name, "fields", "字段名重复")
    for listed in ("key", "search", "card"):
        values[listed] = tuple(values.get(listed, ()))
        for name in values[listed]:
            _require(name in names, file_name, listed, f"字段“{name}”没有定义")
    for name in filter(None, (values.get("label_field"), style.get("color_by"))):
        _require(name in names, file_name, "label_field/color_by", f"字段“{name}”没有定义")
    return Layer(fields=fields_, style=Style(**style), **values)


def _parse_field(
    item: Mapping[str, Any], file_name: str, code_lists: Mapping[str, tuple[Code, ...]]
) -> Field:
    where = f"{file_name} 的字段 {item.get('name', '?')}"
    refuse_unknown_keys(item, _FIELD_KEYS, where)
    values = dict(item)
    for name in ("name", "dtype", "zh", "en"):
        _require(name in values, where, name, "缺少")
    _require(bool(_NAME.fullmatch(values["name"])), where, "name", "应为小写字母、数字和下划线")
    _require(values["name"] not in (*SYSTEM_FIELDS, "geometry", "fid"), where, "name", "是系统保留的字段名")
    _require(values["dtype"] in DTYPES, where, "dtype", f"应为 {'、'.join(DTYPES)} 之一")
    _require(values.get("unit", "") in ("", *UNITS), where, "unit", f"应为 {'、'.join(UNITS)} 之一")
    _require(
        values.get("secrecy", "public") in SECRECIES, where, "secrecy", f"应为 {'、'.join(SECRECIES)} 之一"
    )
    divided = values.get("when_divided", "")
    _require(
        divided in WHEN_DIVIDED, where, "when_divided", f"应为 {'、'.join(filter(None, WHEN_DIVIDED))} 之一"
    )
    is_number = values["dtype"] in ("number", "integer")
    _require(divided != "shared" or is_number, where, "when_divided", "只有数值字段可以是 shared")
    _require(isinstance(values.get("zero", True), bool), where, "zero", "应为 true 或 false")
    _require(is_number or "zero" not in values, where, "zero", "只有数值字段可以写")
    listed = values.pop("codes_from", "")
    _require(not listed or listed in code_lists, where, "codes_from", f"没有代码表“{listed}”")
    codes = tuple(parse_code(code, where) for code in values.pop("codes", ()))
    values["aliases"] = tuple(values.get("aliases", ()))
    return Field(codes=codes or code_lists.get(listed, ()), **values)


def parse_code(item: Mapping[str, Any], where: str) -> Code:
    """Return one entry of a code list; raises SetupError naming *where* and the key."""
    refuse_unknown_keys(item, _CODE_KEYS, f"{where} 的 codes")
    for name in ("value", "zh"):
        _require(name in item, f"{where} 的 codes", name, "缺少")
    return Code(**{**item, "aliases": tuple(item.get("aliases", ()))})


def _require(condition: bool, where: str, key: str, complaint: str) -> None:
    if not condition:
        raise SetupError(f"{where}：键“{key}”{complaint}。")
