"""How a register is coloured on the map: the classes of a style and the class of every record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoapp.analysis.class_breaks import (
    FEWEST_CLASSES,
    METHODS,
    MOST_CLASSES,
    class_breaks,
    class_codes,
    class_index,
    class_words,
)
from geoapp.domain.filter_fields import FieldInfo, find_field
from geoapp.domain.layer import Layer
from geoapp.errors import NotFoundError, UsageError
from geoapp.services.as_of import AsOf
from geoapp.services.fields import register_fields
from geoapp.services.map_legend import (
    FAR_COLORS,
    PLOT_OPACITY,
    PLOT_SCHEMES,
    UNKNOWN_COLOR,
    UNKNOWN_PATTERN,
    ColorScheme,
    LegendItem,
    class_values,
    plot_class_values,
    plot_scheme,
    project_scheme,
    register_scheme,
)
from geoapp.services.map_patterns import lightness_of
from geoapp.services.micro_park_facts import MICRO_PARKS
from geoapp.services.micro_park_styles import (
    MICRO_PARK_STYLES,
    micro_park_classes,
    micro_parks_version,
)
from geoapp.services.plot_facts import plot_facts
from geoapp.services.plot_styles import style_versions
from geoapp.services.project_facts import STYLES, project_facts
from geoapp.services.project_stages import PROJECTS
from geoapp.services.records import record_columns, records_version
from geoapp.services.workspace import Workspace

PATTERNS = ("", "dots", "", "horizontal", "", "cross")
"""Of the known classes in turn, so that neighbours differ in grey print; the unknown class has the diagonal."""
BREAKS_PREFIX = "class_breaks_"
OWN_BREAKS = {"far": "far_class_breaks"}
"""Fields whose fixed limits the rule book holds under another name."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapStyle:
    """A style worked out for a register as of a day. Shared by all who ask: never change its arrays."""

    scheme: ColorScheme
    """Counts and areas are those of all records."""
    class_index: NDArray[np.uint8]
    """Position in `scheme.items`, per record in the order of the store."""
    area_m2: NDArray[np.float64] | None = None
    """用地面积 per record, NaN where unknown; None where the register's records have none."""
    unit_zh: str = ""
    source: str = ""
    """Where the limits come from."""

    def counted(self, mask: Mask | None) -> ColorScheme:
        """Return the scheme with the counts and areas of some of the records only."""
        return self.scheme if mask is None else _counted(self.scheme, self.class_index, self.area_m2, mask)


def map_style(workspace: Workspace, register: str, style: str, as_of: AsOf) -> MapStyle:
    """Return the colouring that a text names.

    Parameters
    ----------
    workspace : Workspace
    register : str
        A register with geometry.
    style : str
        A built-in one (plots: far_class, grade, low_efficiency, project_stage, those of `plot_styles`; other
        registers: the field they are coloured by; projects: also light and phase, micro_parks: star and band), or
        "<numeric field>:<method>:<k>" with quantile, natural or policy and 3 to 9 classes. The empty text is the
        register's first.
    as_of : AsOf
        Records as they were then, limits and rules of that day.

    Returns
    -------
    MapStyle
        The unknown class is the last. Numeric styles have fewer classes than asked for where there are not enough
        distinct values, and no known class where nothing is known.

    Raises
    ------
    NotFoundError
        No such register, or it has no geometry.
    UsageError
        The register has no such style, field or method, or not that many classes.
    """
    layer = workspace.layer(register)
    if not layer.has_geometry:
        raise NotFoundError(f"台账“{layer.zh}”没有图形，不能在地图上显示。")
    make = _maker(workspace, layer, style, as_of)
    version = (*records_version(workspace, register, as_of), *style_versions(workspace, style, as_of))
    if register == MICRO_PARKS:
        version = micro_parks_version(workspace, as_of)
    return workspace.cache.get(("map_style", register, style, version), make)


def style_record(style: MapStyle, style_id: str, mask: Mask | None) -> dict[str, Any]:
    """Return a style as plain values for JSON, counts and areas of the records in the mask; see `map_style`."""
    scheme = style.counted(mask)
    classes = [item.to_style() | {"count": item.count, "area_m2": item.area_m2} for item in scheme.items]
    return {
        "id": style_id or scheme.id, "zh": scheme.zh, "unit": style.unit_zh, "source": style.source, "classes": classes,
    }  # fmt: skip


