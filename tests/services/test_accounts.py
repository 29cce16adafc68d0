from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from geoapp.domain.user import Role, read_user
from geoapp.errors import ConflictError, NotFoundError, SignInError, UsageError
from geoapp.services import accounts as accounts_module
from geoapp.services.accounts import (
    Accounts,
    account_record,
    add_one_time_users,
    open_accounts,
    refuse_unknown_town,
)
from geoapp.services.workspace import Workspace
from geoapp.settings import Settings

GIVEN = "long-enough-1"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    found = open_accounts(Settings(data_dir=tmp_path, sign_in_attempts=2))
    found.add(read_user("zhang", "张三", Role.ADMINISTRATOR), GIVEN)
    return found


def test_password_is_hashed_with_argon2id(
    tmp_path: Path, shipped_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts_module, "HASHER", shipped_hasher)
    found = open_accounts(Settings(data_dir=tmp_path))
    found.add(read_user("zhang", "张三", Role.ADMINISTRATOR), GIVEN)
    # RFC 9106, second recommended option: 64 MiB, 3 passes, 4 lanes, 16 bytes of salt, 32 of hash.
    kept = found.store.account("zhang").password_hash
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert found.sign_in("zhang", GIVEN).name == "zhang"


def test_generated_password_is_told_once_and_works(accounts: Accounts) -> None:
    given = accounts.add(read_user("li", "李四", Role.VIEWER), None)
    assert len(given) == 16  # 12 bytes in base 64
    assert accounts.sign_in("li", given).name == "li"


def test_taken_name_is_refused(accounts: Accounts) -> None:
    with pytest.raises(ConflictError, match="已经有人用了"):
        accounts.add(read_user("zhang", "张三丰", Role.VIEWER), GIVEN)


def test_wrong_passwords_in_a_row_lock_the_account_for_a_while(accounts: Accounts) -> None:
    for _ in range(2):
        with pytest.raises(SignInError):
            accounts.sign_in("zhang", "wrong")
    with pytest.raises(SignInError, match="连续输错 2 次锁定 15 分钟"):
        accounts.sign_in("zhang", GIVEN)
    assert account_record(accounts.users()[0])["state_zh"] == "已锁定"
    with pytest.raises(UsageError, match="已锁定"):
        accounts.change_password("zhang", GIVEN, "another-one-2", "another-one-2")
    accounts.store.change("zhang", locked_until=datetime.now(UTC) - timedelta(seconds=1))
    assert accounts.sign_in("zhang", GIVEN).locked_until is None


def test_right_password_forgets_the_wrong_ones(accounts: Accounts) -> None:
    for password in ("wrong", GIVEN, "wrong"):
        try:
            accounts.sign_in("zhang", password)
        except SignInError:
            continue
    assert accounts.store.account("zhang").user.failed_attempts == 1
    assert accounts.sign_in("zhang", GIVEN).failed_attempts == 0


def test_very_long_password_is_wrong_without_being_hashed(accounts: Accounts) -> None:
    with pytest.raises(SignInError):
        accounts.sign_in("zhang", "x" * 1_000_000)


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("wrong", "another-one-2", "another-one-2", "原密码不正确"),
        (GIVEN, "another-one-2", "another-one-3", "不一样"),
        (GIVEN, GIVEN, GIVEN, "不能与原密码相同"),
        (GIVEN, "short", "short", "密码太短"),
    ],
)
def test_password_is_not_changed_where_something_is_wrong(
    accounts: Accounts, old: str, new: str, again: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        accounts.change_password("zhang", old, new, again)
    accounts.sign_in("zhang", GIVEN)


def test_changed_reset_and_closed_accounts_begin_a_new_epoch(accounts: Accounts) -> None:
    accounts.add(read_user("li", "李四", Role.VIEWER), GIVEN)
    assert accounts.change_password("li", GIVEN, "another-one-2", "another-one-2").session_epoch == 1
    accounts.reset("li", GIVEN)
    user = accounts.store.account("li").user
    assert (user.session_epoch, user.must_change_password) == (2, True)
    assert accounts.set_active("li", is_active=False).session_epoch == 3
    with pytest.raises(SignInError):
        accounts.sign_in("li", GIVEN)
    assert account_record(accounts.users()[0])["state_zh"] == "已停用"
    assert accounts.set_active("li", is_active=True).session_epoch == 3
    assert accounts.set_role("li", Role.REPORTER, "330205103").session_epoch == 4


def test_last_administrator_cannot_be_taken_away(accounts: Accounts) -> None:
    with pytest.raises(UsageError, match="唯一的管理员"):
        accounts.set_active("zhang", is_active=False)
    with pytest.raises(UsageError, match="唯一的管理员"):
        accounts.set_role("zhang", Role.VIEWER)
    accounts.add(read_user("li", "李四", Role.ADMINISTRATOR), GIVEN)
    assert accounts.set_role("zhang", Role.VIEWER).role is Role.VIEWER


def test_unknown_user_is_named(accounts: Accounts) -> None:
    with pytest.raises(NotFoundError, match="没有用户“wang”"):
        accounts.reset("wang", None)


def test_another_process_sees_a_change_at_once(accounts: Accounts) -> None:
    other = open_accounts(accounts.settings)
    assert other.users()[0].is_active
    accounts.add(read_user("li", "李四", Role.VIEWER), GIVEN)
    assert [user.name for user in other.users()] == ["li", "zhang"]


def test_one_time_users_are_one_of_each_role_with_new_passwords_each_time(accounts: Accounts) -> None:
    first = dict(add_one_time_users(accounts, "330205103"))
    second = add_one_time_users(accounts, "330205007")
    assert [user.role for user, _ in second] == list(Role)
    for user, password in second:
        assert password not in first.values()
        known = accounts.sign_in(user.name, password)
        assert (known.must_change_password, known.town_code) == (False, user.town_code)
    assert accounts.store.check_events().findings == []


def test_town_must_be_one_of_the_register(district: Workspace) -> None:
    refuse_unknown_town(district.settings, "")
    refuse_unknown_town(district.settings, "330205103")
    with pytest.raises(UsageError, match=r"没有镇街代码“1”；可用：330205103（慈城镇）"):
        refuse_unknown_town(district.settings, "1")
