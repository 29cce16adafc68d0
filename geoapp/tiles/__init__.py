"""Vector tiles encoded in the process; knows nothing of registers, only of arrays."""

from geoapp.tiles.tileset import TileSet, build_tileset, check_tile, warm_up

__all__ = ["TileSet", "build_tileset", "check_tile", "warm_up"]
