"""Records and figures that somebody took away, for the audit."""

from collections.abc import Sequence
from shlex import join

from geoapp.domain.people_event import LONGEST_REASON, EventKind
from geoapp.domain.sight import INTERNAL, PUBLIC, RESTRICTED
from geoapp.services.accounts import open_accounts
from geoapp.settings import Settings

_WORDS = {
    PUBLIC: "只有公开字段", INTERNAL: "含内部字段，本镇街的受限字段参与计算",
    RESTRICTED: "含内部字段，受限字段参与计算",
}  # fmt: skip


def taken_words(level: str) -> str:
    """Return what of the hidden was in an answer, by the sight of whoever took it away; see `domain.sight`."""
    return _WORDS[level]


def note_command(settings: Settings, words: Sequence[str]) -> None:
    """Keep that the machine's user took something away by the command line, which sees everything.

    Parameters
    ----------
    settings : Settings
    words : sequence of str
        As typed: geoapp, lists, 2025, --output, lists.xlsx.

    Raises
    ------
    SetupError
        It cannot be kept.
    """
    accounts = open_accounts(settings)
    try:
        accounts.note(EventKind.EXPORTED, reason=join(words)[:LONGEST_REASON], after=taken_words(RESTRICTED))
    finally:
        accounts.store.close()
