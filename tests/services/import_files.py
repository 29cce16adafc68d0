"""Files as bureaux send them, made for the import tests."""

import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

EAST, NORTH = 640_000.0, 3_316_000.0
"""A corner of the district in EPSG:4549."""


def squares(count: int, *, size_m: float = 100.0, epsg: int = 4549, swapped: bool = False) -> gpd.GeoSeries:
    """Return squares in a row with gaps, in the numbers of a CRS, without declaring it."""
    shapes = [
        shapely.box(EAST + 2 * i * size_m, NORTH, EAST + (2 * i + 1) * size_m, NORTH + size_m)
        for i in range(count)
    ]
    drawn = gpd.GeoSeries(shapes, crs=4549).to_crs(epsg).to_numpy()
    if swapped:
        drawn = shapely.transform(drawn, lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(drawn)


def plots(count: int = 3, *, geometry: gpd.GeoSeries | None = None, **columns: object) -> gpd.GeoDataFrame:
    """Return plots A1, A2, ... with columns as a bureau names them."""
    given = {
        "DKBH": [f"A{i + 1}" for i in range(count)],
        "DKMC": [f"示例地块{i + 1}号" for i in range(count)],
    }
    frame = pd.DataFrame({**given, **columns})
    return gpd.GeoDataFrame(frame, geometry=squares(count) if geometry is None else geometry)


def zipped_shapefile(
    path: Path, frame: gpd.GeoDataFrame, *, epsg: int | None = None, stem: str = "地块"
) -> Path:
    """Write a zipped shapefile in GBK with Chinese member names, no .cpg, and a .prj only where *epsg* is given."""
    with tempfile.TemporaryDirectory() as folder:
        written = frame.set_crs(epsg or 4549, allow_override=True)
        pyogrio.write_dataframe(written, Path(folder) / "x.shp", encoding="GBK")
        members = (".shp", ".shx", ".dbf", ".prj") if epsg else (".shp", ".shx", ".dbf")
        with zipfile.ZipFile(path, "w") as archive:
            for suffix in members:
                archive.write(Path(folder) / f"x{suffix}", f"{stem}{suffix}")
    return path


def ledger(path: Path, rows: list[list[object]]) -> Path:
    """Write a spreadsheet of cells."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def geojson(path: Path, frame: gpd.GeoDataFrame, epsg: int = 4549) -> Path:
    """Write GeoJSON in degrees from shapes in the numbers of *epsg*."""
    path.write_text(frame.set_crs(epsg, allow_override=True).to_crs(4326).to_json(), encoding="utf-8")
    return path


def area_mu(geometry: gpd.GeoSeries) -> np.ndarray:
    """Return plane areas in 亩."""
    return shapely.area(geometry.to_numpy()) * 0.0015
