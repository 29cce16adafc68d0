"""Both ends of the swap across the control lines as shapes, and both sides of the balance of changed use."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geoapp.services.compliance import SwapLedger
from geoapp.services.workspace import Workspace
from geoapp.services.zone_source import lines_in_force
from geoapp.units import area_words

RETIRED, GRANTED, CHANGED, BROUGHT = "retired", "granted", "changed", "brought"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPlot:
    """A plot at one end of the swap, or on one side of the balance of changed use."""

    plot_code: str
    kind: str
    """RETIRED, GRANTED, CHANGED or BROUGHT."""
    name: str
    words: str
    """What happened on it, in Chinese."""
    shape: BaseGeometry
    """In EPSG:4490; without one it would lie neither in nor out of a line."""


def swap_plots(workspace: Workspace, found: SwapLedger, unit: str = "mu") -> tuple[SwapPlot, ...]:
    """Return the plots at both ends, each once an end: retired, granted, changed, brought in.

    Parameters
    ----------
    workspace : Workspace
    found : SwapLedger
    unit : {"mu", "ha", "m2"}
        For land in the words.
    """
    ends = (
        (RETIRED, _said(found.retired, "线外减少", "counted_m2", unit)),
        (GRANTED, _said(found.granted, "线内置换新增", "area_m2", unit)),
        (CHANGED, _said(found.makeup.changed.reset_index(), "线内改出", "site_area_m2", unit)),
        (BROUGHT, _said(found.makeup.brought.reset_index(), "补入", "site_area_m2", unit)),
    )
    plots = workspace.store.read("plots", revision=found.state.revision).set_index("plot_code")
    return tuple(_plot(plots, code, kind, words) for kind, said in ends for code, words in said.items())


def swap_lines(workspace: Workspace, found: SwapLedger) -> list[BaseGeometry]:
    """Return the outlines of the control lines that hold on the day (EPSG:4490)."""
    lines = workspace.store.read("control_lines", revision=found.state.revision)
    return list(lines.geometry[lines_in_force(lines, found.state.day)].dropna())


def _said(rows: pd.DataFrame, what: str, column: str, unit: str) -> dict[str, str]:
    """Return the words of each plot: its entries may be several."""
    area = rows.groupby("plot_code", sort=False)[column].agg(lambda own: own.sum(skipna=False))
    return {
        str(code): f"{what} {'面积不明' if pd.isna(value) else area_words(value, unit)}"
        for code, value in area.items()
    }


def _plot(plots: gpd.GeoDataFrame, code: str, kind: str, words: str) -> SwapPlot:
    name, shape = plots.loc[code, "name"], plots.loc[code, "geometry"]
    return SwapPlot(
        plot_code=code, kind=kind, name="" if pd.isna(name) else str(name), words=words, shape=shape
    )
