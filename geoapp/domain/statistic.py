"""What a statistic is: a name, its columns, and a pure function from plot facts and weights to one number per row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from geoapp.domain.rule import Numbers
from geoapp.units import from_m2, m2_to_mu

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneWeights:
    """What each plot weighs in each row of a zone table: the zones in their order, then outside, then the total."""

    areas: sparse.csr_array
    """Rows x plots: share of the plot's area."""
    counts: sparse.csr_array
    """Rows x plots: 1 where the plot is counted."""

    @property
    def row_count(self) -> int:
        """Number of rows: zones + 2."""
        return int(self.areas.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUnit:
    """How a column's numbers are computed and shown."""

    zh: str
    """The unit shown, in Chinese; empty for a pure number."""
    suffix: str
    """Ending of the column's name in the unit it is computed in."""
    shown_suffix: str
    """Ending of the column's name in the unit shown."""
    to_shown: Callable[[Floats], Floats]
    decimals: int
    """On pages and in print."""
    file_decimals: int
    """In files to compute on with."""


COLUMN_UNITS: Mapping[str, ColumnUnit] = {
    "count": ColumnUnit(
        zh="宗", suffix="", shown_suffix="", to_shown=lambda n: n, decimals=0, file_decimals=0
    ),
    "mu": ColumnUnit(
        zh="亩", suffix="_m2", shown_suffix="_mu", to_shown=m2_to_mu, decimals=2, file_decimals=4
    ),
    "m2": ColumnUnit(
        zh="平方米", suffix="_m2", shown_suffix="_m2", to_shown=lambda n: n, decimals=0, file_decimals=2
    ),
    "ha": ColumnUnit(
        zh="公顷",
        suffix="_m2",
        shown_suffix="_ha",
        to_shown=lambda n: from_m2(n, "ha"),
        decimals=4,
        file_decimals=6,
    ),
    "percent": ColumnUnit(
        zh="%",
        suffix="_share",
        shown_suffix="_percent",
        to_shown=lambda n: n * 100,
        decimals=1,
        file_decimals=2,
    ),
    "ratio": ColumnUnit(zh="", suffix="", shown_suffix="", to_shown=lambda n: n, decimals=2, file_decimals=4),
    "wan_per_mu": ColumnUnit(
        zh="万元/亩", suffix="", shown_suffix="", to_shown=lambda n: n, decimals=2, file_decimals=4
    ),
}
"""By the unit shown. Areas are computed in m2, shares from 0 to 1; 亩 and percent are the edge's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticColumn:
    """One column of a zone table."""

    name: str
    """Ends in the unit it is computed in: site_area_m2, known_gfa_share, plot_count, far."""
    zh: str
    en: str
    unit: str
    """The unit shown, a key of COLUMN_UNITS."""
    formula: str
    """How it comes about, in Chinese, for the second sheet."""

    @property
    def label(self) -> str:
        """Chinese label with the unit shown: 用地面积(亩)."""
        unit = COLUMN_UNITS[self.unit].zh
        return f"{self.zh}({unit})" if unit else self.zh

    @property
    def decimals(self) -> int:
        """Decimals shown."""
        return COLUMN_UNITS[self.unit].decimals

    @property
    def file_decimals(self) -> int:
        """Decimals in files to compute on with."""
        return COLUMN_UNITS[self.unit].file_decimals

    @property
    def shown_name(self) -> str:
        """Name with the unit shown: site_area_mu."""
        unit = COLUMN_UNITS[self.unit]
        return self.name.removesuffix(unit.suffix) + unit.shown_suffix

    def to_shown(self, values: Floats) -> Floats:
        """Return numbers as computed in the unit shown, not rounded."""
        return COLUMN_UNITS[self.unit].to_shown(values)


Compute = Callable[[pd.DataFrame, ZoneWeights], dict[str, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSum:
    """What a statistic sums up, for whoever may see the sum of a large enough group but no plot's own value."""

    value: str
    """The fact that is summed up. Of a plot where it is unknown nothing goes in."""
    part: str
    """Yes-or-no fact: the plots of the part that has columns of its own."""
    part_columns: tuple[str, ...]
    """Names of those columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """One subject of the zone table, with one column or several. One module each in `geoapp/statistics/`."""

    id: str
    zh: str
    en: str
    order: int
    """Place in the table, from the left."""
    needs: tuple[str, ...]
    """Columns of the plot facts that it reads."""
    columns: tuple[StatisticColumn, ...]
    compute: Compute
    """(facts, weights) -> numbers per row by column name; NaN where not known."""
    source: str = ""
    """Document the definition comes from."""
    is_default: bool = True
    """Whether a page shows it before anybody has chosen."""
    group_sum: GroupSum | None = None
    """Where its fact is hidden from somebody: how its groups are judged; without it nothing of it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedStatistic:
    """A statistic that rests on numbers of the rule book: limits of classes, targets, counts."""

    id: str
    zh: str
    thresholds: tuple[str, ...]
    """Ids of the policy numbers it uses."""
    on: Callable[[Numbers], Statistic]
    """The statistic under the numbers of a day; its id and zh are those here."""
