"""Published figures against the second path: what agrees, what differs and where, what was not computed again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.verification.figure import Figure
from geoapp.verification.published import PublishedFigure, without_spaces
from geoapp.verification.published_tables import LEDGER_COLUMNS, TOTAL_ROW
from geoapp.verification.statistics import PlainColumn

M2_PER_LAND_UNIT = {"mu": 2000 / 3, "ha": 10_000.0, "m2": 1.0}
LAND_ZH = {"mu": "亩", "ha": "公顷", "m2": "平方米"}
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what the second path computes."""

    where: str
    expected: str
    found: str

    @property
    def text(self) -> str:
        """Return it as a sentence."""
        return f"{self.where}：应为 {self.expected}，实为 {self.found}。"


@dataclass(slots=True, kw_only=True)
class Checked:
    """What came of one table."""

    name: str
    address: str = ""
    figure_count: int = 0
    """Compared with the second path."""
    differences: list[Difference] = field(default_factory=list)
    verified: dict[str, None] = field(default_factory=dict)
    """Columns, in their order."""
    unverified: dict[str, None] = field(default_factory=dict)
    refusal: str = ""
    """Why it cannot be verified at all."""
    notes: list[str] = field(default_factory=list)
    is_whole: bool = True
    """False where rows could not be computed again."""
    computed: dict[str, tuple[str, float | str | None]] = field(default_factory=dict)
    """Column and number or text of the second path, by the place in the file it was compared with."""

    @property
    def is_clean(self) -> bool:
        """Return whether everything that was compared agrees."""
        return not self.differences and not self.refusal

    @property
    def is_complete(self) -> bool:
        """Return whether everything was compared: no column, no row without a second computation."""
        return self.is_whole and not self.unverified and not self.refusal

    def to_record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "name": self.name, "address": self.address, "ok": self.is_clean, "complete": self.is_complete,
            "figures": self.figure_count,
            "refusal": self.refusal, "notes": self.notes, "verified": list(self.verified),
            "unverified": list(self.unverified), "difference_count": len(self.differences),
            "differences": [
                {"where": d.where, "expected": d.expected, "found": d.found} for d in self.differences[:MOST_SHOWN]
            ],
        }  # fmt: skip

    def compare(
        self, figure: PublishedFigure, expected: Figure, base_per_unit: float, *, is_area: bool = False
    ) -> None:
        """Compare a published number, given in units of *base_per_unit*, with the second path's."""
        self.figure_count += 1
        self.verified[figure.column] = None
        self.computed[figure.where] = (figure.column, expected.value)
        value = None if figure.value is None else figure.value * base_per_unit
        rounding = 0.0 if figure.decimals is None else 0.5 * 10.0**-figure.decimals * base_per_unit
        if not expected.agrees(value, rounding, is_area=is_area):
            right = None if expected.value is None else expected.value / base_per_unit
            self.differ(figure.where, right, figure.value)

    def differ(self, where: str, expected: float | None, found: float | None) -> None:
        """Note a difference."""
        self.differences.append(Difference(where, number_words(expected), number_words(found)))


def number_words(value: float | None) -> str:
    """Return a number for a sentence, the unknown in words."""
    return "未知" if value is None else f"{value:,.10g}"


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    base_per_unit: float
    is_area: bool


def statistic_columns(columns: Mapping[str, PlainColumn], unit: str) -> dict[str, _Known]:
    """Return the columns of the second path by the label and by the name under which they are published."""
    found: dict[str, _Known] = {}
    for name, column in columns.items():
        suffix, zh, factor = {
            "land": (f"_{unit}", f"({LAND_ZH[unit]})", M2_PER_LAND_UNIT[unit]),
            "floor": ("_m2", "(平方米)", 1.0),
            "percent": ("_percent", "(%)", 0.01),
            "count": ("", "(宗)", 1.0),
            "plain": ("", "(万元/亩)" if "wan_per_mu" in name else "", 1.0),
        }[column.kind]
        known = _Known(name, factor, column.kind in ("land", "floor"))
        base = (
            name.removesuffix("_m2").removesuffix("_share")
            if column.kind in ("land", "floor", "percent")
            else name
        )
        found[base + suffix] = found[without_spaces(column.zh + zh)] = known
    return found


