"""The store as a proposal writes into it: on trial, to see what it comes to, and for good, as a decision."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geoapp.domain.change import Comparison, Key, RegisterChange, compare
from geoapp.domain.frame import empty_frame
from geoapp.domain.revision import Revision, RevisionKind
from geoapp.store.proposals import Also
from geoapp.store.revision_log import utc_now
from geoapp.store.store import Store
from geoapp.store.versions import refuse_stale

Versions = Mapping[tuple[str, Key], int]
"""By register and key the revision of the version that somebody saw, see `RegisterChange.seen`."""


class TrialStore(Store):
    """Another store into which nothing is written: what would have been is kept aside."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(store.__dict__)
        self.tried: dict[str, tuple[RegisterChange, Comparison]] = {}
        """By register what would change, and how."""

    def write(
        self,
        changes: Mapping[str, RegisterChange],
        *,
        kind: RevisionKind,
        user: str,
        reason: str = "",
        document_no: str = "",
        **_: Any,
    ) -> Revision | None:
        """Return the revision that there would be; refuses what the store would refuse."""
        for register, change in changes.items():
            layer = self._layer(register)
            with self._database.reading() as connection:
                refuse_stale(connection, self._tables[register], layer, change.seen)
            upserts = empty_frame(layer) if change.upserts is None else change.upserts
            found = compare(self.read(register), upserts, layer)
            if found.new or found.changed or change.removed:
                self.tried[register] = change, found
        if not self.tried:
            return None
        return Revision(
            number=self.revision() + 1, kind=kind, made_at=utc_now(), user=user, reason=reason,
            document_no=document_no, registers=tuple(self.tried),
        )  # fmt: skip


class DecidedStore(Store):
    """Another store; what is written names whose decision it was, and is stored together with that or not at all."""

    def __init__(
        self,
        store: Store,
        *,
        user: str,
        words: str,
        versions: Versions,
        also: Also,
        more: Mapping[str, RegisterChange],
    ) -> None:
        self.__dict__.update(store.__dict__)
        self._store = store
        self._user, self._words, self._versions, self._also = user, words, versions, also
        self._more = more

    def write(
        self,
        changes: Mapping[str, RegisterChange],
        *,
        kind: RevisionKind,
        reason: str = "",
        document_no: str = "",
        **_: Any,
    ) -> Revision | None:
        """Store changes, and what goes with them, if no record has changed since it was decided on."""
        guarded = {register: self._guarded(register, change) for register, change in changes.items()}
        return self._store.write(
            {**guarded, **self._more},
            kind=kind, user=self._user, reason=f"{self._words}{reason}", document_no=document_no, also=self._also,
        )  # fmt: skip

    def _guarded(self, register: str, change: RegisterChange) -> RegisterChange:
        own = {key: number for (other, key), number in self._versions.items() if other == register}
        return replace(change, seen={**change.seen, **own})
