"""The one layer or sheet of a file that is imported."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geoapp.analysis.repair import DROP_WITHOUT_GEOMETRY
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import Layer
from geoapp.domain.matching import match_columns
from geoapp.errors import FormatError, UsageError
from geoapp.formats.base import RawLayer, ReadOptions, reader_for

_SHAPEFILE = "shapefile"
_SAID_AGAIN = ("geometry-missing", "geometry-mixed", "crs-missing", "crs-unknown")
"""Findings of readers that the import says itself, row by row or with what it decided."""
_GEOMETRY_LOST = ("coordinate-impossible", "surface-unsupported", "geometry-unreadable", "wkt-unreadable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as read: its layers, and the one chosen."""

    format: str
    format_id: str
    names: list[str]
    raw: RawLayer | None
    """None: several fit, the user has to say which."""
    issues: list[Issue]

    @property
    def is_shapefile(self) -> bool:
        """Whether column names may have been cut to ten bytes."""
        return self.format_id == _SHAPEFILE


def read_source(path: Path, layer: Layer, *, encoding: str | None, wanted: str | None) -> Source:
    """Read a file and choose the layer or sheet that fits a register.

    The only one is taken; of several the one asked for, else the only one that has the register's key columns (and
    geometry, if the register has). Where several fit as well, none is taken.

    Raises
    ------
    FormatError
        The file cannot be read or holds no records.
    UsageError
        There is no layer *wanted*.
    """
    reader = reader_for(path)
    raws = [_numbered(raw) for raw in reader.read(path, ReadOptions(encoding=encoding)) if len(raw.frame)]
    if not raws:
        raise FormatError("文件里没有任何记录。请确认导出时选对了数据。")
    names = [raw.name for raw in raws]
    raw = _choose(raws, layer, wanted)
    if raw is None:
        question = Issue(
            code="layer-unclear", severity=Severity.ERROR, value="、".join(names),
            message=f"文件里有 {len(names)} 个图层（工作表），不能确定要导入哪一个：{'、'.join(names)}。",
            advice="请选定一个图层（命令行用 --layer）。",
        )  # fmt: skip
        return Source(format=reader.zh, format_id=reader.id, names=names, raw=None, issues=[question])
    issues = [_fixable(issue) for issue in raw.issues if issue.code not in _SAID_AGAIN]
    if len(names) > 1:
        issues.append(_chosen_note(raw.name, names))
    return Source(format=reader.zh, format_id=reader.id, names=names, raw=raw, issues=issues)


def _numbered(raw: RawLayer) -> RawLayer:
    """Return a layer whose rows can be told apart; parts of one feature may come with one number."""
    if raw.frame.index.is_unique:
        return raw
    rows = pd.RangeIndex(1, len(raw.frame) + 1, name=raw.frame.index.name)
    return replace(raw, frame=raw.frame.set_axis(rows))


def _choose(raws: Sequence[RawLayer], layer: Layer, wanted: str | None) -> RawLayer | None:
    if wanted is not None:
        found = [raw for raw in raws if raw.name == wanted]
        if not found:
            raise UsageError(f"文件里没有图层“{wanted}”；有：{'、'.join(raw.name for raw in raws)}。")
        return found[0]
    if len(raws) == 1:
        return raws[0]
    fitting = [raw for raw in raws if _has_key(raw, layer)]
    drawn = [raw for raw in fitting if raw.has_geometry]
    if layer.has_geometry and drawn:
        fitting = drawn
    return fitting[0] if len(fitting) == 1 else None


def _has_key(raw: RawLayer, layer: Layer) -> bool:
    matching = match_columns(headers_of(raw), layer)
    return all(matching.header_of(name) for name in layer.key)


def headers_of(raw: RawLayer) -> list[str]:
    """Return the file's own columns, without geometry."""
    geometry = raw.frame.geometry.name if isinstance(raw.frame, gpd.GeoDataFrame) else None
    return [str(name) for name in raw.frame.columns if name != geometry]


def _fixable(issue: Issue) -> Issue:
    """Return a reader's finding about lost geometry with the fix that drops the record."""
    if issue.code in _GEOMETRY_LOST and issue.row is not None and issue.severity is Severity.ERROR:
        return replace(issue, fix=DROP_WITHOUT_GEOMETRY)
    return issue


def _chosen_note(name: str, names: Sequence[str]) -> Issue:
    others = "、".join(np.setdiff1d(names, [name]).tolist())
    message = f"文件里有 {len(names)} 个图层（工作表），导入的是“{name}”，没有读：{others}。"
    return Issue(code="layer-chosen", severity=Severity.NOTE, message=message, value=name)
