"""Exported files read back, whichever table and form they have."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pyogrio
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from openpyxl.utils.exceptions import InvalidFileException
from shapely.geometry import shape

from geoapp.domain.fingerprint import Fingerprint
from geoapp.domain.frame import plain_records
from geoapp.domain.listed import LIST_KINDS
from geoapp.errors import FormatError, UsageError, system_reason
from geoapp.verification import published_digest as digest
from geoapp.verification import published_evaluation as evaluation
from geoapp.verification import published_others as others
from geoapp.verification import published_records as records
from geoapp.verification import published_rules as rules
from geoapp.verification import published_scenarios as scenarios
from geoapp.verification import published_supervision as supervision
from geoapp.verification import published_tables as tables
from geoapp.verification import published_targets as targets
from geoapp.verification.published import Cell, MapLayer, Published, find_fingerprint
from geoapp.verification.published_lists import readers

NOTES, RECORD_KEY = "notes", "record_key"
"""In GeoPackages: the layer that says what the others are, and the column of the records' keys."""
Sheets = Mapping[str, list[list[Cell]]]
"""The lines of each sheet of a workbook, or of each table of a document by its title, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of published table."""

    id: str
    zh: str
    path: str
    """Regular expression of the addresses that show it."""
    from_json: Callable[[Published, Mapping[str, Any]], None]
    from_csv: Callable[[Published, list[str], list[list[str]]], None] | None = None
    from_xlsx: Callable[[Published, Sheets], None] | None = None
    from_docx: Callable[[Published, Sheets], None] | None = None
    from_map: Callable[[Published, MapLayer], None] | None = None


KINDS = (
    Kind(
        id="statistics", zh="分区统计", path="/statistics", from_json=tables.statistics_json,
        from_csv=tables.statistics_csv, from_xlsx=tables.statistics_xlsx, from_map=tables.statistics_map,
    ),
    Kind(
        id="ledger", zh="盘活台账", path="/ledgers/[^/]+", from_json=tables.ledger_json,
        from_csv=tables.ledger_csv, from_xlsx=tables.ledger_xlsx,
    ),
    Kind(
        id="targets", zh="目标台账", path="/targets/[^/]+", from_json=targets.targets_json,
        from_csv=targets.targets_csv, from_xlsx=targets.targets_xlsx,
    ),
    Kind(
        id="target", zh="单项目标", path="/targets/[^/]+/[^/]+", from_json=targets.target_json,
        from_csv=targets.target_csv, from_xlsx=targets.target_xlsx,
    ),
    Kind(id="trend", zh="历年趋势", path=r"/statistics/trend\.json", from_json=others.trend_json),
    Kind(id="plot_proof", zh="容积率计算书", path="/plots/.+/proof", from_json=others.plot_proof_json),
    Kind(id="zone_proof", zh="分区容积率计算书", path="/zones/[^/]+/.+/proof", from_json=others.zone_proof_json),
    Kind(
        id="changes", zh="变化表", path="/changes", from_json=others.changes_json, from_csv=others.changes_csv,
        from_xlsx=others.changes_xlsx,
    ),
    Kind(
        id="digest", zh="预警周报", path="/alarms", from_json=digest.digest_json, from_xlsx=digest.digest_xlsx,
        from_docx=digest.digest_docx,
    ),
    Kind(
        id="supervision", zh="督查通报", path="/supervision", from_json=supervision.supervision_json,
        from_xlsx=supervision.supervision_xlsx,
    ),
    Kind(
        id="rules", zh="规则库", path="/rules", from_json=rules.rules_json, from_csv=rules.rules_csv,
        from_xlsx=rules.rules_xlsx,
    ),
    Kind(
        id="evaluation", zh="亩均评价", path="/evaluation", from_json=evaluation.evaluation_json,
        from_csv=evaluation.evaluation_csv, from_xlsx=evaluation.evaluation_xlsx,
    ),
    Kind(
        id="whatif", zh="改造测算", path="/whatif", from_json=scenarios.whatif_json, from_csv=scenarios.whatif_csv,
        from_xlsx=scenarios.whatif_xlsx,
    ),
    Kind(
        id="portfolio", zh="组合优选", path="/portfolio", from_json=scenarios.portfolio_json,
        from_csv=scenarios.portfolio_csv, from_xlsx=scenarios.portfolio_xlsx,
    ),
    Kind(
        id="records", zh="台账表", path=r"/table/[^/]+\.json", from_json=records.records_json,
        from_csv=records.records_csv, from_xlsx=records.records_xlsx, from_map=records.records_map,
    ),
    *(Kind(id=kind.id, zh=kind.zh, path=kind.path, **readers(kind)) for kind in LIST_KINDS),
    Kind(
        id="rule", zh="规则命中", path="/rules/[^/]+", from_json=rules.rule_json, from_csv=rules.rule_csv,
        from_xlsx=rules.rule_xlsx,
    ),
)  # fmt: skip


def kind_of(fingerprint: Fingerprint) -> Kind:
    """Return which table a fingerprint is of; raises UsageError for one that is not verified yet."""
    path = fingerprint.origin.path
    for kind in KINDS:
        if re.fullmatch(kind.path, path):
            return kind
    known = "、".join(kind.zh for kind in KINDS)
    raise UsageError(f"指纹里的地址“{path[:60]}”不是能核对的表；能核对：{known}。")


