"""The chain of revisions: kept with every write, begun for old databases, and what tampering by sqlite3 leaves."""

import json
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from geoapp.domain.chain import ChainReport, link_digest
from geoapp.domain.change import RegisterChange
from geoapp.domain.layer import Layer
from geoapp.store.chain import BEGUN_LATER, BEGUN_NEW
from geoapp.store.store import open_store
from tests.unguarded import unguard

Tamper = Callable[..., ChainReport]


@pytest.fixture(scope="module")
def written(tmp_path_factory, layers, squares, write) -> Path:
    """Four revisions: three plots and a project; P1 changed; P0 withdrawn; a year's figures."""
    path = tmp_path_factory.mktemp("chain") / "geoapp.gpkg"
    with open_store(path, layers) as store:
        project = pd.DataFrame({"code": ["X"], "geometry": [None]})
        write(store, plots=RegisterChange(squares(3)), projects=RegisterChange(project))
        write(store, plots=RegisterChange(squares(3).iloc[[1]].assign(name="改了")))
        write(store, plots=RegisterChange(removed=[("P0",)]))
        figures = pd.DataFrame({"uscc": ["E1"], "year": [2025], "tax_wan": [12.5]})
        write(store, performance=RegisterChange(figures))
    return path


def unguarded(path: Path, *statements: str) -> None:
    """Do to the file what somebody with a database prompt does who takes the guards away first."""
    with closing(sqlite3.connect(path)) as connection:
        unguard(connection)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.fixture
def tamper(written: Path, tmp_path: Path, layers: dict[str, Layer]) -> Tamper:
    """Change a copy of the file by SQL statements and check its chain."""

    def change(*statements: str) -> ChainReport:
        path = tmp_path / "geoapp.gpkg"
        path.write_bytes(written.read_bytes())
        unguarded(path, *statements)
        with open_store(path, layers) as store:
            return store.check_chain()

    return change


def texts(report: ChainReport) -> str:
    return "\n".join(found.text for found in report.findings)


def test_untouched_chain_is_whole(tamper: Tamper) -> None:
    report = tamper()
    assert report.findings == []
    # Rows: 3 plots + 1 changed, 1 project, 1 year.
    assert (report.link_count, report.row_count, report.begun_with) == (4, 6, 0)
    assert len(report.head) == 64


def test_every_link_is_told_by_its_revision(written: Path, layers: dict[str, Layer]) -> None:
    with open_store(written, layers) as store:
        links = [store.link(number) for number in range(6)]
        assert store.check_chain().head == links[4]
    assert (links[0], links[5]) == ("", "")
    assert len(set(links[1:5])) == 4


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE plots_rows SET area_m2 = 11 WHERE plot_code = 'P1' AND from_rev = 2",
            "第 2 次修订 地块：写入的行与当时不同：有值被改过（当时和现在都是 1 行），"
            "内部行号（fid）0–999。不是通过程序做的。",
        ),
        ("UPDATE plots_rows SET area_m2 = '10' WHERE fid = 1", "第 1 次修订 地块：写入的行与当时不同：有值被改过"),
        (
            "UPDATE plots_rows SET geom = (SELECT geom FROM plots_rows WHERE fid = 3) WHERE fid = 2",
            "第 1 次修订 地块：写入的行与当时不同：有值被改过",
        ),
        ("DELETE FROM plots_rows WHERE fid = 2", "当时 3 行，现在 2 行：少了 1 行"),
        (
            "INSERT INTO plots_rows (fid, from_rev, plot_code) VALUES (90, 1, 'P9')",
            "第 1 次修订 地块：写入的行与当时不同：当时 3 行，现在 4 行：多了 1 行",
        ),
        (
            "INSERT INTO plots_rows (from_rev, plot_code) VALUES (9, 'P9')",
            "第 9 次修订 地块：有 1 行自称由第 9 次修订写入，链里没有这回事",
        ),
        (
            "UPDATE plots_rows SET to_rev = NULL WHERE plot_code = 'P0'",
            "第 3 次修订 地块：结束的旧版本与当时不同：当时 1 行，现在 0 行：少了 1 行",
        ),
        (
            "UPDATE plots_rows SET to_rev = 4 WHERE plot_code = 'P2'",
            "第 4 次修订 地块：有 1 行自称由第 4 次修订结束，链里没有这回事",
        ),
        (
            "UPDATE plots_rows SET from_rev = 2 WHERE plot_code = 'P0'",
            "第 1 次修订 地块：写入的行与当时不同：当时 3 行，现在 2 行",
        ),
        (
            "UPDATE revisions SET user = '李四' WHERE number = 2",
            "第 2 次修订：修订记录在写入之后被改过：经办原为“张三”，现在是“李四”。",
        ),
        (
            "UPDATE revisions SET made_at = '2020-01-01T00:00:00.000Z' WHERE number = 2",
            "现在是“2020-01-01T00:00:00.000Z”",
        ),
        ("DELETE FROM revisions WHERE number = 3", "第 3 次修订：修订记录被删除（经办 张三"),
        (
            "INSERT INTO revisions VALUES (5, 'edit', '李四', '2026-01-01T00:00:00.000Z', '', '', '', 'plots')",
            "第 5 次修订：没有对应的环：修订记录不是通过程序做的",
        ),
        ("DELETE FROM revision_chain WHERE number = 2", "第 2 环：链中断：这里的环被删除"),
        ("DELETE FROM revision_chain WHERE number IN (1, 2)", "第 1 到 2 环：链中断"),
        ("DELETE FROM revision_chain WHERE number = 4", "链：末尾少了：曾写到 4，现在只到 3。最后的内容被删除。"),
        ("DELETE FROM revision_chain", "链：一环也没有：链被整个删除"),
        ("DROP TABLE plots_rows", "第 2 次修订 地块：写入的行与当时不同：当时 1 行，现在 0 行"),
        (
            "UPDATE revision_chain SET content = replace(content, '张三', '李四') WHERE number = 2",
            "第 2 环：环本身的内容被改过，与它的摘要不符。",
        ),
    ],
)  # fmt: skip
def test_tampering_is_told_with_its_place(tamper: Tamper, statement: str, words: str) -> None:
    assert words in texts(tamper(statement))


