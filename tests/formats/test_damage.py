"""Files damaged at random: each is read or refused in Chinese, never a traceback, never a warning."""

import zipfile
from pathlib import Path

import ezdxf
import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoapp.errors import FormatError
from geoapp.formats.base import ReadOptions, WriteOptions, reader_for, writer_for

NAMES = ["a.shp", "a.zip", "a.gpkg", "a.geojson", "a.kml", "a.dxf"]


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One whole file of each kind."""
    folder = tmp_path_factory.mktemp("whole")
    frame = gpd.GeoDataFrame(
        {"名称": ["甬江", None], "n": [1.5, None]},
        geometry=[shapely.box(644800, 3316400, 644900, 3316500), None],
        crs=4549,
    )
    for name in NAMES:
        writer_for(folder / name).write(folder / name, frame, WriteOptions())
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@given(
    name=st.sampled_from([*NAMES, "a.dbf", "a.shx", "a.prj", "a.cpg"]),
    keep=st.floats(0, 1),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_file_is_read_or_refused_in_chinese(
    whole_files: dict[str, bytes], tmp_path: Path, name: str, keep: float, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(whole_files[name])
    for position, value in changes:
        content[position % len(content)] = value
    files = {part: data for part, data in whole_files.items() if part.startswith("a.")}
    files[name] = bytes(content if keep > 0.3 else content[: int(len(content) * keep / 0.3)])
    for part, data in files.items():
        (tmp_path / part).write_bytes(data)
    target = tmp_path / (name if name in NAMES else "a.shp")
    try:
        layers = reader_for(target).read(target, ReadOptions())
    except FormatError as error:
        assert any("\u4e00" <= character <= "\u9fff" for character in str(error))  # noqa: PT017 - either is right
    else:
        assert all(layer.frame.index.name == "source_row" for layer in layers)


def test_zip_that_needs_a_newer_program_is_refused(whole_files: dict[str, bytes], tmp_path: Path) -> None:
    content = bytearray(whole_files["a.zip"])
    content[content.index(b"PK\x01\x02") + 6] = 66  # version 6.6 needed to extract
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FormatError, match="重新打包"):
        reader_for(tmp_path / "a.zip").read(tmp_path / "a.zip", ReadOptions())


def test_column_of_unknown_type_counts_as_text_for_the_encoding(
    whole_files: dict[str, bytes], tmp_path: Path
) -> None:
    dbf = bytearray(whole_files["a.dbf"])
    dbf[32 + 11] = ord("Z")
    parts = {f"x{suffix}": whole_files[f"a{suffix}"] for suffix in (".shp", ".shx")} | {"x.dbf": bytes(dbf)}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    (layer,) = reader_for(tmp_path / "a.zip").read(tmp_path / "a.zip", ReadOptions())
    assert layer.frame["名称"].tolist()[0] == "甬江"


def test_coordinates_far_beyond_the_earth_in_a_drawing_are_not_read(tmp_path: Path) -> None:
    drawing = ezdxf.new()
    space = drawing.modelspace()
    space.add_lwpolyline([(0, 0), (100, 0), (100, 100)], close=True)
    space.add_lwpolyline([(0, 0), (1e300, 0), (1e300, 1e300)], close=True)
    space.add_hatch(dxfattribs={"layer": "b"}).paths.add_polyline_path(
        [(0, 0), (1e300, 0), (1e300, 1e300)], is_closed=True
    )
    space.add_text("far").set_placement((1e300, 0))
    drawing.saveas(tmp_path / "a.dxf")
    (layer,) = reader_for(tmp_path / "a.dxf").read(tmp_path / "a.dxf", ReadOptions())
    assert len(layer.frame) == 1
    assert {"line-degenerate", "entity-unreadable"} <= {issue.code for issue in layer.issues}
