from geoapp.domain.layer import Field, Layer
from geoapp.domain.sight import FULL_SIGHT, LEAST_SIGHT, Sight, sight_of
from geoapp.domain.user import Role, User

LAYER = Layer(
    id="firms", zh="企业", en="firms", geometry="none", key=("code",),
    fields=tuple(
        Field(name=name, dtype="string", zh=name, en=name, secrecy=secrecy)
        for name, secrecy in (("code", "public"), ("leader", "internal"), ("phone", "restricted"))
    ),
)  # fmt: skip


def sight(role: Role, town_code: str = "") -> Sight:
    return sight_of(User(name="zhang", display_name="张三", role=role, town_code=town_code))


def test_viewers_see_public_fields_and_reporters_internal_ones_too() -> None:
    assert sight(Role.VIEWER) == LEAST_SIGHT
    assert LEAST_SIGHT.hidden(LAYER) == ("leader", "phone")
    assert sight(Role.REPORTER, "1").hidden(LAYER) == ("phone",)


def test_editors_and_above_see_everything() -> None:
    for role in (Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR):
        assert sight(role) == FULL_SIGHT
    assert FULL_SIGHT.is_full
    assert FULL_SIGHT.hidden(LAYER) == ()
    assert FULL_SIGHT.seen_layer(LAYER) is LAYER


def test_what_is_hidden_is_marked_as_not_to_be_told() -> None:
    seen = LEAST_SIGHT.seen_layer(LAYER)
    assert [field.is_restricted for field in seen.fields] == [False, True, True]
    assert [field.secrecy for field in LAYER.fields] == ["public", "internal", "restricted"]


def test_of_a_reporters_register_nothing_more_is_marked_since_the_own_towns_rows_are_there() -> None:
    assert sight(Role.REPORTER, "1").seen_layer(LAYER) is LAYER
