"""Which column of a file is which field of a register, and which word is which code."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from geoapp.domain.column_units import header_unit, unit_of_word
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import SYSTEM_FIELDS, Field, Layer
from geoapp.errors import UsageError

NAME_BYTES = 10
"""How long a column name of a shapefile may be; longer ones arrive cut."""
_SYSTEM_NAMES = {
    "is_demo": ("is_demo", "是否示意数据", "示意数据"),
    "source_file": ("source_file", "来源文件"),
    "source_row": ("source_row", "来源行"),
}
_COORDINATE_NAMES = (
    ("x", "y"), ("x坐标", "y坐标"), ("xcoord", "ycoord"), ("pointx", "pointy"), ("东坐标", "北坐标"),
    ("easting", "northing"), ("经度", "纬度"), ("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"),
)  # fmt: skip
_BRACKETED = re.compile(r"[(\[【][^)\]】]*[)\]】]")


class MatchHow(StrEnum):
    """Why a column was taken for a field; better reasons first."""

    CHOSEN = "chosen"
    NAME = "name"
    LABEL = "label"
    ALIAS = "alias"
    ENGLISH = "english"
    GROUP = "group"
    CUT = "cut"
    NONE = "none"


MATCH_LABELS = {
    MatchHow.CHOSEN: "用户指定",
    MatchHow.NAME: "字段名",
    MatchHow.LABEL: "中文名",
    MatchHow.ALIAS: "别名",
    MatchHow.ENGLISH: "英文名",
    MatchHow.GROUP: "下级表头",
    MatchHow.CUT: "截短的名称",
    MatchHow.NONE: "没有对应",
}
_RANKS = {how: rank for rank, how in enumerate(MatchHow)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """One column of a file, what it was taken for and in which unit its numbers are."""

    header: str
    field: str | None
    """A field of the register, or one of its provenance columns; None: not taken."""
    how: MatchHow = MatchHow.NONE
    unit: str = ""
    """Unit id that the header names ("" where it names none), see `column_units`."""


@dataclass(frozen=True, slots=True)
class Matching:
    """All columns of a file in their order, and what there is to say about them."""

    columns: tuple[ColumnMatch, ...]
    issues: tuple[Issue, ...]

    def header_of(self, field: str) -> str | None:
        """Return the column that was taken for a field."""
        return next((c.header for c in self.columns if c.field == field), None)


def normalised(text: str) -> str:
    """Return a header or word without case, width, spaces and punctuation.

    Examples
    --------
    >>> normalised("用地面积（㎡）"), normalised("Plot_Code "), normalised("ＤＫＢＨ")
    ('用地面积m2', 'plotcode', 'dkbh')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def match_columns(
    headers: Sequence[str],
    layer: Layer,
    *,
    chosen: Mapping[str, str] | None = None,
    are_names_cut: bool = False,
) -> Matching:
    """Return which field each column stands for: by its name, Chinese label, alias or English name.

    Case, width, spaces, punctuation, brackets and units in headers are of no account. Where several columns stand for
    one field the better reason wins, then the alias listed first; the others stay unmatched and are reported, as
    every column that stands for nothing.

    Parameters
    ----------
    headers : sequence of str
        The file's own headers, without geometry.
    layer : Layer
        The register.
    chosen : mapping, optional
        Header -> field as the user says; an empty field leaves the column out.
    are_names_cut : bool
        The file is a shapefile: a header of ten bytes may be the beginning of a longer name.

    Raises
    ------
    UsageError
        *chosen* names a column or a field that does not exist.

    Examples
    --------
    >>> area = Field(name="area_m2", dtype="number", unit="m2", zh="用地面积", en="Area", aliases=("YDMJ",))
    >>> layer = Layer(id="x", zh="例", en="x", geometry="none", key=("area_m2",), fields=(area,))
    >>> [(c.field, str(c.how), c.unit) for c in match_columns(["用地 面积（亩）", "备忘"], layer).columns]
    [('area_m2', 'label', 'mu'), (None, 'none', '')]
    """
    chosen = chosen or {}
    _refuse_unknown(chosen, headers, layer)
    words = _words(layer)
    found = {header: _candidate(header, words, chosen, are_names_cut) for header in headers}
    winners: dict[str, str] = {}
    for header, (field, rank) in found.items():
        if field and (field not in winners or rank < found[winners[field]][1]):
            winners[field] = header
    columns = tuple(_match(header, *found[header], winners, layer) for header in headers)
    return Matching(columns, tuple(_issues(columns, found, winners, layer, chosen)))


