"""Codes in the rule book's numbers, said in Chinese."""

import re
from datetime import date

import pytest

from geoapp.services.as_of import as_of
from geoapp.services.candidates import candidate_numbers
from geoapp.services.number_words import number_words
from geoapp.services.remediation_lists import list_sheet
from geoapp.services.rule_tables import number_record
from geoapp.services.workspace import Workspace, load_policy

DAY = date(2026, 3, 1)
POLICY = load_policy()
BARE = re.compile(r"[a-z_]{3,}")


def shown(workspace: Workspace, number_id: str) -> str:
    words = number_words(workspace.layers, number_id)
    return str(number_record(POLICY.number(number_id), DAY, words)["value_zh"])


@pytest.mark.parametrize(
    ("number_id", "words"),
    [
        ("candidate_flagging_encumbrances", "抵押、查封"),
        ("evaluation_weights_tenant", "亩均税收 50；单位电耗税收 50"),
        ("evaluation_bases_tenant", "无"),
        (
            "edit_snap_onto",
            "工业控制线→工业空间管控区、小微企业园→工业地块、项目地块→工业地块、建筑物→工业地块",
        ),
        (
            "edit_within_fields",
            "建筑物的地块编号、项目地块的地块编号、二次开发项目的所属镇街、二次开发项目的所属园区、"
            "小微企业园的所属镇街、小微企业园的所在园区",
        ),
        ("evaluation_exempt_years", "新办企业 2；新供地 3"),
        ("evaluation_grade_order", "本系统固化的结果 1；官方公布的结果 2；亩均评价台账填报 3"),
        ("list_open_statuses", "疑似、核查中、认定、公示、整治中"),
        ("supervision_project_stages", "开工率 开工；竣工率 竣工验收+规划核实"),
        ("target_treated_roles", "自有、租用"),
    ],
)
def test_codes_are_said_in_words(workspace: Workspace, number_id: str, words: str) -> None:
    assert shown(workspace, number_id) == words


def test_steps_are_arrows(workspace: Workspace) -> None:
    assert shown(workspace, "list_transitions").startswith("疑似→核查中、核查中→认定、")


def test_no_number_shows_a_code_of_the_program(workspace: Workspace) -> None:
    """But for those that refer to a file of the policy folder, whose values are edited there."""
    bare = {
        number.id: text
        for number in POLICY.numbers.values()
        if BARE.search(text := f"{shown(workspace, number.id)} {number.clause}".replace("见 policy 文件", ""))
    }
    rules_say = {"line_", "cleared_", "low_", "support_", "micro_park_", "admission_", "transaction_"}
    assert {name for name in bare if not name.startswith(tuple(rules_say))} == set()


def test_a_code_that_no_register_knows_stays(workspace: Workspace) -> None:
    assert number_words({}, "target_treated_roles") == {}
    number = POLICY.number("target_treated_roles")
    assert number_record(number, DAY, number_words({}, number.id))["value_zh"] == "owner、tenant"


def test_pages_show_the_numbers_they_rest_on_in_words(workspace: Workspace) -> None:
    state = as_of(workspace)
    by_id = {number.id: number.value_zh for number in candidate_numbers(workspace, state)}
    assert by_id["candidate_excluding_areas"] == "生态保护红线、永久基本农田、依法预留或已收储"
    assert by_id["candidate_weight_size"] == "10"
    (steps, documents, _) = list_sheet(workspace, state, year=2026).numbers
    assert steps.value_zh.startswith("疑似→核查中、")
    assert documents.value_zh == "认定、公示、销号、剔除"
