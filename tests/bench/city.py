"""An installation with a city's plots, made once per benchmark run."""

import json
import time
from pathlib import Path
from urllib.request import urlopen

import geopandas as gpd
import numpy as np

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from tests.bench.synthetic import make_plots, with_holes_and_parts
from tests.servers import Server

TOWNS = ("330205103", "330205006", "330205007")


def make_city(count: int, data_dir: Path, *, has_holes: bool = False) -> gpd.GeoDataFrame:
    """Store *count* plots, some with holes and some in parts if so wished; return them in EPSG:4490 as stored."""
    plots = make_plots(count).to_crs(4490)
    plots = with_holes_and_parts(plots) if has_holes else plots
    rng = np.random.default_rng(20_261_125)
    plots = gpd.GeoDataFrame(
        {
            "plot_code": plots["plot_code"],
            "name": "示例地块" + plots["plot_code"].str[1:],
            "town_code": rng.choice(TOWNS, count),
            "landuse_code": "0601",
            "area_reg_m2": plots["site_area_m2"],
            "gfa_far_m2": plots["gfa_counted_m2"],
            "low_efficiency_status": rng.choice(["recognised", None, None, None], count),
            "is_demo": True,
        },
        geometry=plots.geometry.to_numpy(),
        crs=4490,
    )
    workspace = open_workspace(Settings(data_dir=data_dir))
    records = conform(plots, workspace.layer("plots"))
    workspace.store.write({"plots": RegisterChange(records)}, kind=RevisionKind.IMPORT, user="bench")
    workspace.store.close()
    return plots


def edit_one(data_dir: Path, plot_code: str) -> None:
    """Change one plot's registered area, as an editor in another process would."""
    workspace = open_workspace(Settings(data_dir=data_dir))
    plots = workspace.store.read("plots")
    changed = plots[plots["plot_code"] == plot_code].copy()
    changed["area_reg_m2"] *= 1.01
    workspace.store.write({"plots": RegisterChange(changed)}, kind=RevisionKind.EDIT, user="bench")
    workspace.store.close()


def wait_until_prepared(server: Server) -> None:
    """Wait until the server has read everything in the background."""
    deadline = time.monotonic() + 300
    while True:
        with urlopen(server.address + "/healthz") as response:  # noqa: S310 - our own server
            if json.load(response)["prepared"]:
                return
        if time.monotonic() > deadline:
            raise SystemExit("the server did not get ready in five minutes")
        time.sleep(0.2)
