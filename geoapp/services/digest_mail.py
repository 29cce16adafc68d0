"""The digest by mail: through the office's server, in the clear or encrypted, and in words why it was not taken."""

import smtplib
import ssl
from contextlib import ExitStack
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from geoapp.domain.digest import Digest
from geoapp.errors import SetupError
from geoapp.settings import Settings

TIMEOUT_S = 30
NONE, STARTTLS, TLS = "none", "starttls", "tls"
DOCX = "vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send_digest(settings: Settings, digest: Digest, files: list[Path]) -> tuple[str, ...]:
    """Mail the digest to the recipients of the settings; return them, none where mail is not set up.

    Parameters
    ----------
    settings : Settings
    digest : Digest
    files : list of Path
        What `write_digest` wrote.

    Raises
    ------
    SetupError
        The settings are not whole, the server is not who it should be, or it does not take the mail for all
        recipients; the files stay written.
    """
    if not settings.smtp_host or not settings.digest_recipients:
        return ()
    if not settings.smtp_sender:
        raise SetupError("周报没有寄出：设置了 smtp_host，没有设置 smtp_sender（发件地址）。")
    if settings.smtp_security not in (NONE, STARTTLS, TLS):
        raise SetupError(f"设置 smtp_security“{settings.smtp_security}”不认识；可用：none、starttls、tls。")
    context = None if settings.smtp_security == NONE else _trust(settings)
    try:
        refused = _sent(settings, context, _message(settings, digest, files))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise SetupError(
            f"周报没有寄出：{settings.smtp_host}:{settings.smtp_port} {_words(error, settings)}文件已写好，不受影响。"
        ) from error
    if refused:
        taken = [name for name in settings.digest_recipients if name not in refused]
        raise SetupError(f"周报只寄给了{'、'.join(taken)}：{_refused_words(refused)}文件已写好，不受影响。")
    return settings.digest_recipients


def _trust(settings: Settings) -> ssl.SSLContext:
    """Return how the server's certificate is checked: by the machine's authorities and the office's own, if named."""
    context = ssl.create_default_context()
    if settings.smtp_ca_file:
        path = Path(settings.smtp_ca_file).expanduser()
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise SetupError(
                f"周报没有寄出：设置 smtp_ca_file 的“{path}”不能用作证书（{error}）。应为 PEM 格式的根证书文件。"
            ) from error
    return context


def _sent(
    settings: Settings, context: ssl.SSLContext | None, message: EmailMessage
) -> dict[str, tuple[int, bytes]]:
    """Hand a message over; return the recipients that the server refused while it took others."""
    place = settings.smtp_host, settings.smtp_port
    with ExitStack() as open_:
        if settings.smtp_security == TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(*place, timeout=TIMEOUT_S)
        open_.callback(server.close)
        if settings.smtp_security == STARTTLS:
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        refused = server.send_message(message)
        server.quit()
    return refused


def _message(settings: Settings, digest: Digest, files: list[Path]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"{digest.title}（{digest.day.isoformat()}）"
    message["From"] = settings.smtp_sender
    message["To"] = ", ".join(settings.digest_recipients)
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=settings.smtp_sender.rpartition("@")[2].strip(" >") or "geoapp")
    message.set_content("\n".join([*digest.sentences, "", *digest.notes, ""]))
    for path in files:
        subtype = DOCX if path.suffix == ".docx" else XLSX
        message.add_attachment(path.read_bytes(), maintype="application", subtype=subtype, filename=path.name)
    return message


def _words(error: Exception, settings: Settings) -> str:
    """Return what went wrong and which setting puts it right."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"不接受登录（{_said(error)}）。请检查 smtp_user、smtp_password。"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"一个收件人也不接受：{_refused_words(error.recipients)}"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"不接受发件地址 {settings.smtp_sender}（{_said(error)}）。请检查 smtp_sender，或设置登录。"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"没有所要的功能（{error}）。请检查 smtp_security、smtp_user 是否与服务器一致。"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"的证书不能信任（{error.verify_message}）。单位自建证书机构的，把根证书（PEM）写进设置 smtp_ca_file；"
            "smtp_host 要与证书里的名字一致。"
        )
    if isinstance(error, ssl.SSLError | smtplib.SMTPServerDisconnected):
        return f"加密方式或端口不对（{error}）。请检查 smtp_security 和 smtp_port。"
    if isinstance(error, UnicodeError):
        return "的登录名、密码或地址里有服务器不收的字符（如汉字、全角符号）。请检查 smtp_ 各项设置。"
    return f"{error}。请检查 smtp_ 各项设置。"


def _said(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{error.smtp_code} {text}"


def _refused_words(refused: dict[str, tuple[int, bytes]]) -> str:
    said = [f"{name}（{code} {text.decode(errors='replace')}）" for name, (code, text) in refused.items()]
    return f"服务器拒收{'、'.join(said)}。请检查 digest_recipients。"
