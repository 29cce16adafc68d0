"""Wrong use of the command line, said in Chinese."""

import click


def usage_text(error: click.UsageError, command: str) -> str:
    """Return what is wrong with the command line and where the use of *command* is described."""
    words = _words(error).rstrip("。.")
    return f"{words}{'' if words.endswith('？') else '。'}用法见 {command} --help。"


def _words(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return f"没有选项“{error.option_name}”{_perhaps(error.possibilities)}"
        case click.NoSuchCommand():
            return f"没有命令“{error.command_name}”{_perhaps(error.possibilities)}"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 后面缺少值"
        case click.MissingParameter():
            return f"缺少参数 {_name(error)}"
        case click.BadParameter():
            return f"{_name(error)} 的值不对：{error.message}"
        case _:
            return f"多出参数或写法不对：{error.format_message()}"


def _perhaps(possibilities: list[str] | None) -> str:
    return f"，是不是 {'、'.join(possibilities)}？" if possibilities else ""


def _name(error: click.BadParameter) -> str:
    if error.param is None or error.ctx is None:
        return "参数"
    return (
        error.param.opts[0]
        if error.param.param_type_name == "option"
        else error.param.make_metavar(error.ctx)
    )
