"""Zone statistics of a city: ours against tuned PostGIS and `geopandas.overlay`; what an edit costs; a province.

Run `python -m tests.bench.bench_overlay`; `--plots=` makes it smaller. All start from what they keep: ours and
geopandas from frames in memory, PostGIS from indexed tables. The sums must agree to 1e-9.
"""

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rich.console import Console
from rich.table import Table

from geoapp.analysis.overlay import Membership, overlay_shares
from geoapp.analysis.zoning import sum_known, zone_weights
from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import open_workspace
from geoapp.services.zone_statistics import zone_statistics
from geoapp.settings import Settings
from geoapp.statistics import compute_statistics, find_statistics
from tests.bench import peers_tiles as peers
from tests.bench.city import edit_one, make_city
from tests.bench.synthetic import WORKING_CRS, extent_of, make_plots, make_zones

PLOTS, ZONES = 200_000, 529
MANY_PLOTS, MANY_ZONES = 1_000_000, 2_025
ZONE_KINDS = {"zones of 320 vertices": 80, "zones of 5,000 vertices": 1_250}
"""Vertices per edge; a zone has four edges."""
ROUNDS = 3
LEAST_RATIOS = {"PostGIS": 3.0, "geopandas.overlay": 10.0}
TOLERANCE = 1e-9
MOST_STATISTIC_MS, MOST_EDIT_MS, MOST_GB = 100.0, 300.0, 3.0
SQL = """
WITH pairs AS MATERIALIZED (
    SELECT z.zone, p.site, p.gfa, p.area, p.geom AS plot, z.geom AS land, ST_ContainsProperly(z.geom, p.geom) AS inside
    FROM zones z JOIN plots p ON ST_Intersects(z.geom, p.geom)
), shares AS MATERIALIZED (
    SELECT zone, site, gfa,
        CASE WHEN inside THEN 1 ELSE ST_Area(ST_Intersection(plot, land)) / area END AS share
    FROM pairs
)
SELECT zone, sum(site * share), sum(gfa * share) FROM shares GROUP BY zone ORDER BY zone
"""


@dataclass
class Land:
    """Plots and zones in a plane CRS."""

    plots: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame

    def sums(self, membership: Membership) -> pd.DataFrame:
        """Site and floor area per zone."""
        weights = zone_weights(membership)
        columns = {
            name: sum_known(weights.areas, self.plots[name])[:-2]
            for name in ("site_area_m2", "gfa_counted_m2")
        }
        return pd.DataFrame(columns, index=self.zones["zone"])

    def ours(self) -> pd.DataFrame:
        return self.sums(overlay_shares(self.plots.geometry, self.zones.geometry))

    def geopandas(self) -> pd.DataFrame:
        """The same as one would write it by hand."""
        plots = self.plots.assign(area_m2=self.plots.area)
        pieces = gpd.overlay(plots, self.zones, how="intersection", keep_geom_type=True)
        share = pieces.area / pieces["area_m2"]
        parts = pd.DataFrame({name: pieces[name] * share for name in ("site_area_m2", "gfa_counted_m2")})
        return parts.groupby(pieces["zone"]).sum().reindex(self.zones["zone"])


def main() -> None:
    if "--province" in sys.argv:
        province()
        return
    if missing := peers.missing_parts(with_tipg=False):
        raise SystemExit("Missing: " + "; ".join(missing) + ". On Debian and Ubuntu: make system-bench")
    console, failures = Console(), []
    plots = make_plots(peers.option("plots", PLOTS))
    with peers.postgres() as address:
        load(address, "plots", plots, {"site": "site_area_m2", "gfa": "gfa_counted_m2"})
        for words, vertices_per_edge in ZONE_KINDS.items():
            land = Land(plots, make_zones(ZONES, extent_of(plots), vertices_per_edge))
            load(address, "zones", land.zones, {})
            failures += against_peers(console, words, land, address)
    failures += later_costs(console, land)
    failures += page_after_edit(console, len(plots))
    if failures:
        raise SystemExit("; ".join(failures))
    subprocess.run([sys.executable, "-m", "tests.bench.bench_overlay", "--province"], check=True)


def load(address: str, table: str, frame: gpd.GeoDataFrame, columns: dict[str, str]) -> None:
    """Fill a table with a GiST index, in its order."""
    import psycopg

    named = "".join(f", {name} double precision" for name in columns)
    wkb = shapely.to_wkb(shapely.set_srid(frame.geometry.to_numpy(), 4549), hex=True, include_srid=True)
    key = frame["zone" if table == "zones" else "plot_code"]
    numbers = [frame[source].astype(object).where(frame[source].notna(), None) for source in columns.values()]
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(
            f"CREATE TABLE {table} (zone text, area double precision{named}, geom geometry(Geometry, 4549))"
        )
        names = ", ".join(["zone", "area", *columns, "geom"])
        with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in zip(key, frame.area, *numbers, wkb, strict=True):
                copy.write_row(row)
        connection.execute(f"CREATE INDEX {table}_geom ON {table} USING gist (geom)")
        connection.execute(f"CLUSTER {table} USING {table}_geom")
        connection.execute(f"VACUUM ANALYZE {table}")


