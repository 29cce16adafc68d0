"""How files of register tables are held against the second path: cell by cell, shape by shape, or what they come to."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.record_digest import cell_text
from geoapp.errors import FormatError
from geoapp.services.fields import register_fields
from geoapp.services.land_fields import land_fields
from geoapp.services.workspace import Workspace
from geoapp.units import SHOWN_UNITS
from geoapp.verification.checking import M2_PER_LAND_UNIT, Checked, Difference, check_rows
from geoapp.verification.figure import Figure, Nudged, Value, with_slack
from geoapp.verification.published import Published, PublishedFigure, number_of
from geoapp.verification.published_records import COUNT, KNOWN, SUM, PublishedRecords
from geoapp.verification.records import PlainRecord, known_fields, record_values, sum_values
from geoapp.verification.source import Source

_SAME_PLACE_DEGREES = 2e-9
"""Files give degrees to nine decimals."""
_YES_NO = {True: "是", False: "否"}
_NO_KEYS = "文件里没有编号列（{}），不能逐条核对，只核对条数和各列的合计。"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a file."""

    info: FieldInfo
    base_per_unit: float
    """What one in the file is in the field's own unit."""
    words: Mapping[str, frozenset[str]]
    """Of codes what files may show in their place."""


@dataclass(frozen=True, slots=True)
class RecordsCheck:
    """One table to be checked."""

    workspace: Workspace
    checked: Checked
    source: Source
    published: Published
    register: str

    @property
    def _filter_text(self) -> str:
        return self.published.fingerprint.parameter("filter")

    @property
    def _has_own_rules(self) -> bool:
        """Return whether what was computed has to be told from what another answer of them would give."""
        return bool(self.source.own_rules)

    def run(self) -> None:
        """Compare the records, or what they come to; columns without a second computation are told."""
        records = self.published.records
        if records is None:
            self._check_sums(self.published.figures)
            return
        columns = self._columns(records.names or records.headings, records.headings)
        keys = self._keys(records, columns)
        if keys is None:
            names = "、".join(self.source.layers[self.register].field(name).zh for name in self._key)
            self.checked.notes.append(_NO_KEYS.format(names))
            self.checked.is_whole = False
            self._check_sums(list(_sums_of(records, columns, self.published.name)))
            return
        known = [column.info.name for column in columns if column is not None]
        expected = record_values(self.source, self.register, self._filter_text, known)
        check_rows(self.checked, keys, expected, "表里")
        self._check_cells(records, columns, keys, expected)
        if records.is_map and self.source.layers[self.register].has_geometry:
            self._check_shapes(records, keys, expected)

    @property
    def _key(self) -> Sequence[str]:
        return self.source.layers[self.register].key

    def _columns(self, names: Sequence[str], headings: Sequence[str]) -> list[_Column | None]:
        """Return what each column is; None for one that is not computed a second time, which is told."""
        by_heading = _by_heading(
            register_fields(self.workspace, self.register), self.published.fingerprint.unit
        )
        known = known_fields(self.source, self.register)
        columns: list[_Column | None] = []
        for name, heading in zip(names, headings, strict=True):
            matching = by_heading.get(heading, [])
            place = next((n for n, (info, _) in enumerate(matching) if info.name == name), 0)
            if len(matching) <= place or matching[place][0].name not in known:
                self.checked.unverified[heading] = None
                columns.append(None)
                continue
            # Of two columns of one heading the second is the next field of that heading.
            info, factor = matching.pop(place)
            columns.append(_Column(info, factor, words=self._words(info)))
        return columns

    def _words(self, info: FieldInfo) -> dict[str, frozenset[str]]:
        """Return the words of a field's codes: those of now, and what the records were called at the revision."""
        words = {code: {word} for code, word in info.codes.items()}
        layer = self.source.layers[self.register]
        own = layer.field(info.name) if info.name in layer.field_names else None
        there = own.references.partition(".")[0] if own is not None else ""
        if info.has_open_codes and there:
            other = self.source.layers[there]
            for row in self.source.rows(there) if len(other.key) == 1 and other.label_field else ():
                code = str(row[other.key[0]])
                words.setdefault(code, set()).add(str(row[other.label_field] or code))
        return {code: frozenset(found) for code, found in words.items()}

    def _keys(self, records: PublishedRecords, columns: Sequence[_Column | None]) -> list[str] | None:
        """Return the key of each record; None where the file lacks a part of it."""
        if records.is_map:
            return list(records.keys)
        places = {column.info.name: place for place, column in enumerate(columns) if column is not None}
        if any(name not in places for name in self._key):
            return None
        parts = []
        for place, column in ((places[name], columns[places[name]]) for name in self._key):
            words = column.words if column is not None else {}
            codes = {word: code for code, shown in words.items() for word in shown}
            parts.append([_code(row[place], codes) for row in records.rows])
        return ["/".join(key) for key in zip(*parts, strict=True)]

    def _check_cells(
        self,
        records: PublishedRecords,
        columns: Sequence[_Column | None],
        keys: Sequence[str],
        expected: Mapping[str, PlainRecord],
    ) -> None:
        numeric = [column.info.name for column in columns if column is not None and column.info.is_numeric]
        nudged = Nudged(self.source, partial(self._numbers, numeric))
        for place, column in enumerate(columns):
            if column is None:
                continue
            self.checked.verified[column.info.label] = None
            for number, (row, key) in enumerate(zip(records.rows, keys, strict=True)):
                if key not in expected:
                    continue
                value = expected[key].values[column.info.name]
                where = partial(records.where, number, place)
                if column.info.is_numeric:
                    figure = Figure(_number(value), nudged, key, column.info.name)
                    self._check_number(column, row[place], figure, where)
                else:
                    self._check_text(column, row[place], value, where)

    def _numbers(self, names: Sequence[str], source: Source) -> dict[str, dict[str, Value]]:
        found = record_values(source, self.register, self._filter_text, names)
        return {key: {name: _number(row.values[name]) for name in names} for key, row in found.items()}

    def _check_number(self, column: _Column, cell: Any, expected: Figure, where: Callable[[], str]) -> None:
        info = column.info
        found = _cell_number(cell, self.published.name, where)
        if found is None and expected.value is None and not self._has_own_rules:
            self.checked.figure_count += 1
            return
        figure = PublishedFigure(where(), expected.row, info.label, found, info.decimals)
        is_area = info.name.endswith(("_m2", "_mu"))
        self.checked.compare(figure, expected, column.base_per_unit, is_area=is_area)
        if not self._has_own_rules:
            del self.checked.computed[figure.where]  # of a large register too many to keep for nothing

    def _check_text(self, column: _Column, cell: Any, value: Any, where: Callable[[], str]) -> None:
        self.checked.figure_count += 1
        if self._has_own_rules:
            self.checked.computed[where()] = (column.info.label, cell_text(value))
        right = {cell_text(value)}
        if isinstance(value, bool):
            right.add(_YES_NO[value])
        elif isinstance(value, str):
            right |= {cell_text(word) for word in column.words.get(value, ())}
        if cell_text(cell) not in right:
            words = [str(_YES_NO.get(one, one)) if isinstance(one, bool) else one for one in (value, cell)]
            shown = ["未知" if one in (None, "") else str(one) for one in words]
            self.checked.differences.append(Difference(where(), f"“{shown[0]}”", f"“{shown[1]}”"))

    def _check_shapes(
        self, records: PublishedRecords, keys: Sequence[str], expected: Mapping[str, PlainRecord]
    ) -> None:
        self.checked.verified["图形"] = None
        for number, (shape, key) in enumerate(zip(records.shapes, keys, strict=True), start=1):
            if key in expected:
                self.checked.figure_count += 1
                if not _is_same_shape(shape, expected[key].shape):
                    place = f"第 {number} 条记录的图形（{key}）"
                    self.checked.differences.append(Difference(place, "台账当时的图形", "另一个图形"))

    def _check_sums(self, figures: Sequence[PublishedFigure]) -> None:
        headings = list(dict.fromkeys(figure.row for figure in figures if figure.row != COUNT))
        columns = self._columns(headings, headings)
        by_heading = {heading: one for heading, one in zip(headings, columns, strict=True) if one is not None}
        names = [column.info.name for column in by_heading.values()]
        expected = with_slack(
            self.source, lambda source: sum_values(source, self.register, self._filter_text, names)
        )
        for figure in figures:
            column = by_heading.get(figure.row)
            if figure.row == COUNT:
                self.checked.compare(figure, expected[COUNT][COUNT], 1.0)
            elif column is not None:
                is_sum = figure.column == SUM
                self.checked.compare(
                    figure, expected[column.info.name][figure.column], column.base_per_unit if is_sum else 1.0,
                    is_area=is_sum,
                )  # fmt: skip


