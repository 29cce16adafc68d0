"""Projects and alarms as pages, forms, attachments and files."""

import io
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from geoapp.cli import main
from geoapp.services.verify import Verifier
from geoapp.services.workspace import Workspace
from tests.formats.test_attachment import PDF, picture
from tests.pages import seen_of
from tests.services.test_projects import AGREEMENT, NOTES, STAGES, item
from tests.small_district import write

STEP = {"stage": "P07", "actual_on": "2026-02-01", "user": "张三（示例）", "seen": "P06", "note": "吊装完成"}


@pytest.fixture
def client(district_app: Flask) -> Iterator[FlaskClient]:
    workspace: Workspace = district_app.extensions["geoapp"]
    write(workspace, project_stages=STAGES, project_notes=NOTES)
    district_app.config["WTF_CSRF_ENABLED"] = False
    yield district_app.test_client()
    district_app.config["WTF_CSRF_ENABLED"] = True


def text_of(client: FlaskClient, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).get_data(as_text=True))


def test_the_views_of_all_projects(client: FlaskClient) -> None:
    assert 'data-project="X1"' in text_of(client, "/projects")
    assert "建设实施 <small>1</small>" in text_of(client, "/projects?view=board")
    assert 'id="gantt-data"' in text_of(client, "/projects?view=gantt")
    assert 'data-stage="P06"' in text_of(client, "/projects?view=funnel")
    page = text_of(client, "/projects?light=red&plots=plot_code+%3D+'DK-A'")
    assert "进度灯 为 逾期；地块：" in page
    assert 'data-project="X2"' not in page
    assert client.get("/projects?nix=1").status_code == 400
    assert client.get("/projects?filter=nix+%3D+1").status_code == 400


def test_both_filters_go_along_to_the_map_and_hold_there(client: FlaskClient) -> None:
    page = unescape(client.get("/projects?light=red&plots=plot_code+%3D+'DK-A'").text)
    (address,) = re.findall(r'href="(/\?[^"]*)"[^>]*>在地图上看', page)
    query = parse_qs(urlsplit(address).query)
    assert query == {
        "sel": ["DK-A"], "filter": ["plot_code = 'DK-A'"], "projects": ["light = 'red'"],
        "layers": ["plots,projects"],
    }  # fmt: skip
    asked = {"filter": query["projects"][0], "plots": query["filter"][0], "style": "stage"}
    classes = client.get("/layers/projects/style.json", query_string=asked).json["classes"]
    assert sum(one["count"] for one in classes) == 1  # X1
    on_plots = client.get("/layers/projects/style.json", query_string=asked | {"filter": ""}).json["classes"]
    assert sum(one["count"] for one in on_plots) == 2  # X3 too
    labels = {"bbox": "121,29,122,30", "zoom": 16}
    assert client.get("/layers/projects/labels.json", query_string=asked | labels).status_code == 400
    del asked["style"]
    assert client.get("/layers/projects/labels.json", query_string=asked | labels).status_code == 200
    assert client.get("/layers/plots/style.json?plots=far+<+1").status_code == 400
    assert client.get("/tiles/projects/12/0/0.mvt", query_string=asked).status_code == 200
    assert client.get("/tiles/projects/12/0/0.mvt?plots=nix+=+1").status_code == 400


