"""Accounts: adding people, their passwords, signing in with lock-out, and what the command line does to them."""

import getpass
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geoapp.domain.people_event import NOBODY, Actor, EventKind, PeopleEvent, role_words
from geoapp.domain.user import (
    LONGEST_PASSWORD,
    ROLE_LABELS,
    Role,
    User,
    read_user,
    refuse_weak_password,
)
from geoapp.errors import SignInError, UsageError
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.settings import Settings
from geoapp.store.users import Account, UserStore, open_users

ONE_TIME_BYTES = 12
"""Of a generated password: 96 bits, 16 characters."""
HASHER = PasswordHasher()
"""argon2id with the parameters that RFC 9106 recommends for little memory."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The people of one installation, and the settings that hold for them."""

    settings: Settings
    store: UserStore = field(repr=False)
    actor: Actor = NOBODY
    """Who does what is done through it, for the record."""

    def by(self, actor: Actor) -> "Accounts":
        """Return the same accounts in somebody's hands."""
        return replace(self, actor=actor)

    def users(self) -> list[User]:
        """Return everybody, by name."""
        return [account.user for account in self.store.accounts().values()]

    def last_sign_ins(self) -> dict[str, str]:
        """Return when each person signed in last, by the machine's clock to the minute."""
        moments = self.store.last_sign_ins()
        return {name: moment.astimezone().strftime("%Y-%m-%d %H:%M") for name, moment in moments.items()}

    def add(self, user: User, password: str | None) -> str | None:
        """Add somebody with a password, or with a generated one that is returned, once, to be told to the person.

        Raises
        ------
        UsageError
            The password is too weak.
        ConflictError
            The name is taken.
        """
        given = self._checked(user.name, password)
        event = self._event(EventKind.USER_ADDED, after=f"{user.author}，{role_words(user)}")
        self.store.add(user, HASHER.hash(given), event)
        return given if password is None else None

    def reset(self, name: str, password: str | None) -> str | None:
        """Give somebody another password, likewise; it must be changed when it is first used."""
        given = self._checked(self.store.account(name).user.name, password)
        self.store.change(
            name, self._event(EventKind.PASSWORD_RESET), ends_sessions=True, password_hash=HASHER.hash(given),
            must_change_password=True, failed_attempts=0, locked_until=None,
        )  # fmt: skip
        return given if password is None else None

    def _event(self, kind: EventKind, **values: Any) -> PeopleEvent:
        return PeopleEvent(kind=kind, **values).by(self.actor)

    def note(self, kind: EventKind, **values: Any) -> None:
        """Store something that happened and changed no account; see `PeopleEvent`."""
        self.store.note(self._event(kind, **values))

    def _checked(self, name: str, password: str | None) -> str:
        """Return a password that may be used, a generated one for None."""
        if password is None:
            return one_time_password()
        refuse_weak_password(password, name, self.settings.password_length)
        return password

    def set_active(self, name: str, *, is_active: bool) -> User:
        """Close an account, or open it again, unlocked; closing it ends its sessions."""
        before = account_record(self.store.account(name).user)["state_zh"]
        self._refuse_without_administrator(name, stays=is_active)
        kind = EventKind.USER_OPENED if is_active else EventKind.USER_CLOSED
        event = self._event(kind, before=before, after="可登录" if is_active else "已停用")
        return self.store.change(
            name,
            event,
            ends_sessions=not is_active,
            is_active=is_active,
            failed_attempts=0,
            locked_until=None,
        )

    def set_role(self, name: str, role: Role, town_code: str = "") -> User:
        """Give somebody another role; raises UsageError where a reporter has no town or another role has one."""
        known = self.store.account(name).user
        self._refuse_without_administrator(name, stays=role is Role.ADMINISTRATOR)
        wanted = read_user(known.name, known.display_name, role, town_code)
        event = self._event(EventKind.USER_CHANGED, before=role_words(known), after=role_words(wanted))
        return self.store.change(name, event, ends_sessions=True, role=str(role), town_code=town_code)

    def _refuse_without_administrator(self, name: str, *, stays: bool) -> None:
        """Refuse to take the last administrator away: nobody could undo that but on the command line."""
        is_one = self.store.account(name).user.role is Role.ADMINISTRATOR
        others = [
            user
            for user in self.users()
            if user.role is Role.ADMINISTRATOR and user.is_active and user.name != name
        ]
        if is_one and not stays and not others:
            raise UsageError(f"“{name}”是唯一的管理员。请先加另一位管理员。")

    def sign_in(self, name: str, password: str) -> User:
        """Return whose name and password these are.

        Raises
        ------
        SignInError
            Nobody's, or the account is closed or locked. The words are the same for all, as is the time taken: whoever
            tries names must not learn which there are.
        """
        now = datetime.now(UTC)
        account = self.store.accounts().get(name)
        is_right = _is_right(account.password_hash if account else _nobodys_hash(), password)
        if account is None or not account.user.is_active or account.user.is_locked(now):
            self._note_refused(account, now)
            raise self._refusal()
        if not is_right:
            self._count_failure(name, now, "密码不正确")
            raise self._refusal()
        event = PeopleEvent(kind=EventKind.SIGNED_IN, actor=account.user.author, subject=name).by(self.actor)
        if account.user.failed_attempts or account.user.locked_until:
            self.store.change(name, failed_attempts=0, locked_until=None)
        self.store.note(event)
        return self.store.account(name).user

    def _note_refused(self, account: Account | None, now: datetime) -> None:
        """Store that a closed account was tried, or a name there is not; that is not kept: it may be a password."""
        if account is None:
            self.note(EventKind.SIGN_IN_FAILED, reason="没有这个登录名")
        else:
            reason = "账号已锁定" if account.user.is_active and account.user.is_locked(now) else "账号已停用"
            self.note(EventKind.SIGN_IN_FAILED, subject=account.user.name, reason=reason)

    def _count_failure(self, name: str, now: datetime, reason: str) -> None:
        until = now + timedelta(minutes=self.settings.lock_minutes)
        event = self._event(EventKind.SIGN_IN_FAILED, subject=name, reason=reason)
        self.store.count_failure(event, self.settings.sign_in_attempts, until)

    def _refusal(self) -> SignInError:
        return SignInError(
            "登录名或密码不正确，或账号已停用、已锁定。"
            f"连续输错 {self.settings.sign_in_attempts} 次锁定 {self.settings.lock_minutes} 分钟；"
            "忘记密码请找管理员重置。"
        )

    def change_password(self, name: str, old: str, new: str, again: str) -> User:
        """Change one's own password; every session of the account ends.

        Raises
        ------
        UsageError
            The old one is wrong, the two new ones differ, or the new one is weak or the old one again.
        """
        account, now = self.store.account(name), datetime.now(UTC)
        if account.user.is_locked(now):
            raise UsageError(f"账号因多次输错密码已锁定，{self.settings.lock_minutes} 分钟后再试。")
        if not _is_right(account.password_hash, old):
            self._count_failure(name, now, "改密码时原密码不正确")
            raise UsageError("原密码不正确，密码没有改。")
        if new != again:
            raise UsageError("两次输入的新密码不一样，密码没有改。")
        if new == old:
            raise UsageError("新密码不能与原密码相同。")
        refuse_weak_password(new, name, self.settings.password_length)
        return self.store.change(
            name, self._event(EventKind.PASSWORD_CHANGED), ends_sessions=True, password_hash=HASHER.hash(new),
            must_change_password=False, failed_attempts=0, locked_until=None,
        )  # fmt: skip


