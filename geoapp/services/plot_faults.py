"""What is wrong with plots, the buildings on them and what projects use of them: each kind, and who it is about."""

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.overlay import Membership
from geoapp.analysis.shared_ground import SharedGround
from geoapp.services.fault_records import Faults, Records
from geoapp.services.revitalisation_findings import SHOWN_M2
from geoapp.services.zone_source import Zones
from geoapp.units import AREA_DECIMALS, area_words, from_m2, number_text

KINDS = {
    "area_not_positive": "登记面积是零或负数",
    "area_missing": "没有登记面积",
    "site_area_unknown": "用地面积不明",
    "no_outline": "没有图形",
    "floor_area_negative": "建筑面积是负数",
    "no_zone": "不在任何分区内",
    "zones_overlap": "落在互相重叠的分区里",
    "plots_overlap": "地块互相重叠",
    "zone_on_zone": "分区互相重叠",
    "building_outside": "建筑物超出所属地块",
    "building_negative": "建筑物面积或层高是负数",
    "building_no_floor_area": "建筑物没有建筑面积",
    "building_no_plot": "建筑物没有所属地块",
    "project_above_plot": "项目用地大于宗地",
}
"""In the order of the list."""
_MOST_OTHERS = 3
"""Plots over a plot that are named with it, those that cover most of it."""
_PLOT_FLOOR_AREAS = ["gfa_far_m2", "gfa_actual_m2", "footprint_m2"]
_BUILDING_NUMBERS = ["gfa_m2", "basement_gfa_m2", "footprint_m2", "storey_height_m"]


def plot_faults(plots: Records, site_area_m2: NDArray[np.float64], *, unit: str, most: int) -> Faults:
    """Yield what is wrong with the areas of some plots.

    Parameters
    ----------
    plots : Records
    site_area_m2 : array of float
        That figures use, of these plots; nan where it is not known.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Plots of each kind that are named.
    """
    registered, is_unknown = plots.column("area_reg_m2"), np.isnan(site_area_m2)

    def instead(place: int) -> str:
        return "又没有图形面积可用" if is_unknown[place] else "用地面积改用图形面积"

    def not_positive(row: pd.Series, place: int) -> str:
        area = area_words(row["area_reg_m2"], unit)
        return f"登记面积 {area}，不能采用，{instead(place)}。请核对权证。"

    yield from _kind(plots, "area_not_positive", registered <= 0, not_positive, most)
    yield from _kind(
        plots,
        "area_missing",
        registered.isna(),
        lambda _, place: f"没有填登记面积，{instead(place)}。请补登。",
        most,
    )
    yield from _kind(
        plots, "site_area_unknown", is_unknown, lambda *_: "用地面积不明，不进面积和容积率。", most
    )
    yield from _kind(
        plots,
        "floor_area_negative",
        plots.is_negative(_PLOT_FLOOR_AREAS),
        lambda *_: "地块台账里的建筑面积是负数。请改正。",
        most,
    )


def membership_faults(plots: Records, shares: Membership, division: Zones, *, most: int) -> Faults:
    """Yield which plots have no outline, lie in no zone, or in several at once.

    Parameters
    ----------
    plots : Records
    shares : Membership
        Of these plots.
    division : Zones
    most : int
        Plots of each kind that are named.
    """
    yield from _kind(
        plots,
        "no_outline",
        ~shares.has_area,
        lambda *_: f"没有图形，不知在哪个分区，计入{division.outside_zh}。",
        most,
    )
    is_out = shares.has_area & (shares.outside_share > 1 - 1e-9)
    yield from _kind(
        plots, "no_zone", is_out, lambda *_: f"不在任何{division.zh}内，计入{division.outside_zh}。", most
    )
    yield from _kind(
        plots,
        "zones_overlap",
        shares.overlap_share > 0,
        lambda _, place: (
            f"有 {number_text(shares.overlap_share[place], '.1%')} 同时在几个{division.zh}里，"
            "各行各计一次，合计只计一次。"
        ),
        most,
    )


