"""A staged import as plain values: what the upload page and `--json` show."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from geoapp.domain.change import Key
from geoapp.domain.issue import Issue, Severity
from geoapp.domain.layer import SYSTEM_FIELDS, Layer
from geoapp.services.import_staged import StagedImport

MAX_ISSUES = 500
MAX_CHANGES = 200
_GEOMETRY_ZH = "图形"
_WITHHELD = "（不公开）"


def staged_report(
    staged: StagedImport, *, max_issues: int | None = MAX_ISSUES, max_changes: int | None = MAX_CHANGES
) -> dict[str, Any]:
    """Return everything about a staged import but its map, ready for JSON.

    Parameters
    ----------
    staged : StagedImport
        The file as checked.
    max_issues, max_changes : int or None
        How many findings and changed, new and gone records are listed; the counts are always whole. None: all.

    Returns
    -------
    dict
        register, file_name, format, encoding, layers, layer, needs, options, crs, record_count, severity_counts,
        issue_count, issues, fixes, columns, fields, preview, bounds, summary, changes, acceptable.
    """
    return {
        "register": staged.register,
        "file_name": staged.file_name,
        "format": staged.format,
        "encoding": staged.encoding,
        "layers": staged.layers,
        "layer": staged.layer_name,
        "needs": list(staged.needs),
        "options": staged.options.to_dict(),
        "crs": staged.crs_text,
        "record_count": staged.record_count,
        "severity_counts": staged.severity_counts,
        "issue_count": len(staged.issues),
        "issues": [issue.to_dict() for issue in by_severity(staged.issues)[:max_issues]],
        "fixes": [
            {"id": fix.id, "label": fix.label, "count": fix.count, "applied": fix.is_applied}
            for fix in staged.fixes
        ],
        "columns": [asdict(column) for column in staged.columns],
        "fields": [{"name": f.name, "label": f.label} for f in staged.layer.fields],
        "preview": {"columns": staged.preview.columns, "rows": staged.preview.rows},
        "bounds": list(staged.bounds) if staged.bounds else None,
        "summary": staged.summary,
        "changes": _changes(staged, max_changes),
        "acceptable": staged.is_acceptable,
    }


def by_severity(issues: Sequence[Issue]) -> list[Issue]:
    """Return the findings with errors first, then warnings, then notes; each kind in its own order."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    return sorted(issues, key=lambda issue: ranks[issue.severity])


def key_text(key: Key) -> str:
    """Return a record's key in words.

    Examples
    --------
    >>> key_text(("91330205", 2023))
    '91330205 2023'
    """
    return " ".join(map(str, key))


def _changes(staged: StagedImport, most: int | None) -> dict[str, Any] | None:
    found = staged.comparison
    if found is None:
        return None
    return {
        "new": _texts(found.new[:most]),
        "gone": _texts(found.gone[:most]),
        "changed": [
            {"key": key_text(key), "fields": _field_changes(found.changed_fields.get(key, {}), staged.layer)}
            for key in found.changed[:most]
        ],
    }


def _texts(keys: Sequence[Key]) -> list[str]:
    return [key_text(key) for key in keys]


def _field_changes(changes: dict[str, tuple[Any, Any]], layer: Layer) -> list[dict[str, str]]:
    return [
        {
            "field": name,
            "label": _label(name, layer),
            "old": _WITHHELD if _is_restricted(name, layer) else _shown(old, name, layer),
            "new": _shown(new, name, layer),
        }
        for name, (old, new) in changes.items()
    ]


def _label(name: str, layer: Layer) -> str:
    if name in layer.field_names:
        return layer.field(name).label
    return {"geometry": _GEOMETRY_ZH, SYSTEM_FIELDS[0]: "是否示意数据"}.get(name, name)


def _is_restricted(name: str, layer: Layer) -> bool:
    """Whether a stored value must not be told to who uploads a file that merely names its key."""
    return name in layer.field_names and layer.field(name).is_restricted


def _shown(value: Any, name: str, layer: Layer) -> str:
    if value is None:
        return "（空）"
    if name == "geometry":
        return _GEOMETRY_ZH
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    codes = layer.field(name).code_labels if name in layer.field_names else {}
    return codes.get(str(value), str(value))
