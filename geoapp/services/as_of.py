"""As of a day: which revision, and whose rules, an address with `at` means."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from geoapp.errors import NotFoundError, UsageError
from geoapp.services.plot_facts import today
from geoapp.services.workspace import Workspace
from geoapp.store.store_at import StoreAt

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PINNED = re.compile(r"(\d{4}-\d{2}-\d{2})@(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AsOf:
    """A state of the registers and the day whose rules and thresholds hold."""

    revision: int
    """The newest that counts; 0 before the first."""
    day: date
    is_now: bool
    """The newest state there is, under today's rules."""
    note: str = field(default="", compare=False)
    """What the reader must be told, in Chinese; empty as a rule."""


def as_of(workspace: Workspace, text: str | None = None, *, parameter: str = "at") -> AsOf:
    """Return what the parameter `at` means.

    Parameters
    ----------
    workspace : Workspace
    text : str, optional
        YYYY-MM-DD: the registers as they were at the end of that day where the machine stands. Empty or left out: now.
        YYYY-MM-DD@37: the rules of that day over the registers as of a revision, as fingerprints name a state.
    parameter : str
        What the address calls it, for the refusal.

    Returns
    -------
    AsOf
        Before the first revision the registers are empty (revision 0). A day to come is now. `note` says either.

    Raises
    ------
    UsageError
        No such day.
    NotFoundError
        No such revision.
    """
    now = today()
    pinned = _PINNED.fullmatch(text or "")
    if pinned:
        return _pinned(workspace, parse_day(pinned[1], parameter), int(pinned[2]))
    day = parse_day(text, parameter) if text else now
    if day < now:
        revision = workspace.store.revision_before(_end_of(day))
        return AsOf(revision, day, is_now=False, note="" if revision else _before_the_first(workspace, day))
    note = f"{day.isoformat()} 还没有到，按现在（{now.isoformat()}）给出。" if day > now else ""
    return AsOf(workspace.store.revision(), now, is_now=True, note=note)


def _pinned(workspace: Workspace, day: date, revision: int) -> AsOf:
    newest = workspace.store.revision()
    if revision > newest:
        raise NotFoundError(f"没有第 {revision} 次修订；最新是第 {newest} 次修订。")
    note = f"按第 {revision} 次修订的台账和 {day.isoformat()} 的规则给出。"
    return AsOf(revision, day, is_now=False, note=note)


def workspace_at(workspace: Workspace, state: AsOf) -> Workspace:
    """Return the installation as it was: services given it see the registers of that state only.

    The present state is the workspace itself, so that nothing read before is read again.
    """
    if state.is_now:
        return workspace
    return workspace.with_store(StoreAt(workspace.store, state.revision))


def data_day(workspace: Workspace, revision: int, registers: tuple[str, ...], default: date) -> date:
    """Return the day of the newest revision that changed one of the registers; *default* where none did.

    Parameters
    ----------
    workspace : Workspace
    revision : int
        Later ones are not looked at.
    registers : tuple of str
    default : date
    """
    store = workspace.store
    newest = max(store.register_revision(register, revision=revision) for register in registers)
    made_at = store.made_at(newest)
    return default if made_at is None else made_at.astimezone().date()


def _before_the_first(workspace: Workspace, day: date) -> str:
    """Return what to say of a day on which there were no data yet; nothing where there are none to this day."""
    first = workspace.store.made_at(1)
    if first is None:
        return ""
    return f"{day.isoformat()} 还没有数据，最早的数据是 {first.astimezone().date().isoformat()} 的。"


def parse_day(text: str, parameter: str) -> date:
    """Return the day that a parameter of an address names, YYYY-MM-DD; raises UsageError."""
    try:
        return datetime.strptime(text if _DAY.fullmatch(text) else "", "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        raise UsageError(f"参数 {parameter}“{text[:40]}”不是日期，应为“年-月-日”，如 2026-03-01。") from None


def _end_of(day: date) -> datetime:
    """Return the first moment after a day, where the machine stands."""
    return datetime.combine(day + timedelta(days=1), time.min).astimezone()
