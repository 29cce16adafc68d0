"""What has been published: a log of exported tables, each with its figures, for `geoapp verify`."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoapp.domain.fingerprint import parse_fingerprint
from geoapp.domain.revitalisation import ENTRY_FIGURES, LedgerSheet
from geoapp.domain.target_ledger import TargetLedger
from geoapp.domain.zone_table import ZoneTable
from geoapp.reports import revitalisation as ledger_report
from geoapp.reports import target_tables
from geoapp.reports.zone_table import zone_table_record
from geoapp.settings import Settings

FOLDER, LOG = "published", "log.jsonl"
_log = logging.getLogger(__name__)


def publish_statistics(settings: Settings, table: ZoneTable, name: str) -> None:
    """Note that a zone table was exported as a file."""
    record = zone_table_record(table)
    columns = [{"name": column["name"]} for column in record["columns"]]
    _note(settings, name, {**_head(record), "columns": columns, "rows": record["rows"]})


def publish_ledger(settings: Settings, sheet: LedgerSheet, unit: str, name: str) -> None:
    """Note that a revitalisation ledger was exported as a file."""
    record = ledger_report.ledger_record(sheet, unit)
    kept = ("recognition_code", *ENTRY_FIGURES)
    entries = [{key: entry[key] for key in kept} for entry in record["entries"]]
    _note(settings, name, {**_head(record), "totals_m2": record["totals_m2"], "entries": entries})


def publish_targets(settings: Settings, ledger: TargetLedger, unit: str, name: str) -> None:
    """Note that a target ledger was exported as a file."""
    record = target_tables.ledger_record(ledger, unit)
    _note(settings, name, {**_head(record), "indicators": record["indicators"]})


def published_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield what was published, oldest first: the name it had first, and the file that keeps its figures; each once."""
    log = settings.data_dir / FOLDER / LOG
    if not log.is_file():
        return
    seen: set[str] = set()
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            kept, name = str(entry["kept"]), str(entry["file"])
        except (ValueError, KeyError, TypeError):
            continue  # a line cut off by a full disk
        if kept not in seen:
            seen.add(kept)
            yield f"{name}（{entry.get('at', '')[:16]}）", log.parent / kept


def _head(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("fingerprint", "address") if name in record}


def _note(settings: Settings, name: str, record: dict[str, Any]) -> None:
    """Keep the figures and add a line to the log; an export never fails because that cannot be written."""
    if "fingerprint" not in record:
        return
    folder = settings.data_dir / FOLDER
    kept = folder / f"{parse_fingerprint(record['fingerprint']).digest}.json"
    entry = {
        "at": datetime.now(tz=UTC).isoformat(timespec="seconds"), "file": name, "kept": kept.name,
        "fingerprint": record["fingerprint"],
    }  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            _write_whole(kept, json.dumps(record, ensure_ascii=False, separators=(",", ":")))
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry, ensure_ascii=False) + "\n")
    except OSError as error:
        _log.warning("published figures of %s could not be kept: %s", name, error)


def _write_whole(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, encoding="utf-8", delete=False, suffix=".part"
    ) as staged:
        staged.write(text)
    os.replace(staged.name, path)  # noqa: PTH105 - a name, not a Path
