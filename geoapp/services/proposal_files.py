"""Files that town reporters send with a stage or a note: kept apart until the proposal is decided."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from geoapp.domain.change import RegisterChange
from geoapp.domain.proposal import Proposal, ProposedFile, ProposedForm
from geoapp.errors import InputError, NotFoundError
from geoapp.services.project_attachments import (
    Attachment,
    attachment_row,
    attachments_change,
    checked_file,
    is_attached,
    refuse_attached,
)
from geoapp.services.project_stages import ATTACHMENTS, project_record
from geoapp.services.workspace import Workspace
from geoapp.store.attachments import PROPOSED, drop_proposed, keep_attachment, read_attachment

MOST_FILES = 10
"""Of one proposal."""
WITH_FILES = frozenset({"stage", "note"})
"""Forms that files may be sent with."""
_LONGEST_CAPTION = 200


class Upload(NamedTuple):
    """A file as it was chosen."""

    file_name: str
    content: bytes


def checked_files(
    workspace: Workspace,
    form: ProposedForm,
    uploads: Sequence[Upload],
    earlier: Iterable[ProposedFile],
    kept: Collection[str] | None,
) -> tuple[ProposedFile, ...]:
    """Return the files of a form that is sent; nothing is kept yet.

    Parameters
    ----------
    workspace : Workspace
    form : ProposedForm
        What it is about.
    uploads : sequence of Upload
    earlier : iterable of ProposedFile
        Of the version that is sent again.
    kept : collection of str, optional
        Digests of those of *earlier* that stay; all where it is left out.

    Raises
    ------
    InputError
        Files do not go with this form, there are too many, or one is too large.
    FormatError
        One is no PDF, JPEG or PNG, or not what its name says.
    ConflictError
        The project has one of them already.
    """
    found = {file.sha256: file for file in earlier if kept is None or file.sha256 in kept}
    for upload in uploads:
        file = checked_file(workspace, upload.file_name, upload.content)
        refuse_attached(workspace, form.record_key, file)
        found[file.sha256] = file
    if found and form.kind not in WITH_FILES:
        raise InputError("附件只能和登记阶段、进展一起报送。没有报送。")
    if len(found) > MOST_FILES:
        raise InputError(f"附件有 {len(found)} 个，一次最多报送 {MOST_FILES} 个。请分几次报。")
    return tuple(found.values())


def keep_uploads(workspace: Workspace, uploads: Iterable[Upload]) -> None:
    """Keep the content of files that have been checked, on the disk before this returns."""
    for upload in uploads:
        keep_attachment(workspace.settings.data_dir, upload.content, PROPOSED)


def proposed_file(workspace: Workspace, proposal: Proposal, digest: str) -> Attachment:
    """Return a file of an open proposal, to be looked at; raises NotFoundError."""
    file = next((file for file in proposal.form.files if file.sha256 == digest), None)
    if file is None or not proposal.is_open:
        raise NotFoundError(f"第 {proposal.number} 号报送没有这个附件，或已经办结。请刷新再看。")
    content = read_attachment(workspace.settings.data_dir, digest, PROPOSED)
    return Attachment(file.file_name, file.media_type, content)


def attached_files(workspace: Workspace, proposal: Proposal) -> dict[str, RegisterChange]:
    """Return the change that attaches a proposal's files to its project; those that it has by now are left out."""
    form, rows = proposal.form, []
    if form.files:
        present = project_record(workspace, form.record_key)["stage"]
        stage = form.texts.get("stage", "").strip() or present
        caption = f"第 {proposal.number} 号报送 {form.texts.get('text', '').strip()}".strip()
        rows = [
            attachment_row(
                workspace, form.record_key, file, proposed_file(workspace, proposal, file.sha256).content,
                stage=stage, caption=caption[:_LONGEST_CAPTION], user=proposal.sent.author,
            )
            for file in form.files
            if not is_attached(workspace, form.record_key, file.sha256)
        ]  # fmt: skip
    return {ATTACHMENTS: attachments_change(workspace, rows)} if rows else {}


def drop_files(workspace: Workspace, files: Iterable[ProposedFile], proposals: Iterable[Proposal]) -> None:
    """Remove the content of files that no open proposal has."""
    needed = {file.sha256 for one in proposals if one.is_open for file in one.form.files}
    for file in files:
        if file.sha256 not in needed:
            drop_proposed(workspace.settings.data_dir, file.sha256)
