"""`geoapp user ...`: who may sign in."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from geoapp.cli.options import data_dir_option
from geoapp.domain.user import ROLE_LABELS, Role
from geoapp.errors import UsageError
from geoapp.settings import load_settings

role_option = click.option(
    "--role", type=click.Choice([str(role) for role in Role]), required=True,
    help="、".join(f"{role}={label}" for role, label in ROLE_LABELS.items()) + "。",
)  # fmt: skip
town_option = click.option("--town", default="", help="镇街代码；只用于镇街填报员（reporter）。")
one_time_option = click.option(
    "--one-time", is_flag=True, help="由程序生成一次性密码，只显示这一次；不写则在终端输入两遍。"
)

console = Console()


@click.group("user")
def user_command() -> None:
    """用户：添加、列出、停用、启用、重置密码、改角色。

    密码从不写在命令行里，也没有默认密码。
    """


@user_command.command("add")
@click.argument("name")
@role_option
@click.option("--display-name", default="", help="姓名，修订记录里用；不写则同登录名。")
@town_option
@one_time_option
@click.option("--own", is_flag=True, help="密码由本人输入，第一次登录不必再改。")
@data_dir_option
def add_command(
    name: str, role: str, display_name: str, town: str, one_time: bool, own: bool, data_dir: Path | None
) -> None:
    """添加用户 NAME（登录名）。"""
    from dataclasses import replace

    from geoapp.domain.user import read_user
    from geoapp.services.accounts import open_accounts, refuse_unknown_town

    if one_time and own:
        raise click.UsageError("--one-time 和 --own 只能写一个。")
    user = read_user(name, display_name or name, Role(role), town)
    settings = load_settings(data_dir=data_dir)
    refuse_unknown_town(settings, town)
    accounts = open_accounts(settings)
    made = accounts.add(replace(user, must_change_password=not own), None if one_time else _asked(name))
    console.print(f"已添加 {user.author}，角色：{ROLE_LABELS[user.role]}。", highlight=False)
    _tell(made)


@user_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@data_dir_option
def list_command(as_json: bool, data_dir: Path | None) -> None:
    """列出所有用户；没有用户时退出码为 1。"""
    from geoapp.services.accounts import account_record, open_accounts

    records = [account_record(user) for user in open_accounts(load_settings(data_dir=data_dir)).users()]
    if as_json:
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
    else:
        table = Table("登录名", "姓名", "角色", "镇街", "状态")
        for record in records:
            table.add_row(
                *(str(record[key]) for key in ("name", "display_name", "role_zh", "town_code", "state_zh"))
            )
        console.print(table if records else "还没有用户。用 geoapp user add 添加。")
    if not records:
        sys.exit(1)


@user_command.command("disable")
@click.argument("name")
@data_dir_option
def disable_command(name: str, data_dir: Path | None) -> None:
    """停用用户 NAME；已登录的立即失效。"""
    _set_active(name, data_dir, is_active=False)
    console.print(f"已停用 {name}。", highlight=False)


@user_command.command("enable")
@click.argument("name")
@data_dir_option
def enable_command(name: str, data_dir: Path | None) -> None:
    """启用用户 NAME，并解除锁定。"""
    _set_active(name, data_dir, is_active=True)
    console.print(f"已启用 {name}。", highlight=False)


def _set_active(name: str, data_dir: Path | None, *, is_active: bool) -> None:
    from geoapp.services.accounts import open_accounts

    open_accounts(load_settings(data_dir=data_dir)).set_active(name, is_active=is_active)


@user_command.command("reset")
@click.argument("name")
@one_time_option
@data_dir_option
def reset_command(name: str, one_time: bool, data_dir: Path | None) -> None:
    """重置用户 NAME 的密码；已登录的立即失效，下次登录须先改密码。"""
    from geoapp.services.accounts import open_accounts

    accounts = open_accounts(load_settings(data_dir=data_dir))
    accounts.store.account(name)
    made = accounts.reset(name, None if one_time else _asked(name))
    console.print(f"已重置 {name} 的密码。", highlight=False)
    _tell(made)


@user_command.command("role")
@click.argument("name")
@role_option
@town_option
@data_dir_option
def role_command(name: str, role: str, town: str, data_dir: Path | None) -> None:
    """把用户 NAME 改成另一个角色；已登录的须重新登录。"""
    from geoapp.services.accounts import open_accounts, refuse_unknown_town

    settings = load_settings(data_dir=data_dir)
    refuse_unknown_town(settings, town)
    user = open_accounts(settings).set_role(name, Role(role), town)
    console.print(f"{user.author} 现在是{ROLE_LABELS[user.role]}。", highlight=False)


def _asked(name: str) -> str:
    try:
        password: str = click.prompt(
            f"{name} 的密码", hide_input=True, confirmation_prompt="再输一遍", prompt_suffix="："
        )
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(
            "没有终端可以输入密码，没有改动。请在终端里执行，或加 --one-time 由程序生成一次性密码。"
        ) from None
    return password


def _tell(made: str | None) -> None:
    if made is not None:
        click.echo(f"一次性密码（只显示这一次，第一次登录须改）：{made}")