def coordinate_columns(headers: Sequence[str]) -> tuple[str, str] | None:
    """Return the columns of X (east, longitude) and Y (north, latitude) of a ledger, or None.

    Examples
    --------
    >>> coordinate_columns(["项目编号", "经度", "纬度"])
    ('经度', '纬度')
    """
    by_name = {normalised(_BRACKETED.sub("", header)): header for header in reversed(headers)}
    for x, y in _COORDINATE_NAMES:
        if x in by_name and y in by_name:
            return by_name[x], by_name[y]
    return None


def decode_codes(values: pd.Series, field: Field) -> pd.Series:
    """Return a text column with words replaced by the field's codes; words that are no code stay as they are.

    A word is known by the code itself, its Chinese or English label, an alias, code and label together, or the code
    without leading zeros, which spreadsheets drop.

    Parameters
    ----------
    values : Series of str
        Missing where there is none.
    field : Field
        With codes.

    Examples
    --------
    >>> from geoapp.domain.layer import Code
    >>> stage = Field(name="s", dtype="string", zh="阶段", en="Stage", codes=(Code(value="P06", zh="开工"),))
    >>> decode_codes(pd.Series(["开工", "p06 开工", "停工", None], dtype="str"), stage).tolist()
    ['P06', 'P06', '停工', nan]
    """
    codes = _code_words(field)
    decoded = {value: codes.get(_word(value), value) for value in values.dropna().unique()}
    return values.map(decoded).astype("str")


def _code_words(field: Field) -> dict[str, str]:
    words: dict[str, str] = {}
    for names in (
        lambda c: (c.value,),
        lambda c: (c.zh, c.en),
        lambda c: c.aliases,
        lambda c: (c.value + c.zh, c.value.lstrip("0")),
    ):
        for code in field.codes:
            for name in filter(None, map(_word, names(code))):
                words.setdefault(name, code.value)
    return words


def _word(text: str) -> str:
    """Return a word as it is compared; of one that is nothing but signs (%) these count."""
    return normalised(text) or text.strip()


def _refuse_unknown(chosen: Mapping[str, str], headers: Sequence[str], layer: Layer) -> None:
    for header, field in chosen.items():
        if header not in headers:
            raise UsageError(f"文件里没有列“{header}”；有：{'、'.join(headers)}。")
        if field and field not in (*layer.field_names, *SYSTEM_FIELDS):
            raise UsageError(f"“{layer.zh}”没有字段“{field}”；可用：{'、'.join(layer.field_names)}。")


def _words(layer: Layer) -> dict[str, tuple[str, tuple[int, int]]]:
    """Return the normalised words for fields: word -> (field, rank), the lower rank the better."""
    words: dict[str, tuple[str, tuple[int, int]]] = {}
    named = [(f.name, how, place, text) for f in layer.fields for how, place, text in _names_of(f)]
    named += [(name, MatchHow.NAME, 0, text) for name in SYSTEM_FIELDS for text in _SYSTEM_NAMES[name]]
    for field, how, place, text in sorted(named, key=lambda item: (_RANKS[item[1]], item[2])):
        words.setdefault(normalised(text), (field, (_RANKS[how], place)))
    return words


def _names_of(field: Field) -> Iterator[tuple[MatchHow, int, str]]:
    yield MatchHow.NAME, 0, field.name
    # As our own tables call what the register holds where something computed has its label.
    yield MatchHow.LABEL, -1, f"台账{field.zh}"
    yield MatchHow.LABEL, 0, field.zh
    yield MatchHow.LABEL, 1, field.label
    for place, alias in enumerate(field.aliases):
        yield MatchHow.ALIAS, place, alias
    yield MatchHow.ENGLISH, 0, field.en