def read_published(path: Path) -> Published:
    """Return an exported file's fingerprint and figures.

    Raises
    ------
    FormatError
        The file cannot be read, or is not one of our exports.
    UsageError
        It has no fingerprint, or another ending than those of _READERS.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"“{path.name}”不能核对；可核对的文件：{'、'.join(_READERS)}。")
    try:
        return reader(path)
    except OSError as error:
        raise FormatError(f"读不了“{path.name}”：{system_reason(error)}。") from error
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        InvalidFileException,
        PackageNotFoundError,
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
    ) as error:
        raise FormatError(f"“{path.name}”不是完整的导出文件，读不出数：{error}。") from error


def published_record(name: str, record: Mapping[str, Any]) -> Published:
    """Return what a JSON export holds; raises KeyError and the like where it is not whole."""
    published = Published(name=name, fingerprint=find_fingerprint(name, [record.get("fingerprint")]))
    if "features" in record:
        _take_map(published, _features(record), "GeoJSON")
    else:
        kind_of(published.fingerprint).from_json(published, record)
    return published


def _features(record: Mapping[str, Any]) -> MapLayer:
    features = record["features"]
    return MapLayer(
        rows=[feature["properties"] for feature in features],
        labels={column["name"]: column["label"] for column in record.get("columns", [])},
        keys=[str(feature["id"]) for feature in features],
        shapes=[feature["geometry"] and shape(feature["geometry"]) for feature in features],
    )


def _take_map(published: Published, layer: MapLayer, form: str) -> None:
    kind = kind_of(published.fingerprint)
    if kind.from_map is None:
        raise UsageError(f"“{published.name}”：{kind.zh}没有 {form} 文件。")
    kind.from_map(published, layer)


def _read_json(path: Path) -> Published:
    return published_record(path.name, json.loads(path.read_text(encoding="utf-8-sig")))


def _read_csv(path: Path) -> Published:
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    published = Published(
        name=path.name, fingerprint=find_fingerprint(path.name, (cell for line in lines for cell in line))
    )
    header, body = lines[0], [line for line in lines[1:] if any(line)]
    published.row_count = len(body)
    fill = kind_of(published.fingerprint).from_csv
    if fill is None:
        raise UsageError(f"“{path.name}”：{kind_of(published.fingerprint).zh}没有 CSV 文件。")
    fill(published, header, body)
    return published


def _read_xlsx(path: Path) -> Published:
    book = openpyxl.load_workbook(path, data_only=True)
    sheets = {
        sheet.title: [list(line) for line in sheet.iter_rows(values_only=True)] for sheet in book.worksheets
    }
    cells = (cell for lines in reversed(sheets.values()) for line in lines for cell in line)
    published = Published(name=path.name, fingerprint=find_fingerprint(path.name, cells))
    fill = kind_of(published.fingerprint).from_xlsx
    if fill is None:
        raise UsageError(f"“{path.name}”：{kind_of(published.fingerprint).zh}没有 Excel 文件。")
    fill(published, sheets)
    return published


def _read_docx(path: Path) -> Published:
    texts: list[str] = []
    tables: dict[str, list[list[str]]] = {}
    for part in docx.Document(str(path)).iter_inner_content():
        if isinstance(part, Table):
            title = texts[-1].rpartition("（")[0]  # followed by how many lines it has
            tables[title] = [[cell.text for cell in row.cells] for row in part.rows]
        elif part.text.strip():
            texts.append(part.text)
    published = Published(name=path.name, fingerprint=find_fingerprint(path.name, reversed(texts)))
    fill = kind_of(published.fingerprint).from_docx
    if fill is None:
        raise UsageError(f"“{path.name}”：{kind_of(published.fingerprint).zh}没有 Word 文件。")
    fill(published, tables)
    return published


def _read_gpkg(path: Path) -> Published:
    notes = pyogrio.read_dataframe(path, layer=NOTES)
    published = Published(name=path.name, fingerprint=find_fingerprint(path.name, notes["text"]))
    name = next(name for name, _ in pyogrio.list_layers(path) if name != NOTES)
    found = pyogrio.read_dataframe(path, layer=name)
    shapes = list(found["geometry"]) if "geometry" in found else [None] * len(found)
    rows = plain_records(found.drop(columns=RECORD_KEY, errors="ignore"))
    labelled = notes[notes["label"].notna()] if "label" in notes else notes[:0]
    layer = MapLayer(
        rows=rows,
        labels=dict(zip(labelled["item"], labelled.get("label", []), strict=True)),
        keys=[str(key) for key in found.get(RECORD_KEY, [""] * len(found))],
        shapes=shapes,
    )
    _take_map(published, layer, "GeoPackage")
    return published


_READERS: Mapping[str, Callable[[Path], Published]] = {
    ".xlsx": _read_xlsx, ".docx": _read_docx, ".csv": _read_csv, ".json": _read_json, ".geojson": _read_json,
    ".gpkg": _read_gpkg,
}  # fmt: skip
