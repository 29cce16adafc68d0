"""Low-efficiency plots in the columns of the provincial survey (浙江省低效用地调查, table 1-2, DCDYTB)."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from geoapp.domain.fingerprint import FigureRow, Origin, take_fingerprint
from geoapp.domain.frame import plain_values, row_records
from geoapp.domain.listed import SURVEY as KIND
from geoapp.domain.remediation import PLOT
from geoapp.domain.remediation_sheet import ListSheet
from geoapp.domain.rounding import rounded
from geoapp.reports.survey_workbook import survey_workbook
from geoapp.services.as_of import data_day
from geoapp.services.listed import list_origin, with_fingerprint
from geoapp.services.plot_links import REGISTERS
from geoapp.services.remediation_lists import REGISTER
from geoapp.services.remediation_tables import place_words
from geoapp.services.workspace import Workspace
from geoapp.units import m2_to_mu

SURVEY_COLUMNS = (
    ("DCDYBH", "调查单元编号"), ("XZMC", "所在镇（街道）"), ("DCQBH", "所在调查区编号"), ("ZDBH", "包含宗地编号"),
    ("MJ", "面积（亩）"), ("SYZK", "使用状况"), ("QZLSYLYDMJ", "历史遗留用地面积（亩）"),
    ("SFCZC", "是否纳入城中村改造"), ("GZMS", "拟改造模式"), ("GZJZ", "工作进展"), ("GHYT", "规划用途"),
    ("SFDX", "是否低效"), ("SFSD", "是否三地"), ("SFCHTD", "是否拆后土地"), ("CQR", "产权人"),
    ("BDCQZ", "土地证编号"), ("DJSJ", "登记时间"), ("DJMJ", "登记面积（亩）"), ("SYQLX", "使用权类型（登记）"),
    ("DJYT", "登记用途"), ("XZTDSYR", "用地单位"), ("PZWH", "批准文号"), ("PZSJ", "批准时间"),
    ("PZMJ", "批准面积（亩）"), ("PZYT", "批准用途"), ("SYQLX_PZ", "使用权类型（审批）"),
    ("XZTDSYR_XZ", "现状土地使用人"), ("YDSJ", "用地发生时间"), ("CFWH", "处罚文号"), ("XZDL", "现状地类"),
    ("QSXZ", "权属性质"), ("XZYT", "现状用途"), ("CYLX", "产业类型"), ("RJL", "容积率"), ("JZMD", "建筑密度"),
    ("DJGDZCTZ", "地均固定资产投资"), ("DJRKSJ", "地均入库税金"), ("HJZK", "环境状况"), ("JCSSPTSP", "基础设施配套"),
)  # fmt: skip
"""Table 1-2 of the provincial survey: field and heading, in its order."""


def survey_table(workspace: Workspace, sheet: ListSheet) -> pd.DataFrame:
    """Return the plots of a list in the 39 columns of the survey unit table; empty where the registers do not say.

    Parameters
    ----------
    workspace : Workspace
    sheet : ListSheet

    Returns
    -------
    DataFrame of SURVEY_COLUMNS' headings: areas in 亩, tax in 万元/亩, density as a share
    """
    entries = _plot_entries(sheet)
    plots = workspace.store.read("plots", revision=sheet.revision).set_index("plot_code")
    own = plots.reindex(entries.index)
    layer, words = workspace.layer("plots"), place_words(workspace, sheet)
    statuses = workspace.layer(REGISTER).field("status").code_labels
    measures = workspace.layer(REGISTER).field("measure").code_labels
    rights = layer.field("right_type").code_labels
    columns = {
        "DCDYBH": pd.Series(entries.index, index=entries.index),
        "XZMC": entries["town_code"].map(words["town_code"]).fillna(entries["town_code"]),
        "ZDBH": own["real_estate_unit_no"].fillna(pd.Series(entries.index, index=entries.index)),
        "MJ": rounded(m2_to_mu(entries["site_area_m2"]), 4),
        "GZMS": entries["measure"].map(measures),
        "GZJZ": entries["status"].map(statuses),
        "GHYT": own["planned_use"],
        "SFDX": entries["status"].map(lambda status: {"closed": "否", "removed": "否"}.get(status, "是")),
        "CQR": own["right_holder"],
        "DJMJ": rounded(m2_to_mu(own["area_reg_m2"]), 4),
        "SYQLX": own["right_type"].map(rights),
        "DJYT": own["landuse_code"],
        "XZTDSYR": own["right_holder"],
        "XZDL": own["landuse_code"],
        "RJL": rounded(entries["far"], 4),
        "JZMD": rounded(own["footprint_m2"] / entries["site_area_m2"], 4),
        "DJRKSJ": rounded(entries["tax_wan_per_mu"], 4),
    }
    empty = pd.Series(None, index=entries.index, dtype=object)
    return pd.DataFrame(
        {heading: columns.get(name, empty).to_numpy() for name, heading in SURVEY_COLUMNS},
        index=entries.index,
    )


def survey_file(workspace: Workspace, sheet: ListSheet) -> bytes:
    """Return the same as a workbook in the county's form."""
    data_on = data_day(workspace, sheet.revision, (REGISTER, *REGISTERS), sheet.day)
    table = survey_table(workspace, sheet)
    return survey_workbook(
        table,
        title=f"{sheet.year}年低效用地调查单元表",
        district=workspace.settings.district_name,
        data_on=data_on,
        is_demo=sheet.is_demo,
        fingerprint=take_fingerprint(_origin(workspace, sheet), "mu", _file_rows(table)).text,
    )


def survey_data(workspace: Workspace, sheet: ListSheet) -> dict[str, Any]:
    """Return the survey's figures as plain values with a fingerprint; areas in m2, tax in 万元/亩."""
    entries = _plot_entries(sheet)
    own = workspace.store.read("plots", revision=sheet.revision).set_index("plot_code").reindex(entries.index)
    columns = {
        "plot_code": entries.index,
        "site_area_m2": entries["site_area_m2"],
        "area_reg_m2": own["area_reg_m2"],
        "far": entries["far"],
        "site_coverage": own["footprint_m2"] / entries["site_area_m2"],
        "tax_wan_per_mu": entries["tax_wan_per_mu"],
    }
    rows = row_records({name: plain_values(pd.Series(values)) for name, values in columns.items()})
    record = {"plots": rows, "count": len(rows)}
    return with_fingerprint(KIND, record, _origin(workspace, sheet))


def _plot_entries(sheet: ListSheet) -> pd.DataFrame:
    return sheet.entries[sheet.entries["subject_kind"] == PLOT].set_index("subject_code")


def _origin(workspace: Workspace, sheet: ListSheet) -> Origin:
    path = f"/lists/{sheet.year}/{sheet.list_code}/survey.xlsx"
    return list_origin(workspace, path, {}, sheet.revision, sheet.day)


def _file_rows(table: pd.DataFrame) -> Iterator[FigureRow]:
    columns = [
        [figure.number(value) for value in plain_values(table[figure.heading])] for figure in KIND.figures
    ]
    for key, values in zip(table.index, zip(*columns, strict=True), strict=True):
        yield str(key), list(values)