def _by_heading(fields: Mapping[str, FieldInfo], unit: str) -> dict[str, list[tuple[FieldInfo, float]]]:
    """Return the fields by the headings that files may have for them, each with what one there is in its own unit.

    Land in the unit asked for is rounded to that unit's decimals, in a field's own unit as the field says.
    """
    land = land_fields(fields)
    found: dict[str, list[tuple[FieldInfo, float]]] = {}
    for name, info in fields.items():
        shown = {"": (info, 1.0)}
        if name in land:
            own = land[name]
            shown = {
                one: (info.in_unit(one), M2_PER_LAND_UNIT[one] / M2_PER_LAND_UNIT[own]) for one in SHOWN_UNITS
            }
            if own != unit:
                shown[own] = info, 1.0
        for one, factor in shown.values():
            found.setdefault(one.label, []).append((one, factor))
    return found


def _sums_of(
    records: PublishedRecords, columns: Sequence[_Column | None], name: str
) -> Iterator[PublishedFigure]:
    """Yield what the records of a file come to; raises FormatError where a number is none."""
    count = len(records.rows)
    yield PublishedFigure("条数", COUNT, COUNT, float(count))
    for place, column in enumerate(columns):
        if column is None or not column.info.is_numeric:
            continue
        cells = [
            _cell_number(row[place], name, partial(records.where, number, place))
            for number, row in enumerate(records.rows)
        ]
        known = [cell for cell in cells if cell is not None]
        decimals = column.info.decimals
        if decimals is not None and count:
            decimals = math.floor(decimals - math.log10(count))  # each was rounded by itself
        heading = records.headings[place]
        yield PublishedFigure(f"“{heading}”的已知个数", heading, KNOWN, float(len(known)))
        yield PublishedFigure(f"“{heading}”的合计", heading, SUM, math.fsum(known), decimals)


def _cell_number(cell: Any, name: str, where: Callable[[], str]) -> Value:
    try:
        found = number_of(cell)
    except (TypeError, ValueError):
        raise FormatError(f"“{name}”{where()}是“{str(cell)[:40]}”，不是数。") from None
    return None if found is None or math.isnan(found) else found


def _code(cell: Any, known: Mapping[str, str]) -> str:
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    text = "" if cell is None else str(cell).removeprefix("'")
    return known.get(text, text)


def _number(value: Any) -> Value:
    return None if value is None else float(value)


def _is_same_shape(found: BaseGeometry | None, expected: BaseGeometry | None) -> bool:
    is_nothing = [shape is None or shape.is_empty for shape in (found, expected)]
    if any(is_nothing):
        return all(is_nothing)
    return bool(
        shapely.hausdorff_distance(found, expected) <= _SAME_PLACE_DEGREES
        and len(shapely.get_parts(found)) == len(shapely.get_parts(expected))
    )
