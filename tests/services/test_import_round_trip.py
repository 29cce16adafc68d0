import pytest

from geoapp.formats.base import WriteOptions, writer_for
from geoapp.reports.record_table import record_table_bytes
from geoapp.services.as_of import as_of
from geoapp.services.import_file import stage_import
from geoapp.services.table_export import record_table
from tests.lists_district import fill_lists
from tests.services.test_micro_parks import PARKS
from tests.small_district import write

DRAWN = [".zip", ".gpkg", ".geojson", ".gdb.zip", ".xlsx", ".csv"]


@pytest.mark.parametrize(
    ("register", "suffix"),
    [("plots", s) for s in DRAWN]
    + [("control_lines", s) for s in DRAWN]
    + [("performance", s) for s in (".xlsx", ".csv")],
)
def test_what_is_written_comes_back_unchanged(demo_workspace, tmp_path, register, suffix):
    stored, layer = demo_workspace.store.read(register), demo_workspace.layer(register)
    path = tmp_path / f"{register}{suffix}"
    writer_for(path).write(path, stored, WriteOptions(layer=layer))
    staged = stage_import(demo_workspace, register, path)
    assert staged.is_acceptable
    assert staged.summary == {"new": 0, "changed": 0, "unchanged": len(stored), "gone": 0}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".geojson", ".gpkg"])
@pytest.mark.parametrize(
    "register",
    [
        "plots",
        "projects",
        "project_plots",
        "micro_park_years",
        "agreement_items",
        "indicator_values",
        "transactions",
    ],
)
def test_a_table_exported_from_the_map_comes_back_unchanged(demo_workspace, tmp_path, register, suffix):
    """With its fingerprint, computed columns and words in the place of codes; in 亩 where that is asked for."""
    is_map = suffix in (".geojson", ".gpkg")
    if suffix == ".geojson" and not demo_workspace.layer(register).has_geometry:
        pytest.skip("no shapes, no GeoJSON")
    for unit in (None, "mu"):
        table = record_table(demo_workspace, register, as_of(demo_workspace), has_geometry=is_map, unit=unit)
        path = tmp_path / f"{register}{suffix}"
        path.write_bytes(record_table_bytes(table, suffix))
        staged = stage_import(demo_workspace, register, path)
        assert staged.is_acceptable
        if unit is None or is_map:
            assert staged.summary == {"new": 0, "changed": 0, "unchanged": len(table.rows), "gone": 0}


def test_records_of_one_name_keep_their_code_in_files(district):
    """Two parks are called alike: their years could not be told apart by the name, nor imported again."""
    fill_lists(district)
    write(district, micro_parks=[{"micro_park_code": "W7", "name": "独一园"}])
    write(district, micro_park_years=[{"micro_park_code": "W7", "year": 2025}])
    table = record_table(district, "micro_park_years", as_of(district))
    lines = record_table_bytes(table, ".csv").decode("utf-8-sig").splitlines()
    first = sorted(line.partition(",")[0] for line in lines[1:])
    names = [record["name"] for record in PARKS]
    assert len(set(names)) < len(names)
    assert "独一园" in first
    assert not {name for name in names if names.count(name) > 1} & set(first)
