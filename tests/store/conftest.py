from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoapp.domain.layer import Layer, parse_layer
from geoapp.domain.revision import RevisionKind
from geoapp.store.store import Store, open_store

DTYPES = {
    "plot_code": "string", "name": "string", "area_m2": "number", "storeys": "integer", "is_open": "boolean",
    "built_on": "date", "list": "string",
}  # fmt: skip


def make_layer(register: str, geometry: str, key: list[str], dtypes: dict[str, str], zh: str = "例") -> Layer:
    fields = [{"name": name, "dtype": dtype, "zh": name, "en": name} for name, dtype in dtypes.items()]
    content = {"id": register, "zh": zh, "en": register, "geometry": geometry, "key": key, "fields": fields}
    return parse_layer(content, f"{register}.toml")


@pytest.fixture(scope="session")
def layer_of():
    """Make a register: (id, geometry, key, {field: dtype}) -> Layer."""
    return make_layer


@pytest.fixture(scope="session")
def layers() -> dict[str, Layer]:
    performance = {"uscc": "string", "year": "integer", "tax_wan": "number"}
    return {
        "plots": make_layer("plots", "polygon", ["plot_code"], DTYPES, "地块"),
        "projects": make_layer("projects", "point", ["code"], {"code": "string"}, "项目"),
        "roads": make_layer(
            "roads", "line", ["code", "seen_on"], {"code": "string", "seen_on": "date"}, "道路"
        ),
        "performance": make_layer("performance", "none", ["uscc", "year"], performance, "绩效"),
    }


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "数据" / "geoapp.gpkg"


@pytest.fixture
def store(path, layers):
    with open_store(path, layers, busy_timeout_s=20) as opened:
        yield opened


@pytest.fixture(scope="session")
def squares():
    """Make plots P0, P1, ... of a thousandth of a degree side by side from 121.4 E 29.9 N."""

    def make(count: int, **columns: object) -> gpd.GeoDataFrame:
        west = 121.4 + np.arange(count) * 0.001
        plots = {"plot_code": [f"P{i}" for i in range(count)], "area_m2": np.arange(count) * 10.0} | columns
        return gpd.GeoDataFrame(plots, geometry=shapely.box(west, 29.9, west + 0.001, 29.901), crs=4490)

    return make


@pytest.fixture(scope="session")
def write():
    """Write changes as an import by 张三."""

    def write_changes(store: Store, **changes: object):
        return store.write(changes, kind=RevisionKind.IMPORT, user="张三")

    return write_changes