def overlap_faults(plots: Records, pairs: SharedGround, *, unit: str, most: int) -> Faults:
    """Yield which plots share land with others: it counts in each of them, and twice in every sum.

    Parameters
    ----------
    plots : Records
    pairs : SharedGround
        By positions in the register; those of other plots are passed over.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Plots that are named.
    """
    codes = plots.frame["plot_code"].array

    def message(_: pd.Series, place: int) -> str:
        row = plots.rows[place]
        mine = pairs.among(row[np.newaxis])
        others = np.where(mine.first == row, mine.second, mine.first)
        largest = np.argsort(-mine.area_m2.round(2), kind="stable")[:_MOST_OTHERS]
        named = [f"与“{codes[others[k]]}”重叠 {_little_words(mine.area_m2[k], unit)}" for k in largest]
        more = f"，共与 {len(others)} 宗重叠" if len(others) > len(named) else ""
        return (
            f"{'、'.join(named)}{more}；重叠的土地各宗各计一次，合计偏大。"
            "请核对图形；重复登记的、已分割或合并的旧地块请移除。"
        )

    is_over = np.isin(plots.rows, np.concatenate([pairs.first, pairs.second]))
    yield from _kind(plots, "plots_overlap", is_over, message, most)


def _little_words(value_m2: float, unit: str) -> str:
    """Return land in a unit, in square metres where it is too little for that."""
    return area_words(value_m2, unit if round(from_m2(value_m2, unit), AREA_DECIMALS[unit]) else "m2")


def building_faults(
    buildings: Records,
    outside: NDArray[np.float64],
    most_outside: float,
    *,
    most: int,
    hidden: Collection[str] = (),
) -> Faults:
    """Yield which buildings stand outside their plot, have negative areas, or lack what floor areas are summed by.

    Parameters
    ----------
    buildings : Records
    outside : array of float
        Share of each outline outside its plot, nan where that is not known.
    most_outside : float
        The share that is let pass.
    most : int
        Buildings of each kind that are named.
    hidden : collection of str
        Fields whose values may not be told: that they are empty is no fault.
    """
    yield from _kind(
        buildings,
        "building_outside",
        outside > most_outside,
        lambda row, place: (
            f"轮廓有 {number_text(outside[place], '.1%')} 在地块“{row['plot_code']}”之外；面积仍计入该地块。"
            "请核对所属地块或图形。"
        ),
        most,
    )
    yield from _kind(
        buildings,
        "building_negative",
        buildings.is_negative(_BUILDING_NUMBERS),
        lambda *_: "面积或层高是负数。请改正。",
        most,
    )
    yield from _kind(
        buildings,
        "building_no_floor_area",
        buildings.column("gfa_m2").isna() & ("gfa_m2" not in hidden),
        lambda row, _: f"没有填建筑面积，{_on_plot(row)}逐栋相加的建筑面积因此不明；未知不是零。请补填。",
        most,
    )
    yield from _kind(
        buildings,
        "building_no_plot",
        buildings.column("plot_code").isna() & ("plot_code" not in hidden),
        lambda *_: "没有填所属地块，不计入任何地块的建筑面积和容积率。请补填。",
        most,
    )


def _on_plot(building: pd.Series) -> str:
    return "" if pd.isna(building["plot_code"]) else f"地块“{building['plot_code']}”"


def project_land_faults(parts: Records, site_area_m2: NDArray[np.float64], *, unit: str, most: int) -> Faults:
    """Yield which projects are said to use more of a plot than there is of it.

    Parameters
    ----------
    parts : Records
        Of the register of projects' plots.
    site_area_m2 : array of float
        That figures use, of the plot of each; nan where it is not known.
    unit : {"mu", "ha", "m2"}
        For land in the messages.
    most : int
        Records that are named.
    """

    def message(row: pd.Series, place: int) -> str:
        own, whole = area_words(row["area_m2"], unit), area_words(site_area_m2[place], unit)
        return (
            f"项目“{row['project_code']}”涉及 {own}，而地块“{row['plot_code']}”只有 {whole}；"
            "盘活面积只计到地块面积为止。请核对面积。"
        )

    area_m2 = parts.column("area_m2").to_numpy(np.float64, na_value=np.nan)
    yield from _kind(parts, "project_above_plot", area_m2 > site_area_m2 + SHOWN_M2, message, most)


def _kind(
    records: Records,
    code: str,
    is_wrong: "NDArray[np.bool_] | pd.Series",
    message: Callable[[pd.Series, int], str],
    most: int,
) -> Faults:
    yield from records.fault(code, KINDS[code], np.asarray(is_wrong, dtype=bool), message, most)
