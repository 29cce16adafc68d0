"""Which encoding text is in: what the file says, checked against its bytes, and never garbage in silence."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError, UsageError

CHINESE = "gb18030"
"""Superset of GBK, which is what CP936 files are."""
_LIKELY_SHARE = 0.8
_UNLIKELY_SHARE = 0.5
_CHANCE_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Declared:
    """An encoding that something about the file claims."""

    encoding: str
    source: str
    """In Chinese: "cpg 文件", "dbf 文件头"."""


@dataclass(slots=True)
class Decision:
    """The encoding found and what to tell about it."""

    encoding: str
    issues: list[Issue] = field(default_factory=list)


def codec_name(name: str) -> str | None:
    """Return Python's name for an encoding as files write it ("936", "UTF8", "OEM 936"), None if unknown.

    Examples
    --------
    >>> codec_name("ANSI 936"), codec_name("65001"), codec_name("klingon")
    ('gbk', 'utf-8', None)
    """
    cleaned = name.strip().strip("\ufeff").upper().replace("ANSI", "").replace("OEM", "").strip(" _-")
    if cleaned.isdecimal():
        cleaned = {"65001": "UTF-8", "54936": "GB18030", "88591": "ISO-8859-1"}.get(cleaned, f"CP{cleaned}")
    try:
        return codecs.lookup(cleaned).name
    except (LookupError, ValueError):
        return None


def required_codec(name: str) -> str:
    """Return Python's name for an encoding a user asked for.

    Raises
    ------
    UsageError
        There is no such encoding.
    """
    codec = codec_name(name)
    if codec is None:
        raise UsageError(f"编码“{name}”不认识；常用的有 GBK、GB18030、UTF-8、BIG5。")
    return codec


@dataclass(frozen=True, slots=True)
class Texts:
    """All different texts of a file; those in `cut` may end within a character."""

    whole: Sequence[bytes]
    cut: Sequence[bytes] = ()

    @property
    def is_ascii(self) -> bool:
        """Whether any encoding would do."""
        return all(text.isascii() for text in (*self.whole, *self.cut))

    def foreign_characters(self, codec: str) -> list[str] | None:
        """Return the characters beyond ASCII, or None where the texts are not valid in this encoding."""
        try:
            decoded = [text.decode(codec) for text in self.whole]
            decoded += [decode_cut(text, codec) for text in self.cut]
        except UnicodeDecodeError:
            return None
        return [character for text in decoded for character in text if not character.isascii()]


def decode_cut(text: bytes, codec: str) -> str:
    """Return a text without the half of a character that may stand at its end.

    Examples
    --------
    >>> decode_cut("甬江".encode("gbk")[:3], "gbk")
    '甬'
    """
    return codecs.getincrementaldecoder(codec)("strict").decode(text)


def chinese_share(characters: Sequence[str]) -> float:
    """Return the share of everyday Chinese among characters (0 where there are none)."""
    return sum(map(_is_everyday_chinese, characters)) / len(characters) if characters else 0.0


def _is_everyday_chinese(character: str) -> bool:
    if not ("\u4e00" <= character <= "\u9fff" or "\u3000" <= character <= "\u303f" or character >= "\uff01"):
        return False
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def decide(texts: Texts, *, option: str | None, declared: Sequence[Declared], what: str) -> Decision:
    """Decide the encoding of a file's text.

    The order: what the user says, what the file declares (if its bytes agree), strict UTF-8, strict GB18030. A
    declaration that its own bytes contradict is overruled, and said.

    Parameters
    ----------
    texts : Texts
        All different texts of the file (pure ASCII ones may be left out).
    option : str or None
        What the user said; final, if it decodes.
    declared : sequence of Declared
        Strongest first.
    what : str
        Names the file in messages.

    Raises
    ------
    FormatError
        Nothing decodes, or the user's choice does not; asks for the encoding.
    UsageError
        The user's choice is no encoding.
    """
    if option is not None:
        return _as_told(texts, required_codec(option), what)
    known = [(item, codec) for item in declared if (codec := codec_name(item.encoding))]
    if texts.is_ascii:
        return Decision(known[0][1] if known else "utf-8")
    likely = _likely(texts)
    for item, codec in known:
        characters = texts.foreign_characters(codec)
        if characters is not None and not _contradicted(characters, codec, likely):
            return Decision(codec, [_detected(codec, f"{item.source}声明", what)])
    found = likely or next((codec for codec in ("utf-8", CHINESE) if _fits(texts, codec)), None)
    if found is None:
        raise FormatError(
            f"{what}里的文字既不是 UTF-8 也不是 GBK，没有读入，以免出现乱码。"
            "请问清文件的编码，用“编码”选项（--encoding）说明，例如 BIG5 或 ISO-8859-1。"
        )
    found = _narrow(texts, found)
    if known:
        return Decision(found, [_overruled(known[0][0], found, what)])
    return Decision(found, [_detected(found, "按内容判断", what)])


def decode_text(
    content: bytes, *, option: str | None = None, declared: Sequence[Declared] = (), what: str = "文件"
) -> tuple[str, Decision]:
    """Return a whole text file as text and how its encoding was decided; a byte order mark counts first.

    Raises
    ------
    FormatError
        No encoding fits; asks for one.
    """
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if option is None and content.startswith(mark) and _fits(Texts([content]), codec):
            return content.decode(codec), Decision(codec, [_detected(codec, "文件头标记", what)])
    decision = decide(Texts([content]), option=option, declared=declared, what=what)
    return content.decode(decision.encoding).removeprefix("\ufeff"), decision


def _as_told(texts: Texts, codec: str, what: str) -> Decision:
    if not _fits(texts, codec):
        raise FormatError(
            f"{what}里的文字不能按 {label(codec)} 读。请换一种编码，或者不指定，让程序按内容判断。"
        )
    return Decision(codec)


def _fits(texts: Texts, codec: str) -> bool:
    return texts.foreign_characters(codec) is not None


def _likely(texts: Texts) -> str | None:
    """Return the encoding the bytes speak for by themselves; UTF-8 first, for it hardly fits by chance."""
    is_chinese = chinese_share(texts.foreign_characters(CHINESE) or []) >= _LIKELY_SHARE
    as_utf8 = texts.foreign_characters("utf-8")
    if as_utf8 is not None and not (is_chinese and _is_chance(as_utf8)):
        return "utf-8"
    return CHINESE if is_chinese else None


def _is_chance(as_utf8: Sequence[str]) -> bool:
    """Return whether a few GBK characters happen to be valid UTF-8, as Greek or Arabic (“联通” nearly is)."""
    return len(as_utf8) <= _CHANCE_CHARACTERS and all("\u0180" <= c <= "\u07ff" for c in as_utf8)


def _contradicted(characters: Sequence[str], codec: str, likely: str | None) -> bool:
    if likely is None or _family(codec) in (_family(likely), "utf-8"):
        return False
    return likely == "utf-8" or chinese_share(characters) < _UNLIKELY_SHARE


def _family(codec: str) -> str:
    return CHINESE if codec in ("gbk", "gb2312", "gb18030") else codec.removesuffix("-sig")


def _narrow(texts: Texts, codec: str) -> str:
    return "gbk" if codec == CHINESE and _fits(texts, "gbk") else codec


def label(codec: str) -> str:
    """Return an encoding's name as people write it."""
    return {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "gbk": "GBK", "gb18030": "GB18030"}.get(
        codec, codec.upper()
    )


def _detected(codec: str, reason: str, what: str) -> Issue:
    return Issue(
        code="encoding-detected",
        severity=Severity.NOTE,
        message=f"{what}的文字按 {label(codec)} 读取（{reason}）。",
        value=label(codec),
    )


def _overruled(item: Declared, found: str, what: str) -> Issue:
    return Issue(
        code="encoding-overruled",
        severity=Severity.WARNING,
        message=f"{what}：{item.source}说编码是 {item.encoding}，但内容是 {label(found)}，已按 {label(found)} 读取。",
        advice="请抽查几个汉字；如果不对，请用“编码”选项（--encoding）说明。",
        value=label(found),
    )
