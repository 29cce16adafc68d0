"""Registers with a past: what has been written so far is made to be of an earlier day."""

import sqlite3
from datetime import date

from geoapp.services.workspace import Workspace, open_workspace
from tests.unguarded import unguard


def back_to(workspace: Workspace, day: date) -> Workspace:
    """Return the workspace with all revisions so far made at noon (UTC) of a day; opened anew."""
    settings = workspace.settings
    workspace.store.close()
    with sqlite3.connect(settings.database_path) as database:
        unguard(database)
        database.execute("UPDATE revisions SET made_at = ?", (f"{day.isoformat()}T04:00:00.000Z",))
    database.close()
    return open_workspace(settings)
