"""Whether the machine's clock can be right, given what was stored before."""

from datetime import datetime, timedelta

from geoapp.services.workspace import Workspace

TOLERANCE = timedelta(minutes=5)
"""Two machines on one data folder never agree to the second."""


def clock_warning(workspace: Workspace, now: datetime) -> str:
    """Return in Chinese that the clock is behind the newest revision; empty where nothing speaks against it.

    Parameters
    ----------
    workspace : Workspace
        The installation.
    now : datetime
        What the machine's clock says, with its zone.
    """
    newest = workspace.store.revisions(limit=1)
    if not newest or newest[0].made_at <= now + TOLERANCE:
        return ""
    made_at = newest[0].made_at.astimezone(now.tzinfo)
    return (
        f"注意：本机时钟是 {now:%Y-%m-%d %H:%M}，台账的第 {newest[0].number} 次修订却存于 {made_at:%Y-%m-%d %H:%M}，"
        "其中一次时钟不对。请先校准本机的日期、时间和时区：修订按时钟记时，“数据截至”和“变化”都用它。"
    )
