"""Fingerprints of published tables: from which state they were computed, where to open them again, what was in them."""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode, urlsplit

from geoapp.errors import UsageError

DIGEST_LENGTH = 16
_TEXT = re.compile(
    r"(?P<address>/\S*) 安装=(?P<installation>\w+) 修订=(?P<revision>\d+)@(?P<made_at>\S+) "
    r"规则日=(?P<day>\d{4}-\d{2}-\d{2}) 口径=(?P<basis>\w+)(?: 链=(?P<link>\w+))? 校验=(?P<digest>\w+)",
    re.ASCII,
)
FigureRow = tuple[str, Sequence[float | None]]
"""A row's name and its numbers as they stand in the file; None or NaN is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The state that figures were computed from, and the address that shows them."""

    path: str
    """/statistics, /ledgers/JX_TL, /targets/plan_2021_2025."""
    query: tuple[tuple[str, str], ...]
    """Parameters of the address but unit and at."""
    installation: str
    revision: int
    made_at: str
    """When the revision was made (UTC, ISO 8601): the same number may be another revision after a restored backup."""
    day: date
    """Whose rules held."""
    basis: str
    """Short digest of the settings and of the rule book's numbers in force on the day."""
    link: str = ""
    """Start of the revision's link in the chain of all revisions; exports of before there was one have none."""

    @property
    def day_parameter(self) -> str:
        """Return what the address calls the state: of two days compared it is the later one."""
        return _day_parameter(self.path)

    def address(self, unit: str = "mu") -> str:
        """Return the address that shows exactly this state, land in a unit."""
        query = [*self.query, *([("unit", unit)] if unit != "mu" else [])]
        query.append((self.day_parameter, f"{self.day.isoformat()}@{self.revision}"))
        return f"{self.path}?{urlencode(query)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What stands beside a published table."""

    origin: Origin
    unit: str
    digest: str
    """Start of the SHA-256 over the address, the state and all figures as they stand in the file."""

    @property
    def text(self) -> str:
        """Return it as one line, to be read back by `parse_fingerprint`."""
        found = self.origin
        link = f" 链={found.link}" if found.link else ""
        return (
            f"{found.address(self.unit)} 安装={found.installation} 修订={found.revision}@{found.made_at} "
            f"规则日={found.day.isoformat()} 口径={found.basis}{link} 校验={self.digest}"
        )

    @property
    def address(self) -> str:
        """Return the address that shows the table again."""
        return self.origin.address(self.unit)

    def parameter(self, name: str, default: str = "") -> str:
        """Return a parameter of the address."""
        return dict(self.origin.query).get(name, default)


def take_fingerprint(origin: Origin, unit: str, rows: Iterable[FigureRow]) -> Fingerprint:
    """Return the fingerprint of figures.

    Parameters
    ----------
    origin : Origin
    unit : {"mu", "ha", "m2"}
        In which land is shown.
    rows : iterable of (name, numbers)
        In the order of the file.
    """
    return Fingerprint(origin=origin, unit=unit, digest=_digest(origin, unit, rows))


def is_untouched(fingerprint: Fingerprint, rows: Iterable[FigureRow]) -> bool:
    """Return whether address, state and figures of a file are still those that its fingerprint was taken of."""
    return _digest(fingerprint.origin, fingerprint.unit, rows) == fingerprint.digest


def parse_fingerprint(text: str) -> Fingerprint:
    """Return the fingerprint that a line of text holds; raises UsageError where it holds none.

    Examples
    --------
    >>> line = "/statistics?zones=towns&at=2026-01-31%4037 安装=ab 修订=37@t 规则日=2026-01-31 口径=0a 校验=ff"
    >>> found = parse_fingerprint(line)
    >>> found.parameter("zones"), found.origin.revision, found.text == line
    ('towns', 37, True)
    """
    found = _TEXT.search(text)
    if found is None:
        raise UsageError(f"指纹“{text[:80]}”读不懂：缺少地址、安装、修订、规则日、口径或校验。")
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        raise UsageError(f"指纹里的规则日“{found['day']}”不是日期。") from None
    parts = urlsplit(found["address"])
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = tuple(pair for pair in query if pair[0] not in ("unit", _day_parameter(parts.path)))
    origin = Origin(
        path=parts.path, query=kept, installation=found["installation"], revision=int(found["revision"]),
        made_at=found["made_at"], day=day, basis=found["basis"],
        link=found["link"] or "",
    )  # fmt: skip
    return Fingerprint(origin=origin, unit=dict(query).get("unit", "mu"), digest=found["digest"])


def _day_parameter(path: str) -> str:
    return "to" if path == "/changes" else "at"


def short_digest(text: str, length: int = DIGEST_LENGTH) -> str:
    """Return the first hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _digest(origin: Origin, unit: str, rows: Iterable[FigureRow]) -> str:
    state = [origin.installation, str(origin.revision), origin.made_at, origin.basis, origin.address(unit)]
    state += [origin.link] if origin.link else []
    lines = ["|".join(state)]
    lines += ["\t".join([name.lstrip("'"), *map(_figure_text, numbers)]) for name, numbers in rows]
    return short_digest("\n".join(lines))


def _figure_text(value: float | None) -> str:
    """Return a number with the 16 digits that a workbook keeps, empty where it is unknown."""
    if value is None or math.isnan(value):
        return ""
    return repr(float(f"{value:.16G}") + 0.0)
