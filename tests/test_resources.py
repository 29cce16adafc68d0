from pathlib import Path

import pytest

from geoapp import resources
from geoapp.errors import ConflictError, GeoappError, InputError, SetupError
from geoapp.resources import read_toml, refuse_unknown_keys, resource_dir, resource_files


def test_resource_dir_is_the_checkouts() -> None:
    assert resource_dir("layers") == Path(resources.__file__).resolve().parents[1] / "layers"


def test_resource_dir_is_the_wheels_where_there_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "geoapp/_share/layers").mkdir(parents=True)
    monkeypatch.setattr(resources, "CHECKOUT_DIR", tmp_path)
    monkeypatch.setattr(resources, "PACKAGE_DIR", tmp_path / "geoapp")
    assert resource_dir("layers") == tmp_path / "geoapp/_share/layers"


def test_resource_dir_that_is_nowhere_is_an_incomplete_installation() -> None:
    with pytest.raises(SetupError, match="找不到资源目录 no/such"):
        resource_dir("no/such")


def test_resource_files_of_the_site_replace_ours_and_add_to_them(tmp_path: Path) -> None:
    (tmp_path / "layers").mkdir()
    for name in ("parks.toml", "own.toml"):
        (tmp_path / "layers" / name).touch()
    files = resource_files("layers", "*.toml", tmp_path)
    assert files["parks"] == tmp_path / "layers/parks.toml"
    assert files["own"] == tmp_path / "layers/own.toml"
    assert files["towns"] == resource_dir("layers") / "towns.toml"


def test_policy_files_are_the_packages_own() -> None:
    assert {path.parent for path in resource_files("policy", "*.toml").values()} == {
        resources.PACKAGE_DIR / "policy"
    }


def test_read_toml_takes_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('zh = "园区"', encoding="utf-8-sig")
    assert read_toml(file) == {"zh": "园区"}


def test_read_toml_follows_the_file_and_gives_each_caller_a_content_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[a]\nvalues = [1]", encoding="utf-8")
    read_toml(file)["a"]["values"].append(2)
    assert read_toml(file) == {"a": {"values": [1]}}
    file.write_text("[a]\nvalues = [3]", encoding="utf-8")
    assert read_toml(file) == {"a": {"values": [3]}}


@pytest.mark.parametrize("content", [b"zh = ", "zh = '园区'".encode("gbk")])
def test_read_toml_names_the_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(SetupError, match=r"bad\.toml .*(第 1 行第|UTF-8|文件末尾)"):
        read_toml(file)


def test_refuse_unknown_keys_names_place_and_key() -> None:
    refuse_unknown_keys({"a": 1}, ("a", "b"), "x.toml")
    with pytest.raises(SetupError, match=r"x\.toml：不认识的键“c”；可用的键：a、b"):
        refuse_unknown_keys({"a": 1, "c": 2}, ("a", "b"), "x.toml")


def test_errors_of_the_user_and_of_the_installation_are_told_apart() -> None:
    assert issubclass(ConflictError, InputError)
    assert issubclass(SetupError, GeoappError)
    assert not issubclass(SetupError, InputError)
