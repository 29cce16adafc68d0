"""Doing to a database what its triggers refuse: setting the clock of a revision back, changing a value in the file."""

import sqlite3


def unguard(database: sqlite3.Connection) -> None:
    """Take the guards of the history away, as somebody would who means to change it."""
    triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        if name.startswith("geoapp_guard_"):
            database.execute(f'DROP TRIGGER "{name}"')
