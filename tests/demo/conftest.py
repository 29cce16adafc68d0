"""The demo district's registers, read once."""

import pandas as pd
import pytest

from geoapp.analysis.area import ellipsoid_area_m2
from geoapp.domain.layer import Layer
from geoapp.services.demo import read_demo
from geoapp.services.workspace import load_layers, load_scheme

Registers = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def layers() -> dict[str, Layer]:
    return load_layers(load_scheme("ningbo_jiangbei_default"))


@pytest.fixture(scope="session")
def registers(layers: dict[str, Layer]) -> Registers:
    return {layer.id: read_demo(layer) for layer in layers.values()}


@pytest.fixture(scope="session")
def site_m2(registers: Registers) -> pd.Series:
    """Site area of each plot: registered where known, otherwise the ellipsoid area."""
    plots = registers["plots"].set_index("plot_code")
    measured = pd.Series(ellipsoid_area_m2(plots.geometry), index=plots.index)
    return plots["area_reg_m2"].fillna(measured).rename("site_m2")
