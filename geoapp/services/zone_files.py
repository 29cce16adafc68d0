"""Uploaded polygons that serve as zones of a statistic: kept beside the uploads, never in a register."""

import json
import re
import secrets
import time
from pathlib import Path
from typing import IO

from geoapp.errors import NotFoundError, UsageError
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import ZoneFile, find_zones
from geoapp.settings import Settings

KEPT_SECONDS = 7 * 24 * 3600
"""An uploaded file of zones is dropped after a week."""
_ID = re.compile(r"[0-9a-f]{16}")
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LONGEST_NAME = 120
_OPTIONS_FILE = ".options.json"
"""Beside the upload, whose own name never begins with a dot."""


def keep_zone_file(
    workspace: Workspace, stream: IO[bytes], file_name: str, *, key: str | None = None, crs: str | None = None
) -> str:
    """Store an uploaded file of zones and return the id under which it can be used.

    Parameters
    ----------
    workspace : Workspace
    stream : binary file
        The upload's content.
    file_name : str
        As the user called it; shown in the table.
    key, crs : str, optional
        Field that names the zones; coordinate system where the file does not say it.

    Raises
    ------
    UsageError
        No file, or no field that can name the zones.
    CrsError, FormatError
        The file cannot be used; nothing is kept then.
    """
    name = _UNSAFE.sub("_", file_name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[-_LONGEST_NAME:]
    if not name:
        raise UsageError("没有选择文件。请选择一个面文件再上传。")
    _drop_old(workspace.settings)
    upload_id = secrets.token_hex(8)
    folder = _folder(workspace.settings) / upload_id
    folder.mkdir(parents=True)
    try:
        with (folder / name).open("wb") as target:
            while block := stream.read(1 << 20):
                target.write(block)
        (folder / _OPTIONS_FILE).write_text(
            json.dumps({"name": name, "key": key, "crs": crs}, ensure_ascii=False), encoding="utf-8"
        )
        _check(workspace, upload_id)
    except Exception:
        _remove(folder)
        raise
    return upload_id


def kept_zone_file(settings: Settings, upload_id: str) -> ZoneFile:
    """Return an uploaded file of zones; raises NotFoundError where there is none (any more)."""
    folder = _folder(settings) / upload_id
    if not _ID.fullmatch(upload_id) or not (folder / _OPTIONS_FILE).is_file():
        raise NotFoundError("上传的分区文件已不在（保留七天）。请重新上传。")
    options = json.loads((folder / _OPTIONS_FILE).read_text(encoding="utf-8"))
    return ZoneFile(path=folder / options["name"], key=options["key"], crs=options["crs"])


def _check(workspace: Workspace, upload_id: str) -> None:
    file = kept_zone_file(workspace.settings, upload_id)
    find_zones(workspace, file, revision=workspace.store.revision(), day=today())


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "zone-files"


def _drop_old(settings: Settings) -> None:
    oldest = time.time() - KEPT_SECONDS
    for folder in _folder(settings).glob("*"):
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            _remove(folder)


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink(missing_ok=True)
    folder.rmdir()
