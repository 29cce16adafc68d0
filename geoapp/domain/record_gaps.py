"""What is unknown of the records behind a table, what is wrong, and how old they are: its data-quality line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geoapp.domain.table_quality import RecordFault
from geoapp.units import number_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGap:
    """A field that is unknown of some of the records."""

    name: str
    """Of the field, as filters call it."""
    zh: str
    count: int
    total: int
    keys: tuple[str, ...]
    """Of the records that lack it; perhaps not all."""

    @property
    def words(self) -> str:
        """How many, and which share: 容积率 43（9.6%）.

        Examples
        --------
        >>> RecordGap(name="far", zh="容积率", count=1, total=3, keys=("A",)).words
        '容积率 1（33.3%）'
        """
        return f"{self.zh} {self.count:,}（{number_text(self.count / self.total, '.1%')}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGaps:
    """What a reader must know of the records behind a table."""

    register: str
    counted_zh: str
    """How they are counted: 宗地, 个项目, 条."""
    total: int
    gaps: tuple[RecordGap, ...]
    """The fields that are unknown anywhere, in the order of importance."""
    looked_at: tuple[str, ...]
    """All fields that were looked at, in words."""
    day: date
    data_on: date
    """Of the newest revision of what the records are made from."""
    figures_year: int | None = None
    """Newest year of enterprises' figures among them; None where there are none, or they are not told."""
    older_count: int = 0
    """Records whose figures are of an earlier year."""
    faults: tuple[RecordFault, ...] = ()
    """What is wrong with the records, or with what stands on them, as far as it was looked for."""

    @property
    def words(self) -> str:
        """The data-quality line; of a single record the shares would say nothing."""
        unknown = "、".join(gap.words if self.total > 1 else gap.zh for gap in self.gaps)
        sound = "主要各项都有数据。" if self.total else "没有可核对的记录。"
        found = f"不明：{unknown}。" if self.gaps else sound if self.looked_at or not self.total else ""
        wrong = f"需要核对：{'、'.join(fault.words for fault in self.faults)}。" if self.faults else ""
        return f"数据质量：{self.total:,} {self.counted_zh}，{found}{wrong}{self._age()}"

    def _age(self) -> str:
        days = (self.day - self.data_on).days
        age = f"数据截至 {self.data_on.isoformat()}" + (f"（{days:,} 天前）" if days > 0 else "")
        if self.figures_year is None:
            return f"{age}。"
        older = f"（{self.older_count:,} {self.counted_zh}是更早年份的）" if self.older_count else ""
        return f"{age}；亩均数据是 {self.figures_year} 年的{older}。"


def gap_of(name: str, zh: str, keys: Sequence[str], total: int, *, most_keys: int) -> RecordGap:
    """Return the gap of a field that the records of some keys lack."""
    return RecordGap(name=name, zh=zh, count=len(keys), total=total, keys=tuple(keys[:most_keys]))
