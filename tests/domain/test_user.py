from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from geoapp.domain.user import PERMISSIONS, Permission, Role, read_role, read_user, refuse_weak_password
from geoapp.errors import UsageError


def test_each_role_may_what_the_one_before_may_and_only_administrators_everything() -> None:
    rights = [PERMISSIONS[role] for role in Role]
    assert all(before <= after for before, after in pairwise(rights))
    assert [role for role in Role if PERMISSIONS[role] == set(Permission)] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize(
    ("permission", "least"),
    [
        (Permission.READ, Role.VIEWER),
        (Permission.EDIT, Role.EDITOR),
        (Permission.REVIEW, Role.REVIEWER),
        (Permission.RULE_BOOK, Role.ADMINISTRATOR),
        (Permission.USERS, Role.ADMINISTRATOR),
    ],
)
def test_permission_begins_with_a_role(permission: Permission, least: Role) -> None:
    assert next(role for role in Role if permission in PERMISSIONS[role]) is least


def test_user_names_the_author_of_revisions() -> None:
    user = read_user("zhang.san", " 张三 ", Role.EDITOR)
    assert user.author == "张三（zhang.san）"
    assert user.may(Permission.EDIT)
    assert not user.may(Permission.REVIEW)


@pytest.mark.parametrize("name", ["", "a", "Zhang", "1abc", "a b", "张三", "a" * 33, "ab\n"])
def test_name_that_cannot_be_one_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="登录名"):
        read_user(name, "张三", Role.VIEWER)


@pytest.mark.parametrize("display_name", [" ", "张" * 41, "张\u202e三"])
def test_display_name_must_be_words(display_name: str) -> None:
    with pytest.raises(UsageError, match="姓名应为 1 到 40 个字"):
        read_user("zhang", display_name, Role.VIEWER)


def test_reporters_and_only_reporters_have_a_town() -> None:
    assert read_user("ci", "慈城", Role.REPORTER, "330205103").town_code == "330205103"
    with pytest.raises(UsageError, match="要写明镇街代码"):
        read_user("ci", "慈城", Role.REPORTER)
    with pytest.raises(UsageError, match="只有镇街填报员"):
        read_user("ci", "慈城", Role.EDITOR, "330205103")


def test_unknown_role_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"没有角色“boss”.*administrator（管理员）"):
        read_role("boss")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("abcdefghi", "至少 10 个字符"),
        ("abcde" * 41, "最多 200 个字符"),
        ("abababababab", "至少要有 5 个不同的字符"),
        ("my-ZHANG-2026", "不能有登录名"),
    ],
)
def test_weak_password_is_refused(password: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        refuse_weak_password(password, "zhang", 10)


def test_password_of_the_shortest_length_will_do() -> None:
    refuse_weak_password("abcde12345", "zhang", 10)


def test_lock_ends_at_its_moment() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    user = read_user("zhang", "张三", Role.VIEWER)
    assert not user.is_locked(now)
    locked = type(user)(name="zhang", display_name="张三", role=Role.VIEWER, locked_until=now)
    assert locked.is_locked(now - timedelta(seconds=1))
    assert not locked.is_locked(now)
