"""One place that lets a request through or not: signed in, with a password of one's own, and permitted."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from geoapp.domain.user import PERMISSION_LABELS, PERMISSIONS, ROLE_LABELS, Permission, Role
from geoapp.errors import RefusedError, SignInError
from geoapp.web.people import Person, person, touch_session

View = TypeVar("View", bound=Callable[..., Any])

OPEN = "open"
"""Whoever asks."""
OWN_ACCOUNT = "own_account"
"""Whoever is signed in, even with a password that has to be changed first."""
_DECLARED = "geoapp_needs"
_FILES = ("static", "assets.static")
_READING = ("GET", "HEAD", "OPTIONS")
_NOT_REPEATED = ("csrf_token",)
_LONGEST_SHOWN = 5000


def needs(permission: str) -> Callable[[View], View]:
    """Declare what a view needs; one that only reads needs no declaration, one that takes POST must have one."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, permission)
        return view

    return declare


def declared(app: Flask, endpoint: str) -> str | None:
    """Return what an endpoint was declared to need; None where nothing was."""
    found: str | None = getattr(app.view_functions[endpoint], _DECLARED, None)
    return found


def needed(app: Flask, endpoint: str | None, method: str) -> str:
    """Return what a request needs. An address there is not needs signing in; a write nobody declared, the most."""
    if endpoint in _FILES:
        return OPEN
    if endpoint is None or endpoint not in app.view_functions:
        return Permission.READ
    return declared(app, endpoint) or (Permission.READ if method in _READING else Permission.USERS)


def init_app(app: Flask) -> None:
    """Look at every request before its view does."""

    @app.before_request
    def guard() -> Response | tuple[str, int] | None:
        return _guard(needed(current_app, request.endpoint, request.method))


def _guard(need: str) -> Response | tuple[str, int] | None:
    found = person()
    if need == OPEN:
        return None
    if found is None:
        return _to_sign_in()
    touch_session()
    if need == OWN_ACCOUNT:
        return None
    if found.must_change_password:
        return _to_password()
    refuse_unless_permitted(found, Permission(need))
    return None


def refuse_unless_permitted(found: Person, permission: Permission) -> None:
    """Raise RefusedError, with who may, unless a person may do something."""
    if found.may(permission):
        return
    able = "、".join(ROLE_LABELS[role] for role in Role if permission in PERMISSIONS[role])
    raise RefusedError(
        f"您的角色是{ROLE_LABELS[found.user.role]}，不能{PERMISSION_LABELS[permission]}；{able}才可以。什么都没有改。"
    )


def _to_sign_in() -> Response | tuple[str, int]:
    if current_app.extensions["geoapp_people"].is_open:
        raise RefusedError(
            "免登录只对本机开放：请在服务所在的机器上用 http://127.0.0.1 打开，或让管理员改为登录使用。"
        )
    if request.method in ("GET", "HEAD") and wants_page():
        place = request.full_path.rstrip("?")
        return redirect(
            url_for("account.sign_in") + ("" if place == "/" else f"?{urlencode({'next': place})}")
        )
    if request.method == "POST" and request.form and wants_page():
        return _kept_form(), 401
    raise SignInError("没有登录，或登录已过期，请求没有执行。请在另一个窗口登录，再回到这里重试。")


def _kept_form() -> str:
    """Return the page that says the session has ended, with all that was typed, to be sent again."""
    typed = [
        (name, value[:_LONGEST_SHOWN])
        for name, values in request.form.lists()
        for value in values
        if name not in _NOT_REPEATED and "password" not in name
    ]
    return render_template("pages/session_ended.html", typed=typed, address=request.full_path.rstrip("?"))


def _to_password() -> Response:
    if request.method in ("GET", "HEAD") and wants_page():
        return redirect(url_for("account.password"))
    raise RefusedError("请先修改密码，再做别的。请求没有执行。")


def wants_page() -> bool:
    """Return whether a page is asked for, not data or a file that a script reads."""
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return False
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best != "application/json" and not request.path.endswith((".json", ".geojson", ".csv"))
