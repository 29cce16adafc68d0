"""Second-market transactions as pages, form, files and by command line."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from geoapp.cli import main
from geoapp.services.plot_facts import today
from tests.services.test_projects import AGREEMENT, item
from tests.services.test_transactions import FAR, FORM, LEASE, SALE
from tests.small_district import write


@pytest.fixture
def client(district_app: Flask) -> Iterator[FlaskClient]:
    workspace = district_app.extensions["geoapp"]
    write(workspace, agreements=[AGREEMENT], agreement_items=[item(2025, 20.0, None), FAR])
    write(workspace, transactions=[SALE | {"applied_on": (today() - timedelta(days=20)).isoformat()}, LEASE])
    district_app.config["WTF_CSRF_ENABLED"] = False
    yield district_app.test_client()
    district_app.config["WTF_CSRF_ENABLED"] = True


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_the_list_and_its_filters(client: FlaskClient) -> None:
    page = text_of(client, "/transactions")
    assert "共 2 笔：待审 1，通过 1，附条件通过 0，不通过 0" in page
    assert "已等 20 天" in page
    only = text_of(client, "/transactions?check=failed")
    assert 'data-transaction="J2"' in only
    assert 'data-transaction="J1"' not in only
    assert client.get("/transactions?nix=1").status_code == 400
    assert client.get("/transactions?check=nix").status_code == 400


def test_files_and_data(client: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/transactions.xlsx?kind=transfer").data))
    cells = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "J1" in cells
    assert "J2" not in cells
    assert "计算单价(元/平方米)" in cells
    assert "J2" in client.get("/transactions.csv").get_data(as_text=True)
    assert client.get("/transactions.json").json["reviews"]["waiting"] == 1
    assert client.get("/transactions/J1.json").json["next_reviews"] == ["passed", "conditional", "refused"]
    assert client.get("/transactions/J9").status_code == 404


def test_a_review_is_entered_and_what_was_typed_is_kept_on_refusal(client: FlaskClient) -> None:
    page = text_of(client, "/transactions/J1")
    assert 'data-rule="AD3"' in page
    assert "完成开发投资总额的百分之二十五以上" in page
    form = FORM | {"on": today().isoformat(), "document_no": ""}
    refused = client.post("/transactions/J1/review", data=form | {"reason": "写过的理由"})
    assert refused.status_code == 422
    assert "这一步要有文号" in refused.text
    assert "写过的理由" in refused.text
    unseen = {name: text for name, text in form.items() if name != "seen"}
    forged = client.post("/transactions/J1/review", data=unseen | {"document_no": "手写文号"})
    assert forged.status_code == 422
    assert "表单没有说明是看着哪个状态填的" in forged.text
    assert "手写文号" in forged.text
    done = client.post("/transactions/J1/review", data=form | {"document_no": "准入1号"})
    assert done.status_code == 303
    page = text_of(client, "/transactions/J1")
    assert "准入审查 待审 → 通过：J1" in page
    assert client.post("/transactions/J1/review", data=form).status_code == 409
    assert client.post("/transactions/J9/review", data=form).status_code == 404


def test_a_forged_form_is_refused(district_app: Flask) -> None:
    assert district_app.test_client().post("/transactions/J1/review", data=FORM).status_code == 403


def test_the_plots_card_and_the_record_lead_to_the_review(client: FlaskClient) -> None:
    assert "/transactions/J1" in text_of(client, "/plots/DK-A")
    assert "/transactions/J1" in text_of(client, "/records/transactions/J1/card")
    assert "/transactions/J1" in text_of(client, "/records/transactions/J1")
    assert "二级市场准入审查" in text_of(client, "/rules")
    assert "示例受让企业" in text_of(client, "/rules/TR2")


def test_command_line(district_app: Flask, client: FlaskClient, tmp_path) -> None:
    del client  # only for what it wrote
    folder = str(district_app.extensions["geoapp"].settings.data_dir)
    run = CliRunner().invoke
    listed = run(main, ["transactions", "--data-dir", folder])
    assert (listed.exit_code, "承租人" in listed.output) == (1, True)
    sound = run(main, ["transactions", "--kind", "transfer", "--json", "--data-dir", folder])
    assert (sound.exit_code, '"J1"' in sound.output) == (0, True)
    file = tmp_path / "t.csv"
    run(main, ["transactions", "--output", str(file), "--data-dir", folder])
    assert "J2" in file.read_text(encoding="utf-8-sig")
    assert run(main, ["transactions", "--check", "nix", "--data-dir", folder]).exit_code == 2