def check_statistics(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    columns: Mapping[str, PlainColumn],
    unit: str,
) -> None:
    """Compare the figures of a zone table; those of a workbook name their row by its number.

    Parameters
    ----------
    checked : Checked
        Takes the outcome.
    figures : sequence of PublishedFigure
    expected : mapping
        See `plain_figures`.
    columns : mapping
        Its columns.
    unit : {"mu", "ha", "m2"}
        In which land is published.
    """
    known_columns = statistic_columns(columns, unit)
    rows = list(expected.values())
    for figure in figures:
        known = known_columns.get(without_spaces(figure.column))
        if known is None:
            checked.unverified[figure.column] = None
            continue
        if figure.position is None:
            row = expected.get(figure.row)
        else:
            row = rows[figure.position] if figure.position < len(rows) else None
        if row is not None:
            checked.compare(figure, row[known.name], known.base_per_unit, is_area=known.is_area)


def check_trend(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Mapping[str, Figure]]],
    columns: Mapping[str, PlainColumn],
    figure_name: str,
    unit: str,
) -> None:
    """Compare one column of the zone table on several days; see `zone_trend`. A figure's column is its day.

    Where a zone, or the numbers of a statistic, were not there on a day, nothing is known.
    """
    known = statistic_columns(columns, unit).get(figure_name)
    for figure in figures:
        if known is None:
            checked.unverified[figure_name] = None
        else:
            row = expected[figure.column].get(figure.row, {})
            right = row.get(known.name, Figure(None))
            checked.compare(figure, right, known.base_per_unit, is_area=known.is_area)


def check_by_name(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    unit: str,
    land: Collection[str] | None = None,
) -> None:
    """Compare figures that have the same names on both paths; rows missing or surplus are told.

    Of the areas those named in *land* are in the unit, all where it is left out; the others are in m2. A row whose
    name the second path does not know is wrong; a figure whose name it does not know is not verified.
    """
    rows = dict.fromkeys(figure.row for figure in figures)
    check_rows(checked, list(rows), expected, "表里")
    for figure in figures:
        right = expected.get(figure.row, {}).get(figure.column)
        if right is None:
            if figure.row in expected:
                checked.unverified[figure.column] = None
            continue
        is_area = figure.column.endswith("_m2")
        is_land = is_area and (land is None or figure.column in land)
        checked.compare(figure, right, M2_PER_LAND_UNIT[unit] if is_land else 1.0, is_area=is_area)


def check_rows(checked: Checked, rows: Sequence[str], expected: Mapping[str, object], what: str) -> None:
    """Note rows that a file lacks, or has and should not."""
    there = set(rows)
    missing, surplus = (
        [key for key in expected if key not in there],
        [key for key in rows if key not in expected],
    )
    for words, keys in (("缺少", missing), ("多出", surplus)):
        if keys:
            named = "、".join(keys[:5])
            checked.differences.append(
                Difference(
                    f"{what}{words} {len(keys)} 行（{named}）", f"{len(expected)} 行", f"{len(rows)} 行"
                )
            )


def check_ledger(
    checked: Checked,
    figures: Sequence[PublishedFigure],
    expected: Mapping[str, Mapping[str, Figure]],
    unit: str,
) -> None:
    """Compare the figures of a revitalisation ledger; see `ledger_figures`."""
    names = {zh: name for name, zh in LEDGER_COLUMNS.items()}
    for figure in figures:
        label, _, bracket = figure.column.partition("(")
        name = names.get(label, figure.column)
        is_land = bracket != "" and name in ("area_m2", "counted_m2")
        row = expected.get(figure.row)
        if row is not None:
            checked.compare(figure, row[name], M2_PER_LAND_UNIT[unit] if is_land else 1.0, is_area=True)


def ledger_rows(figures: Sequence[PublishedFigure]) -> list[str]:
    """Return the rows of a file without its totals, each once."""
    return [row for row in dict.fromkeys(figure.row for figure in figures) if row != TOTAL_ROW]
