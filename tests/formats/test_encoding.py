import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoapp.errors import FormatError, UsageError
from geoapp.formats.encoding import Declared, Texts, codec_name, decide, decode_text

NAMES = ["甬江工业集聚区", "前洋经济开发区"]


def texts(*values: str, encoding: str) -> Texts:
    return Texts([value.encode(encoding) for value in values])


def codes(issues: list) -> list[str]:
    return [issue.code for issue in issues]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_encoding_is_found_from_the_bytes_when_nothing_is_declared(encoding: str) -> None:
    decision = decide(texts(*NAMES, encoding=encoding), option=None, declared=[], what="“a.dbf”")
    assert decision.encoding == encoding
    assert codes(decision.issues) == ["encoding-detected"]


def test_gb18030_is_named_when_gbk_does_not_hold_a_character() -> None:
    decision = decide(texts("甬江\U00020bb7", encoding="gb18030"), option=None, declared=[], what="“a.dbf”")
    assert decision.encoding == "gb18030"


@pytest.mark.parametrize(
    ("claimed", "actual"),
    [("UTF-8", "gbk"), ("ISO-8859-1", "gbk"), ("ISO-8859-1", "utf-8"), ("GBK", "utf-8"), ("cp1252", "gbk")],
)
def test_declaration_is_overruled_and_said_when_the_bytes_contradict_it(claimed: str, actual: str) -> None:
    decision = decide(
        texts(*NAMES, encoding=actual), option=None, declared=[Declared(claimed, "cpg 文件")], what="“a.dbf”"
    )
    assert decision.encoding == actual
    assert codes(decision.issues) == ["encoding-overruled"]
    assert claimed in decision.issues[0].message


@pytest.mark.parametrize(
    ("claimed", "values"),
    [("ISO-8859-1", ["château", "Genève"]), ("BIG5", ["臺北縣產業園區"]), ("UTF-8", NAMES), ("936", NAMES)],
)
def test_declaration_is_believed_when_the_bytes_agree(claimed: str, values: list[str]) -> None:
    codec = codec_name(claimed)
    assert codec is not None
    decision = decide(
        texts(*values, encoding=codec), option=None, declared=[Declared(claimed, "cpg 文件")], what="“a.dbf”"
    )
    assert decision.encoding == codec
    assert codes(decision.issues) == ["encoding-detected"]


def test_unknown_declaration_is_passed_over() -> None:
    decision = decide(
        texts(*NAMES, encoding="gbk"), option=None, declared=[Declared("klingon", "cpg 文件")], what="“a.dbf”"
    )
    assert (decision.encoding, codes(decision.issues)) == ("gbk", ["encoding-detected"])


def test_few_gbk_characters_that_are_valid_utf8_by_chance_are_still_chinese() -> None:
    # D0 A1 is 小 in GBK and the Cyrillic letter Es in UTF-8.
    content = "小".encode("gbk")
    assert content.decode("utf-8") == "\u0421"
    decision = decide(Texts([content]), option=None, declared=[], what="“a.dbf”")
    assert decision.encoding == "gbk"


def test_french_utf8_stays_utf8_though_it_would_be_valid_gbk() -> None:
    decision = decide(texts("Le château d'eau à côté", encoding="utf-8"), option=None, declared=[], what="x")
    assert decision.encoding == "utf-8"


def test_plain_ascii_takes_the_declared_encoding_without_a_word() -> None:
    decision = decide(Texts([b"A-1"]), option=None, declared=[Declared("GBK", "cpg 文件")], what="x")
    assert (decision.encoding, decision.issues) == ("gbk", [])


def test_what_decodes_as_nothing_is_refused_with_a_question() -> None:
    with pytest.raises(FormatError, match="--encoding"):
        decide(Texts([b"caf\xe9 ", b"\xff\xff"]), option=None, declared=[], what="“a.dbf”")


def test_users_choice_is_final_when_it_decodes_and_refused_when_not() -> None:
    given_texts = texts("臺北", encoding="big5")
    assert decide(given_texts, option="BIG5", declared=[], what="x").encoding == "big5"
    with pytest.raises(FormatError, match="UTF-8"):
        decide(given_texts, option="UTF-8", declared=[], what="x")
    with pytest.raises(UsageError, match="klingon"):
        decide(given_texts, option="klingon", declared=[], what="x")


def test_text_cut_within_a_character_still_decodes() -> None:
    cut = "甬江工业".encode("gbk")[:7]
    decision = decide(Texts([], [cut]), option=None, declared=[], what="x")
    assert decision.encoding == "gbk"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8", "gbk"])
def test_whole_text_is_decoded_without_its_mark(encoding: str) -> None:
    text, _ = decode_text("地块编号,面积".encode(encoding))
    assert text == "地块编号,面积"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=6, max_size=40))
def test_any_gbk_or_utf8_chinese_text_comes_back_as_it_was(text: str) -> None:
    for encoding in ("utf-8", "gbk"):
        read, _ = decode_text(text.encode(encoding))
        assert read == text
