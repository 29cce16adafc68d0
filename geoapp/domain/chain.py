"""The chain of what was written: each link is the digest of what one revision (or event) was and of the link before.

A value changed behind the program's back no longer fits its link; a changed link no longer fits the next one. Who
rewrites the whole chain is found by what was told outside of it: exports carry the link of their revision.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROWS_PER_PIECE = 1_000
"""Ids of rows that share a digest, so that what does not fit can be told to a thousand rows."""
FIRST_LINK = 0
"""Says since when the chain is kept; what was there before was put into it as it then was."""
_SPANS_NAMED = 5


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """Something that is not as the chain says."""

    number: int | None
    """Of the link that breaks; None where it is none in particular."""
    where: str
    """第 12 次修订 工业地块."""
    meaning: str
    """What it means, in Chinese."""

    @property
    def text(self) -> str:
        """Return it as one line."""
        return f"{self.where}：{self.meaning}"


@dataclass(slots=True, kw_only=True)
class ChainReport:
    """What came of checking a chain."""

    zh: str
    """Whose: 台账修订, 人员事件."""
    begun_at: str = ""
    """When its first link was made (UTC)."""
    begun_with: int = 0
    """Up to this number the links were made afterwards, when the chain was begun."""
    link_count: int = 0
    """Without the first."""
    row_count: int = 0
    head: str = ""
    """Digest of the newest link: whoever writes it down elsewhere can tell later whether the end was cut off."""
    findings: list[ChainFinding] = field(default_factory=list)

    def find(self, number: int | None, where: str, meaning: str) -> None:
        """Add a finding."""
        self.findings.append(ChainFinding(number, where, meaning))

    def to_record(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "chain": self.zh, "ok": not self.findings, "begun_at": self.begun_at, "begun_with": self.begun_with,
            "links": self.link_count, "rows": self.row_count, "head": self.head,
            "findings": [
                {"number": found.number, "where": found.where, "meaning": found.meaning}
                for found in self.findings
            ],
        }  # fmt: skip


class RowsDigest:
    """Digests rows one after another: of each thousand ids, and how many rows there were.

    A thousand rows are one JSON object, of each column its values. A column without any is left out: a field that a
    register is given later changes no row written before.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.count = 0
        self._names = names
        self._pieces: dict[str, str] = {}
        self._piece = 0
        self._rows: list[Sequence[Any]] = []

    def add(self, row_id: int, values: Sequence[Any]) -> None:
        """Take in one row, its values in the order of the names; rows come in the order of their ids."""
        piece = row_id // ROWS_PER_PIECE
        if piece != self._piece:
            self._close_piece()
            self._piece = piece
        self._rows.append(values)
        self.count += 1

    def content(self) -> dict[str, Any]:
        """Return what a link keeps."""
        self._close_piece()
        return {"rows": self.count, "pieces": dict(self._pieces)}

    def _close_piece(self) -> None:
        if not self._rows:
            return
        columns = zip(self._names, zip(*self._rows, strict=True), strict=True)
        filled = {name: values for name, values in columns if values.count(None) < len(values)}
        self._pieces[str(self._piece)] = _digest(canonical(filled))
        self._rows = []


def _bytes_digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_bytes_digest
).encode
NO_ROWS: Mapping[str, Any] = {"rows": 0, "pieces": {}}


def canonical(value: object) -> str:
    """Return a value as the one JSON text that stands for it: keys sorted, no spaces, bytes by their SHA-256.

    Examples
    --------
    >>> canonical({"b": 1.0, "a": ["甲", None]})
    '{"a":["甲",null],"b":1.0}'
    """
    return _encode(value)


def link_digest(previous: str, content: str) -> str:
    """Return the digest of a link: of the one before and of what it holds."""
    return _digest(f"{previous}\n{content}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rows_words(kept: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return in what rows found differ from those that a link was made of; empty where they do not.

    Examples
    --------
    >>> rows_words({"rows": 2, "pieces": {"0": "a"}}, {"rows": 1, "pieces": {"0": "b"}})
    '当时 2 行，现在 1 行：少了 1 行，内部行号（fid）0–999'
    """
    if kept == found:
        return ""
    pieces = {**kept["pieces"], **found["pieces"]}
    broken = [int(piece) for piece in pieces if kept["pieces"].get(piece) != found["pieces"].get(piece)]
    starts = [piece * ROWS_PER_PIECE for piece in sorted(broken)]
    spans = "、".join(f"{start}–{start + ROWS_PER_PIECE - 1}" for start in starts[:_SPANS_NAMED])
    place = f"内部行号（fid）{spans}" + (f" 等 {len(starts)} 段" if len(starts) > _SPANS_NAMED else "")
    more = found["rows"] - kept["rows"]
    if not more:
        return f"有值被改过（当时和现在都是 {kept['rows']} 行），{place}"
    change = f"多了 {more} 行" if more > 0 else f"少了 {-more} 行"
    return f"当时 {kept['rows']} 行，现在 {found['rows']} 行：{change}，{place}"


def field_words(kept: Mapping[str, Any], found: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    """Return which fields of a revision's head are no longer those that its link was made of.

    Examples
    --------
    >>> field_words({"user": "张三"}, {"user": "李四"}, {"user": "经办"})
    ['经办原为“张三”，现在是“李四”']
    """
    return [
        f"{labels.get(name, name)}原为“{kept.get(name)}”，现在是“{found.get(name)}”"
        for name in dict.fromkeys([*kept, *found])
        if kept.get(name) != found.get(name)
    ]
