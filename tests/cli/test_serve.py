"""What keeps the server from starting is one Chinese line, not a traceback; and how it stops."""

import shutil
import socket
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from geoapp.cli import main
from geoapp.domain.change import RegisterChange
from geoapp.domain.revision import RevisionKind
from geoapp.errors import SetupError
from geoapp.services.accounts import add_one_time_users, open_accounts
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web.serve import check_address
from tests.servers import free_port, start_server, stop_server


@pytest.fixture
def installation(tmp_path: Path, empty_database: Path) -> Path:
    shutil.copy(empty_database, tmp_path / "geoapp.gpkg")
    return tmp_path


def serve(data_dir: Path, port: int | None = None, host: str = "127.0.0.1") -> Result:
    """Try to start; only for what must not start."""
    words = ["serve", "--data-dir", str(data_dir), "--host", host, "--port", str(port or free_port())]
    return CliRunner().invoke(main, words, env={"GEOAPP_OPEN_AS": "administrator"})


def refused(result: Result) -> str:
    """Return the one line of the refusal."""
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("错误：")
    return line


def test_a_damaged_database_is_named(installation: Path) -> None:
    (installation / "geoapp.gpkg").write_text("no database", encoding="utf-8")
    assert "geoapp.gpkg 不是数据库文件（可能被改名或覆盖）。请把它移走并从备份恢复" in refused(
        serve(installation)
    )


def test_a_mistake_in_the_rule_book_of_the_office_is_named(installation: Path) -> None:
    (installation / "policy").mkdir()
    (installation / "policy" / "development.toml").write_text("[[thresholds]]\nid = 1\n", encoding="utf-8")
    assert "development.toml 的 [thresholds]：应为一节" in refused(serve(installation))


def test_a_taken_port_is_said_with_what_to_do(installation: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(serve(installation, port))
    assert (
        line
        == f"错误：不能在 127.0.0.1:{port} 上监听：端口已被占用。请用 --port 换一个，或停掉占用它的程序。"
    )


def test_an_address_of_another_machine_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("", encoding="utf-8")
    words = [
        "serve",
        "--data-dir",
        str(tmp_path),
        "--host",
        "192.0.2.1",
        "--port",
        "8000",
    ]  # of no machine: RFC 5737
    add_one_time_users(open_accounts(Settings(data_dir=tmp_path)), "330205103")
    line = refused(CliRunner().invoke(main, words))
    assert "192.0.2.1:8000 上监听：本机没有这个地址。请用 --host 写本机网卡的地址" in line


def test_a_host_that_there_is_not_is_said_in_chinese() -> None:
    with pytest.raises(SetupError, match=r"不能在 nowhere\.invalid:8000 上监听：找不到这个主机名或地址。"):
        check_address("nowhere.invalid", 8000)  # RFC 2606: no such name is ever given out
    with pytest.raises(SetupError, match="99999 上监听：端口应在 0 到 65535 之间。"):
        check_address("127.0.0.1", 99_999)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds locks")
@pytest.mark.parametrize("verb", ["demo", "serve"])
def test_the_server_holds_the_database(verb: str, tmp_path: Path) -> None:
    """Where it does not, another program that closes the database takes the log of its changes away."""
    server = start_server(verb, tmp_path / "data", tmp_path / "server.log")
    try:
        file = (server.data_dir / "geoapp.gpkg").stat().st_ino
        locks = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        holders = {words[-4] for words in locks if words[-3].endswith(f":{file}")}
        assert holders == {str(server.process.pid)}
    finally:
        stop_server(server)


@pytest.mark.slow
def test_once_the_server_has_stopped_the_database_is_whole_in_its_one_file(
    installation: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = start_server("serve", installation, tmp_path_factory.mktemp("log") / "server.log")
    workspace = open_workspace(Settings(data_dir=installation))
    enterprises = pd.DataFrame({"uscc": ["91330205DEM000001X"], "name": ["甲厂"]})
    try:
        workspace.store.write(
            {"enterprises": RegisterChange(upserts=enterprises)},
            kind=RevisionKind.IMPORT,
            user="u",
            reason="r",
        )
        workspace.store.close()
        assert (installation / "geoapp.gpkg-wal").stat().st_size > 0  # the server still has the database open
    finally:
        stop_server(server)

    alone = tmp_path_factory.mktemp("copied")
    shutil.copy(installation / "geoapp.gpkg", alone)
    copied = open_workspace(Settings(data_dir=alone))
    assert list(copied.store.read("enterprises")["name"]) == ["甲厂"]
    copied.store.close()
