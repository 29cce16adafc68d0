"""Digests of rows and links, and what is said where they differ."""

import hashlib

from geoapp.domain.chain import (
    NO_ROWS,
    ChainReport,
    RowsDigest,
    canonical,
    field_words,
    link_digest,
    rows_words,
)


def digest_of(names: tuple[str, ...], *rows: tuple[object, ...]) -> dict[str, object]:
    digest = RowsDigest(names)
    for row in rows:
        digest.add(row[0], row)
    return digest.content()


def test_rows_are_digested_by_thousands_of_ids() -> None:
    found = digest_of(("fid", "name"), (999, "甲"), (1000, "乙"))
    first = hashlib.sha256('{"fid":[999],"name":["甲"]}'.encode()).hexdigest()
    second = hashlib.sha256('{"fid":[1000],"name":["乙"]}'.encode()).hexdigest()
    assert found == {"rows": 2, "pieces": {"0": first, "1": second}}


def test_no_rows_have_no_digest() -> None:
    assert digest_of(("fid",)) == NO_ROWS


def test_field_added_later_changes_no_digest_of_rows_without_it() -> None:
    assert digest_of(("fid", "new", "name"), (1, None, "甲")) == digest_of(("fid", "name"), (1, "甲"))
    assert digest_of(("fid", "new", "name"), (1, 5, "甲")) != digest_of(("fid", "name"), (1, "甲"))


def test_shape_stands_by_its_digest() -> None:
    assert canonical({"geom": b"GP"}) == f'{{"geom":"{hashlib.sha256(b"GP").hexdigest()}"}}'


def test_link_depends_on_the_one_before() -> None:
    assert link_digest("", "x") == hashlib.sha256(b"\nx").hexdigest()
    assert link_digest("a", "x") != link_digest("b", "x")


def test_words_say_how_many_rows_and_where() -> None:
    kept = {"rows": 7, "pieces": {str(piece): "a" for piece in range(7)}}
    assert rows_words(kept, kept) == ""
    changed = {"rows": 7, "pieces": {**kept["pieces"], "3": "b"}}
    assert rows_words(kept, changed) == "有值被改过（当时和现在都是 7 行），内部行号（fid）3000–3999"
    more = {"rows": 8, "pieces": {**kept["pieces"], "9": "b"}}
    assert rows_words(kept, more) == "当时 7 行，现在 8 行：多了 1 行，内部行号（fid）9000–9999"
    none = rows_words(kept, NO_ROWS)
    assert none.startswith("当时 7 行，现在 0 行：少了 7 行，内部行号（fid）0–999、1000–1999")
    assert none.endswith("4000–4999 等 7 段")


def test_words_name_each_field_that_differs() -> None:
    assert field_words({"user": "甲", "x": 1}, {"user": "甲"}, {}) == ["x原为“1”，现在是“None”"]


def test_report_as_data() -> None:
    report = ChainReport(zh="台账修订", head="ab")
    assert report.to_record()["ok"]
    report.find(3, "第 3 次修订", "改过。")
    record = report.to_record()
    assert (record["ok"], record["findings"]) == (
        False,
        [{"number": 3, "where": "第 3 次修订", "meaning": "改过。"}],
    )
    assert report.findings[0].text == "第 3 次修订：改过。"
