"""Storing what an official did to a project or an entry of a list."""

from collections.abc import Mapping

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import ConflictError
from geoapp.services.workspace import Workspace


def write_step(
    workspace: Workspace, changes: Mapping[str, RegisterChange], user: str, reason: str, document_no: str
) -> Revision:
    """Store changes that belong together as one edit; raises ConflictError where somebody has just done the same."""
    revision = workspace.store.write(
        changes, kind=RevisionKind.EDIT, user=user, reason=reason, document_no=document_no
    )
    if revision is None:
        raise ConflictError("别人刚刚做了同样的修改。请刷新再看。")
    return revision
