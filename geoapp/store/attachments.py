"""Attached files in the data folder, named by their SHA-256: the same content is kept once and never changed."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from geoapp.errors import NotFoundError, SetupError, system_reason

ATTACHED, PROPOSED = "attachments", "proposed_attachments"
"""Folders: of projects, for good; of proposals, until they are decided."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def keep_attachment(data_dir: Path, content: bytes, folder: str = ATTACHED) -> str:
    """Write content as a whole unless it is there, on the disk before this returns; return its SHA-256.

    Raises
    ------
    SetupError
        The disk is full or the folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    path = _path(data_dir, digest, folder)
    if path.is_file():
        return digest
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False, suffix=".part") as staged:
            staged.write(content)
            staged.flush()
            os.fsync(staged.fileno())
        os.replace(staged.name, path)  # noqa: PTH105 - a name, not a Path
    except OSError as error:
        raise SetupError(f"附件没有存下：{system_reason(error)}。请检查数据目录的空间和权限。") from error
    return digest


def read_attachment(data_dir: Path, digest: str, folder: str = ATTACHED) -> bytes:
    """Return kept content.

    Raises
    ------
    NotFoundError
        There is none of this digest.
    """
    if not _DIGEST.fullmatch(digest) or not _path(data_dir, digest, folder).is_file():
        raise NotFoundError("没有这个附件的文件，可能没有随备份恢复。请联系管理员。")
    return _path(data_dir, digest, folder).read_bytes()


def drop_proposed(data_dir: Path, digest: str) -> None:
    """Remove content that was only proposed, if it is there."""
    if _DIGEST.fullmatch(digest):
        _path(data_dir, digest, PROPOSED).unlink(missing_ok=True)


def _path(data_dir: Path, digest: str, folder: str) -> Path:
    return data_dir / folder / digest[:2] / digest
