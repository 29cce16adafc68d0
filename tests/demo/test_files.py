"""The files of the demo district: made anew they are the same, small, complete and marked."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import shapely

from geoapp.domain.layer import Layer
from geoapp.domain.schema import check_frame
from geoapp.formats.canonical import canonical_name
from geoapp.resources import resource_dir

DATA_DIR = resource_dir("data/geo")
FIVE_MB = 5_000_000
COUNTS = {"towns": 8, "parks": 9, "projects": 60, "micro_parks": 15}


@pytest.fixture(scope="module")
def made_anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("district")
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "7"}
    command = [sys.executable, DATA_DIR / "make_demo.py", folder]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return folder


def test_the_script_makes_the_same_bytes_again(made_anew: Path, layers: dict[str, Layer]) -> None:
    names = {canonical_name(layer) for layer in layers.values()}
    assert {path.name for path in made_anew.iterdir()} == names
    assert [n for n in sorted(names) if (made_anew / n).read_bytes() != (DATA_DIR / n).read_bytes()] == []


def test_all_files_together_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA_DIR.rglob("*") if path.suffix != ".pyc") < FIVE_MB


def test_every_register_has_a_sample(registers: dict[str, pd.DataFrame]) -> None:
    assert [name for name, frame in registers.items() if frame.empty] == []
    assert {name: len(registers[name]) for name in COUNTS} == COUNTS


def test_every_sample_passes_the_checks_of_its_register(
    registers: dict[str, pd.DataFrame], layers: dict[str, Layer]
) -> None:
    issues = {name: check_frame(frame, layers[name]) for name, frame in registers.items()}
    assert {name: found for name, found in issues.items() if found} == {}


def test_every_record_is_marked_as_demo_in_the_file_itself(layers: dict[str, Layer]) -> None:
    for layer in layers.values():
        lines = (DATA_DIR / canonical_name(layer)).read_text(encoding="utf-8-sig").splitlines()
        if layer.has_geometry:
            marked = [line for line in lines if '"type":"Feature",' in line]
            assert marked
            assert all('"is_demo":true' in line for line in marked)
        else:
            assert lines[0].endswith(",is_demo")
            assert all(line.endswith(",true") for line in lines[1:])


def test_csv_files_begin_with_a_byte_order_mark(layers: dict[str, Layer]) -> None:
    tables = [layer for layer in layers.values() if not layer.has_geometry]
    assert all(
        (DATA_DIR / canonical_name(layer)).read_bytes().startswith(b"\xef\xbb\xbf") for layer in tables
    )


def test_coordinates_have_seven_decimals_and_shapes_are_valid(registers: dict[str, pd.DataFrame]) -> None:
    for name, frame in registers.items():
        if "geometry" in frame:
            geometry = frame.geometry.dropna()
            assert geometry.is_valid.all(), name
            xy = shapely.get_coordinates(geometry.to_numpy())
            assert (abs(xy * 1e7 - (xy * 1e7).round()) < 1e-4).all(), name


def test_no_real_person_or_telephone(registers: dict[str, pd.DataFrame]) -> None:
    assert registers["micro_parks"][["contact", "phone"]].isna().all(axis=None)
    assert registers["projects"]["contact_leader"].isna().all()
    assert registers["enterprises"]["name"].str.match(r"示例企业\d{3}").all()
    assert registers["enterprises"]["uscc"].str.startswith("91330205DEM0").all()


def test_awkward_names_keep_escaping_honest(registers: dict[str, pd.DataFrame]) -> None:
    for register in ("plots", "enterprises"):
        awkward = registers[register]["name"].loc[lambda names: names.str.contains("&")]
        assert len(awkward) == 1
        assert all(sign in awkward.item() for sign in '<>"')
