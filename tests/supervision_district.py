"""Five towns with what each has to do in 2025 and has done, for supervision reports worked out by hand.

In m2 (15 亩 are 10,000). A year's target is what the target of the year's end is above that of the year before.

====  ==========  ===========================================  ========  ========  ========
town  2025 asked  recognised in JX_TL                          1 Jan to  1 Jan to  share at
                                                               31 March  30 June   30 June
====  ==========  ===========================================  ========  ========  ========
T1        20,000  4,000 in 2024; 5,000 in Feb; 5,000 in May       5,000    10,000      50 %
T2        10,000  5,000 on 31 March                               5,000     5,000      50 %
T3        10,000  9,000 on 1 April                                    0     9,000      90 %
T4        40,000  -                                                   0         0       0 %
T5          none  3,000 in January                                3,000     3,000
none           -  1,200 in February (plot F has no town)          1,200     1,200
====  ==========  ===========================================  ========  ========  ========
"""

from typing import Any

import shapely

from geoapp.services.target_sets import DIVISIONS
from geoapp.services.workspace import Workspace
from tests.small_district import SOUTH, WEST, write


def at(east: float, width: float, north: float = 0.0) -> shapely.Polygon:
    return shapely.box(WEST + east, SOUTH + north, WEST + east + width, SOUTH + north + 150)


TOWNS = [
    {"town_code": f"T{number}", "name": f"{number}号镇", "kind": "镇", "geometry": at(1_000 * number, 1_000).buffer(0)}
    for number in range(1, 6)
]  # fmt: skip
PARKS = [{"park_code": "K1", "name": "示例园", "geometry": at(1_000, 500)}]
PLOTS: list[dict[str, Any]] = [
    {"plot_code": "A", "town_code": "T1", "park_code": "K1", "uscc": "E1", "geometry": at(1_000, 200)},
    # A quarter of it lies in T1.
    {"plot_code": "B", "town_code": "T2", "uscc": "E2", "geometry": at(1_950, 200)},
    {"plot_code": "C", "town_code": "T3", "uscc": "E3", "geometry": at(3_000, 200)},
    {"plot_code": "D", "town_code": "T4", "geometry": at(4_000, 200)},
    {"plot_code": "E", "town_code": "T5", "geometry": at(5_000, 200)},
    {"plot_code": "F", "geometry": at(9_000, 200)},
]  # fmt: skip
_DONE = [
    ("A", "2024-11-01", 4_000.0, None), ("A", "2025-02-10", 5_000.0, 6_000.0), ("A", "2025-05-10", 5_000.0, None),
    ("B", "2025-03-31", 5_000.0, 1_000.0), ("C", "2025-04-01", 9_000.0, None), ("E", "2025-01-05", 3_000.0, None),
    ("F", "2025-02-01", 1_200.0, None),
]  # fmt: skip
RECOGNITIONS = [
    {"recognition_code": f"R{number}", "plot_code": plot, "ledger": "JX_TL", "event": "completion", "mode": "M01",
     "recognised_on": on, "document_no": f"示例认{number}号", "area_m2": area, "new_gfa_gross_m2": gfa}
    for number, (plot, on, area, gfa) in enumerate(_DONE, start=1)
]  # fmt: skip
PROJECTS = [
    {"project_code": "X1", "town_code": "T1", "mode": "M01", "stage": "P06", "start_actual_on": "2025-03-01"},
    {"project_code": "X2", "town_code": "T1", "mode": "M01", "stage": "P02"},
    {"project_code": "X3", "town_code": "T1", "mode": "M01", "stage": "PX", "start_actual_on": "2024-03-01"},
    # Land bought by the government is not built upon.
    {"project_code": "X4", "town_code": "T1", "mode": "M04", "stage": "P03"},
    {"project_code": "X5", "town_code": "T1", "mode": "M01", "stage": "P08", "start_actual_on": "2024-01-05",
     "complete_actual_on": "2024-12-01"},
    {"project_code": "X6", "town_code": "T1", "mode": "M01", "stage": "P06", "start_actual_on": "2025-06-01"},
    # In production, and nobody wrote down since when.
    {"project_code": "X7", "mode": "M01", "stage": "P10"},
]  # fmt: skip
_MU = {"T1": (15, 45), "T2": (15, 30), "T3": (15, 30), "T4": (15, 75)}
_FIRMS = {"T1": (0, 2), "T2": (0, 1)}
_FLOOR = {"T1": (0, 2)}


def _part(indicator: str, code: str, values: tuple[int, int]) -> str:
    targets = ", ".join(
        f"{{ day = {year}-12-31, value = {value} }}" for year, value in zip((2024, 2025), values, strict=True)
    )
    head = f'[[scope_targets]]\nindicator = "{indicator}"\nkind = "town"\ncode = "{code}"'
    return f"{head}\ntargets = [{targets}]\n"


DIVISION = 'set = "plan_2021_2025"\ndocument = "区办〔2025〕1号"\n' + "".join(
    _part(indicator, code, values)
    for indicator, divided in (
        ("revitalised_area", _MU), ("treated_enterprises", _FIRMS), ("new_floor_area", _FLOOR),
    )
    for code, values in divided.items()
)  # fmt: skip


def fill_supervised(workspace: Workspace) -> Workspace:
    """Write the registers and the division of the plan's targets."""
    write(
        workspace, towns=TOWNS, parks=PARKS, plots=PLOTS, projects=PROJECTS, recognitions=RECOGNITIONS,
        enterprises=[{"uscc": code, "name": f"示例企业{code}"} for code in ("E1", "E2", "E3")],
    )  # fmt: skip
    folder = workspace.settings.data_dir / DIVISIONS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.toml").write_text(DIVISION, encoding="utf-8")
    return workspace
