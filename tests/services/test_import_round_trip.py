import pytest

from geoapp.formats.base import WriteOptions, writer_for
from geoapp.services.import_file import stage_import

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
