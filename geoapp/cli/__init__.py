"""`geoapp <verb>`: exit 0 = done, 1 = findings, 2 = usage or unreadable input."""

import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from geoapp import __version__
from geoapp.cli.usage import usage_text
from geoapp.errors import GeoappError

COMMANDS = {
    "agreements": (
        "geoapp.cli.agreements:agreements_command",
        "履约监管协议和标准地协议：逐项的约定值、实际值，哪些未达、哪些没有填。",
    ),
    "candidates": (
        "geoapp.cli.candidates:candidates_command",
        "二次开发候选地块：按分值排序，附区间、稳定性、理由（规则、实测、阈值、条款）。",
    ),
    "changes": (
        "geoapp.cli.changes:changes_command",
        "两日之间的变化：新增、消失、面积、项目阶段、容积率分级、亩均评价、低效状态、控制线内外。",
    ),
    "check": (
        "geoapp.cli.check:check_command",
        "合规核对：一个项目（或几宗地块）适用的每条规则，实测、界线、条款、结论。",
    ),
    "convert": ("geoapp.cli.convert:convert_command", "把文件 IN 转换成 OUT，格式由后缀决定，不用数据库。"),
    "demo": ("geoapp.cli.serve:demo_command", "装入示意数据（第一次启动时）并启动服务。"),
    "digest": (
        "geoapp.cli.digest:digest_command",
        "项目预警周报：写成 Excel 和 Word，设置了邮件服务器的寄给收件人。",
    ),
    "evaluation": (
        "geoapp.cli.evaluation:evaluation_command",
        "亩均效益综合评价：各名单的档次、基准值，每家的得分、名次，缺什么、要核对什么。",
    ),
    "explain": (
        "geoapp.cli.explain:explain_command",
        "说明一宗地的容积率怎样算出来：建筑、面积、算式、条款。",
    ),
    "import": (
        "geoapp.cli.import_file:import_command",
        "检查一个文件，问过以后写入台账；有错误，或者没有人可问又没有 --yes，什么都不写。",
    ),
    "land-terms": (
        "geoapp.cli.land_terms:land_terms_command",
        "土地年期：各级剩余年限的宗数和面积，逐宗的终止日期、履约情况和续期建议。",
    ),
    "ledger": (
        "geoapp.cli.ledger:ledger_command",
        "盘活台账：已认定、正在盘活、拟盘活，从登记到计入，每条少计的记录和原因。",
    ),
    "lists": (
        "geoapp.cli.lists:lists_command",
        "四张整治清单：状态、依据、措施、期限；也写省低效用地调查表。",
    ),
    "micro-parks": (
        "geoapp.cli.micro_parks:micro_parks_command",
        "小微企业园：星级、认定条件、出租率、年度绩效档次、亩均税收。",
    ),
    "portfolio": (
        "geoapp.cli.portfolio:portfolio_command",
        "组合优选：选出达到目标、不超过限制的一组低效地块，给出与最优的差距和次优组合。",
    ),
    "projects": (
        "geoapp.cli.projects:projects_command",
        "二次开发项目：阶段、进度灯、下一个计划节点、停滞、投资。",
    ),
    "rules": (
        "geoapp.cli.rules:rules_command",
        "规则库：每条规则的条款、数值、有效期，命中多少、多少资料不全；或列出一条规则命中的地块。",
    ),
    "serve": ("geoapp.cli.serve:serve_command", "启动服务，在浏览器里使用。"),
    "stats": ("geoapp.cli.stats:stats_command", "分区统计：宗数、用地面积、建筑面积、容积率、低效、盘活等。"),
    "supervision": (
        "geoapp.cli.supervision:supervision_command",
        "督查通报主表：各镇街或园区的年度目标、本期、累计、完成率、排名、较上期、预警。",
    ),
    "targets": (
        "geoapp.cli.targets:targets_command",
        "目标台账：每项目标的基数、目标、实绩、差距、每月还需和预警。",
    ),
    "transactions": (
        "geoapp.cli.transactions:transactions_command",
        "工业用地二级市场交易：准入审查结论，逐条核对有几条不符合、几条资料不全。",
    ),
    "user": ("geoapp.cli.user:user_command", "用户：添加、列出、停用、启用、重置密码、改角色。"),
    "validate": (
        "geoapp.cli.validate:validate_command",
        "检查一个文件能不能写入台账；什么都不写，没有数据库也行。",
    ),
    "verify": (
        "geoapp.cli.verify:verify_command",
        "核对发布过的数：另一条路径从地块逐宗重算，有出入就指出。",
    ),
    "whatif": (
        "geoapp.cli.whatif:whatif_command",
        "改造测算：新增建筑面积（毛、净）、改造后容积率、各项上限核对和对目标的贡献。",
    ),
}
"""Where each verb is and the line the overview shows: the geographic libraries load only for the verb that runs."""


class GeoappGroup(click.Group):
    """Commands that load when they are called, and whose errors become one Chinese line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command; None where there is no such verb."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview without loading the verbs."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, words) for verb, (_, words) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; translate what geoapp raises on purpose."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _stop(usage_text(error, " ".join(filter(None, [ctx.command_path, ctx.invoked_subcommand]))))
        except GeoappError as error:
            _stop(str(error))
        except (click.Abort, KeyboardInterrupt, EOFError):
            click.echo("已中断，没有做完。", err=True)
            sys.exit(1)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words before the verb."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _stop(usage_text(error, info_name or "geoapp"))


def _stop(words: str) -> NoReturn:
    click.echo(f"错误：{words}", err=True)
    sys.exit(2)


@click.group(cls=GeoappGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geoapp")
def main() -> None:
    """工业用地空间规划：台账、容积率、盘活面积与地图。"""
