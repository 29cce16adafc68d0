"""Loading the demo district into a database, and reading our own files."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Geod

from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import Layer
from geoapp.domain.revision import RevisionKind
from geoapp.errors import FormatError
from geoapp.formats.canonical import canonical_name, read_canonical
from geoapp.resources import CHECKOUT_DIR
from geoapp.services.as_of import as_of
from geoapp.services.demo import load_demo, read_demo
from geoapp.services.supervision import supervision_table
from geoapp.services.target_sets import DIVISIONS, find_target_set
from geoapp.services.workspace import Workspace, load_layers, load_scheme
from geoapp.services.zone_statistics import zone_statistics

POINT = '{"type":"Point","coordinates":[121.5,29.95]}'


def test_demo_is_one_revision_with_every_register(demo_workspace: Workspace) -> None:
    store = demo_workspace.store
    assert store.revision() == 1
    revision = store.revisions()[0]
    assert (revision.user, revision.reason) == ("demo", "示例数据")
    assert set(revision.registers) == set(demo_workspace.layers)
    assert all(store.read(register)["is_demo"].all() for register in demo_workspace.layers)


def test_demo_comes_back_from_the_database_as_it_is_in_the_files(demo_workspace: Workspace) -> None:
    plots = demo_workspace.store.read("plots").set_index("plot_code")
    from_file = read_demo(demo_workspace.layer("plots")).set_index("plot_code")
    assert plots["area_reg_m2"].equals(from_file["area_reg_m2"].loc[plots.index])
    assert set(plots["source_file"]) == {"plots.geojson"}


def test_truth_values_beside_gaps_are_kept(demo_workspace: Workspace) -> None:
    safe = demo_workspace.store.read("micro_parks").set_index("micro_park_code")["is_safe"]
    assert (safe["XWY-01"], safe.isna()["XWY-08"]) == (True, True)


def test_demo_is_not_loaded_where_there_are_records(workspace: Workspace) -> None:
    own = read_demo(workspace.layer("towns")).head(1)
    workspace.store.write({"towns": RegisterChange(upserts=own)}, kind=RevisionKind.EDIT, user="x")
    assert load_demo(workspace) is None
    assert workspace.store.revision() == 1
    assert len(workspace.store.read("towns")) == 1


def test_loading_says_how_far_it_is(workspace: Workspace) -> None:
    shares: list[float] = []
    revision = load_demo(workspace, shares.append)
    assert revision is not None
    assert revision.number == 1
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_register_of_the_sites_own_stays_empty(tmp_path: Path) -> None:
    from geoapp.services.workspace import open_workspace
    from geoapp.settings import Settings

    (tmp_path / "layers").mkdir()
    definition = (
        'id = "wells"\nzh = "水井"\nen = "Wells"\ngeometry = "point"\nkey = ["well_code"]\n[[fields]]\n'
    )
    definition += 'name = "well_code"\ndtype = "string"\nzh = "编号"\nen = "Code"\nrequired = true\n'
    (tmp_path / "layers/wells.toml").write_text(definition, encoding="utf-8")
    workspace = open_workspace(Settings(data_dir=tmp_path))
    load_demo(workspace)
    assert len(workspace.store.read("wells")) == 0
    assert len(workspace.store.read("towns")) == 8


@pytest.fixture(scope="module")
def projects() -> Layer:
    return load_layers(load_scheme("ningbo_jiangbei_default"))["projects"]


def geojson(tmp_path: Path, properties: str, geometry: str = POINT) -> Path:
    file = tmp_path / "projects.geojson"
    feature = f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'
    file.write_text(f'{{"type":"FeatureCollection","features":[{feature}]}}', encoding="utf-8")
    return file


def test_read_canonical_gives_dtypes_and_provenance(tmp_path: Path, projects: Layer) -> None:
    file = geojson(
        tmp_path, '{"project_code":"1","area_m2":5,"start_plan_on":"2026-03-01","is_demo":true,"x":1}'
    )
    record = read_canonical(file, projects).iloc[0]
    assert (record["project_code"], record["area_m2"], record["is_demo"]) == ("1", 5.0, True)
    assert record["start_plan_on"].date().isoformat() == "2026-03-01"
    assert (record["source_file"], record["source_row"]) == ("projects.geojson", 1)
    assert record["geometry"].x == 121.5


def test_read_canonical_keeps_records_without_place(tmp_path: Path, projects: Layer) -> None:
    assert read_canonical(geojson(tmp_path, '{"project_code":"1"}', "null"), projects).geometry.isna().all()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"features":[{"properties":{}}]}',
        '{"features":[{"properties":{"area_m2":"viel"},"geometry":null}]}',
    ],
)
def test_read_canonical_names_the_file_that_is_none(tmp_path: Path, projects: Layer, text: str) -> None:
    file = tmp_path / "projects.geojson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"“projects\.geojson”不是台账“二次开发项目”的数据文件"):
        read_canonical(file, projects)


def test_read_canonical_names_the_file_that_is_not_there(tmp_path: Path, projects: Layer) -> None:
    with pytest.raises(FormatError, match=r"“projects\.geojson”不是"):
        read_canonical(tmp_path / "projects.geojson", projects)


def test_csv_counts_rows_as_a_spreadsheet_does(tmp_path: Path) -> None:
    layer = load_layers(load_scheme("ningbo_jiangbei_default"))["enterprises"]
    file = tmp_path / canonical_name(layer)
    file.write_text("uscc,name,is_above_scale,is_demo\n91,NA,,true\n92,乙,false,true\n", encoding="utf-8-sig")
    records = read_canonical(file, layer)
    assert records["source_row"].tolist() == [2, 3]
    assert records["name"].tolist() == ["NA", "乙"]
    assert records["is_above_scale"].isna().tolist() == [True, False]


def test_demo_divides_the_plan_among_the_towns_and_says_that_it_is_invented(
    demo_workspace: Workspace,
) -> None:
    plan = find_target_set(demo_workspace, None)
    parts = [
        item for item in plan.scope_targets if (item.indicator, item.kind) == ("revitalised_area", "town")
    ]
    # What the towns have to reach by the end of 2023 and of 2025 is the plan's 2,000 and 3,000 亩.
    sums = [sum(part.targets[number].value for part in parts) * 0.0015 for number in (0, 2)]
    assert sums == pytest.approx([2_000, 3_000])
    assert all(part.is_demo for part in plan.scope_targets)
    table = supervision_table(demo_workspace, as_of(demo_workspace), period="2025-Q4")
    assert table.is_demo
    assert "示意数据" in "".join(table.notes)
    assert [(row.scope.zh, row.rank, row.light) for row in table.rows[:4]] == [
        ("慈城镇", 1, "green"), ("洪塘街道", 2, "green"), ("前江街道", 3, "green"), ("孔浦街道", 4, "red"),
    ]  # fmt: skip


def test_division_that_is_there_already_is_left_alone(workspace: Workspace) -> None:
    own = workspace.settings.data_dir / DIVISIONS / "demo.toml"
    own.parent.mkdir(parents=True)
    own.write_text("document = 1", encoding="utf-8")
    load_demo(workspace)
    assert own.read_text(encoding="utf-8") == "document = 1"


def test_totals_are_those_of_the_script_s_files(demo_workspace: Workspace) -> None:
    """Summed from what the script wrote, with nothing of the application: plots, land, land recognised."""
    features = json.loads((CHECKOUT_DIR / "data/geo/plots.geojson").read_text("utf-8"))["features"]
    geod = Geod(ellps="GRS80")

    def land_m2(feature: dict[str, Any]) -> float:
        registered = feature["properties"].get("area_reg_m2")
        if registered:
            return float(registered)
        shape = shapely.orient_polygons(shapely.geometry.shape(feature["geometry"]))
        return abs(geod.geometry_area_perimeter(shape)[0])

    total = zone_statistics(demo_workspace, zones="towns").rows.iloc[-1]
    assert total["plot_count"] == len(features)
    assert total["site_area_m2"] == pytest.approx(sum(map(land_m2, features)), rel=1e-9)
    with (CHECKOUT_DIR / "data/geo/recognitions.csv").open(encoding="utf-8-sig") as file:
        records = [row for row in csv.DictReader(file) if row["ledger"] == "JX_TL"]
    recognised_m2 = sum(float(row["area_m2"]) for row in records)  # what is revoked has a negative area
    assert total["revitalised_recognised_m2"] == pytest.approx(recognised_m2, rel=1e-9)
