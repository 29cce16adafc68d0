"""What has been published: a log of exported tables, each with its figures, for `geoapp verify`.

`published/log.jsonl` is only ever added to, one line per export, written at once; what a line names is whole on the
disk before the line is. A line cut off by a power failure is told when the log is read, and what it was to name is
found all the same.
"""

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geoapp.domain.changes import ChangeReport
from geoapp.domain.digest import Digest
from geoapp.domain.evaluation import FIRM_FIGURES
from geoapp.domain.fingerprint import Fingerprint, parse_fingerprint, short_digest
from geoapp.domain.listed import ListKind
from geoapp.domain.record_table import RecordTable
from geoapp.domain.revitalisation import ENTRY_FIGURES, LedgerSheet
from geoapp.domain.supervision import SupervisionTable
from geoapp.domain.target_ledger import TargetDetail, TargetLedger
from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import UsageError
from geoapp.reports import revitalisation as ledger_report
from geoapp.reports import target_tables
from geoapp.reports.changes import changes_record
from geoapp.reports.digest import digest_record
from geoapp.reports.portfolio import FIGURES as PORTFOLIO_FIGURES
from geoapp.reports.supervision_tables import FIGURES, supervision_record
from geoapp.reports.zone_table import zone_table_record
from geoapp.services.fingerprints import kept_zones
from geoapp.services.rule_tables import COUNTS as RULE_COUNTS
from geoapp.services.table_fingerprint import table_sums
from geoapp.settings import Settings
from geoapp.verification.published_scenarios import TARGET_FIGURES

FOLDER, LOG, ZONES = "published", "log.jsonl", "zones"
_MEMBER = ("key", "amount", "weight", "ratio", "is_counted")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """Something that was published."""

    name: str
    """What it was called first, and when."""
    path: Path
    """Keeps its figures."""


def publish_statistics(settings: Settings, table: ZoneTable, name: str) -> None:
    """Note that a zone table was exported as a file; zones of an uploaded file are kept with it."""
    record = zone_table_record(table)
    columns = [{"name": column["name"]} for column in record["columns"]]
    if table.origin is not None and dict(table.origin.query).get("zone_set"):
        _keep_zones(settings, kept_zones(table.geometry))
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


def publish_target(settings: Settings, detail: TargetDetail, unit: str, name: str) -> None:
    """Note that one opened target was exported as a file; of its records no more than numbers are kept."""
    record = target_tables.detail_record(detail, unit)
    kept = {part: record[part] for part in ("indicator", "towns", "parks", "trend", "forecast")}
    kept |= {part: _only(record[part], _MEMBER) for part in ("members", "pipeline")}
    _note(settings, name, {**_head(record), **kept})


def publish_supervision(settings: Settings, table: SupervisionTable, unit: str, name: str) -> None:
    """Note that a supervision report was exported as a file."""
    record = supervision_record(table, unit)
    _note(settings, name, {**_head(record), "rows": _only(record["rows"], ("key", "unit", *FIGURES))})


def publish_changes(settings: Settings, report: ChangeReport, unit: str, name: str) -> None:
    """Note that what changed between two days was exported as a file; words are not kept."""
    record = changes_record(report, unit)
    kept = {
        part: [{key: value for key, value in row.items() if _is_kept(key, unit)} for row in record[part]]
        for part in ("rows", "changes", "projects")
    }
    _note(settings, name, {**_head(record), **kept})


def publish_rules(settings: Settings, record: Mapping[str, Any], name: str) -> None:
    """Note that the rule book was exported as a file; of it the counts by rule are kept."""
    rules = _only(record["rules"], ("id", *RULE_COUNTS))
    _note(settings, name, {**_head(record), "rules": rules})


def publish_rule(settings: Settings, record: Mapping[str, Any], name: str) -> None:
    """Note that one rule was exported as a file; of it the counts and the verdicts are kept."""
    counts = {key: record[key] for key in ("id", *RULE_COUNTS)}
    _note(settings, name, {**_head(record), **counts, "found": _only(record["found"], ("key", "verdict"))})


def publish_evaluation(settings: Settings, record: Mapping[str, Any], name: str) -> None:
    """Note that an evaluation was exported as a file; of it the enterprises' figures and the lists are kept."""
    lists = _only(record["lists"], ("list", "zh", "enterprise_count", "grades", "lowest_scores", "items"))
    firms = _only(record["enterprises"], ("uscc", *FIRM_FIGURES))
    _note(settings, name, {**_head(record), "enterprises": firms, "lists": lists})


