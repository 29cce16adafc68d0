"""What a list of records may be narrowed to: a word that nobody knows is refused, not answered with an empty list."""

from collections.abc import Mapping

from geoapp.errors import UsageError

Choices = Mapping[str, tuple[str, Mapping[str, str]]]
"""By name of the choice: what it is called, and the words by code."""


def refuse_unknown_choices(chosen: Mapping[str, str], known: Choices) -> None:
    """Raise UsageError, with those there are, for the first choice whose code is not known.

    Examples
    --------
    >>> refuse_unknown_choices({"kind": "x"}, {"kind": ("类型", {"sale": "转让", "lease": "出租"})})
    Traceback (most recent call last):
    geoapp.errors.UsageError: 类型没有“x”；可用：sale（转让）、lease（出租）。
    """
    for name, (zh, words) in known.items():
        if name in chosen and chosen[name] not in words:
            there = "、".join(
                f"{code}（{word}）" if word and word != code else code for code, word in words.items()
            )
            raise UsageError(f"{zh}没有“{chosen[name][:20]}”；可用：{there}。")
