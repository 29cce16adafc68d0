"""The picture under the map, if an installation has one: none, pictures on disk, or a tile address."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from geoapp.errors import NotFoundError, SetupError
from geoapp.settings import Settings
from geoapp.store.tilesets import DEEPEST_ZOOM, Tile, Tileset, open_tileset

BASEMAP_CRSS = ("wgs84", "gcj02")
LOCAL_ADDRESS = "/basemap/{z}/{x}/{y}"
"""Where our own server gives the pictures that lie on its disk."""


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

    def tile(self, zoom: int, x: int, y: int) -> Tile | None:
        """Return one picture, None where the basemap has none there.

        Raises
        ------
        NotFoundError
            The basemap does not lie on this server's disk.
        """
        if self.tileset is None:
            raise NotFoundError("没有设置本地底图（设置 basemap）。")
        return self.tileset.tile(zoom, x, y)


def open_basemap(settings: Settings) -> Basemap:
    """Return the basemap that the settings name.

    Raises
    ------
    SetupError
        It is not there, cannot be read, its address lacks {z}, {x} or {y}, or basemap_crs is unknown.
    """
    if settings.basemap_crs not in BASEMAP_CRSS:
        raise SetupError(f"设置 basemap_crs：没有“{settings.basemap_crs}”；可用：{'、'.join(BASEMAP_CRSS)}。")
    named = settings.basemap.strip()
    if named in ("", "none"):
        return Basemap(address="")
    is_gcj02 = settings.basemap_crs == "gcj02"
    if urlsplit(named).scheme in ("http", "https"):
        if not all(part in named for part in ("{z}", "{x}", "{y}")):
            raise SetupError(f"设置 basemap：网址 {named} 里缺少 {{z}}、{{x}} 或 {{y}}。")
        return Basemap(named, is_gcj02, settings.basemap_attribution, max_zoom=18)
    tileset = open_tileset(Path(named).expanduser())
    return Basemap(
        LOCAL_ADDRESS, is_gcj02, settings.basemap_attribution, tileset.min_zoom, tileset.max_zoom, tileset
    )