def _maker(workspace: Workspace, layer: Layer, style: str, as_of: AsOf) -> Callable[[], MapStyle]:
    """Return what works the style out; raises where there is no such style."""
    if ":" in style:
        field, method, count = _parsed(workspace, layer, style)
        return lambda: _numeric_style(workspace, layer, field, method, count, as_of)
    if layer.id == "plots":
        return lambda: _plot_style(workspace, style, as_of)
    if layer.id == PROJECTS and style in STYLES:
        return lambda: _project_style(workspace, layer, style, as_of)
    if layer.id == MICRO_PARKS and style in MICRO_PARK_STYLES:
        return lambda: _micro_park_style(workspace, layer, style, as_of)
    if style not in ("", layer.style.color_by):
        own = f"“{layer.style.color_by}”或" if layer.style.color_by else ""
        raise UsageError(
            f"“{layer.zh}”没有着色方式“{style}”；可用：{own}“字段:方法:级数”，如 area_m2:natural:5。"
        )
    return lambda: _register_style(workspace, layer, as_of)


def _parsed(workspace: Workspace, layer: Layer, style: str) -> tuple[FieldInfo, str, int]:
    name, method, count_text = (*style.split(":"), "", "")[:3]
    if style.count(":") != 2 or not count_text.isascii() or not count_text.isdigit():
        raise UsageError(f"着色方式“{style}”不正确，应为“字段:方法:级数”，如 tax_wan_per_mu:natural:5。")
    if method not in METHODS:
        known = "、".join(f"{method}（{words}）" for method, words in METHODS.items())
        raise UsageError(f"着色方式“{style}”的分级方法“{method}”不认识；可用：{known}。")
    if not FEWEST_CLASSES <= int(count_text) <= MOST_CLASSES:
        raise UsageError(f"着色方式“{style}”的级数应为 {FEWEST_CLASSES} 到 {MOST_CLASSES}。")
    field = find_field(register_fields(workspace, layer.id), name)
    if not field.is_numeric:
        raise UsageError(f"“{field.zh}”不是数值，不能分级着色。")
    if method == "policy" and _policy_id(field.name) not in workspace.policy.numbers:
        raise UsageError(f"“{field.zh}”没有规定的分级界线，请改用分位数（quantile）或自然断点（natural）。")
    return field, method, int(count_text)


def _policy_id(field: str) -> str:
    return OWN_BREAKS.get(field, BREAKS_PREFIX + field)


def _plot_style(workspace: Workspace, style: str, as_of: AsOf) -> MapStyle:
    facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
    name = style or PLOT_SCHEMES[0]
    if name not in PLOT_SCHEMES:
        known = "、".join(PLOT_SCHEMES)
        raise UsageError(f"地块没有着色方式“{style}”；可用：{known}，或“字段:方法:级数”，如 far:natural:5。")
    scheme = plot_scheme(workspace, facts, as_of, name)
    return MapStyle(
        scheme=scheme,
        class_index=_positions(scheme, plot_class_values(workspace, facts, as_of, name)),
        area_m2=facts["site_area_m2"].to_numpy(np.float64),
    )


def _register_style(workspace: Workspace, layer: Layer, as_of: AsOf) -> MapStyle:
    records = workspace.store.read(layer.id, revision=as_of.revision)
    scheme = register_scheme(layer, records)
    if not scheme.id:
        whole = replace(scheme, items=(replace(scheme.items[0], count=len(records)),))
        return MapStyle(scheme=whole, class_index=np.zeros(len(records), dtype=np.uint8))
    return MapStyle(scheme=scheme, class_index=_positions(scheme, class_values(records, scheme.id)))


def _project_style(workspace: Workspace, layer: Layer, style: str, as_of: AsOf) -> MapStyle:
    facts = project_facts(workspace, as_of)
    scheme = project_scheme(layer, style, facts)
    return MapStyle(scheme=scheme, class_index=_positions(scheme, class_values(facts, style)))


def _micro_park_style(workspace: Workspace, layer: Layer, style: str, as_of: AsOf) -> MapStyle:
    scheme, classes = micro_park_classes(workspace, layer, style, as_of)
    return MapStyle(scheme=scheme, class_index=_positions(scheme, classes))


