"""The entries of a revitalisation ledger as a table to take along."""

import pandas as pd

from geoapp.analysis.revitalised_overlap import off_grid
from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import take_fingerprint
from geoapp.domain.record_table import RecordTable
from geoapp.domain.revitalisation import ENTRY_FIGURES, LedgerSheet, entry_figures
from geoapp.domain.rounding import rounded_columns
from geoapp.services.place_names import place_names
from geoapp.services.workspace import Workspace
from geoapp.units import AREA_UNIT_LABELS, FILE_DECIMALS, area_words, from_m2

_TEXTS = {
    "recognition_code": "认定编号", "project_code": "项目编号", "plot_code": "地块编号", "plot_name": "地块名称",
    "town_code": "镇街", "park_code": "园区", "mode": "盘活方式", "event": "认定事件", "document_no": "认定文号",
}  # fmt: skip
_AREAS = {"area_m2": "认定面积", "counted_m2": "计入面积"}
_FLOORS = {
    "new_gfa_gross_m2": "新增建筑面积", "counted_gfa_gross_m2": "计入新增建筑面积", "new_gfa_net_m2": "净增建筑面积",
    "counted_gfa_net_m2": "计入净增建筑面积",
}  # fmt: skip
_ENDS = {"reason": "少计原因", "checker": "认定人"}


def ledger_table(workspace: Workspace, sheet: LedgerSheet, unit: str) -> RecordTable:
    """Return the entries of a sheet as records, land in the unit asked for, floor area in m2.

    Parameters
    ----------
    workspace : Workspace
    sheet : LedgerSheet
    unit : str
        mu, ha or m2.

    Returns
    -------
    RecordTable
        Its notes hold the way from the recorded area to what counts, and the findings.
    """
    rows = sheet.entries.set_index("recognition_code", drop=False)
    rows = rows.assign(**{name: from_m2(off_grid(rows[name]), unit) for name in _AREAS})
    fields = tuple(_fields(workspace, unit, sheet.revision))
    return RecordTable(
        register=f"revitalisation_{sheet.ledger}",
        register_zh=f"盘活台账（{sheet.ledger_zh}）",
        geometry_type="none",
        fields=fields,
        rows=pd.DataFrame(rows[[info.name for info in fields]]),
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=sheet.data_on,
        filter_zh=period_words(sheet),
        is_filtered=sheet.first is not None or sheet.last != sheet.day,
        sources=(f"盘活认定：{workspace.layer('recognitions').source}",),
        notes=(
            *(
                f"{line.zh}（{line.record_count} 条）：{area_words(line.area_m2, unit)}"
                for line in sheet.reconciliation
            ),
            sheet.base_words,
            "镇街、园区按地块登记的代码归集；分区统计按图形归集，各行可能不同，合计相同。",
            *filter(None, (sheet.check_words, sheet.note)),
            sheet.quality_words,
            *(f"{finding.title}：{finding.zh}。{finding.message}" for finding in sheet.findings),
        ),
        is_demo=sheet.is_demo,
        fingerprint=_fingerprint(sheet, rows, fields, unit),
    )


def _fingerprint(sheet: LedgerSheet, rows: pd.DataFrame, fields: tuple[FieldInfo, ...], unit: str) -> str:
    """Return the fingerprint of the rows as files hold them: land in the unit, all rounded."""
    if sheet.origin is None:
        return ""
    decimals = {info.name: info.decimals for info in fields if info.name in ENTRY_FIGURES}
    return take_fingerprint(sheet.origin, unit, entry_figures(rounded_columns(rows, decimals))).text


def period_words(sheet: LedgerSheet) -> str:
    """Return the period of a sheet in words."""
    first = sheet.first.isoformat() if sheet.first else "最早"
    return f"认定日期 {first} 至 {sheet.last.isoformat()}"


def _fields(workspace: Workspace, unit: str, revision: int) -> list[FieldInfo]:
    layer = workspace.layer("recognitions")
    places = {
        "town_code": place_names(workspace, "towns", revision),
        "park_code": place_names(workspace, "parks", revision),
        "mode": layer.field("mode").code_labels,
        "event": layer.field("event").code_labels,
    }
    texts = [
        FieldInfo(name=name, zh=zh, label=zh, dtype="string", codes=places.get(name, {}))
        for name, zh in _TEXTS.items()
    ]
    texts.insert(8, FieldInfo(name="recognised_on", zh="认定日期", label="认定日期", dtype="date"))
    land_zh, decimals = AREA_UNIT_LABELS[unit], FILE_DECIMALS[unit]
    return [
        *texts,
        *(_number(name, zh, land_zh, decimals) for name, zh in _AREAS.items()),
        *(_number(name, zh, "平方米", 2) for name, zh in _FLOORS.items()),
        *(FieldInfo(name=name, zh=zh, label=zh, dtype="string") for name, zh in _ENDS.items()),
    ]


def _number(name: str, zh: str, unit_zh: str, decimals: int) -> FieldInfo:
    return FieldInfo(
        name=name, zh=zh, label=f"{zh}({unit_zh})", dtype="number", unit=unit_zh, decimals=decimals
    )
