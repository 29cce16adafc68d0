"""A remediation list as the bureau keeps it: a table to take along."""

from collections.abc import Mapping
from typing import Any

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.fingerprint import Origin
from geoapp.domain.layer import Layer
from geoapp.domain.listed import REMEDIATION as KIND
from geoapp.domain.record_table import RecordTable
from geoapp.domain.remediation_sheet import ListSheet
from geoapp.reports.remediation import list_record
from geoapp.services.as_of import data_day
from geoapp.services.land_fields import in_unit
from geoapp.services.listed import list_origin, table_with_fingerprint, with_fingerprint
from geoapp.services.place_names import place_names
from geoapp.services.plot_links import REGISTERS
from geoapp.services.remediation_lists import REGISTER
from geoapp.services.workspace import Workspace

CLOSED = "closed"
_LAND = "site_area_m2"


def list_table(workspace: Workspace, sheet: ListSheet, unit: str = "mu") -> RecordTable:
    """Return a list in the columns that bureaux hand in (domain: minimum set of 低效工业地块整治提升清单).

    Parameters
    ----------
    workspace : Workspace
    sheet : ListSheet
    unit : {"mu", "ha", "m2"}
        Of land.
    """
    layer, entries = workspace.layer(REGISTER), sheet.entries
    is_closed = entries["status"] == CLOSED
    rows = entries.assign(
        number=range(1, len(entries) + 1),
        building_coefficient=entries["building_coefficient"] * 100,
        is_closed=is_closed,
        closed_on=entries["status_on"].where(is_closed),
    )
    codes = {**_words(layer), **place_words(workspace, sheet)}
    columns = [_field(codes, *column) for column in _COLUMNS]
    fields, rows = in_unit(columns, rows, {_LAND: "m2"}, unit)
    table = RecordTable(
        register=f"list_{sheet.list_code}_{sheet.year}",
        register_zh=f"{sheet.list_zh}清单（{sheet.year}年）",
        geometry_type="none",
        fields=fields,
        rows=rows[[info.name for info in fields]].set_axis(entries["subject_code"].to_numpy()),
        revision=sheet.revision,
        day=sheet.day,
        is_now=sheet.is_now,
        data_on=data_day(workspace, sheet.revision, (REGISTER, *REGISTERS), sheet.day),
        filter_zh=f"{sheet.year} 年 {sheet.list_zh}",
        is_filtered=False,
        sources=(f"整治清单：{layer.source}",),
        notes=(
            *filter(None, [sheet.note]),
            f"需要核对 {len(sheet.findings)} 处。",
            *(f"{finding.zh} {finding.subject_code}：{finding.message}" for finding in sheet.findings),
        ),
        is_demo=sheet.is_demo,
        sender=workspace.settings.district_name,
    )
    return table_with_fingerprint(KIND, table, _origin(workspace, sheet), unit)


def list_data(workspace: Workspace, sheet: ListSheet) -> dict[str, Any]:
    """Return a list as plain values, with a fingerprint; areas in m2."""
    return with_fingerprint(KIND, list_record(sheet), _origin(workspace, sheet))


def _origin(workspace: Workspace, sheet: ListSheet) -> Origin:
    path = f"/lists/{sheet.year}/{sheet.list_code}"
    return list_origin(workspace, path, {}, sheet.revision, sheet.day)


_COLUMNS = (
    ("number", "序号", "integer", ""), ("subject_code", "地块编号或信用代码", "string", ""),
    ("name", "名称", "string", ""), ("town_code", "镇街", "string", ""), ("park_code", "园区", "string", ""),
    ("line_position", "控制线内外", "string", ""), ("control_zone", "管控区", "string", ""),
    ("right_holder", "权利人", "string", ""), ("enterprise_count", "使用企业", "integer", "家"),
    (_LAND, "面积", "number", "平方米"), ("gfa_counted_m2", "建筑面积", "number", "平方米"),
    ("far", "容积率", "number", ""), ("building_coefficient", "建筑系数", "number", "%"),
    ("tax_wan_per_mu", "上年亩均税收", "number", "万元/亩"), ("grade", "亩均评价档", "string", ""),
    ("basis", "认定依据", "string", ""), ("reasons", "现行规则命中", "string", ""),
    ("problem_type", "问题类型", "string", ""), ("measure", "整治方式", "string", ""),
    ("measure_note", "一企一策", "string", ""), ("target_tax_wan_per_mu", "目标亩均税收", "number", "万元/亩"),
    ("target_far", "目标容积率", "number", ""), ("deadline_on", "计划完成时间", "date", ""),
    ("responsible_body", "责任单位", "string", ""), ("leader", "联系领导", "string", ""),
    ("progress", "进展", "string", ""), ("status", "状态", "string", ""), ("status_on", "状态日期", "date", ""),
    ("document_no", "文号", "string", ""), ("also_in", "同时在", "string", ""),
    ("is_closed", "是否销号", "boolean", ""), ("closed_on", "销号日期", "date", ""),
)  # fmt: skip
_DECIMALS = {
    "gfa_counted_m2": 2,
    "far": 4,
    "building_coefficient": 2,
    "enterprise_count": 0,
}


def _words(layer: Layer) -> dict[str, Mapping[str, str]]:
    return {name: layer.field(name).code_labels for name in ("status", "measure")}


def place_words(workspace: Workspace, sheet: ListSheet) -> dict[str, Mapping[str, str]]:
    """Return the words of places by field and code."""
    revision = sheet.revision
    return {
        "town_code": place_names(workspace, "towns", revision),
        "park_code": place_names(workspace, "parks", revision),
        "control_zone": place_names(workspace, "control_zones", revision),
        "line_position": {"inside": "控制线内", "outside": workspace.scheme.outside.zh},
    }


def _field(codes: Mapping[str, Mapping[str, str]], name: str, zh: str, dtype: str, unit: str) -> FieldInfo:
    decimals = _DECIMALS.get(name, 4 if dtype == "number" else None)
    label = f"{zh}({unit})" if unit else zh
    return FieldInfo(
        name=name, zh=zh, label=label, dtype=dtype, unit=unit, codes=codes.get(name, {}), decimals=decimals
    )
