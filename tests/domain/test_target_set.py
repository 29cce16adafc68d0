"""Target sets as data: what a file may say, and that a typo is refused naming file and key."""

from datetime import date, datetime
from typing import Any

import pytest

from geoapp.domain.target_set import parse_target_set, with_division
from geoapp.errors import NotFoundError, SetupError
from geoapp.resources import read_toml, resource_files
from geoapp.services.target_actuals import ACTUALS, QUANTITIES

FILES = resource_files("policy/targets", "*.toml")


def indicator(**more: Any) -> dict[str, Any]:
    plain = {
        "id": "area", "zh": "盘活", "unit": "mu", "kind": "total", "actual": "revitalised_area", "base": 600,
        "targets": [{"day": date(2025, 12, 31), "value": 3000}], "certainty": "plan",
    }  # fmt: skip
    return {name: value for name, value in (plain | more).items() if value is not None}


def content(*indicators: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {
        "id": "own", "zh": "本区方案", "document": "示例〔2026〕1号", "level": "district",
        "base_on": date(2020, 12, 31), "indicators": list(indicators) or [indicator()],
    }  # fmt: skip
    return {name: value for name, value in (plain | more).items() if value is not None}


def parse(values: dict[str, Any]) -> Any:
    return parse_target_set(values, "own.toml", QUANTITIES)


def test_values_are_kept_in_base_units() -> None:
    found = parse(content()).indicator("area")
    assert found.base == 400_000.0  # 600 亩 × 10000/15
    assert found.last.value == pytest.approx(2_000_000.0)
    assert found.last.day == date(2025, 12, 31)


def test_everything_a_file_may_say() -> None:
    part = {
        "indicator": "area", "kind": "town", "code": "330205103", "base": 60,
        "targets": [{"day": date(2025, 12, 31), "value": 900}], "bodies": ["慈城镇"],
    }  # fmt: skip
    rich = indicator(
        group="正文目标", bodies=["区经信局"], direction="at_most", base_rule="plan", plots="far < 1", ledger="JX_TL",
        is_shared=True, clause="某条", note="备注",
    )  # fmt: skip
    found = parse(content(rich, order=5, note="说明", scope_targets=[part]))
    assert (found.order, found.note) == (5, "说明")
    assert found.indicator("area").bodies == ("区经信局",)
    divided = found.scope_target("area", "town", "330205103")
    assert divided is not None
    assert divided.base == pytest.approx(40_000.0)
    assert found.scope_target("area", "park", "P01") is None


def test_unknown_indicator_is_a_404_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=r"“本区方案”没有指标“x”；可用：area"):
        parse(content()).indicator("x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (content(colour="red"), r"own\.toml：不认识的键“colour”"),
        (content(zh=None), r"own\.toml：键“zh”缺少"),
        (content(id="other"), r"own\.toml：键“id”应与文件名相同"),
        (content(level="province"), r"own\.toml：键“level”的值“province”不认识，应为 district、municipality 之一"),
        (content(base_on="2020-12-31"), r"键“base_on”应为日期"),
        (content(base_on=datetime(2020, 12, 31)), r"键“base_on”应为日期"),  # noqa: DTZ001 - as TOML gives it
        (content(indicator(), indicator()), r"键“indicators”的编号“area”重复"),
        (content(indicator(farbe="rot")), r"own\.toml 的指标 area：不认识的键“farbe”"),
        (content(indicator(kind=None)), r"own\.toml 的指标 area：键“kind”缺少"),
        (content(indicator(id="Area 1")), r"键“id”应为小写字母"),
        (content(indicator(unit="acre")), r"键“unit”的值“acre”不认识"),
        (content(indicator(unit=["mu"])), r"键“unit”的值“\['mu'\]”不认识"),
        (content(indicator(kind="sum")), r"键“kind”的值“sum”不认识，应为 total、level、yearly 之一"),
        (content(indicator(actual="guess")), r"键“actual”的值“guess”不认识，应为 entered、"),
        (content(indicator(certainty="sure")), r"键“certainty”的值“sure”不认识"),
        (content(indicator(direction="up")), r"键“direction”的值“up”不认识"),
        (content(indicator(base_rule="yes")), r"键“base_rule”的值“yes”不认识，应为 register、plan、excluded 之一"),
        (content(indicator(unit="percent")), r"键“unit”“%”与实绩“revitalised_area”不是同一种量"),
        (content(indicator(base="many")), r"键“base”的值“many”应为数"),
        (content(indicator(base=True)), r"键“base”的值“True”应为数"),
        (content(indicator(bodies="区经信局")), r"键“bodies”应为文字的列表"),
        (content(indicator(bodies=[1])), r"键“bodies”应为文字的列表"),
        (content(indicator(targets=[])), r"键“targets”至少要有一个"),
        (content(indicator(targets=[{"day": date(2025, 12, 31)}])), r"的 targets：键“value”缺少"),
        (content(indicator(targets=[{"tag": 1}])), r"的 targets：不认识的键“tag”"),
        (content(indicator(targets=[{"day": date(2020, 1, 1), "value": 1}])), r"应在基期 2020-12-31 之后"),
        (
            content(indicator(targets=[{"day": date(year, 12, 31), "value": 1} for year in (2025, 2023)])),
            r"键“targets”的日期应依次递增",
        ),
        (content(scope_targets=[{"indicator": "area"}]), r"的 \[\[scope_targets\]\] area：键“kind”缺少"),
        (
            content(scope_targets=[{"indicator": "b", "kind": "town", "code": "1", "targets": []}]),
            r"键“indicator”的值“b”不认识，应为 area 之一",
        ),
        (
            content(scope_targets=[{"indicator": "area", "kind": "zone", "code": "1", "targets": []}]),
            r"键“kind”的值“zone”不认识，应为 town、park 之一",
        ),
    ],
)  # fmt: skip
def test_a_typo_is_refused_with_file_and_key(values: dict[str, Any], words: str) -> None:
    with pytest.raises(SetupError, match=words):
        parse(values)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_shipped_sets_say_where_they_come_from(path: Any) -> None:
    found = parse_target_set(read_toml(path), path.name, QUANTITIES)
    assert found.document
    assert all(item.certainty and item.group for item in found.indicators)


