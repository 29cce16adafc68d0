"""The digest by mail, through a real server on this machine: in the clear, encrypted, with a login, and refused."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from socket import socket

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from geoapp.domain.digest import Digest
from geoapp.errors import SetupError
from geoapp.services.digest_mail import send_digest
from geoapp.settings import Settings

DIGEST = Digest(
    district="江北区", since=date(2026, 2, 22), day=date(2026, 3, 1), sentences=("项目共 3 个。",), tables=(),
    notes=("数据修订号 7",),
)  # fmt: skip
USER, PASSWORD, WRONG = "geoapp", "of-the-test-only", "wrong"
FULL = "full@example.test"
# A server that asks for a login in the clear, or over TLS of which it does not know, is what is tried here.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


class Mailbox:
    """Takes every mail but for one recipient whose box is full."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.was_encrypted: list[bool] = []

    async def handle_RCPT(  # noqa: N802 aiosmtpd finds it by this name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if address == FULL:
            return "552 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 likewise
        self.taken.append(envelope)
        self.was_encrypted.append(
            session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        )
        return "250 ok"


def check_login(_: SMTP, __: Session, ___: Envelope, mechanism: str, data: object) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=mechanism in ("LOGIN", "PLAIN") and data == known, handled=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The certificate authority of an office."""
    return trustme.CA()


@pytest.fixture
def settings(authority: trustme.CA, tmp_path: Path) -> Settings:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Settings(
        data_dir=tmp_path, digest_recipients=("a@example.test",), smtp_host="127.0.0.1",
        smtp_sender="geoapp@example.test", smtp_ca_file=str(tmp_path / "ca.pem"),
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "周报.xlsx", tmp_path / "周报.docx"]
    for path in found:
        path.write_bytes(path.name.encode())
    return found


@pytest.fixture
def serve(authority: trustme.CA) -> Iterator[Callable[..., tuple[int, Mailbox]]]:
    """Start servers: (security, name in the certificate, whether a login is asked for) -> port, mailbox."""
    running: list[Controller] = []

    def start(security: str, name: str = "127.0.0.1", *, asks_login: bool = False) -> tuple[int, Mailbox]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        how: dict[str, object] = {"ssl_context": context} if security == "tls" else {}
        if security == "starttls":
            how = {"tls_context": context, "require_starttls": True}
        if asks_login:
            # Over TLS from the first byte the server does not know by itself that it is encrypted.
            how |= {
                "authenticator": check_login,
                "auth_required": True,
                "auth_require_tls": security == "starttls",
            }
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        mailbox = Mailbox()
        running.append(Controller(mailbox, hostname="127.0.0.1", port=port, **how))
        running[-1].start()
        return port, mailbox

    yield start
    for controller in running:
        controller.stop()


@pytest.mark.parametrize("asks_login", [False, True])
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_it_is_mailed_with_its_files(
    serve: Callable[..., tuple[int, Mailbox]],
    settings: Settings,
    files: list[Path],
    security: str,
    asks_login: bool,
) -> None:
    port, mailbox = serve(security, asks_login=asks_login)
    settings = replace(settings, smtp_port=port, smtp_security=security)
    if asks_login:
        settings = replace(settings, smtp_user=USER, smtp_password=PASSWORD)
    assert send_digest(settings, DIGEST, files) == ("a@example.test",)
    (envelope,) = mailbox.taken
    assert mailbox.was_encrypted == [security != "none"]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("geoapp@example.test", ["a@example.test"])
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == "江北区二次开发项目预警周报（2026-03-01）"
    assert message["Date"]
    assert message["Message-ID"].endswith("@example.test>")
    assert message.get_body().get_content().splitlines() == ["项目共 3 个。", "", "数据修订号 7"]
    kept = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert kept == {"周报.xlsx": "周报.xlsx".encode(), "周报.docx": "周报.docx".encode()}


def refusal(settings: Settings, files: list[Path]) -> str:
    with pytest.raises(SetupError) as refused:
        send_digest(settings, DIGEST, files)
    assert all(path.is_file() for path in files)
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_wrong_password_is_said(
    serve: Callable[..., tuple[int, Mailbox]], settings: Settings, files: list[Path], security: str
) -> None:
    port, mailbox = serve(security, asks_login=True)
    settings = replace(settings, smtp_port=port, smtp_security=security, smtp_user=USER, smtp_password=WRONG)
    said = refusal(settings, files)
    assert f"周报没有寄出：127.0.0.1:{port} 不接受登录（535 " in said
    assert "请检查 smtp_user、smtp_password。文件已写好" in said
    assert "不收的字符" in refusal(replace(settings, smtp_user="张三"), files)
    assert "不接受发件地址 geoapp@example.test（530 " in refusal(replace(settings, smtp_user=""), files)
    assert mailbox.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_is_not_who_it_should_be_gets_neither_password_nor_mail(
    serve: Callable[..., tuple[int, Mailbox]], settings: Settings, files: list[Path], security: str
) -> None:
    port, mailbox = serve(security, "mail.example.test", asks_login=True)
    settings = replace(
        settings, smtp_port=port, smtp_security=security, smtp_user=USER, smtp_password=PASSWORD
    )
    said = refusal(settings, files)
    assert "的证书不能信任（IP address mismatch" in said
    assert "smtp_host 要与证书里的名字一致" in said
    unknown = refusal(replace(settings, smtp_ca_file=""), files)
    assert "的证书不能信任（unable to get local issuer certificate）" in unknown
    assert "把根证书（PEM）写进设置 smtp_ca_file" in unknown
    assert mailbox.taken == []


def test_an_authority_that_is_no_certificate_is_said(settings: Settings, files: list[Path]) -> None:
    for name in ("none.pem", "周报.xlsx"):
        wrong = replace(settings, smtp_security="tls", smtp_ca_file=str(settings.data_dir / name))
        assert "应为 PEM 格式的根证书文件" in refusal(wrong, files)


def test_recipients_that_are_refused_are_named(
    serve: Callable[..., tuple[int, Mailbox]], settings: Settings, files: list[Path]
) -> None:
    port, mailbox = serve("none")
    settings = replace(settings, smtp_port=port)
    said = refusal(replace(settings, digest_recipients=(FULL,)), files)
    assert (
        "一个收件人也不接受：服务器拒收full@example.test（552 mailbox full）。请检查 digest_recipients"
        in said
    )
    assert mailbox.taken == []
    said = refusal(replace(settings, digest_recipients=("a@example.test", FULL)), files)
    assert said.startswith("周报只寄给了a@example.test：服务器拒收full@example.test（552 mailbox full）。")
    assert [envelope.rcpt_tos for envelope in mailbox.taken] == [["a@example.test"]]


def test_what_does_not_fit_the_server_is_said(
    serve: Callable[..., tuple[int, Mailbox]], settings: Settings, files: list[Path]
) -> None:
    plain, _ = serve("none")
    assert "没有所要的功能" in refusal(replace(settings, smtp_port=plain, smtp_security="starttls"), files)
    assert "加密方式或端口不对" in refusal(replace(settings, smtp_port=plain, smtp_security="tls"), files)
    assert "没有寄出：127.0.0.1:1 [Errno" in refusal(replace(settings, smtp_port=1), files)
    assert "smtp_sender（发件地址）" in refusal(replace(settings, smtp_sender=""), files)
    assert "可用：none、starttls、tls" in refusal(replace(settings, smtp_security="rot13"), files)


def test_nothing_is_sent_where_mail_is_not_set_up(settings: Settings, files: list[Path]) -> None:
    assert send_digest(replace(settings, smtp_host=""), DIGEST, files) == ()
    assert send_digest(replace(settings, digest_recipients=()), DIGEST, files) == ()
