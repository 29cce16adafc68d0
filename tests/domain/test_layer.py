from typing import Any

import pytest

from geoapp.domain.layer import Code, Field, parse_code, parse_layer
from geoapp.errors import NotFoundError, SetupError

KINDS = (Code(value="ZQ1", zh="战略产业园"),)


def definition(**changes: Any) -> dict[str, Any]:
    field = {"name": "town_code", "dtype": "string", "zh": "镇街代码", "en": "Town code"}
    return {
        "id": "towns",
        "zh": "镇街",
        "en": "Towns",
        "geometry": "polygon",
        "key": ["town_code"],
        "fields": [field],
    } | changes


def definition_with(**field_changes: Any) -> dict[str, Any]:
    field = {"name": "town_code", "dtype": "string", "zh": "镇街代码", "en": "Town code"} | field_changes
    return definition(fields=[field])


def test_parse_layer_reads_fields_style_and_defaults() -> None:
    layer = parse_layer(
        definition(style={"color": "#000000", "visible": True}, card=["town_code"]), "towns.toml"
    )
    assert layer.key == ("town_code",)
    assert layer.card == ("town_code",)
    assert layer.search == ()
    assert layer.style.visible
    assert layer.has_geometry
    assert layer.geometry_required
    assert layer.field_names == ("town_code",)


def test_layer_without_geometry_cannot_be_drawn() -> None:
    assert not parse_layer(definition(geometry="none"), "towns.toml").has_geometry


def test_field_names_those_there_are_when_asked_for_another() -> None:
    layer = parse_layer(definition(), "towns.toml")
    assert layer.field("town_code").zh == "镇街代码"
    with pytest.raises(NotFoundError, match="“镇街”没有字段“name”；可用：town_code"):
        layer.field("name")


@pytest.mark.parametrize("name", ["id", "zh", "en", "geometry", "key", "fields"])
def test_parse_layer_refuses_a_missing_key(name: str) -> None:
    content = definition()
    del content[name]
    with pytest.raises(SetupError, match=f"towns.toml：键“{name}”缺少"):
        parse_layer(content, "towns.toml")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (definition(idd="x"), "towns.toml：不认识的键“idd”"),
        (definition(id="parks"), "键“id”应与文件名相同"),
        (definition(geometry="curve"), "键“geometry”应为 none"),
        (definition(style={"colour": "red"}), r"towns.toml 的 \[style\]：不认识的键“colour”"),
        (definition(style={"color_by": "kind"}), "字段“kind”没有定义"),
        (definition(label_field="name"), "键“label_field/color_by”字段“name”没有定义"),
        (definition(key=["code"]), "键“key”字段“code”没有定义"),
        (definition(search=["code"]), "键“search”字段“code”没有定义"),
        (definition(card=["code"]), "键“card”字段“code”没有定义"),
        (definition(fields=definition()["fields"] * 2), "键“fields”字段名重复"),
        (definition_with(unti="m2"), "towns.toml 的字段 town_code：不认识的键“unti”"),
        (definition_with(name="Town"), "键“name”应为小写字母"),
        (definition_with(name="is_demo"), "键“name”是系统保留的字段名"),
        (definition_with(name="geometry"), "键“name”是系统保留的字段名"),
        (definition_with(dtype="text"), "键“dtype”应为 string"),
        (definition_with(unit="mu"), "键“unit”应为 m2"),
        (definition_with(secrecy="secret"), "键“secrecy”应为 public"),
        (definition_with(when_divided="halved"), "应为 shared、new 之一"),
        (definition_with(dtype="number", zero="no"), "键“zero”应为 true 或 false"),
        (definition_with(zero=False), "键“zero”只有数值字段可以写"),
        (definition_with(when_divided="shared"), "只有数值字段可以是 shared"),
        (definition_with(codes_from="scheme.zones"), "没有代码表“scheme.zones”"),
        (
            definition_with(codes=[{"value": "A", "zh": "甲", "colour": "red"}]),
            "的 codes：不认识的键“colour”",
        ),
        (definition_with(codes=[{"value": "A"}]), "的 codes：键“zh”缺少"),
        (definition(fields=[{"dtype": "string", "zh": "名", "en": "Name"}]), r"的字段 \?：键“name”缺少"),
    ],
)
def test_parse_layer_refuses_what_does_not_fit(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SetupError, match=complaint):
        parse_layer(content, "towns.toml")


def test_codes_come_from_the_named_list() -> None:
    layer = parse_layer(definition_with(codes_from="scheme.zones"), "towns.toml", {"scheme.zones": KINDS})
    assert layer.field("town_code").codes == KINDS


def test_codes_of_the_field_itself_have_words_and_aliases() -> None:
    code = {"value": "M01", "zh": "拆除重建", "aliases": ["拆建"]}
    field = parse_layer(definition_with(codes=[code]), "towns.toml").field("town_code")
    assert field.code_labels == {"M01": "拆除重建"}
    assert field.codes[0].aliases == ("拆建",)


def test_parse_code_has_no_aliases_unless_given() -> None:
    assert parse_code({"value": "A", "zh": "甲"}, "x").aliases == ()


@pytest.mark.parametrize(
    ("unit", "label"), [("m2", "用地面积(平方米)"), ("", "用地面积"), ("share", "用地面积")]
)
def test_label_carries_the_unit(unit: str, label: str) -> None:
    assert Field(name="a", dtype="number", zh="用地面积", en="Area", unit=unit).label == label
