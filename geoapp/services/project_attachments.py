"""Files and photographs of projects: taken in by their content, kept in the data folder, given back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoapp.domain.change import RegisterChange, positions_of
from geoapp.domain.frame import STORED_CRS, conform
from geoapp.domain.proposal import ProposedFile
from geoapp.domain.revision import Revision
from geoapp.errors import ConflictError, InputError, NotFoundError
from geoapp.formats.attachment import inspect_attachment
from geoapp.services.plot_facts import today
from geoapp.services.project_stages import ATTACHMENTS, project_record
from geoapp.services.workspace import Workspace
from geoapp.services.write_step import read_reason, read_user, refuse_long, write_step
from geoapp.store.attachments import keep_attachment, read_attachment

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Attachment:
    """A kept file, ready to be sent."""

    file_name: str
    media_type: str
    content: bytes


def attach(
    workspace: Workspace, project_code: str, file_name: str, content: bytes, form: Mapping[str, str]
) -> Revision:
    """Keep a file with a project; a photograph is placed where it says it was taken.

    Parameters
    ----------
    workspace : Workspace
    project_code : str
    file_name : str
        As uploaded.
    content : bytes
    form : mapping
        caption, user as typed.

    Raises
    ------
    NotFoundError
        No such project.
    InputError
        Nothing is chosen, it is too large, user is missing, or user or caption are too long.
    FormatError
        It is no PDF, JPEG or PNG, or not what its name says.
    ConflictError
        The project has this very file already.
    """
    project = project_record(workspace, project_code)
    caption = form.get("caption", "").strip()
    complaints: dict[str, str] = {}
    user = read_user(form, complaints)
    refuse_long(workspace.layer(ATTACHMENTS), "caption", caption, complaints)
    if complaints:
        raise InputError(f"附件没有存下：{''.join(complaints.values())}请改好再传。")
    if not file_name:
        raise InputError("附件没有存下：没有选文件。请选好再传。")
    file = checked_file(workspace, file_name, content)
    refuse_attached(workspace, project_code, file)
    row = attachment_row(
        workspace, project_code, file, content, stage=project["stage"], caption=caption, user=user
    )
    change = attachments_change(workspace, [row])
    words = f"附件：{project_code} {file.file_name[:80]}"
    return write_step(workspace, {ATTACHMENTS: change}, user, words, "")


def checked_file(workspace: Workspace, file_name: str, content: bytes) -> ProposedFile:
    """Return what an uploaded file is, kept nowhere yet.

    Raises
    ------
    InputError
        It is too large.
    FormatError
        It is no PDF, JPEG or PNG, or not what its name says.
    """
    limit_mb = workspace.settings.max_attachment_mb
    if len(content) > limit_mb * 1024 * 1024:
        raise InputError(
            f"附件“{file_name[:80]}”有 {len(content) / 1024 / 1024:.1f} MB，最多 {limit_mb} MB。请压缩再传。"
        )
    name = file_name[-LONGEST_NAME:]
    found = inspect_attachment(content, name)
    return ProposedFile(
        sha256=hashlib.sha256(content).hexdigest(), file_name=name, media_type=found.media_type,
        size_bytes=len(content),
    )  # fmt: skip


def is_attached(workspace: Workspace, project_code: str, digest: str) -> bool:
    """Return whether a project has a file."""
    stored = workspace.store.read(ATTACHMENTS)
    return len(positions_of(stored, [(project_code, digest)], workspace.layer(ATTACHMENTS))) > 0


def refuse_attached(workspace: Workspace, project_code: str, file: ProposedFile) -> None:
    """Raise ConflictError where a project has a file of the same content."""
    if is_attached(workspace, project_code, file.sha256):
        raise ConflictError(f"这个项目已经有内容相同的附件（{file.file_name[:80]}）。不必再传。")


def attachment_row(
    workspace: Workspace,
    project_code: str,
    file: ProposedFile,
    content: bytes,
    *,
    stage: str | None,
    caption: str,
    user: str,
) -> dict[str, Any]:
    """Return the record of a file that is attached, with its content kept for good."""
    found = inspect_attachment(content, file.file_name)
    shape = None if found.lon is None or found.lat is None else shapely.Point(found.lon, found.lat)
    return {
        "project_code": project_code, "sha256": keep_attachment(workspace.settings.data_dir, content),
        "file_name": file.file_name, "caption": caption or None, "stage": stage,
        "media_type": found.media_type, "size_bytes": len(content),
        "taken_on": None if found.taken_on is None else pd.Timestamp(found.taken_on),
        "added_on": pd.Timestamp(today()), "recorded_by": user, "geometry": shape,
    }  # fmt: skip


def attachments_change(workspace: Workspace, rows: Sequence[Mapping[str, Any]]) -> RegisterChange:
    """Return the change that attaches files, see `attachment_row`."""
    fields = [{name: value for name, value in row.items() if name != "geometry"} for row in rows]
    shapes = gpd.GeoSeries([row["geometry"] for row in rows], crs=STORED_CRS)
    frame = gpd.GeoDataFrame(fields, geometry=shapes)
    return RegisterChange(upserts=conform(frame, workspace.layer(ATTACHMENTS)))


def withdraw_attachment(
    workspace: Workspace, project_code: str, digest: str, form: Mapping[str, str]
) -> Revision:
    """Take a file off a project; earlier days, and so its history, keep it.

    Parameters
    ----------
    workspace : Workspace
    project_code, digest : str
    form : mapping
        reason, user as typed.

    Raises
    ------
    NotFoundError
        The project has no such file.
    InputError
        User or reason are missing or too long.
    """
    file_name = _stored(workspace, project_code, digest)["file_name"]
    complaints: dict[str, str] = {}
    user, reason = read_user(form, complaints), read_reason(form, complaints, "撤下的原因")
    if complaints:
        raise InputError(f"附件没有撤下：{''.join(complaints.values())}请改好再提交。")
    change = RegisterChange(removed=[(project_code, digest)])
    words = f"撤下附件：{project_code} {file_name[:80]}（{reason}）"
    return write_step(workspace, {ATTACHMENTS: change}, user, words, "")


def attachment(
    workspace: Workspace, project_code: str, digest: str, *, revision: int | None = None
) -> Attachment:
    """Return a file that a project has, or had at a revision; raises NotFoundError."""
    row = _stored(workspace, project_code, digest, revision)
    return Attachment(
        str(row["file_name"]), str(row["media_type"]), read_attachment(workspace.settings.data_dir, digest)
    )


def _stored(workspace: Workspace, project_code: str, digest: str, revision: int | None = None) -> pd.Series:
    stored = workspace.store.read(ATTACHMENTS, revision=revision)
    found = positions_of(stored, [(project_code, digest)], workspace.layer(ATTACHMENTS))
    if not len(found):
        raise NotFoundError("这个项目没有这个附件。请回到项目页刷新。")
    return stored.iloc[int(found[0])]
