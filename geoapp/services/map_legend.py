"""Legends of the map: the classes by which plots may be coloured, and every register's own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import pandas as pd

from geoapp.analysis.intensity import far_break_text, far_class_codes
from geoapp.domain.layer import Code, Layer
from geoapp.services.as_of import AsOf
from geoapp.services.map_patterns import distinct_patterns, ink, paper_lightness
from geoapp.services.plot_facts import LOW_EFFICIENCY_WORDS, low_efficiency_class
from geoapp.services.plot_styles import PALE_COLOR, PlotClasses, plot_classes
from geoapp.services.plot_styles import STYLES as PLOT_STYLES
from geoapp.services.project_facts import STYLES
from geoapp.services.workspace import Workspace

UNKNOWN_COLOR = "#d3d7db"
UNKNOWN_PATTERN = "diagonal"
FAR_COLORS = ("#f6dd7f", "#a9d39a", "#5fb3bf", "#2f7eb5", "#22407f")
"""Light to dark: the order survives colour blindness and grey print."""
PLOT_OPACITY = 0.8
LEGEND_LENGTH = 8
"""Longer legends leave out the classes that do not occur."""


_PANEL_ONLY = ("count", "area_m2", "is_listed")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendItem:
    """One class: the value in the data, its words and its look."""

    value: str
    zh: str
    fill: str
    stroke: str
    fill_opacity: float
    weight: float = 1.0
    pattern: str = ""
    dash: str = ""
    count: int = 0
    area_m2: float | None = None
    is_listed: bool = True
    """Legends leave out the unknown class where nothing is unknown; long ones every class that does not occur."""

    def to_style(self) -> dict[str, Any]:
        """Return what the browser needs to draw the class."""
        style = {name: value for name, value in asdict(self).items() if name not in _PANEL_ONLY}
        return style | {"ink": ink(self.fill, self.fill_opacity, self.stroke)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorScheme:
    """One way of colouring a register: the property of a feature and its classes."""

    id: str
    """Name of the property."""
    zh: str
    items: tuple[LegendItem, ...]


def register_scheme(layer: Layer, records: pd.DataFrame) -> ColorScheme:
    """Return a register's own colouring: by the codes of its style's field, else one look for all.

    Parameters
    ----------
    layer : Layer
    records : DataFrame
        The register, for the counts.
    """
    style = layer.style
    if not style.color_by:
        return ColorScheme(id="", zh=layer.zh, items=(_item(layer, Code(value="", zh=layer.zh)),))
    field = layer.field(style.color_by)
    return coded_scheme(layer, style.color_by, field.zh, field.codes, records)


def project_scheme(layer: Layer, name: str, facts: pd.DataFrame) -> ColorScheme:
    """Return the colouring of projects by one of STYLES; *facts* as `project_facts` gives them, for the counts."""
    zh, codes = STYLES[name]
    return coded_scheme(layer, name, zh, codes, facts)


def coded_scheme(
    layer: Layer, name: str, zh: str, known: Sequence[Code], records: pd.DataFrame
) -> ColorScheme:
    """Return a colouring by codes that are known and the unknown one; *records* for the counts, by column *name*."""
    codes = [*known, Code(value="", zh=f"{zh}未注明", color=UNKNOWN_COLOR, pattern=UNKNOWN_PATTERN)]
    counts = class_values(records, name).value_counts().to_dict()
    return ColorScheme(
        id=name,
        zh=zh,
        items=_told_apart(
            replace(
                _item(layer, code),
                count=int(counts.get(code.value, 0)),
                is_listed=_is_listed(code, counts, len(codes)),
            )
            for code in codes
        ),
    )


def _is_listed(code: Code, counts: Mapping[Any, int], class_count: int) -> bool:
    return bool(counts.get(code.value)) or (code.value != "" and class_count <= LEGEND_LENGTH)


def _item(layer: Layer, code: Code) -> LegendItem:
    style = layer.style
    is_outline = style.fill_opacity == 0 or layer.geometry == "line"
    return LegendItem(
        value=code.value,
        zh=code.zh,
        fill=code.color or style.fill or style.color,
        stroke=code.color if is_outline and code.color else style.color,
        fill_opacity=style.fill_opacity,
        weight=code.weight or style.weight,
        pattern=code.pattern or style.pattern,
        dash=code.dash or style.dash,
    )


def _told_apart(items: Iterable[LegendItem]) -> tuple[LegendItem, ...]:
    """Give patterns to the classes that grey print would take for others; outlines have their dash and weight."""
    classes = tuple(items)
    if not all(item.fill_opacity for item in classes):
        return classes
    patterns = distinct_patterns(
        [item.pattern for item in classes],
        [paper_lightness(item.fill, item.fill_opacity) for item in classes],
        [not item.value for item in classes],
    )
    return tuple(replace(item, pattern=pattern) for item, pattern in zip(classes, patterns, strict=True))


_OWN_SCHEMES = {
    "far_class": "容积率分级", "grade": "亩均评价等级", "low_efficiency": "低效状态", "project_stage": "项目阶段",
}  # fmt: skip
PLOT_SCHEMES = (*_OWN_SCHEMES, *PLOT_STYLES)
"""Ways of colouring plots by name, in the order of menus."""


def plot_schemes(workspace: Workspace, facts: pd.DataFrame, state: AsOf) -> tuple[ColorScheme, ...]:
    """Return the ways of colouring plots, each with its unknown class, counts and areas.

    Parameters
    ----------
    workspace : Workspace
    facts : DataFrame indexed by plot code
        Columns far_class, grade, low_efficiency, low_efficiency_by_rule, project_stage and site_area_m2 (m2, missing
        where unknown).
    state : AsOf
        The classes' limits are those known then and in force on its day.

    Returns
    -------
    tuple of ColorScheme
        容积率分级, 亩均评价等级, 低效状态, 项目阶段, then those of `plot_styles.STYLES`.
    """
    return tuple(plot_scheme(workspace, facts, state, name) for name in PLOT_SCHEMES)


def plot_scheme(workspace: Workspace, facts: pd.DataFrame, state: AsOf, name: str) -> ColorScheme:
    """Return one of `plot_schemes`, which are named PLOT_SCHEMES."""
    layer = workspace.layer("plots")
    if name in PLOT_STYLES:
        return _more_scheme(layer, facts, name, plot_classes(workspace, facts, state, name))
    breaks = workspace.policy_at(state.revision).value("far_class_breaks", state.day)
    classes = {
        "far_class": lambda: _far_classes(breaks),
        "grade": lambda: _coded_classes(workspace, "performance", "grade", "未评价"),
        "low_efficiency": lambda: list(_LOW_EFFICIENCY_CLASSES),
        "project_stage": lambda: _stage_classes(workspace),
    }[name]()
    items = _counted(layer, classes, facts, class_values(facts, name))
    return ColorScheme(id=name, zh=_OWN_SCHEMES[name], items=items)


def _more_scheme(layer: Layer, facts: pd.DataFrame, name: str, found: PlotClasses) -> ColorScheme:
    return ColorScheme(
        id=name, zh=found.zh, items=_counted(layer, found.codes, facts, found.classes.fillna(""))
    )


def plot_class_values(workspace: Workspace, facts: pd.DataFrame, state: AsOf, name: str) -> pd.Series:
    """Return each plot's class of one of `plot_schemes` as text; the empty text is the unknown class."""
    if name in PLOT_STYLES:
        return plot_classes(workspace, facts, state, name).classes.fillna("")
    return class_values(facts, name)


