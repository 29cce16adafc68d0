"""Who asks: one answer for Flask's views and for the tile server in front of them.

A session is Flask's signed cookie. It names the account, its epoch (another password, or closing the account, ends all
sessions) and when it began and was last used. What a cookie was found to mean is remembered, so that a tile, of which a
map asks tens at once, costs a look into a dictionary.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, has_request_context, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Request

from geoapp.domain.people_event import Actor
from geoapp.domain.sight import LEAST_SIGHT, Sight, sight_of
from geoapp.domain.user import ROLE_LABELS, Permission, User, read_role
from geoapp.services.accounts import Accounts
from geoapp.services.seen import seen_by
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

EXTENSION = "geoapp_people"
LONGEST_COOKIE_AGE_S = 31 * 24 * 3600
"""Older cookies are not even looked at; `session_hours` ends sessions much earlier."""
TOUCHED_EVERY_S = 60
"""How often a session's last use is written into its cookie."""
_REMEMBERED = 1000
_ASKED_EVERY_S = 0.05
_OPEN_NAME = "local"
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks; what Flask-Login calls a user."""

    user: User
    sight: Sight
    is_open: bool = False
    """Works without having signed in, see `Settings.open_as`."""

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account is open."""
        return self.user.is_active

    @property
    def must_change_password(self) -> bool:
        """Whether nothing else may be done before."""
        return self.user.must_change_password

    @property
    def author(self) -> str:
        """Return how revisions name the person; empty where nobody has signed in."""
        return "" if self.is_open else self.user.author

    @property
    def role_zh(self) -> str:
        """Return the role's name."""
        return ROLE_LABELS[self.user.role]

    def may(self, permission: str) -> bool:
        """Return whether the person's role permits something."""
        return self.user.may(Permission(permission))

    def get_id(self) -> str:
        """Return the account's name, for the session."""
        return self.user.name


class People:
    """Finds the person behind a session or a request. Safe to share between threads."""

    def __init__(self, app: Flask, settings: Settings, accounts: Accounts) -> None:
        self.settings = settings
        self.accounts = accounts
        self._app = app
        self._open = _open_person(settings)
        self._known: OrderedDict[str, tuple[int, float, Person]] = OrderedDict()
        self._version = (float("-inf"), -1)
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether this installation is open to this machine without signing in."""
        return self._open is not None

    def of_request(self, environ: "WSGIEnvironment") -> Person | None:
        """Return who sends a request; None where nobody is signed in."""
        if self._open is not None:
            return self._open if is_local(environ) else None
        header = environ.get("HTTP_COOKIE", "")
        known = self._known.get(header)
        if known is not None and known[0] == self._account_version() and time.time() < known[1]:
            return known[2]
        return self._read(header)

    def _account_version(self) -> int:
        """Return the accounts' version, a twentieth of a second old at most."""
        asked_at, version = self._version
        now = time.monotonic()
        if now - asked_at > _ASKED_EVERY_S:
            version = self.accounts.store.version()
            self._version = now, version
        return version

    def _read(self, header: str) -> Person | None:
        name = self._app.config["SESSION_COOKIE_NAME"]
        value = parse_cookie(header).get(name, "")
        serializer = self._app.session_interface.get_signing_serializer(self._app)  # type: ignore[attr-defined]
        try:
            kept = serializer.loads(value, max_age=LONGEST_COOKIE_AGE_S)
        except Exception:
            return None
        version = self.accounts.store.version()
        person = self.of_session(kept)
        if person is None:
            return None
        with self._lock:
            self._known[header] = version, self._ends_at(kept), person
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return person

    def of_session(self, kept: Mapping[str, Any]) -> Person | None:
        """Return the person whose session holds; None for no session, or one that has ended."""
        account = self.accounts.store.accounts().get(str(kept.get("_user_id", "")))
        if account is None or not account.user.is_active:
            return None
        if kept.get("epoch") != account.user.session_epoch or time.time() >= self._ends_at(kept):
            return None
        return Person(account.user, sight_of(account.user))

    def _ends_at(self, kept: Mapping[str, Any]) -> float:
        """Return when a session ends (seconds since 1970) unless it is used again."""
        began, used = float(kept.get("began", 0)), float(kept.get("used", 0))
        return min(began + self.settings.session_hours * 3600, used + self.settings.session_idle_minutes * 60)


