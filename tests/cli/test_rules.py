"""`geoapp rules`: the book and one rule, as text, JSON and file."""

import csv
import json
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from geoapp.cli import main
from geoapp.services.workspace import open_workspace
from geoapp.settings import Settings
from geoapp.web.app import create_app
from tests.opened import open_settings
from tests.small_district import fill


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules") / "data"
    fill(open_workspace(Settings(data_dir=folder))).store.close()
    return folder


def run(data_dir: Path, *arguments: str) -> str:
    done = CliRunner().invoke(main, ["rules", *arguments, "--data-dir", str(data_dir)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_book_is_printed_by_purpose(data_dir: Path) -> None:
    text = run(data_dir)
    assert text.index("低效用地认定") < text.index("闲置土地认定") < text.index("二次开发核查")
    assert "资料未建：问题隐患" in text


def test_the_book_as_data_has_numbers_with_their_history(data_dir: Path) -> None:
    record = json.loads(run(data_dir, "--json", "--at", "2026-03-01"))
    (rule,) = (rule for rule in record["rules"] if rule["id"] == "LE04")
    # the registers hold nothing before today, when the test wrote them
    assert (record["revision"], rule["yes_count"]) == (0, 0)
    assert rule["numbers"][0]["history"] == [
        {"valid_from": "2025-04-25", "valid_to": None, "value": 1.0, "value_zh": "1.00", "is_current": True,
         "is_revised": False, "document_no": "", "reason": "", "entered_by": ""},
    ]  # fmt: skip


def test_one_rule_lists_its_plots_with_reasons(data_dir: Path) -> None:
    record = json.loads(run(data_dir, "LE04", "--json"))
    (found,) = record["found"]
    assert (found["key"], found["measured"], found["threshold"], found["verdict"]) == (
        "DK-A",
        0.8,
        1.0,
        "yes",
    )
    assert found["clause"] == "容积率低于1.0（行业另有规定的除外）"
    assert "DK-A" in run(data_dir, "LE04")
    everything = json.loads(run(data_dir, "LE04", "--json", "--verdict", "all"))["found"]
    assert [one["verdict"] for one in everything] == ["yes", "unknown", "no"]


def test_a_rule_not_in_force_says_why(data_dir: Path) -> None:
    assert "尚未生效，最早自 2025-04-25" in run(data_dir, "LE04", "--at", "2025-04-24")


def test_files_hold_what_is_printed(data_dir: Path, tmp_path: Path) -> None:
    run(data_dir, "--output", str(tmp_path / "book.csv"))
    rows = list(csv.DictReader((tmp_path / "book.csv").read_text(encoding="utf-8-sig").splitlines()))
    far = next(row for row in rows if row["规则编号"] == "LE04" and row["数值编号"] == "low_far")
    assert (far["取值"], far["自何日起"], far["当日有效"], far["命中（适用）"]) == (
        "1.00",
        "2025-04-25",
        "是",
        "1",
    )
    assert next(row for row in rows if row["规则编号"] == "LE12")["取值"] == "没有规定"
    run(data_dir, "LE04", "--output", str(tmp_path / "rule.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "rule.xlsx")["记录"]
    sentence = "容积率 0.80，低于 1.00，且行业不属于例外。"
    assert [cell.value for cell in sheet[4]][:6] == ["DK-A", "示例地块甲", "命中", "0.80", "1.00", sentence]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("LE99",), "没有规则“LE99”"),
        (("--output", "a.pdf"), "不能写成“.pdf”"),
        (("--at", "昨天"), "不是日期"),
    ],
)
def test_what_cannot_be_done_is_said(data_dir: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = CliRunner().invoke(main, ["rules", *arguments, "--data-dir", str(data_dir)])
    assert done.exit_code == 2
    assert complaint in done.output


@pytest.mark.no_cover  # compares what is tested by itself
def test_page_command_and_file_say_the_same_of_every_answer(data_dir: Path, tmp_path: Path) -> None:
    app = create_app(open_settings(data_dir))
    client = app.test_client()
    rules = [rule["id"] for rule in client.get("/rules.json").get_json()["rules"] if rule["is_in_force"]]
    assert len(rules) > 30
    for rule_id in rules:
        found = client.get(f"/rules/{rule_id}.json?verdict=all").get_json()["found"]
        text = client.get(f"/rules/{rule_id}.csv?verdict=all").get_data().decode("utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["编号"] for row in rows] == [one["key"] for one in found]
        for row, one in zip(rows, found, strict=True):
            said = [
                one[name]
                for name in ("verdict_zh", "measured_zh", "threshold_zh", "sentence", "clause", "day")
            ]
            assert [row[name] for name in ("结论", "实测", "界线", "理由", "条款", "规则日期")] == said
            assert row["缺少"].split("、") == (one["missing"] or [""])
            assert (one["verdict"] == "unknown") == bool(one["missing"])
            page = unescape(client.get(f"/rules/{rule_id}?verdict={one['verdict']}").get_data(as_text=True))
            assert all(word in page for word in (*said, *one["missing"]))
    for rule_id in ("LE04", "IN1", "R-LINE-5"):
        found = client.get(f"/rules/{rule_id}.json?verdict=all").get_json()
        assert json.loads(run(data_dir, rule_id, "--json", "--verdict", "all")) == found
    run(data_dir, "IN1", "--verdict", "all", "--output", str(tmp_path / "IN1.csv"))
    assert (tmp_path / "IN1.csv").read_bytes() == client.get("/rules/IN1.csv?verdict=all").get_data()
    app.extensions["geoapp"].store.close()