def class_values(facts: pd.DataFrame, name: str) -> pd.Series:
    """Return each plot's class as text; missing is the unknown class, the empty text."""
    values = low_efficiency_class(facts) if name == "low_efficiency" else facts[name]
    return values.astype("object").where(values.notna(), "").astype(str).replace("unknown", "")


_LOW_EFFICIENCY_CLASSES = (
    Code(value="yes", zh=LOW_EFFICIENCY_WORDS["yes"], color="#c2552d", pattern="diagonal"),
    Code(value="review", zh=LOW_EFFICIENCY_WORDS["review"], color="#f0bd7f", pattern="horizontal"),
    Code(value="no", zh=LOW_EFFICIENCY_WORDS["no"], color="#b9d3c3"),
    Code(value="", zh=LOW_EFFICIENCY_WORDS["unknown"], color=UNKNOWN_COLOR, pattern="dots"),
)


def far_class_words(breaks: Sequence[float]) -> dict[str, str]:
    """Return the classes of known plot ratios in Chinese, by code, lowest first."""
    texts = [far_break_text(limit) for limit in breaks]
    words = [f"{texts[0]} 以下", *(f"{low}–{high}" for low, high in pairwise(texts)), f"{texts[-1]} 及以上"]
    return dict(zip(far_class_codes(breaks)[:-1], words, strict=True))


def _far_classes(breaks: Sequence[float]) -> list[Code]:
    classes = far_class_words(breaks)
    codes, words = list(classes), list(classes.values())
    last = len(FAR_COLORS) - 1
    colors = [FAR_COLORS[round(i * last / max(1, len(codes) - 1))] for i in range(len(codes))]
    known = [
        Code(value=code, zh=zh, color=color) for code, zh, color in zip(codes, words, colors, strict=True)
    ]
    return [*known, Code(value="", zh="容积率未知", color=UNKNOWN_COLOR, pattern=UNKNOWN_PATTERN)]


def _stage_classes(workspace: Workspace) -> list[Code]:
    # Without a project is a fact, not a gap: plain and pale, so that the projects stand out.
    *stages, none = _coded_classes(workspace, "projects", "stage", "无项目")
    return [*stages, replace(none, color=PALE_COLOR, pattern="")]


def _coded_classes(workspace: Workspace, register: str, field: str, unknown: str) -> list[Code]:
    codes = list(workspace.layer(register).field(field).codes)
    return [*codes, Code(value="", zh=unknown, color=UNKNOWN_COLOR, pattern=UNKNOWN_PATTERN)]


def _counted(
    layer: Layer, classes: Sequence[Code], facts: pd.DataFrame, values: pd.Series
) -> tuple[LegendItem, ...]:
    areas_m2 = facts["site_area_m2"].groupby(values.to_numpy())
    counts: Mapping[Any, int] = areas_m2.size().to_dict()
    sums_m2: Mapping[Any, float] = areas_m2.sum().to_dict()
    return _told_apart(
        replace(
            _item(layer, code),
            fill_opacity=PLOT_OPACITY,
            dash="",
            count=int(counts.get(code.value, 0)),
            area_m2=float(sums_m2.get(code.value, 0.0)),
            is_listed=_is_listed(code, counts, len(classes)),
        )
        for code in classes
    )
