"""MP7: fire, safety or environment of a micro-enterprise park is not in order."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject


def is_unsafe(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether something is not in order, while it must be."""
    safe = facts["is_safe"]
    return ~safe if numbers["micro_park_safe"] else safe & False


RULE = Rule(
    id="MP7",
    zh="消防、安全、环保手续不齐",
    thresholds=("micro_park_safe",),
    needs={"is_safe": "消防安全环保手续是否齐全"},
    formula=is_unsafe,
    sentence="消防、安全、环保手续不齐全。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="手续不齐全",
)
