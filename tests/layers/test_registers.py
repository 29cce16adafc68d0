"""The registers that ship: complete, unambiguous, and strict about what a definition may say."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from geoapp.domain.layer import Field, Layer, parse_layer
from geoapp.domain.matching import normalised
from geoapp.errors import SetupError
from geoapp.resources import read_toml, resource_dir
from geoapp.services.workspace import load_layers, load_scheme, load_schemes

CONTRACT = {
    "towns": "town_code name kind",
    "parks": "park_code name level town_code planned_km2 lead_industry note",
    "control_zones": "zone_code name kind level area_m2 industrial_area_m2 industrial_percent lead_industry town_name "
    "approval_no approved_on updated_on note",
    "control_lines": "line_code name kind level version source_geometry valid_from_on valid_to_on approval_no "
    "approved_on",
    "plots": "plot_code real_estate_unit_no name town_code park_code landuse_code landuse_standard right_holder uscc "
    "right_type term_end_on area_reg_m2 gfa_actual_m2 gfa_far_m2 footprint_m2 structure_yard_m2 green_m2 "
    "support_land_m2 support_gfa_m2 height_limit_m planned_use plan_far_min plan_far_max built_year "
    "low_efficiency_status low_efficiency_reason low_efficiency_on vacancy_percent predecessors note",
    "buildings": "building_code plot_code name storeys storey_height_m basement_storeys gfa_m2 basement_gfa_m2 "
    "footprint_m2 use built_year",
    "micro_parks": "micro_park_code name kind status recognition star_level development_mode town_code park_code "
    "land_area_m2 gfa_m2 leased_area_m2 leasable_area_m2 enterprise_count above_scale_count operator contact phone",
    "projects": "project_code name national_code owner uscc town_code park_code mode stage industry_code area_m2 "
    "new_gfa_gross_m2 new_gfa_net_m2 far_before far_after invest_total_wan invest_year_wan invest_done_wan "
    "start_plan_on start_actual_on complete_plan_on complete_actual_on commission_plan_on commission_actual_on "
    "expected_output_wan expected_tax_wan lead_body responsible_body contact_leader progress problem coordination "
    "updated_on",
    "project_plots": "project_code plot_code area_m2",
    "recognitions": "recognition_code project_code plot_code mode ledger event recognised_on document_no area_m2 "
    "new_gfa_gross_m2 new_gfa_net_m2 checker",
    "enterprises": "uscc name industry_code is_above_scale status",
    "occupancies": "plot_code uscc role area_m2 gfa_m2 from_on to_on",
    "performance": "uscc year tax_wan value_added_wan output_wan revenue_wan energy_tce emission_t rd_wan staff "
    "power_kwh land_area_m2 score grade list",
}
LAYERS = load_layers(load_scheme("ningbo_jiangbei_default"))
FIELDS = [
    pytest.param(layer, field, id=f"{layer.id}.{field.name}")
    for layer in LAYERS.values()
    for field in layer.fields
]
UNIT_ENDINGS = ("_m2", "_m", "_km2", "_percent", "_wan", "_tce", "_t", "_kwh")


@pytest.mark.parametrize("register", CONTRACT)
def test_register_has_the_agreed_fields(register: str) -> None:
    missing = set(CONTRACT[register].split()) - set(LAYERS[register].field_names)
    assert missing == set()


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_register_says_where_it_comes_from_and_how_sure(layer: Layer) -> None:
    assert layer.source
    assert layer.certainty
    assert layer.group_zh
    assert layer.card
    assert layer.label_field
    assert layer.search
    assert all(layer.field(name).required for name in layer.key)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_no_two_fields_of_a_register_share_a_header(layer: Layer) -> None:
    names = Counter(
        name
        for field in layer.fields
        for name in {normalised(word) for word in (field.name, field.zh, field.en, *field.aliases)}
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "field", [field for layer in LAYERS.values() for field in layer.fields if field.codes]
)
def test_no_two_codes_of_a_field_share_a_word(field: Field) -> None:
    words = Counter(
        word
        for code in field.codes
        for word in {normalised(word) for word in (code.value, code.zh, code.en, *code.aliases)} - {""}
    )
    assert [word for word, count in words.items() if count > 1] == []


@pytest.mark.parametrize(("layer", "field"), FIELDS)
def test_a_name_that_ends_in_a_unit_has_that_unit(layer: Layer, field: Field) -> None:
    ending = next((e for e in sorted(UNIT_ENDINGS, key=len, reverse=True) if field.name.endswith(e)), "")
    assert field.unit == ending.removeprefix("_") or not ending
    assert (field.dtype == "date") == field.name.endswith("_on")


@pytest.mark.parametrize(("layer", "field"), [p for p in FIELDS if p.values[1].references])
def test_a_reference_names_the_key_of_another_register(layer: Layer, field: Field) -> None:
    register, key = field.references.split(".")
    assert LAYERS[register].key == (key,)
    assert LAYERS[register].field(key).dtype == field.dtype


def test_personal_data_are_restricted() -> None:
    micro_parks = LAYERS["micro_parks"]
    assert [micro_parks.field(name).secrecy for name in ("contact", "phone")] == ["restricted", "restricted"]
    assert LAYERS["projects"].field("contact_leader").secrecy == "internal"
    restricted = {f.name for f in LAYERS["performance"].fields if f.secrecy == "restricted"}
    assert restricted == {"tax_wan", "energy_tce", "power_kwh"}


@pytest.mark.parametrize(
    ("register", "field", "header"),
    [
        ("plots", "plot_code", "DKBH"),
        ("plots", "area_reg_m2", "YDMJ"),
        ("plots", "reported_far", "RJL"),
        ("plots", "reported_coverage_percent", "JZMD"),
        ("plots", "right_holder", "CQR"),
        ("control_zones", "industrial_percent", "GYZB"),
        ("projects", "far_after", "GZHRJL"),
        ("projects", "commission_actual_on", "SJTC"),
        ("enterprises", "uscc", "社会统一信用代码"),
        ("micro_parks", "leasable_area_m2", "remainingLeasableArea"),
    ],
)
def test_headers_of_real_files_are_known(register: str, field: str, header: str) -> None:
    assert header in LAYERS[register].field(field).aliases


def test_modes_and_stages_are_complete() -> None:
    projects = LAYERS["projects"]
    assert list(projects.field("mode").code_labels) == [f"M{n:02d}" for n in range(1, 12)]
    assert list(projects.field("stage").code_labels) == [*(f"P{n:02d}" for n in range(13)), "PX"]
    assert projects.field("mode").codes == LAYERS["recognitions"].field("mode").codes


@pytest.mark.parametrize("scheme_id", ["ningbo_jiangbei_default", "two_tier_line", "shanghai_104_195_198"])
def test_zone_and_line_kinds_come_from_the_scheme(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    layers = load_layers(scheme)
    assert layers["control_zones"].field("kind").codes == scheme.zones
    assert layers["control_lines"].field("kind").codes == scheme.lines


def test_schemes_are_named_like_their_files() -> None:
    assert {name: scheme.id for name, scheme in load_schemes().items()} == {
        name: name for name in ("ningbo_jiangbei_default", "shanghai_104_195_198", "two_tier_line")
    }


def test_default_scheme_has_the_rules_of_the_plan() -> None:
    scheme = load_scheme("ningbo_jiangbei_default")
    assert [zone.zh for zone in scheme.zones] == ["战略产业园", "优势产业社区", "零星工业区块"]
    assert [line.zh for line in scheme.lines] == ["工业集聚区控制线", "工业用地控制线"]
    assert scheme.outside.value == "KW"
    assert scheme.zone_rules["ZQ2"] == {"policy": "upgrade", "far_min_new": 2.0, "industrial_share_min": 0.60}
    assert scheme.zone_rules["ZQ3"]["far_min_new"] is None


@pytest.mark.parametrize("path", sorted(resource_dir("layers").glob("*.toml")), ids=lambda path: path.stem)
def test_a_typo_in_a_register_is_refused_with_file_and_key(path: Path) -> None:
    content = read_toml(path) | {"colour": "red"}
    with pytest.raises(SetupError, match=rf"{path.name}.*“colour”"):
        parse_layer(content, path.name, load_scheme("ningbo_jiangbei_default").code_lists)


def test_a_site_replaces_a_register_by_its_own(tmp_path: Path) -> None:
    (tmp_path / "layers").mkdir()
    own = (
        (resource_dir("layers") / "parks.toml")
        .read_text(encoding="utf-8")
        .replace('zh = "园区"', 'zh = "开发区"')
    )
    (tmp_path / "layers" / "parks.toml").write_text(own, encoding="utf-8")
    shutil.copy(resource_dir("layers") / "towns.toml", tmp_path / "layers" / "towns.toml")
    layers = load_layers(load_scheme("ningbo_jiangbei_default"), tmp_path)
    assert layers["parks"].zh == "开发区"
    assert set(layers) == set(LAYERS)