def postgis(address: str) -> pd.DataFrame:
    import psycopg

    with psycopg.connect(address) as connection:
        rows = connection.execute(SQL).fetchall()
    return pd.DataFrame(rows, columns=["zone", "site_area_m2", "gfa_counted_m2"]).set_index("zone")


def against_peers(console: Console, words: str, land: Land, address: str) -> list[str]:
    """Take turns, and compare the tables."""
    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "geoapp": land.ours,
        "PostGIS": lambda: postgis(address),
        "geopandas.overlay": land.geopandas,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    tables: dict[str, pd.DataFrame] = {}
    for number in range(ROUNDS):
        for name, way in ways.items():
            if name == "geopandas.overlay" and number:
                continue  # a minute and more
            times[name].append(timed(lambda: tables.__setitem__(name, way())))  # noqa: B023 - called at once
    table = Table("", "seconds", "times ours", "at least", "largest difference",
                  title=f"{len(land.plots):,} plots x {len(land.zones)} {words}")  # fmt: skip
    ours, failures = float(np.median(times["geoapp"])), []
    for name, values in times.items():
        ratio, least = float(np.median(values)) / ours, LEAST_RATIOS.get(name)
        difference = float((tables[name] / tables["geoapp"] - 1).abs().max().max())
        table.add_row(name, f"{np.median(values):.2f}", f"{ratio:.1f}", f"{least or ''}", f"{difference:.1e}")
        if least and ratio < least:
            failures.append(f"{name}, {words}: only {ratio:.1f} times, {least:.0f} wanted")
        if difference > TOLERANCE:
            failures.append(f"{name}, {words}: differs by {difference:.1e}")
    console.print(table)
    return failures


def later_costs(console: Console, land: Land) -> list[str]:
    """Time a further statistic on known shares, and the figures after one plot's edit."""
    membership = overlay_shares(land.plots.geometry, land.zones.geometry)
    weights = zone_weights(membership)
    statistic = next(found for found in find_statistics() if found.id == "plot_ratio")
    facts = pd.DataFrame(land.plots[["site_area_m2", "gfa_counted_m2"]])
    further = min(timed(lambda: compute_statistics(facts, weights, [statistic])) for _ in range(5)) * 1e3

    def edited() -> None:
        row = np.arange(len(land.plots))
        row[4_711] = -1
        fresh = overlay_shares(land.plots.geometry.iloc[[4_711]], land.zones.geometry)
        compute_statistics(facts, zone_weights(membership.updated(row, fresh)), [statistic])

    edit = min(timed(edited) for _ in range(5)) * 1e3
    console.print(f"a further statistic: {further:.0f} ms; after one plot's edit: {edit:.0f} ms")
    failures = [f"a further statistic takes {further:.0f} ms"] if further > MOST_STATISTIC_MS else []
    return failures + ([f"an edit takes {edit:.0f} ms"] if edit > MOST_EDIT_MS else [])


def page_after_edit(console: Console, plot_count: int) -> list[str]:
    """Time what the statistics page asks for after one plot's edit: facts of plots, shares and figures."""
    with tempfile.TemporaryDirectory() as folder:
        plots = make_city(plot_count, Path(folder))
        workspace = open_workspace(Settings(data_dir=Path(folder)))
        zones = make_zones(ZONES, extent_of(plots.to_crs(WORKING_CRS))).to_crs(4490)
        zones = zones.rename(columns={"zone": "zone_code"}).assign(name=zones["zone"], kind="ZQ1")
        change = RegisterChange(conform(zones, workspace.layer("control_zones")))
        workspace.store.write({"control_zones": change}, kind=RevisionKind.IMPORT, user="bench")

        def ask() -> None:
            zone_statistics(workspace, zones="control_zones")

        def answer_after_edit(plot_code: str) -> float:
            edit_one(Path(folder), plot_code)
            return timed(ask)

        ask()
        milliseconds = min(answer_after_edit(code) for code in plots["plot_code"].iloc[:5]) * 1e3
    console.print(f"all that the statistics page shows, after one plot's edit: {milliseconds:.0f} ms")
    return [f"the page takes {milliseconds:.0f} ms after an edit"] if milliseconds > MOST_EDIT_MS else []


def province() -> None:
    """Compute the largest case in a process of its own, and say what memory it took."""
    plots = make_plots(MANY_PLOTS)
    land = Land(plots, make_zones(MANY_ZONES, extent_of(plots)))
    seconds = timed(land.ours)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{MANY_PLOTS:,} plots x {MANY_ZONES} zones: {seconds:.0f} s, {peak_gb:.2f} GB at most, plots included"
    )
    if peak_gb > MOST_GB:
        raise SystemExit(f"{peak_gb:.2f} GB")


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
