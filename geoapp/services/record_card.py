"""One record of any register in words: labels, units, codes, what it refers to, where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import shapely

from geoapp.domain.change import RecordVersion
from geoapp.domain.layer import UNIT_LABELS, Field, Layer
from geoapp.services.held_records import held_records, held_version
from geoapp.services.record_key import find_record
from geoapp.services.workspace import Workspace
from geoapp.units import MINUS, area_words, number_text

UNKNOWN = "—"

PLOT_LINKS = {"projects": ("project_plots",), "enterprises": ("occupancies", "plots")}
"""Registers that say on which plots a project or an enterprise is."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of a record, ready to be read."""

    name: str
    label: str
    text: str
    link: str = ""
    """Address of the record it refers to, where there is one."""
    area_m2: float | None = None
    """Of land: the number itself, to be written in the reader's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a record came from and how old it is."""

    source: str
    """The register's source document."""
    certainty: str
    file: str
    row: int | None
    revision: int
    """That brought this version of the record."""
    data_at: datetime | None
    """When that was, by the machine's clock: a page shows the day."""
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCard:
    """What a page shows of a record."""

    register: str
    register_zh: str
    key: str
    title: str
    lines: tuple[FieldLine, ...]
    plots: tuple[FieldLine, ...]
    """The plots that a project takes in or an enterprise is on."""
    bounds: Box | None
    provenance: Provenance


def record_card(workspace: Workspace, register: str, key_text: str) -> RecordCard:
    """Return the card of one record.

    Parameters
    ----------
    workspace : Workspace
    register : str
        Its id.
    key_text : str
        The key as it stands in an address; the parts of a compound key joined by "/".

    Raises
    ------
    NotFoundError
        No such register, or there never was such a record.
    GoneError
        It was withdrawn.
    """
    layer = workspace.layer(register)
    _, version = find_record(workspace, layer, key_text, look=partial(held_version, workspace))
    values = version.fields
    geometry = values.get("geometry")
    return RecordCard(
        register=register,
        register_zh=layer.zh,
        key=key_text,
        title=record_title(layer, values, key_text),
        lines=field_lines(workspace, layer, values),
        plots=_plots(workspace, layer, values),
        bounds=None if geometry is None else box_of(geometry),
        provenance=provenance(workspace, layer, version),
    )


def record_title(layer: Layer, values: Mapping[str, Any], key_text: str) -> str:
    """Return what a record is called: its name; where its key has parts, what it is about in words.

    Parameters
    ----------
    layer : Layer
    values : mapping
        Of the record, plain; None where missing.
    key_text : str
        As it stands in an address.

    Examples
    --------
    >>> project = Field(name="project_code", dtype="string", zh="项目编号", en="Project")
    >>> year = Field(name="year", dtype="integer", zh="年份", en="Year")
    >>> key = ("project_code", "year")
    >>> layer = Layer(id="x", zh="例", en="x", geometry="none", key=key, fields=(project, year))
    >>> record_title(layer, {"project_code": "X1", "year": 2025}, "X1/2025")
    '项目 X1 · 2025 年'
    """
    name = _text_of(values.get(layer.label_field)) if layer.label_field else ""
    if len(layer.key) == 1:
        return name or key_text
    is_named = bool(name) and layer.label_field not in layer.key
    parts = [
        _part_words(layer.field(part), values.get(part))
        for part in (layer.key[:-1] if is_named else layer.key)
    ]
    return " · ".join([*parts, name] if is_named else parts)


def _part_words(field: Field, value: Any) -> str:
    """Return a part of a key in words: 项目 X1, 容积率, 2025 年."""
    if field.codes or value is None:
        return field_text(field, value)
    if field.name == "year":
        return f"{value} 年"
    subject = field.zh.removesuffix("编号")
    return f"{subject} {value}" if subject != field.zh else str(value)


def field_lines(workspace: Workspace, layer: Layer, values: dict[str, Any]) -> tuple[FieldLine, ...]:
    """Return the lines of a record's card, in the register's order; restricted fields are left out.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    values : dict
        The record's plain values, None where missing.
    """
    fields = [layer.field(name) for name in layer.card or layer.field_names]
    shown = [field for field in fields if not field.is_restricted]
    return tuple(_line(workspace, layer, field, values.get(field.name)) for field in shown)


