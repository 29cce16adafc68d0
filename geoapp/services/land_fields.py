"""Which fields of a register are land, and their values in the unit that a reader chose."""

from collections.abc import Mapping, Sequence

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.units import AREA_UNIT_LABELS, from_m2, to_m2

_UNITS = {zh: unit for unit, zh in AREA_UNIT_LABELS.items()}
_NOT_LAND = ("gfa", "footprint", "leased", "leasable", "sellable")
"""Parts of the names of floor and ground-floor areas, which nobody reads in 亩."""


def land_fields(fields: Mapping[str, FieldInfo]) -> dict[str, str]:
    """Return the unit of each field that is land.

    Parameters
    ----------
    fields : mapping of FieldInfo by name
        All of a register. One in m2 beside the same in 亩 (site_area_m2, site_area_mu) stays in m2: that is what it is
        there for.

    Returns
    -------
    dict of unit (m2, ha, mu) by name
    """
    areas = {name: _UNITS[info.unit] for name, info in fields.items() if info.unit in _UNITS}
    return {
        name: unit
        for name, unit in areas.items()
        if not any(part in name for part in _NOT_LAND) and f"{name.removesuffix('_m2')}_mu" not in fields
    }


def in_unit(
    fields: Sequence[FieldInfo], rows: pd.DataFrame, land: Mapping[str, str], unit: str
) -> tuple[tuple[FieldInfo, ...], pd.DataFrame]:
    """Return fields and values with land in a unit, not rounded.

    Parameters
    ----------
    fields : sequence of FieldInfo
    rows : DataFrame
        One column per field, perhaps others.
    land : mapping
        See `land_fields`.
    unit : {"mu", "ha", "m2"}
    """
    changed = {info.name: land[info.name] for info in fields if land.get(info.name, unit) != unit}
    shown = tuple(info.in_unit(unit) if info.name in land else info for info in fields)
    columns = {name: from_m2(to_m2(rows[name], own), unit) for name, own in changed.items()}
    return shown, rows.assign(**columns) if columns else rows
