"""`geoapp convert`: from one file format to another, without a database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from geoapp.domain.issue import SEVERITY_LABELS
from geoapp.services.convert_file import Conversion, ConvertOptions, convert_file
from geoapp.services.workspace import load_policy


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--from-crs", metavar="EPSG:n", help="IN 的坐标系；文件没有或写错时用。也可以是 PROJ 串或四参数。"
)
@click.option(
    "--to-crs", metavar="EPSG:n", help="OUT 的坐标系；默认不变，GeoJSON、KML 为经纬度，TXT 为 4528。"
)
@click.option("--encoding", metavar="编码", help="IN 的文字编码，如 GBK；默认按内容判断。")
@click.option(
    "--to-encoding", metavar="编码", help="OUT 的文字编码；默认 TXT、shp 为 GBK，CSV 为带 BOM 的 UTF-8。"
)
@click.option("--layer", metavar="图层", help="IN 有多个图层或工作表时选一个。")
@click.option("--swap-axes", is_flag=True, help="IN 的 X、Y 写反时对调。")
def convert_command(source: Path, target: Path, **options: Any) -> None:
    """把文件 IN 转换成 OUT，格式由后缀决定，不用数据库。

    能读写界址点 .txt、shapefile（.shp .zip）、.gpkg、.gdb.zip、.geojson、.dxf、.kml、.xlsx、.csv。
    发现的问题写到标准错误；有错误时退出码为 1。
    """
    day = datetime.now(UTC).astimezone().date()
    done = convert_file(source, target, ConvertOptions(**options), policy=load_policy(), day=day)
    _say(done)
    counts = "，".join(f"{name} {count} 条" for name, count in done.rows.items())
    click.echo(f"已写出 {target}：{counts}{f'，坐标系 {done.crs}' if done.crs else ''}。")
    if done.has_errors:
        click.echo("数据有错误，见上；OUT 里缺少或保留了有问题的部分，请改正后重新转换。", err=True)
        click.get_current_context().exit(1)


def _say(done: Conversion) -> None:
    for issue in done.issues:
        click.echo(f"{SEVERITY_LABELS[issue.severity]}：{issue.message}{issue.advice}", err=True)
