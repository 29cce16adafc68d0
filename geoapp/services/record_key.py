"""The key of a record as it stands in an address, and the record that it means."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from itertools import combinations, pairwise
from typing import Any

from geoapp.domain.change import Key, RecordVersion
from geoapp.domain.layer import Layer
from geoapp.errors import GoneError, NotFoundError
from geoapp.services.workspace import Workspace

KEY_SEPARATOR = "/"
"""Between the parts of a compound key in an address."""

Look = Callable[[str, Key], RecordVersion]


def parse_key(layer: Layer, text: str) -> Key:
    """Return a key from an address, each part in its field's type.

    The code of a plot may hold the separator; where no plot is named the first part may.

    Raises
    ------
    NotFoundError
        Too few parts, or one that is no number or day where the field wants one: no record can have it.

    Examples
    --------
    >>> from geoapp.domain.layer import Field
    >>> year = Field(name="year", dtype="integer", zh="年份", en="Year")
    >>> uscc = Field(name="uscc", dtype="string", zh="代码", en="Code")
    >>> layer = Layer(id="x", zh="例", en="x", geometry="none", key=("uscc", "year"), fields=(uscc, year))
    >>> parse_key(layer, "91/A/2024")
    ('91/A', 2024)
    >>> plot = Field(name="plot", dtype="string", zh="地块", en="Plot", references="plots.plot_code")
    >>> layer = Layer(id="x", zh="例", en="x", geometry="none", key=("uscc", "plot"), fields=(uscc, plot))
    >>> parse_key(layer, "91/DK/C")
    ('91', 'DK/C')
    """
    for key in _possible_keys(layer, text):
        return key
    raise _no_record(layer, text)


def find_key(workspace: Workspace, layer: Layer, text: str) -> Key:
    """Return the key of the record that an address means, of whichever part holds the separator.

    Raises
    ------
    NotFoundError
        As `parse_key`; where there is no such record the key is returned that `parse_key` would.
    """
    keys = list(_possible_keys(layer, text))
    for key in keys if len(keys) > 1 else ():
        with suppress(NotFoundError):
            with suppress(GoneError):
                workspace.store.record(layer.id, key)
            return key
    return keys[0] if keys else parse_key(layer, text)


def find_record(
    workspace: Workspace, layer: Layer, text: str, *, look: Look | None = None
) -> tuple[Key, RecordVersion]:
    """Return the record that an address means, of whichever part of its key holds the separator, and the key.

    Parameters
    ----------
    workspace : Workspace
    layer : Layer
    text : str
        The key as it stands in the address.
    look : callable, optional
        Returns the version that holds now of a register's record; the store's own if left out.

    Raises
    ------
    NotFoundError
        There never was such a record: names it by the key that `parse_key` would return.
    GoneError
        It was withdrawn.
    """
    look = look or workspace.store.record
    missing: NotFoundError | None = None
    for key in _possible_keys(layer, text):
        try:
            return key, look(layer.id, key)
        except NotFoundError as error:
            missing = missing or error
    raise missing or _no_record(layer, text)


def _no_record(layer: Layer, text: str) -> NotFoundError:
    return NotFoundError(f"“{layer.zh}”没有记录“{text}”。请核对编号。")


def _possible_keys(layer: Layer, text: str) -> Iterator[Key]:
    """Yield the keys that an address may mean, first where the code of a plot, or else the first text, is cut least."""
    parts = text.split(KEY_SEPARATOR)
    texts = [
        name for name in layer.key if layer.field(name).dtype == "string" and not layer.field(name).codes
    ]
    plots = [name for name in texts if layer.field(name).references == _PLOT]
    longest = layer.key.index((plots or texts or layer.key)[0])
    cuts = combinations(range(1, min(len(parts), _MOST_PARTS)), len(layer.key) - 1)
    ways = [
        [KEY_SEPARATOR.join(parts[start:end]) for start, end in pairwise((0, *cut, len(parts)))]
        for cut in cuts
    ]
    for way in sorted(ways, key=lambda way: -way[longest].count(KEY_SEPARATOR)):
        with suppress(ValueError):
            yield tuple(
                _KEY_PARSERS[layer.field(name).dtype](part) for name, part in zip(layer.key, way, strict=True)
            )


_MOST_PARTS = 12
"""Of an address that are looked at as parts of a key."""
_PLOT = "plots.plot_code"
_KEY_PARSERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "date": date.fromisoformat,
    "boolean": lambda text: text == "true",
}
