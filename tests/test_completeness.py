"""Whatever is found by scanning a folder must be whole: a rule with cases, a number with its source, ..."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from geoapp.cli import COMMANDS
from geoapp.formats.base import find_readers, find_writers
from geoapp.resources import CHECKOUT_DIR, PACKAGE_DIR, resource_dir
from geoapp.services.workspace import load_layers, load_policy, load_scheme, load_schemes
from geoapp.settings import Settings

TESTS_DIR = Path(__file__).parent
REGISTERS = {
    "towns", "parks", "control_zones", "control_lines", "plots", "buildings", "micro_parks", "projects",
    "project_plots", "recognitions", "enterprises", "occupancies", "performance",
}  # fmt: skip
SCHEMES = {"ningbo_jiangbei_default", "two_tier_line", "shanghai_104_195_198"}


def modules_with(folder: str, constant: str) -> list[str]:
    paths = (PACKAGE_DIR / folder).glob("*.py")
    return sorted(
        path.stem
        for path in paths
        if re.search(rf"^{constant}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize(("folder", "constant"), [("rules", "RULE"), ("statistics", "STATISTIC")])
def test_every_rule_and_statistic_has_cases(folder: str, constant: str) -> None:
    found = modules_with(folder, constant)
    assert found
    assert [name for name in found if not (TESTS_DIR / folder / f"{name}.toml").is_file()] == []


def test_every_register_of_the_bureau_is_defined() -> None:
    assert set(load_layers(load_scheme(Settings().control_scheme))) >= REGISTERS


def test_every_register_has_a_sample() -> None:
    stems = {path.stem for path in resource_dir("data/geo").iterdir() if path.suffix in (".geojson", ".csv")}
    assert set(load_layers(load_scheme(Settings().control_scheme))) == stems


@pytest.mark.parametrize("scheme_id", sorted(SCHEMES))
def test_registers_load_under_every_scheme(scheme_id: str) -> None:
    scheme = load_schemes()[scheme_id]
    layers = load_layers(scheme)
    assert layers["control_zones"].field("kind").codes == scheme.zones
    assert layers["control_lines"].field("kind").codes == scheme.lines


def test_every_policy_number_has_a_value_and_a_source() -> None:
    numbers = load_policy().numbers
    assert numbers
    assert [n.id for n in numbers.values() if not (n.source and n.zh and n.unit)] == []
    assert [n.id for n in numbers.values() if not n.values and n.certainty != "open"] == []


def test_formats_of_a_bureau_can_be_read_and_written() -> None:
    read = {suffix for reader in find_readers() for suffix in reader.suffixes}
    written = {suffix for writer in find_writers() for suffix in writer.suffixes}
    assert read >= {".zip", ".gpkg", ".geojson", ".kml", ".dxf", ".xlsx", ".csv", ".txt"}
    assert written >= {".shp", ".gpkg", ".geojson", ".kml", ".dxf", ".xlsx", ".csv", ".txt"}


def test_readme_explains_every_setting() -> None:
    readme = (CHECKOUT_DIR / "README.md").read_text(encoding="utf-8")
    assert [f.name for f in fields(Settings) if f"`{f.name}`" not in readme] == []


def test_readme_lists_every_verb() -> None:
    readme = (CHECKOUT_DIR / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in COMMANDS if f"`geoapp {verb}" not in readme] == []


def test_no_template_has_inline_style_script_or_safe_filter() -> None:
    for path in resource_dir("templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=\"", text), path.name
        assert not re.search(r"<(script|style)(?![^>]*nonce)", text), path.name
