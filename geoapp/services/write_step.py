"""Reading and storing what an official did to a project, a transaction or an entry of a list."""

from collections.abc import Collection, Mapping

from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import Layer
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.errors import ConflictError, InputError
from geoapp.services.record_form import read_value
from geoapp.services.workspace import Workspace

LONGEST_USER = 100
LONGEST_REASON = 200


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


def refuse_unseen(form: Mapping[str, str], known: Collection[str]) -> str:
    """Return the state that a step's form says it was made for.

    Parameters
    ----------
    form : mapping
        With "seen".
    known : collection of str
        Every state there is.

    Raises
    ------
    InputError
        It names none or one that there is not: no page of ours makes such a form.
    """
    seen = form.get("seen")
    if seen is None or seen.strip() not in known:
        raise InputError(
            "没有登记：表单没有说明是看着哪个状态填的（seen），不是从现在的页面提交的。请核对现在的状态再提交。"
        )
    return seen.strip()


def refuse_long(layer: Layer, name: str, text: str, complaints: dict[str, str]) -> None:
    """Let *complaints* take up that a text is longer than its field of the register allows."""
    read_value(layer.field(name), text, complaints)


def read_user(form: Mapping[str, str], complaints: dict[str, str], *, zh: str = "经办") -> str:
    """Return who a form is by; *complaints* takes up that it does not say, or at too great a length."""
    return _needed(form, "user", zh, LONGEST_USER, complaints)


def read_reason(form: Mapping[str, str], complaints: dict[str, str], zh: str) -> str:
    """Return why something is done; *complaints* takes up that the form does not say, or at too great a length."""
    return _needed(form, "reason", zh, LONGEST_REASON, complaints)


def _needed(form: Mapping[str, str], name: str, zh: str, most: int, complaints: dict[str, str]) -> str:
    text = form.get(name, "").strip()
    if not text:
        complaints[name] = f"没有填{zh}。"
    elif len(text) > most:
        complaints[name] = f"{zh}有 {len(text)} 个字，最多 {most} 个。"
    return text
