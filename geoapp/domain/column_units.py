"""Units of whole columns: what a header says, what the geometry says, and how to convert."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.domain.parse import AREA_TEXTS, fold
from geoapp.errors import UsageError
from geoapp.units import AREA_UNIT_LABELS, M2_PER_UNIT

M2_PER_KM2 = 1e6
_AREA_FACTORS = {**M2_PER_UNIT, "km2": M2_PER_KM2}
FACTORS: dict[str, dict[str, float]] = {
    "m2": _AREA_FACTORS,
    "km2": {unit: factor / M2_PER_KM2 for unit, factor in _AREA_FACTORS.items()},
    "wan": {"wan": 1.0, "yuan": 1e-4, "qian": 0.1, "baiwan": 100.0, "yi": 1e4},
    "percent": {"percent": 1.0, "share": 100.0},
    "share": {"share": 1.0, "percent": 0.01},
}
"""By the unit of a field: what a number in another unit is multiplied by. A field's own unit comes with factor 1."""

UNIT_ZH = {
    **AREA_UNIT_LABELS,
    "km2": "平方公里",
    "wan": "万元",
    "yuan": "元",
    "qian": "千元",
    "baiwan": "百万元",
    "yi": "亿元",
    "percent": "百分数(%)",
    "share": "小数(0至1)",
}
_WORDS = {
    "平方英尺": "ft2", "ft2": "ft2", "sqft": "ft2",
    "万元": "wan", "元": "yuan", "千元": "qian", "百万元": "baiwan", "亿元": "yi", "%": "percent",
}  # fmt: skip
_MARKED = re.compile(
    r"[(\[【]\s*(?:单位\s*[::]?)?\s*([^()\[\]【】]*?)\s*[)\]】]|[/_,\s-]([^/_,\s()\[\]【】-]+)$"
)


def header_unit(header: str, field_unit: str = "m2") -> str:
    """Return the id of the unit a header names in brackets or at its end, if it fits a field's unit; else "".

    Examples
    --------
    >>> header_unit("用地面积（亩）"), header_unit("MJ_公顷"), header_unit("总投资(亿元)", "wan"), header_unit("MJ")
    ('mu', 'ha', 'yi', '')
    """
    for bracketed, tail in reversed(_MARKED.findall(fold(header))):
        unit = unit_of_word(bracketed or tail)
        if unit in FACTORS.get(field_unit, {}):
            return unit
    return ""


def unit_of_word(word: str) -> str:
    """Return the id of the unit that a word means, or "".

    Examples
    --------
    >>> unit_of_word("公顷"), unit_of_word("万平方米"), unit_of_word("亿元"), unit_of_word("个")
    ('ha', 'ha', 'yi', '')
    """
    text = fold(word).lower()
    if text in AREA_TEXTS:
        unit, factor = AREA_TEXTS[text]
        return unit if factor == 1.0 else "km2"
    return _WORDS.get(text, "")


def conversion(field_unit: str, unit: str) -> float:
    """Return what numbers in *unit* are multiplied by to be in a field's unit.

    Raises
    ------
    UsageError
        The unit does not fit the field's.

    Examples
    --------
    >>> conversion("m2", "ha"), conversion("wan", "yi")
    (10000.0, 10000.0)
    """
    if unit in ("", field_unit):
        return 1.0
    try:
        return FACTORS[field_unit][unit]
    except KeyError:
        known = "、".join(FACTORS.get(field_unit, {field_unit: 1.0}))
        raise UsageError(f"单位“{unit}”不适用；可用：{known}。") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEvidence:
    """What the geometry says about the unit of a column of areas."""

    unit: str
    """m2, ha or mu; "" where the median ratio is near none of them or there is nothing to compare."""
    median_ratio: float
    """Of the column's numbers to the geometry's m2; NaN where there is nothing to compare."""
    share: float
    """Of the compared rows, those whose own ratio is near the same unit's."""
    row_count: int
    """Rows compared."""


def area_unit_evidence(
    numbers: pd.Series, geometry_m2: NDArray[np.float64], tolerance_share: float
) -> UnitEvidence:
    """Return in which unit a column of areas must be to agree with the geometry's areas.

    Parameters
    ----------
    numbers : Series of float
        As in the file.
    geometry_m2 : array of float, m2
        Row by row; NaN where there is no geometry.
    tolerance_share : float
        How far from a unit's ratio (1 for m2, 1e-4 for ha, 0.0015 for mu) still counts as that unit.

    Examples
    --------
    >>> evidence = area_unit_evidence(pd.Series([45.0, 30.0]), np.array([30_000.0, 20_010.0]), 0.2)
    >>> evidence.unit, evidence.share
    ('mu', 1.0)
    """
    values = numbers.to_numpy(dtype="float64")
    is_known = (values > 0) & (geometry_m2 > 0)
    if not is_known.any():
        return UnitEvidence(unit="", median_ratio=float("nan"), share=0.0, row_count=0)
    ratios = values[is_known] / geometry_m2[is_known]
    median = float(np.median(ratios))
    near: dict[str, Any] = {
        unit: np.abs(ratios * M2_PER_UNIT[unit] - 1) <= tolerance_share for unit in ("m2", "ha", "mu")
    }
    unit = next((u for u in near if abs(median * M2_PER_UNIT[u] - 1) <= tolerance_share), "")
    share = float(near[unit].mean()) if unit else 0.0
    return UnitEvidence(unit=unit, median_ratio=median, share=share, row_count=int(is_known.sum()))
