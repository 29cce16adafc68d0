"""The lists on a plot's card: areas, buildings, enterprises, projects, recognitions, transactions, zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geoapp.analysis.intensity import counted_floor_area
from geoapp.analysis.overlay import overlay_shares
from geoapp.domain.admission import WAITING
from geoapp.domain.evaluation import GRADE_SOURCES, REPORTED
from geoapp.domain.frame import STORED_CRS
from geoapp.domain.record_rows import find_values
from geoapp.services.held_records import held_records
from geoapp.services.plot_grades import grade_order
from geoapp.services.record_card import field_text
from geoapp.services.revitalisation_land import project_plot_areas
from geoapp.services.workspace import Workspace

AREA_LABELS = {"registered": "登记面积", "ellipsoid": "椭球面积", "plane": "投影平面面积"}
ZONE_REGISTERS = ("control_zones", "control_lines", "parks", "micro_parks", "towns")
YEARS_SHOWN = 3
_COUNTED = ("gfa_m2", "basement_gfa_m2", "basement_storeys", "storey_height_m")
_OF_OCCUPANCIES = ("uscc", "role", "area_m2", "from_on", "to_on")
_OF_TRANSACTIONS = (
    "transaction_code",
    "kind",
    "transferor",
    "transferee",
    "signed_on",
    "price_wan",
    "review",
)
_OF_RECOGNITIONS = ("recognition_code", "ledger", "event", "recognised_on", "document_no", "area_m2")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLine:
    """One of a plot's three areas."""

    basis: str
    label: str
    area_m2: float
    is_site_area: bool
    """This one is the 用地面积 of all ratios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingLine:
    """One building in the sum of the plot ratio."""

    name: str
    use: str
    storeys: int | None
    storey_height_m: float | None
    storey_factor: float
    above_ground_m2: float
    counted_m2: float
    footprint_m2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearLine:
    """One year of an enterprise's evaluation, as it is published.

    Not its tax per mu: times its land, which stands beside it, that is the tax, and the tax is restricted.
    """

    year: int
    score: float | None
    grade: str
    grade_source_zh: str
    """Where the grade comes from; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseLine:
    """One enterprise on the plot."""

    uscc: str
    name: str
    role: str
    area_m2: float | None
    is_above_scale: bool | None
    industry_code: str
    years: tuple[YearLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLine:
    """One redevelopment project that takes in the plot."""

    project_code: str
    name: str
    mode: str
    stage: str
    area_m2: float
    """Of this plot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionLine:
    """One record of revitalised area."""

    recognition_code: str
    ledger: str
    ledger_code: str
    """Empty if it is none of the ledgers there are."""
    event: str
    recognised_on: date | None
    document_no: str
    area_m2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLine:
    """One second-market transaction of a plot."""

    transaction_code: str
    kind: str
    parties: str
    signed_on: date | None
    price_wan: float | None
    review: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneLine:
    """One zone, line or park that the plot touches."""

    register: str
    register_zh: str
    key: str
    name: str
    kind: str
    inside_share: float


def words(workspace: Workspace, register: str, field: str, value: str | None) -> str:
    """Return a coded value in words, empty where there is none."""
    return "" if value is None else field_text(workspace.layer(register).field(field), value)


def _rows(
    workspace: Workspace, register: str, column: str, value: str, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return some fields of the records of a register whose column holds the value, as plain values."""
    return find_values(held_records(workspace, register), column, value, names)


def area_lines(values: Mapping[str, Any]) -> tuple[AreaLine, ...]:
    """Return the three areas of a plot from its facts."""
    known = {"registered": "area_reg_m2", "ellipsoid": "area_ellipsoid_m2", "plane": "area_plane_m2"}
    return tuple(
        AreaLine(
            basis=basis,
            label=AREA_LABELS[basis],
            area_m2=values[column],
            is_site_area=basis == values["site_area_basis"],
        )
        for basis, column in known.items()
    )


def building_lines(workspace: Workspace, plot_code: str, day: date) -> tuple[BuildingLine, ...]:
    """Return the buildings on a plot with what each adds to the counted floor area."""
    held = held_records(workspace, "buildings")
    here = held.find("plot_code", plot_code)
    if not len(here):
        return ()
    policy = workspace.policy
    counted = counted_floor_area(
        pd.DataFrame({name: held.column(name).take(here) for name in _COUNTED}),
        policy.value("storey_height_factors", day),
        policy.value("basement_factor", day),
    ).to_dict("records")
    names = ["building_code", "name", "use", "storeys", "storey_height_m", "footprint_m2"]
    rows = [(held.values(row, names), line) for row, line in zip(here.tolist(), counted, strict=True)]
    rows.sort(key=lambda row: str(row[0]["building_code"]))
    use = workspace.layer("buildings").field("use")
    return tuple(
        BuildingLine(
            name=row["name"] or row["building_code"],
            use=field_text(use, row["use"]),
            storeys=row["storeys"],
            storey_height_m=row["storey_height_m"],
            storey_factor=line["storey_factor"],
            above_ground_m2=line["above_ground_m2"],
            counted_m2=line["counted_m2"],
            footprint_m2=row["footprint_m2"],
        )
        for row, line in rows
    )


def enterprise_lines(
    workspace: Workspace, plot_code: str, own_uscc: str | None, day: date
) -> tuple[EnterpriseLine, ...]:
    """Return the enterprises on a plot on a day: owner first, then by area; without any, the plot's own."""
    occupied = [
        row
        for row in _rows(workspace, "occupancies", "plot_code", plot_code, _OF_OCCUPANCIES)
        if _is_current(row, day)
    ]
    if not occupied and own_uscc is not None:
        occupied = [{"uscc": own_uscc, "role": None, "area_m2": None}]
    occupied.sort(key=lambda row: (row["role"] != "owner", -(row["area_m2"] or 0.0), row["uscc"]))
    return tuple(_enterprise(workspace, row, day) for row in occupied)


def _is_current(row: Mapping[str, Any], day: date) -> bool:
    return (row["from_on"] or day) <= day <= (row["to_on"] or day)


def _enterprise(workspace: Workspace, occupied: Mapping[str, Any], day: date) -> EnterpriseLine:
    uscc = occupied["uscc"]

    def held(register: str, *names: str) -> list[dict[str, Any]]:
        return _rows(workspace, register, "uscc", uscc, names)

    known = held("enterprises", "name", "is_above_scale", "industry_code")
    enterprise = known[0] if known else {"name": None, "is_above_scale": None, "industry_code": None}
    years = [row for row in held("performance", "year", "score", "grade") if row["year"] <= day.year]
    results = {
        (row["year"], row["source"]): row["grade"] for row in held("evaluations", "year", "source", "grade")
    }
    latest = sorted(years, key=lambda row: row["year"], reverse=True)[:YEARS_SHOWN]
    role = words(workspace, "occupancies", "role", occupied["role"])
    return EnterpriseLine(
        uscc=uscc,
        name=enterprise["name"] or uscc,
        role=role or "权利人",
        area_m2=occupied["area_m2"],
        is_above_scale=enterprise["is_above_scale"],
        industry_code=enterprise["industry_code"] or "",
        years=tuple(_year(workspace, row, results, day) for row in latest),
    )


def _year(
    workspace: Workspace, row: Mapping[str, Any], results: Mapping[tuple[int, str], Any], day: date
) -> YearLine:
    """Return a year with the grade that counts: that of a fixed or official result before the one reported."""
    known = {source: results.get((row["year"], source)) for source in GRADE_SOURCES} | {
        REPORTED: row["grade"]
    }
    order = grade_order(workspace.policy, day)
    source = next((source for source in order if known[source] is not None), "")
    return YearLine(
        year=row["year"],
        score=row["score"],
        grade=words(workspace, "performance", "grade", known[source] if source else None),
        grade_source_zh=GRADE_SOURCES.get(source, ""),
    )


def project_lines(
    workspace: Workspace, plot_code: str, site_area_m2: float | None
) -> tuple[ProjectLine, ...]:
    """Return the projects that take in a plot of some site area."""
    held = held_records(workspace, "project_plots")
    here = held.find("plot_code", plot_code)
    if not len(here):
        return ()
    whole = pd.Series([site_area_m2], index=[plot_code], dtype="float64")
    areas = project_plot_areas(held.frame.iloc[here].sort_values("project_code"), whole)
    lines = []
    for code, area_m2 in zip(areas["project_code"], areas["area_m2"], strict=True):
        known = _rows(workspace, "projects", "project_code", code, ["name", "mode", "stage"])
        project = known[0] if known else {"name": None, "mode": None, "stage": None}
        lines.append(
            ProjectLine(
                project_code=code,
                name=project["name"] or code,
                mode=words(workspace, "projects", "mode", project["mode"]),
                stage=words(workspace, "projects", "stage", project["stage"]),
                area_m2=area_m2,
            )
        )
    return tuple(lines)


def recognition_lines(workspace: Workspace, plot_code: str) -> tuple[RecognitionLine, ...]:
    """Return the recognitions of a plot in all ledgers, oldest first."""
    rows = _rows(workspace, "recognitions", "plot_code", plot_code, _OF_RECOGNITIONS)
    rows.sort(key=lambda row: (row["recognised_on"] or date.max, row["recognition_code"]))
    ledgers = workspace.layer("recognitions").field("ledger").code_labels
    return tuple(
        RecognitionLine(
            recognition_code=row["recognition_code"],
            ledger=words(workspace, "recognitions", "ledger", row["ledger"]),
            ledger_code=row["ledger"] if row["ledger"] in ledgers else "",
            event=words(workspace, "recognitions", "event", row["event"]),
            recognised_on=row["recognised_on"],
            document_no=row["document_no"] or "",
            area_m2=row["area_m2"],
        )
        for row in rows
    )


def transaction_lines(workspace: Workspace, plot_code: str) -> tuple[TransactionLine, ...]:
    """Return the second-market transactions of a plot, newest first."""
    rows = _rows(workspace, "transactions", "plot_code", plot_code, _OF_TRANSACTIONS)
    rows.sort(key=lambda row: (row["signed_on"] or date.max, row["transaction_code"]), reverse=True)
    return tuple(
        TransactionLine(
            transaction_code=row["transaction_code"],
            kind=words(workspace, "transactions", "kind", row["kind"]),
            parties=f"{row['transferor']} → {row['transferee']}",
            signed_on=row["signed_on"],
            price_wan=row["price_wan"],
            review=words(workspace, "transactions", "review", row["review"] or WAITING),
        )
        for row in rows
    )


def zone_lines(workspace: Workspace, shape: shapely.Geometry | None) -> tuple[ZoneLine, ...]:
    """Return what a plot's shape in degrees lies in, by register, the largest share first."""
    if shape is None or shapely.is_empty(shape):
        return ()
    plane = CRS.from_epsg(workspace.settings.working_crs)
    near = [
        (register, int(row))
        for register in ZONE_REGISTERS
        for row in workspace.store.read(register).sindex.query(shape, predicate="intersects")
    ]
    if not near:
        return ()
    zones = [_plane_shapes(workspace, register, plane)[row] for register, row in near]
    plot = gpd.GeoSeries([shape], crs=STORED_CRS).to_crs(plane)
    shares = overlay_shares(plot, gpd.GeoSeries(zones, crs=plane)).areas.toarray()[0].tolist()
    found = sorted(
        (
            (ZONE_REGISTERS.index(register), -share, row)
            for (register, row), share in zip(near, shares, strict=True)
            if share > 0
        ),
    )
    return tuple(_zone(workspace, ZONE_REGISTERS[place], row, -share) for place, share, row in found)


def _plane_shapes(workspace: Workspace, register: str, plane: CRS) -> NDArray[np.object_]:
    """Return the shapes of all records of a register in the plane, kept: zones have many vertices."""
    key = ("plane_shapes", register, workspace.store.register_revision(register), plane.to_epsg())

    def project() -> NDArray[np.object_]:
        shapes: NDArray[np.object_] = workspace.store.read(register).geometry.to_crs(plane).to_numpy()
        return shapes

    return workspace.cache.get(key, project)


def _zone(workspace: Workspace, register: str, row: int, share: float) -> ZoneLine:
    layer, held = workspace.layer(register), held_records(workspace, register)
    key = str(held.value(row, layer.key[0]))
    kind = held.value(row, "kind") if "kind" in held.frame else None
    name = held.value(row, layer.label_field) if layer.label_field else None
    return ZoneLine(
        register=register,
        register_zh=layer.zh,
        key=key,
        name=name or key,
        kind=words(workspace, register, "kind", kind),
        inside_share=share,
    )