def test_link_made_anew_no_longer_fits_the_next(tamper: Tamper) -> None:
    # Whoever forges the digest too breaks the next link, which holds the old one.
    forged = link_digest("x", "null")
    report = tamper(
        f"UPDATE revision_chain SET previous = 'x', content = 'null', digest = '{forged}' WHERE number = 2"  # noqa: S608 hexadecimal digits
    )
    assert [found.where for found in report.findings[:3]] == ["第 2 环", "第 2 环", "第 3 环"]
    assert "接不上前一环：第 1 环在写入之后被换过。" in report.findings[0].meaning
    assert "内容读不懂" in report.findings[1].meaning


def test_tail_cut_off_everywhere_is_told_by_the_largest_number_given(tamper: Tamper) -> None:
    report = tamper(
        "DELETE FROM revision_chain WHERE number = 4",
        "DELETE FROM revisions WHERE number = 4",
        "DELETE FROM performance_rows",
    )
    assert texts(report).splitlines() == [
        "链：末尾少了：曾写到 4，现在只到 3。最后的内容被删除。",
        "绩效（最后的行）：末尾少了：曾写到 1，现在只到 0。最后的内容被删除。",
    ]


def test_rewriting_history_by_accident_is_refused(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "geoapp.gpkg"
    path.write_bytes(written.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "UPDATE plots_rows SET area_m2 = 1",
            "UPDATE plots_rows SET to_rev = NULL WHERE to_rev = 3",
            "UPDATE plots_rows SET to_rev = 9 WHERE to_rev = 3",
            "UPDATE plots_rows SET fid = 99 WHERE fid = 1",
            "UPDATE plots_rows SET rowid = 99 WHERE fid = 1",
            "UPDATE OR REPLACE plots_rows SET oid = 2 WHERE fid = 1",
            "DELETE FROM plots_rows",
            "UPDATE revisions SET user = '李四'",
            "DELETE FROM revisions",
            "INSERT OR REPLACE INTO revisions SELECT * FROM revisions",
            "UPDATE revision_chain SET content = ''",
            "DELETE FROM revision_chain",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="历史记录只能增加"):
                connection.execute(statement)


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_a_version_is_not_replaced_by_another(written: Path, tmp_path: Path, recursive: str) -> None:
    path = tmp_path / "geoapp.gpkg"
    path.write_bytes(written.read_bytes())
    same_record = (
        "(plot_code, name, area_m2, from_rev) SELECT plot_code, '改了', area_m2, from_rev FROM plots_rows"
    )
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA recursive_triggers = {recursive}")
        before = connection.execute("SELECT * FROM plots_rows").fetchall()
        for statement in (
            "REPLACE INTO plots_rows SELECT * FROM plots_rows",
            "INSERT OR REPLACE INTO plots_rows (fid, plot_code, from_rev) VALUES (1, 'P9', 9)",
            f"INSERT OR REPLACE INTO plots_rows {same_record} WHERE fid = 1",
            f"INSERT INTO plots_rows {same_record} WHERE fid = 1 ON CONFLICT DO UPDATE SET name = '改了'",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="历史记录只能增加"):
                connection.execute(statement)
        assert connection.execute("SELECT * FROM plots_rows").fetchall() == before
        # A row in nobody's place may be added; the chain finds one that no revision wrote.
        connection.execute("INSERT INTO plots_rows (plot_code, from_rev) VALUES ('P9', 4)")


def test_a_database_without_the_newer_guards_gets_them_when_it_is_opened(
    written: Path, tmp_path: Path, layers: dict[str, Layer]
) -> None:
    path = tmp_path / "geoapp.gpkg"
    path.write_bytes(written.read_bytes())
    unguarded(path, "UPDATE geoapp_meta SET value = 'of an older geoapp' WHERE name = 'layers'")
    open_store(path, layers).close()
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="历史记录只能增加"),
    ):
        connection.execute("REPLACE INTO plots_rows SELECT * FROM plots_rows")


