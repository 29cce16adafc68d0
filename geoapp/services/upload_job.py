"""One upload as a value, and its folder: the file as sent and a small JSON that survives a restart."""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from geoapp.errors import FormatError, NotFoundError
from geoapp.services.import_staged import ImportOptions

JOB_FILE = "job.json"
_CHUNK_BYTES = 1024 * 1024
_STEM_CHARACTERS = 60
_ID = re.compile(r"[0-9a-f]{32}")


class UploadState(StrEnum):
    """Where an upload stands."""

    STAGING = "staging"
    STAGED = "staged"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    FAILED = "failed"
    """The file could not be read, or an option does not fit; `error` says why. Other options may help."""


_BUSY = (UploadState.STAGING, UploadState.ACCEPTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadJob:
    """One upload as it stands now."""

    id: str
    register: str
    file_name: str
    """As the user calls it."""
    stored_name: str
    """In the upload's own folder."""
    state: UploadState = UploadState.STAGING
    progress: float = 0.0
    step: str = "正在排队"
    error: str = ""
    options: ImportOptions = field(default_factory=ImportOptions)
    message: str = ""
    """What was stored, once accepted."""
    revision: int | None = None
    started_at: str = ""
    """UTC, ISO 8601."""
    process: int = 0
    """Id of the process that works on it."""

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self.state in _BUSY

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "state": str(self.state), "options": self.options.to_dict()}


def is_upload_id(text: str) -> bool:
    """Tell whether a text can be the id of an upload, and so the name of its folder."""
    return bool(_ID.fullmatch(text))


def save_job(job: UploadJob, folder: Path) -> None:
    """Write an upload's JSON into its folder, the old or the new one whatever happens."""
    draft = folder / f"{JOB_FILE}.new"
    draft.write_text(json.dumps(job.to_dict(), ensure_ascii=False), encoding="utf-8")
    draft.replace(folder / JOB_FILE)


def load_job(folder: Path) -> UploadJob:
    """Return the upload that a folder holds; raises NotFoundError where it holds none."""
    try:
        values = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
        values["options"] = ImportOptions.from_dict(values["options"])
        return UploadJob(**{**values, "state": UploadState(values["state"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NotFoundError("没有这次上传，可能已经过期。请重新上传文件。") from error


def safe_name(file_name: str) -> str:
    """Return a name that is safe on disk and keeps the endings by which formats are told apart.

    Examples
    --------
    >>> safe_name("../宗地 图!.gdb.ZIP"), safe_name(".shp")
    ('宗地_图_.gdb.zip', 'upload.shp')
    """
    name = re.sub(r"[^\w.\-]+", "_", file_name.split("/")[-1])
    stem, dot, ending = name.partition(".") if name.lower().endswith(".gdb.zip") else name.rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return (stem.strip(".")[:_STEM_CHARACTERS] or "upload") + (f".{ending.lower()}" if ending else "")


def save_stream(stream: IO[bytes], path: Path, most_mb: int) -> None:
    """Write a stream to a file; raises FormatError where it is empty or longer than *most_mb*."""
    left = most_mb * 1024 * 1024
    with path.open("wb") as file:
        while chunk := stream.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise FormatError(
                    f"文件超过 {most_mb} MB，没有接收。请分成几个文件，或由管理员调大 max_upload_mb。"
                )
            file.write(chunk)
    if path.stat().st_size == 0:
        raise FormatError("文件是空的（0 字节）。请重新导出。")


def is_at_work(process: int) -> bool:
    """Tell whether another process that still runs works on an upload; this one would know it."""
    if process in (0, os.getpid()) or os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
