"""Three plots with everything around them, small enough to work every figure out by hand."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoapp.domain.change import RegisterChange
from geoapp.domain.frame import conform
from geoapp.domain.layer import Layer
from geoapp.domain.revision import RevisionKind
from geoapp.services.workspace import Workspace

WEST, SOUTH = 644_798.679, 3_316_404.248
"""Corner of plot A in EPSG:4549."""
EVIL = "<img src=x onerror=alert(1)>"


def box(east: float, width: float = 200.0, height: float = 150.0) -> shapely.Polygon:
    return shapely.box(WEST + east, SOUTH, WEST + east + width, SOUTH + height)


PLOTS = [
    {
        "plot_code": "DK-A", "name": "示例地块甲", "town_code": "330205103", "right_holder": "示例企业甲", "uscc": "E1",
        "area_reg_m2": 30_000.0, "structure_yard_m2": 1_500.0, "gfa_actual_m2": 18_500.0,
        "low_efficiency_status": "recognised", "is_demo": True, "source_file": "plots.zip", "source_row": 7,
        "geometry": box(0),
    },
    {
        "plot_code": "DK-B", "name": EVIL, "area_reg_m2": 29_000.0, "gfa_far_m2": 43_500.0, "footprint_m2": 8_700.0,
        "geometry": box(200),
    },
    {"plot_code": "DK/C", "geometry": box(400)},
]  # fmt: skip
BUILDINGS = [
    {"building_code": "B1", "plot_code": "DK-A", "name": "一号车间", "storeys": 2, "storey_height_m": 4.0,
     "gfa_m2": 12_000.0, "footprint_m2": 6_000.0, "geometry": box(10, 60, 100)},
    {"building_code": "B2", "plot_code": "DK-A", "name": "二号车间", "storeys": 1, "storey_height_m": 9.0,
     "gfa_m2": 6_000.0, "footprint_m2": 6_000.0, "geometry": box(100, 60, 100)},
]  # fmt: skip
ENTERPRISES = [
    {"uscc": "E1", "name": "示例企业甲", "industry_code": "3441", "is_above_scale": True},
    {"uscc": "E2", "name": "示例企业乙", "industry_code": "2921", "is_above_scale": False},
    {"uscc": "E3", "name": "示例企业丙"},
]
OCCUPANCIES = [
    {"plot_code": "DK-A", "uscc": "E1", "role": "owner", "area_m2": 20_000.0},
    {"plot_code": "DK-A", "uscc": "E2", "role": "tenant", "area_m2": 10_000.0},
    {"plot_code": "DK-B", "uscc": "E1", "role": "tenant", "area_m2": 20_000.0},
    {"plot_code": "DK-A", "uscc": "E3", "role": "tenant", "area_m2": 1_000.0, "to_on": "2020-12-31"},
]
PERFORMANCE = [
    {"uscc": "E1", "year": 2022, "tax_wan": 1.0, "grade": "A", "land_area_m2": 40_000.0},
    {"uscc": "E1", "year": 2023, "tax_wan": 90.0, "grade": "C", "land_area_m2": 40_000.0},
    {"uscc": "E1", "year": 2024, "tax_wan": 95.0, "grade": "C", "land_area_m2": 40_000.0},
    {"uscc": "E1", "year": 2025, "tax_wan": 100.0, "grade": "D", "score": 41.5, "land_area_m2": 40_000.0},
    {"uscc": "E2", "year": 2025, "tax_wan": 40.0, "grade": "B"},
]
PROJECTS = [
    {"project_code": "X1", "name": "甲厂拆建", "stage": "P06", "mode": "M01"},
    {"project_code": "X2", "name": "乙厂收储", "stage": "P02", "mode": "M04"},
    {"project_code": "X3", "name": "停了的项目", "stage": "PX"},
]
PROJECT_PLOTS = [
    {"project_code": "X1", "plot_code": "DK-A", "area_m2": 10_000.0, "geometry": None},
    {"project_code": "X2", "plot_code": "DK-B", "geometry": None},
    {"project_code": "X3", "plot_code": "DK-A", "geometry": None},
    {"project_code": "X9", "plot_code": "DK/C", "geometry": box(400, 100)},
]
RECOGNITIONS = [
    {"recognition_code": "R1", "project_code": "X1", "plot_code": "DK-A", "ledger": "JX_TL", "event": "completion",
     "recognised_on": "2024-05-01", "document_no": "示例认〔2024〕1号", "area_m2": 4_000.0,
     "new_gfa_gross_m2": 5_000.0, "new_gfa_net_m2": 3_000.0},
    {"recognition_code": "R2", "plot_code": "DK-A", "ledger": "ZRZY_CL", "recognised_on": "2024-06-01",
     "area_m2": 30_000.0},
]  # fmt: skip
TOWNS = [{"town_code": "330205103", "name": "慈城镇", "kind": "镇", "geometry": box(-1_000, 5_000, 5_000)}]
CONTROL_ZONES = [
    {"zone_code": "Z1", "name": "示例产业园", "kind": "ZQ1", "geometry": box(-500, 600)},  # half of plot A
    {"zone_code": "Z2", "name": "挨着的社区", "kind": "ZQ2", "geometry": box(-700, 200)},
]
CONTROL_LINES = [{"line_code": "L1", "name": "示例控制线", "kind": "KX1", "geometry": box(-10, 300)}]
MICRO_PARKS = [
    {"micro_park_code": "W1", "name": "示例小微园", "contact": "不该出现的人", "phone": "13800000000",
     "land_area_m2": 30_000.0, "geometry": box(2_000)},
]  # fmt: skip
REGISTERS: dict[str, list[dict[str, Any]]] = {
    "towns": TOWNS, "control_zones": CONTROL_ZONES, "control_lines": CONTROL_LINES, "plots": PLOTS,
    "buildings": BUILDINGS, "enterprises": ENTERPRISES, "occupancies": OCCUPANCIES, "performance": PERFORMANCE,
    "projects": PROJECTS, "project_plots": PROJECT_PLOTS, "recognitions": RECOGNITIONS, "micro_parks": MICRO_PARKS,
}  # fmt: skip


def frame_of(workspace: Workspace, register: str, records: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(records)
    if "geometry" in frame:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=4549).to_crs(4490)
    return conform(frame, workspace.layer(register))


def write(workspace: Workspace, **registers: list[dict[str, Any]]) -> None:
    changes = {
        name: RegisterChange(frame_of(workspace, name, records)) for name, records in registers.items()
    }
    workspace.store.write(changes, kind=RevisionKind.IMPORT, user="tester", reason="示例")


_written: list[tuple[Mapping[str, Layer], sqlite3.Connection]] = []
"""The registers of the first district written in this process, and its database, kept in memory."""


def fill(workspace: Workspace) -> Workspace:
    """Write every register; an empty database becomes a copy of the first that was written so."""
    if workspace.store.revision() or (_written and _written[0][0] != workspace.layers):
        write(workspace, **REGISTERS)
        return workspace
    with closing(sqlite3.connect(workspace.settings.database_path)) as database:
        if _written:
            _written[0][1].backup(database)
        else:
            write(workspace, **REGISTERS)
            kept = sqlite3.connect(":memory:", check_same_thread=False)
            database.backup(kept)
            _written.append((workspace.layers, kept))
    return workspace
