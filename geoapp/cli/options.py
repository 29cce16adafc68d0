"""Options that several verbs share."""

from pathlib import Path

import click

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据目录；默认取环境变量 GEOAPP_DATA_DIR，再默认 ~/.local/share/geoapp。",
)
