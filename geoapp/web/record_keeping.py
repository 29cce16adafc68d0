"""What an auditor asks for beside the revisions: every file taken away, and every request that was refused."""

from flask import Flask, Response, request

from geoapp.domain.people_event import EventKind
from geoapp.domain.sight import INTERNAL, PUBLIC, RESTRICTED
from geoapp.web.people import accounts_by_requester, person

_DONE, _REFUSED = 200, 403
_LONGEST_ADDRESS = 1_000
_WHAT = {
    PUBLIC: "只有公开字段", INTERNAL: "含内部字段，本镇街的受限字段参与计算",
    RESTRICTED: "含内部字段，受限字段参与计算",
}  # fmt: skip
"""What of the hidden was in a file, by the sight of whoever took it away."""


def init_app(app: Flask) -> None:
    """Look at every answer before it goes out."""
    app.after_request(_keep)


def _keep(response: Response) -> Response:
    found = person()
    if found is None:
        return response
    if response.status_code == _REFUSED:
        accounts_by_requester().note(EventKind.REFUSED, reason=_asked(), after=f"角色 {found.role_zh}")
    elif (
        response.headers.get("Content-Disposition", "").startswith("attachment")
        and response.status_code == _DONE
    ):
        accounts_by_requester().note(EventKind.EXPORTED, reason=_asked(), after=_WHAT[found.sight.level])
    return response


def _asked() -> str:
    return f"{request.method} {request.full_path.rstrip('?')}"[:_LONGEST_ADDRESS]