def test_files_and_data(client: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/projects.xlsx?stage=P06").data))
    cells = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "甲厂拆建" in cells
    assert "乙厂收储" not in cells
    assert client.get("/projects.json").json["phases"]["build"] == 1
    assert "甲厂拆建" in client.get("/projects.csv").get_data(as_text=True)
    assert "用地面积(亩)" in client.get("/projects.csv?unit=mu").get_data(as_text=True)


def test_a_project_moves_on_and_what_was_typed_is_kept_on_refusal(client: FlaskClient) -> None:
    page = text_of(client, "/projects/X1")
    assert "建设工程规划许可证" in page
    refused = client.post("/projects/X1/stage", data=STEP | {"stage": "P09"})
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "不能跳过“主体结顶”" in text
    assert "张三（示例）" in text
    assert "吊装完成" in text
    assert client.post("/projects/X1/stage", data=STEP).status_code == 303
    page = text_of(client, "/projects/X1")
    assert "开工 → 主体结顶：X1" in page
    assert client.post("/projects/X1/stage", data=STEP).status_code == 409
    assert client.post("/projects/NIX/stage", data=STEP).status_code == 404
    assert client.get("/projects/NIX").status_code == 404


def test_the_paper_of_a_stage_is_called_by_its_name(client: FlaskClient) -> None:
    step = {"stage": "P08", "actual_on": "2026-02-02", "user": "张三", "seen": "P07", "gfa_m2": "9000"}
    assert client.post("/projects/X1/stage", data=STEP).status_code == 303
    page = text_of(client, "/projects/X1")
    assert "竣工验收+规划核实（要有规划核实证号、批准/实测建筑面积）" in page
    assert "施工许可证号 施1号" in page
    assert "要有规划核实证号。" in client.post("/projects/X1/stage", data=step).get_data(as_text=True)


def test_plans_and_news(client: FlaskClient) -> None:
    seen = seen_of(client, "/projects/X1")
    plan = {"plan_P08": "2027-01-01", "reason": "会审", "user": "李四", "seen": seen}
    assert client.post("/projects/X1/plan", data=plan).status_code == 303
    overtaken = client.post("/projects/X1/plan", data=plan | {"plan_P08": "2027-05-05", "plan_P09": ""})
    assert (overtaken.status_code, "现在是“2027-01-01”" in unescape(overtaken.text)) == (409, True)
    assert 'value="2027-05-05"' in overtaken.text
    assert seen_of(client, "/projects/X1") in unescape(overtaken.text)  # sent again, it is meant
    assert "没有变化" in client.post("/projects/X1/plan", data=plan, follow_redirects=True).get_data(
        as_text=True
    )
    note = {"kind": "problem", "noted_on": "2026-02-01", "text": "资金紧张<b>", "user": "李四"}
    assert client.post("/projects/X1/notes", data=note).status_code == 303
    assert "资金紧张&lt;b&gt;" in client.get("/projects/X1").get_data(as_text=True)
    settled = {"settled_on": "2026-02-02", "user": "李四"}
    early = client.post("/projects/X1/notes/1/settled", data=settled | {"settled_on": "2026-01-15"})
    assert early.status_code == 422
    (form,) = re.findall(r'action="/projects/X1/notes/1/settled">.*?</form>', early.text, re.DOTALL)
    assert 'value="2026-01-15"' in form  # as it was typed, with the complaint beside it
    assert "应在 2026-02-01 到今天之间" in form
    assert client.post("/projects/X1/notes/1/settled", data=settled).status_code == 303
    assert client.post("/projects/X1/notes/1/settled", data=settled).status_code == 409
    assert client.post("/projects/X1/notes", data=note | {"text": ""}).status_code == 422


def upload(client: FlaskClient, content: bytes, name: str, user: str = "李四") -> tuple[int, str]:
    data = {"file": (io.BytesIO(content), name), "user": user, "caption": "现场"}
    answer = client.post("/projects/X1/attachments", data=data, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_attachments_are_checked_kept_placed_and_given_back(client: FlaskClient, district_app: Flask) -> None:
    gps = {1: "N", 2: (29.0, 58.0, 55.2), 3: "E", 4: (121.0, 28.0, 12.0)}
    photo = picture(gps=gps)
    assert upload(client, photo, "现场.jpg")[0] == 303
    assert upload(client, photo, "又一次.jpg")[0] == 409
    assert upload(client, PDF, "纪要.pdf")[0] == 303
    page = client.get("/projects/X1").get_data(as_text=True)
    assert 'class="map-photo"' in page
    address = re.findall(r"/projects/X1/attachments/[0-9a-f]{64}", page)[0]
    answer = client.get(address)
    assert answer.data == photo
    assert answer.content_type == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    workspace: Workspace = district_app.extensions["geoapp"]
    stored = workspace.store.read("project_attachments")
    assert stored.geometry.dropna().iloc[0].coords[0] == (121.47, 29.982)
    digest = address.rpartition("/")[2]
    next(workspace.settings.data_dir.rglob(digest)).unlink()
    assert client.get(address).status_code == 404
    assert client.get("/projects/X2/attachments/" + digest).status_code == 404
    drop = f"/projects/X1/attachments/{digest}/withdraw"
    assert client.post(drop, data={"user": "李四", "reason": ""}).status_code == 422
    assert client.post(drop, data={"user": "李四", "reason": "传错了"}).status_code == 303
    assert client.get("/projects/X1/attachments/" + digest).status_code == 404
    assert "（传错了）" in text_of(client, "/projects/X1")


def test_false_attachments_are_refused_with_a_reason(client: FlaskClient, district_app: Flask) -> None:
    assert "不是能用的 PDF" in upload(client, b"MZ program", "a.pdf")[1]
    status, text = upload(client, PDF, "a.pdf", user="")
    assert (status, "没有填经办" in text, "现场" in text) == (422, True, True)
    assert "没有选文件" in client.post("/projects/X1/attachments", data={"user": "李四"}).get_data(
        as_text=True
    )
    large = PDF + b" " * (district_app.extensions["geoapp"].settings.max_attachment_mb * 1024 * 1024)
    assert "最多 20 MB" in upload(client, large, "a.pdf")[1]


def test_a_form_without_its_token_is_refused(district_app: Flask) -> None:
    for address in ("stage", "stage/withdraw", "plan", "notes", "notes/1/settled", "attachments"):
        assert district_app.test_client().post(f"/projects/X1/{address}", data=STEP).status_code == 403


def test_alarms_and_their_badge(client: FlaskClient) -> None:
    page = text_of(client, "/alarms")
    count = sum(client.get("/alarms.json").json["counts"].values())
    assert f"<span>预警</span> <b>{count}</b>" in page
    assert 'data-kind="overdue"' in page
    assert 'data-kind="overdue"' not in text_of(client, "/alarms?kind=missing")
    assert client.get("/alarms?kind=nix").status_code == 400
    assert client.get("/alarms/digest.docx").data.startswith(b"PK")
    assert (
        "预警按镇街" in openpyxl.load_workbook(io.BytesIO(client.get("/alarms/digest.xlsx").data)).sheetnames
    )


def test_command_lines(district_app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    del client  # only for what it wrote
    folder = str(district_app.extensions["geoapp"].settings.data_dir)
    run = CliRunner().invoke
    answer = run(main, ["projects", "--data-dir", folder, "--json", "--filter", "stage = 'P06'"])
    assert answer.exit_code == 1  # overdue
    assert [row["project_code"] for row in json.loads(answer.output)["projects"]] == ["X1"]
    assert "甲厂拆建" in run(main, ["projects", "--data-dir", folder]).output
    out = tmp_path / "项目.xlsx"
    run(main, ["projects", "--data-dir", folder, "--output", str(out)])
    assert out.is_file()
    digest = run(main, ["digest", "--data-dir", folder, "--dir", str(tmp_path / "d")])
    assert digest.exit_code == 0
    assert {path.suffix for path in (tmp_path / "d").iterdir()} == {".xlsx", ".docx"}
    assert "没有寄出" in digest.output


def test_agreements_on_the_command_line(district_app: Flask, tmp_path: Path) -> None:
    workspace = district_app.extensions["geoapp"]
    standard = AGREEMENT | {"agreement_code": "XY2", "kind": "standard_land"}
    write(workspace, agreements=[AGREEMENT, standard], agreement_items=[item(2024, 20.0, 15.0)])

    def run(*words: str) -> Result:
        folder = str(workspace.settings.data_dir)
        return CliRunner().invoke(main, ["agreements", *words, "--data-dir", folder])

    listed = run()
    assert (listed.exit_code, "示例企业甲" in listed.output, "25.0%" in listed.output) == (1, True, True)
    one = run("--kind", "standard_land", "--json")
    assert (one.exit_code, [row["agreement_code"] for row in json.loads(one.output)["agreements"]]) == (
        0,
        ["XY2"],
    )
    assert run("--only", "nix").exit_code == 2
    assert "镇街没有“nix”" in run("--town", "nix").output
    out = tmp_path / "协议.xlsx"
    assert run("--output", str(out)).exit_code == 1
    verifier = Verifier(workspace)
    for task in (*verifier.of_files([out]), verifier.of_log()[-1]):
        found = verifier.verify(task)
        assert (found.is_clean, found.is_complete, found.figure_count >= 5) == (True, True, True)


def test_agreements_page_and_data(client: FlaskClient, district_app: Flask) -> None:
    write(district_app.extensions["geoapp"], agreements=[AGREEMENT], agreement_items=[item(2024, 20.0, 15.0)])
    page = text_of(client, "/agreements?only=missed")
    assert "约定 20.00，实际 15.00" in page
    assert "■ 未达，差 25.0%" in page
    assert client.get("/agreements.json").json["agreements"][0]["items"][0]["is_missed"] is True
    assert client.get("/agreements?only=nix").status_code == 400
    assert client.get("/agreements?kind=nix").status_code == 400
    assert "color=agreement" in page
    assert "XY1" not in client.get("/agreements.csv?kind=standard_land").get_data(as_text=True)
    lines = client.get("/agreements.csv?only=missed").get_data(as_text=True)
    assert "未达约定" in lines
    assert client.get("/agreements.xlsx").status_code == 200
    assert "XY1" in text_of(client, "/records/agreements/XY1")
