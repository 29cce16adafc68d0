"""What somebody should look at in an edited record: unknown references, differing areas, what imports name too."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoapp.analysis.revitalised_lineage import parse_lineage
from geoapp.analysis.topology import area_m2
from geoapp.domain.frame import STORED_CRS, conform
from geoapp.domain.layer import Field, Layer
from geoapp.domain.matching import Matching
from geoapp.services.import_columns import Table
from geoapp.services.import_quality import quality_issues
from geoapp.services.plot_successors import FOLLOWING
from geoapp.services.record_card import record_name
from geoapp.services.workspace import Workspace
from geoapp.units import area_words, limit_text, number_text


def record_findings(
    workspace: Workspace, layer: Layer, values: Mapping[str, Any], day: date
) -> tuple[str, ...]:
    """Return sentences about a record that can be kept but should be looked at.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    values : mapping
        All of the record's plain values, "geometry" in degrees among them.
    day : date
        Whose limits hold.
    """
    shape = values.get("geometry")
    return (
        *_unknown_references(workspace, layer, values),
        *_area_difference(workspace, layer, values, shape, day),
        *_quality(workspace, layer, values, shape, day),
    )


def _unknown_references(workspace: Workspace, layer: Layer, values: Mapping[str, Any]) -> Iterator[str]:
    for field in layer.fields:
        register, value = field.references.partition(".")[0], values.get(field.name)
        if value is None or register not in workspace.layers or workspace.store.read(register).empty:
            continue
        if record_name(workspace, register, str(value)) is None:
            yield from _lost_reference(workspace, layer, field, str(value))
    if layer.id == "plots" and values.get("predecessors"):
        named = parse_lineage(pd.Series({values["plot_code"]: values["predecessors"]}))["predecessor"]
        here = set(workspace.store.read("plots")["plot_code"]) & set(named)
        if here:
            yield f"来源地块“{'、'.join(sorted(here))}”还在台账里，土地会重复计算。请移除，或改“来源地块”。"


def _lost_reference(workspace: Workspace, layer: Layer, field: Field, value: str) -> Iterator[str]:
    """Say that there is no such record; of a plot that was split or merged what was made from it."""
    register = field.references.partition(".")[0]
    made: list[str] = []
    if register == "plots":
        lineage = parse_lineage(workspace.store.read("plots").set_index("plot_code")["predecessors"])
        made = lineage.loc[lineage["predecessor"] == value, "successor"].tolist()
    if not made:
        yield f"“{field.zh}”填的“{value}”不在“{workspace.layers[register].zh}”台账里。请核对编号。"
    elif layer.id not in FOLLOWING:
        yield f"“{field.zh}”填的“{value}”已分割或合并为“{'、'.join(made)}”。请改填现在的编号。"


def _area_difference(
    workspace: Workspace, layer: Layer, values: Mapping[str, Any], shape: shapely.Geometry | None, day: date
) -> Iterator[str]:
    if shape is None or layer.geometry != "polygon":
        return
    limit = float(workspace.policy.value("import_area_difference_share", day))
    drawn = area_m2(shape)
    for name in workspace.policy.value("import_site_area_fields", day):
        registered = values.get(name)
        if registered and abs(drawn / registered - 1) > limit:
            label = layer.field(name).zh
            yield (
                f"{label} {area_words(registered)}，图形 {area_words(drawn)}，"
                f"相差 {number_text(abs(drawn / registered - 1), '.1%')}，超过 {limit_text(limit)}。请核对权证或图形。"
            )


def _quality(
    workspace: Workspace, layer: Layer, values: Mapping[str, Any], shape: shapely.Geometry | None, day: date
) -> Iterator[str]:
    row = {name: value for name, value in values.items() if name != "geometry"}
    records = conform(pd.DataFrame([row], index=[1]), layer)[list(layer.field_names)]
    nothing = Matching(columns=(), issues=())
    table = Table(
        layer=layer, records=pd.DataFrame(records), originals={}, cell_units={}, units={}, matching=nothing
    )
    geometry = gpd.GeoSeries([shape], index=[1], crs=STORED_CRS) if layer.has_geometry else None
    for issue in quality_issues(table, geometry, workspace, day):
        yield f"{issue.message}{issue.advice}"
