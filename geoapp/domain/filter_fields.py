"""The fields a filter, a table or a colouring may use, and how a filter's word is found among them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from geoapp.errors import UsageError
from geoapp.units import AREA_DECIMALS, AREA_UNIT_LABELS, FILE_DECIMALS

MOST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """One field of a register as its users see it."""

    name: str
    zh: str
    label: str
    """With its unit: 用地面积(亩)."""
    dtype: str
    """string, number, integer, boolean or date."""
    unit: str = ""
    """In Chinese: 亩."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """Chinese words by value; of towns and parks their names."""
    has_open_codes: bool = False
    """Other values may occur too: records of another register, classes of another day."""
    is_default: bool = False
    """A column shown at first."""
    decimals: int | None = None
    """In files; None as given."""
    page_decimals: int | None = None
    """On pages, where these have fewer; as in files if left out."""
    description: str = ""
    """How it comes about, in Chinese."""
    aliases: tuple[str, ...] = ()
    """Other words by which a filter may call it."""

    @property
    def is_numeric(self) -> bool:
        """Whether it has an order by size."""
        return self.dtype in ("number", "integer")

    @property
    def shown_decimals(self) -> int | None:
        """Decimals on pages."""
        return self.decimals if self.page_decimals is None else self.page_decimals

    def in_unit(self, unit: str) -> "FieldInfo":
        """Return the field with its land in another unit (m2, ha, mu); see `land_in_unit` for its values."""
        zh = AREA_UNIT_LABELS[unit]
        return replace(
            self,
            unit=zh,
            label=f"{self.zh}({zh})",
            decimals=FILE_DECIMALS[unit],
            page_decimals=AREA_DECIMALS[unit],
        )

    def to_record(self) -> dict[str, Any]:
        """Return it for JSON, the codes in their order."""
        values = asdict(self)
        values.pop("aliases")
        values.pop("page_decimals")
        codes = [{"value": value, "zh": zh} for value, zh in self.codes.items()]
        more = {"codes": codes, "is_numeric": self.is_numeric, "decimals": self.shown_decimals}
        return values | more


def computed_field(name: str, zh: str, dtype: str, unit: str = "", **more: Any) -> FieldInfo:
    """Return a field that is computed, labelled with its unit; *more* are other attributes of `FieldInfo`.

    Examples
    --------
    >>> computed_field("price", "单价", "number", "元", decimals=2).label
    '单价(元)'
    """
    return FieldInfo(name=name, zh=zh, label=f"{zh}({unit})" if unit else zh, dtype=dtype, unit=unit, **more)


def find_field(fields: Mapping[str, FieldInfo], word: str) -> FieldInfo:
    """Return the field that a word names: its name, its Chinese label with or without the unit, or an alias.

    Parameters
    ----------
    fields : mapping of FieldInfo by name
    word : str

    Raises
    ------
    UsageError
        No field there is, with the nearest ones; or several of this label. A restricted field is none there is.
    """
    if word in fields:
        return fields[word]
    for names in (lambda f: (f.label,), lambda f: (f.zh,), lambda f: f.aliases):
        found = [info for info in fields.values() if word in names(info)]
        if len(found) == 1:
            return found[0]
        if found:
            labels = "、".join(f"{info.label}（{info.name}）" for info in found)
            raise UsageError(f"字段“{word}”有几个：{labels}。请写明是哪一个。")
    near = get_close_matches(word, [*fields, *(info.zh for info in fields.values())], n=MOST_SUGGESTIONS)
    advice = f"是不是“{'”“'.join(near)}”？" if near else "请从字段表里选。"
    raise UsageError(f"字段“{word[:40]}”不能用。{advice}")