def test_old_database_gets_its_chain_when_it_is_opened(
    written: Path, tmp_path: Path, layers: dict[str, Layer], squares, write
) -> None:
    path = tmp_path / "geoapp.gpkg"
    path.write_bytes(written.read_bytes())
    unguarded(
        path,
        "DROP TABLE revision_chain",
        "UPDATE geoapp_meta SET value = '1' WHERE name = 'schema_version'",
        "UPDATE geoapp_meta SET value = 'old' WHERE name = 'layers'",
    )
    with open_store(path, layers) as store:
        report = store.check_chain()
        assert (report.findings, report.link_count, report.begun_with) == ([], 4, 4)
        write(store, plots=RegisterChange(squares(3).iloc[[2]].assign(name="后来")))
        assert store.check_chain().findings == []
    with closing(sqlite3.connect(path)) as connection:
        (first,) = connection.execute("SELECT content FROM revision_chain WHERE number = 0").fetchone()
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("DELETE FROM revisions")
    assert (json.loads(first)["note"], json.loads(first)["revision"]) == (BEGUN_LATER, 4)
    with closing(sqlite3.connect(written)) as connection:
        (first,) = connection.execute("SELECT content FROM revision_chain WHERE number = 0").fetchone()
    assert json.loads(first)["note"] == BEGUN_NEW


def test_lost_chain_is_not_quietly_begun_anew(tamper: Tamper) -> None:
    # A register's definition changed as well, so the database is brought up: the chain stays lost.
    report = tamper(
        "DROP TABLE revision_chain", "UPDATE geoapp_meta SET value = 'other' WHERE name = 'layers'"
    )
    assert "一环也没有" in texts(report)


def test_new_field_and_a_register_no_longer_defined_leave_the_chain_whole(
    written: Path, tmp_path: Path, layers: dict[str, Layer], layer_of, squares, write
) -> None:
    path = tmp_path / "geoapp.gpkg"
    path.write_bytes(written.read_bytes())
    known = {field.name: field.dtype for field in layers["plots"].fields}
    fewer = {"plots": layer_of("plots", "polygon", ["plot_code"], {"a_new_one": "number", **known}, "地块")}
    with open_store(path, fewer) as store:
        write(store, plots=RegisterChange(squares(3).iloc[[2]].assign(a_new_one=5.0)))
        assert store.check_chain().findings == []
    unguarded(
        path, "UPDATE performance_rows SET tax_wan = 99", "UPDATE plots_rows SET a_new_one = 1 WHERE fid = 1"
    )
    with open_store(path, fewer) as store:
        places = [found.where for found in store.check_chain().findings]
    assert places == ["第 1 次修订 地块", "第 4 次修订 performance"]


@pytest.mark.no_cover  # many records; few are checked above
def test_large_registers_are_checked_a_few_rows_at_a_time(
    tmp_path: Path, layers: dict[str, Layer], squares, write
) -> None:
    with open_store(tmp_path / "geoapp.gpkg", layers) as store:
        write(store, plots=RegisterChange(squares(20_000, name="一" * 200)))
        store.check_chain()
        tracemalloc.start()
        assert store.check_chain().findings == []
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # 20,000 rows of a kilobyte and more are 20 MB; a piece of a thousand with its text is a tenth of that.
    assert peak_bytes < 6_000_000
