"""Zone statistics of 20,000 plots x 100 zones: ours against `geopandas.overlay`, the same table from both.

Run `python -m tests.bench.bench_statistics`. Both start from the same frames in memory, take turns, and must agree to
1e-9; the ratio of the medians must be at least 3.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.overlay import overlay_shares
from geoapp.services.file_statistics import zone_rows
from geoapp.units import m2_to_mu
from tests.bench.synthetic import extent_of, make_plots, make_zones

PLOTS, ZONES, ROUNDS = 20_000, 100, 7
LEAST_RATIO = 3.0
TOLERANCE = 1e-9


def ours(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """The table as `geoapp stats` computes it."""
    facts = pd.DataFrame(
        {
            "geometry_area_m2": plots.area,
            "site_area_m2": plots["site_area_m2"],
            "gfa_m2": plots["gfa_counted_m2"],
        }
    )
    return zone_rows(facts, overlay_shares(plots.geometry, zones.geometry), list(zones["zone"])).set_index(
        "zone"
    )


def theirs(plots: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """The same table by `geopandas.overlay` and groupby, as one would write it by hand."""
    plots = plots.assign(area_m2=plots.area, gfa_m2=plots["gfa_counted_m2"])
    pieces = gpd.overlay(plots, zones, how="intersection", keep_geom_type=True)
    pieces["share"] = pieces.area / pieces["area_m2"]
    inside = pieces.groupby("plot_code")["share"].sum().reindex(plots["plot_code"], fill_value=0.0)
    largest = pieces.sort_values("share", ascending=False, kind="stable").drop_duplicates("plot_code")
    outside = plots.assign(zone="(outside)", share=(1 - inside.to_numpy()).clip(0))
    total = plots.assign(zone="(total)", share=1.0)
    counts = pd.concat(
        [
            largest["zone"].value_counts(),
            pd.Series({"(outside)": len(plots) - len(largest), "(total)": len(plots)}),
        ]
    )
    parts = pd.concat(
        [frame[["zone", "share", "area_m2", "site_area_m2", "gfa_m2"]] for frame in (pieces, outside, total)]
    )
    is_known = parts["gfa_m2"].notna() & (parts["site_area_m2"] > 0)
    known_site = (parts["site_area_m2"] * parts["share"]).where(is_known)
    columns = {
        "geometry_area_m2": parts["area_m2"] * parts["share"],
        "site_area_m2": parts["site_area_m2"] * parts["share"],
        "gfa_m2": parts["gfa_m2"] * parts["share"],
        "known_site_m2": known_site,
    }
    rows = pd.DataFrame(columns).groupby(parts["zone"]).sum()
    rows = rows.reindex([*zones["zone"], "(outside)", "(total)"], fill_value=0.0)
    return pd.DataFrame(
        {
            "plot_count": counts.reindex(rows.index, fill_value=0),
            "geometry_area_m2": rows["geometry_area_m2"],
            "geometry_area_mu": m2_to_mu(rows["geometry_area_m2"]),
            "site_area_m2": rows["site_area_m2"],
            "site_area_mu": m2_to_mu(rows["site_area_m2"]),
            "gfa_m2": rows["gfa_m2"],
            "far": rows["gfa_m2"] / rows["known_site_m2"],
            "known_gfa_share": rows["known_site_m2"] / rows["site_area_m2"],
        }
    )


def largest_difference(one: pd.DataFrame, other: pd.DataFrame, total_m2: float) -> float:
    """Return the largest difference of two tables, relative to the figure or to the whole land where that is tiny."""
    one, other = one.to_numpy(dtype=float), other.to_numpy(dtype=float)
    scale = np.maximum(np.abs(other), 1e-6 * total_m2)
    return float(np.nanmax(np.abs(one - other) / scale))


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    plots = make_plots(PLOTS)
    zones = make_zones(ZONES, extent_of(plots))
    difference = largest_difference(ours(plots, zones), theirs(plots, zones), float(plots.area.sum()))
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        times["ours"].append(seconds(lambda: ours(plots, zones)))
        times["theirs"].append(seconds(lambda: theirs(plots, zones)))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["theirs"] / medians["ours"]
    print(f"zone statistics, {PLOTS:,} plots x {ZONES} zones, median of {ROUNDS} interleaved rounds")
    print(f"  geoapp                       {medians['ours'] * 1000:8.1f} ms")
    print(f"  geopandas.overlay + groupby  {medians['theirs'] * 1000:8.1f} ms")
    print(f"  ratio                        {ratio:8.2f}   (required: {LEAST_RATIO:.0f})")
    print(f"  largest relative difference  {difference:8.1e}   (allowed: {TOLERANCE:.0e})")
    return 0 if ratio >= LEAST_RATIO and difference <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
