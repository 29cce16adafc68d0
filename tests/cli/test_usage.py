import pytest
from click.testing import CliRunner

from geoapp.cli import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stats", "--bbbbb"], "没有选项“--bbbbb”。用法见 geoapp stats --help。"),
        (["stats", "--revison", "1"], "没有选项“--revison”，是不是 --revision"),
        (["stats", "--gfa"], "选项 --gfa 后面缺少值。用法见 geoapp stats --help。"),
        (["stats", "--day", "昨天"], "--day 的值不对："),
        (["serve", "--port", "0"], "--port 的值不对："),
        (["convert"], "缺少参数 "),
        (["stats", "extra"], "多出参数或写法不对："),
        (["stat"], "没有命令“stat”。用法见 geoapp --help。"),
        (["--foo"], "没有选项“--foo”"),
    ],
)
def test_wrong_usage_is_one_chinese_line_with_exit_code_2(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, arguments, prog_name="geoapp")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("错误：")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_no_verb_shows_the_help() -> None:
    result = CliRunner().invoke(main, [], prog_name="geoapp")
    assert "Usage: geoapp" in result.output
    assert "错误：" not in result.output
