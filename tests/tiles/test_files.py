import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely

from geoapp import compiling
from geoapp.errors import FormatError
from geoapp.tiles import TileSet, build_tileset
from tests.tiles.decoding import X, Y, Z, one, placed


def grid_tileset(side: int = 20) -> TileSet:
    corners = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 200.0
    shapes = np.array([placed(shape) for shape in shapely.box(*corners.T, *(corners + 150).T)])
    count = side * side
    return build_tileset(
        shapes, np.arange(count), [f"k{k}" for k in range(count)], np.ones(count), name="plots"
    )


def test_a_file_gives_the_same_tiles(tmp_path):
    tiles = grid_tileset()
    tiles.save(tmp_path / "new" / "plots.tiles")
    loaded = TileSet.load(tmp_path / "new" / "plots.tiles")
    assert (loaded.name, loaded.row_count, loaded.nbytes) == ("plots", 400, tiles.nbytes)
    classes = (np.arange(400) % 5).astype(np.uint8)
    for z, x, y in ((Z, X, Y), (12, X // 4, Y // 4), (3, 6, 3)):
        assert loaded.encode(z, x, y, classes=classes) == tiles.encode(z, x, y, classes=classes) != b""
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["plots.tiles"]


def test_an_empty_tile_set_can_be_kept(tmp_path):
    one(None).save(tmp_path / "none.tiles")
    assert TileSet.load(tmp_path / "none.tiles").encode(0, 0, 0, classes=np.zeros(1, np.uint8)) == b""


def test_arrays_cannot_be_written_to(tmp_path):
    tiles = grid_tileset(2)
    tiles.save(tmp_path / "plots.tiles")
    for arrays in (tiles.arrays, TileSet.load(tmp_path / "plots.tiles").arrays):
        assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize("content", [b"", b"GEOAPP", b"PK\x03\x04" * 100])
def test_what_is_no_tile_set_is_refused(tmp_path, content):
    path = tmp_path / "plots.tiles"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="重新生成"):
        TileSet.load(path)


@pytest.mark.parametrize("kept", [17, 300, 5_000])
def test_a_file_cut_short_is_refused(tmp_path, kept):
    path = tmp_path / "plots.tiles"
    grid_tileset().save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(FormatError, match="重新生成"):
        TileSet.load(path)


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "plots.tiles").mkdir()
    with pytest.raises(OSError, match="plots"):
        one(shapely.box(0, 0, 9, 9)).save(tmp_path / "plots.tiles")
    assert [path.name for path in tmp_path.iterdir()] == ["plots.tiles"]


def test_threads_get_the_same_tiles():
    tiles = grid_tileset()
    classes = np.zeros(400, np.uint8)
    places = [(Z + k % 3, X << k % 3, Y << k % 3) for k in range(60)]
    expected = [tiles.encode(*place, classes=classes) for place in places]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda place: tiles.encode(*place, classes=classes), places)) == expected


def test_machine_code_is_kept_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path / "cache"))
    assert compiling.cache_folder() == tmp_path / "cache" / f"kernels-{compiling.source_stamp()}"


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path / "file"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert compiling.cache_folder() == tmp_path / "home" / "geoapp" / f"kernels-{compiling.source_stamp()}"


def test_a_folder_open_to_everybody_is_passed_over(tmp_path, monkeypatch):
    folder = tmp_path / "cache" / f"kernels-{compiling.source_stamp()}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    monkeypatch.setenv(compiling.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert compiling.cache_folder() == tmp_path / "home" / "geoapp" / folder.name


def test_no_folder_at_all_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    for variable in (compiling.CACHE_VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "file"))
    monkeypatch.setattr(compiling.tempfile, "gettempdir", lambda: str(tmp_path / "file"))
    assert compiling.cache_folder() is None


def test_the_compiler_is_not_loaded_by_the_import():
    code = "import sys, geoapp.tiles; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_one_compilation_serves_every_kind_of_array(tmp_path):
    from geoapp.tiles import kernels_clip, kernels_query, kernels_tile, kernels_write

    tiles = grid_tileset()
    tiles.save(tmp_path / "plots.tiles")
    locked = np.zeros(400, np.uint8)
    locked.flags.writeable = False
    for subject in (tiles, TileSet.load(tmp_path / "plots.tiles")):
        for classes in (
            np.zeros(400, np.uint8),
            locked,
            np.zeros(400, np.int64),
            np.zeros(800, np.uint8)[::2],
        ):
            subject.encode(Z, X, Y, classes=classes, mask=classes == 0)
            subject.encode(Z, X, Y, classes=classes)
            subject.encode(Z - 8, X >> 8, Y >> 8, classes=classes)
    kernels = (
        kernels_query.chosen_features,
        kernels_clip.cut_features,
        kernels_write.written,
        kernels_tile.detailed_tile,
    )
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1, 1]