def _positions(scheme: ColorScheme, values: pd.Series) -> NDArray[np.uint8]:
    """Return each value's position in the scheme; a code that the scheme does not know is unknown, the last."""
    found = pd.Index([item.value for item in scheme.items]).get_indexer(
        pd.Index(values.to_numpy(dtype=object))
    )
    return np.where(found < 0, len(scheme.items) - 1, found).astype(np.uint8)


def _numeric_style(
    workspace: Workspace, layer: Layer, field: FieldInfo, method: str, count: int, as_of: AsOf
) -> MapStyle:
    frame = record_columns(workspace, layer.id, [field.name], as_of)
    values = frame[field.name].to_numpy(dtype=np.float64, na_value=np.nan)
    source = METHODS[method]
    if method == "policy":
        number = workspace.policy_at(as_of.revision).number(_policy_id(field.name))
        breaks = [float(limit) for limit in number.on(as_of.day)]
        source = f"{number.zh}，{number.source}"
    else:
        breaks = class_breaks(values, method, count)
    is_known = np.isfinite(values)
    index = class_index(values, breaks)
    items = _items(layer, field, breaks)
    if not is_known.any():
        index, items = np.zeros(len(values), dtype=np.uint8), items[-1:]
    area_m2 = None
    if layer.id == "plots":
        facts = plot_facts(workspace, revision=as_of.revision, day=as_of.day)
        area_m2 = facts["site_area_m2"].to_numpy(np.float64)
    scheme = ColorScheme(
        id=f"{field.name}:{method}:{count}", zh=f"{field.label} {METHODS[method]}", items=items
    )
    whole = _counted(scheme, index, area_m2, np.ones(len(values), dtype=bool))
    return MapStyle(
        scheme=whole,
        class_index=index,
        area_m2=area_m2,
        unit_zh=field.unit,
        source=source,
    )


def _items(layer: Layer, field: FieldInfo, breaks: Sequence[float]) -> tuple[LegendItem, ...]:
    codes, words = class_codes(breaks), class_words(breaks)
    looks = zip(codes, words, sequential_colors(len(codes)), islice(cycle(PATTERNS), len(codes)), strict=True)
    opacity = PLOT_OPACITY if layer.geometry == "polygon" else 1.0
    stroke, weight = layer.style.color, layer.style.weight
    unknown = ("", f"{field.zh}未知", UNKNOWN_COLOR, UNKNOWN_PATTERN)
    return tuple(
        LegendItem(
            value=value, zh=zh, fill=color, fill_opacity=opacity, weight=weight, pattern=pattern,
            stroke=color if layer.geometry == "line" else stroke,
        )
        for value, zh, color, pattern in (*looks, unknown)
    )  # fmt: skip


def _counted(
    scheme: ColorScheme, index: NDArray[np.uint8], area_m2: NDArray[np.float64] | None, mask: Mask
) -> ColorScheme:
    chosen = index[mask]
    counts = np.bincount(chosen, minlength=len(scheme.items))
    areas: list[float | None] = [None] * len(scheme.items)
    if area_m2 is not None:
        sums = np.bincount(chosen, weights=np.nan_to_num(area_m2[mask]), minlength=len(scheme.items))
        areas = [float(area) for area in sums]
    items = (
        replace(item, count=int(n), area_m2=area)
        for item, n, area in zip(scheme.items, counts, areas, strict=True)
    )
    return replace(scheme, items=tuple(items))


def sequential_colors(count: int) -> list[str]:
    """Return colours from light to dark in even steps of lightness: safe for the colour-blind and in grey print.

    Examples
    --------
    >>> sequential_colors(3)
    ['#f6dd7f', '#4495b9', '#22407f']
    """
    anchors = np.array(
        [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in FAR_COLORS], dtype=np.float64
    )
    lightness = np.array([lightness_of(color) for color in FAR_COLORS])
    wanted = np.linspace(lightness[0], lightness[-1], count)
    channels = [np.interp(-wanted, -lightness, anchors[:, channel]).round() for channel in range(3)]
    return [f"#{int(r):02x}{int(g):02x}{int(b):02x}" for r, g, b in zip(*channels, strict=True)]
