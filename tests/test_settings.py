from pathlib import Path

import pytest

from geoapp.errors import SetupError
from geoapp.settings import Settings, load_settings


def write_settings(folder: Path, text: str) -> Path:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return folder


def test_settings_without_file_and_variables_are_the_defaults() -> None:
    settings = load_settings({})
    assert settings.working_crs == 4549
    assert settings.control_scheme == "ningbo_jiangbei_default"
    assert settings.site_area_order == ("registered", "ellipsoid")
    assert settings.data_dir == Path.home() / ".local/share/geoapp"


def test_database_and_uploads_are_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert settings.database_path == tmp_path / "geoapp.gpkg"
    assert settings.upload_dir == tmp_path / "uploads"


def test_data_folder_argument_comes_before_the_variable(tmp_path: Path) -> None:
    environment = {"GEOAPP_DATA_DIR": "/nowhere"}
    assert load_settings(environment).data_dir == Path("/nowhere")
    assert load_settings(environment, data_dir=tmp_path).data_dir == tmp_path


def test_file_then_variable_then_argument(tmp_path: Path) -> None:
    write_settings(tmp_path, 'district_name = "甲区"\nbasemap = "none"\nmax_upload_mb = 5\n')
    environment = {"GEOAPP_MAX_UPLOAD_MB": "7", "GEOAPP_DISTRICT_NAME": "乙区", "HOME": "/root"}
    settings = load_settings(environment, data_dir=tmp_path, district_name="丙区")
    assert (settings.max_upload_mb, settings.district_name) == (7, "丙区")


def test_environment_is_the_processs_own_unless_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOAPP_DATA_DIR", str(tmp_path))
    assert load_settings().data_dir == tmp_path


@pytest.mark.parametrize(
    "given", ['floor_area_order = ["gfa_far_m2", "buildings"]', 'floor_area_order = "gfa_far_m2, buildings"']
)
def test_lists_are_read_from_lists_and_from_text(tmp_path: Path, given: str) -> None:
    settings = load_settings({}, data_dir=write_settings(tmp_path, given))
    assert settings.floor_area_order == ("gfa_far_m2", "buildings")


def test_unknown_setting_in_the_file_is_refused_with_file_and_key(tmp_path: Path) -> None:
    write_settings(tmp_path, "base_map = 'none'")
    with pytest.raises(SetupError, match=r"settings\.toml：不认识的设置“base_map”"):
        load_settings({}, data_dir=tmp_path)


def test_unknown_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"环境变量 GEOAPP_\*：不认识的设置“base_map”"):
        load_settings({"GEOAPP_BASE_MAP": "none"}, data_dir=tmp_path)


@pytest.mark.parametrize(("name", "value"), [("WORKING_CRS", "EPSG:4549"), ("MAX_UPLOAD_MB", "")])
def test_value_that_does_not_fit_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SetupError, match=f"{name.lower()} 的值“{value}”不合适"):
        load_settings({f"GEOAPP_{name}": value}, data_dir=tmp_path)


def test_path_in_a_file_may_name_the_home_folder(tmp_path: Path) -> None:
    write_settings(tmp_path, 'data_dir = "~/elsewhere"')
    assert load_settings({}, data_dir=tmp_path).data_dir == Path.home() / "elsewhere"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().working_crs = 4528  # type: ignore[misc]