def publish_whatif(settings: Settings, record: Mapping[str, Any], name: str) -> None:
    """Note that a what-if was exported as a file; of it the plots' figures and their sums are kept."""
    plots = _only(record["plots"], ("plot_code", "figures"))
    targets = _only(record["targets"], ("set", "indicator", "zh", "unit", *TARGET_FIGURES))
    _note(settings, name, {**_head(record), "plots": plots, "totals": record["totals"], "targets": targets})


def publish_portfolio(settings: Settings, record: Mapping[str, Any], name: str) -> None:
    """Note that a portfolio was exported as a file; of it the plots chosen and their sums are kept."""
    plots = _only(record["plots"], ("plot_code", *PORTFOLIO_FIGURES, "score"))
    kept = {part: record[part] for part in ("choice", "alternatives", "candidate_count")}
    _note(settings, name, {**_head(record), **kept, "plots": plots})


def publish_list(settings: Settings, kind: ListKind, record: Mapping[str, Any], name: str) -> None:
    """Note that a list was exported as a file of a name; of its data the figures are kept."""
    _note(settings, name, {**_head(record), **kind.kept(record)})


def publish_table(settings: Settings, table: RecordTable, name: str) -> None:
    """Note that a register's table was exported as a file; what its records come to is kept, not they."""
    _note(settings, name, table_sums(table))


def publish_digest(settings: Settings, digest: Digest, name: str) -> None:
    """Note that a digest was written; of it the sums are kept."""
    _note(settings, name, digest_record(digest))


def _is_kept(key: str, unit: str) -> bool:
    return key in ("zone", "plot_code", "project_code", "kind") or key.endswith(("_count", f"_{unit}"))


def _only(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names} for row in rows]


def published_files(settings: Settings) -> Iterator[PublishedFile]:
    """Yield what was published, oldest first, each once; last what no line of the log names."""
    folder = settings.data_dir / FOLDER
    seen: set[str] = set()
    for entry in _entries(folder / LOG):
        if entry["kept"] not in seen:
            seen.add(entry["kept"])
            yield PublishedFile(f"{entry['file']}（{entry.get('at', '')[:16]}）", folder / entry["kept"])
    for path in sorted(folder.glob("*.json")):
        if path.name not in seen:
            yield PublishedFile(f"{path.stem}（导出记录里没有这一行）", path)


def published_fingerprints(settings: Settings) -> Iterator[tuple[str, Fingerprint]]:
    """Yield the name and the fingerprint of every export that was noted, oldest first."""
    for entry in _entries(settings.data_dir / FOLDER / LOG):
        try:
            yield entry["file"], parse_fingerprint(str(entry.get("fingerprint", "")))
        except UsageError:
            continue


def cut_off_lines(settings: Settings) -> list[int]:
    """Return the lines of the log, from 1, that are not whole: cut off by a full disk or a power failure."""
    log = settings.data_dir / FOLDER / LOG
    if not log.is_file():
        return []
    return [number for number, line in enumerate(_lines(log), start=1) if line and _entry(line) is None]


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


def _entries(log: Path) -> Iterator[dict[str, Any]]:
    if log.is_file():
        yield from (entry for line in _lines(log) if (entry := _entry(line)) is not None)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    is_whole = isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in ("kept", "file"))
    return entry if is_whole and Path(entry["kept"]).name == entry["kept"] else None


def _head(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("fingerprint", "address") if name in record}


def _keep_zones(settings: Settings, text: str) -> None:
    folder = settings.data_dir / FOLDER / ZONES
    _keep(folder / f"{short_digest(text)}.json", text)


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
    if _keep(kept, json.dumps(record, ensure_ascii=False, separators=(",", ":"))):
        try:
            _append(folder / LOG, json.dumps(entry, ensure_ascii=False))
        except OSError as error:
            _log.warning("the export of %s could not be noted: %s", name, error)


def _keep(path: Path, text: str) -> bool:
    """Write a file as a whole unless it is there; return whether it is there now."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, text)
    except OSError as error:
        _log.warning("published figures could not be kept as %s: %s", path.name, error)
        return False
    return True


def _append(log: Path, line: str) -> None:
    """Add a line in one write, after the end of a line that was cut off."""
    with log.open("ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        is_cut_off = size > 0 and file.read(1) != b"\n"
        file.write(("\n" * is_cut_off + line + "\n").encode())
        os.fsync(file.fileno())


def _write_whole(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, encoding="utf-8", delete=False, suffix=".part"
    ) as staged:
        staged.write(text)
        staged.flush()
        os.fsync(staged.fileno())
    os.replace(staged.name, path)  # noqa: PTH105 - a name, not a Path
