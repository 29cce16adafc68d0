"""Errors a user can be told about. They know no HTTP: `web/errors.py` and `cli.py` translate them."""

from collections.abc import Mapping


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
