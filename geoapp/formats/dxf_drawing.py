"""Opening a DXF drawing: its encoding, damage that can be mended, blocks taken apart; nothing outside it is read."""

import io
import logging
import re
import struct
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import ezdxf
from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.entities import DXFEntity, Insert

from geoapp.domain.issue import Issue, Severity
from geoapp.errors import FormatError
from geoapp.formats.encoding import Decision, Declared, Texts, decide, label
from geoapp.formats.signature import describe_content

logging.getLogger("ezdxf").addHandler(logging.NullHandler())  # what matters is said as a finding

ENTITY_LIMIT = 500_000
"""Blocks within blocks can multiply without end."""
_BINARY_MARK = b"AutoCAD Binary DXF"
_UNICODE_VERSION = "AC1021"
_CODEPAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")
_VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d+)")
_UNIT_WORDS = {1: "英寸", 2: "英尺", 4: "毫米", 5: "厘米", 7: "千米"}
INVALID = (
    ezdxf.DXFError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    StopIteration,
)
"""What ezdxf raises on content that is not as it should be."""


def open_drawing(path: Path, option: str | None) -> tuple[Drawing, Decision]:
    """Return the drawing, mended if it was damaged, and how its text encoding was decided.

    Raises
    ------
    FormatError
        It is no DXF, or damaged beyond repair.
    """
    content = path.read_bytes()
    _refuse_others(path, content)
    if content.startswith(_BINARY_MARK):
        return _binary(path), Decision("utf-8")
    decision = _decide(path, content, option)
    text = content.decode(decision.encoding).removeprefix("\ufeff")
    try:
        return ezdxf.read(io.StringIO(text.replace("\r\n", "\n"))), decision
    except INVALID:
        drawing = _recovered(path, _relabelled(text, content, decision))
        decision.issues.append(_mended())
        return drawing, decision


def _refuse_others(path: Path, content: bytes) -> None:
    if content.startswith(b"AC10") or path.name.lower().endswith(".dwg"):
        raise FormatError(
            f"“{path.name}”是 DWG 图纸，不能直接读取。请在 CAD 里另存为 DXF（AutoCAD 2000 或更新版本）再导入。"
        )
    if not content.strip():
        raise FormatError(f"“{path.name}”是空文件。请重新导出。")
    if not content.startswith(_BINARY_MARK) and b"SECTION" not in content[:65536]:
        raise FormatError(
            f"“{path.name}”不是 DXF 图纸，内容看起来是{describe_content(path)}。请检查文件，或改回原来的后缀。"
        )


def _decide(path: Path, content: bytes, option: str | None) -> Decision:
    version = _VERSION.search(content[:65536])
    codepage = _CODEPAGE.search(content[:65536])
    if version and version[1].decode() >= _UNICODE_VERSION:
        declared = [Declared("utf-8", "图纸版本")]
    else:
        declared = [Declared(codepage[1].decode("ascii", "replace"), "图纸头")] if codepage else []
    lines = [line for line in set(content.splitlines()) if not line.isascii()]
    return decide(Texts(lines), option=option, declared=declared, what=f"“{path.name}”")


def _relabelled(text: str, content: bytes, decision: Decision) -> bytes:
    """Return the bytes with a header that tells the encoding: recovery decodes by the header alone."""
    if not any(issue.code == "encoding-overruled" for issue in decision.issues):
        return content
    codepage = re.sub(r"(\$DWGCODEPAGE\s+3\s+)\S+", r"\g<1>ANSI_936", text, count=1)
    return codepage.encode("gb18030")


def _binary(path: Path) -> Drawing:
    try:
        return ezdxf.readfile(path)
    except (*INVALID, OSError, struct.error) as error:
        raise _beyond_repair(path, error) from None


def _recovered(path: Path, content: bytes) -> Drawing:
    try:
        drawing, _ = recover.read(io.BytesIO(content))
    except (*INVALID, OSError, RecursionError) as error:
        raise _beyond_repair(path, error) from None
    return drawing


def _beyond_repair(path: Path, error: Exception) -> FormatError:
    return FormatError(
        f"“{path.name}”已损坏，修复不了（{str(error)[:100]}）。请在 CAD 里用 RECOVER 修复后另存为 DXF。"
    )


def _mended() -> Issue:
    return Issue(
        code="drawing-mended",
        severity=Severity.WARNING,
        message="图纸文件有损坏，已尽量修复后读取，可能缺少图形或坐标有误。",
        advice="请在 CAD 里用 AUDIT 或 RECOVER 修复后另存，再核对图形的个数和位置。",
    )


def unit_issues(drawing: Drawing) -> list[Issue]:
    """Return a note if the drawing says its unit is not the metre."""
    unit = _UNIT_WORDS.get(int(drawing.header.get("$INSUNITS", 0) or 0))
    if unit is None:
        return []
    return [
        Issue(
            code="drawing-unit",
            severity=Severity.NOTE,
            message=f"图纸声明的单位是{unit}，坐标按原值读入，没有换算。",
            advice="如果坐标确实不是米，请在 CAD 里缩放后重新导出。",
        )
    ]


def modelspace_entities(drawing: Drawing, name: str, skipped: Counter) -> list[DXFEntity]:
    """Return everything drawn in model space with block references taken apart.

    Parameters
    ----------
    name : str
        The file, for messages.
    skipped : Counter
        Counts what was left out: "外部参照".

    Raises
    ------
    FormatError
        Blocks within blocks give more than can be meant.
    """
    try:
        entities = list(islice(_exploded(iter(drawing.modelspace()), skipped), ENTITY_LIMIT + 1))
    except (*INVALID, RecursionError):
        raise FormatError(
            f"“{name}”里有不能展开的图块（可能引用了自己）。请在 CAD 里用 AUDIT 检查、EXPLODE 分解后重新导出。"
        ) from None
    if len(entities) > ENTITY_LIMIT:
        raise FormatError(
            f"“{name}”展开图块后超过 {ENTITY_LIMIT} 个图形，没有读入。请删去无关的图块，只导出需要的图层。"
        )
    return entities


def _exploded(entities: Iterator[DXFEntity], skipped: Counter) -> Iterator[DXFEntity]:
    for entity in entities:
        if not isinstance(entity, Insert):
            yield entity
            continue
        block = entity.block()
        if block is None or block.block is None or block.block.is_xref:
            skipped["外部参照"] += 1
            continue
        yield from entity.attribs
        references = entity.multi_insert() if entity.mcount > 1 else [entity]
        for reference in references:
            yield from _exploded(_parts(reference), skipped)


def _parts(reference: Insert) -> Iterator[DXFEntity]:
    """Yield a block's parts; those on layer 0 take the layer the block was placed on."""
    for part in reference.virtual_entities():
        if part.dxf.layer == "0":
            part.dxf.layer = reference.dxf.layer
        yield part


def encoding_note(decision: Decision) -> list[Issue]:
    """Return what is worth saying about the encoding."""
    return [
        issue
        for issue in decision.issues
        if label(decision.encoding) != "UTF-8" or issue.code != "encoding-detected"
    ]