def test_the_plan_is_whole() -> None:
    """The table of the plan's annex, 2020 / 2023 / 2025, and its text-only targets, as the summary has them."""
    plan = parse_target_set(read_toml(FILES["plan_2021_2025"]), "plan_2021_2025.toml", QUANTITIES)
    from geoapp.domain.target_unit import TARGET_UNITS

    table = {}
    for item in plan.indicators:
        unit = TARGET_UNITS[item.unit]
        base = None if item.base is None else round(unit.from_base(item.base), 6)
        table[item.id] = (base, *(round(unit.from_base(target.value), 6) for target in item.targets))
    assert table == {
        "value_added_rate": (15, 18, 18.5), "tax_per_mu": (36, 45, 50), "value_added_per_mu": (177, 200, 220),
        "productivity_growth": (7, 6, 6), "treated_enterprises": (145, 500, 800),
        "revitalised_area": (600, 2000, 3000), "released_energy": (0.5, 1.5, 2.5), "rd_share": (2, 2.1, 2.2),
        "hightech_enterprises": (151, 300, 400), "large_projects": (None, 2, 4),
        "industrial_investment_growth": (11.7, 10, 10), "zhejiang_made_standards": (3, 7, 10),
        "pinzi_brand": (3, 7, 10), "new_floor_area": (None, 100), "micro_parks": (None, 15),
        "micro_parks_four_star": (None, 1), "industrial_investment": (0, 200),
    }  # fmt: skip
    assert plan.indicator("revitalised_area").bodies == ("自然资源规划江北分局", "区经信局")


def test_every_actual_says_how_it_is_computed() -> None:
    for actual in ACTUALS.values():
        assert actual.formula
        assert actual.amount_zh
        assert actual.how in ("sum", "ratio", "growth")
        assert actual.history in ("records", "years", "revisions")
        assert bool(actual.weight_zh) == (actual.how != "sum")


PART = {
    "indicator": "area",
    "kind": "town",
    "code": "T1",
    "targets": [{"day": date(2025, 12, 31), "value": 30}],
}


def test_division_adds_what_towns_and_parks_have_to_reach() -> None:
    file = {"set": "own", "document": "区办1号", "is_demo": True, "scope_targets": [PART]}
    found = with_division(parse(content()), file, "a.toml")
    divided = found.scope_target("area", "town", "T1")
    assert divided is not None
    assert divided.targets[0].value == pytest.approx(20_000.0)
    assert (divided.document, divided.is_demo) == ("区办1号", True)
    # What a plan's figures depend on are its numbers, not the paper's name.
    plain = with_division(parse(content()), file | {"document": "区办2号", "is_demo": False}, "a.toml")
    assert repr(plain.scope_targets) == repr(found.scope_targets)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"targets": []}, "a.toml：不认识的键“targets”"),
        ({"document": None}, "a.toml：键“document”缺少"),
        ({"scope_targets": None}, "a.toml：键“scope_targets”缺少"),
        ({"scope_targets": [PART, PART]}, "a.toml：键“scope_targets”重复：area T1 已有目标"),
        (
            {"scope_targets": [PART | {"kind": "zone"}]},
            r"a.toml 的 \[\[scope_targets\]\] area：键“kind”的值“zone”",
        ),
    ],
)
def test_division_that_is_wrong_is_refused(changes: dict[str, Any], complaint: str) -> None:
    file = {"set": "own", "document": "区办1号", "scope_targets": [PART]} | changes
    file = {name: value for name, value in file.items() if value is not None}
    with pytest.raises(SetupError, match=complaint):
        with_division(parse(content()), file, "a.toml")
