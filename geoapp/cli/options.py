"""Options that several verbs share."""

from pathlib import Path

import click

from geoapp.units import DEFAULT_UNIT, SHOWN_UNITS

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据目录；默认取环境变量 GEOAPP_DATA_DIR，再默认 ~/.local/share/geoapp。",
)
at_option = click.option("--at", metavar="年-月-日", help="按这一天的台账、规则与阈值；默认现在。")
unit_option = click.option("--unit", metavar="mu|ha|m2", help="用地面积的单位；默认亩。")
land_unit_option = click.option(
    "--unit", type=click.Choice(list(SHOWN_UNITS)), default=DEFAULT_UNIT, help="土地面积单位；默认亩。"
)
json_option = click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象，供程序读取。")
register_unit_option = click.option(
    "--unit", type=click.Choice(list(SHOWN_UNITS)), help="文件里土地面积的单位；默认平方米，同台账。"
)
output_option = click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="写成文件：.xlsx、.csv 或 .json。"
)
list_output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="文件", help="写成 .xlsx 或 .csv。"
)
