"""Records of any register one by one: what is stored, what is computed of them, which a filter takes in."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.verification.computed_fields import BY_STATE, line_fields, state_values
from geoapp.verification.figure import Value
from geoapp.verification.filters import COMPUTED, plot_values, records_taken_in, taken_in
from geoapp.verification.plots import plain_plots
from geoapp.verification.projects import COMPUTED as OF_PROJECTS
from geoapp.verification.projects import project_rows
from geoapp.verification.published_records import COUNT, KNOWN, SUM
from geoapp.verification.source import Shape, Source

PLOTS, PROJECTS = "plots", "projects"
_JOINT = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRecord:
    """One record."""

    values: Mapping[str, Any]
    shape: Shape


def known_fields(source: Source, register: str) -> set[str]:
    """Return the fields of a register that the second path knows: its own, and those it computes."""
    own = {field.name for field in source.layers[register].fields}
    computed = {PLOTS: {*COMPUTED, *BY_STATE, *line_fields(source)}, PROJECTS: {*OF_PROJECTS}}
    return own | computed.get(register, set())


def record_values(
    source: Source, register: str, filter_text: str, names: Collection[str]
) -> dict[str, PlainRecord]:
    """Return the records that a filter takes in, by key, in the order of keys.

    Parameters
    ----------
    source : Source
    register : str
    filter_text : str
    names : collection of str
        Fields wanted, of `known_fields`.

    Raises
    ------
    UsageError
        The filter asks for something that is not computed a second time.
    """
    layer = source.layers[register]
    found: dict[str, PlainRecord] = {}
    if register == PLOTS:
        places = state_values(source, names)
        for plot in taken_in(source, plain_plots(source), filter_text):
            found[plot.code] = PlainRecord(values=plot_values(plot, names, places), shape=plot.shape)
    else:
        rows = project_rows(source) if register == PROJECTS else source.rows(register)
        computed = OF_PROJECTS if register == PROJECTS else {}
        for row in records_taken_in(source, register, rows, filter_text, computed):
            key = _JOINT.join(str(row[name]) for name in layer.key)
            found[key] = PlainRecord(values={name: row[name] for name in names}, shape=row.get("geometry"))
    return dict(sorted(found.items()))


def sum_values(
    source: Source, register: str, filter_text: str, names: Collection[str]
) -> dict[str, dict[str, Value]]:
    """Return how many records a filter takes in, and of each field of numbers how many are known and their sum."""
    rows = record_values(source, register, filter_text, names).values()
    found: dict[str, dict[str, Value]] = {COUNT: {COUNT: float(len(rows))}}
    for name in names:
        known = [float(row.values[name]) for row in rows if row.values[name] is not None]
        found[name] = {KNOWN: float(len(known)), SUM: math.fsum(known)}
    return found
