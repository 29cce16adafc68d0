"""The digest: what moved in the last days and what needs attention, in words and rows ready for files."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DigestTable:
    """One table: its heading, the columns' headings and the rows as text or numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the files and the mail say."""

    district: str
    since: date
    day: date
    sentences: tuple[str, ...]
    """The summary."""
    tables: tuple[DigestTable, ...]
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        """The heading: 江北区二次开发项目预警周报."""
        return f"{self.district}二次开发项目预警周报"
