"""How long `geoapp import` takes for 20,000 plots in a zipped GBK shapefile without .prj, process start included."""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio

from tests.bench.synthetic import make_plots

PLOT_COUNT = 20_000
TARGET_S = 15.0
_MEMBERS = (".shp", ".shx", ".dbf")


def write_zip(path: Path, count: int) -> None:
    """Write *count* plots as a bureau would send them: Chinese names in GBK, areas in 亩, no .cpg, no .prj."""
    plots = make_plots(count)
    rng = np.random.default_rng(7)
    frame = gpd.GeoDataFrame(
        {
            "DKBH": plots["plot_code"],
            "DKMC": [f"示例地块{number}号" for number in range(count)],
            "QLR": [f"示例企业{number:05d}" for number in range(count)],
            "YDMJ": (plots["site_area_m2"] * 0.0015).round(4),
            "JZMJ": plots["gfa_counted_m2"].round(2),
            "DLBM": "0601",
            "JCNF": rng.integers(1985, 2024, count),
        },
        geometry=plots.geometry,
        crs=plots.crs,
    )
    with tempfile.TemporaryDirectory() as folder:
        pyogrio.write_dataframe(frame, Path(folder) / "plots.shp", encoding="GBK")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for suffix in _MEMBERS:
                archive.write(Path(folder) / f"plots{suffix}", f"地块{suffix}")


def run(verb: str, file: Path, data_dir: Path) -> tuple[float, int]:
    """Return seconds and exit code of one command, its output thrown away."""
    command = [sys.executable, "-m", "geoapp", verb, "plots", str(file), "--data-dir", str(data_dir)]
    command += ["--yes"] if verb == "import" else []
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ)
    if done.returncode:
        sys.stderr.write(done.stderr.decode())
    return time.perf_counter() - started, done.returncode


def main() -> None:
    """Print a table: check only, first import, the same file again."""
    with tempfile.TemporaryDirectory() as folder:
        file, data_dir = Path(folder) / "plots.zip", Path(folder) / "data"
        write_zip(file, PLOT_COUNT)
        megabytes = file.stat().st_size / 1e6
        print(
            f"import of {PLOT_COUNT:,} plots, zipped GBK shapefile of {megabytes:.1f} MB, target {TARGET_S:.0f} s"
        )
        for label, verb in (("validate", "validate"), ("import", "import"), ("import again", "import")):
            seconds, code = run(verb, file, data_dir)
            print(f"  {label:<14}{seconds:>8.1f} s   exit {code}")


if __name__ == "__main__":
    main()