_NO_RANK = (_RANKS[MatchHow.NONE], 0)


def _candidate(
    header: str,
    words: Mapping[str, tuple[str, tuple[int, int]]],
    chosen: Mapping[str, str],
    are_names_cut: bool,
) -> tuple[str | None, tuple[int, int]]:
    if header in chosen:
        return (chosen[header], (_RANKS[MatchHow.CHOSEN], 0)) if chosen[header] else (None, _NO_RANK)
    without_unit = _BRACKETED.sub("", unicodedata.normalize("NFKC", header))
    for text in (header, without_unit, _without_unit_tail(without_unit)):
        if normalised(text) in words:
            return words[normalised(text)]
    last = re.split(r"[/／]", without_unit)[-1]
    if normalised(last) in words:
        return words[normalised(last)][0], (_RANKS[MatchHow.GROUP], 0)
    if are_names_cut and _may_be_cut(header):
        begun = {word: found for word, found in words.items() if word.startswith(normalised(header))}
        named = {field for field, (rank, _) in begun.values() if rank == _RANKS[MatchHow.NAME]}
        # A file that we wrote has the fields' own names: these go before labels that begin alike.
        fields = named or {field for field, _ in begun.values()}
        if len(fields) == 1:
            return fields.pop(), (_RANKS[MatchHow.CUT], 0)
    return None, _NO_RANK


def _without_unit_tail(header: str) -> str:
    """Return a header without a unit behind _, / or a space: 面积_亩, MJ_MU."""
    head, mark, tail = re.match(r"(.*?)(?:([_/\s-])([^_/\s-]*))?$", header, re.DOTALL).groups()  # type: ignore[union-attr]
    return head if mark and unit_of_word(tail) else header


def _may_be_cut(header: str) -> bool:
    lengths = (len(header.encode("gb18030")), len(header.encode()))
    return any(NAME_BYTES - 1 <= length <= NAME_BYTES for length in lengths)


def _match(
    header: str, field: str | None, rank: tuple[int, int], winners: Mapping[str, str], layer: Layer
) -> ColumnMatch:
    if field is None or winners[field] != header:
        return ColumnMatch(header=header, field=None)
    unit = header_unit(header, layer.field(field).unit) if field in layer.field_names else ""
    return ColumnMatch(header=header, field=field, how=list(MatchHow)[rank[0]], unit=unit)


def _issues(
    columns: Sequence[ColumnMatch],
    found: Mapping[str, tuple[str | None, tuple[int, int]]],
    winners: Mapping[str, str],
    layer: Layer,
    chosen: Mapping[str, str],
) -> Iterator[Issue]:
    for column in columns:
        field = found[column.header][0]
        if column.how is MatchHow.CUT:
            label = _label(column.field or "", layer)
            message = f"列“{column.header}”像是被截短的名称，按“{label}”读入。"
            yield Issue(code="column-cut", severity=Severity.WARNING, message=message, field=column.header,
                        advice="如果不是，请改列的对应。")  # fmt: skip
        elif field and column.field is None:
            label = _label(field, layer)
            message = f"列“{winners[field]}”和“{column.header}”都像“{label}”，采用了前者，后者没有读入。"
            yield Issue(code="column-ambiguous", severity=Severity.WARNING, message=message, field=column.header,
                        advice="如果应采用后者，请改列的对应。")  # fmt: skip
        elif column.field is None:
            why = "按您的选择" if column.header in chosen else "台账里没有对应的字段，"
            yield Issue(code="column-unmatched", severity=Severity.NOTE, field=column.header,
                        message=f"列“{column.header}”{why}没有读入。",
                        advice="" if column.header in chosen else "如有对应的字段，请改列的对应。")  # fmt: skip


def _label(field: str, layer: Layer) -> str:
    return layer.field(field).zh if field in layer.field_names else field
