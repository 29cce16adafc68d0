"""Where verbs print their tables."""

from rich.console import Console

_WIDE = 240


def wide_console() -> Console:
    """Return a console as wide as the terminal; very wide where a file or a program reads, so that nothing is cut."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)
