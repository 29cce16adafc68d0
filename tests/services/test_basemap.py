"""Which basemap the settings name."""

from pathlib import Path

import pytest

from geoapp.errors import NotFoundError, SetupError
from geoapp.services.basemap import COMPARE_ADDRESS, LOCAL_ADDRESS, open_basemap, open_compare_basemap
from geoapp.settings import Settings


@pytest.mark.parametrize("named", ["none", "", " none "])
def test_no_basemap_is_the_rule(named: str) -> None:
    basemap = open_basemap(Settings(basemap=named))
    assert basemap.address == ""
    with pytest.raises(NotFoundError, match="basemap"):
        basemap.tile(0, 0, 0)


def test_tile_address_is_given_on_with_its_shift() -> None:
    named = "http://10.0.0.5/{z}/{x}/{y}.png"
    basemap = open_basemap(Settings(basemap=named, basemap_crs="gcj02", basemap_attribution="内网底图"))
    assert (basemap.address, basemap.is_gcj02, basemap.attribution) == (named, True, "内网底图")


def test_local_folder_is_served_by_us(tmp_path: Path) -> None:
    (tmp_path / "13" / "2").mkdir(parents=True)
    (tmp_path / "13" / "2" / "1.png").write_bytes(b"picture")
    basemap = open_basemap(Settings(basemap=str(tmp_path)))
    assert (basemap.address, basemap.min_zoom, basemap.max_zoom) == (LOCAL_ADDRESS, 13, 13)
    tile = basemap.tile(13, 2, 1)
    assert tile is not None
    assert tile.content == b"picture"


def test_address_without_placeholders_is_refused() -> None:
    with pytest.raises(SetupError, match="缺少"):
        open_basemap(Settings(basemap="http://10.0.0.5/tiles.png"))


def test_unknown_crs_is_refused() -> None:
    with pytest.raises(SetupError, match="gcj02"):
        open_basemap(Settings(basemap_crs="bd09"))


def test_second_basemap_has_settings_and_address_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "13" / "2").mkdir(parents=True)
    (tmp_path / "13" / "2" / "1.png").write_bytes(b"picture")
    settings = Settings(
        compare_basemap=str(tmp_path), compare_basemap_crs="gcj02", compare_basemap_attribution="2020 年影像"
    )
    basemap = open_compare_basemap(settings)
    assert (basemap.address, basemap.is_gcj02, basemap.attribution) == (COMPARE_ADDRESS, True, "2020 年影像")
    assert open_basemap(settings).address == ""


def test_faults_of_the_second_basemap_name_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="设置 compare_basemap_crs"):
        open_compare_basemap(Settings(compare_basemap_crs="bd09"))
    with pytest.raises(SetupError, match="设置 compare_basemap：找不到"):
        open_compare_basemap(Settings(compare_basemap=str(tmp_path / "missing")))
    with pytest.raises(NotFoundError, match="compare_basemap"):
        open_compare_basemap(Settings()).tile(0, 0, 0)
