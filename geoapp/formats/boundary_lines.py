"""The lines of a boundary-point file (界址点 TXT): header, plots and their points, as loosely as they are written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from geoapp.domain.issue import Issue, Severity
from geoapp.domain.parse import fold

PLOT_SECTION = "地块坐标"
_SECTION = re.compile(r"[\[【]\s*(.+?)\s*[\]】]")
_HEADER = re.compile(r"([^=:,]+?)\s*[=:]\s*(.*)")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_RING = re.compile(r"\d{1,5}(?:\.0*)?")
_LONGEST_POINT = 6
"""Fields of a point line at most: name, ring, X, Y, perhaps a height and an end mark."""


@dataclass(frozen=True, slots=True)
class PointLine:
    """One point as written: X and Y are called first and second until their order is known."""

    line: int
    name: str
    ring: str
    first: float
    second: float


@dataclass(slots=True)
class PlotLines:
    """One plot: the fields of its own line and its points."""

    line: int
    fields: list[str]
    points: list[PointLine] = field(default_factory=list)


@dataclass(slots=True)
class BoundaryText:
    """A whole file, read line by line."""

    header: dict[str, str] = field(default_factory=dict)
    plots: list[PlotLines] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def looks_like_boundary_text(text: str) -> bool:
    """Return whether a text is a boundary-point file: by its section, or by lines of points."""
    if re.search(r"[\[【]\s*" + PLOT_SECTION, text):
        return True
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    points = sum(_point(split_fields(fold(line)), 0) is not None for line in lines)
    return points >= 3 and points >= len(lines) / 2


def parse_lines(text: str) -> BoundaryText:
    """Return what a boundary-point file says, each line that cannot be understood as a finding.

    Understood: optional sections before, full-width brackets, commas and equals signs, spaces anywhere, a missing
    end mark "@", points without ring number, points before any plot line.
    """
    found = BoundaryText()
    is_plots = not re.search(r"[\[【]\s*" + PLOT_SECTION, text)
    for number, raw in enumerate(text.splitlines(), start=1):
        line = fold(raw)
        section = _SECTION.fullmatch(line)
        if section:
            is_plots = section[1] == PLOT_SECTION
        elif line:
            _take_line(found, number, line, is_plots=is_plots)
    return found


def split_fields(line: str) -> list[str]:
    """Return the fields of a line: at commas, or at blanks where there are none."""
    parts = line.split(",") if "," in line else line.split()
    return [part.strip() for part in parts]


def _take_line(found: BoundaryText, number: int, line: str, *, is_plots: bool) -> None:
    header = _HEADER.fullmatch(line)
    fields = split_fields(line)
    point = _point(fields, number)
    if point is not None and is_plots:
        _take_point(found, point)
    elif header and (not is_plots or len(fields) == 1):
        found.header.setdefault(re.sub(r"\s", "", header[1]), header[2].strip())
    elif is_plots and _is_plot(fields):
        found.plots.append(PlotLines(number, _without_end(fields)))
    elif is_plots:
        found.issues.append(_not_understood(number, line, fields))


def _take_point(found: BoundaryText, point: PointLine) -> None:
    if not found.plots:
        found.plots.append(PlotLines(point.line, []))
        found.issues.append(
            Issue(
                code="plot-line-missing",
                severity=Severity.WARNING,
                message=f"第 {point.line} 行起的界址点前面没有地块信息行，地块没有编号和名称。",
                advice="请在界址点之前补上“界址点数,面积,地块编号,地块名称,面,图幅号,用途,地类编码,@”。",
                row=point.line,
            )
        )
    found.plots[-1].points.append(point)


def _point(fields: Sequence[str], number: int) -> PointLine | None:
    """Return the point a line gives, None if it is none."""
    kept = list(fields)
    while kept and kept[-1] in ("", "@"):
        kept.pop()
    if len(fields) > _LONGEST_POINT or not 3 <= len(kept) <= 5 or not all(map(_NUMBER.fullmatch, kept[2:])):
        return None
    if len(kept) == 3:
        return (
            PointLine(number, kept[0], "1", float(kept[1]), float(kept[2]))
            if _NUMBER.fullmatch(kept[1])
            else None
        )
    if kept[1] and not _RING.fullmatch(kept[1]):
        return None
    ring = kept[1].split(".")[0].lstrip("0") or "1"
    return PointLine(number, kept[0], ring, float(kept[2]), float(kept[3]))


def _is_plot(fields: Sequence[str]) -> bool:
    return fields[-1] == "@" or len(fields) >= 5


def _without_end(fields: list[str]) -> list[str]:
    return fields[: fields.index("@")] if "@" in fields else [part.removesuffix("@") for part in fields]


def _not_understood(number: int, line: str, fields: Sequence[str]) -> Issue:
    is_point = len(fields) in (3, 4)
    return Issue(
        code="point-unreadable" if is_point else "line-unreadable",
        severity=Severity.ERROR if is_point else Severity.WARNING,
        message=f"第 {number} 行{'的坐标不是数字' if is_point else '既不是地块信息也不是界址点'}，没有读入。",
        advice="界址点应写作“点号,圈号,X(北),Y(东)”，例如“J1,1,3316554.248,40644798.679”。",
        row=number,
        value=line[:100],
    )
