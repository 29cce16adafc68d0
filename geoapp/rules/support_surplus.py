"""SP4: what support facilities take beyond the usual caps is not mainly rental dormitories."""

import pandas as pd

from geoapp.domain.rule import Numbers, Purpose, Rule, is_above, is_among

LAND, FLOOR = "support_land_cap", "support_gfa_cap"
USES = "support_surplus_uses"


def has_other_surplus(facts: pd.DataFrame, numbers: Numbers) -> pd.Series:
    """Return whether either share is above its usual cap and the part above serves another use than that laid down."""
    is_beyond = is_above(facts["support_land_share"], numbers[LAND]) | is_above(
        facts["support_gfa_share"], numbers[FLOOR]
    )
    return is_beyond & ~is_among(facts["support_surplus_use"], numbers[USES])


RULE = Rule(
    id="SP4",
    zh="配套提高部分没有主要用于宿舍型保障性租赁住房",
    thresholds=(USES, LAND, FLOOR),
    needs={
        "support_surplus_use": "配套提高部分用途",
        "support_land_share": "配套用地占比",
        "support_gfa_share": "配套建筑面积占比",
    },
    formula=has_other_surplus,
    sentence="配套占比超过一般上限的部分主要用于{measured}，应为{threshold}（配套用地占比 {support_land_share}，"
    "配套建筑面积占比 {support_gfa_share}）。",
    purpose=Purpose.SUPPORT,
    basis="配套用地或建筑面积占比 > 一般上限，且超过的部分不是主要用于规定的用途",
    units={"support_surplus_use": "code", "support_land_share": "share", "support_gfa_share": "share"},
    words={"dormitory": "宿舍型保障性租赁住房", "office": "行政办公", "service": "生活服务", "other": "其他"},
)
