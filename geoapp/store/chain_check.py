"""Checking the chain of the revisions against all that the database holds, a few rows in memory at a time."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, inspect, select, text

from geoapp.domain.chain import (
    FIRST_LINK,
    NO_ROWS,
    ChainReport,
    canonical,
    field_words,
    link_digest,
    rows_words,
)
from geoapp.store.chain import Chain, Stream, Streams
from geoapp.store.tables import CHAIN, VERSION_COLUMNS, rows_name

HEAD_LABELS = {
    "number": "编号", "kind": "方式", "user": "经办", "made_at": "时间", "reason": "原因", "document_no": "依据文号",
    "summary": "内容", "registers": "台账",
}  # fmt: skip
_BEHIND = "不是通过程序做的"


class ChainCheck:
    """One check of one database."""

    def __init__(self, connection: Connection, revisions: Table, name_register: Callable[[str], str]) -> None:
        self._connection = connection
        self._revisions = revisions
        self._links = revisions.metadata.tables[CHAIN]
        self._chain = Chain(revisions)
        self._name = name_register
        self._streams = Streams(connection)
        self._tables = _version_tables(connection)
        self.report = ChainReport(zh="台账修订")

    def run(self) -> ChainReport:
        """Return what was found."""
        previous, expected = "", FIRST_LINK
        for link in self._all_links():
            self._check_gap(expected, link.number)
            self._check_link(link, previous)
            previous, expected = link.digest, link.number + 1
        self.report.head = previous
        if not expected:
            self.report.find(None, "链", "一环也没有：链被整个删除，已有的修订不能再证明没有改过。")
        self._check_entries()
        self._check_tail(CHAIN, "链", expected - 1)
        self._finish_rows()
        return self.report

    def _all_links(self) -> Iterator[Row[Any]]:
        yield from self._connection.execute(select(self._links).order_by(self._links.c.number))

    def _check_gap(self, expected: int, number: int) -> None:
        if number > expected:
            missing = f"第 {expected} 环" if number == expected + 1 else f"第 {expected} 到 {number - 1} 环"
            self.report.find(expected, missing, "链中断：这里的环被删除，对应的修订不能再证明没有改过。")

    def _check_link(self, link: Row[Any], previous: str) -> None:
        if link.digest != link_digest(link.previous, link.content):
            self.report.find(link.number, f"第 {link.number} 环", "环本身的内容被改过，与它的摘要不符。")
            return
        if link.previous != previous:
            self.report.find(
                link.number,
                f"第 {link.number} 环",
                f"接不上前一环：第 {link.number - 1} 环在写入之后被换过。"
                if link.number
                else "它前面本不该有环。",
            )
        try:
            self._check_content(link.number, json.loads(link.content))
        except (KeyError, TypeError, AttributeError, ValueError):
            self.report.find(link.number, f"第 {link.number} 环", f"内容读不懂：{_BEHIND}。")

    def _check_content(self, number: int, content: Mapping[str, Any]) -> None:
        if number == FIRST_LINK:
            self.report.begun_at, self.report.begun_with = content["begun_at"], content["revision"]
        else:
            self.report.link_count += 1
            self._check_revision(number, content)

    def _check_revision(self, number: int, content: Mapping[str, Any]) -> None:
        kept, found = content["revision"], self._chain.head(self._connection, number)
        where = f"第 {number} 次修订"
        if not found:
            self.report.find(number, where, f"修订记录被删除（经办 {kept['user']}，{kept['made_at']}）。")
        elif canonical(kept) != canonical(found):
            words = "；".join(field_words(kept, found, HEAD_LABELS))
            self.report.find(number, where, f"修订记录在写入之后被改过：{words}。")
        for register, rows in content["written"].items():
            self._compare(
                number, register, "写入的行", rows, self._taken(self._streams.written, register, number)
            )
        for register, rows in content["ended"].items():
            self._compare(
                number, register, "结束的旧版本", rows, self._taken(self._streams.ended, register, number)
            )

    def _taken(self, stream: Callable[[str], Stream], register: str, number: int) -> Mapping[str, Any]:
        return stream(register).take(number) if rows_name(register) in self._tables else NO_ROWS

    def _compare(
        self, number: int, register: str, what: str, kept: Mapping[str, Any], found: Mapping[str, Any]
    ) -> None:
        words = rows_words(kept, found)
        if words:
            where = f"第 {number} 次修订 {self._name(register)}"
            self.report.find(number, where, f"{what}与当时不同：{words}。{_BEHIND}。")

    def _check_entries(self) -> None:
        """Find revisions without a link: nobody but the program writes both."""
        linked = select(self._links.c.number)
        wanted = select(self._revisions).where(self._revisions.c.number.not_in(linked))
        for entry in self._connection.execute(wanted.order_by(self._revisions.c.number)):
            where = f"第 {entry.number} 次修订"
            self.report.find(entry.number, where, f"没有对应的环：修订记录{_BEHIND}，或它的环被删除。")

    def _check_tail(self, name: str, where: str, newest: int) -> None:
        """Find rows cut off at the end of a table: the file remembers the largest number it ever gave."""
        sql = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        given = self._connection.execute(sql, {"name": name}).scalar()
        if given is not None and given > newest:
            lost = f"末尾少了：曾写到 {given}，现在只到 {max(newest, 0)}。最后的内容被删除。"
            self.report.find(newest + 1, where, lost)

    def _finish_rows(self) -> None:
        for name in sorted(self._tables):
            register = name.removesuffix("_rows")
            written, ended = self._streams.written(register), self._streams.ended(register)
            for stream, what in ((written, "写入"), (ended, "结束")):
                stream.finish()
                self._tell_strays(register, stream, what)
            self.report.row_count += written.row_count
            newest = self._connection.execute(text(f'SELECT max(fid) FROM "{name}"')).scalar() or 0  # noqa: S608 a table's own name
            self._check_tail(name, f"{self._name(register)}（最后的行）", newest)

    def _tell_strays(self, register: str, stream: Stream, what: str) -> None:
        for number, count in stream.strays:
            words = f"有 {count} 行自称由第 {number} 次修订{what}，链里没有这回事：{_BEHIND}。"
            self.report.find(number, f"第 {number} 次修订 {self._name(register)}", words)


def check_chain(connection: Connection, revisions: Table, name_register: Callable[[str], str]) -> ChainReport:
    """Return what comes of checking a database's chain.

    Parameters
    ----------
    connection : Connection
        Sees one state of the database throughout.
    revisions : Table
    name_register : callable
        From a register's id to its Chinese name.
    """
    return ChainCheck(connection, revisions, name_register).run()


def _version_tables(connection: Connection) -> frozenset[str]:
    """Return the tables of versions there are, also of registers no longer defined."""
    found = inspect(connection)
    return frozenset(
        name
        for name in found.get_table_names()
        if {column["name"] for column in found.get_columns(name)}.issuperset(VERSION_COLUMNS)
    )
