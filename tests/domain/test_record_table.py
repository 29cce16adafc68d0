from dataclasses import replace
from datetime import date

import pandas as pd

from geoapp.domain.filter_fields import FieldInfo
from geoapp.domain.record_table import RecordTable

GRADE = FieldInfo(name="grade", zh="等级", label="等级", dtype="string", codes={"A": "A 档"})
NAME = FieldInfo(name="name", zh="名称", label="名称", dtype="string")
TABLE = RecordTable(
    register="plots", register_zh="工业地块", geometry_type="none", fields=(GRADE, NAME),
    rows=pd.DataFrame({"grade": ["A"], "name": ["甲"]}, index=pd.Index(["P"], name="key")), revision=3,
    day=date(2026, 3, 1), is_now=True, data_on=date(2026, 2, 1), filter_zh="容积率 小于 1", is_filtered=True,
)  # fmt: skip


def test_terms_say_what_the_rows_rest_on() -> None:
    assert TABLE.title == "工业地块表"
    assert TABLE.terms == {
        "台账": "工业地块", "筛选": "容积率 小于 1", "记录数": "1", "数据时点": "2026-03-01（现在）",
        "数据截至": "2026-02-01", "数据修订号": "3", "规则与阈值日期": "2026-03-01",
    }  # fmt: skip
    past = replace(TABLE, is_now=False, is_demo=True)
    assert past.terms["数据时点"] == "2026-03-01（当日终了）"
    assert past.terms["数据性质"] == "示意数据，不是真实记录"


def test_codes_by_the_label_of_their_field() -> None:
    assert TABLE.codes == {"等级": {"A": "A 档"}}


def test_without_shapes_it_cannot_be_drawn() -> None:
    assert not TABLE.has_geometry
    assert replace(TABLE, geometry_type="polygon").has_geometry
