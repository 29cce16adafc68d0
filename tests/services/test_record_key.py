"""Which record an address means where its key can be cut in several ways, and how often that is looked up."""

import pytest

from geoapp.domain.change import Key, RecordVersion, RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.errors import GoneError, NotFoundError
from geoapp.services.record_key import find_key, find_record
from geoapp.services.workspace import Workspace
from tests.small_district import write

ADDRESS = "X/1/DK/C"
"""Of plot 1/DK/C in project X, of DK/C in X/1, or of C in X/1/DK: they are tried in this order."""


@pytest.fixture
def parts(workspace: Workspace) -> Workspace:
    """Two plots of project X/1."""
    write(workspace, project_plots=[{"project_code": "X/1", "plot_code": code} for code in ("DK/C", "DK-A")])
    return workspace


def test_record_that_there_is_decides(parts: Workspace) -> None:
    key, version = find_record(parts, parts.layer("project_plots"), ADDRESS)
    assert key == ("X/1", "DK/C") == find_key(parts, parts.layer("project_plots"), ADDRESS)
    assert (version.fields["project_code"], version.fields["plot_code"], version.from_revision) == (*key, 1)


def test_each_way_is_looked_up_once(parts: Workspace) -> None:
    asked: list[Key] = []

    def look(register: str, key: Key) -> RecordVersion:
        asked.append(key)
        return parts.store.record(register, key)

    find_record(parts, parts.layer("project_plots"), ADDRESS, look=look)
    assert asked == [("X", "1/DK/C"), ("X/1", "DK/C")]


def test_withdrawn_record_is_gone_and_keeps_its_key(parts: Workspace) -> None:
    parts.store.write(
        {"project_plots": RegisterChange(removed=[("X/1", "DK/C")])}, kind=RevisionKind.EDIT, user="tester"
    )
    layer = parts.layer("project_plots")
    with pytest.raises(GoneError, match="“X/1、DK/C”已在第 2 次修订移除"):
        find_record(parts, layer, ADDRESS)
    assert find_key(parts, layer, ADDRESS) == ("X/1", "DK/C")


def test_where_there_is_none_the_first_way_is_named(parts: Workspace) -> None:
    layer = parts.layer("project_plots")
    with pytest.raises(NotFoundError) as first:
        parts.store.record("project_plots", ("X", "2/DK/C"))
    with pytest.raises(NotFoundError) as error:
        find_record(parts, layer, "X/2/DK/C")
    assert str(error.value) == str(first.value)
    assert find_key(parts, layer, "X/2/DK/C") == ("X", "2/DK/C")


def test_too_few_parts_are_no_key(parts: Workspace) -> None:
    for find in (find_key, find_record):
        with pytest.raises(NotFoundError, match="“项目地块”没有记录“X”。请核对编号。"):
            find(parts, parts.layer("project_plots"), "X")
