"""How far a write is, told to whoever waits for it."""

from collections.abc import Callable

Progress = Callable[[float], None]
_SHARE_BEFORE_COMMIT = 0.95  # the rest is the commit, which says nothing until it is done


class ProgressCounter:
    """Tells how many of the rows are done, as a share."""

    def __init__(self, progress: Progress | None, total_rows: int) -> None:
        self._progress = progress or (lambda _: None)
        self._total_rows = max(total_rows, 1)
        self._done_rows = 0

    def add(self, rows: int) -> None:
        """Count rows as done."""
        self._done_rows += rows
        self._progress(_SHARE_BEFORE_COMMIT * min(self._done_rows / self._total_rows, 1.0))

    def finish(self) -> None:
        """Say that all is kept."""
        self._progress(1.0)
