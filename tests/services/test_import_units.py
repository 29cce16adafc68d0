from datetime import date

import numpy as np
import pandas as pd
import pytest

from geoapp.domain.layer import Field, Layer
from geoapp.domain.matching import match_columns
from geoapp.services.import_columns import read_table
from geoapp.services.import_units import settle_units, unit_fix_label, unit_rules
from geoapp.services.workspace import load_policy

CODE = Field(name="code", dtype="string", zh="编号", en="Code")
AREA = Field(name="area_reg_m2", dtype="number", unit="m2", zh="登记面积", en="Area")
GFA = Field(name="gfa_m2", dtype="number", unit="m2", zh="建筑面积", en="Floor area")
COST = Field(name="cost_wan", dtype="number", unit="wan", zh="投资", en="Cost")
VACANCY = Field(name="vacancy_percent", dtype="number", unit="percent", zh="空置率", en="Vacancy")
LAYER = Layer(
    id="x", zh="例", en="x", geometry="polygon", key=("code",), fields=(CODE, AREA, GFA, COST, VACANCY)
)
GEOMETRY_M2 = np.array([30_000.0, 20_000.0, 10_000.0])


@pytest.fixture(scope="module")
def rules():
    return unit_rules(load_policy(), date(2026, 1, 1))


def settled(rules, geometry_m2=GEOMETRY_M2, *, chosen=None, fixes=(), reader_units=None, **columns):
    """Return the table, the decisions and the codes of findings for columns of three rows."""
    frame = pd.DataFrame({"编号": ["A", "B", "C"], **columns}, index=pd.RangeIndex(2, 5))
    table = read_table(
        frame, match_columns(list(frame.columns), LAYER), LAYER, reader_units=reader_units or {}, chosen_units={},
        fixes=frozenset(),
    )  # fmt: skip
    decisions = settle_units(table, geometry_m2, rules, chosen=chosen or {}, fixes=frozenset(fixes))
    return table.records, decisions, [issue.code for issue in table.issues]


def test_header_unit_is_used_and_said(rules):
    records, decisions, codes = settled(rules, **{"登记面积(亩)": [45, 30, 15]})
    # 45 亩 = 45 x 10000 / 15 = 30,000 m2
    assert records["area_reg_m2"].tolist() == [30_000.0, 20_000.0, 10_000.0]
    assert decisions["area_reg_m2"].how == "表头写明"
    assert codes == ["unit-converted"]


def test_unit_that_the_reader_found_in_the_title_is_used(rules):
    records, _, _ = settled(rules, reader_units={"登记面积": "ha"}, 登记面积=[3, 2, 1])
    assert records["area_reg_m2"].tolist() == [30_000.0, 20_000.0, 10_000.0]


def test_cells_that_name_their_unit_keep_it(rules):
    records, _, codes = settled(rules, 登记面积=["3公顷", "30亩", "10000"])
    assert records["area_reg_m2"].tolist() == [30_000.0, 20_000.0, 10_000.0]
    assert codes == []


def test_silent_square_metres_that_agree_say_nothing(rules):
    _, decisions, codes = settled(rules, 登记面积=[30_000, 20_000, 10_000])
    assert (decisions["area_reg_m2"].how, codes) == ("按图形面积判定", [])


def test_silent_column_takes_the_unit_the_geometry_says(rules):
    records, decisions, codes = settled(rules, 登记面积=[45.0, 30.0, 15.0])
    assert records["area_reg_m2"].tolist() == [30_000.0, 20_000.0, 10_000.0]
    assert codes == ["unit-detected"]
    assert decisions["area_reg_m2"].offers == ("unit:area_reg_m2:m2",)


def test_silent_column_of_mixed_units_is_not_guessed(rules):
    # two of three are 亩: two thirds are less than the 80 % that make it certain
    records, decisions, codes = settled(rules, 登记面积=[45.0, 30.0, 10_000.0])
    assert records["area_reg_m2"].tolist() == [45.0, 30.0, 10_000.0]
    assert codes == ["unit-unclear", "area-differs", "area-differs"]
    assert len(decisions["area_reg_m2"].offers) == 3


def test_without_geometry_the_unit_of_the_register_holds(rules):
    records, decisions, codes = settled(rules, np.full(3, np.nan), 登记面积=[45.0, 30.0, 15.0])
    assert records["area_reg_m2"].tolist() == [45.0, 30.0, 15.0]
    assert (decisions["area_reg_m2"].how, codes) == ("台账的单位", [])


def test_header_that_contradicts_the_geometry_is_an_error(rules):
    _, decisions, codes = settled(rules, **{"登记面积(公顷)": [45, 30, 15]})
    assert codes[0] == "unit-contradiction"
    assert decisions["area_reg_m2"].offers == ("unit:area_reg_m2:mu", "unit:area_reg_m2:ha")


def test_chosen_unit_is_believed_but_a_contradiction_is_said(rules):
    records, _, codes = settled(rules, 登记面积=[45, 30, 15], chosen={"area_reg_m2": "m2"})
    assert records["area_reg_m2"].tolist() == [45.0, 30.0, 15.0]
    assert codes[0] == "unit-contradiction"


def test_fix_chooses_a_unit(rules):
    records, decisions, codes = settled(rules, 登记面积=[45, 30, 15], fixes=["unit:area_reg_m2:mu"])
    assert records["area_reg_m2"].tolist() == [30_000.0, 20_000.0, 10_000.0]
    assert (decisions["area_reg_m2"].how, codes) == ("用户指定", ["unit-converted"])


def test_floor_area_is_not_compared_with_the_ground(rules):
    records, _, codes = settled(rules, **{"建筑面积": [45, 30, 15], "投资(亿元)": [1.5, 2, 3]})
    assert records["gfa_m2"].tolist() == [45.0, 30.0, 15.0]
    assert records["cost_wan"].tolist() == [15_000.0, 20_000.0, 30_000.0]
    assert codes == ["unit-converted"]


def test_stated_area_that_differs_is_listed_by_record(rules):
    # 429 of 20,429 are 2.1 %, more than the 2 % allowed; 200 of 10,200 are 1.96 %
    _, _, codes = settled(rules, 登记面积=[30_000, 20_429, 10_200])
    assert codes == ["area-differs"]


def test_percents_that_look_like_shares_are_doubted(rules):
    records, decisions, codes = settled(rules, 空置率=[0.1, 0.5, 0])
    assert records["vacancy_percent"].tolist() == [0.1, 0.5, 0.0]
    assert codes == ["unit-doubtful"]
    fixed, _, _ = settled(rules, 空置率=[0.1, 0.5, 0], fixes=decisions["vacancy_percent"].offers)
    assert fixed["vacancy_percent"].tolist() == [10.0, 50.0, 0.0]
    assert settled(rules, 空置率=[10, 50, 0])[2] == []


def test_unit_fix_in_words(rules):
    frame = pd.DataFrame({"登记面积": [1.0]})
    table = read_table(
        frame, match_columns(["登记面积"], LAYER), LAYER, reader_units={}, chosen_units={}, fixes=frozenset()
    )
    assert unit_fix_label("unit:area_reg_m2:mu", table) == "“登记面积”按亩读入"
