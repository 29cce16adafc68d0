"""People: who may do what, what a name and a password must be, and when an account is locked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from geoapp.errors import UsageError


class Role(StrEnum):
    """What somebody is to the installation."""

    VIEWER = "viewer"
    REPORTER = "reporter"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.VIEWER: "查看人员", Role.REPORTER: "镇街填报员", Role.EDITOR: "编辑人员", Role.REVIEWER: "审核人员",
    Role.ADMINISTRATOR: "管理员",
}  # fmt: skip


class Permission(StrEnum):
    """One kind of thing that may be done."""

    READ = "read"
    PROPOSE = "propose"
    EDIT = "edit"
    REVIEW = "review"
    AUDIT = "audit"
    RULE_BOOK = "rule_book"
    USERS = "users"


PERMISSION_LABELS = {
    Permission.READ: "查看", Permission.PROPOSE: "报送", Permission.EDIT: "修改台账、导入", Permission.REVIEW: "审核",
    Permission.AUDIT: "查看审计", Permission.RULE_BOOK: "修改规则库的数值", Permission.USERS: "管理用户",
}  # fmt: skip
_READ = frozenset({Permission.READ})
_PROPOSE = _READ | {Permission.PROPOSE}
_EDIT = _PROPOSE | {Permission.EDIT}
_REVIEW = _EDIT | {Permission.REVIEW, Permission.AUDIT}
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _READ,
    Role.REPORTER: _PROPOSE,
    Role.EDITOR: _EDIT,
    Role.REVIEWER: _REVIEW,
    Role.ADMINISTRATOR: _REVIEW | {Permission.RULE_BOOK, Permission.USERS},
}
"""The only table of who may do what."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)
_LONGEST_DISPLAY_NAME = 40
LONGEST_PASSWORD = 200
"""More is not hashed: a megabyte sent as a password would keep the machine busy."""
_FEWEST_DIFFERENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account, without its password."""

    name: str
    """For signing in: small letters, digits, dot, dash, underscore."""
    display_name: str
    role: Role
    town_code: str = ""
    """Of town reporters, empty for all others."""
    is_active: bool = True
    must_change_password: bool = False
    failed_attempts: int = 0
    locked_until: datetime | None = None
    """UTC."""
    session_epoch: int = 0
    """Sessions that began under another one have ended: the password changed, or the account was closed."""

    @property
    def author(self) -> str:
        """Return how revisions name the person: 张三（zhangsan）."""
        return f"{self.display_name}（{self.name}）"

    def may(self, permission: Permission) -> bool:
        """Return whether the role permits something."""
        return permission in PERMISSIONS[self.role]

    def is_locked(self, moment: datetime) -> bool:
        """Return whether too many wrong passwords keep the account closed at a moment."""
        return self.locked_until is not None and moment < self.locked_until


def read_role(text: str) -> Role:
    """Return the role of that name.

    Raises
    ------
    UsageError
        There is none; names those there are.

    Examples
    --------
    >>> read_role("editor")
    <Role.EDITOR: 'editor'>
    """
    try:
        return Role(text)
    except ValueError:
        words = "、".join(f"{role}（{label}）" for role, label in ROLE_LABELS.items())
        raise UsageError(f"没有角色“{text[:40]}”；可用：{words}。") from None


def read_user(name: str, display_name: str, role: Role, town_code: str = "") -> User:
    """Return a new account as somebody asks for it.

    Raises
    ------
    UsageError
        The name cannot be one; or a reporter has no town, or another role has one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"登录名“{name[:40]}”不能用：应为 2 到 32 个小写字母、数字、点、横线、下划线，以字母开头。"
        )
    display_name = display_name.strip()
    if not display_name or len(display_name) > _LONGEST_DISPLAY_NAME or not display_name.isprintable():
        raise UsageError(f"姓名应为 1 到 {_LONGEST_DISPLAY_NAME} 个字。")
    if (role is Role.REPORTER) != bool(town_code):
        raise UsageError(
            "镇街填报员要写明镇街代码。"
            if role is Role.REPORTER
            else "只有镇街填报员才写镇街代码，别的角色不写。"
        )
    return User(name=name, display_name=display_name, role=role, town_code=town_code)


def refuse_weak_password(password: str, name: str, shortest: int) -> None:
    """Refuse a password that is too short, too long, too plain or the person's own name.

    Parameters
    ----------
    password, name : str
    shortest : int
        Fewest characters.

    Raises
    ------
    UsageError
        Says what it must be.
    """
    if len(password) < shortest:
        raise UsageError(f"密码太短：至少 {shortest} 个字符。")
    if len(password) > LONGEST_PASSWORD:
        raise UsageError(f"密码太长：最多 {LONGEST_PASSWORD} 个字符。")
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise UsageError(f"密码太简单：至少要有 {_FEWEST_DIFFERENT} 个不同的字符。")
    if name in password.lower():
        raise UsageError("密码里不能有登录名。")
