"""The store as it was: whoever reads through it sees one revision, whatever has been written since."""

from collections.abc import Collection

from geoapp.domain.revision import Revision
from geoapp.store.store import Store


class StoreAt(Store):
    """Another store's registers at a revision; shares its database and what it has read. Only to read."""

    def __init__(self, store: Store, revision: int) -> None:
        self.__dict__.update(store.__dict__)
        self._revision = revision

    def revision(self) -> int:
        """Return the number of the revision seen."""
        return self._revision

    def recent_revision(self) -> int:
        """Return the same."""
        return self._revision

    def revisions(self, register: str | None = None, limit: int | None = None) -> list[Revision]:
        """Return the revisions up to the one seen, newest first."""
        found = [entry for entry in super().revisions(register) if entry.number <= self._revision]
        return found[:limit]

    def revisions_numbered(self, numbers: Collection[int]) -> list[Revision]:
        """Return those of some numbers up to the one seen, newest first."""
        return super().revisions_numbered([number for number in numbers if number <= self._revision])
