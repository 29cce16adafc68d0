"""The digest: what moved in the last days and what needs attention, in words and rows ready for files."""

from dataclasses import dataclass
from datetime import date

from geoapp.domain.fingerprint import Fingerprint, Origin, take_fingerprint


@dataclass(frozen=True, slots=True)
class DigestTable:
    """One table: its heading, the columns' headings and the rows as text or numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    is_of_sums: bool = False
    """Whether the first column names what the others count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the files and the mail say."""

    district: str
    since: date
    """The first day whose news is in it."""
    day: date
    """The last."""
    sentences: tuple[str, ...]
    """The summary."""
    tables: tuple[DigestTable, ...]
    notes: tuple[str, ...]
    origin: Origin | None = None
    """The state it was computed from and where to open it again."""

    @property
    def title(self) -> str:
        """The heading: 江北区二次开发项目预警周报."""
        return f"{self.district}二次开发项目预警周报"

    @property
    def sums(self) -> tuple[DigestTable, ...]:
        """The tables of sums, which are computed again by `geoapp verify`."""
        return tuple(table for table in self.tables if table.is_of_sums)

    @property
    def fingerprint(self) -> Fingerprint | None:
        """The fingerprint of the sums."""
        rows = [
            (f"{table.title}|{name}", list(map(float, counts)))
            for table in self.sums
            for name, *counts in table.rows
        ]
        return take_fingerprint(self.origin, "mu", rows) if self.origin else None

    @property
    def closing(self) -> tuple[str, ...]:
        """The notes and the line with the fingerprint."""
        found = self.fingerprint
        return (*self.notes, *([f"指纹：{found.text}"] if found else []))
