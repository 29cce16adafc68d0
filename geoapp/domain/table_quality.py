"""What is wrong with the records behind a table: each named, with the address of the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFinding:
    """One record that somebody should put right."""

    code: str
    zh: str
    """The kind in words."""
    message: str
    title: str
    address: str
    """Of the record's page, not yet escaped for a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFault:
    """What is wrong with some of the records behind a table, all in the same way."""

    code: str
    zh: str
    """The kind in words."""
    count: int
    """Of the records."""
    findings: tuple[QualityFinding, ...]
    """The records by name, perhaps not all."""

    @property
    def words(self) -> str:
        """How many of what: 没有登记面积 2 项.

        Examples
        --------
        >>> RecordFault(code="area_missing", zh="没有登记面积", count=2, findings=()).words
        '没有登记面积 2 项'
        """
        return f"{self.zh} {self.count:,} 项"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuality:
    """The records behind a table that need a look."""

    plot_count: int
    counts: Mapping[str, int]
    """By kind in words, those that occur, in the order of the list."""
    findings: tuple[QualityFinding, ...]
    """Of a kind perhaps not all; the counts are always whole."""

    @property
    def words(self) -> str:
        """The data-quality line: how many of what."""
        start = f"数据质量：{self.plot_count} 宗地"
        if not self.counts:
            return f"{start}，没有发现问题。"
        kinds = "；".join(f"{zh} {count} 项" for zh, count in self.counts.items())
        return f"{start}，{sum(self.counts.values())} 项需要核对：{kinds}。"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {
            "words": self.words,
            "counts": [{"zh": zh, "count": count} for zh, count in self.counts.items()],
            "findings": [
                {"code": f.code, "zh": f.zh, "message": f.message, "title": f.title, "address": f.address}
                for f in self.findings
            ],
        }
