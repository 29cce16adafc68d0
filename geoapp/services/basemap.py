"""The pictures under the map, if an installation has any: each none, pictures on disk, or a tile address."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from geoapp.errors import NotFoundError, SetupError
from geoapp.settings import Settings
from geoapp.store.tilesets import DEEPEST_ZOOM, Tile, Tileset, open_tileset

BASEMAP_CRSS = ("wgs84", "gcj02")
LOCAL_ADDRESS = "/basemap/{z}/{x}/{y}"
"""Where our own server gives the pictures that lie on its disk."""
COMPARE_ADDRESS = "/basemap/compare/{z}/{x}/{y}"
"""The same for the second basemap."""


@dataclass(frozen=True, slots=True)
class Basemap:
    """What the map page must know, and the pictures where they lie on disk."""

    address: str
    """Template with {z}, {x}, {y}; empty for none."""
    is_gcj02: bool = False
    attribution: str = ""
    min_zoom: int = 0
    max_zoom: int = DEEPEST_ZOOM
    """Deepest level with pictures of its own; deeper ones are enlarged."""
    tileset: Tileset | None = None
    setting: str = "basemap"
    """Name of the setting that it comes from."""

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where the basemap has none there.

        Raises
        ------
        NotFoundError
            The basemap does not lie on this server's disk.
        """
        if self.tileset is None:
            raise NotFoundError(f"没有设置本地底图（设置 {self.setting}）。")
        return self.tileset.tile(zoom, x, y)


def open_basemap(settings: Settings) -> Basemap:
    """Return the basemap that the settings name.

    Raises
    ------
    SetupError
        It is not there, cannot be read, its address lacks {z}, {x} or {y}, or basemap_crs is unknown.
    """
    return _open(
        "basemap", settings.basemap, settings.basemap_crs, settings.basemap_attribution, LOCAL_ADDRESS
    )


def open_compare_basemap(settings: Settings) -> Basemap:
    """Return the second basemap, which the map's curtain lays beside the first; raises as `open_basemap` does."""
    return _open(
        "compare_basemap",
        settings.compare_basemap,
        settings.compare_basemap_crs,
        settings.compare_basemap_attribution,
        COMPARE_ADDRESS,
    )


def _open(setting: str, named: str, crs: str, attribution: str, local_address: str) -> Basemap:
    if crs not in BASEMAP_CRSS:
        raise SetupError(f"设置 {setting}_crs：没有“{crs}”；可用：{'、'.join(BASEMAP_CRSS)}。")
    named = named.strip()
    if named in ("", "none"):
        return Basemap(address="", setting=setting)
    is_gcj02 = crs == "gcj02"
    if urlsplit(named).scheme in ("http", "https"):
        if not all(part in named for part in ("{z}", "{x}", "{y}")):
            raise SetupError(f"设置 {setting}：网址 {named} 里缺少 {{z}}、{{x}} 或 {{y}}。")
        return Basemap(named, is_gcj02, attribution, max_zoom=18, setting=setting)
    try:
        tileset = open_tileset(Path(named).expanduser())
    except SetupError as error:  # the reader of tile sets knows the first setting only
        raise SetupError(str(error).replace("设置 basemap：", f"设置 {setting}：", 1)) from error
    return Basemap(local_address, is_gcj02, attribution, tileset.min_zoom, tileset.max_zoom, tileset, setting)
