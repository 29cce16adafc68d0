"""`geoapp candidates` says what the page and its files say."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.services.test_candidates import AREAS, PLOTS
from tests.small_district import box, fill, write

LOW = {
    "plot_code": "低效", "uscc": "E1", "landuse_code": "0601", "area_reg_m2": 10_000.0, "geometry": box(20_000),
}  # fmt: skip
"""Of an enterprise whose grade is D."""


@pytest.mark.slow
def test_command_page_and_file_list_the_same_candidates(tmp_path: Path) -> None:
    workspace = fill(open_workspace(Settings(data_dir=tmp_path)))
    write(workspace, plots=[*PLOTS, LOW], restricted_areas=AREAS)
    workspace.store.close()
    app = create_app(open_settings(tmp_path))
    client = app.test_client()
    page = client.get("/candidates.json").get_json()["candidates"]
    assert any(one["reasons"] for one in page)
    done = CliRunner().invoke(main, ["candidates", "--json", "--data-dir", str(tmp_path)])
    assert json.loads(done.stdout) == page
    written = tmp_path / "候选.json"
    CliRunner().invoke(main, ["candidates", "--output", str(written), "--data-dir", str(tmp_path)])
    assert json.loads(written.read_text(encoding="utf-8")) == client.get("/candidates.json").get_json()
    rows = list(csv.DictReader(client.get("/candidates.csv").get_data().decode("utf-8-sig").splitlines()))
    assert [(row["地块编号"], row["名次"]) for row in rows] == [
        (one["plot"], str(one["rank"])) for one in page
    ]
    for row, one in zip(rows, page, strict=True):
        for reason in one["reasons"]:
            assert reason["sentence"] in row["低效理由"]
            assert f"{reason['rule']} {reason['clause']}" in row["条款"]
            assert {"measured", "threshold", "day"} <= set(reason)
    app.extensions["geoapp"].store.close()
