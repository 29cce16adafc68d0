"""Entering an indicator's value: every complaint at once, one revision, nothing overwritten unseen."""

from datetime import date

import pytest

from geoapp.errors import FormError
from geoapp.services.target_entry import enter_value, read_entry
from geoapp.services.target_sets import find_target_set
from geoapp.services.workspace import Workspace
from tests.small_district import TOWNS, write

FORM = {
    "scope": "", "as_of_on": "2024-12-31", "value": "352", "origin": "年报", "entered_by": "区科技局",
    "period": "2024年", "document_no": "示例〔2025〕1号",
}  # fmt: skip


def enter(workspace: Workspace, indicator: str = "hightech_enterprises", **more: str):
    found = find_target_set(workspace, "plan_2021_2025")
    wanted = found.indicator(indicator)
    return enter_value(workspace, wanted, read_entry(workspace, found, wanted, FORM | more))


def complaints(workspace: Workspace, indicator: str = "hightech_enterprises", **more: str) -> dict[str, str]:
    with pytest.raises(FormError) as caught:
        enter(workspace, indicator, **more)
    return dict(caught.value.complaints)


def test_value_is_one_revision_with_who_and_why(workspace: Workspace) -> None:
    revision = enter(workspace)
    assert revision is not None
    assert (revision.user, revision.document_no) == ("区科技局", "示例〔2025〕1号")
    assert revision.reason == "填报 高新技术企业 全区 2024-12-31"
    record = workspace.store.read("indicator_values").iloc[0]
    assert (record["value"], record["unit"], record["scope_code"]) == (352.0, "enterprise", "全区")


def test_value_of_a_town(workspace: Workspace) -> None:
    write(workspace, towns=TOWNS)
    enter(workspace, scope="town:330205103", value="1,050 家")
    record = workspace.store.read("indicator_values").iloc[0]
    assert (record["scope_kind"], record["scope_code"], record["value"]) == ("town", "330205103", 1_050.0)


def test_all_that_is_wrong_is_said_at_once(workspace: Workspace) -> None:
    found = complaints(
        workspace,
        scope="town:9",
        as_of_on="2024/12/31",
        value="很多",
        origin=" ",
        entered_by="",
        note="长" * 301,
    )
    assert set(found) == {"scope", "as_of_on", "value", "origin", "entered_by", "note"}
    assert "“2024/12/31”，应为“年-月-日”" in found["as_of_on"]
    assert "“很多”不是数。请填以“家”为单位的数" in found["value"]
    assert "最多 300 个" in found["note"]
    assert workspace.store.revision() == 0


@pytest.mark.parametrize(
    ("indicator", "more", "field", "words"),
    [
        ("hightech_enterprises", {"value": ""}, "value", "没有填数值"),
        ("hightech_enterprises", {"value": "12.5"}, "value", "只能填整数"),
        ("hightech_enterprises", {"value": "-3"}, "value", "小于零"),
        ("hightech_enterprises", {"value": "1e9"}, "value", "不是数"),
        ("hightech_enterprises", {"value": "inf"}, "value", "不是数"),
        ("hightech_enterprises", {"as_of_on": ""}, "as_of_on", "是空的"),
        ("hightech_enterprises", {"as_of_on": "2019-12-31"}, "as_of_on", "不在基期"),
        ("hightech_enterprises", {"as_of_on": "2999-12-31"}, "as_of_on", "不在基期"),
    ],
)
def test_what_cannot_be_is_refused(
    workspace: Workspace, indicator: str, more: dict[str, str], field: str, words: str
) -> None:
    assert words in complaints(workspace, indicator, **more)[field]


def test_growth_may_be_negative(workspace: Workspace) -> None:
    enter(workspace, "industrial_investment_growth", value="-3.5%")
    assert workspace.store.read("indicator_values")["value"].tolist() == [-3.5]


def test_value_there_is_replaced_only_when_asked(workspace: Workspace) -> None:
    enter(workspace)
    assert "已有数 352 家（年报）" in complaints(workspace, value="360")["replace"]
    assert workspace.store.revision() == 1
    assert enter(workspace, value="360", replace="1") is not None
    assert workspace.store.read("indicator_values")["value"].tolist() == [360.0]
    assert len(workspace.store.history("indicator_values", _key())) == 2
    assert enter(workspace, value="360", replace="1") is None


def _key() -> tuple:
    return ("hightech_enterprises", "district", "全区", date(2024, 12, 31))
