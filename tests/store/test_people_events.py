"""The events around people: chained, refused to be rewritten, and compared with the accounts."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from geoapp.domain.chain import ChainReport
from geoapp.domain.people_event import Actor, EventKind, PeopleEvent
from geoapp.domain.user import Role, read_user
from geoapp.errors import UsageError
from geoapp.services.accounts import Accounts, open_accounts
from geoapp.services.chains import check_chains
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.store.users import open_users
from tests.small_district import fill
from tests.store.test_chain import texts, unguarded

GIVEN = "long-enough-1"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    found = open_accounts(Settings(data_dir=tmp_path)).by(Actor("某人（boss）", "10.1.1.1"))
    found.add(read_user("boss", "某人", Role.ADMINISTRATOR), GIVEN)
    found.add(read_user("li", "李四", Role.EDITOR), GIVEN)
    found.set_role("li", Role.VIEWER)
    return found


@pytest.fixture
def tamper(accounts: Accounts) -> Callable[..., ChainReport]:
    def change(*statements: str) -> ChainReport:
        path = accounts.settings.people_path
        accounts.store.close()
        unguarded(path, *statements)
        with closing(open_users(path)) as store:
            return store.check_events()

    return change


def test_events_are_in_order_with_who_and_where(accounts: Accounts) -> None:
    events = accounts.store.events()
    assert [(event.number, event.kind, event.subject) for event in events] == [
        (4, EventKind.USER_CHANGED, "li"), (3, EventKind.USER_ADDED, "li"), (2, EventKind.USER_ADDED, "boss"),
        (1, EventKind.BEGUN, ""),
    ]  # fmt: skip
    assert (events[0].actor, events[0].address) == ("某人（boss）", "10.1.1.1")
    assert (events[0].before, events[0].after) == ("编辑人员", "查看人员")


def test_untouched_chain_is_whole(tamper: Callable[..., ChainReport]) -> None:
    report = tamper()
    assert (report.findings, report.link_count) == ([], 4)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE people_events SET actor = '别人' WHERE number = 3", "第 3 件人员事件：内容在写入之后被改过"),
        ("DELETE FROM people_events WHERE number = 3", "第 3 件人员事件：链中断"),
        ("DELETE FROM people_events WHERE number IN (2, 3)", "第 2 到 3 件人员事件：链中断"),
        ("DELETE FROM people_events WHERE number = 4", "末尾少了：曾写到 4，现在只到 3"),
        ("DELETE FROM people_events", "一件也没有：记录被整个删除"),
        ("UPDATE users SET role = 'administrator' WHERE name = 'li'", "用户 li：姓名、角色、镇街、是否停用或密码与"),
        ("UPDATE users SET password_hash = 'x' WHERE name = 'boss'", "用户 boss：姓名、角色"),
        ("DELETE FROM users WHERE name = 'li'", "用户 li：用户被直接从数据库删除"),
        (
            "INSERT INTO users SELECT 'x', display_name, role, town_code, password_hash, 1, 0, 0, NULL, 0 FROM users "
            "WHERE name = 'boss'",
            "用户 x：没有添加的记录",
        ),
    ],
)  # fmt: skip
def test_tampering_is_told(tamper: Callable[..., ChainReport], statement: str, words: str) -> None:
    assert words in texts(tamper(statement))


def test_event_put_in_with_a_digest_of_its_own_does_not_fit(accounts: Accounts) -> None:
    path = accounts.settings.people_path
    accounts.store.close()
    unguarded(path, "UPDATE people_events SET digest = 'x', previous = 'y' WHERE number = 4")
    with closing(open_users(path)) as store:
        store.note(PeopleEvent(kind=EventKind.SIGNED_OUT))
        assert "第 4 件人员事件" in texts(store.check_events())


def test_rewriting_by_accident_is_refused(accounts: Accounts) -> None:
    with closing(sqlite3.connect(accounts.settings.people_path)) as connection:
        for statement in (
            "UPDATE people_events SET actor = ''",
            "DELETE FROM people_events",
            "INSERT OR REPLACE INTO people_events SELECT * FROM people_events",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="历史记录只能增加"):
                connection.execute(statement)


def test_accounts_older_than_the_record_are_told_at_its_start(accounts: Accounts) -> None:
    path = accounts.settings.people_path
    accounts.store.close()
    unguarded(path, "DROP TABLE people_events")
    with closing(open_users(path)) as store:
        known_li, known_boss, begun = store.events()
        assert store.check_events().findings == []
    assert begun.reason == "此前 2 位用户的登录和变动没有记录"
    assert (known_boss.kind, known_boss.after, known_li.subject) == (EventKind.KNOWN, "管理员", "li")


def test_last_administrator_is_kept_under_the_writers_lock(accounts: Accounts) -> None:
    # Past the check of `Accounts`, as when two administrators take each other away at the same moment.
    with pytest.raises(UsageError, match="唯一的管理员"):
        accounts.store.change("boss", is_active=False)
    assert accounts.store.account("boss").user.is_active


def test_event_and_change_are_stored_both_or_neither(accounts: Accounts) -> None:
    before = len(accounts.store.events())
    event = PeopleEvent(kind=EventKind.USER_CLOSED)
    with pytest.raises(UsageError):
        accounts.store.change("boss", event, is_active=False)
    assert len(accounts.store.events()) == before


def test_end_of_the_registers_cut_off_is_told_by_the_people_events(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    workspace = fill(open_workspace(settings))
    people = open_users(settings.people_path)
    people.note(PeopleEvent(kind=EventKind.EXPORTED, anchor=f"1:{workspace.store.link(1)[:16]}"))
    assert [report.findings for report in check_chains(workspace)] == [[], []]
    people.note(PeopleEvent(kind=EventKind.EXPORTED, anchor="2:abcdef0123456789"))
    people.note(PeopleEvent(kind=EventKind.EXPORTED, anchor="1:abcdef0123456789"))
    registers, _ = check_chains(workspace)
    assert "人员事件记着第 2 次修订，这里最新只到第 1 次" in texts(registers)
    assert "人员事件记下的链是 abcdef0123456789" in texts(registers)
    workspace.store.close()
