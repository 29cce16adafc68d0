from datetime import UTC, date, datetime, timedelta

import pytest

from geoapp.errors import UsageError
from geoapp.services.as_of import as_of, data_day
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from tests.small_district import write


def test_without_a_day_it_is_now(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P"}])
    state = as_of(workspace)
    assert (state.revision, state.day, state.is_now, state.note) == (1, today(), True, "")
    assert as_of(workspace, "") == state
    assert as_of(workspace, today().isoformat()) == state


def test_before_the_first_revision_the_registers_are_empty(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P"}])
    state = as_of(workspace, "2020-02-29")
    assert (state.revision, state.day, state.is_now) == (0, date(2020, 2, 29), False)
    assert workspace.store.read("plots", revision=state.revision).empty
    assert state.note == f"2020-02-29 还没有数据，最早的数据是 {today().isoformat()} 的。"


def test_without_any_data_no_day_is_before_them(workspace: Workspace) -> None:
    assert as_of(workspace, "2020-02-29").note == ""


def test_yesterday_does_not_know_what_came_today(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P"}])
    assert as_of(workspace, (today() - timedelta(days=1)).isoformat()).revision == 0


def test_a_day_to_come_is_now_and_says_so(workspace: Workspace) -> None:
    state = as_of(workspace, "2999-12-31")
    assert (state.day, state.is_now) == (today(), True)
    assert state.note.startswith("2999-12-31 还没有到")


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20260301", "2026-3-1", "昨天", "2026-03-01T00:00", " 2026-03-01"]
)
def test_what_is_no_day_is_refused_with_the_right_form(workspace: Workspace, text: str) -> None:
    with pytest.raises(UsageError, match="2026-03-01"):
        as_of(workspace, text)


def test_revision_made_at_a_moment_does_not_count_before_it(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P"}])
    write(workspace, plots=[{"plot_code": "P", "name": "甲"}])
    second, first = workspace.store.revisions()
    assert workspace.store.revision_before(first.made_at) == 0
    assert workspace.store.revision_before(second.made_at + timedelta(milliseconds=1)) == 2
    assert workspace.store.revision_before(datetime(2999, 1, 1, tzinfo=UTC)) == 2


def test_data_day_is_that_of_the_newest_change_to_the_registers(workspace: Workspace) -> None:
    write(workspace, plots=[{"plot_code": "P"}])
    long_ago = date(2000, 1, 1)
    assert data_day(workspace, 1, ("plots",), long_ago) == today()
    assert data_day(workspace, 1, ("towns",), long_ago) == long_ago
