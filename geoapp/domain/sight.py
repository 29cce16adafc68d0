"""What somebody may see of the registers' fields, by the secrecy that `layers/*.toml` gives them."""

from dataclasses import replace
from typing import NamedTuple

from geoapp.domain.layer import SECRECIES, Layer
from geoapp.domain.user import Role, User

PUBLIC, INTERNAL, RESTRICTED = SECRECIES


class Sight(NamedTuple):
    """How much is seen: up to which secrecy, and of which town restricted fields are seen besides.

    Equal sights see the same, so what is made for one may be shown to another.
    """

    level: str = RESTRICTED
    town_code: str = ""

    @property
    def is_full(self) -> bool:
        """Whether nothing is hidden."""
        return self.level == RESTRICTED

    def hidden(self, layer: Layer) -> tuple[str, ...]:
        """Return the fields of a register that are hidden, but for those of the own town's records."""
        seen = SECRECIES[: SECRECIES.index(self.level) + 1]
        return tuple(field.name for field in layer.fields if field.secrecy not in seen)

    def seen_layer(self, layer: Layer) -> Layer:
        """Return a register's definition in which what is hidden from everybody's pages includes what is hidden here.

        With a town nothing more is marked: the own town's values are there, and the other towns' are empty.
        """
        hidden = () if self.town_code else self.hidden(layer)
        if not hidden:
            return layer
        fields = tuple(
            replace(field, secrecy=RESTRICTED) if field.name in hidden else field for field in layer.fields
        )
        return replace(layer, fields=fields)


FULL_SIGHT = Sight()
LEAST_SIGHT = Sight(PUBLIC)
_LEVELS = {Role.VIEWER: PUBLIC, Role.REPORTER: INTERNAL}


def sight_of(user: User) -> Sight:
    """Return what a user sees: viewers public fields, reporters also their own town's, all others everything."""
    return Sight(_LEVELS.get(user.role, RESTRICTED), user.town_code)
