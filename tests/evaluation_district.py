"""A few enterprises whose evaluation of 2025 can be worked out by hand, with everything that may be wrong around them.

Below scale with 3 亩 and more, weights 50 (tax per 亩) and 50 (tax per power):
    B1 10.5 亩 (15 owned less 4.5 leased out), tax 210, 100 万千瓦时 -> 20 万元/亩, 2.1 万元/万千瓦时
    B2 30 亩, tax 300, 200 万千瓦时 -> 10, 1.5
    B3 3 亩, tax 12, 12 万千瓦时 -> 4, 1
    bases (210 + 300 + 12) / (10.5 + 30 + 3) = 522 / 43.5 = 12 and 522 / 312 = 1.673077
    scores B1 50 x 1.5 (20 / 12 = 1.667, capped) + 50 x 1.2552 = 75 + 62.7586 = 137.7586
           B2 50 x 0.8333 + 50 x 0.8966 = 41.6667 + 44.8276 = 86.4943
           B3 50 x 0.3333 + 50 x 0.5977 = 16.6667 + 29.8851 = 46.5517
    three of them: A 0, B floor(1.2) = 1, D ceil(0.15) = 1
"""

from pathlib import Path
from typing import Any

from geoapp.resources import PACKAGE_DIR
from geoapp.services.workspace import Workspace
from tests.small_district import box, write

YEAR = 2025
SECRET_TAX, SECRET_KWH = 210.125, 1_000_123.0
"""Of B1: figures that no page may tell; they change its score in the third decimal."""
PLOTS = [
    {"plot_code": "P1", "name": "甲地", "uscc": "B1", "area_reg_m2": 10_000.0, "geometry": box(0)},
    {"plot_code": "P2", "name": "乙地", "uscc": "B2", "area_reg_m2": 20_000.0, "geometry": box(300)},
    {"plot_code": "P3", "name": "丙地", "uscc": "B3", "area_reg_m2": 2_000.0, "geometry": box(600)},
]
ENTERPRISES = [
    {"uscc": "B1", "name": "示例<甲>", "is_above_scale": False},
    {"uscc": "B2", "name": "示例乙", "is_above_scale": False},
    {"uscc": "B3", "name": "示例丙", "is_above_scale": False},
    {"uscc": "T1", "name": "示例租户", "is_above_scale": False},
]
OCCUPANCIES = [
    {"plot_code": "P1", "uscc": "B1", "role": "owner", "area_m2": 7_000.0},
    {"plot_code": "P1", "uscc": "T1", "role": "tenant", "area_m2": 3_000.0},
    {"plot_code": "P2", "uscc": "B2", "role": "owner", "area_m2": 20_000.0},
]
PERFORMANCE = [
    {"uscc": "B1", "year": YEAR, "tax_wan": 210.0, "power_kwh": 1_000_000.0, "value_added_wan": 1_000.0},
    {"uscc": "B2", "year": YEAR, "tax_wan": 300.0, "power_kwh": 2_000_000.0},
    {"uscc": "B3", "year": YEAR, "tax_wan": 12.0, "power_kwh": 120_000.0},
    {"uscc": "T1", "year": YEAR, "tax_wan": 45.0, "power_kwh": 300_000.0},
]
SCORES = {"B1": 137.7586, "B2": 86.4943, "B3": 46.5517}


def fill_evaluation(workspace: Workspace) -> Workspace:
    write(workspace, plots=PLOTS, enterprises=ENTERPRISES, occupancies=OCCUPANCIES, performance=PERFORMANCE)
    return workspace


def spoil(workspace: Workspace) -> None:
    """Add one of everything that an evaluation must say and not guess."""

    def mark(uscc: str, kind: str, code: str, **more: Any) -> dict[str, Any]:
        return {"year": YEAR, "uscc": uscc, "kind": kind, "code": code, **more}

    write(
        workspace,
        plots=[{"plot_code": "P4", "name": "两家", "area_reg_m2": 10_000.0, "geometry": box(900)},
               {"plot_code": "P5", "name": "转租", "area_reg_m2": 10_000.0, "geometry": box(1_200)}],
        enterprises=[{"uscc": "X1", "name": "没有数据", "status": "relocated"},
                     {"uscc": "X2", "name": "名单不符", "is_above_scale": True},
                     {"uscc": "X3", "name": "缺税收", "is_above_scale": False},
                     {"uscc": "X4", "name": "并列甲", "is_above_scale": False},
                     {"uscc": "X5", "name": "并列乙", "is_above_scale": False}],
        occupancies=[
            {"plot_code": "P4", "uscc": "X1", "role": "owner", "area_m2": 6_000.0},
            {"plot_code": "P4", "uscc": "X2", "role": "owner", "area_m2": 5_000.0},
            {"plot_code": "P5", "uscc": "X3", "role": "owner", "area_m2": 10_000.0},
            {"plot_code": "P3", "uscc": "T1", "role": "tenant", "area_m2": 1.0, "from_on": "2025-02-01",
             "to_on": "2025-01-01"},
            {"plot_code": "P5", "uscc": "X4", "role": "tenant", "area_m2": 2_000.0},
            {"plot_code": "P5", "uscc": "X5", "role": "tenant", "area_m2": 2_000.0},
        ],
        performance=[
            {"uscc": "X2", "year": YEAR, "tax_wan": 5.0, "list": "below_scale_large", "land_area_m2": 9_000.0},
            {"uscc": "X3", "year": YEAR, "power_kwh": 1.0},
            {"uscc": "X4", "year": YEAR, "tax_wan": 30.0, "power_kwh": 100_000.0},
            {"uscc": "X5", "year": YEAR, "tax_wan": 30.0, "power_kwh": 100_000.0},
            {"uscc": "未登记", "year": YEAR, "tax_wan": 5.0, "power_kwh": 0.0},
        ],
        evaluation_marks=[
            mark("B1", "bonus", "innovation", points=2.0, document_no="示例〔2026〕1号", reason="示例"),
            mark("B2", "bonus", "quality"), mark("B2", "veto", "other"),
            mark("B3", "exemption", "new_firm", since_on="2020-01-01"),
            mark("无此企业", "malus", "safety", points=1.0),
        ],
    )  # fmt: skip


def set_policy(data_dir: Path, **values: str) -> None:
    """Give an installation a rule book of its own, with other values (TOML) for some numbers of evaluation.toml."""
    text = (PACKAGE_DIR / "policy" / "evaluation.toml").read_text(encoding="utf-8")
    for name, value in values.items():
        start = text.index(f"[evaluation_{name}]")
        at = text.index("values = ", start)
        end = text.index("\n", at)
        text = f"{text[:at]}values = [{{ valid_from = 2018-01-01, value = {value} }}]{text[end:]}"
    folder = data_dir / "policy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.toml").write_text(text, encoding="utf-8")
