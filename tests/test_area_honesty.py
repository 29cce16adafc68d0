"""No area is ever computed in the web maps' Mercator (EPSG:3857), which shows a third too much here."""

import re
from pathlib import Path

import pytest
from pyproj import Geod

from geoapp.analysis.area import ellipsoid_area_m2, plane_area_m2
from geoapp.errors import CrsError
from geoapp.resources import PACKAGE_DIR, resource_dir
from geoapp.services.as_of import as_of
from geoapp.services.far_proof import far_proof
from geoapp.services.plot_facts import plot_facts
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from geoapp.units import m2_to_mu
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.small_district import fill

MERCATOR = re.compile(r"3857|900913|102100|102113|pseudo.?mercator", re.IGNORECASE)
MENTIONED = {
    "analysis/area.py": "says why it is refused",
    "analysis/crs_verdict.py": "warns of files in it",
    "policy/crs_windows.toml": "recognises files in it",
    "services/working_crs.py": "shows that it is refused",
}
SOURCES = (".py", ".js", ".toml", ".html", ".sql")
TOO_LARGE = 1.3365
"""Of areas in EPSG:3857 at 30 degrees north."""


def sources() -> list[Path]:
    folders = (PACKAGE_DIR, resource_dir("templates"), resource_dir("layers"))
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in SOURCES]
    return [path for path in found if not {"static", "node_modules"} & set(path.parts)]


def test_the_web_mercator_is_named_only_where_it_is_refused_or_recognised() -> None:
    assert len(sources()) > 200
    named = {
        path.relative_to(PACKAGE_DIR).as_posix() if path.is_relative_to(PACKAGE_DIR) else path.name
        for path in sources()
        if MERCATOR.search(path.read_text(encoding="utf-8"))
    }
    assert named <= set(MENTIONED)


@pytest.mark.parametrize("crs", [3857, 3395, "ESRI:102100"])
def test_areas_in_a_mercator_are_refused(workspace: Workspace, crs: int | str) -> None:
    plots = plot_facts(fill(workspace)).geometry
    with pytest.raises(CrsError):
        plane_area_m2(plots, crs)


def test_a_site_that_sets_it_as_working_crs_gets_no_figures(tmp_path: Path) -> None:
    workspace = open_workspace(open_settings(tmp_path, working_crs=3857))
    with pytest.raises(CrsError, match="偏大约三分之一"):
        far_proof(fill(workspace), "DK-A", as_of=as_of(workspace))


def test_no_area_of_a_sheet_is_a_third_too_large(demo_workspace: Workspace) -> None:
    facts = plot_facts(demo_workspace)
    geod = Geod(ellps="GRS80")
    state = as_of(demo_workspace)
    for plot_code in facts.index[::40]:
        truth = abs(geod.geometry_area_perimeter(facts.geometry.loc[plot_code])[0])
        areas = {step.basis: step.area_m2 for step in far_proof(demo_workspace, plot_code, as_of=state).areas}
        assert areas["ellipsoid"] == pytest.approx(truth, rel=1e-6)
        assert areas["plane"] == pytest.approx(truth, rel=2e-3)


def test_the_page_shows_the_ellipsoid_area_and_not_the_mercators(settings: Settings) -> None:
    app = create_app(settings)
    plots = plot_facts(fill(app.extensions["geoapp"])).geometry
    shape = plots.loc[["DK/C"]]
    true_m2 = float(ellipsoid_area_m2(shape)[0])
    mercator_m2 = float(shape.to_crs(3857).area.iloc[0])
    assert mercator_m2 / true_m2 == pytest.approx(TOO_LARGE, abs=0.003)
    client = app.test_client()
    for address in ("/plots/DK/C/proof", "/plots/DK/C"):
        page = client.get(address).text
        assert f"{true_m2:,.2f} 平方米" in page
        assert f"{m2_to_mu(true_m2):,.2f}" in page
        for wrong_m2 in (mercator_m2, true_m2 * TOO_LARGE):
            assert f"{wrong_m2:,.0f}"[:5] not in page  # 40,07x.xx
            assert f"{m2_to_mu(wrong_m2):,.1f}" not in page
