"""Which sums of a table tell of no single enterprise, though total and neighbouring rows stand beside them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """Which plots and enterprises make up the sums of a table's rows; the total is not among the rows."""

    areas: sparse.csr_array
    """Rows x plots: above zero where some of the plot goes into the row."""
    counts: sparse.csr_array
    """Rows x plots: 1 where the plot is counted, in one row at most."""
    enterprises: sparse.csr_array
    """Plots x enterprises: 1 where the enterprise is part of what the plot gives."""
    is_known: Mask
    """Plots that give something."""
    is_part: Mask
    """Those of them that go into the part's own column, such as the enterprises above scale."""
    least: int
    """Fewest plots, and fewest enterprises, that a sum must have to be told."""

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return int(self.areas.shape[0])

    @property
    def parts(self) -> tuple[Mask, Mask]:
        """Plots of the part, and the rest."""
        return self.is_known & self.is_part, self.is_known & ~self.is_part

    def goes_in(self, rows: Mask, plots: Mask) -> bool:
        """Return whether any of some plots goes into any of some rows."""
        return bool(((self.areas[np.flatnonzero(rows)].sum(axis=0) > 0) & plots).any())

    def size(self, rows: Mask, plots: Mask) -> int:
        """Return how many of some plots, or of the enterprises on them, are counted in some rows: the fewer."""
        is_counted = (self.counts[np.flatnonzero(rows)].sum(axis=0) > 0) & plots
        enterprise_count = int(np.count_nonzero(is_counted.astype(np.float64) @ self.enterprises))
        return min(int(is_counted.sum()), enterprise_count)

    def is_open(self, rows: Mask, *groups: Mask) -> bool:
        """Return whether what each of some groups of plots gives to some rows together is nothing or may be told."""
        return all(not self.goes_in(rows, plots) or self.size(rows, plots) >= self.least for plots in groups)


def open_rows(given: Contributions, *, are_rows_apart: bool = True) -> tuple[Mask, Mask]:
    """Return which rows may be told of the sums over all plots, and of those over the part.

    Whatever is added to or taken from what is told, `least` plots and enterprises remain in it:

    * A row is told where it has enough of them. The rows that are not told have enough of them together, since the
      total less the rows told is their sum; the smallest row told is kept back too until they have.
    * The part of a row is told where the part and the rest (the row less the part) have enough, or none.
    * The part of the total is told where every part is, or where that of one more row is kept back whose part and
      rest both have enough: total and rows then leave at least one of the two in any combination.

    Parameters
    ----------
    given : Contributions
        Rows without the total.
    are_rows_apart : bool
        Whether no land lies in two rows. Where some does, only the total may be told.

    Returns
    -------
    two arrays of bool, one per row and one more for the total
        A row to which no plot gives anything is told: there is nothing to tell.
    """
    is_told = np.full(given.row_count, fill_value=are_rows_apart)
    if are_rows_apart:
        is_told = np.array([given.is_open(row, given.is_known) for row in _each(given)], dtype=bool)
    while not given.is_open(~is_told, given.is_known):
        smallest = next((row for row in _by_size(given, given.is_known) if is_told[row]), None)
        if smallest is None:
            nothing = np.zeros(given.row_count + 1, dtype=bool)
            return nothing, nothing
        is_told[smallest] = False
    return np.append(is_told, True), _open_parts(given, is_told)


def _open_parts(given: Contributions, is_told: Mask) -> Mask:
    is_open = is_told & np.array([given.is_open(row, *given.parts) for row in _each(given)], dtype=bool)
    if np.array_equal(is_open, is_told) and given.is_open(~is_told, *given.parts):
        return np.append(is_open, True)
    part, rest = given.parts
    rows = list(_each(given))
    for number in _by_size(given, part):
        if is_open[number] and given.goes_in(rows[number], part) and given.goes_in(rows[number], rest):
            is_open[number] = False
            return np.append(is_open, True)
    return np.append(is_open, False)


def _each(given: Contributions) -> NDArray[np.bool_]:
    return np.eye(given.row_count, dtype=bool)


def _by_size(given: Contributions, plots: Mask) -> list[int]:
    """Return the rows into which some plots go, the smallest first."""
    rows = _each(given)
    sizes = {number: given.size(row, plots) for number, row in enumerate(rows) if given.goes_in(row, plots)}
    return sorted(sizes, key=lambda number: (sizes[number], number))
