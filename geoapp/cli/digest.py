"""`geoapp digest`: writes what moved and what needs attention to a folder, and mails it; for cron."""

from dataclasses import replace
from pathlib import Path

import click

from geoapp.cli.exporting import FilingCommand
from geoapp.cli.options import data_dir_option
from geoapp.settings import load_settings


@click.command("digest", cls=FilingCommand)
@click.option("--at", metavar="年-月-日", help="按这一天的台账与规则；默认现在。")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="目录",
    help="写到这里，不按设置 digest_dir。",
)
@click.option("--no-mail", is_flag=True, help="只写文件，不寄。")
@data_dir_option
@click.pass_context
def digest_command(
    ctx: click.Context, *, at: str | None, folder: Path | None, no_mail: bool, data_dir: Path | None
) -> None:
    """项目预警周报：写成 Excel 和 Word，设置了邮件服务器的寄给收件人。

    供定时任务（cron）调用。退出码：0 写好（并寄出），2 写不了或寄不出。
    """
    from geoapp.services.as_of import as_of
    from geoapp.services.digest import digest_of, write_digest
    from geoapp.services.digest_mail import send_digest
    from geoapp.services.workspace import open_workspace

    settings = load_settings(data_dir=data_dir)
    if folder:
        settings = replace(settings, digest_dir=str(folder))
    workspace = open_workspace(settings)
    with workspace.store:
        digest = digest_of(workspace, as_of(workspace, at))
    files = write_digest(settings, digest)
    for path in files:
        click.echo(f"已写好：{path}")
    if isinstance(ctx.command, FilingCommand):
        ctx.command.note(ctx)  # before mailing, which may fail: the files stay
    sent = () if no_mail else send_digest(settings, digest, files)
    click.echo(
        f"已寄给：{'、'.join(sent)}" if sent else "没有寄出：没有设置邮件服务器或收件人，或用了 --no-mail。"
    )
