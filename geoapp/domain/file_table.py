"""The zone table of two files: fixed columns, so that programs may rely on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

OUTSIDE, TOTAL = "(outside)", "(total)"
"""Names of the last two rows."""

FILE_COLUMNS: Mapping[str, str] = {
    "zone": "分区",
    "plot_count": "宗数",
    "geometry_area_m2": "图形面积（平方米）",
    "geometry_area_mu": "图形面积（亩）",
    "site_area_m2": "用地面积（平方米）",
    "site_area_mu": "用地面积（亩）",
    "gfa_m2": "建筑面积（平方米）",
    "far": "容积率＝Σ建筑面积÷Σ用地面积，只含两者都已知且用地面积大于零的地块",
    "known_gfa_share": "建筑面积已知的地块占用地面积的比例（0 到 1）",
}
"""Columns in their order, with what they mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTable:
    """Figures per zone with what was found on the way."""

    rows: pd.DataFrame
    """Columns FILE_COLUMNS; zones, then outside, then total. NaN where unknown; nothing is rounded."""
    notes: tuple[str, ...] = ()
    """Findings, in Chinese."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """What the figures rest on: files, membership, area sources, working CRS."""
