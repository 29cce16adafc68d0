"""One remediation list of one year, as pages, files and the command line show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoapp.domain.far_proof import ProofNumber


@dataclass(frozen=True, slots=True)
class ListFinding:
    """Something to check, with the entry it is about."""

    code: str
    zh: str
    address: str
    subject_code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSheet:
    """One list of one year."""

    year: int
    list_code: str
    list_zh: str
    years: tuple[int, ...]
    """Years that have entries, newest first, and the one asked for."""
    counts: Mapping[str, Mapping[str, int]]
    """Entries of the year by list and status."""
    entries: pd.DataFrame
    """The register's fields, FACTS, also_in (other lists of the year), is_overdue; in the order of codes."""
    suggested: pd.DataFrame
    """Plots that rules call low-efficiency and that are not on the list: plot_code, name, town_code, reasons."""
    findings: tuple[ListFinding, ...]
    numbers: tuple[ProofNumber, ...]
    revision: int
    day: date
    is_now: bool
    note: str
    """What the reader must be told of the day."""
    is_demo: bool
