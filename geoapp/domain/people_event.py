"""What happens around people: signing in, refusals, changes of accounts, files taken away. Never a password."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from geoapp.domain.user import ROLE_LABELS, User

LONGEST_REASON = 1_000
"""Of an address or a command line that is kept; the rest is left out."""


class EventKind(StrEnum):
    """What happened."""

    BEGUN = "begun"
    KNOWN = "known"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED = "locked"
    SIGNED_OUT = "signed_out"
    REFUSED = "refused"
    EXPORTED = "exported"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_CLOSED = "user_closed"
    USER_OPENED = "user_opened"
    PASSWORD_RESET = "password_reset"  # noqa: S105 a kind of event
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 likewise


EVENT_LABELS = {
    EventKind.BEGUN: "开始记录", EventKind.KNOWN: "开始时已有的用户", EventKind.SIGNED_IN: "登录",
    EventKind.SIGN_IN_FAILED: "登录失败", EventKind.LOCKED: "锁定", EventKind.SIGNED_OUT: "退出登录",
    EventKind.REFUSED: "被拒绝", EventKind.EXPORTED: "导出", EventKind.USER_ADDED: "添加用户",
    EventKind.USER_CHANGED: "改角色或镇街", EventKind.USER_CLOSED: "停用用户", EventKind.USER_OPENED: "启用或解锁用户",
    EventKind.PASSWORD_RESET: "管理员重置密码", EventKind.PASSWORD_CHANGED: "本人改密码",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where."""

    name: str = ""
    """张三（zhangsan）; empty where nobody is signed in."""
    address: str = ""
    """Of the machine, or where else it was done."""


NOBODY = Actor()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleEvent:
    """One thing that happened; all of it is in the chain."""

    kind: EventKind
    actor: str = ""
    subject: str = ""
    """The account's name that it is about; empty where it is about none."""
    before: str = ""
    after: str = ""
    reason: str = ""
    address: str = ""
    anchor: str = ""
    """The newest revision of the registers then and the start of its link, 37:c3ab...; empty where not known."""
    state: str = ""
    """Of the account afterwards, see `account_state`; empty where it did not change."""
    number: int = 0
    """0 before it is stored."""
    made_at: datetime | None = None
    """UTC; None before it is stored."""

    def by(self, actor: Actor) -> "PeopleEvent":
        """Return the event as somebody's."""
        return replace(self, actor=self.actor or actor.name, address=self.address or actor.address)

    @property
    def kind_zh(self) -> str:
        """Return what happened, in words."""
        return EVENT_LABELS[self.kind]


def account_state(user: User, password_mark: str) -> dict[str, Any]:
    """Return what of an account only an event may change: whatever else it is has been put there another way.

    Parameters
    ----------
    user : User
    password_mark : str
        Digest of the password's hash: shows that it was exchanged, and helps nobody to guess it.
    """
    return {
        "display_name": user.display_name, "role": str(user.role), "town_code": user.town_code,
        "is_active": user.is_active, "password": password_mark,
    }  # fmt: skip


def role_words(user: User) -> str:
    """Return a person's role, with the town of a reporter: 镇街填报员（330205103）."""
    return ROLE_LABELS[user.role] + (f"（{user.town_code}）" if user.town_code else "")
