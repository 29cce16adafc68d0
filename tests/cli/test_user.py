import json
from pathlib import Path

from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.services.accounts import open_accounts
from geoapp.settings import Settings


def run(data_dir: Path, *words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["user", *words, "--data-dir", str(data_dir)], input=typed)


def test_password_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    typed = "long-enough-1\nlong-enough-1\n"
    result = run(tmp_path, "add", "zhang", "--role", "administrator", "--display-name", "张三", typed=typed)
    assert result.exit_code == 0
    assert "已添加 张三（zhang），角色：管理员。" in result.output
    assert "long-enough-1" not in result.output
    user = open_accounts(Settings(data_dir=tmp_path)).sign_in("zhang", "long-enough-1")
    assert user.must_change_password


def test_one_time_password_is_printed_once(tmp_path: Path) -> None:
    result = run(tmp_path, "add", "li", "--role", "viewer", "--one-time")
    password = result.output.rpartition("：")[2].strip()
    assert open_accounts(Settings(data_dir=tmp_path)).sign_in("li", password).must_change_password
    again = run(tmp_path, "reset", "li", "--one-time").output.rpartition("：")[2].strip()
    assert again != password
    assert open_accounts(Settings(data_dir=tmp_path)).sign_in("li", again).session_epoch == 1


def test_own_password_need_not_be_changed(tmp_path: Path) -> None:
    typed = "long-enough-1\nlong-enough-1\n"
    assert run(tmp_path, "add", "zhang", "--role", "editor", "--own", typed=typed).exit_code == 0
    assert not open_accounts(Settings(data_dir=tmp_path)).users()[0].must_change_password
    assert run(tmp_path, "add", "wang", "--role", "editor", "--own", "--one-time").exit_code == 2


def test_users_are_listed_closed_opened_and_given_another_role(tmp_path: Path) -> None:
    assert run(tmp_path, "list").exit_code == 1
    run(tmp_path, "add", "li", "--role", "viewer", "--one-time")
    assert run(tmp_path, "disable", "li").exit_code == 0
    record = json.loads(run(tmp_path, "list", "--json").output)[0]
    assert (record["name"], record["role"], record["state_zh"]) == ("li", "viewer", "已停用")
    assert run(tmp_path, "enable", "li").exit_code == 0
    assert run(tmp_path, "role", "li", "--role", "editor").exit_code == 0
    assert "编辑人员" in run(tmp_path, "list").output


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "Zhang", "--role", "viewer", "--one-time").exit_code == 2
    assert run(tmp_path, "disable", "nobody").exit_code == 2
    assert run(tmp_path, "add", "ci", "--role", "reporter", "--one-time").exit_code == 2
    weak = run(tmp_path, "add", "li", "--role", "viewer", typed="short\nshort\n")
    assert weak.exit_code == 2
    assert "密码太短" in weak.output


def test_where_no_terminal_can_answer_the_password_is_not_asked_in_vain(tmp_path: Path) -> None:
    result = run(tmp_path, "add", "zhang", "--role", "administrator", typed="")
    assert result.exit_code == 2
    assert "错误：没有终端可以输入密码，没有改动。" in result.output
    assert "--one-time" in result.output
    assert "Aborted" not in result.output
    assert open_accounts(Settings(data_dir=tmp_path)).users() == []
