"""Files that can be made again: whole or not there, and only the newest."""

import os

import numpy as np
import pytest

from geoapp.store.kept_arrays import KeptFiles


@pytest.fixture
def kept(tmp_path):
    return KeptFiles(tmp_path / "cache", kept_per_group=2)


def test_an_array_comes_back(kept):
    kept.write_array("plots", "1.npy", np.array([3, 1, 2], dtype=np.uint8))
    assert kept.read_array("plots", "1.npy").tolist() == [3, 1, 2]


def test_what_is_missing_or_damaged_is_not_there(kept):
    assert kept.read_array("plots", "1.npy") is None
    kept.write_array("plots", "1.npy", np.arange(100))
    kept.path("plots", "1.npy").write_bytes(b"\x93NUMPY broken")
    assert kept.read_array("plots", "1.npy") is None


def test_only_the_newest_of_a_group_are_kept(kept):
    for number, name in enumerate(("a", "b", "c")):
        kept.write_array("plots", name, np.arange(3))
        os.utime(kept.path("plots", name), (number, number)) if name != "c" else None
    kept.write_array("parks", "a", np.arange(3))
    names = {path.name for path in kept.path("plots", "x").parent.iterdir()}
    assert names == {"b", "c"}
    assert kept.read_array("parks", "a") is not None


def test_a_failed_write_leaves_nothing(kept):
    def save(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    kept.write("plots", "1.tiles", save)
    assert list(kept.path("plots", "x").parent.iterdir()) == []


@pytest.mark.parametrize(("group", "name"), [("..", "x"), ("plots", "../x"), ("plots", ""), ("a/b", "x")])
def test_a_name_that_leaves_the_folder_is_refused(kept, group, name):
    with pytest.raises(ValueError, match="not a file name"):
        kept.path(group, name)
