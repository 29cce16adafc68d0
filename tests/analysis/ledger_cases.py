"""Ledgers made from a few words: plots along a line, 100 m deep, and their recognitions."""

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoapp.analysis.revitalised_counting import Land
from geoapp.analysis.revitalised_lineage import heirs, parse_lineage
from geoapp.analysis.revitalised_overlap import shared_land

WEST, SOUTH, DEPTH_M = 644_798.679, 3_316_404.248, 100.0
DAY = date(2026, 3, 1)


def strips(spans: dict[Any, tuple[float, float]]) -> gpd.GeoSeries:
    """Return rectangles from one metre to another, in degrees."""
    boxes = [shapely.box(WEST + start, SOUTH, WEST + end, SOUTH + DEPTH_M) for start, end in spans.values()]
    index = pd.Index(list(spans), tupleize_cols=False, dtype=object)
    return gpd.GeoSeries(boxes, index=index, crs=4549).to_crs(4490)


def land_of(
    plots: dict[str, float],
    *,
    at: dict[str, Any] | None = None,
    made_from: dict[str, str] | None = None,
    gone: dict[str, float] | None = None,
    parts: list[dict[str, Any]] | None = None,
) -> Land:
    area, gone_area = pd.Series(plots, dtype=float), pd.Series(gone or {}, dtype=float)
    spans = {(part["project"], part["plot"]): tuple(part["at"]) for part in parts or []}
    part_area = pd.Series({key: (end - start) * DEPTH_M for key, (start, end) in spans.items()}, dtype=float)
    if not spans:
        part_area.index = pd.MultiIndex.from_arrays([[], []])
    shapes = strips(at or {})
    lineage = parse_lineage(pd.Series(made_from or {}, dtype="str"))
    return Land(
        area_m2=area,
        heirs=heirs(lineage, pd.concat([area, gone_area])),
        gone_area_m2=gone_area,
        part_area_m2=part_area,
        parts_shared=shared_land(strips(spans), part_area, 1.0, [plot for _, plot in spans]),
        plots_shared=shared_land(shapes, area, 1.0),
    )


def records_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {
        "recognition_code": [f"R{number:03d}" for number in range(len(rows))],
        "project_code": [row.get("project") for row in rows],
        "plot_code": [row.get("plot") for row in rows],
        "recognised_on": [row.get("on") for row in rows],
        "area_m2": [row.get("area", np.nan) for row in rows],
        "new_gfa_gross_m2": [row.get("gross", np.nan) for row in rows],
        "new_gfa_net_m2": [row.get("net", np.nan) for row in rows],
    }
    texts = dict.fromkeys(["recognition_code", "project_code", "plot_code"], "str")
    numbers = dict.fromkeys(["area_m2", "new_gfa_gross_m2", "new_gfa_net_m2"], "float64")
    return pd.DataFrame(columns).astype(texts | numbers | {"recognised_on": "datetime64[s]"})