def init_app(app: Flask, people: People) -> None:
    """Let Flask-Login ask *people*."""
    app.extensions[EXTENSION] = people
    manager = LoginManager(app)
    # Our cookie is signed and ends by itself; an office's proxy may change an address within a session.
    manager.session_protection = None

    def load(request: Request) -> Person | None:
        return people.of_request(request.environ) if people.is_open else None

    def load_signed_in(_name: str) -> Person | None:
        return None if people.is_open else people.of_session(session)

    manager.request_loader(load)
    manager.user_loader(load_signed_in)

    @app.context_processor
    def offer_person() -> dict[str, object]:
        found = person()
        return {"person": found, "may": lambda permission: found is not None and found.may(permission)}


def person() -> Person | None:
    """Return who sends the request being answered; None where nobody is signed in."""
    if "person" not in g:
        g.person = current_user._get_current_object() if current_user.is_authenticated else None
    found: Person | None = g.person
    return found


def accounts_by_requester() -> Accounts:
    """Return the accounts in the hands of whoever sends the request, for the record."""
    people: People = current_app.extensions[EXTENSION]
    found = person()
    name = "" if found is None else found.author or f"{found.user.display_name}（免登录）"
    return people.accounts.by(Actor(name, request.remote_addr or ""))


def seen_workspace(workspace: Workspace) -> Workspace:
    """Return the installation as the person who asks may see it; whole where no request is being answered."""
    if not has_request_context():
        return workspace
    found = person()
    return seen_by(workspace, LEAST_SIGHT if found is None else found.sight)


def begin_session(user: User) -> None:
    """Sign somebody in: a new session, of which nothing known before is kept."""
    is_same = session.get("_user_id") == user.name
    token = session.get("csrf_token")
    session.clear()
    if is_same and token:  # one's own form, still open in another window since before the session ended
        session["csrf_token"] = token
    now = int(time.time())
    session["epoch"], session["began"], session["used"] = user.session_epoch, now, now
    g.pop("person", None)
    login_user(Person(user, sight_of(user)))


def end_session() -> None:
    """Sign out."""
    logout_user()
    session.clear()
    g.pop("person", None)


def touch_session() -> None:
    """Note that the session is used, at most once a minute."""
    now = int(time.time())
    if "used" in session and now - session["used"] >= TOUCHED_EVERY_S:
        session["used"] = now


def written_by(typed: str) -> str:
    """Return who a form is from: whoever is signed in; what was typed only where nobody has to sign in."""
    found = person() if has_request_context() else None
    return found.author if found and found.author else typed


def _open_person(settings: Settings) -> Person | None:
    if not settings.open_as:
        return None
    user = User(name=_OPEN_NAME, display_name="本机", role=read_role(settings.open_as))
    return Person(user, sight_of(user), is_open=True)


def is_local(environ: "WSGIEnvironment") -> bool:
    """Return whether a request comes from this machine, to this machine's own name, and not through a proxy.

    The name is looked at since a page of another host could have its own name lead here (DNS rebinding).
    """
    if any(environ.get(name) for name in _FORWARDED):
        return False
    return _is_own_address(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_HOST", ""))


@lru_cache(maxsize=16)
def _is_own_address(address: str, host: str) -> bool:
    return is_loopback(address) and is_loopback(urlsplit("//" + host).hostname or "")


def is_loopback(host: str) -> bool:
    """Return whether an address or name is this machine's own.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.1.2.3", "example.org", "")]
    [True, True, True, False, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
