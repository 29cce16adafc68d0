"""The second path's count over the hand-worked cases of the first: `tests/analysis/revitalised_counting.toml`."""

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from geoapp.verification.lineage import Lineage, heirs_of
from geoapp.verification.overlaps import Face, shared_faces
from geoapp.verification.recognitions import PlainLedger
from tests.analysis.ledger_cases import DEPTH_M, strips

CASES = tomllib.loads((Path(__file__).parents[1] / "analysis/revitalised_counting.toml").read_text("utf-8"))[
    "case"
]
SLACK_M2 = 0.05
"""Of shapes drawn in the plane and measured on the ellipsoid."""


def shapes_of(spans: dict[Any, tuple[float, float]]) -> dict[Any, Any]:
    return dict(strips(spans).items()) if spans else {}


def part_faces_of(spans: dict[Any, tuple[float, float]], areas: dict[Any, float]) -> list[Face]:
    shapes = shapes_of(spans)
    plots = {plot for _, plot in shapes}
    return [
        face
        for plot in plots
        for face in shared_faces({key: shape for key, shape in shapes.items() if key[1] == plot}, areas, 1.0)
    ]


def ledger_of(case: dict[str, Any]) -> PlainLedger:
    successors: dict[str, set[str]] = {}
    for new, text in case.get("made_from", {}).items():
        for old in re.split("[;；,，、 ]+", text):
            successors.setdefault(old, set()).add(new)
    gone = case.get("gone", {})
    spans = {(part["project"], part["plot"]): tuple(part["at"]) for part in case.get("parts", [])}
    part_areas = {key: (end - start) * DEPTH_M for key, (start, end) in spans.items()}
    rows = [
        {
            "plot_code": row.get("plot"),
            "project_code": row.get("project"),
            "recognised_on": row.get("on"),
            "area_m2": row.get("area"),
            "new_gfa_gross_m2": row.get("gross"),
            "new_gfa_net_m2": row.get("net"),
        }
        for row in case["records"]
    ]
    order = sorted(range(len(rows)), key=lambda number: (str(rows[number]["recognised_on"] or "~"), number))
    return PlainLedger(
        code="",
        records=[rows[number] for number in order],
        counts=[not case["records"][number].get("status") for number in order],
        site_area_m2=case["plots"],
        lineage=Lineage(heirs_of(successors, case["plots"] | gone), gone),
        part_area_m2=part_areas,
        part_faces=part_faces_of(spans, part_areas),
        plot_faces=shared_faces(shapes_of(case.get("at", {})), case["plots"], 1.0),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    ledger = ledger_of(case)
    total = ledger.counted()
    assert math.fsum(total.area_m2.values()) == pytest.approx(case["total"], abs=SLACK_M2)
    for plot, area in case.get("by_plot", {}).items():
        assert total.area_m2.get(plot, 0.0) == pytest.approx(area, abs=SLACK_M2)
    for plot, area in case.get("by_plot_gross", {}).items():
        assert total.gross_m2.get(plot, 0.0) == pytest.approx(area, abs=SLACK_M2)
    order = sorted(
        range(len(case["records"])),
        key=lambda number: (str(case["records"][number].get("on") or "~"), number),
    )
    for number, change in zip(order, ledger.by_record(), strict=True):
        wanted = case["records"][number]
        assert math.fsum(change.area_m2.values()) == pytest.approx(wanted["counted"], abs=SLACK_M2)
        for name, found in (("gross", change.gross_m2), ("net", change.net_m2)):
            assert math.fsum(found.values()) == pytest.approx(wanted.get(f"counted_{name}", 0), abs=SLACK_M2)


def test_land_in_three_shapes_is_one_piece_with_three_owners() -> None:
    # 0-100, 50-150 and 80-200 m, 100 m deep: 50-80 in two, 80-100 in three, 100-150 in two
    spans = {"甲": (0.0, 100.0), "乙": (50.0, 150.0), "丙": (80.0, 200.0)}
    areas = {"甲": 10e3, "乙": 10e3, "丙": 12e3}
    found: dict[tuple[Any, ...], float] = {}
    for face in shared_faces(shapes_of(spans), areas, 1.0):
        key = tuple(sorted(face.owners))
        found[key] = found.get(key, 0.0) + face.area_m2
    # Edges drawn straight in the plane are not quite so in degrees: slivers of millimetres are left out here.
    found = {key: area for key, area in found.items() if area > 1}
    wanted = {("乙", "甲"): 3e3, ("丙", "乙", "甲"): 2e3, ("丙", "乙"): 5e3}
    assert found == pytest.approx({tuple(sorted(key)): area for key, area in wanted.items()}, abs=SLACK_M2)


def test_what_came_to_a_plot_on_two_ways_is_held_to_it_before_it_is_handed_on() -> None:
    # 甲 (10000) became 乙 (10000), both recognised in full; 乙 and 戊 became 丙 (20000): the same land, once
    case = {
        "plots": {"丙": 20000},
        "made_from": {"乙": "甲", "丙": "乙;戊"},
        "gone": {"甲": 10000, "乙": 10000, "戊": 10000},
        "records": [{"on": "2022-01-01", "plot": plot, "area": 10000} for plot in ("甲", "乙")],
    }
    ledger = ledger_of(case)
    assert ledger.counted().area_m2 == {"丙": 10000}
    assert [sum(change.area_m2.values()) for change in ledger.by_record()] == [10000, 0]