def _line(workspace: Workspace, layer: Layer, field: Field, value: Any) -> FieldLine:
    text, link = field_text(field, value), ""
    if field.references and value is not None:
        register = field.references.partition(".")[0]
        name = record_name(workspace, register, str(value))
        if name is not None and register != layer.id:
            text, link = (f"{name}（{value}）" if name != value else name), record_address(register, value)
    area_m2 = value if is_land(field) else None
    return FieldLine(name=field.name, label=field.zh, text=text, link=link, area_m2=area_m2)


def _plots(workspace: Workspace, layer: Layer, values: dict[str, Any]) -> tuple[FieldLine, ...]:
    name = layer.key[0]
    codes: set[str] = set()
    for register in PLOT_LINKS.get(layer.id, ()):
        frame = workspace.store.read(register)
        codes |= set(frame.loc[(frame[name] == values[name]).to_numpy(bool), "plot_code"])
    words = {code: record_name(workspace, "plots", code) for code in sorted(codes)}
    return tuple(
        FieldLine(
            name="plot_code",
            label=code,
            text=word or code,
            link=record_address("plots", code) if word else "",
        )
        for code, word in words.items()
    )


def record_name(workspace: Workspace, register: str, key: str) -> str | None:
    """Return what a record of a register with a one-part key is called; None where there is none."""
    layer = workspace.layers.get(register)
    if layer is None:
        return None
    held = held_records(workspace, register)
    found = held.find(layer.key[0], key)
    if not len(found):
        return None
    name = held.value(int(found[0]), layer.label_field) if layer.label_field else None
    return key if name is None else str(name)


def record_address(register: str, key: Any) -> str:
    """Return the address of a record's page, not yet escaped for a URL."""
    return f"/plots/{key}" if register == "plots" else f"/records/{register}/{key}"


def field_text(field: Field, value: Any) -> str:
    """Return a value in words: codes by name, areas also in 亩, unknown as a dash.

    Examples
    --------
    >>> area = Field(name="area_m2", dtype="number", unit="m2", zh="面积", en="Area")
    >>> field_text(area, 30000.0), field_text(area, None)
    ('30,000.00 平方米（45.00 亩）', '—')
    """
    if value is None:
        return UNKNOWN
    if field.codes:
        return field.code_labels.get(str(value), str(value))
    if field.dtype == "boolean":
        return "是" if value else "否"
    if field.dtype == "date":
        return str(value.isoformat())
    if field.dtype in ("number", "integer"):
        return _number_text(field, value)
    return str(value)


def is_land(field: Field) -> bool:
    """Return whether a field is an area that people read in 亩: any but floor area."""
    return field.unit == "m2" and "gfa" not in field.name


def _number_text(field: Field, value: float) -> str:
    if field.unit == "year":
        return f"{value:.0f} 年"
    number = f"{value:,d}" if field.dtype == "integer" else number_text(value, ",.2f")
    number = number.replace("-", MINUS)
    unit = UNIT_LABELS.get(field.unit, "")
    if is_land(field):
        return f"{number} {unit}（{area_words(value)}）"
    return f"{number}{'' if unit in ('', '%') else ' '}{unit}"


def provenance(workspace: Workspace, layer: Layer, version: RecordVersion) -> Provenance:
    """Return where a record's version came from."""
    values = version.fields
    made_at = workspace.store.made_at(version.from_revision)
    return Provenance(
        source=layer.source,
        certainty=layer.certainty,
        file=_text_of(values.get("source_file")),
        row=values.get("source_row"),
        revision=version.from_revision,
        data_at=None if made_at is None else made_at.astimezone(),
        is_demo=bool(values.get("is_demo")),
    )


def _text_of(value: Any) -> str:
    return "" if value is None else str(value)


def box_of(geometry: shapely.Geometry) -> Box:
    """Return the bounds of a geometry."""
    west, south, east, north = (float(edge) for edge in shapely.bounds(geometry))
    return west, south, east, north
