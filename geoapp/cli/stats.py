"""`geoapp stats`: zone statistics from the database, or from two files without one."""

import json
import math
import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from geoapp.cli.console import wide_console
from geoapp.cli.exporting import FilesOrDatabaseCommand
from geoapp.cli.options import at_option, data_dir_option
from geoapp.domain.file_table import FILE_COLUMNS, FileTable
from geoapp.domain.table_quality import TableQuality
from geoapp.domain.zone_table import ZoneTable
from geoapp.errors import UsageError
from geoapp.reports import file_table as file_report
from geoapp.reports import zone_table as zone_report
from geoapp.services.as_of import AsOf, as_of
from geoapp.services.file_statistics import FileStatisticsOptions, file_statistics
from geoapp.services.plot_quality import plot_quality
from geoapp.services.publishing import publish_statistics
from geoapp.services.workspace import Workspace, open_workspace
from geoapp.services.zone_source import ZoneFile
from geoapp.services.zone_statistics import zone_statistics
from geoapp.settings import load_settings
from geoapp.units import number_text, shown_unit

_FILE_DECIMALS = {"plot_count": 0, "far": 3, "known_gfa_share": 3}
_AREA_DECIMALS = 2
_FILE_ONLY = ("plot_key", "site_area", "gfa", "working_crs", "plots_crs", "plots_layer")
_DATABASE_ONLY = (
    "at", "revision", "day", "town", "park", "low_efficiency", "filter", "show", "unit", "data_dir",
)  # fmt: skip
_FIGURES_IN_TERMINAL = (
    "plot_count", "site_area_m2", "gfa_counted_m2", "far", "known_gfa_share", "low_efficiency_count",
    "low_efficiency_area_m2", "revitalised_recognised_m2", "revitalised_doing_m2", "revitalised_planned_m2",
)  # fmt: skip


@click.command("stats", cls=FilesOrDatabaseCommand)
@click.option("--plots", type=click.Path(path_type=Path), help="地块文件；给出它就不用数据库。")
@click.option(
    "--zones", default="towns", show_default=True,
    help="分区：面台账（towns、parks、control_zones 等）、control_line 或 control_line:KX1（线内外），或面文件。",
)  # fmt: skip
@click.option("--zone-key", metavar="字段", help="分区文件里作名称的字段；同名的合并。")
@click.option("--plot-key", metavar="字段", help="地块文件里的编号字段，用来检查重复。")
@click.option(
    "--site-area", metavar="ellipsoid|plane|字段:单位",
    help="用地面积取自椭球面积（默认）、工作坐标系的平面面积或字段；单位 m2 ft2 usft2 ha mu。",
)  # fmt: skip
@click.option("--gfa", metavar="字段:单位", help="建筑面积取自哪个字段；单位同上，usft2 为美制测量英尺。")
@click.option(
    "--membership", default="clip", show_default=True, metavar="clip|largest|centroid",
    help="归属方式：裁切面积、最大占比、形心。clip 时面积按比例分摊，宗数计入占比最大的分区。",
)  # fmt: skip
@click.option("--working-crs", metavar="EPSG:n", help="计算占比和平面面积的投影坐标系；默认按数据所在选。")
@click.option("--plots-crs", metavar="EPSG:n", help="地块文件没有或写错坐标系时用。")
@click.option("--zones-crs", metavar="EPSG:n", help="分区文件没有或写错坐标系时用。")
@click.option("--plots-layer", metavar="图层", help="地块文件有多个图层时选一个。")
@click.option("--zones-layer", metavar="图层", help="分区文件有多个图层时选一个。")
@at_option
@click.option("--revision", type=int, metavar="号", help="按哪个修订的数据库统计；默认最新。")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天的规则与阈值；默认今天。")
@click.option("--town", metavar="代码", help="只统计这个镇街的地块。")
@click.option("--park", metavar="代码", help="只统计这个园区的地块。")
@click.option("--low-efficiency", is_flag=True, help="只统计低效用地。")
@click.option(
    "--filter",
    metavar="条件",
    help="只统计符合条件的地块，写法同网页，如 \"far < 1 AND grade IN ('C', 'D')\"。",
)
@click.option(
    "--show", metavar="指标,...",
    help="只要这些指标，如 plot_count,far_distribution；不给时文件和 JSON 有全部指标，屏幕上只列常用的。",
)  # fmt: skip
@click.option("--unit", metavar="mu|ha|m2", help="用地面积的单位；默认亩，建筑面积总是平方米。")
@click.option("--out", type=click.Path(path_type=Path), help="写到文件，按后缀定格式。")
@click.option("--json", "as_json", is_flag=True, help="在标准输出给出 JSON。")
@data_dir_option
def stats_command(**options: Any) -> None:
    """分区统计：宗数、用地面积、建筑面积、容积率、低效、盘活等。

    不给 --plots 时统计数据库里的地块，可写 .xlsx .csv .geojson .gpkg .json。

    给出 --plots、--zones、--zone-key 时只用这两个文件，可写 .csv .xlsx .json。列为 zone、plot_count、
    geometry_area_m2、geometry_area_mu、site_area_m2、site_area_mu、gfa_m2、far、known_gfa_share；
    先是各分区，再是 (outside) 和 (total)。图形面积是椭球面积，只在 --site-area plane 时是平面面积。
    容积率＝Σ建筑面积÷Σ用地面积，只含两者都已知且用地面积大于零的地块。未知为空，不是零。
    CSV 不带 BOM，供程序读取；给 Excel 用请写 .xlsx。
    """
    if options["plots"] is None:
        _refuse(options, _FILE_ONLY, "只在给出 --plots 时可用。")
        _database_statistics(options)
    else:
        _refuse(options, _DATABASE_ONLY, "只用于统计数据库，不能和 --plots 一起用。")
        _file_statistics(options)


