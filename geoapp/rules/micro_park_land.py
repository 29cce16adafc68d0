"""MP3: a micro-enterprise park on land planned for something else."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, Subject, is_among


def is_on_other_land(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether the nature of the land is none of those listed."""
    return ~is_among(facts["land_nature"], numbers["micro_park_land_natures"])


RULE = Rule(
    id="MP3",
    zh="用地性质不符",
    thresholds=("micro_park_land_natures",),
    needs={"land_nature": "用地性质"},
    formula=is_on_other_land,
    sentence="用地性质为{measured}，应为{threshold}。",
    purpose=Purpose.MICRO_PARK,
    subject=Subject.MICRO_PARK,
    basis="用地性质不在规定的几种之内",
    words={"industrial": "工业", "warehouse": "仓储", "research": "科研", "other": "其他"},
)
