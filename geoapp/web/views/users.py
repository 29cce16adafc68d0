"""Who may sign in: `/users`, for administrators; the same checks as `geoapp user`."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from geoapp.domain.user import ROLE_LABELS, Permission, Role, read_role, read_user
from geoapp.errors import ConflictError, UsageError
from geoapp.services.accounts import account_record, refuse_town_not_in, towns_of
from geoapp.services.workspace import Workspace
from geoapp.web.parameters import refuse_unknown
from geoapp.web.people import accounts_by_requester
from geoapp.web.permissions import needs

blueprint = Blueprint("users", __name__, url_prefix="/users")

_FIELDS = ("name", "display_name", "role", "town")


def _towns() -> dict[str, str]:
    workspace: Workspace = current_app.extensions["geoapp"]
    return towns_of(workspace)


@blueprint.get("")
@needs(Permission.USERS)
def page() -> Response:
    """List the users."""
    refuse_unknown(())
    return _page({})


@blueprint.post("")
@needs(Permission.USERS)
def add() -> Response:
    """Add a user; the one-time password is on this page and nowhere else."""
    typed = {name: request.form.get(name, "").strip() for name in _FIELDS}
    try:
        refuse_town_not_in(_towns(), typed["town"])
        user = read_user(
            typed["name"], typed["display_name"] or typed["name"], read_role(typed["role"]), typed["town"]
        )
        password = accounts_by_requester().add(replace(user, must_change_password=True), None)
    except (UsageError, ConflictError) as error:
        return _page(typed, complaint=str(error), status=422)
    return _page({}, told=(user.author, password))


@blueprint.post("/<name>/role")
@needs(Permission.USERS)
def change_role(name: str) -> AnyResponse:
    """Give somebody another role or town."""

    def change() -> str:
        role, town = read_role(request.form.get("role", "")), request.form.get("town", "").strip()
        refuse_town_not_in(_towns(), town)
        user = accounts_by_requester().set_role(name, role, town if role is Role.REPORTER else "")
        return f"{user.author}现在是{ROLE_LABELS[user.role]}；已登录的须重新登录。"

    return _done(change)


@blueprint.post("/<name>/close")
@needs(Permission.USERS)
def close(name: str) -> AnyResponse:
    """Close an account; whoever is signed in under it is out at once."""
    return _done(lambda: f"已停用{accounts_by_requester().set_active(name, is_active=False).author}。")


@blueprint.post("/<name>/open")
@needs(Permission.USERS)
def reopen(name: str) -> AnyResponse:
    """Open an account again, or unlock it."""
    return _done(lambda: f"{accounts_by_requester().set_active(name, is_active=True).author}可以登录了。")


@blueprint.post("/<name>/reset")
@needs(Permission.USERS)
def reset(name: str) -> Response:
    """Give somebody a one-time password; it is on this page and nowhere else."""
    accounts = accounts_by_requester()
    user = accounts.store.account(name).user
    return _page({}, told=(user.author, accounts.reset(name, None)))


def _done(change: Callable[[], str]) -> AnyResponse:
    """Do a change and say so on the list; what may not be is said there too."""
    try:
        flash(change())
    except UsageError as error:
        return _page({}, complaint=str(error), status=422)
    return redirect(url_for("users.page"), 303)


def _page(
    typed: Mapping[str, str],
    *,
    complaint: str = "",
    told: tuple[str, str | None] | None = None,
    status: int = 200,
) -> Response:
    accounts = accounts_by_requester()
    response = make_response(
        render_template(
            "pages/users.html",
            users=[account_record(user) for user in accounts.users()],
            last_sign_ins=accounts.last_sign_ins(),
            roles=ROLE_LABELS,
            towns=_towns(),
            typed={name: typed.get(name, "") for name in _FIELDS},
            complaint=complaint,
            told=told,
        ),
        status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