def _refuse(options: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    for name in names:
        if options[name] is not None and options[name] is not False:
            raise UsageError(f"--{name.replace('_', '-')} {why}")


def _refuse_overwriting(options: dict[str, Any]) -> None:
    out: Path = options["out"]
    for source in (options["plots"], options["zones"]):
        if source is not None and all(map(os.path.exists, (out, source))) and out.samefile(source):
            raise UsageError(f"--out：写到“{out}”会盖掉输入文件。请换一个文件名。")


def _file_statistics(options: dict[str, Any]) -> None:
    context = click.get_current_context()
    source = context.get_parameter_source("zones")
    if source is click.core.ParameterSource.DEFAULT or not options["zone_key"]:
        raise UsageError("给出 --plots 时还要给出 --zones 分区文件和 --zone-key 名称字段。")
    site_area = "ellipsoid" if options["site_area"] is None else options["site_area"]
    if options["out"]:
        file_report.writer_of(options["out"])
        _refuse_overwriting(options)
    table = file_statistics(
        FileStatisticsOptions(
            plots=options["plots"], zones=Path(options["zones"]), zone_key=options["zone_key"],
            plot_key=options["plot_key"], site_area=site_area, gfa=options["gfa"],
            membership=options["membership"], working_crs=options["working_crs"], plots_crs=options["plots_crs"],
            zones_crs=options["zones_crs"], plots_layer=options["plots_layer"], zones_layer=options["zones_layer"],
        )
    )  # fmt: skip
    _say(table.notes)
    if options["out"]:
        file_report.write_file_table(options["out"], table)
    if options["as_json"]:
        click.echo(file_report.file_table_json(table), nl=False)
    elif not options["out"]:
        _print_file_table(table)


def _database_statistics(options: dict[str, Any]) -> None:
    if options["out"]:
        zone_report.writer_of(options["out"].suffix)
        _refuse_overwriting(options)
    unit = shown_unit(options["unit"])
    workspace = open_workspace(load_settings(data_dir=options["data_dir"]))
    with workspace.store:
        revision, day = _state(workspace, options)
        table = zone_statistics(
            workspace,
            zones=_zones(options),
            membership=options["membership"],
            revision=revision,
            day=day,
            filter_text=_filter_text(options),
            statistics=_shown(options),
        ).in_unit(unit)
        if options["out"]:
            table = replace(table, quality=_quality(workspace, options, table, unit))
    _say(table.findings)
    if options["out"]:
        zone_report.write_zone_table(options["out"], table)
        publish_statistics(workspace.settings, table, options["out"].name)
    if options["as_json"]:
        click.echo(json.dumps(zone_report.zone_table_record(table), ensure_ascii=False, indent=1))
    elif not options["out"]:
        _print_zone_table(table, is_whole=options["show"] is not None)


def _quality(workspace: Workspace, options: dict[str, Any], table: ZoneTable, unit: str) -> TableQuality:
    """Return what is wrong with the records behind a table that goes into a file."""
    state = AsOf(table.revision, table.rules_on, is_now=False)
    return plot_quality(
        workspace, state, zones=_zones(options), membership=options["membership"],
        filter_text=_filter_text(options), unit=unit,
    )  # fmt: skip


def _state(workspace: Workspace, options: dict[str, Any]) -> tuple[int | None, date | None]:
    """Return the revision and the day whose rules hold; None is now."""
    day: datetime | None = options["day"]
    if options["at"] is None:
        return options["revision"], day.date() if day else None
    _refuse(options, ("revision", "day"), "不能和 --at 一起用。")
    state = as_of(workspace, options["at"], parameter="--at")
    _say((state.note,) if state.note else ())
    return state.revision, state.day


def _shown(options: dict[str, Any]) -> list[str] | None:
    """Return the statistics asked for, None for all."""
    return None if options["show"] is None else [name.strip() for name in options["show"].split(",")]


def _filter_text(options: dict[str, Any]) -> str:
    """Return the conditions of all options as one filter."""
    named = {"town_code": options["town"], "park_code": options["park"]}
    quoted = {name: code.replace("'", "''") for name, code in named.items() if code is not None}
    conditions = [f"{name} = '{code}'" for name, code in quoted.items()]
    if options["low_efficiency"]:
        conditions.append("low_efficiency = 'yes'")
    if options["filter"]:
        conditions.append(f"({options['filter']})" if conditions else options["filter"])
    return " AND ".join(conditions)


def _zones(options: dict[str, Any]) -> str | ZoneFile:
    path = Path(options["zones"])
    if not os.path.isfile(path) and not (path.suffix.lower() == ".gdb" and path.is_dir()):  # noqa: PTH113
        _refuse(options, ("zone_key", "zones_crs", "zones_layer"), "只在 --zones 是文件时可用。")
        return str(options["zones"])
    return ZoneFile(
        path=path, key=options["zone_key"], crs=options["zones_crs"], layer=options["zones_layer"]
    )


def _say(notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"说明：{note}", err=True)


def _print_file_table(table: FileTable) -> None:
    output = Table(*FILE_COLUMNS)
    for record in file_report.file_records(table):
        output.add_row(
            *(_text(value, _FILE_DECIMALS.get(name, _AREA_DECIMALS)) for name, value in record.items())
        )
    _print(output)


def _print_zone_table(table: ZoneTable, *, is_whole: bool) -> None:
    columns = [column for column in table.columns if is_whole or column.name in _FIGURES_IN_TERMINAL]
    output = Table(escape(table.zones_zh), *(column.label for column in columns), title=escape(table.title))
    for values in table.shown.to_dict("records"):
        figures = (_text(values[column.shown_name], column.decimals) for column in columns)
        output.add_row(escape(str(values["name"])), *figures)
    _print(output)
    click.echo("；".join(f"{name}：{words}" for name, words in table.terms.items()))


def _print(output: Table) -> None:
    """Print a table as wide as the terminal, or without cutting anything where the output is no terminal."""
    wide_console().print(output)


def _text(value: Any, decimals: int) -> str:
    if isinstance(value, str):
        return escape(value)
    if value is None or math.isnan(value):
        return "—"
    return number_text(value, f",.{decimals}f")
