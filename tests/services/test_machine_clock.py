from datetime import UTC, datetime, timedelta

import pandas as pd

from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.services.machine_clock import clock_warning
from geoapp.services.workspace import Workspace

ENTERPRISE = pd.DataFrame({"uscc": ["91330205DEM000001X"], "name": ["甲厂"]})


def test_a_clock_behind_the_newest_revision_is_told_with_both_times(workspace: Workspace) -> None:
    stored = workspace.store.write(
        {"enterprises": RegisterChange(upserts=ENTERPRISE)}, kind=RevisionKind.IMPORT, user="u", reason="r"
    )
    assert stored is not None
    behind = stored.made_at - timedelta(days=3650)
    assert clock_warning(workspace, behind) == (
        f"注意：本机时钟是 {behind:%Y-%m-%d %H:%M}，台账的第 1 次修订却存于 {stored.made_at:%Y-%m-%d %H:%M}，"
        "其中一次时钟不对。请先校准本机的日期、时间和时区：修订按时钟记时，“数据截至”和“变化”都用它。"
    )


def test_a_clock_that_agrees_to_five_minutes_or_has_nothing_to_agree_with_is_not_told(
    workspace: Workspace,
) -> None:
    stored = workspace.store.write(
        {"enterprises": RegisterChange(upserts=ENTERPRISE)}, kind=RevisionKind.IMPORT, user="u", reason="r"
    )
    assert stored is not None
    assert clock_warning(workspace, stored.made_at) == ""
    assert clock_warning(workspace, stored.made_at - timedelta(minutes=5)) == ""
    assert clock_warning(workspace, stored.made_at - timedelta(minutes=5, seconds=1)) != ""


def test_an_empty_installation_says_nothing_of_the_clock(workspace: Workspace) -> None:
    assert clock_warning(workspace, datetime(2016, 1, 1, tzinfo=UTC)) == ""
