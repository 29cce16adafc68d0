"""Signing in and out, and one's own password."""

import logging
import re
import time
from collections import deque
from threading import Lock

from flask import Blueprint, current_app, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from geoapp.domain.people_event import EventKind
from geoapp.errors import SignInError, TooManyError, UsageError
from geoapp.web.people import EXTENSION, People, accounts_by_requester, begin_session, end_session, person
from geoapp.web.permissions import OPEN, OWN_ACCOUNT, needs

blueprint = Blueprint("account", __name__, url_prefix="/account")
logger = logging.getLogger(__name__)

ATTEMPTS = "geoapp_sign_in_attempts"
_MINUTE_S = 60
_MOST_ADDRESSES = 10_000
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


class Attempts:
    """How often each address tried to sign in within the last minute. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: dict[str, deque[float]] = {}
        self._lock = Lock()

    def count(self, address: str, now: float) -> None:
        """Count one more; raises TooManyError past the most."""
        with self._lock:
            if len(self._times) > _MOST_ADDRESSES:
                self._times = {
                    known: times for known, times in self._times.items() if now - times[-1] < _MINUTE_S
                }
            times = self._times.setdefault(address, deque(maxlen=self._most + 1))
            times.append(now)
            if len(times) > self._most and now - times[0] < _MINUTE_S:
                raise TooManyError(f"一分钟内最多尝试登录 {self._most} 次。请一分钟后再试。")


def _people() -> People:
    return current_app.extensions[EXTENSION]  # type: ignore[no-any-return]


@blueprint.get("/sign-in")
@needs(OPEN)
def sign_in() -> Response | str:
    """Show the form; who is signed in already goes on."""
    if person() is not None:
        return redirect(own_path(request.args.get("next", "")))
    return _form("", "")


@blueprint.post("/sign-in")
@needs(OPEN)
def enter() -> Response | tuple[str, int]:
    """Sign somebody in."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    address = request.remote_addr or ""
    try:
        current_app.extensions[ATTEMPTS].count(address, time.monotonic())
        user = accounts_by_requester().sign_in(name, password)
    except SignInError as error:
        # A name that nobody has may be a password typed into the wrong line: it is not kept, here no more than there.
        known = name if name in _people().accounts.store.accounts() else "(unknown)"
        logger.warning("refused to sign in %s from %s", known, address)
        return _form(name, str(error)), 401
    begin_session(user)
    logger.info("%s signed in from %s", user.name, address)
    if user.must_change_password:
        return redirect("/account/password", 303)
    return redirect(own_path(request.args.get("next", "")), 303)


def _form(name: str, complaint: str) -> str:
    has_users = bool(_people().accounts.store.accounts())
    return render_template("pages/sign_in.html", name=name, complaint=complaint, has_users=has_users)


@blueprint.post("/sign-out")
@needs(OWN_ACCOUNT)
def sign_out() -> Response:
    """Sign out."""
    try:
        accounts_by_requester().note(EventKind.SIGNED_OUT)
    finally:  # who leaves is out, also where a full disk takes no note of it
        end_session()
    return redirect("/account/sign-in", 303)


@blueprint.get("/password")
@needs(OWN_ACCOUNT)
def password() -> str:
    """Show the form to change one's own password."""
    return _password_form("")


@blueprint.post("/password")
@needs(OWN_ACCOUNT)
def change_password() -> Response | tuple[str, int]:
    """Change one's own password: all other sessions end, this one goes on."""
    found = person()
    if found is None or found.is_open:
        raise UsageError("免登录使用时没有密码可改。")
    old, new, again = (request.form.get(name, "") for name in ("old_password", "new_password", "new_again"))
    try:
        user = accounts_by_requester().change_password(found.user.name, old, new, again)
    except UsageError as error:
        return _password_form(str(error)), 422
    begin_session(user)
    flash("密码已修改；其他地方的登录已全部失效。")
    return redirect("/", 303)


def _password_form(complaint: str) -> str:
    settings = _people().settings
    return render_template("pages/password.html", complaint=complaint, shortest=settings.password_length)


def own_path(text: str) -> str:
    r"""Return where to go after signing in: a path of ours, never another host's.

    Examples
    --------
    >>> [own_path(text) for text in ("/rules?at=2026-03-01", "//evil.example", "https://evil.example", "", "/\\evil")]
    ['/rules?at=2026-03-01', '/', '/', '/', '/']
    """
    return text if _OWN_PATH.fullmatch(text) else "/"