def open_accounts(settings: Settings) -> Accounts:
    """Open the accounts of an installation, in the hands of the command line; raises SetupError like `open_users`."""
    return Accounts(settings, open_users(settings.people_path), Actor(_machine_user(), "命令行"))


def _machine_user() -> str:
    try:
        return f"本机用户 {getpass.getuser()}"
    except (KeyError, OSError):  # a container without a list of users
        return "本机用户"


def refuse_unknown_town(settings: Settings, town_code: str) -> None:
    """Refuse a town that is not in the register of towns, where that has any; raises UsageError with those it has."""
    if not town_code:
        return
    workspace = open_workspace(settings)
    with workspace.store:
        refuse_town_not_in(towns_of(workspace), town_code)


def towns_of(workspace: Workspace) -> dict[str, str]:
    """Return the names of the towns in the register, by code."""
    towns = workspace.store.read("towns")
    return dict(zip(towns["town_code"], towns["name"].fillna(towns["town_code"]), strict=True))


def refuse_town_not_in(towns: Mapping[str, str], town_code: str) -> None:
    """Refuse a town that is not among those there are, if any; raises UsageError with them."""
    if town_code and towns and town_code not in towns:
        words = "、".join(f"{code}（{name}）" for code, name in towns.items())
        raise UsageError(f"没有镇街代码“{town_code[:20]}”；可用：{words}。")


def account_record(user: User) -> dict[str, Any]:
    """Return an account as data, with its state in words."""
    now = datetime.now(UTC)
    state = "已停用" if not user.is_active else "已锁定" if user.is_locked(now) else "可登录"
    if state == "可登录" and user.must_change_password:
        state = "可登录（须先改密码）"
    return {
        "name": user.name, "display_name": user.display_name, "role": str(user.role),
        "role_zh": ROLE_LABELS[user.role], "town_code": user.town_code, "is_active": user.is_active,
        "is_locked": user.is_locked(now), "state_zh": state,
    }  # fmt: skip


def one_time_password() -> str:
    """Return a password that nobody can guess, to be used once."""
    return secrets.token_urlsafe(ONE_TIME_BYTES)


def add_one_time_users(accounts: Accounts, town_code: str) -> list[tuple[User, str]]:
    """Make a user of each role, named after it, for an exercise; those of an earlier one are made anew.

    Returns
    -------
    list of (User, str)
        With the password, which is kept nowhere.
    """
    made = []
    for role in Role:
        town = town_code if role is Role.REPORTER else ""
        user = read_user(role.value, f"演示{ROLE_WORDS[role]}", role, town)
        password = one_time_password()
        if role.value in accounts.store.accounts():
            accounts.set_active(role.value, is_active=True)
            accounts.set_role(role.value, role, town)
            accounts.reset(role.value, password)
        else:
            accounts.add(user, password)
        # An exercise begins at once: who reads the password on the terminal is the one who uses it.
        accounts.store.change(role.value, must_change_password=False)
        made.append((replace(user, is_active=True), password))
    return made


ROLE_WORDS = {
    Role.VIEWER: "查看员", Role.REPORTER: "填报员", Role.EDITOR: "编辑员", Role.REVIEWER: "审核员",
    Role.ADMINISTRATOR: "管理员",
}  # fmt: skip


def _is_right(password_hash: str, password: str) -> bool:
    try:
        return len(password) <= LONGEST_PASSWORD and HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(one_time_password())
