"""Errors a user can be told about. They know no HTTP: `web/errors.py` and `cli.py` translate them."""

import errno
from collections.abc import Mapping

_REASONS = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出了磁盘配额",
    errno.EFBIG: "文件超出了允许的大小",
    errno.EROFS: "磁盘只读",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "这是文件夹",
    errno.EEXIST: "同名的文件或文件夹已经存在",
    errno.ENAMETOOLONG: "名称太长",
    errno.EBUSY: "正被别的程序使用",
    errno.EMFILE: "打开的文件太多",
    errno.EIO: "磁盘读写出错",
    errno.ESTALE: "网络磁盘上的文件已经失效",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


def system_reason(error: BaseException) -> str:
    """Return in Chinese why the operating system refused; its own words where the reason is a rare one.

    Examples
    --------
    >>> system_reason(OSError(errno.ENOSPC, "No space left on device"))
    '磁盘已满'
    >>> system_reason(OSError("odd"))
    'odd'
    """
    number = getattr(error, "errno", None)
    return _REASONS.get(number or 0) or getattr(error, "strerror", None) or str(error)


class GeoappError(Exception):
    """Anything geoapp raises on purpose; the message is Chinese and meant for the user."""


class InputError(GeoappError):
    """The user can put it right; the message says what, where and what to do, with the value."""


class FormatError(InputError):
    """A file cannot be read as what it claims to be, or must not be read."""


class CrsError(InputError):
    """No coordinate system fits, or the one given is unusable."""


class UsageError(InputError):
    """An option, parameter or field name that does not exist or does not fit."""


class NotFoundError(InputError):
    """No such register, record, revision or page."""


class GoneError(InputError):
    """The record existed and has been withdrawn."""


class FormError(InputError):
    """A form is not right; `complaints` says of each field, in Chinese, what and how to put it right."""

    def __init__(self, complaints: Mapping[str, str]) -> None:
        super().__init__("".join(complaints.values()))
        self.complaints = complaints


class SignInError(InputError):
    """Nobody is signed in, or no longer."""


class RefusedError(InputError):
    """The person's role does not permit this."""


class TooManyError(InputError):
    """Asked too often within a short time."""


class ConflictError(InputError):
    """The record changed since it was read; both versions are needed to decide."""


class StaleError(ConflictError):
    """A record is no longer the version that an edit's author saw."""

    def __init__(self, message: str, register: str, key: tuple[object, ...]) -> None:
        super().__init__(message)
        self.register, self.key = register, key


class SetupError(GeoappError):
    """The installation, a setting or a register definition is wrong; names file and key."""
