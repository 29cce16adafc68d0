"""Files for the format tests: made by the tests themselves, small enough to check by eye."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyogrio import raw

from geoapp.domain.issue import Issue
from geoapp.formats.base import RawLayer, ReadOptions, WriteOptions, reader_for, writer_for


@pytest.fixture
def plots() -> gpd.GeoDataFrame:
    """Two plots near 甬江 in EPSG:4549: 200 m x 150 m with a hole of 40 m x 30 m, and 100 m x 100 m; values missing."""
    east, north = 644798.679, 3316404.248
    hole = shapely.box(east + 80, north + 60, east + 120, north + 90).exterior
    first = shapely.Polygon(shapely.box(east, north, east + 200, north + 150).exterior, [hole])
    second = shapely.box(east + 300, north, east + 400, north + 100)
    return gpd.GeoDataFrame(
        {
            "DKBH": ["330205-0001", "330205-0002"],
            "名称": ["甬江示例地块", None],
            "MJ": [28800.0, np.nan],
            "层数": pd.array([3, None], dtype="Int64"),
            "已建": pd.array([True, None], dtype="boolean"),
            "日期": pd.to_datetime(["2026-01-31", None]).astype("datetime64[s]"),
        },
        geometry=[first, second],
        crs=4549,
    )


@pytest.fixture
def read_file() -> Callable[..., list[RawLayer]]:
    """Read a file the way a user's file is read."""

    def read(path: Path, **options: str) -> list[RawLayer]:
        return reader_for(path).read(path, ReadOptions(**options))

    return read


@pytest.fixture
def write_file() -> Callable[..., list[Issue]]:
    """Write a file the way a user's file is written."""

    def write(path: Path, frame: pd.DataFrame, **options: object) -> list[Issue]:
        return writer_for(path).write(path, frame, WriteOptions(**options))

    return write


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    """Pack members, given as bytes by name, into a zip."""

    def pack(name: str, members: Mapping[str, bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for member, content in members.items():
                packed.writestr(member, content)
        return path

    return pack


@pytest.fixture
def shapefile_parts(tmp_path: Path) -> Callable[..., dict[str, bytes]]:
    """Make one shapefile with GDAL and return its parts by suffix; without .cpg, as bureaux send it."""

    def make(
        texts: list[str | None], *, encoding: str = "GBK", crs: str | None = "EPSG:4549", field: str = "名称"
    ) -> dict[str, bytes]:
        folder = tmp_path / f"parts-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        geometry = [
            shapely.box(644800 + 50 * i, 3316404, 644840 + 50 * i, 3316444) for i in range(len(texts))
        ]
        raw.write(
            folder / "x.shp",
            shapely.to_wkb(np.array(geometry, dtype=object)),
            [np.array(texts, dtype=object), np.arange(1.0, len(texts) + 1)],
            [field, "MJ"],
            field_mask=[np.array([text is None for text in texts]), None],
            driver="ESRI Shapefile",
            geometry_type="Polygon",
            crs=crs or "EPSG:4549",
            encoding=encoding,
        )
        parts = {part.suffix: part.read_bytes() for part in folder.iterdir() if part.suffix != ".cpg"}
        if crs is None:
            del parts[".prj"]
        return parts

    return make
