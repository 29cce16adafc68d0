"""What proof sheets of plot ratios must hold: of a zone plot by plot, of a plot step by step."""

import math

from geoapp.errors import UsageError
from geoapp.verification.figure import Figure, Value, with_slack
from geoapp.verification.filters import taken_in
from geoapp.verification.plots import Plot, area_by, counted_floor, plain_plots
from geoapp.verification.published_others import ITSELF
from geoapp.verification.source import Source
from geoapp.verification.supplies import quotient
from geoapp.verification.zones import all_rows, restricted

Rows = dict[str, dict[str, Value]]
_BASES = ("registered", "ellipsoid", "plane")


def zone_proof_figures(
    source: Source, *, zones: str, zone_key: str, membership: str, filter_text: str = "", zone_set: str = ""
) -> dict[str, dict[str, Figure]]:
    """Return the figures of a zone's proof sheet: its own under ITSELF, of each plot in it by code; m2.

    Raises
    ------
    UsageError
        There is no such zone.
    """
    wanted = {plot.code for plot in taken_in(source, plain_plots(source), filter_text)}
    rows = restricted(all_rows(source, zones, membership, zone_set), wanted)
    row = next((row for row in rows if row.key == zone_key), None)
    if row is None:
        raise UsageError(f"“{zones[:40]}”里没有分区“{zone_key[:40]}”，或这里没有它的图形。")
    return with_slack(source, lambda state: _zone_sheet(state, row.area_share))


def _zone_sheet(source: Source, shares: dict[str, float]) -> Rows:
    plots = [(plot, shares[plot.code]) for plot in plain_plots(source) if plot.code in shares]
    rows = {plot.code: _line(plot, share) for plot, share in plots}
    usable = [rows[plot.code] for plot, _ in plots if _is_usable(plot)]
    floor, area = (
        math.fsum(row[name] or 0.0 for row in usable) for name in ("gfa_in_zone_m2", "area_in_zone_m2")
    )
    sizes = [plot.site_area_m2 * share for plot, share in plots if plot.site_area_m2 is not None]
    positive = math.fsum(size for size in sizes if size > 0)
    known = math.fsum(
        (plot.site_area_m2 or 0.0) * share
        for plot, share in plots
        if plot.gfa_m2 is not None and (plot.site_area_m2 or 0.0) > 0
    )
    rows[ITSELF] = {
        "gfa_counted_m2": floor, "site_area_m2": area, "far": quotient(floor, area),
        "known_gfa_share": known / positive if positive > 0 else None,
        "all_site_area_m2": None if plots and not sizes else math.fsum(sizes),
    }  # fmt: skip
    return rows


def _is_usable(plot: Plot) -> bool:
    return plot.gfa_m2 is not None and (plot.site_area_m2 or 0.0) > 0


def _line(plot: Plot, share: float) -> dict[str, Value]:
    def part(value: Value) -> Value:
        return None if value is None else value * share

    return {
        "share": share, "gfa_m2": plot.gfa_m2, "site_area_m2": plot.site_area_m2, "far": plot.far,
        "gfa_in_zone_m2": part(plot.gfa_m2), "area_in_zone_m2": part(plot.site_area_m2),
    }  # fmt: skip


def plot_proof_figures(source: Source, plot_code: str) -> dict[str, dict[str, Figure]]:
    """Return the figures of a plot's proof sheet: its own under ITSELF, those of its parts as part|line; m2.

    Raises
    ------
    UsageError
        There is no such plot.
    """
    if plot_code not in {plot.code for plot in plain_plots(source)}:
        raise UsageError(f"台账里没有地块“{plot_code[:40]}”。")
    return with_slack(source, lambda state: _plot_sheet(state, plot_code))


def _plot_sheet(source: Source, plot_code: str) -> Rows:
    plot = next(plot for plot in plain_plots(source) if plot.code == plot_code)
    buildings = [row for row in source.rows("buildings") if row["plot_code"] == plot_code]
    counted = {row["building_code"]: counted_floor(source, row) for row in buildings}
    total = _whole([*counted.values()])
    actual = plot.row["gfa_actual_m2"]
    floors = {"buildings": total, "gfa_far_m2": plot.row["gfa_far_m2"], "gfa_actual_m2": actual}
    cover = plot.footprint_m2
    rows: Rows = {
        ITSELF: {
            "buildings_counted_m2": total, "gfa_counted_m2": plot.gfa_m2, "site_area_m2": plot.site_area_m2,
            "far": plot.far,
        },
        "ratios|far": {"value": plot.far},
        "ratios|site_coverage": {"value": quotient(cover, plot.site_area_m2)},
        "ratios|building_coefficient": {"value": plot.coefficient},
    }  # fmt: skip
    for name, floor in floors.items():
        rows[f"floor_areas|{name}"] = {"gfa_m2": floor, "far": quotient(floor, plot.site_area_m2)}
    for row in buildings:
        rows[f"buildings|{row['building_code']}"] = {
            "gfa_m2": row["gfa_m2"], "basement_m2": _basement(row["basement_gfa_m2"], row["basement_storeys"]),
            "counted_m2": counted[row["building_code"]], "footprint_m2": row["footprint_m2"],
        }  # fmt: skip
    return rows | _areas(source, plot)


def _whole(values: list[Value]) -> Value:
    known = [value for value in values if value is not None]
    return math.fsum(known) if values and len(known) == len(values) else None


def _basement(area: Value, storeys: int | None) -> Value:
    return 0.0 if area is None and not (storeys or 0) > 0 else area


def _areas(source: Source, plot: Plot) -> Rows:
    registered = plot.row["area_reg_m2"]
    used = plot.site_area_m2
    areas = {basis: area_by(source, plot.row, basis) for basis in _BASES}
    is_chosen = (basis for basis in source.settings.site_area_order if (areas[basis] or 0.0) > 0)
    chosen = next(is_chosen, None)
    divisor = registered if registered is not None and registered > 0 else used
    rows: Rows = {}
    for basis, area in areas.items():
        is_set_off = basis != chosen and area is not None and area > 0 and used is not None
        difference = (area or 0.0) - (used or 0.0) if is_set_off else None
        rows[f"areas|{basis}"] = {
            "area_m2": area, "difference_m2": difference,
            "difference_share": None if difference is None or not divisor else difference / divisor,
            "far": quotient(plot.gfa_m2, area),
        }  # fmt: skip
    return rows
