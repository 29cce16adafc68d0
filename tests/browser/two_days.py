"""A demo district with a past and two basemaps: what the curtain and the sheet can show."""

import sqlite3
from pathlib import Path

from PIL import Image

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services.demo import load_demo
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.unguarded import unguard

BEFORE = "2025-06-30"
"""Day of the first revision; the second is today's."""
GREEN, BROWN = (200, 220, 190), (220, 200, 170)
"""Colours of the first and the second basemap."""
LEVEL = 12
"""The only one with pictures; deeper ones are enlarged."""
COLUMNS, ROWS = range(3426, 3434), range(1687, 1694)
"""Of the tiles of that level that hold the district."""


def make_district(data_dir: Path) -> None:
    """Fill a data folder: all plots came half a year ago, every second one is gone since today."""
    for name, colour in (("first", GREEN), ("second", BROWN)):
        make_tiles(data_dir / name, colour)
    (data_dir / "settings.toml").write_text(
        f'basemap = "{data_dir / "first"}"\nbasemap_attribution = "影像甲"\n'
        f'compare_basemap = "{data_dir / "second"}"\ncompare_basemap_attribution = "影像乙"\n',
        encoding="utf-8",
    )
    workspace = open_workspace(Settings(data_dir=data_dir))
    load_demo(workspace)
    workspace.store.close()
    with sqlite3.connect(data_dir / "geoapp.gpkg") as database:
        unguard(database)
        database.execute("UPDATE revisions SET made_at = ?", (f"{BEFORE}T04:00:00.000Z",))
    database.close()
    workspace = open_workspace(Settings(data_dir=data_dir))
    codes = workspace.store.read("plots")["plot_code"]
    gone = RegisterChange(removed=[(code,) for code in codes[::2]])
    workspace.store.write({"plots": gone}, kind=RevisionKind.EDIT, user="tester", reason="示例")
    workspace.store.close()


def make_tiles(folder: Path, colour: tuple[int, int, int]) -> None:
    for column in COLUMNS:
        (folder / str(LEVEL) / str(column)).mkdir(parents=True)
        for row in ROWS:
            Image.new("RGB", (256, 256), colour).save(folder / str(LEVEL) / str(column) / f"{row}.png")
